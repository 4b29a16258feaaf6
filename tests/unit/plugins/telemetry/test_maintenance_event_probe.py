# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the probe says to the session API and to Aodh, and what it makes of the answers."""

from __future__ import annotations

import datetime
import uuid

import pytest
import requests

MODULE = "maintenance_event_probe"
ALARMS = "/alarming/v2/alarms"
PROBE = "0b0c9a5e-3c2f-4d43-9a63-2f0c1e6c7a11"
PROBES = f"/maintenance/v1/probes/{PROBE}"
PROJECT = f"probe-{PROBE}"
TYPES = ("maintenance.scheduled", "maintenance.host")


@pytest.fixture(autouse=True)
def known_id(monkeypatch):
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(PROBE))


def told(way="bus", waiting=()):
    return {"probe_id": PROBE, "project_id": PROJECT, "way": way, "event_types": list(TYPES), "waiting": list(waiting)}


def alarm(event_type, state="insufficient data"):
    return {
        "alarm_id": f"id-of-{event_type}", "name": "nfv.maintenance probe", "project_id": PROJECT, "state": state,
        "timestamp": "2026-11-21T01:02:03.123456", "type": "event",
    }  # fmt: skip


def sent(event_type):
    """The alarm as it is asked for: only the project that exists nowhere, only the events of this probe."""
    query = [
        {"field": "traits.session_id", "op": "eq", "type": "string", "value": PROBE},
        {"field": "traits.state", "op": "eq", "type": "string", "value": "PROBE"},
    ]
    return {
        "name": "nfv.maintenance probe", "type": "event", "project_id": PROJECT,
        "description": "Sees whether maintenance events come through; belongs to no project and is deleted after seconds.",
        "event_rule": {"event_type": event_type, "query": query},
    }  # fmt: skip


def begin(conversation, left=()):
    """Up to the moment at which the events are on their way."""
    conversation.expect("GET", PROBES, json=told())
    query = {"q.field": "all_projects", "q.op": "eq", "q.value": "true"}
    conversation.expect("GET", ALARMS, json=list(left), query=query)
    for one in left:
        conversation.expect("DELETE", f"{ALARMS}/{one['alarm_id']}", status=204)
    for event_type in TYPES:
        conversation.expect("POST", ALARMS, status=201, json=alarm(event_type), body=sent(event_type))
    conversation.expect("PUT", PROBES, json=told())


def tidy_up(conversation, *statuses):
    for event_type, status in zip(TYPES, statuses or (204, 204), strict=True):
        answer = None if status == 204 else {"error": "no"}
        conversation.expect("DELETE", f"{ALARMS}/id-of-{event_type}", status=status, json=answer)


def test_events_that_come_through(conversation):
    begin(conversation)
    conversation.expect("GET", ALARMS, json=[alarm(TYPES[0], "alarm"), alarm(TYPES[1])])
    conversation.expect("GET", ALARMS, json=[alarm(one, "alarm") for one in TYPES])
    tidy_up(conversation)
    result = conversation.run(MODULE)
    assert not result["failed"]
    assert not result["changed"]
    assert "warnings" not in result
    assert result[MODULE] == {"status": "ok", "event_types": dict.fromkeys(TYPES, True), "reason": None, "left_behind": []}


def test_events_that_do_not_come_through(conversation):
    begin(conversation)
    conversation.expect("GET", ALARMS, json=[alarm(one) for one in TYPES])
    tidy_up(conversation)
    conversation.expect("GET", PROBES, json=told())
    result = conversation.run(MODULE, {"timeout": 0})
    assert not result["failed"]
    assert result[MODULE]["status"] == "not_seen"
    assert result[MODULE]["event_types"] == dict.fromkeys(TYPES, False)
    (warning,) = result["warnings"]
    assert "maintenance.scheduled, maintenance.host" in warning
    assert "nfv.maintenance.telemetry_events" in warning


def test_one_type_without_a_definition_is_named(conversation):
    begin(conversation)
    conversation.expect("GET", ALARMS, json=[alarm(TYPES[0]), alarm(TYPES[1], "alarm")])
    tidy_up(conversation)
    conversation.expect("GET", PROBES, json=told())
    record = conversation.run(MODULE, {"timeout": 0})[MODULE]
    assert record["event_types"] == {TYPES[0]: False, TYPES[1]: True}
    assert f"a probe of {TYPES[0]} within" in record["reason"]
    assert "no full definition of the former" in record["reason"]


def test_a_bus_that_takes_nothing_is_not_put_down_to_definitions(conversation):
    begin(conversation)
    conversation.expect("GET", ALARMS, json=[alarm(one) for one in TYPES])
    tidy_up(conversation)
    conversation.expect("GET", PROBES, json=told(waiting=[{"event_type": TYPES[0], "error": "connection refused"}]))
    reason = conversation.run(MODULE, {"timeout": 0})[MODULE]["reason"]
    assert "connection refused" in reason
    assert "telemetry_events" not in reason


