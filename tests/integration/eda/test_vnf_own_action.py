# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OWN_ACTION that heals or changes the package, as the owner's playbook does it: once, whatever happens to the playbook."""

from __future__ import annotations

import collections
import signal
from pathlib import Path

import pytest

from lab.processes import signal_family
from lab.stack import Stack
from tests.waiting import until

PLANNED = "PLANNED_MAINTENANCE"
TOPOLOGY = Path(__file__).parents[1] / "own_action.yaml"
OFFER = {"accelerator": "smartnic"}


@pytest.fixture(scope="module")
def two_vnfs(tmp_path_factory):
    """The lab of this file, in place of the others'."""
    stack = Stack(tmp_path_factory.mktemp("own-action"), hosts=3, speed=10.0, topology=TOPOLOGY)
    try:
        stack.start_lab()
        stack.start_session_api()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def planned(session):
    """Asks for PLANNED_MAINTENANCE, offering an accelerator."""
    session.state("START_MAINTENANCE")
    session.state(PLANNED)
    return lambda ids, **more: session.ask(PLANNED, ids, metadata=OFFER, **more)


def meaning(owner, vdu_id, own):
    group = {"vdu_ids": [vdu_id], "actions": ["OWN_ACTION", "MIGRATE"], "own_action": own}
    return {owner.vnfs["router"]["id"]: {"groups": [group]}, "default": {}}


def accelerated(owner, flavor="accelerated"):
    own = {"kind": "change_vnfpkg", "capabilities": [{"metadata": {"accelerator": None}, "flavors": {"forwarder": flavor}}]}
    return meaning(owner, "forwarder", own)


def operations(owner, kind):
    """How often operations of a kind ended how."""
    answer = owner.tacker(f"vnf_lcm_op_occs?filter=(eq,operation,{kind})")
    return collections.Counter(one["operationState"] for one in answer)


def flavors(owner):
    vdus = owner.vnf("router")["instantiatedVnfInfo"]["metadata"]["nfv"]["VDU"]
    return [vdus[f"forwarder-{number}"]["computeFlavourId"] for number in (0, 1)]


def handle(owner, session, asked, policies, **more):
    output = owner.handle(owner.hint(asked, "router"), vnf_maintenance_policies=policies, **more)
    return {**session.message(asked["id"]), "output": output}


def test_a_run_that_is_killed_while_it_heals_is_gone_on_with_and_heals_once(owner, session, planned):
    before = operations(owner, "HEAL")
    [db, _other] = owner.servers("router", "db")
    asked = planned([db])
    policies = meaning(owner, "db", {"kind": "heal"})
    running = owner.start([owner.hint(asked, "router")], vnf_maintenance_policies=policies)
    until("the heal", lambda: operations(owner, "HEAL") != before, every=0.02)
    assert session.message(asked["id"])["reply"]["instance_actions"] == {db: "OWN_ACTION"}, "the reply comes first"
    signal_family(running.pid, signal.SIGKILL)
    running.communicate()
    found = handle(owner, session, asked, policies)
    assert found["status"] == "acknowledged"
    assert operations(owner, "HEAL") - before == {"COMPLETED": 1}
    assert db not in owner.servers("router")
    assert len(owner.servers("router", "db")) == 2


def test_the_work_ends_with_its_time(owner, session, planned):
    [db, *_others] = owner.servers("router", "db")
    more = {"vnf_maintenance_own_action_timeout": 0, "fails": True}
    found = handle(owner, session, planned([db]), meaning(owner, "db", {"kind": "heal"}), **more)
    assert (found["status"], "Timed out after 0" in found["output"]) == ("acknowledged", True)
    until("the end of the heal", lambda: db not in owner.servers("router") and "PROCESSING" not in operations(owner, "HEAL"))


def test_a_flavor_that_cannot_be_had_is_rolled_back_and_the_run_says_so(owner, session, planned):
    before = operations(owner, "CHANGE_VNFPKG")
    asked = planned(owner.servers("router", "forwarder")[:1])
    found = handle(owner, session, asked, accelerated(owner, "huge"), fails=True)
    assert (found["status"], found["reply"]["instance_actions"]) == ("acknowledged", {asked["instance_ids"][0]: "OWN_ACTION"})
    assert "Flavor huge not found" in found["output"]
    assert operations(owner, "CHANGE_VNFPKG") - before == {"ROLLED_BACK": 1}
    assert flavors(owner) == ["small", "small"]


def test_a_flavor_is_changed_for_the_instance_of_the_message_and_once(owner, session, planned):
    before = operations(owner, "CHANGE_VNFPKG")
    [forwarder] = [
        one["computeResource"]["resourceId"]
        for one in owner.vnf("router")["instantiatedVnfInfo"]["vnfcResourceInfo"]
        if one["vduId"] == "forwarder" and one["metadata"]["vdu_idx"] == 1
    ]
    asked = planned([forwarder])
    for _delivery in range(2):
        found = handle(owner, session, asked, accelerated(owner))
        assert found["reply"]["instance_actions"] == {forwarder: "OWN_ACTION"}
        assert flavors(owner) == ["small", "accelerated"]
    assert operations(owner, "CHANGE_VNFPKG") - before == {"COMPLETED": 1}
    another = handle(owner, session, planned([forwarder], key="2"), accelerated(owner))
    assert another["reply"]["instance_actions"] == {forwarder: "MIGRATE"}, "it has its flavor, and has to leave all the same"
