# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions: opened, listed, brought from state to state, continued, deleted."""

from __future__ import annotations

import typing as t

import pytest

Api = t.Any
DRAIN = ("START_MAINTENANCE", "PLANNED_MAINTENANCE", "MAINTENANCE_COMPLETE", "MAINTENANCE_DONE")


def put_state(api: Api, sid: str, state: str, reason: str | None = None) -> dict[str, t.Any]:
    body = {"state": state} if reason is None else {"state": state, "reason": reason}
    return dict(api.admin.ok("PUT", f"/v1/sessions/{sid}", body))


def test_a_session_is_what_was_asked_for(api: Api) -> None:
    sid = api.session("h1", "h2", workflow="vnf", name="rack 7", actions=[{"plugin": "dummy", "type": "host"}], download=["x"])
    assert api.admin.ok("GET", f"/v1/maintenance/{sid}") == {"session_id": sid, "state": "MAINTENANCE"}
    assert api.admin.ok("GET", "/v1/maintenance") == {"sessions": [sid]}
    detail = api.admin.ok("GET", f"/v1/maintenance/{sid}/detail")
    assert detail == api.detail(sid)
    assert (detail["name"], detail["workflow"], detail["round"], detail["metadata"]) == ("rack 7", "vnf", 1, {"release": "Zed"})
    assert [(host["name"], host["type"], host["state"], host["disabled"]) for host in detail["hosts"]] == [
        ("h1", "compute", "WAITING", False),
        ("h2", "compute", "WAITING", False),
    ]
    assert detail["maintenance_at"] == "2026-11-21T02:00:00.000000Z"
    assert (detail["percent_done"], detail["instances"], detail["waiting_for"]) == (0, [], [])


def test_a_trailing_slash_does_no_harm(api: Api) -> None:
    sid = api.session()
    assert api.admin("GET", "/v1/maintenance/").json == {"sessions": [sid]}
    assert api.admin("GET", f"/v1/maintenance/{sid}/").json["session_id"] == sid


@pytest.mark.parametrize(
    "written", ["2026-11-21 02:00:00", "2026-11-21T02:00:00", "2026-11-21T02:00:00Z", "2026-11-21T04:00:00.000+02:00"]
)
def test_ways_to_write_the_time(api: Api, written: str) -> None:
    sid = api.session(maintenance_at=written)
    assert api.detail(sid)["maintenance_at"] == "2026-11-21T02:00:00.000000Z"


def test_the_start_may_have_passed_a_minute_ago_but_not_more(api: Api) -> None:
    api.session("h1", maintenance_at=api.clock.text(-60))
    body = {"hosts": ["h2"], "maintenance_at": api.clock.text(-61)}
    refused = api.admin.refused(400, "POST", "/v1/maintenance", body)
    assert refused["field"] == "maintenance_at"
    assert "in the past" in refused["error"]


def test_metadata_that_ceilometer_would_cut_is_refused(api: Api) -> None:
    room = 255 - len(repr({"x": ""}))
    api.session("h1", metadata={"x": "y" * room})
    body = {"hosts": ["h2"], "maintenance_at": api.clock.text(60), "metadata": {"x": "y" * (room + 1)}}
    refused = api.admin.refused(400, "POST", "/v1/maintenance", body)
    assert refused["field"] == "metadata"


def test_a_name_is_open_once(api: Api) -> None:
    sid = api.session("h1", name="rack 7")
    assert api.session("h5", "h6", name="rack 7") == sid
    assert api.session("h1", name="rack 7", maintenance_at=api.clock.text(-9999)) == sid
    assert [host["name"] for host in api.detail(sid)["hosts"]] == ["h1"]
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    assert api.session("h1", name="rack 7") != sid


def test_a_failed_session_keeps_its_name_and_a_finished_one_does_not(api: Api) -> None:
    sid = api.session("h1", name="rack 7")
    put_state(api, sid, "MAINTENANCE_FAILED")
    assert api.session("h1", name="rack 7") == sid
    other = api.session("h2", name="rack 8")
    for state in ("MAINTENANCE_COMPLETE", "MAINTENANCE_DONE"):
        put_state(api, other, state)
    assert api.session("h2", name="rack 8") != other


