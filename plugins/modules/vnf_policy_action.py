#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_policy_action
short_description: Decide what is done about findings of VNF monitoring, each action at most once
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Keeps a ledger of incidents. A target that is found down opens one, and it is closed when the target is up again, or when its
    VNFC is not there any more.
  - With O(state=begun) it claims the actions that the monitoring policy wants for these findings and says what is to be done. Who
    claims the same once more, another worker or the same event again, hears that it is done or under way.
  - Nothing is claimed that is not true any more by the VNF manager, that a maintenance session of the catalogue's maintenance
    service has in work, that Nova has something under way for, or that the budget and the cooldown do not allow. What is put off
    is tried again when the finding comes again.
  - Faults of one VNF that come together become one operation.
  - The actions themselves are done by the role P(nfv.maintenance.vnf_policy_action#role), which reports with O(state=done) or
    O(state=failed).
options:
  state:
    description:
      - V(begun) notes the findings and claims what is to be done.
      - V(done) and V(failed) say how the action of a O(claim) ended.
    type: str
    choices: [begun, done, failed]
    required: true
  ledger:
    description:
      - The file of the ledger, or a C(postgresql://) URL. All that act for the same VNFs need the same one.
      - The URL has no password, since it is logged; put that into the file that C(PGPASSFILE) names.
    type: str
    required: true
  events:
    description:
      - Findings as the event source C(nfv.maintenance.vnf_monitor) tells them.
      - One that cannot be used is rejected with the reason, and the others are not held up.
    type: list
    elements: raw
    default: []
  allowed:
    description:
      - Which actions may be done here. What is not among them is refused, with the reason.
      - V(log_and_kill) deletes the VNF, so it has to be allowed first.
    type: list
    elements: str
    choices: [respawn, scale_out, scale_in, log, log_and_kill, notify, playbook]
    default: [respawn, scale_out, scale_in, log, notify, playbook]
  limits:
    description: What keeps many findings at once from becoming a storm of operations.
    type: dict
    default: {}
    suboptions:
      per_vnf:
        description: Most operations of one VNF within O(limits.per_vnf_seconds).
        type: int
        default: 3
      per_vnf_seconds:
        description: Seconds to which O(limits.per_vnf) applies.
        type: float
        default: 3600
      overall:
        description: Most operations of all VNFs of the ledger within O(limits.overall_seconds).
        type: int
        default: 10
      overall_seconds:
        description: Seconds to which O(limits.overall) applies.
        type: float
        default: 600
      cooldown:
        description: Seconds from the end of an operation of a VNF to the next one.
        type: float
        default: 120
      attempts:
        description: How often an action that fails is tried.
        type: int
        default: 3
      backoff:
        description: Seconds from the first failure to the second attempt; after each further failure twice as long.
        type: float
        default: 60
      backoff_longest:
        description: The most seconds that O(limits.backoff) becomes.
        type: float
        default: 3600
      lease:
        description:
          - Seconds after which a run that has not reported is taken for dead, when the VNF manager has nothing of it under way.
        type: float
        default: 120
      bundle:
        description: Seconds for which further faults of a VNF are waited for after the first, at most 10.
        type: float
        default: 2
      settle:
        description: Seconds for which a server is left alone after its maintenance.
        type: float
        default: 60
      muted_longest:
        description: Seconds after which a state of a maintenance session that does not change is not believed any more.
        type: float
        default: 14400
  claim:
    description: The C(claim) that O(state=begun) returned. Required with O(state=done) and O(state=failed).
    type: str
  reason:
    description: With O(state=done) and O(state=failed), what came of it, for the ledger.
    type: str
    default: ""
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
attributes:
  check_mode:
    description: Claims and notes nothing; the decisions are empty.
  diff_mode:
    support: none
    description: The decisions themselves say what was done.
requirements:
  - SQLAlchemy >= 2.0
  - psycopg, for a ledger in PostgreSQL
seealso:
  - module: nfv.maintenance.vnf_policy_action_info
"""

EXAMPLES = r"""
- name: See what is to be done about findings
  nfv.maintenance.vnf_policy_action:
    cloud: vnf
    state: begun
    ledger: /var/lib/nfv-maintenance/incidents.sqlite
    events: "{{ findings }}"
  register: result

- name: Heal what is to be healed
  nfv.maintenance.vnf_heal:
    cloud: vnf
    vnf_instance_id: "{{ item.order.vnf_instance_id }}"
    server_ids: "{{ item.order.server_ids }}"
  loop: "{{ result.vnf_policy_actions | selectattr('decision', 'eq', 'act') | selectattr('action', 'eq', 'respawn') }}"
"""

RETURN = r"""
vnf_policy_actions:
  description: What was decided, one entry for each action, or for each group of findings that lead to one operation.
  returned: success
  type: list
  elements: dict
  contains:
    decision:
      description:
        - V(act) is to be done now, by whoever got this answer.
        - V(put_off) is tried again when the finding comes again. V(refused) is not done here.
        - V(done), V(running) and V(given_up) were begun before.
        - V(obsolete) is about what is not there any more, V(stale) about a time before the target was up.
        - V(closed) ends an incident, V(noted) wants nothing, V(rejected) cannot be used.
      type: str
      returned: success
    action:
      description: Name of the action, null where the decision is about the finding itself.
      type: str
      returned: success
    reason:
      description: Why, empty when it is to be done.
      type: str
      returned: success
    claim:
      description: What to report with, null unless it is to be done.
      type: str
      returned: success
    order:
      description: What exactly is to be ordered, for V(respawn) C(server_ids), for scaling C(aspect_id) and C(level).
      type: dict
      returned: success
    to:
      description: Where V(notify) or V(playbook) leads, a name.
      type: str
      returned: success
    vnf_id:
      description: The VNF, null for V(rejected).
      type: str
      returned: success
    vnf_name:
      description: Its name.
      type: str
      returned: success
    project_id:
      description: Its project, where it is known.
      type: str
      returned: success
    vnfcs:
      description:
        - The VNFCs that it is about, each with C(id), C(vdu), C(server_id) and C(state).
        - Where it is about an action also C(incident_id), C(place), C(target), C(address), C(probe), C(since) and C(evidence).
      type: list
      elements: dict
      returned: success
    action_ids:
      description: The ids of this action for each of the incidents; the same for the same action of the same incident.
      type: list
      elements: str
      returned: success
  sample:
    - decision: act
      action: respawn
      reason: ""
      claim: 5f0c8b1d2f6e4f0e9a7b3c1d8e2a4f60
      order:
        vnf_instance_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
        server_ids: [0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d]
        storage: false
      to: null
      vnf_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
      vnf_name: web
      project_id: 3f07249d4e754565a30c590a16995e80
      vnfcs:
        - id: VDU1-0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
          vdu: VDU1
          server_id: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
          state: down
          incident_id: 0c1b7d52a9e84f36b7f0d4c2a1e59f83
      action_ids: [9a3c51c2f3d04f5f8f0f5c1d2b7e6a41]
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring import acting
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.findings import ACTIONS
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.limits import Limits
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_policy_actions"
SPEC: Spec = {
    "state": {"type": "str", "choices": ["begun", "done", "failed"], "required": True},
    "ledger": {"type": "str", "required": True, "no_log": False},
    "events": {"type": "list", "elements": "raw", "default": []},
    "allowed": {
        "type": "list", "elements": "str",
        "choices": ["respawn", "scale_out", "scale_in", "log", "log_and_kill", "notify", "playbook"],
        "default": [name for name in ACTIONS if name != "log_and_kill"],
    },
    "limits": {
        "type": "dict",
        "default": {},
        "options": {
            "per_vnf": {"type": "int", "default": 3},
            "per_vnf_seconds": {"type": "float", "default": 3600},
            "overall": {"type": "int", "default": 10},
            "overall_seconds": {"type": "float", "default": 600},
            "cooldown": {"type": "float", "default": 120},
            "attempts": {"type": "int", "default": 3},
            "backoff": {"type": "float", "default": 60},
            "backoff_longest": {"type": "float", "default": 3600},
            "lease": {"type": "float", "default": 120},
            "bundle": {"type": "float", "default": 2},
            "settle": {"type": "float", "default": 60},
            "muted_longest": {"type": "float", "default": 14400},
        },
    },
    "claim": {"type": "str", "no_log": False},
    "reason": {"type": "str", "default": ""},
}  # fmt: skip
RULES: dict[str, t.Any] = {"required_if": [("state", "done", ["claim"]), ("state", "failed", ["claim"])]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._monitoring.acting`."""
    limits = Limits(**params["limits"])
    if limits.bundle > acting.LONGEST_BUNDLE:
        raise CollectionError(f"limits.bundle is {limits.bundle:g}; at most {acting.LONGEST_BUNDLE:g} seconds are waited")
    if check_mode:
        return Result(False, [])
    if params["state"] == "begun":
        decided = acting.begin(cloud, params["ledger"], params["events"], params["allowed"], limits)
        return Result(any(one["decision"] in acting.CHANGES for one in decided), decided)
    taken = acting.end(params["ledger"], params["claim"], params["state"] == "done", params["reason"])
    warnings = [] if taken else [f"Claim {params['claim']} is over already, or another run has taken it over; nothing was noted"]
    return Result(taken, [], extra={"warnings": warnings})


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
