#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_instance
short_description: Create, instantiate, modify, terminate and delete a VNF instance
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Brings a VNF instance to a state through a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker; one task leads
    from nothing to a VNF that runs, and back.
  - What is there already is compared with what is wanted, and only what differs is ordered. Where the record of the VNF manager
    is not reliable, its sources are read instead.
  - Names of deployment flavour, level, connection points and links are checked against the VNFD where its package can be read,
    since Tacker takes some unknown names without a word. Requests are checked against their schema.
  - Operations that are under way on the VNF instance are waited for. One that failed and waits for a decision is an error.
options:
  id:
    description: Id of a VNF instance that exists. Either this or O(name) is required.
    type: str
    aliases: [vnf_instance_id]
  name:
    description:
      - Name of the VNF instance. Without O(id) the VNF instance is found by it; several of one name are an error that lists them.
      - With O(id), the name that it is to have.
    type: str
    aliases: [vnf_instance_name]
  state:
    description:
      - V(present) creates it when there is none, and changes what differs; whether it runs is left as it is.
      - V(instantiated) is V(present), and it runs.
      - V(terminated) ends its servers. One that is not there is as good.
      - V(absent) terminates and deletes it.
    type: str
    choices: [present, instantiated, terminated, absent]
    default: instantiated
  vnfd_id:
    description:
      - Id of the descriptor in its package, needed to create.
      - While the VNF runs, another one is an error, since to write it into the record would change no server; change the package
        for that (M(nfv.maintenance.change_vnfpkg)).
    type: str
  description:
    description: Its description.
    type: str
    aliases: [vnf_instance_description]
  metadata:
    description: JSON Merge Patch (RFC 7396) for its metadata. Null removes a key; keys that are not named stay.
    type: dict
  extensions:
    description: The same for its extensions.
    type: dict
  vnf_configurable_properties:
    description: The same for its configurable properties.
    type: dict
  vnfc_configurable_properties:
    description: The same for the configurable properties of VNFCs, by the C(id) in C(vnfcInfo). Left out while it does not run.
    type: dict
  vim_connection_info:
    description:
      - The VIMs by key, each as C(VimConnectionInfo) of ETSI NFV-SOL003 (C(vimId), C(vimType), C(interfaceInfo), C(accessInfo),
        C(extra)). A JSON Merge Patch while it runs, when no entry can be removed. Left out while it does not run.
      - Without it the default VIM of the VNF manager is used.
      - Passwords are not allowed here, see O(vim_credentials).
    type: dict
  vim_credentials:
    description:
      - What of C(accessInfo) is secret, by the same key, for example C(password).
      - The VNF manager shows no secrets, so that a new one alone is not noticed as a change.
    type: dict
  flavour_id:
    description: Deployment flavour of the VNFD, needed to instantiate. It cannot be changed while the VNF runs.
    type: str
  instantiation_level_id:
    description: Size to begin with. Not compared later; see M(nfv.maintenance.vnf_scale).
    type: str
  ext_virtual_links:
    description:
      - External links, each as C(ExtVirtualLinkData) of ETSI NFV-SOL003 (C(id), C(resourceId), C(extCps), C(extLinkPorts)).
      - Links and connection points that are not named stay as they are. Left out while it does not run.
    type: list
    elements: dict
  ext_managed_virtual_links:
    description:
      - Internal links that are made by others, each as C(ExtManagedVirtualLinkData) of ETSI NFV-SOL003.
      - While the VNF runs, other networks are an error; change the package for that.
    type: list
    elements: dict
  localization_language:
    description: Language of the VNF, when it is instantiated.
    type: str
  additional_params:
    description: C(additionalParams) of what is ordered, save of changes to the record, which have none.
    type: dict
  termination_type:
    description: V(GRACEFUL) lets the VNF end its sessions first, V(FORCEFUL) does not.
    type: str
    choices: [GRACEFUL, FORCEFUL]
    default: GRACEFUL
  graceful_termination_timeout:
    description: Seconds that V(GRACEFUL) may take. Tacker just lets them pass; without the option it takes 10.
    type: int
  force:
    description:
      - With O(state=absent), whether it is deleted also after an instantiation that was given up, although Tacker then leaves
        what there is of the stack in Heat. Otherwise that is an error.
    type: bool
    default: false
  on_failure:
    description:
      - What is decided, in this order, about an operation of this task that failed, as long as it blocks the VNF instance.
      - V(retry) runs it again. V(rollback) undoes it, which Tacker cannot do for a termination. V(fail) gives it up, after which
        the VNF instance and its resources may differ.
      - The task succeeds only if the operation does so in the end. With an empty list it stays as it is, for somebody to decide.
      - An operation of this kind that a run before, killed perhaps, has left undecided is decided in the same way first.
    type: list
    elements: str
    choices: [retry, rollback, fail]
    default: []
  wait:
    description: Whether to wait until the last operation is completed; the ones before it are waited for in any case.
    type: bool
    default: true
  timeout:
    description: Seconds for everything together. Heat's own limit of 20 minutes fits in the default.
    type: int
    default: 1320
