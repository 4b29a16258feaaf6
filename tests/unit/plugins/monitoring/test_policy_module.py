# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_policy_action and its info twin, by what they ask the VNF manager, Nova and the maintenance service."""

from __future__ import annotations

import pytest

from .conftest import VNF, World, iso

LIMITS = {"bundle": 0}
INSTANCE = {
    "id": VNF, "instantiationState": "INSTANTIATED",
    "instantiatedVnfInfo": {
        "scaleStatus": [], "vnfcInfo": [{"id": "VDU1-a", "vduId": "VDU1", "vnfcResourceInfoId": "r1"}],
        "vnfcResourceInfo": [{"id": "r1", "vduId": "VDU1", "computeResource": {"resourceId": "a"}, "metadata": {}}],
    },
}  # fmt: skip


@pytest.fixture
def ledger(tmp_path):
    return str(tmp_path / "incidents.sqlite")


def begin(conversation, ledger, *events, **more):
    params = {"state": "begun", "ledger": ledger, "limits": LIMITS, "events": list(events)}
    return conversation.run("vnf_policy_action", params, **more)["vnf_policy_actions"]


def asked(conversation, instance=None, status=200):
    conversation.expect("GET", f"/nfv-orchestration/vnflcm/v2/vnf_instances/{VNF}", json=instance or INSTANCE, status=status)


def test_from_a_finding_to_a_report(conversation, ledger, world: World):
    asked(conversation)
    for query in ({"open": "true", "state": "MAINTENANCE_DONE"}, {}):
        conversation.expect("GET", "/maintenance/v1/sessions", query=query, json={"sessions": []})
    conversation.expect("GET", "/compute/v2.1/servers/a", json={"server": {"id": "a", "OS-EXT-STS:task_state": None}})
    [decision] = begin(conversation, ledger, world.event())
    assert (decision["decision"], decision["order"]["server_ids"]) == ("act", ["a"])

    done = conversation.run(
        "vnf_policy_action", {"state": "done", "ledger": ledger, "claim": decision["claim"], "reason": "healed"}
    )
    assert done["changed"]
    again = conversation.run("vnf_policy_action", {"state": "done", "ledger": ledger, "claim": decision["claim"]})
    assert not again["changed"]
    assert "over already" in again["warnings"][0]
    [incident] = conversation.run("vnf_policy_action_info", {"ledger": ledger, "open": True}, auth=False)["vnf_incidents"]
    assert [(one["name"], one["status"], one["reason"]) for one in incident["actions"]] == [("respawn", "done", "healed")]
    assert conversation.run("vnf_policy_action_info", {"ledger": ledger, "vnf_id": "another"}, auth=False)["vnf_incidents"] == []


def test_one_event_that_cannot_be_used_holds_up_no_other(conversation, ledger, world):
    asked(conversation)
    found = begin(
        conversation, ledger, {"vnf": 1}, world.event(actions=["log"]), world.event(to="up", actions=[], at=iso(world.now - 9))
    )
    assert [(one["decision"], one["action"]) for one in found] == [("rejected", None), ("noted", None), ("act", "log")]


def test_a_vnf_manager_that_fails_puts_off_and_says_why(conversation, ledger, world):
    asked(conversation, {"status": 500, "detail": "the database is away"}, 500)
    [decision] = begin(conversation, ledger, world.event())
    assert decision["decision"] == "put_off"
    assert "the database is away" in decision["reason"]


def test_check_mode_notes_nothing(conversation, ledger, world):
    assert begin(conversation, ledger, world.event(), check_mode=True) == []
    assert conversation.run("vnf_policy_action_info", {"ledger": ledger}, auth=False)["vnf_incidents"] == []


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"limits": {"bundle": 60}}, "limits.bundle is 60; at most 10"),
        ({"events": [{}] * 1001}, "1001 events at once; at most 1000"),
    ],
    ids=["bundle", "events"],
)
def test_what_is_too_much(conversation, ledger, params, said):
    result = conversation.run("vnf_policy_action", {"state": "begun", "ledger": ledger, **params})
    assert result["failed"]
    assert said in result["msg"]
