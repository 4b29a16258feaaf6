# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: room first, then waves (private to this collection). The form of the plan is in plan_schema.json."""

from __future__ import annotations

import dataclasses
import math
import typing as t

from . import explain
from . import options as option_names
from .blockers import Blocker, blockers
from .groups import Groups
from .options import Options
from .room import BLOCKED, NONE, PREPARE, Room
from .scale_in import ScaleIn
from .search import Search, Solution
from .snapshot import Cloud
from .state import State
from .waves import Wave, redo

SCHEMA = 2

Plan = dict[str, t.Any]


def plan(snapshot: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> Plan:
    """Make the plan; equal arguments give equal plans.

    :raises PlanError: when the snapshot or an option cannot be used.
    """
    return Planner(Cloud.read(snapshot), Options.read(options)).plan()


class Planner:
    """One cloud and what was asked for."""

    def __init__(self, cloud: Cloud, options: Options) -> None:
        """Know what is to do, what is in the way, and which hosts take instances."""
        self.asked = options
        self.cloud = cloud
        self.groups = Groups.read(cloud)
        self.to_do = options.to_do(cloud)
        unusable = {*self.to_do, *options.later}
        self.spare = [name for name, host in cloud.hosts.items() if name not in unusable and host.in_service]
        self.blockers = blockers(State(cloud, self.groups, options), self.to_do)
        self.riding = self._riding()
        self.options = dataclasses.replace(options, ride_through=options.ride_through | self.riding)
        blocked = {blocker.host for blocker in self.blockers if blocker.instance not in self.riding}
        self.free = [host for host in self.to_do if host not in blocked]
        in_service = [host for host in self.to_do if cloud.hosts[host].in_service]
        # Blocked hosts that are in service take something while the first room is made: nobody knows when they are maintained.
        self.others = {host: int(host in self.free) for host in in_service} | dict.fromkeys(self.spare, 0)

    def _riding(self) -> frozenset[str]:
        """The instances that stay on their host because nothing else is possible with them, when that was asked for."""
        if self.asked.on_blocker != option_names.RIDE_THROUGH:
            return frozenset()
        return frozenset(blocker.instance for blocker in self.blockers if blocker.instance and blocker.may_ride)

    def state(self, without: frozenset[str] = frozenset(), *, boundless: bool = False) -> State:
        """The cloud before the first move.

        :param without: instances to leave out.
        """
        cloud, groups = self.cloud, self.groups
        if without:
            cloud = cloud.without(without)
            groups = Groups.read(cloud)
        return State(cloud, groups, self.options, boundless=boundless)

    def search(self, state: State, *, thorough: bool = True) -> Search:
        """For ways through the hosts that are not blocked."""
        return Search(state, self.free, self.spare, self.others, thorough=thorough)

    def plan(self) -> Plan:
        """The plan."""
        search = self.search(self.state())
        solution = search.run()
        room = self._room(solution)
        if room.need not in (NONE, PREPARE):
            solution = solution.nothing()
        found = [*self.blockers, *room.blockers]
        if solution.waves.waves:
            found += self._left_over(solution)
        return self.record(search, solution, room, found)

    def _room(self, solution: Solution) -> Room:
        """What has to be done before the first wave."""
        waves = solution.waves
        if not waves.left and solution.first_moves:
            return prepared(solution)
        if not self.free:
            why = "every host of the maintenance is blocked" if self.to_do else "there is no host left to maintain"
            return Room(BLOCKED if self.to_do else NONE, why)
        if waves.left:
            room = self._removed(solution)
            if room is not None:
                return room
        if solution.first_moves:
            return prepared(solution)
        return Room(NONE, explain.why_wave(self.state(), waves.waves[0]))

    def _removed(self, solution: Solution) -> Room | None:
        """What scaling in helps; None when the hosts that are left over stay so."""
        hopeless = set(self.search(self.state(boundless=True), thorough=False).run().waves.left)

        def left_without(instances: frozenset[str]) -> tuple[str, ...]:
            return self.search(self.state(instances), thorough=False).run().waves.left

        def enough_for_all(instances: frozenset[str]) -> bool:
            return hopeless.issuperset(left_without(instances))

        def enough(instances: frozenset[str]) -> bool:
            return len(left_without(instances)) < len(self.free)

        asked = ScaleIn(self.state(), self.free, [host for host, tier in self.others.items() if not tier])
        if not solution.waves.waves:
            return asked.first(self.state(boundless=True), enough, enough_for_all)
        over = [host for host in solution.waves.left if host not in hopeless]
        return asked.whole(enough_for_all, over) if over else None

    def _left_over(self, solution: Solution) -> list[Blocker]:
        state = self.state()
        redo(state, solution.first_moves)
        for wave in solution.waves.waves:
            redo(state, wave.moves)
        return explain.no_room(state, solution.waves.left, [*self.spare, *_hosts(solution)])

    def record(self, search: Search, solution: Solution, room: Room, found: list[Blocker]) -> Plan:
        """In the form of a plan."""
        waves = solution.waves.waves
        wave_of = {host: number for number, wave in enumerate(waves, 1) for host in wave.hosts}
        blocked = [blocker.host for blocker in found if blocker.host not in wave_of]
        skip = self.asked.on_blocker == option_names.SKIP_HOST
        return {
            "schema": SCHEMA,
            "digest": self.cloud.digest,
            "options": self.asked.record(),
            "room": {
                "need": room.need,
                "host": room.hosts[0] if room.hosts else None,
                "hosts": [*room.hosts],
                "moves": [self._first_move(*move) for move in search.clock.in_order(room.moves)],
                "scale_in": room.scale_in,
                "why": room.why,
            },
            "waves": [self._wave(search, wave, wave_of) for wave in waves],
            "blockers": [blocker.record(self.asked.on_blocker) for blocker in found],
            "skipped": sorted({host for host in blocked if host is not None}) if skip else [],
            "riding": sorted(self.riding),
            "figures": self._figures(search, solution),
        }

    def _figures(self, search: Search, solution: Solution) -> Plan:
        waves = solution.waves.waves
        return {
            "hosts": len(self.to_do),
            "waves": len(waves),
            "moves": len(solution.first_moves) + sum(len(wave.moves) for wave in waves),
            "moves_lower_bound": search.moves_bound,
            "waves_lower_bound": search.waves_bound,
            "minutes": math.ceil(solution.seconds / 6) / 10,
        }

    def _wave(self, search: Search, wave: Wave, wave_of: t.Mapping[str, int]) -> Plan:
        return {
            "hosts": [*wave.hosts],
            "moves": [
                self._move(*move, explain.why_move(search.state, move[0], move[2], wave_of))
                for move in search.clock.in_order(wave.moves)
            ],
            "minutes": math.ceil(search.clock.wave(wave) / 6) / 10,
            "why": explain.why_wave(search.state, wave),
        }

    def _first_move(self, instance: str, source: str, target: str) -> Plan:
        again = target in self.free
        why = f"empties {source} before the first wave; " + ("moves once more with its new host" if again else "stays there")
        return self._move(instance, source, target, why)

    def _move(self, instance: str, source: str, target: str, why: str) -> Plan:
        record = self.cloud.instances[instance]
        return {
            "instance": instance,
            "name": record.name,
            "project_id": record.project_id,
            "from": source,
            "to": target,
            "group": self.groups.impact.get(instance),
            "ways": [*self.options.ways_of(self.cloud, instance)],
            "why": why,
        }


def prepared(solution: Solution) -> Room:
    """Room that the solution's first moves make."""
    hosts, moves = solution.prepared, solution.first_moves
    return Room(PREPARE, explain.why_first(moves, hosts), hosts, moves)


def _hosts(solution: Solution) -> list[str]:
    return [host for wave in solution.waves.waves for host in wave.hosts]
