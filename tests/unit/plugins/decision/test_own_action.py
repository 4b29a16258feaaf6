# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What OWN_ACTION means: healing, or a change of package or flavor when a capability is offered."""

from __future__ import annotations

import pytest

from .conftest import decide, message, vnf

PLANNED, PREPARE = "PLANNED_MAINTENANCE", "PREPARE_MAINTENANCE"
RELEASE = {"openstack_release": "2026.2"}
WORKERS = ("worker-0", "worker-1", "worker-2")


def running(flavors=None, **more):
    """A VNF whose stack tells flavors and indices."""
    found = {**vnf(servers=[*WORKERS, "db-0"]), **more}
    resources = [
        {"computeResource": {"resourceId": server["id"]}, "metadata": {"flavor": (flavors or {}).get(server["id"], "small")}}
        for server in found["servers"]
    ]
    servers = [{**server, "index": int(server["id"].rsplit("-", 1)[1])} for server in found["servers"]]
    return {**found, "servers": servers, "instantiated_vnf_info": {"vnfcResourceInfo": resources}}


def planned(own, ids=WORKERS[:2], *, metadata=None, one=None, actions=("OWN_ACTION", "LIVE_MIGRATE"), state=PLANNED, **more):
    """The decision about a message that offers RELEASE, with this meaning of OWN_ACTION."""
    group = {"name": "pool", "vdu_ids": ["worker", "db"], "actions": [*actions], "own_action": own}
    asked = message(state, ids, metadata=RELEASE if metadata is None else metadata, **more)
    return decide(asked, [one or running()], {"v1": {"groups": [group]}})


def changing(*capabilities, **more):
    return {"kind": "change_vnfpkg", "capabilities": [{"metadata": RELEASE, **one} for one in capabilities], **more}


BIG = changing({"flavors": {"worker": "big"}})


@pytest.mark.parametrize("state", [PREPARE, PLANNED])
def test_instances_that_go_together_are_healed_by_one_operation(state):
    decision = planned({"kind": "heal"}, state=state)
    assert decision["own_actions"] == [
        {"kind": "heal", "group": "pool", "vnf_id": "v1", "instance_ids": ["worker-0", "worker-1"], "on_failure": ["retry"]}
    ]
    assert decision["reply"]["instance_actions"] == dict.fromkeys(WORKERS[:2], "OWN_ACTION")
    assert (decision["quick"], decision["touched"]) == (False, ["v1"])
    [work] = planned({"kind": "heal", "on_failure": ["fail"]})["own_actions"]
    assert work["on_failure"] == ["fail"]


def test_an_offered_capability_gives_the_servers_of_the_message_their_flavor_and_no_others():
    decision = planned(BIG)
    assert decision["reply"]["instance_actions"] == dict.fromkeys(WORKERS[:2], "OWN_ACTION")
    assert decision["own_actions"] == [{
        "kind": "change_vnfpkg", "group": "pool", "vnf_id": "v1", "instance_ids": ["worker-0", "worker-1"],
        "on_failure": ["retry", "rollback"],
        "change": {
            "vdus": [{"vdu_id": "worker"}],
            "additional_params": {"nfv": {"VDU": {
                "worker-0": {"computeFlavourId": "big"}, "worker-1": {"computeFlavourId": "big"},
            }}},
        },
    }]  # fmt: skip


def test_a_stack_that_does_not_tell_its_servers_apart_changes_the_whole_vdu():
    [work] = planned(BIG, one=vnf(servers=WORKERS))["own_actions"]
    assert work["change"] == {"vdus": [{"vdu_id": "worker", "flavor": "big"}]}


