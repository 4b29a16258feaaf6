# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's hosts, and Placement, in the lab, from outside."""

from __future__ import annotations

import pytest


@pytest.fixture
def service(lab):
    """The service of one host, enabled again afterwards."""
    connection = lab.connect()
    [found] = connection.compute.services(binary="nova-compute", host="compute-2")
    yield found
    lab.nova("PUT", f"/os-services/{found.id}", {"status": "enabled", "forced_down": False})


def test_services(lab):
    services = list(lab.connect().compute.services())
    computes = [item for item in services if item.binary == "nova-compute"]
    assert [item.host for item in computes] == [f"compute-{number}" for number in range(1, 5)]
    assert {(item.status, item.state) for item in computes} == {("enabled", "up")}
    assert {item.binary for item in services} == {"nova-compute", "nova-conductor", "nova-scheduler"}
    old = lab.nova("GET", "/os-services?host=compute-1", version="2.10").json()["services"][0]
    assert isinstance(old["id"], int)
    assert "forced_down" not in old


def test_disable_with_a_reason_and_enable(lab, service):
    connection = lab.connect()
    connection.compute.disable_service(service, disabled_reason="maintenance of session 1")
    shown = lab.nova("GET", "/os-services?host=compute-2").json()["services"][0]
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "maintenance of session 1")
    server = next(item for item in lab.servers().values() if item["host"] == "compute-2")
    assert lab.nova("GET", f"/servers/{server['id']}").json()["server"]["host_status"] == "MAINTENANCE"
    connection.compute.enable_service(service)
    shown = lab.nova("GET", "/os-services?host=compute-2").json()["services"][0]
    assert (shown["status"], shown["disabled_reason"]) == ("enabled", None)


def test_force_down(lab, service):
    answer = lab.nova("PUT", f"/os-services/{service.id}", {"forced_down": True})
    assert answer.json()["service"]["forced_down"] is True
    assert answer.json()["service"]["state"] == "down"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("none", {"status": "disabled"}, 400),
        ("00000000-0000-4000-8000-000000000000", {"status": "disabled"}, 404),
        ("{id}", {"status": "asleep"}, 400),
        ("{id}", {"status": "enabled", "disabled_reason": "x"}, 400),
        ("{id}", {"status": "disabled", "disabled_reason": ""}, 400),
        ("{id}", {"host": "compute-2"}, 400),
        ("{id}", {}, 400),
    ],
)
def test_what_is_refused(lab, service, path, body, status):
    answer = lab.nova("PUT", f"/os-services/{path.format(id=service.id)}", body)
    assert answer.status_code == status, answer.text


def test_the_old_way_to_disable(lab, service):
    body = {"host": "compute-2", "binary": "nova-compute", "disabled_reason": "old"}
    answer = lab.nova("PUT", "/os-services/disable-log-reason", body, version="2.52")
    assert answer.json()["service"]["disabled_reason"] == "old"
    unknown = lab.nova("PUT", "/os-services/disable", {**body, "host": "none"}, version="2.52")
    assert unknown.status_code == 404
    del body["disabled_reason"]
    assert lab.nova("PUT", "/os-services/enable", body, version="2.1").json()["service"]["status"] == "enabled"


def test_hypervisors_tell_their_room_only_before_2_88(lab):
    old = lab.nova("GET", "/os-hypervisors/detail", version="2.87").json()["hypervisors"][0]
    assert (old["vcpus"], old["vcpus_used"], old["memory_mb"], old["running_vms"]) == (8, 8, 16384, 2)
    new = lab.nova("GET", "/os-hypervisors/detail", version="2.88").json()["hypervisors"][0]
    assert "vcpus" not in new
    assert new["uptime"]
    assert new["service"]["host"] == "compute-1"
    with_servers = lab.nova("GET", "/os-hypervisors/detail?with_servers=true").json()["hypervisors"][0]
    assert len(with_servers["servers"]) == 2
    one = lab.nova("GET", f"/os-hypervisors/{new['id']}").json()["hypervisor"]
    assert one["hypervisor_hostname"] == "compute-1"
    found = lab.nova("GET", "/os-hypervisors?hypervisor_hostname_pattern=compute-3").json()["hypervisors"]
    assert [item["hypervisor_hostname"] for item in found] == ["compute-3"]
    assert lab.nova("GET", "/os-hypervisors?hypervisor_hostname_pattern=none").status_code == 404
    assert lab.nova("GET", "/os-hypervisors/statistics", version="2.87").json()["hypervisor_statistics"]["vcpus"] == 32


