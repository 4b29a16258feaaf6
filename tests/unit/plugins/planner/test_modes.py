# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fewest moves, fewest waves, shortest time; what becomes of what stands in the way; what is predicted."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._planner import plan as planner
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.operations import operations
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.snapshot import PlanError

from bench.clouds import cloud as cloud_of_seed
from bench.clouds import shape

SCHEMA = json.loads((Path(planner.__file__).parent / "plan_schema.json").read_text())
MODES = ["fewest_moves", "fewest_waves", "shortest_time"]
LOCKED = {"locked": True}


def planned(world, cloud, **options):
    """A plan that keeps the contract."""
    result = plan(cloud, options)
    jsonschema.validate(result, SCHEMA)
    world.check(cloud, options, result)
    return result


def ring(world, hosts=10, slots=10, held=4):
    """Equal hosts without a spare one, each with the same number of small instances."""
    names = [f"h{number:02}" for number in range(hosts)]
    instances = [world.instance(f"{name}-{n}", name, 1) for name in names for n in range(held)]
    return world.snapshot([world.host(name, slots, memory_mb=1 << 20) for name in names], instances)


# --- modes


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(6))
def test_a_plan_of_each_mode_keeps_the_contract(world, mode, seed):
    cloud, options = cloud_of_seed(seed, shape(seed, (4, 14), 2))
    planned(world, cloud, **options, mode=mode)


def test_fewest_moves_makes_one_host_empty_and_fewest_waves_as_many_as_a_tenth_pays_for(world):
    cloud = ring(world, 20)
    few_moves = planned(world, cloud, max_hosts_at_once=10)
    few_waves = planned(world, cloud, max_hosts_at_once=10, mode="fewest_waves")
    assert (len(few_moves["room"]["hosts"]), few_moves["figures"]["moves"]) == (1, 84)
    # A tenth of 84 moves is two more hosts.
    assert (len(few_waves["room"]["hosts"]), few_waves["figures"]["moves"]) == (3, 92)
    assert few_waves["figures"]["waves"] < few_moves["figures"]["waves"]


def test_shortest_time_spends_moves_only_where_work_takes_longer(world):
    options = {"max_hosts_at_once": 10, "mode": "shortest_time"}
    long_work = planned(world, ring(world, 20), **options, durations={"host": 3600, "move": 10})
    long_moves = planned(world, ring(world, 20), **options, durations={"host": 1, "wave": 0, "move": 600}, max_moves=1)
    assert len(long_work["room"]["hosts"]) > 1
    assert long_moves["figures"]["moves"] == long_moves["figures"]["moves_lower_bound"]
    fewest = planned(world, ring(world, 20), max_hosts_at_once=10, durations={"host": 3600, "move": 10})
    assert long_work["figures"]["minutes"] < fewest["figures"]["minutes"]


def test_hosts_that_exclude_others_are_put_into_as_few_waves_as_can_be(world):
    """Two rows of hosts: each host of a row excludes all of the other row but the one across."""
    names = [f"{row}{n}" for n in range(4) for row in "ab"]
    pairs = [(f"a{n}", f"b{m}") for n in range(4) for m in range(4) if n != m]
    instances = [world.instance(f"{one}-{two}-{end}", end, 1) for one, two in pairs for end in (one, two)]
    groups = [world.group(f"{one}-{two}", [f"{one}-{two}-{one}", f"{one}-{two}-{two}"]) for one, two in pairs]
    spare = [world.host(f"z{n}", 24, memory_mb=1 << 20) for n in range(2)]
    cloud = world.snapshot([*(world.host(name) for name in names), *spare], instances, groups)
    result = planned(world, cloud, hosts=names, max_hosts_at_once=4)
    assert sorted(sorted(wave["hosts"]) for wave in result["waves"]) == [
        ["a0", "a1", "a2", "a3"],
        ["b0", "b1", "b2", "b3"],
    ]


# --- bounds


def test_the_bound_of_waves_knows_the_room_there_is(world):
    """One spare host, all others full: one at a time, however many are allowed at once."""
    cloud = ring(world, 6, 4, 4)
    cloud["hosts"].append(world.host("spare", 4))
    figures = planned(world, cloud, hosts=[f"h{n:02}" for n in range(6)], max_hosts_at_once=6)["figures"]
    assert (figures["waves"], figures["waves_lower_bound"]) == (6, 6)


def test_the_bound_of_moves_knows_what_fits_on_hosts_outside_the_maintenance(world):
    cloud = ring(world, 4, 8, 6)
    cloud["hosts"].append(world.host("spare", 3))
    figures = planned(world, cloud, hosts=[f"h{n:02}" for n in range(4)])["figures"]
    assert (figures["moves"], figures["moves_lower_bound"]) == (24 + 3, 24 + 3)


# --- what stands in the way


def blocked_cloud(world):
    instances = [world.instance("x", "a", **LOCKED), world.instance("w", "a", 1), world.instance("y", "b")]
    return world.snapshot([*(world.host(name) for name in "abz"), world.host("dead", state="down")], instances)


