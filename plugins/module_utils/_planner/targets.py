# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts that may take instances, kept in the order in which they are tried (private to this collection)."""

from __future__ import annotations

import bisect
import collections
import typing as t

from .snapshot import NOTHING, Vector, add, fits

if t.TYPE_CHECKING:
    from .snapshot import Instance
    from .state import State

_Entry = tuple[int, Vector, str]


class Targets:
    """Targets by tier and zone, in each the one with the least room first.

    With thousands of hosts nobody looks at all of them for each instance: one looks from the first that has enough of what is
    scarcest.
    """

    def __init__(self, state: State, tiers: t.Mapping[str, int]) -> None:
        """Begin with these hosts.

        :param tiers: host to tier; lower tiers are preferred.
        """
        self._state = state
        self._lists: dict[tuple[int, str], list[_Entry]] = collections.defaultdict(list)
        self._entries: dict[str, tuple[tuple[int, str], _Entry]] = {}
        self._room: dict[str, Vector] = collections.defaultdict(lambda: NOTHING)
        for host, tier in tiers.items():
            self.put(host, tier)

    def put(self, host: str, tier: int) -> None:
        """One more target."""
        place = (tier, self._state.cloud.hosts[host].zone)
        free = self._state.free[host]
        entry = (free[self._state.scarcest], free, host)
        bisect.insort(self._lists[place], entry)
        self._entries[host] = (place, entry)
        self._room[place[1]] = add(self._room[place[1]], _positive(free))

    def take(self, host: str) -> None:
        """The host is no target any more."""
        place, entry = self._entries.pop(host)
        entries = self._lists[place]
        del entries[bisect.bisect_left(entries, entry)]
        self._room[place[1]] = add(self._room[place[1]], _positive(entry[1]), -1)

    def changed(self, host: str) -> None:
        """The host has another amount of room than before."""
        if host in self._entries:
            tier = self._entries[host][0][0]
            self.take(host)
            self.put(host, tier)

    def may_fit(self, zone: str, amount: Vector) -> bool:
        """Whether all targets together have so much room."""
        return fits(amount, self._room[zone])

    def able(self, instance: Instance) -> t.Iterator[tuple[int, str]]:
        """(tier, target) of those that may take it: lower tier first, then as its groups wish, then least room left.

        Moves that are undone before the next one is asked for do not disturb it.
        """
        state = self._state
        zone = state.cloud.hosts[instance.host].zone
        wishes = state.groups.wishes.get(instance.id, ())
        smallest = instance.size[state.scarcest]
        for tier in sorted(tier for tier, where in self._lists if where == zone):
            entries = self._lists[tier, zone]
            later = []
            position = bisect.bisect_left(entries, (smallest,))
            while position < len(entries):
                host = entries[position][2]
                position += 1
                if state.why_not(instance, host) is not None:
                    continue
                meets = sum(state.members[group, host] for group in wishes)
                if meets:
                    later.append((meets, position, host))
                else:
                    yield tier, host
            yield from ((tier, host) for _meets, _position, host in sorted(later))


def _positive(free: Vector) -> Vector:
    return max(0, free[0]), max(0, free[1]), max(0, free[2])
