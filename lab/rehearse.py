# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make rehearse TOPOLOGY=file``: a maintenance is planned and run in the lab, on a cloud like yours, before it meets yours."""

from __future__ import annotations

import argparse
import datetime
import json
import math
import sys
import time
import typing as t
from pathlib import Path

import requests
import yaml

from .owners import Owners
from .processes import ProcessFailed
from .products import ROOT
from .rehearsal_report import Record, expectation, text
from .stack import Stack

RUN_LIMIT_SECONDS = 6 * 3600
PLAN_LIMIT_SECONDS = 1800
# The planner's, where the variables have none.
DURATIONS: dict[str, t.Any] = {"move": 60, "host": 900, "wave": 60, "hosts": {}}
WINDOWS = {
    "MAINTENANCE": 120, "SCALE_IN": 600, "PREPARE_MAINTENANCE": 120, "PLANNED_MAINTENANCE": 120, "MAINTENANCE_COMPLETE": 600,
}  # fmt: skip
PATIENCE = {"refusals": 3, "silences": 1, "pause": 60}
# Owners look five times a second, on a machine that is busy.
SHORTEST_WINDOW = 10
PREFIX = "rolling_host_maintenance_"
WORK = """\
- name: Be worked on for as long as the plan says
  ansible.builtin.uri:
    url: "{{ maintenance_metadata.lab }}/lab/hosts/{{ inventory_hostname }}/work"
    method: POST
    body_format: json
    body: '{"seconds": {{ maintenance_metadata.hosts[inventory_hostname] | default(maintenance_metadata.seconds) }}}'
    status_code: [200, 202]
"""


class Rehearsal:
    """One rehearsal.

    :param variables: the administrator's for rolling_maintenance. What is done on hosts, and what looks at them, is the lab's.
    :param faults: of the lab's, in force during the run.
    :param silent: names of projects that do not answer.
    """

    def __init__(
        self, folder: Path, topology: Path, *, variables: Record, faults: list[Record], silent: list[str], speed: float, seed: int
    ) -> None:
        """Read the topology; nothing is started yet."""
        self.variables, self.faults, self.silent, self.speed = variables, faults, silent, speed
        self.durations = {**DURATIONS, **(variables.get(f"{PREFIX}durations") or {})}
        document = yaml.safe_load(topology.read_text())
        self.notes: list[str] = document.get("notes") or []
        move = float(self.durations["move"])
        document["durations"] = {"live_migration": move, "cold_migration": move, **(document.get("durations") or {})}
        folder.mkdir(parents=True)
        played = folder / "topology.yaml"
        played.write_text(yaml.safe_dump(document, sort_keys=False))
        self.stack = Stack(folder, hosts=0, speed=speed, topology=played, seed=seed)

    def rehearse(self, say: t.Callable[[str], None]) -> Record:
        """Plan, run where the plan allows it, and say what is to be expected."""
        stack = self.stack
        stack.start_lab()
        stack.start_session_api()
        names = {project_id: name for name, project_id in stack.lab["projects"].items()}
        before = stack.control("GET", "state")
        owners = Owners(stack, self.silent)
        owners.register()
        say(f"Planning for {len(before['hosts'])} hosts with {len(before['servers'])} servers")
        plan, planned = self._plan()
        seen: Record | None = None
        if planned:
            # From here on only the lab's time counts, which goes faster.
            owners.register(self.speed)
            for fault in self.faults:
                stack.control("POST", "faults", fault)
            waves = plan["figures"]["waves"]
            what = f"{waves} waves" if waves else "it: room is made first, and the waves are planned when it is there"
            say(f"Running {what}; the session is at http://127.0.0.1:{stack.session_api_port}/v1")
            stack.control("POST", "observer/reset")
            begin = time.monotonic()
            with owners:
                status = self._playbook("rolling_maintenance", RUN_LIMIT_SECONDS, self._run_variables())
            seen = {**self._seen(), "status": status, "seconds": round(time.monotonic() - begin, 1)}
            seen["plan"] = json.loads(self._plan_of_run.read_text()) if self._plan_of_run.exists() else plan
            seen["removed"] = {names[project_id]: number for project_id, number in owners.removed.items()}
        return expectation(
            plan, seen, before, stack.lab["constraints"], names, windows=self._windows(1), notes=self.notes, speed=self.speed
        )

    def _plan(self) -> tuple[Record, bool]:
        """The plan of plan_maintenance, and whether it can be run."""
        file = self.stack.folder / "plan.json"
        status = self._playbook(
            "plan_maintenance", PLAN_LIMIT_SECONDS, {**self._variables(), "plan_maintenance_file": str(file)}
        )
        if not file.exists():
            log = self.stack.processes.log_dir / "plan_maintenance.log"
            why = "\n".join(line for line in log.read_text().splitlines() if line.startswith("[ERROR]"))
            raise ProcessFailed(f"there is no plan; see {log}\n{why}".rstrip())
        return json.loads(file.read_text()), status == 0

    def _playbook(self, name: str, limit: float, variables: Record) -> int:
        given = self.stack.folder / f"{name}.json"
        given.write_text(json.dumps(variables))
        inventory = self.stack.write_inventory()
        done = self.stack.run_playbook(f"nfv.maintenance.{name}", "-i", str(inventory), "-e", f"@{given}", timeout=limit)
        return done.returncode

    @property
    def _plan_of_run(self) -> Path:
        return self.stack.folder / "plan-of-the-run.json"

    def _variables(self) -> Record:
        """The administrator's, as far as they are about planning and conversation."""
        return {
            **{key: value for key, value in self.variables.items() if key.startswith(PREFIX)},
            f"{PREFIX}cloud": self.stack.admin_cloud,
            f"{PREFIX}engine": "ansible",
            f"{PREFIX}plan_file": "",
            f"{PREFIX}follow_plan": "",
            f"{PREFIX}plan": {},
        }

    def _run_variables(self) -> Record:
        """Besides: no machine but the lab's is touched or looked at, nobody is waited for who is not there, time goes faster."""
        work = self.stack.folder / "work.yml"
        work.write_text(WORK)
        metadata = {"lab": self.stack.lab_url, "seconds": self.durations["host"], "hosts": self.durations.get("hosts") or {}}
        patience = {**PATIENCE, **(self.variables.get(f"{PREFIX}patience") or {})}
        ours = {
            "name": "rehearsal",
            "start_in": 1,
            "actions": [{"name": "work", "type": "host", "tasks": str(work), "metadata": metadata}],
            "windows": self._windows(self.speed),
            "patience": {**patience, "pause": math.ceil(patience["pause"] / self.speed)},
            # Where room has to be made first there are no waves before it has been made.
            "plan_file": str(self._plan_of_run),
            "settle": math.ceil(int(self.variables.get(f"{PREFIX}settle") or 0) / self.speed),
            "checks": [], "controller_checks": [], "controllers": "", "others": "", "downloads": [], "expected": {},
            "prometheus": {}, "healing": "skip", "event_probe": "skip", "approve": "never", "window_end": "",
        }  # fmt: skip
        return {**self._variables(), **{PREFIX + key: value for key, value in ours.items()}}

    def _windows(self, speed: float) -> Record:
        """Seconds to reply, by state."""
        given = {**WINDOWS, **(self.variables.get(f"{PREFIX}windows") or {})}
        shortest = SHORTEST_WINDOW if speed != 1 else 0
        return {state: max(shortest, math.ceil(seconds / speed)) for state, seconds in given.items()}

    def _seen(self) -> Record:
        stack = self.stack
        sessions = stack.session_api("sessions")["sessions"]
        session = stack.session_api(f"sessions/{sessions[0]['id']}") if sessions else {}
        for part in ("messages", "events"):
            session[part] = stack.session_api(f"sessions/{session['id']}/{part}")[part] if sessions else []
        log = (stack.processes.log_dir / "rolling_maintenance.log").read_text()
        failures = [line.strip() for line in log.splitlines() if "[ERROR]" in line]
        return {
            "session": session,
            "after": stack.control("GET", "state"),
            "observer": stack.control("GET", "observer"),
            "failures": failures,
        }


