#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: change_vnfpkg
short_description: Change the VNF package of a VNF instance, its flavors and its links
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Brings a VNF instance to another VNF package, to other flavors of OpenStack, or to other links, with the operation
    I(Change current VNF package) of ETSI NFV-SOL003 version 2 as Tacker does it, server by server.
  - The VNF manager would run the operation again for a request that changes nothing. This module compares first, with what the
    VNF manager has read back from the stack, and sends nothing when there is nothing to do.
  - Afterwards it looks again. An operation that the VNF manager calls completed although what was asked for did not happen is an
    error.
  - Operations that are under way on the VNF instance are waited for. One that failed and waits for a decision is an error, which
    names the operation and the command to decide it.
  - Connection points and internal links come and go with the package. A connection point that is new in it needs a link in
    O(ext_virtual_links).
  - While one server after the other is changed, the stack has the templates of both packages. Where a VDU has another connection
    point, its nested template takes other parameters; it then needs a file name that the present package does not have, else
    Heat refuses the first step and the operation fails.
options:
  vnfd_id:
    description:
      - The package to change to, by the id of its VNFD.
      - At most one of O(vnfd_id), O(vnf_package_id) and O(product_name) is given; without any the package stays.
    type: str
  vnf_package_id:
    description: The package to change to, by its own id.
    type: str
  product_name:
    description: The package to change to, by the name of its product; O(software_version) is required with it.
    type: str
  software_version:
    description: The version of the software in the package to change to. Required with O(product_name).
    type: str
  vdus:
    description:
      - The VDUs whose servers are changed, one server after the other. Others keep their flavor and image.
      - Without it, these are all VDUs when another package is asked for, and else those that something is changed of.
    type: list
    elements: dict
    suboptions:
      vdu_id:
        description: The VDU, which has to have a server.
        type: str
        required: true
      flavor:
        description:
          - The flavor of OpenStack to reach.
          - Without it, it is the one in the VNFD of the package that is asked for; when no package is asked for, it stays.
          - One that the VNFD does not have needs no package of its own, but a VNF that was made with StandardUserData. A later
            change to a package names it again, or it is that of the VNFD again.
        type: str
      new_vnfc_param:
        description: How O(coordination_script_new) reaches a server of this VDU; required with it.
        type: dict
        suboptions: &vnfc_param
          cp_name:
            description: The connection point, or the floating address, by its name in the template.
            type: str
            required: true
          username:
            description: User on the server.
            type: str
            required: true
          password:
            description: Its password.
            type: str
            required: true
      old_vnfc_param:
        description: How O(coordination_script_old) reaches a server of this VDU; required with it.
        type: dict
        suboptions: *vnfc_param
  coordination_script_new:
    description: Path of a script in the package to change to, which is run after the change of each server.
    type: str
  coordination_script_old:
    description: Path of a script in the present package, which is run after each server of a rollback.
    type: str
  ext_virtual_links:
    description:
      - C(extVirtualLinks) of ETSI NFV-SOL003. Links and connection points that are not named stay as they are.
      - A connection point that is named under another link, or under a link with another C(resourceId), moves there. Prefer
        another C(id) for another network. With the same C(id) the move is made as well, but the VNF manager goes on telling the
        old network in C(extVirtualLinkInfo).
      - Ready-made ports (C(extLinkPorts), with C(linkPortId) for each server of the VDU in the order of their indices) connect a
        connection point whose template takes a parameter C(nfv.CP.<connection point>.port). They are disconnected by a package
        without the connection point.
    type: list
    elements: dict
  ext_managed_virtual_links:
    description:
      - C(extManagedVirtualLinks) of ETSI NFV-SOL003, all of them. An empty list gives the VNF networks of its own again.
      - Without it those that are in effect are sent again, since the VNF manager drops what is not sent.
    type: list
    elements: dict
  vim_connection_info:
    description:
      - Merged into C(vimConnectionInfo) of the VNF instance as a JSON Merge Patch (RFC 7396). V(null) removes a key inside
        C(accessInfo), C(interfaceInfo) or C(extra), and nothing else; another V(null) is an error that says so.
      - Passwords are not allowed here, see O(vim_credentials).
    type: dict
  vim_credentials:
    description:
      - What of C(accessInfo) is secret, by the key of the VIM in O(vim_connection_info), for example C(password).
      - The VNF manager shows no secrets, so that a new one alone is not noticed as a change, and sent with the next.
    type: dict
  extensions:
    description: Merged into C(extensions) of the VNF instance as a JSON Merge Patch; V(null) removes a key.
    type: dict
  vnf_configurable_properties:
    description: Merged into C(vnfConfigurableProperties) of the VNF instance likewise.
    type: dict
  additional_params:
    description:
      - Further C(additionalParams) of the operation. C(nfv) is laid over the parameters of the stack, and compared with them.
      - The user data scripts (C(lcm-operation-user-data), C(lcm-operation-user-data-class)) that the VNF instance was
        instantiated with are added by themselves, since the VNF manager wants them with every operation.
      - C(upgrade_type) is C(RollingUpdate), the only one there is.
    type: dict
    default: {}
  on_failure:
    description:
      - What is decided, in this order, about an operation of this task that failed, as long as it blocks the VNF instance.
      - V(retry) runs it again. V(rollback) undoes it, with O(coordination_script_old) if there is one; Tacker 16 then forgets the
        scale levels of the VNF instance, and keeps the managed links of the request that failed. V(fail) gives it up, after which
        the VNF instance and its resources may differ.
      - The task succeeds only if the operation does so in the end. With an empty list it stays as it is, for somebody to decide.
      - An operation of this kind that a run before, killed perhaps, has left undecided is decided in the same way first.
    type: list
    elements: str
    choices: [retry, rollback, fail]
    default: []
  timeout:
    description: Seconds for everything together.
    type: int
    default: 3600
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
  - nfv.maintenance.vnf_operation
