# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much is given when capacity is asked for, and that it is the same however often it is worked out."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.decide import maintenance_decisions
from ansible_collections.nfv.maintenance.plugins.plugin_utils._turns import maintenance_turns

from .conftest import POLICY, decide, message, vnf

KEY = "nfv.maintenance/s1/m1/worker"

ONE = {"instances_per_step": 1}


def levels(decision):
    return {(one["vnf_id"], one["aspect_id"]): one["level"] for one in decision["scalings"]}


def test_how_long_it_takes_goes_with_it_where_the_policy_says_so():
    policies = {"v1": {"scale": [{"aspect_id": "worker", "seconds": 90}]}}
    assert [one["seconds"] for one in decide(message("SCALE_IN"), policies=policies)["scalings"]] == [90]
    # With the sign of whoever has it in hand.
    noted = vnf(metadata={KEY: "worker@0a1b2c3d=4"})
    assert [one["seconds"] for one in decide(message("MAINTENANCE_COMPLETE"), [noted], policies)["restorings"]] == [90]


def test_scaling_in_names_the_level_to_reach_and_does_so_again_the_same():
    first = decide(message("SCALE_IN"))["scalings"]
    assert first == [
        {"vnf_id": "v1", "aspect_id": "worker", "record": KEY, "level": 2, "on_failure": ["retry", "rollback"]}
    ]
    again = decide(message("SCALE_IN"), [vnf(level=2, metadata={KEY: "worker=3"})])["scalings"]
    assert again == first


def test_two_messages_of_a_session_scale_twice():
    second = decide(message("SCALE_IN", id="m2"), [vnf(level=2, metadata={KEY: "worker=3"})])["scalings"]
    assert [(one["record"], one["level"]) for one in second] == [("nfv.maintenance/s1/m2/worker", 1)]


@pytest.mark.parametrize(
    ("level", "scale", "wanted"),
    [
        (3, {"steps": 2}, 1),
        (1, {"steps": 5}, 0),
        (4, {"steps": 5, "minimum": 2}, 2),
    ],
)
def test_as_far_down_as_the_policy_permits(level, scale, wanted):
    decision = decide(message("SCALE_IN"), [vnf(level=level)], {"v1": {"scale": [{"aspect_id": "worker", **scale}]}})
    assert levels(decision) == {("v1", "worker"): wanted}


@pytest.mark.parametrize(
    ("policy", "level", "words"),
    [
        ({"actions": ["MIGRATE"]}, 3, "the policy of VNF v1 has no scale"),
        ({"scale": [{"aspect_id": "worker"}]}, 0, "VNF v1 can give nothing: aspect worker is at level 0, and the lowest is 0"),
        ({"scale": [{"aspect_id": "worker", "minimum": 3}]}, 3, "aspect worker is at level 3, and the lowest is 3"),
        ({"scale": [{"aspect_id": "x"}]}, 3, "VNF v1 has no scaling aspect x; its aspects: worker"),
    ],
)
def test_who_can_give_nothing_refuses_with_the_reason(policy, level, words):
    decision = decide(message("SCALE_IN"), [vnf(level=level)], {"v1": policy})
    assert words in decision["problem"]
    assert (decision["reply"]["state"], decision["scalings"]) == ("NACK_SCALE_IN", [])


def test_a_group_keeps_the_members_it_needs():
    policy = {"v1": {
        "groups": [{"vdu_ids": ["worker"], "aspect_id": "worker", "at_least": 2}],
        "scale": [{"aspect_id": "worker", "steps": 5, "instances_per_step": 1}],
    }}  # fmt: skip
    members = tuple(f"worker-{number}" for number in range(4))
    decision = decide(message("SCALE_IN"), [vnf(level=3, servers=members)], policy)
    assert levels(decision) == {("v1", "worker"): 1}
    again = decide(message("SCALE_IN"), [vnf(level=1, servers=members[:2], metadata={KEY: "worker=3"})], policy)
    assert again["scalings"] == decision["scalings"]


def test_a_step_of_several_instances_is_never_taken_in_part():
    policy = {"v1": {
        "groups": [{"vdu_ids": ["worker"], "aspect_id": "worker", "at_least": 2}],
        "scale": [{"aspect_id": "worker", "steps": 5, "instances_per_step": 2}],
    }}  # fmt: skip
    members = tuple(f"worker-{number}" for number in range(5))
    assert levels(decide(message("SCALE_IN"), [vnf(level=2, servers=members)], policy)) == {("v1", "worker"): 1}


