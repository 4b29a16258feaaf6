# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole run on the real services: real bus, real alarms, real moves, real scaling; undisturbed, then disturbed.

The tests follow each other on one cloud: the disturbed runs find what the undisturbed one has left.
"""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from real_stack import RealStack, end_run, failures
from services_under_test import OpenStack
from witness import Witness

from tests.waiting import until

Record = dict[str, t.Any]
# A run on two hosts of which one is killed waits for Nova to notice before it gives up.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, openstack: OpenStack) -> t.Iterator[RealStack]:
    """Four full hosts, the session API on the real bus, the VNF owner's rulebook subscribed to Aodh."""
    made = RealStack(tmp_path_factory.mktemp("runs"), openstack)
    try:
        made.tidy()
        made.populate()
        made.start_session_api()
        made.constrain()
        made.start_rulebook()
        subscribed = made.run_playbook("nfv.maintenance.subscribe", "-e", json.dumps(made.subscription_variables))
        assert subscribed.returncode == 0, failures(subscribed.stdout)
        yield made
    finally:
        made.stop()
        made.tidy()


@pytest.fixture(scope="module")
def whole_run(stack: RealStack) -> Record:
    """One run over all hosts, to its end, with what was there before and after."""
    began = time.time()
    before = stack.servers()
    witness = Witness(stack)
    witness.start()
    try:
        run = stack.maintain()
    finally:
        witness.end()
    session, migrations = stack.last_session(), stack.migrations(since=began)
    return {
        "run": run, "witness": witness, "session": session, "before": before, "after": stack.servers(),
        "messages": stack.session_api(f"sessions/{session['id']}/messages")["messages"],
        "migrations": migrations,
        "failed": stack.failed_actions({one["instance_uuid"] for one in migrations if one["status"] == "error"}),
    }


def said(found: Record, project: str) -> list[tuple[str, str]]:
    """State and status of each message to a project, in order."""
    return [(one["state"], one["status"]) for one in found["messages"]
            if one["project_id"] == project and one["state"] != "INSTANCE_ACTION_DONE"]


def test_every_host_is_maintained_once_and_back_in_service(stack: RealStack, whole_run: Record) -> None:
    assert whole_run["run"].returncode == 0, failures(whole_run["run"].stdout)
    assert whole_run["session"]["state"] == "MAINTENANCE_DONE"
    assert stack.times_worked_on(whole_run["session"]) == dict.fromkeys(stack.hosts, 1)
    assert stack.out_of_service() == {}


def test_hosts_were_out_of_service_with_our_reason_only(stack: RealStack, whole_run: Record) -> None:
    prefix = f"nfv.maintenance session {whole_run['session']['id']}"
    reasons = whole_run["witness"].reasons
    assert sorted(reasons) == stack.hosts
    assert all(reason.startswith(prefix) for found in reasons.values() for reason in found), reasons


def test_the_vnf_answered_each_message_and_has_its_size_again(stack: RealStack, whole_run: Record) -> None:
    messages = said(whole_run, stack.project("demo"))
    assert {status for _state, status in messages} == {"acknowledged"}
    states = [state for state, _status in messages]
    assert states[:2] == ["MAINTENANCE", "SCALE_IN"]
    assert states[-1] == "MAINTENANCE_COMPLETE"
    assert "PLANNED_MAINTENANCE" in states
    assert len(whole_run["after"]) == len(whole_run["before"]) == 8
    assert stack.scale_level() == 2
    assert {server["status"] for server in whole_run["after"]} == {"ACTIVE"}


def test_the_project_without_a_vnfm_is_asked_once_and_its_servers_stay_in_service(stack: RealStack, whole_run: Record) -> None:
    assert said(whole_run, stack.project("demo2")) == [("MAINTENANCE", "expired"), ("MAINTENANCE_COMPLETE", "pending")]
    kept = {server["id"] for server in whole_run["before"] if server["tenant_id"] == stack.project("demo2")}
    assert kept <= {server["id"] for server in whole_run["after"]}
    ways = {one["migration_type"] for one in whole_run["migrations"] if one["instance_uuid"] in kept}
    assert ways <= {"live-migration"}


def test_the_service_was_switched_over_before_its_server_moved(stack: RealStack, whole_run: Record) -> None:
    assert whole_run["witness"].samples > 20
    assert whole_run["witness"].violations == set()
    assert stack.active_server() in stack.pair()
    reply = {instance: action for message in whole_run["messages"] for instance, action in
             ((message["reply"] or {}).get("instance_actions") or {}).items()}
    assert {reply[server] for server in stack.pair() if server in reply} == {"LIVE_MIGRATE"}


