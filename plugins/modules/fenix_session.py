#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_session
short_description: Create, run, continue and delete maintenance sessions
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Manages a maintenance session of the session API of this collection, or of an OpenStack Fenix.
  - With the session API a playbook is the runner of the session. It takes the lease, registers the instances and moves the
    session from state to state with this module; other modules send the messages.
  - A Fenix runs its sessions itself. There the module creates a session and can wait for its end.
options:
  state:
    description:
      - V(present) creates the session, or finds it by O(session_id) or O(name). What a session was created with
        (O(hosts), O(maintenance_at), O(workflow), O(metadata), O(actions), O(download)) is not changed afterwards.
      - V(continued) continues a session that is C(MAINTENANCE_FAILED). Hosts already done stay done. It needs O(session_id) or
        O(name), as V(absent) does.
      - V(absent) deletes the session. The session API then tells the projects that still wait that the maintenance is over.
    type: str
    choices: [present, continued, absent]
    default: present
  name:
    description:
      - Name of the session. At most one session of a name is open, so that creating it again finds it.
      - A Fenix has no names. There a session is created each time, unless O(session_id) is given.
    type: str
  session_id:
    description: Id of an existing session.
    type: str
  hosts:
    description:
      - Names of the hosts to be maintained.
      - Without them a Fenix takes all compute hosts, and the session API those that the runner names later
        (M(nfv.maintenance.fenix_host)).
      - With a session that exists they have to be among its hosts.
    type: list
    elements: str
  maintenance_at:
    description: When the work starts, as C(YYYY-MM-DD HH:MM:SS) in UTC, another ISO 8601 time, or C(+N) seconds from now.
    type: str
    default: "+5"
  workflow:
    description: Workflow of the session. V(vnf) speaks to the projects in the instance dialect, V(default) in the host dialect.
    type: str
    default: default
  metadata:
    description: Hints for the projects about what they will find afterwards, sent with every message.
    type: dict
    default: {}
  actions:
    description: Action plug-ins of a Fenix.
    type: list
    elements: dict
    default: []
    suboptions:
      plugin:
        description: Name of the plug-in.
        type: str
        required: true
      type:
        description: On which hosts and when it runs.
        type: str
        choices: [pre, host, compute, controller, other, post]
        required: true
      metadata:
        description: Its settings.
        type: dict
        default: {}
  download:
    description: Files that a later Fenix fetches for the session.
    type: list
    elements: raw
  session_state:
    description:
      - State to bring the session into, as its runner. Needs O(runner) or O(lease_token).
      - Session API only.
    type: str
    choices:
      - MAINTENANCE
      - SCALE_IN
      - PREPARE_MAINTENANCE
      - START_MAINTENANCE
      - PLANNED_MAINTENANCE
      - MAINTENANCE_COMPLETE
      - MAINTENANCE_DONE
      - MAINTENANCE_FAILED
  reason:
    description: Why, with O(session_state).
    type: str
  runner:
    description:
      - Take the lease of the session under this name, and with it the right to write. The same name gets the same lease again.
      - Waits at most O(timeout) seconds for the lease of another runner, and not at all with O(wait=false).
      - Session API only.
    type: str
  lease_ttl:
    description: With O(runner), seconds after which the lease runs out if the runner writes nothing.
    type: int
    default: 120
  renew_for:
    description:
      - Has the lease renewed for as long as the playbook runs, but at most so many seconds, by a process of its own. It then
        lasts through work on a host that takes longer than O(lease_ttl). V(0) renews nothing.
      - Only for a task on a local connection without C(become) and C(async); elsewhere it is ignored with a warning. A warning
        also says when no process could be started, as on another system than Linux.
    type: int
    default: 0
  lease_token:
    description:
      - Token of a lease that was taken before, C(fenix_session.lease.token) as this module returned it then.
      - Not needed with O(runner). Session API only.
    type: int
  release_lease:
    description: Whether to give the lease back at the end. Session API only.
    type: bool
    default: false
  instances:
    description:
      - The instances on the hosts of the session; replaces what was registered before.
      - Each has C(id), C(name), C(project_id) and C(host), as M(nfv.maintenance.maintenance_snapshot_info) returns them.
        What else it has is left out.
      - Session API only.
    type: list
    elements: dict
  wait:
    description:
      - Whether to wait for another runner's lease.
      - Whether to wait until the session is in one of O(wait_for), if that is not empty.
    type: bool
    default: true
  wait_for:
    description:
      - Session states to wait for. A session that fails meanwhile is a failure of the task, as is one that is gone.
      - V([MAINTENANCE_DONE]) is what to wait for with a Fenix. Answers C(500) and C(null) are borne for five minutes.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait, for the lease and for the state each.
    type: int
    default: 600
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.fenix_session_info
  - module: nfv.maintenance.fenix_message
  - module: nfv.maintenance.fenix_host
