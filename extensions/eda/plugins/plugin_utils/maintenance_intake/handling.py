# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal does for whoever handles a delivery: leases, locks, the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from .handing_on import end
from .schema import DONE, HELD, OVER, WAITING, deliveries, locks, settings

if TYPE_CHECKING:
    from collections.abc import Sequence

# Whoever waits for a lock asks again within this time, or does not wait any more.
WAITER_SECONDS = 3.0
LONGEST_BACK_OFF = 30.0
# Of what is handed on until its deadline there has to be an end.
LATEST_DEADLINE = 86400.0


class Report(NamedTuple):
    """What the handler of one attempt says."""

    delivery: str
    attempt: int
    vnf_ids: tuple[str, ...]
    seconds: float
    text: str
    handling_timeout: float
    deadline: float | None = None


class Answer(NamedTuple):
    """What it is told: refused for a reason (busy, stale, over), or not."""

    reason: str | None = None
    held_until: float = 0.0
    token: int = 0
    holder: dict[str, str] | None = None
    deadline: float = 0.0


def held(connection: sa.Connection, now: float, asked: Sequence[Report]) -> list[Answer]:
    """Take or renew the locks of VNFs, all or none, and keep the delivery from being handed on as long."""
    return [_held(connection, now, report) for report in asked]


def extended(connection: sa.Connection, now: float, asked: Sequence[Report]) -> list[Answer]:
    """Take notice that the reply of a delivery is due later than it was; a deadline never moves back."""
    return [_extended(connection, now, report) for report in asked]


def done(connection: sa.Connection, now: float, asked: Sequence[Report]) -> list[Answer]:
    """End a delivery; once more is the same."""
    return [_done(connection, now, report) for report in asked]


def released(connection: sa.Connection, now: float, asked: Sequence[Report]) -> list[Answer]:
    """Give a delivery back."""
    return [_released(connection, now, report) for report in asked]


def _refusal(connection: sa.Connection, row: Any, report: Report) -> Answer | None:
    if row is not None and row.status not in OVER and row.attempt == report.attempt != row.lost:
        return None
    # Whoever hears this stops, so that nobody need wait for the end of its lease.
    connection.execute(locks.delete().where(locks.c.delivery == report.delivery, locks.c.attempt == report.attempt))
    return Answer("over" if row is None or row.status in OVER else "stale")


def _row(connection: sa.Connection, report: Report) -> Any:
    return connection.execute(sa.select(deliveries).where(deliveries.c.id == report.delivery)).one_or_none()


def _held(connection: sa.Connection, now: float, report: Report) -> Answer:
    row = _row(connection, report)
    if (refusal := _refusal(connection, row, report)) is not None:
        return refusal
    here = deliveries.c.id == row.id
    if row.batch is not None:
        connection.execute(deliveries.update().where(deliveries.c.batch == row.batch).values(taken=True))
    wanted = sa.and_(locks.c.project_id == row.project_id, locks.c.vnf_id.in_(report.vnf_ids))
    found = connection.execute(sa.select(locks).where(wanted)).all()
    others = [lock for lock in found if (lock.delivery, lock.attempt) != (row.id, row.attempt)]
    holder = next((_who(lock.vnf_id, lock.delivery) for lock in others if lock.until > now), None)
    # What it has already it keeps, whoever waits for that; only what is new to it goes in the order of the messages.
    new = set(report.vnf_ids) - {lock.vnf_id for lock in found if lock not in others}
    holder = holder or _waiter_before(connection, now, row, new)
    if holder is not None:
        # It is alive, so it is not handed on again while it waits.
        waits = {"wants": json.dumps(report.vnf_ids), "wants_until": now + WAITER_SECONDS}
        due_at = max(row.due_at, now + report.handling_timeout)
        connection.execute(deliveries.update().where(here).values(**waits, due_at=due_at))
        return Answer("busy", holder=holder)
    for lock in others:
        _lose(connection, lock)
    until = now + report.seconds
    token = _lock(connection, row, report, until, {lock.vnf_id: lock.token for lock in found if lock not in others})
    connection.execute(deliveries.update().where(here).values(status=HELD, due_at=until, wants=None, wants_until=0.0))
    return Answer(held_until=until, token=token)


