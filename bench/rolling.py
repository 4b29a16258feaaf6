# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs of the administrator's playbook in the lab: how long they take, what a wave costs besides its work, how often
Nova is called for a move.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import os
import re
import statistics
import tempfile
import typing as t
from pathlib import Path

import yaml

from lab.demo import HOST_WORK
from lab.stack import Stack
from tests.integration.scripted_vnf import ScriptedVnf

from .figures import Entry, entry

PLAYBOOK = "nfv.maintenance.rolling_maintenance"
LIMIT = 3600
HOSTS, PER_HOST, AT_ONCE, MOVES_PER_HOST = 20, 10, 5, 3
SPEED = 10.0
# Simulated seconds.
MIGRATION, WORK = 20.0, 60.0
WINDOWS = dict.fromkeys(("MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE", "MAINTENANCE_COMPLETE"), 120)
# What the recorded Fenix took from its start time on, and the durations of that run: shared/recorded/fenix, protocol.md 4.9.
FENIX_SECONDS = 67.0
FENIX_DURATIONS = {"cold_migration": 5.0, "live_migration": 5.0, "confirm": 0.4, "scale": 1.6, "boot": 1.2, "delete": 0.3}
# What the session says of a move that is over: "name: MOVED to host (live, 2.5 s)".
MOVED = re.compile(r": MOVED to .*\(\w+, ")

Record = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Run:
    """What was seen of one run; times in seconds."""

    makespan: float
    from_start: float
    moves: int
    overheads: list[float]
    calls: t.Mapping[str, int]
    violations: int

    @property
    def calls_per_move(self) -> float:
        """Of Nova and Placement, over the whole run."""
        return sum(number for name, number in self.calls.items() if name.startswith(("compute", "placement"))) / self.moves


def bench_rolling() -> dict[str, Entry]:
    """Several hosts and servers at once, and as Fenix goes about it: one host and one server at a time."""
    ours = _twenty(at_once=AT_ONCE, moves_per_host=MOVES_PER_HOST)
    serial = _twenty(at_once=1, moves_per_host=1)
    how = (
        f"{HOSTS} hosts with {PER_HOST} servers each and {AT_ONCE} spare hosts in the lab, {AT_ONCE} hosts at once, "
        f"{MOVES_PER_HOST} moves per host at once; a live migration takes {MIGRATION:g} s and the work on a host {WORK:g} s, "
        f"both {SPEED:g} times as fast here on both sides; {_seen(ours)}; load of the machine {os.getloadavg()[0]:.1f}"
    )
    parallel = f"baseline: one host and one server at a time, as Fenix goes about it ({_seen(serial)})"
    waves = f"mean of {len(ours.overheads)} waves of {AT_ONCE} hosts, the longest {max(ours.overheads):.1f} s"
    besides = "from the end of one wave to that of the next, less its moves, its waits for replies and the work on the hosts"
    busiest = ", ".join(f"{number} {name}" for name, number in sorted(ours.calls.items(), key=lambda one: -one[1])[:8])
    return {
        "makespan_20x10": entry(ours.makespan, "s", serial.makespan, f"{how}; {parallel}"),
        "makespan_20x10_speedup": entry(
            serial.makespan / ours.makespan, "x", None, "the baseline of makespan_20x10 by its value"
        ),
        "wave_overhead": entry(
            statistics.mean(ours.overheads),
            "s",
            statistics.mean(serial.overheads),
            f"{waves}; {besides}; baseline: the waves of one host; {how}",
        ),
        "api_calls_per_move": entry(
            ours.calls_per_move,
            "calls",
            serial.calls_per_move,
            f"all calls of Nova and Placement of the whole run, seen at the lab, by the moves; {busiest}; {parallel}; {how}",
        ),
    }


def bench_doctor() -> dict[str, Entry]:
    """The shape of the session of Fenix that was recorded, with its durations."""
    with tempfile.TemporaryDirectory() as folder:
        doctor = yaml.safe_load((Path(__file__).parents[1] / "lab" / "topologies" / "doctor.yaml").read_text())
        run = _run(Path(folder), {**doctor, "durations": FENIX_DURATIONS}, 1.0, action="MIGRATE")
    how = (
        "4 full hosts with 2 servers each, from the announced start to MAINTENANCE_DONE, no work on the hosts, simulated "
        f"durations of the recorded run at their own speed (a cold migration {FENIX_DURATIONS['cold_migration']:g} s, its "
        f"confirmation {FENIX_DURATIONS['confirm']:g} s); {_seen(run)}; load of the machine {os.getloadavg()[0]:.1f}; baseline: "
        "Fenix ac9fe41 as it was recorded"
    )
    return {"doctor_4_hosts": entry(run.from_start, "s", FENIX_SECONDS, how)}


def _seen(run: Run) -> str:
    return f"{run.moves} moves, {len(run.overheads)} waves, {run.violations} violations seen by the observer"


