#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_plan
short_description: Plan in which order compute hosts are maintained and where their instances go
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Makes a plan from a snapshot of the cloud. First the room for the first wave is made, then hosts are emptied wave by wave onto
    hosts that are maintained already, or that are not to be maintained. So an instance moves once; only those that leave a host
    before the first wave may move twice.
  - Capacity (vCPUs, memory, disk), availability zones, affinity, anti-affinity (with C(max_server_per_host)), and the constraints
    of instances and groups hold at every moment of the plan.
  - Nothing is asked from the cloud; the same snapshot and options give the same plan.
options:
  snapshot:
    description:
      - What M(nfv.maintenance.maintenance_snapshot_info) returned.
      - Either this or O(snapshot_file) is needed.
    type: dict
  snapshot_file:
    description: JSON file on the managed node that holds the snapshot. So one can plan without a cloud.
    type: path
  hosts:
    description: The hosts to maintain. Without it all hosts of the snapshot; an empty list is no host.
    type: list
    elements: str
  done:
    description: Hosts that are maintained already. They take instances and are not planned again.
    type: list
    elements: str
    default: []
  later:
    description: Hosts that are maintained after this plan. They are not emptied by it, and take no instances either.
    type: list
    elements: str
    default: []
  max_hosts_at_once:
    description: How many hosts are emptied and worked on together, where room and groups permit.
    type: int
    default: 1
  ways:
    description:
      - How an instance may be moved, as a dictionary of instance id to a list of V(live), V(force_complete) and V(cold) in
        order of preference, see O(nfv.maintenance.host_drain#module:ways).
      - An empty list means that its owner moves the instance.
      - Where nothing is said, the constraint C(migration_type) of the instance decides; without one all of them are allowed.
    type: dict
    default: {}
  ride_through:
    description: Ids of instances that stay on their host while it is worked on.
    type: list
    elements: str
    default: []
  silent_projects:
    description:
      - Ids of projects that answer no message. They are not asked to remove instances when room is short; their instances are
        moved like all others.
    type: list
    elements: str
    default: []
  mode:
    description:
      - What there is to be as little as possible of.
      - V(fewest_moves) moves no instance twice without need, and among such plans takes the one with the fewest waves.
      - V(fewest_waves) may move up to a tenth more instances than needed, to have several hosts empty before the first wave.
      - V(shortest_time) may do that too, and goes by what O(durations) predict.
      - The role C(rolling_host_maintenance) makes one host empty before the first wave, so it plans with V(fewest_moves).
    type: str
    choices: [fewest_moves, fewest_waves, shortest_time]
    default: fewest_moves
  max_moves_per_host:
    description: How many instances leave or enter one host at the same time, for the predicted time.
    type: int
    default: 2
  max_moves:
    description: How many instances move at the same time over all hosts, for the predicted time.
    type: int
    default: 4
  durations:
    description: Seconds that things take, as far as they are known.
    type: dict
    default: {}
    suboptions:
      move:
        description: One move. Default is 60.
        type: float
      host:
        description: The work on one host, until it is back in service. Default is 900.
        type: float
      wave:
        description:
          - What each wave takes besides, such as messages, replies and settling. Default is 60.
          - The C(lead_time) of an instance that is moved in the wave counts in its place when it is longer.
        type: float
      moves:
        description: Moves of single instances, seconds by id, in place of O(durations.move).
        type: dict
      hosts:
        description: Work on single hosts, seconds by name, in place of O(durations.host).
        type: dict
  on_blocker:
    description:
      - What becomes of a host with something on it that cannot be moved, or that cannot be worked on.
      - V(stop) plans the other hosts and leaves the decision to the reader. V(ask) does the same and says so.
      - V(skip_host) leaves the host out, and lists it under C(skipped).
      - V(ride_through) leaves the instances that cannot be moved on their host, and lists them under C(riding). They go
        down with it.
    type: str
    choices: [stop, skip_host, ride_through, ask]
    default: stop
  seed:
    description: Another number gives another order of hosts that are equal in every other respect. V(0) means by name.
    type: int
    default: 0
  follow:
    description:
      - A plan of this module that was made earlier. What is left of it is returned as long as it holds, that is as long as each
        of its moves is possible on the cloud of the snapshot and each wave empties its hosts.
      - A plan that asks for scaling in has no waves yet, so there is nothing to keep to, and the plan is made anew.
      - Of O(hosts) those are meant that are still to be done; what the plan has for others is left out.
    type: dict
  follow_file:
    description: JSON file on the managed node that holds such a plan, in the place of O(follow).
    type: path
  on_change:
    description:
      - What to do when the plan to follow does not hold any more. V(replan) plans anew, and says under RV(changes) why.
        V(stop) fails.
    type: str
    choices: [replan, stop]
    default: replan
  path:
    description:
      - File on the managed node to which the plan is written as JSON, all at once. A new file is for its owner only.
      - The module reports a change when the file gets another content.
    type: path
attributes:
  check_mode:
    support: full
    description: Plans, and does not write O(path).
  diff_mode:
    support: full
    description: Shows the plan file before and after.
seealso:
  - module: nfv.maintenance.maintenance_snapshot_info
  - module: nfv.maintenance.host_drain
"""

EXAMPLES = r"""
- name: Read the cloud
  nfv.maintenance.maintenance_snapshot_info:
    cloud: admin
  register: cloud

- name: Plan the maintenance of two hosts and keep the plan
  nfv.maintenance.maintenance_plan:
    snapshot: "{{ cloud.maintenance_snapshot }}"
    hosts: [compute-1, compute-2]
    path: plan.json
  register: result

- name: Plan from a file, several hosts at once
  nfv.maintenance.maintenance_plan:
    snapshot_file: cloud.json
    max_hosts_at_once: 4
    mode: shortest_time
    durations:
      move: 20
      host: 600
  register: result

- name: See whether the plan that was read and approved still holds
  nfv.maintenance.maintenance_plan:
    snapshot: "{{ cloud.maintenance_snapshot }}"
    hosts: [compute-1, compute-2]
    follow_file: plan.json
    on_change: stop
  register: result

- name: Read it
  ansible.builtin.debug:
    var: result.operations

- name: Say what stands in the way
  ansible.builtin.debug:
    msg: "{{ item.reason }}. Remedy: {{ item.remedy }}"
  loop: "{{ result.maintenance_plan.blockers }}"
"""

RETURN = r"""
maintenance_plan:
  description: The plan; its schema is C(plugins/module_utils/_planner/plan_schema.json).
  returned: success
  type: dict
  contains:
    schema:
      description: Version of this form.
      type: int
      sample: 2
    digest:
      description: sha256 of the snapshot.
      type: str
      sample: 23017e120eae69740865837c5ddf561783b19611b987559c216c71c1c18cb0d4
    options:
      description: What the plan was made with.
      type: dict
      sample:
        hosts: null
        done: []
        later: []
        max_hosts_at_once: 1
        ways: {}
        ride_through: []
        silent_projects: []
        seed: 0
        mode: fewest_moves
        max_moves_per_host: 2
        max_moves: 4
        durations: {move: 60.0, host: 900.0, wave: 60.0, moves: {}, hosts: {}}
        on_blocker: stop
    room:
      description:
        - What has to happen before the first wave. C(need) is V(none), V(prepare) (C(moves) make C(hosts) empty, of which
          C(host) is the first), V(scale_in) (each project of C(scale_in) removes so many instances, then plan again), or
          V(blocked).
        - The instances to remove are as many as are needed for all hosts that room is missing for, when each project removes its
          smallest ones.
      type: dict
      sample: {need: none, host: null, hosts: [], moves: [], scale_in: {}, why: compute-3 is empty}
    waves:
      description: The hosts that are worked on together, and the moves that empty them in the order in which they begin.
      type: list
      elements: dict
      sample:
        - hosts: [compute-1]
          moves:
            - instance: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
              name: vnf-a-worker-3
              project_id: 3f07249d4e754565a30c590a16995e80
              from: compute-1
              to: compute-3
              group: null
              ways: [live, force_complete, cold]
              why: compute-3 is not to be maintained, has room for it (of those that may take it the fullest comes first)
          minutes: 17.0
          why: what is on compute-1 has room on compute-3, maintained before or outside the maintenance
    blockers:
      description: Hosts that cannot be emptied as things are, and what to do about it. They are in no wave.
      type: list
      elements: dict
      sample:
        - host: compute-2
          instance: c2d9aa41-7a55-4f3c-9d0a-0b8f2b1d7c01
          reason: instance vnf-a-db-1 (c2d9aa41-7a55-4f3c-9d0a-0b8f2b1d7c01) is locked
          remedy: ask its owner to unlock it (openstack server unlock c2d9aa41-7a55-4f3c-9d0a-0b8f2b1d7c01)
          choices: [skip_host, ride_through]
          choice: stop
    skipped:
      description: Hosts that are left out because of a blocker, with O(on_blocker=skip_host).
      type: list
      elements: str
      sample: []
    riding:
      description: Instances that stay on their host because they cannot be moved, with O(on_blocker=ride_through).
      type: list
      elements: str
      sample: []
    figures:
      description: How long the plan is, and what no plan can beat.
      type: dict
      sample: {hosts: 4, waves: 4, moves: 7, moves_lower_bound: 7, waves_lower_bound: 4, minutes: 69.0}
changes:
  description:
    - What is not as it was when the plan to follow was made, in sentences. Empty without such a plan.
    - Those that it does not hold because of come first.
  returned: success
  type: list
  elements: str
  sample: ["wave 1 works on compute-1, and the plan does not move instance vnf-b-2 (c2d9aa41-...) away from it"]
kept:
  description: Whether RV(maintenance_plan) is what is left of the plan to follow. V(false) without such a plan.
  returned: success
  type: bool
  sample: false
operations:
  description: The plan as numbered operations, then what stands in the way, then the figures.
  returned: success
  type: list
  elements: str
  sample:
    - "1. move vnf-a-worker-3 of project 3f07 from compute-1 to compute-3, live or cold: compute-3 is not to be maintained, ..."
    - "2. work on compute-1 (wave 1, 17 min in all): what is on compute-1 has room on compute-3, ..."
"""

import json
import typing as t
from pathlib import Path

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._json_file import JsonFile
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.following import follow
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.operations import operations
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.options import MODES, ON_BLOCKER
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.snapshot import PlanError
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

NEEDS_CLOUD = False
RETURNS = "maintenance_plan"
SPEC: Spec = {
    "snapshot": {"type": "dict"},
    "snapshot_file": {"type": "path"},
    "hosts": {"type": "list", "elements": "str"},
    "done": {"type": "list", "elements": "str", "default": []},
    "later": {"type": "list", "elements": "str", "default": []},
    "max_hosts_at_once": {"type": "int", "default": 1},
    "ways": {"type": "dict", "default": {}},
    "ride_through": {"type": "list", "elements": "str", "default": []},
    "silent_projects": {"type": "list", "elements": "str", "default": []},
    "mode": {"type": "str", "choices": [*MODES], "default": "fewest_moves"},
    "max_moves_per_host": {"type": "int", "default": 2},
    "max_moves": {"type": "int", "default": 4},
    "durations": {
        "type": "dict",
        "default": {},
        "options": {
            "move": {"type": "float"},
            "host": {"type": "float"},
            "wave": {"type": "float"},
            "moves": {"type": "dict"},
            "hosts": {"type": "dict"},
        },
    },
    "on_blocker": {"type": "str", "choices": [*ON_BLOCKER], "default": "stop"},
    "seed": {"type": "int", "default": 0},
    "follow": {"type": "dict"},
    "follow_file": {"type": "path"},
    "on_change": {"type": "str", "choices": ["replan", "stop"], "default": "replan"},
    "path": {"type": "path"},
}

RULES: Params = {
    "required_one_of": [("snapshot", "snapshot_file")],
    "mutually_exclusive": [("snapshot", "snapshot_file"), ("follow", "follow_file")],
}


def run(params: Params, cloud: Connection, check_mode: bool, progress: t.Callable[[str], None] | None = None) -> Result:
    """The plan, and its file; no cloud is needed."""
    del cloud
    cloud_now, asked = given(params, "snapshot"), options(params)
    changes: list[str] = []
    try:
        record: Record | None = None
        if params["follow"] is not None or params["follow_file"]:
            record, changes = follow(given(params, "follow", "plan"), cloud_now, asked)
            if record is None and changes and params["on_change"] == "stop":
                raise CollectionError(
                    f"The plan does not hold any more: {'; '.join(changes)}. Next: look at what has changed and plan again "
                    "(plan_maintenance), or have this run plan anew where the plan does not hold "
                    "(rolling_host_maintenance_on_change=replan)"
                )
        kept = record is not None
        record = record or plan(cloud_now, asked)
    except PlanError as exc:
        raise CollectionError(f"Cannot plan: {exc}") from exc
    if progress is not None:
        for change in changes:
            progress(f"not as it was planned: {change}")
    extra = {"operations": operations(record), "changes": changes, "kept": kept}
    if not params["path"]:
        return Result(False, record, extra=extra)
    file = JsonFile(Path(params["path"]), "plan")
    before, after = file.text(), json.dumps(record, indent=1) + "\n"
    if before != after and not check_mode:
        file.write(after)
    return Result(before != after, record, before or "", after, extra)


def options(params: Params) -> Record:
    """What the planner is asked."""
    others = {"snapshot", "snapshot_file", "follow", "follow_file", "on_change", "path", "durations"}
    durations = {name: value for name, value in params["durations"].items() if value is not None}
    return {**{name: params[name] for name in SPEC if name not in others}, "durations": durations}


def given(params: Params, name: str, what: str | None = None) -> Record:
    """What is given under this name, or what its file holds."""
    if params[name] is not None:
        return t.cast("Record", params[name])
    return JsonFile(Path(params[f"{name}_file"]), what or name).read()


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, needs_cloud=NEEDS_CLOUD, **RULES)


if __name__ == "__main__":
    main()
