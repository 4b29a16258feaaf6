# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where everything is while the plan is made, and whether instances have room elsewhere (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from .groups import Groups
from .snapshot import NOTHING, UNBOUNDED, Cloud, Instance, Options, Vector, add, fits, total

# How many placements are tried, per instance of a host, before the host is taken for one that cannot be emptied now.
TRIES_PER_INSTANCE = 50

Placed = list[tuple[str, str]]


class State:
    """The cloud as it is at one step of the plan; :meth:`move` is the only change there is."""

    def __init__(self, cloud: Cloud, groups: Groups, options: Options, *, boundless: bool = False) -> None:
        """Start from the snapshot.

        :param boundless: leave capacity out of account, to see whether groups alone forbid something.
        """
        self.cloud = cloud
        self.groups = groups
        self.options = options
        self.location = {instance.id: instance.host for instance in cloud.instances.values()}
        self.on: dict[str, set[str]] = {name: set() for name in cloud.hosts}
        self.members: collections.Counter[tuple[str, str]] = collections.Counter()
        for instance in cloud.instances.values():
            self.on[instance.host].add(instance.id)
            self._count(instance.id, instance.host, 1)
        self.free = {name: (UNBOUNDED,) * 3 if boundless else self._free(name) for name in cloud.hosts}

    def _free(self, name: str) -> Vector:
        host = self.cloud.hosts[name]
        listed = total(self.cloud.instances[key].size for key in self.on[name])
        # What Nova counts may lag behind what is there, or hold more than servers: the larger one is safe.
        used = t.cast("Vector", tuple(map(max, host.used, listed)))
        return add(host.capacity, used, -1)

    def _count(self, instance: str, host: str, by: int) -> None:
        for group, _limit in self.groups.limits.get(instance, ()):
            self.members[group, host] += by
        for group in self.groups.wishes.get(instance, ()):
            self.members[group, host] += by

    def to_move(self, host: str) -> list[str]:
        """What has to leave the host, by id."""
        return sorted(self.on[host] - self.options.ride_through)

    def load(self, host: str) -> Vector:
        """What leaving instances take on the host."""
        return total(self.cloud.instances[key].size for key in self.to_move(host))

    def why_not(self, instance: Instance, host: str) -> str | None:
        """What forbids the instance on this host: zone, group, or capacity; None when it may go there."""
        here = self.cloud.hosts[instance.host].zone
        if here != self.cloud.hosts[host].zone:
            return f"availability zone {here}"
        for group, limit in self.groups.limits.get(instance.id, ()):
            if self.members[group, host] >= limit:
                return f"group {self.groups.name(group)}"
        return None if fits(instance.size, self.free[host]) else "capacity"

    def move(self, instance: str, host: str) -> None:
        """Put an instance elsewhere; moving it back undoes it."""
        size, left = self.cloud.instances[instance].size, self.location[instance]
        self.on[left].remove(instance)
        self.on[host].add(instance)
        self.free[left] = add(self.free[left], size)
        self.free[host] = add(self.free[host], size, -1)
        self._count(instance, left, -1)
        self._count(instance, host, 1)
        self.location[instance] = host

    def candidates(self, instance: Instance, targets: t.Mapping[str, int]) -> list[str]:
        """The targets that may take it, best first: lower tier, wishes of its groups, least room left, name."""
        wishes = self.groups.wishes.get(instance.id, ())
        found = [
            (tier, sum(self.members[group, host] for group in wishes), add(self.free[host], instance.size, -1), host)
            for host, tier in targets.items()
            if self.why_not(instance, host) is None
        ]
        return [key[3] for key in sorted(found)]

    def alike(self, host: str, groups: t.Iterable[str]) -> t.Hashable:
        """Two hosts with the same answer are equal for what is being placed."""
        return self.free[host], self.cloud.hosts[host].zone, tuple(self.members[group, host] for group in groups)


def pack(state: State, instances: t.Iterable[str], targets: t.Mapping[str, int]) -> Placed | None:
    """Find room for all the instances on the targets (name to tier; lower tiers are preferred).

    :return: (instance, target) in the order found, with ``state`` moved accordingly; None, and ``state`` as before, when no way
        was found within the bounded number of tries.
    """
    order = _hardest_first(state, instances)
    if not _may_fit(state, order, targets):
        return None
    groups = sorted({group for instance in order for group, _limit in state.groups.limits.get(instance.id, ())})
    tries = TRIES_PER_INSTANCE * len(order)
    placed: Placed = []
    open_choices: list[t.Iterator[str]] = []
    origins = {instance.id: state.location[instance.id] for instance in order}
    while len(placed) < len(order):
        if len(open_choices) == len(placed):
            open_choices.append(_choices(state, order[len(placed)], targets, groups))
        tries -= 1
        target = next(open_choices[-1], None) if tries >= 0 else None
        if target is not None:
            placed.append((order[len(placed)].id, target))
            state.move(*placed[-1])
            continue
        open_choices.pop()
        if placed:
            instance, _target = placed.pop()
            state.move(instance, origins[instance])
        elif not open_choices:
            return None
    return placed


def _choices(state: State, instance: Instance, targets: t.Mapping[str, int], groups: list[str]) -> t.Iterator[str]:
    """Candidates of which no two are alike: what failed on one host fails on its like."""
    kinds: dict[t.Hashable, str] = {}
    for host in state.candidates(instance, targets):
        kinds.setdefault((targets[host], state.alike(host, groups)), host)
    return iter(kinds.values())


def _hardest_first(state: State, instances: t.Iterable[str]) -> list[Instance]:
    records = [state.cloud.instances[key] for key in instances]
    return sorted(records, key=lambda i: (i.id not in state.groups.limits, *(-amount for amount in i.size), i.id))


def _may_fit(state: State, instances: list[Instance], targets: t.Mapping[str, int]) -> bool:
    """Cheap look before the search: the sum, and the largest single instance."""
    free = [state.free[host] for host in targets]
    room = total(tuple(max(0, amount) for amount in vector) for vector in free) if free else NOTHING  # type: ignore[misc]
    return fits(total(i.size for i in instances), room) and all(any(fits(i.size, vector) for vector in free) for i in instances)
