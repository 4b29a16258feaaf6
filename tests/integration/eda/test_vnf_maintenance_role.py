# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner's playbook with the real modules, against the lab and the session API."""

from __future__ import annotations

import contextlib
import re
import signal

import pytest

from lab.processes import signal_family
from tests.unit.plugins.maintenance.source_stand_in import BUSY, Source

PLANNED = "PLANNED_MAINTENANCE"


def test_maintenance_is_acknowledged_and_nothing_else_happens(owner, session):
    before = owner.stack.control("GET", "state")["servers"]
    asked = session.ask("MAINTENANCE", owner.servers("one") + owner.servers("two"))
    owner.handle(owner.hint(asked))
    found = session.message(asked["id"])
    assert (found["status"], found["reply"]["state"]) == ("acknowledged", "ACK_MAINTENANCE")
    assert owner.stack.control("GET", "state")["servers"] == before


def test_a_hint_of_both_vnfs_is_answered_once(owner, session):
    asked = session.ask("MAINTENANCE", owner.servers("one") + owner.servers("two"))
    output = owner.handle(owner.hint(asked), owner.hint(asked, "two"))
    assert session.message(asked["id"])["status"] == "acknowledged"
    assert output.count("ACK_MAINTENANCE accepted") == 1


def test_instances_that_are_of_no_vnf_are_refused_by_name(owner, session):
    stranger = "11111111-2222-3333-4444-555555555555"
    asked = session.ask("MAINTENANCE", [*owner.servers("one"), stranger])
    output = owner.handle(owner.hint(asked))
    found = session.message(asked["id"])
    assert (found["status"], found["reply"]["state"]) == ("refused", "NACK_MAINTENANCE")
    assert found["reason"] == f"of no VNF here: instances {stranger}"
    assert f"of no VNF here: instances {stranger}" in output


def test_a_vnf_without_policy_of_the_same_project_is_found(owner, session):
    asked = session.ask("MAINTENANCE", owner.servers("one") + owner.servers("two"))
    owner.handle(owner.hint(asked), vnf_maintenance_policies={"default": {}})
    assert session.message(asked["id"])["status"] == "acknowledged"


def test_a_vnf_that_tacker_does_not_know_is_refused(owner, session):
    asked = session.ask("MAINTENANCE", owner.servers("one"))
    owner.handle(owner.hint(asked, vnf_id="00000000-0000-0000-0000-000000000000"))
    found = session.message(asked["id"])
    assert found["status"] == "refused"
    assert found["reason"] == "the VNF manager knows no VNF 00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "changes",
    [
        {"session_id": "6f028d22-e4e8-11f1-a118-02fc00000001"},
        {"project_id": "35bf992dc9e94616a12e7696a6cecc1b"},
        {"state": "SCALE_IN"},
        {"reply_url": "http://192.0.2.1/v1/maintenance/x/y", "message_id": ""},
    ],
)
def test_a_forged_hint_does_nothing(owner, session, changes):
    asked = session.ask("MAINTENANCE", owner.servers("one"))
    output = owner.handle(owner.hint(asked, **changes))
    assert session.message(asked["id"])["status"] == "pending"
    assert "Not handled: " in output


def test_a_text_of_a_message_is_never_a_template(owner, session):
    """What the session API gives is data, whatever it looks like."""
    asked = session.ask("MAINTENANCE", owner.servers("one"), metadata={"note": "{{ lookup('pipe', 'touch pwned') }}"})
    owner.handle(owner.hint(asked, metadata={}))
    assert session.message(asked["id"])["status"] == "acknowledged"
    assert not (owner.stack.folder / "pwned").exists()


def test_actions_follow_the_policy_and_what_is_allowed(owner, session):
    session.state("PREPARE_MAINTENANCE")
    standby = next(one for one in owner.servers("one", "ha") if one != owner.active("one"))
    worker = owner.servers("one", "worker")[0]
    first = session.ask("PREPARE_MAINTENANCE", [standby, worker], key="1")
    second = session.ask("PREPARE_MAINTENANCE", [standby], key="2", allowed_actions=["MIGRATE"])
    third = session.ask("PREPARE_MAINTENANCE", [worker], key="3", allowed_actions=["OWN_ACTION"])
    owner.handle(owner.hint(first), owner.hint(second), owner.hint(third))
    assert session.message(first["id"])["reply"]["instance_actions"] == {standby: "LIVE_MIGRATE", worker: "MIGRATE"}
    assert session.message(second["id"])["reply"]["instance_actions"] == {standby: "MIGRATE"}
    refused = session.message(third["id"])
    assert (refused["status"], refused["reason"]) == (
        "refused", f"no action of the policy is allowed for instances {worker}",
    )  # fmt: skip


