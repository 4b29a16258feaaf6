# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people want of a run: kept, told, and without a lease."""

from __future__ import annotations

import typing as t

import pytest

Api = t.Any
RUNNING = {"state": "running", "reason": None, "by": None, "at": None, "skipped_hosts": [], "approved_waves": 0}


@pytest.fixture
def sid(api: Api) -> str:
    return str(api.session("h1", "h2", "h3"))


def say(api: Api, sid: str, action: str, **more: t.Any) -> dict[str, t.Any]:
    api.admin.lease, lease = None, api.admin.lease
    answer = dict(api.admin.ok("PUT", f"/v1/sessions/{sid}/control", {"action": action, **more}))
    api.admin.lease = lease
    return answer


def put_state(api: Api, sid: str, state: str, **more: t.Any) -> None:
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": state, **more})


def texts(api: Api, sid: str, kind: str) -> list[str]:
    events = api.admin.ok("GET", f"/v1/sessions/{sid}/events")["events"]
    return [event["text"] for event in events if event["kind"].startswith(kind)]


def test_a_run_goes_on_until_somebody_says_otherwise(api: Api, sid: str) -> None:
    assert api.admin.ok("GET", f"/v1/sessions/{sid}/control") == RUNNING
    assert api.detail(sid)["control"] == RUNNING


def test_a_pause_says_who_and_why_and_is_taken_back(api: Api, sid: str) -> None:
    api.clock.tick(5)
    paused = say(api, sid, "pause", reason="disk alarms")
    assert paused == {
        **RUNNING, "state": "paused", "reason": "disk alarms", "by": "somebody", "at": "2026-11-21T01:00:05.000000Z",
    }  # fmt: skip
    assert api.detail(sid)["control"] == paused
    why = "somebody to resume it (paused by somebody at 2026-11-21T01:00:05.000000Z: disk alarms)"
    assert api.detail(sid)["progress"]["waiting_for"] == [why]
    assert say(api, sid, "resume")["state"] == "running"
    assert api.detail(sid)["progress"]["waiting_for"] == []
    assert texts(api, sid, "control") == ["paused by somebody: disk alarms", "resumed by somebody"]


def test_the_caller_is_called_by_name_where_keystone_gives_one(api: Api, sid: str) -> None:
    answer = api.admin("PUT", f"/v1/sessions/{sid}/control", {"action": "pause"}, headers={"X-User-Name": "alice"})
    assert answer.json["by"] == "alice"


def test_the_same_again_is_no_news(api: Api, sid: str) -> None:
    first = say(api, sid, "pause", reason="disk alarms")
    skipped = say(api, sid, "skip_host", host="h2")
    api.service.outbox.run_once()
    api.ear.heard.clear()
    api.clock.tick(60)
    assert say(api, sid, "pause") == {**first, "skipped_hosts": ["h2"]}
    assert say(api, sid, "skip_host", host="h2") == skipped
    api.service.outbox.run_once()
    assert api.ear.payloads("maintenance.session") == []
    assert len(texts(api, sid, "control")) == 2


def test_an_abort_is_not_taken_back(api: Api, sid: str) -> None:
    assert say(api, sid, "abort", reason="wrong kernel")["state"] == "aborting"
    for action in ("pause", "resume"):
        refused = api.admin.refused(409, "PUT", f"/v1/sessions/{sid}/control", {"action": action})
        assert "being aborted" in refused["error"]
    assert api.detail(sid)["control"]["reason"] == "wrong kernel"


def test_the_bus_hears_what_people_want(api: Api, sid: str) -> None:
    api.service.outbox.run_once()
    api.ear.heard.clear()
    say(api, sid, "pause")
    api.service.outbox.run_once()
    (told,) = api.ear.payloads("maintenance.session")
    assert told["progress"]["control"] == "paused"
    assert told["progress"] == api.detail(sid)["progress"]


def test_hosts_are_skipped_and_not_any_more(api: Api, sid: str) -> None:
    say(api, sid, "skip_host", host="h3", reason="its disk is new")
    assert say(api, sid, "skip_host", host="h1")["skipped_hosts"] == ["h3", "h1"]
    assert say(api, sid, "unskip_host", host="h3")["skipped_hosts"] == ["h1"]
    assert texts(api, sid, "control")[0] == "h3 skipped by somebody: its disk is new"
    refused = api.admin.refused(404, "PUT", f"/v1/sessions/{sid}/control", {"action": "skip_host", "host": "h9"})
    assert "h9" in refused["error"]
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h2", {"state": "MAINTENANCE_COMPLETE"})
    refused = api.admin.refused(409, "PUT", f"/v1/sessions/{sid}/control", {"action": "skip_host", "host": "h2"})
    assert refused["error"] == "host h2 is done already"


