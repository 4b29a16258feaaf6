# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets from Tacker: what is made of its records, and what happens while it is away or says what cannot be used."""

from __future__ import annotations

import asyncio
import json
import sys
from types import SimpleNamespace

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._monitoring import truth as reading
from ansible_collections.nfv.maintenance.plugins.plugin_utils._monitoring.addresses import management_addresses

from tests.unit.monitoring.test_monitor_engine import network, run

__all__ = ["network"]


def vnfc(number: int, vdu: str = "VDU1") -> dict:
    cps = [{"id": f"cp-{number}-{cpd}", "cpdId": cpd} for cpd in ("CP1", "CP2")]
    return {
        "id": f"r{number}", "vduId": vdu, "computeResource": {"resourceId": f"s{number}"}, "vnfcCpInfo": cps,
    }  # fmt: skip


def instance(id_: str, *numbers: int, state: str = "INSTANTIATED") -> dict:
    ports = [
        {"id": f"l-{number}-{cpd}", "cpInstanceId": f"cp-{number}-{cpd}", "resourceHandle": {"resourceId": f"p{number}-{cpd}"}}
        for number in numbers
        for cpd in ("CP1", "CP2")
    ]
    return {
        "id": id_, "vnfInstanceName": f"name of {id_}", "vnfdId": f"d-{id_}", "instantiationState": state,
        "instantiatedVnfInfo": {
            "flavourId": "simple", "vnfcResourceInfo": [vnfc(number) for number in numbers],
            "vnfcInfo": [{"id": f"c{number}", "vnfcResourceInfoId": f"r{number}"} for number in numbers],
            "vnfVirtualLinkResourceInfo": [{"vnfLinkPorts": ports}],
        },
    }  # fmt: skip


def ports(*numbers: int) -> dict:
    return {
        f"p{number}-CP{cp}": {"device_id": f"s{number}", "fixed_ips": [{"ip_address": f"192.0.{cp}.{number}"}]}
        for number in numbers
        for cp in (1, 2)
    }


PARAMETERS = {"monitoring_delay": 45, "count": 3, "interval": 1, "timeout": 2}
OLD = {"name": "ping", "parameters": PARAMETERS, "actions": {"failure": "respawn"}}


def template(policy, management: str | None = None) -> dict:
    nodes = {
        "VDU1": {"type": "tosca.nodes.nfv.Vdu.Compute", "properties": {"monitoring_policy": policy} if policy else {}},
        **{cp: {"type": "tosca.nodes.nfv.VduCp", "properties": {"management": cp == management}} for cp in ("CP1", "CP2")},
    }
    return {"node_templates": nodes}


@pytest.fixture
def cloud(parts, monkeypatch):
    """A Truth over what ``instances``, ``templates`` and ``ports`` hold."""
    del parts
    found = SimpleNamespace(instances=[], templates={}, ports={})

    def make(**options) -> reading.Truth:
        monkeypatch.setattr(reading, "nfv", lambda _cloud: SimpleNamespace(instances=lambda: found.instances))
        monkeypatch.setattr(
            reading,
            "Packages",
            lambda _cloud: SimpleNamespace(
                one=lambda vnfd_id: {"id": vnfd_id},
                vnfd=lambda package, _flavour: SimpleNamespace(template=found.templates[package], vdus={"VDU1": None}),
            ),
        )
        monkeypatch.setattr(reading.Truth, "_ports", lambda _self: found.ports)
        given = {"policy": None, "policies": {}, "defaults": {}, **options}
        return reading.Truth(SimpleNamespace(current_project_id="p1"), **given)

    found.make = make
    return found


def test_an_old_policy_becomes_targets_that_the_source_takes(cloud, parts):
    cloud.instances = [instance("v1", 1, 2), instance("v2", 3, state="NOT_INSTANTIATED")]
    cloud.templates, cloud.ports = {"d-v1": template(OLD)}, ports(1, 2, 3)
    targets, unusable = cloud.make().targets()
    assert unusable == {}
    first, second = (parts.target.read_target(target, {}) for target in targets)
    assert (first.address, first.vnfc, second.address) == (
        "192.0.1.1", {"id": "c1", "vdu": "VDU1", "server_id": "s1"}, "192.0.1.2",
    )  # fmt: skip
    assert first.vnf == {"id": "v1", "name": "name of v1", "project_id": "p1"}
    assert (first.how.probe, first.how.grace, str(first.how.rule)) == ("ping", 45, "3 of 3")
    # Two tries of two seconds each fit in an interval.
    assert (first.how.timeout, first.how.retries, first.how.interval) == (2, 1, 4)
    assert first.actions == {"down": [{"name": "respawn"}]}


