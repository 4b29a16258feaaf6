# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal does with messages that wait at the maintenance service, whether a webhook told of them or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from . import accepting
from .messages import ORDER
from .schema import DROPPED, OVER, WAITING, deliveries, marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .messages import Incoming

# After this long, a message that still waits has not been answered by whoever was done with it.
SECOND_THOUGHTS = 30.0
# A look at the service may be older than an answer that was given meanwhile.
LOOK = 5.0
# A Fenix sends these once in a session.
ONCE = (ORDER[0], ORDER[-1])


class Waits(NamedTuple):
    """A message that waits.

    :ivar is_certain: whether the service knows messages by id, so that it would not show one that was answered.
    :ivar confirm: whether the handling of deliveries is reported.
    """

    incoming: Incoming
    room: accepting.Room
    is_certain: bool
    confirm: bool


def make_up(connection: sa.Connection, now: float, asked: Sequence[Waits]) -> list[bool]:
    """Make deliveries of what the journal does not know, or has given up too early; True for each of those."""
    return [_make_up(connection, now, waits) for waits in asked]


def _make_up(connection: sa.Connection, now: float, waits: Waits) -> bool:
    incoming = waits.incoming
    found = sa.select(deliveries).join(marks, marks.c.delivery == deliveries.c.id).where(marks.c.mark.in_(incoming.marks))
    known = connection.execute(found.limit(1)).one_or_none()
    if known is None:
        if not waits.is_certain and _was_heard(connection, now, incoming):
            return False
        return accepting.accept(connection, now, [(incoming, waits.room)]) == [accepting.Taken.NEW]
    if waits.is_certain:
        _extend(connection, known, incoming)
    ended_long_ago = known.status in OVER and known.due_at < now - SECOND_THOUGHTS
    if not waits.is_certain or not ended_long_ago or not (waits.confirm or known.status == DROPPED):
        return False
    values = {"status": WAITING, "due_at": now, "message": incoming.message, "size": len(incoming.message), "outcome": None}
    connection.execute(deliveries.update().where(deliveries.c.id == known.id).values(**values, failures=0, releases=0))
    return True


def _extend(connection: sa.Connection, known: sa.Row[Any], incoming: Incoming) -> None:
    """Go by the service's deadline: whoever was given more time may not have been able to say so."""
    if incoming.deadline is not None and incoming.deadline > (known.deadline or 0.0):
        connection.execute(deliveries.update().where(deliveries.c.id == known.id).values(deadline=incoming.deadline))


def _was_heard(connection: sa.Connection, now: float, incoming: Incoming) -> bool:
    """Return whether a webhook has told of a message that has no id."""
    same = sa.and_(
        deliveries.c.project_id == incoming.project_id,
        deliveries.c.session_id == incoming.session_id,
        deliveries.c.state == incoming.state,
    )
    recent = sa.or_(deliveries.c.status.not_in(OVER), deliveries.c.due_at > now - LOOK)
    heard = same if incoming.state in ONCE else sa.and_(same, recent)
    return connection.execute(sa.select(deliveries.c.id).where(heard).limit(1)).one_or_none() is not None
