#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_ext_connectivity
short_description: Connect a VNF that runs to other external networks
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Changes the external connectivity of a VNF instance through a VNF manager that speaks ETSI NFV-SOL003 version 2, such as
    Tacker.
  - Each external connection point that is named is compared with the one that is there - its network as the parameters of the
    stack have it, since the record keeps the old one when the id of a link is used again - and only links that differ are sent.
  - An unknown connection point is an error that names the known ones; Tacker would take it, and do nothing.
  - Operations that are under way on the VNF instance are waited for. One that failed and waits for a decision is an error.
  - An operation that the VNF manager calls completed although nothing has changed is an error.
options:
  ext_virtual_links:
    description:
      - The links, each as C(ExtVirtualLinkData) of ETSI NFV-SOL003 (C(id), C(resourceId), C(extCps), C(extLinkPorts)).
      - Links and connection points that are not named stay as they are. None can be taken away, since Tacker knows no request for
        it.
      - C(linkPortId) and C(extLinkPorts) name ports that are there already. Tacker records them; that they are used, the user
        data of the package has to see to.
    type: list
    elements: dict
    required: true
  vim_connection_info:
    description: JSON Merge Patch (RFC 7396) for the VIMs, as in O(nfv.maintenance.vnf_instance#module:vim_connection_info).
    type: dict
  vim_credentials:
    description: What of C(accessInfo) is secret, by the same key, as in O(nfv.maintenance.vnf_instance#module:vim_credentials).
    type: dict
  on_failure:
    description:
      - What is decided, in this order, about an operation of this task that failed, as long as it blocks the VNF instance.
      - V(retry) runs it again, V(rollback) undoes it. V(fail) gives it up, after which the VNF instance and its resources may
        differ.
      - The task succeeds only if the operation does so in the end. With an empty list it stays as it is, for somebody to decide.
      - An operation of this kind that a run before, killed perhaps, has left undecided is decided in the same way first.
    type: list
    elements: str
    choices: [retry, rollback, fail]
    default: []
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
  - nfv.maintenance.vnf_operation
notes:
  - Tacker 16 makes what it scales out later from its record. After the id of a link was used again for another network, new VNFCs
    come up on the old network; a new id avoids that.
seealso:
  - module: nfv.maintenance.vnf_instance
"""

EXAMPLES = r"""
- name: Move a connection point to another network
  nfv.maintenance.vnf_ext_connectivity:
    cloud: vnf
    name: web
    ext_virtual_links:
      - id: public-2
        resourceId: 2f4a6f8e-65b1-4f9f-9c57-6a2a1a0f6b55
        extCps:
          - cpdId: VDU1_CP1
            cpConfig:
              VDU1_CP1_1:
                cpProtocolData:
                  - layerProtocol: IP_OVER_ETHERNET
                    ipOverEthernet:
                      ipAddresses:
                        - type: IPV4
                          numDynamicAddresses: 1
    on_failure: [rollback]
"""

RETURN = r"""
vnf_ext_connectivity:
  description: How the VNF instance is connected now, or would be in check mode.
  returned: success
  type: dict
  contains:
    vnf_instance_id:
      description: Id of the VNF instance.
      type: str
      returned: success
    external_cps:
      description: The external connection points by C(cpdId), each with C(link), C(network) and C(config).
      type: dict
      returned: success
    op_occ_id:
      description: Id of the operation, null if there was none.
      type: str
      returned: success
  sample:
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    external_cps:
      VDU1_CP1:
        link: public-2
        network: 2f4a6f8e-65b1-4f9f-9c57-6a2a1a0f6b55
        config: {}
    op_occ_id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.arguments import WHICH, operation_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.connectivity import Connectivity, connect
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.described import vnfds
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.vim import with_credentials
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_ext_connectivity"
SPEC: Spec = {
    "ext_virtual_links": {"type": "list", "elements": "dict", "required": True},
    "vim_connection_info": {"type": "dict"},
    "vim_credentials": {"type": "dict", "no_log": True},
    **operation_spec(),
}
RULES: dict[str, t.Any] = {"required_one_of": [WHICH], "mutually_exclusive": [WHICH]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._nfv.connectivity`."""
    vims = with_credentials(params["vim_connection_info"], params["vim_credentials"])
    wanted = Connectivity(params["ext_virtual_links"], vims, params["additional_params"])
    limits = {name: params[name] for name in ("timeout", "on_failure", "wait")}
    which = (params["vnf_instance_id"], params["name"])
    return connect(nfv(cloud), vnfds(cloud), wanted, *which, check_mode=check_mode, **limits)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
