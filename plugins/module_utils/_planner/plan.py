# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: room first, then waves (private to this collection). The form of the plan is in plan_schema.json."""

from __future__ import annotations

import typing as t

from . import room as rooms
from .blockers import Blocker, blockers
from .bounds import moves_bound, waves_bound
from .capacity import State
from .groups import Groups
from .snapshot import Cloud, Options
from .waves import Waves, build, no_room

SCHEMA = 1

Plan = dict[str, t.Any]


def plan(snapshot: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> Plan:
    """Make the plan; equal arguments give equal plans.

    :raises PlanError: when the snapshot or an option cannot be used.
    """
    return _Planner(Cloud.read(snapshot), Options.read(options)).plan()


class _Planner:
    def __init__(self, cloud: Cloud, options: Options) -> None:
        self.cloud = cloud
        self.options = options
        self.groups = Groups.read(cloud)
        self.to_do = options.to_do(cloud)
        unusable = {*self.to_do, *options.later}
        self.spare = [name for name, host in cloud.hosts.items() if name not in unusable and host.in_service]

    def state(self, *, boundless: bool = False) -> State:
        return State(self.cloud, self.groups, self.options, boundless=boundless)

    def plan(self) -> Plan:
        start = self.state()
        found = blockers(start, self.to_do)
        blocked = {blocker.host for blocker in found}
        free = [host for host in self.to_do if host not in blocked]
        room, waves = self._room(free, [*self.to_do])
        found += room.blockers
        if waves.waves:
            found += no_room(waves.state, waves.left, [*self.spare, *(host for wave in waves.waves for host in wave.hosts)])
        return self._record(start, free, room, waves, found)

    def _room(self, free: list[str], usable: list[str]) -> tuple[rooms.Room, Waves]:
        """What has to be done before the first wave, and the waves after it.

        :param free: hosts that nothing blocks.
        :param usable: hosts that may take instances while the first room is made; blocked ones too, if they are in service.
        """
        waves = build(self.state, free, self.spare)
        if waves.waves:
            return rooms.Room("none", waves.waves[0].why), waves
        if not free:
            why = "every host of the maintenance is blocked" if self.to_do else "there is no host left to maintain"
            return rooms.Room("blocked" if self.to_do else "none", why), waves
        prepared = self.state()
        room = rooms.prepare(prepared, free, self._others(usable, free))
        if room is None:
            boundless = self.state(boundless=True)
            return rooms.scale_in(self.state(), boundless, free, self._others(usable, free)), waves
        return room, build(lambda: self._after(room), free, self.spare)

    def _others(self, usable: list[str], free: list[str]) -> list[str]:
        """Hosts that are not emptied themselves but may take something: spare ones, and blocked ones in service."""
        return [*self.spare, *(host for host in usable if host not in free and self.cloud.hosts[host].in_service)]

    def _after(self, room: rooms.Room) -> State:
        state = self.state()
        for instance, _source, target in room.moves:
            state.move(instance, target)
        return state

    def _record(self, start: State, free: list[str], room: rooms.Room, waves: Waves, found: list[Blocker]) -> Plan:
        figures = {
            "hosts": len(self.to_do),
            "waves": len(waves.waves),
            "moves": len(room.moves) + sum(len(wave.moves) for wave in waves.waves),
            "moves_lower_bound": moves_bound(start, free, self.spare),
            "waves_lower_bound": waves_bound(self._after(room), free, self.spare),
        }
        return {
            "schema": SCHEMA,
            "digest": self.cloud.digest,
            "options": self.options.record(),
            "room": {
                "need": room.need,
                "host": room.host,
                "moves": [self._move(*move) for move in room.moves],
                "scale_in": room.scale_in,
                "why": room.why,
            },
            "waves": [
                {"hosts": [*wave.hosts], "moves": [self._move(*move) for move in wave.moves], "why": wave.why}
                for wave in waves.waves
            ],
            "blockers": [blocker.record() for blocker in found],
            "figures": figures,
        }

    def _move(self, instance: str, source: str, target: str) -> Plan:
        record = self.cloud.instances[instance]
        return {
            "instance": instance,
            "name": record.name,
            "project_id": record.project_id,
            "from": source,
            "to": target,
            "group": self.groups.impact.get(instance),
            "ways": [*self.options.ways_of(self.cloud, instance)],
        }
