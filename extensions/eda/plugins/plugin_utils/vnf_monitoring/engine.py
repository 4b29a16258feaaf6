# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes every target when it is due, and concludes."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from typing import TYPE_CHECKING

from .asking import Asker
from .concluding import Conclusions
from .guard import ASLEEP, Guard
from .judging import DOWN, Outcome
from .log import logger
from .names import Names
from .pings import Pings
from .watched import Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .concluding import Report
    from .target import Target

SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.05
MOST_OPEN = 2000
# Late by this part of its timeout, this worker may have missed an answer.
STALL = 0.25


class Engine:
    """The schedule: each target at its own moment of every interval, however long the probes take.

    :ivar outcomes: how many probes came to what, by :class:`.judging.Outcome`.
    :ivar missed: how many probes were left out, because the one before was under way or this worker was late.
    :ivar latest: the most seconds that a probe began late since this was read last.
    """

    def __init__(
        self, guard: Guard, report: Report, *, remind: float = 60.0, may_probe: Callable[[], bool] = lambda: True,
        most_open: int = MOST_OPEN,
    ) -> None:  # fmt: skip
        """Nothing is watched yet.

        :param report: see :class:`.concluding.Conclusions`, as ``remind``.
        :param may_probe: whether this worker is one; asked before anything is probed or concluded.
        """
        self.guard = guard
        self.watched: dict[str, Watched] = {}
        self.outcomes = [0] * len(Outcome)
        self.missed = 0
        self.latest = 0.0
        self.pings = Pings(self._finish)
        self._conclusions = Conclusions(guard, report, remind)
        self._may_probe = may_probe
        self._most_open = most_open
        self.names = Names()
        self.asker = Asker()
        self._due: list[tuple[float, int, Watched, bool]] = []
        self._order = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticked = self._pause = 0.0
        # When this worker was late lately, and how much.
        self._stalls: deque[tuple[float, float]] = deque(maxlen=10_000)
        self._references: dict[str, Watched] = {}

    def assign(self, targets: Iterable[Target], references: Iterable[Target] = ()) -> None:
        """Watch these and no others; what is known about those that stay, stays."""
        for known, wanted, is_reference in ((self.watched, targets, False), (self._references, references, True)):
            by_key = {target.key: target for target in wanted}
            for key in known.keys() - by_key.keys():
                self._leave(known.pop(key))
            for key, target in by_key.items():
                if key in known and known[key].target.how == target.how:
                    known[key].target = target
                    continue
                if key in known:
                    self._leave(known.pop(key))
                known[key] = Watched(target, time.monotonic(), self.guard.epoch, is_reference=is_reference)
                self._push(known[key], known[key].due)
        self.guard.references = len(self._references)
        self.guard.watched = sum(watched.judge.state != DOWN for watched in self.watched.values())
        self.guard.look()

    def _leave(self, watched: Watched) -> None:
        watched.gone = True
        self.pings.forget(watched)
        self._conclusions.leave(watched)
        self.asker.forget(watched.target)

    def _push(self, watched: Watched, due: float, *, again: bool = False) -> None:
        self._order += 1
        heapq.heappush(self._due, (due, self._order, watched, again))

    async def run(self) -> None:
        """Probe until cancelled."""
        self._ticked = time.monotonic()
        try:
            while True:
                self.tick()
                ahead = self._due[0][0] - time.monotonic() if self._due else LONGEST_PAUSE
                self._pause = min(max(ahead, SHORTEST_PAUSE), LONGEST_PAUSE)
                await asyncio.sleep(self._pause)
        finally:
            self.close()

    def close(self) -> None:
        """Stop, and close what is open."""
        for task in self._tasks:
            task.cancel()
        self.pings.close()
        self.asker.close()

    def tick(self) -> None:
        """Take in what has come, give up what has not, and begin what is due."""
        now = time.monotonic()
        late, self._ticked = now - self._ticked - self._pause, now
        if late > SHORTEST_PAUSE:
            self._stalls.append((now, late))
        if late > ASLEEP:
            self.guard.slept(late)
        # First, so that what came while this worker was late is not lost.
        self.pings.receive()
        if not self._may_probe():
            if self.watched:
                logger.error("This worker is no member any more, and stops probing")
                self.assign(())
            return
        self.pings.expire(now)
        due = self._due
        while due and due[0][0] <= now:
            _when, _order, watched, again = heapq.heappop(due)
            if not watched.gone and (again or self._is_free(watched, now)):
                self._try(watched, now)
        self.pings.receive()

    def _is_free(self, watched: Watched, now: float) -> bool:
        """Set the next moment of a target, and say whether its probe can begin."""
        interval = watched.target.how.interval
        self.latest = max(self.latest, now - watched.due)
        skipped = int((now - watched.due) / interval)
        self.missed += skipped + watched.busy
        watched.due += interval * (skipped + 1)
        self._push(watched, watched.due)
        if watched.busy:
            return False
        watched.busy = True
        watched.epoch = self.guard.epoch
        return True

    def _try(self, watched: Watched, now: float) -> None:
        """Send what asks the target, for the first time or once more."""
        how = watched.target.how
        watched.sent_at = now
        address = self.names.address(watched.target.address)
        if address is None:
            self._finish(watched, Outcome.VOID, "its name does not resolve", now)
        elif how.probe == "ping":
            self.pings.send(watched, address, now)
        elif len(self._tasks) >= self._most_open:
            self._finish(watched, Outcome.VOID, "this worker has too many connections open", now)
        else:
            task = asyncio.get_running_loop().create_task(self._ask(watched, address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, watched: Watched, address: str) -> None:
        finding = await self.asker.ask(watched.target, address)
        if not watched.gone:
            self._finish(watched, finding.outcome, finding.error, time.monotonic())

    def _finish(self, watched: Watched, outcome: Outcome, error: str | None, now: float) -> None:
        """Take in what one try came to."""
        how = watched.target.how
        watched.number = 0
        if outcome is Outcome.LOST:
            if watched.epoch != self.guard.epoch or self._was_late(watched, now):
                outcome = Outcome.VOID
            elif watched.attempt < how.retries:
                watched.attempt += 1
                # A target that refuses at once gets as much time to come back as one that is silent.
                self._push(watched, max(now, watched.sent_at + how.timeout), again=True)
                return
        elif outcome is Outcome.ANSWERED:
            watched.round_trip = now - watched.sent_at
            if how.slow and watched.round_trip > how.slow:
                outcome, error = Outcome.WEAK, f"slow: {watched.round_trip:.3f} s"
        watched.attempt = 0
        watched.busy = False
        watched.error = error
        self.outcomes[outcome] += 1
        if outcome is not Outcome.VOID and self._may_probe():
            watched.sent += 1
            watched.lost += outcome is Outcome.LOST
            self._conclusions.note(watched, outcome, now)

    def _was_late(self, watched: Watched, now: float) -> bool:
        """Whether this worker was too busy during a try to have heard the answer in time."""
        least = STALL * watched.target.how.timeout
        # Timers may ring before the tick that sees that this worker was late.
        if now - self._ticked - self._pause > least:
            return True
        for when, late in reversed(self._stalls):
            if when < watched.sent_at:
                break
            if late > least:
                return True
        return False
