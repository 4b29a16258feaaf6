# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the owner of a VNF decides: policy in, actions and reply out."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.decide import maintenance_decisions

from .conftest import PAIR, POLICY, decide, message, vnf

PLANNED = "PLANNED_MAINTENANCE"
OWN = {"kind": "tasks", "tasks": "/etc/vnf/rebuild.yml"}
WORK = ("checks", "switches", "scalings", "restorings", "own_actions")


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
        (message(PLANNED, ["ha-0", "foreign"]), None, "of no VNF here: instances foreign"),
        (message(PLANNED, ["ha-0"], allowed_actions=["OWN_ACTION"]), None, "no action of the policy is allowed for instances ha"),
        (message(PLANNED, ["ha-0", "ha-1"]), None, "of group db of VNF v1 0 of 2 members would stay in service, and 1 have to"),
    ],
)
def test_refusals_say_why_and_nothing_is_done(one, vnfs, words):
    decision = decide(one, vnfs)
    assert words in decision["problem"]
    assert decision["reply"]["state"].startswith("NACK_")
    assert decision["reply"]["reason"] == decision["problem"]
    assert decision["reply"]["instance_actions"] == {}
    assert decision["quick"], "a refusal waits for nothing"
    assert not any(decision[name] for name in WORK)


def test_vnfs_that_cannot_be_read_refuse_everything():
    assert decide(message("MAINTENANCE"), [], unread="no answer")["problem"] == "no answer"


@pytest.mark.parametrize("state", ["MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", PLANNED])
def test_a_policy_that_cannot_be_used_refuses_with_the_place(state):
    wrong = {"v1": {"groups": [{"vdu_ids": ["ha"], "at_leest": 1}]}}
    decision = decide(message(state, ["ha-0"]), policies=wrong)
    assert decision["reply"]["state"] == f"NACK_{state}"
    words = "the policy of VNF v1 cannot be used: groups[0].at_leest is unknown; allowed in groups[0]: "
    assert decision["problem"].startswith(words)


def test_a_policy_that_cannot_be_used_does_not_keep_a_vnf_small():
    note = {"nfv.maintenance/s1/m1/worker": "worker=3"}
    decision = decide(message("MAINTENANCE_COMPLETE"), [vnf(level=1, metadata=note)], {"v1": {"scale": 1}})
    assert decision["problem"] == ""
    assert decision["restorings"][0]["level"] == 3


@pytest.mark.parametrize("policies", [{"v1": {}}, {"v1": None}])
def test_a_policy_of_its_own_counts_even_when_it_is_empty(policies):
    decision = decide(message(PLANNED, ["ha-0"]), policies=policies)
    assert decision["reply"]["instance_actions"] == {"ha-0": "MIGRATE"}
    assert decision["quick"]


@pytest.mark.parametrize("state", ["PREPARE_MAINTENANCE", PLANNED])
def test_a_pair_switches_over_and_each_instance_gets_the_first_action_that_is_allowed(state):
    decision = decide(message(state, ["ha-0", "worker-0"]))
    assert decision["checks"] == [{"group": "db", "members": ["ha-1"], "at_least": 1, "health": None, "wait": False}]
    assert decision["switches"] == [{
        "group": "db", "vnf_id": "v1", "members": ["ha-0", "ha-1"], "avoid": ["ha-0", "worker-0"],
        "active": {"floating_ip": "172.24.0.11"}, "active_tasks": None, "tasks": None, "health": None, "check": None,
        "wait": False,
    }]  # fmt: skip
    assert decision["reply"]["instance_actions"] == {"ha-0": "LIVE_MIGRATE", "worker-0": "MIGRATE"}
    assert not decision["quick"]
    fewer = decide(message(state, ["ha-0"], allowed_actions=["MIGRATE"]))
    assert fewer["reply"]["instance_actions"] == {"ha-0": "MIGRATE"}


def test_without_a_member_of_the_pair_nothing_switches():
    decision = decide(message(PLANNED, ["worker-0"]))
    assert (decision["switches"], decision["checks"], decision["quick"]) == ([], [], True)


def test_a_pool_keeps_as_many_as_it_needs():
    members = tuple(f"worker-{number}" for number in range(4))
    policy = {"v1": {"groups": [{"vdu_ids": ["worker"], "at_least": 3, "when_unhealthy": "wait"}]}}
    decision = decide(message(PLANNED, ["worker-0"]), [vnf(servers=members)], policy)
    assert decision["checks"] == [
        {"group": "worker", "members": ["worker-1", "worker-2", "worker-3"], "at_least": 3, "health": None, "wait": True}
    ]
    assert decision["switches"] == []
    two = decide(message(PLANNED, ["worker-0", "worker-1"]), [vnf(servers=members)], policy)
    assert two["problem"] == "of group worker of VNF v1 2 of 4 members would stay in service, and 3 have to"


def test_a_single_instance_may_go_unless_the_policy_says_otherwise():
    single = {"vdu_ids": ["ha"], "active": {"floating_ip": "172.24.0.11"}}
    alone = [vnf(servers=("ha-0",))]
    assert decide(message(PLANNED, ["ha-0"]), alone, {"v1": {"groups": [{"vdu_ids": ["ha"]}]}})["problem"] == ""
    decision = decide(message(PLANNED, ["ha-0"]), alone, {"v1": {"groups": [{**single, "at_least": 1}]}})
    assert "0 of 1 members would stay in service" in decision["problem"]


