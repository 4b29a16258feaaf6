# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""compute_host and its twin on the real Nova: a host out of service and back, a host of others, a host that is down."""

from __future__ import annotations

import typing as t

import pytest
from guests import Guests
from module_runs import ModuleRuns, Record, task, told
from services_under_test import OpenStack

OURS, OTHERS, DOWN, UNKNOWN = "compute-1", "compute-2", "compute-3", "compute-99"
SESSION = "5b7a2c1e-0001-4000-8000-000000000001"
REASON = f"nfv.maintenance session {SESSION}: a new kernel"
FAN = "a broken fan"
OUT: Record = {"state": "out_of_service", "session_id": SESSION, "reason": "a new kernel"}
IN: Record = {"state": "in_service", "session_id": SESSION}


def enable(host: str) -> str:
    """The command that a refusal ends with."""
    return f"openstack compute service set --enable {host} nova-compute"


@pytest.fixture(scope="module")
def hosts(openstack: OpenStack) -> t.Iterator[Guests]:
    """One host that others disabled, one of ours that is down, one in service; all are in service afterwards."""
    found = Guests(openstack)
    try:
        found.tidy()
        found.set_host(OTHERS, status="disabled", disabled_reason=FAN)
        found.set_host(DOWN, status="disabled", disabled_reason=REASON)
        found.set_host(DOWN, forced_down=True)
        yield found
    finally:
        found.tidy()


@pytest.fixture(scope="module")
def idle(runs: ModuleRuns, hosts: Guests) -> tuple[list[Record], list[str]]:
    """What reads, what is refused and what only would be done; and the writes on the wire."""
    runs.wire.mark()
    results = runs.play(
        task("compute_host", check=True, name=OURS, **OUT),
        task("compute_host", check=True, name=DOWN, **IN),
        task("compute_host_info"),
        task("compute_host_info", name=UNKNOWN),
        task("compute_host", name=UNKNOWN, **OUT),
        task("compute_host", name=OTHERS, **OUT),
        task("compute_host", name=OTHERS, **IN),
        task("compute_host", name=OTHERS, state="in_service"),
        task("compute_host", name=DOWN, **{**IN, "session_id": "another"}),
        task("compute_host", name=DOWN, timeout=2, **IN),
    )
    return results, runs.wire.writes()


def test_reading_refusing_and_foreseeing_write_nothing(idle: tuple[list[Record], list[str]], hosts: Guests):
    assert idle[1] == []
    assert (hosts.service(OURS)["status"], hosts.service(DOWN)["status"]) == ("enabled", "disabled")
    assert hosts.service(OTHERS)["disabled_reason"] == FAN


def test_what_would_be_done(idle: tuple[list[Record], list[str]]):
    out, back = idle[0][:2]
    for done, reason, status in ((out, REASON, "disabled"), (back, None, "enabled")):
        [host] = done["compute_hosts"]
        assert (done["changed"], host["disabled_reason"], host["status"]) == (True, reason, status)


def test_what_there_is(idle: tuple[list[Record], list[str]]):
    everything, unknown = idle[0][2:4]
    shown = {host["name"]: host for host in everything["compute_hosts"]}
    assert list(shown) == sorted(shown)
    assert (shown[OURS]["status"], shown[OURS]["state"], shown[OURS]["zone"]) == ("enabled", "up", "nova")
    assert (shown[OTHERS]["session_id"], shown[DOWN]["session_id"], shown[DOWN]["forced_down"]) == (None, SESSION, True)
    assert unknown["compute_hosts"] == []


def test_an_unknown_host_is_answered_with_the_known_ones(idle: tuple[list[Record], list[str]]):
    assert f"There is no nova-compute service on host {UNKNOWN}. Known hosts: {OURS}, {OTHERS}" in told(idle[0][4])


def test_a_host_that_others_disabled_is_left_alone(idle: tuple[list[Record], list[str]]):
    for refused in idle[0][5:8]:
        assert FAN in told(refused)
        assert enable(OTHERS) in told(refused)
    assert REASON in told(idle[0][8])


def test_a_host_that_is_down_does_not_come_back(idle: tuple[list[Record], list[str]]):
    text = told(idle[0][9])
    assert f"Timed out after 2 s waiting for nova-compute on host {DOWN}" in text
    assert "forced down True" in text
    assert f"openstack compute service list --host {DOWN}" in text


def test_out_of_service_and_back(runs: ModuleRuns, hosts: Guests, idle: tuple[list[Record], list[str]]):
    runs.wire.mark()
    first, second, read, foreign, back, again = runs.play(
        task("compute_host", name=OURS, **OUT),
        task("compute_host", name=OURS, **OUT),
        task("compute_host_info", name=OURS),
        task("compute_host", name=OURS, **{**OUT, "session_id": "another"}),
        task("compute_host", name=OURS, timeout=60, **IN),
        task("compute_host", name=OURS, **IN),
    )
    assert [one["changed"] for one in (first, second, back, again)] == [True, False, True, False]
    assert first["diff"] == {
        "before": {OURS: {"disabled_reason": None, "status": "enabled"}},
        "after": {OURS: {"disabled_reason": REASON, "status": "disabled"}},
    }
    [shown] = read["compute_hosts"]
    assert {**shown, "updated_at": ""} == {**first["compute_hosts"][0], "updated_at": ""}
    assert REASON in told(foreign)
    assert (back["compute_hosts"][0]["status"], back["compute_hosts"][0]["disabled_reason"]) == ("enabled", None)
    assert len(runs.wire.writes()) == 2, "one to disable, one to enable"
    assert (hosts.service(OURS)["status"], hosts.service(OURS)["disabled_reason"]) == ("enabled", None)
