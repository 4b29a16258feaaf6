# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emptying hosts: the moves, the window kept full, one look at all servers a poll (private to this collection)."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError
from .control import Control
from .hosts import down
from .ladder import OVER, Ladder, Step
from .limits import Limits
from .moves import LIVE, Finding, Move, Server, assess
from .outcome import Outcome
from .pace import Pace
from .progress import Progress
from .targets import Targets
from .teller import Teller, transient
from .watch import Compute, Watch
from .window import GroupLimit, Window

Result = t.TypeVar("Result")
# Seconds between two looks at the hosts of what is under way.
_HOST_LOOK = 15.0


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a drain goes about it.

    :ivar others_first: whether moves are still begun after one has failed; the drain fails all the same.
    """

    limits: Limits = dataclasses.field(default_factory=Limits)
    max_per_host: int = 2
    max_total: int = 4
    others_first: bool = False
    poll_interval: float = 10.0
    groups: t.Mapping[str, GroupLimit] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class _Active:
    ladder: Ladder
    # As the window counts it.
    counted: Move
    request_id: str | None = None
    # The poll after which something was last done: what was seen before it says nothing about what came of it.
    acted: int = -1
    # In which words Nova refused last what is asked again and again.
    refusal: str = ""

    @property
    def move(self) -> Move:
        return self.ladder.move


class Drain:
    """One run over some moves."""

    def __init__(
        self,
        compute: Compute,
        watch: Watch,
        teller: Teller,
        settings: Settings,
        *,
        targets: Targets,
        control: Control,
        progress: t.Callable[[str], None],
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
        wall: t.Callable[[], float] = time.time,
    ) -> None:
        """Nothing is called yet.

        :param clock: and ``sleep`` are the time that everything is measured with.
        :param wall: seconds of the epoch, for what is to begin at a certain time.
        """
        self._compute = compute
        self._watch = watch
        self._teller = teller
        self._settings = settings
        self._targets = targets
        self._control = control
        self._say = progress
        self._progress = Progress(progress)
        self._clock, self._sleep, self._wall = clock, sleep, wall
        self._window = Window(settings.max_total, settings.max_per_host, settings.groups)
        self._active: list[_Active] = []
        self._waiting: list[Move] = []
        self._begins: dict[str, float] = {}
        self._pace = Pace(settings.poll_interval)
        self._polls = 0
        self._host_look = 0.0
        self._down_since: dict[str, float] = {}
        self.outcome = Outcome()

    # --- the loop

    def run(self, moves: t.Sequence[Move]) -> Outcome:
        """Make the moves. After the first failure nothing is started any more (unless ``others_first``); what is under way is
        brought to its end.

        May be called again with other moves; the outcome is that of all.

        :raises CollectionError: when Nova or the session API is away for too long, or a move is not to begin for very long.
        """
        begun = self._clock()
        self._host_look = begun + _HOST_LOOK
        self._waiting = list(moves)
        self._progress.expect(len(moves), begun)
        self._see_notices()
        try:
            self.patiently(lambda: self._watch.begin(moves))
            while self._waiting or self._active or self._teller.waiting:
                self._fill()
                for active in list(self._active):
                    self._take(active)
                if not self._active and not self._teller.waiting and (self._stopped or not self._waiting):
                    break
                if self._fillable():
                    continue
                self._wait()
        finally:
            self.outcome.remaining += [self._left(active.move, "under way") for active in self._active]
            self.outcome.remaining += [self._left(move, "not started") for move in self._waiting]
            self.outcome.seconds += self._clock() - begun
        return self.outcome

    @property
    def _stopped(self) -> bool:
        failed = bool(self.outcome.failed) and not self._settings.others_first
        return failed or self._teller.lost is not None or self._control.halted is not None

    def _see_notices(self) -> None:
        for move in self._waiting:
            if move.not_before is None:
                continue
            notice = move.not_before - self._wall()
            if notice > self._settings.limits.notice:
                raise CollectionError(
                    f"Move of {move.label} is not to begin for {notice:.0f} s, and nothing is waited for longer than "
                    f"{self._settings.limits.notice:g} s. Next: see lead_time among the constraints of its owner"
                )
            if notice > 0:
                self._begins[move.instance] = self._clock() + notice
                self._say(f"{move.name}: begins in {notice:.0f} s, as its owner wants to be told so long before")

    def _may_begin(self, move: Move) -> bool:
        now = self._clock()
        return self._begins.get(move.instance, now) <= now and self._window.allows(move, now)

    def _fillable(self) -> bool:
        return not self._stopped and any(map(self._may_begin, self._waiting)) and not self._control.holds(self._clock())

    def _fill(self) -> None:
        while self._fillable():
            move = next(filter(self._may_begin, self._waiting))
            self._waiting.remove(move)
            self._window.start(move)
            ladder = Ladder(move, self._settings.limits, self._clock(), retargets=self._targets.known)
            self._active.append(_Active(ladder, move))
            self._progress.begin(self._clock())
            self._pace.begin()

    def _wait(self) -> None:
        now = self._clock()
        begins = [self._begins.get(move.instance, now) for move in self._waiting]
        self._sleep(self._pace.pause(self._ages, [at - now for at in (*begins, *self._window.recoveries())]))
        self._teller.flush(self._clock())
        under_way = [f"{one.move.name} ({self._watch.state(one.move.instance)})" for one in self._active]
        self._progress.quiet(under_way, len(self._waiting), self._clock())
        if self._active:
            self.patiently(lambda: self._watch.poll(active.move.instance for active in self._active))
            self._polls += 1
            self._look_at_hosts()

    @property
    def _ages(self) -> list[float]:
        return [self._clock() - one.ladder.begun for one in self._active]

    def _look_at_hosts(self) -> None:
        """Nothing comes of a move while a host of it is down, and waiting for it would only hide that."""
        now = self._clock()
        if now < self._host_look or not self._pace.overdue(self._ages):
            return
        self._host_look = now + _HOST_LOOK
        try:
            dead = down(self._compute.services())
        except ServiceError as exc:
            self._say(str(exc))
            return
        self._down_since = {host: self._down_since.get(host, now) for host in dead}
        for active in self._active:
            server = self._watch[active.move.instance]
            if server is None or (server.idle and server.status != "VERIFY_RESIZE"):
                continue
            for host in (active.move.source, active.move.target):
                if host in dead and now - self._down_since[str(host)] >= self._settings.limits.down:
                    active.ladder.host_down(server, f"nova-compute on {host} is {dead[host]}")

    def patiently(self, call: t.Callable[[], Result]) -> Result:
        """Make a reading call; a service that is away is asked again, for a bounded time."""
        end: float | None = None
        while True:
            try:
                return call()
            except ServiceError as exc:
                now = self._clock()
                end = now + self._settings.limits.outage if end is None else end
                if not transient(exc) or now >= end:
                    raise
                self._sleep(self._pace.between_tries)

    # --- one move

    def _take(self, active: _Active) -> None:
        """Do what the ladder says, until it says wait or the move is over."""
        while active.acted < self._polls:
            server = self._watch[active.move.instance]
            step = active.ladder.next(server, self._clock())
            if step in OVER:
                self._over(active, step, server)
            if step in OVER or step is Step.WAIT:
                return
            self._do(active, step)

    def _do(self, active: _Active, step: Step) -> None:
        if step is Step.EXAMINE:
            self._examine(active)
            return
        if step is Step.RETARGET:
            self._retarget(active)
            return
        active.acted = self._polls
        if step in (Step.LIVE, Step.COLD):
            self._start(active, step)
        elif step is Step.CONFIRM:
            self._pace.hurry()
            self._attempt(active, lambda: self._compute.confirm(active.move.instance))
        elif step is Step.FORCE:
            self._attempt(active, lambda: self._force(active.move.instance))
        elif step is Step.ABORT:
            self._attempt(active, lambda: self._abort(active.move.instance))

    def _retarget(self, active: _Active) -> None:
        move, ladder = active.move, active.ladder
        target = self._targets.other(move, ladder.refused_by, self._window)
        if target is not None and move.target is not None:
            self._say(f"{move.name}: {move.target} does not take it, so it goes to {target}")
        ladder.retargeted(target, self._clock())

    def _start(self, active: _Active, step: Step) -> None:
        move, ladder = active.move, active.ladder
        # Another try, or another way, is begun no more than another move.
        if self._control.holds(self._clock()):
            if self._control.halted is not None:
                self._put_back(active)
            return
        if move.target not in (None, active.counted.target):
            if not self._window.takes(str(move.target)):
                return
            self._window.redirect(active.counted, move)
            active.counted = move
        # Told first: a runner that lost its lease must not start anything.
        self._teller.tell(self._clock(), move.instance, state="MOVING", how=ladder.how, from_host=move.source)
        if self._teller.lost is not None:
            self._put_back(active)
            return
        call = self._compute.live_migrate if step is Step.LIVE else self._compute.migrate
        try:
            active.request_id = call(move.instance, move.target)
        except ServiceError as exc:
            ladder.refused(exc.status, str(exc), self._clock())
        else:
            ladder.accepted(self._clock())
        self.outcome.changed = True

    def _put_back(self, active: _Active) -> None:
        self._active.remove(active)
        self._waiting.insert(0, active.ladder.planned)
        self._window.end(active.counted, self._clock())

    def _examine(self, active: _Active) -> None:
        move, finding = active.move, Finding("unknown")
        try:
            request = active.request_id
            action = self._compute.instance_action(move.instance, request) if request else None
            what = f"read the migrations of server {move.instance}"
            finding = assess(action, self._compute.migrations(what, instance_uuid=move.instance))
        except ServiceError as exc:
            self._say(str(exc))
            if transient(exc):
                active.acted = self._polls
                return
        line = active.ladder.examined(finding, self._clock())
        if line:
            self._say(f"{move.name}: {line}")
        if finding.outcome not in ("failed", "completed"):
            active.acted = self._polls

    def _force(self, instance: str) -> None:
        migration = self._going(instance)
        if migration is not None and migration.get("status") == "running":
            self._compute.force_complete(instance, migration["id"])

    def _abort(self, instance: str) -> None:
        migration = self._going(instance)
        if migration is not None:
            self._compute.abort(instance, migration["id"])

    def _going(self, instance: str) -> Record | None:
        """Its live migration; an older one was left behind by a nova-compute that died, and answers nothing."""
        return max(self._compute.live_migrations(instance), key=lambda one: int(one["id"]), default=None)

    def _attempt(self, active: _Active, call: t.Callable[[], None]) -> None:
        """What Nova refuses here shows in the state of the server; the ladder asks again or gives up."""
        try:
            call()
            self.outcome.changed = True
        except ServiceError as exc:
            if active.refusal != str(exc):
                active.refusal = str(exc)
                self._say(active.refusal)

    def _over(self, active: _Active, step: Step, server: Server | None) -> None:
        move, ladder, now = active.ladder.planned, active.ladder, self._clock()
        self._active.remove(active)
        self._window.end(active.counted, now)
        seconds = round(now - ladder.begun, 1)
        common = {"instance": move.instance, "name": move.name, "from": move.source}
        if step is Step.GONE or server is None:
            self.outcome.gone.append(common)
            self._progress.finish(f"{move.name}: gone from {move.source}, deleted or shelved by its owner", now)
            return
        if step is Step.FAILED:
            why = {"reason": ladder.reason, "remedy": ladder.remedy}
            self.outcome.failed.append({**common, "to": move.target, "host": server.host, "state": server.state, **why})
            self._teller.tell(now, move.instance, state="FAILED", host=server.host, from_host=move.source, reason=ladder.reason)
            self._progress.finish(f"{move.name}: {move.way} failed: {ladder.reason}", now)
            return
        if ladder.how:
            self._pace.took(seconds)
        self.outcome.moved.append({**common, "to": server.host, "how": ladder.how, "seconds": seconds})
        self._teller.tell(
            now, move.instance, state="MOVED", host=server.host, how=ladder.how, from_host=move.source, seconds=seconds
        )
        way = f"{ladder.how}, forced to complete" if ladder.forced and ladder.how == LIVE else ladder.how
        how = f"{way}, {seconds:.1f} s" if way else "before"
        self._progress.finish(f"{move.name}: {move.source} -> {server.host} ({how})", now)

    def _left(self, move: Move, why: str) -> Record:
        return {"instance": move.instance, "name": move.name, "host": move.source, "state": why}