def test_the_active_member_gives_the_floating_ip_away_before_the_reply(owner, session):
    session.state("START_MAINTENANCE")
    session.state(PLANNED)
    active = owner.active("one")
    (standby,) = set(owner.servers("one", "ha")) - {active}
    asked = session.ask(PLANNED, [active], window=600)
    owner.handle(owner.hint(asked))
    found = session.message(asked["id"])
    assert found["reply"]["instance_actions"] == {active: "LIVE_MIGRATE"}
    assert owner.active("one") == standby
    again = session.ask(PLANNED, [active], key="2")
    owner.handle(owner.hint(again))
    assert session.message(again["id"])["status"] == "acknowledged"
    assert owner.active("one") == standby, "a standby is moved without a switch-over"


def test_a_pair_without_a_healthy_standby_is_refused_and_the_others_are_not(owner, session):
    session.state("START_MAINTENANCE")
    session.state(PLANNED)
    both = owner.servers("one", "ha")
    active = owner.active("one")
    first = session.ask(PLANNED, both, key="1")
    second = session.ask(PLANNED, [owner.active("two")], key="2")
    third = session.ask(PLANNED, [owner.servers("two", "worker")[0]], key="3")
    owner.handle(owner.hint(first), owner.hint(second, "two"), owner.hint(third, "two"))
    found = session.message(first["id"])
    assert found["status"] == "refused"
    assert "0 of 2 members would stay in service, and 1 have to" in found["reason"]
    assert owner.active("one") == active
    assert session.message(second["id"])["status"] == "acknowledged"
    assert session.message(third["id"])["status"] == "acknowledged"


def test_scaling_in_twice_and_back(owner, session):
    before = owner.level("one")
    policies = {owner.vnfs["one"]["id"]: owner.policies[owner.vnfs["one"]["id"]], "default": {}}
    for number in (1, 2):
        session.state("SCALE_IN")
        asked = session.ask("SCALE_IN", owner.servers("one"), key=str(number))
        owner.handle(owner.hint(asked), vnf_maintenance_policies=policies)
        assert session.message(asked["id"])["reply"]["state"] == "ACK_SCALE_IN"
        assert owner.level("one") == before - number
    assert len(owner.records("one")) == 2
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    asked = session.ask("MAINTENANCE_COMPLETE", owner.servers("one"))
    owner.handle(owner.hint(asked), vnf_maintenance_policies=policies)
    assert session.message(asked["id"])["reply"]["state"] == "ACK_MAINTENANCE_COMPLETE"
    assert owner.level("one") == before
    assert owner.records("one") == {}


