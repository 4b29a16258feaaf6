# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory nova_compute as ansible-inventory reads it, and a maintenance with no other inventory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml
from runs import PLAYBOOK, arguments, times_worked_on

from lab.products import ROOT
from lab.stack import Stack

SESSION = "3f6d2c1e-0000-4000-8000-000000000001"
TOPOLOGY = f"""\
projects: [admin, service, vnf-owner, other]
users:
  - {{name: admin, roles: {{admin: [admin]}}, cloud: lab-admin}}
  - {{name: session-api, roles: {{service: [service, admin]}}, cloud: lab-session-api}}
  - {{name: vnf-owner, roles: {{vnf-owner: [member]}}, cloud: lab-vnf}}
flavors: [{{name: half, vcpus: 4, memory_mb: 8192, disk_gb: 80}}]
hosts:
  - {{name: compute-1}}
  - {{name: compute-2, version: 8002001}}
  - {{name: edge-1, zone: edge-north, enabled: false, disabled_reason: "{{{{ 6 * 7 }}}}"}}
  - {{name: edge-2, zone: edge-north, down: true}}
  - {{name: edge-3, enabled: false, disabled_reason: "nfv.maintenance session {SESSION}: kernel"}}
"""
PLUGIN = {"plugin": "nfv.maintenance.nova_compute", "cloud": "lab-admin"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Hosts in every state, in two zones."""
    folder = tmp_path_factory.mktemp("inventory")
    topology = folder / "states.yaml"
    topology.write_text(TOPOLOGY)
    shared = Stack(folder / "stack", hosts=0, topology=topology, speed=10)
    try:
        shared.start_lab()
        shared.start_session_api()
        yield shared
    finally:
        shared.stop()


def inventory(stack, name="cloud.nova_compute.yml", **options):
    file = stack.folder / name
    file.write_text(yaml.safe_dump({**PLUGIN, **options}))
    return file


def listed(stack, file, *more, env=None):
    """What ansible-inventory says; without a fallback to other plug-ins, and an error ends it."""
    strict = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "true", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", **(env or {})}
    return subprocess.run(
        ["ansible-inventory", "-i", str(file), "--list", *more],
        env={**stack.env, **strict}, cwd=stack.folder, text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip


def calls(stack):
    """Calls on Nova since the last look: "GET os-services" to how often."""
    made = stack.control("GET", "calls")["calls"]
    stack.control("POST", "calls/reset")
    found = {tuple(call.split()): times for call, times in made.items() if call.startswith("compute ")}
    return {f"{method} {path.rpartition('/v2.1/')[2]}": times for (_service, method, path), times in found.items()}


def test_hosts_variables_and_groups_by_what_nova_says(stack):
    file = inventory(
        stack, compose={"ansible_host": "nova_host_ip"}, groups={"old": "nova_hypervisor_version is version('8.2', '<')"},
        keyed_groups=[{"key": "nova_host.split('-')[0]", "prefix": "kind"}], strict=True,
    )  # fmt: skip
    calls(stack)
    done = listed(stack, file)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    members = {group: content["hosts"] for group, content in found.items() if "hosts" in content}
    assert members == {
        "nova_compute": ["compute-1", "compute-2", "edge-1", "edge-2", "edge-3"],
        "nova_in_service": ["compute-1", "compute-2"],
        "nova_down": ["edge-2"],
        "nova_disabled": ["edge-1"],
        "nova_in_maintenance": ["edge-3"],
        "nova_zone_nova": ["compute-1", "compute-2", "edge-3"],
        "nova_zone_edge_north": ["edge-1", "edge-2"],
        "nova_aggregate_edge_north": ["edge-1", "edge-2"],
        "nova_hypervisor_8_0_0": ["compute-1", "edge-1", "edge-2", "edge-3"],
        "nova_hypervisor_8_2_1": ["compute-2"],
        "old": ["compute-1", "edge-1", "edge-2", "edge-3"],
        "kind_compute": ["compute-1", "compute-2"],
        "kind_edge": ["edge-1", "edge-2", "edge-3"],
    }
    variables = found["_meta"]["hostvars"]
    assert variables["edge-3"]["nova_session_id"] == {"__ansible_unsafe": SESSION}, "which is no template"
    assert variables["compute-1"]["ansible_host"] == variables["compute-1"]["nova_host_ip"]


def test_it_only_reads_with_three_calls(stack):
    file = inventory(stack)
    calls(stack)
    assert listed(stack, file).returncode == 0
    made = calls(stack)
    assert {call.split()[0] for call in made} == {"GET"}
    lists = {call: times for call, times in made.items() if "os-" in call}
    assert lists == {"GET os-services": 1, "GET os-hypervisors/detail": 1, "GET os-aggregates": 1}


def test_a_controller_says_by_the_environment_which_cloud_is_meant(stack):
    done = listed(stack, ROOT / "playbooks/inventory/nova_compute.yml", env={"OS_CLOUD": "lab-admin"})
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["nova_compute"]["hosts"]) == 5


def test_what_nova_says_is_never_a_template(stack):
    done = subprocess.run(
        ["ansible", "-i", str(inventory(stack)), "edge-1", "-m", "ansible.builtin.debug", "-a", "var=nova_disabled_reason"],
        env=stack.env, cwd=stack.folder, text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 * 7" in done.stdout
    assert "42" not in done.stdout


def test_a_cache_is_used_until_it_is_flushed(stack):
    file = inventory(
        stack, "kept.nova_compute.yml", cache=True, cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(stack.folder / "cache"), cache_timeout=300,
    )  # fmt: skip
    first = listed(stack, file)
    assert first.returncode == 0, first.stderr
    calls(stack)
    assert listed(stack, file).stdout == first.stdout
    assert calls(stack) == {}
    assert listed(stack, file, "--flush-cache").stdout == first.stdout
    assert calls(stack)


def test_a_failure_names_the_next_step(stack):
    auth = {**stack.auth("lab-admin"), "password": "not-the-password"}
    done = listed(stack, inventory(stack, "wrong.nova_compute.yml", cloud=None, auth=auth))
    assert done.returncode != 0
    assert "check the user, the project and the password" in done.stderr
    assert "not-the-password" not in done.stdout + done.stderr


def test_a_file_of_another_name_is_not_for_it(stack):
    assert listed(stack, inventory(stack, "cloud.yml")).returncode != 0


def test_the_playbook_runs_with_this_inventory_alone(stack):
    file = inventory(stack, compose={"ansible_connection": "'local'", "ansible_python_interpreter": repr(sys.executable)})
    given = arguments(stack, rolling_host_maintenance_hosts=["compute-1"])[2:]
    done = stack.run_playbook(PLAYBOOK, "-i", str(file), *given, timeout=240)
    assert done.returncode == 0, done.stdout
    assert times_worked_on(stack) == {"compute-1": 1}
    assert stack.control("GET", "observer")["violations"] == []
