# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the alarm module says to Aodh."""

from __future__ import annotations

import json

import pytest
import requests

ALARMS = "/alarming/v2/alarms"
SECRET = "s3cr3t-of-the-hook"
URL = f"http://aodh:{SECRET}@vnfm.example:8090/v1.0/vnfs/web/maintenance/p"
HIDDEN = "http://aodh:********@vnfm.example:8090/v1.0/vnfs/web/maintenance/p"
PARAMS = {"name": "web", "alarm_actions": [URL]}
MODULE = "aodh_maintenance_alarm"
OTHER = "0c2a5e5f0d1b4f0e8a2f3b1c9d7e6f50"


def alarm(project, **changed):
    """An alarm as Aodh 15 answers it."""
    return {
        "alarm_id": "77aa", "name": "web", "type": "event", "description": "Alarm when maintenance.scheduled event occurred.",
        "enabled": True, "ok_actions": [], "alarm_actions": [URL], "insufficient_data_actions": [], "repeat_actions": True,
        "time_constraints": [], "project_id": project, "user_id": "u", "timestamp": "2026-11-21T01:02:03.123456",
        "state": "alarm", "state_timestamp": "2026-11-21T01:02:03.123456", "state_reason": "hit", "severity": "low",
        "event_rule": {"event_type": "maintenance.scheduled", "query": []}, **changed,
    }  # fmt: skip


def test_alarm_actions_are_required(conversation):
    result = conversation.run(MODULE, {"name": "web"})
    assert result["failed"]
    assert "alarm_actions" in result["msg"]


def test_name_is_required(conversation):
    assert "name" in conversation.run(MODULE, {"alarm_actions": [URL]})["msg"]


def test_create(conversation):
    conversation.expect(
        "GET", ALARMS, json=[], query={"q.field": "name", "q.op": "eq", "q.value": "web"},
        sent_headers={"Accept": "application/json"},
    )  # fmt: skip
    conversation.expect(
        "POST", ALARMS, status=201, json=alarm(conversation.project_id, state="insufficient data"),
        sent_headers={"Accept": "application/json"},
        body={
            "name": "web", "type": "event", "enabled": True, "severity": "low", "repeat_actions": True, "alarm_actions": [URL],
            "event_rule": {"event_type": "maintenance.scheduled"},
        },
    )  # fmt: skip
    result = conversation.run(MODULE, PARAMS)
    assert result["changed"]
    assert result[MODULE] == {
        "alarm_id": "77aa", "name": "web", "event_type": "maintenance.scheduled", "query": [],
        "project_id": conversation.project_id, "enabled": True, "repeat_actions": True, "severity": "low",
        "state": "insufficient data", "description": "Alarm when maintenance.scheduled event occurred.",
        "alarm_actions": [HIDDEN],
    }  # fmt: skip
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["alarm_actions"] == [HIDDEN]
    assert SECRET not in json.dumps(result)


def test_create_in_check_mode_writes_nothing(conversation):
    conversation.expect("GET", ALARMS, json=[])
    result = conversation.run(MODULE, PARAMS, check_mode=True)
    assert result["changed"]
    assert result[MODULE]["alarm_id"] is None
    assert result[MODULE]["name"] == "web"
    assert result[MODULE]["project_id"] == conversation.project_id
    assert conversation.writes == []
    assert SECRET not in json.dumps(result)


def test_second_run_changes_nothing(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id)])
    result = conversation.run(MODULE, PARAMS)
    assert not result["changed"]
    assert result[MODULE]["alarm_id"] == "77aa"
    assert result["diff"]["before"] == result["diff"]["after"]


@pytest.mark.parametrize(
    ("present", "option"),
    [
        ({"repeat_actions": False}, {}),
        ({"enabled": False}, {}),
        ({"severity": "critical"}, {}),
        ({"alarm_actions": []}, {}),
        ({"alarm_actions": [URL, "http://stranger.example/"]}, {}),
        ({"event_rule": {"event_type": "maintenance.planned", "query": []}}, {}),
        ({"event_rule": {"event_type": "maintenance.scheduled", "query": [{"field": "traits.x", "value": "x"}]}}, {"query": []}),
        ({}, {"description": "ours"}),
    ],
)
def test_what_differs_is_mended_with_a_whole_alarm(conversation, present, option):
    now = alarm(conversation.project_id, **present, time_constraints=[{"name": "night", "start": "0 1 * * *", "duration": 60}])
    wanted = {**now, **{key: alarm("")[key] for key in present if key != "event_rule"}}
    wanted |= {key: value for key, value in option.items() if key != "query"}
    if "event_rule" in present:
        wanted["event_rule"] = {"event_type": "maintenance.scheduled", "query": []}
    conversation.expect("GET", ALARMS, json=[now])
    conversation.expect("PUT", f"{ALARMS}/77aa", json=wanted, body=wanted)
    result = conversation.run(MODULE, {**PARAMS, **option})
    assert result["changed"]
    assert result["diff"]["before"] != result["diff"]["after"]
    assert result[MODULE]["state"] == "alarm"


