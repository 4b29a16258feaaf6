# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The administrator's actions on a host: order, time, failure, and what is not needed."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.nfv.maintenance.plugins.plugin_utils._host_work import maintenance_action_time, maintenance_actions_of

ROOT = Path(__file__).parents[4]
BEGUN = "2026-11-21T01:02:03"
PLAYBOOK = """\
- hosts: host-a
  gather_facts: false
  tasks:
    - name: Read them all first
      ansible.builtin.include_role:
        name: nfv.maintenance.rolling_host_maintenance
        tasks_from: actions_read
      vars:
        rolling_host_maintenance_actions: "{{ cases | map(attribute='actions') | flatten }}"
    - name: Each case
      ansible.builtin.include_tasks: case.yml
      loop: "{{ cases }}"
      loop_control:
        loop_var: case
"""
CASE = """\
- name: One case
  block:
    - name: Run its actions
      ansible.builtin.include_role:
        name: nfv.maintenance.rolling_host_maintenance
        tasks_from: host_actions
      vars:
        rolling_host_maintenance_actions: "{{ case.actions }}"
        __rolling_host_maintenance_type: compute
  rescue:
    - name: Keep why it failed
      ansible.builtin.lineinfile:
        path: "{{ folder }}/notes"
        line: "{{ case.name }} {{ ansible_failed_result.msg }}"
"""
TASKS = {
    "note": 'ansible.builtin.lineinfile: {path: "{{ maintenance_metadata.notes }}", line: "{{ maintenance_metadata.line }}"}',
    "nothing": "ansible.builtin.set_fact: {maintenance_not_needed: true}",
    "breaks": "ansible.builtin.fail: {msg: the disk has no blocks.}",
    # Done in the process of Ansible: however busy the machine is, one takes little more than its second.
    "slow": "ansible.builtin.pause: {seconds: 1}",
    "patient": "ansible.builtin.pause: {seconds: 2}\n  timeout: 60\n"
    "- name: Afterwards\n  ansible.builtin.debug: {msg: must not be reached}",
}


def test_what_is_for_every_host_comes_first_and_the_rest_by_type():
    given = ("compute", "pre", "host", "controller", "other", "post")
    actions = [*({"name": kind, "type": kind} for kind in given), {"name": "any"}]
    wanted = ("compute", "controller", "other", "pre")
    assert {kind: [one["name"] for one in maintenance_actions_of(actions, kind)] for kind in wanted} == {
        "compute": ["host", "any", "compute"],
        "controller": ["host", "any", "controller"],
        "other": ["host", "any", "other"],
        "pre": ["pre"],
    }


@pytest.mark.parametrize(("passed", "left"), [(0, 10), (0.5, 10), (9, 1), (9.9, 1)])
def test_what_is_left_of_the_time_is_never_less_than_a_second(passed, left):
    now = dt.datetime.fromisoformat(BEGUN).replace(tzinfo=dt.UTC) + dt.timedelta(seconds=passed)
    assert maintenance_action_time(BEGUN, 10, "Action a", now) == left


def test_when_nothing_is_left_the_action_is_named():
    with pytest.raises(AnsibleFilterError, match="Action a on host b took longer than its 10 s"):
        maintenance_action_time(BEGUN, 10, "Action a on host b")


def play(folder, cases):
    """Read the actions of all cases, then run them case by case."""
    (folder / "notes").touch()
    (folder / "play.yml").write_text(PLAYBOOK)
    (folder / "case.yml").write_text(CASE)
    local = "host-a ansible_connection=local ansible_python_interpreter='{{ ansible_playbook_python }}'\n"
    (folder / "inventory").write_text(local)
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")}
    command = [Path(sys.executable).parent / "ansible-playbook", "-i", "inventory", "play.yml"]
    command += ["-e", json.dumps({"cases": cases, "folder": str(folder)})]
    return subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """What the actions of several cases wrote, all in one run of ansible-playbook."""
    folder = tmp_path_factory.mktemp("actions")
    for name, task in TASKS.items():
        (folder / f"{name}.yml").write_text(f"- name: Task of {name}\n  {task}\n")
    (folder / "slow.yml").write_text((folder / "slow.yml").read_text() * 12)

    def action(name, line="", **more):
        tasks = str(folder / f"{name}.yml")
        return {"name": name, "tasks": tasks, "metadata": {"notes": str(folder / "notes"), "line": line}, **more}

    cases = [
        {"name": "needed", "actions": [action("note", "reboots", only_if_needed=True)]},
        {"name": "not-needed", "actions": [
            action("nothing"), action("note", "must not reboot", only_if_needed=True), action("note", "goes on")]},
        {"name": "fails", "actions": [action("breaks"), action("note", "must not go on")]},
        # Each of its tasks by itself would be in time.
        {"name": "late", "actions": [action("slow", timeout=6), action("note", "must not be reached")]},
        # Its first task has a time of its own, and when the second begins nothing is left of that of the action.
        {"name": "over", "actions": [action("patient", timeout=1)]},
    ]  # fmt: skip
    done = play(folder, cases)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "notes").read_text().splitlines()


def test_an_action_that_says_not_needed_skips_what_is_only_for_the_need(notes):
    assert "reboots" in notes
    assert notes.count("goes on") == 1, "what is read first is not run then"
    assert not [line for line in notes if "must not" in line]


def test_a_failure_names_action_host_task_reason_and_the_next_step(notes):
    (line,) = [line for line in notes if line.startswith("fails")]
    for words in ("Action breaks on host host-a failed", '"Task of breaks"', "the disk has no blocks. Next:"):
        assert words in line


def test_the_time_of_an_action_bounds_all_its_tasks_together(notes):
    (line,) = [line for line in notes if line.startswith("late")]
    for words in ("Action slow on host host-a took longer than its 6 s", "Next:"):
        assert words in line


def test_the_time_that_is_over_between_two_tasks_is_told_as_plainly(notes):
    (line,) = [line for line in notes if line.startswith("over")]
    assert line.startswith('over Action patient on host host-a took longer than its 1 s at task "Afterwards". Next: ')


def test_a_task_file_that_cannot_be_read_ends_the_run_before_anything_is_done(tmp_path):
    (tmp_path / "good.yml").write_text(f"- name: Good\n  ansible.builtin.file: {{path: {tmp_path}/was-here, state: touch}}\n")
    (tmp_path / "bad.yml").write_text("- name: Bad\n  ansible.builtin.raw: echo {{ '{%' \n")
    actions = [{"name": name, "tasks": str(tmp_path / f"{name}.yml")} for name in ("good", "bad")]
    done = play(tmp_path, [{"name": "bad", "actions": actions}])
    assert done.returncode != 0
    assert "bad.yml" in done.stdout + done.stderr
    assert not (tmp_path / "was-here").exists()
