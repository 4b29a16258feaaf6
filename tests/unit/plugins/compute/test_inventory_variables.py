# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory nova_compute makes of Nova's answers."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.versions import version_text
from ansible_collections.nfv.maintenance.plugins.plugin_utils._compute_inventory import groups_of, host_variables

OURS = "nfv.maintenance session 7c1f: kernel"


def service(host, **more):
    return {"id": f"id-{host}", "host": host, "zone": "nova", "status": "enabled", "state": "up", "forced_down": False,
            "disabled_reason": None, **more}


def hypervisor(name, host=None, **more):
    return {"hypervisor_hostname": name, "hypervisor_type": "QEMU", "hypervisor_version": 8002000, "host_ip": "192.0.2.1",
            **({"service": {"host": host}} if host else {}), **more}


@pytest.mark.parametrize(("told", "state"), [
    ({}, "in_service"),
    ({"state": "down"}, "down"),
    ({"forced_down": True}, "down"),
    ({"status": "disabled", "disabled_reason": "broken fan"}, "disabled"),
    ({"status": "disabled", "state": "down"}, "disabled"),
    ({"status": "disabled", "disabled_reason": OURS}, "in_maintenance"),
    ({"status": "disabled", "disabled_reason": OURS, "state": "down"}, "in_maintenance"),
    # Enabled again by hand: the reason stays in some releases.
    ({"disabled_reason": OURS}, "in_service"),
], ids=["up", "down", "forced", "disabled", "disabled-down", "ours", "ours-down", "enabled-again"])  # fmt: skip
def test_the_state_of_a_host(told, state):
    assert host_variables([service("a", **told)], [], [])["a"]["nova_maintenance"] == state


def test_a_hypervisor_is_found_by_the_host_of_its_service_and_by_its_name():
    found = host_variables(
        [service("a"), service("b"), service("c")], [hypervisor("a.example.org", "a", host_ip="192.0.2.7"), hypervisor("b")], [],
    )
    assert found["a"]["nova_hypervisor_hostname"] == "a.example.org"
    assert found["a"]["nova_host_ip"] == "192.0.2.7"
    assert found["b"]["nova_hypervisor_version"] == "8.2.0"
    assert found["c"]["nova_hypervisor_version"] is None, "its nova-compute has never reported"
    assert groups_of(found["c"]) == ["nova_compute", "nova_in_service", "nova_zone_nova"]


def test_a_service_of_many_hypervisors_is_one_host():
    found = host_variables([service("metal")], [hypervisor("node-1", "metal"), hypervisor("node-2", "metal")], [])
    assert [*found] == ["metal"]
    assert found["metal"]["nova_hypervisor_hostname"] == "node-1"


def test_a_host_is_in_a_group_for_each_of_its_aggregates():
    found = host_variables([service("b", zone="edge"), service("a")], [hypervisor("b", "b")], [
        {"name": "ssd", "hosts": ["a", "b"]}, {"name": "edge", "hosts": ["b"]}, {"name": "empty", "hosts": []},
    ])  # fmt: skip
    assert [*found] == ["a", "b"]
    assert found["b"]["nova_aggregates"] == ["edge", "ssd"]
    assert groups_of(found["b"]) == [
        "nova_compute", "nova_in_service", "nova_zone_edge", "nova_aggregate_edge", "nova_aggregate_ssd", "nova_hypervisor_8.2.0",
    ]


@pytest.mark.parametrize(("number", "text"), [(8002000, "8.2.0"), (2012001, "2.12.1"), ("8000000", "8.0.0"), (1, "0.0.1"),
                                              (None, None), (0, None)])  # fmt: skip
def test_versions(number, text):
    assert version_text(number) == text