def _who(vnf_id: str, delivery: str) -> dict[str, str]:
    return {"vnf_id": vnf_id, "delivery": delivery}


def _waiter_before(connection: sa.Connection, now: float, row: Any, vnf_ids: set[str]) -> dict[str, str] | None:
    """Return who waits for one of the VNFs with an earlier message of the same session."""
    same = sa.and_(deliveries.c.project_id == row.project_id, deliveries.c.session_id == row.session_id)
    waits = sa.and_(deliveries.c.wants_until > now, deliveries.c.id != row.id, deliveries.c.status.not_in(OVER))
    for other in connection.execute(sa.select(deliveries).where(same, waits)):
        shared = vnf_ids.intersection(json.loads(other.wants or "[]"))
        if shared and (other.rank, other.number) < (row.rank, row.number):
            return _who(min(shared), other.id)
    return None


def _lose(connection: sa.Connection, lock: Any) -> None:
    """Take the locks of a lease that has run out; its holder is told to stop."""
    connection.execute(locks.delete().where(locks.c.delivery == lock.delivery, locks.c.attempt == lock.attempt))
    here = sa.and_(deliveries.c.id == lock.delivery, deliveries.c.attempt == lock.attempt)
    connection.execute(deliveries.update().where(here).values(lost=lock.attempt))


def _lock(connection: sa.Connection, row: Any, report: Report, until: float, ours: dict[str, int]) -> int:
    """Write the locks and return their token: the one of before as long as nothing is added."""
    if ours and set(report.vnf_ids) <= set(ours):
        token = max(ours.values())
    else:
        here = settings.c.name == "token"
        token = int(connection.execute(sa.select(settings.c.value).where(here)).scalar_one()) + 1
        connection.execute(settings.update().where(here).values(value=str(token)))
    connection.execute(locks.delete().where(locks.c.delivery == row.id, locks.c.attempt == row.attempt))
    address = {"project_id": row.project_id, "delivery": row.id, "attempt": row.attempt, "token": token, "until": until}
    if report.vnf_ids:
        connection.execute(locks.insert(), [{**address, "vnf_id": vnf_id} for vnf_id in dict.fromkeys(report.vnf_ids)])
    return token


def _extended(connection: sa.Connection, now: float, report: Report) -> Answer:
    row = _row(connection, report)
    if (refusal := _refusal(connection, row, report)) is not None:
        return refusal
    _taken(connection, row)
    deadline = max(row.deadline or 0.0, min(report.deadline or 0.0, now + LATEST_DEADLINE))
    connection.execute(deliveries.update().where(deliveries.c.id == row.id).values(deadline=deadline))
    return Answer(deadline=deadline)


def _done(connection: sa.Connection, now: float, report: Report) -> Answer:
    row = _row(connection, report)
    if row is not None and row.status == DONE and row.attempt == report.attempt:
        return Answer()
    if (refusal := _refusal(connection, row, report)) is not None:
        return Answer("stale") if row is not None else refusal
    _taken(connection, row)
    end(connection, now, row.id, DONE, report.text)
    return Answer()


def _released(connection: sa.Connection, now: float, report: Report) -> Answer:
    row = _row(connection, report)
    if (refusal := _refusal(connection, row, report)) is not None:
        return refusal
    _taken(connection, row)
    connection.execute(locks.delete().where(locks.c.delivery == row.id, locks.c.attempt == row.attempt))
    if row.status == WAITING:
        return Answer()
    back_off = 0.0 if row.releases == 0 else min(2.0 ** (row.releases - 1), LONGEST_BACK_OFF)
    values = {"status": WAITING, "due_at": now + back_off, "failures": row.failures + 1, "releases": row.releases + 1}
    connection.execute(deliveries.update().where(deliveries.c.id == row.id).values(**values, wants_until=0.0))
    return Answer()


def _taken(connection: sa.Connection, row: Any) -> None:
    connection.execute(deliveries.update().where(deliveries.c.batch == row.batch).values(taken=True))
