# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a session is: by servers and hosts, with the time that is left as measured, the same for everybody."""

from __future__ import annotations

import re
import typing as t

import pytest

Api = t.Any


@pytest.fixture
def sid(api: Api) -> str:
    """Three hosts; h1 and h2 have two instances each, h3 has none."""
    sid = str(api.session("h1", "h2", "h3"))
    api.inventory(sid, i1="p1@h1", i2="p1@h1", i3="p1@h2", i4="p2@h2")
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "START_MAINTENANCE"})
    return sid


def host(api: Api, sid: str, name: str, state: str) -> None:
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/{name}", {"state": state})


def move(api: Api, sid: str, instance: str, where: str, seconds: float = 0) -> None:
    api.clock.tick(seconds)
    api.admin.ok("PUT", f"/v1/sessions/{sid}/instances/{instance}", {"state": "MOVED", "host": where})


def progress(api: Api, sid: str) -> dict[str, t.Any]:
    return dict(api.detail(sid)["progress"])


def test_nothing_is_known_before_the_work(api: Api, sid: str) -> None:
    assert progress(api, sid) == {
        "control": "running", "percent_done": 0, "hosts": 3, "hosts_done": 0, "hosts_failed": 0, "servers": 4,
        "servers_done": 0, "seconds_left": None, "done_at": None, "waiting_for": [],
    }  # fmt: skip


def test_servers_count_when_they_have_left_and_hosts_when_they_are_done(api: Api, sid: str) -> None:
    seen = []
    host(api, sid, "h3", "IN_MAINTENANCE")
    host(api, sid, "h3", "MAINTENANCE_COMPLETE")
    seen.append(progress(api, sid)["percent_done"])
    host(api, sid, "h1", "DRAINING")
    for instance in ("i1", "i2"):
        move(api, sid, instance, "h3")
        seen.append(progress(api, sid)["percent_done"])
    host(api, sid, "h1", "MAINTENANCE_COMPLETE")
    seen.append(progress(api, sid)["percent_done"])
    for instance in ("i3", "i4"):
        move(api, sid, instance, "h1")
    host(api, sid, "h2", "MAINTENANCE_COMPLETE")
    seen.append(progress(api, sid)["percent_done"])
    assert seen == [14, 28, 42, 57, 100]
    assert (progress(api, sid)["servers_done"], progress(api, sid)["hosts_done"]) == (4, 3)


def test_a_new_inventory_does_not_take_anything_back(api: Api, sid: str) -> None:
    """A server that left for a host outside is not in the next inventory; one that its owner removed neither."""
    host(api, sid, "h1", "DRAINING")
    move(api, sid, "i1", "elsewhere")
    before = progress(api, sid)["percent_done"]
    api.inventory(sid, i2="p1@h1", i3="p1@h2")
    assert progress(api, sid)["percent_done"] >= before
    assert progress(api, sid)["servers"] == 4


def test_servers_that_come_do_not_count_as_gone(api: Api, sid: str) -> None:
    move(api, sid, "i1", "h2")
    assert progress(api, sid)["servers_done"] == 1
    move(api, sid, "i3", "h3")
    assert progress(api, sid)["servers_done"] == 1, "three have been on h2, where two were"


def test_the_time_left_is_what_was_measured(api: Api, sid: str) -> None:
    host(api, sid, "h1", "DRAINING")
    move(api, sid, "i1", "h3", 10)
    move(api, sid, "i2", "h3", 10)
    # Two of seven done in 20 s; left are three hosts, the two on h2 and the two that are on h3 now.
    assert (progress(api, sid)["seconds_left"], progress(api, sid)["done_at"]) == (70, "2026-11-21T01:01:30.000000Z")
    api.clock.tick(40)
    host(api, sid, "h1", "MAINTENANCE_COMPLETE")
    measured = progress(api, sid)["seconds_left"]
    assert measured == 120, "three in 60 s; left are two hosts and four servers"
    api.clock.tick(1000)
    api.admin.ok("POST", f"/v1/sessions/{sid}/lease", {"holder": "runner", "ttl": 120})
    assert progress(api, sid)["seconds_left"] == measured, "nobody worked meanwhile"


def test_hosts_that_are_worked_on_together_count_once(api: Api, sid: str) -> None:
    for name in ("h1", "h3"):
        host(api, sid, name, "IN_MAINTENANCE")
    api.clock.tick(30)
    for name in ("h1", "h3"):
        host(api, sid, name, "MAINTENANCE_COMPLETE")
    assert progress(api, sid)["seconds_left"] == round(3 * 30 / 4)


