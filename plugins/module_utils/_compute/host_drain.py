# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of M(nfv.maintenance.host_drain) to its result (private to this collection)."""

from __future__ import annotations

import dataclasses
import functools
import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError
from .control import Control
from .drain import Drain, Settings
from .explain import no_such_hosts, not_drained
from .moves import COLD, MIGRATION, Move, Server, check_order
from .outcome import Outcome
from .targets import Targets
from .teller import Put, Teller
from .watch import Compute, Leaving, Watch


@dataclasses.dataclass(frozen=True)
class Task:
    """What is to be drained.

    :ivar moves: the moves of a plan; None makes them of what is on the hosts.
    :ivar hosts: hosts that have to be empty at the end; None means those that the moves leave.
    :ivar ways: for instances whose move does not say.
    :ivar ride_through: instances that may stay.
    :ivar targets: hosts to which instances may go that their own target refuses, and those that are new on a host; None when
        nobody said so.
    :ivar only_confirm: whether nothing is begun, and only cold migrations of the moves are confirmed.
    """

    moves: t.Sequence[Record] | None
    hosts: t.Sequence[str] | None
    ways: tuple[str, ...]
    ride_through: frozenset[str] = frozenset()
    only_confirm: bool = False
    targets: frozenset[str] | None = None


# New servers are moved too, but not for ever: something places them there.
_PASSES = 3
# Seconds between two looks at a host that is about to be through with what has left it.
_SOON, _NOT_SO_SOON = 0.2, 2.0


