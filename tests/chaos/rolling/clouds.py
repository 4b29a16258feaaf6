# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random clouds, what goes wrong in them, and how their owners behave: everything follows from a seed."""

from __future__ import annotations

import dataclasses
import math
import random
import typing as t

Json = dict[str, t.Any]
ASKED = ("MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")
# Real seconds. The lab is twenty times as fast as a cloud, the machine that it runs on may be slow.
WINDOW, SHORT_WINDOW = 60, 3
SPEED = 20.0
PREFIX = "rolling_host_maintenance_"


@dataclasses.dataclass
class Manners:
    """How an owner behaves.

    :ivar pause: longest pause before an answer, seconds.
    :ivar silent: states that are not answered.
    :ivar late: states that are answered after their window.
    :ivar refused: state to how many of its messages are refused.
    :ivar action: what is chosen for instances; ``mixed``: one or the other.
    """

    pause: float = 0.0
    silent: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    refused: dict[str, int] = dataclasses.field(default_factory=dict)
    action: str = "LIVE_MIGRATE"

    @property
    def good(self) -> bool:
        """Whether everything is answered in time, with yes."""
        return not (self.silent or self.late or self.refused)


@dataclasses.dataclass
class Trouble:
    """One run with all that happens to it."""

    seed: int
    topology: Json
    targets: list[str]
    variables: Json
    faults: list[Json]
    manners: dict[str, Manners]

    @property
    def harmless(self) -> bool:
        """Whether nothing is in the way of a complete run but, perhaps, room."""
        return not self.faults and all(one.good for one in self.manners.values())

    @property
    def tolerated(self) -> dict[str, int]:
        """How many members of a group may be down at once, by the group's name."""
        found = {group["name"]: group["max_impacted_members"] for group in self.topology["groups"]}
        for vnf in self.topology["vnfs"]:
            pairs = ((f"{vnf['name']}-{vdu['name']}-group", vdu.get("group")) for vdu in vnf["vdus"])
            found |= {name: group["max_impacted_members"] for name, group in pairs if group}
        return found

    def told(self) -> str:
        """One line for who reads the output."""
        return (
            f"{len(self.targets)} of {len(self.topology['hosts'])} hosts, "
            f"faults {[fault['kind'] for fault in self.faults]}, owners {[*self.manners.values()]}, {self.variables}"
        )


def project(number: int) -> str:
    """The name of an owner's project, user and, with ``lab-`` before it, cloud."""
    return f"owner-{number}"


