# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an administrator's run does about projects that refuse or are silent, and what it waits for."""

from __future__ import annotations

import datetime as dt
import re
import typing as t
from pathlib import Path

import pytest
import requests
from runs import assert_as_promised, events, maintain, session_states, times_worked_on, wait_for_event
from scripted_vnf import ScriptedVnf
from test_conversation import Talk, task

from lab.products import REQUEST_TIMEOUT

SILENT = Path(__file__).with_name("silent_project.yaml")
PATIENCE = "rolling_host_maintenance_patience"
RECOVERY = 20
ASKED = ("MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE", "MAINTENANCE_COMPLETE")
LEAD = 3


class ReluctantVnf(ScriptedVnf):
    """Refuses each state so many times before it agrees."""

    def __init__(self, stack: t.Any, times: dict[str, int]) -> None:
        super().__init__(stack)
        self.times = times

    def _answer(self, message: dict[str, t.Any]) -> None:
        left = self.times.get(message["state"], 0)
        self.times[message["state"]] = max(left - 1, 0)
        self.deny = [message["state"]] if left else []
        super()._answer(message)


def wish(stack: t.Any, kind: str, **body: t.Any) -> None:
    """What the owner of the VNF tolerates."""
    body["project_id"] = stack.vnf["project_id"]
    url = f"http://127.0.0.1:{stack.session_api_port}/v1/{kind}/{body[kind.removeprefix('instance_') + '_id']}"
    answer = requests.put(url, json=body, headers={"X-Auth-Token": stack.token("lab-vnf")}, timeout=REQUEST_TIMEOUT)
    answer.raise_for_status()


def moments(stack: t.Any, part: str) -> list[tuple[dt.datetime, str]]:
    """When which instance was moving, or had moved."""
    return [
        (dt.datetime.fromisoformat(one["at"]), one["instance_id"])
        for one in events(stack) if one["kind"] == "instance.state" and part in one["text"]
    ]  # fmt: skip