def test_a_query_that_aodh_stored_with_its_defaults_is_the_same(conversation):
    stored = {"event_type": "maintenance.scheduled", "query": [{"field": "traits.state", "op": "eq", "type": "", "value": "x"}]}
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id, event_rule=stored)])
    assert not conversation.run(MODULE, {**PARAMS, "query": [{"field": "traits.state", "value": "x"}]})["changed"]


def test_order_and_doubles_of_actions_do_not_matter(conversation):
    two = ["http://b.example/", URL]
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id, alarm_actions=two)])
    assert not conversation.run(MODULE, {**PARAMS, "alarm_actions": [URL, "http://b.example/", URL]})["changed"]


def test_a_trust_that_aodh_added_is_no_difference(conversation):
    stored = ["trust+http://5e1f:delete@vnfm.example/hook"]
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id, alarm_actions=stored)])
    result = conversation.run(MODULE, {**PARAMS, "alarm_actions": ["trust+http://vnfm.example/hook"]})
    assert not result["changed"]


def test_a_changed_secret_shows_as_change_without_the_secrets(conversation):
    old = alarm(conversation.project_id, alarm_actions=[URL.replace(SECRET, "older-secret")])
    conversation.expect("GET", ALARMS, json=[old])
    conversation.expect("PUT", f"{ALARMS}/77aa", json=alarm(conversation.project_id), body=alarm(conversation.project_id))
    result = conversation.run(MODULE, PARAMS)
    assert result["diff"]["before"]["alarm_actions"] == [HIDDEN]
    assert result["diff"]["after"]["alarm_actions"] == [f"{HIDDEN} (another secret)"]
    assert SECRET not in json.dumps(result)
    assert "older-secret" not in json.dumps(result)


def test_mending_in_check_mode_writes_nothing(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id, repeat_actions=False)])
    result = conversation.run(MODULE, PARAMS, check_mode=True)
    assert result["changed"]
    assert result[MODULE]["repeat_actions"] is True
    assert conversation.writes == []


def test_delete(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id)])
    conversation.expect("DELETE", f"{ALARMS}/77aa", status=204)
    result = conversation.run(MODULE, {"name": "web", "state": "absent"})
    assert result["changed"]
    assert result[MODULE] is None


def test_delete_of_an_alarm_that_just_went(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id)])
    conversation.expect("DELETE", f"{ALARMS}/77aa", status=404, json={"error_message": {"faultstring": "Alarm 77aa not found"}})
    assert conversation.run(MODULE, {"name": "web", "state": "absent"})["changed"]


def test_absent_already(conversation):
    conversation.expect("GET", ALARMS, json=[])
    result = conversation.run(MODULE, {"name": "web", "state": "absent"})
    assert (result["failed"], result["changed"], result[MODULE]) == (False, False, None)


def test_an_alarm_of_another_kind_is_left_alone(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id, type="gnocchi_resources_threshold", event_rule=None)])
    result = conversation.run(MODULE, {"name": "web", "state": "absent"})
    assert result["failed"]
    assert "gnocchi_resources_threshold" in result["msg"]
    assert "openstack alarm delete 77aa" in result["msg"]
    assert conversation.writes == []


def test_two_alarms_of_the_name_are_an_error(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id), alarm(conversation.project_id, alarm_id="88bb")])
    assert "77aa, 88bb" in conversation.run(MODULE, PARAMS)["msg"]


def test_only_the_own_project_counts_when_aodh_shows_more(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(OTHER)])
    conversation.expect("POST", ALARMS, status=201, json=alarm(conversation.project_id))
    assert conversation.run(MODULE, PARAMS)["changed"]


def test_an_administrator_makes_an_alarm_in_another_project(conversation):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id)])
    conversation.expect("POST", ALARMS, status=201, json=alarm(OTHER))
    result = conversation.run(MODULE, {**PARAMS, "project_id": OTHER})
    assert result["changed"]
    assert json.loads(conversation.made[1].body)["project_id"] == OTHER
    assert "q.field=all_projects" in conversation.made[0].url
    assert "q.value=true" in conversation.made[0].url


