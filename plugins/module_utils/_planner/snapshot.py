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
WAYS = ("live", "cold")
# What a constraint's migration_type (Fenix, ETSI FEAT03) leaves of the ladder.
_WAYS_OF_TYPE: dict[str, tuple[str, ...]] = {"MIGRATE": ("cold",), "MIGRATION": ("cold",), "LIVE_MIGRATE": ("live",)}


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
        )


@dataclasses.dataclass(frozen=True)
class Cloud:
    """Everything that is known about the cloud."""

    hosts: dict[str, Host]
    instances: dict[str, Instance]
    groups: tuple[Record, ...]
    instance_constraints: Record
    group_constraints: Record
    digest: str

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
            )
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise PlanError(f"The snapshot is not one of maintenance_snapshot_info: {type(exc).__name__}: {exc}") from exc


@dataclasses.dataclass(frozen=True)
class Options:
    """What the administrator asked for.

    :ivar hosts: the hosts to maintain; None means all.
    :ivar done: hosts that are maintained already: targets, never planned again.
    :ivar later: hosts that another plan empties afterwards: not planned now, and no targets either.
    :ivar max_hosts_at_once: how many hosts one wave may have.
    :ivar ways: instance id to the ways its owner allows, in order of preference; an empty list means that the owner moves it.
    :ivar ride_through: instances that stay on their host while it is worked on.
    :ivar silent_projects: projects that answer nothing, so that no instance of theirs is counted on to be removed.
    :ivar seed: decides between hosts that are equal in every other respect; 0 means by name.
    """

    hosts: tuple[str, ...] | None = None
    done: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    max_hosts_at_once: int = 1
    ways: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    ride_through: frozenset[str] = frozenset()
    silent_projects: frozenset[str] = frozenset()
    seed: int = 0

    @classmethod
    def read(cls, options: Record) -> Options:
        """From plain data; what is None has its default."""
        given = {key: value for key, value in options.items() if value is not None}
        unknown = sorted(set(given) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise PlanError(f"Unknown planner option: {', '.join(unknown)}")
        ways = {str(key): tuple(value) for key, value in (given.get("ways") or {}).items()}
        for instance, allowed in ways.items():
            wrong = sorted(set(allowed) - set(WAYS))
            if wrong:
                raise PlanError(f"Option ways of instance {instance} has {', '.join(wrong)}; a way is one of {', '.join(WAYS)}")
        at_once = int(given.get("max_hosts_at_once", 1))
        if at_once < 1:
            raise PlanError(f"Option max_hosts_at_once is {at_once}; it has to be 1 or more")
        return cls(
            hosts=tuple(given["hosts"]) if "hosts" in given else None,
            done=tuple(given.get("done", ())),
            later=tuple(given.get("later", ())),
            max_hosts_at_once=at_once,
            ways=ways,
            ride_through=frozenset(given.get("ride_through", ())),
            silent_projects=frozenset(given.get("silent_projects", ())),
            seed=int(given.get("seed", 0)),
        )

    def record(self) -> dict[str, t.Any]:
        """As they stand in the plan."""
        return {
            "hosts": None if self.hosts is None else list(self.hosts),
            "done": list(self.done),
            "later": list(self.later),
            "max_hosts_at_once": self.max_hosts_at_once,
            "ways": {key: list(value) for key, value in sorted(self.ways.items())},
            "ride_through": sorted(self.ride_through),
            "silent_projects": sorted(self.silent_projects),
            "seed": self.seed,
        }

    def to_do(self, cloud: Cloud) -> list[str]:
        """The hosts that are still to be maintained, by name."""
        missing = sorted({*(self.hosts or ()), *self.done, *self.later} - set(cloud.hosts))
        if missing:
            known = ", ".join(cloud.hosts) or "none"
            raise PlanError(f"Not in the snapshot: host {', '.join(missing)}. Known hosts: {known}")
        asked = cloud.hosts if self.hosts is None else self.hosts
        return sorted(set(asked) - {*self.done, *self.later})

    def ways_of(self, cloud: Cloud, instance: str) -> tuple[str, ...]:
        """The ladder of one instance: what was asked for it, else what its constraint says, else live before cold."""
        if instance in self.ways:
            return self.ways[instance]
        kind = (cloud.instance_constraints.get(instance) or {}).get("migration_type")
        return _WAYS_OF_TYPE.get(str(kind), WAYS)

    def tie(self, name: str) -> str:
        """Sort key between equals."""
        return name if not self.seed else hashlib.sha256(f"{self.seed}:{name}".encode()).hexdigest()


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
