# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the snapshot says, beside what Nova and Placement say about each host; and a plan on it that Nova accepts move by move."""

from __future__ import annotations

import typing as t

import pytest
from guests import PREFIX, READ, Guests
from module_runs import ModuleRuns, Record
from services_under_test import OpenStack

ZONE = f"{PREFIX}zone"
PLACEMENT = "1.29"
RESOURCES = {"vcpus": "VCPU", "memory_mb": "MEMORY_MB", "disk_gb": "DISK_GB"}


@pytest.fixture(scope="module")
def guests(openstack: OpenStack) -> t.Iterator[Guests]:
    """A host with some servers, one that is full to the last MiB, one in a zone of its own, a migration that is not confirmed."""
    made = Guests(openstack)
    nova = made.nova
    try:
        tidy(made)
        zone = nova.create_aggregate(name=ZONE, availability_zone=ZONE)
        nova.add_host_to_aggregate(zone, "compute-4")
        group = nova.create_server_group(name=f"{PREFIX}pair", policy="anti-affinity").id
        pair = [made.add(f"pair-{host[-1]}", host, wait=False, hints={"group": group}) for host in ("compute-1", "compute-4")]
        full = [made.add(f"full-{number}", "compute-3", "half-host", wait=False) for number in range(2)]
        small, halfway = made.add("small", "compute-1", "small", wait=False), made.add("halfway", "compute-2", wait=False)
        for server in (*pair, *full, small, halfway):
            made.until(server, "ACTIVE")
        made.bring(halfway, "VERIFY_RESIZE", "migrate", {"host": "compute-1"})
        yield made
    finally:
        tidy(made)


def tidy(guests: Guests) -> None:
    """Remove the zone too."""
    guests.tidy()
    for one in guests.nova.aggregates():
        if one.name == ZONE:
            for host in one.hosts or ():
                guests.nova.remove_host_from_aggregate(one, host)
            guests.nova.delete_aggregate(one)


def snapshot(runs: ModuleRuns) -> Record:
    """The module's answer."""
    return t.cast("Record", runs.run("maintenance_snapshot_info")["maintenance_snapshot"])


def placement(guests: Guests) -> dict[str, Record]:
    """By host, what Placement holds as capacity and use."""
    session = guests.cloud.session
    found = {}

    def read(path: str) -> Record:
        where = {"service_type": "placement", "region_name": "RegionOne"}
        return t.cast("Record", session.get(path, endpoint_filter=where, microversion=PLACEMENT).json())

    for provider in read("/resource_providers")["resource_providers"]:
        held, used = (read(f"/resource_providers/{provider['uuid']}/{what}")[what] for what in ("inventories", "usages"))
        found[provider["name"]] = {f"{key}_used": used[name] for key, name in RESOURCES.items()} | {
            key: int((held[name]["total"] - held[name]["reserved"]) * held[name]["allocation_ratio"])
            for key, name in RESOURCES.items()
        }
    return found


def amounts(snapshot: Record) -> dict[str, Record]:
    """The same of the snapshot."""
    keys = [*RESOURCES, *(f"{key}_used" for key in RESOURCES)]
    return {host["name"]: {key: host[key] for key in keys} for host in snapshot["hosts"]}


def test_it_says_what_nova_and_placement_say(runs: ModuleRuns, guests: Guests):
    found = snapshot(runs)
    assert amounts(found) == placement(guests)
    assert {host["name"]: host["zone"] for host in found["hosts"]} == {
        "compute-1": "nova", "compute-2": "nova", "compute-3": "nova", "compute-4": ZONE,
    }
    servers = {one["id"]: one for one in guests.nova.get("/servers/detail?all_tenants=1", microversion=READ).json()["servers"]}
    assert {one["id"]: (one["host"], one["status"]) for one in found["instances"]} == {
        key: (one["OS-EXT-SRV-ATTR:host"], one["status"]) for key, one in servers.items()
    }
    grouped = [one["id"] for one in found["instances"] if one["group"]]
    [group] = [one for one in found["groups"] if one["name"] == f"{PREFIX}pair"]
    assert (sorted(grouped), group["policy"]) == (sorted(group["members"]), "anti-affinity")
    states = {one["name"].removeprefix(PREFIX): one["status"] for one in found["instances"]}
    assert states["halfway"] == "VERIFY_RESIZE"
    assert [host for host, room in amounts(found).items() if room["memory_mb"] == room["memory_mb_used"]] == ["compute-3"]


def test_it_takes_few_calls(runs: ModuleRuns, guests: Guests):
    runs.wire.mark()
    snapshot(runs)
    calls = [call.split("?")[0].rstrip("/") for call in runs.wire.calls("nova-api")]
    assert sorted(call for call in calls if call != "GET /v2.1") == [
        "GET /v2.1/os-hypervisors/detail", "GET /v2.1/os-server-groups", "GET /v2.1/os-server-groups", "GET /v2.1/os-services",
        "GET /v2.1/servers/detail",
    ]
    asked = [call for call in runs.wire.calls("placement-api") if "allocation_candidates" in call or "/usages" in call]
    assert len(asked) == 2, "one for all hosts, one more for the full one"
    assert runs.wire.writes() == []


def test_it_is_right_immediately_after_a_deletion_and_a_migration(runs: ModuleRuns, guests: Guests):
    """Nova's own figures for a host lag behind by up to a minute."""
    extra = guests.add("extra", "compute-2", "big")
    guests.bring(extra, "VERIFY_RESIZE", "migrate", {"host": "compute-1"})
    both = amounts(snapshot(runs))
    assert both == placement(guests)
    assert guests.act(extra, "confirmResize") == 204
    guests.until(extra, "ACTIVE")
    moved = amounts(snapshot(runs))
    assert both["compute-2"]["vcpus_used"] - moved["compute-2"]["vcpus_used"] == 4, "the old host is free of it"
    guests.delete(extra)
    gone = amounts(snapshot(runs))
    assert moved["compute-1"]["vcpus_used"] - gone["compute-1"]["vcpus_used"] == 4
    assert gone == placement(guests)


def test_nova_accepts_the_moves_of_a_plan(runs: ModuleRuns, guests: Guests):
    """No zone and no group is violated, and there is the room that the plan counts on."""
    [halfway] = [server for server in guests.on_host("compute-1") if guests.where(server)[1] == "VERIFY_RESIZE"]
    assert guests.act(halfway, "confirmResize") == 204
    guests.until(halfway, "ACTIVE")
    plan = runs.run("maintenance_plan", cloud=None, snapshot=snapshot(runs), hosts=["compute-1"])["maintenance_plan"]
    assert (plan["blockers"], plan["room"]["need"]) == ([], "none"), plan
    [wave] = plan["waves"]
    planned = {move["instance"]: move["to"] for move in wave["moves"]}
    assert set(planned) == set(guests.on_host("compute-1"))
    assert set(planned.values()) == {"compute-2"}, "compute-3 is full, compute-4 is in another zone"
    drained = runs.run("host_drain", moves=wave["moves"], hosts=wave["hosts"])["host_drain"]
    assert {one["instance"]: one["to"] for one in drained["moved"]} == planned
    assert {server: guests.where(server) for server in planned} == dict.fromkeys(planned, ("compute-2", "ACTIVE"))