class HostDrain:
    """One call of the module."""

    def __init__(
        self,
        compute: Compute,
        task: Task,
        settings: Settings,
        *,
        put: Put | None = None,
        control: t.Callable[[], Record | None] | None = None,
        room: t.Callable[[], t.Mapping[str, int]] = dict,
        progress: t.Callable[[str], None] | None = None,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
        wall: t.Callable[[], float] = time.time,
    ) -> None:
        """Nothing is called yet.

        :param put: tells the session what becomes of an instance, see :class:`.teller.Teller`.
        :param control: reads what people have said about the session, see :class:`.control.Control`.
        :param room: reads the MiB of memory that each host has to spare.
        """
        self._task = task
        self._compute = compute
        self._watch = Watch(compute)
        self._settings, self._clock, self._sleep = settings, clock, sleep
        self._progress = progress or (lambda _line: None)
        self._warnings: list[str] = []
        teller = self._teller = Teller(put, settings.limits.outage, self._progress)
        self._control = Control(control, settings.limits.pause, self._progress)
        self._drain = Drain(
            compute, self._watch, teller, settings,
            targets=Targets(task.targets, room, self._progress), control=self._control,
            progress=self._progress, clock=clock, sleep=sleep, wall=wall,
        )  # fmt: skip

    def run(self, check_mode: bool) -> Result:
        """Drain, or say what would be moved.

        :raises CollectionError: when something could not be moved, or a host is not empty at the end; with the full record.
        """
        moves = self._drain.patiently(self._moves)
        if check_mode:
            return self._foreseen(moves)
        outcome = self._drain.outcome
        try:
            self._drain.run(moves)
            left = self._drain.patiently(self._left)
            known = {move.instance for move in moves}
            for _number in range(_PASSES):
                if not left or self._over:
                    break
                more = self._drain.patiently(functools.partial(self._more, left, known))
                if not more:
                    break
                known |= {move.instance for move in more}
                self._drain.run(more)
                left = self._drain.patiently(self._left)
            if not left and not self._over:
                left = self._released()
        except CollectionError as exc:
            raise self._error(str(exc), outcome, exc.details) from exc
        told = {one["instance"] for one in [*outcome.failed, *outcome.remaining]}
        outcome.remaining += [record for record in left if record["instance"] not in told]
        over = self._teller.lost or self._control.halted
        if over is not None:
            raise self._error(str(over), outcome, over.details)
        if outcome.failed or left:
            raise self._error(not_drained(outcome.failed, outcome.remaining, self._services()), outcome, {})
        extra = {"warnings": self._warnings} if self._warnings else {}
        return Result(outcome.changed, outcome.record(), *_places(outcome.moved), extra=extra)

    @property
    def _over(self) -> bool:
        return bool(self._drain.outcome.failed) or self._teller.lost is not None or self._control.halted is not None

    # --- what is to be moved

    def _moves(self) -> list[Move]:
        """The moves that are to be made, after one look at each host they leave."""
        check_order(self._task.ways, "The drain")
        given = [Move.read(record, self._task.ways) for record in self._task.moves or ()]
        if self._task.only_confirm:
            sources = dict.fromkeys(move.source for move in given)
            waiting = {(server.id, host) for host in sources for server in self._watch.left_behind(host, MIGRATION)}
            return [dataclasses.replace(move, ways=(COLD,)) for move in given if (move.instance, move.source) in waiting]
        hosts = dict.fromkeys([*(move.source for move in given), *(self._task.hosts or ())])
        present = {host: self._watch.on_host(host) for host in hosts}
        self._refuse_unknown([host for host, servers in present.items() if not servers])
        if self._task.moves is not None:
            return [move for move in given if move.instance not in self._task.ride_through]
        moves = [self._unplanned(server, host, self._task.ways) for host, servers in present.items() for server in servers]
        # What an earlier run moved but could not confirm any more.
        moves += [self._unplanned(server, host, (COLD,)) for host in hosts for server in self._watch.left_behind(host)]
        return [move for move in moves if move.instance not in self._task.ride_through]

    def _refuse_unknown(self, empty: list[str]) -> None:
        """A host whose name is misspelt has no servers; it must not pass for an empty one."""
        if not empty:
            return
        known = [str(service["host"]) for service in self._compute.services()]
        unknown = [host for host in empty if host not in known]
        if unknown:
            raise no_such_hosts(unknown, known)

    @staticmethod
    def _unplanned(server: Server, host: str, ways: tuple[str, ...]) -> Move:
        return Move(server.id, server.name, host, None, ways)

    # --- what is left

    def _to_be_empty(self) -> list[str]:
        task = self._task
        if task.only_confirm:
            return []
        return [*dict.fromkeys(task.hosts if task.hosts is not None else [str(record["from"]) for record in task.moves or ()])]

    def _more(self, left: list[Record], known: t.Collection[str]) -> list[Move]:
        """What is still on the hosts and can be seen to.

        Cold migrations that an earlier run was killed before it could confirm: the plan of this one has no such moves. And
        servers that came after the plan was made, where it is known to which hosts they may go.
        """
        behind = [(server, host) for host in self._to_be_empty() for server in self._watch.left_behind(host, MIGRATION)]
        more = [self._unplanned(server, host, (COLD,)) for server, host in behind if server.id not in self._task.ride_through]
        waiting = {*known, *(move.instance for move in more)}
        new = [one for one in left if one["instance"] not in waiting and one["host"] == self._host(one["instance"])]
        if self._task.targets is None or not new:
            return more
        groups = {member: group["id"] for group in self._compute.groups() for member in group.get("members") or []}
        for one in new:
            self._progress(f"{one['name']}: came to {one['host']} after the moves were planned, and is moved too")
            more.append(Move(one["instance"], one["name"], one["host"], None, self._task.ways, groups.get(one["instance"])))
        return more

    def _host(self, instance: str) -> str | None:
        server = self._watch[instance]
        return server.host if server is not None else None

    def _left(self) -> list[Record]:
        """What is on the hosts that should be empty, or still has its disk there."""
        left = []
        for host in self._to_be_empty():
            for server in [*self._watch.on_host(host), *self._watch.left_behind(host)]:
                if server.id not in self._task.ride_through:
                    left.append({"instance": server.id, "name": server.name, "host": host, "state": server.state})
        return left

    def _released(self) -> list[Record]:
        """Wait until the hosts are through with what has left them; that which they are not through with in time."""
        silent = self._settings.limits.silent
        end = self._clock() + self._settings.limits.live
        moved = {one["instance"] for one in self._drain.outcome.moved}
        look: float | None = None
        abandoned: list[str] = []
        pause = _SOON
        while True:
            leaving = [one for one in self._drain.patiently(self._leaving) if one.migration not in abandoned]
            if look is None:
                # What has just moved cannot have been silent for long; what was under way before may have been.
                look = self._clock() + (silent if all(one.server.id in moved for one in leaving) else 0.0)
            if leaving and self._clock() >= look:
                look = self._clock() + silent
                abandoned += self._abandoned(leaving, self._drain.patiently(self._compute.services))
                leaving = [one for one in leaving if one.migration not in abandoned]
            if not leaving or self._clock() >= end:
                return [self._held(one) for one in leaving]
            self._sleep(min(pause, self._settings.poll_interval))
            pause = min(pause * 1.5, _NOT_SO_SOON)

    def _leaving(self) -> list[Leaving]:
        hosts = self._to_be_empty()
        return self._watch.leaving(hosts) if hosts else []

    def _abandoned(self, leaving: list[Leaving], services: list[Record]) -> list[str]:
        """Migrations at which nobody works any more: a nova-compute that dies right after the move leaves its record so for good.

        What time it is for Nova, the newest report of a nova-compute says.
        """
        reports = [str(service["updated_at"]) for service in services if service.get("updated_at")]
        found = [one for one in leaving if reports and one.abandoned(max(reports), self._settings.limits.silent)]
        for one in found:
            server = f"{one.server.name} ({one.server.id})"
            self._warn(
                f"{server} is at rest on {one.server.host}, but Nova's record says since {one.touched} that its live migration "
                f"away from {one.host} goes on. Nobody works at it any more, so it is not waited for. Its room on {one.host} may "
                f"be taken still: see openstack resource provider allocation show {one.migration}"
            )
        return [one.migration for one in found]

    def _warn(self, text: str) -> None:
        self._warnings.append(text)
        self._progress(text)

    @staticmethod
    def _held(one: Leaving) -> Record:
        return {
            "instance": one.server.id, "name": one.server.name, "host": one.host,
            "state": f"{one.server.state} on {one.server.host}, but {one.host} is not through with its live migration",
            "remedy": f"openstack server migration list --server {one.server.id}; "
            f"when nothing goes on with it any more, restart nova-compute on {one.host}",
        }  # fmt: skip

    def _services(self) -> list[Record]:
        """The hosts' services, to say more about a failure; what cannot be read then is left out."""
        try:
            return self._compute.services()
        except CollectionError as exc:
            self._progress(str(exc))
            return []

    # --- results

    def _foreseen(self, moves: list[Move]) -> Result:
        outcome = Outcome()
        self._watch.begin(moves)
        for move in moves:
            server = self._watch[move.instance]
            common = {"instance": move.instance, "name": move.name, "from": move.source}
            if server is None or server.gone:
                outcome.gone.append(common)
                continue
            here = server.host == move.source
            how = next(iter(move.ways), None) if here else None
            outcome.moved.append({**common, "to": move.target if here else server.host, "how": how, "seconds": 0})
            outcome.changed |= here or server.status == "VERIFY_RESIZE"
        return Result(outcome.changed, outcome.record(), *_places(outcome.moved))

    @staticmethod
    def _error(message: str, outcome: Outcome, details: Record) -> CollectionError:
        record = outcome.record()
        del record["seconds"]
        return CollectionError(message, **{**details, **record, "changed": outcome.changed})


def _places(moved: list[Record]) -> tuple[Record, Record]:
    """For the diff; what had been moved before does not differ."""
    before = {f"{one['name']} ({one['instance']})": one["from"] if one["how"] else one["to"] for one in moved}
    after = {f"{one['name']} ({one['instance']})": one["to"] or "chosen by the scheduler" for one in moved}
    return before, after
