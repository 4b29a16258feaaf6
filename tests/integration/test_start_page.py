# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five-minute start as it stands, on a cloud that has no maintenance service yet."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from lab.stack import Stack
from tests.docs_pages import DOCS, blocks

START = DOCS / "start.md"


@pytest.fixture
def desk(tmp_path: Path):
    """A folder with the files of the page, and a cloud behind its ``clouds.yaml``."""
    stack = Stack(tmp_path / "stack", hosts=3, speed=10)
    try:
        stack.start_lab()
        clouds = stack.folder / "clouds.yaml"
        clouds.write_text(clouds.read_text().replace("  lab-admin:", "  admin:"))
        folder = tmp_path / "desk"
        folder.mkdir()
        for text in blocks(START, "yaml"):
            first, _newline, rest = text.partition("\n")
            (folder / first.removeprefix("# file: ")).write_text(rest)
        yield stack, folder
    finally:
        stack.stop()


def typed_there(command, stack, folder):
    """What a command of the page prints, in the folder with its files."""
    done = subprocess.run(command, env=stack.env, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    return done


def test_from_nothing_to_a_plan(desk):
    stack, folder = desk
    before = stack.control("GET", "state")
    typed = "\n".join(blocks(START, "console")).replace("\\\n", " ")
    commands = [shlex.split(line.removeprefix("$ ")) for line in typed.splitlines() if line.startswith("$ ansible")]
    (command,) = commands
    done = typed_there(command, stack, folder)
    assert "The catalogue has no maintenance service" in " ".join((done.stdout + done.stderr).split())
    # As the page explains it: two rows of its table.
    assert "removes 2 instances; then plan again: " in done.stdout
    assert "3 hosts; waves and moves are planned when the projects have made room" in done.stdout
    assert json.loads((folder / "plan.json").read_text())["figures"]["hosts"] == 3
    assert stack.control("GET", "state")["servers"] == before["servers"]
    # What was read is kept beside the other files, and planned from on a machine without a cloud.
    keep, use = (f"plan_maintenance_{name}=cloud.json" for name in ("keep_snapshot", "snapshot_file"))
    assert f"`-e {keep}`" in START.read_text()
    assert f"`-e {use}`" in START.read_text()
    typed_there([*command, "-e", keep], stack, folder)
    stack.stop()
    again = typed_there([*command[:4], "-e", use], stack, folder)
    assert "removes 2 instances; then plan again: " in again.stdout
