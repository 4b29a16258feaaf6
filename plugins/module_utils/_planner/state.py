# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where everything is while the plan is made (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from .fitness import Fitness
from .groups import Groups
from .options import Options
from .snapshot import UNBOUNDED, Cloud, Instance, Vector, add, fits, total
from .targets import Targets


class State:
    """The cloud as it is at one step of the plan; :meth:`move` is the only change there is."""

    def __init__(self, cloud: Cloud, groups: Groups, options: Options, *, boundless: bool = False) -> None:
        """Start from the snapshot.

        :param boundless: leave capacity out of account, to see whether groups alone forbid something.
        """
        self.cloud = cloud
        self.groups = groups
        self.options = options
        self.fitness = Fitness(cloud)
        self.location = {instance.id: instance.host for instance in cloud.instances.values()}
        self.on: dict[str, set[str]] = {name: set() for name in cloud.hosts}
        self.members: collections.Counter[tuple[str, str]] = collections.Counter()
        for instance in cloud.instances.values():
            self.on[instance.host].add(instance.id)
            self._count(instance.id, instance.host, 1)
        self.free = {name: (UNBOUNDED,) * 3 if boundless else self._free(name) for name in cloud.hosts}
        # Of resource classes beyond those three, what the listed instances take.
        self.taken: collections.Counter[tuple[str, str]] = collections.Counter()
        for key in self.fitness.needs:
            self._take(key, self.location[key], 1)
        self.scarcest = self._scarcest()
        self.targets = Targets(self, {})

    def _free(self, name: str) -> Vector:
        host = self.cloud.hosts[name]
        listed = total(self.cloud.instances[key].size for key in self.on[name])
        # What Nova counts may lag behind what is there, or hold more than servers: the larger one is safe.
        return (
            host.capacity[0] - max(host.used[0], listed[0]),
            host.capacity[1] - max(host.used[1], listed[1]),
            host.capacity[2] - max(host.used[2], listed[2]),
        )

    def _scarcest(self) -> int:
        """The dimension of which the largest share is in use."""
        used = total(instance.size for instance in self.cloud.instances.values())
        free = total(self.free.values())
        return max(range(3), key=lambda axis: (used[axis] / max(1, used[axis] + free[axis]), -axis))

    def _count(self, instance: str, host: str, by: int) -> None:
        for group, _limit in self.groups.limits.get(instance, ()):
            self.members[group, host] += by
        for group in self.groups.wishes.get(instance, ()):
            self.members[group, host] += by

    def _take(self, instance: str, host: str, sign: int) -> None:
        needs = self.fitness.needs.get(instance)
        for name, amount in needs.resources if needs else ():
            self.taken[host, name] += sign * amount

    def to_move(self, host: str) -> list[str]:
        """What has to leave the host, by id."""
        return sorted(self.on[host] - self.options.ride_through)

    def load(self, host: str) -> Vector:
        """What leaving instances take on the host."""
        return total(self.cloud.instances[key].size for key in self.to_move(host))

    def why_not(self, instance: Instance, host: str) -> str | None:
        """What forbids the instance on this host: zone, cell, needs, group, or capacity; None when it may go there."""
        here, there = self.cloud.hosts[instance.host], self.cloud.hosts[host]
        if here.zone != there.zone:
            return f"availability zone {here.zone}"
        if here.cell != there.cell:
            return f"cell {here.cell}"
        if not self.fitness.plain:
            unfit = self.fitness.why_not(instance, host) or self._no_place(instance, host)
            if unfit is not None:
                return unfit
        for group, limit in self.groups.limits.get(instance.id, ()):
            if self.members[group, host] >= limit:
                return f"group {self.groups.name(group)}"
        return None if fits(instance.size, self.free[host]) else "capacity"

    def _no_place(self, instance: Instance, host: str) -> str | None:
        """What is lacking of devices and CPUs that are counted, or of a place where they are not."""
        needs = self.fitness.needs.get(instance.id)
        if needs is None:
            return None
        known = dict(self.cloud.hosts[host].resources)
        for name, amount in needs.resources:
            if name in known and self.taken[host, name] + amount > known[name]:
                return f"resource {name}"
        wanted = self.fitness.wants_equal(instance.id, host)
        if wanted is None:
            return None
        # What was together on one host has its place on an equal one, as long as nothing else is there.
        strangers = {self.cloud.instances[key].host for key in self.on[host]} - {instance.host}
        at_home = any(self.cloud.instances[key].host == host for key in self.on[host])
        return f"an equal free host for {wanted}" if strangers or at_home else None

    def move(self, instance: str, host: str) -> None:
        """Put an instance elsewhere; moving it back undoes it."""
        size, left = self.cloud.instances[instance].size, self.location[instance]
        self.on[left].remove(instance)
        self.on[host].add(instance)
        self.free[left] = add(self.free[left], size)
        self.free[host] = add(self.free[host], size, -1)
        self._count(instance, left, -1)
        self._count(instance, host, 1)
        if instance in self.fitness.needs:
            self._take(instance, left, -1)
            self._take(instance, host, 1)
        self.location[instance] = host
        self.targets.changed(left)
        self.targets.changed(host)

    def alike(self, host: str, groups: t.Iterable[str]) -> t.Hashable:
        """Two hosts with the same answer are equal for what is being placed."""
        if not self.fitness.plain:
            return host
        return self.free[host], self.cloud.hosts[host].zone, tuple(self.members[group, host] for group in groups)
