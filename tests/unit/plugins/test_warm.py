# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the process of a run loads before it forks, so that none of its tasks has to."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# In a process of its own: here much is loaded already.
PROGRAM = """
import json, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
if sys.argv[1] == "warm":
    from ansible_collections.nfv.maintenance.plugins.plugin_utils import _controller_action
else:
    import keystoneauth1.loading
before = set(sys.modules)
from ansible.plugins.loader import filter_loader, test_loader
from keystoneauth1.loading import get_plugin_loader
for name in ("ansible.builtin.combine", "nfv.maintenance.maintenance_moves"):
    assert filter_loader.get(name) is not None
assert test_loader.get("ansible.builtin.subset") is not None
get_plugin_loader("password")
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.mark.parametrize("state", ["warm", "cold"])
def test_a_task_finds_filters_tests_and_the_way_to_log_in_loaded(state: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, state], capture_output=True, text=True, check=True)
    loaded = [
        name for name in json.loads(done.stdout) if name.startswith(("ansible.", "keystoneauth1.", "ansible_collections.nfv"))
    ]
    assert bool(loaded) == (state == "cold"), loaded