def topology(chance: random.Random, hosts: int, free_hosts: int, owners: int) -> Json:
    """A cloud of equal hosts; two or four servers fill one, and where no host is free the workers of the first VNF fill all."""
    per_host = chance.choice((2, 4))
    projects = [project(number) for number in range(1, owners + 1)]
    flavor = {"name": "part", "vcpus": 8 // per_host, "memory_mb": 16384 // per_host, "disk_gb": 160 // per_host}
    names = [f"compute-{number}" for number in range(1, hosts + 1)]
    busy = hosts - free_hosts
    room = busy * per_host
    groups: list[Json] = []
    servers: list[Json] = []
    vnfs: list[Json] = []
    for number, name in enumerate(projects):
        left = room - sum(one["count"] for one in servers) - sum(vdu["count"] for vnf in vnfs for vdu in vnf["vdus"])
        share = max(1, left // (len(projects) - number))
        if number == 0 or (chance.random() < 0.5 and share >= 4):
            members = chance.randint(2, min(3, busy, max(2, share - 2)))
            share = share if free_hosts or number else max(share, members + per_host)
            impacted = chance.randint(1, max(1, members - 1))
            pair = {"name": "ha", "count": members, "flavor": "part"}
            pair["group"] = {"policy": "anti-affinity", "max_impacted_members": impacted}
            count = max(2, (share - members) // 2 * 2) if share - members >= 2 else 0
            vdus: list[Json] = [pair]
            if count:
                vdus.append({"name": "worker", "count": count, "flavor": "part", "aspect": "worker"})
            aspects = [{"name": "worker", "step": 2}] if count else []
            vnfs.append({"name": f"vnf-{number + 1}", "project": name, "vdus": vdus, "aspects": aspects})
        elif share:
            policy = chance.choice(["anti-affinity", "soft-anti-affinity", "affinity", None])
            most = {"anti-affinity": busy, "affinity": 1}.get(str(policy), share)
            count = chance.randint(1, min(share, most))
            plain = {"name": f"server-{number + 1}", "project": name, "flavor": "part", "count": count}
            if policy:
                group = {"name": f"group-{number + 1}", "project": name, "policy": policy}
                groups.append(group | {"max_impacted_members": chance.randint(1, 2)})
                plain["group"] = group["name"]
            servers.append(plain)
    users = [{"name": name, "roles": {name: ["member"]}, "cloud": f"lab-{name}"} for name in projects]
    return {
        "options": {"alarm_cache_ttl": 0, "max_concurrent_live_migrations": chance.randint(1, 3)},
        "projects": ["admin", "service", *projects],
        "users": [
            {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
            {"name": "session-api", "roles": {"service": ["service", "admin"]}, "cloud": "lab-session-api"},
            *users,
        ],
        "flavors": [flavor],
        "hosts": [{"name": name, "spare": True} if index >= busy else {"name": name} for index, name in enumerate(names)],
        "groups": groups,
        "servers": servers,
        "vnfs": vnfs,
    }


def draw(seed: int, *, most_hosts: int = 8, most_targets: int = 8, least_free: int = 0, trouble: bool = True) -> Trouble:
    """The run of a seed."""
    chance = random.Random(seed)  # noqa: S311 - a seed replays it
    hosts = chance.randint(3, most_hosts)
    owners = chance.randint(1, 3)
    free = max(least_free, chance.choice((0, 1, 1, 1, 2) if hosts > 3 else (0, 1, 1)))
    cloud = topology(chance, hosts, free, owners)
    names = [host["name"] for host in cloud["hosts"]]
    wanted = min(len(names), most_targets)
    targets = sorted(chance.sample(names, chance.randint(math.ceil(wanted / 2), wanted)))
    manners = {project(number): _manners(chance, trouble) for number in range(1, owners + 1)}
    faults = _faults(chance) if trouble else []
    variables = _variables(chance, targets, manners, faults)
    return Trouble(seed, cloud, targets, variables, faults, manners)


def _manners(chance: random.Random, trouble: bool) -> Manners:
    manners = Manners(pause=chance.choice((0.0, 0.2, 1.0)), action=chance.choice(("MIGRATE", "LIVE_MIGRATE", "mixed")))
    if trouble and chance.random() < 0.25:
        state = chance.choice(ASKED)
        match chance.randrange(4):
            case 0:
                manners.silent = frozenset(ASKED)
            case 1:
                manners.silent = frozenset({state})
            case 2:
                manners.late = frozenset({state})
            case 3:
                manners.refused = {state: chance.choice((1, 2, 99))}
    return manners


def _faults(chance: random.Random) -> list[Json]:
    found: list[Json] = []
    while len(found) < 3 and chance.random() < 0.45:
        kind = {"type": chance.choice(("live", "cold"))} if chance.random() < 0.5 else {}
        found.append(
            chance.choice([
                {"kind": "migration_slow", "match": kind, "factor": chance.choice((3, 10, 40)), "probability": 0.4},
                {"kind": "migration_fail", "match": kind, "times": chance.choice((1, 3))},
                {"kind": "migration_fail", "match": kind, "probability": 0.2, "leaves": chance.choice(("error", "active"))},
                {"kind": "migration_lie", "match": kind, "times": chance.choice((1, 2))},
                {"kind": "http_error", "match": {"service": "compute"}, "status": chance.choice((500, 503)), "probability": 0.05},
                {"kind": "http_error", "match": {"service": "compute", "method": "POST"}, "status": 503, "times": 3},
                {"kind": "http_error", "match": {"service": "placement"}, "status": 503, "probability": 0.1},
                {"kind": "host_no_return", "times": 1},
            ])
        )  # fmt: skip
    return found


def _variables(chance: random.Random, targets: list[str], manners: dict[str, Manners], faults: list[Json]) -> Json:
    unanswered = frozenset().union(*(one.silent | one.late for one in manners.values()))
    windows = {state: SHORT_WINDOW if state in unanswered else WINDOW for state in ASKED}
    gone = any(fault["kind"] == "host_no_return" for fault in faults)
    variables: Json = {
        "hosts": targets,
        "start_in": 1,
        "windows": {**windows, "MAINTENANCE_COMPLETE": WINDOW},
        "max_hosts_at_once": chance.randint(1, 3),
        "max_moves_per_host": chance.randint(1, 3),
        "max_moves": chance.randint(2, 6),
        "live_timeout": chance.choice((2, 20)),
        "cold_timeout": 20,
        "return_timeout": 4 if gone else WINDOW,
        "event_probe": "skip",
        "lease_ttl": 20,
        "scale_in_rounds": 3,
        "ways": {"MIGRATE": ["cold"], "LIVE_MIGRATE": chance.choice((["live"], ["live", "force_complete"], ["live", "cold"]))},
        "mode": chance.choice(("fewest_moves", "fewest_waves", "shortest_time")),
        "on_blocker": chance.choice(("stop", "skip_host")),
        "on_silence": chance.choice(("auto", "retry", "default_action", "stop")),
        "patience": {"refusals": chance.randint(0, 2), "silences": chance.randint(0, 1), "pause": 1},
        "max_failures": chance.choice(("0", "0", "1")),
    }
    return {f"{PREFIX}{name}": value for name, value in variables.items()}
