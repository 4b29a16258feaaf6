# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deliveries: one row for each message and subscription, written with the message, kept until long after its end.

Within a subscription they go in the order in which they were written, except for those that stand aside: others need not wait for
them.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import typing as t
import uuid

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import times
from .errors import Conflict, NotFound
from .libraries import sa
from .models import DeliveryRow, MessageRow, SubscriptionRow
from .unit import Unit, stamped

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
STATUSES = (PENDING, DELIVERED, DEAD)

Json = dict[str, t.Any]


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


def purge(unit: Unit, keep: int, keep_most: int) -> None:
    """Remove what ended long ago, and of the rest the oldest of a subscription that has too many."""
    ended = DeliveryRow.status != PENDING
    before = unit.now - datetime.timedelta(seconds=keep)
    for subscription_id in unit.db.scalars(sa.select(SubscriptionRow.id)).all():
        own = DeliveryRow.subscription_id == subscription_id
        newest = sa.select(DeliveryRow.number).where(own, ended).order_by(DeliveryRow.number.desc())
        last = unit.db.scalar(newest.offset(keep_most).limit(1)) or 0
        old = sa.delete(DeliveryRow).where(own, ended, sa.or_(DeliveryRow.ended_at < before, DeliveryRow.number <= last))
        unit.db.execute(old.execution_options(synchronize_session=False))


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
