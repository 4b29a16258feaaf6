# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aodh and Ceilometer of the lab, from outside; the webhook is compared with what a real Aodh sent."""

from __future__ import annotations

import base64
import itertools
import re
import uuid

import pytest

ALARMS = "/alarming/v2/alarms"
INTAKE = "/telemetry/v1/notifications"
# The shape of a body that Aodh 15 sent for a message of Fenix: keys in order, and the kinds of its traits.
RECORDED_KEYS = ["alarm_name", "alarm_id", "severity", "previous", "current", "reason", "reason_data"]
RECORDED_EVENT_KEYS = ["message_id", "event_type", "generated", "traits", "raw", "message_signature"]
RECORDED_TRAITS = [
    ("project_id", 1),
    ("session_id", 1),
    ("state", 1),
    ("allowed_actions", 1),
    ("instance_ids", 1),
    ("reply_url", 1),
    ("actions_at", 4),
    ("reply_at", 4),
    ("metadata", 1),
]
RECORDED_HEADERS = {
    "User-Agent": "python-requests/2.28.1",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
    "Connection": "keep-alive",
    "content-type": "application/json",
}
_names = itertools.count()


@pytest.fixture
def alarm(lab):
    """Make alarms that are gone afterwards."""
    made = []

    def make(cloud="lab-vnf", **fields):
        body = {
            "name": f"alarm-{next(_names)}",
            "type": "event",
            "event_rule": {"event_type": "maintenance.scheduled"},
            **fields,
        }
        answer = lab.call("POST", ALARMS, cloud, body)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["alarm_id"])
        return answer.json()

    yield make
    for alarm_id in made:
        lab.call("DELETE", f"{ALARMS}/{alarm_id}", "lab-admin")


def notify(lab, event_type="maintenance.scheduled", **payload):
    """Send what Fenix sends."""
    message_id = str(uuid.uuid4())
    url = f"http://127.0.0.1:12347/v1/maintenance/6f028d22/{lab.vnf['project_id']}"
    body = {
        "message_id": message_id,
        "publisher_id": "fenix",
        "event_type": event_type,
        "priority": "INFO",
        "timestamp": "2026-11-20 13:43:58.711148",
        "payload": {
            "allowed_actions": [],
            "session_id": "6f028d22",
            "reply_url": url,
            "state": "MAINTENANCE",
            "instance_ids": url,
            "actions_at": "2026-11-20T13:44:27",
            "project_id": lab.vnf["project_id"],
            "reply_at": "2026-11-20 13:43:38",
            "metadata": {"openstack_release": "Zed"},
            **payload,
        },
    }
    answer = lab.call("POST", INTAKE, None, body)
    assert answer.status_code == 202, answer.text
    return message_id


def traits(body):
    return {name: value for name, _kind, value in body["reason_data"]["event"]["traits"]}


def test_a_new_alarm_has_aodhs_defaults(lab, alarm):
    made = alarm(name="vnf-app_manager_alarm")
    assert list(made) == [
        "alarm_id", "name", "description", "enabled", "ok_actions", "alarm_actions", "insufficient_data_actions",
        "repeat_actions", "type", "time_constraints", "project_id", "user_id", "timestamp", "state", "state_timestamp",
        "state_reason", "severity", "evaluate_timestamp", "event_rule",
    ]  # fmt: skip
    assert made["description"] == "Alarm when maintenance.scheduled event occurred."
    assert (made["enabled"], made["repeat_actions"], made["severity"]) == (True, False, "low")
    assert (made["state"], made["state_reason"]) == ("insufficient data", "Not evaluated yet")
    assert made["project_id"] == lab.vnf["project_id"]
    assert made["event_rule"] == {"event_type": "maintenance.scheduled", "query": []}
    read = lab.call("GET", f"{ALARMS}/{made['alarm_id']}", "lab-vnf").json()
    assert read == {**made, "evaluate_timestamp": read["evaluate_timestamp"]}


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"type": None},
        {"type": "threshold"},
        {"type": "composite"},
        {"event_rule": None},
        {"severity": "fatal"},
        {"state": "asleep"},
        {"repeat_actions": "perhaps"},
        {"alarm_actions": ["ftp://127.0.0.1/"]},
        {"event_rule": {"query": [{"field": "traits.state", "op": "eq", "value": "x"}]}},
        {"event_rule": {"query": [{"field": "traits.state", "op": "like", "value": "x", "type": ""}]}},
        {"event_rule": {"query": [{"field": "traits.at", "op": "eq", "value": "x", "type": "datetime"}]}},
        {"threshold_rule": {}},
        {"colour": "red"},
    ],
)
def test_what_aodh_refuses(lab, change):
    body = {"name": "x", "type": "event", "event_rule": {"event_type": "maintenance.scheduled"}, **change}
    answer = lab.call("POST", ALARMS, "lab-vnf", body)
    assert answer.status_code == 400, answer.text
    message = answer.json()["error_message"]
    assert set(message) == {"debuginfo", "faultcode", "faultstring"}
    assert message["faultcode"] == "Client"


