# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What maintenance_snapshot_info reads of traits, devices, aggregates, tags and cells that do not answer."""

from __future__ import annotations

NOVA = "/compute/v2.1"


def declare(conversation, servers, summaries, services=None):
    """The calls of a snapshot of one host."""
    service = {"id": "s", "binary": "nova-compute", "host": "a", "zone": "nova", "status": "enabled", "state": "up"}
    hypervisor = {"id": "root", "hypervisor_hostname": "a", "service": {"host": "a"}, "vcpus": 4, "memory_mb": 8, "local_gb": 9}
    conversation.expect("GET", f"{NOVA}/os-services", json={"services": services or [service]})
    conversation.expect("GET", f"{NOVA}/os-hypervisors/detail", json={"hypervisors": [hypervisor]})
    conversation.expect("GET", f"{NOVA}/servers/detail", json={"servers": servers})
    conversation.expect("GET", f"{NOVA}/os-server-groups", json={"server_groups": []})
    conversation.expect("GET", "/placement/allocation_candidates", json={"provider_summaries": summaries})


def test_hosts_whose_memory_is_full_are_asked_for_together(conversation):
    """By their CPUs, and what is left by their disks; one that has neither to spare is asked alone."""
    names = ["roomy", "full-1", "full-2", "full-3", "full-4"]
    more = {"binary": "nova-compute", "status": "enabled", "state": "up", "zone": "nova"}
    services = [{"id": name, "host": name, **more} for name in names]
    conversation.expect("GET", f"{NOVA}/os-services", json={"services": services})
    hypervisors = [{"id": f"id-{name}", "hypervisor_hostname": name, "service": {"host": name}} for name in names]
    conversation.expect("GET", f"{NOVA}/os-hypervisors/detail", json={"hypervisors": hypervisors})
    conversation.expect("GET", f"{NOVA}/servers/detail", json={"servers": []})
    conversation.expect("GET", f"{NOVA}/os-server-groups", json={"server_groups": []})
    held = {"MEMORY_MB": {"capacity": 8, "used": 8}, "VCPU": {"capacity": 9, "used": 1}}
    for resource, answered in (("MEMORY_MB", names[:1]), ("VCPU", names[:2]), ("DISK_GB", names[2:4])):
        summaries = {f"id-{name}": {"resources": held} for name in answered}
        query = {"resources": f"{resource}:1"}
        conversation.expect("GET", "/placement/allocation_candidates", json={"provider_summaries": summaries}, query=query)
    path = "/placement/resource_providers/id-full-4"
    conversation.expect("GET", f"{path}/inventories", json={"inventories": {"MEMORY_MB": {"total": 8}}})
    conversation.expect("GET", f"{path}/usages", json={"usages": {"MEMORY_MB": 8}})
    result = conversation.run("maintenance_snapshot_info")
    assert {host["memory_mb"] for host in result["maintenance_snapshot"]["hosts"]} == {8}, result


def server(name, specs, **more):
    flavor = {"vcpus": 2, "ram": 1024, "disk": 0, "ephemeral": 0, "swap": 0, "extra_specs": specs}
    return {"id": name, "name": name, "tenant_id": "p", "status": "ACTIVE", "OS-EXT-SRV-ATTR:host": "a", "flavor": flavor, **more}


def amount(capacity):
    return {"capacity": capacity, "used": 0}


def summaries(**traits):
    root = {"VCPU": amount(4), "PCPU": amount(2), "MEMORY_MB": amount(8192)}
    device = {"CUSTOM_PCI_8086": amount(2)}
    return {
        "root": {"resources": root, "root_provider_uuid": "root", "traits": ["CUSTOM_B", "CUSTOM_A"], **traits},
        "device": {"resources": device, "root_provider_uuid": "root", "traits": []},
    }


def test_a_flavor_that_asks_for_a_place_has_traits_devices_and_aggregates_read(conversation):
    specs = {"trait:CUSTOM_A": "required", "hw:cpu_policy": "dedicated", "quota:disk_read_iops": "7"}
    declare(conversation, [server("x", specs, tags=["maintenance:no-live", "blue"])], summaries())
    aggregates = [{"id": 1, "name": "gold", "hosts": ["a"], "metadata": {"trait:CUSTOM_A": "required"}, "deleted": False}]
    conversation.expect("GET", f"{NOVA}/os-aggregates", json={"aggregates": aggregates})
    found = conversation.run("maintenance_snapshot_info", {})["maintenance_snapshot"]
    (host,) = found["hosts"]
    assert host["traits"] == ["CUSTOM_A", "CUSTOM_B"]
    assert host["resources"] == {"CUSTOM_PCI_8086": 2, "PCPU": 2}
    assert found["instances"][0]["extra_specs"] == {"trait:CUSTOM_A": "required", "hw:cpu_policy": "dedicated"}
    assert found["instances"][0]["tags"] == ["maintenance:no-live"]
    assert found["aggregates"] == [{"name": "gold", "hosts": ["a"], "metadata": {"trait:CUSTOM_A": "required"}}]


def test_a_cloud_without_such_flavors_is_read_as_before(conversation):
    declare(conversation, [server("x", {"quota:disk_read_iops": "7"})], summaries())
    found = conversation.run("maintenance_snapshot_info", {})["maintenance_snapshot"]
    assert not {"traits", "resources"} & found["hosts"][0].keys()
    assert not {"extra_specs", "tags"} & found["instances"][0].keys()
    assert not {"aggregates", "unseen"} & found.keys()


def test_servers_and_services_of_a_cell_that_does_not_answer_are_known_by_name_only(conversation):
    services = [{"binary": "nova-compute", "host": "a", "status": "UNKNOWN"}]
    declare(conversation, [{"id": "lost", "status": "UNKNOWN", "tenant_id": "p"}], summaries(), services)
    found = conversation.run("maintenance_snapshot_info", {})["maintenance_snapshot"]
    assert found["unseen"] == [{"id": "lost"}]
    assert (found["hosts"][0]["status"], found["hosts"][0]["state"]) == ("UNKNOWN", "down")
