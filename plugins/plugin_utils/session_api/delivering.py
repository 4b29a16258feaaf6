# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The threads that deliver: one attempt at a time for a subscription, so many at a time in all."""

from __future__ import annotations

import datetime
import threading
import time
import typing as t

from . import deliveries, metrics, outcomes, signing, subscriptions
from .libraries import oslo_log, sa
from .models import DeliveryRow, SubscriptionRow
from .posting import Answer, Poster
from .unit import Work

LOG = oslo_log.getLogger(__name__)
_PURGE_EVERY = 60.0
_AFTER_ERROR = 2.0


class Deliverer:
    """Sends what lies in the table of deliveries.

    Each attempt has a thread of its own, so a subscription that answers slowly costs nobody else anything; those whose last
    attempt failed get at most half of the threads, so that many dead ones do not hold up a live one either.
    """

    def __init__(
        self, work: Work, poster: Poster, patience: outcomes.Patience, concurrency: int, figures: metrics.Figures
    ) -> None:
        """Deliver through this poster, so many at the same time."""
        self._work = work
        self._poster = poster
        self._patience = patience
        self._concurrency = concurrency
        self._figures = figures
        self._lock = threading.Condition()
        self._busy: dict[str, bool] = {}
        self._stopped = False
        self._purge_at = work.clock()
        self.on_done: t.Callable[[], None] = lambda: None

    def run_once(self) -> float:
        """Begin what can begin; returns the seconds after which to come again."""
        now = self._work.clock()
        if now >= self._purge_at:
            with self._work.write() as unit:
                deliveries.purge(unit, self._patience.keep, self._patience.keep_most)
            self._purge_at = now + datetime.timedelta(seconds=_PURGE_EVERY)
        with self._work.read() as unit:
            waiting = deliveries.queue(unit)
        for one in waiting:
            if one.next_at > now:
                return min(_PURGE_EVERY, (one.next_at - now).total_seconds() + 0.001)
            if self._take(one):
                self._begin(one)
        return _PURGE_EVERY

    def wait_idle(self, timeout: float) -> bool:
        """Wait until no attempt is under way; returns whether that is so."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._busy, timeout)

    def stop(self, timeout: float) -> None:
        """Begin nothing more and wait a little for what is under way; what is not noted is sent again after the next start."""
        with self._lock:
            self._stopped = True
        self.wait_idle(timeout)

    def _take(self, one: deliveries.Due) -> bool:
        failing = one.attempts > 0
        with self._lock:
            if self._stopped or one.subscription_id in self._busy or len(self._busy) >= self._concurrency:
                return False
            if failing and sum(self._busy.values()) >= max(1, self._concurrency // 2):
                return False
            self._busy[one.subscription_id] = failing
            return True

    def _begin(self, one: deliveries.Due) -> None:
        try:
            threading.Thread(target=self._attempt, args=(one,), name=f"delivery-{one.number}", daemon=True).start()
        except RuntimeError:
            self._give_back(one)
            raise

    def _give_back(self, one: deliveries.Due) -> None:
        with self._lock:
            del self._busy[one.subscription_id]
            self._lock.notify_all()

    def _attempt(self, one: deliveries.Due) -> None:
        try:
            self._send(one.number)
        except Exception:
            LOG.exception("a delivery to subscription %s met an error and is tried again", one.subscription_id)
            time.sleep(_AFTER_ERROR)
        finally:
            self._give_back(one)
            self.on_done()

    def _send(self, number: int) -> None:
        with self._work.read() as unit:
            row = unit.db.get(DeliveryRow, number)
            if row is None or row.status != deliveries.PENDING:
                return
            needless = outcomes.why_not(unit, row)
            to = unit.db.scalar(sa.select(SubscriptionRow).where(SubscriptionRow.id == row.subscription_id))
            if to is None:
                return
            keys = subscriptions.keys(to, unit.now)
        if needless is None:
            self._note(number, to.url, self._post(to.url, row.id, row.body.encode(), keys))
        else:
            self._bury(number, needless)

    def _post(self, url: str, delivery_id: str, body: bytes, keys: list[bytes]) -> Answer:
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "nfv.maintenance-session-api",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signing.signature(delivery_id, timestamp, body, keys),
        }
        return self._poster.post(url, headers, body)

    def _note(self, number: int, url: str, answer: Answer) -> None:
        with self._work.write() as unit:
            row = unit.db.get(DeliveryRow, number)
            if row is None:
                return
            result = outcomes.note(unit, row, url, answer, self._patience)
            seconds = (unit.now - row.began_at).total_seconds()
        self._figures.deliveries.labels(result).inc()
        if result == deliveries.DELIVERED:
            self._figures.delivery_latency.observe(seconds)
        elif row.attempts == 1 or result == deliveries.DEAD:
            end = "is given up" if result == deliveries.DEAD else "is tried again"
            LOG.warning("delivery %s to subscription %s %s: %s", row.id, row.subscription_id, end, row.error)

    def _bury(self, number: int, error: str) -> None:
        with self._work.write() as unit:
            row = unit.db.get(DeliveryRow, number)
            if row is not None and row.status == deliveries.PENDING:
                outcomes.give_up(unit, row, error)
                self._figures.deliveries.labels(deliveries.DEAD).inc()
