# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project for which nobody answers, in a full cloud, beside a VNF whose owner does."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from runs import assert_as_promised, events, maintain, session_states, times_worked_on, wait_for_event
from scripted_vnf import ScriptedVnf

TOPOLOGY = Path(__file__).with_name("silent_project.yaml")
SERVERS = 6
ONCE = {f"compute-{number}": 1 for number in (1, 2, 3)}
OPTION = "rolling_host_maintenance_on_silence"
PROCEED = {OPTION: "default_action"}
AT_ONCE = {"refusals": 0, "silences": 0, "pause": 0}
WINDOWS = {"MAINTENANCE": 2, "SCALE_IN": 20, "PREPARE_MAINTENANCE": 20, "PLANNED_MAINTENANCE": 20, "MAINTENANCE_COMPLETE": 20}


class Cloud:
    """The stack, and runs with short windows."""

    def __init__(self, stack):
        self.stack = stack
        self.web = stack.lab["projects"]["web-shop"]

    def maintain(self, windows=None, **variables):
        return maintain(self.stack, rolling_host_maintenance_windows={**WINDOWS, **(windows or {})}, **variables)

    @property
    def session(self):
        [session] = self.stack.session_api("sessions")["sessions"]
        return self.stack.session_api(f"sessions/{session['id']}")

    def asked(self, project_id):
        """The messages to a project that want a reply."""
        messages = self.stack.session_api(f"sessions/{self.session['id']}/messages")["messages"]
        return [one for one in messages if one["project_id"] == project_id and one["reply_at"]]

    def says_web_shop(self, method, path, body):
        """The silent project's own credentials."""
        url = f"http://127.0.0.1:{self.stack.session_api_port}/v1/{path}"
        headers = {"X-Auth-Token": self.stack.token("lab-member")}
        return requests.request(method, url, json=body, headers=headers, timeout=10)


@pytest.fixture
def cloud(make_stack):
    return Cloud(make_stack(hosts=3, topology=TOPOLOGY))


def states(messages):
    return [message["state"] for message in messages]


def test_silence_stops_the_run_until_it_is_told_to_go_on(cloud):
    with ScriptedVnf(cloud.stack):
        stopped = cloud.maintain(**{OPTION: "stop"})
        assert stopped.returncode != 0
        for part in ("nobody answered MAINTENANCE", f"web-shop ({cloud.web})", f"{OPTION}=default_action", "Next:"):
            assert part in stopped.stdout, part
        assert session_states(cloud.stack) == ["MAINTENANCE_FAILED"]
        assert not [event for event in events(cloud.stack) if event["kind"] in ("host.state", "instance.state")]
        assert_as_promised(cloud.stack, SERVERS)

        again = cloud.maintain(**PROCEED)
    assert again.returncode == 0, again.stdout
    assert times_worked_on(cloud.stack) == ONCE
    announced = [one for one in cloud.asked(cloud.web) if one["state"] == "MAINTENANCE"]
    assert [(one["round"], one["status"]) for one in announced] == [(1, "expired"), (2, "expired")]
    assert_as_promised(cloud.stack, SERVERS)


def test_silent_projects_are_moved_without_asking_and_the_others_are_asked_as_ever(cloud):
    servers = {server["name"]: server["id"] for server in cloud.stack.control("GET", "state")["servers"]}
    cold = servers["web-0"]
    wish = {"instance_id": cold, "project_id": cloud.web, "max_interruption_time": 120, "migration_type": "MIGRATE",
            "resource_mitigation": False, "lead_time": 4}  # fmt: skip
    assert cloud.says_web_shop("PUT", f"instance/{cold}", wish).status_code == 200
    with ScriptedVnf(cloud.stack) as vnf:
        done = cloud.maintain(**PROCEED)
    assert done.returncode == 0, done.stdout
    assert times_worked_on(cloud.stack) == ONCE
    assert_as_promised(cloud.stack, SERVERS)
    assert session_states(cloud.stack) == ["MAINTENANCE_DONE"]

    asked = cloud.asked(cloud.web)
    assert states(asked) == ["MAINTENANCE", "MAINTENANCE_COMPLETE"]
    moved = {one["id"]: one["how"] for one in cloud.session["instances"] if one["project_id"] == cloud.web}
    assert moved == {cold: "cold", servers["web-1"]: "live"}, "as its constraint says, else live"

    line = f"instances are moved without asking: project web-shop ({cloud.web})"
    assert line in done.stdout
    told = [event for event in events(cloud.stack) if line in event["text"]]
    assert len(told) == 1
    moves = [event for event in events(cloud.stack) if event["text"].startswith("web-")]
    assert told[0]["number"] < moves[0]["number"], "told before it is done"

    assert vnf.states[:2] == ["MAINTENANCE", "SCALE_IN"]
    assert vnf.states[-1] == "MAINTENANCE_COMPLETE"
    assert vnf.heard[1]["metadata"]["instances_to_remove"] == 2, "nothing is expected of those who do not answer"
    assert vnf.states.count("PLANNED_MAINTENANCE") >= 2

    # Nobody waited for it, and a VNFM that wakes up is still listened to.
    assert asked[-1]["status"] == "pending"
    late = {"state": "ACK_MAINTENANCE_COMPLETE"}
    assert cloud.says_web_shop("PUT", f"maintenance/{cloud.session['id']}/{cloud.web}", late).status_code == 200
    assert cloud.asked(cloud.web)[-1]["status"] == "acknowledged"


