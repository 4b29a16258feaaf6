# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal gives the process beside the source to answer, before the rulebook gets it.

A new delivery waits so long that the process can have it first: it is due for the rulebook only after that. So, whatever happens
to the process, it is handed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from .handing_on import end
from .messages import INFORMS
from .schema import DONE, OVER, WAITING, deliveries

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = "MAINTENANCE_COMPLETE"
MOST = 200


class Asking(NamedTuple):
    """How this listener asks.

    :ivar patience: seconds that a delivery waits to be asked.
    :ivar limit: seconds after which the rulebook gets what was asked and not answered.
    """

    listener: str
    patience: float
    limit: float


class Question(NamedTuple):
    """A delivery that nobody has handled yet."""

    id: str
    message: str
    vnf_ids: str


class Turn(NamedTuple):
    """What is asked next, and how many were left to the rulebook."""

    questions: list[Question]
    left: int


class Outcome(NamedTuple):
    """What became of it: over, or work for the rulebook."""

    id: str
    listener: str
    is_over: bool
    text: str


def begin(connection: sa.Connection, now: float, asked: Sequence[Asking]) -> list[None]:
    """Ask again what this listener had asked when it ended."""
    for asking in asked:
        mine = sa.and_(_untried(), deliveries.c.listener == asking.listener)
        connection.execute(deliveries.update().where(mine).values(listener=None, due_at=now + asking.patience))
    return [None for _one in asked]


def give_up(connection: sa.Connection, now: float, asked: Sequence[Asking]) -> list[None]:
    """Have the rulebook get what this listener has asked, and whatever it was about to ask."""
    for asking in asked:
        mine = sa.and_(_untried(), deliveries.c.listener == asking.listener)
        connection.execute(deliveries.update().where(mine).values(due_at=now))
    return [None for _one in asked]


def take(connection: sa.Connection, now: float, asked: Sequence[Asking]) -> list[Turn]:
    """Return what is to be asked now, in order of arrival; nobody else asks it meanwhile."""
    return [_take(connection, now, asking) for asking in asked]


def _take(connection: sa.Connection, now: float, asking: Asking) -> Turn:
    new = sa.and_(_untried(), deliveries.c.listener.is_(None), deliveries.c.due_at > now)
    rows = connection.execute(sa.select(deliveries).where(new).order_by(deliveries.c.number).limit(MOST)).all()
    # What the end undoes may still be going on.
    early = [row.id for row in rows if row.state == LAST and _others_at_work(connection, row)]
    _update(connection, early, due_at=now)
    rows = [row for row in rows if row.id not in early]
    _update(connection, [row.id for row in rows], listener=asking.listener, due_at=now + asking.limit)
    return Turn([Question(row.id, row.message, row.vnf_ids) for row in rows], len(early))


def _others_at_work(connection: sa.Connection, row: Any) -> bool:
    """Return whether another message of the session has not ended, or another of its ends is with the rulebook."""
    same = sa.and_(deliveries.c.project_id == row.project_id, deliveries.c.session_id == row.session_id)
    works = sa.and_(deliveries.c.state != INFORMS, deliveries.c.status.not_in(OVER))
    ahead = sa.or_(deliveries.c.rank < row.rank, deliveries.c.attempt > 0)
    others = sa.and_(deliveries.c.id != row.id, ahead, works)
    return connection.execute(sa.select(deliveries.c.id).where(same, others).limit(1)).one_or_none() is not None


def settle(connection: sa.Connection, now: float, asked: Sequence[Outcome]) -> list[bool]:
    """End what is over, and have the rest handed on at once; False for what the rulebook has got already."""
    return [_settle(connection, now, outcome) for outcome in asked]


def _settle(connection: sa.Connection, now: float, outcome: Outcome) -> bool:
    here = sa.and_(deliveries.c.id == outcome.id, _untried(), deliveries.c.listener == outcome.listener)
    if connection.scalar(sa.select(deliveries.c.id).where(here)) is None:
        return False
    if outcome.is_over:
        end(connection, now, outcome.id, DONE, outcome.text)
    else:
        _update(connection, [outcome.id], due_at=now)
    return True


def _untried() -> sa.ColumnElement[bool]:
    return sa.and_(deliveries.c.status == WAITING, deliveries.c.attempt == 0)


def _update(connection: sa.Connection, ids: list[str], **values: Any) -> None:
    if ids:
        connection.execute(deliveries.update().where(deliveries.c.id.in_(ids)).values(**values))
