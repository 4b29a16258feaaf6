# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a delivery after an attempt: taken, tried again, or given up.

One that nobody answers, or that is answered "not now", holds those behind it in its subscription; one that is refused for itself
(any other 4xx) stands aside.
"""

from __future__ import annotations

import dataclasses
import datetime
import random

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import times
from .deliveries import DEAD, DELIVERED, PENDING
from .libraries import cfg, sa
from .models import DeliveryRow, MessageRow, SessionRow, SubscriptionRow
from .posting import Answer
from .unit import Unit

FAILED = "failed"

_GONE = 410
_NOT_NOW = (408, 425, 429)
# What only informs does not hold up a question for longer.
_ATTEMPTS_TO_INFORM = 3
_chance = random.SystemRandom()


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


def _log(unit: Unit, row: DeliveryRow, kind: str, text: str) -> None:
    session = unit.db.get(SessionRow, row.session_id)
    project_id = unit.db.scalar(sa.select(SubscriptionRow.project_id).where(SubscriptionRow.id == row.subscription_id))
    if session is not None:
        about = f"{row.state} directly to project {project_id} (subscription {row.subscription_id}): {text}"
        unit.log(session, kind, about, project_id=project_id, message_id=row.message_id)