def test_a_message_about_two_vnfs_scales_both_and_a_run_that_was_killed_is_made_good(owner, session, wait_until):
    before = owner.level("one"), owner.level("two")
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one") + owner.servers("two"))
    killed = owner.start([owner.hint(asked)])
    wait_until(lambda: owner.level("one") < before[0] or owner.level("two") < before[1], "the first of the two has scaled in")
    signal_family(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert session.message(asked["id"])["status"] == "pending"
    owner.handle(owner.hint(asked, "two"))
    assert session.message(asked["id"])["reply"]["state"] == "ACK_SCALE_IN"
    assert (owner.level("one"), owner.level("two")) == (before[0] - 1, before[1] - 1)
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    done = session.ask("MAINTENANCE_COMPLETE", [])
    owner.handle(owner.hint(done))
    assert session.message(done["id"])["reply"]["state"] == "ACK_MAINTENANCE_COMPLETE"


def test_a_message_that_no_alarm_told_of_is_about_vnfs_of_the_default_policy_too(owner, session):
    """It names no VNF: the instances are one's, which only the default is for."""
    policies = {"default": {"scale": [{"aspect_id": "worker"}]}, owner.vnfs["two"]["id"]: {}}
    before = owner.level("one"), owner.level("two")
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one") + owner.servers("two"))
    owner.handle(owner.hint(asked, vnf_id=""), vnf_maintenance_policies=policies)
    reached = owner.level("one"), owner.level("two")
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    owner.handle(owner.hint(session.ask("MAINTENANCE_COMPLETE", []), vnf_id=""), vnf_maintenance_policies=policies)
    found = session.message(asked["id"])
    assert (found["reply"]["state"], found["reason"]) == ("ACK_SCALE_IN", None)
    assert reached == (before[0] - 1, before[1])


def test_two_runs_at_the_same_time_for_one_scale_in_scale_once(owner, session):
    before = owner.level("one"), owner.level("two")
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one") + owner.servers("two"))
    runs = [owner.start([owner.hint(asked)]), owner.start([owner.hint(asked, "two")])]
    outputs = [run.communicate(timeout=180)[0] for run in runs]
    reached = owner.level("one"), owner.level("two")
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    owner.handle(owner.hint(session.ask("MAINTENANCE_COMPLETE", owner.servers("one") + owner.servers("two"))))
    assert session.message(asked["id"])["reply"]["state"] == "ACK_SCALE_IN", outputs
    assert reached == (before[0] - 1, before[1] - 1)


def test_a_vnf_whose_policy_has_no_scale_refuses_to_scale_in(owner, session):
    session.state("SCALE_IN")
    asked = session.ask("SCALE_IN", owner.servers("one"))
    owner.handle(owner.hint(asked), vnf_maintenance_policies={})
    found = session.message(asked["id"])
    assert (found["status"], found["reason"]) == ("refused", f"the policy of VNF {owner.vnfs['one']['id']} has no scale")


def test_a_scale_in_that_fails_is_refused_with_the_reason(owner, session):
    session.state("SCALE_IN")
    policy = {owner.vnfs["one"]["id"]: {"scale": [{"aspect_id": "no-such-aspect"}]}}
    asked = session.ask("SCALE_IN", owner.servers("one"))
    owner.handle(owner.hint(asked), vnf_maintenance_policies=policy)
    found = session.message(asked["id"])
    assert found["reply"]["state"] == "NACK_SCALE_IN"
    assert "has no scaling aspect no-such-aspect" in found["reason"]


def test_the_end_of_a_maintenance_without_a_scale_in_takes_its_turn_and_changes_nothing(owner, session):
    """As after a run that was killed when it had restored the VNF, and before it replied."""
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    asked = session.ask("MAINTENANCE_COMPLETE", owner.servers("one"))
    with contextlib.closing(Source()) as source:
        source.answers = [BUSY]
        output = owner.handle(owner.hint(asked, delivery=source.delivery()))
    assert session.message(asked["id"])["status"] == "acknowledged"
    assert not re.search(r"Scale back.*\n+(ok|changed)", output)
    states = [body["state"] for body in source.bodies]
    assert (states[:2], states[-1]) == (["held", "held"], "done"), "it waits for the lock that another run has"
    assert [body["vnf_ids"] for body in source.bodies[:2]] == [[owner.vnfs["one"]["id"]]] * 2


def test_neither_an_acknowledgement_nor_a_switch_over_waits_for_a_slow_scale_in(owner, session):
    session.state("SCALE_IN")
    slow = session.ask("SCALE_IN", owner.servers("one"))
    quick = session.ask("MAINTENANCE", owner.servers("two"), key="2")
    active = owner.active("two")
    switch = session.ask(PLANNED, [active], key="3")
    policies = {
        "default": {},
        **owner.policies,
        owner.vnfs["two"]["id"]: {"groups": owner.policies[owner.vnfs["two"]["id"]]["groups"]},
    }
    fault = owner.stack.control("POST", "faults", {"kind": "operation_hold", "match": {"vnf": "one"}})
    hints = [owner.hint(slow), owner.hint(quick, "two"), owner.hint(switch, "two")]
    run = owner.start(hints, vnf_maintenance_policies=policies)
    for asked in (quick, switch):
        session.answered(asked["id"])
    assert owner.active("two") != active
    assert session.message(slow["id"])["status"] == "pending"
    owner.stack.control("DELETE", f"faults/{fault['id']}")
    output, _none = run.communicate(timeout=180)
    assert run.returncode == 0, output
    assert session.message(slow["id"])["status"] == "acknowledged"
    session.state("START_MAINTENANCE")
    session.state("MAINTENANCE_COMPLETE")
    done = session.ask("MAINTENANCE_COMPLETE", [])
    owner.handle(owner.hint(done))


def test_a_vnf_manager_without_an_answer_is_refused_with_the_reason(owner, session):
    asked = session.ask("MAINTENANCE", owner.servers("one"))
    fault = owner.stack.control(
        "POST", "faults", {"kind": "http_error", "match": {"service": "nfv-orchestration"}, "status": 500}
    )
    try:
        owner.handle(owner.hint(asked))
    finally:
        owner.stack.control("DELETE", f"faults/{fault['id']}")
    found = session.message(asked["id"])
    assert found["status"] == "refused"
    assert found["reason"].startswith("the VNF manager gave no answer: ")


@pytest.mark.parametrize("whole", [True, False], ids=["by its whole path", "where the command was given"])
def test_a_policy_file_is_read_and_variables_go_first(owner, session, tmp_path, monkeypatch, whole):
    path = tmp_path / "policies.yml"
    path.write_text("default: {actions: [LIVE_MIGRATE]}\n")
    monkeypatch.setenv("PWD", str(tmp_path))
    session.state("PREPARE_MAINTENANCE")
    one, two = owner.servers("one", "worker")[0], owner.servers("two", "worker")[0]
    asked = session.ask("PREPARE_MAINTENANCE", [one, two])
    policies = {owner.vnfs["two"]["id"]: {"groups": [{"vdu_ids": ["worker"], "actions": ["MIGRATE"]}]}}
    name = str(path) if whole else path.name
    owner.handle(owner.hint(asked), vnf_maintenance_policies=policies, vnf_maintenance_policy_file=name)
    assert session.message(asked["id"])["reply"]["instance_actions"] == {one: "LIVE_MIGRATE", two: "MIGRATE"}


def test_check_mode_changes_nothing(owner, session):
    session.state("SCALE_IN")
    before = owner.level("one")
    asked = session.ask("SCALE_IN", owner.servers("one"))
    command = [*owner.command([owner.hint(asked)]), "--check"]
    done = owner.stack.run_playbook(command[1], *command[2:])
    assert done.returncode == 0, done.stdout + done.stderr
    assert session.message(asked["id"])["status"] == "pending"
    assert (owner.level("one"), owner.records("one")) == (before, {})
