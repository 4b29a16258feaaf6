#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_reply
short_description: Answer maintenance messages for a project
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the owner of VNFs. Sends replies to the maintenance service of the catalogue, many at once, each before its deadline or
    not at all.
  - Errors of the service and of the network are tried again as long as there is time. A refusal is final.
  - A reply that the session API has taken before is not sent again.
  - Replies to a Fenix carry nothing that says what they answer. Right before each one it is looked what the Fenix asks, and
    nothing is sent when its session is in another state, or asks about other instances; the status is C(late) then. A state that
    it spells in an older way, as C(DOWN_SCALE), is answered in the same way, as C(ACK_DOWN_SCALE).
  - Runs on the controller, without the start of a second Python, if the connection is local.
options:
  replies:
    description: The replies; the project has to be the one of the credentials.
    type: list
    elements: dict
    required: true
    suboptions:
      session_id:
        description: Id of the maintenance session.
        type: str
        required: true
      project_id:
        description: Id of the project that answers.
        type: str
        required: true
      instance_id:
        description: In the instance dialect, the instance the message is about.
        type: str
      message_id:
        description:
          - Id of the message that is meant, C(id) as M(nfv.maintenance.fenix_message_info) returns it.
          - Not sent to a Fenix.
        type: str
      state:
        description: C(ACK_) or C(NACK_) and the state of the message.
        type: str
        required: true
      instance_actions:
        description: C(MIGRATE), C(LIVE_MIGRATE) or C(OWN_ACTION) by instance id. A Fenix needs it for each instance it has named.
        type: dict
      instance_action:
        description: The action, in the instance dialect.
        type: str
        choices: [MIGRATE, LIVE_MIGRATE, OWN_ACTION]
      reason:
        description: Why, with a C(NACK_). Not sent to a Fenix.
        type: str
      reply_at:
        description: The deadline, ISO 8601, UTC. A reply is never sent after it.
        type: str
  concurrency:
    description: How many replies are under way at the same time.
    type: int
    default: 16
  timeout:
    description: Seconds after which a reply is given up, if its deadline does not come first.
    type: int
    default: 30
  ignore_refused:
    description: Whether the task succeeds although a reply was not taken.
    type: bool
    default: false
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.fenix_message_info
"""

EXAMPLES = r"""
- name: Acknowledge
  nfv.maintenance.fenix_reply:
    cloud: vnf-owner
    replies:
      - session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
        project_id: 3f07249d4e754565a30c590a16995e80
        state: ACK_PLANNED_MAINTENANCE
        instance_actions:
          48cf5a2c-ee6b-47f5-9a0f-1476dcdf7add: MIGRATE
        reply_at: "2026-11-21T01:03:03Z"

- name: Refuse what one message asks for
  nfv.maintenance.fenix_reply:
    cloud: vnf-owner
    replies:
      - session_id: "{{ message.session_id }}"
        project_id: "{{ message.project_id }}"
        message_id: "{{ message.id }}"
        state: "NACK_{{ message.state }}"
        reason: change freeze until Monday
        reply_at: "{{ message.reply_at }}"
"""

RETURN = r"""
fenix_replies:
  description:
    - What became of the replies, in the order given.
    - C(status) is V(accepted), V(already) (the service had it), V(refused), V(late) (the deadline had passed, or a Fenix asks
      something else by now), V(failed) (no answer) or, in check mode, V(unsent). C(reason) says why.
    - If the task fails because of them, they are returned as RV(failure.replies).
  returned: success
  type: list
  elements: dict
  sample:
    - session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      project_id: 3f07249d4e754565a30c590a16995e80
      state: ACK_PLANNED_MAINTENANCE
      instance_actions: {48cf5a2c-ee6b-47f5-9a0f-1476dcdf7add: MIGRATE}
      reply_at: "2026-11-21T01:03:03Z"
      status: accepted
      reason: null
      seconds: 0.012
failure:
  description: What is known of a failure.
  returned: failure
  type: dict
  contains:
    replies:
      description: All replies, as in RV(fenix_replies).
      type: list
      elements: dict
      returned: when a reply was not taken
      sample: []
"""


from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages, replies
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_replies"
SPEC: Spec = {
    "replies": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "session_id": {"type": "str", "required": True},
            "project_id": {"type": "str", "required": True},
            "instance_id": {"type": "str"},
            "message_id": {"type": "str"},
            "state": {"type": "str", "required": True},
            "instance_actions": {"type": "dict"},
            "instance_action": {"type": "str", "choices": [*messages.ACTIONS]},
            "reason": {"type": "str"},
            "reply_at": {"type": "str"},
        },
    },
    "concurrency": {"type": "int", "default": 16},
    "timeout": {"type": "int", "default": 30},
    "ignore_refused": {"type": "bool", "default": False},
}


def run(params: Params, cloud: Connection, check_mode: bool, progress: replies.Progress | None = None) -> Result:
    """Check all, send all, judge at the end, so that one bad reply holds up no other."""
    sender = replies.Replies(maintenance(cloud), params["timeout"])
    wanted = [{key: value for key, value in one.items() if value is not None} for one in params["replies"]]
    sender.check(wanted)
    if check_mode:
        records = [{**one, "status": replies.UNSENT, "seconds": 0.0} for one in wanted]
    else:
        records = sender.send(wanted, params["concurrency"], progress or (lambda line: None))
    problem = replies.untaken(records)
    if problem is not None and not params["ignore_refused"]:
        raise problem
    changed = any(one["status"] in (replies.ACCEPTED, replies.UNSENT) for one in records)
    after = {f"{one['session_id']} {one.get('instance_id') or one['project_id']}": one["state"] for one in records}
    return Result(changed, records, before={} if changed else after, after=after)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