def test_approval_grows_and_holds_for_one_run(api: Api, sid: str) -> None:
    assert say(api, sid, "approve", wave=2)["approved_waves"] == 2
    assert say(api, sid, "approve", wave=1)["approved_waves"] == 2
    api.admin.ok("POST", f"/v1/sessions/{sid}/lease", {"holder": "runner", "ttl": 120})
    assert api.detail(sid)["control"]["approved_waves"] == 2
    api.clock.tick(121)
    api.admin.lease = str(api.admin.ok("POST", f"/v1/sessions/{sid}/lease", {"holder": "another", "ttl": 120})["token"])
    assert api.detail(sid)["control"]["approved_waves"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "stop"}, "action"),
        ({"action": "skip_host"}, "host"),
        ({"action": "unskip_host"}, "host"),
        ({"action": "approve"}, "wave"),
        ({"action": "approve", "wave": -1}, "wave"),
        ({"action": "pause", "why": "x"}, "why"),
        ({"action": "pause", "reason": "x" * 1001}, "reason"),
        ({}, "action"),
    ],
)
def test_what_is_wrong_is_named(api: Api, sid: str, body: dict[str, t.Any], field: str) -> None:
    assert api.admin.refused(400, "PUT", f"/v1/sessions/{sid}/control", body)["field"] == field
    assert api.detail(sid)["control"] == RUNNING


def test_a_session_that_is_continued_runs_without_what_was_skipped(api: Api, sid: str) -> None:
    say(api, sid, "skip_host", host="h2")
    say(api, sid, "abort", reason="wrong kernel")
    put_state(api, sid, "MAINTENANCE_FAILED", reason="aborted")
    api.admin.refused(409, "PUT", f"/v1/sessions/{sid}/control", {"action": "pause"})
    api.admin.ok("PUT", f"/v1/maintenance/{sid}", {"state": "MAINTENANCE"})
    assert api.detail(sid)["control"] == {**RUNNING, "skipped_hosts": ["h2"]}


def test_what_is_over_cannot_be_controlled(api: Api, sid: str) -> None:
    for state in ("MAINTENANCE_COMPLETE", "MAINTENANCE_DONE"):
        put_state(api, sid, state)
    for body in ({"action": "abort"}, {"action": "skip_host", "host": "h1"}, {"action": "approve", "wave": 1}):
        assert "MAINTENANCE_DONE" in api.admin.refused(409, "PUT", f"/v1/sessions/{sid}/control", body)["error"]


def test_what_the_runner_waits_for_is_seen_until_it_goes_on(api: Api, sid: str) -> None:
    put_state(api, sid, "MAINTENANCE", waiting="somebody to approve wave 2 (h2)")
    assert api.detail(sid)["progress"]["waiting_for"] == ["somebody to approve wave 2 (h2)"]
    assert texts(api, sid, "session.waiting") == ["waits for somebody to approve wave 2 (h2)"]
    put_state(api, sid, "MAINTENANCE")
    assert api.detail(sid)["progress"]["waiting_for"] != []
    put_state(api, sid, "MAINTENANCE", waiting=None)
    assert api.detail(sid)["progress"]["waiting_for"] == []
    put_state(api, sid, "MAINTENANCE", waiting="rain")
    put_state(api, sid, "START_MAINTENANCE")
    assert api.detail(sid)["progress"]["waiting_for"] == []
    put_state(api, sid, "START_MAINTENANCE", waiting="rain")
    api.admin.ok("DELETE", f"/v1/sessions/{sid}/lease", status=204)
    assert api.detail(sid)["progress"]["waiting_for"] == []


def test_a_project_does_not_see_who_controls_what(api: Api, sid: str) -> None:
    api.inventory(sid, i1="p1@h1")
    say(api, sid, "pause", reason="a matter of the administrators")
    seen = api.owner.ok("GET", f"/v1/sessions/{sid}")
    assert seen["control"] is None
    assert seen["progress"]["waiting_for"] == []
    assert not [event for event in api.owner.ok("GET", f"/v1/sessions/{sid}/events")["events"] if "control" in event["kind"]]
