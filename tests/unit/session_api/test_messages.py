# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of the conversation."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages as m


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("SCALE_IN", "SCALE_IN"),
        ("IN_SCALE", "SCALE_IN"),
        ("DOWN_SCALE", "SCALE_IN"),
        ("ADMIN_ACTION_DONE", "INSTANCE_ACTION_DONE"),
        ("PLANNED_MAINTANANCE", "PLANNED_MAINTENANCE"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ],
)
def test_old_spellings(spelled: str, meant: str) -> None:
    assert m.canonical(spelled) == meant


@pytest.mark.parametrize("state", m.MESSAGE_STATES)
@pytest.mark.parametrize("verdict", ["ACK", "NACK"])
def test_every_reply_is_understood(state: str, verdict: str) -> None:
    reply = m.parse_reply_state(f"{verdict}_{state}")
    assert reply == m.ReplyState(verdict == "ACK", state)
    assert reply.text == f"{verdict}_{state}"


def test_replies_in_old_spellings_are_written_as_today() -> None:
    reply = m.parse_reply_state("ACK_DOWN_SCALE")
    assert reply is not None
    assert reply.text == "ACK_SCALE_IN"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ACK",
        "ACK_",
        "MAINTENANCE",
        "ack_MAINTENANCE",
        "ACK_START_MAINTENANCE",
        "ACK_MAINTENANCE_DONE",
        "ACKMAINTENANCE",
        "NACK_X",
    ],
)
def test_what_is_no_reply(text: str) -> None:
    assert m.parse_reply_state(text) is None


# The document, written down once more by hand.
ALLOWED = {
    "MAINTENANCE": "SCALE_IN PREPARE_MAINTENANCE START_MAINTENANCE MAINTENANCE_COMPLETE",
    "SCALE_IN": "PREPARE_MAINTENANCE START_MAINTENANCE",
    "PREPARE_MAINTENANCE": "START_MAINTENANCE SCALE_IN",
    "START_MAINTENANCE": "PLANNED_MAINTENANCE SCALE_IN PREPARE_MAINTENANCE MAINTENANCE_COMPLETE",
    "PLANNED_MAINTENANCE": "START_MAINTENANCE SCALE_IN PREPARE_MAINTENANCE MAINTENANCE_COMPLETE",
    "MAINTENANCE_COMPLETE": "MAINTENANCE_DONE",
    "MAINTENANCE_DONE": "",
    "MAINTENANCE_FAILED": "",
}


@pytest.mark.parametrize("present", m.SESSION_STATES)
@pytest.mark.parametrize("wanted", m.SESSION_STATES)
def test_session_transitions(present: str, wanted: str) -> None:
    allowed = {present, *ALLOWED[present].split()}
    if present != "MAINTENANCE_DONE":
        allowed.add("MAINTENANCE_FAILED")
    assert m.may_follow(present, wanted) is (wanted in allowed)


def test_dialects_follow_the_workflow() -> None:
    assert m.dialect_of("default") == "host"
    assert m.dialect_of("vnf") == "instance"


def test_what_is_wanted_of_a_reply() -> None:
    assert [state for state in m.MESSAGE_STATES if m.wants_actions(state)] == ["PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE"]
    assert [state for state in m.MESSAGE_STATES if not m.wants_reply(state)] == ["INSTANCE_ACTION_DONE"]
