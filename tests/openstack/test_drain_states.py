# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_drain on the real Nova: servers in every state a server may be in.

All moves are started together here, so that one drain shows what becomes of each.
"""

from __future__ import annotations

import typing as t

import pytest
from guests import NETWORK, PREFIX, Guests
from module_runs import ModuleRuns, Record, told

A, B, C, D = "compute-1", "compute-2", "compute-3", "compute-4"
TOGETHER = {"max_total": 20, "max_per_host": 20, "poll_interval": 0.5, "hosts": []}
BOTH = ("live", "cold")

# Name, what is done to the server (state after it, action, its value), the ways of its move, what becomes of it.
MOVED: dict[str, tuple[tuple[t.Any, ...] | None, tuple[str, ...], str, str]] = {
    "locked": (("ACTIVE", "lock", None), BOTH, "live", "ACTIVE"),
    "paused": (("PAUSED", "pause", None), BOTH, "live", "PAUSED"),
    "stopped": (("SHUTOFF", "os-stop", None), BOTH, "cold", "SHUTOFF"),
    "cold": (None, ("cold",), "cold", "ACTIVE"),
    "lost": (None, BOTH, "cold", "ACTIVE"),
}
STUCK: dict[str, tuple[tuple[t.Any, ...] | None, tuple[str, ...], str, str]] = {
    "suspended": (("SUSPENDED", "suspend", None), BOTH, "it is in state SUSPENDED", "openstack server resume {}"),
    "rescued": (("RESCUE", "rescue", {}), BOTH, "it is in state RESCUE", "openstack server unrescue {}"),
    "broken": (
        ("ERROR", "os-resetState", {"state": "error"}), BOTH, "it is in state ERROR", "openstack server set --state active {}",
    ),
    "paused-cold": (("PAUSED", "pause", None), ("cold",), "cold: not possible in state PAUSED", "openstack server unpause {}"),
    "lost-live": (None, ("live",), "Cannot live migrate while the instance is in this state", "openstack server migration list"),
}


def move(server: str, to: str | None, ways: t.Sequence[str] = BOTH, name: str = "x", source: str = A) -> Record:
    """A move away from a host."""
    return {"instance": server, "name": name, "from": source, "to": to, "ways": [*ways]}


@pytest.fixture(scope="module")
def states(runs: ModuleRuns, guests: Guests) -> t.Iterator[tuple[dict[str, str], Record]]:
    """One drain of two hosts with servers in all states: their ids, and how it ended."""
    cases = {**MOVED, **STUCK}
    network = guests.cloud.network.create_network(name=NETWORK)
    guests.cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.55.0.0/24")
    port = guests.cloud.network.create_port(network_id=network.id, name=f"{PREFIX}port").id
    ids = {name: guests.add(name, C if name in STUCK else A, wait=False) for name in (*cases, "shelved", "deleted")}
    ids["wired"] = guests.add("wired", A, wait=False, networks=[{"port": port}])
    for server in ids.values():
        guests.until(server, "ACTIVE")
    changes = {name: case[0] for name, case in cases.items() if case[0]} | {"shelved": ("SHELVED_OFFLOADED", "shelve", None)}
    for name, (_state, action, value) in changes.items():
        assert guests.act(ids[name], action, value) in (200, 202), name
    for name, (state, *_action) in changes.items():
        guests.until(ids[name], state)
    guests.lose_guest(ids["lost"])
    guests.lose_guest(ids["lost-live"])
    guests.delete(ids["deleted"])
    ways = {name: case[1] for name, case in cases.items()}
    routes = {name: (C, D) if name in STUCK else (A, B) for name in ids}
    moves = [move(server, routes[name][1], ways.get(name, BOTH), name, routes[name][0]) for name, server in ids.items()]
    yield ids, runs.run("host_drain", moves=moves, **TOGETHER)
    guests.delete(*(server for name, server in ids.items() if name != "deleted"))


def by_instance(result: Record, what: str) -> dict[str, Record]:
    """One list of an outcome."""
    return {one["instance"]: one for one in result["failure"][what]}


@pytest.mark.parametrize("name", MOVED)
def test_what_can_be_moved_comes_to_rest_as_it_was(states: tuple[dict[str, str], Record], guests: Guests, name: str):
    ids, result = states
    _change, _ways, how, status = MOVED[name]
    found = by_instance(result, "moved")[ids[name]]
    assert (found["to"], found["how"]) == (B, how)
    assert guests.where(ids[name]) == (B, status)


@pytest.mark.parametrize("name", STUCK)
def test_what_cannot_be_moved_says_why_and_what_to_do(states: tuple[dict[str, str], Record], guests: Guests, name: str):
    ids, result = states
    _change, _ways, reason, remedy = STUCK[name]
    found = by_instance(result, "failed")[ids[name]]
    assert reason in found["reason"]
    assert remedy.format(ids[name]) in found["remedy"]
    assert (guests.where(ids[name])[0], found["host"]) == (C, C)


def test_what_is_on_no_host_any_more_is_gone(states: tuple[dict[str, str], Record]):
    ids, result = states
    assert set(by_instance(result, "gone")) == {ids["shelved"], ids["deleted"]}


def test_a_port_goes_with_its_server(states: tuple[dict[str, str], Record], guests: Guests):
    ids, result = states
    assert ids["wired"] in by_instance(result, "moved")
    [port] = guests.cloud.network.ports(device_id=ids["wired"])
    assert port.binding_host_id == B


def test_all_of_it_is_in_the_message(states: tuple[dict[str, str], Record]):
    ids, result = states
    assert told(result).startswith(f"Host {C} is not empty: ")
    for name in STUCK:
        assert f"{name} ({ids[name]}) failed: " in result["msg"]
    assert result["failure"]["changed"] is True
    assert result["failure"]["remaining"] == []