def test_required(conversation):
    begin(conversation)
    conversation.expect("GET", ALARMS, json=[alarm(one) for one in TYPES])
    tidy_up(conversation)
    conversation.expect("GET", PROBES, json=told())
    result = conversation.run(MODULE, {"timeout": 0, "required": True})
    assert result["failed"]
    assert "nfv.maintenance.telemetry_events" in result["msg"]
    assert result["failure"]["status"] == "not_seen"


@pytest.fixture
def without(conversation, monkeypatch):
    """Take a service out of the catalogue."""
    return lambda kind: monkeypatch.delitem(conversation.services, kind)


def test_a_cloud_without_aodh(conversation, without):
    without("alarming")
    result = conversation.run(MODULE)
    assert result[MODULE]["status"] == "not_possible"
    assert "no alarming service" in result["warnings"][0]
    assert conversation.writes == []


def test_a_cloud_without_a_session_api(conversation, without):
    without("maintenance")
    result = conversation.run(MODULE, {"required": True})
    assert result["failed"]
    assert "find the maintenance service in the catalogue" in result["msg"]


def test_a_service_without_probes(conversation):
    conversation.expect("GET", PROBES, status=404, json={"message": "not found"})
    result = conversation.run(MODULE)
    assert result[MODULE]["status"] == "not_possible"
    assert "a Fenix or an older session API" in result[MODULE]["reason"]


def test_a_service_without_a_bus(conversation):
    conversation.expect("GET", PROBES, json=told(way="nowhere"))
    result = conversation.run(MODULE)
    assert result[MODULE]["status"] == "not_possible"
    assert "transport_url" in result[MODULE]["reason"]


def test_no_rights_at_the_session_api(conversation):
    conversation.expect("GET", PROBES, status=403, json={"error": "rule maintenance:probe does not allow it"})
    result = conversation.run(MODULE)
    assert result[MODULE]["status"] == "not_possible"
    assert "rule maintenance:probe does not allow it. Next: use an administrator's credentials" in result["warnings"][0]


def test_no_rights_at_aodh(conversation):
    conversation.expect("GET", PROBES, json=told())
    conversation.expect("GET", ALARMS, status=403, json={"error_message": {"faultstring": "RBAC Authorization Failed"}})
    result = conversation.run(MODULE)
    assert not result["failed"]
    assert "RBAC Authorization Failed. Next: use an administrator's credentials" in result["warnings"][0]
    assert conversation.writes == []


def test_what_was_made_is_deleted_when_the_rest_is_refused(conversation):
    conversation.expect("GET", PROBES, json=told())
    conversation.expect("GET", ALARMS, json=[])
    conversation.expect("POST", ALARMS, status=201, json=alarm(TYPES[0]))
    for _attempt in "with the token", "with a fresh one":
        conversation.expect("POST", ALARMS, status=401, json={"error_message": {"faultstring": "Not Authorized"}})
    conversation.expect("DELETE", f"{ALARMS}/id-of-{TYPES[0]}", status=204)
    assert conversation.run(MODULE)[MODULE]["status"] == "not_possible"


def test_the_alarms_are_deleted_when_the_listing_breaks(conversation):
    begin(conversation)
    conversation.expect("GET", ALARMS, status=500, json={"error_message": {"faultstring": "no database"}})
    tidy_up(conversation)
    result = conversation.run(MODULE)
    assert result[MODULE]["status"] == "not_possible"
    assert "no database" in result[MODULE]["reason"]


def test_an_alarm_that_stays_is_named(conversation):
    begin(conversation)
    conversation.expect("GET", ALARMS, json=[alarm(one, "alarm") for one in TYPES])
    tidy_up(conversation, 404, 500)
    record = conversation.run(MODULE)[MODULE]
    assert (record["status"], record["left_behind"]) == ("ok", [f"id-of-{TYPES[1]}"])


def test_what_a_killed_probe_left_is_deleted_and_nothing_else(conversation):
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    old, new = ((now - datetime.timedelta(minutes=age)).isoformat() for age in (11, 1))
    ours = {"name": "nfv.maintenance probe", "project_id": "probe-old", "timestamp": old}
    listed = [
        {**ours, "alarm_id": "left"},
        {**ours, "alarm_id": "under-way", "timestamp": new},
        {**ours, "alarm_id": "of-a-project", "project_id": "3f07249d4e754565a30c590a16995e80"},
        {**ours, "alarm_id": "named-otherwise", "name": "web"},
    ]
    conversation.expect("GET", PROBES, json=told())
    conversation.expect("GET", ALARMS, json=listed)
    conversation.expect("DELETE", f"{ALARMS}/left", status=204)
    conversation.expect("POST", ALARMS, error=requests.ConnectionError("refused"))
    assert conversation.run(MODULE)[MODULE]["status"] == "not_possible"
    assert conversation.writes == [f"DELETE {ALARMS}/left", f"POST {ALARMS}"]


def test_check_mode_says_nothing_to_anybody(conversation):
    result = conversation.run(MODULE, {"required": True}, check_mode=True)
    assert (result["failed"], result[MODULE]["status"]) == (False, "not_tried")
    assert conversation.made == []
