# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run with all that happens to it, and what has to be true whatever happened."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import typing as t
import urllib.parse
from pathlib import Path

import requests
import yaml

from lab.processes import Child
from lab.products import REQUEST_TIMEOUT
from tests.waiting import until

from .clouds import PREFIX, SPEED, Json, Trouble
from .nursery import ForkedStack, Nursery
from .owners import Owners

PLAYBOOK = "nfv.maintenance.rolling_maintenance"
LIMIT = 600
# The work on a host writes a line and lets the lab take the host down for a while; without a Python, as it is done often.
HOST_WORK = """\
- name: Upgrade and reboot
  ansible.builtin.raw: bash {{ maintenance_metadata.script }} {{ inventory_hostname }}
"""
HOST_SCRIPT = """\
set -e
echo "$1" >> %(lines)s
exec 3<>/dev/tcp/%(host)s/%(port)s
body='{"seconds": 3, "version": "30.0.0"}'
printf 'POST /lab/hosts/%%s/work HTTP/1.0\\r\\nContent-Length: %%d\\r\\n\\r\\n%%s' "$1" ${#body} "$body" >&3
# A run that was killed may have begun it.
grep -q -m1 -E '^HTTP/1.. (202|409)' <&3
"""
# What a run may end with when there is no room for it, whatever is tried.
FULL = ("There is no room", "In the way:", "cannot be emptied")


@dataclasses.dataclass
class Ended:
    """How a run ended.

    :ivar status: of the process.
    """

    status: int
    output: str

    @property
    def complete(self) -> bool:
        return self.status == 0

    @property
    def reasons(self) -> list[str]:
        """What it said about why it stopped, and what to do; without what Ansible says about the task."""
        found = {}
        for told in re.findall(r"^fatal: \[[^]]*\]: FAILED! => (\{.*\})$", self.output, re.MULTILINE):
            text = str(json.loads(told).get("msg"))
            if "Next:" in text:
                found[text] = None
        return [*found]

    @property
    def full(self) -> bool:
        """Whether it stopped because there is no room, which nothing that is mended changes."""
        return any(part in reason for part in FULL for reason in self.reasons)


