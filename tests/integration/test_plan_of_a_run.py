# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several hosts at once, as the plan has it that people have read; hosts that fail, are left out, or come later."""

from __future__ import annotations

import json

import pytest
import requests
from runs import (
    arguments,
    assert_as_promised,
    events,
    maintain,
    session_states,
    start,
    times_worked_on,
    wait_for_event,
)
from scripted_vnf import ScriptedVnf

from lab.demo import HOST_WORK
from lab.products import REQUEST_TIMEOUT

TOPOLOGY = """\
options: {alarm_cache_ttl: 0}
projects: [admin, service, vnf-owner, other]
users:
  - {name: admin, roles: {admin: [admin]}, cloud: lab-admin}
  - {name: session-api, roles: {service: [service, admin]}, cloud: lab-session-api}
  - {name: vnf-owner, roles: {vnf-owner: [member]}, cloud: lab-vnf}
  - {name: member, roles: {other: [member]}, cloud: lab-member}
flavors: [{name: half, vcpus: 4, memory_mb: 8192, disk_gb: 80}]
hosts: [{name: compute-1}, {name: compute-2}, {name: compute-3, spare: true}, {name: compute-4, spare: true}]
servers: [{name: one, project: vnf-owner, flavor: half, count: 4}]
"""
PAIR = ["compute-1", "compute-2"]
TOGETHER = {"rolling_host_maintenance_hosts": PAIR, "rolling_host_maintenance_max_hosts_at_once": 2}


@pytest.fixture
def stack(make_stack, tmp_path):
    """Two full hosts, two empty ones."""
    topology = tmp_path / "two.yaml"
    topology.write_text(TOPOLOGY)
    return make_stack(hosts=0, topology=topology)


def planned(stack, **variables):
    """The plan file of plan_maintenance."""
    file = stack.folder / "plan.json"
    given = {**variables, "plan_maintenance_file": str(file)}
    (stack.folder / "ansible.cfg").write_text("[defaults]\nshow_custom_stats = true\n")
    done = stack.run_playbook("nfv.maintenance.plan_maintenance", *arguments(stack, **given), timeout=120)
    assert done.returncode == 0, done.stdout
    plan = json.loads(file.read_text())
    handed_on = done.stdout.partition("CUSTOM STATS")[2]
    assert f'"digest": "{plan["digest"]}"' in handed_on, "the next job of a controller's workflow has it"
    return file, plan


def test_the_plan_that_was_read_is_executed_and_a_change_stops_it(stack):
    file, plan = planned(stack, **TOGETHER, rolling_host_maintenance_mode="fewest_waves")
    assert [sorted(wave["hosts"]) for wave in plan["waves"]] == [PAIR]
    # Another plan than any run would make by itself: each instance to the other spare host.
    other = {"compute-3": "compute-4", "compute-4": "compute-3"}
    for move in plan["waves"][0]["moves"]:
        move["to"] = other[move["to"]]
    file.write_text(json.dumps(plan))
    follow = {"rolling_host_maintenance_follow_plan": str(file)}
    wanted = {move["instance"]: move["to"] for move in plan["waves"][0]["moves"]}
    elsewhere = {**plan, "waves": [{**plan["waves"][0], "moves": plan["waves"][0]["moves"][1:]}], "digest": "0" * 64}
    stopped = maintain(stack, rolling_host_maintenance_plan=elsewhere)
    assert stopped.returncode != 0
    assert "the plan does not move instance" in stopped.stdout
    assert "Next:" in stopped.stdout
    assert session_states(stack) == [], "nobody was told anything"
    with ScriptedVnf(stack, action="LIVE_MIGRATE"):
        done = maintain(stack, **follow)
    assert done.returncode == 0, done.stdout
    assert {one["id"]: one["host"] for one in stack.control("GET", "state")["servers"]} == wanted
    assert times_worked_on(stack) == dict.fromkeys(PAIR, 1)
    assert_as_promised(stack, 4)