def test_aodhs_own_words_reach_the_user_without_the_secret(conversation):
    bad = f"ftp://aodh:{SECRET}@vnfm.example/"
    conversation.expect("GET", ALARMS, json=[])
    conversation.expect(
        "POST", ALARMS, status=400,
        json={"error_message": {"debuginfo": None, "faultcode": "Client", "faultstring": f"Unsupported action {bad}"}},
    )  # fmt: skip
    result = conversation.run(MODULE, {**PARAMS, "alarm_actions": [bad]})
    assert result["failed"]
    assert result["msg"] == "Failed to create alarm web: HTTP 400: Unsupported action ftp://aodh:********@vnfm.example/"
    assert result["failure"]["status"] == 400


def test_a_secret_in_the_query_of_an_address_stays_out_of_errors(conversation):
    url = f"gopher://vnfm.example/hook?token={SECRET}"
    conversation.expect("GET", ALARMS, json=[])
    conversation.expect("POST", ALARMS, status=400, json={"error_message": {"faultstring": f"Unsupported action {url}"}})
    result = conversation.run(MODULE, {**PARAMS, "alarm_actions": [url]})
    assert "Unsupported action gopher://vnfm.example/hook?token=********" in result["msg"]
    assert SECRET not in json.dumps(result)


@pytest.mark.parametrize("status", [401, 403, 500])
def test_refusals_name_the_call(conversation, status):
    for _attempt in range(2 if status == 401 else 1):  # a 401 makes the client ask for a new token and try again
        conversation.expect("GET", ALARMS, status=status, json={"error_message": {"faultstring": "no such right"}})
    result = conversation.run(MODULE, PARAMS)
    assert result["failed"]
    assert "Failed to list the alarms" in result["msg"]
    assert "no such right" in result["msg"]
    assert result["failure"]["status"] == status


def test_a_break_while_writing_is_not_written_again(conversation):
    conversation.expect("GET", ALARMS, json=[])
    conversation.expect("POST", ALARMS, error=requests.exceptions.ConnectionError("reset"))
    result = conversation.run(MODULE, PARAMS)
    assert result["failed"]
    assert "Failed to create alarm web" in result["msg"]


def test_timeout(conversation):
    conversation.expect("GET", ALARMS, error=requests.exceptions.ReadTimeout("too slow"))
    result = conversation.run(MODULE, {**PARAMS, "api_timeout": 1})
    assert result["failed"]
    assert "Failed to list the alarms" in result["msg"]


def test_info_lists_event_alarms_without_secrets(conversation):
    conversation.expect(
        "GET", ALARMS,
        json=[alarm(OTHER, alarm_actions=["http://plain.example/hook?token=abc&x=1"]), alarm("p", alarm_id="1", name="b"),
              alarm("p", type="loadbalancer_member_health")],
        query={"q.field": "all_projects", "q.op": "eq", "q.value": "true"},
    )  # fmt: skip
    result = conversation.run("aodh_maintenance_alarm_info", {"all_projects": True})
    found = result["aodh_maintenance_alarms"]
    assert [item["name"] for item in found] == ["b", "web"]
    assert found[1]["alarm_actions"] == ["http://plain.example/hook?token=********&x=********"]
    assert not result["changed"]
    assert SECRET not in json.dumps(result)


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"name": "web"}, 1),
        ({"name": "other"}, 0),
        ({"event_type": "maintenance.host"}, 0),
        ({"event_type": "maintenance.scheduled"}, 1),
    ],
)
def test_info_filters(conversation, params, count):
    conversation.expect("GET", ALARMS, json=[alarm(conversation.project_id)])
    assert len(conversation.run("aodh_maintenance_alarm_info", params)["aodh_maintenance_alarms"]) == count


def test_info_passes_a_refusal_on(conversation):
    conversation.expect("GET", ALARMS, status=403, json={"error_message": {"faultstring": "RBAC Authorization Failed"}})
    result = conversation.run("aodh_maintenance_alarm_info", {"all_projects": True})
    assert "RBAC Authorization Failed" in result["msg"]


@pytest.mark.parametrize("end", ["", "/", "/v2", "/v2/"])
def test_the_catalogue_may_name_the_version_or_not(conversation, end):
    from ansible_collections.nfv.maintenance.plugins.module_utils._alarming.proxy import alarming  # noqa: PLC0415

    conversation.expect("GET", ALARMS, json=[])
    cloud = conversation.cloud
    cloud.config.config["alarming_endpoint_override"] = f"http://cloud.example/alarming{end}"
    assert alarming(cloud).alarms() == []
