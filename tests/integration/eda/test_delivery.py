# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the alarm to the reply, with our rulebook and our playbook, while processes are killed or stand still."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
import yaml

from lab.processes import signal_family
from tests.integration.eda.conftest import Conversation, Owner
from tests.integration.eda.owned import RULEBOOK, OwnedStack

PLANNED = "PLANNED_MAINTENANCE"
LEASE = 6


class Owned(OwnedStack):
    """The second VNF gives nothing, so that a SCALE_IN, which is for all VNFs of a project, is not about it."""

    @property
    def vnf_owner_variables(self):
        # What the source itself answers, or makes up for, is not of interest here.
        own = {"maintenance_answer": False, "maintenance_reconcile": False, "vnf_maintenance_lease": LEASE}
        return {**super().vnf_owner_variables, **own}

    @property
    def vnf_policies(self):
        found = super().vnf_policies
        del found[self.lab["vnfs"][1]["id"]]["scale"]
        return found


@pytest.fixture(scope="module")
def owned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("delivery")
    # Long enough that another run, which takes seconds to begin, comes in the middle of a scale-in.
    topology = yaml.safe_load((Path(__file__).parent / "two_vnfs.yaml").read_text()) | {"durations": {"scale": 60}}
    (folder / "topology.yaml").write_text(yaml.safe_dump(topology))
    stack = Owned(folder, speed=6, topology=folder / "topology.yaml")
    try:
        stack.start_lab()
        stack.start_session_api()
        stack.subscribe()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def owner(owned, request):
    """The owner, whose rulebook runs with the variables that the test gives."""
    more = getattr(request, "param", {})
    if RULEBOOK not in owned.processes.children or owned.more != more:
        owned.restart_rulebook(**more)
    return Owner(owned)


@pytest.fixture
def session(owned, owner, wait_until):
    """A session of the test's own; afterwards the VNFs are as large as before, and nothing runs."""
    levels = {name: owner.level(name) for name in owner.vnfs}
    conversation = Conversation(owned, owner.project_id)
    conversation.state("SCALE_IN")
    yield conversation
    conversation.state("START_MAINTENANCE")
    conversation.state("MAINTENANCE_COMPLETE")
    conversation.answered(conversation.ask("MAINTENANCE_COMPLETE", [])["id"], 120)
    conversation.end()
    assert {name: owner.level(name) for name in owner.vnfs} == levels
    wait_until(lambda: not owned.playbooks, "the runs have ended")


def accepted(owned, session, state):
    return owned.log.count(f"session {session.id}: ACK_{state} accepted")


def scaling(owner, name):
    """Whether the scale-in of a VNF has begun: the level before is noted first."""
    return owner.records(name)


# Long enough that it dies with the message in its journal and nowhere else.
@pytest.mark.parametrize("owner", [{"maintenance_batch_window": 30, "maintenance_batch_window_first": 30}], indirect=True)
def test_what_was_acknowledged_is_handled_after_the_rulebook_was_killed(owned, owner, session, wait_until):
    asked = session.ask("MAINTENANCE", owner.servers("one") + owner.servers("two"))
    wait_until(lambda: owned.counted("accepted_total") == 2, "both alarms were answered 200")
    assert not owned.playbooks
    owned.restart_rulebook()
    assert session.answered(asked["id"])["reply"]["state"] == "ACK_MAINTENANCE"
    assert accepted(owned, session, "MAINTENANCE") == 1


def test_a_run_that_is_killed_is_taken_over_within_seconds(owned, owner, session, wait_until):
    before = owner.level("one")
    asked = session.ask("SCALE_IN", owner.servers("one"))
    wait_until(lambda: scaling(owner, "one"), "it scales in")
    (playbook,) = owned.playbooks
    (keeper,) = owned.keepers(playbook)
    signal_family(playbook.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(lambda: any(one != playbook for one in owned.playbooks), "another run has begun", LEASE)
    assert time.monotonic() - killed_at < LEASE
    assert session.answered(asked["id"])["reply"]["state"] == "ACK_SCALE_IN"
    assert owner.level("one") == before - 1
    assert accepted(owned, session, "SCALE_IN") == 1
    keeper.wait(LEASE)


def test_a_rulebook_that_is_killed_while_a_run_is_at_work_makes_it_good(owned, owner, session, wait_until):
    before = owner.level("one")
    asked = session.ask("SCALE_IN", owner.servers("one"))
    wait_until(lambda: scaling(owner, "one"), "it scales in")
    owned.restart_rulebook()
    assert session.answered(asked["id"])["reply"]["state"] == "ACK_SCALE_IN"
    assert owner.level("one") == before - 1
    assert accepted(owned, session, "SCALE_IN") == 1


def test_one_vnf_has_one_operation_at_a_time_and_another_does_not_wait(owned, owner, session, wait_until):
    before = owner.level("one")
    slow = owned.control("POST", "faults", {"kind": "operation_hold", "match": {"vnf": "one"}})
    first = session.ask("SCALE_IN", owner.servers("one"), key="1")
    wait_until(lambda: scaling(owner, "one"), "it scales in")
    active = {name: owner.active(name) for name in owner.vnfs}
    second = session.ask("SCALE_IN", owner.servers("one"), key="2")
    third = session.ask(PLANNED, [active["one"]], key="3")
    other = session.ask(PLANNED, [active["two"]], key="4")
    session.answered(other["id"], 120)
    assert owner.active("two") != active["two"]
    assert session.message(first["id"])["status"] == "pending", "a slow VNF holds up another"
    assert owner.active("one") == active["one"], "two operations on one VNF at a time"
    owned.control("DELETE", f"faults/{slow['id']}")
    replied = [session.answered(asked["id"], 240)["replied_at"] for asked in (first, second, third)]
    assert replied == sorted(replied)
    assert [session.message(asked["id"])["status"] for asked in (first, second, third)] == ["acknowledged"] * 3
    assert owner.level("one") == before - 2, "the second counts from what the first has left"
    assert owner.active("one") != active["one"]


def test_a_run_that_was_given_up_sends_nothing(owned, owner, session, wait_until):
    before = owner.level("one")
    asked = session.ask("SCALE_IN", owner.servers("one"))
    wait_until(lambda: scaling(owner, "one"), "it scales in")
    (playbook,) = owned.playbooks
    (keeper,) = owned.keepers(playbook)
    keeper.send_signal(signal.SIGSTOP)
    signal_family(playbook.pid, signal.SIGSTOP)
    try:
        assert session.answered(asked["id"], 60)["reply"]["state"] == "ACK_SCALE_IN"
        assert owner.level("one") == before - 1
        replied = session.message(asked["id"])
    finally:
        signal_family(playbook.pid, signal.SIGCONT)
        keeper.send_signal(signal.SIGCONT)
    wait_until(lambda: "another run has taken over" in owned.log or "it has ended" in owned.log, "the first has noticed")
    wait_until(lambda: not owned.playbooks, "it has ended")
    keeper.wait(2 * LEASE)
    assert session.message(asked["id"]) == replied
    assert owner.level("one") == before - 1
    assert accepted(owned, session, "SCALE_IN") == 1
