#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_session_info
short_description: Read maintenance sessions
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads sessions of the session API of this collection, or of an OpenStack Fenix.
  - An administrator sees all of them, a project those that concern it and its own part of them.
options:
  session_id:
    description: Only this session. An unknown id gives an empty list. Not together with O(name).
    type: str
  name:
    description: Only the sessions of this name. A Fenix has no names.
    type: str
  only_open:
    description: Whether those that are C(MAINTENANCE_DONE) are left out. With O(session_id) it has no effect.
    type: bool
    default: false
  messages:
    description:
      - Whether each session is read with its instances and messages. A Fenix keeps none that could be read.
    type: bool
    default: false
  details:
    description:
      - Whether each session is read with its instances, messages and events. Of events there are several for each move.
      - From a Fenix what its C(detail) resource says, as C(detail), where it has one.
    type: bool
    default: false
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.fenix_session
  - module: nfv.maintenance.maintenance_control
"""

EXAMPLES = r"""
- name: Read the open sessions
  nfv.maintenance.fenix_session_info:
    cloud: admin
    only_open: true
  register: result

- name: Read everything about one
  nfv.maintenance.fenix_session_info:
    cloud: admin
    session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
    details: true
"""

RETURN = r"""
fenix_sessions:
  description:
    - The sessions, as M(nfv.maintenance.fenix_session) returns them.
    - With O(messages) and O(details) each has C(messages) (see M(nfv.maintenance.fenix_message)), with O(details) also C(events).
  returned: success
  type: list
  elements: dict
  sample:
    - session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      source: session_api
      name: kernel-2026-11
      state: MAINTENANCE
      round: 1
      reason: null
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
      hosts: [{name: compute-1, type: compute, state: WAITING, disabled: false, reason: null}]
      instances: []
      lease: null
      control: {state: running, reason: null, by: null, at: null, skipped_hosts: [], approved_waves: 0}
      waiting_for: []
      messages: []
      events: [{number: 1, at: "2026-11-21T01:01:58.000000Z", kind: session, text: "MAINTENANCE"}]
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.conversation import with_messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import MaintenanceProxy, maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_sessions"
SPEC: Spec = {
    "session_id": {"type": "str"},
    "name": {"type": "str"},
    "only_open": {"type": "bool", "default": False},
    "messages": {"type": "bool", "default": False},
    "details": {"type": "bool", "default": False},
}
RULES: dict[str, t.Any] = {"mutually_exclusive": [("session_id", "name")]}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The sessions asked for."""
    proxy = maintenance(cloud)
    sessions = Sessions(proxy)
    if params["session_id"]:
        one = sessions.find(params["session_id"])
        found = [one] if one else []
    elif params["name"] and not proxy.is_session_api():
        found = []
    else:
        found = sessions.all(name=params["name"], only_open=params["only_open"])
    if not proxy.is_session_api():
        return [{**one, "detail": proxy.session_detail(one["session_id"])} for one in found] if params["details"] else found
    if not params["details"] and not params["messages"]:
        return found
    # A list tells no instances.
    whole = found if params["session_id"] else [sessions.find(one["session_id"]) or one for one in found]
    return [_detailed(proxy, session, events=params["details"]) for session in whole]


def _detailed(proxy: MaintenanceProxy, session: Record, *, events: bool) -> Record:
    return {**with_messages(proxy, session), **({"events": proxy.events(session["session_id"])} if events else {})}


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
