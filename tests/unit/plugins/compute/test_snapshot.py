# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_snapshot_info on the wire: which calls are made, and what becomes of the answers."""

from __future__ import annotations

import json

import pytest
import requests

NOVA = "/compute/v2.1"
VERSION = {"OpenStack-API-Version": "compute 2.73"}
PROVIDER = "6c1d6a1e-0000-0000-0000-00000000000"


def service(name, **more):
    return {
        "id": f"id-{name}",
        "binary": "nova-compute",
        "host": name,
        "zone": "nova",
        "status": "enabled",
        "state": "up",
        "disabled_reason": None,
        "forced_down": False,
        **more,
    }


def hypervisor(number, name, **more):
    return {
        "id": f"{PROVIDER}{number}",
        "hypervisor_hostname": f"{name}.example.org",
        "hypervisor_version": 8000000,
        "service": {"host": name},
        "vcpus": 16,
        "vcpus_used": 3,
        "memory_mb": 65536,
        "memory_mb_used": 1536,
        "local_gb": 500,
        "local_gb_used": 3,
        "running_vms": 1,
        **more,
    }


def server(name, host, **more):
    return {
        "id": name,
        "name": f"n-{name}",
        "tenant_id": "p",
        "status": "ACTIVE",
        "OS-EXT-SRV-ATTR:host": host,
        "OS-EXT-STS:task_state": None,
        "locked": False,
        "image": {"id": "i"},
        "flavor": {"vcpus": 2, "ram": 1024, "disk": 10, "ephemeral": 5, "swap": 1536},
        **more,
    }


def summary(used, capacity):
    names = ("VCPU", "MEMORY_MB", "DISK_GB")
    return {"resources": {name: {"used": one, "capacity": other} for name, one, other in zip(names, used, capacity, strict=True)}}


@pytest.fixture
def cloud(conversation):
    """Declares the calls of one snapshot."""

    def declare(*, services=None, hypervisors=None, servers=(), groups=(), summaries=None):
        services = services or [service("b"), service("a")]
        hypervisors = hypervisors or [hypervisor(1, "a"), hypervisor(2, "b")]
        conversation.expect(
            "GET", f"{NOVA}/os-services", json={"services": services}, query={"binary": "nova-compute"}, sent_headers=VERSION
        )
        conversation.expect("GET", f"{NOVA}/os-hypervisors/detail", json={"hypervisors": hypervisors}, sent_headers=VERSION)
        conversation.expect(
            "GET", f"{NOVA}/servers/detail", json={"servers": [*servers]}, query={"all_tenants": "1"}, sent_headers=VERSION
        )
        query = {"all_projects": "True", "limit": "1000", "offset": "0"}
        conversation.expect(
            "GET", f"{NOVA}/os-server-groups", json={"server_groups": [*groups]}, query=query, sent_headers=VERSION
        )
        if groups:
            conversation.expect(
                "GET", f"{NOVA}/os-server-groups", json={"server_groups": []}, query={**query, "offset": str(len(groups))}
            )
        if summaries is None:
            summaries = {f"{PROVIDER}{n}": summary((3, 1536, 3), (64, 65024, 500)) for n in (1, 2)}
        conversation.expect(
            "GET",
            "/placement/allocation_candidates",
            json={"provider_summaries": summaries},
            query={"resources": "MEMORY_MB:1"},
            sent_headers={"OpenStack-API-Version": "placement 1.29"},
        )

    return declare


def snapshot(conversation, **params):
    result = conversation.run("maintenance_snapshot_info", params)
    assert not result["failed"], result["msg"]
    return result["maintenance_snapshot"]


def amounts(host):
    return [host[key] for key in ("vcpus", "vcpus_used", "memory_mb", "memory_mb_used", "disk_gb", "disk_gb_used")]


def test_five_calls_make_a_snapshot_in_the_form_of_the_contract(conversation, cloud):
    cloud(servers=[server("x", "a")])
    found = snapshot(conversation)
    assert found["hosts"][0] == {
        "name": "a",
        "type": "compute",
        "zone": "nova",
        "vcpus": 64,
        "vcpus_used": 3,
        "memory_mb": 65024,
        "memory_mb_used": 1536,
        "disk_gb": 500,
        "disk_gb_used": 3,
        "status": "enabled",
        "state": "up",
        "disabled_reason": None,
        "forced_down": False,
        "service_id": "id-a",
        "hypervisor_version": 8000000,
    }
    assert [host["name"] for host in found["hosts"]] == ["a", "b"]
    assert found["instances"] == [
        {
            "id": "x",
            "name": "n-x",
            "project_id": "p",
            "host": "a",
            "status": "ACTIVE",
            "task_state": None,
            "vcpus": 2,
            "memory_mb": 1024,
            "disk_gb": 17,
            "group": None,
            "locked": False,
        }
    ]
    assert (found["groups"], found["constraints"]) == ([], {"instances": {}, "groups": {}})


