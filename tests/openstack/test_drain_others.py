# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_drain on the real Nova while others do what they like with the same servers.

A target that dies is found out by Nova after a minute: that drain runs beside the other tests, on hosts of its own.
"""

from __future__ import annotations

import typing as t

import pytest
from guests import Guests
from module_runs import ModuleRuns, Record, Running, told
from services_under_test import OpenStack

from tests.waiting import until

A, B, C, DYING = "compute-1", "compute-2", "compute-3", "compute-4"
QUICK = {"poll_interval": 0.5, "busy_timeout": 60}


@pytest.fixture(scope="module", autouse=True)
def to_a_dying_host(runs: ModuleRuns, guests: Guests, openstack: OpenStack) -> t.Iterator[tuple[str, Running]]:
    """A drain whose target has just died, which Nova does not know yet; the last test waits for its end."""
    server = guests.add("unlucky", C)
    openstack.service("kill", DYING)
    move = {"instance": server, "name": "unlucky", "from": C, "to": DYING, "ways": ["live", "cold"]}
    try:
        yield server, runs.start("host_drain", moves=[move], hosts=[C], live_timeout=150, cold_timeout=150)
    finally:
        openstack.service("start", DYING)
        until(f"nova-compute on {DYING} to be up again", lambda: guests.is_up(DYING), limit=120)


def move(server: str, ways: t.Sequence[str] = ("live", "cold"), to: str | None = B) -> Record:
    """A move away from the first host."""
    return {"instance": server, "name": "x", "from": A, "to": to, "ways": [*ways]}


def test_what_is_deleted_on_its_way_is_gone(runs: ModuleRuns, guests: Guests):
    ways = {guests.add(f"deleted-{way}", A): way for way in ("live", "cold")}
    drain = runs.start("host_drain", moves=[move(server, [way]) for server, way in ways.items()], hosts=[A], **QUICK)
    for server in ways:
        assert guests.until_busy(server)
        guests.nova.delete(f"/servers/{server}")
    assert {one["instance"] for one in drain.result()["host_drain"]["gone"]} == set(ways)
    guests.delete(*ways)


def test_others_can_neither_stop_nor_move_what_is_on_its_way_but_they_can_lock_it(runs: ModuleRuns, guests: Guests):
    server = guests.add("wanted", A)
    drain = runs.start("host_drain", moves=[move(server, ["cold"])], hosts=[A], **QUICK)
    assert guests.until_busy(server)
    assert [guests.act(server, action) for action in ("os-stop", "migrate", "lock")] == [409, 409, 202]
    assert drain.result()["host_drain"]["moved"][0]["how"] == "cold"
    assert guests.where(server) == (B, "ACTIVE")
    guests.delete(server)


@pytest.mark.parametrize(("action", "value", "how"), [
    ("os-migrateLive", {"host": C, "block_migration": "auto"}, None), ("migrate", {"host": C}, "cold"),
])
def test_what_somebody_else_moves_first_is_waited_for(
    runs: ModuleRuns, guests: Guests, action: str, value: Record, how: str | None
):
    """It is not moved again, and their cold migration away from the host is confirmed like ours."""
    server = guests.add("theirs", A)
    assert guests.act(server, action, value) == 202
    [moved] = runs.run("host_drain", moves=[move(server)], hosts=[A], **QUICK)["host_drain"]["moved"]
    assert (moved["to"], moved["how"]) == (C, how)
    assert guests.where(server) == (C, "ACTIVE")
    guests.delete(server)


def test_what_is_put_into_error_on_its_way_has_failed(runs: ModuleRuns, guests: Guests):
    server = guests.add("hit", A)
    drain = runs.start("host_drain", moves=[move(server, ["live"])], hosts=[], **QUICK)
    assert guests.until_busy(server)
    assert guests.act(server, "os-resetState", {"state": "error"}) == 202
    assert "it is in state ERROR" in told(drain.result())
    guests.delete(server)


def test_a_server_that_somebody_puts_on_the_host_meanwhile_is_named(runs: ModuleRuns, guests: Guests):
    first = guests.add("first", A)
    drain = runs.start("host_drain", moves=[move(first, ["cold"])], hosts=[A], **QUICK)
    guests.until_busy(first)
    late = guests.add("late", A)
    result = drain.result()
    assert f"Host {A} is not empty: guest-late ({late}): " in told(result)
    assert f"openstack server show {late}" in told(result)
    assert [one["instance"] for one in result["failure"]["moved"]] == [first]
    again = runs.run("host_drain", moves=[move(late)], hosts=[A], **QUICK)
    assert [one["instance"] for one in again["host_drain"]["moved"]] == [late]
    guests.delete(first, late)


def test_a_target_that_has_died_fails_the_move_and_leaves_the_server(
    to_a_dying_host: tuple[str, Running], guests: Guests
):
    server, drain = to_a_dying_host
    text = told(drain.result(limit=240))
    assert f"Host {C} is not empty" in text
    assert f"unlucky ({server}) failed: " in text
    assert DYING in text.partition("failed: ")[2].partition("Next: ")[0], "the host that died is named"
    assert "Next: " in text
    # Nova itself gives the migration up once the host has not answered for a minute.
    guests.until(server, "ACTIVE", limit=90)
    assert guests.where(server)[0] == C
