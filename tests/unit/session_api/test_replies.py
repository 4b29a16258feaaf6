# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replies over HTTP: taken once, in time, by the project itself."""

from __future__ import annotations

import typing as t

import pytest

Api = t.Any
BOTH = {"i1": "MIGRATE", "i2": "OWN_ACTION"}
ACK = {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": BOTH}


@pytest.fixture
def sid(api: Api) -> str:
    sid = str(api.session())
    api.inventory(sid, i1="p1@h1", i2="p1@h1", i3="p1@h2", x1="p2@h1")
    return sid


@pytest.fixture
def mid(api: Api, sid: str) -> str:
    return str(api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", window=60)[0]["id"])


def test_the_body_comes_back_and_the_message_is_acknowledged(api: Api, sid: str, mid: str) -> None:
    api.clock.tick(2.5)
    body = {**ACK, "session_id": sid, "instance_ids": ["i1", "i2"]}
    assert api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", body) == body
    message = api.message(sid, mid)
    assert (message["status"], message["replied_at"], message["reason"]) == ("acknowledged", "2026-11-21T01:00:02.500000Z", None)
    assert message["reply"] == {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": BOTH}
    assert api.detail(sid)["waiting_for"] == []


def test_a_refusal_is_kept_with_its_reason(api: Api, sid: str, mid: str) -> None:
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "NACK_PLANNED_MAINTENANCE", "reason": "a call is running"})
    message = api.message(sid, mid)
    assert (message["status"], message["reason"]) == ("refused", "a call is running")
    assert message["reply"] == {"state": "NACK_PLANNED_MAINTENANCE", "instance_actions": {}}
    events = api.owner.ok("GET", f"/v1/sessions/{sid}/events")["events"]
    assert "because a call is running" in events[-1]["text"]


def test_saying_it_again_changes_nothing(api: Api, sid: str, mid: str) -> None:
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", ACK)
    before, events = api.message(sid, mid), api.admin.ok("GET", f"/v1/sessions/{sid}/events")
    api.clock.tick(120)
    assert api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", ACK) == ACK
    assert api.message(sid, mid) == before
    assert api.admin.ok("GET", f"/v1/sessions/{sid}/events") == events


@pytest.mark.parametrize(
    "other",
    [
        {"state": "NACK_PLANNED_MAINTENANCE"},
        {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i1": "MIGRATE", "i2": "MIGRATE"}},
    ],
)
def test_saying_something_else_later_is_refused(api: Api, sid: str, mid: str, other: dict[str, t.Any]) -> None:
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", ACK)
    before = api.message(sid, mid)
    refused = api.owner.refused(409, "PUT", f"/v1/maintenance/{sid}/p1", other)
    assert "has been answered before, with ACK_PLANNED_MAINTENANCE" in refused["error"]
    assert api.message(sid, mid) == before


def test_a_late_reply_is_refused_and_changes_nothing(api: Api, sid: str, mid: str) -> None:
    api.clock.tick(60.000001)
    refused = api.owner.refused(409, "PUT", f"/v1/maintenance/{sid}/p1", ACK)
    assert (
        refused["error"] == f"too late: the reply to message {mid} (PLANNED_MAINTENANCE) was due at 2026-11-21T01:01:00.000000Z"
    )
    assert (api.message(sid, mid)["status"], api.message(sid, mid)["reply"]) == ("expired", None)


def test_a_reply_at_the_deadline_is_in_time(api: Api, sid: str, mid: str) -> None:
    api.clock.tick(60)
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", ACK)


def test_a_reply_to_another_state_is_refused(api: Api, sid: str, mid: str) -> None:
    for state in ("ACK_MAINTENANCE", "ACK_SCALE_IN", "NACK_MAINTENANCE_COMPLETE"):
        assert (
            "is pending for this project" in api.owner.refused(409, "PUT", f"/v1/maintenance/{sid}/p1", {"state": state})["error"]
        )
    assert api.message(sid, mid)["status"] == "pending"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "state"),
        ({"state": 5}, "state"),
        ({"state": "MAINTENANCE"}, "state"),
        ({"state": "ACK_NONSENSE"}, "state"),
        ({"state": "ACK_PLANNED_MAINTENANCE"}, "instance_actions"),
        ({**ACK, "instance_actions": {"i1": "MIGRATE"}}, "instance_actions"),
        ({**ACK, "instance_actions": {**BOTH, "i9": "MIGRATE"}}, "instance_actions"),
        ({**ACK, "instance_actions": {**BOTH, "i2": "EXPLODE"}}, "instance_actions"),
        ({**ACK, "instance_actions": {**BOTH, "i2": 5}}, "instance_actions.i2"),
        ({**ACK, "instance_actions": ["i1"]}, "instance_actions"),
        ({"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "EXPLODE"}, "instance_action"),
        ({**ACK, "reason": "x" * 1001}, "reason"),
        ([], "body"),
    ],
)
def test_a_wrong_reply_names_the_field_and_changes_nothing(api: Api, sid: str, mid: str, body: t.Any, field: str) -> None:
    assert api.owner.refused(400, "PUT", f"/v1/maintenance/{sid}/p1", body)["field"] == field
    assert api.message(sid, mid)["status"] == "pending"


def test_a_wrong_reply_can_be_mended(api: Api, sid: str, mid: str) -> None:
    api.owner.refused(400, "PUT", f"/v1/maintenance/{sid}/p1", {**ACK, "instance_actions": {"i1": "MIGRATE"}})
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", ACK)
    assert api.message(sid, mid)["status"] == "acknowledged"


def test_an_action_must_be_allowed(api: Api, sid: str) -> None:
    api.tell(sid, "PREPARE_MAINTENANCE", "i1", allowed_actions=["MIGRATE", "LIVE_MIGRATE"])
    body = {"state": "ACK_PREPARE_MAINTENANCE", "instance_actions": {"i1": "OWN_ACTION"}}
    refused = api.owner.refused(400, "PUT", f"/v1/maintenance/{sid}/p1", body)
    assert refused == {
        "error": "action OWN_ACTION is not allowed for instance i1; allowed are MIGRATE, LIVE_MIGRATE",
        "field": "instance_actions",
    }


def test_one_action_stands_for_all_instances(api: Api, sid: str, mid: str) -> None:
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "MIGRATE"})
    assert api.message(sid, mid)["reply"]["instance_actions"] == {"i1": "MIGRATE", "i2": "MIGRATE"}


