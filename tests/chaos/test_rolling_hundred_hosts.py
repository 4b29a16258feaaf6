# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hundred hosts with a thousand servers, end to end, with figures (HOSTS=, a tenth of the servers on each)."""

from __future__ import annotations

import os
import time

import psutil
import pytest

from lab.processes import peak_memory
from tests.chaos.rolling.clouds import PREFIX, WINDOW, Manners, Trouble, project
from tests.chaos.rolling.trial import Trial

HOSTS = int(os.environ.get("HOSTS") or "100")
SERVERS, OWNERS, MEMBERS, FREE = 10 * HOSTS, 10, 4, max(2, HOSTS // 6)
LIMIT = 3 * 3600


def large() -> Trouble:
    """Ten projects, each with a fifth of its servers in anti-affine groups of four, one of which may be down."""
    owners = [project(number) for number in range(1, OWNERS + 1)]
    each = SERVERS // OWNERS
    groups, servers = [], []
    for name in owners:
        for number in range(each // 5 // MEMBERS):
            group = {"name": f"{name}-group-{number}", "project": name, "policy": "anti-affinity", "max_impacted_members": 1}
            groups.append(group)
            member = {"name": f"{group['name']}-member", "project": name, "flavor": "part", "count": MEMBERS}
            servers.append({**member, "group": group["name"]})
        rest = each - MEMBERS * (each // 5 // MEMBERS)
        servers.append({"name": f"{name}-server", "project": name, "flavor": "part", "count": rest})
    size = {"vcpus": 32, "memory_mb": 65536, "disk_gb": 640}
    hosts = [{"name": f"compute-{number}", **size, "spare": number > HOSTS - FREE} for number in range(1, HOSTS + 1)]
    admins = [
        {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
        {"name": "session-api", "roles": {"service": ["service", "admin"]}, "cloud": "lab-session-api"},
    ]
    topology = {
        "options": {"alarm_cache_ttl": 0, "max_concurrent_live_migrations": 3},
        "projects": ["admin", "service", *owners],
        "users": [*admins, *({"name": name, "roles": {name: ["member"]}, "cloud": f"lab-{name}"} for name in owners)],
        "flavors": [{"name": "part", "vcpus": 2, "memory_mb": 4096, "disk_gb": 40}],
        "hosts": hosts, "groups": groups, "servers": servers, "vnfs": [],
    }  # fmt: skip
    states = ("MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE", "MAINTENANCE_COMPLETE")
    names = [host["name"] for host in hosts]
    variables = {
        "hosts": names, "start_in": 1, "windows": dict.fromkeys(states, 2 * WINDOW), "max_hosts_at_once": FREE,
        "max_moves_per_host": 3, "max_moves": 30, "return_timeout": 300, "event_probe": "skip", "lease_ttl": 300,
        "on_blocker": "stop",
    }  # fmt: skip
    manners = {name: Manners() for name in owners}
    return Trouble(1, topology, names, {f"{PREFIX}{name}": value for name, value in variables.items()}, [], manners)


@pytest.mark.timeout(LIMIT)
def test_every_host_once(tmp_path, nursery):
    with Trial(tmp_path / "large", nursery, large()) as trial:
        began, before = time.monotonic(), nursery.processor_seconds
        run = trial.start()
        ended = trial.finish(run, LIMIT)
        seconds, used = time.monotonic() - began, nursery.processor_seconds - before
        observer = trial.stack.control("GET", "observer")
        [session] = trial.sessions()
        events = trial.stack.session_api(f"sessions/{session['id']}/events")["events"]
        moves = trial.moves()
        figures = {
            "hosts": HOSTS, "servers": SERVERS, "seconds": round(seconds), "moves": sum(moves.values()),
            "most moves of a server": max(moves.values()), "events": len(events), "observer lag": observer["lag_seconds"],
            "playbook": f"{used:.0f} s of the processor",
        }  # fmt: skip
        for name in ("lab", "session-api"):
            child = trial.stack.processes.children[name]
            times = psutil.Process(child.pid).cpu_times()
            figures[name] = f"{times.user + times.system:.0f} s of the processor, {peak_memory(child.pid) >> 20} MiB"
        print("\n" + "\n".join(f"{name}: {value}" for name, value in figures.items()))  # noqa: T201
        assert ended.complete, ended.reasons
        assert trial.complaints(ended) == []
        assert trial.worked_on() == dict.fromkeys((f"compute-{number}" for number in range(1, HOSTS + 1)), 1)
        assert max(moves.values()) <= 2
