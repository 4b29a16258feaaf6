# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deliveries: one row for each message and subscription, written with the message, kept until long after its end.

Within a subscription they go in the order in which they were written. One that nobody answers, or that is answered
"not now", holds those behind it; one that is refused for itself (any other 4xx) or asked for again goes beside them.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import random
import typing as t
import uuid

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import times
from .errors import Conflict, NotFound
from .libraries import cfg, sa
from .models import DeliveryRow, MessageRow, SessionRow, SubscriptionRow
from .posting import Answer
from .unit import Unit, stamped

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
STATUSES = (PENDING, DELIVERED, DEAD)
FAILED = "failed"

_GONE = 410
_NOT_NOW = (408, 425, 429)
# What only informs does not hold up a question for longer.
_ATTEMPTS_TO_INFORM = 3
_chance = random.SystemRandom()

Json = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long a delivery is tried, and how long what came of it is kept."""

    retry_first: float
    retry_longest: float
    max_attempts: int
    max_age: int
    keep: int
    keep_most: int

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> Patience:
        """Take it out of the configuration."""
        return cls(**{field.name: conf.webhooks[field.name] for field in dataclasses.fields(cls)})

    def pause(self, attempts: int, wish: float) -> datetime.timedelta:
        """Return how long to wait after so many attempts: doubled each time, a fifth more or less, at least what is wished."""
        pause = min(self.retry_first * 2 ** min(attempts - 1, 30), self.retry_longest)
        return datetime.timedelta(seconds=max(pause * _chance.uniform(0.8, 1.2), min(wish, self.retry_longest)))


@dataclasses.dataclass(frozen=True)
class Due:
    """A delivery whose turn it is, now or later."""

    number: int
    subscription_id: str
    next_at: datetime.datetime
    attempts: int


def put(unit: Unit, message: MessageRow, content: Json) -> None:
    """Put a message on its way to everybody in its project who wants to hear it directly."""
    body = {"type": messages.EVENT_PROJECT, "timestamp": times.wire(unit.now), "data": stamped(content, message.id)}
    for subscription_id in _listeners(unit, message.project_id):
        unit.db.add(
            DeliveryRow(
                id=str(uuid.uuid4()),
                subscription_id=subscription_id,
                session_id=message.session_id,
                message_id=message.id,
                state=message.state,
                body=json.dumps(body),
                status=PENDING,
                created_at=unit.now,
                began_at=unit.now,
                next_at=unit.now,
            )
        )


def _listeners(unit: Unit, project_id: str) -> list[str]:
    if project_id not in unit.listeners:
        own = sa.select(SubscriptionRow.id).where(
            SubscriptionRow.project_id == project_id, SubscriptionRow.enabled.is_(sa.true())
        )
        unit.listeners[project_id] = list(unit.db.scalars(own.order_by(SubscriptionRow.number)))
    return unit.listeners[project_id]


def queue(unit: Unit) -> list[Due]:
    """Return whose turn it is in each subscription, and what goes beside them, the soonest first."""
    pending = DeliveryRow.status == PENDING
    first = sa.select(sa.func.min(DeliveryRow.number)).where(pending, DeliveryRow.aside.is_(sa.false()))
    query = sa.select(DeliveryRow.number, DeliveryRow.subscription_id, DeliveryRow.next_at, DeliveryRow.attempts).where(
        pending, sa.or_(DeliveryRow.aside.is_(sa.true()), DeliveryRow.number.in_(first.group_by(DeliveryRow.subscription_id)))
    )
    return [Due(*row) for row in unit.db.execute(query.order_by(DeliveryRow.next_at, DeliveryRow.number))]


def find(unit: Unit, subscription: SubscriptionRow, delivery_id: str) -> DeliveryRow:
    """Return a delivery of a subscription."""
    own = sa.select(DeliveryRow).where(DeliveryRow.subscription_id == subscription.id, DeliveryRow.id == delivery_id)
    row: DeliveryRow | None = unit.db.scalar(own)
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id} of subscription {subscription.id}")
    return row


def listed(
    unit: Unit, subscription: SubscriptionRow, statuses: t.Collection[str], limit: int, marker: str | None
) -> tuple[list[DeliveryRow], str | None]:
    """Return a page of deliveries, the newest first, and the marker of the next page if there is one."""
    query = sa.select(DeliveryRow).where(DeliveryRow.subscription_id == subscription.id)
    if statuses:
        query = query.where(DeliveryRow.status.in_(statuses))
    if marker is not None:
        query = query.where(DeliveryRow.number < find(unit, subscription, marker).number)
    rows = list(unit.db.scalars(query.order_by(DeliveryRow.number.desc()).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def resend(unit: Unit, subscription: SubscriptionRow, row: DeliveryRow) -> None:
    """Send once more what was delivered or is dead, with the same id; it holds up nothing that is newer."""
    if not subscription.enabled:
        raise Conflict(f"subscription {subscription.id} is disabled ({subscription.disabled_reason}); enable it first")
    if row.status == PENDING:
        raise Conflict(f"delivery {row.id} is still on its way; the next attempt is at {times.wire(row.next_at)}")
    row.status = PENDING
    row.resent = row.aside = True
    row.attempts = 0
    row.began_at = row.next_at = unit.now
    row.ended_at = row.http_status = row.error = None
    unit.notified = True


def why_not(unit: Unit, row: DeliveryRow) -> str | None:
    """Return why a delivery need not be sent any more, None when it has to be."""
    if row.resent:
        return None
    message = unit.db.scalar(sa.select(MessageRow).where(MessageRow.id == row.message_id))
    status = "gone" if message is None else message.status
    if message is not None and status in (messages.PENDING, messages.INFORMED):
        if message.reply_at is None or message.reply_at >= unit.now:
            return None
        status = messages.EXPIRED
    return f"the message is {status}" + (f"; {row.error}" if row.error else "")


def note(unit: Unit, row: DeliveryRow, url: str, answer: Answer, patience: Patience) -> str:
    """Write down what became of an attempt at a URL; returns DELIVERED, FAILED (it is tried again) or DEAD."""
    if answer.error is not None and row.status != PENDING:
        return FAILED
    row.attempts += 1
    row.http_status = answer.status
    row.error = answer.error
    if answer.error is None:
        if row.attempts > 1:
            _log(unit, row, "delivery.delivered", f"at attempt {row.attempts}")
        row.status = DELIVERED
        row.ended_at = unit.now
        told = sa.update(MessageRow).where(MessageRow.id == row.message_id, MessageRow.sent_at.is_(None))
        unit.db.execute(told.values(sent_at=unit.now))
        return DELIVERED
    if answer.status == _GONE and _disable(unit, row, url):
        return DEAD
    enough = _enough(unit, row, patience)
    if enough is not None:
        give_up(unit, row, f"{row.error}; {enough}")
        return DEAD
    if row.attempts == 1:
        _log(unit, row, "delivery.failed", f"{row.error}; it is sent again")
    row.aside = row.aside or (answer.status is not None and 400 <= answer.status < 500 and answer.status not in _NOT_NOW)
    row.next_at = unit.now + patience.pause(row.attempts, answer.retry_after)
    return FAILED


def _disable(unit: Unit, row: DeliveryRow, url: str) -> bool:
    """Disable the subscription whose receiver is gone for good, unless it has moved to another address meanwhile."""
    subscription = unit.db.scalar(sa.select(SubscriptionRow).where(SubscriptionRow.id == row.subscription_id))
    if subscription is None or subscription.url != url:
        return False
    subscription.enabled = False
    subscription.disabled_reason = f"its url answered {_GONE} (gone) at {times.wire(unit.now)}"
    subscription.updated_at = unit.now
    give_up_all(unit, subscription, "the subscription was disabled")
    return True


def _enough(unit: Unit, row: DeliveryRow, patience: Patience) -> str | None:
    if row.attempts >= patience.max_attempts:
        return f"given up after {row.attempts} attempts"
    if unit.now >= row.began_at + datetime.timedelta(seconds=patience.max_age):
        return f"given up after {patience.max_age} seconds"
    if row.attempts < _ATTEMPTS_TO_INFORM or row.aside or messages.wants_reply(row.state):
        return None
    behind = sa.select(DeliveryRow.number).where(
        DeliveryRow.subscription_id == row.subscription_id, DeliveryRow.status == PENDING, DeliveryRow.number > row.number
    )
    return "given up for what waits behind it" if unit.db.execute(behind.limit(1)).first() is not None else None


def give_up(unit: Unit, row: DeliveryRow, error: str) -> None:
    """Lay a delivery among the dead letters."""
    row.status = DEAD
    row.ended_at = unit.now
    row.error = error
    _log(unit, row, "delivery.dead", error)


def give_up_all(unit: Unit, subscription: SubscriptionRow, error: str) -> None:
    """Lay everything that is on its way to a subscription among the dead letters."""
    on_its_way = sa.select(DeliveryRow).where(DeliveryRow.subscription_id == subscription.id, DeliveryRow.status == PENDING)
    for row in unit.db.scalars(on_its_way.order_by(DeliveryRow.number)).all():
        give_up(unit, row, f"{row.error}; {error}" if row.error else error)


def purge(unit: Unit, patience: Patience) -> None:
    """Remove what ended long ago, and of the rest the oldest of a subscription that has too many."""
    ended = DeliveryRow.status != PENDING
    before = unit.now - datetime.timedelta(seconds=patience.keep)
    for subscription_id in unit.db.scalars(sa.select(SubscriptionRow.id)).all():
        own = DeliveryRow.subscription_id == subscription_id
        newest = sa.select(DeliveryRow.number).where(own, ended).order_by(DeliveryRow.number.desc())
        last = unit.db.scalar(newest.offset(patience.keep_most).limit(1)) or 0
        old = sa.delete(DeliveryRow).where(own, ended, sa.or_(DeliveryRow.ended_at < before, DeliveryRow.number <= last))
        unit.db.execute(old.execution_options(synchronize_session=False))


def _log(unit: Unit, row: DeliveryRow, kind: str, text: str) -> None:
    session = unit.db.get(SessionRow, row.session_id)
    project_id = unit.db.scalar(sa.select(SubscriptionRow.project_id).where(SubscriptionRow.id == row.subscription_id))
    if session is not None:
        about = f"{row.state} directly to project {project_id} (subscription {row.subscription_id}): {text}"
        unit.log(session, kind, about, project_id=project_id, message_id=row.message_id)


def view(row: DeliveryRow) -> Json:
    """Write a delivery."""
    return {
        "id": row.id,
        "subscription_id": row.subscription_id,
        "session_id": row.session_id,
        "message_id": row.message_id,
        "state": row.state,
        "status": row.status,
        "attempts": row.attempts,
        "created_at": times.wire(row.created_at),
        "next_attempt_at": times.wire(row.next_at) if row.status == PENDING else None,
        "ended_at": times.wire(row.ended_at),
        "http_status": row.http_status,
        "error": row.error,
    }