def test_a_policy_of_the_owner_goes_first(cloud, parts):
    cloud.instances, cloud.ports = [instance("v1", 1)], ports(1)
    parameters = {"status": [200, 204], "body": "well", "port": 8080, "threshold": "2 of 4", "path": "/live"}
    policies = {"name of v1": {"probe": "http_ping", "parameters": parameters}}
    targets, unusable = cloud.make(policies=policies, defaults={"interval": 3}).targets()
    assert unusable == {}
    [target] = (parts.target.read_target(one, {}) for one in targets)
    assert (target.port, target.how.path, target.how.expected_body, target.how.interval) == (8080, "/live", b"well", 3)
    assert (target.how.expected_status, str(target.how.rule)) == (frozenset((200, 204)), "2 of 4")


def test_what_cannot_be_used_of_one_vnf_is_said_and_the_others_are_monitored(cloud):
    cloud.instances = [instance("v1", 1), instance("v2", 2), instance("v3", 3), instance("v4", 4)]
    cloud.templates = {
        "d-v1": template({"name": "telepathy"}), "d-v2": template(OLD), "d-v3": template(OLD), "d-v4": template(None),
    }  # fmt: skip
    cloud.ports = ports(1, 2, 4)
    targets, unusable = cloud.make().targets()
    assert [target["vnf"]["id"] for target in targets] == ["v2"]
    assert set(unusable) == {"v1", "v3"}
    assert "telepathy" in unusable["v1"]
    assert unusable["v3"] == "no address of c3 is known"


@pytest.mark.parametrize(("marked", "address"), [("CP2", "192.0.2.1"), ("CP1", "192.0.1.1"), (None, "192.0.1.1")])
def test_the_connection_point_for_management_is_probed(marked, address):
    info = instance("v1", 1)["instantiatedVnfInfo"]
    assert management_addresses(info, template(OLD, marked), ports(1)) == {"r1": address}
    # A record that says nothing about links.
    assert management_addresses({"vnfcResourceInfo": [vnfc(1)]}, {}, ports(1)) == {"r1": "192.0.1.1"}
    assert management_addresses(info, {}, {}) == {}


PROCESS = """
import json, sys
for line in sys.stdin:
    said = json.loads(line)
    for answer in json.load(open(sys.argv[1])):
        print(json.dumps(answer), flush=True)
    if "--ends" in sys.argv:
        break
"""


@pytest.fixture
def process(parts, monkeypatch, tmp_path):
    """A process in the place of ours, which says what it is given, at its start and whenever it is to look."""
    file = tmp_path / "says.json"

    def says(*answers, ends: bool = False) -> None:
        file.write_text(json.dumps(answers))
        command = [sys.executable, "-c", PROCESS, str(file), *(["--ends"] if ends else [])]
        monkeypatch.setattr(parts.truth, "COMMAND", command)

    return says


def said(*addresses: str) -> dict:
    targets = [{"address": address, "vnf": {"id": "v1"}, "vnfc": {"id": address}, "generation": 5} for address in addresses]
    for target in targets:
        target["parameters"] = {"interval": 0.1, "timeout": 0.04, "grace": 0}
    return {"targets": targets, "unusable": {}}


async def from_tacker(parts, **args):
    queue: asyncio.Queue = asyncio.Queue()
    source = parts.source.Source(parts.arguments.check_arguments({"cloud": "c", **args}))
    return source, queue, asyncio.ensure_future(source.run(queue))


async def until(look) -> None:
    async with asyncio.timeout(30):
        while not look():
            await asyncio.sleep(0.02)


@run
async def test_while_tacker_is_away_the_known_targets_stay_under_watch(parts, network, process):
    process(said("127.7.0.1", "127.7.0.2"))
    source, queue, task = await from_tacker(parts)
    for _number in range(2):
        assert (await queue.get())["vnf_monitor"]["generation"] == 5
    process({"away": "no answer from Tacker"})
    source.truth.look()
    await until(lambda: source.truth._process is not None)
    network.silent.add("127.7.0.1")
    down = (await queue.get())["vnf_monitor"]
    assert (down["to"], down["vnfc"]["id"]) == ("down", "127.7.0.1")
    process(said("127.7.0.2", "127.7.0.3"))
    source.truth.look()
    await until(lambda: {target.address for target in source.targets.values()} == {"127.7.0.2", "127.7.0.3"})
    assert set(source.engine.watched) == set(source.targets)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@run
async def test_a_process_that_ends_is_started_again(parts, network, process):
    process(said("127.7.0.1"), ends=True)
    source, queue, task = await from_tacker(parts)
    assert (await queue.get())["vnf_monitor"]["to"] == "up"
    process(said("127.7.0.1", "127.7.0.2"))
    assert (await queue.get())["vnf_monitor"]["vnfc"]["id"] == "127.7.0.2"
    assert len(source.targets) == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@run
async def test_a_target_that_cannot_be_used_does_not_hurt_the_others(parts, network, process):
    wrong = said("127.7.0.1", "127.7.0.2")
    wrong["targets"][0] |= {"probe": "telepathy", "vnf": {"id": "v9"}}
    process(wrong)
    source, queue, task = await from_tacker(parts)
    assert (await queue.get())["vnf_monitor"]["vnfc"]["id"] == "127.7.0.2"
    assert "unknown probe" in source.truth.unusable["v9"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