def test_a_wave_of_two_that_cannot_be_emptied_is_given_up_and_finished_by_the_next_run(stack):
    fault = stack.control("POST", "faults", {"kind": "migration_fail"})
    with ScriptedVnf(stack):
        failed = maintain(stack, **TOGETHER)
        assert failed.returncode != 0
        assert "Next:" in failed.stdout
        assert {host["status"] for host in stack.control("GET", "state")["hosts"]} == {"enabled"}
        assert session_states(stack) == ["MAINTENANCE_FAILED"]
        wait_for_event(stack, "ACK_MAINTENANCE_COMPLETE")
        stack.control("DELETE", f"faults/{fault['id']}")
        again = maintain(stack, **TOGETHER)
    assert again.returncode == 0, again.stdout
    assert times_worked_on(stack) == dict.fromkeys(PAIR, 1)
    assert_as_promised(stack, 4)


def test_a_host_whose_work_fails_costs_one_of_the_budget_and_the_others_go_on(stack):
    work = stack.folder / "fails.yml"
    work.write_text(HOST_WORK + FAILS)
    metadata = {"lab": stack.lab_url, "version": "30.0.0"}
    actions = [{"name": "upgrade", "type": "host", "tasks": str(work), "metadata": metadata}]
    budget = {"rolling_host_maintenance_max_failures": "1", "rolling_host_maintenance_actions": actions}
    with ScriptedVnf(stack):
        done = maintain(stack, **{**TOGETHER, **budget})
    assert done.returncode != 0
    assert "the disk of compute-1 is broken" in done.stdout
    assert times_worked_on(stack) == dict.fromkeys(PAIR, 1)
    state = {host["name"]: host["status"] for host in stack.control("GET", "state")["hosts"]}
    assert state == {"compute-1": "disabled", "compute-2": "enabled", "compute-3": "enabled", "compute-4": "enabled"}
    assert "compute-2: MAINTENANCE_COMPLETE" in " ".join(event["text"] for event in events(stack))
    assert [event["host"] for event in events(stack) if event["kind"] == "host.verifying"] == ["compute-2"]
    assert session_states(stack) == ["MAINTENANCE_FAILED"]


def test_a_host_that_nova_does_not_take_back_fails_alone(stack):
    work = stack.folder / "refused.yml"
    work.write_text(HOST_WORK + REFUSED)
    metadata = {"lab": stack.lab_url, "version": "30.0.0"}
    actions = [{"name": "upgrade", "type": "host", "tasks": str(work), "metadata": metadata}]
    with ScriptedVnf(stack):
        done = maintain(stack, **TOGETHER, rolling_host_maintenance_actions=actions, rolling_host_maintenance_max_failures="1")
        assert done.returncode != 0
        states = {host["name"]: host["status"] for host in stack.control("GET", "state")["hosts"]}
        [refused] = [name for name in PAIR if states[name] == "disabled"]
        [taken] = [name for name in PAIR if name != refused]
        told = " ".join(event["text"] for event in events(stack))
        assert f"{refused}: FAILED" in told
        assert f"{refused}: MAINTENANCE_COMPLETE" not in told
        assert f"{taken}: MAINTENANCE_COMPLETE" in told
        assert f"{taken}: FAILED" not in told
        assert f"Failed to enable nova-compute on host {refused}: HTTP 403" in done.stdout
        again = maintain(stack, **TOGETHER)
    assert again.returncode == 0, again.stdout
    assert_as_promised(stack, 4)


REFUSED = """
- name: Have Nova refuse the first host that is to serve again
  ansible.builtin.uri:
    url: "{{ maintenance_metadata.lab }}/lab/faults"
    method: POST
    body_format: json
    body: {kind: http_error, match: {service: compute, method: PUT, path: os-services}, status: 403, times: 1}
    status_code: 201
  delegate_to: localhost
  when: inventory_hostname == 'compute-1'
"""

FAILS = """
- name: Look at the disk
  ansible.builtin.fail:
    msg: "the disk of {{ inventory_hostname }} is broken"
  when: inventory_hostname == 'compute-1'
"""


def test_a_host_that_cannot_be_emptied_when_its_turn_comes_is_done_after_the_others(stack):
    """An instance of compute-2 is locked when compute-1 is done, and unlocked when compute-2 was put off."""
    patience = {"refusals": 3, "silences": 1, "pause": 5}
    one_by_one = {**TOGETHER, "rolling_host_maintenance_max_hosts_at_once": 1, "rolling_host_maintenance_patience": patience}
    on_second = next(one for one in stack.control("GET", "state")["servers"] if one["host"] == "compute-2")
    with ScriptedVnf(stack):
        run = start(stack, **one_by_one)
        wait_for_event(stack, "compute-1: DRAINING", run)
        act(stack, on_second["id"], "lock")
        wait_for_event(stack, "is locked", run)
        act(stack, on_second["id"], "unlock")
        assert run.wait(240) == 0, (stack.processes.log_dir / "killed-run.log").read_text()[-4000:]
    assert times_worked_on(stack) == dict.fromkeys(PAIR, 1)
    assert "compute-2 put off" in (stack.processes.log_dir / "killed-run.log").read_text()
    assert_as_promised(stack, 4)


