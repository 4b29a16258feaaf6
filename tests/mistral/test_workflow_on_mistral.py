# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VNF that Mistral probes: workflow and trigger made, run by the engine, changed, and nothing left in the end."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import os
import subprocess
import sys
import threading
import typing as t
import urllib.parse
from pathlib import Path

import pytest
import requests
import yaml

from lab.processes import Processes, answers, free_port
from lab.products import COLLECTIONS, ROOT
from tests.waiting import until

HERE = Path(__file__).parent
VENV = Path(os.environ.get("MISTRAL_VENV", ROOT / ".cache/mistral-venv"))
MODULES = "ansible_collections.nfv.maintenance.plugins.modules"
TOKEN = "a-token-for-the-webhook"
PATIENCE = 180
NAME = "nfv-monitor-web-1"
pytestmark = pytest.mark.skipif(
    not (VENV / ".complete").exists(), reason="Mistral is not installed; run tests/mistral/install.sh"
)


class Surroundings(http.server.ThreadingHTTPServer):
    """The probe endpoint, for which some targets answer, and the webhook."""

    def __init__(self) -> None:
        self.up = {"192.0.2.11"}
        self.probes: list[str] = []
        self.shown: set[str] = set()
        self.heard: list[tuple[dict[str, str], dict[str, t.Any]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                outer.probes.append(query["target"][0])
                outer.shown.add(self.headers["Authorization"])
                self.answer(f"# HELP probe_success Displays whether\nprobe_success {int(query['target'][0] in outer.up)}\n")

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.heard.append((dict(self.headers), body))
                self.answer("")

            def answer(self, text: str) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_args: t.Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def told(self) -> set[tuple[str, str]]:
        """Target and status of what the webhook has heard."""
        return {(body["alerts"][0]["labels"]["instance"], body["alerts"][0]["status"]) for _headers, body in self.heard}


@pytest.fixture(scope="module")
def surroundings() -> t.Iterator[Surroundings]:
    server = Surroundings()
    yield server
    server.shutdown()
    server.server_close()


class Mistral:
    """The service, and the modules run by it."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"http://127.0.0.1:{self.port}/v2"
        config = folder / "mistral.conf"
        config.write_text(
            f"[DEFAULT]\ntransport_url = fake://\n[database]\nconnection = sqlite:///{folder}/mistral.sqlite\n"
            f"[api]\nhost = 127.0.0.1\nport = {self.port}\napi_workers = 1\n[pecan]\nauth_enable = false\n"
            "[executor]\ntype = local\n"
        )
        subprocess.run(
            [VENV / "bin/python", HERE / "make_database.py", config], check=True, capture_output=True, timeout=PATIENCE
        )
        (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mistral": {
            "auth_type": "none", "endpoint": self.url, "workflow_endpoint_override": self.url}}}))  # fmt: skip
        self.processes = Processes(folder / "logs")
        command = [str(VENV / "bin/mistral-server"), "--config-file", str(config), "--server", "all"]
        child = self.processes.start("mistral", command, {**os.environ, "PYTHONWARNINGS": "ignore"}, folder)
        self.processes.wait_ready(child, lambda: answers(self.port), timeout=PATIENCE)

    def module(self, name: str, **options: t.Any) -> dict[str, t.Any]:
        env = {**os.environ, "PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}",
               "OS_CLIENT_CONFIG_FILE": str(self.folder / "clouds.yaml")}  # fmt: skip
        arguments = {"cloud": "mistral", "_ansible_diff": True, **options}
        done = subprocess.run(
            [sys.executable, "-m", f"{MODULES}.{name}"], input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), env=env,
            text=True, capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert TOKEN not in done.stdout
        result = json.loads(done.stdout)
        assert not result.get("failed"), result
        return t.cast("dict[str, t.Any]", result)

    def listed(self, what: str) -> list[dict[str, t.Any]]:
        answer = requests.get(f"{self.url}/{what}", timeout=30)
        answer.raise_for_status()
        return [one for one in answer.json()[what] if NAME in (one["name"], one.get("workflow_name"))]


@pytest.fixture(scope="module")
def mistral(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Mistral]:
    service = Mistral(tmp_path_factory.mktemp("mistral"))
    yield service
    service.processes.stop_all()


def test_a_vnf_is_probed_followed_and_forgotten(mistral: Mistral, surroundings: Surroundings) -> None:
    targets = [{"target": "192.0.2.11", "vdu": "VDU1", "server_id": "a"}, {"target": "192.0.2.12", "server_id": "b"}]
    wanted = {
        "vnf_id": "web-1", "targets": targets, "probe_url": f"{surroundings.url}/probe", "webhook_token": TOKEN,
        "probe_token": f"{TOKEN}-2",
        "webhook_url": f"{surroundings.url}/endpoint", "retries": 1, "delay": 1,
    }  # fmt: skip
    assert mistral.module("vnf_monitor_workflow", **wanted, _ansible_check_mode=True)["changed"]
    assert mistral.listed("workflows") == []
    assert mistral.module("vnf_monitor_workflow", **wanted)["changed"]
    assert not mistral.module("vnf_monitor_workflow", **wanted)["changed"]

    until("the trigger has run", lambda: len(surroundings.told()) == 2, PATIENCE)
    assert surroundings.told() == {("192.0.2.11", "resolved"), ("192.0.2.12", "firing")}
    assert surroundings.probes.count("192.0.2.12") >= 2, "a probe that was lost is repeated"
    assert surroundings.shown == {f"Bearer {TOKEN}-2"}
    headers, body = next(one for one in surroundings.heard if one[1]["status"] == "firing")
    assert (headers["Authorization"], headers["webhook-id"][-2:]) == (f"Bearer {TOKEN}", "-1")
    assert body["alerts"][0]["labels"]["server_id"] == "b"
    assert body["alerts"][0]["startsAt"].endswith("Z")

    # The VNF has scaled in: what is gone is not probed any more by the runs that begin now.
    assert mistral.module("vnf_monitor_workflow", **{**wanted, "targets": targets[:1]})["changed"]
    changed_at = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def later() -> list[str]:
        return [headers["webhook-id"] for headers, body in surroundings.heard if body["alerts"][0]["startsAt"] > changed_at]

    identity = until("the trigger has run again", later, PATIENCE)[0]
    run = f"{mistral.url}/executions/{identity.rpartition('-')[0]}"
    until("that run is over", lambda: requests.get(run, timeout=30).json()["state"] == "SUCCESS", PATIENCE)
    assert later() == [identity], "nobody else is told of in it"
    [found] = mistral.module("vnf_monitor_workflow_info")["vnf_monitor_workflows"]
    assert (found["vnf_id"], found["pattern"]) == ("web-1", "* * * * *")

    assert mistral.module("vnf_monitor_workflow", **{**wanted, "pattern": "*/5 * * * *"})["changed"]
    assert [one["pattern"] for one in mistral.listed("cron_triggers")] == ["*/5 * * * *"]

    assert mistral.module("vnf_monitor_workflow", vnf_id="web-1", state="absent")["changed"]
    assert not mistral.module("vnf_monitor_workflow", vnf_id="web-1", state="absent")["changed"]
    assert mistral.listed("workflows") + mistral.listed("cron_triggers") == []