requirements:
  - jsonschema >= 4.20
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - VNF instances of Tacker belong to no project, and anyone with a token can delete them. That a name is found does not mean that
    the VNF is yours.
seealso:
  - module: nfv.maintenance.vnf_instance_info
  - module: nfv.maintenance.vnf_scale
  - module: nfv.maintenance.vnf_heal
  - module: nfv.maintenance.vnf_ext_connectivity
  - module: nfv.maintenance.change_vnfpkg
  - module: nfv.maintenance.vnf_lcm_op_occ
"""

EXAMPLES = r"""
- name: A VNF that runs
  nfv.maintenance.vnf_instance:
    cloud: vnf
    name: web
    vnfd_id: b1bb0ce7-ebca-4fa7-95ed-4840d70a1177
    flavour_id: simple
    instantiation_level_id: instantiation_level_1
    metadata:
      owner: web team
    vim_connection_info:
      vim1:
        vimType: ETSINFV.OPENSTACK_KEYSTONE.V_3
        interfaceInfo:
          endpoint: http://keystone.example/v3
        accessInfo:
          username: vnf
          region: RegionOne
          project: nfv
          projectDomain: Default
          userDomain: Default
    vim_credentials:
      vim1:
        password: "{{ vim_password }}"
    ext_virtual_links:
      - id: public
        resourceId: 8d1f1b5c-1d3a-4a0f-a1fd-2c5f0a4e1b11
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
    on_failure: [retry, rollback]

- name: Another extension, and one less
  nfv.maintenance.vnf_instance:
    cloud: vnf
    name: web
    state: present
    extensions:
      colour: blue
      shape:

- name: Gone
  nfv.maintenance.vnf_instance:
    cloud: vnf
    name: web
    state: absent
    graceful_termination_timeout: 30
"""

RETURN = r"""
vnf_instance:
  description:
    - The VNF instance as M(nfv.maintenance.vnf_instance_info) returns it, null when there is none.
    - In check mode it is the present one with what would change laid over it.
  returned: success
  type: dict
operations:
  description: The operations of this task in their order, each with C(operation) and C(op_occ_id).
  returned: success
  type: list
  elements: dict
  sample:
    - operation: INSTANTIATE
      op_occ_id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec, wait_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.described import vnfds
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.failures import DECISIONS
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.lifecycle import Lifecycle
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.vim import with_credentials
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.wanted import Wanted
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_instance"
SPEC: Spec = {
    "id": {"type": "str", "aliases": ["vnf_instance_id"]},
    "name": {"type": "str", "aliases": ["vnf_instance_name"]},
    "state": {"type": "str", "choices": ["present", "instantiated", "terminated", "absent"], "default": "instantiated"},
    "vnfd_id": {"type": "str"},
    "description": {"type": "str", "aliases": ["vnf_instance_description"]},
    "metadata": {"type": "dict"},
    "extensions": {"type": "dict"},
    "vnf_configurable_properties": {"type": "dict"},
    "vnfc_configurable_properties": {"type": "dict"},
    "vim_connection_info": {"type": "dict"},
    "vim_credentials": {"type": "dict", "no_log": True},
    "flavour_id": {"type": "str"},
    "instantiation_level_id": {"type": "str"},
    "ext_virtual_links": {"type": "list", "elements": "dict"},
    "ext_managed_virtual_links": {"type": "list", "elements": "dict"},
    "localization_language": {"type": "str"},
    "additional_params": {"type": "dict"},
    "termination_type": {"type": "str", "choices": ["GRACEFUL", "FORCEFUL"], "default": "GRACEFUL"},
    "graceful_termination_timeout": {"type": "int"},
    "force": {"type": "bool", "default": False},
    "on_failure": {"type": "list", "elements": "str", "choices": [*DECISIONS], "default": []},
    **wait_spec(1320),
}
RULES: dict[str, t.Any] = {"required_one_of": [("id", "name")]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._nfv.wanted`."""
    vims = with_credentials(params["vim_connection_info"], params["vim_credentials"])
    wanted = Wanted.of({**params, "vim_connection_info": vims})
    limits = {name: params[name] for name in ("timeout", "on_failure", "wait", "force")}
    return Lifecycle(nfv(cloud), vnfds(cloud), wanted, check_mode=check_mode, **limits).run()


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
