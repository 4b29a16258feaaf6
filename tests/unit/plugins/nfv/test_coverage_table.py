# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table in the guide of what is covered of Tacker's API: what it names is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
ROOMS = {"tacker": ROOT / "tests/tacker", "nfv": ROOT / "tests/unit/plugins/nfv"}
MODULES = "ansible_collections.nfv.maintenance.plugins.modules"
SECTION = (ROOT / "docs/vnf-lifecycle.md").read_text().partition("## Coverage of the API\n")[2]
ROWS = [row for row in SECTION.splitlines() if row.startswith("| ") and not row.endswith("| test |")]
# The modules that speak to the VNF manager.
COVERED = {"change_vnfpkg", *(path.stem for path in (ROOT / "plugins/modules").glob("vnf_*.py"))}
# Those that ask Nova, Neutron and Mistral, or keep a ledger.
ELSEWHERE = {
    *("vnf_active_member", "vnf_active_member_info", "vnf_member_info"),
    *("vnf_monitor_workflow", "vnf_monitor_workflow_info", "vnf_policy_action", "vnf_policy_action_info"),
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" | ")[0].strip("| "))
def test_the_tests_of_a_row_are_there(row):
    named = re.findall(r"`(\w+)/(\w+\.py)::(\w+)`", row)
    assert named, "no test holds it"
    assert len(named) == row.count("::"), "a test is not named as the others are"
    for room, file, test in named:
        assert re.search(rf"^def {test}\(", (ROOMS[room] / file).read_text(), re.MULTILINE), f"{room}/{file} has no {test}"


def test_the_options_are_there_and_no_module_is_left_out():
    named = re.findall(r"`(\w+)\.([a-z_]+)`", "\n".join(row.split(" | ")[1] for row in ROWS))
    for module, option in named:
        assert option in importlib.import_module(f"{MODULES}.{module}").SPEC, f"{module} has no option {option}"
    assert {module for module, _option in named} - {"vnfd_info"} == COVERED - ELSEWHERE
