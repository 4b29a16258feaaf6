# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last words of a run."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._last_words import maintenance_failure

LOOP = "One or more items failed"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"msg": "host compute-1 is down"}, "host compute-1 is down"),
        ({"reason": "there is no such file"}, "there is no such file"),
        ({"msg": "", "stderr": "killed"}, "killed"),
        ({}, "A task failed without a reason."),
        ({"msg": LOOP, "results": [{"msg": "fine"}, {"failed": True, "msg": "503 for compute-2"}]}, "503 for compute-2"),
        ({"msg": LOOP, "results": [{"failed": True, "msg": "away"}, {"failed": True, "msg": "away"}]}, "away"),
        ({"msg": LOOP, "results": [{"failed": True, "msg": str(n)} for n in range(7)]}, "0; 1; 2; 3; 4; and 2 more"),
        ({"msg": "nothing of it failed", "results": [{"msg": "fine"}]}, "nothing of it failed"),
    ],
)
def test_it_says_why(result, words):
    assert maintenance_failure(result) == words
