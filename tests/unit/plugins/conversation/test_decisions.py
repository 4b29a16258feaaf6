# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the owner of a VNF decides: policy in, actions and reply out."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decisions import maintenance_decisions

POLICY = {
    "pairs": [{"vdu_id": "ha", "floating_ip": "172.24.0.11"}],
    "scale": {"aspect_id": "worker", "steps": 1},
    "actions": {"ha": ["LIVE_MIGRATE", "MIGRATE"], "default": ["MIGRATE"]},
}
ALL = ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION"]


def vnf(vnf_id="v1", level=3, state="INSTANTIATED", metadata=None, servers=("ha-0", "ha-1", "worker-0")):
    return {
        "id": vnf_id, "instantiation_state": state, "metadata": metadata or {},
        "instantiated_vnf_info": {"scaleStatus": [{"aspectId": "worker", "scaleLevel": level}]},
        "servers": [{"id": name, "vdu_id": name.rsplit("-", 1)[0]} for name in servers],
    }  # fmt: skip


def message(state, instance_ids=(), **more):
    return {
        "id": "m1", "session_id": "s1", "project_id": "p1", "state": state, "instance_ids": list(instance_ids),
        "allowed_actions": ALL if state.endswith(("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")) else [],
        "reply_at": "2026-11-21T01:00:00Z", "vnf_ids": ["v1"], **more,
    }  # fmt: skip


def decide(one, vnfs=None, policies=None, unread=""):
    [decision] = maintenance_decisions([one], [vnf()] if vnfs is None else vnfs, {"default": POLICY} | (policies or {}), unread)
    return decision


def test_maintenance_of_our_own_instances_is_acknowledged_at_once():
    decision = decide(message("MAINTENANCE", ["ha-0", "worker-0"]))
    assert (decision["quick"], decision["reply"]["state"], decision["problem"]) == (True, "ACK_MAINTENANCE", "")
    assert decision["reply"]["instance_actions"] == {}


@pytest.mark.parametrize(
    ("one", "vnfs", "words"),
    [
        (message("MAINTENANCE", ["ha-0", "foreign"]), None, "of no VNF here: instances foreign"),
        (message("MAINTENANCE", ["ha-0"]), [vnf(state="NOT_INSTANTIATED")], "VNF v1 is not instantiated"),
        (message("MAINTENANCE", ["ha-0"], vnf_ids=["gone"]), [], "the VNF manager knows no VNF gone"),
        (message("PLANNED_MAINTENANCE", ["ha-0"], allowed_actions=["OWN_ACTION"]), None, "no action of the policy is allowed"),
    ],
)
def test_refusals_say_why(one, vnfs, words):
    decision = decide(one, vnfs)
    assert words in decision["problem"]
    assert decision["reply"]["state"].startswith("NACK_")
    assert decision["reply"]["reason"] == decision["problem"]
    assert decision["quick"], "a refusal waits for nothing"


def test_vnfs_that_cannot_be_read_refuse_everything():
    assert decide(message("MAINTENANCE"), [], unread="no answer")["problem"] == "no answer"


@pytest.mark.parametrize("state", ["PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE"])
def test_a_pair_switches_over_and_each_instance_gets_the_first_action_that_is_allowed(state):
    decision = decide(message(state, ["ha-0", "worker-0"]))
    assert decision["switches"] == [
        {"floating_ip": "172.24.0.11", "members": ["ha-0", "ha-1"], "avoid": ["ha-0", "worker-0"]}
    ]
    assert decision["reply"]["instance_actions"] == {"ha-0": "LIVE_MIGRATE", "worker-0": "MIGRATE"}
    assert not decision["quick"]
    fewer = decide(message(state, ["ha-0"], allowed_actions=["MIGRATE"]))
    assert fewer["reply"]["instance_actions"] == {"ha-0": "MIGRATE"}


def test_without_a_member_of_the_pair_nothing_switches():
    decision = decide(message("PLANNED_MAINTENANCE", ["worker-0"]))
    assert (decision["switches"], decision["quick"]) == ([], True)


def test_scaling_in_names_the_level_to_reach_and_does_so_again_the_same():
    record = "nfv.maintenance/s1/m1"
    first = decide(message("SCALE_IN"))["scalings"]
    assert first == [{"vnf_id": "v1", "aspect_id": "worker", "record": record, "level": 2}]
    again = decide(message("SCALE_IN"), [vnf(level=2, metadata={record: "worker=3"})])["scalings"]
    assert again == first


def test_a_vnf_at_its_lowest_level_is_asked_for_one_below_so_that_it_is_refused():
    assert decide(message("SCALE_IN"), [vnf(level=0)])["scalings"][0]["level"] == -1
    deep = {"v1": {"scale": {"aspect_id": "worker", "steps": 5}}}
    assert decide(message("SCALE_IN"), [vnf(level=1)], deep)["scalings"][0]["level"] == 0


def test_a_vnf_without_a_scale_refuses_to_scale_in():
    assert decide(message("SCALE_IN"), policies={"v1": {"actions": {}}})["problem"] == "the policy of VNF v1 has no scale"


def test_the_end_restores_what_this_session_recorded_the_deepest_first():
    metadata = {"nfv.maintenance/s1/m1": "worker=3", "nfv.maintenance/s1/m2": "worker=2", "nfv.maintenance/other/m": "worker=9"}
    decision = decide(message("MAINTENANCE_COMPLETE", vnf_ids=[]), [vnf(metadata=metadata)])
    assert [one["record"] for one in decision["restorings"]] == ["nfv.maintenance/s1/m2", "nfv.maintenance/s1/m1"]
    assert decision["reply"]["state"] == "ACK_MAINTENANCE_COMPLETE"


def test_the_end_without_a_record_is_answered_at_once():
    assert decide(message("MAINTENANCE_COMPLETE"))["quick"]


def test_what_only_informs_needs_no_decision():
    assert maintenance_decisions([message("INSTANCE_ACTION_DONE")], [vnf()], {}) == []