def test_no_server_moved_more_often_than_planned(stack: RealStack, whole_run: Record) -> None:
    moved = [one["id"] for one in whole_run["session"]["instances"] if one["state"] == "MOVED"]
    done = [one for one in whole_run["migrations"] if one["status"] in ("completed", "confirmed")]
    begun = [one for one in whole_run["migrations"] if one["dest_compute"]]
    assert begun == done, whole_run["failed"]
    # For a while Nova's scheduler sees a member of a group on the host that it has left, and no target for the other one.
    refused = {one["instance_uuid"] for one in whole_run["migrations"] if not one["dest_compute"]}
    assert refused <= set(stack.pair()), whole_run["failed"]
    assert {one["instance_uuid"] for one in done} >= set(moved)
    assert max(sum(one["instance_uuid"] == server for one in done) for server in moved) <= 2


@pytest.fixture(scope="module")
def hosts(stack: RealStack, whole_run: Record) -> list[str]:
    """Two hosts with servers of the VNF on them, and room on the others: the project without a VNFM has gone."""
    assert whole_run["run"].returncode == 0, "the disturbed runs need the undisturbed one"
    for server in stack.servers("demo2"):
        stack.admin.compute.delete_server(server["id"])
    until("the deletion of the servers of demo2", lambda: not stack.servers("demo2"))
    return sorted({str(server["OS-EXT-SRV-ATTR:host"]) for server in stack.servers()})[:2]


def unanswered(stack: RealStack) -> list[Record]:
    """What the VNF has still to answer in the last session."""
    found = stack.session_api(f"sessions/{stack.last_session()['id']}/messages")["messages"]
    return [one for one in found if one["status"] == "pending" and one["project_id"] == stack.project("demo")]


def assert_maintained_or_told(stack: RealStack, name: str, hosts: list[str], status: int) -> None:
    """Every host maintained once, or the run stopped, said what to do, and the same command finishes it; none stays disabled."""
    assert stack.out_of_service() == {}
    if status != 0:
        output = " ".join(stack.output(name).split())
        assert "Next:" in output
        assert any(host in output.split("FAILED! =>", 1)[-1] for host in hosts), "the failure names the host"
        assert stack.last_session()["state"] == "MAINTENANCE_FAILED"
        until("Nova is at rest", lambda: not any(one["OS-EXT-STS:task_state"] for one in stack.servers()), limit=300)
        until("the VNF to have its size again", lambda: not unanswered(stack), limit=300)
        again = stack.maintain(rolling_host_maintenance_hosts=hosts)
        assert again.returncode == 0, failures(again.stdout)
        assert stack.out_of_service() == {}
    session = stack.last_session()
    assert session["state"] == "MAINTENANCE_DONE"
    assert stack.times_worked_on(session) == dict.fromkeys(hosts, 1)
    assert stack.scale_level() == 2
    assert {server["status"] for server in stack.servers()} == {"ACTIVE"}


def test_a_bus_that_is_restarted_during_the_session(stack: RealStack, hosts: list[str], openstack: OpenStack) -> None:
    run = stack.start_run("restarted-bus", rolling_host_maintenance_hosts=hosts)
    stack.wait_for_event("PLANNED_MAINTENANCE to project", run)
    restart_bus(stack, openstack)
    assert_maintained_or_told(stack, "restarted-bus", hosts, end_run(run))


def restart_bus(stack: RealStack, openstack: OpenStack) -> None:
    """End RabbitMQ and start it again while the owner's listener holds its breath, so that nothing is moved in between."""
    with stack.processes.held("vnf-owner-rulebook"):
        openstack.service("stop", "rabbitmq")
        openstack.service("start", "rabbitmq")
        stack.wait_for_reports()


def test_a_session_api_that_is_killed_between_message_and_reply(stack: RealStack, hosts: list[str]) -> None:
    run = stack.start_run("killed-session-api", rolling_host_maintenance_hosts=hosts)
    stack.wait_for_event("PLANNED_MAINTENANCE to project", run)
    stack.processes.kill("session-api")
    stack.start_session_api()
    assert_maintained_or_told(stack, "killed-session-api", hosts, end_run(run))
    messages = stack.session_api(f"sessions/{stack.last_session()['id']}/messages")["messages"]
    asked = [(one["state"], one["key"], one["round"]) for one in messages if one["state"] != "INSTANCE_ACTION_DONE"]
    assert len(asked) == len(set(asked)), "no message was sent twice"


def test_a_compute_service_that_dies_during_its_drain(stack: RealStack, hosts: list[str], openstack: OpenStack) -> None:
    began = time.time()
    run = stack.start_run("killed-compute", rolling_host_maintenance_hosts=hosts)
    stack.wait_for_event("DRAINING", run)
    stack.wait_for_event("MOVING", run)
    draining = next(host["name"] for host in stack.last_session()["hosts"] if host["state"] == "DRAINING")
    openstack.service("kill", draining)
    try:
        status = end_run(run)
        left = stack.out_of_service()
    finally:
        openstack.service("start", draining)
        stack.revive(draining)
        stack.free_room(since=began)
    assert left == {}
    assert_maintained_or_told(stack, "killed-compute", hosts, status)
