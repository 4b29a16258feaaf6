# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance wants of its host beyond room: traits, aggregates, devices, CPUs of its own (private to this collection).

Sources: Nova, "Flavors" and "Extra specs" of its documentation; the aggregates' traits are those of its isolated aggregates.
"""

from __future__ import annotations

import collections
import dataclasses
import re

from .snapshot import Cloud, Instance

_TRAIT = re.compile(r"trait(?:[A-Za-z0-9_-]*):([A-Z0-9_]+)")
_RESOURCES = re.compile(r"resources(?:[A-Za-z0-9_-]*):([A-Z0-9_]+)")
_AGGREGATE = "aggregate_instance_extra_specs:"
# What the snapshot's amounts say.
_COUNTED = ("VCPU", "MEMORY_MB", "DISK_GB")
_PCPU = "PCPU"
# With one of these the place inside a host matters, and no service says which places are free.
_PLACED = ("hw:numa_nodes", "hw:mem_page_size", "hw:pci_numa_affinity_policy", "hw:cpu_thread_policy", "hw:cpu_realtime")
_DEVICES = "pci_passthrough:alias"
# What an owner may tag a server with.
NO_LIVE = "maintenance:no-live"
NO_MOVE = "maintenance:no-move"


@dataclasses.dataclass(frozen=True, slots=True)
class Needs:
    """Of one instance.

    :ivar traits: that its host has to have.
    :ivar forbidden: that its host must not have.
    :ivar resources: class to amount, beyond vCPUs, memory and disk.
    :ivar aggregate: (key, value) that one of the host's aggregates has to have.
    :ivar placed: what makes the place inside the host matter; None when it does not.
    """

    traits: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    resources: tuple[tuple[str, int], ...] = ()
    aggregate: tuple[tuple[str, str], ...] = ()
    placed: str | None = None

    @classmethod
    def read(cls, instance: Instance) -> Needs | None:
        """From the extra specs of its flavor; None when it wants nothing special."""
        specs = instance.extra_specs
        if not specs:
            return None
        traits: dict[str, set[str]] = {"required": set(), "forbidden": set()}
        resources: collections.Counter[str] = collections.Counter()
        for key, value in specs.items():
            if match := _TRAIT.fullmatch(key):
                traits.get(value, set()).add(match[1])
            elif (match := _RESOURCES.fullmatch(key)) and match[1] not in _COUNTED and value.isdecimal():
                resources[match[1]] += int(value)
        if specs.get("hw:cpu_policy") == "dedicated":
            resources[_PCPU] = max(resources[_PCPU], instance.size[0])
        needs = cls(
            traits=frozenset(traits["required"]),
            forbidden=frozenset(traits["forbidden"]),
            resources=tuple(sorted((name, amount) for name, amount in resources.items() if amount)),
            aggregate=tuple(
                sorted((key[len(_AGGREGATE) :], value) for key, value in specs.items() if key.startswith(_AGGREGATE))
            ),
            placed=next((key for key in (*_PLACED, _DEVICES) if key in specs), None)
            or ("hw:cpu_policy" if specs.get("hw:cpu_policy") == "mixed" else None),
        )
        return None if needs == cls() else needs


class Fitness:
    """Which hosts suit which instances, whatever room there is."""

    def __init__(self, cloud: Cloud) -> None:
        """Read all needs."""
        self._cloud = cloud
        found = ((key, Needs.read(instance)) for key, instance in cloud.instances.items())
        self.needs = {key: needs for key, needs in found if needs is not None}
        self._metadata: dict[str, dict[str, set[str]]] = collections.defaultdict(lambda: collections.defaultdict(set))
        self.reserved: dict[str, set[str]] = collections.defaultdict(set)
        for aggregate in cloud.aggregates:
            for key, value in (aggregate.get("metadata") or {}).items():
                match = _TRAIT.fullmatch(str(key))
                for host in aggregate.get("hosts") or ():
                    self._metadata[str(host)][str(key)] |= {one.strip() for one in str(value).split(",")}
                    if match and value == "required":
                        self.reserved[str(host)].add(match[1])

    @property
    def plain(self) -> bool:
        """Whether one host is as good as another for every instance."""
        return not self.needs and not self.reserved

    def why_not(self, instance: Instance, host: str) -> str | None:
        """What the host lacks, or what it is reserved for."""
        target = self._cloud.hosts[host]
        needs = self.needs.get(instance.id)
        wanted = needs.traits if needs else frozenset()
        reserved = self.reserved.get(host)
        if reserved and not reserved <= wanted:
            return f"an aggregate that is reserved for trait {', '.join(sorted(reserved - wanted))}"
        if needs is None:
            return None
        if missing := wanted - target.traits:
            return f"trait {', '.join(sorted(missing))}"
        if found := needs.forbidden & target.traits:
            return f"forbidden trait {', '.join(sorted(found))}"
        for key, value in needs.aggregate:
            if value.removeprefix("s== ") not in self._metadata[host][key]:
                return f"an aggregate with {key}={value}"
        return self._why_not_placed(instance, needs, host)

    def _why_not_placed(self, instance: Instance, needs: Needs, host: str) -> str | None:
        """Where the place inside the host matters, only an equal host will do; what is on it is looked at elsewhere."""
        target, source = self._cloud.hosts[host], self._cloud.hosts[instance.host]
        known = dict(target.resources)
        counted = all(name in known for name, _amount in needs.resources)
        if needs.placed is None and counted:
            return None
        equal = (target.capacity, target.traits, target.resources) == (source.capacity, source.traits, source.resources)
        return None if equal else f"an equal host for {self.wants_equal(instance.id, host)}"

    def wants_equal(self, instance: str, host: str) -> str | None:
        """What makes only an equal free host do, because Placement does not say that there is a place; None when it does."""
        needs = self.needs.get(instance)
        if needs is None:
            return None
        if needs.placed:
            return needs.placed
        known = dict(self._cloud.hosts[host].resources)
        return next((name for name, _amount in needs.resources if name not in known), None)


def only_cold(instance: Instance) -> str | None:
    """Why the instance cannot be live-migrated; None when it can."""
    if _DEVICES in instance.extra_specs:
        return "has a PCI device of its own"
    if NO_LIVE in instance.tags:
        return f"has its owner's tag {NO_LIVE}"
    return None
