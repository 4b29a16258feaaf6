# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ladder of one move: live, force complete, cold and confirm, give up (private to this collection).

Pure: it is shown the server and the time and says what to do; who does it tells it how that went. Nothing here waits or calls.
"""

from __future__ import annotations

import dataclasses
import enum

from .limits import Limits
from .moves import COLD, FORCE_COMPLETE, LIVE, MIGRATION, Finding, Move, Server
from .remedies import BY_STATE, LOOK_AT_EVENTS, LOOK_AT_IT, LOOK_AT_MIGRATIONS, LOST

# A guest comes to rest in one of these; anything else is on the way.
_SETTLED = ("ACTIVE", "PAUSED", "SHUTOFF")
_FROM = {LIVE: ("ACTIVE", "PAUSED"), COLD: ("ACTIVE", "SHUTOFF")}
_STUCK = ("RESCUE", "SUSPENDED", "SHELVED", "UNKNOWN")
_NOT_OURS = "it waits for somebody to confirm or revert a migration that was not ours"
_NO_HOST = "No valid host"
# Exceptions of oslo.messaging: Nova's own services did not hear each other, which says nothing about the server or its target.
_BUS_FAILED = ("MessagingTimeout", "MessageDeliveryFailure", "MessageUndeliverable")


class Step(enum.Enum):
    """What to do next about a move."""

    WAIT = enum.auto()
    LIVE = enum.auto()
    COLD = enum.auto()
    CONFIRM = enum.auto()
    FORCE = enum.auto()
    ABORT = enum.auto()
    EXAMINE = enum.auto()
    RETARGET = enum.auto()
    MOVED = enum.auto()
    FAILED = enum.auto()
    GONE = enum.auto()


OVER = (Step.MOVED, Step.FAILED, Step.GONE)


class _Phase(enum.Enum):
    READY = enum.auto()
    RUNNING = enum.auto()
    ABORTING = enum.auto()


class Ladder:
    """One move on its way up the ladder.

    :ivar move: with the target that it goes to now.
    :ivar how: the way that was taken last, None before the first (and for a server that had been moved before).
    :ivar reason: why it failed.
    :ivar remedy: what to do about that, with the command.
    :ivar begun: when it was this move's turn.
    :ivar refused_by: targets that Nova's scheduler did not want for it, on this way.
    :ivar forced: whether its live migration was forced to complete.
    """

    def __init__(self, move: Move, limits: Limits, now: float, *, retargets: bool = False) -> None:
        """The waits begin when somebody asks :meth:`next` for the first time, so make it when its turn comes.

        :param retargets: whether there may be other targets for it, so that :attr:`Step.RETARGET` is asked for.
        """
        self.move = self.planned = move
        self.refused_by: list[str] = []
        self._retargets = retargets
        # Why it needs a target before it goes on.
        self._targetless = "it has no target" if retargets and move.ways and move.target is None else ""
        self._in_error = False
        self.how: str | None = None
        self.reason = ""
        self.remedy = ""
        self.begun = now
        self._limits = limits
        self._ways = [way for way in move.ways if way != FORCE_COMPLETE]
        self._tried: list[str] = []
        self._phase = _Phase.READY
        self._lies = 0
        self._conflicts = 0
        self._confirmed: float | None = None
        self._resumed = False
        self._uncertain = False
        self.forced = False
        self._asked_to_end: float | None = None
        self._unknown_since: float | None = None
        self._stale_until: float | None = None
        self._repeated = False
        self._wait_ends = now + (limits.busy if move.ways else limits.cold)
        self._not_before = now

    # --- what to do

    def next(self, server: Server | None, now: float) -> Step:
        """The next step; the same step is asked for again until it was reported on."""
        if server is None or server.gone:
            return Step.GONE
        if self.reason:
            return Step.FAILED
        if server.idle and server.status == "ERROR":
            # Why is in the records of what was under way.
            self._in_error = self._phase is _Phase.RUNNING
            return Step.EXAMINE if self._in_error else self._stuck(server)
        if server.idle and server.status == "VERIFY_RESIZE" and self.move.ways:
            return self._verify(now)
        if server.idle and server.status in _SETTLED and server.host not in (None, self.move.source):
            return Step.MOVED
        phases = {_Phase.READY: self._ready, _Phase.RUNNING: self._running, _Phase.ABORTING: self._aborting}
        return phases[self._phase](server, now)

    def _ready(self, server: Server, now: float) -> Step:
        if not self.move.ways:
            what = f"its owner was to move it within {self._limits.cold:g} s; it is in state {server.state}"
            return self._wait(now, what, LOOK_AT_IT)
        if self._uncertain and not server.idle:
            # The call whose answer got lost had been accepted.
            self.accepted(now)
            return Step.WAIT
        if server.idle and server.status in _STUCK:
            return self._stuck(server)
        if not server.idle or server.status not in _SETTLED:
            self._conflicts = 0
            what = f"something else is under way: it is in state {server.state} for {self._limits.busy:g} s"
            return self._wait(now, what, LOOK_AT_EVENTS)
        if now < self._not_before:
            return Step.WAIT
        return Step.RETARGET if self._targetless else self._climb(server)

    def _climb(self, server: Server) -> Step:
        while self._ways and server.status not in _FROM[self._ways[0]]:
            self._tried.append(f"{self._ways.pop(0)}: not possible in state {server.status}")
        if not self._ways:
            return self._fail("no way is left", BY_STATE.get(server.status, LOOK_AT_MIGRATIONS))
        self.how = self._ways[0]
        return Step.LIVE if self.how == LIVE else Step.COLD

    def _running(self, server: Server, now: float) -> Step:
        if server.idle and server.status in _SETTLED:
            return Step.EXAMINE
        if self.how == COLD:
            return self._wait(now, f"its cold migration is not over after {self._limits.cold:g} s; it is in state {server.state}")
        if now >= self._wait_ends and FORCE_COMPLETE in self.move.ways and not self.forced:
            self.forced = True
            self._wait_ends = now + self._limits.live
        if now >= self._wait_ends:
            self._phase = _Phase.ABORTING
            self._wait_ends = now + self._limits.settle
            return Step.ABORT
        if self.forced and (self._asked_to_end is None or now >= self._asked_to_end + self._limits.again):
            self._asked_to_end = now
            return Step.FORCE
        return Step.WAIT

    def _aborting(self, server: Server, now: float) -> Step:
        if server.idle and server.status in _SETTLED:
            self._next_way(self._too_long(), now)
            return self._ready(server, now)
        what = f"its live migration is {self._too_long()} and could not be aborted"
        return self._wait(now, f"{what}; it is in state {server.state}")

    def _too_long(self) -> str:
        seconds = f"{self._limits.live:g} s"
        return f"not over after {seconds}" + (f", nor {seconds} after it was forced to complete" if self.forced else "")

    def _verify(self, now: float) -> Step:
        """A cold migration waits for its confirmation: ours, or that of an earlier run, or an owner's resize."""
        if self.how != COLD and not self._resumed:
            return Step.EXAMINE
        if self._confirmed is None:
            self._wait_ends = now + self._limits.cold
        elif now < self._confirmed + self._limits.again:
            return Step.WAIT
        elif now >= self._wait_ends:
            what = f"its cold migration could not be confirmed within {self._limits.cold:g} s"
            return self._fail(what, BY_STATE["VERIFY_RESIZE"])
        self._confirmed = now
        return Step.CONFIRM

    def _wait(self, now: float, too_long: str, remedy: str = LOST) -> Step:
        return Step.WAIT if now < self._wait_ends else self._fail(too_long, remedy)

    def _stuck(self, server: Server) -> Step:
        reason = f"it is in state {server.status}, from which it cannot be moved"
        return self._fail(reason, BY_STATE.get(server.status, LOOK_AT_IT))

    # --- how it went

    def host_down(self, server: Server, words: str) -> None:
        """The source or the target is down while something is under way."""
        self._give_up(f"it is in state {server.state} and {words}", LOST)

    def accepted(self, now: float) -> None:
        """Nova took the live or cold migration."""
        self._phase = _Phase.RUNNING
        self._uncertain = False
        self._unknown_since = None
        self._conflicts = 0
        self.forced = False
        self._asked_to_end = self._confirmed = None
        self._wait_ends = now + (self._limits.live if self.how == LIVE else self._limits.cold)

    def refused(self, status: int | None, words: str, now: float) -> None:
        """Nova did not take it. Without an answer it may have been taken after all; a conflict may pass; anything else is final.

        What is at rest whenever it is tried, and refused nevertheless, is in nobody's way: that conflict does not pass.
        """
        if status is None or status >= 500 or status == 429:
            if not self._uncertain:
                self._wait_ends = now + self._limits.outage
            self._uncertain = True
        elif status in (400, 404) and self.move.target is not None and self.move.target in words and self._may_go_elsewhere:
            # There is no such host (any more).
            self._without_target(words, now)
            return
        else:
            self._conflicts += 1 if status == 409 else self._limits.conflicts
        if now >= self._wait_ends or self._conflicts >= self._limits.conflicts:
            self._next_way(words, now)
        else:
            self._not_before = now + self._limits.again

    def examined(self, finding: Finding, now: float) -> str | None:
        """What the records say about a server at rest where it was, or one that waits for a confirmation not known to be ours.

        :returns: what is worth a line although nothing is over yet.
        """
        if self._phase is _Phase.READY:
            self._resumed = finding.kind == MIGRATION and finding.source == self.move.source
            if self._resumed:
                self.how = COLD
            else:
                what = "it waits for its owner to confirm or revert a resize" if finding.kind == "resize" else _NOT_OURS
                self._give_up(f"{what} (state VERIFY_RESIZE)", BY_STATE["VERIFY_RESIZE"])
        elif self._in_error:
            words = f": {finding.words}" if finding.words else ""
            self._give_up(f"it is in state ERROR since its {self.how} migration{words}", BY_STATE["ERROR"])
        elif finding.outcome == "failed":
            return self._failed(finding.words, now)
        elif finding.outcome == "completed":
            self._lied(now)
        elif self._unknown_since is None:
            self._unknown_since = now
        elif now >= self._unknown_since + self._limits.settle:
            return self._vanished(now)
        return None

    def _failed(self, words: str, now: float) -> str | None:
        if _NO_HOST in words and self._scheduler_is_late(now):
            self._try_again(now)
            return f"{words} It is tried again: Nova's scheduler may not know yet where the members of its group are"
        if not self._repeated and any(name in words for name in _BUS_FAILED):
            self._repeated = True
            self._try_again(now)
            return f"{words}. It is tried once more: Nova's services did not hear each other"
        if _NO_HOST in words and self._may_go_elsewhere:
            self._without_target(words, now)
        else:
            self._next_way(words, now)
        return None

    def _vanished(self, now: float) -> str | None:
        words = "it ended without a record of how"
        if self._repeated:
            self._next_way(words, now)
            return None
        self._repeated = True
        self._try_again(now)
        return f"its {self.how} migration: {words}, as when nova-compute was killed. It is tried once more"

    @property
    def _may_go_elsewhere(self) -> bool:
        return self._retargets and len(self.refused_by) < self._limits.targets

    def _without_target(self, words: str, now: float) -> None:
        """Its target is full, disabled, down or gone by now."""
        self.refused_by.append(str(self.move.target))
        self._targetless = words
        self._try_again(now)
        self._not_before = now

    def retargeted(self, target: str | None, now: float) -> None:
        """It goes to another target from here on; None when there is none left."""
        if target is not None:
            if self.move.target is not None:
                self._tried.append(f"{self.how} to {self.move.target}: {self._targetless}")
            self.move = dataclasses.replace(self.move, target=target)
            self._targetless = ""
        elif self.move.target is None:
            self._give_up("none of the hosts that it may go to has room for it", LOOK_AT_IT)
        else:
            self._next_way(f"{self._targetless}; no other host that it may go to has room for it", now)

    def _scheduler_is_late(self, now: float) -> bool:
        """Whether the target may fit although the scheduler says no. Room is no such case: Placement is always up to date."""
        if self.move.group is None or self.move.target is None:
            return False
        if self._stale_until is None:
            self._stale_until = now + self._limits.scheduler
        return now < self._stale_until

    def _try_again(self, now: float) -> None:
        self._phase, self._not_before = _Phase.READY, now + self._limits.again
        self._wait_ends = now + self._limits.busy

    def _lied(self, now: float) -> None:
        words = f"Nova says completed, but it is still on {self.move.source}"
        self._lies += 1
        if self._lies > 1:
            self._tried.append(f"{self.how}: {words}, twice")
            self._give_up("its migration does not happen", LOOK_AT_MIGRATIONS)
            return
        self._tried.append(f"{self.how}: {words}")
        self._phase, self._not_before = _Phase.READY, now
        self._wait_ends = now + self._limits.busy

    def _next_way(self, words: str, now: float) -> None:
        self._tried.append(f"{self._ways.pop(0)}: {words}")
        # Another way may do with the target that was planned.
        self.move, self.refused_by = self.planned, []
        self._targetless = "it has no target" if self._retargets and self.planned.target is None else ""
        self._uncertain = False
        self._conflicts = 0
        self._phase, self._not_before = _Phase.READY, now
        self._wait_ends = now + self._limits.busy

    def _fail(self, reason: str, remedy: str) -> Step:
        self._give_up(reason, remedy)
        return Step.FAILED

    def _give_up(self, reason: str, remedy: str) -> None:
        tried = f" ({'; '.join(self._tried)})" if self._tried else ""
        self.reason = reason + tried
        self.remedy = remedy.format(id=self.move.instance)
