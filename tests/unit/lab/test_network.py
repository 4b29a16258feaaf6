# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron of the lab, from outside."""

from __future__ import annotations

from pathlib import Path

import openstack
import pytest
import yaml

DOCTOR = Path(__file__).resolve().parents[3] / "lab" / "topologies" / "doctor.yaml"

V2 = "/network/v2.0"


def port_of(lab, name):
    ports = list(lab.connect("lab-vnf").network.ports(device_id=lab.servers()[name]["id"]))
    assert len(ports) == 1
    return ports[0]


def test_networks_by_project(lab):
    mine = {item.name: item for item in lab.connect("lab-vnf").network.networks()}
    assert set(mine) == {"public", "vnf-owner-net"}
    assert mine["public"].is_router_external
    assert {item.name for item in lab.connect().network.networks()} > set(mine)
    (router,) = lab.connect("lab-vnf").network.routers()
    assert router.external_gateway_info["network_id"] == mine["public"].id
    assert [item.cidr for item in lab.connect("lab-vnf").network.subnets(network_id=mine["vnf-owner-net"].id)]


def test_the_floating_ip_is_on_the_active_member(lab):
    (floating,) = lab.connect("lab-vnf").network.ips()
    assert floating.floating_ip_address == lab.vnf["floating_ip"]
    assert floating.port_id == port_of(lab, "doctor-ha-0").id
    assert floating.status == "ACTIVE"


def test_switch_over_costs_a_moment(start_lab, until):
    document = yaml.safe_load(DOCTOR.read_text())
    document["durations"] = {"switch_over": 1.5}
    lab = start_lab(document)
    connection = lab.connect("lab-vnf")
    (floating,) = connection.network.ips()
    address = f"/lab/service/{lab.vnf['floating_ip']}"
    assert lab.call("GET", address).json()["server"] == "doctor-ha-0"
    lab.call("POST", "/lab/observer/reset")
    connection.network.update_ip(floating, port_id=port_of(lab, "doctor-ha-1").id)
    assert lab.call("GET", address).status_code == 503
    answer = until(lambda: (found := lab.call("GET", address)).status_code == 200 and found)
    assert answer.json()["server"] == "doctor-ha-1"
    (service,) = lab.call("GET", "/lab/observer").json()["vnfs"]
    assert 1.45 <= service["longest_gap_seconds"] <= 5
    assert len(service["gaps"]) == 1
    again = connection.network.update_ip(floating, port_id=port_of(lab, "doctor-ha-1").id)
    assert again.port_id == port_of(lab, "doctor-ha-1").id
    assert lab.call("GET", address).status_code == 200, "the same association again moves nothing"


def test_foreign_things_do_not_exist(lab):
    stranger = lab.connect("lab-member")
    assert list(stranger.network.ips()) == []
    assert list(stranger.network.ports()) == []
    (floating,) = lab.connect("lab-vnf").network.ips()
    answer = lab.call("GET", f"{V2}/floatingips/{floating.id}", "lab-member")
    assert answer.status_code == 404
    assert answer.json() == {
        "NeutronError": {
            "type": "FloatingIPNotFound",
            "message": f"Floating IP {floating.id} could not be found",
            "detail": "",
        }
    }
    with pytest.raises(openstack.exceptions.NotFoundException):
        stranger.network.update_ip(floating.id, port_id=None)


def test_floating_ips_are_made_and_released(lab):
    connection = lab.connect("lab-vnf")
    public = connection.network.find_network("public")
    made = connection.network.create_ip(floating_network_id=public.id)
    assert made.status == "DOWN"
    taken = port_of(lab, "doctor-ha-0").id
    with pytest.raises(openstack.exceptions.ConflictException) as caught:
        connection.network.update_ip(made, port_id=taken)
    assert "already has a floating IP on external network" in str(caught.value)
    foreign = lab.call("PUT", f"{V2}/floatingips/{made.id}", "lab-vnf", {"floatingip": {"port_id": made.id}})
    assert foreign.json()["NeutronError"]["type"] == "PortNotFound"
    connection.network.delete_ip(made)
    assert connection.network.find_ip(made.id, ignore_missing=True) is None


def test_lists_filter_and_page(lab):
    server = lab.servers()["doctor-worker-0"]["id"]
    found = lab.call("GET", f"{V2}/ports?device_id={server}", "lab-vnf").json()["ports"]
    assert [port["device_id"] for port in found] == [server]
    assert "binding:host_id" not in found[0]
    bound = lab.call("GET", f"{V2}/ports?device_id={server}", "lab-admin").json()["ports"]
    assert bound[0]["binding:host_id"] == lab.servers()["doctor-worker-0"]["host"]
    address = found[0]["fixed_ips"][0]["ip_address"]
    by_address = lab.call("GET", f"{V2}/ports?fixed_ips=ip_address%3D{address}", "lab-vnf").json()["ports"]
    assert [port["id"] for port in by_address] == [found[0]["id"]]
    assert len(list(lab.connect("lab-vnf").network.ports(limit=3))) == 8
    assert lab.call("GET", "/network/").json()["versions"][0]["id"] == "v2.0"
