# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a snapshot to a topology file, with which the lab plays the same cloud; pure (private to this collection)."""

from __future__ import annotations

import collections
import hashlib
import hmac
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._planner.snapshot import OUR_REASON

Record = t.Mapping[str, t.Any]
Entry = dict[str, t.Any]

_SIZES = ("vcpus", "memory_mb", "disk_gb")
# What is not known does not bind.
_PLENTY = 1_000_000_000
_STATES = ("ACTIVE", "SHUTOFF", "ERROR")
_OF_INSTANCE = ("lead_time", "max_interruption_time", "migration_type", "resource_mitigation")
_OF_GROUP = ("anti_affinity_group", "max_instances_per_host", "max_impacted_members", "recovery_time", "resource_mitigation")
_DIGITS = 10


def maintenance_topology(snapshot: Record, hash_key: str = "") -> Entry:
    """The topology of a snapshot.

    :param snapshot: as M(maintenance_snapshot_info) returns it.
    :param hash_key: with it every name is a keyed hash (HMAC-SHA-256), and reasons are left out; empty leaves names as they are.
    """
    return _Topology(snapshot, hash_key).document()


class _Topology:
    """One conversion."""

    def __init__(self, snapshot: Record, hash_key: str) -> None:
        self._snapshot, self._key = snapshot, hash_key
        self._hosts = sorted(snapshot["hosts"], key=lambda host: str(host["name"]))
        known = {host["name"] for host in self._hosts}
        found = sorted(snapshot["instances"], key=lambda instance: str(instance["id"]))
        self._instances = [instance for instance in found if instance["host"] in known]
        self._used: collections.Counter[tuple[str, str]] = collections.Counter()
        for one in self._instances:
            self._used.update({(one["host"], size): int(one.get(size) or 0) for size in _SIZES})
        constraints = snapshot.get("constraints") or {}
        self._of_instances: Record = constraints.get("instances") or {}
        self._of_groups: Record = constraints.get("groups") or {}
        self._project_of: dict[str, str] = {one["id"]: str(one["project_id"]) for one in self._instances}
        ids = sorted(set(self._project_of.values()))
        self._projects = self._names("project", {one: f"project-{one[:8]}" for one in ids})
        self._groups = self._all_groups()
        self._group_names = self._names("group", {one["id"]: str(one.get("name") or one["id"]) for one in self._groups})
        self._server_names = self._names("server", {one["id"]: str(one.get("name") or one["id"]) for one in self._instances})

    def document(self) -> Entry:
        """The whole file."""
        projects = list(self._projects.values())
        users: list[Entry] = [
            {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
            {"name": "session-api", "roles": {"service": ["service", "admin"]}, "cloud": "lab-session-api"},
        ]
        users += [{"name": f"owner-{name}", "roles": {name: ["member"]}, "cloud": f"lab-{name}"} for name in projects]
        flavors = {_size(one): {"name": _flavor(one), **dict(zip(_SIZES, _size(one), strict=True))} for one in self._instances}
        return {
            "notes": self._notes(),
            "options": {"alarm_cache_ttl": 0},
            "projects": ["admin", "service", *projects],
            "users": users,
            "flavors": [flavors[size] for size in sorted(flavors)],
            "hosts": [self._host(one) for one in self._hosts],
            "groups": [self._group(one) for one in self._groups],
            "servers": [self._server(one) for one in self._instances],
        }

    # --- names

    def _name(self, kind: str, name: str) -> str:
        if not self._key:
            return name
        return f"{kind}-{hmac.new(self._key.encode(), f'{kind} {name}'.encode(), hashlib.sha256).hexdigest()[:_DIGITS]}"

    def _names(self, kind: str, names: t.Mapping[str, str]) -> dict[str, str]:
        """A name for each id, none of them twice: servers and groups of several projects may have the same."""
        taken: collections.Counter[str] = collections.Counter()
        found = {}
        for key, name in names.items():
            wanted = self._name(kind, name)
            taken[wanted] += 1
            found[key] = wanted if taken[wanted] == 1 else f"{wanted}~{taken[wanted]}"
        return found

    # --- parts

    def _host(self, host: Record) -> Entry:
        entry: Entry = {"name": self._name("host", host["name"])}
        for size in _SIZES:
            # What is in use without an instance to show for it, as by a migration that is not confirmed, is not there to be had.
            lost = max(0, int(host.get(f"{size}_used") or 0) - self._used[host["name"], size])
            entry[size] = _PLENTY if host.get(size) is None else max(0, int(host[size]) - lost)
        if host.get("zone"):
            entry["zone"] = self._name("zone", host["zone"]) if host["zone"] != "nova" else "nova"
        if host.get("hypervisor_version"):
            entry["version"] = int(host["hypervisor_version"])
        if host.get("status", "enabled") != "enabled":
            entry |= {"enabled": False, "disabled_reason": self._reason(str(host.get("disabled_reason") or ""))}
        if host.get("state", "up") != "up" or host.get("forced_down"):
            entry["down"] = True
        return entry

    def _reason(self, reason: str) -> str:
        if self._key:
            return f"{OUR_REASON}hashed" if reason.startswith(OUR_REASON) else "hashed"
        return reason

    def _all_groups(self) -> list[Record]:
        """Nova's groups that have members here, and those that only constraints know."""
        groups = [one for one in self._snapshot.get("groups") or () if not self._project_of.keys().isdisjoint(one["members"])]
        named = {one.get("group_id") for key, one in self._of_instances.items() if key in self._project_of}
        others = named & self._of_groups.keys() - {one["id"] for one in groups}
        groups += [{"id": one, "name": self._of_groups[one].get("group_name"), "members": []} for one in others]
        return sorted(groups, key=lambda one: str(one["id"]))

    def _group(self, group: Record) -> Entry:
        constraint = self._of_groups.get(group["id"]) or {}
        owner = constraint.get("project_id") or next(
            (self._project_of[member] for member in group["members"] if member in self._project_of), ""
        )
        entry: Entry = {"name": self._group_names[group["id"]], "project": self._projects[owner]}
        for key in ("policy", "max_server_per_host"):
            if group.get(key):
                entry[key] = group[key]
        if constraint.get("max_impacted_members"):
            entry["max_impacted_members"] = constraint["max_impacted_members"]
        told = _told(constraint, _OF_GROUP)
        return entry | ({"constraint": told} if told else {})

    def _server(self, instance: Record) -> Entry:
        entry: Entry = {
            "name": self._server_names[instance["id"]],
            "project": self._projects[str(instance["project_id"])],
            "flavor": _flavor(instance),
            "host": self._name("host", instance["host"]),
        }
        constraint = self._of_instances.get(instance["id"]) or {}
        told = _told(constraint, _OF_INSTANCE)
        if constraint.get("group_id") in self._group_names:
            told["group"] = self._group_names[constraint["group_id"]]
        if instance.get("group") in self._group_names:
            entry["group"] = self._group_names[instance["group"]]
        elif "group" in told:
            entry["group"] = told["group"]
        status = str(instance.get("status") or "ACTIVE").upper()
        if status in _STATES[1:]:
            entry["status"] = status
        if instance.get("locked"):
            entry["locked"] = True
        return entry | ({"constraint": told} if told else {})

    def _notes(self) -> list[str]:
        """What this cloud has and the lab has not."""
        notes = []
        states = collections.Counter(str(one.get("status") or "ACTIVE").upper() for one in self._instances)
        notes += [f"instances that were {name} are ACTIVE: {n}" for name, n in sorted(states.items()) if name not in _STATES]
        placed = sum(1 for one in self._instances if one.get("extra_specs"))
        notes += [f"instances whose flavors ask for traits, aggregates, devices or CPUs go anywhere: {placed}"] if placed else []
        tagged = sum(1 for one in self._instances if one.get("tags"))
        notes += [f"tags of their owners are left out on instances: {tagged}"] if tagged else []
        unseen = len(self._snapshot.get("unseen") or ())
        notes += [f"instances in a cell that did not answer are left out: {unseen}"] if unseen else []
        return notes


def _told(constraint: Record, keys: t.Iterable[str]) -> Entry:
    return {key: constraint[key] for key in keys if constraint.get(key) is not None}


def _size(instance: Record) -> tuple[int, int, int]:
    vcpus, memory, disk = (int(instance.get(size) or 0) for size in _SIZES)
    return vcpus, memory, disk


def _flavor(instance: Record) -> str:
    return "{}-vcpus-{}-mb-{}-gb".format(*_size(instance))
