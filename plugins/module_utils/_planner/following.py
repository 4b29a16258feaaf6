# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left of a plan that was made earlier, and whether it still holds (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from .blockers import blockers
from .options import Options
from .plan import SCHEMA, Plan, Planner
from .plan import prepared as prepared_room
from .room import NONE, PREPARE, Room
from .snapshot import Cloud, PlanError
from .state import State
from .waves import Moves, Wave, Waves


class Followed(t.NamedTuple):
    """An earlier plan, looked at again.

    :ivar plan: what is left of it, in the form of a plan; None when there is nothing to keep to. Without changes that is a plan
        that wants room by scaling in: it has no waves yet.
    :ivar changes: what is not as it was when it was made, a sentence each; those that it cannot be kept to because of come first.
    """

    plan: Plan | None
    changes: list[str]


def follow(made: t.Mapping[str, t.Any], snapshot: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> Followed:
    """Look whether the plan still holds for the hosts to do: each of its moves is possible, and empties what it should.

    :param made: the plan; the hosts of the options are those of the plan that are still to be done.
    :raises PlanError: when the plan, the snapshot or an option cannot be used.
    """
    if made.get("schema") != SCHEMA:
        raise PlanError(f"The plan to follow has form {made.get('schema')!r}; this planner reads form {SCHEMA}")
    try:
        return _Follower(made, Cloud.read(snapshot), Options.read(options)).follow()
    except (KeyError, TypeError, AttributeError) as exc:
        raise PlanError(f"The plan to follow is not one of maintenance_plan: {type(exc).__name__}: {exc}") from exc


class _Follower:
    def __init__(self, made: t.Mapping[str, t.Any], cloud: Cloud, options: Options) -> None:
        self.made, self.cloud, self.options = made, cloud, options
        self.obstacles: list[str] = []
        self.notes: list[str] = []
        self.riding = frozenset(str(one) for one in made["riding"]) & set(cloud.instances)
        record = {**options.record(), "ride_through": sorted(options.ride_through | self.riding)}
        self.planner = Planner(cloud, Options.read(record))
        self.state: State = self.planner.state()
        self.to_do = set(self.planner.to_do)

    def follow(self) -> Followed:
        """Go through the plan on the cloud as it is."""
        if self.made["room"]["need"] not in (NONE, PREPARE):
            return Followed(None, [])
        if self.cloud.digest == self.made["digest"]:
            return Followed(self._record(*self._walk()), [])
        self._look_at_hosts()
        parts = self._walk()
        changes = [*self.obstacles, *self.notes]
        return Followed(None if self.obstacles else self._record(*parts), changes)

    def _look_at_hosts(self) -> None:
        planned = {str(host) for wave in self.made["waves"] for host in wave["hosts"]}
        known = planned | set(self.made["skipped"]) | {str(one["host"]) for one in self.made["blockers"]}
        for host in sorted(self.to_do - known):
            self.obstacles.append(f"host {host} is to be maintained, and the plan says nothing of it")
        found = blockers(self.state, sorted(self.to_do & planned))
        self.obstacles += [blocker.reason for blocker in found]

    def _walk(self) -> tuple[Moves, tuple[str, ...], list[Wave]]:
        """Simulate what is left; returns the moves before the first wave, the hosts they empty, and the waves."""
        spare = set(self.planner.spare)
        first, prepared = self._room()
        waves = []
        for number, planned in enumerate(self.made["waves"], 1):
            hosts = tuple(str(host) for host in planned["hosts"] if host in self.to_do)
            if not hosts:
                continue
            self._tolerated(hosts, f"wave {number}")
            moves = self._moves(planned["moves"], hosts, spare, f"wave {number}")
            self._emptied(hosts, f"wave {number}")
            waves.append(Wave(hosts, moves))
            spare.update(hosts)
        return first, prepared, waves

    def _room(self) -> tuple[Moves, tuple[str, ...]]:
        """The moves before the first wave, as far as they are to be done."""
        room = self.made["room"]
        begun = self.options.done or self.options.later
        if room["need"] != PREPARE or begun:
            return (), ()
        hosts = tuple(str(host) for host in room["hosts"])
        self._tolerated(hosts, "the first room")
        targets = set(self.planner.others) - set(hosts)
        moves = self._moves(room["moves"], hosts, targets, "the first room")
        self._emptied(hosts, "the first room")
        return moves, hosts if moves else ()

    def _tolerated(self, hosts: t.Iterable[str], where: str) -> None:
        impacted: collections.Counter[str] = collections.Counter()
        for host in hosts:
            more = self.state.groups.impacted(self.state.to_move(host))
            group = self.state.groups.too_many(impacted, more)
            if group is not None:
                self.obstacles.append(
                    f"{where} would impact more members of group {self.state.groups.name(group)} than are tolerated now"
                )
            impacted.update(more)

    def _moves(self, planned: t.Iterable[t.Mapping[str, t.Any]], hosts: t.Iterable[str], targets: set[str], where: str) -> Moves:
        moves = []
        for move in planned:
            key, source, target = str(move["instance"]), str(move["from"]), str(move["to"])
            if source not in hosts:
                continue
            instance = self.cloud.instances.get(key)
            if instance is None:
                self.notes.append(f"instance {move['name']} ({key}) is gone")
            elif self.state.location[key] != source:
                if self.state.location[key] != target:
                    self.notes.append(f"instance {instance.label} is not on {source} any more, but on {self.state.location[key]}")
            else:
                why_not = self._why_not(key, target, targets)
                if why_not:
                    self.obstacles.append(f"{where} moves instance {instance.label} from {source} to {target}: {why_not}")
                else:
                    moves.append((key, source, target))
                    self.state.move(key, target)
        return tuple(moves)

    def _why_not(self, key: str, target: str, targets: set[str]) -> str | None:
        host = self.cloud.hosts.get(target)
        if host is None:
            return f"there is no host {target} any more"
        if not host.in_service and not host.ours:
            return f"{target} is {'disabled' if host.up else 'down'}"
        if target not in targets:
            return f"{target} is not maintained by then"
        lacking = self.state.why_not(self.cloud.instances[key], target)
        return f"{target} is no place for it now ({lacking})" if lacking else None

    def _emptied(self, hosts: t.Iterable[str], where: str) -> None:
        for host in hosts:
            for key in self.state.to_move(host):
                label = self.cloud.instances[key].label
                if not any(label in obstacle for obstacle in self.obstacles):
                    self.obstacles.append(f"{where} works on {host}, and the plan does not move instance {label} away from it")

    def _record(self, first: Moves, prepared: tuple[str, ...], waves: list[Wave]) -> Plan:
        planner = self.planner
        search = planner.search(planner.state(), thorough=False)
        left = tuple(sorted(self.to_do - {host for wave in waves for host in wave.hosts}))
        solution = search.solution(prepared, first, Waves(tuple(waves), ()))
        room = prepared_room(solution) if first else Room(NONE, str(self.made["room"]["why"]))
        record = planner.record(search, solution, room, [])
        record["blockers"] = [one for one in self.made["blockers"] if one["host"] is None or one["host"] in left]
        record["skipped"] = [host for host in self.made["skipped"] if host in left]
        record["riding"] = sorted(self.riding)
        return record
