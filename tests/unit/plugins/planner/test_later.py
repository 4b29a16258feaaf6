# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that a later plan empties are neither emptied now nor targets."""

from __future__ import annotations

from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan


def _host(name: str) -> dict:
    return {
        "name": name,
        "type": "compute",
        "zone": "nova",
        "vcpus": 4,
        "memory_mb": 8192,
        "disk_gb": 100,
        "status": "enabled",
        "state": "up",
        "disabled_reason": None,
        "forced_down": False,
    }


def _instance(name: str, host: str) -> dict:
    return {
        "id": name,
        "name": name,
        "project_id": "p",
        "host": host,
        "status": "ACTIVE",
        "task_state": None,
        "vcpus": 2,
        "memory_mb": 1024,
        "disk_gb": 1,
        "group": None,
        "locked": False,
    }


SNAPSHOT = {
    "hosts": [_host("a"), _host("b"), _host("c")],
    "instances": [_instance("x", "b")],
    "groups": [],
    "constraints": {"instances": {}, "groups": {}},
}


def test_a_host_that_comes_later_takes_nothing():
    result = plan(SNAPSHOT, {"hosts": ["b"], "done": ["a"], "later": ["c"]})
    assert [(move["instance"], move["to"]) for wave in result["waves"] for move in wave["moves"]] == [("x", "a")]


def test_without_it_the_host_would_be_a_target():
    result = plan(SNAPSHOT, {"hosts": ["b"], "done": [], "later": ["c"]})
    assert {move["to"] for wave in result["waves"] for move in wave["moves"]} == {"a"}
    assert plan(SNAPSHOT, {"hosts": ["b"], "later": ["a", "c"]})["room"]["need"] != "none"
