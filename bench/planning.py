# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans."""

from __future__ import annotations

from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan

from .figures import Entry, entry, timed


def cloud_of(hosts: int, per_host: int, spare: int) -> Entry:
    """A snapshot: full hosts with instances in groups of two that exclude each other, and empty spare hosts."""
    names = [f"host-{number:04}" for number in range(hosts + spare)]
    host_records = [
        {
            "name": name,
            "type": "compute",
            "zone": "nova",
            "status": "enabled",
            "state": "up",
            "disabled_reason": None,
            "forced_down": False,
            "vcpus": 2 * per_host,
            "memory_mb": 4096 * per_host,
            "disk_gb": 40 * per_host,
        }
        for name in names
    ]
    instances = [
        {
            "id": f"instance-{number:05}",
            "name": f"i{number}",
            "project_id": f"project-{number % 7}",
            "host": names[number // per_host],
            "status": "ACTIVE",
            "task_state": None,
            "vcpus": 2,
            "memory_mb": 4096,
            "disk_gb": 40,
            "group": None,
            "locked": False,
        }
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