def test_a_project_that_refuses_is_asked_again_and_its_wave_comes_later(make_stack):
    """Beside it a group recovers from one wave to the next."""
    stack = make_stack(hosts=3)
    group = stack.lab["vnfs"][0]["groups"][0]["id"]
    wish(stack, "instance_group", group_id=group, anti_affinity_group=True, max_instances_per_host=1, max_impacted_members=1,
         recovery_time=RECOVERY, resource_mitigation=True)  # fmt: skip
    with ReluctantVnf(stack, dict.fromkeys(ASKED, 1)) as vnf:
        done = maintain(stack, **{PATIENCE: {"refusals": 2, "silences": 0, "pause": 1}})
    assert done.returncode == 0, done.stdout
    assert vnf.states == [
        *["MAINTENANCE"] * 2, *["SCALE_IN"] * 2, *["PREPARE_MAINTENANCE"] * 2, *["PLANNED_MAINTENANCE"] * 3,
        *["MAINTENANCE_COMPLETE"] * 2,
    ]  # fmt: skip
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert_as_promised(stack, 6)

    told = [one["text"] for one in events(stack) if one["kind"] == "host.state"]
    put_off = [text.split(": WAITING: ") for text in told if ": WAITING: " in text]
    for (_host, reason), state in zip(put_off, ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE"), strict=True):
        assert re.fullmatch(rf"project vnf-owner \(\w+\): NACK_{state} \(told to refuse\)", reason), reason
    worked = [text.partition(":")[0] for text in told if text.endswith("IN_MAINTENANCE")]
    assert sorted(worked) == ["compute-1", "compute-2", "compute-3"]
    assert worked[-1] == put_off[-1][0], "the others come first"

    members = {one["id"] for one in stack.control("GET", "state")["servers"] if one["name"].split("-")[-2] == "ha"}
    begun = [at for at, instance in moments(stack, "MOVING") if instance in members]
    ended = [at for at, instance in moments(stack, "MOVED") if instance in members]
    assert len(begun) > 1
    gaps = [(later - earlier).total_seconds() for earlier, later in zip(ended, begun[1:], strict=False)]
    assert min(gaps) >= RECOVERY - 0.5, gaps


@pytest.fixture
def silent(make_stack):
    """A full cloud with a project for which nobody answers."""
    return make_stack(hosts=3, topology=SILENT)


def test_silence_is_taken_for_consent_only_where_nobody_listens(silent):
    """The project has an alarm first. Without it the run goes on, until the VNF with constraints is silent."""
    alarms = f"{silent.lab_url}/alarming/v2/alarms"
    headers = {"X-Auth-Token": silent.token("lab-member")}
    rule = {"name": "deaf", "type": "event", "event_rule": {"event_type": "maintenance.scheduled"}, "alarm_actions": []}
    alarm = requests.post(alarms, json=rule, headers=headers, timeout=REQUEST_TIMEOUT)
    alarm.raise_for_status()
    windows = {"MAINTENANCE": 1, "SCALE_IN": 20, "PREPARE_MAINTENANCE": 20, "PLANNED_MAINTENANCE": 1, "MAINTENANCE_COMPLETE": 20}
    options = {"rolling_host_maintenance_windows": windows, PATIENCE: {"refusals": 1, "silences": 1, "pause": 0}}
    project = silent.lab["projects"]["web-shop"]
    with ScriptedVnf(silent, ignore=["PLANNED_MAINTENANCE"]) as vnf:
        stopped = maintain(silent, **options)
        assert stopped.returncode != 0
        said = "(it has an alarm for maintenance): nobody answered MAINTENANCE, 2 times in a row. Next:"
        assert f"Project web-shop ({project}) {said}" in stopped.stdout
        assert not [one for one in events(silent) if one["kind"] in ("host.state", "instance.state")]
        wait_for_event(silent, "ACK_MAINTENANCE_COMPLETE")

        requests.delete(f"{alarms}/{alarm.json()['alarm_id']}", headers=headers, timeout=REQUEST_TIMEOUT).raise_for_status()
        for one in silent.control("GET", "state")["servers"]:
            if one["name"].startswith("core-"):
                wish(silent, "instance", instance_id=one["id"], lead_time=LEAD, migration_type="MIGRATE",
                     max_interruption_time=120, resource_mitigation=False)  # fmt: skip
        gone_on = maintain(silent, **options)
        wait_for_event(silent, "compute-1: IN_MAINTENANCE")
    assert gone_on.returncode != 0
    assert f"instances are moved without asking: project web-shop ({project})" in gone_on.stdout
    assert "(it has constraints): nobody answered PLANNED_MAINTENANCE, 3 times in a row. Next: see why" in gone_on.stdout
    asked = [one for one in vnf.heard if one["state"] == "PLANNED_MAINTENANCE"]
    windows = {round((moment(one["reply_at"]) - moment(one["created_at"])).total_seconds()) for one in asked}
    assert windows == {LEAD}, "an owner has as long as it has promised to need"
    put_off = {one["host"] for one in events(silent) if "WAITING: project vnf-owner" in one["text"]}
    assert len(put_off) == 2, "one after the other"
    assert list(times_worked_on(silent).values()) == [1]
    assert session_states(silent) == ["MAINTENANCE_FAILED"]
    assert_as_promised(silent, 6)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_what_is_still_under_way_after_a_failed_round_is_waited_for(stack, tmp_path):
    """The project is told that it is over, scales out, and says so when it is through."""
    talk = Talk(stack, tmp_path, "settled")
    state = {"session_id": talk.sid, "lease_token": talk.token}
    asked = talk.admin.begin(talk.message())
    talk.heard()
    talk.vnf.do(talk.reply("ACK_MAINTENANCE"))
    assert not asked.result(60)[0]["failed"]
    silent = {"project_id": stack.lab["projects"]["other"], "state": "MAINTENANCE", "window": 1}
    talk.admin.do(
        task("fenix_message", **state, messages=[silent], on_silence="return"),
        task("fenix_session", **state, session_state="MAINTENANCE_FAILED", reason="for the test"),
    )
    [over] = [one for one in talk.heard(of=2) if one["project_id"] == talk.project_id]
    variables = {"rolling_host_maintenance_session_id": talk.sid, "__rolling_host_maintenance_lease": talk.token}
    role = {"name": "nfv.maintenance.rolling_host_maintenance", "tasks_from": "settle"}
    settling = talk.admin_plays.begin({"ansible.builtin.include_role": role, "vars": variables})
    # The play has to come by there before it may be said that it waits.
    lines = iter(settling._process.stdout.readline, "")
    assert any("Wait until those that return to their size say so" in line for line in lines)
    assert stack.session_api(f"sessions/{talk.sid}/messages/{over['id']}")["status"] == "pending"
    [replied] = talk.vnf.do(talk.reply("ACK_MAINTENANCE_COMPLETE"))
    assert replied["changed"]
    rest, _errors = settling._process.communicate(timeout=60)
    assert settling._process.returncode == 0, rest
    assert "vnf-owner: ACK_MAINTENANCE_COMPLETE after" in rest, "the play went on without it"
    left = stack.session_api(f"sessions/{talk.sid}/messages?status=pending")["messages"]
    assert [one["project_id"] for one in left] == [silent["project_id"]], "who never answered is not waited for"
    talk.admin.do(task("fenix_session", name=talk.name, state="absent"))
