# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every message, every VNF and every policy."""

from __future__ import annotations

import collections
import json

from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.decide import maintenance_decisions
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.policy import Policy, PolicyError
from hypothesis import given
from hypothesis import strategies as st

from .conftest import ALL, vnf

VDUS = ("ha", "worker", "lb")
STATES = ("MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE", "INSTANCE_ACTION_DONE", "MAINTENANCE_COMPLETE")
WITH_ACTIONS = STATES[2:4]
RARELY = st.sampled_from([False] * 5 + [True])
ACTIONS = st.lists(st.sampled_from(ALL), min_size=1, max_size=3, unique=True)


@st.composite
def groups(draw):
    found = []
    for vdu_id in draw(st.lists(st.sampled_from(VDUS), unique=True)):
        group = {"vdu_ids": [vdu_id], "actions": draw(ACTIONS), "own_action": {"kind": "tasks", "tasks": "/t.yml"}}
        if draw(st.booleans()):
            group["at_least"] = draw(st.integers(0, 3))
        if draw(st.booleans()):
            group["active"] = {"floating_ip": "203.0.113.10"}
        if draw(st.booleans()):
            group["actions_when"] = [{"metadata": {"release": "x"}, "actions": draw(ACTIONS)}]
        if vdu_id == "worker":
            group["aspect_id"] = "worker"
        found.append(group)
    return found


@st.composite
def policies(draw):
    scale = {"aspect_id": "worker", "steps": draw(st.integers(1, 4)), "minimum": draw(st.integers(0, 3))}
    scale["instances_per_step"] = draw(st.integers(1, 2))
    return {"groups": draw(groups()), "scale": [scale]}


@st.composite
def worlds(draw):
    """Two VNFs, their policies, and a message about any of their instances and perhaps others."""
    shapes = [draw(st.fixed_dictionaries({vdu: st.integers(0, 4) for vdu in VDUS})) for _vnf in range(2)]
    vnfs = [
        vnf(
            f"v{number}", level=draw(st.integers(0, 4)), state="NOT_INSTANTIATED" if draw(RARELY) else "INSTANTIATED",
            servers=tuple(f"{number}-{vdu}-{index}" for vdu, count in shape.items() for index in range(count)),
        )
        for number, shape in enumerate(shapes)
    ]  # fmt: skip
    for one in vnfs:
        one["servers"] = [{**server, "vdu_id": server["id"].split("-")[1]} for server in one["servers"]]
    known = [server["id"] for one in vnfs for server in one["servers"]]
    ids = draw(st.lists(st.sampled_from(known), unique=True, max_size=4)) if known else []
    if draw(RARELY):
        ids.append("foreign")
    # Most messages want an action for each instance, and most of those can be acknowledged: there is the most to go wrong.
    state = draw(st.sampled_from([*STATES, *WITH_ACTIONS, *WITH_ACTIONS]))
    one = {
        "id": "m", "session_id": "s", "project_id": "p", "state": state, "instance_ids": ids,
        "vnf_ids": draw(st.sampled_from([[], ["v0"]])),
        "allowed_actions": [] if state not in WITH_ACTIONS else draw(ACTIONS) if draw(st.booleans()) else ALL, "reply_at": None,
        "metadata": draw(st.sampled_from([{}, {"release": "x"}, {"instances_to_remove": 3}])),
    }  # fmt: skip
    return one, vnfs, {"v0": draw(policies()), "default": draw(policies())}


def policy_of(world, vnf_id):
    return Policy.read(vnf_id, world[2].get(vnf_id, world[2]["default"]))


@given(worlds())
def test_each_message_gets_exactly_one_reply_of_its_own_state(world):
    one, vnfs, given_policies = world
    decisions = maintenance_decisions([one, {**one, "id": "m2"}], vnfs, given_policies)
    if one["state"] == "INSTANCE_ACTION_DONE":
        assert decisions == []
        return
    assert [decision["reply"]["message_id"] for decision in decisions] == ["m", "m2"]
    for decision in decisions:
        assert decision["reply"]["state"] in (f"ACK_{one['state']}", f"NACK_{one['state']}")
        assert decision["reply"]["state"].startswith("NACK") == bool(decision["problem"])
        json.dumps(decision)


