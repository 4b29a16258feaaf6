# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings of the monitoring, and the playbook that acts on them."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys

MODULE = "ansible_collections.nfv.maintenance.plugins.modules.vnf_policy_action"
# The tests follow each other faster than operations of a VNF should.
LIMITS = {"cooldown": 0, "bundle": 0, "per_vnf": 100, "overall": 100, "lease": 2, "settle": 0}
PATIENCE = 180


class Acting:
    """The playbook, or the module alone where a playbook would show the same."""

    def __init__(self, owner, folder):
        self.owner, self.stack = owner, owner.stack
        self.vnf = owner.vnfs["one"]
        self.ledger = str(folder / "incidents.sqlite")

    def event(self, server, to="down", actions=("respawn",), **more):
        now = dt.datetime.now(dt.UTC).isoformat()
        vnf = {"id": self.vnf["id"], "name": "one", "project_id": self.owner.project_id}
        vnfc = {"id": f"worker-{server}", "vdu": "worker", "server_id": server}
        target = {"name": server, "address": "192.0.2.1", "port": None, "probe": "ping"}
        wanted = [{"name": one} if isinstance(one, str) else one for one in actions]
        return {"kind": "state_change", "vnf": vnf, "vnfc": vnfc, "target": target, "from": "up", "to": to, "since": now,
                "at": now, "generation": 0, "actions": wanted, "evidence": {"lost": 3}, "worker": "one", **more}  # fmt: skip

    def start(self, *events, **variables):
        extra = {
            "vnf_policy_action_cloud": "lab-vnf", "vnf_policy_action_events": events, "vnf_policy_action_ledger": self.ledger,
            "vnf_policy_action_limits": LIMITS, **variables,
        }  # fmt: skip
        command = ["ansible-playbook", "nfv.maintenance.vnf_policy_action", "-e", json.dumps(extra)]
        return subprocess.Popen(
            command, env=self.stack.env, cwd=self.stack.folder, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *events, fails=False, **variables):
        running = self.start(*events, **variables)
        output, _none = running.communicate(timeout=PATIENCE)
        assert bool(running.returncode) == fails, output
        return output

    def decide(self, *events, **options):
        arguments = {"cloud": "lab-vnf", "state": "begun", "ledger": self.ledger, "events": events, "limits": LIMITS, **options}
        done = subprocess.run(
            [sys.executable, "-m", MODULE], input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), env=self.stack.env,
            cwd=self.stack.folder, text=True, capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        result = json.loads(done.stdout)
        assert not result.get("failed"), result
        return [(one["action"], one["decision"], one["reason"]) for one in result["vnf_policy_actions"]]

    def heals(self):
        occs = self.owner.tacker("vnf_lcm_op_occs")
        return [one for one in occs if one["operation"] == "HEAL" and one["vnfInstanceId"] == self.vnf["id"]]

    def worker(self):
        return self.owner.servers("one", "worker")[0]