def test_open_sessions_do_not_share_a_host(api: Api) -> None:
    sid = api.session("h1", "h2")
    body = {"hosts": ["h3", "h2"], "maintenance_at": api.clock.text(60)}
    refused = api.admin.refused(409, "POST", "/v1/maintenance", body)
    why = f"host h2 belongs to the open session {sid}, which is MAINTENANCE"
    assert refused == {"error": why, "host": "h2", "session_id": sid, "hosts": ["h2"]}
    put_state(api, sid, "MAINTENANCE_FAILED")
    api.admin.refused(409, "POST", "/v1/maintenance", body)
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    api.admin.ok("POST", "/v1/maintenance", body)


def test_the_session_that_is_in_the_way_is_named(api: Api) -> None:
    first = api.session("h1", "h2", name="rack 7")
    api.session("h3", name="rack 8")
    body = {"hosts": ["h1", "h2", "h3"], "maintenance_at": api.clock.text(60), "name": "rack 9"}
    refused = api.admin.refused(409, "POST", "/v1/maintenance", body)
    assert refused["error"] == f"host h1, h2 belong to the open session {first} (rack 7), which is MAINTENANCE"
    assert (refused["session_id"], refused["hosts"]) == (first, ["h1", "h2"])
    assert [one["name"] for one in api.admin.ok("GET", "/v1/sessions")["sessions"]] == ["rack 7", "rack 8"]


def test_only_open_sessions_count_for_the_limit(make_api: t.Callable[..., Api]) -> None:
    api = make_api(conversation={"max_sessions": 2})
    done, deleted = api.session("h1"), api.session("h2")
    body = {"hosts": ["h3"], "maintenance_at": api.clock.text(60)}
    assert api.admin.refused(509, "POST", "/v1/maintenance", body) == {"error": "Too many sessions"}
    api.admin.ok("DELETE", f"/v1/maintenance/{deleted}")
    api.admin.ok("POST", "/v1/maintenance", body)
    api.admin.lease = str(api.admin.ok("POST", f"/v1/sessions/{done}/lease", {"holder": "runner"})["token"])
    for state in ("MAINTENANCE_COMPLETE", "MAINTENANCE_DONE"):
        put_state(api, done, state)
    api.admin.ok("POST", "/v1/maintenance", {**body, "hosts": ["h4"]})


def test_states_follow_each_other(api: Api) -> None:
    sid = api.session()
    for state in ("SCALE_IN", "SCALE_IN", "PREPARE_MAINTENANCE", *DRAIN):
        assert put_state(api, sid, state)["state"] == state
    assert api.detail(sid)["percent_done"] == 100
    for state in ("MAINTENANCE", "MAINTENANCE_FAILED", "START_MAINTENANCE"):
        refused = api.admin.refused(409, "PUT", f"/v1/sessions/{sid}", {"state": state})
        assert refused["error"] == f"a session in MAINTENANCE_DONE cannot become {state}"
    assert put_state(api, sid, "MAINTENANCE_DONE")["state"] == "MAINTENANCE_DONE"


def test_a_state_is_published_once(api: Api) -> None:
    sid = api.session()
    put_state(api, sid, "START_MAINTENANCE")
    put_state(api, sid, "START_MAINTENANCE")
    api.service.outbox.run_once()
    published = api.ear.payloads("maintenance.session")
    assert [(one["state"], one["percent_done"], one["project_id"], one["session_id"]) for one in published] == [
        ("MAINTENANCE", 0, "admins", sid),
        ("START_MAINTENANCE", 0, "admins", sid),
    ]


