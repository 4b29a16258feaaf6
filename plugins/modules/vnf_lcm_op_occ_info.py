#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_lcm_op_occ_info
short_description: Read the operations on VNF instances
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads lifecycle operations of a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker.
  - Credentials of the VIM (C(accessInfo)) are never returned.
options:
  id:
    description: Only the operation with this id. An unknown id gives an empty list. Not together with the other options.
    type: str
    aliases: [op_occ_id]
  vnf_instance_id:
    description: Only operations on this VNF instance.
    type: str
  operation:
    description: Only these operations.
    type: list
    elements: str
    choices: [INSTANTIATE, SCALE, TERMINATE, HEAL, CHANGE_EXT_CONN, CHANGE_VNFPKG, MODIFY_INFO]
  operation_state:
    description: Only operations in these states. V(FAILED_TEMP) waits for a decision and blocks its VNF instance.
    type: list
    elements: str
    choices: [STARTING, PROCESSING, COMPLETED, FAILED_TEMP, FAILED, ROLLING_BACK, ROLLED_BACK]
  filter:
    description: Only operations that meet this filter of ETSI NFV-SOL013.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
notes:
  - The pages of Tacker have no certain order, so that of a list of several pages some operations may be missing. Ask narrowly.
seealso:
  - module: nfv.maintenance.vnf_lcm_op_occ
"""

EXAMPLES = r"""
- name: Look for operations that wait for a decision
  nfv.maintenance.vnf_lcm_op_occ_info:
    cloud: vnf
    operation_state: [FAILED_TEMP]
  register: result

- name: Show why they failed
  ansible.builtin.debug:
    msg: "{{ item.operation }} of {{ item.vnf_instance_id }} - {{ item.error.detail }}"
  loop: "{{ result.vnf_lcm_op_occs }}"
"""

RETURN = r"""
vnf_lcm_op_occs:
  description:
    - The operations, the oldest first. The fields of ETSI NFV-SOL003 have their names in snake case; what is inside is as the
      VNF manager has it.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the operation.
      type: str
      returned: success
    vnf_instance_id:
      description: Id of the VNF instance.
      type: str
      returned: success
    operation:
      description: What was ordered, for example V(SCALE).
      type: str
      returned: success
    operation_state:
      description: Its state.
      type: str
      returned: success
    state_entered_time:
      description: Since when.
      type: str
      returned: success
    start_time:
      description: When it began.
      type: str
      returned: success
    grant_id:
      description: Id of the grant.
      type: str
      returned: success
    is_automatic_invocation:
      description: Whether the VNF manager began it by itself.
      type: bool
      returned: success
    operation_params:
      description: The request, without credentials.
      type: dict
      returned: success
    error:
      description: Why it failed.
      type: dict
      returned: success
    resource_changes:
      description: Which servers, ports and links came, went or changed.
      type: dict
      returned: success
    changed_info:
      description: What a modification changed.
      type: dict
      returned: success
    changed_ext_connectivity:
      description: The external links after a change of them.
      type: list
      elements: dict
      returned: success
    modifications_triggered_by_vnf_pkg_change:
      description: What a change of the package changed.
      type: dict
      returned: success
    decisions:
      description: What can be decided now, of V(retry), V(rollback) and V(fail).
      type: list
      elements: str
      returned: success
  sample:
    - id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
      vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
      operation: SCALE
      operation_state: FAILED_TEMP
      decisions: [retry, rollback, fail]
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.op_occs import find_operations
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_lcm_op_occs"
OPERATIONS = ["INSTANTIATE", "SCALE", "TERMINATE", "HEAL", "CHANGE_EXT_CONN", "CHANGE_VNFPKG", "MODIFY_INFO"]
STATES = ["STARTING", "PROCESSING", "COMPLETED", "FAILED_TEMP", "FAILED", "ROLLING_BACK", "ROLLED_BACK"]
SPEC: Spec = {
    "id": {"type": "str", "aliases": ["op_occ_id"]},
    "vnf_instance_id": {"type": "str"},
    "operation": {"type": "list", "elements": "str", "choices": OPERATIONS},
    "operation_state": {"type": "list", "elements": "str", "choices": STATES},
    "filter": {"type": "str"},
}
RULES = {"mutually_exclusive": [("id", name) for name in ("vnf_instance_id", "operation", "operation_state", "filter")]}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The operations asked for."""
    values = {"operation": params["operation"], "operationState": params["operation_state"]}
    return find_operations(nfv(cloud), params["id"], params["vnf_instance_id"], params["filter"], **values)


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
