# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of the conversation, and what every module says to wrong credentials, on the real Keystone.

The session API runs beside it as a process; that check mode writes nothing is seen in what it holds.
"""

from __future__ import annotations

import typing as t

import pytest
from module_runs import WRONG_PASSWORD, ModuleRuns, Record, Task, task, told
from services_under_test import OpenStack

NAME = "modules-kernel"
HOST = "compute-1"
MINE, THEIRS = "5b7a2c1e-0002-4000-8000-000000000001", "5b7a2c1e-0002-4000-8000-000000000002"
SID = "{{ result_1.fenix_session.session_id }}"
LEASE = "{{ result_3.fenix_session.lease.token }}"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, openstack: OpenStack) -> t.Iterator[ModuleRuns]:
    """Plays on the real services, and the session API."""
    made = ModuleRuns(tmp_path_factory.mktemp("sessions"), openstack)
    try:
        made.start_session_api()
        yield made
    finally:
        made.stop()


def held(runs: ModuleRuns) -> list[Record]:
    """Everything the session API knows."""
    sessions = runs.session_api("sessions")["sessions"]
    return [
        {**runs.session_api(f"sessions/{one['id']}"), "events": runs.session_api(f"sessions/{one['id']}/events")["events"],
         "messages": runs.session_api(f"sessions/{one['id']}/messages")["messages"]}
        for one in sessions
    ]


def test_a_session_through_its_life(runs: ModuleRuns, openstack: OpenStack):
    project = openstack.connect("demo").current_project_id
    wanted = {"name": NAME, "hosts": [HOST], "maintenance_at": "+1"}
    instances = [{"id": MINE, "name": "mine", "project_id": project, "host": HOST}]
    message = {"project_id": project, "state": "MAINTENANCE", "instance_ids": [MINE], "window": 60}
    runner = {"session_id": SID, "lease_token": LEASE}
    reply = {"session_id": SID, "project_id": project, "state": "ACK_MAINTENANCE"}
    results = runs.play(
        task("fenix_session", check=True, **wanted),
        task("fenix_session", **wanted),
        task("fenix_session", **wanted),
        task("fenix_session", name=NAME, runner="modules", instances=instances),
        task("fenix_session", name=NAME, runner="modules", instances=instances),
        task("fenix_session", name=NAME, hosts=["compute-9"]),
        task("fenix_host", check=True, **runner, hosts=[HOST], state="DRAINING"),
        task("fenix_host", **runner, hosts=[HOST], state="DRAINING", disabled=True),
        task("fenix_host", **runner, hosts=[HOST], state="DRAINING", disabled=True),
        task("fenix_host", **{**runner, "lease_token": 99}, hosts=[HOST], state="IN_MAINTENANCE"),
        task("fenix_message", **runner, messages=[message], wait=False),
        task("fenix_message", **runner, messages=[message], wait=False),
        task("fenix_message_info", "demo", session_id=SID),
        task("fenix_message_info", "demo2", session_id=SID),
        task("fenix_reply", "demo", check=True, replies=[reply]),
        task("fenix_reply", "demo2", replies=[reply]),
        task("fenix_reply", "demo", replies=[reply]),
        task("fenix_reply", "demo", replies=[reply]),
        task("fenix_session_info", session_id=SID, details=True),
        task("fenix_session_info", "demo2"),
    )
    changed = [bool(one.get("changed")) for one in results]
    foreseen, made, same, leased, leased_again, stranger = results[:6]
    assert changed[:5] == [True, True, False, True, False]
    assert foreseen["fenix_session"]["session_id"] is None
    assert same["fenix_session"]["session_id"] == made["fenix_session"]["session_id"]
    assert made["fenix_session"]["source"] == "session_api"
    assert leased_again["fenix_session"]["lease"]["token"] == leased["fenix_session"]["lease"]["token"]
    assert "is open without host compute-9. Next: finish or delete it" in told(stranger)
    assert changed[6:9] == [True, True, False]
    assert results[7]["diff"]["after"] == {HOST: {"state": "DRAINING", "disabled": True, "reason": None}}
    assert "HTTP 409" in told(results[9])
    assert changed[10:12] == [True, False]
    [sent], [seen] = results[10]["fenix_messages"], results[12]["fenix_messages"]
    assert (seen["id"], seen["instance_ids"]) == (sent["id"], [MINE])
    assert results[13].get("fenix_messages", []) == []
    assert changed[14], results[14]
    assert "a project answers only for itself. Next: use the credentials of that project" in told(results[15])
    assert changed[16:18] == [True, False]
    [whole], none = results[18]["fenix_sessions"], results[19]["fenix_sessions"]
    assert ([one["status"] for one in whole["messages"]], none) == (["acknowledged"], [])

    before = held(runs)
    sid = whole["session_id"]
    foreseen, gone = runs.play(
        task("fenix_session", check=True, state="absent", session_id=sid),
        task("fenix_session", check=True, name=NAME, runner="modules", session_state="START_MAINTENANCE"),
    )
    assert (foreseen["changed"], gone["changed"]) == (True, True)
    assert held(runs) == before
    deleted, again, unknown = runs.play(
        task("fenix_session", state="absent", session_id=sid),
        task("fenix_session", state="absent", session_id=sid),
        task("fenix_session_info", session_id=sid),
    )
    assert (deleted["changed"], again["changed"], unknown["fenix_sessions"]) == (True, False, [])


def test_constraints_are_read_by_project(runs: ModuleRuns, openstack: OpenStack):
    base = f"http://127.0.0.1:{runs.session_api_port}/v1/instance"
    for cloud, instance in (("demo", MINE), ("demo2", THEIRS)):
        owner = openstack.connect(cloud)
        body = {
            "instance_id": instance, "project_id": owner.current_project_id, "instance_name": "one", "group_id": MINE,
            "migration_type": "MIGRATE", "max_interruption_time": 120, "lead_time": 40, "resource_mitigation": True,
        }
        assert owner.session.put(f"{base}/{instance}", json=body, raise_exc=False).status_code == 200
    project = openstack.connect("demo").current_project_id
    name = "maintenance_constraint_info"
    every, one, own = runs.play(task(name), task(name, project_id=project), task(name, "demo"))
    found = [{each["instance_id"] for each in result["maintenance_constraints"]["instances"]} for result in (every, one, own)]
    assert found == [{MINE, THEIRS}, {MINE}, {MINE}]


ANYBODY: dict[str, Record] = {
    "aodh_maintenance_alarm": {"name": "modules-x", "alarm_actions": ["http://127.0.0.1:9/"]},
    "aodh_maintenance_alarm_info": {},
    "vnf_active_member": {"floating_ip": "198.51.100.9", "members": []},
    "vnf_active_member_info": {"floating_ip": "198.51.100.9", "members": []},
    "maintenance_constraint_info": {},
    "fenix_session_info": {},
    "fenix_message_info": {},
    "fenix_reply": {"replies": [{"session_id": "s", "project_id": "p", "state": "ACK_MAINTENANCE"}]},
}
ADMINISTRATOR: dict[str, Record] = {
    "compute_host": {"name": HOST, "state": "out_of_service", "session_id": "s"},
    "compute_host_info": {},
    "host_drain": {"hosts": [HOST]},
    "maintenance_snapshot_info": {},
    "fenix_session": {"name": "modules-x", "hosts": [HOST]},
}
RUNNER: dict[str, Record] = {
    "fenix_host": {"session_id": "s", "lease_token": 1, "hosts": [HOST], "state": "DRAINING"},
    "fenix_message": {"session_id": "s", "lease_token": 1, "messages": [{"project_id": "p", "state": "MAINTENANCE"}]},
}


def test_wrong_credentials_and_missing_rights(runs: ModuleRuns):
    everything = {**ANYBODY, **ADMINISTRATOR, **RUNNER}
    runs.wire.mark()
    before = held(runs)
    wrong: list[Task] = [task(name, cloud=None, **options, **runs.wrong_credentials) for name, options in everything.items()]
    may_not = [task(name, "demo", **options) for name, options in ADMINISTRATOR.items()]
    results = runs.play(*wrong, *may_not, *(task(name, "demo", **options) for name, options in RUNNER.items()), verbose=True)
    for one in results[: len(wrong)]:
        assert "HTTP 401: The request you have made requires authentication" in told(one)
        assert "Next: check the user, the project and the password of these credentials (openstack token issue)" in told(one)
    for one in results[len(wrong) : len(wrong) + len(may_not)]:
        assert "HTTP 403" in told(one)
        assert "Next: use credentials with the role for it" in told(one)
    for one in results[len(wrong) + len(may_not) :]:
        assert "HTTP 404" in told(one) or "There is no session s" in told(one), "a stranger's session is none"
    assert WRONG_PASSWORD not in runs.output + str(results)
    assert "Traceback" not in runs.output
    assert (runs.wire.writes(), held(runs)) == ([], before)
