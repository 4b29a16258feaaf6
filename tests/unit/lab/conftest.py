# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab as a process of its own, seen only from outside, and a listener for webhooks."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
import requests
import yaml
from openstack.config import OpenStackConfig

from tests import waiting

ROOT = Path(__file__).resolve().parents[3]
DOCTOR = ROOT / "lab" / "topologies" / "doctor.yaml"
PATIENCE = 60.0


def until(look: Callable[[], Any], patience: float = PATIENCE, pause: float = 0.02) -> Any:
    """Look more often than elsewhere, since a lab is quick; what was not seen, the line of the test says."""
    return waiting.until("what is looked for here", look, patience, pause)


class RunningLab:
    """A lab process."""

    def __init__(self, state_dir: Path, topology: Path, *arguments: str) -> None:
        self.state_dir = state_dir
        command = [sys.executable, "-m", "lab", "--topology", str(topology), "--state-dir", str(state_dir), *arguments]
        env = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            until(lambda: (state_dir / "lab.json").exists() or self.process.poll() is not None, pause=0.05)
            assert self.process.poll() is None, self.process.stdout.read().decode()
        except AssertionError:
            self.process.kill()
            raise
        self.info = json.loads((state_dir / "lab.json").read_text())
        self.url = self.info["url"]
        self.http = requests.Session()
        self._tokens: dict[str, str] = {}

    @property
    def vnf(self) -> dict[str, Any]:
        return self.info["vnfs"][0]

    def auth(self, cloud: str) -> dict[str, str]:
        return yaml.safe_load((self.state_dir / "clouds.yaml").read_text())["clouds"][cloud]["auth"]

    def connect(self, cloud: str = "lab-admin") -> openstack.connection.Connection:
        config = OpenStackConfig(config_files=[str(self.state_dir / "clouds.yaml")], load_envvars=False)
        return openstack.connection.Connection(config=config.get_one(cloud))

    def token(self, cloud: str) -> str:
        if cloud not in self._tokens:
            auth = self.auth(cloud)
            domain = {"name": "Default"}
            user = {"name": auth["username"], "password": auth["password"], "domain": domain}
            body = {
                "auth": {
                    "identity": {"methods": ["password"], "password": {"user": user}},
                    "scope": {"project": {"name": auth["project_name"], "domain": domain}},
                }
            }
            response = self.http.post(f"{self.url}/identity/v3/auth/tokens", json=body, timeout=PATIENCE)
            assert response.status_code == 201, response.text
            self._tokens[cloud] = response.headers["X-Subject-Token"]
        return self._tokens[cloud]

    def call(self, method: str, path: str, cloud: str | None = None, body: Any = None, **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if cloud:
            sent["X-Auth-Token"] = self.token(cloud)
        return self.http.request(method, self.url + path, json=body, headers=sent, timeout=PATIENCE)

    def nova(
        self, method: str, path: str, body: Any = None, cloud: str = "lab-admin", version: str = "2.93"
    ) -> requests.Response:
        header = {"OpenStack_API_Version": f"compute {version}"}
        return self.call(method, f"/compute/v2.1{path}", cloud, body, **header)

    def servers(self) -> dict[str, dict[str, Any]]:
        """Servers by name, as the control API tells the truth."""
        return {server["name"]: server for server in self.state()["servers"]}

    def state(self) -> dict[str, Any]:
        return self.call("GET", "/lab/state").json()

    def server(self, name: str) -> dict[str, Any]:
        return self.nova("GET", f"/servers/{self.servers()[name]['id']}").json()["server"]

    def settled(self, name: str, *statuses: str) -> dict[str, Any]:
        """Wait until a server is in one of the statuses with nothing going on."""

        def look() -> dict[str, Any] | None:
            server = self.server(name)
            return server if server["status"] in statuses and server["OS-EXT-STS:task_state"] is None else None

        return until(look)

    def make_room(self) -> list[str]:
        """Scale the workers in by one step and return the hosts that gained room."""
        before = {host["name"]: host["vcpus_used"] for host in self.state()["hosts"]}
        location = self.tacker(
            "POST", f"/vnf_instances/{self.vnf['id']}/scale", {"type": "SCALE_IN", "aspectId": "worker"}
        ).headers["Location"]
        self.finished(location)
        return [host["name"] for host in self.state()["hosts"] if host["vcpus_used"] < before[host["name"]]]

    def tacker(self, method: str, path: str, body: Any = None, cloud: str = "lab-vnf") -> requests.Response:
        return self.call(method, f"/nfv-orchestration/vnflcm/v2{path}", cloud, body, Version="2.0.0")

    def finished(self, location: str, *states: str) -> dict[str, Any]:
        """Wait for the end of an operation occurrence."""
        wanted = states or ("COMPLETED",)
        path = location.partition("/vnflcm/v2")[2]

        def look() -> dict[str, Any] | None:
            view = self.tacker("GET", path).json()
            return view if view["operationState"] in wanted else None

        return until(look)

    def stop(self) -> int:
        """End the process; a second call only tells how it ended."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            if self.process.stdout:
                self.process.stdout.close()


@pytest.fixture(scope="module")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningLab]]:
    """Start labs that end with the module."""
    with contextlib.ExitStack() as stack:

        def start(topology: Path | dict[str, Any] = DOCTOR, *arguments: str) -> RunningLab:
            state_dir = tmp_path_factory.mktemp("lab")
            if isinstance(topology, dict):
                path = state_dir / "topology.yaml"
                path.write_text(yaml.safe_dump(topology))
                topology = path
            lab = RunningLab(state_dir, topology, *arguments)
            stack.callback(lab.stop)
            return lab

        yield start


@pytest.fixture(scope="module")
def lab(start_lab: Callable[..., RunningLab]) -> RunningLab:
    """The Doctor test case, ten times as fast."""
    return start_lab(DOCTOR, "--speed", "10")


class Listener:
    """Takes webhooks."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.status = 200
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                listener.requests.append({"path": self.path, "headers": dict(self.headers), "raw": raw.decode()})
                self.send_response(listener.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request["raw"]) for request in self.requests]

    def ids(self) -> list[str]:
        return [body["reason_data"]["event"]["message_id"] for body in self.bodies]


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener for webhooks."""
    listening = Listener()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    """Wait with a bound."""
    return until
