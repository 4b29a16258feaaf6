# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make demo``: a small cloud is maintained in front of your eyes while its VNF stays in service."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import shlex
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import requests
import yaml

from .processes import ProcessFailed, end_with_parent, peak_memory
from .products import ROOT
from .report import Outcome, summary
from .stack import Stack

KEPT_RUNS = 5
POLL_SECONDS = 0.3
PLAYBOOK_LIMIT_SECONDS = 1800

# Events that repeat what the line before them says.
SILENT = ("session.inventory",)
REPORT = "nfv.maintenance.maintenance_report"

HOST_WORK = """\
# The administrator's own work on a host. Here the lab simulates it: nova-compute goes down and comes back upgraded.
- name: Upgrade and reboot
  ansible.builtin.uri:
    url: "{{ maintenance_metadata.lab }}/lab/hosts/{{ inventory_hostname }}/work"
    method: POST
    body_format: json
    body: {seconds: 3, version: "{{ maintenance_metadata.version }}"}
    status_code: [200, 202]
"""


class Stopped(Exception):
    """The user or the system asked the demo to end."""


class Demo:
    """One run of the demo, told on the terminal."""

    def __init__(self, hosts: int, speed: float, verbose: bool) -> None:
        """Make the folder of this run."""
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S")
        runs = ROOT / ".demo"
        self.stack = Stack(runs / stamp, hosts, speed)
        for old in sorted(path for path in runs.iterdir() if path.is_dir())[:-KEPT_RUNS]:
            shutil.rmtree(old, ignore_errors=True)
        self.verbose = verbose
        self.started = time.monotonic()
        self.phases: dict[str, float] = {}
        self.playbook_memory: dict[str, int] = {}
        self.running: subprocess.Popen[str] | None = None
        self.names: dict[str, str] = {}
        # Why it has to end, once a signal has said so.
        self.stopped_by = ""

    def say(self, text: str = "") -> None:
        """One line, with the seconds since the start."""
        print(f"{time.monotonic() - self.started:6.1f} s  {text}" if text else "", flush=True)

    @contextlib.contextmanager
    def phase(self, name: str) -> t.Iterator[None]:
        """Measure a part of the demo."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = time.monotonic() - begin

    def run(self) -> bool:
        """The whole story; returns whether everything was as promised."""
        stack = self.stack
        self.say(f"Everything of this run is in {_shown(stack.folder)} (logs in logs/)")
        with self.phase("start lab, session API and rulebook"):
            stack.start_lab()
            self.say(f"lab listens at {stack.lab_url}: {stack.hosts} compute hosts, all full, VNF {stack.vnf['name']}")
            stack.start_session_api()
            self.say(f"session API listens at http://127.0.0.1:{stack.session_api_port}/v1")
            stack.start_rulebook()
            self.say(f"the VNF owner's ansible-rulebook listens at http://127.0.0.1:{stack.listener_port}")
        before = stack.control("GET", "state")
        self.names = {project_id: f"project {name}" for name, project_id in stack.lab["projects"].items()}
        self.names |= {server["id"]: server["name"] for server in before["servers"]}
        with self.phase("subscribe the VNF"):
            self.playbook("nfv.maintenance.subscribe", "-e", f"@{self._subscribe_variables()}")
        stack.control("POST", "observer/reset")
        with self.phase("rolling maintenance"):
            status = self.playbook(
                "nfv.maintenance.rolling_maintenance",
                *("-i", str(stack.write_inventory())),
                *("-e", f"@{self._maintenance_variables()}"),
                watch=True,
            )
        outcome = self._outcome(before, status)
        print(summary(outcome), flush=True)
        for page in sorted((stack.folder / "report").glob("*/report.html")):
            self.say(f"The report for a browser is {_shown(page)}")
        return outcome.success

    def playbook(self, name: str, *arguments: str, watch: bool = False) -> int:
        """Run a playbook as a user would and show its command; with ``watch`` also what the session tells meanwhile."""
        command = self.stack.playbook_command(name, *arguments)
        self.say()
        self.say("$ " + " ".join(shlex.quote(_shown(part)) for part in command))
        log = self.stack.processes.log_dir / f"{name.rsplit('.', 1)[-1]}.log"
        with log.open("w") as out:
            self.running = subprocess.Popen(
                command, env={**self.stack.env, **self._report_options()}, cwd=self.stack.folder, text=True,
                stdin=subprocess.DEVNULL, stdout=None if self.verbose else out, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 (see Processes.start)
            )
            shown = 0
            end = time.monotonic() + PLAYBOOK_LIMIT_SECONDS
            while self.running.poll() is None and time.monotonic() < end:
                # What a signal raises is lost when it comes while Python clears something away.
                if self.stopped_by:
                    raise Stopped(self.stopped_by)
                if watch:
                    shown = self._show_events(shown)
                    self._keep_measurements()
                self.playbook_memory[name] = max(self.playbook_memory.get(name, 0), peak_memory(self.running.pid))
                time.sleep(POLL_SECONDS)
            if watch:
                self._show_events(shown)
        status = self.running.poll()
        self.end_playbook()
        if status != 0:
            self.say(f"the playbook ended with status {status}; the end of {_shown(log)}:")
            print("\n".join(log.read_text().splitlines()[-25:]), flush=True)
            if not watch:
                raise ProcessFailed(f"{name} failed")
        return -1 if status is None else status

    def end_playbook(self) -> None:
        """End a playbook that is still running, with its children."""
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.running.wait(5)
            if self.running.poll() is None:
                self.running.kill()
                self.running.wait()
        self.running = None

    def session(self) -> dict[str, t.Any]:
        """The run's session, with messages; empty before there is one."""
        found = self.stack.session_api("sessions")["sessions"]
        if not found:
            return {}
        session = self.stack.session_api(f"sessions/{found[0]['id']}")
        for part in ("messages", "events"):
            session[part] = self.stack.session_api(f"sessions/{session['id']}/{part}")[part]
        return t.cast("dict[str, t.Any]", session)

    def _show_events(self, shown: int) -> int:
        with contextlib.suppress(requests.RequestException, KeyError):
            found = self.stack.session_api("sessions")["sessions"]
            for session in found[:1]:
                for event in self.stack.session_api(f"sessions/{session['id']}/events?after={shown}")["events"]:
                    shown = max(shown, int(event["number"]))
                    if event["kind"] not in SILENT:
                        self.say("  " + self._in_words(event))
        return shown

    def _report_options(self) -> dict[str, str]:
        """The environment that has a playbook write its report, with what the lab's observer measures."""
        return {
            "ANSIBLE_CALLBACKS_ENABLED": REPORT,
            "NFV_MAINTENANCE_REPORT_DIRECTORY": str(self.stack.folder / "report"),
            "NFV_MAINTENANCE_REPORT_MEASUREMENTS": str(self.stack.folder / "measurements.json"),
        }

    def _keep_measurements(self) -> None:
        """What the observer has seen so far, where the report finds it."""
        path = self.stack.folder / "measurements.json"
        with contextlib.suppress(requests.RequestException):
            seen = self.stack.control("GET", "observer")
            path.with_suffix(".new").write_text(json.dumps(seen))
            path.with_suffix(".new").replace(path)

    def _in_words(self, event: dict[str, t.Any]) -> str:
        """An event with names in place of ids."""
        text = str(event["text"])
        for identifier, name in self.names.items():
            text = text.replace(f"project {identifier}", name).replace(identifier, name)
        return text

    def _outcome(self, before: dict[str, t.Any], status: int) -> Outcome:
        stack = self.stack
        children = stack.processes.children.values()
        return Outcome(
            status=status,
            hosts=stack.hosts,
            before=before,
            after=stack.control("GET", "state"),
            session=self.session(),
            observer=stack.control("GET", "observer"),
            phases=self.phases,
            memory={**{child.name: child.measure() for child in children}, **self.playbook_memory},
        )

    def _subscribe_variables(self) -> Path:
        path = self.stack.folder / "subscribe.yml"
        path.write_text(yaml.safe_dump(self.stack.subscription_variables, sort_keys=False))
        return path

    def _maintenance_variables(self) -> Path:
        work = self.stack.folder / "host-work.yml"
        work.write_text(HOST_WORK)
        path = self.stack.folder / "maintenance.yml"
        path.write_text(yaml.safe_dump(self.stack.maintenance_variables(work), sort_keys=False))
        return path


def _shown(path: Path | str) -> str:
    """A path as the user would type it: relative to the checkout."""
    return str(path).replace(f"{ROOT}/", "")


def main() -> int:
    """Entry point; 0 when everything was as promised."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--hosts", type=int, default=4, help="compute hosts of the lab, at least 3 (default: 4)")
    parser.add_argument("--speed", type=float, default=1.0, help="factor by which the lab shortens simulated durations")
    parser.add_argument("--verbose", action="store_true", help="show everything that the playbooks print")
    options = parser.parse_args()
    if options.hosts < 3:
        parser.error(f"HOSTS={options.hosts}: the pair of the VNF and the room to move need at least 3 hosts")

    demo = Demo(options.hosts, options.speed, options.verbose)

    def stop(number: int, _frame: t.Any) -> t.NoReturn:
        demo.stopped_by = f"stopped by {signal.Signals(number).name}"
        raise Stopped(demo.stopped_by)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        return 0 if demo.run() else 1
    except Stopped as exc:
        demo.say(f"{exc}; ending what was started")
        return 130
    except (ProcessFailed, requests.RequestException) as exc:
        demo.say(f"failed: {exc}")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        demo.end_playbook()
        demo.stack.stop()


if __name__ == "__main__":
    sys.exit(main())
