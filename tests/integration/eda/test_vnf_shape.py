# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a VNF's shape: sizes restored, failures told, constraints that follow, members made anew."""

from __future__ import annotations

import contextlib
import json
import signal

import openstack
import pytest
import requests
import yaml

from lab.processes import signal_family
from lab.products import REQUEST_TIMEOUT

COMPLETE = "MAINTENANCE_COMPLETE"
DEAD = "nfv.maintenance/6f028d22-e4e8-11f1-a118-02fc00000001/m1/worker"
HEAL = """- name: Wait for the test
  ansible.builtin.wait_for:
    path: "{go}"
    timeout: 60

- name: See that the reply has been sent
  ansible.builtin.uri:
    url: "{maintenance}/sessions/{{{{ message.session_id }}}}/messages/{{{{ message.id }}}}"
    headers: {{X-Auth-Token: "{token}"}}
  register: heard
  failed_when: heard.json.status != 'acknowledged'
  vars:
    message: "{{{{ vnf_maintenance_decision.message }}}}"

- name: Have the member made anew elsewhere
  ansible.builtin.uri:
    url: "{lab}/nfv-orchestration/vnflcm/v2/vnf_instances/{{{{ vnf_maintenance_own_action.vnf_id }}}}/heal"
    method: POST
    headers: {{X-Auth-Token: "{token}", Version: "2.0.0"}}
    body: {{vnfcInstanceId: ["{{{{ vnf_maintenance_own_action.vnfc_info_id }}}}"]}}
    body_format: json
    status_code: 202

- name: See that it is
  nfv.maintenance.vnf_instance_info:
    cloud: lab-vnf
    id: "{{{{ vnf_maintenance_own_action.vnf_id }}}}"
  register: vnf
  until: vnf_maintenance_own_action.instance_id not in vnf.vnf_instances[0].servers | map(attribute='id')
  retries: 100
  delay: 0.2
"""


def connection(owner, cloud):
    entry = yaml.safe_load((owner.stack.folder / "clouds.yaml").read_text())["clouds"][cloud]
    return openstack.connect(auth=entry["auth"], region_name=entry["region_name"])


@pytest.fixture
def policies(owner):
    """Only VNF one, with constraints."""
    vnf = owner.vnfs["one"]
    return {vnf["id"]: {**owner.policies[vnf["id"]], "constraints": {"lead_time": 33}}, "default": {}}


def tacker(owner, method, path, body=None):
    url = f"{owner.stack.lab_url}/nfv-orchestration/vnflcm/v2/{path}"
    headers = {"X-Auth-Token": owner.stack.token("lab-vnf"), "Version": "2.0.0"}
    if method == "PATCH":
        headers["Content-Type"] = "application/merge-patch+json"
    answer = requests.request(method, url, json=body, headers=headers, timeout=REQUEST_TIMEOUT)
    answer.raise_for_status()
    return answer


def operate(owner, wait_until, verb, body):
    """An operation that somebody else orders, to its end."""
    path = f"vnf_instances/{owner.vnfs['one']['id']}"
    order = tacker(owner, "PATCH", path, body) if verb == "modify" else tacker(owner, "POST", f"{path}/{verb}", body)
    op_occ_id = order.headers["Location"].rsplit("/", 1)[-1]
    wait_until(
        lambda: tacker(owner, "GET", f"vnf_lcm_op_occs/{op_occ_id}").json()["operationState"] == "COMPLETED", "it is completed"
    )


def handle(owner, session, asked, policies, **more):
    output = owner.handle(owner.hint(asked), vnf_maintenance_policies=policies, **more)
    return {**session.message(asked["id"]), "output": output}


def scale_in(owner, session, policies, key="1"):
    session.state("SCALE_IN")
    found = handle(owner, session, session.ask("SCALE_IN", owner.servers("one"), key=key), policies)
    assert found["reply"]["state"] == "ACK_SCALE_IN"


def complete(owner, session, policies, key="1"):
    if key == "1":
        session.state("START_MAINTENANCE")
        session.state(COMPLETE)
    return handle(owner, session, session.ask(COMPLETE, owner.servers("one"), key=key), policies)


def constraints(session, owner):
    found = session.call("GET", f"constraints?project_id={owner.project_id}")
    return {one["instance_id"]: one for one in found["instances"]}, {one["group_name"]: one for one in found["instance_groups"]}


@contextlib.contextmanager
def no_room(owner):
    """No host takes a new server."""
    compute = connection(owner, "lab-admin").compute
    services = [*compute.services(binary="nova-compute")]
    for service in services:
        compute.disable_service(service)
    yield
    for service in services:
        compute.enable_service(service)


@pytest.mark.parametrize("steps", [1, -1])
def test_the_end_restores_the_recorded_size_whatever_somebody_else_made_of_it(owner, session, policies, wait_until, steps):
    before = owner.level("one")
    scale_in(owner, session, policies)
    kind = "SCALE_OUT" if steps > 0 else "SCALE_IN"
    operate(owner, wait_until, "scale", {"type": kind, "aspectId": "worker", "numberOfSteps": 1})
    assert owner.level("one") == before - 1 + steps
    found = complete(owner, session, policies)
    assert (found["reply"]["state"], owner.level("one")) == (f"ACK_{COMPLETE}", before)


def test_a_record_of_a_dead_session_is_neither_used_nor_lost(owner, session, policies, wait_until):
    before = owner.level("one")
    operate(owner, wait_until, "modify", {"metadata": {DEAD: "worker=9"}})
    scale_in(owner, session, policies)
    assert owner.level("one") == before - 1
    found = complete(owner, session, policies)
    assert (found["reply"]["state"], owner.level("one")) == (f"ACK_{COMPLETE}", before)
    assert owner.records("one") == {DEAD: "worker=9"}
    operate(owner, wait_until, "modify", {"metadata": {DEAD: None}})


