# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two clouds that the list of calls is run on; nothing else of the tests knows which one it is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.waiting import until

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATIENCE = 60.0
# What the lab has of the services that the real cloud offers; Glance is needed to make servers there.
SERVICES = ("identity", "compute", "placement", "network", "alarming")
USERS = ("admin", "demo", "demo2")
# Tacker names the version of its API in a header of its own, and wants it in every call.
TACKER = "nfv-orchestration"
TACKER_VERSION = "2.0.0"

Auth = dict[str, str]
Emit = Callable[[str, dict[str, Any]], None]


class Site:
    """A cloud: who may talk to it, where its services are, and how a notification gets on its bus."""

    def __init__(self, auths: dict[str, Auth], emit: Emit, pause: float = 0.2, services: tuple[str, ...] = SERVICES) -> None:
        """Take the clouds.yaml authentication of the users and a way to emit notifications."""
        self.auths = auths
        self.services = services
        self.emit = emit
        self.pause = pause
        self.http = requests.Session()
        self.http.trust_env = False
        self.tokens: dict[str, str] = {}
        self._known: dict[str, Any] = {}
        self.bodies: dict[str, dict[str, Any]] = {}
        for user in auths:
            self.tokens[user], self.bodies[user] = self.log_in(user)
        self.roots = {
            entry["type"]: _root(endpoint["url"])
            for entry in self.bodies["admin"]["catalog"]
            for endpoint in entry["endpoints"]
            if endpoint["interface"] == "public"
        }
        self.controller = self._controller() if "compute" in services else ""

    def _controller(self) -> str:
        conductors = self.ask("GET", "compute", "/v2.1/os-services?binary=nova-conductor")["services"]
        return str(conductors[0]["host"])

    def log_in(self, user: str) -> tuple[str, dict[str, Any]]:
        """Return a fresh token and its description."""
        body = {"auth": {"identity": password(self.auths[user]), "scope": scope(self.auths[user])}}
        response = self.http.post(self.auths[user]["auth_url"].rstrip("/") + "/auth/tokens", json=body, timeout=PATIENCE)
        assert response.status_code == 201, response.text
        return response.headers["X-Subject-Token"], response.json()["token"]

    def ask(self, method: str, service: str, path: str, *, user: str = "admin", version: str = "", json: Any = None) -> Any:
        """Call without recording, as the preparation of a story does."""
        headers = {"X-Auth-Token": self.tokens[user], "Accept": "application/json", **version_header(service, version)}
        response = self.http.request(method, self.roots[service] + path, json=json, headers=headers, timeout=PATIENCE)
        assert response.status_code < 400, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def once(self, what: str, ask: Callable[[], Any]) -> Any:
        """Ask for something that does not change while the stories are told."""
        if what not in self._known:
            self._known[what] = ask()
        return self._known[what]

    def project(self, user: str) -> str:
        """Return the id of a user's project."""
        return str(self.bodies[user]["project"]["id"])


def _root(url: str) -> str:
    return re.sub(r"/v[\d.]+/?$", "", url.rstrip("/"))


def version_header(service: str, version: str) -> dict[str, str]:
    """Return how a version of a service's API is asked for."""
    if service == TACKER:
        return {"Version": version or TACKER_VERSION}
    return {"OpenStack-API-Version": f"{service} {version}"} if version else {}


def password(auth: Auth) -> dict[str, Any]:
    """Return the identity part of a request for a token."""
    user = {"name": auth["username"], "password": auth["password"], "domain": {"name": auth["user_domain_name"]}}
    return {"methods": ["password"], "password": {"user": user}}


def scope(auth: Auth) -> dict[str, Any]:
    """Return the scope part of a request for a token."""
    return {"project": {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}}


@contextlib.contextmanager
def lab(state_dir: Path, topology: Path = HERE / "topology.yaml") -> Iterator[Site]:
    """Start a lab that looks like the real services, and end it."""
    with lab_process(state_dir, topology) as (info, auths):
        yield Site({user: auths[user] for user in USERS}, _intake(info["notifications_url"]), pause=0.01)


@contextlib.contextmanager
def lab_process(state_dir: Path, topology: Path) -> Iterator[tuple[dict[str, Any], dict[str, Auth]]]:
    """Start a lab, and end it; gives what it says of itself and how its users log in."""
    command = [sys.executable, "-m", "lab", "--topology", str(topology), "--state-dir", str(state_dir)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    with subprocess.Popen([*command, "--speed", "20"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            until("the lab listens", lambda: (state_dir / "lab.json").exists() or process.poll() is not None, every=0.02)
            assert process.poll() is None, "the lab did not start"
            info = json.loads((state_dir / "lab.json").read_text())
            clouds = yaml.safe_load((state_dir / "clouds.yaml").read_text())["clouds"]
            yield info, {user: cloud["auth"] for user, cloud in clouds.items()}
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _intake(url: str) -> Emit:
    def emit(event_type: str, payload: dict[str, Any]) -> None:
        notification = {"message_id": new_message_id(), "publisher_id": "fenix", "event_type": event_type, "payload": payload}
        assert requests.post(url, json=notification, timeout=PATIENCE).status_code == 202

    return emit


def new_message_id() -> str:
    """Return an id as oslo.messaging makes them."""
    return str(uuid.uuid4())


def bus(url: str) -> Emit:
    """Return what puts notifications on a RabbitMQ as Fenix does."""
    import oslo_messaging  # noqa: PLC0415
    from oslo_config import cfg  # noqa: PLC0415

    transport = oslo_messaging.get_notification_transport(cfg.ConfigOpts(), url=url)
    notifier = oslo_messaging.Notifier(transport, publisher_id="fenix", driver="messaging", topics=["notifications"])

    def emit(event_type: str, payload: dict[str, Any]) -> None:
        notifier.info({}, event_type, payload)

    return emit
