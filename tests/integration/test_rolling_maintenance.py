# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The administrator's side as a user runs it, with a VNF owner who is played by a script."""

from __future__ import annotations

import signal

import openstack.connection
from openstack.config import OpenStackConfig
from runs import (
    assert_as_promised,
    events,
    kill,
    maintain,
    session_states,
    start,
    times_worked_on,
    wait_for_event,
)
from scripted_vnf import ScriptedVnf

from lab.processes import signal_family
from tests.waiting import until

HOSTS = 3
SERVERS = 2 * HOSTS
AT_ONCE = {"refusals": 0, "silences": 0, "pause": 0}
ONCE = {f"compute-{number}": 1 for number in range(1, HOSTS + 1)}


def test_every_host_is_worked_on_once_and_every_server_moves(make_stack):
    stack = make_stack(hosts=4)
    with ScriptedVnf(stack) as vnf:
        done = maintain(stack)
    assert done.returncode == 0, done.stdout
    assert vnf.states == [
        "MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", *["PLANNED_MAINTENANCE"] * 3, "MAINTENANCE_COMPLETE",
    ]
    assert_as_promised(stack, 8)
    assert set(times_worked_on(stack).values()) == {1}
    assert {host["version"] for host in stack.control("GET", "state")["hosts"]} == {30000000}
    assert session_states(stack) == ["MAINTENANCE_DONE"]


def test_a_refusal_stops_the_run_and_the_next_one_goes_on(make_stack):
    stack = make_stack(hosts=HOSTS)
    with ScriptedVnf(stack, deny=["PLANNED_MAINTENANCE"]) as vnf:
        refused = maintain(stack, rolling_host_maintenance_patience=AT_ONCE)
        wait_for_event(stack, "ACK_MAINTENANCE_COMPLETE")
    assert refused.returncode != 0
    for part in ("project", "PLANNED_MAINTENANCE", "told to refuse", "Next:"):
        assert part in refused.stdout, part
    assert vnf.states[-1] == "MAINTENANCE_COMPLETE", "nobody is left waiting"
    assert session_states(stack) == ["MAINTENANCE_FAILED"]
    assert_as_promised(stack, SERVERS)
    with ScriptedVnf(stack):
        again = maintain(stack)
    assert again.returncode == 0, again.stdout
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert times_worked_on(stack) == ONCE, "a host that was done stays done"
    assert_as_promised(stack, SERVERS)


def test_a_silent_vnf_ends_the_run_at_its_window(make_stack):
    stack = make_stack(hosts=HOSTS)
    windows = {"MAINTENANCE": 3, "SCALE_IN": 3, "PREPARE_MAINTENANCE": 3, "PLANNED_MAINTENANCE": 3, "MAINTENANCE_COMPLETE": 3}
    with ScriptedVnf(stack, ignore=["SCALE_IN"]):
        done = maintain(stack, rolling_host_maintenance_windows=windows, rolling_host_maintenance_patience=AT_ONCE)
    assert done.returncode != 0
    for part in ("vnf-owner", "SCALE_IN", "Next:"):
        assert part in done.stdout, part
    assert session_states(stack) == ["MAINTENANCE_FAILED"]
    assert_as_promised(stack, SERVERS)


def test_what_is_in_the_way_is_told_before_anything_happens(make_stack):
    stack = make_stack(hosts=HOSTS)
    unknown = maintain(stack, rolling_host_maintenance_hosts=["compute-1", "compute-99"])
    assert unknown.returncode != 0
    assert "compute-99" in unknown.stdout
    assert "compute-3" in unknown.stdout, "the hosts that exist are named"
    _disable(stack, "compute-2", "memory is being replaced")
    disabled = maintain(stack)
    assert disabled.returncode != 0
    for part in ("compute-2", "memory is being replaced", "Nothing was changed", "Next:"):
        assert part in disabled.stdout, part
    assert session_states(stack) == [], "nobody was told anything"
    hosts = {host["name"]: host for host in stack.control("GET", "state")["hosts"]}
    assert hosts["compute-2"]["disabled_reason"] == "memory is being replaced", "what others disabled is left alone"


def test_a_wrong_password_is_said_and_not_shown(make_stack):
    stack = make_stack(hosts=HOSTS)
    clouds = stack.folder / "clouds.yaml"
    text = clouds.read_text()
    clouds.write_text(text.replace("password: ", "password: wrong-"))
    done = maintain(stack)
    clouds.write_text(text)
    assert done.returncode != 0
    assert "401" in done.stdout
    assert "wrong-" not in done.stdout + done.stderr
    assert session_states(stack) == []