def test_a_volume_takes_no_disk_of_the_host(conversation, cloud):
    cloud(servers=[server("x", "a", image="")])
    assert snapshot(conversation)["instances"][0]["disk_gb"] == 7


def test_what_is_on_no_host_is_left_out(conversation, cloud):
    cloud(servers=[server("x", None, status="SHELVED_OFFLOADED"), server("y", None, status="ERROR"), server("z", "a")])
    assert [one["id"] for one in snapshot(conversation)["instances"]] == ["z"]


def test_pages_of_servers_are_followed_by_their_query_only(conversation, cloud):
    cloud(servers=[server("y", "a")])
    first = conversation.expected[2]
    first.answer["servers_links"] = [{"rel": "next", "href": "http://other.example/v2.1/servers/detail?all_tenants=1&marker=y"}]
    conversation.expect(
        "GET", f"{NOVA}/servers/detail", json={"servers": [server("x", "b")]}, query={"all_tenants": "1", "marker": "y"}
    )
    conversation.expected.insert(3, conversation.expected.pop())
    assert [one["id"] for one in snapshot(conversation)["instances"]] == ["x", "y"]


def test_groups_are_read_to_the_last_page_and_known_to_their_members(conversation, cloud):
    cloud(
        servers=[server("x", "a"), server("y", "a")],
        groups=[
            {"id": "new", "name": "pair", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}, "members": ["x"]},
            {"id": "old", "name": "together", "policies": ["affinity"], "members": ["gone"]},
        ],
    )
    found = snapshot(conversation)
    assert found["groups"] == [
        {"id": "new", "name": "pair", "policy": "anti-affinity", "members": ["x"], "max_server_per_host": 2},
        {"id": "old", "name": "together", "policy": "affinity", "members": ["gone"], "max_server_per_host": None},
    ]
    assert [one["group"] for one in found["instances"]] == ["new", None]


def test_constraints_are_read_where_they_are_registered(conversation, cloud):
    conversation.expect("GET", "/maintenance/v1/sessions", json={"sessions": []})
    own = {"instance_id": "x", "project_id": "p", "lead_time": 40}
    conversation.expect("GET", "/maintenance/v1/constraints", json={"instances": [own], "instance_groups": []})
    cloud(servers=[server("x", "a")])
    found = snapshot(conversation, read_constraints=True)
    assert found["constraints"] == {"instances": {"x": own}, "groups": {}}


def test_an_owners_constraints_count_and_a_strangers_do_not(conversation, cloud):
    groups = [{"id": "pair", "name": "pair", "policies": ["anti-affinity"], "members": ["x"]}]
    cloud(servers=[server("x", "a"), server("y", "a")], groups=groups)
    own = {"instance_id": "y", "project_id": "p", "group_id": "made-by-vnfm", "lead_time": 40}
    foreign = {"instance_id": "x", "project_id": "stranger", "group_id": "pair", "lead_time": 9999}
    limits = {"group_id": "pair", "project_id": "p", "max_impacted_members": 1}
    of_vnfm = {"group_id": "made-by-vnfm", "project_id": "p", "max_impacted_members": 2}
    brake = {"group_id": "pair", "project_id": "stranger", "max_impacted_members": 0}
    found = snapshot(conversation, constraints={"instances": [foreign, own], "groups": [limits, of_vnfm, brake]})
    assert found["constraints"] == {"instances": {"y": own}, "groups": {"pair": limits, "made-by-vnfm": of_vnfm}}


def test_dedicated_cpus_count_and_shared_storage_does_not_bind(conversation, cloud):
    resources = {"VCPU": {"used": 1, "capacity": 8}, "PCPU": {"used": 4, "capacity": 32}, "MEMORY_MB": {"used": 0, "capacity": 1}}
    cloud(services=[service("a")], hypervisors=[hypervisor(1, "a")], summaries={f"{PROVIDER}1": {"resources": resources}})
    (host,) = snapshot(conversation)["hosts"]
    assert amounts(host) == [40, 5, 1, 0, None, 0]


