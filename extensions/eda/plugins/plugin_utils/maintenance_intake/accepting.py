# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal does with webhooks that come in."""

from __future__ import annotations

import enum
import json
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from .messages import INFORMS, ORDER, Incoming
from .schema import OVER, WAITING, deliveries, marks, posts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .arguments import Arguments


# The bodies that wait together, of what is not over and of what is being read.
BODIES = 16


class Taken(enum.Enum):
    """What became of a webhook."""

    NEW = "new"
    JOINED = "joined"  # its message was known
    REPEATED = "repeated"  # this very post was known
    FULL = "full"


class Room(NamedTuple):
    """How many deliveries, and how many bytes of messages, may wait to be over.

    :ivar patience: seconds before a new one is due for the rulebook, in which somebody else is asked.
    """

    deliveries: int
    size: int
    patience: float = 0.0


def room(args: Arguments) -> Room:
    """Return the room that the arguments give."""
    return Room(args.max_waiting, BODIES * args.max_body)


def accept(connection: sa.Connection, now: float, asked: Sequence[tuple[Incoming, Room]]) -> list[Taken]:
    """Write down new messages, and whom else known ones are for."""
    their_posts = [incoming.post for incoming, _room in asked if incoming.post is not None]
    known_posts = set(connection.scalars(sa.select(posts.c.mark).where(posts.c.mark.in_(their_posts))))
    theirs = [mark for incoming, _room in asked for mark in incoming.marks]
    found = sa.select(marks.c.mark, marks.c.delivery).where(marks.c.mark.in_(theirs))
    known: dict[str, str] = {row.mark: row.delivery for row in connection.execute(found)}
    waiting = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(deliveries.c.size), 0))
    count, size = connection.execute(waiting.where(deliveries.c.status.not_in(OVER))).one()
    new: dict[str, dict[str, Any]] = {}
    new_marks: list[dict[str, str]] = []
    new_posts: list[str] = []
    joined: dict[str, list[str]] = {}
    results = []
    for incoming, room in asked:
        if incoming.post is not None and incoming.post in known_posts:
            results.append(Taken.REPEATED)
            continue
        delivery = next((known[mark] for mark in incoming.marks if mark in known), None)
        if delivery is not None:
            joined.setdefault(delivery, []).extend([incoming.vnf_id] if incoming.vnf_id else [])
            results.append(Taken.JOINED)
        elif count >= room.deliveries or size >= room.size:
            results.append(Taken.FULL)
            continue
        else:
            delivery = secrets.token_hex(16)
            new[delivery] = _row(delivery, incoming, now, 0.0 if incoming.state == INFORMS else room.patience)
            count, size = count + 1, size + len(incoming.message)
            for mark in incoming.marks:
                known[mark] = delivery
                new_marks.append({"mark": mark, "delivery": delivery})
            results.append(Taken.NEW)
        if incoming.post is not None:
            known_posts.add(incoming.post)
            new_posts.append(incoming.post)
    _join(connection, joined, new)
    if new:
        connection.execute(deliveries.insert(), list(new.values()))
        connection.execute(marks.insert(), new_marks)
    if new_posts:
        connection.execute(posts.insert(), [{"mark": mark, "at": now} for mark in new_posts])
    return results


def _row(delivery: str, incoming: Incoming, now: float, patience: float) -> dict[str, Any]:
    return {
        "id": delivery,
        "project_id": incoming.project_id,
        "session_id": incoming.session_id,
        "state": incoming.state,
        "rank": ORDER.index(incoming.state),
        "message": incoming.message,
        "vnf_ids": json.dumps([incoming.vnf_id] if incoming.vnf_id else []),
        "size": len(incoming.message),
        "received_at": now,
        "deadline": incoming.deadline,
        "status": WAITING,
        "due_at": now + patience,
        "attempt": 0,
        "failures": 0,
        "releases": 0,
        "taken": False,
        "wants_until": 0.0,
        "lost": 0,
    }


def _join(connection: sa.Connection, joined: dict[str, list[str]], new: dict[str, dict[str, Any]]) -> None:
    """Note the VNFs whose alarms told about a message that was known."""
    for delivery, vnf_ids in joined.items():
        if delivery in new:
            new[delivery]["vnf_ids"] = _with(new[delivery]["vnf_ids"], vnf_ids)
            continue
        here = deliveries.c.id == delivery
        before = connection.scalar(sa.select(deliveries.c.vnf_ids).where(here, deliveries.c.status.not_in(OVER)))
        if before is not None and (after := _with(before, vnf_ids)) != before:
            connection.execute(deliveries.update().where(here).values(vnf_ids=after))


def _with(before: str, vnf_ids: list[str]) -> str:
    return json.dumps(list(dict.fromkeys([*json.loads(before), *vnf_ids])))
