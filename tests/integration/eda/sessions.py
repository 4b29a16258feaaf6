# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole sessions with an owner who listens, and what became of their messages."""

from __future__ import annotations

import collections
import concurrent.futures
import typing as t

from tests.integration.eda.conftest import Conversation, Owner
from tests.integration.eda.owned import OwnedStack

# Webhooks as they should not be; those that come late by different times overtake each other.
LOSSY: tuple[dict[str, t.Any], ...] = (
    {"kind": "webhook_drop", "probability": 0.3},
    {"kind": "webhook_duplicate", "probability": 0.2},
    {"kind": "webhook_delay", "probability": 0.25, "seconds": 5},
    {"kind": "webhook_delay", "probability": 0.25, "seconds": 15},
    {"kind": "webhook_delay", "probability": 0.25, "seconds": 40},
)


def replies(session: Conversation) -> dict[str, int]:
    """How many replies the session API has taken, by message."""
    events = session.call("GET", f"sessions/{session.id}/events")["events"]
    return dict(collections.Counter(one["message_id"] for one in events if one.get("message_id") and "ACK_" in one["text"]))


class Told(t.NamedTuple):
    """What became of the messages of one session: their statuses, and how often each was replied to."""

    statuses: list[str]
    replies: dict[str, int]


def converse(owned: OwnedStack, owner: Owner, number: int, *, scales: bool = False) -> Told:
    """One session from its announcement to its end; every fourth wants a switch-over, and ``scales`` has both VNFs scale in."""
    session = Conversation(owned, owner.project_id)
    worker = owner.servers("one" if number % 2 else "two", "worker")[number % 2]
    asked: list[str] = []

    def ask(state: str, *instance_ids: str) -> None:
        asked.append(session.ask(state, [*instance_ids], key=str(len(asked)))["id"])
        session.answered(asked[-1], 240)

    try:
        ask("MAINTENANCE", *owner.servers("one"), *owner.servers("two"))
        if scales:
            session.state("SCALE_IN")
            ask("SCALE_IN", *owner.servers("one"), *owner.servers("two"))
            worker = owner.servers("one", "worker")[0]
        session.state("PREPARE_MAINTENANCE")
        ask("PREPARE_MAINTENANCE", worker)
        session.state("START_MAINTENANCE")
        session.state("PLANNED_MAINTENANCE")
        ask("PLANNED_MAINTENANCE", worker)
        if not number % 4:
            # This one wants an action.
            ask("PLANNED_MAINTENANCE", owner.active("one"))
        session.state("MAINTENANCE_COMPLETE")
        ask("MAINTENANCE_COMPLETE")
        return Told([session.message(one)["status"] for one in asked], replies(session))
    finally:
        session.end()


def complete_all(owned: OwnedStack, owner: Owner, number: int, at_once: int) -> None:
    """So many sessions complete though webhooks get lost, come twice, late and in any order."""
    with owned.faults(*LOSSY), concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        found = [*pool.map(lambda one: converse(owned, owner, one), range(number))]
    for statuses, answered in found:
        assert set(statuses) == {"acknowledged"}
        assert set(answered.values()) == {1}, "a message was answered twice"
        assert len(answered) == len(statuses)
    assert owned.counted("made_up_total") > 0