def _twenty(at_once: int, moves_per_host: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "rolling_host_maintenance_hosts": _names(),
            "rolling_host_maintenance_max_hosts_at_once": at_once,
            "rolling_host_maintenance_max_moves_per_host": moves_per_host,
            "rolling_host_maintenance_max_moves": moves_per_host * at_once,
        }
        return _run(Path(folder), _topology(), SPEED, action="LIVE_MIGRATE", work=WORK, **options)


def _names() -> list[str]:
    return [f"host-{number:02}" for number in range(1, HOSTS + 1)]


def _topology() -> Record:
    """Hosts whose memory and CPUs are full, as they are in a cloud that pays; they have disk to spare."""
    size = {"vcpus": PER_HOST, "memory_mb": 1024 * PER_HOST, "disk_gb": 100 * PER_HOST}
    spare = [{"name": f"spare-{number}", **size} for number in range(1, AT_ONCE + 1)]
    servers = [
        {"name": f"{host}-{number}", "project": "vnf-owner", "flavor": "one", "host": host}
        for host in _names()
        for number in range(PER_HOST)
    ]
    return {
        "options": {"alarm_cache_ttl": 0, "max_concurrent_live_migrations": MOVES_PER_HOST},
        "projects": ["admin", "service", "vnf-owner"],
        "users": [
            {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
            {"name": "session-api", "roles": {"service": ["service", "admin"]}, "cloud": "lab-session-api"},
            {"name": "vnf-owner", "roles": {"vnf-owner": ["member"]}, "cloud": "lab-vnf"},
        ],
        "flavors": [{"name": "one", "vcpus": 1, "memory_mb": 1024, "disk_gb": 10}],
        "hosts": [*({"name": name, **size} for name in _names()), *spare],
        "servers": servers,
        "durations": {"live_migration": MIGRATION, "live_cleanup": 1.0},
    }


def _run(folder: Path, topology: Record, speed: float, *, action: str, work: float = 0, **options: t.Any) -> Run:
    file = folder / "topology.yaml"
    file.write_text(yaml.safe_dump(topology))
    stack = Stack(folder / "stack", hosts=0, speed=speed, topology=file)
    try:
        stack.start_lab()
        stack.start_session_api()
        task = folder / "host-work.yml"
        task.write_text(HOST_WORK.replace("seconds: 3", f"seconds: {work:g}"))
        variables = {
            **stack.maintenance_variables(task),
            "rolling_host_maintenance_start_in": 10,
            "rolling_host_maintenance_event_probe": "skip",
            "rolling_host_maintenance_windows": WINDOWS,
            **({} if work else {"rolling_host_maintenance_actions": []}),
            **options,
        }
        stack.control("POST", "calls/reset")
        stack.control("POST", "observer/reset")
        with ScriptedVnf(stack, action=action):
            arguments = ["-i", str(stack.write_inventory()), "-e", json.dumps(variables), "--forks", "20"]
            done = stack.run_playbook(PLAYBOOK, *arguments, timeout=LIMIT)
        if done.returncode:
            raise RuntimeError(f"the run ended with status {done.returncode}: {done.stdout[-2000:]}{done.stderr[-500:]}")
        return _outcome(stack, work / speed)
    finally:
        stack.stop()


def _outcome(stack: Stack, work: float) -> Run:
    [listed] = stack.session_api("sessions")["sessions"]
    session = stack.session_api(f"sessions/{listed['id']}")
    events = [(_moment(one["at"]), one) for one in stack.session_api(f"sessions/{listed['id']}/events")["events"]]
    begun, ended = events[0][0], _state(events, "MAINTENANCE_DONE")[0]
    turns = _state(events, "START_MAINTENANCE")
    waves = [[(at, one) for at, one in events if begin <= at <= end] for begin, end in itertools.pairwise(turns)]
    overheads = [wave[-1][0] - wave[0][0] - _moving(wave) - _waiting(wave) - work for wave in waves]
    calls = stack.control("GET", "calls")["calls"]
    moves = sum(bool(MOVED.search(one["text"])) for _at, one in events)
    violations = len(stack.control("GET", "observer")["violations"])
    return Run(ended - begun, ended - _moment(session["maintenance_at"]), moves, overheads, calls, violations)


def _moment(stamp: str) -> float:
    return dt.datetime.fromisoformat(stamp).timestamp()


def _state(events: list[tuple[float, Record]], state: str) -> list[float]:
    return [at for at, one in events if one["kind"] == "session.state" and one["text"].endswith(f"-> {state}")]


def _moving(wave: list[tuple[float, Record]]) -> float:
    """From the first move of a wave to the end of the last."""
    found = [at for at, one in wave if one["kind"] == "instance.state"]
    return max(found) - min(found) if found else 0.0


def _waiting(wave: list[tuple[float, Record]]) -> float:
    """From the first question of a wave to the last answer."""
    asked = [at for at, one in wave if one["kind"] == "message.created" and one["text"].startswith("PLANNED_MAINTENANCE")]
    answered = [at for at, one in wave if one["kind"] == "message.acknowledged"]
    return max(answered) - min(asked) if asked and answered else 0.0