def test_names_are_not_unique(alarm):
    assert alarm(name="twin")["alarm_id"] != alarm(name="twin")["alarm_id"]


def test_alarms_belong_to_projects(lab, alarm):
    mine = alarm()
    path = f"{ALARMS}/{mine['alarm_id']}"
    assert lab.call("GET", ALARMS, "lab-member").json() == []
    missing = lab.call("GET", path, "lab-member")
    assert missing.status_code == 404
    assert missing.json()["error_message"]["faultstring"] == f"Alarm {mine['alarm_id']} not found"
    assert lab.call("DELETE", path, "lab-member").status_code == 404
    assert lab.call("GET", path, "lab-admin").status_code == 200
    foreign = {"name": "x", "type": "event", "event_rule": {}, "project_id": lab.info["projects"]["admin"]}
    assert lab.call("POST", ALARMS, "lab-vnf", foreign).status_code == 401


def test_an_administrator_lists_all_only_when_asked(lab, alarm):
    theirs = alarm("lab-admin", project_id=lab.vnf["project_id"])
    assert theirs["project_id"] == lab.vnf["project_id"]
    assert theirs["alarm_id"] not in {item["alarm_id"] for item in lab.call("GET", ALARMS, "lab-admin").json()}
    query = "?q.field=all_projects&q.op=eq&q.value=true"
    assert theirs["alarm_id"] in {item["alarm_id"] for item in lab.call("GET", ALARMS + query, "lab-admin").json()}
    assert lab.call("GET", ALARMS + query, "lab-vnf").status_code == 403


def test_list_filters(lab, alarm):
    one, two = alarm(name="one", severity="critical"), alarm(name="two", enabled=False)
    for query, expected in (
        ("q.field=name&q.op=eq&q.value=one", one),
        ("q.field=enabled&q.op=eq&q.value=false", two),
        ("q.field=severity&q.value=critical&q.field=type&q.value=event", one),
    ):
        found = lab.call("GET", f"{ALARMS}?{query}", "lab-vnf").json()
        assert [item["alarm_id"] for item in found] == [expected["alarm_id"]], query
    assert lab.call("GET", f"{ALARMS}?q.field=colour&q.value=red", "lab-vnf").status_code == 400
    assert len(lab.call("GET", f"{ALARMS}?limit=1&sort=name:desc", "lab-vnf").json()) == 1
    page = lab.call("GET", f"{ALARMS}?sort=name:asc&marker={one['alarm_id']}", "lab-vnf").json()
    assert [item["name"] for item in page] == ["two"]


def test_put_replaces_the_whole_alarm(lab, alarm):
    made = alarm(severity="critical", repeat_actions=True, alarm_actions=["http://127.0.0.1:9/"])
    body = {"name": "new", "type": "event", "event_rule": {"event_type": "maintenance.*"}}
    replaced = lab.call("PUT", f"{ALARMS}/{made['alarm_id']}", "lab-vnf", body).json()
    assert replaced["alarm_id"] == made["alarm_id"]
    assert (replaced["name"], replaced["severity"], replaced["repeat_actions"]) == ("new", "low", False)
    assert replaced["alarm_actions"] == []
    assert replaced["project_id"] == made["project_id"]


