# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guide for the owner says is printed, is what is printed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTAKE = ROOT / "extensions/eda/plugins/plugin_utils/maintenance_intake"
GUIDE = (ROOT / "docs/vnf-owner.md").read_text().partition("## When something goes wrong")[2].partition("\n## ")[0]
# Printed by the listener: a sentence with places for what it is about.
PRINTED = re.findall(r"^\| `([^`]+)` \|", GUIDE, re.MULTILINE) + re.findall(r"`(Messages are answered [^`]+)`", GUIDE)


def _texts(path: Path) -> set[str]:
    """The texts that a file logs, with a star for each value."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("debug", "info", "warning", "error", "level"):
                found.add(re.sub(r"%[sdg]", "*", str(node.args[0].value)))
    return found


@pytest.mark.parametrize("printed", PRINTED)
def test_the_listener_prints_what_the_guide_explains(printed: str):
    logged = {text for path in INTAKE.glob("*.py") for text in _texts(path)}
    assert re.sub(r"<[a-z]+>", "*", printed) in logged


def test_the_guide_explains_what_goes_wrong():
    assert len(PRINTED) == 8


def test_the_refusal_of_more_time_is_worded_as_the_guide_has_it():
    (words,) = re.findall(r"`(More time was not granted: )<why>`", GUIDE)
    assert words in (ROOT / "roles/vnf_maintenance/tasks/more_time.yml").read_text()