def test_a_nova_that_answers_500_for_a_while_is_waited_for(make_stack):
    stack = make_stack(hosts=HOSTS)
    with ScriptedVnf(stack):
        run = start(stack)
        wait_for_event(stack, "MOVING", run)
        lists = {"service": "compute", "method": "GET", "path": "/servers/detail"}
        stack.control("POST", "faults", {"kind": "http_error", "match": lists, "status": 500, "times": 8})
        assert run.wait(240) == 0, (stack.processes.log_dir / "killed-run.log").read_text()[-4000:]
    assert stack.control("GET", "faults")["faults"][0]["hits"] == 8
    assert_as_promised(stack, SERVERS)


def test_a_run_that_was_killed_is_finished_by_the_next(make_stack):
    stack = make_stack(hosts=HOSTS)
    with ScriptedVnf(stack) as vnf:
        run = start(stack, rolling_host_maintenance_lease_ttl=5)
        wait_for_event(stack, "PLANNED_MAINTENANCE", run)
        wait_for_event(stack, "compute-1: DRAINING", run)
        kill(run)
        again = maintain(stack, rolling_host_maintenance_lease_ttl=5)
    assert again.returncode == 0, again.stdout
    assert times_worked_on(stack) == ONCE
    keys = [(message["state"], message["key"]) for message in vnf.heard]
    assert len(keys) == len(set(keys)), "no message was sent twice"
    moves = [event["instance_id"] for event in events(stack) if ": MOVED" in event["text"]]
    assert max(moves.count(instance) for instance in moves) <= 2
    assert_as_promised(stack, SERVERS)


def test_a_migration_that_a_killed_run_could_not_confirm_is_confirmed_by_the_next(make_stack):
    stack = make_stack(hosts=HOSTS)

    def any_in(*states: str) -> bool:
        return any(server["status"] in states for server in stack.control("GET", "state")["servers"])

    # Slow, so that the run can be stopped while it goes on.
    stack.control("POST", "faults", {"kind": "migration_slow", "match": {"type": "cold"}, "factor": 10, "times": 1})
    with ScriptedVnf(stack):
        run = start(stack, rolling_host_maintenance_lease_ttl=5)
        try:
            until("a cold migration", lambda: any_in("RESIZE"), limit=90, every=0.02)
            signal_family(run.pid, signal.SIGSTOP)
            until("a migration that waits for its confirmation", lambda: any_in("VERIFY_RESIZE"))
        finally:
            kill(run)
        again = maintain(stack, rolling_host_maintenance_lease_ttl=5)
    assert again.returncode == 0, again.stdout
    assert times_worked_on(stack) == ONCE
    assert_as_promised(stack, SERVERS)
    begun, done = ({one["instance_id"] for one in events(stack) if part in one["text"]} for part in (": MOVING", ": MOVED"))
    assert begun == done, "whoever was told of a move hears that it is over"


def test_a_session_api_that_was_killed_goes_on_with_what_it_had(make_stack):
    stack = make_stack(hosts=HOSTS)
    with ScriptedVnf(stack):
        run = start(stack)
        wait_for_event(stack, "MOVING", run)
        stack.processes.kill("session-api")
        stack.start_session_api()
        assert run.wait(240) == 0, (stack.processes.log_dir / "killed-run.log").read_text()[-4000:]
    assert times_worked_on(stack) == ONCE
    assert_as_promised(stack, SERVERS)


def test_a_host_that_does_not_come_back_is_named_and_stays_out_of_service(make_stack):
    stack = make_stack(hosts=HOSTS)
    stack.control("POST", "faults", {"kind": "host_no_return", "times": 1})
    with ScriptedVnf(stack):
        done = maintain(stack, rolling_host_maintenance_return_timeout=3)
        assert done.returncode != 0
        down = [host["name"] for host in stack.control("GET", "state")["hosts"] if host["status"] == "disabled"]
        assert len(down) == 1
        for part in (f"nova-compute on host {down[0]}", "Next:"):
            assert part in done.stdout, part
        stack.control("POST", f"hosts/{down[0]}/work", {"seconds": 0})
        wait_for_event(stack, "ACK_MAINTENANCE_COMPLETE")
        again = maintain(stack)
    assert again.returncode == 0, again.stdout
    assert_as_promised(stack, SERVERS)


def _disable(stack, host: str, reason: str) -> None:
    config = OpenStackConfig(config_files=[str(stack.folder / "clouds.yaml")])
    cloud = openstack.connection.Connection(config=config.get_one("lab-admin"))
    service = next(cloud.compute.services(host=host, binary="nova-compute"))
    cloud.compute.disable_service(service, host=host, binary="nova-compute", disabled_reason=reason)
