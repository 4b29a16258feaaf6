#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_scale
short_description: Scale a VNF instance to a level, and back to the level it had
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Scales one aspect of a VNF instance through a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker.
  - Operations that are under way on the VNF instance are waited for. One that failed and waits for a decision is an error, which
    names the operation and the command to decide it.
  - An operation that the VNF manager calls completed although no server came or went is an error, and so is one whose servers
    came up on another network than the others.
options:
  aspect_id:
    description: Id of the scaling aspect in the VNFD.
    type: str
    required: true
  state:
    description:
      - V(scaled) scales to O(level) or by O(steps).
      - V(restored) scales to the level that O(record) remembers, and forgets it. Without a remembered level nothing is done.
    type: str
    choices: [scaled, restored]
    default: scaled
  level:
    description:
      - The level to reach.
      - With O(state=scaled), either this or O(steps) is required; with O(state=restored) neither is allowed.
    type: int
  steps:
    description:
      - By how many levels to change, negative to scale in.
      - This cannot be idempotent, since each run counts from the present level. Prefer O(level).
    type: int
  record:
    description:
      - Key under which the level before the first change is kept in the metadata of the VNF instance, as
        C(<aspect>@<who has it in hand>=<level>). A level that is there already stays, so that several changes are undone by one
        V(restored). Of several who make a change with the same key at the same time only one does.
      - One key serves one aspect. Letters, digits, blanks and C(-_:./) are allowed.
      - Required with O(state=restored).
    type: str
  on_failure:
    description:
      - What is decided, in this order, about a scale operation of this task that failed, as long as it blocks the VNF instance.
      - V(retry) runs it again. V(rollback) undoes it, which Tacker can only do for scaling out, so that it is left out for
        scaling in. V(fail) gives it up, after which the VNF instance and its resources may differ.
      - The task succeeds only if the operation does so in the end. With an empty list it stays as it is, for somebody to decide.
      - An operation of this kind that a run before, killed perhaps, has left undecided is decided in the same way first.
    type: list
    elements: str
    choices: [retry, rollback, fail]
    default: []
  wait:
    description:
      - Whether to wait until the operation is completed.
      - V(false) returns as soon as the order is taken; O(state=restored) waits all the same.
    type: bool
    default: true
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
  - nfv.maintenance.vnf_operation
seealso:
  - module: nfv.maintenance.vnf_instance_info
"""

EXAMPLES = r"""
- name: Make room by scaling in to level 1, and remember where it was
  nfv.maintenance.vnf_scale:
    cloud: vnf
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    aspect_id: web
    level: 1
    record: "nfv.maintenance:6f028d22-e4e8-11f1-a118-02fc00000001"

- name: Scale back when the maintenance is over
  nfv.maintenance.vnf_scale:
    cloud: vnf
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    aspect_id: web
    state: restored
    record: "nfv.maintenance:6f028d22-e4e8-11f1-a118-02fc00000001"
"""

RETURN = r"""
vnf_scale:
  description:
    - What the VNF instance was and is. RV(vnf_scale.vnfcs) counts the servers of the whole VNF instance.
    - In check mode, and with O(wait=false), RV(vnf_scale.level) is the level to be reached, and the servers are those of before.
  returned: success
  type: dict
  contains:
    vnf_instance_id:
      description: Id of the VNF instance.
      type: str
      returned: success
    aspect_id:
      description: The scaling aspect.
      type: str
      returned: success
    level_before:
      description: Level before.
      type: int
      returned: success
    level:
      description: Level now.
      type: int
      returned: success
    vnfcs_before:
      description: Servers before.
      type: int
      returned: success
    vnfcs:
      description: Servers now.
      type: int
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
      description: Id of the scale operation, null if there was none.
      type: str
      returned: success
  sample:
    vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    aspect_id: web
    level_before: 2
    level: 1
    vnfcs_before: 3
    vnfcs: 2
    added: []
    removed:
      - 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
    op_occ_id: 8f4f1a0e-3f5b-4c6a-8d3c-2b1a0f9e8d7c
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.arguments import WHICH, operation_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.instances import resolved
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.scale import Scaling
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_scale"
SPEC: Spec = {
    "aspect_id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["scaled", "restored"], "default": "scaled"},
    "level": {"type": "int"},
    "steps": {"type": "int"},
    "record": {"type": "str"},
    **operation_spec(),
}
RULES: dict[str, t.Any] = {
    "mutually_exclusive": [("level", "steps"), WHICH],
    "required_one_of": [WHICH],
    "required_if": [("state", "scaled", ("level", "steps"), True), ("state", "restored", ["record"])],
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Decide by state; the rules are in :mod:`module_utils._nfv.scale`."""
    if params["steps"] == 0:
        raise CollectionError("steps is 0, which is no change; give a positive number to scale out, a negative one to scale in")
    if params["state"] == "restored" and (params["level"], params["steps"]) != (None, None):
        raise CollectionError("state restored takes the level from the record; leave level and steps out")
    limits = {"timeout": params["timeout"], "check_mode": check_mode, "on_failure": params["on_failure"]}
    proxy = nfv(cloud)
    instance_id = resolved(proxy, *(params[name] for name in WHICH))
    scaling = Scaling(proxy, instance_id, params["aspect_id"], **limits)
    if params["state"] == "restored":
        return scaling.restore(params["record"], params["additional_params"])
    return scaling.scale(params["level"], params["steps"], params["record"], params["additional_params"], params["wait"])


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