@given(worlds())
def test_an_acknowledgement_names_exactly_the_instances_with_actions_that_are_allowed(world):
    one, vnfs, given_policies = world
    for decision in maintenance_decisions([one], vnfs, given_policies):
        actions = decision["reply"]["instance_actions"]
        if decision["problem"] or one["state"] not in WITH_ACTIONS:
            assert actions == {}
        else:
            assert set(actions) == set(one["instance_ids"])
            assert set(actions.values()) <= set(one["allowed_actions"])
        own = {work["instance_id"] for work in decision["own_actions"]}
        assert own == {instance for instance, action in actions.items() if action == "OWN_ACTION"}


@given(worlds())
def test_no_group_is_ever_left_below_its_minimum(world):
    one, vnfs, given_policies = world
    for decision in maintenance_decisions([one], vnfs, given_policies):
        if decision["problem"]:
            continue
        for each in vnfs:
            policy = policy_of(world, each["id"])
            left = collections.Counter(server["vdu_id"] for server in each["servers"])
            going = collections.Counter()
            if one["state"] in WITH_ACTIONS:
                going.update(server["vdu_id"] for server in each["servers"] if server["id"] in one["instance_ids"])
            for scaling in decision["scalings"]:
                if scaling["vnf_id"] == each["id"]:
                    present = each["instantiated_vnf_info"]["scaleStatus"][0]["scaleLevel"]
                    assert policy.scale[0].minimum <= scaling["level"] < present
                    going["worker"] += (present - scaling["level"]) * policy.scale[0].instances_per_step
            for group in policy.groups:
                before = sum(left[vdu_id] for vdu_id in group.vdu_ids)
                lost = sum(going[vdu_id] for vdu_id in group.vdu_ids)
                assert not lost or before - lost >= group.needed(before)


@given(worlds())
def test_an_active_member_is_never_left_among_the_instances_without_a_switch(world):
    one, vnfs, given_policies = world
    for decision in maintenance_decisions([one], vnfs, given_policies):
        if decision["problem"] or one["state"] not in WITH_ACTIONS:
            assert decision["switches"] == []
            continue
        switched = [member for switch in decision["switches"] for member in switch["members"]]
        assert all(switch["avoid"] == one["instance_ids"] for switch in decision["switches"])
        for each in vnfs:
            for group in policy_of(world, each["id"]).groups:
                members = [server["id"] for server in each["servers"] if server["vdu_id"] in group.vdu_ids]
                if group.active and set(members) & set(one["instance_ids"]):
                    assert set(members) <= set(switched)


@given(worlds(), st.integers(0, 4))
def test_scaling_in_is_worked_out_the_same_again_at_any_point_of_it(world, done):
    """The levels before are noted first; however far the first run came, the second wants the same."""
    one, vnfs, given_policies = world
    one = {**one, "state": "SCALE_IN", "allowed_actions": []}
    [first] = maintenance_decisions([one], vnfs, given_policies)
    for scaling in first["scalings"]:
        [each] = [each for each in vnfs if each["id"] == scaling["vnf_id"]]
        status = each["instantiated_vnf_info"]["scaleStatus"][0]
        each["metadata"] = {scaling["record"]: f"worker={status['scaleLevel']}"}
        if done:
            removed = (status["scaleLevel"] - scaling["level"]) * policy_of(world, each["id"]).scale[0].instances_per_step
            workers = [server for server in each["servers"] if server["vdu_id"] == "worker"]
            if removed <= len(workers):
                each["servers"] = [server for server in each["servers"] if server not in workers[len(workers) - removed :]]
                status["scaleLevel"] = scaling["level"]
    # That the servers are gone does not make those of the message foreign in this state.
    [second] = maintenance_decisions([{**one, "vnf_ids": ["v0", "v1"]}], vnfs, given_policies)
    if not first["problem"] and {"v0", "v1"} <= set(first["vnf_ids"]):
        assert second["scalings"] == first["scalings"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["groups", "scale", "vdu_ids", "x"]), inner),
    max_leaves=8,
)


@given(JSON)
def test_whatever_is_given_as_a_policy_is_used_or_refused_in_a_sentence(value):
    try:
        Policy.read("v1", value)
    except PolicyError as exc:
        assert str(exc).startswith("the policy of VNF v1 cannot be used: ")
        assert len(str(exc)) < 1000
