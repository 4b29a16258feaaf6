# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook, the session API or both are killed at any moment; the same command gets there (SEED=, KILLS=, AT_ONCE=)."""

from __future__ import annotations

import os

import pytest

from tests.chaos.rolling.kills import Deaths

KILLS = int(os.environ.get("KILLS") or ("1" if os.environ.get("SEED") else "100"))
AT_ONCE = int(os.environ.get("AT_ONCE") or "3")
REPLAY = "python -m pytest tests/chaos/test_rolling_kills.py -n0 -s"


@pytest.mark.timeout(4 * 3600)
def test_the_same_command_reaches_the_same_end(tmp_path, nursery, seed):
    deaths = Deaths(tmp_path, nursery, REPLAY)
    deaths.go(seed, KILLS, AT_ONCE)
    assert deaths.complaints == []
    assert deaths.kills >= KILLS
