# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""change_vnfpkg on the real Tacker: external connection points, ready-made ports, internal and managed links."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
import yaml

from lab.products import ROOT
from tests.tacker.changes import change, changed_once, flavors
from tests.tacker.package import ASPECT, DEPLOYMENT, USER_DATA, Package
from tests.tacker.real_tacker import link

BASE = f"BaseHOT/{DEPLOYMENT}/base.yaml"
INTERNAL = {"VDU1_CP1": None, "VDU1_CP2": "internalVL1", "VDU2_CP1": None}


def with_port(package, cp, network):
    """The package with a template that takes a ready-made port of VDU1, and no network if ``network`` is False."""
    files, path = package.files(), f"BaseHOT/{DEPLOYMENT}/nested/{package.nested_file('VDU1')}"
    base, nested = yaml.safe_load(files[BASE]), yaml.safe_load(files[path])
    properties = base["resources"]["VDU1"]["properties"]
    properties[f"port-{cp}"] = {"get_param": ["nfv", "CP", cp, "port"]}
    nested["parameters"][f"port-{cp}"] = {"type": "string"}
    if not network:
        del properties[f"net-{cp}"], nested["parameters"][f"net-{cp}"]
    del nested["resources"][cp]
    ports = nested["resources"]["VDU1"]["properties"]["networks"]
    ports[ports.index({"port": {"get_resource": cp}})] = {"port": {"get_param": f"port-{cp}"}}
    return dataclasses.replace(package, more={BASE: yaml.safe_dump(base), path: yaml.safe_dump(nested)})


def with_file_names_of(other, package):
    """The package with the templates of its VDUs named as those of another one."""
    files = package.files()
    base, more = files[BASE], {}
    for vdu in package.flavors:
        mine, theirs = package.nested_file(vdu), other.nested_file(vdu)
        base = base.replace(mine, theirs)
        more[f"BaseHOT/{DEPLOYMENT}/nested/{theirs}"] = files[f"BaseHOT/{DEPLOYMENT}/nested/{mine}"]
    return dataclasses.replace(package, more={BASE: base, **more})


def link_with_port(link_id, network, cp, port):
    """An external link with a ready-made port, as in the specification of the operation."""
    made = link(link_id, network, cp)
    [config] = made["extCps"][0]["cpConfig"].values()
    config["linkPortId"] = f"id-of-{port}"
    return {**made, "extLinkPorts": [{"id": f"id-of-{port}", "resourceHandle": {"resourceId": port}}]}


def new(package=None, **changed):
    """Another package, with an id of its own."""
    return dataclasses.replace(package or Package(""), vnfd_id=str(uuid.uuid4()), **changed)


@pytest.fixture
def onboarded(tacker):
    """Packages that are removed afterwards."""
    ids = []

    def onboard(*packages):
        ids.extend(tacker.onboard(package) for package in packages)
        return packages

    yield onboard
    for package_id in ids:
        tacker.remove_package(package_id)


@pytest.fixture
def runs(tacker):
    """VNFs that are removed afterwards."""
    ids = []

    def run(package, **more):
        ids.append(tacker.instantiate(package.vnfd_id, **more))
        return ids[-1]

    yield run
    for instance_id in ids:
        tacker.remove(instance_id)


def networks(tacker, instance_id):
    """The networks of the ports that the stack has made, by connection point."""
    found = tacker.cloud.resources(instance_id, "OS::Neutron::Port")
    return {port.name: port.properties["network"] for port in found}


def own_links(tacker, instance_id):
    """The internal networks that the stack has made, by their names in the VNFD."""
    return {network.name: network.physical_id for network in tacker.cloud.resources(instance_id, "OS::Neutron::Net")}


def server_ports(tacker, instance_id, vdu="VDU1"):
    [server] = [found for found in tacker.cloud.resources(instance_id, "OS::Nova::Server") if found.name == vdu]
    return [network["port"] for network in server.properties["networks"]]


def test_the_guide_changes_a_vnf_as_it_stands(tacker, onboarded, runs):
    """The specification's samples: another flavor for VDU2 alone, another network for VDU1_CP1 under the same link."""
    [package] = onboarded(new())
    instance_id = runs(package, name="web")
    guide = (ROOT / "docs" / "vnf-lifecycle.md").read_text()
    [play] = yaml.safe_load(guide.partition("# file: change.yml\n")[2].partition("```")[0])
    done = tacker.play(*play["tasks"])
    assert "changed=2 " in done.stdout, done.stdout + done.stderr
    assert flavors(tacker, instance_id) == {"VDU1": "m1.tiny", "VDU2": "m1.small"}
    seen = networks(tacker, instance_id)
    assert (seen["VDU1_CP1"], seen["VDU2_CP1"]) == ("net-b", "net-a")
    tacker.wire.mark()
    again = tacker.play(*play["tasks"])
    assert "ok=2 " in again.stdout, again.stdout + again.stderr
    assert ("changed=0 " in again.stdout, tacker.wire.writes) == (True, [])


