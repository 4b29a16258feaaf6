# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execution and decision environment: ansible-builder takes their definitions, and finds what the collection needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lab.products import COLLECTIONS, JAVA_OPTIONS

ROOT = Path(__file__).resolve().parents[2]
BUILDER = Path(sys.executable).with_name("ansible-builder")


def build(*arguments):
    """A run of ansible-builder."""
    done = subprocess.run([BUILDER, *arguments], text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "needed"), [
    ("execution-environment", ["python3.11", "ansible-core"]),
    ("decision-environment", ["python3.11", "ansible-core", "ansible-rulebook", "java-17-openjdk-headless", JAVA_OPTIONS]),
])  # fmt: skip
def test_the_definition_makes_a_build_context(tmp_path, name, needed):
    definition = ROOT / "environments" / f"{name}.yml"
    build("create", "-f", definition, "-c", tmp_path)
    written = {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    everything = "".join(written.values())
    assert [one for one in needed if one not in everything] == []
    collections = yaml.safe_load(written["requirements.yml"])["collections"]
    assert collections == [{"name": "nfv.maintenance"}], "no other collection is needed"


def test_the_guide_says_the_same_of_java():
    assert f'export JAVA_TOOL_OPTIONS="{JAVA_OPTIONS}"' in (ROOT / "docs" / "vnf-owner.md").read_text()


def test_the_needs_of_the_collection_are_found():
    found = yaml.safe_load(build("introspect", str(COLLECTIONS)))
    declared = (ROOT / "meta" / "ee-requirements.txt").read_text().split()
    assert sorted(line.split("  #")[0] for line in found["python"]) == sorted(declared)


def test_the_decision_environment_brings_the_rulebook_that_is_tested():
    wanted = (ROOT / "requirements" / "runtime.in").read_text()
    python = yaml.safe_load((ROOT / "environments" / "decision-environment.yml").read_text())["dependencies"]["python"]
    assert next(line for line in python if line.startswith("ansible-rulebook")) in wanted
