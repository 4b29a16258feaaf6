# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the process answers itself, what it leaves to the playbook, and what it never does."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.desk import Asked, Desk
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.picture import Picture
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.policies import Policies

ALL = ("ha-0", "ha-1", "worker-0")


def test_an_announcement_is_acknowledged(world, ask):
    message = world.message("MAINTENANCE", ALL)
    assert ask(world.hint(message)) == {"d0": ("done", "ACK_MAINTENANCE accepted")}
    assert world.replies == [{"state": "ACK_MAINTENANCE", "message_id": "m-1"}]


def test_instances_without_a_group_get_the_action_of_the_policy(world, ask):
    message = world.message("PLANNED_MAINTENANCE", ["worker-0"])
    ask(world.hint(message), policies={"v1": {"actions": ["LIVE_MIGRATE"]}})
    [reply] = world.replies
    assert (reply["state"], reply["instance_actions"]) == ("ACK_PLANNED_MAINTENANCE", {"worker-0": "LIVE_MIGRATE"})


def test_what_wants_an_action_is_left_to_the_playbook(world, ask):
    pair = {"groups": [{"vdu_ids": ["ha"], "active": {"floating_ip": "172.24.0.11"}}], "scale": [{"aspect_id": "worker"}]}
    for vnf in world.vnfs:
        vnf["instantiatedVnfInfo"]["scaleStatus"] = [{"aspectId": "worker", "scaleLevel": 2}]
    switch, scale = world.message("PREPARE_MAINTENANCE", ["ha-0"]), world.message("SCALE_IN", ALL)
    found = ask(world.hint(switch), world.hint(scale), policies={"v1": pair})
    assert found == {"d0": ("work", "wants an action"), "d1": ("work", "wants an action")}
    assert world.replies == []


def test_of_two_messages_only_the_one_that_wants_no_action_is_answered(world, ask):
    """A hint without an id is about all that wait."""
    pair = {"groups": [{"vdu_ids": ["ha"], "active": {"floating_ip": "172.24.0.11"}}]}
    switch, quick = world.message("PREPARE_MAINTENANCE", ["ha-0"]), world.message("PREPARE_MAINTENANCE", ["worker-0"])
    hint = world.hint(switch, message_id=None, instance_ids=[])
    assert ask(hint, policies={"v1": pair}) == {"d0": ("work", "wants an action")}
    assert [reply["message_id"] for reply in world.replies] == [quick["id"]]


def test_what_is_refused_by_policy_is_refused_with_the_reason(world, ask):
    message = world.message("MAINTENANCE", [*ALL, "nobodys"])
    assert ask(world.hint(message))["d0"][0] == "done"
    assert world.replies[0]["state"] == "NACK_MAINTENANCE"
    assert "nobodys" in world.replies[0]["reason"]


def test_fifty_of_one_session_are_read_back_together(world, ask):
    hints = [world.hint(world.message("MAINTENANCE", ALL)) for _number in range(50)]
    found = ask(*hints)
    assert {outcome for outcome, _text in found.values()} == {"done"}
    assert sorted(reply["message_id"] for reply in world.replies) == sorted(f"m-{number + 1}" for number in range(50))
    assert len([one for one in world.asked if one.startswith("GET")]) <= 4


def test_what_others_wait_for_is_not_read_again_for_each(world, ask):
    hints = [world.hint(world.message("MAINTENANCE", ALL)) for _number in range(40)]
    ask(hints[0])
    assert world.shown == 1


def test_a_hint_with_the_id_of_its_notification_finds_the_message(world, ask):
    message = world.message("MAINTENANCE", ALL)
    assert ask(world.hint(message, message_id="of-the-bus"))["d0"] == ("done", "ACK_MAINTENANCE accepted")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"project_id": "another"}, "it is for project another"),
        ({"reply_url": "http://evil.example/v1/x"}, "does not belong to the maintenance endpoint"),
        ({"session_id": "unknown"}, "is unknown"),
        ({"message_id": "m-9", "instance_ids": ["other"]}, "is pending"),
        ({"state": "START_MAINTENANCE"}, "no known state"),
    ],
)
def test_a_forged_or_late_hint_is_dropped_and_nothing_is_said(world, ask, changes, reason):
    message = world.message("MAINTENANCE", ALL)
    outcome, text = ask(world.hint(message, **changes))["d0"]
    assert outcome == "dropped"
    assert reason in text
    assert world.replies == []


def test_one_message_that_two_deliveries_tell_of_is_answered_once_for_both(world, ask):
    message = world.message("MAINTENANCE", ALL)
    found = ask(world.hint(message), world.hint(message, vnf_id="v2"))
    assert [outcome for outcome, _text in found.values()] == ["done", "done"]
    assert len(world.replies) == 1


