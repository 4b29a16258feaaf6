#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_control
short_description: Pause, resume or abort a maintenance that runs, skip its hosts, approve its waves
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Says to the session API of this collection what you want of the run of a session. It needs no lease, for it is not the runner
    who says so. The event log of the session keeps who said what, and why.
  - The run obeys before its next wave, and while it moves instances before the next move (pause and abort).
    What is under way is brought to its end.
options:
  session_id:
    description: Id of the maintenance session. Either this or O(name) is required.
    type: str
  name:
    description: Name of the session, which has to be open, in place of O(session_id).
    type: str
  action:
    description:
      - V(pause) lets nothing new be begun, V(resume) takes that back.
      - V(abort) lets the run end. That cannot be taken back. The same maintenance can be run again, which goes on with the
        session.
      - V(skip_host) leaves O(hosts) out, V(unskip_host) takes that back. Hosts that are done cannot be skipped.
      - V(approve) lets the run begin its waves up to O(wave), where it was told to wait for that. It holds for the present run.
    type: str
    choices: [pause, resume, abort, skip_host, unskip_host, approve]
    required: true
  hosts:
    description: Hosts to skip, or not to skip any more. Required with O(action=skip_host) and O(action=unskip_host).
    type: list
    elements: str
    aliases: [host]
  wave:
    description: Number of the wave in the present run, from 1. Required with O(action=approve).
    type: int
  reason:
    description: Why. It is told to everybody who looks at the session, and stands in the error of a run that ends by it.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.fenix_session_info
  - module: nfv.maintenance.maintenance_checkpoint
"""

EXAMPLES = r"""
- name: Begin nothing new until somebody has looked at the disks
  nfv.maintenance.maintenance_control:
    cloud: admin
    name: kernel-2026-11
    action: pause
    reason: disk alarms in rack 7

- name: Leave two hosts out
  nfv.maintenance.maintenance_control:
    cloud: admin
    name: kernel-2026-11
    action: skip_host
    hosts: [compute-7, compute-8]

- name: Let the third wave begin
  nfv.maintenance.maintenance_control:
    cloud: admin
    name: kernel-2026-11
    action: approve
    wave: 3
"""

RETURN = r"""
maintenance_control:
  description:
    - What is wanted of the run now. C(by), C(at) and C(reason) belong to C(state).
  returned: success
  type: dict
  sample:
    state: paused
    reason: disk alarms in rack 7
    by: admin
    at: "2026-11-21T01:02:03.000000Z"
    skipped_hosts: [compute-7]
    approved_waves: 0
session_id:
  description: The session.
  returned: success
  type: str
  sample: 6f028d22-e4e8-11f1-a118-02fc00000001
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import control, messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "maintenance_control"
SPEC: Spec = {
    "session_id": {"type": "str"},
    "name": {"type": "str"},
    "action": {"type": "str", "choices": [*messages.CONTROL_ACTIONS], "required": True},
    "hosts": {"type": "list", "elements": "str", "aliases": ["host"]},
    "wave": {"type": "int"},
    "reason": {"type": "str"},
}
RULES: dict[str, t.Any] = {
    "required_one_of": [("session_id", "name")],
    "mutually_exclusive": [("session_id", "name")],
    "required_if": [
        ("action", messages.SKIP_HOST, ("hosts",)),
        ("action", messages.UNSKIP_HOST, ("hosts",)),
        ("action", messages.APPROVE, ("wave",)),
    ],
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Say it, unless it has been said."""
    proxy = maintenance(cloud)
    sessions = Sessions(proxy)
    sessions.require_session_api("The control of a run")
    session_id = str(sessions.get(params["session_id"], params["name"])["session_id"])
    before = control.wanted_of(proxy.control(session_id))
    order = control.Order(params["action"], params["hosts"] or [], params["wave"], params["reason"])
    after = control.foreseen(before, order)
    changed = after != before
    if changed and not check_mode:
        after = control.say(proxy, session_id, order)
    return Result(changed, after, before=control.managed(before), after=control.managed(after), extra={"session_id": session_id})


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