def test_only_hosts_that_are_full_are_asked_one_by_one(conversation, cloud):
    cloud(summaries={f"{PROVIDER}1": summary((0, 0, 0), (8, 8, 8))})
    inventories = {
        "VCPU": {"total": 16, "reserved": 2, "allocation_ratio": 4.0},
        "MEMORY_MB": {"total": 100, "reserved": 10},
        "DISK_GB": {"total": 5},
    }
    usages = {"VCPU": 56, "MEMORY_MB": 90, "DISK_GB": 1}
    conversation.expect("GET", f"/placement/resource_providers/{PROVIDER}2/inventories", json={"inventories": inventories})
    conversation.expect("GET", f"/placement/resource_providers/{PROVIDER}2/usages", json={"usages": usages})
    assert amounts(snapshot(conversation)["hosts"][1]) == [56, 56, 90, 90, 5, 1]


def without_placement(conversation):
    conversation.expected.pop()
    conversation.expect("GET", "/placement/allocation_candidates", status=403, json={"errors": []})


def test_where_placement_is_closed_the_hypervisors_are_believed(conversation, cloud):
    cloud(services=[service("a")], hypervisors=[hypervisor(1, "a")], servers=[server("x", "a")])
    without_placement(conversation)
    assert amounts(snapshot(conversation)["hosts"][0]) == [16, 3, 65536, 1536, 500, 3]


def test_what_the_hypervisor_still_counts_after_a_deletion_is_not_believed(conversation, cloud):
    """Nova's own count lags by up to a minute; a second, needless SCALE_IN would follow from it."""
    cloud(services=[service("a")], hypervisors=[hypervisor(1, "a", running_vms=2)], servers=[server("x", "a")])
    without_placement(conversation)
    assert amounts(snapshot(conversation)["hosts"][0]) == [16, 2, 65536, 1024, 500, 17]


def test_from_2_88_on_a_hypervisor_without_placement_has_no_known_room(conversation, cloud):
    bare = {"id": f"{PROVIDER}1", "hypervisor_hostname": "a", "service": {"host": "a"}, "hypervisor_version": 1}
    cloud(services=[service("a")], hypervisors=[bare])
    without_placement(conversation)
    assert amounts(snapshot(conversation)["hosts"][0]) == [None, 0, None, 0, None, 0]


@pytest.mark.usefixtures("slept")
def test_a_placement_that_is_broken_is_an_error(conversation, cloud):
    cloud()
    conversation.expected.pop()
    conversation.expect_outage("GET", "/placement/allocation_candidates", status=500, json={"errors": []})
    result = conversation.run("maintenance_snapshot_info")
    assert result["failed"]
    assert "read the room of all hosts" in result["msg"]


@pytest.mark.usefixtures("slept")
def test_a_nova_that_is_away_for_a_moment_ends_no_run(conversation, cloud):
    for path in (f"{NOVA}/os-services", f"{NOVA}/os-services"):
        conversation.expect("GET", path, error=requests.exceptions.ReadTimeout())
    cloud()
    assert len(snapshot(conversation)["hosts"]) == 2


def test_an_answer_that_is_not_json_is_an_error(conversation):
    conversation.expect("GET", f"{NOVA}/os-services", text="<html>")
    result = conversation.run("maintenance_snapshot_info")
    assert result["failed"]
    assert "not JSON" in result["msg"]


def test_it_can_be_planned_with(conversation, cloud):
    cloud(servers=[server("x", "a")])
    found = json.loads(json.dumps(snapshot(conversation)))
    result = conversation.run("maintenance_plan", {"snapshot": found}, auth=False)
    assert result["maintenance_plan"]["figures"]["moves"] == 1


@pytest.mark.parametrize(
    ("status", "power", "down"),
    [
        ("ACTIVE", 1, False),
        ("ACTIVE", 4, True),
        ("ACTIVE", 6, True),
        ("ACTIVE", 0, False),
        ("ACTIVE", None, False),
        ("ERROR", 1, True),
        ("ERROR", 0, True),
        ("SHUTOFF", 4, False),
        ("PAUSED", 3, False),
    ],
)
def test_a_server_that_does_not_run_although_it_should_is_marked(conversation, cloud, status, power, down):
    cloud(servers=[server("x", "a", **{"status": status, "OS-EXT-STS:power_state": power})])
    [instance] = snapshot(conversation)["instances"]
    assert instance.get("down", False) is down
