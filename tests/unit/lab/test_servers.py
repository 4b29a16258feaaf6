# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's servers in the lab, from outside."""

from __future__ import annotations

import collections
from pathlib import Path

import openstack
import pytest

DOCTOR = Path(__file__).resolve().parents[3] / "lab" / "topologies" / "doctor.yaml"


def test_version_documents_need_no_token(lab):
    document = lab.call("GET", "/compute/v2.1/").json()["version"]
    assert (document["min_version"], document["version"], document["id"]) == ("2.1", "2.93", "v2.1")
    assert [item["id"] for item in lab.call("GET", "/compute/").json()["versions"]] == ["v2.0", "v2.1"]


def test_microversions(lab):
    answer = lab.nova("GET", "/servers", version="2.53")
    assert answer.headers["OpenStack-API-Version"] == "compute 2.53"
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.53"
    assert "OpenStack-API-Version" in answer.headers["Vary"]
    assert answer.headers["x-openstack-request-id"].startswith("req-")
    assert lab.nova("GET", "/servers", version="latest").headers["OpenStack-API-Version"] == "compute 2.93"
    too_new = lab.nova("GET", "/servers", version="2.94")
    assert too_new.status_code == 406
    assert too_new.json()["computeFault"]["message"] == (
        "Version 2.94 is not supported by the API. Minimum is 2.1 and maximum is 2.93."
    )
    assert lab.nova("GET", "/servers", version="two").status_code == 400
    plain = lab.call("GET", "/compute/v2.1/servers", "lab-admin")
    assert plain.headers["OpenStack-API-Version"] == "compute 2.1"


def test_the_doctor_placement(lab):
    state = lab.state()
    servers = lab.servers()
    assert set(servers) == {"doctor-ha-0", "doctor-ha-1", *(f"doctor-worker-{index}" for index in range(6))}
    assert collections.Counter(server["host"] for server in servers.values()) == {
        f"compute-{number}": 2 for number in range(1, 5)
    }
    assert servers["doctor-ha-0"]["host"] != servers["doctor-ha-1"]["host"]
    assert all(host["vcpus_used"] == host["vcpus"] for host in state["hosts"])


def test_the_same_seed_places_alike_and_another_one_differently(start_lab, lab):
    def placement(running):
        return {name: (server["id"], server["host"]) for name, server in running.servers().items()}

    assert placement(start_lab()) == placement(lab)
    assert placement(start_lab(DOCTOR, "--seed", "2")) != placement(lab)


def test_openstacksdk_sees_everything(lab):
    connection = lab.connect()
    found = list(connection.compute.servers(all_projects=True))
    assert len(found) == 8
    assert {server.compute_host for server in found} == {f"compute-{number}" for number in range(1, 5)}
    assert found[0].flavor.original_name == "doctor_maint_flavor"
    assert {server.project_id for server in found} == {lab.vnf["project_id"]}


def test_a_member_sees_its_own_without_hosts(lab):
    connection = lab.connect("lab-vnf")
    found = list(connection.compute.servers())
    assert len(found) == 8
    assert {server.compute_host for server in found} == {None}
    assert list(lab.connect("lab-member").compute.servers()) == []
    with pytest.raises(openstack.exceptions.ForbiddenException) as caught:
        list(connection.compute.servers(all_projects=True))
    assert "os_compute_api:servers:detail:get_all_tenants" in str(caught.value)
    with pytest.raises(openstack.exceptions.NotFoundException):
        lab.connect("lab-member").compute.get_server(found[0].id)


def test_fields_follow_the_microversion(lab):
    name = lab.servers()["doctor-ha-0"]["id"]
    old = lab.nova("GET", f"/servers/{name}", version="2.1").json()["server"]
    assert set(old["flavor"]) == {"id", "links"}
    assert not {"tags", "locked", "description", "host_status", "server_groups"} & set(old)
    new = lab.nova("GET", f"/servers/{name}").json()["server"]
    assert new["flavor"]["vcpus"] == 4
    assert new["host_status"] == "UP"
    assert new["server_groups"] == [lab.vnf["groups"][0]["id"]]
    assert new["locked"] is False
    kinds = [entry["OS-EXT-IPS:type"] for entry in new["addresses"]["vnf-owner-net"]]
    assert sorted(kinds) == ["fixed", "floating"]
    listed = lab.nova("GET", "/servers/detail?all_tenants=1").json()["servers"]
    assert "server_groups" not in listed[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=ha-", {"doctor-ha-0", "doctor-ha-1"}),
        ("name=%5Edoctor-worker-%5B01%5D", {"doctor-worker-0", "doctor-worker-1"}),
        ("status=ERROR", set()),
        ("status=ACTIVE&name=ha-0", {"doctor-ha-0"}),
        ("project_id=nobody", set()),
    ],
)
def test_filters(lab, query, expected):
    found = lab.nova("GET", f"/servers?all_tenants=1&{query}").json()["servers"]
    assert {server["name"] for server in found} == expected


def test_the_host_filter_is_for_administrators(lab):
    host = lab.servers()["doctor-ha-0"]["host"]
    found = lab.nova("GET", f"/servers?all_tenants=1&host={host}").json()["servers"]
    assert len(found) == 2
    assert len(lab.nova("GET", f"/servers?host={host}", cloud="lab-vnf").json()["servers"]) == 8
    assert lab.nova("GET", "/servers?all_tenants=1&name=%5B").status_code == 400


