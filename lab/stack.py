# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab and our products on it, as processes; used by the demo, by the integration tests, and by hand (``-m lab.stack``)."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import typing as t
from pathlib import Path

import requests
import yaml

from .processes import Child, ProcessFailed
from .products import REQUEST_TIMEOUT, ROOT, Products, write_private


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


# What the guides call the clouds.
GUIDES = {Stack.admin_cloud: "admin", Stack.vnf_cloud: "vnf-owner"}


def main() -> int:
    """A lab and a session API, to try the guides by hand; both end with Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m lab.stack", description=main.__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="folder for clouds.yaml, lab.json, logs and the database")
    parser.add_argument("--hosts", type=int, default=3, help="compute hosts of the lab, at least 3 (default: 3)")
    parser.add_argument("--speed", type=float, default=1.0, help="divides all simulated durations")
    options = parser.parse_args()
    if options.hosts < 3:
        parser.error(f"--hosts {options.hosts}: the pair of the VNF and the room to move need at least 3 hosts")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stack = Stack(options.state_dir.resolve(), options.hosts, options.speed)
    try:
        stack.start_lab()
        stack.start_session_api()
        clouds = yaml.safe_load(stack.clouds_file.read_text())["clouds"]
        clouds |= {name: clouds[cloud] for cloud, name in GUIDES.items()}
        write_private(stack.clouds_file, yaml.safe_dump({"clouds": clouds}, sort_keys=False))
        print(
            f"{stack.hosts} hosts, VNF {stack.vnf['name']}, clouds {' and '.join(GUIDES.values())}. Ctrl-C ends it. Elsewhere:\n"
            f"export OS_CLIENT_CONFIG_FILE={stack.clouds_file}\nexport VNF_ID={stack.vnf_id}",
            flush=True,
        )
        signal.pause()
    except KeyboardInterrupt:
        return 0
    except ProcessFailed as exc:
        print(exc, file=sys.stderr)
        return 1
    finally:
        with contextlib.suppress(KeyboardInterrupt):
            stack.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
