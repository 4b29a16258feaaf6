# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages to projects: both dialects, asked once, expired in time."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa

Api = t.Any
URL = "http://maintenance.example.org:12347/v1/maintenance"


@pytest.fixture
def sid(api: Api) -> str:
    sid = str(api.session())
    api.inventory(sid, i1="p1@h1", i2="p1@h1", i3="p1@h2", x1="p2@h1")
    return sid


def test_host_dialect(api: Api, sid: str) -> None:
    (message,) = api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", window=90, key="wave 1")
    assert message == api.message(sid, message["id"])
    assert (message["dialect"], message["status"], message["round"], message["key"]) == ("host", "pending", 1, "wave 1")
    assert message["instance_ids"] == ["i1", "i2"]
    assert message["reply_at"] == "2026-11-21T01:01:30.000000Z"
    assert message["reply_url"] == f"{URL}/{sid}/p1"
    assert api.told() == [
        {
            "service": "fenix",
            "message_id": message["id"],
            "project_id": "p1",
            "session_id": sid,
            "state": "PLANNED_MAINTENANCE",
            "instance_ids": f"{URL}/{sid}/p1",
            "reply_url": f"{URL}/{sid}/p1",
            "allowed_actions": ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION"],
            "actions_at": "2026-11-21T01:01:30",
            "reply_at": "2026-11-21T01:01:30",
            "metadata": {"release": "Zed"},
        }
    ]
    assert api.ear.heard[-1] == {
        "message_id": api.ear.heard[-1]["message_id"],
        "publisher_id": "fenix",
        "event_type": "maintenance.scheduled",
        "priority": "INFO",
        "timestamp": "2026-11-21 01:00:00.000000",
        "payload": api.ear.heard[-1]["payload"],
    }


def test_instance_dialect(api: Api) -> None:
    sid = api.session(workflow="vnf")
    api.inventory(sid, i1="p1@h1", i2="p1@h1")
    told = api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2")
    assert [(one["dialect"], one["instance_ids"], one["reply_url"]) for one in told] == [
        ("instance", ["i1"], f"{URL}/{sid}/p1/i1"),
        ("instance", ["i2"], f"{URL}/{sid}/p1/i2"),
    ]
    (announced,) = api.tell(sid, "MAINTENANCE")
    payloads = api.told()
    assert [(one["instance_ids"], one["reply_url"]) for one in payloads] == [
        (["i1"], f"{URL}/{sid}/p1/i1"),
        (["i2"], f"{URL}/{sid}/p1/i2"),
        (f"{URL}/{sid}/p1", f"{URL}/{sid}/p1"),
    ]
    assert payloads[2]["message_id"] == announced["id"]


def test_the_announcement_says_when_work_begins(api: Api, sid: str) -> None:
    (message,) = api.tell(sid, "MAINTENANCE")
    assert message["actions_at"] == "2026-11-21T02:00:00.000000Z"
    assert message["reply_at"] == "2026-11-21T01:01:00.000000Z"
    assert api.told()[0]["allowed_actions"] == []


def test_what_the_runner_says_wins(api: Api, sid: str) -> None:
    (message,) = api.tell(
        sid, "PREPARE_MAINTENANCE", "i1", allowed_actions=["MIGRATE"], actions_at="2026-11-21T01:30:00Z", metadata={"room": True}
    )
    assert (message["allowed_actions"], message["metadata"]) == (["MIGRATE"], {"room": True})
    assert message["actions_at"] == "2026-11-21T01:30:00.000000Z"


def test_old_spellings_are_written_as_today(api: Api, sid: str) -> None:
    assert api.tell(sid, "IN_SCALE")[0]["state"] == "SCALE_IN"
    assert api.told()[0]["state"] == "SCALE_IN"


def test_an_information_wants_no_reply(api: Api, sid: str) -> None:
    (message,) = api.tell(sid, "INSTANCE_ACTION_DONE", "i1")
    assert (message["status"], message["reply_at"], message["actions_at"], message["metadata"]) == ("informed", None, None, {})
    payload = api.told()[0]
    assert (payload["instance_ids"], payload["reply_at"], payload["actions_at"], payload["metadata"]) == (["i1"], None, None, {})
    assert api.detail(sid)["waiting_for"] == []


