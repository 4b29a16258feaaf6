# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_instance on the real Tacker: from nothing to running and back."""

from __future__ import annotations

import pytest
import yaml

from lab.products import ROOT
from tests.tacker.http_server import answer
from tests.tacker.package import DEPLOYMENT, USER_DATA
from tests.tacker.real_tacker import PASSWORD, link

MODULE = "vnf_instance"
SERVER = "OS::Nova::Server"


class Vnf:
    """A VNF by its name."""

    def __init__(self, tacker, package, name):
        self.tacker, self.name = tacker, name
        vims = tacker.vim()
        del vims["vim1"]["accessInfo"]["password"]
        self.whole = {
            "name": name, "vnfd_id": package.vnfd_id, "flavour_id": DEPLOYMENT, "additional_params": USER_DATA,
            "vim_connection_info": vims, "vim_credentials": {"vim1": {"password": PASSWORD}},
            "ext_virtual_links": [link("link-a", "net-a", "VDU1_CP1", "VDU2_CP1")],
            "ext_managed_virtual_links": [{"id": "m", "vnfVirtualLinkDescId": "internalVL1", "resourceId": "net-m"}],
            "metadata": {"k": "v", "gone": None}, "extensions": {"a": {"x": 1, "y": 2}},
        }  # fmt: skip

    def once(self, **options):
        return self.tacker.run(MODULE, {"name": self.name, **options})

    def twice(self, requests=3, **options):
        """Looked at first, done, and done again; returns what was done."""
        self.tacker.wire.mark()
        seen = self.tacker.run(MODULE, {"name": self.name, **options}, check=True)
        assert seen.get("changed"), seen
        assert self.tacker.wire.writes == []
        done = self.once(**options)
        assert done.get("changed"), done
        assert done["diff"] == seen["diff"]
        self.tacker.wire.mark()
        again = self.once(**options)
        assert again.get("changed") is False, again
        assert self.tacker.wire.writes == []
        assert len(self.tacker.wire.asked) <= requests, [str(one) for one in self.tacker.wire.asked]
        return done

    def instances(self):
        found = self.tacker.call("GET", "/vnflcm/v2/vnf_instances", params={"filter": f"(eq,vnfInstanceName,{self.name})"}).json()
        return [raw["id"] for raw in found]


@pytest.fixture
def vnf(tacker, package, request):
    made = Vnf(tacker, package, request.node.name)
    yield made
    for instance_id in made.instances():
        tacker.remove(instance_id)


@pytest.fixture(scope="module")
def kept(running_tacker, package):
    """A VNF that runs, for tests that leave it as it is or say what they change."""
    vnf = Vnf(running_tacker, package, "kept")
    done = vnf.once(**vnf.whole)
    assert done.get("changed"), done
    yield vnf
    for instance_id in vnf.instances():
        running_tacker.remove(instance_id)


def test_from_nothing_to_running_and_back(tacker, vnf):
    done = vnf.twice(**vnf.whole)
    made = done[MODULE]
    assert (made["instantiation_state"], made["metadata"], made["extensions"]) == (
        "INSTANTIATED", {"k": "v"}, {"a": {"x": 1, "y": 2}})  # fmt: skip
    assert [one["operation"] for one in done["operations"]] == ["INSTANTIATE"]
    assert len(tacker.cloud.resources(made["id"], SERVER)) == 2 == len(made["servers"])
    assert done["diff"]["before"] == {}
    assert done["diff"]["after"]["external_cps"]["VDU1_CP1"]["network"] == "net-a"

    ended = vnf.twice(state="terminated", termination_type="FORCEFUL")
    assert ended["diff"] == {
        "before": {"instantiation_state": "INSTANTIATED"}, "after": {"instantiation_state": "NOT_INSTANTIATED"}}  # fmt: skip
    assert tacker.cloud.stack(made["id"]) is None

    assert vnf.twice(state="absent")[MODULE] is None
    assert vnf.instances() == []


def test_the_guide_leads_a_vnf_through_its_day(tacker, package):
    """The playbook as it stands, played and played again."""
    guide = (ROOT / "docs" / "vnf-lifecycle.md").read_text()
    [play] = yaml.safe_load(guide.partition("# file: life.yml\n")[2].partition("```")[0])
    vims = tacker.vim()
    secret = vims["vim1"]["accessInfo"].pop("password")
    variables = {
        "vnfd_id": package.vnfd_id, "vims": vims, "vim_password": secret,
        "links": [link("link-a", "net-a", "VDU2_CP1")], "other_links": [link("link-b", "net-b", "VDU1_CP1")],
    }  # fmt: skip
    try:
        done = tacker.play(*play["tasks"], **variables)
        assert "changed=3 " in done.stdout, done.stdout + done.stderr
        assert secret not in done.stdout + done.stderr
        [found] = tacker.run("vnf_instance_info", {"name": "web"})["vnf_instances"]
        assert len(found["servers"]) == 3
        tacker.wire.mark()
        again = tacker.play(*play["tasks"], broken=[], **variables)
        assert ("changed=0 " in again.stdout, tacker.wire.writes) == (True, []), again.stdout + again.stderr
    finally:
        for one in tacker.run("vnf_instance_info", {"name": "web"})["vnf_instances"]:
            tacker.remove(one["id"])