notes:
  - The deployment flavour (C(flavourId)) and the number of servers stay as they are.
  - A flavor that the cloud does not have makes the operation fail; see O(on_failure).
seealso:
  - module: nfv.maintenance.vnf_scale
  - module: nfv.maintenance.vnf_instance_info
"""

EXAMPLES = r"""
- name: Give the servers of VDU2 another flavor, without another package
  nfv.maintenance.change_vnfpkg:
    cloud: vnf
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    vdus:
      - vdu_id: VDU2
        flavor: m1.small

- name: Change to the package of another version, and undo it if that fails
  nfv.maintenance.change_vnfpkg:
    cloud: vnf
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    product_name: web
    software_version: "2.0"
    extensions:
      release: "2.0"
      workaround: null
    on_failure: [rollback]

- name: Move a connection point to another network
  nfv.maintenance.change_vnfpkg:
    cloud: vnf
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    ext_virtual_links:
      - id: 3d0d9c9b-dbbc-41d6-84ef-1bf2529753d5
        resourceId: d703f250-7d54-45b3-b29e-2ef8a5e5f6a1
        extCps:
          - cpdId: VDU1_CP1
            cpConfig:
              VDU1_CP1:
                cpProtocolData:
                  - layerProtocol: IP_OVER_ETHERNET
                    ipOverEthernet:
                      ipAddresses:
                        - type: IPV4
                          numDynamicAddresses: 1
                          subnetId: 5156e206-c513-41ff-a6e6-b45516046188
