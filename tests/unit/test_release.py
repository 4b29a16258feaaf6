# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is released: the same from every checkout, without what is for developers, and of use where nothing else is."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from release import artifact, materials

ROOT = Path(__file__).resolve().parents[2]
ROOM = {"vcpus": 8, "memory_mb": 16384, "disk_gb": 100}
SERVER = {"id": "i1", "name": "web", "project_id": "p", "host": "compute-1", "vcpus": 4, "memory_mb": 8192, "disk_gb": 10}
SNAPSHOT = {
    "hosts": [
        {"name": "compute-1", **ROOM, "vcpus_used": 4, "memory_mb_used": 8192, "disk_gb_used": 10},
        {"name": "compute-2", **ROOM, "vcpus_used": 0, "memory_mb_used": 0, "disk_gb_used": 0},
    ],
    "instances": [{**SERVER, "status": "ACTIVE", "group": None}],
    "groups": [],
    "constraints": {},
}
# What the collection is run with elsewhere: the programs of this environment, and nothing that leads to the checkout.
ELSEWHERE = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}", "LANG": "C.UTF-8", "ANSIBLE_LOCALHOST_WARNING": "false",
}  # fmt: skip

# Results of modules whose reference shows their parts.
SAMPLES = {
    "host_drain": {"moved": [{"instance": "5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11", "name": "worker", "from": "a", "to": "b"}]},
    "vnf_instance": {"id": "0f6e3a52-27a6-4c43-a6a6-6d7a2e1b9c30", "vnf_instance_name": "core"},
}


def copied(root, names, target):
    """A checkout with the same content, made now; only the right to execute is part of the content."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target / name)
        shutil.copymode(root / name, target / name)
    for command in (["git", "init", "--quiet"], ["git", "add", "--all", "--force"]):
        subprocess.run(command, cwd=target, check=True)
    return target


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """This one, as it is now."""
    return copied(ROOT, artifact.known_files(ROOT), tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def built(tmp_path_factory, checkout):
    """Its artifact."""
    return artifact.build(tmp_path_factory.mktemp("release"), checkout)


def test_another_checkout_builds_the_same_bytes(built, checkout, tmp_path):
    other = copied(checkout, reversed(artifact.known_files(checkout)), tmp_path / "elsewhere" / "checkout")
    (other / "secret.txt").write_text("git does not know me")
    (other / ".demo").mkdir()
    again = artifact.build(tmp_path / "out", other)
    assert hashlib.sha256(again.read_bytes()).hexdigest() == hashlib.sha256(built.read_bytes()).hexdigest()


def test_it_holds_what_users_need_and_nothing_else(built):
    with tarfile.open(built) as tar:
        names = tar.getnames()
        assert {member.mtime for member in tar} == {0}
    assert {name.split("/")[0] for name in names} == {
        "COPYING", "FILES.json", "LICENSES", "MANIFEST.json", "README.md", "SECURITY.md", "changelogs", "docs", "environments",
        "extensions", "meta", "playbooks", "plugins", "roles",
    }  # fmt: skip
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name or name.startswith(".")]
    assert built.stat().st_size < 2_000_000


def test_whatever_galaxy_lists_as_a_plugin_for_events_is_one():
    listed = [one["args"]["ext_dir"] for one in yaml.safe_load((ROOT / "meta" / "extensions.yml").read_text())["extensions"]]
    files = [file for folder in listed for file in (ROOT / "extensions" / folder).rglob("*.py")]
    assert len(files) > len(listed)
    assert [str(file) for file in files if "\nDOCUMENTATION = " not in file.read_text()] == []


def test_a_build_without_git_takes_no_state_of_a_developer_along():
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    states = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.endswith("/")]
    assert [state for state in states if state not in (*ignored, "__pycache__") and not state.startswith("tests/")] == []


def test_it_installs_into_nothing_and_plans_there(built, tmp_path):
    env = {**ELSEWHERE, "HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections")}

    def run(*command):
        done = subprocess.run(command, cwd=tmp_path, env=env, text=True, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("ansible-galaxy", "collection", "install", "--offline", str(built))
    run("ansible-galaxy", "collection", "verify", "--offline", "nfv.maintenance")
    (tmp_path / "cloud.json").write_text(json.dumps(SNAPSHOT))
    files = {"snapshot_file": str(tmp_path / "cloud.json"), "file": str(tmp_path / "plan.json")}
    variables = {f"plan_maintenance_{key}": value for key, value in files.items()}
    run("ansible-playbook", "nfv.maintenance.plan_maintenance", "-e", json.dumps(variables))
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert [move["to"] for wave in plan["waves"] for move in wave["moves"]] == ["compute-2"]


def test_the_bill_of_materials_has_what_is_needed_as_it_is_locked(tmp_path):
    found = json.loads(materials.write(tmp_path / "one.json", "nfv.maintenance", "1.2.3").read_text())
    assert not {"serialNumber", "timestamp"} & {*found, *found["metadata"]}, "nothing of when it was made"
    assert (found["metadata"]["component"]["name"], found["metadata"]["component"]["version"]) == ("nfv.maintenance", "1.2.3")
    versions = {one["name"].lower(): one["version"] for one in found["components"]}
    lock = (ROOT / "requirements" / "dev.lock").read_text()
    assert {"openstacksdk", "keystoneauth1", "sqlalchemy", "flask", "requests"} <= set(versions)
    assert "pytest" not in versions
    assert all(re.search(rf"(?mi)^{re.escape(name)}=={re.escape(version)}\b", lock) for name, version in versions.items())


QUERIES = yaml.safe_load((ROOT / "extensions" / "audit" / "event_query.yml").read_text())


@pytest.mark.skipif(shutil.which("jq") is None, reason="the controller's query language is not installed (jq)")
@pytest.mark.parametrize("name", sorted(QUERIES))
def test_the_controller_counts_what_a_module_has_managed(name):
    module = importlib.import_module(f"ansible_collections.nfv.maintenance.plugins.modules.{name.rpartition('.')[2]}")
    result = SAMPLES.get(module.RETURNS) or yaml.safe_load(module.RETURN)[module.RETURNS]["sample"]
    done = subprocess.run(
        ["jq", "--compact-output", QUERIES[name]["query"]],
        input=json.dumps({module.RETURNS: result}), text=True, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    nodes = [json.loads(line) for line in done.stdout.splitlines()]
    assert nodes
    for node in nodes:
        assert node["name"] in ("compute-1", "worker", "core"), "its name, not its id"
        assert node["canonical_facts"] and all(node["canonical_facts"].values())
        assert set(node) == {"name", "canonical_facts", "facts"}