def test_a_runner_that_was_killed_asks_twice_and_the_project_hears_once(api: Api, sid: str) -> None:
    first = api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", key="wave 1")
    api.clock.tick(5)
    assert api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", key="wave 1") == first
    assert api.tell(sid, "PLANNED_MAINTENANCE", "i2", key="wave 1") == first
    assert len(api.told()) == 1
    api.owner.ok(
        "PUT",
        f"/v1/maintenance/{sid}/p1",
        {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i1": "MIGRATE", "i2": "MIGRATE"}},
    )
    (again,) = api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", key="wave 1")
    assert (again["id"], again["status"]) == (first[0]["id"], "acknowledged")
    assert api.told() == []


@pytest.mark.parametrize(
    ("state", "instances", "key"),
    [
        ("PLANNED_MAINTENANCE", ("i1", "i2"), "wave 2"),
        ("PLANNED_MAINTENANCE", ("i1", "i3"), "wave 1"),
        ("PREPARE_MAINTENANCE", ("i1", "i2"), "wave 1"),
    ],
)
def test_another_question_is_another_message(api: Api, sid: str, state: str, instances: tuple[str, ...], key: str) -> None:
    first = api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", key="wave 1")
    second = api.tell(sid, state, *instances, key=key)
    assert first[0]["id"] != second[0]["id"]
    assert len(api.told()) == 2


@pytest.mark.parametrize("how", ["refused", "expired", "cancelled"])
def test_what_came_to_nothing_is_asked_anew(api: Api, sid: str, how: str) -> None:
    (first,) = api.tell(sid, "SCALE_IN", key="k")
    if how == "refused":
        api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "NACK_SCALE_IN"})
    elif how == "expired":
        api.clock.tick(301)
    else:
        api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE_FAILED"})
        api.admin.ok("PUT", f"/v1/maintenance/{sid}", {"state": "MAINTENANCE"})
    assert api.message(sid, first["id"])["status"] == how
    (second,) = api.tell(sid, "SCALE_IN", key="k")
    assert second["id"] != first["id"]
    assert second["status"] == "pending"


def test_a_new_round_asks_anew(api: Api, sid: str) -> None:
    (first,) = api.tell(sid, "MAINTENANCE")
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE"})
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE_FAILED"})
    api.admin.ok("PUT", f"/v1/maintenance/{sid}", {"state": "MAINTENANCE"})
    (second,) = api.tell(sid, "MAINTENANCE")
    assert (second["id"] != first["id"], second["round"]) == (True, 2)


def test_in_instance_dialect_each_instance_is_asked_once(api: Api) -> None:
    sid = api.session(workflow="vnf")
    one = api.tell(sid, "PLANNED_MAINTENANCE", "i1")
    both = api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2")
    assert both[0] == one[0]
    assert len(api.told()) == 2


def test_one_request_twice_in_one_call_is_one_message(api: Api, sid: str) -> None:
    request = {"project_id": "p1", "state": "MAINTENANCE"}
    told = api.admin.ok("POST", f"/v1/sessions/{sid}/messages", {"messages": [request, request]}, 201)["messages"]
    assert told[0] == told[1]
    assert len(api.told()) == 1


def test_all_or_nothing(api: Api, sid: str) -> None:
    good = {"project_id": "p1", "state": "MAINTENANCE"}
    bad = {"project_id": "p1", "state": "PLANNED_MAINTENANCE", "instance_ids": ["x1"]}
    refused = api.admin.refused(400, "POST", f"/v1/sessions/{sid}/messages", {"messages": [good, bad]})
    assert refused == {"error": "instance x1 does not belong to project p1", "field": "messages.1.instance_ids"}
    assert api.admin.ok("GET", f"/v1/sessions/{sid}/messages") == {"messages": []}
    assert api.told() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "PLANNED_MAINTENANCE"}, "messages.0.instance_ids"),
        ({"state": "START_MAINTENANCE"}, "messages.0.state"),
        ({"window": 0}, "messages.0.window"),
        ({"window": 86401}, "messages.0.window"),
        ({"window": "60"}, "messages.0.window"),
        ({"actions_at": "tomorrow"}, "messages.0.actions_at"),
        ({"metadata": {"x": "y" * 300}}, "messages.0.metadata"),
        ({"allowed_actions": ["EXPLODE"]}, "messages.0.allowed_actions.0"),
        ({"instance_ids": ["i1", "i1"]}, "messages.0.instance_ids"),
        ({"project_id": "p 1"}, "messages.0.project_id"),
        ({"windoww": 60}, "messages.0.windoww"),
    ],
)
def test_wrong_requests_name_the_part(api: Api, sid: str, change: dict[str, t.Any], field: str) -> None:
    request = {"project_id": "p1", "state": "MAINTENANCE", **change}
    assert api.admin.refused(400, "POST", f"/v1/sessions/{sid}/messages", {"messages": [request]})["field"] == field


@pytest.mark.parametrize("end", [["MAINTENANCE_FAILED"], ["MAINTENANCE_COMPLETE", "MAINTENANCE_DONE"]])
def test_nobody_is_asked_after_the_end(api: Api, sid: str, end: list[str]) -> None:
    for state in end:
        api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": state})
    request = {"project_id": "p1", "state": "MAINTENANCE"}
    assert end[-1] in api.admin.refused(409, "POST", f"/v1/sessions/{sid}/messages", {"messages": [request]})["error"]


def test_time_passes_without_anybody_looking(api: Api, sid: str) -> None:
    api.tell(sid, "SCALE_IN", window=50)
    assert api.service._keep_time() == pytest.approx(50.01)
    api.clock.tick(50)
    api.service._keep_time()
    assert stored(api) == ("pending", None)
    api.clock.tick(0.01)
    api.service._keep_time()
    assert stored(api) == ("expired", "no reply by 2026-11-21T01:00:50.000000Z")


