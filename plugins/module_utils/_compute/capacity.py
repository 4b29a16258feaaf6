# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a host holds and how much of it is in use (private to this collection).

Placement knows both as the scheduler sees them: with allocation ratios and reservations, and at once. What Nova says about a
hypervisor (below microversion 2.88) is without ratios and up to a minute old; it is used where there is no Placement to ask.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .._ensure import Record
from .._errors import ServiceError
from .nova import Nova

# A guest on dedicated CPUs takes PCPU, any other VCPU.
_CPUS = ("VCPU", "PCPU")
_COUNTED = ("VCPU", "MEMORY_MB", "DISK_GB")
# Two calls each are more than one for all of them.
_SEVERAL = 3
_NO_PLACEMENT = (401, 403, 404)


@dataclasses.dataclass(frozen=True)
class Amounts:
    """Capacity and use of a host; None where nothing is known.

    :ivar traits: of the host, as Placement knows them.
    :ivar resources: class to capacity, of what Placement counts beyond vCPUs, memory and disk, devices below the host included.
    """

    vcpus: int | None = None
    vcpus_used: int = 0
    memory_mb: int | None = None
    memory_mb_used: int = 0
    disk_gb: int | None = None
    disk_gb_used: int = 0
    traits: tuple[str, ...] = ()
    resources: t.Mapping[str, int] = dataclasses.field(default_factory=dict)

    def record(self) -> Record:
        """As it stands in the snapshot; what a host has not is left out."""
        record = dataclasses.asdict(self) | {"traits": [*self.traits]}
        return {key: value for key, value in record.items() if value or key not in ("traits", "resources")}


def amounts(nova: Nova, hypervisors: t.Mapping[str, list[Record]], instances: t.Iterable[Record]) -> dict[str, Amounts]:
    """By host."""
    providers = _providers(nova, {str(one["id"]) for several in hypervisors.values() for one in several})
    on_host: dict[str, list[Record]] = collections.defaultdict(list)
    for instance in instances:
        on_host[instance["host"]].append(instance)
    found = {}
    for host, several in hypervisors.items():
        known = [providers[str(one["id"])] for one in several if str(one["id"]) in providers]
        found[host] = _sum(known) if known else _reported(several, on_host[host])
    return found


def free_memory(nova: Nova) -> dict[str, int]:
    """MiB to spare on each host that is in service, read with two calls; a host without a MiB to spare is left out."""
    hypervisors = [one for one in nova.hypervisors() if one.get("status") == "enabled" and one.get("state") == "up"]
    known = _summaries(nova) if nova.has_placement() else {}
    free: collections.Counter[str] = collections.Counter()
    for one in hypervisors:
        found = known.get(str(one["id"]))
        if found is not None:
            free[one["service"]["host"]] += (found.memory_mb or 0) - found.memory_mb_used
        elif not known:
            free[one["service"]["host"]] += int(one.get("memory_mb") or 0) - int(one.get("memory_mb_used") or 0)
    return {host: room for host, room in free.items() if room > 0}


def _providers(nova: Nova, wanted: set[str]) -> dict[str, Amounts]:
    """By provider, which has the id of the hypervisor.

    One call asks for all hosts with a MiB to spare, whose summaries have everything. Where that leaves several out the next asks
    for those with a CPU, or a GB of disk, to spare; only hosts that are full in every respect are asked one by one.
    """
    try:
        if not wanted or not nova.has_placement():
            return {}
        found = _summaries(nova)
        for resource in ("VCPU", "DISK_GB"):
            if found and len(wanted - set(found)) >= _SEVERAL:
                found = {**_summaries(nova, resource), **found}
        for provider in sorted(wanted - set(found)):
            one = _one(nova, provider)
            if one is not None:
                found[provider] = one
    except ServiceError as exc:
        if exc.status in _NO_PLACEMENT:
            return {}
        raise
    return found


def _summaries(nova: Nova, resource: str = "MEMORY_MB") -> dict[str, Amounts]:
    try:
        answer = nova.placement("/allocation_candidates", "read the room of all hosts", {"resources": f"{resource}:1"})
    except ServiceError as exc:
        # A Placement older than this call, or a stand-in without it.
        if exc.status in (400, 404, 405, 406):
            return {}
        raise
    summaries = answer.get("provider_summaries", {})
    more: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for provider, summary in summaries.items():
        for name, value in (summary.get("resources") or {}).items():
            if name not in _COUNTED:
                more[summary.get("root_provider_uuid") or provider][name] += int(value["capacity"])
    found = {}
    for provider, summary in summaries.items():
        resources = summary.get("resources") or {}
        amounts_of = _amounts(
            {name: int(value["capacity"]) for name, value in resources.items()},
            {name: int(value["used"]) for name, value in resources.items()},
        )
        traits = tuple(sorted(map(str, summary.get("traits") or ())))
        found[provider] = dataclasses.replace(amounts_of, traits=traits, resources=dict(sorted(more[provider].items())))
    return found


def _one(nova: Nova, provider: str) -> Amounts | None:
    path = f"/resource_providers/{provider}"
    try:
        inventories = nova.placement(f"{path}/inventories", f"read the inventories of {provider}")["inventories"]
        usages = nova.placement(f"{path}/usages", f"read the usages of {provider}")["usages"]
    except ServiceError as exc:
        if exc.status == 404:
            return None
        raise
    capacity = {
        name: int((one["total"] - one.get("reserved", 0)) * one.get("allocation_ratio", 1.0)) for name, one in inventories.items()
    }
    return _amounts(capacity, usages)


def _amounts(capacity: t.Mapping[str, int], used: t.Mapping[str, int]) -> Amounts:
    return Amounts(
        vcpus=sum(capacity.get(name, 0) for name in _CPUS),
        vcpus_used=sum(used.get(name, 0) for name in _CPUS),
        memory_mb=capacity.get("MEMORY_MB", 0),
        memory_mb_used=used.get("MEMORY_MB", 0),
        # Without an inventory of its own the host keeps its disks on shared storage.
        disk_gb=capacity.get("DISK_GB"),
        disk_gb_used=used.get("DISK_GB", 0),
    )


def _reported(hypervisors: list[Record], instances: list[Record]) -> Amounts:
    """What Nova says, with what the listed servers take where Nova has not yet counted them (or still counts deleted ones)."""
    if any(one.get("vcpus") is None for one in hypervisors):
        return Amounts()
    sums = {
        key: sum(int(one.get(name) or 0) for one in hypervisors)
        for key, name in (
            ("vcpus", "vcpus"),
            ("vcpus_used", "vcpus_used"),
            ("memory_mb", "memory_mb"),
            ("memory_mb_used", "memory_mb_used"),
            ("disk_gb", "local_gb"),
            ("disk_gb_used", "local_gb_used"),
        )
    }
    if sum(int(one.get("running_vms") or 0) for one in hypervisors) != len(instances):
        for key in ("vcpus", "memory_mb", "disk_gb"):
            sums[f"{key}_used"] = sum(instance[key] for instance in instances)
    return Amounts(**t.cast("dict[str, t.Any]", sums))


def _sum(several: list[Amounts]) -> Amounts:
    if len(several) == 1:
        return several[0]
    # Several hypervisors behind one service: nobody knows which of them an instance would be on.
    totals: dict[str, t.Any] = {"traits": tuple(sorted(set(several[0].traits).intersection(*(one.traits for one in several))))}
    for field in dataclasses.fields(Amounts):
        if field.name in ("traits", "resources"):
            continue
        values = [getattr(one, field.name) for one in several]
        totals[field.name] = None if None in values else sum(values)
    return Amounts(**totals)
