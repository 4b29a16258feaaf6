# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots for planner tests, and a checker that shares no code with the planner."""

from __future__ import annotations

import collections
import types
import typing as t

import pytest

Record = dict[str, t.Any]


def host(name: str, vcpus: int = 4, **more: t.Any) -> Record:
    """An idle host in service."""
    return {
        "name": name,
        "type": "compute",
        "zone": "nova",
        "vcpus": vcpus,
        "vcpus_used": 0,
        "memory_mb": 8192,
        "memory_mb_used": 0,
        "disk_gb": 100,
        "disk_gb_used": 0,
        "status": "enabled",
        "state": "up",
        "disabled_reason": None,
        "forced_down": False,
        "service_id": name,
        "hypervisor_version": 1,
        **more,
    }


def instance(id_: str, on: str, vcpus: int = 2, **more: t.Any) -> Record:
    """A running server."""
    return {
        "id": id_,
        "name": f"name-{id_}",
        "project_id": "p",
        "host": on,
        "status": "ACTIVE",
        "task_state": None,
        "vcpus": vcpus,
        "memory_mb": 512,
        "disk_gb": 1,
        "group": None,
        "locked": False,
        **more,
    }


def group(id_: str, members: list[str], policy: str = "anti-affinity", per_host: int | None = None) -> Record:
    """A server group."""
    return {"id": id_, "name": f"group-{id_}", "policy": policy, "members": members, "max_server_per_host": per_host}


def snapshot(
    hosts: list[Record],
    instances: list[Record] | None = None,
    groups: list[Record] | None = None,
    constraints: Record | None = None,
) -> Record:
    """A snapshot in which each instance knows its group."""
    instances = instances or []
    of = {member: one["id"] for one in groups or [] for member in one["members"]}
    for one in instances:
        one["group"] = one["group"] or of.get(one["id"])
    return {"hosts": hosts, "instances": instances, "groups": groups or [], "constraints": constraints or {}}


def doctor(hosts: int = 4, removed: tuple[str, ...] = ()) -> Record:
    """The Doctor test: two instances of half a host on each host, the first two hosts hold an anti-affine pair."""
    names = [f"compute-{number}" for number in range(1, hosts + 1)]
    instances = []
    for number, name in enumerate(names):
        for side in "ab":
            pair = side == "a" and number < 2
            instances.append(instance(f"{'ha' if pair else 'nonha'}-{number}{side}", name))
    instances = [one for one in instances if one["id"] not in removed]
    return snapshot([host(name) for name in names], instances, [group("g", ["ha-0a", "ha-1a"])])


