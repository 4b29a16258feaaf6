# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small part of what ``make test-chaos`` does to the administrator's side, for every change: always the same seeds."""

from __future__ import annotations

import functools
import os

import pytest

from tests.chaos.rolling.campaign import Campaign
from tests.chaos.rolling.clouds import draw
from tests.chaos.rolling.kills import Deaths

RUNS, KILLS, AT_ONCE = 20, 10, 2
SEED = int(os.environ.get("SEED") or "100")
REPLAY = "python -m pytest tests/chaos/ci/test_rolling_maintenance.py -n0 -s"


@pytest.mark.timeout(900)
def test_every_run_keeps_its_promises(tmp_path, nursery):
    campaign = Campaign(tmp_path, nursery, functools.partial(draw, most_hosts=4, most_targets=1), REPLAY, again=False)
    campaign.go(SEED, RUNS, AT_ONCE)
    assert campaign.complaints == []
    assert campaign.runs >= RUNS
    assert campaign.complete >= RUNS / 4, "not everything was in vain"


@pytest.mark.timeout(900)
def test_the_same_command_reaches_the_same_end(tmp_path, nursery):
    deaths = Deaths(tmp_path, nursery, REPLAY, most_hosts=3)
    deaths.go(SEED, KILLS, AT_ONCE)
    assert deaths.complaints == []
    assert deaths.kills >= KILLS
