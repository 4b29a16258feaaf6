# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure, print a table and write ``bench/results.json``.

Each entry has ``value``, ``unit``, ``baseline`` (measured in the same run, null where there is none), ``ratio`` and ``how``.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import openstack
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.nova import Nova
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.snapshot import read_snapshot
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan
from openstack.config import OpenStackConfig

from lab.products import ROOT
from lab.stack import Stack

ROUNDS = 5
RESULTS = Path(__file__).with_name("results.json")

Entry = dict[str, t.Any]


def timed(function: t.Callable[[], t.Any], rounds: int = ROUNDS) -> float:
    """Median seconds of some rounds."""
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def entry(value: float, unit: str, baseline: float | None, how: str) -> Entry:
    """One result."""
    beside = None if baseline is None else round(baseline, 4)
    ratio = None if not baseline else round(value / baseline, 3)
    return {"value": round(value, 4), "unit": unit, "baseline": beside, "ratio": ratio, "how": how}


def cloud_of(hosts: int, per_host: int, spare: int) -> Entry:
    """A snapshot: full hosts with instances in groups of two that exclude each other, and empty spare hosts."""
    names = [f"host-{number:04}" for number in range(hosts + spare)]
    host_records = [
        {"name": name, "type": "compute", "zone": "nova", "status": "enabled", "state": "up", "disabled_reason": None,
         "forced_down": False, "vcpus": 2 * per_host, "memory_mb": 4096 * per_host, "disk_gb": 40 * per_host}
        for name in names
    ]
    instances = [
        {"id": f"instance-{number:05}", "name": f"i{number}", "project_id": f"project-{number % 7}",
         "host": names[number // per_host], "status": "ACTIVE",
         "task_state": None, "vcpus": 2, "memory_mb": 4096, "disk_gb": 40, "group": None, "locked": False}
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
    """Time of a plan, and its moves against the lower bound."""
    snapshot = cloud_of(100, 10, 2)
    to_do = [host["name"] for host in snapshot["hosts"][:100]]
    made = plan(snapshot, {"hosts": to_do})
    seconds = timed(lambda: plan(snapshot, {"hosts": to_do}), 3)
    figures = made["figures"]
    how = "100 full hosts with 10 instances each in 500 anti-affine pairs, 2 spare hosts"
    return {
        "plan_100x1000": entry(seconds, "s", None, how),
        "plan_100x1000_moves": entry(
            figures["moves"], "moves", figures["moves_lower_bound"], f"{how}; baseline: no plan can do with fewer"
        ),
    }


def bench_filter() -> dict[str, Entry]:
    """Messages a second through the event filter, beside reading the same bodies as JSON only."""
    path = ROOT / "extensions/eda/plugins/event_filter/maintenance_event.py"
    spec = importlib.util.spec_from_file_location("maintenance_event", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    recorded = ROOT / "tests/fixtures/recorded/fenix/webhook-05-planned-maintenance.json"
    text = json.loads(recorded.read_text())["body"]
    count = 500

    def read() -> list[Entry]:
        bodies = [json.loads(text) for _ in range(count)]
        for number, body in enumerate(bodies):
            body["reason_data"]["event"]["message_id"] = str(number)
        return bodies

    def typed() -> None:
        webhooks = [{"vnf_id": "v", "project_id": "p", "received_at": "2026-11-21T00:00:00Z", "body": body} for body in read()]
        module.main({"maintenance": {"webhooks": webhooks}})

    how = f"{count} recorded webhooks of Fenix in one batch; baseline: json.loads of the same bodies"
    return {"filter_rate": entry(count / timed(typed), "messages/s", count / timed(read), how)}


def bench_snapshot() -> dict[str, Entry]:
    """Seconds to read a snapshot of 1,000 servers from the lab, beside openstacksdk's own server list."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), hosts=500)
        try:
            stack.start_lab()
            config = OpenStackConfig(config_files=[str(stack.folder / "clouds.yaml")])
            cloud = openstack.connection.Connection(config=config.get_one("lab-admin"))
            ours = timed(lambda: read_snapshot(Nova(cloud)), 3)
            theirs = timed(lambda: [*cloud.compute.servers(all_projects=True)], 3)
        finally:
            stack.stop()
    how = "500 hosts and 1,000 servers in the lab; baseline: openstacksdk's servers() alone"
    return {"snapshot_500x1000": entry(ours, "s", theirs, how)}


def main() -> int:
    """Run all; the table goes to the terminal, the figures to results.json."""
    results: dict[str, Entry] = {}
    for bench in (bench_plan, bench_filter, bench_snapshot):
        results |= bench()
    for key, found in results.items():
        beside = f"   baseline {found['baseline']:g} {found['unit']}, ratio {found['ratio']:g}" if found["ratio"] else ""
        print(f"{key:<24}{found['value']:>12g} {found['unit']}{beside}")
        print(f"{'':<24}{found['how']}")
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {RESULTS.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
