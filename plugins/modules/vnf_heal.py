#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_heal
short_description: Heal VNFCs, chosen by VDU, server or health, or a whole VNF
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Has VNFCs replaced through a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker. Their servers are new ones
    afterwards, with other ids.
  - Chosen by O(server_ids) or O(vnfc_ids) this is idempotent, since a server that an operation before has replaced is not healed
    again, and by O(unhealthy) as well. By O(vdu_ids) alone and with O(all) it is not; every run heals.
  - Either O(all) is required, or at least one of O(server_ids), O(vnfc_ids), O(vdu_ids) and O(unhealthy). VNFCs have to meet all
    that is given; an empty list heals none.
  - Operations that are under way on the VNF instance are waited for. One that failed and waits for a decision is an error.
  - An operation that the VNF manager calls completed although the servers are still the same is an error.
options:
  server_ids:
    description: Ids of servers in Nova. An unknown one that was not replaced before either is an error that names the known ones.
    type: list
    elements: str
  vnfc_ids:
    description: Ids of VNFCs, as M(nfv.maintenance.vnf_instance_info) has them in C(servers[].vnfc_info_id).
    type: list
    elements: str
  vdu_ids:
    description: Ids of VDUs in the VNFD; all their VNFCs are meant.
    type: list
    elements: str
  unhealthy:
    description:
      - Whether only VNFCs are healed whose server Nova has in error, does not have any more, or has on a host that is down (which
        only administrators are shown).
      - When Nova shows none of the servers of the VNF, that is an error, since they may be another project's.
    type: bool
    default: false
  all:
    description: Whether every VNFC is healed.
    type: bool
    default: false
  storage:
    description:
      - Whether their storage is replaced as well.
      - With O(all=true) Tacker then deletes the whole stack and makes it anew.
    type: bool
    default: false
  cause:
    description: Why, for the record of the operation.
    type: str
  on_failure:
    description:
      - What is decided, in this order, about an operation of this task that failed, as long as it blocks the VNF instance.
      - V(retry) runs it again. V(fail) gives it up, after which the VNF instance and its resources may differ. Tacker cannot roll
        back a heal.
      - The task succeeds only if the operation does so in the end. With an empty list it stays as it is, for somebody to decide.
      - An operation of this kind that a run before, killed perhaps, has left undecided is decided in the same way first.
    type: list
    elements: str
    choices: [retry, fail]
    default: []
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
  - nfv.maintenance.vnf_operation
seealso:
  - module: nfv.maintenance.vnf_instance_info
"""

EXAMPLES = r"""
- name: Replace the server on a host that is to be maintained
  nfv.maintenance.vnf_heal:
    cloud: vnf
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    server_ids: [0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d]
    cause: maintenance of its host
    on_failure: [retry]

- name: Replace what is broken
  nfv.maintenance.vnf_heal:
    cloud: vnf
    name: web
    unhealthy: true
"""

RETURN = r"""
vnf_heal:
  description: What was healed, or would be in check mode.
  returned: success
  type: dict
  contains:
    vnf_instance_id:
      description: Id of the VNF instance.
      type: str
      returned: success
    healed:
      description: The VNFCs as they were, each with C(id) of its server, C(vdu_id), C(index) and C(vnfc_info_id).
      type: list
      elements: dict
      returned: success
    servers:
      description: All VNFCs as they are now, in the same form.
      type: list
      elements: dict
      returned: success
    added:
      description: Ids of the servers that came.
      type: list
      elements: str
      returned: success
    removed:
      description: Ids of the servers that went.
      type: list
      elements: str
      returned: success
    op_occ_id:
      description: Id of the operation, null if there was none.
      type: str
      returned: success
  sample:
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    healed:
      - id: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
        vdu_id: VDU1
        index: 0
        vnfc_info_id: VDU1-0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
    servers:
      - id: 9e1b1c4e-6a3a-4d5c-8c2b-7d6e5f4a3b2c
        vdu_id: VDU1
        index: 0
        vnfc_info_id: VDU1-9e1b1c4e-6a3a-4d5c-8c2b-7d6e5f4a3b2c
    added: [9e1b1c4e-6a3a-4d5c-8c2b-7d6e5f4a3b2c]
    removed: [0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d]
    op_occ_id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.arguments import WHICH, operation_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.failures import FAIL, RETRY
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.heal import Healing, Selection, sick_servers
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_heal"
SPEC: Spec = {
    "server_ids": {"type": "list", "elements": "str"},
    "vnfc_ids": {"type": "list", "elements": "str"},
    "vdu_ids": {"type": "list", "elements": "str"},
    "unhealthy": {"type": "bool", "default": False},
    "all": {"type": "bool", "default": False},
    "storage": {"type": "bool", "default": False},
    "cause": {"type": "str"},
    **operation_spec((RETRY, FAIL)),
}
RULES: dict[str, t.Any] = {"required_one_of": [WHICH], "mutually_exclusive": [WHICH]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._nfv.heal`."""
    limits = {name: params[name] for name in ("timeout", "on_failure", "wait")}
    healing = Healing(nfv(cloud), Selection.of(params), sick_servers(cloud), check_mode=check_mode, **limits)
    return healing.run(*(params[name] for name in (*WHICH, "cause", "additional_params")))


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
