# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What groups allow: who may share a host, who may be under way at the same time (private to this collection)."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .snapshot import Cloud

# A server group of this policy never has its members apart; Nova moves no member of it away from the others.
AFFINITY = "affinity"
# Nova enforces the first; the second is a wish.
ANTI_AFFINITY = "anti-affinity"
_APART = (ANTI_AFFINITY, "soft-anti-affinity")


@dataclasses.dataclass(frozen=True)
class Groups:
    """The rules of all groups, by instance.

    A group is a Nova server group or, where a constraint names one, a group that only the VNF's manager knows.

    :ivar limits: instance id to the (group, how many of its members a host may hold) that bind it.
    :ivar wishes: instance id to the groups whose members should rather be apart.
    :ivar tied: instance id to the affinity group that holds it on its host.
    :ivar impact: instance id to the group that counts it as impacted while it is moved.
    :ivar max_impacted: group to how many of its members may be impacted at the same time.
    :ivar recovery: group to the seconds that a member needs before the next one may be impacted.
    :ivar names: group to how people call it.
    :ivar down: limited group to its members that do not run although they should.
    """

    limits: dict[str, tuple[tuple[str, int], ...]]
    wishes: dict[str, tuple[str, ...]]
    tied: dict[str, str]
    impact: dict[str, str]
    max_impacted: dict[str, int]
    recovery: dict[str, float]
    names: dict[str, str]
    down: dict[str, tuple[str, ...]]

    @classmethod
    def read(cls, cloud: Cloud) -> Groups:
        """From the server groups and the constraints of the snapshot."""
        reader = _Reader(cloud)
        for group in cloud.groups:
            reader.server_group(group)
        for instance in cloud.instances.values():
            if instance.group and instance.id not in reader.impact:
                reader.impact[instance.id] = instance.group
        for key, constraint in cloud.instance_constraints.items():
            if key in cloud.instances and (constraint or {}).get("group_id"):
                reader.impact[key] = str(constraint["group_id"])
        for member, counted_by in reader.impact.items():
            reader.members_of[counted_by].append(member)
        for key, constraint in cloud.group_constraints.items():
            reader.constraint(str(key), constraint or {})
        down = {
            group: tuple(member for member in reader.members_of[group] if cloud.instances[member].down)
            for group in reader.max_impacted
        }
        return cls(
            limits={key: tuple(sorted(value.items())) for key, value in reader.limits.items()},
            wishes={key: tuple(value) for key, value in reader.wishes.items()},
            tied=reader.tied,
            impact=reader.impact,
            max_impacted=reader.max_impacted,
            recovery=reader.recovery,
            names=reader.names,
            down={group: members for group, members in down.items() if members},
        )

    def name(self, group: str) -> str:
        """How people call it."""
        return self.names.get(group) or group

    def impacted(self, instances: t.Iterable[str]) -> collections.Counter[str]:
        """How many members of each limited group are among these instances."""
        groups = (self.impact.get(instance) for instance in instances)
        return collections.Counter(group for group in groups if group is not None and group in self.max_impacted)

    def none_left(self, instance: str) -> tuple[str, ...]:
        """The members of its group that are down already, where that leaves no other one that may be impacted."""
        group = self.impact.get(instance, "")
        others = tuple(member for member in self.down.get(group, ()) if member != instance)
        return others if others and len(others) >= self.max_impacted[group] else ()

    def too_many(self, before: collections.Counter[str], more: collections.Counter[str]) -> str | None:
        """The group that forbids moving ``more`` in the wave that has ``before``.

        A host that alone holds more members than may be impacted is no reason: its moves go one after another.
        """
        for group, count in sorted(more.items()):
            if before[group] and before[group] + count + len(self.down.get(group, ())) > self.max_impacted[group]:
                return group
        return None


class _Reader:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.of_group: dict[str, set[str]] = collections.defaultdict(set)
        for instance in cloud.instances.values():
            if instance.group:
                self.of_group[instance.group].add(instance.id)
        self.members_of: dict[str, list[str]] = collections.defaultdict(list)
        self.limits: dict[str, dict[str, int]] = collections.defaultdict(dict)
        self.wishes: dict[str, list[str]] = collections.defaultdict(list)
        self.tied: dict[str, str] = {}
        self.impact: dict[str, str] = {}
        self.max_impacted: dict[str, int] = {}
        self.recovery: dict[str, float] = {}
        self.names: dict[str, str] = {}

    def server_group(self, group: t.Mapping[str, t.Any]) -> None:
        key, policy = str(group["id"]), str(group.get("policy") or "")
        listed = {str(member) for member in group.get("members") or ()} & self.cloud.instances.keys()
        members = sorted(listed | self.of_group.get(key, set()))
        self.names[key] = str(group.get("name") or key)
        for member in members:
            self.impact[member] = key
            if policy == ANTI_AFFINITY:
                self.limits[member][key] = max(1, int(group.get("max_server_per_host") or 1))
            elif policy in _APART:
                self.wishes[member].append(key)
            elif policy == AFFINITY and len(members) > 1:
                self.tied[member] = key
        if policy in _APART:
            # They are apart because one has to serve while the other does not.
            self.max_impacted[key] = 1

    def constraint(self, key: str, constraint: t.Mapping[str, t.Any]) -> None:
        self.names.setdefault(key, str(constraint.get("group_name") or key))
        if constraint.get("max_impacted_members") is not None:
            self.max_impacted[key] = max(1, int(constraint["max_impacted_members"]))
        if constraint.get("recovery_time"):
            self.recovery[key] = float(constraint["recovery_time"])
        per_host = int(constraint.get("max_instances_per_host") or 0)
        if constraint.get("anti_affinity_group"):
            per_host = per_host or 1
        if per_host:
            for member in self.members_of[key]:
                self.limits[member][key] = min(per_host, self.limits[member].get(key, per_host))
