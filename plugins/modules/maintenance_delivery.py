#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_delivery
short_description: Report to the event source what has become of a maintenance message
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the owner of VNFs. The event source C(nfv.maintenance.aodh_alarm) keeps each message that it has acknowledged and hands it
    on again until it hears that it is done. A hint that it has handed on has a C(delivery), which this module reports about.
  - While a delivery is held, nobody else gets its VNFs, and it is not handed on again. Ask with O(state=held) before each
    action and before the reply, and stop when it fails.
  - An event source that gives no answer, or answers with a status of 500 or more, is asked again for 15 seconds.
  - Without deliveries nothing is done, so that playbooks need not know whether the messages came from this source.
options:
  deliveries:
    description: The deliveries. A key is worth something for one attempt only.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the delivery.
        type: str
        required: true
      attempt:
        description: Which time it was handed on.
        type: int
        required: true
      key:
        description: What allows to report about this attempt.
        type: str
        required: true
      url:
        description: URL at which it is reported about.
        type: str
        required: true
      outcome:
        description: What became of this one; goes before O(outcome) and O(reason).
        type: str
  state:
    description:
      - V(held) takes the locks of O(vnf_ids), all or none, or renews them. It fails when another delivery has one of the VNFs in
        hand, also after O(wait); when another run has taken over; when the delivery has ended; and when the event source gives
        no answer.
      - V(extended) says that the reply is due later, at O(reply_at). Until then the event source does not give them up as late.
      - V(done) ends the deliveries and their locks.
      - V(released) gives them back, so that they are handed on again.
      - V(extended), V(done) and V(released) do not fail. What was not taken is warned of; the event source hands it on again, and
        it is found answered.
    type: str
    choices: [held, extended, done, released]
    required: true
  vnf_ids:
    description:
      - With O(state=held), ids of the VNFs to lock.
      - With several deliveries it is the first that holds them; the others wait their turn, and are not handed on for 300
        seconds.
    type: list
    elements: str
    default: []
  seconds:
    description: With O(state=held), seconds for which the locks are held, 5 to 300.
    type: int
    default: 30
  wait:
    description: With O(state=held), seconds to wait while another delivery has one of the VNFs in hand. With V(0) it asks once.
    type: int
    default: 0
  renew_for:
    description:
      - With O(state=held), has the locks renewed for as long as the playbook runs, but at most so many seconds, by a process of
        its own. V(0) renews nothing.
      - When the playbook has ended, in whatever way, that process gives back within a second what is not done.
      - Only for a task on a local connection without C(become) and C(async); elsewhere it is ignored with a warning. A warning
        also says when no process could be started, as on another system than Linux.
    type: int
    default: 0
  reply_at:
    description:
      - Required with O(state=extended). When the reply is due, ISO 8601, UTC. The event source does not move a deadline back, nor
        further than a day from now.
    type: str
  outcome:
    description: What has become of it, with O(state=done). The event source keeps it in its journal.
    type: str
    default: ""
  reason:
    description: Why, with O(state=released).
    type: str
    default: ""
  tls:
    description: How the event source is known, where it speaks TLS.
    type: dict
    suboptions:
      validate_certs:
        description: Whether its certificate is verified.
        type: bool
        default: true
      ca_cert:
        description: CA certificates to verify it with, in place of the system's.
        type: path
      client_cert:
        description: Certificate to show, where it asks for one.
        type: path
      client_key:
        description: Private key of O(tls.client_cert), when it is not in the same file.
        type: path
attributes:
  check_mode:
    description: Nothing is sent; the status is C(unsent).
    support: full
  diff_mode:
    description: Would show nothing of use.
    support: none
seealso:
  - module: nfv.maintenance.fenix_message_extension
  - module: nfv.maintenance.fenix_message_info
  - module: nfv.maintenance.fenix_reply
"""

EXAMPLES = r"""
- name: Take the VNF in hand before anything is done
  nfv.maintenance.maintenance_delivery:
    deliveries: "{{ vnf_maintenance_hints | map(attribute='delivery') }}"
    state: held
    vnf_ids: [0b5bb24d-e3f8-4fc9-90f0-a45d0e2d3c50]
    wait: 60
    renew_for: 3600

- name: Say that it is done
  nfv.maintenance.maintenance_delivery:
    deliveries: "{{ vnf_maintenance_hints | map(attribute='delivery') }}"
    state: done
    outcome: ACK_SCALE_IN was taken
"""

RETURN = r"""
maintenance_deliveries:
  description:
    - What the event source said, in the order given, each delivery once.
    - C(status) is V(held), V(extended), V(done) or V(released) when the report was taken, else V(stale), V(over), V(refused),
      V(unreachable) or, in check mode, V(unsent). C(reason) says why.
    - C(token) grows with each taking by another delivery or attempt. C(waited) says whether somebody else had a VNF at first.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 5f0c8b1d2f6e4f0e9a7b3c1d
      attempt: 1
      status: held
      held_until: "2026-11-21T01:03:03.000000Z"
      token: 17
      waited: false
      reason: null
"""


from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.callback import EXTENDED, HELD, Tls
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.delivery import Deliveries
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.times import parse_time
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

NEEDS_CLOUD = False
RETURNS = "maintenance_deliveries"
SPEC: Spec = {
    "deliveries": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "id": {"type": "str", "required": True},
            "attempt": {"type": "int", "required": True},
            "key": {"type": "str", "required": True, "no_log": True},
            "url": {"type": "str", "required": True},
            "outcome": {"type": "str"},
        },
    },
    "state": {"type": "str", "choices": ["held", "extended", "done", "released"], "required": True},
    "vnf_ids": {"type": "list", "elements": "str", "default": []},
    "seconds": {"type": "int", "default": 30},
    "wait": {"type": "int", "default": 0},
    "renew_for": {"type": "int", "default": 0},
    "reply_at": {"type": "str"},
    "outcome": {"type": "str", "default": ""},
    "reason": {"type": "str", "default": ""},
    "tls": {
        "type": "dict",
        "options": {
            "validate_certs": {"type": "bool", "default": True},
            "ca_cert": {"type": "path"},
            "client_cert": {"type": "path"},
            "client_key": {"type": "path", "no_log": False},
        },
    },
}


def tls(params: Params) -> Tls:
    """How the source is known."""
    return Tls(**(params["tls"] or {}))


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Report; the rules are in :mod:`module_utils._maintenance.delivery`."""
    deliveries = Deliveries(params["deliveries"], tls(params))
    if check_mode:
        return Result(bool(params["deliveries"]), deliveries.unsent())
    if params["state"] == HELD:
        return Result(True, deliveries.hold(params["vnf_ids"], params["seconds"], params["wait"]))
    if params["state"] == EXTENDED:
        # A text that is no time is a mistake of whoever wrote the task, and not of the source.
        parse_time(params["reply_at"] or "", "reply_at")
        records = deliveries.extend(params["reply_at"])
    else:
        records = deliveries.end(params["state"], params["outcome"] or params["reason"])
    missed = [one for one in records if one["status"] != params["state"]]
    return Result(len(missed) < len(records), records, extra={"warnings": [_warning(one, params["state"]) for one in missed]})


def _warning(record: Record, state: str) -> str:
    about = f"Delivery {record['id']}, attempt {record['attempt']}"
    return f"{about}, could not be reported {state}: {record['status']}, {record['reason']}"


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, needs_cloud=NEEDS_CLOUD)


if __name__ == "__main__":
    main()