def stored(api: Api) -> tuple[str, str | None]:
    """Look at the table, since every look through the API applies the deadlines first."""
    with api.service.store.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT status, reason FROM messages").one()
        return (row.status, row.reason)


@pytest.mark.parametrize("look", ["sessions", "maintenance", "messages"])
def test_nobody_sees_a_message_pending_after_its_time(api: Api, sid: str, look: str) -> None:
    (message,) = api.tell(sid, "PLANNED_MAINTENANCE", "i1", window=60)
    api.clock.tick(61)
    if look == "sessions":
        assert api.detail(sid)["waiting_for"] == []
    elif look == "maintenance":
        assert api.owner.ok("GET", f"/v1/maintenance/{sid}/p1") == {"instance_ids": ["i1", "i2", "i3"]}
    else:
        assert api.owner.ok("GET", f"/v1/sessions/{sid}/messages?status=pending") == {"messages": []}
    assert api.message(sid, message["id"])["status"] == "expired"


def test_who_is_waited_for(api: Api, sid: str) -> None:
    (one,) = api.tell(sid, "MAINTENANCE", window=60)
    (two,) = api.tell(sid, "MAINTENANCE", project_id="p2", window=90)
    waiting = [
        {"project_id": "p1", "state": "MAINTENANCE", "message_id": one["id"], "reply_at": "2026-11-21T01:01:00.000000Z"},
        {"project_id": "p2", "state": "MAINTENANCE", "message_id": two["id"], "reply_at": "2026-11-21T01:01:30.000000Z"},
    ]
    assert api.detail(sid)["waiting_for"] == waiting
    assert api.owner.ok("GET", f"/v1/sessions/{sid}")["waiting_for"] == waiting[:1]
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE"})
    assert api.detail(sid)["waiting_for"] == waiting[1:]


def test_messages_are_filtered(api: Api, sid: str) -> None:
    (one,) = api.tell(sid, "MAINTENANCE")
    (two,) = api.tell(sid, "SCALE_IN")
    (three,) = api.tell(sid, "MAINTENANCE", project_id="p2")
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE"})

    def listed(caller: t.Any, query: str) -> list[str]:
        return [message["id"] for message in caller.ok("GET", f"/v1/sessions/{sid}/messages?{query}")["messages"]]

    assert listed(api.admin, "") == [one["id"], two["id"], three["id"]]
    assert listed(api.owner, "") == [one["id"], two["id"]]
    assert listed(api.admin, "status=pending") == [two["id"], three["id"]]
    assert listed(api.admin, "state=MAINTENANCE&status=pending") == [three["id"]]
    assert listed(api.admin, "state=IN_SCALE") == [two["id"]]
    assert listed(api.admin, f"id={one['id']}&id={three['id']}") == [one["id"], three["id"]]
    assert listed(api.owner, f"id={three['id']}") == []
    for name in ("status", "state"):
        assert api.admin.refused(400, "GET", f"/v1/sessions/{sid}/messages?{name}=nope")["field"] == name


def test_several_event_types(make_api: t.Callable[..., Api]) -> None:
    api = make_api(notifications={"event_types": "maintenance.scheduled,maintenance.planned"})
    sid = api.session()
    (message,) = api.tell(sid, "MAINTENANCE")
    api.told()
    heard = [one for one in api.ear.heard if one["payload"]["message_id"] == message["id"]]
    assert [one["event_type"] for one in heard] == ["maintenance.scheduled", "maintenance.planned"]
    assert heard[0]["payload"] == heard[1]["payload"]
    assert heard[0]["message_id"] != heard[1]["message_id"]


def test_a_message_was_sent_when_it_was_taken(api: Api, sid: str) -> None:
    (message,) = api.tell(sid, "MAINTENANCE")
    assert message["sent_at"] is None
    api.clock.tick(2)
    api.told()
    assert api.message(sid, message["id"])["sent_at"] == "2026-11-21T01:00:02.000000Z"


def test_a_thousand_instances_are_asked_in_a_moment(api: Api) -> None:
    """The work grows with the instances, not with their square: that once took half a minute, with the database locked."""
    sid = api.session(workflow="vnf")
    looks: list[str] = []

    def note(connection: t.Any, cursor: t.Any, statement: str, *rest: t.Any) -> None:
        if statement.startswith("SELECT"):
            looks.append(statement)

    sa.event.listen(api.service.store.engine, "before_cursor_execute", note)
    told = api.tell(sid, "PREPARE_MAINTENANCE", *(f"i{number}" for number in range(1000)))
    assert len({one["id"] for one in told}) == 1000
    assert len(looks) < 20
    assert api.tell(sid, "PREPARE_MAINTENANCE", "i7", "i999") == [told[7], told[999]]
