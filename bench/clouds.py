# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clouds by seed, in the form of a snapshot, and the maintenance that is asked for them."""

from __future__ import annotations

import collections
import dataclasses
import random
import typing as t

Record = dict[str, t.Any]
# vCPUs, memory in MiB, disk in GiB.
Size = tuple[int, int, int]

# vCPUs, memory in MiB, disk in GiB.
_HOSTS = ((32, 131072, 2000), (48, 196608, 3000), (64, 262144, 4000))
_FLAVOURS = ((1, 2048, 10), (2, 4096, 20), (2, 8192, 20), (4, 8192, 40), (4, 16384, 40), (8, 16384, 80), (8, 32768, 80))


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a cloud of a seed is drawn from.

    :ivar hosts: hosts to maintain.
    :ivar spare: hosts that are empty and not to be maintained.
    :ivar load: share of the vCPUs that is taken.
    :ivar grouped: share of the instances that are in a group.
    :ivar at_once: option ``max_hosts_at_once``.
    :ivar kinds: how many of the sorts of hosts there are.
    :ivar small: divides the size of hosts, for clouds that an exact solver can take.
    """

    hosts: int
    spare: int
    load: float
    grouped: float
    at_once: int
    kinds: int = 1
    small: int = 1


def shape(seed: int, hosts: tuple[int, int] = (8, 40), small: int = 1) -> Shape:
    """The shape of a seed: size, load, groups and spare hosts all differ."""
    chance = random.Random(f"shape {seed}")
    count = chance.randint(*hosts)
    return Shape(
        hosts=count,
        spare=chance.choice((0, 0, 1, 1, 2, max(1, count // 10))),
        load=chance.choice((0.4, 0.5, 0.6, 0.7, 0.8, 0.9)),
        grouped=chance.choice((0.0, 0.2, 0.4, 0.6)),
        at_once=chance.randint(1, max(2, count // 4)),
        kinds=chance.randint(1, len(_HOSTS)),
        small=small,
    )


def cloud(seed: int, drawn: Shape) -> tuple[Record, Record]:
    """A snapshot in which every rule holds, and the planner's options."""
    return _Maker(random.Random(f"cloud {seed}"), drawn).make()


def large(seed: int, hosts: int = 5000, instances: int = 30000, groups: int = 5000, at_once: int = 100) -> tuple[Record, Record]:
    """Very many hosts of 32 vCPUs with six instances each, in anti-affine groups of 2 to 4; one host in 50 is spare."""
    chance = random.Random(f"large {seed}")
    maker = _Maker(chance, Shape(hosts - hosts // 50, hosts // 50, 0.0, 1.0, at_once))
    names = [one["name"] for one in maker.to_do]
    for number in range(groups):
        key = f"group-{number:05}"
        maker.groups.append({"id": key, "name": key, "policy": "anti-affinity", "members": [], "max_server_per_host": None})
        flavour = chance.choice(_FLAVOURS[1:5])
        for name in chance.sample(names, chance.randint(2, 4)):
            maker.put(name, flavour, maker.groups[-1])
    while len(maker.instances) < instances:
        maker.put(chance.choice(names), chance.choice(_FLAVOURS[1:5]), None)
    return maker.make()


class _Maker:
    def __init__(self, chance: random.Random, drawn: Shape) -> None:
        self.chance, self.drawn = chance, drawn
        sizes = _HOSTS[: drawn.kinds]
        self.hosts = [
            host_record(f"host-{number:04}", t.cast("Size", tuple(amount // drawn.small for amount in chance.choice(sizes))))
            for number in range(drawn.hosts + drawn.spare)
        ]
        self.to_do = self.hosts[: drawn.hosts]
        self.free = {one["name"]: [one["vcpus"], one["memory_mb"], one["disk_gb"]] for one in self.to_do}
        self.instances: list[Record] = []
        self.groups: list[Record] = []
        self.constraints: Record = {"instances": {}, "groups": {}}
        self.held: collections.Counter[tuple[str, str]] = collections.Counter()

    def make(self) -> tuple[Record, Record]:
        left = self.drawn.load * sum(one["vcpus"] for one in self.to_do)
        while left > 0:
            members = self._members()
            flavour = self.chance.choice(_FLAVOURS)
            for _member in range(members):
                left -= self._place(flavour, self.groups[-1] if members > 1 else None)
        records = {"hosts": self.hosts, "instances": self.instances, "groups": self.groups, "constraints": self.constraints}
        options = {"hosts": [one["name"] for one in self.to_do], "max_hosts_at_once": self.drawn.at_once}
        return records, options

    def _members(self) -> int:
        """How many instances come next; more than one are a new group."""
        members = self.chance.randint(2, 4)
        # A group counts as often as it has members.
        if self.chance.random() >= self.drawn.grouped / (3 - 2 * self.drawn.grouped):
            return 1
        key = f"group-{len(self.groups):05}"
        policy = self.chance.choice(("anti-affinity",) * 4 + ("soft-anti-affinity",))
        self.groups.append({"id": key, "name": key, "policy": policy, "members": [], "max_server_per_host": None})
        if members > 2 and self.chance.random() < 0.3:
            self.constraints["groups"][key] = {"max_impacted_members": members - 1}
        return members

    def _place(self, flavour: Size, group: Record | None) -> float:
        """Put one instance somewhere it may be; what no place is found for is left out."""
        for one in self.chance.sample(self.to_do, min(len(self.to_do), 12)):
            name = one["name"]
            apart = group is not None and group["policy"] == "anti-affinity"
            if not (apart and self.held[group["id"], name]) and self.put(name, flavour, group):  # type: ignore[index]
                break
        return flavour[0]

    def put(self, name: str, flavour: Size, group: Record | None) -> bool:
        """Put an instance on the host, when there is room."""
        free = self.free[name]
        if any(size > room for size, room in zip(flavour, free, strict=True)):
            return False
        key = f"instance-{len(self.instances):05}"
        self.instances.append(instance_record(key, name, flavour, self.chance.randint(0, 6), group))
        self.free[name] = [room - size for size, room in zip(flavour, free, strict=True)]
        if group is not None:
            group["members"].append(key)
            self.held[group["id"], name] += 1
        return True


def host_record(name: str, size: Size) -> Record:
    """A host in service, as maintenance_snapshot_info shows it; the size is vCPUs, MiB and GiB."""
    return {
        "name": name,
        "type": "compute",
        "zone": "nova",
        "status": "enabled",
        "state": "up",
        "disabled_reason": None,
        "forced_down": False,
        "vcpus": size[0],
        "memory_mb": size[1],
        "disk_gb": size[2],
    }


def instance_record(key: str, host: str, size: Size, project: int, group: Record | None = None) -> Record:
    """A running instance, likewise."""
    return {
        "id": key,
        "name": key,
        "project_id": f"project-{project}",
        "host": host,
        "status": "ACTIVE",
        "task_state": None,
        "vcpus": size[0],
        "memory_mb": size[1],
        "disk_gb": size[2],
        "group": group["id"] if group else None,
        "locked": False,
    }
