# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab and our products on it, as processes; used by the demo and by the integration tests."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import requests

from .processes import Child
from .products import REQUEST_TIMEOUT, ROOT, Products


class Stack(Products):
    """Everything of one try-out in one folder.

    :param folder: where configuration, logs and state go.
    :param hosts: compute hosts of the lab; 0: as many as the topology says.
    :param speed: factor by which simulated durations are shortened.
    """

    admin_cloud = "lab-admin"
    vnf_cloud = "lab-vnf"
    session_api_cloud = "lab-session-api"

    def __init__(self, folder: Path, hosts: int = 4, speed: float = 1.0, topology: Path | None = None, seed: int = 1) -> None:
        """Nothing is started yet."""
        super().__init__(folder)
        self.hosts = hosts
        self.speed = speed
        self.seed = seed
        self.topology = topology or ROOT / "lab" / "topologies" / "doctor.yaml"
        self.lab: dict[str, t.Any] = {}

    @property
    def lab_url(self) -> str:
        """Base address of the lab."""
        return str(self.lab["url"])

    @property
    def vnf(self) -> dict[str, t.Any]:
        """The first VNF of the topology."""
        return t.cast("dict[str, t.Any]", self.lab["vnfs"][0])

    @property
    def vnf_id(self) -> str:
        """The first VNF of the topology."""
        return str(self.vnf["id"])

    @property
    def vnf_policies(self) -> dict[str, t.Any]:
        """A policy for each VNF of the topology."""
        return {vnf["id"]: vnf_policy(vnf) for vnf in self.lab["vnfs"]}

    @property
    def notifications(self) -> dict[str, t.Any]:
        """The lab has no bus, but an intake."""
        return {"intake_url": f"{self.lab_url}/telemetry/v1/notifications"}

    def publish(self, url: str) -> None:
        """Enter the session API in the lab's catalogue."""
        self.control("PUT", "catalog/maintenance", {"url": url})

    def start_lab(self) -> Child:
        """Start the embedded cloud; returns when it listens and has written clouds.yaml."""
        command = [sys.executable, "-m", "lab", "--topology", str(self.topology)]
        command += ["--hosts", str(self.hosts)] if self.hosts else []
        command += ["--speed", str(self.speed), "--seed", str(self.seed), "--state-dir", str(self.folder)]
        written = self.folder / "lab.json"
        written.unlink(missing_ok=True)
        child = self.processes.start("lab", command, self.env, ROOT)
        self.processes.wait_ready(child, written.exists)
        self.lab = json.loads(written.read_text())
        return child

    def maintenance_variables(self, host_work: Path) -> dict[str, t.Any]:
        """What the administrator writes for the maintenance.

        :param host_work: task file with the work on a host.
        """
        metadata = {"lab": self.lab_url, "version": "30.0.0"}
        return {
            "rolling_host_maintenance_cloud": "lab-admin",
            "rolling_host_maintenance_start_in": 5,
            "rolling_host_maintenance_metadata": {"openstack_release": "2026.2"},
            "rolling_host_maintenance_actions": [
                {"name": "upgrade", "type": "host", "tasks": str(host_work), "metadata": metadata},
            ],
        }

    def write_inventory(self, hosts: t.Iterable[str] = ()) -> Path:
        """The administrator's inventory; without ``hosts`` all of the lab."""
        return super().write_inventory(hosts or [host["name"] for host in self.control("GET", "state")["hosts"]])

    def control(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """Call the lab's control API."""
        answer = requests.request(method, f"{self.lab_url}/lab/{path}", json=body, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def vnf_policy(vnf: dict[str, t.Any]) -> dict[str, t.Any]:
    """The owner's policy for a VNF of the lab: the pair switches over and moves live, the workers scale and move cold."""
    return {
        "groups": [
            {"vdu_ids": ["ha"], "active": {"floating_ip": vnf["floating_ip"]}, "actions": ["LIVE_MIGRATE", "MIGRATE"]},
        ],
        "scale": [{"aspect_id": vnf["aspect"], "steps": 1}],
        "actions": ["MIGRATE"],
    }
