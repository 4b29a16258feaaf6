#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_message_extension
short_description: Ask for more time to reply to a maintenance message
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the owner of VNFs. Moves the deadline of a message that waits for a reply, before it has passed. Whoever sent the message
    waits until the new deadline.
  - The session API grants the whole time or nothing. Its option C(max_extension) in C([conversation]) bounds the extensions of a
    message together (600 seconds by default). Of a message that was answered or has expired there is nothing to extend.
  - The request names the deadline that it moves, so it is counted once even if its answer was lost on the way and it is repeated.
  - Runs on the controller, without the start of a second Python, if the connection is local.
options:
  session_id:
    description: Id of the maintenance session.
    type: str
    required: true
  message_id:
    description: Id of the message, C(id) as M(nfv.maintenance.fenix_message_info) returns it.
    type: str
    required: true
  seconds:
    description: How many seconds the deadline is moved by.
    type: int
    required: true
  reason:
    description: Why. It stands in the event log of the session.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - The task always changes something. Run twice, it moves the deadline twice.
  - A Fenix has no such thing.
seealso:
  - module: nfv.maintenance.fenix_reply
  - module: nfv.maintenance.fenix_message_info
"""

EXAMPLES = r"""
- name: Ask for two minutes more
  nfv.maintenance.fenix_message_extension:
    cloud: vnf-owner
    session_id: "{{ message.session_id }}"
    message_id: "{{ message.id }}"
    seconds: 120
    reason: scaling in takes longer than the window
  register: result

- name: Show the new deadline
  ansible.builtin.debug:
    msg: "{{ result.fenix_message.reply_at }}"
"""

RETURN = r"""
fenix_message:
  description: The message, with its new C(reply_at). C(extended) is the number of seconds it was moved by in all.
  returned: success
  type: dict
  sample:
    id: 7b0b8a6e-1f7f-4c8a-9a55-0d6cf1d7a3ab
    session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
    project_id: 3f07249d4e754565a30c590a16995e80
    state: SCALE_IN
    status: pending
    reply_at: "2026-11-21T01:05:03.000000Z"
    extended: 120
"""

import datetime as dt

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.times import parse_time
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_message"
SPEC: Spec = {
    "session_id": {"type": "str", "required": True},
    "message_id": {"type": "str", "required": True},
    "seconds": {"type": "int", "required": True},
    "reason": {"type": "str"},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Read the deadline, then move exactly that one."""
    proxy = maintenance(cloud)
    Sessions(proxy).require_session_api("More time for a message")
    session_id, message_id = params["session_id"], params["message_id"]
    message = proxy.message(session_id, message_id)
    if message is None:
        raise CollectionError(
            f"There is no message {message_id} in session {session_id} for these credentials. "
            "Next: read what is pending (nfv.maintenance.fenix_message_info)"
        )
    if message["status"] != messages.PENDING:
        raise CollectionError(
            f"Message {message_id} ({message['state']}) of session {session_id} is {message['status']}; nothing is to be extended"
        )
    if check_mode:
        after: Record = {**message, "reply_at": _later(message["reply_at"], params["seconds"])}
    else:
        after = proxy.extend_message(
            session_id, message_id, params["seconds"], reply_at=message["reply_at"], reason=params["reason"]
        )
    return Result(True, after, before={"reply_at": message["reply_at"]}, after={"reply_at": after["reply_at"]})


def _later(time: str, seconds: int) -> str:
    moved = parse_time(time, "reply_at") + dt.timedelta(seconds=seconds)
    return moved.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
