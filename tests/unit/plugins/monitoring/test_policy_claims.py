# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each action at most once, and nothing that is not true any more."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring import incidents
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.ledger import Ledger

from .conftest import RESPAWN, World


def kinds(decided):
    return [one["decision"] for one in decided]


def test_one_incident_and_one_heal(world):
    [decision] = world.begin(world.event())
    assert (decision["decision"], decision["action"], decision["order"]["server_ids"]) == ("act", "respawn", ["a"])
    assert len(decision["action_ids"]) == 1
    world.now += 1
    assert kinds(world.begin(world.event())) == ["running"]
    assert world.end(decision, reason="healed")
    assert not world.end(decision, succeeded=False), "it has ended"
    world.now += 1
    [again] = world.begin(world.event(kind="reminder"))
    assert (again["decision"], again["reason"]) == ("done", "healed")
    [incident] = world.incidents()
    assert (incident["reported"], [one["status"] for one in incident["actions"]]) == (3, ["done"])


def test_many_runs_at_once_make_one_heal(world, tmp_path):
    decided = []
    together = threading.Barrier(8)

    def run():
        mine = dataclasses.replace(world, ledger=Ledger(str(tmp_path / "incidents.sqlite")))
        together.wait()
        decided.extend(mine.begin(mine.event()))
        mine.ledger.close()

    threads = [threading.Thread(target=run) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(kinds(decided)) == ["act"] + ["running"] * 7


def test_faults_of_one_vnf_become_one_operation(world):
    [decision] = world.begin(world.event("a"), world.event("b"))
    assert decision["order"]["server_ids"] == ["a", "b"]
    assert len(decision["action_ids"]) == 2
    assert kinds(world.begin(world.event("b"))) == ["running"]


def test_a_fault_that_another_run_has_noted_is_healed_with_it(world):
    world.muted = "not yet"
    assert kinds(world.begin(world.event("b"))) == ["put_off"]
    world.muted = ""
    [decision] = world.begin(world.event("a"))
    assert decision["order"]["server_ids"] == ["a", "b"]


def test_up_ends_the_incident_and_the_next_down_is_another_one(world):
    [first] = world.begin(world.event())
    world.end(first)
    world.now += 10
    assert world.begin(world.event(to="up", actions=[])) == []
    assert world.incidents(only_open=True) == []
    world.now += 1000
    [second] = world.begin(world.event())
    assert second["decision"] == "act"
    assert second["action_ids"] != first["action_ids"]


def test_an_old_down_after_the_up_is_nothing_new(world):
    old = world.event()
    world.now += 10
    world.begin(world.event(to="up", actions=[]))
    assert world.begin(old) == []
    assert world.incidents() == []


def test_an_old_up_does_not_end_a_newer_incident(world):
    old = world.event(to="up", actions=[])
    world.now += 10
    world.begin(world.event())
    world.begin(old)
    assert len(world.incidents(only_open=True)) == 1


def test_what_is_wanted_when_it_is_up_again_is_done_once(world):
    world.end(world.begin(world.event())[0])
    world.now += 5
    up = world.event(to="up", actions=[{"name": "notify", "to": "noc"}])
    world.muted = "a host"
    assert [(one["decision"], one["to"]) for one in world.begin(up)] == [("act", "noc")]
    assert kinds(world.begin(up)) == ["running"]


def test_a_killed_run_is_made_good_once_its_lease_is_over(world):
    [lost] = world.begin(world.event())
    world.now += world.limits.lease - 1
    assert kinds(world.begin(world.event())) == ["running"]
    world.now += 2
    world.operating = True
    assert kinds(world.begin(world.event())) == ["running"], "the VNF manager is at it"
    world.operating = False
    [again] = world.begin(world.event())
    assert (again["decision"], again["order"]) == ("act", lost["order"])
    assert not world.end(lost), "the claim was taken over"
    assert world.end(again)


def test_a_killed_run_that_had_healed_is_not_repeated(world):
    world.begin(world.event())
    world.now += world.limits.lease + 1
    world.servers = ["new", "b", "c"]
    assert kinds(world.begin(world.event())) == ["obsolete"]
    [incident] = world.incidents()
    assert (incident["closed_why"], incident["actions"][0]["status"]) == ("the VNFC is gone", "done")


def test_a_killed_run_whose_incident_is_over_is_not_at_it_for_ever(world):
    world.begin(world.event())
    world.servers = ["b", "c", "new"]
    # It is noticed while the run might still be alive.
    assert kinds(world.begin(world.event(kind="reminder"))) == ["obsolete"]
    [incident] = world.incidents()
    assert (incident["closed_why"], incident["actions"][0]["status"]) == ("the VNFC is gone", "begun")
    world.now += world.limits.lease + 1
    world.begin(world.event("b"))
    [action] = next(one for one in world.incidents() if one["server_id"] == "a")["actions"]
    assert (action["status"], action["reason"]) == ("done", "the VNFC is gone")


def test_a_killed_scale_out_is_gone_on_with_to_the_same_level(world):
    event = world.event(actions=[{"name": "scale_out", "aspect_id": "web"}])
    [first] = world.begin(event)
    assert first["order"] == {"vnf_instance_id": first["vnf_id"], "aspect_id": "web", "level": 2}
    world.now += world.limits.lease + 1
    assert world.begin(event)[0]["order"]["level"] == 2
    world.now += world.limits.lease + 1
    world.level = 2
    assert kinds(world.begin(event)) == ["done"], "the level was reached by the run that was killed"


def test_a_playbook_that_was_killed_is_not_begun_again(world):
    event = world.event(actions=[{"name": "playbook", "to": "mend"}])
    assert kinds(world.begin(event)) == ["act"]
    world.now += world.limits.lease + 1
    [decision] = world.begin(event)
    assert decision["decision"] == "given_up"
    assert "nobody knows how far it came" in decision["reason"]


@pytest.mark.parametrize("servers", [None, ["x"]], ids=["no-vnf", "no-server"])
def test_what_is_about_a_vnfc_that_is_gone_is_obsolete(world, servers):
    world.servers = servers
    [decision] = world.begin(world.event())
    assert (decision["decision"], decision["reason"]) == ("obsolete", "the VNFC is gone")
    assert world.incidents(only_open=True) == []


def test_what_is_gone_is_looked_for_once_and_forgotten_in_time(world):
    world.servers = ["b"]
    assert kinds(world.begin(world.event())) == ["obsolete"]
    world.now += 60
    assert world.begin(world.event(kind="reminder")) == []
    assert len(world.incidents()) == 1
    for before, left in ((world.now - 60, 1), (world.now, 0)):
        with world.ledger.transaction() as db:
            incidents.forget(db, before)
        assert len(world.incidents()) == left


def test_a_target_without_a_server_is_obsolete_by_its_generation(world):
    world.begin(world.event(None, generation=3, actions=["log"]))
    world.now += 1
    assert world.begin(world.event(None, generation=2, actions=["log"], target={"name": "gone", "probe": "tcp"})) == []


def test_maintenance_puts_off_and_the_reminder_heals_when_it_is_over(world):
    world.muted = "host compute-1 is DRAINING"
    [decision] = world.begin(world.event(actions=["log", RESPAWN, {"name": "notify", "to": "noc"}]))[1:2]
    assert decision["decision"] == "put_off"
    assert "host compute-1 is DRAINING" in decision["reason"]
    assert kinds(world.begin(world.event(actions=["log", RESPAWN]))) == ["running", "put_off"]
    world.muted = ""
    world.now += 60
    assert kinds(world.begin(world.event(actions=[RESPAWN], kind="reminder"))) == ["act"]


def test_what_was_found_during_a_move_is_not_healed_by_a_run_that_is_late(world):
    world.moved = {"a": world.now + 5}
    found = world.event()
    world.now += 100
    [decision] = world.begin(found)
    assert decision["decision"] == "put_off"
    assert decision["reason"] == "under maintenance: instance a in session s has just been moved"
    [decision] = world.begin(world.event(kind="reminder"))
    assert decision["decision"] == "act", "it is found down when it has had its time"


def test_what_is_muted_does_not_hold_up_a_fault_elsewhere_in_the_same_vnf(world):
    world.draining = ("b",)
    assert kinds(world.begin(world.event("b"))) == ["put_off"]
    [decision] = world.begin(world.event("a"))
    assert (decision["decision"], decision["order"]["server_ids"]) == ("act", ["a"])
    whole = [{"name": "respawn", "whole_vnf": True}]
    assert kinds(world.begin(world.event("b", actions=whole), world.event("c", actions=whole))) == ["put_off"]


def test_what_nova_is_at_is_left_alone(world):
    world.busy = {"a": "migrating"}
    [decision] = world.begin(world.event())
    assert (decision["decision"], decision["reason"]) == ("put_off", "Nova has something under way: a is migrating")


def test_a_vnf_manager_that_is_away_puts_off_what_needs_it(world):
    world.away = True
    assert [(one["action"], one["decision"]) for one in world.begin(world.event(actions=["log", RESPAWN]))] == [
        ("log", "act"), ("respawn", "put_off")]  # fmt: skip
    world.away = False
    assert kinds(world.begin(world.event(actions=[RESPAWN]))) == ["act"]


def test_an_action_that_is_not_allowed_is_refused(world):
    world.allowed = ("log",)
    [decision] = world.begin(world.event(actions=["log_and_kill"]))
    assert (decision["decision"], decision["claim"]) == ("refused", None)
    world.allowed = ("log_and_kill",)
    assert kinds(world.begin(world.event(actions=["log_and_kill"]))) == ["act"], "the owner has changed his mind"


def test_the_whole_vnf_only_when_the_policy_says_so(world):
    [decision] = world.begin(world.event(None, actions=[RESPAWN]))
    assert (decision["decision"], "only whole_vnf" in decision["reason"]) == ("refused", True)
    world.now += 1
    [decision] = world.begin(world.event(None, actions=[{"name": "respawn", "whole_vnf": True}]))
    assert decision["order"]["server_ids"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("action", "level", "said"),
    [
        ({"name": "scale_out"}, 3, "aspect web is at level 3, and cannot be at level 4"),
        ({"name": "scale_in", "steps": 2}, 1, "cannot be at level -1"),
        ({"name": "scale_out", "aspect_id": "db"}, 1, "aspect db is none of the VNF's: web"),
    ],
    ids=["highest", "lowest", "unknown"],
)
def test_scaling_that_cannot_be_is_refused(world, action, level, said):
    world.level = level
    [decision] = world.begin(world.event(actions=[action]))
    assert decision["decision"] == "refused"
    assert said in decision["reason"]


class TestBrake:
    """Budget, cooldown, back-off."""

    @staticmethod
    def heal(world: World, server: str) -> dict:
        world.servers = [server]
        [decision] = world.begin(world.event(server))
        if decision["decision"] == "act":
            world.end(decision)
        return decision

    def test_cooldown(self, world):
        assert self.heal(world, "a")["decision"] == "act"
        world.now += world.limits.cooldown - 1
        assert "cooldown" in self.heal(world, "b")["reason"]
        world.now += 2
        assert self.heal(world, "b")["decision"] == "act"

    def test_budget_of_a_vnf(self, world):
        world.limits = dataclasses.replace(world.limits, cooldown=0)
        for number in range(world.limits.per_vnf):
            assert self.heal(world, f"s{number}")["decision"] == "act"
            world.now += 1
        decision = self.heal(world, "more")
        assert (decision["decision"], "budget of this VNF" in decision["reason"]) == ("put_off", True)
        world.now += world.limits.per_vnf_seconds
        assert self.heal(world, "more")["decision"] == "act"

    def test_storm_over_many_vnfs(self, world):
        spent = [(f"vnf-{number}", world.now - 1, None) for number in range(world.limits.overall)]
        assert "budget of all VNFs" in world.limits.brake(spent, "another", world.now)
        assert world.limits.brake(spent[1:], "another", world.now) == ""

    def test_a_failure_is_tried_again_later_and_not_for_ever(self, world):
        world.limits = dataclasses.replace(world.limits, cooldown=0, per_vnf=100)
        for attempt in range(world.limits.attempts):
            [decision] = world.begin(world.event())
            assert decision["decision"] == "act", attempt
            world.end(decision, succeeded=False, reason="no valid host")
            world.now += 1
            if attempt < world.limits.attempts - 1:
                [held] = world.begin(world.event())
                assert (held["decision"], "no valid host" in held["reason"]) == ("put_off", True)
            world.now += world.limits.backoff * 2**attempt
        [decision] = world.begin(world.event())
        assert (decision["decision"], decision["reason"]) == ("given_up", "given up after 3 attempts: no valid host")