def test_a_failed_session_is_continued(api: Api) -> None:
    sid = api.session("h1", "h2", "h3")
    for host, state in (("h1", "MAINTENANCE_COMPLETE"), ("h2", "FAILED")):
        api.admin.ok(
            "PUT", f"/v1/sessions/{sid}/hosts/{host}", {"state": state, "disabled": host == "h2", "reason": "kernel panic"}
        )
    assert put_state(api, sid, "MAINTENANCE_FAILED", "h2 did not come back")["reason"] == "h2 did not come back"
    answer = api.admin.ok("PUT", f"/v1/maintenance/{sid}", {"state": "MAINTENANCE"})
    assert answer == {"maintenance": f"http://maintenance.example.org:12347/v1/maintenance/{sid}", "session_id": sid}
    detail = api.detail(sid)
    assert (detail["state"], detail["round"], detail["reason"], detail["percent_done"]) == ("MAINTENANCE", 2, None, 33)
    assert [(host["state"], host["disabled"]) for host in detail["hosts"]] == [
        ("MAINTENANCE_COMPLETE", False),
        ("WAITING", True),
        ("WAITING", False),
    ]


@pytest.mark.parametrize("body", [None, {}, {"state": "MAINTENANCE"}])
def test_continuing_what_has_not_failed_is_a_no_op(api: Api, body: dict[str, str] | None) -> None:
    sid = api.session()
    api.admin.ok("PUT", f"/v1/maintenance/{sid}", body)
    assert api.detail(sid)["round"] == 1


def test_only_a_failed_session_is_continued(api: Api) -> None:
    sid = api.session()
    put_state(api, sid, "START_MAINTENANCE")
    assert "only a failed session" in api.admin.refused(409, "PUT", f"/v1/maintenance/{sid}", {"state": "MAINTENANCE"})["error"]
    put_state(api, sid, "MAINTENANCE_FAILED")
    api.admin.refused(409, "PUT", f"/v1/maintenance/{sid}", {"state": "START_MAINTENANCE"})


@pytest.mark.parametrize("how", ["failure", "deletion"])
def test_nobody_is_left_waiting(api: Api, how: str) -> None:
    sid = api.session()
    api.inventory(sid, i1="p1@h1", i2="p2@h1")
    for project in ("p1", "p2"):
        api.tell(sid, "MAINTENANCE", project_id=project)
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE"})
    asked = api.tell(sid, "PLANNED_MAINTENANCE", "i1")[0]["id"]
    # p3 was never told of the maintenance.
    api.tell(sid, "SCALE_IN", project_id="p3")
    api.told()
    if how == "failure":
        put_state(api, sid, "MAINTENANCE_FAILED", "power is gone")
        assert api.message(sid, asked)["status"] == "cancelled"
        waiting = {(one["project_id"], one["state"]) for one in api.detail(sid)["waiting_for"]}
        assert waiting == {("p1", "MAINTENANCE_COMPLETE"), ("p2", "MAINTENANCE_COMPLETE")}
    else:
        assert api.admin.ok("DELETE", f"/v1/maintenance/{sid}") == {}
    assert sorted((one["project_id"], one["state"]) for one in api.told()) == [
        ("p1", "MAINTENANCE_COMPLETE"),
        ("p2", "MAINTENANCE_COMPLETE"),
    ]
    refused = api.owner.refused(
        409, "PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i1": "MIGRATE"}}
    )
    assert "cancelled" in refused["error"]
    # The last message can be read, its instances too, and it is answered until its window ends.
    pending = api.owner.ok("GET", f"/v1/sessions/{sid}/messages?status=pending")["messages"]
    assert [one["state"] for one in pending] == ["MAINTENANCE_COMPLETE"]
    assert api.owner.ok("GET", f"/v1/maintenance/{sid}/p1") == {"instance_ids": ["i1"]}
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE_COMPLETE"})
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE_COMPLETE"})
    api.clock.tick(301)
    late = {"state": "ACK_MAINTENANCE_COMPLETE"}
    api.other.refused(409 if how == "failure" else 404, "PUT", f"/v1/maintenance/{sid}/p2", late)


