# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters as Ansible loads them."""

from __future__ import annotations

import importlib
import pathlib
import subprocess
import sys

import pytest
from ansible.errors import AnsibleFilterError

ROOM = pathlib.Path(__file__).resolve().parents[3] / "plugins" / "filter"
PACKAGE = "ansible_collections.nfv.maintenance.plugins.filter"
NAMES = sorted(path.stem for path in ROOM.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_each_file_holds_the_filter_of_its_name_and_tells_of_unusable_input(name: str) -> None:
    [(known, function)] = importlib.import_module(f"{PACKAGE}.{name}").FilterModule().filters().items()
    assert known == name
    with pytest.raises(AnsibleFilterError, match=name):
        function(object(), object(), object(), object(), object(), object(), object(), object(), object())


def test_what_is_wrong_with_a_policy_is_said_once_and_in_its_own_words() -> None:
    function = importlib.import_module(f"{PACKAGE}.vnf_policy_events").FilterModule().filters()["vnf_policy_events"]
    with pytest.raises(AnsibleFilterError) as caught:
        function([{"vnf": {"id": "a"}}], {"a": {"actions": {}}})
    said = "vnf_policy_events: the policy of VNF a cannot be used: the policy of VNF a is {'actions': {}}; probe is missing"
    assert str(caught.value) == said


def test_loading_them_loads_nothing_of_what_they_do() -> None:
    # Each worker of Ansible loads them all for a task that uses one.
    load = "; ".join(f"import {PACKAGE}.{name} as m; m.FilterModule().filters()" for name in NAMES)
    ours = "[one for one in sys.modules if 'maintenance.plugins.module_utils.' in one or '.plugin_utils._' in one]"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {load}; print({ours}, 'jsonschema' in sys.modules)"],
        capture_output=True, text=True, check=True, timeout=60,
    )
    assert done.stdout.strip() == "['ansible_collections.nfv.maintenance.plugins.plugin_utils._filters'] False"
