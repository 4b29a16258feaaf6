# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The probe before a run: with telemetry that works, that lacks definitions, and that nobody has the right to look at."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
import time
import typing as t

import pytest
import requests
from runs import maintain, session_states
from scripted_vnf import ScriptedVnf

from lab.stack import Stack


class Intake:
    """Stands between the session API and the lab's telemetry, and loses events of the types in ``lost``."""

    def __init__(self, beyond: str) -> None:
        self.lost: set[str] = set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if json.loads(body)["event_type"] not in outer.lost:
                    requests.post(beyond, data=body, headers={"Content-Type": "application/json"}, timeout=10)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: t.Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def stack_and_intake(make_stack, monkeypatch):
    """A stack whose notifications pass through an intake of ours."""
    stack = make_stack(hosts=3, session_api=False)
    intake = Intake(f"{stack.lab_url}/telemetry/v1/notifications")
    monkeypatch.setattr(Stack, "notifications", property(lambda _stack: {"intake_url": intake.url}))
    stack.start_session_api()
    yield stack, intake
    intake.close()


def probe(stack: Stack, cloud: str = "lab-admin", **options: t.Any) -> dict[str, t.Any]:
    """Run the module as an ordinary one."""
    command = ["python", "-m", "ansible_collections.nfv.maintenance.plugins.modules.maintenance_event_probe"]
    sent = json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": cloud, **options}})
    done = subprocess.run(command, env=stack.env, input=sent, text=True, capture_output=True, timeout=60, check=False)
    return t.cast("dict[str, t.Any]", json.loads(done.stdout))


def alarms(stack: Stack) -> list[str]:
    return [one["name"] for one in stack.control("GET", "state")["alarms"]]


def test_with_definitions(stack):
    begun = time.monotonic()
    result = probe(stack)
    assert result["maintenance_event_probe"]["status"] == "ok"
    assert set(result["maintenance_event_probe"]["event_types"]) == {
        "maintenance.scheduled", "maintenance.host", "maintenance.session",
    }
    assert "warnings" not in result
    # It stands before every run, so it may not be felt.
    assert time.monotonic() - begun < 5
    assert alarms(stack) == []


def test_one_probe_right_after_another_is_not_fooled_by_a_cache_of_alarms(make_stack, tmp_path):
    topology = Stack(tmp_path / "unused").topology.read_text()
    assert "alarm_cache_ttl: 0" in topology
    cached = tmp_path / "cached.yaml"
    cached.write_text(topology.replace("alarm_cache_ttl: 0", "alarm_cache_ttl: 3600"))
    stack = make_stack(hosts=3, topology=cached)
    assert [probe(stack)["maintenance_event_probe"]["status"] for _time in range(2)] == ["ok", "ok"]


def test_without_definitions(stack_and_intake):
    stack, intake = stack_and_intake
    intake.lost = {"maintenance.scheduled", "maintenance.host", "maintenance.session"}
    result = probe(stack, timeout=1)
    assert result["maintenance_event_probe"]["status"] == "not_seen"
    assert "nfv.maintenance.telemetry_events" in result["maintenance_event_probe"]["reason"]
    assert len(result["warnings"]) == 1
    assert alarms(stack) == []
    intake.lost = {"maintenance.session"}
    result = probe(stack, timeout=1)
    assert result["maintenance_event_probe"]["event_types"] == {
        "maintenance.scheduled": True, "maintenance.host": True, "maintenance.session": False,
    }
    intake.lost = set()
    assert probe(stack)["maintenance_event_probe"]["status"] == "ok"


@pytest.mark.parametrize("cloud", ["lab-vnf", "lab-member"])
def test_without_rights(stack, cloud):
    result = probe(stack, cloud)
    assert result["maintenance_event_probe"]["status"] == "not_possible"
    assert "use an administrator's credentials" in result["maintenance_event_probe"]["reason"]
    assert alarms(stack) == []


def test_a_run_warns_and_goes_on_or_ends_before_anything_has_happened(stack_and_intake):
    stack, intake = stack_and_intake
    intake.lost = {"maintenance.host"}
    short = {"rolling_host_maintenance_event_probe_timeout": 1}
    ended = maintain(stack, rolling_host_maintenance_event_probe="require", **short)
    assert ended.returncode != 0
    assert "nfv.maintenance.telemetry_events" in ended.stdout
    assert session_states(stack) == []
    with ScriptedVnf(stack):
        warned = maintain(stack, **short)
    assert warned.returncode == 0, warned.stdout
    text = "Maintenance events do not reach the alarms of projects: no alarm noticed a probe of maintenance.host"
    assert text in " ".join((warned.stdout + warned.stderr).split())
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert alarms(stack) == []


def test_a_run_that_shall_not_look(stack_and_intake):
    stack, intake = stack_and_intake
    intake.lost = {"maintenance.host"}
    # It has got past the place of the probe when a project refuses.
    with ScriptedVnf(stack, deny=["MAINTENANCE"]):
        at_once = {"refusals": 0, "silences": 0, "pause": 0}
        done = maintain(stack, rolling_host_maintenance_event_probe="skip", rolling_host_maintenance_patience=at_once)
    assert session_states(stack) == ["MAINTENANCE_FAILED"]
    assert "[WARNING]" not in done.stdout + done.stderr
    assert "telemetry_events" not in done.stdout