def test_connection_points_and_internal_links_come_and_go_with_the_package(tacker, onboarded, runs):
    first = new()
    second = new(first, version="2.0", cps={**INTERNAL, "VDU1_CP2": "internalVL2", "VDU1_CP3": None})
    onboarded(first, second)
    instance_id = runs(first)
    bare = change(tacker, instance_id, {"vnfd_id": second.vnfd_id})
    assert (bare["failed"], tacker.wire.writes) == (True, [])
    assert "VDU1_CP3 is new in package" in bare["msg"]
    params = {"vnfd_id": second.vnfd_id, "ext_virtual_links": [link("link-c", "net-c", "VDU1_CP3")]}
    there = ["external_cps.VDU1_CP3", "topology.external_cps", "topology.internal_links", "vnfd_id"]
    changed_once(tacker, instance_id, params, there)
    links = own_links(tacker, instance_id)
    assert list(links) == ["internalVL2"]
    assert networks(tacker, instance_id) == {
        "VDU1_CP1": "net-a", "VDU1_CP2": links["internalVL2"], "VDU1_CP3": "net-c", "VDU2_CP1": "net-a"}  # fmt: skip
    changed_once(tacker, instance_id, {"vnfd_id": first.vnfd_id}, ["topology.external_cps", "topology.internal_links", "vnfd_id"])
    assert list(own_links(tacker, instance_id)) == ["internalVL1"]
    assert sorted(networks(tacker, instance_id)) == ["VDU1_CP1", "VDU1_CP2", "VDU2_CP1"]


def test_one_name_for_two_templates_of_a_vdu_fails_in_heat(tacker, onboarded, runs):
    first = new()
    second = new(first, version="2.0", cps={**INTERNAL, "VDU2_CP2": "internalVL1"})
    second = with_file_names_of(first, second)
    onboarded(first, second)
    instance_id = runs(first)
    failed = change(tacker, instance_id, {"vnfd_id": second.vnfd_id})
    assert failed["failure"]["operation_state"] == "FAILED_TEMP"
    assert "resources.VDU2-0.properties: : Property net-VDU2_CP2 not assigned" in failed["failure"]["error"]["detail"]
    assert sorted(networks(tacker, instance_id)) == ["VDU1_CP1", "VDU1_CP2", "VDU2_CP1"]


def test_managed_links_stay_managed_change_and_end(tacker, onboarded, runs):
    """Tacker rolls back with the managed links of the request that failed, which is told."""
    [package] = onboarded(new())
    managed = {"id": "m1", "vnfVirtualLinkDescId": "internalVL1", "resourceId": "net-own"}
    instance_id = runs(package, extManagedVirtualLinks=[managed])
    changed_once(tacker, instance_id, {"vdus": [{"vdu_id": "VDU2", "flavor": "m1.small"}]}, ["flavors.VDU2"])
    assert (networks(tacker, instance_id)["VDU1_CP2"], own_links(tacker, instance_id)) == ("net-own", {})
    other = {"ext_managed_virtual_links": [{**managed, "resourceId": "net-other"}]}
    tacker.cloud.fail("update")
    failed = change(tacker, instance_id, {**other, "on_failure": ["rollback"]})
    assert failed["failure"]["operation_state"] == "ROLLED_BACK"
    assert networks(tacker, instance_id)["VDU1_CP2"] == "net-other"
    # Tacker forgets the scale levels as well.
    assert failed["failure"]["before"] == {"managed_links": {"internalVL1": "net-own"}, "scale_levels": {ASPECT: 0}}
    assert failed["failure"]["now"] == {"managed_links": {"internalVL1": "net-other"}, "scale_levels": {}}
    assert f"But its record is not as before in managed_links.internalVL1, scale_levels.{ASPECT}" in failed["msg"]
    changed_once(tacker, instance_id, {"ext_managed_virtual_links": [managed]}, ["managed_links.internalVL1"])
    assert networks(tacker, instance_id)["VDU1_CP2"] == "net-own"
    changed_once(tacker, instance_id, {"ext_managed_virtual_links": []}, ["managed_links.internalVL1"])
    assert networks(tacker, instance_id)["VDU1_CP2"] == own_links(tacker, instance_id)["internalVL1"]