def test_hypervisors_page(lab):
    page = lab.nova("GET", "/os-hypervisors?limit=3").json()
    assert len(page["hypervisors"]) == 3
    assert page["hypervisors_links"][0]["rel"] == "next"
    assert len(list(lab.connect().compute.hypervisors(details=True, limit=3))) == 4


@pytest.mark.parametrize("path", ["/os-services", "/os-hypervisors", "/os-hypervisors/detail", "/os-aggregates"])
def test_hosts_are_for_administrators(lab, path):
    answer = lab.nova("GET", path, cloud="lab-vnf")
    assert answer.status_code == 403
    assert answer.json()["forbidden"]["message"].startswith("Policy doesn't allow os_compute_api:os-")


def test_a_disabled_or_absent_host_gets_no_server(start_lab, until):
    lab = start_lab(
        {
            "projects": ["admin"],
            "users": [{"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"}],
            "flavors": [{"name": "tiny", "vcpus": 1, "memory_mb": 512, "disk_gb": 1}],
            "hosts": [
                {"name": "off", "enabled": False, "disabled_reason": "broken fan"},
                {"name": "gone", "down": True},
                {"name": "west", "zone": "west"},
                {"name": "on"},
            ],
            "durations": {"boot": 0.05},
        }
    )
    assert lab.nova("GET", "/os-services?host=off").json()["services"][0]["disabled_reason"] == "broken fan"
    assert lab.nova("GET", "/os-services?host=gone").json()["services"][0]["state"] == "down"
    flavor = lab.nova("GET", "/flavors").json()["flavors"][0]["id"]
    body = {"server": {"name": "x", "flavorRef": flavor, "networks": "none", "availability_zone": "nova"}}
    for index in range(8):
        body["server"]["name"] = f"x-{index}"
        assert lab.nova("POST", "/servers", body).status_code == 202
    until(lambda: all(item["status"] == "ACTIVE" for item in lab.servers().values()))
    assert {item["host"] for item in lab.servers().values()} == {"on"}
    zones = lab.nova("GET", "/os-availability-zone/detail").json()["availabilityZoneInfo"]
    assert [zone["zoneName"] for zone in zones] == ["nova", "west"]
    (aggregate,) = lab.nova("GET", "/os-aggregates").json()["aggregates"]
    assert (aggregate["name"], aggregate["hosts"]) == ("west", ["west"])


def test_placement_knows_the_room(lab):
    connection = lab.connect()
    providers = {item.name: item for item in connection.placement.resource_providers()}
    assert set(providers) == {f"compute-{number}" for number in range(1, 5)}
    host = providers["compute-1"].id
    inventory = lab.call("GET", f"/placement/resource_providers/{host}/inventories", "lab-admin").json()["inventories"]
    assert inventory["VCPU"]["total"] == 8
    assert inventory["VCPU"]["allocation_ratio"] == 1.0
    usages = lab.call("GET", f"/placement/resource_providers/{host}/usages", "lab-admin").json()["usages"]
    assert usages == {"VCPU": 8, "MEMORY_MB": 16384, "DISK_GB": 160}
    server = lab.servers()["doctor-ha-0"]
    held = lab.call("GET", f"/placement/allocations/{server['id']}", "lab-admin").json()["allocations"]
    assert held == {
        providers[server["host"]].id: {"generation": 1, "resources": {"VCPU": 4, "MEMORY_MB": 8192, "DISK_GB": 80}}
    }
    path = "/placement/allocation_candidates?resources=VCPU:1"
    candidates = lab.call("GET", path, "lab-admin", OpenStack_API_Version="placement 1.29").json()
    assert candidates["allocation_requests"] == []
    assert lab.call("GET", "/placement/resource_providers?name=compute-2", "lab-admin").json()["resource_providers"]


def test_placement_manners(lab):
    assert lab.call("GET", "/placement/").json()["versions"][0]["max_version"] == "1.39"
    refused = lab.call("GET", "/placement/resource_providers", "lab-vnf")
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["status"] == 403
    missing = lab.call("GET", "/placement/resource_providers/none", "lab-admin", OpenStack_API_Version="placement 1.36")
    assert missing.status_code == 404
    assert missing.headers["OpenStack-API-Version"] == "placement 1.36"
    assert lab.call("GET", "/placement/resource_providers", "lab-admin", OpenStack_API_Version="placement 9.9").status_code == 406
