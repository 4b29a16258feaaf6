# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service as a process: started, killed, started again, with a Keystone and an intake of the test's own."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import typing as t

import pytest
import requests

from .test_keystone import token

MODULE = "ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api"
PATIENCE = 30
ACK = {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i1": "MIGRATE"}}


class Cloud:
    """A Keystone that takes any ``<project>.<roles>`` as a token, and an intake; it can be told to refuse."""

    def __init__(self) -> None:
        self.taken: queue.Queue[dict[str, t.Any]] = queue.Queue()
        self.tried = threading.Event()
        self.intake_status = 200
        self.hang = threading.Event()
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece, or TCP holds the second one back for 40 ms

            def log_message(self, *args: object) -> None:
                pass

            def answer(self, status: int, body: t.Any, **headers: str) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self) -> None:
                if not self.path.partition("?")[0].endswith("/auth/tokens"):
                    link = [{"rel": "self", "href": f"{cloud.url}/v3"}]
                    self.answer(200, {"version": {"id": "v3.14", "status": "stable", "links": link}})
                    return
                project, _dot, roles = self.headers["X-Subject-Token"].partition(".")
                if project == "hang":
                    cloud.tried.set()
                    cloud.hang.wait(PATIENCE)
                self.answer(200, cloud.token(project, roles.split(",")))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.startswith("/v3"):
                    self.answer(201, cloud.token("service", ["service"]), X_Subject_Token="service.service")
                    return
                if cloud.intake_status == 200:
                    cloud.taken.put(body)
                cloud.tried.set()
                self.answer(cloud.intake_status, {})

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self, project: str, roles: list[str]) -> dict[str, t.Any]:
        made = token(project, roles)
        for endpoint in made["token"]["catalog"][0]["endpoints"]:
            endpoint["url"] = f"{self.url}/v3"
        return made

    def next(self, event_type: str = "maintenance.scheduled") -> dict[str, t.Any]:
        """Return the next notification of a type that was taken."""
        while True:
            body = self.taken.get(timeout=PATIENCE)
            if body["event_type"] == event_type:
                return dict(body["payload"])

    def stop(self) -> None:
        self.hang.set()
        self._server.shutdown()
        self._server.server_close()


class Process:
    """The service, started from its configuration file; one port and one database through all its lives."""

    def __init__(self, write_config: t.Callable[..., pathlib.Path], cloud: Cloud) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = write_config(
            DEFAULT={"port": self.port, "public_endpoint": self.url},
            notifications={"intake_url": f"{cloud.url}/intake", "retry_first": 0.05, "retry_longest": 0.2},
            keystone_authtoken={"auth_url": f"{cloud.url}/v3", "www_authenticate_uri": f"{cloud.url}/v3"},
        )
        self.child: subprocess.Popen[str] | None = None
        self.lines: list[str] = []

    def start(self) -> Process:
        """Start it; return when it says that it listens."""
        self.child = subprocess.Popen(
            [sys.executable, "-m", MODULE, "--config-file", str(self.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[3] / ".cache" / "collections")},
        )
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.lines.append(line)
            if "listening at" in line:
                threading.Thread(target=self.lines.extend, args=(self.child.stdout,), daemon=True).start()
                return self
        raise AssertionError("".join(self.lines))

    def end(self, number: int) -> tuple[int, float]:
        """Send a signal; return the exit status and the seconds it took."""
        assert self.child is not None
        began = time.monotonic()
        self.child.send_signal(number)
        return self.child.wait(PATIENCE), time.monotonic() - began

    def __call__(self, who: str, method: str, path: str, body: t.Any = None, **headers: str) -> t.Any:
        headers = {"X-Auth-Token": who, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=PATIENCE)


@pytest.fixture
def cloud() -> t.Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def process(write_config: t.Callable[..., pathlib.Path], cloud: Cloud) -> t.Iterator[Process]:
    process = Process(write_config, cloud)
    try:
        yield process.start()
    finally:
        if process.child is not None:
            process.child.kill()
            process.child.wait(PATIENCE)


ADMIN, OWNER = "admins.admin", "p1.member"


def converse(process: Process, key: str = "1") -> tuple[str, dict[str, t.Any]]:
    """Open a session (or find it) and ask the project."""
    body = {"hosts": ["h1"], "maintenance_at": "2199-01-01 00:00:00", "name": "n"}
    sid = process(ADMIN, "POST", "/v1/maintenance", body).json()["session_id"]
    lease = process(ADMIN, "POST", f"/v1/sessions/{sid}/lease", {"holder": "runner"}).json()
    request = {"project_id": "p1", "state": "PLANNED_MAINTENANCE", "instance_ids": ["i1"], "key": key}
    answer = process(ADMIN, "POST", f"/v1/sessions/{sid}/messages", {"messages": [request]}, X_Lease_Token=str(lease["token"]))
    assert answer.status_code == 201, answer.text
    return sid, answer.json()["messages"][0]


