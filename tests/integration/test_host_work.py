# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Controllers and other hosts, before the compute hosts."""

from __future__ import annotations

import json

import yaml
from runs import LIMIT, PLAYBOOK, assert_as_promised, events, session_states
from scripted_vnf import ScriptedVnf

from lab.demo import HOST_WORK

NOTE = """\
- name: Note who works where
  ansible.builtin.lineinfile:
    path: "{{ maintenance_metadata.notes }}"
    line: "{{ maintenance_metadata.what }} {{ inventory_hostname }}"
    create: true
    mode: "0600"
"""
CHECK = """\
- name: See whether the cluster is whole again
  ansible.builtin.assert:
    that: inventory_hostname not in (lookup('ansible.builtin.file', maintenance_metadata.broken)).split()
    fail_msg: the database of {{ inventory_hostname }} has not joined
"""


def test_controllers_come_first_one_at_a_time_and_only_while_their_checks_pass(make_stack):
    stack = make_stack(hosts=3)
    folder = stack.folder
    for name, text in {"work.yml": HOST_WORK, "note.yml": NOTE, "check.yml": CHECK, "broken": "ctl-2", "notes": ""}.items():
        (folder / name).write_text(text)
    inventory = yaml.safe_load(stack.write_inventory().read_text())
    hosts = inventory["all"]["hosts"]
    inventory["all"]["children"] = {
        "control": {"hosts": dict.fromkeys(("ctl-1", "ctl-2"), hosts["compute-1"])},
        "network": {"hosts": {"net-1": hosts["compute-1"]}},
    }
    (folder / "inventory.yml").write_text(yaml.safe_dump(inventory))
    variables = stack.maintenance_variables(folder / "work.yml")
    (work,) = variables["rolling_host_maintenance_actions"]

    def note(kind: str) -> dict[str, object]:
        about = {"notes": str(folder / "notes"), "what": kind}
        return {"name": f"note {kind}", "type": kind, "tasks": str(folder / "note.yml"), "metadata": about}

    variables |= {
        "rolling_host_maintenance_start_in": 1,
        "rolling_host_maintenance_controllers": "control",
        "rolling_host_maintenance_others": "network",
        # By their order here nobody could tell in which order they run.
        "rolling_host_maintenance_actions": [
            *(note(kind) for kind in ("post", "other", "compute", "controller", "host", "pre")), {**work, "type": "compute"},
        ],
        "rolling_host_maintenance_controller_checks": [
            {"name": "cluster", "tasks": str(folder / "check.yml"), "metadata": {"broken": str(folder / "broken")}},
        ],
        "rolling_host_maintenance_settle": 1,
        "rolling_host_maintenance_return_timeout": 5,
        "rolling_host_maintenance_expected": {"hypervisor_version": ">=30.0.0"},
    }  # fmt: skip

    def run() -> tuple[str, list[str]]:
        (folder / "notes").write_text("")
        arguments = ["-i", str(folder / "inventory.yml"), "-e", json.dumps(variables)]
        done = stack.run_playbook(PLAYBOOK, *arguments, timeout=LIMIT)
        return f"{done.returncode} {done.stdout}", (folder / "notes").read_text().splitlines()

    with ScriptedVnf(stack):
        output, notes = run()
        assert not output.startswith("0")
        for part in ("Action cluster on host ctl-2 failed", "the database of ctl-2 has not joined", "Next:"):
            assert part in output, part
        assert notes == ["pre localhost", "host ctl-1", "controller ctl-1", "host ctl-2", "controller ctl-2"]
        assert session_states(stack) == ["MAINTENANCE_FAILED"]
        assert_as_promised(stack, 6)

        (folder / "broken").write_text("")
        output, notes = run()
    assert output.startswith("0"), output
    besides = ["pre localhost", "host ctl-2", "controller ctl-2", "host net-1", "other net-1"]
    assert notes[:5] == besides, "who is done stays done, and the others come before the first compute host"
    assert sorted(notes[5:-1]) == sorted(f"{kind} compute-{number}" for kind in ("host", "compute") for number in (1, 2, 3))
    assert notes[-1] == "post localhost"
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert_as_promised(stack, 6)
    types = {host["name"]: host["type"] for host in stack.session_api("sessions")["sessions"][0]["hosts"]}
    assert types == {
        "ctl-1": "controller", "ctl-2": "controller", "net-1": "other",
        **{f"compute-{number}": "compute" for number in (1, 2, 3)},
    }  # fmt: skip
    assert [event["host"] for event in events(stack) if event["text"].endswith("ctl-1: IN_MAINTENANCE")] == ["ctl-1"]