def test_absent_ends_what_runs(tacker, vnf):
    vnf.once(**vnf.whole)
    [instance_id] = vnf.instances()
    done = vnf.twice(state="absent", graceful_termination_timeout=1)
    assert [one["operation"] for one in done["operations"]] == ["TERMINATE"]
    assert (vnf.instances(), tacker.cloud.stack(instance_id)) == ([], None)


def test_present_makes_the_record_only(tacker, vnf):
    options = {name: vnf.whole[name] for name in ("vnfd_id", "metadata", "extensions")}
    done = vnf.twice(state="present", description="d", vnf_configurable_properties={"isAutohealEnabled": True}, **options)
    assert done[MODULE]["instantiation_state"] == "NOT_INSTANTIATED"
    assert done[MODULE]["vnf_configurable_properties"] == {"isAutohealEnabled": True}
    assert done[MODULE]["extensions"] == vnf.whole["extensions"]


def test_changes_of_the_record_are_merge_patches(tacker, kept):
    kept.tacker = tacker
    done = kept.twice(
        state="present", description="new", metadata={"l": "m", "k": None}, extensions={"a": {"x": None, "z": [1, 2]}, "b": True},
        vim_connection_info={"vim1": {"extra": {"note": "merged"}}},
    )  # fmt: skip
    assert (done[MODULE]["metadata"], done[MODULE]["extensions"]) == ({"l": "m"}, {"a": {"y": 2, "z": [1, 2]}, "b": True})
    assert done[MODULE]["vim_connection_info"]["vim1"]["extra"] == {"note": "merged"}
    assert done["diff"]["before"]["metadata"] == {"k": "v"}
    undone = kept.twice(state="present", metadata={"l": None, "k": "v"}, extensions={"b": None, "a": {"x": 1, "z": None}},
                        vim_connection_info={"vim1": {"extra": {"note": None}}})  # fmt: skip
    assert undone[MODULE]["extensions"] == {"a": {"x": 1, "y": 2}}
    assert [one["operation"] for one in undone["operations"]] == ["MODIFY_INFO"]


def test_properties_of_a_vnfc(tacker, kept):
    kept.tacker = tacker
    raw = tacker.instance(kept.instances()[0])
    vnfc = raw["instantiatedVnfInfo"]["vnfcInfo"][0]["id"]
    kept.twice(state="present", vnfc_configurable_properties={vnfc: {"colour": "blue"}})
    result = kept.once(state="present", vnfc_configurable_properties={"VDU9-x": {"colour": "blue"}})
    assert "has no VNFC VDU9-x. Its VNFCs: " in result["msg"]
    assert vnfc in result["msg"]


def test_external_links_of_a_vnf_that_runs_are_moved(tacker, kept):
    kept.tacker = tacker
    for network in ("net-b", "net-a"):
        links = [link("link-a", network, "VDU1_CP1")]
        done = kept.twice(**{**kept.whole, "ext_virtual_links": links, "metadata": None})
        assert [one["operation"] for one in done["operations"]] == ["CHANGE_EXT_CONN"]
        assert done["diff"]["after"]["external_cps"]["VDU1_CP1"]["network"] == network


