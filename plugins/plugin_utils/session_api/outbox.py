# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way out: notifications leave in the order in which they were written, until each has been taken."""

from __future__ import annotations

import datetime

from .libraries import oslo_log, sa
from .models import MessageRow, OutboxRow
from .notifier import Notification, Notifier, NotTakenError
from .unit import Work

LOG = oslo_log.getLogger(__name__)


class Outbox:
    """Sends what lies in the outbox table.

    Order is kept within a lane (one project in one session). A failing bus stops everything for a while; a single notification
    that is refused only holds its own lane.
    """

    def __init__(self, work: Work, notifier: Notifier, retry_first: float, retry_longest: float) -> None:
        """Send through this notifier; pauses double from the first to the longest."""
        self._work = work
        self._notifier = notifier
        self._first = retry_first
        self._longest = retry_longest
        self._pause = retry_first
        self._held: dict[str, tuple[datetime.datetime, float]] = {}

    def run_once(self) -> float | None:
        """Send what can be sent; return the seconds after which to come again, None when only a new notification matters."""
        while True:
            row = self._next()
            if row is None:
                return self._until_lane()
            try:
                self._notifier.send(
                    Notification(row.notification_id, row.event_type, row.publisher_id, row.payload, row.created_at)
                )
            except NotTakenError as exc:
                self._note_failure(row, str(exc))
                if not exc.alone:
                    pause = self._pause
                    self._pause = min(self._pause * 2, self._longest)
                    return pause
                self._hold(row.lane)
            else:
                self._pause = self._first
                self._held.pop(row.lane, None)
                self._note_success(row)

    def _next(self) -> OutboxRow | None:
        now = self._work.clock()
        held = [lane for lane, (until, _pause) in self._held.items() if until > now]
        with self._work.read() as unit:
            query = sa.select(OutboxRow).order_by(OutboxRow.number).limit(1)
            if held:
                query = query.where(OutboxRow.lane.not_in(held))
            row: OutboxRow | None = unit.db.scalar(query)
            return row

    def _hold(self, lane: str) -> None:
        pause = min(self._held[lane][1] * 2, self._longest) if lane in self._held else self._first
        self._held[lane] = (self._work.clock() + datetime.timedelta(seconds=pause), pause)

    def _until_lane(self) -> float | None:
        if not self._held:
            return None
        now = self._work.clock()
        return max(0.01, min((until - now).total_seconds() for until, _pause in self._held.values()))

    def _note_failure(self, row: OutboxRow, error: str) -> None:
        if row.attempts == 0 or row.error != error:
            LOG.warning("notification %s (%s) was not taken and is sent again: %s", row.notification_id, row.event_type, error)
        with self._work.write() as unit:
            update = sa.update(OutboxRow).where(OutboxRow.number == row.number)
            unit.db.execute(update.values(attempts=OutboxRow.attempts + 1, error=error[:1000]))

    def _note_success(self, row: OutboxRow) -> None:
        with self._work.write() as unit:
            unit.db.execute(sa.delete(OutboxRow).where(OutboxRow.number == row.number))
            if row.message_id is not None:
                told = sa.update(MessageRow).where(MessageRow.id == row.message_id, MessageRow.sent_at.is_(None))
                unit.db.execute(told.values(sent_at=unit.now))