class Checker:
    """Carries a plan out, step by step, and looks at the rules after each."""

    def __init__(self, cloud: Record, options: Record, plan: Record) -> None:
        self.cloud, self.options, self.plan = cloud, options, plan
        self.hosts = {one["name"]: one for one in cloud["hosts"]}
        self.instances = {one["id"]: one for one in cloud["instances"]}
        self.where = {one["id"]: {one["host"]} for one in cloud["instances"]}
        self.moved: collections.Counter[str] = collections.Counter()
        asked = options.get("hosts")
        self.to_do = set(self.hosts if asked is None else asked) - {*options.get("done", []), *options.get("later", [])}
        self.later = set(options.get("later", []))
        self.riding = {*options.get("ride_through", []), *plan["riding"]}

    def check(self) -> None:
        """Everything the contract promises."""
        self.rules("before the plan", changed=False)
        room = self.plan["room"]
        prepared = [move["instance"] for move in room["moves"]]
        assert (room["need"] == "prepare") == bool(prepared)
        assert (room["need"] == "scale_in") == bool(room["scale_in"])
        if room["need"] in ("scale_in", "blocked"):
            assert not self.plan["waves"]
        first = set(room["hosts"])
        assert room["host"] == (room["hosts"][0] if room["hosts"] else None)
        mode = self.options.get("mode", "fewest_moves")
        assert len(room["hosts"]) <= (1 if mode == "fewest_moves" else self.options.get("max_hosts_at_once", 1))
        for move in room["moves"]:
            assert move["from"] in first
            assert move["to"] not in first
        self.carry_out(room["moves"], set(self.hosts) - first - self.later, "while making room")
        for name in first:
            assert not {key for key, hosts in self.where.items() if name in hosts} - self.riding, f"{name} is not empty"
        self.impact(room, "while making room")
        usable = set(self.hosts) - self.to_do - self.later
        planned: list[str] = []
        for number, wave in enumerate(self.plan["waves"]):
            what = f"in wave {number}"
            assert 1 <= len(wave["hosts"]) <= self.options.get("max_hosts_at_once", 1), what
            assert {move["from"] for move in wave["moves"]} <= set(wave["hosts"]), what
            self.carry_out(wave["moves"], usable, what)
            for name in wave["hosts"]:
                left = {key for key, hosts in self.where.items() if name in hosts} - self.riding
                assert not left, f"{left} still on {name} {what}"
            self.impact(wave, what)
            planned += wave["hosts"]
            usable |= set(wave["hosts"])
        assert len(planned) == len(set(planned)), "a host is emptied twice"
        chosen = {blocker["host"] for blocker in self.plan["blockers"] if blocker["choice"] == "ride_through"}
        blocked = {blocker["host"] for blocker in self.plan["blockers"] if blocker["choice"] != "ride_through"} - {None}
        assert not blocked & set(planned), "a blocked host is in a wave"
        assert set(self.plan["skipped"]) <= blocked
        if room["need"] in ("none", "prepare"):
            assert set(planned) | blocked == self.to_do
            assert chosen <= self.to_do
        for key, times in self.moved.items():
            assert times <= 1 + (key in prepared), f"{key} moved {times} times"
        figures = self.plan["figures"]
        assert figures["moves"] == sum(self.moved.values())
        assert figures["waves"] == len(self.plan["waves"])
        if planned and not blocked:
            assert figures["moves"] >= figures["moves_lower_bound"]
            assert figures["waves"] >= figures["waves_lower_bound"]
            allowed = max(sum(times - 1 for times in self.moved.values() if times > 1), 0)
            assert mode == "fewest_moves" or allowed <= max(1, figures["moves_lower_bound"] // 10 + self.least())

    def carry_out(self, moves: list[Record], usable: set[str], what: str) -> None:
        """All at once, which is the worst case: every instance is on both hosts until the last one has arrived."""
        for move in moves:
            key = move["instance"]
            assert self.where[key] == {move["from"]}, f"{key} is not on {move['from']} {what}"
            assert move["to"] in usable, f"{move['to']} is no target {what}"
            target = self.hosts[move["to"]]
            if move["to"] not in self.to_do or what == "while making room":
                assert (target["status"], target["state"]) == ("enabled", "up"), f"{move['to']} is not in service {what}"
            self.where[key] = {move["from"], move["to"]}
            self.moved[key] += 1
        self.rules(what)
        for move in moves:
            self.where[move["instance"]] = {move["to"]}
        self.rules(f"after the moves {what}")

    def rules(self, what: str, changed: bool = True) -> None:
        """Capacity and groups."""
        on: dict[str, list[str]] = collections.defaultdict(list)
        for key, hosts in self.where.items():
            for name in hosts:
                on[name].append(key)
        for name, keys in on.items():
            for axis in ("vcpus", "memory_mb", "disk_gb"):
                used = sum(self.instances[key][axis] for key in keys)
                assert used <= self.hosts[name][axis], f"{name} holds {used} {axis} {what}"
            if not changed:
                continue
            for one in self.cloud["groups"]:
                members = [key for key in keys if key in one["members"]]
                if one["policy"] == "anti-affinity":
                    assert len(members) <= (one["max_server_per_host"] or 1), f"{members} of {one['id']} on {name} {what}"
                if one["policy"] == "affinity" and members:
                    assert len(members) == len(one["members"]), f"{one['id']} is torn apart {what}"

    def least(self) -> int:
        """Instances of the fullest host: no more of a first host can move twice."""
        return max(collections.Counter(one["host"] for one in self.cloud["instances"]).values(), default=0)

    def impact(self, wave: Record, what: str) -> None:
        """No more members of a group than it tolerates; a single host may have more, the drain moves them one by one."""
        limits = {one["id"]: 1 for one in self.cloud["groups"] if one["policy"].endswith("anti-affinity")}
        for key, constraint in self.cloud["constraints"].get("groups", {}).items():
            if constraint.get("max_impacted_members") is not None:
                limits[key] = constraint["max_impacted_members"]
        for key, limit in limits.items():
            members = [move for move in wave["moves"] if move["group"] == key]
            if len({move["from"] for move in members}) > 1:
                assert len(members) <= limit, f"{members} of {key} {what}"


@pytest.fixture(scope="session")
def world() -> types.SimpleNamespace:
    """What this file has, for test files, which cannot import it."""

    def check(cloud: Record, options: Record, plan: Record) -> None:
        Checker(cloud, options, plan).check()

    return types.SimpleNamespace(host=host, instance=instance, group=group, snapshot=snapshot, doctor=doctor, check=check)