"""

EXAMPLES = r"""
- name: Open a session, or find it, and become its runner
  nfv.maintenance.fenix_session:
    cloud: admin
    name: kernel-2026-11
    hosts: [compute-1, compute-2]
    metadata:
      kernel: 6.12
    runner: "{{ ansible_facts.hostname }}"
  register: opened

- name: Go on to the next host
  nfv.maintenance.fenix_session:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    session_state: PLANNED_MAINTENANCE

- name: Continue after a repair
  nfv.maintenance.fenix_session:
    cloud: admin
    name: kernel-2026-11
    state: continued

- name: Let a Fenix do everything
  nfv.maintenance.fenix_session:
    cloud: admin
    hosts: []
    maintenance_at: "+30"
    actions:
      - plugin: dummy
        type: host
    wait_for: [MAINTENANCE_DONE]
    timeout: 7200
"""

RETURN = r"""
fenix_session:
  description:
    - The session, null when it is absent.
    - C(source) is V(session_api) or V(fenix). What a Fenix does not tell is null or empty.
    - C(progress) says how far it is and what it waits for, C(control) what people want of its run
      (M(nfv.maintenance.maintenance_control)).
  returned: success
  type: dict
  sample:
    session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
    source: session_api
    name: kernel-2026-11
    state: MAINTENANCE
    round: 1
    reason: null
    workflow: default
    metadata: {kernel: "6.12"}
    maintenance_at: "2026-11-21T01:02:03.000000Z"
    created_at: "2026-11-21T01:01:58.000000Z"
    updated_at: "2026-11-21T01:01:58.000000Z"
    percent_done: 0
    progress:
      control: running
      percent_done: 0
      hosts: 1
      hosts_done: 0
      hosts_failed: 0
      servers: 0
      servers_done: 0
      seconds_left: null
      done_at: null
      waiting_for: []
    hosts:
      - {name: compute-1, type: compute, state: WAITING, disabled: false, reason: null, updated_at: "2026-11-21T01:01:58.000000Z"}
    instances: []
    lease: {holder: deploy-1, token: 1, expires_at: "2026-11-21T01:03:58.000000Z"}
    control: {state: running, reason: null, by: null, at: null, skipped_hosts: [], approved_waves: 0}
    waiting_for: []
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec, wait_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages, runner
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.conversation import project_names
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import MaintenanceProxy, maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions, session_record
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.times import start_time, utc_now
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_session"
SPEC: Spec = {
    "state": {"type": "str", "choices": ["present", "continued", "absent"], "default": "present"},
    "name": {"type": "str"},
    "session_id": {"type": "str"},
    "hosts": {"type": "list", "elements": "str"},
    "maintenance_at": {"type": "str", "default": "+5"},
    "workflow": {"type": "str", "default": "default"},
    "metadata": {"type": "dict", "default": {}},
    "actions": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "plugin": {"type": "str", "required": True},
            "type": {"type": "str", "choices": ["pre", "host", "compute", "controller", "other", "post"], "required": True},
            "metadata": {"type": "dict", "default": {}},
        },
    },
    "download": {"type": "list", "elements": "raw"},
    "session_state": {"type": "str", "choices": [*messages.SESSION_STATES]},
    "reason": {"type": "str"},
    "runner": {"type": "str"},
    "lease_ttl": {"type": "int", "default": 120},
    "renew_for": {"type": "int", "default": 0},
    # A fencing token: a small number that grows, not a secret.
    "lease_token": {"type": "int", "no_log": False},
    "release_lease": {"type": "bool", "default": False},
    "instances": {"type": "list", "elements": "dict"},
    **wait_spec(600),
    "wait_for": {"type": "list", "elements": "str", "default": []},
}
RULES: dict[str, t.Any] = {
    "required_if": [("state", "absent", ("session_id", "name"), True), ("state", "continued", ("session_id", "name"), True)],
}
# What only a runner writes.
RUNNER_OPTIONS = ("session_state", "runner", "lease_token", "release_lease", "instances")


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Bring the session into being or out of it, then write what the runner has to write, then wait."""
    proxy = maintenance(cloud)
    sessions = Sessions(proxy)
    if params["state"] == "absent":
        return _absent(sessions, params, check_mode)
    given = [name for name in RUNNER_OPTIONS if params[name]]
    runner.check_instances(params["instances"] or [])
    if given:
        sessions.require_session_api(", ".join(given))
    if _only_waits(params) and not given and not check_mode:
        return Result(False, sessions.wait(params["session_id"], params["wait_for"], params["timeout"]))
    before, session, changed = (
        _continued(sessions, params, check_mode) if params["state"] == "continued" else _present(sessions, params, check_mode)
    )
    if given:
        changed = _write(cloud, proxy, session, params, check_mode) or changed
    if not check_mode:
        if given:
            lease = session["lease"]
            session = sessions.get(session["session_id"])
            session["lease"] = session["lease"] or (None if params["release_lease"] else lease)
        if params["wait"] and params["wait_for"]:
            session = sessions.wait(session["session_id"], params["wait_for"], params["timeout"])
    return Result(changed, session, before=before, after=_managed(session))


def _only_waits(params: Params) -> bool:
    """Whether there is nothing to do but to wait, which bears errors; a look before that would not."""
    return bool(params["session_id"] and params["state"] == "present" and params["wait"] and params["wait_for"])


def _absent(sessions: Sessions, params: Params, check_mode: bool) -> Result:
    session = sessions.find_patiently(params["session_id"], params["name"])
    if session is None:
        return Result(False, None)
    if not check_mode:
        sessions.delete(session["session_id"])
    return Result(True, None, before=_managed(session), after={})


def _continued(sessions: Sessions, params: Params, check_mode: bool) -> tuple[Record, Record, bool]:
    session = sessions.get(params["session_id"], params["name"])
    before = _managed(session)
    if session["state"] == messages.MAINTENANCE_DONE:
        raise CollectionError(f"Session {session['session_id']} is MAINTENANCE_DONE; there is nothing to continue")
    if session["state"] != messages.MAINTENANCE_FAILED:
        return before, session, False
    if check_mode:
        return before, {**session, "state": messages.MAINTENANCE}, True
    return before, sessions.resume(session["session_id"]), True


def _present(sessions: Sessions, params: Params, check_mode: bool) -> tuple[Record, Record, bool]:
    if params["session_id"]:
        session: Record | None = sessions.get(params["session_id"])
    else:
        session = sessions.find(None, params["name"])
    if session is None:
        body = _body(params)
        if check_mode:
            simulated = {**body, "session_id": None, "hosts": [{"name": name} for name in body["hosts"]]}
            return {}, session_record(simulated, "session_api" if params["name"] else "fenix"), True
        return {}, sessions.create(body), True
    strangers = set(params["hosts"] or []) - {str(host.get("name")) for host in session["hosts"]}
    if strangers and session["hosts"] and session["source"] == "session_api":
        raise CollectionError(
            f"Session {session['session_id']} (name {session['name']}, {session['state']}) is open without host "
            f"{', '.join(sorted(strangers))}. Next: finish or delete it, or choose another name",
            session_id=session["session_id"],
        )
    return _managed(session), session, False


def _write(cloud: Connection, proxy: MaintenanceProxy, session: Record, params: Params, check_mode: bool) -> bool:
    """What the runner writes, in the order in which it makes sense; returns whether something changed."""
    changed = False
    session_id, token = session["session_id"], params["lease_token"]
    if params["runner"]:
        present = session["lease"] or {}
        if check_mode:
            session["lease"] = {**present, "holder": params["runner"]}
        else:
            timeout = params["timeout"] if params["wait"] else 0
            session["lease"] = runner.take_lease(proxy, session_id, params["runner"], params["lease_ttl"], timeout)
            token = session["lease"]["token"]
        changed = any(session["lease"].get(key) != present.get(key) for key in ("holder", "token"))
    if params["instances"] is not None:
        instances, name = params["instances"], project_names(cloud)
        changed = runner.register_instances(proxy, session, token, instances, name, check_mode=check_mode) or changed
    if params["session_state"]:
        state, reason = params["session_state"], params["reason"]
        changed = runner.record_state(proxy, session, token, state, reason, check_mode=check_mode) or changed
    if params["release_lease"] and session["lease"]:
        changed = True
        if not check_mode:
            proxy.release_lease(session_id, runner.needed(token, "release_lease"))
        session["lease"] = None
    return changed


def _body(params: Params) -> Record:
    body = {
        "hosts": params["hosts"] or [],
        "state": messages.MAINTENANCE,
        "maintenance_at": start_time(params["maintenance_at"], utc_now()),
        "workflow": params["workflow"],
        "metadata": params["metadata"],
        "actions": params["actions"],
    }
    return body | {name: params[name] for name in ("name", "download") if params[name] is not None}


def _managed(session: Record) -> Record:
    return {
        "state": session["state"],
        "hosts": [host.get("name") for host in session["hosts"]],
        "runner": (session["lease"] or {}).get("holder"),
        "instances": {one["id"]: one.get("host") for one in session["instances"]},
    }


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