def test_servers_that_come_after_a_change_of_a_managed_link_are_brought_along(tacker, onboarded, runs):
    """Tacker puts them on the network of its record, which it never updates."""
    [package] = onboarded(new())
    managed = {"id": "m1", "vnfVirtualLinkDescId": "internalVL1", "resourceId": "net-own"}
    instance_id = runs(package, extManagedVirtualLinks=[managed])
    other = {"ext_managed_virtual_links": [{**managed, "resourceId": "net-other"}]}
    changed_once(tacker, instance_id, other, ["managed_links.internalVL1"])
    scaled = tacker.run("vnf_scale", {"vnf_instance_id": instance_id, "aspect_id": ASPECT, "level": 1})
    assert "managed links as they were at its instantiation: internalVL1 (net-other, net-own)" in scaled.get("msg", ""), scaled

    def internal():
        found = tacker.cloud.resources(instance_id, "OS::Neutron::Port")
        return [port.properties["network"] for port in found if port.name == "VDU1_CP2"]

    assert sorted(internal()) == ["net-other", "net-own"]
    changed_once(tacker, instance_id, other, ["managed_links.internalVL1"])
    assert internal() == ["net-other", "net-other"]


def test_ready_made_ports_are_connected_changed_and_disconnected(tacker, onboarded, runs):
    """The specification's sample again, with the ports and the template that it has."""
    first = with_port(new(), "VDU1_CP1", network=False)
    second = with_port(new(version="2.0", cps={**INTERNAL, "VDU1_CP3": None}), "VDU1_CP3", network=True)
    back = new(version="3.0")
    onboarded(first, second, back)
    port = {"nfv": {"CP": {"VDU1_CP1-0": {"port": "port-1"}}}}
    links = [link_with_port("link-a", "net-a", "VDU1_CP1", "port-1"), link("link-b", "net-a", "VDU2_CP1")]
    instance_id = runs(first, additionalParams={**USER_DATA, **port}, extVirtualLinks=links)
    changed_once(
        tacker, instance_id, {"ext_virtual_links": [link_with_port("link-a", "net-b", "VDU1_CP1", "port-2")]},
        ["external_cps.VDU1_CP1", "link_ports.VDU1_CP1", "parameters.CP"])  # fmt: skip
    assert server_ports(tacker, instance_id)[0] == "port-2"
    connected = {
        "vnfd_id": second.vnfd_id,
        "ext_virtual_links": [link("link-d", "net-d", "VDU1_CP1"), link_with_port("link-c", "net-c", "VDU1_CP3", "port-3")],
    }  # fmt: skip
    done = change(tacker, instance_id, connected)
    assert done["changed"], done
    assert server_ports(tacker, instance_id)[-1] == "port-3"
    assert not change(tacker, instance_id, connected)["changed"]
    assert change(tacker, instance_id, {"vnfd_id": back.vnfd_id})["changed"]
    assert "port-3" not in server_ports(tacker, instance_id)


def test_what_was_set_beside_the_package_stays_and_a_port_is_not_only_recorded(tacker, onboarded, runs):
    """Tacker resets the flavor of a VDU that it updates, and records a port that the template does not take."""
    [package] = onboarded(new())
    instance_id = runs(package)
    assert change(tacker, instance_id, {"vdus": [{"vdu_id": "VDU1", "flavor": "m1.small"}]})["changed"]
    params = {"ext_virtual_links": [link("link-a", "net-b", "VDU1_CP1"), link("link-a", "net-a", "VDU2_CP1")]}
    done = changed_once(tacker, instance_id, params, ["external_cps.VDU1_CP1"])
    assert done["diff"]["before"]["external_cps"]["VDU1_CP1"]["network"] == "net-a"
    assert done["diff"]["after"]["external_cps"]["VDU1_CP1"]["network"] == "net-b"
    seen = networks(tacker, instance_id)
    assert (seen["VDU1_CP1"], seen["VDU2_CP1"]) == ("net-b", "net-a")
    assert flavors(tacker, instance_id) == {"VDU1": "m1.small", "VDU2": "m1.tiny"}
    ported = change(tacker, instance_id, {"ext_virtual_links": [link_with_port("link-a", "net-a", "VDU1_CP1", "port-1")]})
    assert ported["failed"]
    assert "reads COMPLETED" in ported["msg"]
    assert "link_ports.VDU1_CP1" in ported["msg"]
    assert ported["failure"]["wanted"]["link_ports"] == {"VDU1_CP1": ["port-1"]}
    assert "port-1" not in server_ports(tacker, instance_id)