def main() -> int:
    """Entry point; 0 when the run ended as it should, 1 when it did not, 2 when the plan wants a decision first."""
    parser = argparse.ArgumentParser(prog="make rehearse", description=__doc__)
    parser.add_argument("--topology", type=Path, required=True, help="as nfv.maintenance.snapshot_cloud writes it")
    parser.add_argument("--variables", type=Path, help="the variables of rolling_maintenance (YAML)")
    parser.add_argument("--faults", type=Path, help="faults of the lab (a list, YAML)")
    parser.add_argument("--silent", nargs="*", default=[], metavar="PROJECT", help="projects that do not answer")
    parser.add_argument("--speed", type=float, default=60.0, help="factor by which the lab shortens durations (default: 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for the report and the logs, which must not exist")
    options = parser.parse_args()
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S")
    folder = (options.out or ROOT / ".cache" / "rehearsals" / stamp).resolve()
    try:
        variables = yaml.safe_load(options.variables.read_text()) if options.variables else {}
        faults = yaml.safe_load(options.faults.read_text()) if options.faults else []
        rehearsal = Rehearsal(
            folder, options.topology,
            variables=variables, faults=faults, silent=options.silent, speed=options.speed, seed=options.seed,
        )  # fmt: skip
    except (OSError, yaml.YAMLError) as exc:
        print(f"failed: {exc}", file=sys.stderr)
        return 1
    try:
        found = rehearsal.rehearse(lambda line: print(line, flush=True))
    except (ProcessFailed, requests.RequestException) as exc:
        print(f"failed: {exc}", file=sys.stderr)
        return 1
    finally:
        rehearsal.stack.stop()
    (folder / "rehearsal.json").write_text(json.dumps(found, indent=1) + "\n")
    print(text(found))
    print(f"All of it: {folder / 'rehearsal.json'}; the logs are beside it.")
    if found["run"] is None:
        return 2
    return 0 if found["run"]["as_promised"] else 1


if __name__ == "__main__":
    sys.exit(main())