def test_a_refusal_stops_the_run_whoever_else_is_silent(cloud):
    with ScriptedVnf(cloud.stack, deny=["MAINTENANCE"]):
        done = cloud.maintain(rolling_host_maintenance_patience=AT_ONCE, **PROCEED)
    assert done.returncode != 0
    for part in (f"Project vnf-owner ({cloud.stack.vnf['project_id']}): NACK_MAINTENANCE (told to refuse). Next: settle it",):
        assert part in done.stdout, part
    assert session_states(cloud.stack) == ["MAINTENANCE_FAILED"]
    assert_as_promised(cloud.stack, SERVERS)


def test_who_answered_once_and_is_silent_later_stops_the_run(cloud):
    moving = ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")
    with ScriptedVnf(cloud.stack, ignore=moving) as vnf:
        done = cloud.maintain(windows=dict.fromkeys(moving, 2), rolling_host_maintenance_patience=AT_ONCE)
        wait_for_event(cloud.stack, "ACK_MAINTENANCE_COMPLETE")
    assert done.returncode != 0
    unanswered = vnf.states[2]
    assert vnf.states == ["MAINTENANCE", "SCALE_IN", unanswered, "MAINTENANCE_COMPLETE"]
    owner = f"Project vnf-owner ({cloud.stack.vnf['project_id']})"
    assert f"{owner} (it answered before): nobody answered {unanswered}. Next: see why nobody answers there" in done.stdout
    assert not [event for event in events(cloud.stack) if event["kind"] == "instance.state" and event["text"].startswith("core-")]
    assert states(cloud.asked(cloud.web)) == ["MAINTENANCE", "MAINTENANCE_COMPLETE"]
    assert session_states(cloud.stack) == ["MAINTENANCE_FAILED"]
    assert_as_promised(cloud.stack, SERVERS)


def test_room_that_only_silent_projects_could_make_is_not_there(cloud):
    vnf = cloud.stack.vnf["project_id"]
    done = cloud.maintain(**PROCEED)
    assert done.returncode != 0
    for part in ("There is no room to empty a host", "those that could do not answer", cloud.web, vnf, "add a compute host"):
        assert part in done.stdout, part
    assert states(cloud.asked(vnf)) == ["MAINTENANCE", "MAINTENANCE_COMPLETE"], "nobody is asked to scale in"
    assert session_states(cloud.stack) == ["MAINTENANCE_FAILED"]
    assert_as_promised(cloud.stack, SERVERS)


def test_a_run_that_failed_after_the_last_host_ends_without_waiting_for_the_silent(cloud):
    """The run that ends it asks nobody, so it has to know from the session who answered nothing."""
    flag = cloud.stack.folder / "may-end"
    post = cloud.stack.folder / "post.yml"
    post.write_text(f"- name: Look whether it may end\n  ansible.builtin.command: {{cmd: test -e {flag}}}\n")
    actions = [
        *cloud.stack.maintenance_variables(cloud.stack.folder / "host-work.yml")["rolling_host_maintenance_actions"],
        {"name": "last", "type": "post", "tasks": str(post)},
    ]
    with ScriptedVnf(cloud.stack):
        failed = cloud.maintain(rolling_host_maintenance_actions=actions, **PROCEED)
        assert failed.returncode != 0
        assert times_worked_on(cloud.stack) == ONCE
        flag.touch()
        ended = cloud.maintain(rolling_host_maintenance_actions=actions, **PROCEED)
    assert ended.returncode == 0, ended.stdout
    assert session_states(cloud.stack) == ["MAINTENANCE_DONE"]
    assert times_worked_on(cloud.stack) == ONCE
    assert states(cloud.asked(cloud.web)).count("MAINTENANCE") == 1
    assert_as_promised(cloud.stack, SERVERS)
