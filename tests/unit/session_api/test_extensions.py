# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More time: asked for before the deadline, granted whole or not at all, within a bound."""

from __future__ import annotations

import typing as t

import pytest

Api = t.Any


@pytest.fixture
def sid(api: Api) -> str:
    return str(api.session())


@pytest.fixture
def message(api: Api, sid: str) -> dict[str, t.Any]:
    return dict(api.tell(sid, "SCALE_IN", window=60)[0])


def path(message: dict[str, t.Any]) -> str:
    return f"/v1/sessions/{message['session_id']}/messages/{message['id']}/extension"


def test_the_deadline_moves_and_holds(api: Api, sid: str, message: dict[str, t.Any]) -> None:
    api.clock.tick(59)
    longer = api.owner.ok("POST", path(message), {"seconds": 30, "reason": "draining sessions"})
    assert (longer["reply_at"], longer["actions_at"]) == ("2026-11-21T01:01:30.000000Z",) * 2
    assert longer["extended"] == 30
    assert api.detail(sid)["waiting_for"][0]["reply_at"] == longer["reply_at"]
    api.clock.tick(31)
    assert api.message(sid, message["id"])["status"] == "pending"
    assert api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_SCALE_IN"})
    events = api.owner.ok("GET", f"/v1/sessions/{sid}/events")["events"]
    [event] = [one for one in events if one["kind"] == "message.extended"]
    assert event["text"] == "project p1: 30 s more for SCALE_IN because draining sessions, due by 01:01:30 UTC"
    assert (event["project_id"], event["message_id"]) == ("p1", message["id"])


def test_the_new_deadline_is_one(api: Api, sid: str, message: dict[str, t.Any]) -> None:
    api.owner.ok("POST", path(message), {"seconds": 30})
    api.clock.tick(91)
    assert api.message(sid, message["id"])["status"] == "expired"


def test_too_late_is_too_late(api: Api, message: dict[str, t.Any]) -> None:
    api.clock.tick(61)
    assert "is expired" in api.owner.refused(409, "POST", path(message), {"seconds": 30})["error"]


@pytest.mark.parametrize("reply", ["ACK_SCALE_IN", "NACK_SCALE_IN"])
def test_what_is_answered_is_not_extended(api: Api, sid: str, message: dict[str, t.Any], reply: str) -> None:
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": reply})
    api.owner.refused(409, "POST", path(message), {"seconds": 30})
    assert api.message(sid, message["id"])["reply_at"] == message["reply_at"]


def test_what_wants_no_reply_is_not_extended(api: Api, sid: str) -> None:
    (told,) = api.tell(sid, "INSTANCE_ACTION_DONE", "i1")
    assert "is informed" in api.owner.refused(409, "POST", path(told), {"seconds": 30})["error"]


def test_all_extensions_together_are_bounded(make_api: t.Callable[..., Api]) -> None:
    api = make_api(conversation={"max_extension": 100})
    (message,) = api.tell(api.session(), "SCALE_IN", window=60)
    api.owner.ok("POST", path(message), {"seconds": 70})
    error = api.owner.refused(409, "POST", path(message), {"seconds": 31})["error"]
    assert "100 seconds at most; 30 are left" in error
    assert api.owner.ok("POST", path(message), {"seconds": 30})["extended"] == 100
    (other,) = api.tell(message["session_id"], "SCALE_IN", window=60, key="2")
    assert api.owner.ok("POST", path(other), {"seconds": 100})["extended"] == 100


def test_a_request_that_names_the_deadline_may_be_repeated(api: Api, message: dict[str, t.Any]) -> None:
    body = {"seconds": 30, "reply_at": message["reply_at"]}
    first = api.owner.ok("POST", path(message), body)
    assert api.owner.ok("POST", path(message), body) == first
    error = api.owner.refused(409, "POST", path(message), {**body, "seconds": 31})["error"]
    assert first["reply_at"] in error
    again = api.owner.ok("POST", path(message), {"seconds": 30, "reply_at": first["reply_at"]})
    assert again["extended"] == 60


def test_a_deadline_nobody_moved_is_not_taken_for_one_that_was(api: Api, message: dict[str, t.Any]) -> None:
    body = {"seconds": 30, "reply_at": "2026-11-21T01:00:30Z"}
    api.owner.refused(409, "POST", path(message), body)


def test_the_announced_start_is_not_moved_before_it_has_to_be(api: Api, sid: str) -> None:
    (message,) = api.tell(sid, "MAINTENANCE", window=60)
    assert message["actions_at"] == "2026-11-21T02:00:00.000000Z"
    assert api.owner.ok("POST", path(message), {"seconds": 600})["actions_at"] == message["actions_at"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "seconds"), ({"seconds": 0}, "seconds"), ({"seconds": -5}, "seconds"), ({"seconds": 1.5}, "seconds"),
        ({"seconds": 5, "reply_at": "soon"}, "reply_at"), ({"seconds": 5, "reason": "x" * 1001}, "reason"),
        ({"seconds": 5, "why": ""}, "why"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(api: Api, message: dict[str, t.Any], body: dict[str, t.Any], field: str) -> None:
    assert api.owner.refused(400, "POST", path(message), body)["field"] == field


def test_nobody_asks_for_another_project(api: Api, sid: str, message: dict[str, t.Any]) -> None:
    api.admin.refused(403, "POST", path(message), {"seconds": 5})
    api.tell(sid, "MAINTENANCE", project_id="p2")
    api.other.refused(404, "POST", path(message), {"seconds": 5})
    assert api.message(sid, message["id"])["extended"] == 0


def test_one_instance_of_the_instance_dialect(api: Api) -> None:
    sid = api.session(workflow="vnf")
    first, second = api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", window=60)
    api.owner.ok("POST", path(first), {"seconds": 30})
    api.clock.tick(61)
    assert api.message(sid, first["id"])["status"] == "pending"
    assert api.message(sid, second["id"])["status"] == "expired"
