# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans."""

from __future__ import annotations

import collections
import json
import statistics
import subprocess
import sys
import time
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._planner.options import MODES
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan

from lab.products import ROOT

from .clouds import Shape, cloud, host_record, instance_record, shape
from .figures import Entry, entry
from .naive import Naive

CLOUDS = 200
BAR_MOVES = 1.02
BAR_WAVES = 1.25
BAR_WAVES_MOVES = 1.1
SMALL_CLOUDS = 40
SOLVER_SECONDS = 10.0
# For the few clouds that are over a bar, and larger.
PATIENT_SECONDS = 120.0


def cloud_of(hosts: int, per_host: int, spare: int) -> Entry:
    """A snapshot: full hosts with instances in groups of two that exclude each other, and empty spare hosts."""
    names = [f"host-{number:04}" for number in range(hosts + spare)]
    host_records = [host_record(name, (2 * per_host, 4096 * per_host, 40 * per_host)) for name in names]
    instances = [
        {**instance_record(f"instance-{number:05}", names[number // per_host], (2, 4096, 40), number % 7), "name": f"i{number}"}
        for number in range(hosts * per_host)
    ]
    half = len(instances) // 2
    groups = []
    for number in range(half):
        group = f"group-{number:05}"
        pair = (instances[number], instances[number + half])
        for member in pair:
            member["group"] = group
        members = [one["id"] for one in pair]
        groups.append({"id": group, "name": group, "policy": "anti-affinity", "members": members, "max_server_per_host": 1})
    return {"hosts": host_records, "instances": instances, "groups": groups, "constraints": {"instances": {}, "groups": {}}}


def bench_plan() -> dict[str, Entry]:
    """Time and memory of plans, how near they come to what no plan can beat, and how often they are the best there is."""
    return {**_plan_100(), **_plan_5000(), **_ratios(), **_optimal()}


def _cpu_seconds(function: t.Callable[[], t.Any], rounds: int = 3) -> float:
    """Median; the machine may have other things to do."""
    seconds = []
    for _round in range(rounds):
        begin = time.process_time()
        function()
        seconds.append(time.process_time() - begin)
    return statistics.median(seconds)


def _plan_100() -> dict[str, Entry]:
    snapshot = cloud_of(100, 10, 2)
    to_do = [host["name"] for host in snapshot["hosts"][:100]]
    seconds = _cpu_seconds(lambda: plan(snapshot, {"hosts": to_do}))
    figures = plan(snapshot, {"hosts": to_do})["figures"]
    drawn, options = cloud(1, Shape(100, 2, 0.75, 0.4, 10, 3))
    slowest = max(_cpu_seconds(lambda mode=mode: plan(drawn, {**options, "mode": mode})) for mode in MODES)  # type: ignore[misc]
    how = "100 full hosts with 10 instances each in 500 anti-affine pairs, 2 spare hosts"
    many = f"100 hosts of three sorts, {len(drawn['instances'])} instances, 10 hosts at once; the slowest of the three modes"
    return {
        "plan_100x1000": entry(seconds, "CPU s", None, how),
        "plan_100x1000_slowest_mode": entry(slowest, "CPU s", None, many),
        "plan_100x1000_moves": entry(
            figures["moves"], "moves", figures["moves_lower_bound"], f"{how}; baseline: no plan can do with fewer"
        ),
    }


def _plan_5000() -> dict[str, Entry]:
    command = [sys.executable, "-m", "bench.plan_alone"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    seconds, memory, figures = json.loads(done.stdout)
    how = (
        "5,000 hosts, 30,000 instances, 5,000 anti-affine groups of 2 to 4, 100 hosts at once, fewest waves, one core; "
        f"{figures['waves']} waves (no plan has fewer than {figures['waves_lower_bound']}), {figures['moves']} moves"
    )
    return {
        "plan_5000x30000": entry(seconds, "CPU s", None, how),
        "plan_5000x30000_memory": entry(memory, "MiB", None, "largest resident size of that process, snapshot and plan included"),
    }


def _ratios() -> dict[str, Entry]:
    """Each of the clouds in both modes, and the naive way through it."""
    found: dict[str, list[float]] = {"moves": [], "naive moves": [], "waves": [], "naive waves": [], "moves for waves": []}
    over: dict[str, list[bool | None]] = {"moves": [], "waves": []}
    incomplete = stuck = 0
    for seed in range(CLOUDS):
        snapshot, options = cloud(seed, shape(seed))
        few_moves = plan(snapshot, options)["figures"]
        few_waves = plan(snapshot, {**options, "mode": "fewest_waves"})["figures"]
        naive = Naive(snapshot, options)
        if not few_moves["waves"]:
            incomplete += 1
            continue
        found["moves"].append(few_moves["moves"] / few_moves["moves_lower_bound"])
        found["waves"].append(few_waves["waves"] / few_waves["waves_lower_bound"])
        found["moves for waves"].append(few_waves["moves"] / few_waves["moves_lower_bound"])
        bound = few_moves["moves_lower_bound"]
        if found["moves"][-1] > BAR_MOVES:
            within = _exists(snapshot, options, few_waves=False, seconds=PATIENT_SECONDS, moves=int(BAR_MOVES * bound))
            over["moves"].append(within)
        if found["waves"][-1] > BAR_WAVES:
            most = {"waves": int(BAR_WAVES * few_waves["waves_lower_bound"]), "moves": int(BAR_WAVES_MOVES * bound)}
            over["waves"].append(_exists(snapshot, options, few_waves=True, seconds=PATIENT_SECONDS, **most))
        if naive.stuck:
            stuck += 1
            continue
        found["naive moves"].append(naive.moves / few_moves["moves_lower_bound"])
        found["naive waves"].append(naive.waves / few_waves["waves_lower_bound"])
    clouds = (
        f"{CLOUDS} clouds by seed (8 to 40 hosts, 40 to 90 % full); {incomplete} have no room without scaling in, "
        f"in {stuck} more the naive way (emptiest host first, no regard for budgets) gets stuck"
    )
    return {
        "plan_moves_ratio": entry(
            statistics.median(found["moves"]),
            "x bound",
            statistics.median(found["naive moves"]),
            f"median, fewest moves; {_told(over['moves'], BAR_MOVES)}; {clouds}",
        ),
        "plan_moves_ratio_worst": entry(
            max(found["moves"]), "x bound", max(found["naive moves"]), f"worst of the same; {clouds}"
        ),
        "plan_waves_ratio": entry(
            statistics.median(found["waves"]),
            "x bound",
            statistics.median(found["naive waves"]),
            f"median, fewest waves; {_told(over['waves'], BAR_WAVES)}; {clouds}",
        ),
        "plan_waves_ratio_worst": entry(
            max(found["waves"]), "x bound", max(found["naive waves"]), f"worst of the same; {clouds}"
        ),
        "plan_waves_moves_ratio": entry(
            max(found["moves for waves"]), "x bound", None, f"worst of the moves in fewest waves; {clouds}"
        ),
    }


def _exists(*cloud: Entry, few_waves: bool, seconds: float, **most: int) -> bool | None:
    """Whether there is a plan within these bounds; None where the solver does not know, or is not here."""
    try:
        from .exact import exists  # noqa: PLC0415 (OR-tools is large, and only this needs it)
    except ImportError:
        return None
    return exists(*cloud, few_waves=few_waves, seconds=seconds, **most)


def _told(over: list[bool | None], bar: float) -> str:
    said = f"{len(over)} clouds are over {bar}"
    return f"{said}, for {over.count(False)} of which CP-SAT proves that no plan is within it" if False in over else said


def _optimal() -> dict[str, Entry]:
    """Small clouds, each in both modes, beside the exact solver."""
    found = collections.Counter[bool | None]()
    for seed in range(SMALL_CLOUDS):
        snapshot, options = cloud(seed, shape(seed, (4, 12), 2))
        moves = 0
        for mode in ("fewest_moves", "fewest_waves"):
            few_waves = mode == "fewest_waves"
            made = plan(snapshot, {**options, "mode": mode})
            figures = made["figures"]
            better: dict[str, int] = {}
            if made["waves"] and not made["blockers"]:
                allowed = max(moves, int(BAR_WAVES_MOVES * figures["moves_lower_bound"]))
                better = {"waves": figures["waves"] - 1, "moves": allowed} if few_waves else {"moves": figures["moves"] - 1}
            moves = figures["moves"]
            found[_exists(snapshot, options, few_waves=few_waves, seconds=SOLVER_SECONDS, **better)] += 1
    decided = found[True] + found[False]
    if not decided:
        print("plan_optimal_share: left out, as OR-tools is not here (pip install --require-hashes -r requirements/bench.lock)")
        return {}
    how = (
        f"{SMALL_CLOUDS} clouds by seed with 4 to 12 hosts, for fewest moves and for fewest waves: by CP-SAT there is no "
        f"better plan than {found[False]} of {decided}; {found[None]} it did not decide in {SOLVER_SECONDS:g} s"
    )
    return {"plan_optimal_share": entry(100 * found[False] / decided, "%", None, how)}
