# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owners who move their instances by themselves: the administrator's run waits until they have left the host."""

from __future__ import annotations

import collections
import re
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from runs import assert_as_promised, maintain, session_states
from scripted_vnf import NFV, ScriptedVnf

from lab.products import REQUEST_TIMEOUT
from tests.integration.eda.owned import OwnedStack

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "vnf-owner.md"
CAPABILITIES = {"openstack_release": "2026.2", "accelerator": "smartnic"}


class HealingVnf(ScriptedVnf):
    """Has the VNF manager make each member anew after the reply."""

    def _answer(self, message: dict[str, t.Any]) -> None:
        super()._answer(message)
        if message["state"] in ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE"):
            root = f"{self.stack.lab_url}/nfv-orchestration/vnflcm/v2/vnf_instances/{self.stack.vnf_id}"
            headers = {"X-Auth-Token": self._token, **NFV}
            info = requests.get(root, headers=headers, timeout=REQUEST_TIMEOUT).json()["instantiatedVnfInfo"]
            named = {one["vnfcResourceInfoId"]: one["id"] for one in info["vnfcInfo"]}
            servers = {one["computeResource"]["resourceId"]: one["id"] for one in info["vnfcResourceInfo"]}
            members = [named[servers[instance_id]] for instance_id in message["instance_ids"]]
            answer = requests.post(f"{root}/heal", json={"vnfcInstanceId": members}, headers=headers, timeout=REQUEST_TIMEOUT)
            answer.raise_for_status()


def test_the_run_waits_for_what_the_owner_moves(make_stack):
    stack = make_stack(hosts=3)
    before = {server["id"] for server in stack.control("GET", "state")["servers"]}
    with HealingVnf(stack, action="OWN_ACTION") as vnf:
        done = maintain(stack)
    assert done.returncode == 0, done.stdout
    assert vnf.states.count("PLANNED_MAINTENANCE") >= 2
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert_as_promised(stack, len(before))
    assert before.isdisjoint(server["id"] for server in stack.control("GET", "state")["servers"])


def test_a_run_whose_owner_does_not_move_them_ends_with_a_reason(make_stack):
    stack = make_stack(hosts=3)
    with ScriptedVnf(stack, action="OWN_ACTION"):
        done = maintain(stack, rolling_host_maintenance_cold_timeout=2)
    assert done.returncode != 0
    assert "its owner was to move it within 2 s" in done.stdout
    assert session_states(stack) == ["MAINTENANCE_FAILED"]
    assert_as_promised(stack, 6)


@pytest.fixture
def owned(tmp_path):
    """Two VNFs whose owner listens, with the policies of the guide's section "Own action"."""
    stack = OwnedStack(tmp_path / "owned", hosts=3, speed=10.0, topology=Path(__file__).with_name("own_action.yaml"))
    try:
        stack.start_lab()
        text = re.search(r"```yaml\n# file: own-action.yml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
        shown = yaml.safe_load(text[1]).values()
        stack.more = {"vnf_maintenance_policies": {vnf["id"]: one for vnf, one in zip(stack.lab["vnfs"], shown, strict=True)}}
        stack.start_session_api()
        stack.subscribe()
        stack.start_rulebook()
        yield stack
    finally:
        stack.stop()


def nfv(stack, path):
    headers = {"X-Auth-Token": stack.token("lab-vnf"), **NFV}
    answer = requests.get(f"{stack.lab_url}/nfv-orchestration/vnflcm/v2/{path}", headers=headers, timeout=REQUEST_TIMEOUT)
    answer.raise_for_status()
    return answer.json()


def test_members_are_healed_or_become_what_the_maintained_hosts_offer(owned):
    """Case 2 of the maintenance specification: spare capacity, and new capabilities on the hosts that are done."""
    before = {server["name"]: server for server in owned.control("GET", "state")["servers"]}
    done = maintain(owned, rolling_host_maintenance_metadata=CAPABILITIES)
    assert done.returncode == 0, done.stdout + owned.log[-3000:]
    assert session_states(owned) == ["MAINTENANCE_DONE"]
    assert_as_promised(owned, len(before))

    [session] = owned.session_api("sessions")["sessions"]
    messages = owned.session_api(f"sessions/{session['id']}/messages")["messages"]
    said = [message["reply"]["instance_actions"] for message in messages if message["state"] == "PLANNED_MAINTENANCE"]
    assert {instance: action for one in said for instance, action in one.items()} == {
        server["id"]: "OWN_ACTION" for server in before.values()
    }, "each instance was asked about once, and left by its owner's action"

    after = {server["name"]: server for server in owned.control("GET", "state")["servers"]}
    kept = {name for name in before if after[name]["id"] == before[name]["id"]}
    assert kept == {"router-forwarder-0", "router-forwarder-1"}, "these were resized, the others made anew"
    router, media = (nfv(owned, f"vnf_instances/{vnf['id']}") for vnf in owned.lab["vnfs"])
    stack = router["instantiatedVnfInfo"]["metadata"]["nfv"]["VDU"]
    assert {name: one["computeFlavourId"] for name, one in stack.items()} == {
        "forwarder-0": "accelerated", "forwarder-1": "accelerated", "db-0": "small", "db-1": "small",
    }  # fmt: skip
    assert media["vnfSoftwareVersion"] == "2.0"
    ended = collections.Counter((one["operation"], one["operationState"]) for one in nfv(owned, "vnf_lcm_op_occs"))
    assert ended == {("INSTANTIATE", "COMPLETED"): 2, ("HEAL", "COMPLETED"): 3, ("CHANGE_VNFPKG", "COMPLETED"): 3}