def test_nobody_waits_for_a_reply_to_an_information(api: Api, sid: str) -> None:
    (message,) = api.tell(sid, "INSTANCE_ACTION_DONE", "i1")
    for state in ("ACK_INSTANCE_ACTION_DONE", "ACK_ADMIN_ACTION_DONE"):
        api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": state})
    assert api.message(sid, message["id"]) == message


@pytest.mark.parametrize("spelling", ["ACK_SCALE_IN", "ACK_IN_SCALE", "ACK_DOWN_SCALE"])
def test_old_spellings(api: Api, sid: str, spelling: str) -> None:
    (message,) = api.tell(sid, "SCALE_IN")
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": spelling, "instance_ids": ["i1"]})
    assert api.message(sid, message["id"])["reply"]["state"] == "ACK_SCALE_IN"


def test_a_reply_may_name_its_message(api: Api, sid: str) -> None:
    (first,), (second,) = api.tell(sid, "SCALE_IN", key="1"), api.tell(sid, "SCALE_IN", key="2")
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_SCALE_IN", "message_id": second["id"]})
    assert (api.message(sid, first["id"])["status"], api.message(sid, second["id"])["status"]) == ("pending", "acknowledged")


def test_the_instances_in_question(api: Api, sid: str) -> None:
    def listed() -> list[str]:
        return list(api.owner.ok("GET", f"/v1/maintenance/{sid}/p1")["instance_ids"])

    assert listed() == ["i1", "i2", "i3"]
    api.tell(sid, "MAINTENANCE")
    assert listed() == ["i1", "i2", "i3"]
    api.tell(sid, "PLANNED_MAINTENANCE", "i2", "i1")
    assert listed() == ["i2", "i1"]
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", ACK)
    assert listed() == ["i1", "i2", "i3"]
    assert api.other.ok("GET", f"/v1/maintenance/{sid}/p2") == {"instance_ids": ["x1"]}


