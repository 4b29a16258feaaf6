# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_monitor_workflow and its info twin, by what they say to Mistral."""

from __future__ import annotations

import copy
import json

import pytest

NAME = "nfv-monitor-web-1"
TOKEN = "a-token-for-the-webhook"
TARGETS = [{"target": "192.0.2.11", "vdu": "VDU1", "server_id": "s1"}, {"target": "2001:db8::2"}]
OPTIONS = {
    "vnf_id": "web-1", "targets": TARGETS, "probe_url": "http://prober.example:9115/probe", "probe_token": TOKEN,
    "webhook_token": TOKEN,
    "webhook_url": "http://eda.example:12349/endpoint",
}  # fmt: skip
TRIGGER = {"id": "t1", "name": NAME, "workflow_name": NAME, "pattern": "* * * * *", "next_execution_time": "2026-11-21 01:02:00"}


@pytest.fixture
def mistral(conversation):
    conversation.services["workflow"] = "http://cloud.example/workflow/v2"

    def expect(method, path, **more):
        return conversation.expect(method, f"/workflow/v2/{path}", **more)

    return expect


@pytest.fixture
def there(mistral):
    def declare(definition=None, trigger=None):
        for path, found in ((f"workflows/{NAME}", definition and {"id": "w1", "name": NAME, "definition": definition}),
                            (f"cron_triggers/{NAME}", trigger)):  # fmt: skip
            if found is None:
                mistral("GET", path, status=404, json={"faultstring": "not found"})
            else:
                mistral("GET", path, json=found)

    return declare


def run(conversation, **more):
    return conversation.run("vnf_monitor_workflow", {**OPTIONS, **more.pop("options", {})}, **more)


@pytest.fixture
def definition(conversation, mistral, there):
    """What is sent for a new one."""
    there()
    mistral("POST", "workflows", query={"scope": "private"}, status=201, json={"workflows": [{"id": "w1", "name": NAME}]})
    body = {"name": NAME, "workflow_name": NAME, "pattern": "* * * * *", "workflow_input": "{}"}
    mistral("POST", "cron_triggers", body=body, status=201, json=TRIGGER)
    result = run(conversation)
    assert result["changed"]
    assert result["vnf_monitor_workflow"]["workflow_id"] == "w1"
    assert TOKEN not in json.dumps(result)
    [sent] = [one for one in conversation.made if one.method == "POST" and "/workflows" in one.path]
    return sent.text if isinstance(sent.text, str) else sent.body.decode()


def test_a_new_one_has_standard_actions_only(definition):
    whole = json.loads(definition)
    assert whole["version"] == "2.0"
    tasks = whole[NAME]["tasks"]
    assert {task["action"] for task in tasks.values()} == {"std.http"}
    assert tasks["probe_0"]["input"]["url"] == "http://prober.example:9115/probe?module=icmp&target=192.0.2.11"
    assert tasks["probe_1"]["input"]["url"].endswith("target=2001%3Adb8%3A%3A2")
    assert (tasks["probe_0"]["retry"], tasks["probe_0"]["on-error"]) == ({"count": 2, "delay": 5}, ["down_0"])
    [alert] = tasks["down_0"]["input"]["body"]["alerts"]
    assert (alert["status"], alert["labels"]["vnf_id"], alert["labels"]["server_id"]) == ("firing", "web-1", "s1")
    assert tasks["up_1"]["input"]["body"]["alerts"][0]["status"] == "resolved"
    assert tasks["down_0"]["input"]["headers"]["Authorization"] == f"Bearer {TOKEN}"
    assert tasks["down_0"]["input"]["headers"]["webhook-id"] == "<% execution().id %>-0"


def test_the_same_again_changes_nothing(conversation, there, definition):
    there(definition, TRIGGER)
    assert not run(conversation)["changed"]


def test_other_targets_change_the_workflow_and_leave_the_trigger(conversation, mistral, there, definition):
    there(definition, TRIGGER)
    mistral("PUT", "workflows", query={"scope": "private"}, json={"workflows": [{"id": "w1", "name": NAME}]})
    result = run(conversation, options={"targets": TARGETS[:1]})
    assert result["changed"]
    before, after = (result["diff"][side]["definition"][NAME]["tasks"] for side in ("before", "after"))
    assert sorted(set(before) - set(after)) == ["down_1", "probe_1", "up_1"]
    assert TOKEN not in json.dumps(result)


def test_another_pattern_is_another_trigger(conversation, mistral, there, definition):
    there(definition, TRIGGER)
    mistral("DELETE", f"cron_triggers/{NAME}", status=204)
    mistral("POST", "cron_triggers", status=201, json={**TRIGGER, "pattern": "*/5 * * * *"})
    assert run(conversation, options={"pattern": "*/5 * * * *"})["vnf_monitor_workflow"]["pattern"] == "*/5 * * * *"


def test_a_trigger_that_was_lost_is_made_again(conversation, mistral, there, definition):
    there(definition)
    mistral("POST", "cron_triggers", status=201, json=TRIGGER)
    assert run(conversation)["changed"]


def test_check_mode_writes_nothing(conversation, there, definition):
    writes = copy.copy(conversation.writes)
    there()
    assert run(conversation, check_mode=True)["changed"]
    there(definition, TRIGGER)
    assert run(conversation, check_mode=True, options={"state": "absent"})["changed"]
    assert conversation.writes == writes


def test_removed_the_trigger_first(conversation, mistral, there):
    there("{}", TRIGGER)
    mistral("DELETE", f"cron_triggers/{NAME}", status=204)
    mistral("DELETE", f"workflows/{NAME}", status=204)
    result = conversation.run("vnf_monitor_workflow", {"vnf_id": "web-1", "state": "absent"})
    assert (result["changed"], result["vnf_monitor_workflow"]) == (True, None)
    there()
    assert not conversation.run("vnf_monitor_workflow", {"vnf_id": "web-1", "state": "absent"})["changed"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"targets": [{"target": "<% env() %>"}]}, "targets[0].target has what begins an expression"),
        ({"targets": []}, "targets is empty; Mistral takes no workflow without a task"),
        ({"vnf_name": "{{ 1 }}"}, "vnf_name has what begins an expression"),
        ({"probe_url": "file:///etc/passwd"}, "probe_url is no http or https address"),
        ({"webhook_url": "http://user:word@eda.example/"}, "webhook_url is no http or https address without credentials"),
    ],
    ids=["yaql", "none", "jinja", "file", "credentials"],
)
def test_what_is_refused(conversation, mistral, options, said):
    result = run(conversation, options=options)
    assert result["failed"]
    assert said in result["msg"]
    assert conversation.writes == []


def test_info(conversation, mistral, definition):
    listed = [{"id": "w1", "name": NAME, "definition": definition}, {"id": "w2", "name": "somebody-elses"}]
    mistral("GET", "cron_triggers", query={"limit": "500"}, json={"cron_triggers": [TRIGGER]})
    mistral("GET", "workflows", query={"limit": "500"}, json={"workflows": listed})
    result = conversation.run("vnf_monitor_workflow_info", {})
    [found] = result["vnf_monitor_workflows"]
    assert (found["vnf_id"], found["pattern"], TOKEN in json.dumps(result)) == ("web-1", "* * * * *", False)
