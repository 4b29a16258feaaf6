#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_host
short_description: Record the progress of hosts in a maintenance session
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Writes what the runner does with the hosts of a session into the session API of this collection.
  - The session itself can be written with it, for whoever does both at the same time.
  - C(IN_MAINTENANCE) and C(MAINTENANCE_COMPLETE) are published as C(maintenance.host) events, for monitoring and fault
    management.
  - The host itself is not touched; see M(nfv.maintenance.compute_host).
options:
  session_id:
    description: Id of the maintenance session.
    type: str
    required: true
  lease_token:
    description: Token of the runner's lease, C(fenix_session.lease.token) as M(nfv.maintenance.fenix_session) returns it.
    type: int
    required: true
  hosts:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
    aliases: [name, names]
  state:
    description: Where the hosts are in their maintenance.
    type: str
    choices: [WAITING, DRAINING, IN_MAINTENANCE, MAINTENANCE_COMPLETE, FAILED]
    required: true
  disabled:
    description: Whether nova-compute of the hosts is disabled for the session. Left as it is when not given.
    type: bool
  reason:
    description: Why, above all with O(state=FAILED).
    type: str
  verifying:
    description:
      - With O(state=IN_MAINTENANCE), whether the work on the hosts is over and their checks run.
      - Every other write of a host ends that.
    type: bool
    default: false
  versions:
    description:
      - The versions of the hypervisors now, by host, as Nova counts them (C(8001000)) or as C(8.1.0). What is given for other
        hosts is left out.
      - The session keeps the first one as the version before the maintenance, and the last one as the version after it.
    type: dict
    default: {}
  type:
    description: What the hosts are. Left as it is when not given; a session takes its hosts for compute hosts.
    type: str
    choices: [compute, controller, other]
  session_state:
    description: What becomes of the session with it, written after the hosts. Left as it is when not given.
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
  instances:
    description: What is on the hosts of the session now, see O(nfv.maintenance.fenix_session#module:instances).
    type: list
    elements: dict
  messages:
    description: Whether to return the session with its messages too, as RV(fenix_session).
    type: bool
    default: false
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.fenix_session
  - module: nfv.maintenance.compute_host
"""

EXAMPLES = r"""
- name: Tell that the hosts of a wave go down
  nfv.maintenance.fenix_host:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    hosts: [compute-1, compute-2]
    state: IN_MAINTENANCE
    disabled: true

- name: Tell that the work on one of them is over, and its checks begin
  nfv.maintenance.fenix_host:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    hosts: [compute-1]
    state: IN_MAINTENANCE
    verifying: true
    versions: {compute-1: 9.0.2}
"""

RETURN = r"""
fenix_hosts:
  description: The hosts, in the order given.
  returned: success
  type: list
  elements: dict
  sample:
    - name: compute-1
      type: compute
      state: IN_MAINTENANCE
      disabled: true
      reason: null
      verifying: false
      version_before: 8.1.0
      version: 9.0.2
      updated_at: "2026-11-21T01:02:03.000000Z"
fenix_session:
  description: The session with its messages and instances, as M(nfv.maintenance.fenix_session_info) returns it with C(messages).
  returned: with O(messages=true)
  type: dict
  sample: {session_id: 695030ee-1c4d-11eb-a9d0-0242ac110002, state: PLANNED_MAINTENANCE, hosts: [], instances: [], messages: []}
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.versions import version_number, version_text
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages, runner
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.conversation import project_names, with_messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_hosts"
SPEC: Spec = {
    "session_id": {"type": "str", "required": True},
    # A fencing token: a small number that grows, not a secret.
    "lease_token": {"type": "int", "required": True, "no_log": False},
    "hosts": {"type": "list", "elements": "str", "required": True, "aliases": ["name", "names"]},
    "state": {"type": "str", "choices": [*messages.HOST_STATES], "required": True},
    "disabled": {"type": "bool"},
    "reason": {"type": "str"},
    "verifying": {"type": "bool", "default": False},
    "versions": {"type": "dict", "default": {}},
    "type": {"type": "str", "choices": ["compute", "controller", "other"]},
    "session_state": {"type": "str", "choices": [*messages.SESSION_STATES]},
    "instances": {"type": "list", "elements": "dict"},
    "messages": {"type": "bool", "default": False},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Write what differs."""
    proxy, token = maintenance(cloud), params["lease_token"]
    sessions = Sessions(proxy)
    sessions.require_session_api("The progress of hosts")
    runner.check_instances(params["instances"] or [])
    session = sessions.get(params["session_id"])
    all_of_them = {key: params[key] for key in ("state", "disabled", "reason", "type", "verifying")}
    versions = {host: version_text(version_number(str(told))) for host, told in params["versions"].items() if told}
    wanted = {host: {**all_of_them, "version": versions.get(host)} for host in params["hosts"]}
    shown = _shown(session, params)
    before, after, changed = runner.record_hosts(proxy, session, token, wanted, check_mode=check_mode)
    if params["instances"] is not None:
        instances, name = params["instances"], project_names(cloud)
        changed = runner.register_instances(proxy, session, token, instances, name, check_mode=check_mode) or changed
    if params["session_state"]:
        changed = runner.record_state(proxy, session, token, params["session_state"], check_mode=check_mode) or changed
    told = {"type": params["type"], "verifying": params["verifying"], "version": versions}
    keys = ("state", "disabled", "reason", *(name for name in told if told[name]))
    extra: Record = {}
    if params["messages"]:
        written = {str(host["name"]): host for host in after}
        hosts = [written.pop(str(host["name"]), host) for host in session["hosts"]]
        extra["fenix_session"] = with_messages(proxy, {**session, "hosts": [*hosts, *written.values()]})
    return Result(changed, after, _managed(before, keys) | shown, _managed(after, keys) | _shown(session, params), extra)


def _managed(hosts: list[Record], keys: tuple[str, ...]) -> Record:
    return {str(host["name"]): {key: host.get(key) for key in keys} for host in hosts}


def _shown(session: Record, params: Params) -> Record:
    """What is shown of the session in a difference, as far as it was asked for."""
    shown: Record = {"session_state": session["state"]} if params["session_state"] else {}
    if params["instances"] is not None:
        shown["instances"] = {str(one["id"]): one.get("host") for one in session["instances"]}
    return shown


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
