# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the administrator's playbook for the tests of this folder."""

from __future__ import annotations

import json
import signal
import subprocess
import typing as t

from lab.demo import HOST_WORK
from lab.processes import signal_family
from lab.stack import Stack
from tests.waiting import until

PLAYBOOK = "nfv.maintenance.rolling_maintenance"
LIMIT = 240


def arguments(stack: Stack, **variables: t.Any) -> list[str]:
    """Inventory and variables; the administrator's work on a host is the lab's simulated reboot."""
    work = stack.folder / "host-work.yml"
    work.write_text(HOST_WORK)
    given = {**stack.maintenance_variables(work), "rolling_host_maintenance_start_in": 1, **variables}
    return ["-i", str(stack.write_inventory()), "-e", json.dumps(given)]


def maintain(stack: Stack, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    """One run to its end."""
    return stack.run_playbook(PLAYBOOK, *arguments(stack, **variables), timeout=LIMIT)


def start(stack: Stack, **variables: t.Any) -> subprocess.Popen[str]:
    """A run in the background, in a process group of its own."""
    with (stack.processes.log_dir / "killed-run.log").open("w") as log:
        return subprocess.Popen(
            stack.playbook_command(PLAYBOOK, *arguments(stack, **variables)),
            env=stack.env, cwd=stack.folder, text=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )


def kill(run: subprocess.Popen[str]) -> None:
    """What a power cut does to a run and all its children."""
    signal_family(run.pid, signal.SIGKILL)
    run.wait()


def events(stack: Stack) -> list[dict[str, t.Any]]:
    """What the sessions tell, in order."""
    sessions = stack.session_api("sessions")["sessions"]
    return [event for one in sessions for event in stack.session_api(f"sessions/{one['id']}/events")["events"]]


def wait_for_event(stack: Stack, part: str, run: subprocess.Popen[str] | None = None, limit: float = 90) -> None:
    """Wait until a session tells something that holds ``part``."""

    def told() -> bool:
        happened = any(part in event["text"] for event in events(stack))
        assert happened or run is None or run.poll() is None, f"the run ended before {part!r} happened"
        return happened

    until(repr(part), told, limit, every=0.1)


def times_worked_on(stack: Stack) -> dict[str, int]:
    """How often work began on each host."""
    begun = [event["host"] for event in events(stack) if event.get("host") and event["text"].endswith("IN_MAINTENANCE")]
    return {host: begun.count(host) for host in begun}


def assert_as_promised(stack: Stack, servers: int) -> None:
    """Nothing out of service, the size as before, the observer content."""
    state = stack.control("GET", "state")
    assert {host["status"] for host in state["hosts"]} == {"enabled"}, state["hosts"]
    assert len(state["servers"]) == servers
    assert stack.control("GET", "observer")["violations"] == []


def session_states(stack: Stack) -> list[str]:
    """The states of all sessions."""
    return [session["state"] for session in stack.session_api("sessions")["sessions"]]