class Trial:
    """A cloud, its owners and runs on it."""

    def __init__(self, folder: Path, nursery: Nursery, trouble: Trouble) -> None:
        self.trouble = trouble
        folder.mkdir(parents=True)
        topology = folder / "topology.yaml"
        topology.write_text(yaml.safe_dump(trouble.topology, sort_keys=False))
        self.stack = ForkedStack(folder, nursery, hosts=0, speed=SPEED, topology=topology, seed=trouble.seed)
        self.lines = folder / "lines"
        self.lines.touch()
        self._runs = 0
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Trial:
        self._open.callback(self.stack.stop)
        try:
            self.stack.start_lab()
            self.stack.start_session_api()
            manners, seed = self.trouble.manners, self.trouble.seed
            self.owners = self._open.enter_context(Owners(self.stack, manners, self.trouble.tolerated, seed))
            self.before = self.state()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._open.close()

    # Doing

    def start(self) -> Child:
        """Begin the run, or begin it again."""
        work = self.stack.folder / "host-work.yml"
        work.write_text(HOST_WORK)
        script = self.stack.folder / "host-work.sh"
        lab = urllib.parse.urlsplit(self.stack.lab_url)
        script.write_text(HOST_SCRIPT % {"lines": self.lines, "host": lab.hostname, "port": lab.port})
        metadata = {"script": str(script)}
        variables = {
            **self.trouble.variables,
            f"{PREFIX}cloud": "lab-admin",
            f"{PREFIX}actions": [{"name": "upgrade", "type": "host", "tasks": str(work), "metadata": metadata}],
        }
        given = self.stack.folder / "maintenance.yml"
        given.write_text(yaml.safe_dump(variables, sort_keys=False))
        self._runs += 1
        command = self.stack.playbook_command(PLAYBOOK, "-i", str(self.stack.write_inventory()), "-e", f"@{given}")
        return self.stack.processes.start(f"run-{self._runs}", command, self.stack.env, self.stack.folder)

    def finish(self, run: Child, limit: float = LIMIT) -> Ended:
        """Wait for the end of a run."""
        status = run.process.wait(limit)
        return Ended(status, self.output(run))

    def go_wrong(self) -> None:
        """Let the faults begin."""
        for fault in self.trouble.faults:
            self.stack.control("POST", "faults", fault)

    def mend(self) -> None:
        """Nothing goes wrong any more, and what has gone wrong is put right by the administrator."""
        self.stack.control("DELETE", "faults")
        self.owners.become_good()
        self.settle()
        for host in self.state()["hosts"]:
            if host["state"] == "down":
                self.stack.control("POST", f"hosts/{host['name']}/work", {"seconds": 0})
        nova = f"{self.stack.lab_url}/compute/v2.1/servers"
        token = {"X-Auth-Token": self.stack.token("lab-admin")}
        for server in self.state()["servers"]:
            if server["status"] == "ERROR":
                for body in ({"os-resetState": {"state": "active"}}, {"reboot": {"type": "HARD"}}):
                    url = f"{nova}/{server['id']}/action"
                    requests.post(url, json=body, headers=token, timeout=REQUEST_TIMEOUT).raise_for_status()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing moves any more, and the owners have answered what they answer."""
        until("a cloud at rest", lambda: not any(one["task_state"] for one in self.state()["servers"]), 120)
        until("hosts that are not under work", lambda: not any(host["under_work"] for host in self.state()["hosts"]), 120)
        good = {owner.project_id for owner in self.owners.owners.values() if owner.manners.good}

        def owed() -> bool:
            told = [one for session in self.sessions() for one in self.messages(session["id"])]
            return any(one["status"] == "pending" and one["project_id"] in good for one in told)

        until("owners who have answered", lambda: not owed(), 120)
        small = [one for one in self.owners.owners.values() if one.manners.good]
        until("VNFs of their size", lambda: not any(one.removed and not one.no_room for one in small), 60)

    # Looking

    @staticmethod
    def output(run: Child) -> str:
        """What a run has said so far."""
        return run.log.read_text(errors="replace") if run.log.exists() else ""

    def task(self, run: Child) -> str:
        """The task that a run is at."""
        found = re.findall(r"^TASK \[(.*?)\]", self.output(run), re.MULTILINE)
        return found[-1].rpartition(" : ")[2] if found else "its start"

    def state(self) -> Json:
        return t.cast("Json", self.stack.control("GET", "state"))

    def in_maintenance(self) -> set[str]:
        """The hosts on which work has begun and is not over."""
        hosts = [host for session in self.sessions() for host in self.stack.session_api(f"sessions/{session['id']}")["hosts"]]
        return {host["name"] for host in hosts if host["state"] in ("IN_MAINTENANCE", "FAILED")}

    def sessions(self) -> list[Json]:
        return t.cast("list[Json]", self.stack.session_api("sessions")["sessions"])

    def messages(self, session_id: str) -> list[Json]:
        return t.cast("list[Json]", self.stack.session_api(f"sessions/{session_id}/messages")["messages"])

    def worked_on(self) -> dict[str, int]:
        """How often work was done on each host."""
        lines = self.lines.read_text().split()
        return {host: lines.count(host) for host in lines}

    def moves(self) -> dict[str, int]:
        """How often each server arrived at another host."""
        arrived = [one["server_id"] for one in self.state()["migrations"] if one["status"] in ("completed", "confirmed")]
        return {server: arrived.count(server) for server in arrived}

    # Judging

    def complaints(self, ended: Ended) -> list[str]:
        """What is not as promised after a run; nothing may have been mended yet."""
        self.settle()
        found = [f"observer: {one['kind']}: {one['text']}" for one in self.stack.control("GET", "observer")["violations"]]
        state = self.state()
        sessions = self.sessions()
        found += self._after_completion(state, sessions) if ended.complete else self._after_stop(ended, sessions)
        found += self._out_of_service(state, ended)
        found += self._unconfirmed(state)
        return found

    def _after_completion(self, state: Json, sessions: list[Json]) -> list[str]:
        found = []
        if [session["state"] for session in sessions] != ["MAINTENANCE_DONE"]:
            found.append(f"complete, but the session is {[session['state'] for session in sessions]}")
        wanted = set(self.trouble.targets)
        left_out = wanted - set(self.worked_on())
        may_leave_out = self.trouble.variables[f"{PREFIX}on_blocker"] == "skip_host"
        if set(self.worked_on()) - wanted or (left_out and not may_leave_out):
            found.append(f"complete, but worked on {sorted(self.worked_on())} instead of {sorted(wanted)}")
        if len(state["servers"]) != len(self.before["servers"]):
            found.append(f"{len(self.before['servers'])} servers before, {len(state['servers'])} after")
        return found

    def _after_stop(self, ended: Ended, sessions: list[Json]) -> list[str]:
        names = [host["name"] for host in self.before["hosts"]]
        names += [one[key] for one in self.before["servers"] for key in ("id", "name")]
        names += [part for owner in self.owners.owners.values() for part in (owner.name, owner.project_id)]
        found = []
        # What a service answered says more than a host when it is the service that fails.
        named = "|".join([r"HTTP \d+", *(rf"\b{re.escape(name)}\b" for name in names)])
        if not any(re.search(named, reason) for reason in ended.reasons):
            found.append(f"stopped, but nothing named beside Next: {ended.reasons}")
        if any(session["state"] not in ("MAINTENANCE_FAILED", "MAINTENANCE_DONE") for session in sessions):
            found.append(f"stopped, but the session is {[session['state'] for session in sessions]}")
        return found

    def _out_of_service(self, state: Json, ended: Ended) -> list[str]:
        begun = set() if ended.complete else self.in_maintenance()
        disabled = {host["name"] for host in state["hosts"] if host["status"] == "disabled"}
        return [f"{host} is out of service, and no work on it had begun" for host in sorted(disabled - begun)]

    @staticmethod
    def _unconfirmed(state: Json) -> list[str]:
        down = {host["name"] for host in state["hosts"] if host["state"] == "down"}
        waiting = [one for one in state["migrations"] if one["status"] == "finished" and one["source"] not in down]
        return [f"the migration of {one['server_id']} from {one['source']} waits for its confirmation" for one in waiting]