def test_rename_by_id(tacker, kept):
    kept.tacker = tacker
    [instance_id] = kept.instances()
    done = tacker.run(MODULE, {"id": instance_id, "name": "other", "state": "present"})
    assert done[MODULE]["vnf_instance_name"] == "other"
    tacker.wire.mark()
    assert tacker.run(MODULE, {"id": instance_id, "name": "other", "state": "present"})["changed"] is False
    assert len(tacker.wire.asked) == 2
    tacker.run(MODULE, {"id": instance_id, "name": "kept", "state": "present"})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flavour_id": "other"}, "runs in deployment flavour simple, which Tacker cannot change to other"),
        ({"vnfd_id": "other"}, "Next: use nfv.maintenance.change_vnfpkg"),
        ({"ext_managed_virtual_links": [{"id": "m", "vnfVirtualLinkDescId": "internalVL1", "resourceId": "x"}]},
         "they change only with its package"),
        ({"ext_virtual_links": [link("l", "net-a", "VDU1_CP9")]},
         "no external connection point VDU1_CP9; the VNF has VDU1_CP1, VDU2_CP1"),
        ({"ext_virtual_links": [{"id": "l"}]}, "extVirtualLinks"),
        ({"vim_connection_info": {"vim1": None}}, "vim1 cannot be removed"),
        ({"vim_connection_info": {"vim1": {"accessInfo": {"password": "x"}}}},
         "would be logged. Next: give it as vim_credentials.vim1"),
        ({"metadata": {"a=b": 1}}, "metadata is 'a=b'; allowed is text like"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is_sent(tacker, kept, options, words):
    for check in (False, True):
        result = tacker.run(MODULE, {"name": "kept", **options}, check=check)
        assert words in result.get("msg", ""), result
    assert tacker.wire.writes == []


def test_names_that_are_not_unique(tacker, kept, package):
    other = tacker.create(package.vnfd_id, "kept")
    try:
        result = tacker.run(MODULE, {"name": "kept", "state": "absent"})
        assert "2 VNF instances are named kept: " in result["msg"]
        assert other in result["failure"]["candidates"]
        assert tacker.wire.writes == []
    finally:
        tacker.remove(other)


@pytest.mark.parametrize("change", [
    {"flavour_id": "huge"}, {"instantiation_level_id": "level_9"}, {"ext_virtual_links": [link("l", "net-a", "VDU1_CP9")]},
    {"ext_managed_virtual_links": [{"id": "m", "vnfVirtualLinkDescId": "VL9", "resourceId": "x"}]},
])  # fmt: skip
def test_unknown_names_are_found_in_the_vnfd_before_anything_is_made(tacker, vnf, change):
    result = vnf.once(**{**vnf.whole, **change})
    choices = {"flavour_id": "simple", "instantiation_level_id": "level_1, level_2",
               "ext_virtual_links": "VDU1_CP1, VDU2_CP1", "ext_managed_virtual_links": "internalVL1"}  # fmt: skip
    assert result["failed"], result
    assert choices[next(iter(change))] in result["msg"]
    assert tacker.wire.writes == []


def test_a_failed_instantiation_is_rolled_back_and_repeated(tacker, vnf):
    tacker.cloud.fail("create", reason="no valid host")
    result = vnf.once(**vnf.whole, on_failure=["rollback"])
    assert "no valid host" in result["msg"]
    assert (result["failure"]["operation_state"], len(vnf.instances())) == ("ROLLED_BACK", 1)
    assert tacker.cloud.stack(vnf.instances()[0]) is None
    tacker.cloud.fail("create")
    assert vnf.once(**vnf.whole, on_failure=["retry"])["changed"]
    assert len(vnf.instances()) == 1


def test_a_stack_is_not_left_behind_unasked(tacker, vnf):
    tacker.cloud.fail("create")
    assert vnf.once(**vnf.whole, on_failure=["fail"])["failure"]["operation_state"] == "FAILED"
    [instance_id] = vnf.instances()
    for check in (False, True):
        result = tacker.run(MODULE, {"name": vnf.name, "state": "absent"}, check=check)
        assert f"its stack (vnf-{instance_id}) stays in Heat" in result["msg"]
    assert vnf.once(state="absent", force=True)["changed"]
    assert vnf.instances() == []


def test_an_operation_that_failed_and_is_undecided_blocks(tacker, vnf):
    tacker.cloud.fail("create")
    first = vnf.once(**vnf.whole)
    second = vnf.once(**vnf.whole)
    assert "It blocks the VNF instance until it is decided" in first["msg"]
    assert second["failure"]["op_occ_id"] == first["failure"]["op_occ_id"]
    # A run that has been killed did not come to decide about it; the next one does.
    third = vnf.once(**vnf.whole, on_failure=["rollback"])
    assert [one["operation"] for one in third["operations"]] == ["INSTANTIATE"], third
    assert len(tacker.wire.sent("POST", "/rollback")) == 1


def test_what_is_under_way_is_waited_for_and_not_done_again(tacker, vnf):
    made = vnf.once(**vnf.whole, state="present")
    tacker.cloud.delay(1.5)
    first = vnf.once(**vnf.whole, wait=False)
    assert (first["changed"], first[MODULE]["instantiation_state"]) == (True, "NOT_INSTANTIATED")
    tacker.wire.mark()
    second = vnf.once(**vnf.whole)
    assert (second["changed"], second[MODULE]["instantiation_state"]) == (False, "INSTANTIATED"), made
    assert tacker.wire.writes == []


def test_no_delete_is_lost_to_the_lock_of_a_termination(tacker, vnf):
    vnf.once(**vnf.whole, state="present")
    busy = answer(409, {"status": 409, "detail": "in progress"})
    tacker.wire.intercept("DELETE", r"/vnf_instances/[^/]+", lambda _request: busy)
    assert vnf.once(state="absent")["changed"]
    assert vnf.instances() == []


def test_nothing_is_sent_twice_when_the_connection_breaks(tacker, vnf):
    tacker.wire.intercept("POST", "/vnf_instances", lambda _request: None)
    result = vnf.once(**vnf.whole, state="present")
    assert result["failed"]
    assert len(tacker.wire.sent("POST", "/vnf_instances")) == 1
    assert vnf.instances() == []