@pytest.mark.parametrize(
    ("own", "more"),
    [
        (BIG, {"metadata": {}}),
        (BIG, {"metadata": {"openstack_release": "2025.1"}}),
        (BIG, {"metadata": {"something": "else"}}),
        (BIG, {"state": PREPARE}),
        (BIG, {"ids": ["db-0"]}),
        (BIG, {"one": running({"worker-0": "big", "worker-1": "big"})}),
        (changing({"vnfd_id": "d2"}), {"one": running(vnfd_id="d2")}),
        (
            changing({"product_name": "p", "software_version": "2"}),
            {"one": running(vnf_product_name="p", vnf_software_version="2")},
        ),
    ],
    ids=["nothing", "other value", "unknown", "not maintained yet", "other VDU", "same flavor", "same VNFD", "same version"],
)
def test_where_a_change_would_change_nothing_the_next_action_is_taken(own, more):
    decision = planned(own, **more)
    assert set(decision["reply"]["instance_actions"].values()) == {"LIVE_MIGRATE"}
    assert (decision["own_actions"], decision["quick"]) == ([], True)


def test_without_another_action_it_is_refused():
    decision = planned(BIG, metadata={}, actions=["OWN_ACTION"])
    assert decision["problem"].startswith(
        "for instances worker-0, worker-1 only OWN_ACTION is allowed, and the message offers no capability of own_action"
    )
    assert decision["reply"]["state"] == f"NACK_{PLANNED}"


def test_what_is_not_allowed_is_not_done():
    decision = planned(BIG, allowed_actions=["MIGRATE", "LIVE_MIGRATE"])
    assert set(decision["reply"]["instance_actions"].values()) == {"LIVE_MIGRATE"}
    assert decision["own_actions"] == []


@pytest.mark.parametrize("package", [{"vnfd_id": "d2"}, {"product_name": "p", "software_version": "2"}])
def test_another_package_is_for_the_whole_vnf(package):
    [work] = planned(changing(package), one=running(vnf_product_name="p", vnf_software_version="1"))["own_actions"]
    assert (work["change"], work["instance_ids"]) == (package, ["worker-0", "worker-1"])


def test_groups_that_get_the_same_package_get_it_together():
    groups = [
        {"vdu_ids": [vdu_id], "actions": ["OWN_ACTION"], "own_action": changing({"vnfd_id": "d2"})} for vdu_id in ("worker", "db")
    ]
    asked = message(PLANNED, ["worker-0", "db-0"], metadata=RELEASE)
    [work] = decide(asked, [running()], {"v1": {"groups": groups}})["own_actions"]
    assert (work["group"], work["instance_ids"], work["change"]) == ("worker", ["worker-0", "db-0"], {"vnfd_id": "d2"})


def test_each_instance_gets_what_the_first_capability_for_its_vdu_says():
    own = changing(
        {"metadata": {"sriov": None}, "flavors": {"worker": "sriov"}},
        {"flavors": {"db": "db.big"}}, {"flavors": {"worker": "big", "db": "late"}},
    )  # fmt: skip
    decision = planned(own, ids=["worker-0", "worker-1", "db-0"], one=running({"worker-1": "big"}))
    assert decision["reply"]["instance_actions"] == {
        "worker-0": "OWN_ACTION", "worker-1": "LIVE_MIGRATE", "db-0": "OWN_ACTION",
    }  # fmt: skip
    wanted = [work["change"]["additional_params"]["nfv"]["VDU"] for work in decision["own_actions"]]
    assert wanted == [{"db-0": {"computeFlavourId": "db.big"}}, {"worker-0": {"computeFlavourId": "big"}}]


@pytest.mark.parametrize(("own", "kind"), [({"kind": "heal"}, "heal"), (BIG, "change_vnfpkg")])
def test_after_the_reply_it_goes_on_with_the_instances_that_are_still_there(own, kind):
    said = {"worker-0": "OWN_ACTION", "healed-0": "OWN_ACTION", "worker-1": "MIGRATE"}
    answered = {"status": "acknowledged", "reply": {"state": f"ACK_{PLANNED}", "instance_actions": said}}
    [work] = planned(own, ids=[*said], one=running({"worker-0": "big"}), **answered)["own_actions"]
    assert (work["kind"], work["instance_ids"]) == (kind, ["worker-0"])