def until(true: t.Callable[[], t.Any]) -> None:
    """Ask again until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline


def test_killed_between_message_and_reply(process: Process, cloud: Cloud) -> None:
    sid, message = converse(process)
    payload = cloud.next()
    assert payload["message_id"] == message["id"]
    # A notification whose taking was not noted yet would be sent once more, with the same id.
    until(lambda: process(ADMIN, "GET", f"/v1/sessions/{sid}/messages/{message['id']}").json()["sent_at"])
    assert process.end(signal.SIGKILL)[0] == -signal.SIGKILL
    process.start()
    path = payload["reply_url"].removeprefix(process.url)
    assert process(OWNER, "GET", payload["instance_ids"].removeprefix(process.url)).json() == {"instance_ids": ["i1"]}
    assert process(OWNER, "PUT", path, ACK).status_code == 200
    # The runner, who does not know, asks once more; the project does not hear of it.
    again = converse(process)
    assert (again[0], again[1]["id"], again[1]["status"]) == (sid, message["id"], "acknowledged")
    converse(process, key="2")
    assert cloud.next()["message_id"] not in (message["id"], None)


def test_killed_before_the_notification_was_taken(process: Process, cloud: Cloud) -> None:
    cloud.intake_status = 503
    _sid, message = converse(process)
    cloud.tried.clear()
    assert cloud.tried.wait(PATIENCE)
    process.end(signal.SIGKILL)
    assert cloud.taken.empty()
    cloud.intake_status = 200
    process.start()
    assert cloud.next("maintenance.session")["state"] == "MAINTENANCE"
    assert cloud.next()["message_id"] == message["id"]


def test_killed_right_after_an_answer(process: Process, cloud: Cloud) -> None:
    """What was answered 200 is there after each of ten deaths."""
    told = []
    for turn in range(10):
        sid, message = converse(process, key=str(turn))
        reply = {**ACK, "message_id": message["id"]}
        assert process(OWNER, "PUT", f"/v1/maintenance/{sid}/p1", reply).status_code == 200
        process.end(signal.SIGKILL)
        told.append(message["id"])
        process.start()
        found = process(OWNER, "GET", f"/v1/sessions/{sid}/messages").json()["messages"]
        assert [(one["id"], one["status"]) for one in found] == [(mid, "acknowledged") for mid in told]
    # In order, and each at least once: it was killed at moments when a notification had been taken but not crossed out.
    heard: dict[str, None] = {}
    while len(heard) < len(told):
        heard[cloud.next()["message_id"]] = None
    assert list(heard) == told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told(process: Process, number: int) -> None:
    status, seconds = process.end(number)
    assert status == 0
    assert seconds < 2
    assert sum("listening at" in line for line in process.lines) == 1


def test_it_ends_even_while_keystone_hangs(process: Process, cloud: Cloud) -> None:
    with contextlib.suppress(requests.RequestException):
        cloud.tried.clear()
        caller = threading.Thread(target=_ignore, args=(process, "hang.admin", "GET", "/v1/maintenance"), daemon=True)
        caller.start()
        assert cloud.tried.wait(PATIENCE)
    status, seconds = process.end(signal.SIGTERM)
    assert status == 0
    assert seconds < 2.5


def _ignore(process: Process, *arguments: str) -> None:
    with contextlib.suppress(requests.RequestException):
        process(*arguments)


def test_no_secret_in_the_log(process: Process) -> None:
    converse(process)
    process.end(signal.SIGTERM)
    text = "".join(process.lines)
    assert "secret" not in text
    assert ADMIN not in text


def test_large_bodies(process: Process) -> None:
    headers = {"X-Auth-Token": ADMIN}
    raw = b'{"x": "' + b"y" * (1024 * 1024 + 10) + b'"}'
    answer = requests.post(f"{process.url}/v1/maintenance", data=raw, headers=headers, timeout=PATIENCE)
    assert (answer.status_code, list(answer.json())) == (413, ["error"])
    chunked = requests.post(f"{process.url}/v1/maintenance", data=iter([raw]), headers=headers, timeout=PATIENCE)
    assert chunked.status_code == 413
    huge = requests.post(f"{process.url}/v1/maintenance", data=raw * 3, headers=headers, timeout=PATIENCE)
    assert huge.status_code == 413


@pytest.mark.parametrize(
    ("sections", "text"),
    [
        ({"DEFAULT": {"public_endpoint": "ftp://x"}}, "public_endpoint must be an http or https URL"),
        ({"DEFAULT": {"public_endpoint": "https://" + "x" * 200}}, "would exceed the 255 characters"),
        ({"DEFAULT": {"port": "many"}}, "port"),
        ({"database": {"connection": "mysql://x/y"}}, "sqlite or postgresql"),
        ({"database": {"connection": "sqlite://"}}, "forget"),
        ({"database": {"connection": "sqlite:////nowhere/at/all.sqlite"}}, "unable to open database file"),
        ({"notifications": {"intake_url": "telemetry"}}, "intake_url"),
        ({"notifications": {"event_types": ""}}, "event_types"),
        ({"notifications": {"transport_url": "nonsense://x"}}, "transport_url"),
        ({"keystone_authtoken": {"auth_type": "nonsense"}}, "nonsense"),
        ({"keystone_authtoken": {"auth_url": ""}}, "[keystone_authtoken] auth_url is missing"),
        ({"webhooks": {"denied_networks": "10.0.0.1/8"}}, "denied_networks"),
        ({"webhooks": {"ca_file": "/nowhere/at/all.pem"}}, "ca_file"),
    ],
)
def test_a_configuration_that_cannot_work(
    write_config: t.Callable[..., pathlib.Path], sections: dict[str, t.Any], text: str
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", MODULE, "--config-file", str(write_config(**sections))],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).resolve().parents[3] / ".cache" / "collections")},
    )
    assert run.returncode == 2
    assert text in run.stderr
    assert "Traceback" not in run.stderr