def test_hosts_that_are_left_out_take_no_time(api: Api, sid: str) -> None:
    host(api, sid, "h3", "IN_MAINTENANCE")
    api.clock.tick(30)
    host(api, sid, "h3", "MAINTENANCE_COMPLETE")
    host(api, sid, "h1", "FAILED")
    assert (progress(api, sid)["seconds_left"], progress(api, sid)["hosts_failed"]) == (90, 1)
    api.admin.ok("PUT", f"/v1/sessions/{sid}/control", {"action": "skip_host", "host": "h2"})
    assert progress(api, sid)["seconds_left"] == 0


def test_nobody_foresees_the_end_while_nobody_works(api: Api, sid: str) -> None:
    host(api, sid, "h3", "IN_MAINTENANCE")
    api.clock.tick(30)
    host(api, sid, "h3", "MAINTENANCE_COMPLETE")
    api.admin.ok("PUT", f"/v1/sessions/{sid}/control", {"action": "pause"})
    assert progress(api, sid)["seconds_left"] is None
    api.admin.ok("PUT", f"/v1/sessions/{sid}/control", {"action": "resume"})
    assert progress(api, sid)["seconds_left"] is not None
    api.clock.tick(121)
    assert progress(api, sid)["seconds_left"] is None, "the lease has run out"


def test_everybody_says_the_same(api: Api, sid: str) -> None:
    host(api, sid, "h3", "IN_MAINTENANCE")
    api.clock.tick(30)
    host(api, sid, "h3", "MAINTENANCE_COMPLETE")
    api.tell(sid, "MAINTENANCE", window=60)
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "PLANNED_MAINTENANCE"})
    api.service.outbox.run_once()
    said = progress(api, sid)
    assert said["waiting_for"] == ["project p1 to reply to MAINTENANCE until 2026-11-21T01:01:30.000000Z"]
    assert api.ear.payloads("maintenance.session")[-1]["progress"] == said
    assert api.ear.payloads("maintenance.session")[-1]["percent_done"] == api.detail(sid)["percent_done"] == said["percent_done"]
    assert api.admin.ok("GET", f"/v1/maintenance/{sid}/detail")["progress"] == said
    assert api.admin.ok("GET", "/v1/sessions")["sessions"][0]["progress"] == said
    metrics = api.admin("GET", "/metrics").text
    for name, value in (("percent_done", said["percent_done"]), ("seconds_left", said["seconds_left"])):
        (found,) = re.findall(rf'nfv_session_api_session_{name}{{.*session_id="{sid}".*}} (\S+)', metrics)
        assert float(found) == value
    for what in ("hosts", "hosts_done", "hosts_failed", "servers", "servers_done"):
        (found,) = re.findall(rf'nfv_session_api_session_progress{{.*what="{what}".*}} (\S+)', metrics)
        assert float(found) == said[what]


def test_the_bus_hears_of_moves_now_and_then(api: Api, sid: str) -> None:
    api.service.outbox.run_once()
    api.ear.heard.clear()
    api.admin.ok("PUT", f"/v1/sessions/{sid}/instances/i1", {"state": "MOVING", "from_host": "h1"})
    for instance, seconds in (("i1", 5), ("i2", 2), ("i3", 2), ("i4", 1), ("i4", 5)):
        move(api, sid, instance, "h3", seconds)
    api.service.outbox.run_once()
    assert [one["percent_done"] for one in api.ear.payloads("maintenance.session")] == [14, 57]


def test_only_what_changed_of_the_inventory_is_new(api: Api, sid: str) -> None:
    before = {one["id"]: one["updated_at"] for one in api.detail(sid)["instances"]}
    api.clock.tick(10)
    api.inventory(sid, i1="p1@h1", i2="p1@h3")
    after = {one["id"]: one["updated_at"] for one in api.detail(sid)["instances"]}
    assert after["i1"] == before["i1"]
    assert after["i2"] != before["i2"]


def test_sessions_that_are_over_are_no_figures(api: Api, sid: str) -> None:
    for state in ("MAINTENANCE_COMPLETE", "MAINTENANCE_DONE"):
        api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": state})
    assert progress(api, sid)["percent_done"] == 100
    assert f'session_id="{sid}"' not in api.admin("GET", "/metrics").text