@pytest.mark.parametrize(
    ("amount", "wanted"),
    [
        (1, {("v1", "a"): 2}),
        (3, {("v1", "a"): 1, ("v2", "a"): 2}),
        ("4", {("v1", "a"): 1, ("v2", "a"): 1}),
        (6, {("v1", "a"): 1, ("v1", "b"): 1, ("v2", "a"): 0}),
        (99, {("v1", "a"): 1, ("v1", "b"): 0, ("v2", "a"): 0}),
    ],
)
def test_as_many_instances_as_are_asked_for_one_step_of_each_vnf_in_turn(amount, wanted):
    policies = {
        "v1": {"scale": [{"aspect_id": "a", "minimum": 1, **ONE}, {"aspect_id": "b", **ONE}]},
        "v2": {"scale": [{"aspect_id": "a", "steps": 3, **ONE}]},
    }
    vnfs = [vnf("v1", levels={"a": 3, "b": 2}), vnf("v2", levels={"a": 3}, servers=("worker-9",))]
    asked = message("SCALE_IN", vnf_ids=["v1", "v2"], metadata={"instances_to_remove": amount})
    assert levels(decide(asked, vnfs, policies)) == wanted


@pytest.mark.parametrize("amount", [1, 2, 6])
def test_a_vnf_whose_steps_are_of_unknown_size_gives_those_of_its_policy(amount):
    """A step may be several instances: counting it as one would take the VNF down further than its owner allows."""
    asked = message("SCALE_IN", metadata={"instances_to_remove": amount})
    assert levels(decide(asked, [vnf(level=3)], {"v1": {"scale": [{"aspect_id": "worker"}]}})) == {("v1", "worker"): 2}


@pytest.mark.parametrize("amount", ["many", "-1", "1.5", "9" * 30])
def test_an_amount_that_is_no_number_counts_as_none(amount):
    decision = decide(message("SCALE_IN", metadata={"instances_to_remove": amount}))
    assert levels(decision) == {("v1", "worker"): 2}


def test_a_vnf_that_gives_nothing_does_not_keep_another_from_giving():
    vnfs = [vnf("v1"), vnf("v2", servers=("worker-9",))]
    decision = decide(message("SCALE_IN", vnf_ids=["v1", "v2"]), vnfs, {"v1": {}})
    assert (decision["problem"], levels(decision)) == ("", {("v2", "worker"): 2})


def test_the_end_restores_what_this_session_recorded_the_deepest_first():
    metadata = {
        "nfv.maintenance/s1/m1/worker": "worker=3", "nfv.maintenance/s1/m2/worker": "worker=2",
        "nfv.maintenance/dead/m/worker": "worker=9", "nfv.maintenance/s10/m/worker": "worker=8", "owner": "x=1",
        "nfv.maintenance/s1/broken": "something else",
    }  # fmt: skip
    decision = decide(message("MAINTENANCE_COMPLETE", vnf_ids=[]), [vnf(level=1, metadata=metadata)])
    assert [(one["record"], one["level"]) for one in decision["restorings"]] == [
        ("nfv.maintenance/s1/m2/worker", 2), ("nfv.maintenance/s1/m1/worker", 3),
    ]  # fmt: skip
    assert decision["reply"]["state"] == "ACK_MAINTENANCE_COMPLETE"
    assert all(one["on_failure"] == ["retry", "rollback"] for one in decision["restorings"])


def test_what_is_done_about_a_failure_is_the_aspects_own():
    policy = {"v1": {"scale": [{"aspect_id": "worker", "on_failure": ["retry", "fail"]}]}}
    assert decide(message("SCALE_IN"), policies=policy)["scalings"][0]["on_failure"] == ["retry", "fail"]
    ended = decide(message("MAINTENANCE_COMPLETE"), [vnf(metadata={KEY: "worker=3"})], policy)
    assert ended["restorings"][0]["on_failure"] == ["retry", "fail"]


def test_the_end_without_a_record_takes_its_turn_all_the_same():
    """The run before this one may have restored, and still be at work; a scale-in may be about to note what is to be restored."""
    found = decide(message("MAINTENANCE_COMPLETE", deliveries=["d-1"]), [vnf(), vnf("v2", servers=("worker-9",))])
    assert (found["quick"], found["touched"], found["restorings"]) == (False, ["v1"], [])
    assert found["reply"]["state"] == "ACK_MAINTENANCE_COMPLETE"


def test_the_end_without_a_record_is_answered_at_once_where_nobody_else_is_at_work():
    assert decide(message("MAINTENANCE_COMPLETE"))["quick"], "without a delivery there are no locks"
    told = message("MAINTENANCE_COMPLETE", deliveries=["d-1"])
    [found] = maintenance_decisions([told], [vnf()], {"default": POLICY}, alone=True)
    assert found["quick"]
    assert decide(told, [])["quick"], "nobody else waits for no VNF"
    assert decide(told, unread="no answer")["quick"], "a refusal waits for nothing"


def test_the_end_waits_for_a_scale_in_of_the_same_batch():
    asked = [message("SCALE_IN", id="m-1", deliveries=["d-1"]), message("MAINTENANCE_COMPLETE", id="m-2", deliveries=["d-2"])]
    hints = [{"delivery": {"id": name}} for name in ("d-1", "d-2")]
    decided = maintenance_decisions(asked, [vnf()], {"default": POLICY})
    [turns] = maintenance_turns([one for one in decided if not one["quick"]], hints)
    assert [turn["decision"]["message"]["id"] for turn in turns] == ["m-1", "m-2"]