@pytest.mark.parametrize(
    ("on_blocker", "choices", "skipped", "riding"),
    [
        ("stop", ["stop", "stop"], [], []),
        ("ask", ["ask", "ask"], [], []),
        ("skip_host", ["skip_host", "skip_host"], ["a", "dead"], []),
        ("ride_through", ["ride_through", "stop"], [], ["x"]),
    ],
)
def test_what_becomes_of_a_blocked_host_is_the_administrators_choice(world, on_blocker, choices, skipped, riding):
    result = planned(world, blocked_cloud(world), hosts=["a", "b", "dead"], on_blocker=on_blocker)
    assert [blocker["choice"] for blocker in result["blockers"]] == choices
    assert [blocker["choices"] for blocker in result["blockers"]] == [["skip_host", "ride_through"], ["skip_host"]]
    assert (result["skipped"], result["riding"]) == (skipped, riding)
    assert sorted(host for wave in result["waves"] for host in wave["hosts"]) == (["a", "b"] if riding else ["b"])
    if riding:
        assert [move["instance"] for wave in result["waves"] for move in wave["moves"] if move["from"] == "a"] == ["w"]


# --- room for all


def test_room_that_is_missing_later_is_asked_for_at_once(world):
    """The small host gets empty, but then the large one finds no room on it."""
    instances = [world.instance(f"b{n}", "b", 2) for n in range(3)]
    cloud = world.snapshot([world.host("a", 4), world.host("b", 8)], instances)
    result = planned(world, cloud)
    assert (result["room"]["need"], result["room"]["scale_in"]) == ("scale_in", {"p": 1})
    assert "b" in result["room"]["why"]
    without = {**cloud, "instances": instances[1:]}
    assert planned(world, without)["room"]["need"] == "none"


# --- time


def test_the_predicted_minutes_follow_window_recovery_lead_time_and_work(world):
    members = [world.instance(f"m{n}", "a", 1) for n in range(3)]
    constraints = {
        "instances": {one["id"]: {"group_id": "v", "lead_time": 120} for one in members},
        "groups": {"v": {"max_impacted_members": 1, "recovery_time": 30}},
    }
    cloud = world.snapshot([world.host("a"), world.host("z")], members, constraints=constraints)
    durations = {"move": 10, "moves": {"m1": 20}, "host": 60, "hosts": {"a": 300}, "wave": 6}
    result = planned(world, cloud, hosts=["a"], durations=durations)
    # Lead time 120, three members one after another with 30 seconds each to recover: 10 + 20 + 10 + 90, work 300.
    assert result["figures"]["minutes"] == pytest.approx((120 + 130 + 300) / 60, abs=0.1)
    loose = {"instances": {}, "groups": {}}
    result = planned(world, {**cloud, "constraints": loose}, hosts=["a"], durations=durations, max_moves=4, max_moves_per_host=2)
    # Two at a time for 40 seconds of moves on one host.
    assert result["figures"]["minutes"] == pytest.approx((6 + 20 + 300) / 60, abs=0.1)


def test_moves_of_a_long_chain_begin_first(world):
    members = [world.instance(f"m{n}", "a", 1) for n in range(3)]
    others = [world.instance("a-other", "a", 1)]
    constraints = {"instances": {one["id"]: {"group_id": "v"} for one in members}, "groups": {"v": {"max_impacted_members": 1}}}
    cloud = world.snapshot([world.host("a"), world.host("z")], [*others, *members], constraints=constraints)
    moves = planned(world, cloud, hosts=["a"])["waves"][0]["moves"]
    assert [move["instance"] for move in moves] == ["m0", "m1", "m2", "a-other"]


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "fastest"},
        {"on_blocker": "ignore"},
        {"max_moves": 0},
        {"durations": {"move": "soon"}},
        {"durations": {"move": -1}},
        {"durations": {"moving": 1}},
        {"durations": {"hosts": {"a": float("nan")}}},
    ],
)
def test_an_option_that_cannot_be_used_is_named(world, options):
    (name,) = options
    with pytest.raises(PlanError, match=name):
        plan(world.doctor(), options)


# --- as people read it


def test_operations_are_numbered_in_the_order_of_the_plan(world):
    lines = operations(planned(world, world.doctor(3, ("nonha-2b", "nonha-1b")), hosts=["compute-1", "compute-2", "compute-3"]))
    numbers = [int(line.split(".")[0]) for line in lines[:-1]]
    assert numbers == list(range(1, len(lines)))
    assert lines[0].startswith("1. make compute-2 empty first") or lines[0].startswith("1. make compute-3 empty first")
    assert sum(" move " in line for line in lines[:-1]) == 5
    assert sum("work on" in line for line in lines) == 3
    assert "3 waves (with so few moves no plan has fewer than 3), 5 moves (no plan has fewer than 5)" in lines[-1]


def test_operations_say_what_stands_in_the_way_and_what_to_remove(world):
    lines = operations(planned(world, blocked_cloud(world), hosts=["a", "b", "dead"]))
    assert any(line.startswith("in the way (stop): a x: instance name-x (x) is locked") for line in lines)
    lines = operations(planned(world, world.doctor()))
    assert lines[0].startswith("1. project p removes 2 instances; then plan again")
    assert lines[1] == "4 hosts; waves and moves are planned when the projects have made room"
