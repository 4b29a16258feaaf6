# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The live view beside a run: what a terminal shows, and that it is given back however the run ends."""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import typing as t

import pytest
import requests

from lab.stack import Stack

# A run of which nothing is left but the live view.
RUN = """
import json, os, sys, time
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.watching import Watching
os.set_inheritable(1, False)  # as Ansible does
watching = Watching({"cloud": "lab-admin"}, sys.argv[1], 0.2)
watching.tell({"number": 2, "waves": 3})
print("the run prints", flush=True)
if sys.argv[2] == "ends":
    time.sleep(float(sys.argv[3]))
    watching.end()
    print("after the run", flush=True)
else:
    time.sleep(600)
"""
KEPT = "\033[1;21r"
GIVEN_BACK = "\033[r"
LIMIT = 60


class Terminal:
    """A terminal of 24 lines, and all that was written to it."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
        self.text = ""

    def read_until(self, part: str) -> None:
        end = time.monotonic() + LIMIT
        while part not in self.text:
            left = end - time.monotonic()
            assert left > 0, f"not within {LIMIT} s: {part!r} in {self.text!r}"
            if select.select([self.ours], [], [], left)[0]:
                self.text += os.read(self.ours, 65536).decode()

    def close(self) -> None:
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def terminal() -> t.Iterator[Terminal]:
    made = Terminal()
    yield made
    made.close()


@pytest.fixture(scope="module")
def session(stack: Stack) -> str:
    """A session that waits for a reply."""
    url, project = f"http://127.0.0.1:{stack.session_api_port}/v1", stack.vnf["project_id"]
    headers = {"X-Auth-Token": stack.token("lab-admin")}
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    body: dict[str, t.Any] = {
        "name": "rack 7",
        "hosts": ["h1", "h2"],
        "maintenance_at": f"{soon:%Y-%m-%d %H:%M:%S}",
        "metadata": {},
    }
    sid = str(requests.post(f"{url}/maintenance", json=body, headers=headers, timeout=LIMIT).json()["session_id"])
    lease = requests.post(
        f"{url}/sessions/{sid}/lease", json={"holder": "run", "ttl": 600}, headers=headers, timeout=LIMIT
    ).json()
    headers["X-Lease-Token"] = str(lease["token"])
    requests.put(f"{url}/sessions/{sid}/hosts/h1", json={"state": "DRAINING"}, headers=headers, timeout=LIMIT).raise_for_status()
    asked = {"messages": [{"project_id": project, "state": "MAINTENANCE", "window": 600}]}
    requests.post(f"{url}/sessions/{sid}/messages", json=asked, headers=headers, timeout=LIMIT).raise_for_status()
    return sid


def start(stack: Stack, terminal: Terminal, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.Popen(
        command, env=stack.env, cwd=stack.folder, stdin=subprocess.DEVNULL, stdout=terminal.theirs, stderr=None
    )


def test_a_terminal_shows_how_far_it_is_and_for_whom_it_waits(stack: Stack, session: str, terminal: Terminal):
    run = start(stack, terminal, session, "ends", "8")
    try:
        terminal.read_until("waiting for project")
        terminal.read_until("after the run")
    finally:
        run.kill()
        run.wait()
    shown = terminal.text
    assert shown.count(KEPT) == 1
    assert re.search(r"\033\[22;1H\033\[2K\[-+\] 0 %, wave 2 of 3, 0 of 2 hosts", shown), shown
    assert "rack 7 is MAINTENANCE: h1 draining" in shown
    assert re.search(r"project vnf-owner to reply to MAINTENANCE until [\d:]+ UTC \(9 min \d\d s left\)", shown), shown
    assert shown.index(GIVEN_BACK) < shown.index("after the run")


def test_a_killed_run_gives_the_terminal_back(stack: Stack, session: str, terminal: Terminal):
    run = start(stack, terminal, session, "stays")
    terminal.read_until("waiting for project")
    run.send_signal(signal.SIGKILL)
    run.wait()
    terminal.read_until(GIVEN_BACK)
    assert json.dumps(terminal.text).count("the run prints") == 1