def test_the_webhook_has_the_recorded_shape(lab, alarm, listener, until):
    user_url = listener.url.replace("http://", "http://aodh:s3cret@")
    made = alarm(repeat_actions=True, alarm_actions=[f"{user_url}/maintenance?vnf=1"])
    first = notify(lab)
    until(lambda: listener.requests)
    request, body = listener.requests[0], listener.bodies[0]
    assert request["path"] == "/maintenance?vnf=1"
    for name, value in RECORDED_HEADERS.items():
        assert request["headers"][name] == value
    assert re.fullmatch(r"req-[0-9a-f-]{36}", request["headers"]["x-openstack-request-id"])
    credentials = base64.b64encode(b"aodh:s3cret").decode()
    assert request["headers"]["Authorization"] == f"Basic {credentials}"
    assert not {"X-Auth-Token", "webhook-signature"} & set(request["headers"])
    assert list(body) == RECORDED_KEYS
    event = body["reason_data"]["event"]
    assert list(body["reason_data"]) == ["type", "event"]
    assert list(event) == RECORDED_EVENT_KEYS
    assert [(name, kind) for name, kind, _value in event["traits"]] == RECORDED_TRAITS
    assert traits(body)["allowed_actions"] == "[]"
    assert traits(body)["metadata"] == "{'openstack_release': 'Zed'}"
    assert traits(body)["reply_at"] == "2026-11-20T13:43:38"
    assert event["generated"] == "2026-11-20T13:43:58.711148"
    assert event["raw"] == {}
    assert re.fullmatch(r"[0-9a-f]{64}", event["message_signature"])
    assert body["reason"] == f"Event <id={first},event_type=maintenance.scheduled> hits the query <query=[]>."
    assert (body["alarm_id"], body["severity"]) == (made["alarm_id"], "low")
    assert (body["previous"], body["current"]) == ("insufficient data", "alarm")
    notify(lab)
    until(lambda: len(listener.requests) == 2)
    assert (listener.bodies[1]["previous"], listener.bodies[1]["current"]) == ("alarm", "alarm")


def test_without_repeat_actions_an_alarm_fires_once(lab, alarm, listener, until):
    quiet = alarm(alarm_actions=[f"{listener.url}/quiet"])
    alarm(repeat_actions=True, alarm_actions=[f"{listener.url}/loud"])

    def paths():
        return sorted(request["path"] for request in listener.requests)

    for number in (1, 2):
        notify(lab)
        until(lambda number=number: paths().count("/loud") == number)
    assert paths() == ["/loud", "/loud", "/quiet"]
    state = f"{ALARMS}/{quiet['alarm_id']}/state"
    assert lab.call("GET", state, "lab-vnf").json() == "alarm"
    assert lab.call("PUT", state, "lab-vnf", "asleep").status_code == 400
    assert lab.call("PUT", state, "lab-vnf", "ok").json() == "ok"
    notify(lab)
    until(lambda: paths() == ["/loud"] * 3 + ["/quiet"] * 2)


def test_what_is_matched(lab, alarm, listener, until):
    def hears(path, cloud="lab-vnf", **rule):
        alarm(cloud, repeat_actions=True, event_rule=rule, alarm_actions=[f"{listener.url}/{path}"])

    state = {"field": "traits.state", "op": "eq", "value": "SCALE_IN", "type": "string"}
    hears("glob", event_type="maintenance.*")
    hears("all")
    hears("scheduled", event_type="maintenance.scheduled")
    hears("scale_in", event_type="maintenance.*", query=[state])
    hears("percent", query=[{"field": "traits.percent_done", "op": "ge", "value": "50", "type": "integer"}])
    hears("stranger", "lab-member")
    hears("admin", "lab-admin")

    def heard():
        return sorted(request["path"][1:] for request in listener.requests)

    notify(lab, state="SCALE_IN")
    until(lambda: heard() == ["all", "glob", "scale_in", "scheduled"])
    listener.requests.clear()
    notify(lab, "maintenance.host", host="compute-1", state="IN_MAINTENANCE", project_id=lab.info["projects"]["admin"])
    until(lambda: heard() == ["admin"])
    listener.requests.clear()
    notify(lab, "maintenance.session", percent_done=60)
    until(lambda: heard() == ["all", "glob", "percent"])
    listener.requests.clear()
    notify(lab, "maintenance.undefined")
    notify(lab, "maintenance.undefined", tenant_id=lab.vnf["project_id"])
    until(lambda: heard() == ["all", "glob"])