def test_the_owners_tasks_switch_over_where_the_policy_names_them():
    probe = {"url": "http://{address}/active"}
    group = {**PAIR, "active": {"probe": probe}, "switch_over": {"tasks": "/etc/vnf/switch.yml"}}
    [switch] = decide(message(PLANNED, ["ha-0"]), policies={"v1": {"groups": [group]}})["switches"]
    assert (switch["active"], switch["tasks"], switch["active_tasks"]) == ({"probe": probe}, "/etc/vnf/switch.yml", None)
    group = {**group, "active": {"tasks": "/etc/vnf/who.yml"}}
    [switch] = decide(message(PLANNED, ["ha-0"]), policies={"v1": {"groups": [group]}})["switches"]
    assert (switch["active"], switch["active_tasks"]) == ({}, "/etc/vnf/who.yml")


def test_an_own_action_is_done_after_the_reply_for_each_instance():
    group = {"vdu_ids": ["worker"], "actions": ["OWN_ACTION", "MIGRATE"], "own_action": OWN}
    decision = decide(message(PLANNED, ["worker-0"]), policies={"v1": {"groups": [group]}})
    assert decision["reply"]["instance_actions"] == {"worker-0": "OWN_ACTION"}
    assert decision["own_actions"] == [{
        **OWN, "group": "worker", "vnf_id": "v1", "instance_id": "worker-0", "vdu_id": "worker", "vnfc_info_id": "vnfc-worker-0",
    }]  # fmt: skip
    assert not decision["quick"]
    forbidden = decide(message(PLANNED, ["worker-0"], allowed_actions=["MIGRATE"]), policies={"v1": {"groups": [group]}})
    assert (forbidden["own_actions"], forbidden["quick"]) == ([], True)


@pytest.mark.parametrize(
    ("metadata", "action"),
    [
        ({}, "MIGRATE"),
        ({"openstack_release": "2026.2"}, "OWN_ACTION"),
        ({"openstack_release": "2025.1"}, "MIGRATE"),
        ({"sriov": "anything"}, "LIVE_MIGRATE"),
        ({"sriov": None}, "LIVE_MIGRATE"),
        ({"number": 7}, "OWN_ACTION"),
        ({"number": "7"}, "OWN_ACTION"),
        ({"flag": "true"}, "OWN_ACTION"),
        ({"flag": False}, "MIGRATE"),
        ({"one": "1"}, "MIGRATE"),
        ({"one": "1", "two": "2"}, "OWN_ACTION"),
    ],
)
def test_new_capabilities_in_the_metadata_choose_other_actions(metadata, action):
    group = {
        "vdu_ids": ["worker"], "own_action": OWN,
        "actions_when": [
            {"metadata": {"openstack_release": "2026.2"}, "actions": ["OWN_ACTION"]},
            {"metadata": {"sriov": None}, "actions": ["LIVE_MIGRATE"]},
            {"metadata": {"number": 7}, "actions": ["OWN_ACTION"]},
            {"metadata": {"flag": True}, "actions": ["OWN_ACTION"]},
            {"metadata": {"one": "1", "two": "2"}, "actions": ["OWN_ACTION"]},
        ],
    }  # fmt: skip
    decision = decide(message(PLANNED, ["worker-0"], metadata=metadata), policies={"v1": {"groups": [group]}})
    assert decision["reply"]["instance_actions"] == {"worker-0": action}


def test_the_instance_dialect_names_the_instance():
    decision = decide(message(PLANNED, ["worker-0"], dialect="instance", instance_id="worker-0"))
    assert decision["reply"]["instance_id"] == "worker-0"
    assert decision["reply"]["instance_actions"] == {"worker-0": "MIGRATE"}


def test_vnfs_of_one_message_follow_their_own_policies():
    two = vnf("v2", servers=("ha-2", "ha-3"))
    policies = {"v2": {"groups": [{**PAIR, "active": {"tag": "act"}, "actions": ["MIGRATE"]}]}}
    decision = decide(message(PLANNED, ["ha-0", "ha-2"]), [vnf(), two], policies)
    assert decision["vnf_ids"] == ["v1", "v2"]
    assert [switch["active"] for switch in decision["switches"]] == [{"floating_ip": "172.24.0.11"}, {"tag": "act"}]
    assert decision["reply"]["instance_actions"] == {"ha-0": "LIVE_MIGRATE", "ha-2": "MIGRATE"}


def test_vnfs_with_constraints_are_named():
    assert decide(message("SCALE_IN"))["constrained"] == []
    assert decide(message("SCALE_IN"), policies={"v1": {**POLICY, "constraints": {}}})["constrained"] == ["v1"]


def test_an_answered_message_goes_on_with_the_own_actions_that_are_left_and_nothing_else():
    group = {**PAIR, "actions": ["OWN_ACTION"], "own_action": OWN}
    said = {"ha-0": "OWN_ACTION", "gone-0": "OWN_ACTION", "worker-0": "MIGRATE"}
    answered = message(PLANNED, [*said], status="acknowledged", reply={"state": f"ACK_{PLANNED}", "instance_actions": said})
    decision = decide(answered, policies={"v1": {"groups": [group]}})
    assert [work["instance_id"] for work in decision["own_actions"]] == ["ha-0"]
    assert (decision["problem"], decision["checks"], decision["switches"], decision["quick"]) == ("", [], [], False)
    assert decision["reply"]["instance_actions"] == said, "the reply is the one that was sent"
    assert decision["reply"]["reply_at"] is None
    assert decide(answered, [vnf(servers=("ha-1",))], {"v1": {"groups": [group]}})["quick"]


def test_what_only_informs_needs_no_decision():
    assert maintenance_decisions([message("INSTANCE_ACTION_DONE")], [vnf()], {}) == []