def test_paging(lab):
    first = lab.nova("GET", "/servers?all_tenants=1&limit=5").json()
    assert len(first["servers"]) == 5
    link = first["servers_links"][0]
    assert link["rel"] == "next"
    second = lab.nova("GET", link["href"].partition("/compute/v2.1")[2]).json()
    assert len(second["servers"]) == 3
    assert "servers_links" not in second
    assert not {server["id"] for server in first["servers"]} & {server["id"] for server in second["servers"]}
    unknown = lab.nova("GET", "/servers?marker=none")
    assert unknown.status_code == 400
    assert unknown.json() == {"badRequest": {"code": 400, "message": "marker [none] not found"}}
    assert lab.nova("GET", "/servers?limit=x").status_code == 400
    assert len(list(lab.connect().compute.servers(all_projects=True, limit=3))) == 8


def test_error_bodies(lab):
    missing = lab.nova("GET", "/servers/none")
    assert missing.status_code == 404
    assert missing.json() == {"itemNotFound": {"code": 404, "message": "Instance none could not be found."}}
    assert missing.headers["OpenStack-API-Version"] == "compute 2.93"
    assert lab.nova("GET", "/nonsense").json()["code"] == "404 Not Found"
    assert lab.call("GET", "/compute/v2.1/servers").status_code == 401
    assert lab.nova("POST", f"/servers/{lab.servers()['doctor-ha-0']['id']}/action", {"fly": {}}).status_code == 400


def test_create_and_delete(start_lab, until):
    lab = start_lab(
        {
            "projects": ["admin", "mine"],
            "users": [
                {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
                {"name": "me", "roles": {"mine": ["member"]}, "cloud": "lab-mine"},
            ],
            "flavors": [{"name": "half", "vcpus": 4, "memory_mb": 8192, "disk_gb": 10}],
            "hosts": {"count": 2},
            "durations": {"boot": 0.2, "delete": 0.1},
        }
    )
    connection = lab.connect("lab-mine")
    flavor = connection.compute.find_flavor("half")
    group = connection.compute.create_server_group(name="apart", policy="anti-affinity")
    made = [
        connection.compute.create_server(
            name=f"pair-{index}", flavor_id=flavor.id, networks="none", scheduler_hints={"group": group.id}
        )
        for index in range(3)
    ]
    assert made[0].status is None or made[0].status == "BUILD"
    first, second = (connection.compute.wait_for_server(server, interval=0.05) for server in made[:2])
    assert first.hypervisor_hostname is None
    servers = lab.servers()
    assert servers["pair-0"]["host"] != servers["pair-1"]["host"]
    third = until(lambda: (s := connection.compute.get_server(made[2].id)).status == "ERROR" and s)
    assert third.fault["message"].startswith("No valid host was found.")
    assert set(connection.compute.get_server_group(group.id).member_ids) == {server.id for server in made}
    connection.compute.delete_server(first)
    connection.compute.wait_for_delete(first, interval=0.05, wait=5)
    assert lab.nova("GET", f"/servers/{second.id}").status_code == 200
    actions = lab.nova("GET", f"/servers/{first.id}/os-instance-actions", version="2.93").json()["instanceActions"]
    assert [action["action"] for action in actions] == ["delete", "create"]
    with_network = connection.compute.create_server(name="wired", flavor_id=flavor.id, networks="auto")
    wired = connection.compute.wait_for_server(with_network, interval=0.05)
    assert list(wired.addresses) == ["mine-net"]
    forced = {"server": {"name": "x", "flavorRef": flavor.id, "networks": "none", "availability_zone": "nova:compute-1"}}
    assert lab.nova("POST", "/servers", forced, cloud="lab-mine").status_code == 403
    no_flavor = {"server": {"name": "x", "flavorRef": "none", "networks": "none"}}
    assert lab.nova("POST", "/servers", no_flavor).status_code == 400


def test_flavors_limits_and_zones(lab):
    connection = lab.connect("lab-vnf")
    (flavor,) = connection.compute.flavors()
    assert (flavor.vcpus, flavor.ram, flavor.disk) == (4, 8192, 80)
    assert connection.compute.get_limits().absolute.instances_used == 8
    (zone,) = connection.compute.availability_zones()
    assert zone.name == "nova"
    assert zone.state == {"available": True}


def test_server_groups(lab):
    (mine,) = lab.connect("lab-vnf").compute.server_groups()
    ids = {server["id"] for name, server in lab.servers().items() if name.startswith("doctor-ha")}
    assert set(mine.member_ids) == ids
    old = lab.nova("GET", "/os-server-groups", cloud="lab-vnf", version="2.60").json()["server_groups"][0]
    assert old["policies"] == ["anti-affinity"]
    assert lab.nova("GET", "/os-server-groups", cloud="lab-member").json()["server_groups"] == []
    assert len(lab.nova("GET", "/os-server-groups?all_projects=True").json()["server_groups"]) == 1
    assert lab.nova("GET", f"/os-server-groups/{mine.id}", cloud="lab-member").status_code == 404