def test_a_host_with_something_that_cannot_be_moved_is_left_out_if_asked(stack):
    on_second = next(one for one in stack.control("GET", "state")["servers"] if one["host"] == "compute-2")
    act(stack, on_second["id"], "lock")
    stopped = maintain(stack, **TOGETHER)
    assert stopped.returncode != 0
    assert "is locked" in stopped.stdout
    assert session_states(stack) == []
    with ScriptedVnf(stack):
        done = maintain(stack, **TOGETHER, rolling_host_maintenance_on_blocker="skip_host")
    assert done.returncode == 0, done.stdout
    assert times_worked_on(stack) == {"compute-1": 1}
    assert "compute-2 is left out" in done.stdout
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert_as_promised(stack, 4)


def test_a_host_that_failed_is_not_taken_up_again_when_others_are_done_later(stack):
    """Seed 832111105 of the random runs: the second round left the failed host out, and the run ended as if it were done."""
    work = stack.folder / "fails.yml"
    work.write_text(HOST_WORK + FAILS)
    actions = [{"name": "upgrade", "type": "host", "tasks": str(work), "metadata": {"lab": stack.lab_url, "version": "30.0.0"}}]
    options = {
        **TOGETHER,
        "rolling_host_maintenance_max_hosts_at_once": 1,
        "rolling_host_maintenance_max_failures": "1",
        "rolling_host_maintenance_on_blocker": "skip_host",
        "rolling_host_maintenance_actions": actions,
        "rolling_host_maintenance_patience": {"refusals": 3, "silences": 1, "pause": 1},
    }
    on_second = next(one for one in stack.control("GET", "state")["servers"] if one["host"] == "compute-2")
    with ScriptedVnf(stack):
        run = start(stack, **options)
        wait_for_event(stack, "compute-1: DRAINING", run)
        act(stack, on_second["id"], "lock")
        wait_for_event(stack, "is locked", run)
        act(stack, on_second["id"], "unlock")
        assert run.wait(240) != 0
    said = (stack.processes.log_dir / "killed-run.log").read_text()
    assert "compute-2 put off" in said
    assert "Work failed on compute-1" in " ".join(said.split())
    assert times_worked_on(stack) == dict.fromkeys(PAIR, 1)
    state = {host["name"]: host["status"] for host in stack.control("GET", "state")["hosts"]}
    assert state == {"compute-1": "disabled", "compute-2": "enabled", "compute-3": "enabled", "compute-4": "enabled"}
    assert session_states(stack) == ["MAINTENANCE_FAILED"]


def act(stack, server_id, action):
    """An administrator's action on a server."""
    url = f"{stack.lab_url}/compute/v2.1/servers/{server_id}/action"
    headers = {"X-Auth-Token": stack.token("lab-admin")}
    requests.post(url, json={action: None}, headers=headers, timeout=REQUEST_TIMEOUT).raise_for_status()


def test_a_run_of_which_every_host_is_left_out_says_what_is_in_the_way(stack):
    on_pair = [one for one in stack.control("GET", "state")["servers"] if one["host"] in PAIR]
    for one in on_pair:
        act(stack, one["id"], "lock")
    with ScriptedVnf(stack):
        done = maintain(stack, **TOGETHER, rolling_host_maintenance_on_blocker="skip_host")
    assert done.returncode != 0
    said = [line for line in done.stdout.splitlines() if '"msg": "Nothing was changed. There is no room' in line]
    assert len(said) == 2, "where it ends, and at the end"
    for one in on_pair:
        told = f"{one['host']} {one['id']}: instance {one['name']} ({one['id']}) is locked. Remedy: "
        assert [told in line for line in said] == [True, True]
    assert session_states(stack) == []
    assert_as_promised(stack, 4)