"""

RETURN = r"""
change_vnfpkg:
  description: What the VNF instance was and is, as far as the task asks for something.
  returned: success
  type: dict
  contains:
    vnf_instance_id:
      description: Id of the VNF instance.
      type: str
      returned: success
    before:
      description:
        - The values before. C(vnfd_id), C(flavors) and C(images) by VDU, C(external_cps) with link, network and configuration of
          each connection point, C(link_ports), C(managed_links) with their networks, C(parameters) of the stack, C(topology) of
          the packages, C(extensions), C(vnf_configurable_properties), C(vim_connection_info) without credentials.
        - Several flavors of a VDU, or networks of a connection point, stand in one text, separated by commas.
      type: dict
      returned: success
    now:
      description: The same values now. In check mode, and with O(wait=false), those to be reached.
      type: dict
      returned: success
    differences:
      description: Names of the values that were changed.
      type: list
      elements: str
      returned: success
    op_occ_id:
      description: Id of the operation, null if there was none.
      type: str
      returned: success
  sample:
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    before:
      flavors:
        VDU2: m1.tiny
    now:
      flavors:
        VDU2: m1.small
    differences:
      - flavors.VDU2
    op_occ_id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
failure:
  description: The truth about an operation that failed.
  returned: failure
  type: dict
  contains:
    op_occ_id:
      description: Id of the operation.
      type: str
      returned: when an operation failed
    operation_state:
      description: Its state, for example V(FAILED_TEMP) or V(ROLLED_BACK).
      type: str
      returned: when an operation failed
    error:
      description: What the VNF manager says about it.
      type: dict
      returned: when an operation failed
    before:
      description: The values before, as in RV(change_vnfpkg.before), and C(scale_levels) by aspect.
      type: dict
      returned: when an operation failed
    now:
      description: What the VNF manager's record has now. Unless the operation was rolled back, servers may have more.
      type: dict
      returned: when an operation failed
    wanted:
      description: What should have been reached.
      type: dict
      returned: when an operation failed
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.arguments import WHICH, operation_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.change import Change
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.change_target import Asked, Targets
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.change_wish import Wish
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.packages import Packages
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.vim import with_credentials
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "change_vnfpkg"
_VNFC_PARAM: Spec = {
    "cp_name": {"type": "str", "required": True},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}
_VDU: Spec = {
    "vdu_id": {"type": "str", "required": True},
    "flavor": {"type": "str"},
    "new_vnfc_param": {"type": "dict", "options": _VNFC_PARAM},
    "old_vnfc_param": {"type": "dict", "options": _VNFC_PARAM},
}
SPEC: Spec = {
    **operation_spec(timeout=3600),
    "vnfd_id": {"type": "str"},
    "vnf_package_id": {"type": "str"},
    "product_name": {"type": "str"},
    "software_version": {"type": "str"},
    "vdus": {"type": "list", "elements": "dict", "options": _VDU},
    "coordination_script_new": {"type": "str"},
    "coordination_script_old": {"type": "str"},
    "ext_virtual_links": {"type": "list", "elements": "dict"},
    "ext_managed_virtual_links": {"type": "list", "elements": "dict"},
    "vim_connection_info": {"type": "dict"},
    "vim_credentials": {"type": "dict", "no_log": True},
    "extensions": {"type": "dict"},
    "vnf_configurable_properties": {"type": "dict"},
    "additional_params": {"type": "dict", "default": {}},
}
RULES: dict[str, t.Any] = {
    "mutually_exclusive": [WHICH, ("vnfd_id", "vnf_package_id", "product_name")],
    "required_one_of": [WHICH],
    "required_together": [("product_name", "software_version")],
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Hand the options on; the rules are in :mod:`module_utils._nfv.change`."""
    manager = nfv(cloud)
    asked = Asked(params["vnfd_id"], params["vnf_package_id"], params["product_name"], params["software_version"])
    vims = with_credentials(params["vim_connection_info"], params["vim_credentials"])
    limits = {"timeout": params["timeout"], "check_mode": check_mode, "on_failure": params["on_failure"]}
    change = Change(manager, Targets(Packages(cloud)), *(params[name] for name in WHICH), **limits)
    return change.change(asked, Wish.of({**params, "vim_connection_info": vims}), params["wait"])


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
