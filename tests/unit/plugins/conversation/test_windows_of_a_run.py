# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long projects have to reply: what is not said of it is as by default."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[4]
ROLE = ROOT / "roles" / "rolling_host_maintenance"
DEFAULT = yaml.safe_load((ROLE / "defaults/main.yml").read_text())["rolling_host_maintenance_windows"]
# The role has nothing to fetch.
PLAYBOOK = """\
- hosts: localhost
  gather_facts: false
  connection: local
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - ansible.builtin.include_role:
        name: nfv.maintenance.rolling_host_maintenance
        tasks_from: downloads
        public: true
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/windows.json"
        content: "{{ __rolling_host_maintenance_windows | to_json }}"
        mode: "0600"
"""


@pytest.mark.parametrize("given", [{}, {"SCALE_IN": 900}, dict.fromkeys(DEFAULT, 7)], ids=["none", "one", "all"])
def test_windows_are_combined_with_the_defaults(tmp_path: Path, given: dict[str, t.Any]) -> None:
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    (tmp_path / "given.json").write_text(json.dumps({"rolling_host_maintenance_windows": given}))
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")}
    command = [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", "play.yml", "-e", "@given.json"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "windows.json").read_text()) == {**DEFAULT, **given}


def test_no_task_uses_windows_that_are_not_combined() -> None:
    for file in (ROLE / "tasks").glob("*.yml"):
        assert not re.search(r"(?<!__)rolling_host_maintenance_windows", file.read_text()), file.name