def test_what_gets_lost_on_the_way(lab, alarm, listener, until):
    alarm(repeat_actions=True, alarm_actions=[listener.url])
    lost = notify(lab, reply_at="soon")
    kept = notify(
        lab,
        instance_ids=["5b0c1f0e", "c2d9aa41"],
        allowed_actions=["MIGRATE", "OWN_ACTION"],
        metadata={"long": "x" * 300, "none": None},
        actions_at=None,
        reply_at="",
        session_id="",
        unknown="y",
        service="fenix",
    )
    until(lambda: kept in listener.ids())
    assert lost not in listener.ids()
    found = traits(listener.bodies[-1])
    assert found["instance_ids"] == "['5b0c1f0e', 'c2d9aa41']"
    assert found["allowed_actions"] == "['MIGRATE', 'OWN_ACTION']"
    assert found["metadata"] == str({"long": "x" * 300, "none": None})[:255]
    assert len(found["metadata"]) == 255
    assert found["session_id"] == ""
    assert found["service"] == "fenix"
    assert not {"actions_at", "reply_at", "unknown"} & set(found)


def test_times_lose_their_zone(lab, alarm, listener, until):
    alarm(repeat_actions=True, alarm_actions=[listener.url])
    notify(lab, actions_at="2026-11-20T15:00:00+02:00", reply_at="2026-11-20T13:00:00Z")
    until(lambda: listener.requests)
    found = traits(listener.bodies[0])
    assert (found["actions_at"], found["reply_at"]) == ("2026-11-20T13:00:00", "2026-11-20T13:00:00")


def test_nothing_is_tried_again(lab, alarm, listener, until):
    listener.status = 500
    refused = alarm(repeat_actions=True, alarm_actions=["http://127.0.0.1:1/", listener.url])
    message_id = notify(lab)

    def results():
        found = [item for item in lab.state()["webhooks"] if item["message_id"] == message_id]
        return len(found) == 2 and {item["result"] for item in found}

    assert until(results) == {500, "ClientConnectorError"}
    assert len(listener.requests) == 1
    assert refused["name"] in {item["alarm"] for item in lab.state()["webhooks"]}


def test_the_control_api_hides_the_secrets_of_webhooks(lab, alarm):
    alarm(name="secretive", alarm_actions=["http://aodh:s3cret@127.0.0.1:9/x"])
    (shown,) = [item for item in lab.state()["alarms"] if item["name"] == "secretive"]
    assert shown["alarm_actions"] == ["http://***@127.0.0.1:9/x"]


@pytest.mark.parametrize("body", [[], {}, {"event_type": "x"}, {"event_type": "x", "payload": []}])
def test_the_intake_refuses_what_is_no_notification(lab, body):
    assert lab.call("POST", INTAKE, None, body).status_code == 400


def test_new_alarms_are_overlooked_while_the_cache_lives(start_lab, listener, until):
    document = {
        "options": {"alarm_cache_ttl": 3, "webhook_jitter": 0},
        "projects": ["admin"],
        "users": [{"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"}],
        "hosts": {"count": 1},
        "vnfs": [],
    }
    lab = start_lab(document)
    project = lab.info["projects"]["admin"]
    lab.info["vnfs"] = [{"project_id": project}]
    rule = {"name": "x", "type": "event", "repeat_actions": True, "event_rule": {}, "alarm_actions": [listener.url]}
    notify(lab)
    assert lab.call("POST", ALARMS, "lab-admin", rule).status_code == 201
    overlooked = notify(lab)
    until(lambda: (notify(lab), listener.requests)[1], 15, 0.1)
    assert overlooked not in listener.ids()
