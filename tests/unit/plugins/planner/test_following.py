# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan that was made earlier, looked at again on the cloud as it is."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._planner import plan as planner
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.following import follow
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.snapshot import PlanError

SCHEMA = json.loads((Path(planner.__file__).parent / "plan_schema.json").read_text())
HOSTS = ["a", "b", "c"]


@pytest.fixture
def cloud(world):
    """Three hosts to maintain, one spare; each host holds one instance."""
    hosts = [world.host(name) for name in (*HOSTS, "spare")]
    return world.snapshot(hosts, [world.instance(f"on-{name}", name) for name in HOSTS])


def followed(world, made, cloud, **options):
    """What is left of the plan, which keeps the contract on the cloud as it is."""
    options = {"hosts": HOSTS, **options}
    left, changes = follow(made, cloud, options)
    if left is not None:
        jsonschema.validate(left, SCHEMA)
        world.check(cloud, {**options, "ride_through": left["riding"]}, left)
    return left, changes


def waves(record):
    return [(wave["hosts"], [(move["instance"], move["to"]) for move in wave["moves"]]) for wave in record["waves"]]


def carry_out(cloud, made, number):
    """The cloud after a wave."""
    after = copy.deepcopy(cloud)
    where = {move["instance"]: move["to"] for move in made["waves"][number]["moves"]}
    for one in after["instances"]:
        one["host"] = where.get(one["id"], one["host"])
    return after


def at(cloud, key):
    return next(one for one in cloud["instances"] if one["id"] == key)


def test_on_the_same_cloud_it_is_the_same_plan(world, cloud):
    made = plan(cloud, {"hosts": HOSTS})
    left, changes = followed(world, made, cloud)
    assert changes == []
    assert left["waves"] == made["waves"]
    assert left["figures"] == made["figures"]


def test_what_is_done_is_left_out_and_the_rest_stays(world, cloud):
    made = plan(cloud, {"hosts": HOSTS})
    first = made["waves"][0]["hosts"]
    left, changes = followed(world, made, carry_out(cloud, made, 0), done=first)
    assert changes == []
    assert waves(left) == waves(made)[1:]


def test_a_batch_gets_its_own_moves(world, cloud):
    made = plan(cloud, {"hosts": HOSTS})
    (done,), (batch,), (later,) = (wave["hosts"] for wave in made["waves"])
    left, _changes = followed(world, made, carry_out(cloud, made, 0), hosts=[batch], done=[done], later=[later])
    assert waves(left) == waves(made)[1:2]


def test_another_plan_than_the_planner_would_make_is_kept_to(world, cloud):
    made = plan(cloud, {"hosts": HOSTS, "seed": 5})
    assert made["waves"] != plan(cloud, {"hosts": HOSTS})["waves"]
    at(cloud, "on-a")["name"] = "renamed"
    left, _changes = followed(world, made, cloud)
    assert waves(left) == waves(made)


def test_what_is_gone_or_elsewhere_is_said_and_costs_nothing(world, cloud):
    made = plan(cloud, {"hosts": HOSTS})
    at(cloud, "on-c")["host"] = "spare"
    cloud["instances"].remove(at(cloud, "on-b"))
    left, changes = followed(world, made, cloud)
    assert left is not None
    elsewhere = "instance name-on-c (on-c) is not on c any more, but on spare"
    assert sorted(changes) == ["instance name-on-b (on-b) is gone", elsewhere]
    assert {move["instance"] for wave in left["waves"] for move in wave["moves"]} == {"on-a"}


def remove_host(world, cloud):
    cloud["hosts"].pop()


def disable_target(world, cloud):
    cloud["hosts"][-1]["status"] = "disabled"


def target_down(world, cloud):
    cloud["hosts"][-1]["state"] = "down"


def fill_target(world, cloud):
    cloud["instances"].append(world.instance("new", "spare", vcpus=3))


def new_instance(world, cloud):
    cloud["instances"].append(world.instance("new", "b", vcpus=1))


def lock(world, cloud):
    at(cloud, "on-b")["locked"] = True


def host_down(world, cloud):
    cloud["hosts"][1]["state"] = "down"


def grow(world, cloud):
    for key in ("on-a", "on-b", "on-c"):
        at(cloud, key)["vcpus"] = 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (remove_host, "there is no host spare any more"),
        (disable_target, "spare is disabled"),
        (target_down, "spare is down"),
        (fill_target, "spare is no place for it now (capacity)"),
        (new_instance, "the plan does not move instance name-new (new) away from it"),
        (lock, "instance name-on-b (on-b) is locked"),
        (host_down, "nova-compute on host b is down"),
    ],
)
def test_what_it_cannot_be_kept_to_because_of_is_named(world, cloud, change, words):
    made = plan(cloud, {"hosts": HOSTS})
    change(world, cloud)
    left, changes = followed(world, made, cloud)
    assert left is None
    assert words in changes[0]


def test_a_host_that_the_plan_does_not_know_needs_another_plan(world, cloud):
    made = plan(cloud, {"hosts": HOSTS[:2]})
    cloud["hosts"].append(world.host("new"))
    left, changes = follow(made, cloud, {"hosts": HOSTS})
    assert left is None
    assert changes[0] == "host c is to be maintained, and the plan says nothing of it"


