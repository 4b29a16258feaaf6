# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner's model of a snapshot and of its options (private to this collection)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

Record = t.Mapping[str, t.Any]
# vCPUs, memory in MiB, disk in GiB. Always these three, in this order.
Vector = tuple[int, int, int]

NOTHING: Vector = (0, 0, 0)
# A dimension that the cloud does not report does not bind.
UNBOUNDED = 1 << 40
# A service that a session of this collection disabled; the same text is written by _compute/hosts.py, and a test compares them.
OUR_REASON = "nfv.maintenance session "


class PlanError(ValueError):
    """The snapshot or the options cannot be planned with; the text says which part and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """A compute host."""

    name: str
    zone: str
    capacity: Vector
    used: Vector
    enabled: bool
    up: bool
    disabled_reason: str
    cell: str = ""
    traits: frozenset[str] = frozenset()
    resources: tuple[tuple[str, int], ...] = ()

    @property
    def in_service(self) -> bool:
        """Whether Nova would place something here."""
        return self.enabled and self.up

    @property
    def ours(self) -> bool:
        """Whether a session of this collection disabled it."""
        return not self.enabled and self.disabled_reason.startswith(OUR_REASON)

    @classmethod
    def read(cls, record: Record) -> Host:
        """From the snapshot."""
        capacity = [record.get(key) for key in ("vcpus", "memory_mb", "disk_gb")]
        return cls(
            name=str(record["name"]),
            zone=str(record.get("zone") or ""),
            capacity=t.cast("Vector", tuple(UNBOUNDED if value is None else int(value) for value in capacity)),
            used=_vector(record, ("vcpus_used", "memory_mb_used", "disk_gb_used")),
            enabled=record.get("status", "enabled") == "enabled",
            up=record.get("state", "up") == "up" and not record.get("forced_down"),
            disabled_reason=str(record.get("disabled_reason") or ""),
            cell=str(record.get("cell") or ""),
            traits=frozenset(map(str, record.get("traits") or ())),
            resources=tuple(sorted((str(name), int(amount)) for name, amount in (record.get("resources") or {}).items())),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Instance:
    """A server on a host."""

    id: str
    name: str
    project_id: str
    host: str
    status: str
    size: Vector
    group: str | None
    locked: bool
    extra_specs: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    tags: tuple[str, ...] = ()
    down: bool = False

    @property
    def label(self) -> str:
        """How people are told about it."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id

    @classmethod
    def read(cls, record: Record) -> Instance:
        """From the snapshot."""
        return cls(
            id=str(record["id"]),
            name=str(record.get("name") or record["id"]),
            project_id=str(record.get("project_id") or ""),
            host=str(record.get("host") or ""),
            status=str(record.get("status") or "ACTIVE").upper(),
            size=_vector(record, ("vcpus", "memory_mb", "disk_gb")),
            group=record.get("group") or None,
            locked=bool(record.get("locked")),
            extra_specs={str(key): str(value) for key, value in (record.get("extra_specs") or {}).items()},
            tags=tuple(map(str, record.get("tags") or ())),
            down=bool(record.get("down")),
        )


@dataclasses.dataclass(frozen=True)
class Cloud:
    """Everything that is known about the cloud.

    :ivar unseen: servers of which Nova cannot say where they are, because their cell does not answer.
    """

    hosts: dict[str, Host]
    instances: dict[str, Instance]
    groups: tuple[Record, ...]
    instance_constraints: Record
    group_constraints: Record
    digest: str
    aggregates: tuple[Record, ...] = ()
    unseen: tuple[Record, ...] = ()

    @classmethod
    def read(cls, snapshot: Record) -> Cloud:
        """From the snapshot; instances that are on no listed host are left out, as nothing can be done about them."""
        try:
            hosts = {host.name: host for host in map(Host.read, snapshot["hosts"])}
            instances = {instance.id: instance for instance in map(Instance.read, snapshot["instances"])}
            constraints = snapshot.get("constraints") or {}
            return cls(
                hosts=dict(sorted(hosts.items())),
                instances={key: instances[key] for key in sorted(instances) if instances[key].host in hosts},
                groups=tuple(snapshot.get("groups") or ()),
                instance_constraints=constraints.get("instances") or {},
                group_constraints=constraints.get("groups") or {},
                digest=digest(snapshot),
                aggregates=tuple(snapshot.get("aggregates") or ()),
                unseen=tuple(snapshot.get("unseen") or ()),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise PlanError(f"The snapshot is not one of maintenance_snapshot_info: {type(exc).__name__}: {exc}") from exc

    def without(self, instances: t.Collection[str]) -> Cloud:
        """The same cloud when these instances are gone, and with them what they used."""
        gone = set(instances)
        freed = dict.fromkeys(self.hosts, NOTHING)
        for key in gone:
            one = self.instances[key]
            freed[one.host] = add(freed[one.host], one.size)
        hosts = {name: dataclasses.replace(host, used=add(host.used, freed[name], -1)) for name, host in self.hosts.items()}
        left = {key: one for key, one in self.instances.items() if key not in gone}
        return dataclasses.replace(self, hosts=hosts, instances=left)


def digest(snapshot: Record) -> str:
    """sha256 of the snapshot; the order of keys and of the lists of hosts, instances and groups plays no part."""
    parts = dict(snapshot)
    for key, name in (("hosts", "name"), ("instances", "id"), ("groups", "id")):
        parts[key] = sorted(parts.get(key) or [], key=lambda record: str(record.get(name)))
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


def add(left: Vector, right: Vector, sign: int = 1) -> Vector:
    """Sum (or, with sign -1, difference) by dimension."""
    return left[0] + sign * right[0], left[1] + sign * right[1], left[2] + sign * right[2]


def total(vectors: t.Iterable[Vector]) -> Vector:
    """Sum of many."""
    result = NOTHING
    for vector in vectors:
        result = add(result, vector)
    return result


def fits(size: Vector, room: Vector) -> bool:
    """Whether something of this size has room in every dimension."""
    return size[0] <= room[0] and size[1] <= room[1] and size[2] <= room[2]


def _vector(record: Record, keys: tuple[str, str, str]) -> Vector:
    return t.cast("Vector", tuple(int(record.get(key) or 0) for key in keys))
