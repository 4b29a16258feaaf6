# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal hands on, when, and how often."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from .messages import INFORMS
from .schema import DONE, DROPPED, HANDED_ON, HELD, OVER, WAITING, deliveries, locks, marks, posts

if TYPE_CHECKING:
    from collections.abc import Sequence

PURGED_AT_A_TIME = 1000
# After so many that nobody has begun with, the next attempts have more time, by this factor.
QUICK_ATTEMPTS, LATER = 2, 4.0


class Rules(NamedTuple):
    """How this listener hands on."""

    listener: str
    confirm: bool
    handling_timeout: float
    max_attempts: int
    max_batch: int
    max_batch_size: int
    retention: float
    retention_rows: int


class Dropped(NamedTuple):
    """A delivery that is over and was not done."""

    id: str
    session_id: str
    state: str
    reason: str


class Agenda(NamedTuple):
    """What there is to do."""

    now: float
    ready: int
    ready_since: float
    next_at: float | None
    untaken: int
    dropped: tuple[Dropped, ...]


class Delivery(NamedTuple):
    """One attempt."""

    id: str
    attempt: int
    message: str
    vnf_ids: str


class Batch(NamedTuple):
    """What is handed on together."""

    id: str
    deliveries: tuple[Delivery, ...]


def begin(connection: sa.Connection, now: float, asked: Sequence[Rules]) -> list[int]:
    """Have everything handed on again that this listener had handed on when it ended; locks stay until their lease ends."""
    counts = []
    for rules in asked:
        mine = sa.and_(deliveries.c.status.in_((HANDED_ON, HELD)), deliveries.c.listener == rules.listener)
        connection.execute(deliveries.update().where(mine).values(status=WAITING, due_at=now, wants_until=0.0))
        counts.append(connection.scalar(sa.select(sa.func.count()).where(deliveries.c.status.not_in(OVER))) or 0)
    return counts


def agenda(connection: sa.Connection, now: float, asked: Sequence[Rules]) -> list[Agenda]:
    """Take back what was not handled in time, and say what there is to hand on."""
    found = []
    for rules in asked:
        dropped = sweep(connection, now, rules.max_attempts)
        waits = deliveries.c.status == WAITING
        ready = sa.and_(waits, deliveries.c.due_at <= now)
        count, since = connection.execute(sa.select(sa.func.count(), sa.func.min(deliveries.c.due_at)).where(ready)).one()
        later = deliveries.c.status.not_in(OVER) & (deliveries.c.due_at > now)
        next_at = connection.scalar(sa.select(sa.func.min(deliveries.c.due_at)).where(later))
        given = sa.and_(deliveries.c.status == HANDED_ON, deliveries.c.listener == rules.listener, ~deliveries.c.taken)
        untaken = connection.scalar(sa.select(sa.func.count(deliveries.c.batch.distinct())).where(given)) or 0
        found.append(Agenda(now, count, since or now, next_at, untaken, tuple(dropped)))
    return found


def sweep(connection: sa.Connection, now: float, max_attempts: int) -> list[Dropped]:
    """Take back what was not handled in time; what was tried too often, or cannot be answered any more, is dropped."""
    ended = sa.and_(deliveries.c.status.in_((HANDED_ON, HELD)), deliveries.c.due_at <= now)
    # Nobody has begun: the rulebook may have no room for a playbook yet, which says nothing against the next attempt.
    unbegun = deliveries.c.status == HANDED_ON
    failures = deliveries.c.failures + sa.case((sa.and_(unbegun, deliveries.c.deadline > now), 0), else_=1)
    releases = deliveries.c.releases + sa.case((unbegun, 1), else_=0)
    values = {"status": WAITING, "due_at": now, "failures": failures, "releases": releases, "wants_until": 0.0}
    connection.execute(deliveries.update().where(ended).values(values))
    tried = sa.and_(deliveries.c.status == WAITING, deliveries.c.attempt > 0)
    too_often = deliveries.c.failures >= max_attempts
    too_late = sa.and_(deliveries.c.deadline.is_not(None), deliveries.c.deadline <= now)
    columns = (deliveries.c.id, deliveries.c.session_id, deliveries.c.state, deliveries.c.failures)
    dropped = []
    for row in connection.execute(sa.select(*columns).where(tried, sa.or_(too_often, too_late))):
        often = row.failures >= max_attempts
        reason = f"not handled in {row.failures} attempts" if often else "its reply deadline has passed"
        dropped.append(Dropped(row.id, row.session_id, row.state, reason))
    for one in dropped:
        end(connection, now, one.id, DROPPED, one.reason)
    return dropped


