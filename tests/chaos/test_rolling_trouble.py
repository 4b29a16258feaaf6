# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hundreds of runs of the administrator's playbook in random clouds with random faults and owners (SEED=, RUNS=, AT_ONCE=)."""

from __future__ import annotations

import os

import pytest

from tests.chaos.rolling.campaign import Campaign
from tests.chaos.rolling.clouds import draw

# A seed that is given is replayed alone.
RUNS = int(os.environ.get("RUNS") or ("1" if os.environ.get("SEED") else "200"))
AT_ONCE = int(os.environ.get("AT_ONCE") or "3")
REPLAY = "python -m pytest tests/chaos/test_rolling_trouble.py -n0 -s"


@pytest.mark.timeout(4 * 3600)
def test_every_run_keeps_its_promises(tmp_path, nursery, seed):
    campaign = Campaign(tmp_path, nursery, draw, REPLAY)
    campaign.go(seed, RUNS, AT_ONCE)
    assert campaign.complaints == []
    assert campaign.runs >= RUNS