def test_a_body_in_a_get_is_ignored(api: Api, sid: str) -> None:
    for path in ("/v1/maintenance", f"/v1/maintenance/{sid}", f"/v1/maintenance/{sid}/p1", "/v1/sessions"):
        assert api.owner("GET", path, {"session_id": "x"}).status_code == 200
    assert api.owner("GET", "/v1/maintenance", data=b"\xff not json").status_code == 200


def test_each_project_answers_for_itself(api: Api, sid: str) -> None:
    one = api.tell(sid, "MAINTENANCE")[0]["id"]
    two = api.tell(sid, "MAINTENANCE", project_id="p2")[0]["id"]
    api.other.ok("PUT", f"/v1/maintenance/{sid}/p2", {"state": "NACK_MAINTENANCE"})
    assert (api.message(sid, one)["status"], api.message(sid, two)["status"]) == ("pending", "refused")


class TestInstanceDialect:
    @pytest.fixture
    def sid(self, api: Api) -> str:
        sid = str(api.session(workflow="vnf"))
        api.inventory(sid, i1="p1@h1", i2="p1@h1")
        return sid

    @pytest.fixture
    def mids(self, api: Api, sid: str) -> list[str]:
        return [message["id"] for message in api.tell(sid, "PLANNED_MAINTENANCE", "i1", "i2", window=60)]

    def statuses(self, api: Api, sid: str, mids: list[str]) -> list[str]:
        return [api.message(sid, mid)["status"] for mid in mids]

    def test_each_instance_has_its_own_reply(self, api: Api, sid: str, mids: list[str]) -> None:
        body = {"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "MIGRATE"}
        assert api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1/i2", body) == body
        assert self.statuses(api, sid, mids) == ["pending", "acknowledged"]
        api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1/i2", body)
        api.owner.refused(409, "PUT", f"/v1/maintenance/{sid}/p1/i2", {**body, "instance_action": "OWN_ACTION"})
        api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1/i1", {"state": "NACK_PLANNED_MAINTENANCE", "reason": "busy"})
        assert self.statuses(api, sid, mids) == ["refused", "acknowledged"]
        api.owner.refused(409, "PUT", f"/v1/maintenance/{sid}/p1/i9", body)

    def test_a_map_at_the_url_of_the_project(self, api: Api, sid: str, mids: list[str]) -> None:
        api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", ACK)
        assert [api.message(sid, mid)["reply"]["instance_actions"] for mid in mids] == [{"i1": "MIGRATE"}, {"i2": "OWN_ACTION"}]

    def test_without_an_action_the_constraint_speaks(self, api: Api, sid: str, mids: list[str]) -> None:
        bare = {"state": "ACK_PLANNED_MAINTENANCE"}
        refused = api.owner.refused(400, "PUT", f"/v1/maintenance/{sid}/p1/i1", bare)
        assert refused["field"] == "instance_action"
        constraint = {
            "instance_id": "i1",
            "project_id": "p1",
            "max_interruption_time": 120,
            "migration_type": "LIVE_MIGRATE",
            "resource_mitigation": True,
            "lead_time": 40,
        }
        api.owner.ok("PUT", "/v1/instance/i1", constraint)
        api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1/i1", bare)
        assert api.message(sid, mids[0])["reply"]["instance_actions"] == {"i1": "LIVE_MIGRATE"}

    def test_all_instances_are_listed_even_while_one_is_asked(self, api: Api, sid: str, mids: list[str]) -> None:
        assert api.owner.ok("GET", f"/v1/maintenance/{sid}/p1") == {"instance_ids": ["i1", "i2"]}


def test_host_dialect_at_the_url_of_an_instance(api: Api, sid: str, mid: str) -> None:
    body = {"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "MIGRATE"}
    refused = api.owner.refused(400, "PUT", f"/v1/maintenance/{sid}/p1/i1", body)
    assert (refused["field"], "about 2 instances" in refused["error"]) == ("instance_id", True)