def test_a_failed_operation_is_retried_rolled_back_and_told(owner, session, policies):
    before = owner.level("one")
    scale_in(owner, session, policies)
    with no_room(owner):
        refused = complete(owner, session, policies)
    assert refused["reply"]["state"] == f"NACK_{COMPLETE}"
    assert "ended ROLLED_BACK after retry and rollback: Stack update failed" in refused["reason"]
    assert owner.level("one") == before - 1
    assert owner.records("one"), "what has to be restored is still known"
    again = complete(owner, session, policies, key="2")
    assert (again["reply"]["state"], owner.level("one")) == (f"ACK_{COMPLETE}", before)


def test_constraints_follow_the_shape_of_the_vnf(owner, session, policies):
    scale_in(owner, session, policies)
    instances, groups = constraints(session, owner)
    assert set(instances) == set(owner.servers("one"))
    assert {one["lead_time"] for one in instances.values()} == {33}
    pair = groups["ha"]
    assert (pair["anti_affinity_group"], pair["max_impacted_members"]) == (True, 1)
    members = owner.servers("one", "ha")
    [nova] = [one for one in connection(owner, "lab-vnf").compute.server_groups() if set(members) <= set(one.member_ids)]
    assert pair["group_id"] == nova.id
    assert {instances[one]["group_id"] for one in members} == {nova.id}
    complete(owner, session, policies)
    instances, groups = constraints(session, owner)
    assert set(instances) == set(owner.servers("one"))


def test_constraints_that_cannot_be_registered_do_not_spoil_the_reply(owner, session, policies):
    fault = owner.stack.control("POST", "faults", {"kind": "http_error", "match": {"path": "os-server-groups"}, "status": 500})
    try:
        scale_in(owner, session, policies)
    finally:
        owner.stack.control("DELETE", f"faults/{fault['id']}")
    found = complete(owner, session, policies)
    assert found["reply"]["state"] == f"ACK_{COMPLETE}"


@pytest.fixture
def healing(owner, policies, tmp_path):
    """The workers are made anew when the message announces a release, once a file is there."""
    tasks, go = tmp_path / "heal.yml", tmp_path / "go"
    tasks.write_text(HEAL.format(
        lab=owner.stack.lab_url, maintenance=f"http://127.0.0.1:{owner.stack.session_api_port}/v1",
        token=owner.stack.token("lab-vnf"), go=go,
    ))  # fmt: skip
    [policy] = [one for name, one in policies.items() if name != "default"]
    policy["groups"].append({
        "vdu_ids": ["worker"], "own_action": {"kind": "tasks", "tasks": str(tasks)},
        "actions_when": [{"metadata": {"release": "2026.2"}, "actions": ["OWN_ACTION"]}],
    })  # fmt: skip
    return go


def test_an_own_action_that_was_interrupted_after_the_reply_is_gone_on_with(owner, session, policies, healing):
    session.state("START_MAINTENANCE")
    session.state("PLANNED_MAINTENANCE")
    worker = owner.servers("one", "worker")[0]
    asked = session.ask("PLANNED_MAINTENANCE", [worker], metadata={"release": "2026.2"})
    running = owner.start([owner.hint(asked)], vnf_maintenance_policies=policies)
    session.answered(asked["id"])
    signal_family(running.pid, signal.SIGKILL)
    running.communicate()
    assert worker in owner.servers("one"), "it was killed before it had done anything"
    healing.touch()
    found = handle(owner, session, asked, policies)
    assert "ACK_PLANNED_MAINTENANCE already" in found["output"]
    assert worker not in owner.servers("one")
    assert len(owner.servers("one", "worker")) == 3
    again = handle(owner, session, asked, policies)
    assert "Have the member made anew" not in again["output"]


def test_an_own_action_begins_after_the_reply_and_the_constraints_follow(owner, session, policies, healing):
    healing.touch()
    session.state("START_MAINTENANCE")
    session.state("PLANNED_MAINTENANCE")
    worker = owner.servers("one", "worker")[0]
    asked = session.ask("PLANNED_MAINTENANCE", [worker], metadata={"release": "2026.2"})
    found = handle(owner, session, asked, policies)
    assert found["reply"]["instance_actions"] == {worker: "OWN_ACTION"}
    assert worker not in owner.servers("one")
    assert len(owner.servers("one", "worker")) == 3
    assert set(constraints(session, owner)[0]) == set(owner.servers("one"))


def test_constraints_are_registered_and_removed_without_a_message(owner, session, policies, tmp_path):
    """The entry point for whoever enrols a VNF."""
    vnf_id = owner.vnfs["one"]["id"]
    role = {"name": "nfv.maintenance.vnf_maintenance", "tasks_from": "constraints"}
    book = tmp_path / "constraints.yml"
    book.write_text(yaml.safe_dump([{
        "hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Register", "ansible.builtin.include_role": role}],
    }]))  # fmt: skip

    def register(given):
        variables = {
            "vnf_maintenance_cloud": "lab-vnf", "vnf_maintenance_policies": given, "vnf_maintenance_constrained": [vnf_id],
        }  # fmt: skip
        done = owner.stack.run_playbook(str(book), "-e", json.dumps(variables))
        assert done.returncode == 0, done.stdout
        return done.stdout

    register(policies)
    assert set(constraints(session, owner)[0]) == set(owner.servers("one"))
    assert "changed=0" in register(policies), "what is equal is not written again"
    register({vnf_id: {"groups": policies[vnf_id]["groups"]}})
    assert constraints(session, owner) == ({}, {})
