#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_message
short_description: Tell projects about the maintenance and wait for their replies
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Sends messages of a session through the session API of this collection, as its runner, and waits until each was answered or
    its window has ended. The lease is kept meanwhile.
  - A message that was sent before and is pending or acknowledged is not sent again; its reply is taken as the reply. So a run
    that was broken off can ask once more, and the project hears once.
  - Runs on the controller and shows a line for each reply as it comes, if the connection is local.
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
    description: Seconds the lease is renewed for while replies are awaited.
    type: int
    default: 120
  messages:
    description: What to tell whom. Either this or O(sent) is required.
    type: list
    elements: dict
    suboptions:
      project_id:
        description: Id of the project.
        type: str
        required: true
      state:
        description: State of the message.
        type: str
        choices:
          - MAINTENANCE
          - SCALE_IN
          - PREPARE_MAINTENANCE
          - PLANNED_MAINTENANCE
          - INSTANCE_ACTION_DONE
          - MAINTENANCE_COMPLETE
        required: true
      instance_ids:
        description: Ids of the instances concerned. C(PREPARE_MAINTENANCE) and C(PLANNED_MAINTENANCE) have to name them.
        type: list
        elements: str
        default: []
      window:
        description: Seconds the project has for its reply. Without it what the service has for the state.
        type: int
      allowed_actions:
        description: What the project may choose for an instance.
        type: list
        elements: str
        choices: [MIGRATE, LIVE_MIGRATE, OWN_ACTION]
        default: []
      actions_at:
        description: When the actions will be taken, ISO 8601, UTC.
        type: str
      metadata:
        description: Hints for this message instead of those of the session.
        type: dict
      key:
        description:
          - Tells messages of one state to one project apart, for example the number of the wave.
          - The same key in the same round means the same message.
        type: str
  sent:
    description:
      - Ids of messages of the session that were sent before. Nothing is sent, and they are waited for. Not together with
        O(patience).
    type: list
    elements: str
  patience:
    description:
      - How often what was refused or not answered is asked again, with the same key. The task ends when that is over. Without it
        nothing is asked again.
      - What was asked in vain before, in the present round of the session and since it was last acknowledged, counts, also when
        another run asked it. At least one message is sent all the same.
    type: dict
    suboptions:
      refusals:
        description: How often it is asked again after a refusal.
        type: int
        default: 0
      silences:
        description: How often it is asked again after a window that ended without a reply.
        type: int
        default: 0
      pause:
        description: Seconds between a refusal and the next time. The lease is kept meanwhile.
        type: int
        default: 0
  wait:
    description: Whether to wait for the replies.
    type: bool
    default: true
  timeout:
    description:
      - Seconds to wait for all replies. Without it, until 15 seconds after the last deadline.
      - A project may move the deadline of its message (M(nfv.maintenance.fenix_message_extension)). What is given here bounds the
        wait all the same.
    type: int
  on_refusal:
    description:
      - Whether the task fails when a message was refused or cancelled, or returns them under RV(refused) and RV(cancelled) for
        the playbook to decide.
    type: str
    choices: [fail, return]
    default: fail
  on_silence:
    description:
      - Whether the task fails when a message was not answered until its window ended, or returns it under RV(expired) for the
        playbook to decide.
      - A task that fails names every message that was not acknowledged, whatever the two options say.
    type: str
    choices: [fail, return]
    default: fail
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.fenix_session
  - module: nfv.maintenance.fenix_message_info
"""

EXAMPLES = r"""
- name: Ask the project before its instances are moved
  nfv.maintenance.fenix_message:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    messages:
      - project_id: 3f07249d4e754565a30c590a16995e80
        state: PLANNED_MAINTENANCE
        instance_ids: [48cf5a2c-ee6b-47f5-9a0f-1476dcdf7add]
        allowed_actions: [MIGRATE, LIVE_MIGRATE, OWN_ACTION]
        window: 60
        key: wave-1
  register: told

- name: Show what the project wants for each instance
  ansible.builtin.debug:
    msg: "{{ told.fenix_messages[0].reply.instance_actions }}"

- name: Announce the maintenance; some projects have nobody who would answer
  nfv.maintenance.fenix_message:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    messages:
      - {project_id: 3f07249d4e754565a30c590a16995e80, state: MAINTENANCE}
      - {project_id: 9a3c51c2f3d04f5f8f0f5c1d2b7e6a41, state: MAINTENANCE}
    on_silence: return
  register: announced

- name: Ask a project that may need a while before it can scale in
  nfv.maintenance.fenix_message:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    messages:
      - {project_id: 3f07249d4e754565a30c590a16995e80, state: SCALE_IN, metadata: {instances_to_remove: 2}}
    patience: {refusals: 3, silences: 1, pause: 60}

- name: Say who did not answer
  ansible.builtin.debug:
    msg: "{{ announced.expired | map(attribute='project_name') | join(', ') }}"
