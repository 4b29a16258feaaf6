# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role vnf_lifecycle: a VNF as the guide describes it, from nothing to its end, on the real Tacker.

Each play is for a host of its own, so that the recap counts its changes.
"""

from __future__ import annotations

import dataclasses
import re
import uuid

import pytest
import yaml

from lab.products import LOCAL, ROOT
from tests.tacker.alarms import alarming
from tests.tacker.changes import flavors
from tests.tacker.package import ASPECT, USER_DATA, Package
from tests.tacker.real_tacker import LCM, PACKAGES, PROJECT, link

LIMIT = 400
INSTANCE = f"{LCM}/vnf_instances"
SERVER = "OS::Nova::Server"
# What of a description the plays in between do not want to wait for.
UNSUBSCRIBED = {"vnf_lifecycle_maintenance": False}


@pytest.fixture(scope="module")
def versions():
    """Version 2.0 has another flavor for VDU1 and an external connection point more."""
    first = Package(str(uuid.uuid4()), product=f"web-{uuid.uuid4()}")
    second = dataclasses.replace(
        first, vnfd_id=str(uuid.uuid4()), version="2.0", flavors={"VDU1": "m1.small", "VDU2": "m1.tiny"},
        cps={**first.cps, "VDU1_CP3": None})  # fmt: skip
    return first, second


@dataclasses.dataclass
class Told:
    """What one play has done.

    :ivar writes: its writing requests, ids left out.
    """

    changed: int
    writes: list[str]
    output: str


class Plays:
    """Plays of the role, by the names of their hosts."""

    def __init__(self, tacker, description):
        self._tacker, self._description, self._plays = tacker, description, []

    def add(self, name, **changed):
        mark = {"url": f"{self._tacker.wire.url}/mark/{name}", "status_code": [401, 404]}
        role = {"hosts": name, "gather_facts": False, "vars": {**LOCAL, **self._description, **changed},
                "pre_tasks": [{"ansible.builtin.uri": mark, "check_mode": False}],
                "roles": ["nfv.maintenance.vnf_lifecycle"]}  # fmt: skip
        self._plays.append(role)

    def add_playbook(self, name, **changed):
        """The playbook of the collection."""
        variables = {**LOCAL, **self._description, **changed, "vnf_lifecycle_host": name}
        self._plays.append({"import_playbook": "nfv.maintenance.vnf_lifecycle", "vars": variables})

    def run(self, *options, fails=False):
        """What each has done; every play has to succeed, or the last one to fail."""
        names = [play.get("hosts") or play["vars"]["vnf_lifecycle_host"] for play in self._plays]
        self._tacker.wire.mark()
        done = self._tacker.playbook(self._plays, "-i", "".join(f"{name}," for name in names), *options, limit=LIMIT)
        self._plays = []
        assert (done.returncode != 0) == fails, done.stdout[-6000:] + done.stderr
        outputs = dict(zip(names, done.stdout.split("\nPLAY [")[1:], strict=True))
        writes: dict[str, list[str]] = {}
        name = ""
        for one in self._tacker.wire.asked:
            name = one.request.path.partition("/mark/")[2] or name
            if one.request.writes:
                call = re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}", "/ID", str(one.request))
                writes.setdefault(name, []).append(call)
        recap = dict(re.findall(r"^(\w+) +: ok=\d+ +changed=(\d+)", done.stdout, re.MULTILINE))
        return {name: Told(int(recap[name]), writes.get(name, []), outputs[name]) for name in names}


@pytest.fixture(scope="module")
def life(running_tacker, versions, tmp_path_factory):
    """The whole life, played once for all tests here; what was seen in between is in the answers of the wire."""
    tacker, folder = running_tacker, tmp_path_factory.mktemp("lifecycle")
    tacker.reset()
    guide = (ROOT / "docs" / "vnf-lifecycle.md").read_text()
    described = yaml.safe_load(guide.partition("# file: web.yml\n")[2].partition("```")[0])
    vims = tacker.vim()
    first, second = versions
    described |= {
        "vnf_lifecycle_cloud": PROJECT, "maintenance_subscription_secrets_file": str(folder / "secrets.yml"),
        "package": str(first.write(folder / "1.0")), "vims": vims, "vim_password": vims["vim1"]["accessInfo"].pop("password"),
        "links": [link("link-a", "net-a", "VDU1_CP1", "VDU2_CP1")],
        "vnf_lifecycle_ext_managed_virtual_links": [{"id": "m", "vnfVirtualLinkDescId": "internalVL1", "resourceId": "net-m"}],
    }  # fmt: skip
    both = [{"src": described["package"]}, {"src": str(second.write(folder / "2.0"))}]
    renewed = {
        **UNSUBSCRIBED, "vnf_lifecycle_packages": both, "vnf_lifecycle_vnfd_id": second.vnfd_id,
        "vnf_lifecycle_flavors": {"VDU2": "m1.large"}, "vnf_lifecycle_extensions": {"release": "2.0"},
        "links": [link("link-b", "net-b", "VDU1_CP1", "VDU1_CP3"), link("link-a", "net-a", "VDU2_CP1")],
    }  # fmt: skip
    gone = {"vnf_lifecycle_state": "absent", "vnf_lifecycle_packages": both, "vnf_lifecycle_delete_packages": True}
    larger = {**UNSUBSCRIBED, "vnf_lifecycle_sizes": {ASPECT: 2}}
    flavored = {**larger, "vnf_lifecycle_flavors": {"VDU2": "m1.small"}}
    plays, seen = Plays(tacker, described), {}
    with alarming(tacker) as alarms:
        plays.add("foreseen")
        told = plays.run("--check")
        plays.add("made")
        plays.add("again")
        plays.add("larger", **larger)
        told |= plays.run()
        plays.add("flavored_foreseen", **flavored)
        plays.add("renewed_foreseen", **renewed)
        plays.add("ended_foreseen", **gone)
        told |= plays.run("--check")
        plays.add("flavored", **flavored)
        plays.add("renewed", **renewed)
        plays.add("renewed_again", **renewed)
        told |= plays.run()
        seen["alarms"] = [alarm["name"] for alarm in alarms.values()]
        [instance] = tacker.run("vnf_instance_info", {"name": "web"})["vnf_instances"]
        seen["instance"], seen["flavors"] = instance, flavors(tacker, instance["id"])
        seen["servers"] = tacker.cloud.resources(instance["id"], SERVER)
        seen["networks"] = {
            (port.name, port.properties["network"]) for port in tacker.cloud.resources(instance["id"], "OS::Neutron::Port")}
        tacker.cloud.fail("update")
        tacker.operate(instance["id"], "heal", {"additionalParams": {**USER_DATA}}, state="FAILED_TEMP")
        # Without a VIM, whose credentials would have it asked again.
        plays.add("blocked", **renewed, vnf_lifecycle_vim_connection_info={}, vnf_lifecycle_vim_credentials={})
        told |= plays.run(fails=True)
        tacker.run("vnf_lcm_op_occ", {"vnf_instance_id": instance["id"], "state": "failed"})
        plays.add("ended", **gone)
        plays.add_playbook("ended_again", **gone)
        told |= plays.run()
        seen["left"] = [*alarms.values()], tacker.run("vnf_instance_info", {"name": "web"})["vnf_instances"]
    return told, seen, described["vim_password"]


def test_check_mode_says_what_would_be_done_and_writes_nothing(life):
    told, _seen, password = life
    for name in ("foreseen", "flavored_foreseen", "renewed_foreseen", "ended_foreseen"):
        assert (told[name].writes, told[name].changed > 0) == ([], True), name
    assert "INSTANTIATE: state none -> INSTANTIATED" in told["foreseen"].output
    assert "would be subscribed" in told["foreseen"].output
    assert r'CHANGE_VNFPKG: flavors {\"VDU2\": \"m1.tiny\"} -> {\"VDU2\": \"m1.small\"}' in told["flavored_foreseen"].output
    assert re.search(r"\+.*m1\.small", told["flavored_foreseen"].output), "the diff of the module is not shown"
    for words in ("vnfd_id", "net-b", "m1.large", "release", f"SCALE: {ASPECT} 2 -> 1"):
        assert words in told["renewed_foreseen"].output
    assert all(password not in one.output for one in told.values())


def test_from_nothing_to_a_vnf_that_runs_and_hears(life):
    told, seen, _password = life
    assert told["made"].writes == [
        f"POST {PACKAGES}", f"PUT {PACKAGES}/ID/package_content", f"POST {INSTANCE}", f"POST {INSTANCE}/ID/instantiate",
        f"POST {INSTANCE}/ID/scale", "POST /v2/alarms", "POST /v2/alarms"]  # fmt: skip
    assert seen["alarms"] == [
        f"maintenance.{one} for VNF {seen['instance']['id']}" for one in ("scheduled", "planned")]  # fmt: skip


def test_the_same_description_again_changes_nothing(life):
    told, _seen, _password = life
    assert {name: (told[name].changed, told[name].writes) for name in ("again", "renewed_again", "ended_again")} == {
        name: (0, []) for name in ("again", "renewed_again", "ended_again")}  # fmt: skip


def test_a_changed_description_is_the_least_operation(life):
    told, _seen, _password = life
    assert told["larger"].writes == [f"POST {INSTANCE}/ID/scale"]
    assert told["flavored"].writes == [f"POST {INSTANCE}/ID/change_vnfpkg"]


def test_package_links_flavors_and_extensions_change_at_once(life, versions):
    """And the servers that are too many go afterwards."""
    told, seen, _password = life
    assert told["renewed"].writes == [
        f"POST {PACKAGES}", f"PUT {PACKAGES}/ID/package_content", f"POST {INSTANCE}/ID/change_vnfpkg",
        f"POST {INSTANCE}/ID/scale"]  # fmt: skip
    instance = seen["instance"]
    assert (instance["vnfd_id"], instance["extensions"]["release"]) == (versions[1].vnfd_id, "2.0")
    assert seen["flavors"] == {"VDU1": "m1.small", "VDU2": "m1.large"}
    assert len(seen["servers"]) == 3
    assert seen["networks"] == {
        ("VDU1_CP1", "net-b"), ("VDU1_CP2", "net-m"), ("VDU1_CP3", "net-b"), ("VDU2_CP1", "net-a")}  # fmt: skip


def test_what_blocks_a_vnf_is_told_though_there_is_nothing_to_do(life):
    told, _seen, _password = life
    assert "reads as described, but its HEAL" in told["blocked"].output
    assert told["blocked"].writes == []


def test_its_end_begins_with_the_subscription(life):
    told, seen, _password = life
    assert told["ended"].writes == [
        "DELETE /v2/alarms/ID", "DELETE /v2/alarms/ID", f"POST {INSTANCE}/ID/terminate", f"DELETE {INSTANCE}/ID",
        *[f"PATCH {PACKAGES}/ID", f"DELETE {PACKAGES}/ID"] * 2]  # fmt: skip
    assert seen["left"] == ([], [])
