# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no plan can beat, so that people see how good the plan is (private to this collection)."""

from __future__ import annotations

import bisect
import collections
import dataclasses
import itertools
import math
import typing as t

from .snapshot import Vector, fits
from .state import State
from .waves import Sources

# With more hosts what looks at them in pairs is left out.
_PAIRED_HOSTS = 300


def twice_bound(state: State, sources: Sources, takers: t.Iterable[str]) -> int:
    """How many instances have to move twice at least, so that a first host gets empty.

    :param takers: the hosts that keep what they get from the beginning.
    """
    if not sources.leaving:
        return 0
    room: dict[str, Vector] = {}
    for host in takers:
        free = state.free[host]
        zone = state.cloud.hosts[host].zone
        had = room.get(zone, (0, 0, 0))
        room[zone] = had[0] + max(0, free[0]), had[1] + max(0, free[1]), had[2] + max(0, free[2])
    first = [leaving for host, leaving in sources.leaving.items() if _may_be_first(state, host, leaving)]
    return min(_without_place(state, leaving, room) for leaving in first or sources.leaving.values())


def _may_be_first(state: State, host: str, leaving: list[str]) -> bool:
    """Whether there is one other host at least for each of the instances, as things are before anything is moved."""
    if len(state.cloud.hosts) > _PAIRED_HOSTS:
        return True
    others = [free for name, free in state.free.items() if name != host]
    return all(any(fits(state.cloud.instances[key].size, free) for free in others) for key in leaving)


def _without_place(state: State, leaving: list[str], room: t.Mapping[str, Vector]) -> int:
    """How many of these find no place, where the rest of them takes as little room as possible."""
    if not leaving:
        return 0
    zone = state.cloud.hosts[state.cloud.instances[leaving[0]].host].zone
    most = len(leaving)
    for axis in range(3):
        sizes = itertools.accumulate(sorted(state.cloud.instances[key].size[axis] for key in leaving))
        most = min(most, sum(size <= room.get(zone, (0, 0, 0))[axis] for size in sizes))
    return len(leaving) - most


def waves_bound(state: State, sources: Sources, takers: t.Sequence[str], extra: int) -> int:
    """How many waves are needed at least: for the number of hosts at once, for the room there is, for what groups tolerate.

    :param state: the cloud before anything is moved.
    :param takers: the hosts that keep what they get from the beginning.
    :param extra: how many instances may move twice.
    """
    hosts = [*sources.leaving]
    if not hosts:
        return 0
    zones: dict[str, list[str]] = collections.defaultdict(list)
    for host in hosts:
        zones[state.cloud.hosts[host].zone].append(host)
    spare_in: dict[str, list[str]] = collections.defaultdict(list)
    for host in takers:
        spare_in[state.cloud.hosts[host].zone].append(host)
    bounds = [math.ceil(len(hosts) / state.options.max_hosts_at_once)]
    for zone, zone_hosts in zones.items():
        for axis in range(3):
            room = _Room(
                {host: [state.cloud.instances[key].size[axis] for key in sources.leaving[host]] for host in zone_hosts},
                {host: max(0, state.free[host][axis]) for host in zone_hosts},
                sum(max(0, state.free[host][axis]) for host in spare_in[zone]),
                extra,
            )
            bounds.append(room.waves(state.options.max_hosts_at_once))
    # The hosts that are emptied before the first wave tolerate each other, so one at most of those that do not is among them.
    bounds.append(max(_by_groups(state, sources), _by_exclusion(sources)) - bool(extra or takers))
    return max(bounds)


@dataclasses.dataclass(frozen=True)
class _Room:
    """In one dimension and one zone.

    :ivar sizes: host to maintain to the sizes of what has to leave it.
    :ivar free: host to maintain to what is free on it.
    :ivar spare: what is free elsewhere.
    :ivar twice: how many instances may move twice.
    """

    sizes: dict[str, list[int]]
    free: dict[str, int]
    spare: int
    twice: int

    def waves(self, at_once: int) -> int:
        """What has left in all waves fits into all that could take it: the spare hosts, and those of the waves before.

        What waits for its second move is on hosts that are not done yet, so the hosts that are done at one moment are no larger
        than what was free in the whole cloud and those that were done before. Fractions of hosts count as hosts, as far as the
        number of hosts permits; those come first that give most for what they hold.
        """
        load = {host: sum(sizes) for host, sizes in self.sizes.items()}
        room = {host: load[host] + self.free[host] for host in load}
        best = sorted(room, key=lambda host: load[host] / room[host] if room[host] else math.inf)
        loads = [0, *itertools.accumulate(load[host] for host in best)]
        rooms = [0, *itertools.accumulate(room[host] for host in best)]
        smallest = [0, *itertools.accumulate(sorted(room.values()))]
        lightest = [0, *itertools.accumulate(sorted(load.values()))]
        fewest = [0, *itertools.accumulate(sorted(map(len, self.sizes.values())))]
        instances = sorted(itertools.chain.from_iterable(self.sizes.values()))
        fitting = [0, *itertools.accumulate(instances)]
        largest = [0, *itertools.accumulate(sorted(room.values(), reverse=True))]
        free = sum(self.free.values())
        waiting = min(sum(instances[-self.twice :]) if self.twice else 0, free)
        given, waves = float(self.spare), 0
        while waves < len(room):
            waves += 1
            hosts = min(len(room), waves * at_once)
            if given >= loads[-1] and hosts == len(room):
                break
            moved = self.twice + _count(fitting, given)
            hosts = min(hosts, _count(lightest, given + waiting), _count(smallest, given + free), _count(fewest, moved))
            given = self.spare + min(_fraction(loads, rooms, given + waiting), largest[hosts], given + free)
        return waves


def _count(sums: list[int], given: float) -> int:
    """How many of the smallest go into what is given."""
    return bisect.bisect_right(sums, given) - 1


def _fraction(loads: list[int], rooms: list[int], given: float) -> float:
    """The room of the hosts that can be emptied into what is given; the last one by a fraction."""
    index = bisect.bisect_right(loads, given) - 1
    if index == len(loads) - 1:
        return rooms[index]
    return rooms[index] + (rooms[index + 1] - rooms[index]) * (given - loads[index]) / (loads[index + 1] - loads[index])


def _by_groups(state: State, sources: Sources) -> int:
    """For one group: a host that holds more members than may be impacted is alone with them, the others share waves."""
    counts: dict[str, list[int]] = collections.defaultdict(list)
    for impacted in sources.impacted.values():
        for group, count in impacted.items():
            counts[group].append(count)
    return max((_for_group(state.groups.max_impacted[group], found) for group, found in counts.items()), default=1)


def _for_group(limit: int, counts: list[int]) -> int:
    return sum(count > limit for count in counts) + math.ceil(sum(count for count in counts if count <= limit) / limit)


def _by_exclusion(sources: Sources) -> int:
    """Hosts of which no two may be in the same wave, found greedily."""
    if len(sources.conflicts) > _PAIRED_HOSTS:
        return 1
    most = 1
    for others in sources.conflicts.values():
        clique, able = 1, set(others)
        while able:
            following = max(sorted(able), key=lambda other: len(able & sources.conflicts[other]))
            clique += 1
            able &= sources.conflicts[following]
        most = max(most, clique)
    return most


def moves_bound(sources: Sources, extra: int) -> int:
    """Each instance moves once, and some of the first host twice."""
    return sum(map(len, sources.leaving.values())) + extra