def test_who_heard_of_the_end_does_not_hear_of_it_twice(api: Api) -> None:
    sid = api.session()
    api.tell(sid, "MAINTENANCE")
    put_state(api, sid, "MAINTENANCE_COMPLETE")
    api.tell(sid, "MAINTENANCE_COMPLETE")
    put_state(api, sid, "MAINTENANCE_FAILED")
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    assert [one["state"] for one in api.told()] == ["MAINTENANCE", "MAINTENANCE_COMPLETE"]
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE_COMPLETE"})


def test_a_deleted_session_is_gone(api: Api) -> None:
    sid = api.session()
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    assert api.admin.ok("GET", "/v1/maintenance") == {"sessions": []}
    assert api.admin.ok("GET", "/v1/sessions") == {"sessions": []}
    for method, path in (
        ("GET", f"/v1/maintenance/{sid}"),
        ("DELETE", f"/v1/maintenance/{sid}"),
        ("PUT", f"/v1/maintenance/{sid}"),
        ("GET", f"/v1/sessions/{sid}"),
        ("PUT", f"/v1/sessions/{sid}"),
        ("POST", f"/v1/sessions/{sid}/lease"),
        ("GET", f"/v1/maintenance/{sid}/p1"),
    ):
        assert api.admin.refused(404, method, path) == {"error": "Invalid session"}


def test_a_deleted_session_leaves_the_database_after_its_last_window(make_api: t.Callable[..., Api]) -> None:
    api = make_api(conversation={"keep_deleted": 600, "window_complete": 300})
    sid = api.session()
    api.tell(sid, "MAINTENANCE")
    api.admin.ok("DELETE", f"/v1/maintenance/{sid}")
    api.admin.ok("DELETE", f"/v1/maintenance/{api.session('h3')}")

    def rows(table: str) -> int:
        with api.service.store.engine.connect() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608

    api.service._keep_time()
    assert rows("sessions") == 2
    api.clock.tick(601)
    api.service._keep_time()
    assert [rows(table) for table in ("sessions", "hosts", "messages", "events")] == [0, 0, 0, 0]


def test_lists_are_filtered(api: Api) -> None:
    one, two, three = api.session("h1", name="a"), api.session("h2", name="b"), api.session("h3")
    for state in ("MAINTENANCE_COMPLETE", "MAINTENANCE_DONE"):
        put_state(api, three, state)

    def listed(query: str) -> list[str]:
        return [session["id"] for session in api.admin.ok("GET", f"/v1/sessions?{query}")["sessions"]]

    assert listed("") == [one, two, three]
    assert listed("open=true") == [one, two]
    assert listed("name=b") == [two]
    assert listed("state=MAINTENANCE_DONE&state=MAINTENANCE") == [one, two, three]
    assert listed("state=MAINTENANCE_DONE&open=true") == []
    assert api.admin.refused(400, "GET", "/v1/sessions?state=NOPE")["field"] == "state"
    assert api.admin.refused(400, "GET", "/v1/sessions?open=perhaps")["field"] == "open"
    assert "instances" not in api.admin.ok("GET", "/v1/sessions")["sessions"][0]


def test_the_event_log_tells_the_story(api: Api) -> None:
    sid = api.session()
    api.tell(sid, "MAINTENANCE")
    put_state(api, sid, "MAINTENANCE_FAILED", "power is gone")
    events = api.admin.ok("GET", f"/v1/sessions/{sid}/events")["events"]
    assert [event["kind"] for event in events] == [
        "session.created",
        "lease.taken",
        "message.created",
        "message.cancelled",
        "message.created",
        "session.state",
    ]
    assert events[-1]["text"] == "MAINTENANCE -> MAINTENANCE_FAILED: power is gone"
    numbers = [event["number"] for event in events]
    assert numbers == sorted(set(numbers))
    later = api.admin.ok("GET", f"/v1/sessions/{sid}/events?after={numbers[3]}")["events"]
    assert later == events[4:]
    assert api.admin.refused(400, "GET", f"/v1/sessions/{sid}/events?after=x")["field"] == "after"
