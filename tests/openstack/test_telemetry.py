# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events through the real Ceilometer and Aodh: lost with what Ceilometer brings along, there with what the role adds."""

from __future__ import annotations

import http.server
import json
import queue
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest
import requests
from real_stack import RealStack
from services_under_test import OpenStack

from tests.waiting import until

FILES = ("event_definitions.yaml", "event_pipeline.yaml")
PROBE = "maintenance_event_probe"
ALARM = "all of a message"
# The agent runs with the system's Python, which is where its packaged files are looked for.
PYTHON = "/usr/bin/python3"
TEXT, DATE = 1, 4


class Agent:
    """Ceilometer's notification agent and its files."""

    def __init__(self, services: OpenStack) -> None:
        self.services = services
        self.folder = services.folder / "etc" / "ceilometer"
        self._before = {name: (self.folder / name).read_bytes() for name in FILES}

    def restart(self) -> None:
        log = self.services.log("ceilometer-notification")
        seen = log.stat().st_size
        self.services.service("stop", "ceilometer-notification")
        self.services.service("start", "ceilometer-notification")
        # It names what it has read; what is on the bus until it listens is not lost.
        until("the start of the agent", lambda: b"Definitions:" in log.read_bytes()[seen:])

    def as_packaged(self, *names: str) -> None:
        """The files as Debian's package has them below Ceilometer's Python package."""
        find = "import ceilometer, os; print(os.path.dirname(ceilometer.__file__))"
        there = subprocess.run([PYTHON, "-c", find], check=True, text=True, capture_output=True).stdout.strip()
        for name in names:
            (self.folder / name).write_bytes((Path(there) / "pipeline" / "data" / name).read_bytes())

    def remove_files(self) -> None:
        for name in FILES:
            (self.folder / name).unlink()

    @property
    def has_role(self) -> bool:
        return "message_id" in (self.folder / FILES[0]).read_text() and "maintenance_sink" in (self.folder / FILES[1]).read_text()

    def put_back(self) -> None:
        for name, content in self._before.items():
            (self.folder / name).write_bytes(content)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, openstack: OpenStack) -> t.Iterator[RealStack]:
    """The session API on the real bus."""
    made = RealStack(tmp_path_factory.mktemp("telemetry"), openstack)
    try:
        made.start_session_api()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def agent(openstack: OpenStack) -> t.Iterator[Agent]:
    """The agent, which gets its files back."""
    made = Agent(openstack)
    yield made
    made.put_back()
    made.restart()


