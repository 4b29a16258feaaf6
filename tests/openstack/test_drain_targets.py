# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_drain on the real Nova: hosts that cannot take a server, hosts that nothing can be taken from, and what a drain costs."""

from __future__ import annotations

import typing as t

from guests import PREFIX, Guests
from module_runs import ModuleRuns, Record, told

A, B, C, D = "compute-1", "compute-2", "compute-3", "compute-4"
TOGETHER = {"max_total": 20, "max_per_host": 20, "poll_interval": 0.5, "hosts": []}
BOTH = ("live", "cold")


def move(server: str, to: str | None, ways: t.Sequence[str] = BOTH, name: str = "x") -> Record:
    """A move away from the first host."""
    return {"instance": server, "name": name, "from": A, "to": to, "ways": [*ways]}


def test_targets_that_cannot_take_a_server(runs: ModuleRuns, guests: Guests):
    """One is full, one disabled, one down (and holds what it has), one does not exist, and there is no other."""
    targets = {"full": C, "disabled": D, "down": B, "unknown": "compute-99", "any": None}
    servers = {name: guests.add(name, A, wait=False) for name in targets}
    stranded = guests.add("stranded", B, wait=False)
    filling = [guests.add(f"filling-{number}", C, "half-host", wait=False) for number in range(2)]
    for server in (stranded, *servers.values(), *filling):
        guests.until(server, "ACTIVE")
    guests.set_host(D, status="disabled", disabled_reason="a new disk")
    guests.set_host(B, forced_down=True)
    runs.wire.mark()
    moves = [move(servers[name], target, ("cold",) if target is None else BOTH, name) for name, target in targets.items()]
    moves.append({**move(stranded, None, ("cold",), "stranded"), "from": B})
    result = runs.run("host_drain", moves=moves, **TOGETHER)
    reasons = {one["name"]: one["reason"] for one in result["failure"]["failed"]}
    assert set(reasons) == {*targets, "stranded"}
    for name in ("full", "disabled", "down"):
        assert "live: conductor_live_migrate_instance: No valid host was found" in reasons[name]
        assert "cold: cold_migrate: No valid host was found" in reasons[name]
    assert "Compute host compute-99 could not be found" in reasons["unknown"]
    assert "cold: cold_migrate: No valid host was found" in reasons["any"], "it was answered 202, and the server is ACTIVE again"
    for words in (
        f"The target {D} is disabled (a new disk)", f"nova-compute on the target {B} is down (forced)",
        "There is no target host compute-99", f"nova-compute on {B} is down (forced)", f"openstack server evacuate {stranded}",
    ):
        assert words in told(result)
    assert "HTTP 409: Service is unavailable at this time" in reasons["stranded"]
    assert {guests.where(server) for server in servers.values()} == {(A, "ACTIVE")}
    guests.set_host(B, forced_down=False)
    guests.set_host(D, status="enabled")
    guests.delete(stranded, *servers.values(), *filling)


def test_a_host_that_nova_does_not_know(runs: ModuleRuns):
    assert "There is no nova-compute service on host compute-99" in told(runs.run("host_drain", hosts=["compute-99"]))


def test_anti_affinity_refuses_a_target(runs: ModuleRuns, guests: Guests):
    group = guests.nova.create_server_group(name=f"{PREFIX}pair", policy="anti-affinity").id
    one, other = (guests.add(f"pair-{host}", host, hints={"group": group}) for host in (A, B))
    refused = runs.run("host_drain", moves=[move(one, B)], hosts=[A])
    assert "No valid host was found" in told(refused)
    assert guests.where(one) == (A, "ACTIVE")
    moved = runs.run("host_drain", moves=[move(one, None)], hosts=[A])
    assert moved["host_drain"]["moved"][0]["to"] in (C, D)
    assert guests.where(one)[0] in (C, D)
    guests.delete(one, other)


def test_what_an_owner_resizes_is_not_confirmed_and_what_a_killed_run_left_is(runs: ModuleRuns, guests: Guests):
    resized, left = guests.add("resized", A), guests.add("left", A)
    assert guests.act(left, "migrate", {"host": B}) == 202
    assert guests.act(resized, "resize", {"flavorRef": guests.flavor("small")}) == 202
    for server in (resized, left):
        guests.until(server, "VERIFY_RESIZE")
    result = runs.run("host_drain", moves=[], hosts=[A], poll_interval=0.5)
    # The scheduler may have left it where it was: either way the host still holds a disk of it.
    assert f"guest-resized ({resized})" in told(result)
    assert "VERIFY_RESIZE" in told(result)
    assert guests.where(left) == (B, "ACTIVE")
    assert guests.where(resized)[1] == "VERIFY_RESIZE"
    guests.delete(resized, left)


def test_what_a_drain_costs(runs: ModuleRuns, guests: Guests):
    """One order a move and one list a poll; reading the servers of the host before and after, and what was left behind."""
    servers = [guests.add(f"one-of-six-{number}", A, wait=False) for number in range(6)]
    for server in servers:
        guests.until(server, "ACTIVE")
    runs.wire.mark()
    moves = [move(server, B, ["live"]) for server in servers]
    result = runs.run("host_drain", moves=moves, hosts=[A], max_per_host=3)["host_drain"]
    calls = [call for call in runs.wire.calls("nova-api") if call.rstrip("/") != "GET /v2.1"]
    assert len(result["moved"]) == 6
    orders = [call for call in calls if call.startswith("POST")]
    polls = [call for call in calls if "changes-since" in call]
    assert len(orders) == 6
    services = [call for call in calls if "os-services" in call]
    assert len(services) <= result["seconds"] / 10, "now and then, whether source and target are up"
    leaving = [call for call in calls if "os-migrations" in call and "status=running" in call]
    assert 1 <= len(leaving) <= result["seconds"] + 12, "until the host is through with the last of them, one a second"
    beside = len(calls) - len(orders) - len(polls) - len(services) - len(leaving)
    assert beside == 3, "the servers of the host before and after, and its cold migrations"
    assert len(polls) <= result["seconds"] + 12, "one a second, more often after each start"
    guests.delete(*servers)
