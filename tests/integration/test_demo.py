# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""make demo: as promised, and nothing left running however it ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from lab.products import ROOT
from tests.waiting import until


def _start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lab.demo", "--hosts", "3", "--speed", "10", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, text=True, start_new_session=True, **pipes)


def _read_until(demo: subprocess.Popen[str], part: str) -> str:
    text = ""
    for line in demo.stdout:
        text += line
        if part in line:
            return text
    raise AssertionError(f"the demo ended before it said {part!r}:\n{text}")


def _family(demo: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(demo.pid).children(recursive=True)


def _lives(process: psutil.Process) -> bool:
    """Whether it still runs; who was adopted by an init that does not collect its dead does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _assert_gone(processes: list[psutil.Process]) -> None:
    until(f"the end of {processes}", lambda: not any(_lives(process) for process in processes), limit=5, every=0.1)


def test_the_demo_keeps_its_promises():
    demo = _start()
    text = _read_until(demo, "listens at http")
    family = _family(demo)
    rest, _errors = demo.communicate(timeout=280)
    assert demo.returncode == 0, text + rest
    for part in ("hosts maintained: 3 of 3", "MAINTENANCE_COMPLETE", "longest gap", "seen by the observer: 0", "Success."):
        assert part in rest, rest
    assert "NOT OK" not in rest
    page = ROOT / re.search(r"The report for a browser is (\S+)", rest)[1]
    report = json.loads(page.with_name("report.json").read_text())
    assert (report["over"], report["notes"], report["failures"]) == (True, [], [])
    assert [span["phase"] for span in report["hosts"][0]["spans"]] == ["draining", "working", "verifying"]
    assert {(host["version"]["before"], host["version"]["after"]) for host in report["hosts"]} == {("8.0.0", "30.0.0")}
    assert [vnf["name"] for vnf in report["vnfs"]] == ["doctor"]
    assert [wave["number"] for wave in report["waves"]] == [1, 2, 3]
    _assert_gone(family)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_nothing_running(number: signal.Signals):
    demo = _start()
    text = _read_until(demo, "ACK_MAINTENANCE")
    family = _family(demo)
    assert len(family) >= 4, "lab, session API, rulebook, playbook"
    os.kill(demo.pid, number)
    begun = time.monotonic()
    rest, _errors = demo.communicate(timeout=60)
    assert demo.returncode == 130, text + rest
    assert "ending what was started" in rest
    assert time.monotonic() - begun < 30
    _assert_gone(family)


def test_a_demo_that_is_killed_takes_its_children_with_it():
    demo = _start()
    _read_until(demo, "ansible-rulebook listens")
    until("a playbook runs", lambda: any("ansible-playbook" in " ".join(one.cmdline()) for one in _family(demo)), every=0.1)
    family = _family(demo)
    demo.kill()
    demo.wait()
    demo.stdout.close()
    _assert_gone(family)


def test_too_few_hosts_are_refused_in_a_sentence():
    done = subprocess.run(
        [sys.executable, "-m", "lab.demo", "--hosts", "2"], cwd=ROOT, text=True, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "at least 3 hosts" in done.stderr
