# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud is written down, and its maintenance rehearsed on what was written."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

from lab.owners import Owners
from lab.products import ROOT
from lab.stack import Stack

TOPOLOGY = """\
projects: [admin, service, red, blue]
users:
  - {name: admin, roles: {admin: [admin]}, cloud: lab-admin}
  - {name: session-api, roles: {service: [service, admin]}, cloud: lab-session-api}
  - {name: red, roles: {red: [member]}, cloud: lab-red}
  - {name: blue, roles: {blue: [member]}, cloud: lab-blue}
flavors: [{name: half, vcpus: 4, memory_mb: 8192, disk_gb: 80}]
hosts: [{name: compute-1}, {name: compute-2}, {name: compute-3}, {name: compute-4, enabled: false, disabled_reason: broken fan}]
groups:
  - name: pair
    project: red
    policy: anti-affinity
    max_impacted_members: 1
    constraint: {max_impacted_members: 1, anti_affinity_group: true, max_instances_per_host: 1, recovery_time: 0}
servers:
  - name: database
    project: red
    flavor: half
    count: 2
    group: pair
    constraint: {migration_type: MIGRATE, lead_time: 60, group: pair}
  - {name: website, project: blue, flavor: half, count: 4}
"""
HOSTS = ["compute-1", "compute-2", "compute-3"]
HASHED = {"snapshot_cloud_hash_names": True, "snapshot_cloud_hash_key": "always the same"}
DURATIONS = {"move": 30, "host": 60, "wave": 30}


def written(stack, **variables):
    """The topology that snapshot_cloud writes, in the folder where it is started."""
    file = stack.folder / "written.yaml"
    given = {"rolling_host_maintenance_cloud": "lab-admin", "snapshot_cloud_file": file.name, **variables}
    done = stack.run_playbook("nfv.maintenance.snapshot_cloud", "-e", json.dumps(given), timeout=120)
    assert done.returncode == 0, done.stdout
    assert file.stat().st_mode & 0o077 == 0
    return file


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What was written of a cloud: with its names (what it says), and without them (the file)."""
    folder = tmp_path_factory.mktemp("snapshot")
    (folder / "cloud.yaml").write_text(TOPOLOGY)
    stack = Stack(folder / "stack", hosts=0, topology=folder / "cloud.yaml", speed=10)
    try:
        stack.start_lab()
        stack.start_session_api()
        Owners(stack).register()
        plain = yaml.safe_load(written(stack).read_text())
        yield plain, written(stack, **HASHED), stack
    finally:
        stack.stop()


def test_what_was_written_is_the_cloud_with_its_names_or_without_them(files):
    plain, file, _stack = files
    hashed = yaml.safe_load(file.read_text())
    declared = yaml.safe_load(TOPOLOGY)
    assert [host["name"] for host in plain["hosts"]] == [*HOSTS, "compute-4"]
    assert sorted(server["name"] for server in plain["servers"]) == [
        "database-0", "database-1", "website-0", "website-1", "website-2", "website-3",
    ]  # fmt: skip
    for found in (plain, hashed):
        (group,) = found["groups"]
        told = declared["groups"][0]["constraint"]
        assert group["policy"] == "anti-affinity"
        assert group["constraint"] == told | {"resource_mitigation": False}
        members = [server for server in found["servers"] if server.get("group") == group["name"]]
        assert len(members) == len({server["host"] for server in members}) == 2
        assert {server["constraint"]["lead_time"] for server in members} == {60}
        assert {server["constraint"]["group"] for server in members} == {group["name"]}
        homes = [sum(server["host"] == host["name"] for server in found["servers"]) for host in found["hosts"]]
        assert sorted(homes) == [0, 2, 2, 2]
        assert found["notes"] == []
    text = file.read_text()
    for word in ("compute-", "database", "website", "pair", "broken fan"):
        assert word not in text


def rehearsed(folder, topology, **variables):
    """Status, report and output of a rehearsal."""
    given = folder / "variables.yml"
    given.write_text(yaml.safe_dump({f"rolling_host_maintenance_{key}": value for key, value in variables.items()}))
    done = subprocess.run(
        [sys.executable, "-m", "lab.rehearse", "--topology", topology, "--variables", given, "--out", folder / "out"],
        cwd=ROOT, text=True, capture_output=True, timeout=240, check=False,
    )  # fmt: skip
    report = folder / "out" / "rehearsal.json"
    return done.returncode, json.loads(report.read_text()) if report.exists() else {}, done.stdout + done.stderr


def test_a_rehearsal_of_the_cloud_as_it_is_says_what_to_expect(files, tmp_path):
    _plain, file, stack = files
    hosts = [host["name"] for host in yaml.safe_load(file.read_text())["hosts"] if host.get("enabled", True)]
    run = {"rolling_host_maintenance_hosts": hosts, "rolling_host_maintenance_durations": DURATIONS}
    given = {**run, **HASHED, "rolling_host_maintenance_cloud": "lab-admin", "rehearse_out": str(tmp_path / "out")}
    done = stack.run_playbook(str(ROOT / "lab" / "rehearse.yml"), "-e", json.dumps(given), timeout=240)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    found = json.loads((tmp_path / "out" / "rehearsal.json").read_text())
    assert found["plan"]["hosts"] == 3
    assert found["plan"]["waves"] == len(found["plan"]["minutes_of_waves"]) == 3
    assert found["plan"]["minutes"] > 3
    assert found["run"]["hosts_done"] == 3
    assert found["run"]["violations"] == []
    assert found["run"]["servers"] == [6, 6]
    assert sum(found["run"]["scale_in"].values()) == sum(found["plan"]["scale_in"].values()) == 2
    asked = {(one["project"], one["state"]) for one in found["asked"]}
    (scaling,) = found["run"]["scale_in"]
    assert (scaling, "SCALE_IN") in asked
    assert len({project for project, state in asked if state == "MAINTENANCE"}) == 2
    assert {one["window"] for one in found["asked"] if one["state"] == "SCALE_IN"} == {600}
    assert any("out of service before it begins" in risk for risk in found["risks"])
    assert any("without a word" in risk and scaling in risk for risk in found["risks"])
    assert "minutes" in output
    assert scaling in output


def test_a_plan_that_wants_a_decision_is_not_run(files, tmp_path):
    _plain, file, _stack = files
    status, found, output = rehearsed(tmp_path, file, durations=DURATIONS)
    assert status == 2, output
    assert found["run"] is None
    assert any("hashed" in risk for risk in found["risks"]), "the host that somebody disabled"


def test_the_playbook_ends_as_the_rehearsal_does(files, tmp_path):
    _plain, file, stack = files
    given = {"rehearse_topology": str(file), "rehearse_out": str(tmp_path / "out")}
    done = stack.run_playbook(str(ROOT / "lab" / "rehearse.yml"), "-e", json.dumps(given), timeout=240)
    assert done.returncode != 0
    assert "The plan wants a decision first, see above." in done.stdout
    assert json.loads((tmp_path / "out" / "rehearsal.json").read_text())["run"] is None
