# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An owner who moves its instances by itself: the administrator's run waits until they have left the host."""

from __future__ import annotations

import typing as t

import requests
from runs import assert_as_promised, maintain, session_states
from scripted_vnf import NFV, ScriptedVnf

from lab.products import REQUEST_TIMEOUT


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