"""

RETURN = r"""
fenix_messages:
  description:
    - The messages, in the order given; in the instance dialect one for each instance.
    - C(latency) is the time in seconds from sending to the reply.
    - C(status) is one of V(pending), V(acknowledged), V(refused), V(expired), V(cancelled), V(informed).
    - Those that were awaited and not acknowledged also have C(project_name), the id where Keystone does not tell the name. With
      O(patience) they have C(refusals) and C(silences), how often the same was refused and not answered in a row.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 7b0b8a6e-1f7f-4c8a-9a55-0d6cf1d7a3ab
      session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      project_id: 3f07249d4e754565a30c590a16995e80
      state: PLANNED_MAINTENANCE
      key: wave-1
      round: 1
      dialect: host
      instance_ids: [48cf5a2c-ee6b-47f5-9a0f-1476dcdf7add]
      allowed_actions: [MIGRATE, LIVE_MIGRATE, OWN_ACTION]
      status: acknowledged
      sent_at: "2026-11-21T01:02:03.000000Z"
      replied_at: "2026-11-21T01:02:03.800000Z"
      latency: 0.8
      reply: {state: ACK_PLANNED_MAINTENANCE, instance_actions: {48cf5a2c-ee6b-47f5-9a0f-1476dcdf7add: MIGRATE}}
      reason: null
refused:
  description: Those that were refused.
  returned: success
  type: list
  elements: dict
  sample: []
expired:
  description: Those that were not answered in time.
  returned: success
  type: list
  elements: dict
  sample: []
cancelled:
  description: Those that lost their meaning because the session failed meanwhile.
  returned: success
  type: list
  elements: dict
  sample: []
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.conversation import (
    Conversation,
    Progress,
    in_words,
    project_names,
    refusal,
    with_latency,
)
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.patience import Asking, Patience
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_messages"
SPEC: Spec = {
    "session_id": {"type": "str", "required": True},
    # A fencing token: a small number that grows, not a secret.
    "lease_token": {"type": "int", "required": True, "no_log": False},
    "lease_ttl": {"type": "int", "default": 120},
    "messages": {
        "type": "list",
        "elements": "dict",
        "options": {
            "project_id": {"type": "str", "required": True},
            "state": {"type": "str", "choices": [*messages.MESSAGE_STATES], "required": True},
            "instance_ids": {"type": "list", "elements": "str", "default": []},
            "window": {"type": "int"},
            "allowed_actions": {"type": "list", "elements": "str", "choices": [*messages.ACTIONS], "default": []},
            "actions_at": {"type": "str"},
            "metadata": {"type": "dict"},
            # Names a message; not a secret.
            "key": {"type": "str", "no_log": False},
        },
    },
    "sent": {"type": "list", "elements": "str"},
    "patience": {
        "type": "dict",
        "options": {
            "refusals": {"type": "int", "default": 0},
            "silences": {"type": "int", "default": 0},
            "pause": {"type": "int", "default": 0},
        },
    },
    "wait": {"type": "bool", "default": True},
    "timeout": {"type": "int"},
    "on_refusal": {"type": "str", "choices": ["fail", "return"], "default": "fail"},
    "on_silence": {"type": "str", "choices": ["fail", "return"], "default": "fail"},
}
RULES: Params = {"required_one_of": [("messages", "sent")], "mutually_exclusive": [("messages", "sent"), ("sent", "patience")]}
# What is not an acknowledgement, and the option that says what comes of it.
_DECIDED_BY = {messages.REFUSED: "on_refusal", messages.EXPIRED: "on_silence", messages.CANCELLED: "on_refusal"}


def run(params: Params, cloud: Connection, check_mode: bool, progress: Progress | None = None) -> Result:
    """Send, wait, judge."""
    proxy = maintenance(cloud)
    requests = [{key: value for key, value in one.items() if value is not None} for one in params["messages"] or ()]
    ids = list(dict.fromkeys(params.get("sent") or ()))
    if not requests and not ids:
        return _result([], False)
    sessions = Sessions(proxy)
    sessions.require_session_api("Sending messages")
    conversation = Conversation(proxy, sessions.get(params["session_id"]), params["lease_token"])
    name = project_names(cloud)

    def heard(message: Record) -> None:
        if progress is not None:
            progress(in_words(message, name(message["project_id"])))

    if params.get("patience") and params["wait"] and not check_mode:
        patience = Patience(**params["patience"])
        timeout = params["timeout"] or None
        asking = Asking(conversation, patience, timeout=timeout, ttl=params["lease_ttl"], heard=heard, progress=progress)
        final, changed = asking.run(requests)
    else:
        sent, changed = (conversation.sent(ids), False) if ids else conversation.send(requests, check_mode=check_mode)
        if check_mode or not params["wait"]:
            return _result(sent, changed)
        final = conversation.wait(sent, params["timeout"] or None, params["lease_ttl"], heard=heard)
    unwilling = [one for one in final if one["status"] in _DECIDED_BY]
    if any(params[_DECIDED_BY[one["status"]]] == "fail" for one in unwilling):
        raise refusal(params["session_id"], unwilling, len(final))
    for one in unwilling:
        one["project_name"] = name(one["project_id"])
    return _result(final, changed)


def _result(found: list[Record], changed: bool) -> Result:
    records = [with_latency(one) for one in found]
    extra = {status: [one for one in records if one["status"] == status] for status in _DECIDED_BY}
    after = {str(one["id"]): {key: one.get(key) for key in ("project_id", "state", "status")} for one in records}
    return Result(changed, records, before={} if changed else after, after=after, extra=t.cast("Record", extra))


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