def end(connection: sa.Connection, now: float, delivery: str, status: str, outcome: str) -> None:
    """A delivery is over; the locks of its last attempt are free."""
    here = deliveries.c.id == delivery
    last = sa.select(deliveries.c.attempt).where(here).scalar_subquery()
    connection.execute(locks.delete().where(locks.c.delivery == delivery, locks.c.attempt == last))
    values = {"status": status, "due_at": now, "outcome": outcome, "message": None, "size": 0, "wants_until": 0.0}
    connection.execute(deliveries.update().where(here).values(values))


def take(connection: sa.Connection, now: float, asked: Sequence[Rules]) -> list[Batch]:
    """Begin an attempt of what is ready, in order of arrival, and of one session in the order of its states."""
    return [_take(connection, now, rules) for rules in asked]


def _take(connection: sa.Connection, now: float, rules: Rules) -> Batch:
    ready = sa.select(deliveries).where(deliveries.c.status == WAITING, deliveries.c.due_at <= now).order_by(deliveries.c.number)
    rows: list[sa.Row[Any]] = []
    size = 0
    for row in connection.execute(ready.limit(rules.max_batch)):
        size += row.size
        if rows and size > rules.max_batch_size:
            break
        rows.append(row)
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(row.session_id, row.number)
    rows.sort(key=lambda row: (first[row.session_id], row.rank, row.number))
    batch = secrets.token_hex(16)
    values = {
        "status": HANDED_ON,
        "attempt": deliveries.c.attempt + 1,
        "due_at": now + _time_to_begin(rules),
        "batch": batch,
        "taken": False,
        "listener": rules.listener,
        "wants_until": 0.0,
    }
    connection.execute(deliveries.update().where(deliveries.c.id.in_([row.id for row in rows])).values(values))
    return Batch(batch, tuple(Delivery(row.id, row.attempt + 1, row.message, row.vnf_ids) for row in rows))


def _time_to_begin(rules: Rules) -> sa.ColumnElement[float]:
    """Return the seconds in which an attempt has to be begun; the attempts before it may still queue in the rulebook."""
    return rules.handling_timeout * sa.case((deliveries.c.releases < QUICK_ATTEMPTS, 1.0), else_=LATER)


def handed_on(connection: sa.Connection, now: float, asked: Sequence[tuple[str, Rules]]) -> list[None]:
    """The rulebook took a batch: now the time for its handling begins, and what only informs is over."""
    for batch, rules in asked:
        here = sa.and_(deliveries.c.batch == batch, deliveries.c.status == HANDED_ON)
        informs = sa.and_(here, deliveries.c.state == INFORMS) if rules.confirm else here
        over = {"status": DONE, "due_at": now, "outcome": "handed on", "message": None, "size": 0}
        connection.execute(deliveries.update().where(informs).values(over))
        connection.execute(deliveries.update().where(here).values(due_at=now + _time_to_begin(rules)))
    return [None for _one in asked]


def purge(connection: sa.Connection, now: float, asked: Sequence[Rules]) -> list[bool]:
    """Forget some of what has been over for long, or is more than is kept; True when there is more to forget."""
    return [_purge(connection, now, rules) for rules in asked]


def _purge(connection: sa.Connection, now: float, rules: Rules) -> bool:
    is_over = deliveries.c.status.in_(OVER)
    kept = connection.scalar(sa.select(sa.func.count()).where(is_over)) or 0
    old = sa.select(deliveries.c.id).where(is_over, deliveries.c.due_at < now - rules.retention)
    oldest = sa.select(deliveries.c.id).where(is_over).order_by(deliveries.c.due_at)
    surplus = min(max(kept - rules.retention_rows, 0), PURGED_AT_A_TIME)
    gone = list({*connection.scalars(old.limit(PURGED_AT_A_TIME)), *connection.scalars(oldest.limit(surplus))})
    connection.execute(marks.delete().where(marks.c.delivery.in_(gone)))
    connection.execute(deliveries.delete().where(deliveries.c.id.in_(gone)))
    more = sa.select(posts.c.mark).order_by(posts.c.at).limit(PURGED_AT_A_TIME)
    # More posts than deliveries: each VNF and event type has its own.
    surplus = (connection.scalar(sa.select(sa.func.count()).select_from(posts)) or 0) - 10 * (rules.retention_rows + 1000)
    if surplus <= 0:
        more = more.where(posts.c.at < now - max(rules.retention, 3600))
    past = list(connection.scalars(more))
    connection.execute(posts.delete().where(posts.c.mark.in_(past)))
    connection.execute(locks.delete().where(locks.c.until < now))
    return len(gone) >= PURGED_AT_A_TIME or len(past) >= PURGED_AT_A_TIME