def apply_role(stack: RealStack, agent: Agent, *options: str) -> str:
    """The command of the role's README for files in a folder; returns what it says."""
    given = {
        "telemetry_events_directory": str(agent.folder), "telemetry_events_service": "", "telemetry_events_backup": False,
        "ansible_python_interpreter": PYTHON,
    }
    done = stack.run_playbook("nfv.maintenance.telemetry_events", "-e", json.dumps(given), *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def probe(stack: RealStack, cloud: str = "admin", timeout: int = 10) -> dict[str, t.Any]:
    """Run the module."""
    command = [sys.executable, "-m", f"ansible_collections.nfv.maintenance.plugins.modules.{PROBE}"]
    sent = json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": cloud, "timeout": timeout}})
    done = subprocess.run(command, env=stack.env, input=sent, text=True, capture_output=True, timeout=60, check=True)
    return t.cast("dict[str, t.Any]", json.loads(done.stdout)[PROBE])


def probe_alarms(stack: RealStack) -> list[str]:
    alarms = stack.admin.session.get(
        f"http://127.0.0.1:{stack.services.port('AODH')}/v2/alarms", headers={"Accept": "application/json"},
        params={"q.field": "all_projects", "q.op": "eq", "q.value": "true"},
    ).json()
    return [alarm["name"] for alarm in alarms if "probe" in alarm["project_id"] or "probe" in alarm["name"]]


@pytest.mark.parametrize("lacking", FILES)
def test_with_one_file_as_ceilometer_brings_it_along_the_events_are_lost(stack: RealStack, agent: Agent, lacking: str) -> None:
    agent.put_back()
    agent.as_packaged(lacking)
    agent.restart()
    seen = probe(stack, timeout=3)
    assert seen["status"] == "not_seen"
    assert set(seen["event_types"].values()) == {False}
    assert "role nfv.maintenance.telemetry_events" in seen["reason"]
    assert probe_alarms(stack) == []


def test_the_role_makes_both_files_of_those_and_the_events_come_through(stack: RealStack, agent: Agent) -> None:
    agent.remove_files()
    checked = apply_role(stack, agent, "--check", "--diff")
    assert "+- event_type: maintenance.host" in checked
    assert not any((agent.folder / name).exists() for name in FILES)

    assert "changed=2" in apply_role(stack, agent)
    # What Ceilometer brings along is still there: its new file has taken the place of that.
    assert "event_type: compute.instance.update" in (agent.folder / FILES[0]).read_text()
    assert "changed=0" in apply_role(stack, agent)
    agent.restart()
    first = probe(stack)
    assert (first["status"], first["reason"]) == ("ok", None)
    assert set(first["event_types"]) == {"maintenance.scheduled", "maintenance.host", "maintenance.session"}
    # Right after it, when Aodh has just read the alarms of the first one's project.
    assert probe(stack)["status"] == "ok"
    assert probe_alarms(stack) == []


def test_without_rights_nothing_is_made(stack: RealStack) -> None:
    seen = probe(stack, "demo")
    assert seen["status"] == "not_possible"
    assert "use an administrator's credentials" in seen["reason"]
    assert probe_alarms(stack) == []


@pytest.fixture
def webhooks() -> t.Iterator[tuple[str, queue.Queue[dict[str, t.Any]]]]:
    """An address for alarms, and what they say there."""
    heard: queue.Queue[dict[str, t.Any]] = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", heard
    server.shutdown()
    server.server_close()


@pytest.fixture
def alarm(stack: RealStack, webhooks: tuple[str, t.Any]) -> t.Iterator[None]:
    """An alarm of the VNF's owner, as the role of the subscription makes it."""
    session = stack.services.connect("demo").session
    base = f"http://127.0.0.1:{stack.services.port('AODH')}/v2/alarms"
    headers = {"Accept": "application/json"}
    rule = {"event_type": "maintenance.scheduled", "query": []}
    body = {"name": ALARM, "type": "event", "repeat_actions": True, "alarm_actions": [webhooks[0]], "event_rule": rule}
    made = session.post(base, json=body, headers=headers).json()
    yield
    session.delete(f"{base}/{made['alarm_id']}", headers=headers)


def test_a_message_arrives_with_all_its_traits(
    stack: RealStack, agent: Agent, alarm: None, webhooks: tuple[str, queue.Queue[dict[str, t.Any]]]
) -> None:
    if not agent.has_role:
        apply_role(stack, agent)
        agent.restart()
    _wait_for_the_cache(stack)
    project = stack.services.connect("demo").current_project_id
    base = f"http://127.0.0.1:{stack.session_api_port}/v1"
    headers = {"X-Auth-Token": stack.token("admin")}
    session = requests.post(f"{base}/maintenance", headers=headers, timeout=10, json={
        "hosts": ["h1"], "maintenance_at": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 600)), "workflow": "vnf",
        "metadata": {"release": "Zed", "nothing": None},
    }).json()["session_id"]  # fmt: skip
    try:
        lease = requests.post(f"{base}/sessions/{session}/lease", headers=headers, json={"holder": "test"}, timeout=10).json()
        request = {
            "project_id": project, "state": "PLANNED_MAINTENANCE", "instance_ids": ["i1"], "window": 60,
            "allowed_actions": ["MIGRATE", "OWN_ACTION"], "actions_at": "2031-04-02T03:30:11+02:00",
        }
        message = requests.post(
            f"{base}/sessions/{session}/messages", headers={**headers, "X-Lease-Token": str(lease["token"])},
            json={"messages": [request]}, timeout=10,
        ).json()["messages"][0]
        event = webhooks[1].get(timeout=30)["reason_data"]["event"]
    finally:
        requests.delete(f"{base}/maintenance/{session}", headers=headers, timeout=10)
    assert {name: (kind, value) for name, kind, value in event["traits"]} == {
        "service": (TEXT, "fenix"),
        "project_id": (TEXT, project),
        "session_id": (TEXT, session),
        "state": (TEXT, "PLANNED_MAINTENANCE"),
        "allowed_actions": (TEXT, "['MIGRATE', 'OWN_ACTION']"),
        "instance_ids": (TEXT, "['i1']"),
        "reply_url": (TEXT, message["reply_url"]),
        "actions_at": (DATE, "2031-04-02T01:30:11"),
        "reply_at": (DATE, message["reply_at"].partition(".")[0]),
        "metadata": (TEXT, "{'release': 'Zed', 'nothing': None}"),
        "message_id": (TEXT, message["id"]),
    }
    assert event["message_id"] != message["id"], "the event's own id is that of the notification"


def _wait_for_the_cache(stack: RealStack) -> None:
    """Aodh may not know a new alarm of a project of which it has heard for so long."""
    text = (stack.services.folder / "etc" / "aodh" / "aodh.conf").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("event_alarm_cache_ttl")]
    end = time.monotonic() + int(line.partition("=")[2])
    until("the end of Aodh's cache", lambda: time.monotonic() >= end, limit=100, every=1)
