# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ladder of one move: live, force complete, cold and confirm, give up (private to this collection).

Pure: it is shown the server and the time and says what to do; who does it tells it how that went. Nothing here waits or calls.
"""

from __future__ import annotations

import dataclasses
import enum

from .moves import COLD, LIVE, MIGRATION, Finding, Move, Server

# A guest comes to rest in one of these; anything else is on the way.
_SETTLED = ("ACTIVE", "PAUSED", "SHUTOFF")
_FROM = {LIVE: ("ACTIVE", "PAUSED"), COLD: ("ACTIVE", "SHUTOFF")}
_STUCK = ("RESCUE", "SUSPENDED", "SHELVED", "UNKNOWN")
# What the operator, or the owner, does about a server that cannot be moved in its state.
_REMEDIES = {
    "ERROR": "find out why (openstack server show {id}), then repair it (openstack server set --state active {id}) or delete it",
    "RESCUE": "end the rescue (openstack server unrescue {id})",
    "SUSPENDED": "resume it (openstack server resume {id})",
    "SHELVED": "take it off the host (openstack server shelve --offload {id}), or unshelve it",
    "VERIFY_RESIZE": "confirm or revert it (openstack server resize confirm {id}, or revert)",
    "PAUSED": "unpause it (openstack server unpause {id}), or allow live migration",
}
_NOT_OURS = "it waits for somebody to confirm or revert a migration that was not ours"
_NO_HOST = "No valid host"
# Exceptions of oslo.messaging: Nova's own services did not hear each other, which says nothing about the server or its target.
_BUS_FAILED = ("MessagingTimeout", "MessageDeliveryFailure", "MessageUndeliverable")
_LOOK_AT_IT = "openstack server show {id}"
_LOOK_AT_EVENTS = "see who does what with it (openstack server event list {id})"
_LOOK_AT_MIGRATIONS = "openstack server migration list --server {id}"
# A message of Nova's that got lost leaves a server in the middle of a migration for ever.
_LOST = f"{_LOOK_AT_MIGRATIONS}; when nothing goes on with it any more, openstack server set --state active {{id}}"


class Step(enum.Enum):
    """What to do next about a move."""

    WAIT = enum.auto()
    LIVE = enum.auto()
    COLD = enum.auto()
    CONFIRM = enum.auto()
    FORCE = enum.auto()
    ABORT = enum.auto()
    EXAMINE = enum.auto()
    MOVED = enum.auto()
    FAILED = enum.auto()
    GONE = enum.auto()


OVER = (Step.MOVED, Step.FAILED, Step.GONE)


class _Phase(enum.Enum):
    READY = enum.auto()
    RUNNING = enum.auto()
    ABORTING = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for each wait.

    :ivar live: for a live migration; half of it is over before it is forced.
    :ivar cold: for a cold migration, and for its confirmation; also for an owner who moves the instance.
    :ivar busy: while somebody else's operation on the server is under way.
    :ivar settle: after an abort, and for records to appear.
    :ivar outage: while it is unknown whether a call was accepted.
    :ivar down: while a host of a move under way may be down according to Nova; a bus that is restarted lets all hosts look dead.
    :ivar scheduler: while Nova's scheduler may see a member of a server group where it was before; it keeps a list of the servers
        of each host and hears of moves after two minutes at the latest (``scheduler_instance_sync_interval``).
    :ivar silent: while Nova writes nothing about a live migration whose server rests on its new host; then nobody is at work.
    :ivar again: between two tries.
    :ivar conflicts: not seconds, but how often a server at rest may be refused with a conflict before that is final.
    """

    live: float = 300
    cold: float = 600
    busy: float = 120
    settle: float = 60
    outage: float = 60
    down: float = 45
    scheduler: float = 150
    silent: float = 60
    again: float = 5
    conflicts: int = 3


