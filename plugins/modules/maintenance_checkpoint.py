#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_checkpoint
short_description: Stop between two waves until the next one may begin
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the runner of a session, before each wave. It waits for the announced start, while the session is paused, and until the
    wave is approved where that is asked for. Meanwhile it keeps the lease.
  - It fails when no wave may begin any more in this run. Nothing has been begun then. RV(failure.ended) says why, as
    V(aborted), V(not_resumed), V(not_approved), V(window_end) or V(failures).
  - It fails as well when somebody else is the runner of the session by now.
  - People say what they want with M(nfv.maintenance.maintenance_control).
options:
  session_id:
    description: Id of the maintenance session.
    type: str
    required: true
  lease_token:
    description: Token of the runner's lease, C(fenix_session.lease.token) as M(nfv.maintenance.fenix_session) returns it.
    type: int
    required: true
  lease_ttl:
    description: Seconds the lease is renewed for while something is waited for.
    type: int
    default: 120
  wave:
    description: Number of the wave in this run, from 1.
    type: int
    required: true
  hosts:
    description: The hosts of the wave. Empty while they are not known yet.
    type: list
    elements: str
    required: true
  minutes:
    description: Minutes that the wave will take, as M(nfv.maintenance.maintenance_plan) predicts it.
    type: float
    default: 0
  record:
    description: Whether to write into the session that the wave begins, for its page and its report.
    type: bool
    default: false
  approve:
    description: Whether the wave begins only when somebody has approved it.
    type: str
    choices: [never, each_wave]
    default: never
  approve_timeout:
    description: Seconds to wait for that approval.
    type: int
    default: 3600
  pause_timeout:
    description: Seconds to wait for a paused session to be resumed.
    type: int
    default: 3600
  not_before:
    description:
      - When the work was announced to begin, as an ISO 8601 time (UTC where it has no zone). It is waited for, while people may
        still abort. Empty is at once.
    type: str
    default: ''
  window_end:
    description:
      - When the maintenance window ends, as an ISO 8601 time (UTC where it has no zone) or as C(+N) seconds from now.
        Empty is never.
      - A wave that would end later, by O(minutes), is not begun.
    type: str
    default: ''
  max_failures:
    description:
      - How many hosts of the session may be C(FAILED). A number, a percentage of its hosts, or both separated by a comma, of
        which the smaller one holds.
    type: str
    default: '0'
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
attributes:
  check_mode:
    description:
      - Looks once. Fails when no wave may begin any more, and waits for nothing, neither for the announced start nor for a paused
        session nor for an approval.
  diff_mode:
    support: none
    description: Nothing is reported as changed.
seealso:
  - module: nfv.maintenance.maintenance_control
  - module: nfv.maintenance.fenix_session
"""

EXAMPLES = r"""
- name: Begin the second wave when there is time for it and somebody has looked
  nfv.maintenance.maintenance_checkpoint:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    wave: 2
    hosts: [compute-3, compute-4]
    minutes: 14.5
    record: true
    approve: each_wave
    window_end: "2026-11-21T05:00:00Z"
    max_failures: 2, 10%
"""

RETURN = r"""
maintenance_checkpoint:
  description: What people want, and what the options have come to.
  returned: success
  type: dict
  contains:
    control:
      description: The session's C(control), as it was when the wave was allowed to begin.
      type: dict
      sample: {state: running, reason: null, by: null, at: null, skipped_hosts: [compute-4], approved_waves: 2}
    session:
      description: The session when the wave was allowed to begin, as M(nfv.maintenance.fenix_session_info) returns it.
      type: dict
      sample: {session_id: 6f028d22-e4e8-11f1-a118-02fc00000001, name: nightly, state: START_MAINTENANCE, hosts: []}
    waited:
      description: Seconds that were waited.
      type: float
      sample: 0.0
    window_end:
      description: The end of the maintenance window, null where there is none.
      type: str
      sample: "2026-11-21T05:00:00Z"
    failed_hosts:
      description: Hosts that have failed so far.
      type: list
      elements: str
      sample: []
    allowed_failures:
      description: How many may.
      type: int
      sample: 1
failure:
  description: What is known of a failure.
  returned: failure
  type: dict
  contains:
    ended:
      description: Why no wave may begin any more in this run.
      type: str
      returned: when no wave may begin any more
      sample: window_end
"""

import datetime
import time
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import checkpoint
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.budget import failure_budget
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.times import moment, utc_now
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "maintenance_checkpoint"
SPEC: Spec = {
    "session_id": {"type": "str", "required": True},
    # A fencing token: a small number that grows, not a secret.
    "lease_token": {"type": "int", "required": True, "no_log": False},
    "lease_ttl": {"type": "int", "default": 120},
    "wave": {"type": "int", "required": True},
    "hosts": {"type": "list", "elements": "str", "required": True},
    "minutes": {"type": "float", "default": 0},
    "record": {"type": "bool", "default": False},
    "approve": {"type": "str", "choices": [checkpoint.NEVER, checkpoint.EACH_WAVE], "default": checkpoint.NEVER},
    "approve_timeout": {"type": "int", "default": 3600},
    "pause_timeout": {"type": "int", "default": 3600},
    "not_before": {"type": "str", "default": ""},
    "window_end": {"type": "str", "default": ""},
    "max_failures": {"type": "str", "default": "0"},
}

Progress = t.Callable[[str], None]


def run(params: Params, cloud: Connection, check_mode: bool, progress: Progress | None = None) -> Result:
    """Stop, or in check mode only look."""
    end: datetime.datetime | None = moment(params["window_end"], utc_now(), "window_end") if params["window_end"] else None
    proxy = maintenance(cloud)
    sessions = Sessions(proxy)
    sessions.require_session_api("A checkpoint")
    session = sessions.get(params["session_id"])
    budget = failure_budget(session, params["max_failures"])
    conditions = checkpoint.Conditions(
        wave=params["wave"],
        hosts=tuple(params["hosts"]),
        seconds=params["minutes"] * 60,
        approve=params["approve"],
        approve_timeout=params["approve_timeout"],
        pause_timeout=params["pause_timeout"],
        window_end=end,
        max_failures=params["max_failures"],
        record=params["record"],
        not_before=moment(params["not_before"], utc_now(), "not_before") if params["not_before"] else None,
    )
    stop = checkpoint.Checkpoint(proxy, session, params["lease_token"], params["lease_ttl"], progress=progress)
    begun = time.monotonic()
    wanted = stop.look(conditions) if check_mode else stop.stop(conditions)
    record = {
        "control": wanted,
        # Nobody but the runner, who was here all the time, changes the rest.
        "session": {**session, "control": wanted},
        "waited": round(time.monotonic() - begun, 1),
        "window_end": None if end is None else checkpoint.written(end),
        "failed_hosts": list(budget.failed),
        "allowed_failures": budget.allowed,
    }
    return Result(False, record)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
