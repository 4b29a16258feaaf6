#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_lcm_op_occ
short_description: Decide about an operation on a VNF instance that failed
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - An operation that failed while the VIM was worked on waits for a decision (V(FAILED_TEMP)) and blocks its VNF instance until
    then. This module makes the decision at a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker.
  - An operation that still runs is waited for first.
  - Tacker loses an operation that is decided twice before the first decision has begun. So it is looked at for two seconds before
    anything is sent, and followed until it has ended.
options:
  id:
    description:
      - Id of the operation. Either this or O(vnf_instance_id) is required.
      - One that has ended in another way than O(state) asks for is an error.
    type: str
    aliases: [op_occ_id]
  vnf_instance_id:
    description: Id of the VNF instance, of which the operation that blocks it is meant. Where none blocks it, nothing is done.
    type: str
  state:
    description:
      - V(retried) runs it again with the same parameters, and is reached when it is completed.
      - V(rolled_back) undoes it. Tacker cannot do that for healing, terminating and scaling in, which is an error before anything
        is sent. When it rolls back a change of external connectivity or of the package, Tacker 16 forgets the scale levels, so
        that the VNF instance cannot be scaled until it is instantiated again; this is a warning.
      - V(failed) gives it up. The VNF instance and its resources may differ then; its record is as before the operation.
    type: str
    choices: [retried, rolled_back, failed]
    required: true
  wait:
    description: Whether to wait until the operation has ended.
    type: bool
    default: true
  timeout:
    description: Seconds for everything together. Heat's own limit of 20 minutes fits in the default.
    type: int
    default: 1320
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.vnf_lcm_op_occ_info
"""

EXAMPLES = r"""
- name: Undo what blocks the VNF
  nfv.maintenance.vnf_lcm_op_occ:
    cloud: vnf
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    state: rolled_back

- name: Run an operation again
  nfv.maintenance.vnf_lcm_op_occ:
    cloud: vnf
    id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
    state: retried
"""

RETURN = r"""
vnf_lcm_op_occ:
  description: The operation as it is then, null when none blocks the VNF instance.
  returned: success
  type: dict
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
      description: Its state; in check mode and with O(wait=false), the one to be reached.
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
    id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    operation: SCALE
    operation_state: ROLLED_BACK
    decisions: []
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec, wait_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.op_occs import DECISION, Decision
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_lcm_op_occ"
SPEC: Spec = {
    "id": {"type": "str", "aliases": ["op_occ_id"]},
    "vnf_instance_id": {"type": "str"},
    "state": {"type": "str", "choices": [*DECISION], "required": True},
    **wait_spec(1320),
}
RULES: dict[str, t.Any] = {
    "mutually_exclusive": [("id", "vnf_instance_id")],
    "required_one_of": [("id", "vnf_instance_id")],
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Find the operation; the rules are in :mod:`module_utils._nfv.op_occs`."""
    limits = {"timeout": params["timeout"], "wait": params["wait"], "check_mode": check_mode}
    decision = Decision(nfv(cloud), params["state"], **limits)
    if params["id"]:
        return decision.of_operation(params["id"])
    return decision.of_instance(params["vnf_instance_id"])


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