@pytest.mark.parametrize("broken", ["/sessions/", "vnf_instances"])
def test_a_service_without_an_answer_leaves_it_to_the_playbook(world, ask, broken):
    world.broken.add(broken)
    message = world.message("MAINTENANCE", ALL)
    assert ask(world.hint(message))["d0"][0] == "work"
    assert world.replies == []


def test_a_reply_that_is_not_taken_is_left_to_the_playbook(world, ask):
    message = world.message("MAINTENANCE", ALL)
    world.broken.add(f"/maintenance/{message['session_id']}/")
    outcome, text = ask(world.hint(message))["d0"]
    assert outcome == "work"
    assert "failed" in text


def test_a_reply_whose_time_is_over_is_not_sent(world, ask):
    message = world.message("MAINTENANCE", ALL, reply_at="2026-01-01T00:00:00Z")
    assert ask(world.hint(message))["d0"][0] == "dropped"
    assert world.replies == []


def test_a_decision_that_takes_too_long_is_left_to_the_playbook(world, ask, told, clouds):
    """After that time the source may have handed it on, so nothing must be said any more."""
    world.gate.clear()
    threading.Timer(0.5, world.gate.set).start()
    message = world.message("MAINTENANCE", ALL)
    assert ask(world.hint(message), within=0.3)["d0"] == ("work", "it took too long to decide")
    assert world.replies == []


def test_who_waits_too_long_for_the_cloud_says_so_in_time(world, ask, told):
    """A call may take longer than the source waits before it ends the process."""
    world.gate.clear()
    message = world.message("MAINTENANCE", ALL)
    try:
        assert ask(world.hint(message), within=0.3)["d0"] == ("work", "it took too long to decide")
        assert not world.gate.is_set()
    finally:
        world.gate.set()


def test_what_was_left_to_the_playbook_is_not_answered_when_the_cloud_has_an_answer_at_last(world, clouds, told):
    world.gate.clear()
    message = world.message("MAINTENANCE", ALL)
    desk = Desk(clouds, Policies({"default": {}}, None), told)
    desk.take([Asked("late", world.hint(message), time.monotonic() + 0.2)])
    assert told.outcomes(1)["late"][0] == "work"
    world.gate.set()
    # Of the same session, and so after it.
    desk.take([Asked("next", world.hint(message), time.monotonic() + 10)])
    assert told.outcomes(2)["next"] == ("done", "ACK_MAINTENANCE accepted")
    assert [one["id"] for said in told.said for one in said["outcomes"]] == ["late", "next"]
    assert len(world.replies) == 1


def test_a_policy_file_that_cannot_be_read_leaves_it_to_the_playbook(world, clouds, told, tmp_path):
    message = world.message("MAINTENANCE", ALL)
    desk = Desk(clouds, Policies({}, tmp_path / "missing.yml"), told)
    desk.take([Asked("d0", world.hint(message), time.monotonic() + 10)])
    outcome, text = told.outcomes(1)["d0"]
    assert (outcome, "missing.yml" in text) == ("work", True)


def test_an_error_of_ours_is_no_silence(world, ask, monkeypatch):
    monkeypatch.setattr(Policies, "read", lambda self: {"default": object()}["other"])
    assert ask(world.hint(world.message("MAINTENANCE", ALL)))["d0"] == ("work", "failed here (KeyError)")


def test_one_session_does_not_wait_for_another(world, clouds, told):
    """The lane of a session for which the VNF manager hangs is its own."""
    desk = Desk(clouds, Policies({"default": {}}, None), told)
    gate = threading.Event()

    def read():
        assert gate.wait(10)
        return []

    clouds.present.picture = Picture(read)
    slow = world.hint(world.message("MAINTENANCE", ALL))
    forged = world.hint(world.message("MAINTENANCE", ALL), session_id="unknown")
    desk.take([Asked("slow", slow, time.monotonic() + 10), Asked("quick", forged, time.monotonic() + 10)])
    assert set(told.outcomes(1)) == {"quick"}
    gate.set()
    assert set(told.outcomes(2)) == {"quick", "slow"}


def test_without_a_connection_everything_is_work(world, told, clouds):
    clouds.lost(clouds.present)
    desk = Desk(clouds, Policies({}, None), told)
    desk.take([Asked("d0", world.hint(world.message("MAINTENANCE", ALL)), time.monotonic() + 10)])
    assert told.outcomes(1)["d0"] == ("work", "there is no connection to the cloud")
