# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances want of a host beyond room: traits, aggregates, devices, places inside it; what keeps them where they are."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._planner.plan import plan


def planned(world, cloud, **options):
    """A plan that keeps the contract."""
    result = plan(cloud, options)
    world.check(cloud, options, result)
    return result


def target(world, hosts, instances, **more):
    """Where x goes when host a is maintained; None when it goes nowhere."""
    cloud = {**world.snapshot(hosts, instances), **more}
    waves = planned(world, cloud, hosts=["a"])["waves"]
    return next((move["to"] for wave in waves for move in wave["moves"] if move["instance"] == "x"), None)


def wants(**specs):
    return {"extra_specs": {key.replace("__", ":"): value for key, value in specs.items()}}


# --- traits and aggregates


def test_a_required_trait_decides_about_the_target(world):
    x = world.instance("x", "a", **wants(trait__HW_CPU_X86_AVX2="required"))
    hosts = [world.host("a", traits=["HW_CPU_X86_AVX2"]), world.host("b"), world.host("c", traits=["HW_CPU_X86_AVX2"])]
    assert target(world, hosts, [x]) == "c"
    assert target(world, hosts[:2], [x]) is None


def test_a_forbidden_trait_decides_too(world):
    x = world.instance("x", "a", **wants(trait__CUSTOM_OLD="forbidden"))
    assert target(world, [world.host("a"), world.host("b", traits=["CUSTOM_OLD"]), world.host("c")], [x]) == "c"


def test_a_missing_trait_is_named(world):
    x = world.instance("x", "a", **wants(trait__CUSTOM_FAST="required"))
    cloud = world.snapshot([world.host("a", traits=["CUSTOM_FAST"]), world.host("b")], [x])
    result = planned(world, cloud, hosts=["a"])
    assert result["room"]["need"] == "blocked"
    assert "trait CUSTOM_FAST" in result["blockers"][0]["reason"]


def test_an_aggregate_that_is_reserved_takes_nothing_else(world):
    aggregates = [{"name": "gold", "hosts": ["b"], "metadata": {"trait:CUSTOM_GOLD": "required"}}]
    hosts = [world.host("a"), world.host("b", traits=["CUSTOM_GOLD"]), world.host("c")]
    assert target(world, hosts, [world.instance("x", "a")], aggregates=aggregates) == "c"
    gold = world.instance("x", "a", **wants(trait__CUSTOM_GOLD="required"))
    assert target(world, hosts, [gold], aggregates=aggregates) == "b"


def test_an_aggregates_metadata_are_asked_for_by_the_flavor(world):
    x = world.instance("x", "a", **wants(aggregate_instance_extra_specs__ssd="true"))
    hosts = [world.host(name) for name in "abc"]
    aggregates = [
        {"name": "ssd", "hosts": ["c"], "metadata": {"ssd": "true"}},
        {"name": "no", "hosts": ["b"], "metadata": {"ssd": "no"}},
    ]
    assert target(world, hosts, [x], aggregates=aggregates) == "c"


def test_another_cell_is_no_target(world):
    hosts = [world.host("a", cell="one"), world.host("b", cell="two"), world.host("c", cell="one")]
    assert target(world, hosts, [world.instance("x", "a")]) == "c"


# --- what is counted, and what is not


def test_devices_that_placement_counts_are_counted(world):
    specs = wants(resources__CUSTOM_FPGA="1")
    instances = [world.instance("x", "a", **specs), world.instance("y", "b", 1, **specs)]
    hosts = [world.host("a"), world.host("b", resources={"CUSTOM_FPGA": 1}), world.host("c", resources={"CUSTOM_FPGA": 1})]
    assert target(world, hosts, instances) == "c"


def test_dedicated_cpus_go_where_placement_has_them(world):
    x = world.instance("x", "a", **wants(hw__cpu_policy="dedicated"))
    assert (
        target(world, [world.host("a"), world.host("b", resources={"PCPU": 1}), world.host("c", resources={"PCPU": 2})], [x])
        == "c"
    )


@pytest.mark.parametrize("spec", ["hw:numa_nodes", "hw:mem_page_size", "pci_passthrough:alias"])
def test_a_place_inside_the_host_is_there_on_an_equal_free_host_only(world, spec):
    instances = [world.instance("x", "a", 1, extra_specs={spec: "2"}), world.instance("w", "a", 1)]
    larger, used, equal = world.host("b", 8), world.host("c"), world.host("d")
    stranger = world.instance("y", "c", 1)
    hosts = [world.host("a"), larger, used]
    assert target(world, hosts, [*instances, stranger]) is None
    assert target(world, [*hosts, equal], [*instances, stranger]) == "d"


def test_what_was_together_has_its_places_together_elsewhere(world):
    numa = wants(hw__numa_nodes="1")
    instances = [world.instance(f"x{n}", "a", 2, **numa) for n in range(2)]
    cloud = world.snapshot([world.host("a"), world.host("b")], instances)
    result = planned(world, cloud, hosts=["a"])
    assert {move["to"] for move in result["waves"][0]["moves"]} == {"b"}
    instances = [world.instance("x0", "a", 2, **numa), world.instance("x1", "c", 2, **numa)]
    cloud = world.snapshot([world.host(name) for name in "abc"], instances)
    result = planned(world, cloud, hosts=["a", "c"])
    assert {move["instance"]: move["to"] for wave in result["waves"] for move in wave["moves"]} == {"x0": "b", "x1": "a"}


# --- what cannot be live-migrated, or not at all


def test_what_cannot_be_live_migrated_is_moved_cold_where_that_is_allowed(world):
    device = wants(pci_passthrough__alias="nic:1")
    for more in (device, {"tags": ["maintenance:no-live"]}):
        cloud = world.snapshot([world.host("a"), world.host("b")], [world.instance("x", "a", **more)])
        assert planned(world, cloud, hosts=["a"])["waves"][0]["moves"][0]["ways"] == ["cold"]
        result = planned(world, cloud, hosts=["a"], ways={"x": ["live"]})
        assert "cannot be live-migrated" in result["blockers"][0]["reason"]
        assert "allow cold" in result["blockers"][0]["remedy"]


def test_an_owners_tag_keeps_the_instance_where_it_is(world):
    x = world.instance("x", "a", tags=["maintenance:no-move"])
    cloud = world.snapshot([world.host("a"), world.host("b")], [x])
    result = planned(world, cloud, hosts=["a"])
    assert "tag maintenance:no-move" in result["blockers"][0]["reason"]
    assert planned(world, cloud, hosts=["a"], ways={"x": []})["blockers"] == []


def test_a_server_in_a_cell_that_does_not_answer_is_a_blocker_without_a_host(world):
    cloud = {**world.snapshot([world.host("a"), world.host("b")]), "unseen": [{"id": "x"}]}
    for on_blocker, choice in (("skip_host", "stop"), ("ride_through", "stop"), ("ask", "ask")):
        result = planned(world, cloud, hosts=["a"], on_blocker=on_blocker)
        (blocker,) = result["blockers"]
        assert (blocker["host"], blocker["instance"], blocker["choice"]) == (None, "x", choice)
        assert (result["riding"], result["skipped"]) == ([], [])
    assert "cell" in blocker["reason"]