def test_a_group_that_tolerates_less_than_before_is_seen(world):
    hosts = [world.host(name) for name in ("a", "b", "x", "y")]
    cloud = world.snapshot(
        hosts, [world.instance("1", "a"), world.instance("2", "b")], [world.group("g", ["1", "2"], "soft-anti-affinity")]
    )
    cloud["constraints"] = {"groups": {"g": {"max_impacted_members": 2}}}
    options = {"hosts": ["a", "b"], "max_hosts_at_once": 2}
    made = plan(cloud, options)
    assert len(made["waves"]) == 1
    cloud["constraints"]["groups"]["g"]["max_impacted_members"] = 1
    left, changes = follow(made, cloud, options)
    assert left is None
    assert "wave 1 would impact more members of group group-g than are tolerated now" in changes[0]


def test_the_moves_before_the_first_wave_are_made_once(world):
    cloud = world.doctor(4, ("nonha-3b", "nonha-2b"))
    names = [one["name"] for one in cloud["hosts"]]
    made = plan(cloud, {"hosts": names})
    assert made["room"]["need"] == "prepare"
    left, changes = followed(world, made, cloud, hosts=names)
    assert (left["room"], changes) == (made["room"], [])
    for move in made["room"]["moves"]:
        at(cloud, move["instance"])["host"] = move["to"]
    left, changes = followed(world, made, cloud, hosts=names)
    assert (left["room"]["need"], changes) == ("none", [])
    assert waves(left) == waves(made)


def test_an_instance_that_came_back_to_the_first_host_does_not_leave_it_again(world):
    cloud = world.doctor(4, ("nonha-3b", "nonha-2b"))
    names = [one["name"] for one in cloud["hosts"]]
    made = plan(cloud, {"hosts": names})
    first = made["room"]["host"]
    assert made["room"]["moves"]
    at(cloud, "ha-0a")["name"] = "renamed"
    left, changes = follow(made, cloud, {"hosts": [], "done": [first]})
    assert (left["room"]["need"], changes) == ("none", [])


def test_a_host_that_was_put_off_takes_nothing_yet(world):
    cloud = world.doctor(3, ("nonha-2a", "nonha-2b"))
    made = plan(cloud, {})
    first = made["waves"][0]["hosts"]
    second = made["waves"][1]
    assert {move["to"] for move in second["moves"]} == set(first)
    cloud["instances"][0]["name"] = "renamed"
    left, changes = follow(made, cloud, {"hosts": second["hosts"], "later": first})
    assert left is None
    assert f"{first[0]} is not maintained by then" in changes[0]


def test_a_plan_that_asks_for_scaling_in_is_made_again_afterwards(world):
    cloud = world.doctor(4)
    made = plan(cloud, {})
    assert made["room"]["need"] == "scale_in"
    assert follow(made, cloud, {}) == (None, [])


@pytest.mark.parametrize("made", [{}, {"schema": 1}, {"schema": 2}, {"schema": 2, "waves": 3, "digest": ""}])
def test_what_is_no_plan_is_refused_in_a_sentence(cloud, made):
    with pytest.raises(PlanError, match="plan to follow"):
        follow(made, cloud, {"hosts": HOSTS})


@pytest.mark.parametrize("seed", range(40))
def test_on_a_cloud_that_has_changed_anyhow_it_holds_or_says_why(world, seed):
    """Whatever happens to the cloud: what is returned keeps the contract there, as the checker sees it."""
    chance = random.Random(seed)  # noqa: S311 (the same cloud each time)
    names = [f"h{number}" for number in range(chance.randint(3, 6))]
    hosts = [world.host(name, vcpus=chance.choice([4, 8])) for name in names]
    room = {one["name"]: one["vcpus"] for one in hosts}
    instances = []
    for number in range(chance.randint(1, 2 * len(names))):
        on, size = chance.choice(names), chance.choice([1, 2])
        if room[on] >= size:
            room[on] -= size
            instances.append(world.instance(f"i{number}", on, vcpus=size))
    cloud = world.snapshot(hosts, instances)
    options = {"hosts": names[:-1], "max_hosts_at_once": chance.choice([1, 2])}
    made = plan(cloud, options)
    for _change in range(chance.randint(1, 3)):
        one = chance.choice(cloud["instances"] or [None])
        kind = chance.choice(["gone", "moved", "new", "grown", "disabled"])
        if kind == "gone" and one:
            cloud["instances"].remove(one)
        elif kind == "moved" and one:
            free = [host for host in names if fits(cloud, host, one["vcpus"])]
            one["host"] = chance.choice([one["host"], *free])
        elif kind == "new":
            free = [host for host in names if fits(cloud, host, 1)]
            if free:
                cloud["instances"].append(world.instance(f"new{_change}", chance.choice(free), vcpus=1))
        elif kind == "grown" and one and fits(cloud, one["host"], 1):
            one["vcpus"] += 1
        elif kind == "disabled":
            cloud["hosts"][-1]["status"] = "disabled"
    left, changes = followed(world, made, cloud, **options)
    assert left is not None or changes


def fits(cloud, host, vcpus):
    capacity = next(one["vcpus"] for one in cloud["hosts"] if one["name"] == host)
    return capacity - sum(one["vcpus"] for one in cloud["instances"] if one["host"] == host) >= vcpus