class Ladder:
    """One move on its way up the ladder.

    :ivar how: the way that was taken last, None before the first (and for a server that had been moved before).
    :ivar reason: why it failed.
    :ivar remedy: what to do about that, with the command.
    :ivar begun: when it was this move's turn.
    """

    def __init__(self, move: Move, limits: Limits, now: float) -> None:
        """The waits begin when somebody asks :meth:`next` for the first time, so make it when its turn comes."""
        self.move = move
        self.how: str | None = None
        self.reason = ""
        self.remedy = ""
        self.begun = now
        self._limits = limits
        self._ways = list(move.ways)
        self._tried: list[str] = []
        self._phase = _Phase.READY
        self._lies = 0
        self._conflicts = 0
        self._confirmed: float | None = None
        self._resumed = False
        self._uncertain = False
        self._forced: float | None = None
        self._unknown_since: float | None = None
        self._stale_until: float | None = None
        self._bus_failed = False
        self._wait_ends = now + (limits.busy if move.ways else limits.cold)
        self._not_before = now
        self._started = now

    # --- what to do

    def next(self, server: Server | None, now: float) -> Step:
        """The next step; the same step is asked for again until it was reported on."""
        if server is None or server.gone:
            return Step.GONE
        if self.reason:
            return Step.FAILED
        if server.idle and server.status == "ERROR":
            return self._stuck(server)
        if server.idle and server.status == "VERIFY_RESIZE" and self.move.ways:
            return self._verify(now)
        if server.idle and server.status in _SETTLED and server.host not in (None, self.move.source):
            return Step.MOVED
        phases = {_Phase.READY: self._ready, _Phase.RUNNING: self._running, _Phase.ABORTING: self._aborting}
        return phases[self._phase](server, now)

    def _ready(self, server: Server, now: float) -> Step:
        if not self.move.ways:
            what = f"its owner was to move it within {self._limits.cold:g} s; it is in state {server.state}"
            return self._wait(now, what, _LOOK_AT_IT)
        if self._uncertain and not server.idle:
            # The call whose answer got lost had been accepted.
            self.accepted(now)
            return Step.WAIT
        if server.idle and server.status in _STUCK:
            return self._stuck(server)
        if not server.idle or server.status not in _SETTLED:
            self._conflicts = 0
            what = f"something else is under way: it is in state {server.state} for {self._limits.busy:g} s"
            return self._wait(now, what, _LOOK_AT_EVENTS)
        return Step.WAIT if now < self._not_before else self._climb(server)

    def _climb(self, server: Server) -> Step:
        while self._ways and server.status not in _FROM[self._ways[0]]:
            self._tried.append(f"{self._ways.pop(0)}: not possible in state {server.status}")
        if not self._ways:
            return self._fail("no way is left", _REMEDIES.get(server.status, _LOOK_AT_MIGRATIONS))
        self.how = self._ways[0]
        return Step.LIVE if self.how == LIVE else Step.COLD

    def _running(self, server: Server, now: float) -> Step:
        if server.idle and server.status in _SETTLED:
            return Step.EXAMINE
        if self.how == COLD:
            return self._wait(now, f"its cold migration is not over after {self._limits.cold:g} s; it is in state {server.state}")
        if now >= self._wait_ends:
            self._phase = _Phase.ABORTING
            self._wait_ends = now + self._limits.settle
            return Step.ABORT
        if now >= self._started + self._limits.live / 2 and (self._forced is None or now >= self._forced + self._limits.again):
            self._forced = now
            return Step.FORCE
        return Step.WAIT

    def _aborting(self, server: Server, now: float) -> Step:
        if server.idle and server.status in _SETTLED:
            self._next_way(f"not over within {self._limits.live:g} s", now)
            return self._ready(server, now)
        what = f"its live migration is not over after {self._limits.live:g} s and could not be aborted"
        return self._wait(now, f"{what}; it is in state {server.state}")

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
            return self._fail(what, _REMEDIES["VERIFY_RESIZE"])
        self._confirmed = now
        return Step.CONFIRM

    def _wait(self, now: float, too_long: str, remedy: str = _LOST) -> Step:
        return Step.WAIT if now < self._wait_ends else self._fail(too_long, remedy)

    def _stuck(self, server: Server) -> Step:
        reason = f"it is in state {server.status}, from which it cannot be moved"
        return self._fail(reason, _REMEDIES.get(server.status, _LOOK_AT_IT))

    # --- how it went

    def host_down(self, server: Server, words: str) -> None:
        """The source or the target is down while something is under way."""
        self._give_up(f"it is in state {server.state} and {words}", _LOST)

    def accepted(self, now: float) -> None:
        """Nova took the live or cold migration."""
        self._phase = _Phase.RUNNING
        self._uncertain = False
        self._unknown_since = None
        self._conflicts = 0
        self._forced = self._confirmed = None
        self._started = now
        self._wait_ends = now + (self._limits.live if self.how == LIVE else self._limits.cold)

    def refused(self, status: int | None, words: str, now: float) -> None:
        """Nova did not take it. Without an answer it may have been taken after all; a conflict may pass; anything else is final.

        What is at rest whenever it is tried, and refused nevertheless, is in nobody's way: that conflict does not pass.
        """
        if status is None or status >= 500 or status == 429:
            if not self._uncertain:
                self._wait_ends = now + self._limits.outage
            self._uncertain = True
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
                self._give_up(f"{what} (state VERIFY_RESIZE)", _REMEDIES["VERIFY_RESIZE"])
        elif finding.outcome == "failed" and _NO_HOST in finding.words and self._scheduler_is_late(now):
            self._try_again(now)
            return f"{finding.words} It is tried again: Nova's scheduler may not know yet where the members of its group are"
        elif finding.outcome == "failed" and not self._bus_failed and any(name in finding.words for name in _BUS_FAILED):
            self._bus_failed = True
            self._try_again(now)
            return f"{finding.words}. It is tried once more: Nova's services did not hear each other"
        elif finding.outcome == "failed":
            self._next_way(finding.words, now)
        elif finding.outcome == "completed":
            self._lied(now)
        elif self._unknown_since is None:
            self._unknown_since = now
        elif now >= self._unknown_since + self._limits.settle:
            self._next_way("it ended without a record", now)
        return None

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
            self._give_up("its migration does not happen", _LOOK_AT_MIGRATIONS)
            return
        self._tried.append(f"{self.how}: {words}")
        self._phase, self._not_before = _Phase.READY, now
        self._wait_ends = now + self._limits.busy

    def _next_way(self, words: str, now: float) -> None:
        self._tried.append(f"{self._ways.pop(0)}: {words}")
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
