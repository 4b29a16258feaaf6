# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that people control with the commands of the guide, and one whose session another has taken over."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import typing as t

import psutil
import yaml
from runs import assert_as_promised, events, kill, maintain, session_states, start, times_worked_on, wait_for_event
from scripted_vnf import ScriptedVnf

from lab.processes import signal_family
from lab.products import ROOT
from lab.stack import Stack
from tests.waiting import until

GUIDE = (ROOT / "docs/administrator.md").read_text().partition("## Control while it runs")[2].partition("\n## ")[0]
COMMANDS = dict(
    zip(
        ("status", "pause", "resume", "skip", "approve", "abort"),
        [shlex.split(line) for line in re.findall(r"^\$ (.*)$", GUIDE, re.MULTILINE)],
        strict=True,
    )
)
HOSTS = 3
SERVERS = 2 * HOSTS
TTL = 4
PATIENT = {"rolling_host_maintenance_lease_ttl": TTL}


def command(stack: Stack, name: str) -> subprocess.CompletedProcess[str]:
    """Run this command of the guide, for the maintenance of the tests."""
    (stack.folder / "maintenance.yml").write_text(yaml.safe_dump({"rolling_host_maintenance_cloud": "lab-admin"}))
    program, *rest = COMMANDS[name]
    assert program == "ansible-playbook"
    playbook = next(part for part in rest if part.startswith("nfv.maintenance."))
    done = stack.run_playbook(playbook, *[part for part in rest if part != playbook], timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def session(stack: Stack) -> dict[str, t.Any]:
    (found,) = stack.session_api("sessions")["sessions"]
    return dict(found)


def wait_for_size(stack: Stack) -> None:
    """The VNF hears that it is over, and scales out."""
    until("its size as before", lambda: len(stack.control("GET", "state")["servers"]) == SERVERS)


def log(stack: Stack) -> str:
    return (stack.processes.log_dir / "killed-run.log").read_text()


def test_people_control_a_run(make_stack):
    stack = make_stack(hosts=HOSTS)
    with ScriptedVnf(stack) as vnf:
        run = start(stack, rolling_host_maintenance_approve="each_wave", **PATIENT)
        wait_for_event(stack, "waits for somebody to approve wave 1", run)
        assert "control_maintenance_wave=1" in command(stack, "status").stdout, "the command that approves is printed"
        assert "somebody to resume it (paused by " in command(stack, "pause").stdout
        command(stack, "approve")
        command(stack, "skip")
        assert times_worked_on(stack) == {}
        taken = session(stack)["lease"]["token"]
        command(stack, "resume")
        # The second one, of the host that is skipped, needs no approval.
        wait_for_event(stack, "waits for somebody to approve wave 3", run)
        assert session(stack)["lease"]["token"] == taken, "the lease lasted through the waits, which were longer than it"
        assert session(stack)["progress"]["hosts_done"] == 1
        ended = command(stack, "abort")
        assert run.wait(60) != 0
        wait_for_size(stack)
    assert vnf.states[-1] == "MAINTENANCE_COMPLETE"
    assert "The maintenance is aborted by" in log(stack)
    assert "regression" in log(stack)
    assert session_states(stack) == ["MAINTENANCE_FAILED"]
    assert re.search(r"Done: 1 of\s+3 hosts. No host is out of service", ended.stdout), ended.stdout
    texts = [event["text"] for event in events(stack) if event["kind"].startswith("control.")]
    assert [re.sub(r" by [^ :]+", "", text) for text in texts] == [
        "paused: alarms", "approved up to wave 1", "compute-2 skipped", "resumed", "aborted: regression",
    ]  # fmt: skip
    assert times_worked_on(stack) == {"compute-1": 1}
    assert_as_promised(stack, SERVERS)


def test_a_killed_run_is_aborted_without_it(make_stack):
    stack = make_stack(hosts=HOSTS)
    with ScriptedVnf(stack) as vnf:
        run = start(stack, **PATIENT)
        wait_for_event(stack, "DRAINING", run)
        kill(run)
        assert "disabled" in {host["status"] for host in stack.control("GET", "state")["hosts"]}
        ended = command(stack, "abort")
        wait_for_size(stack)
    assert vnf.states[-1] == "MAINTENANCE_COMPLETE"
    assert "No host is out of service" in re.sub(r"\s+", " ", ended.stdout)
    assert session_states(stack) == ["MAINTENANCE_FAILED"]
    assert {host["state"] for host in session(stack)["hosts"]} == {"WAITING"}
    assert_as_promised(stack, SERVERS)


def test_a_run_whose_session_was_taken_over_does_no_more(make_stack):
    stack = make_stack(hosts=HOSTS)
    with ScriptedVnf(stack):
        # How long a Fenix may take is nothing to the engine ansible, which renews its lease until the run is over.
        stale = start(stack, rolling_host_maintenance_session_timeout=1, **PATIENT)
        wait_for_event(stack, "MOVING", stale)
        signal_family(stale.pid, signal.SIGSTOP)
        for keeper in keepers(stale.pid):
            keeper.kill()
        again = maintain(stack, rolling_host_maintenance_window_end="+1", **PATIENT)
        assert again.returncode != 0
        assert "The maintenance window ends at" in again.stdout
        wait_for_size(stack)
        wait_for_event(stack, "ACK_MAINTENANCE_COMPLETE")
        told = len(events(stack))
        signal_family(stale.pid, signal.SIGCONT)
        assert stale.wait(120) != 0
    assert len(events(stack)) == told, "the stale run wrote nothing"
    assert "is not the present one" in log(stack)
    assert session_states(stack) == ["MAINTENANCE_FAILED"]
    assert times_worked_on(stack) == {}, "neither the stale run nor the one without time did more"
    assert_as_promised(stack, SERVERS)


def keepers(pid: int) -> list[psutil.Process]:
    """What renews the lease of a run."""
    found = [one for one in psutil.process_iter(["cmdline"]) if (one.info["cmdline"] or [""])[-1] == str(pid)]
    kept = [one for one in found if any("_runner_keeper" in part for part in one.info["cmdline"])]
    assert kept, "nobody renews the lease"
    return kept
