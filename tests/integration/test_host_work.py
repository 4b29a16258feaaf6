# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done on hosts and around them: controllers first, healing muted meanwhile."""

from __future__ import annotations

import json

import openstack.connection
import yaml
from openstack.config import OpenStackConfig
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
MUTED = """\
- name: Read whom Masakari does not heal
  nfv.maintenance.masakari_host_info:
    cloud: lab-admin
  register: muted

- name: Note them
  ansible.builtin.lineinfile:
    path: "{{ maintenance_metadata.notes }}"
    line: "muted at {{ inventory_hostname }}:
      {{ muted.masakari_hosts | selectattr('on_maintenance') | map(attribute='name') | join(' ') }}"
"""
# As a run leaves it that is killed between the muting of a host and the work on it.
LEFT = """\
- name: Mute a host that nothing is done on yet
  nfv.maintenance.masakari_host:
    cloud: lab-admin
    hosts: [compute-2]
    on_maintenance: true
    session_id: "{{ rolling_host_maintenance_session_id }}"
  when: lookup('ansible.builtin.file', maintenance_metadata.broken) | length > 0
"""
OWN = """\
- name: Note who is meant
  ansible.builtin.lineinfile:
    path: "{{ notes }}"
    line: "own %s {{ maintenance_hosts | join(' ') }}"
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
    files = {"work.yml": HOST_WORK, "note.yml": NOTE, "check.yml": CHECK, "muted.yml": MUTED, "left.yml": LEFT, "broken": "ctl-2",
             "mute.yml": OWN % "mute", "unmute.yml": OWN % "unmute"}  # fmt: skip
    for name, text in files.items():
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
        # Without a type it is for every host.
        typed = {} if kind == "host" else {"type": kind}
        return {"name": f"note {kind}", "tasks": str(folder / "note.yml"), "metadata": about, **typed}

    variables |= {
        "rolling_host_maintenance_start_in": 1,
        "rolling_host_maintenance_controllers": "control",
        "rolling_host_maintenance_others": "network",
        # By their order here nobody could tell in which order they run.
        "rolling_host_maintenance_actions": [
            *(note(kind) for kind in ("post", "other", "compute", "controller", "host", "pre")), {**work, "type": "compute"},
            {**note("compute"), "tasks": str(folder / "muted.yml")},
            {"name": "left", "type": "pre", "tasks": str(folder / "left.yml"), "metadata": {"broken": str(folder / "broken")}},
        ],
        "rolling_host_maintenance_controller_checks": [
            {"name": "cluster", "tasks": str(folder / "check.yml"), "metadata": {"broken": str(folder / "broken")}},
        ],
        "rolling_host_maintenance_settle": 1,
        "rolling_host_maintenance_expected": {"hypervisor_version": ">=30.0.0", "kernel": "[0-9]*.*"},
        "host_fault_management_mute": [str(folder / "mute.yml")],
        "host_fault_management_unmute": [str(folder / "unmute.yml")],
        "notes": str(folder / "notes"),
    }  # fmt: skip

    def run() -> tuple[str, list[str]]:
        (folder / "notes").write_text("")
        arguments = ["-i", str(folder / "inventory.yml"), "-e", json.dumps(variables)]
        done = stack.run_playbook(PLAYBOOK, *arguments, timeout=LIMIT)
        return f"{done.returncode} {done.stdout}", (folder / "notes").read_text().splitlines()

    stack.control("PUT", "catalog/instance-ha", {"url": f"{stack.lab_url}/instance-ha/v1"})
    # The operator's own, before anything.
    assert _heal(stack, "compute-3", on_maintenance=True)["compute-3"] == (True, "SSH")
    with ScriptedVnf(stack):
        output, notes = run()
        assert not output.startswith("0")
        for part in ("Action cluster on host ctl-2 failed", "the database of ctl-2 has not joined", "Next:"):
            assert part in output, part
        unmuted, back = _heal(stack), notes.pop()
        assert unmuted == {"compute-1": (False, "SSH"), "compute-2": (False, "SSH"), "compute-3": (True, "SSH")}
        assert back.startswith("own unmute "), "after a failure too"
        assert notes == ["pre localhost", "host ctl-1", "controller ctl-1", "host ctl-2", "controller ctl-2"]
        assert session_states(stack) == ["MAINTENANCE_FAILED"]
        assert_as_promised(stack, 6)

        (folder / "broken").write_text("")
        output, notes = run()
    assert output.startswith("0"), output
    besides = ["pre localhost", "host ctl-2", "controller ctl-2", "host net-1", "other net-1"]
    assert notes[:5] == besides, "who is done stays done, and the others come before the first compute host"
    done = [line for line in notes[5:-2] if not line.startswith(("muted", "own"))]
    assert sorted(done) == sorted(f"{kind} compute-{number}" for kind in ("host", "compute") for number in (1, 2, 3))
    assert sorted(line for line in notes if line.startswith("muted")) == [
        "muted at compute-1: compute-1 compute-3", "muted at compute-2: compute-2 compute-3", "muted at compute-3: compute-3",
    ]  # fmt: skip
    assert _heal(stack) == unmuted
    for number in (1, 2, 3):
        own = [notes.index(f"own {what} compute-{number}") for what in ("mute", "unmute")]
        begun, ended = notes.index(f"host compute-{number}"), notes.index(f"compute compute-{number}")
        assert own[0] < begun < ended < own[1]
    assert notes[-2:] == ["post localhost", "own unmute "]
    assert session_states(stack) == ["MAINTENANCE_DONE"]
    assert_as_promised(stack, 6)
    types = {host["name"]: host["type"] for host in stack.session_api("sessions")["sessions"][0]["hosts"]}
    assert types == {
        "ctl-1": "controller", "ctl-2": "controller", "net-1": "other",
        **{f"compute-{number}": "compute" for number in (1, 2, 3)},
    }  # fmt: skip
    assert [event["host"] for event in events(stack) if event["text"].endswith("ctl-1: IN_MAINTENANCE")] == ["ctl-1"]


def _heal(stack, changed: str = "", **attributes: object) -> dict[str, tuple[bool, str]]:
    """Change a host in Masakari as its operator would; returns what all of them have."""
    config = OpenStackConfig(config_files=[str(stack.folder / "clouds.yaml")])
    masakari = openstack.connection.Connection(config=config.get_one("lab-admin")).instance_ha
    (segment,) = masakari.segments()
    for host in masakari.hosts(segment.uuid):
        if host.name == changed:
            assert masakari.put(f"/segments/{segment.uuid}/hosts/{host.uuid}", json={"host": attributes}).status_code == 200
    return {host.name: (host.on_maintenance, host.control_attributes) for host in masakari.hosts(segment.uuid)}
