# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as a process that is killed at random points under load, and started again; more of it in tests/chaos.

Environment: ``SEED`` replays a run.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.integration.eda.killed_source import kill_again_and_again
from tests.postgresql import database, server

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))


@pytest.mark.timeout(600)
def test_whenever_it_is_killed_nothing_acknowledged_is_lost_and_nothing_done_twice(tmp_path):
    kill_again_and_again(tmp_path, 45, SEED)


@pytest.mark.timeout(300)
def test_of_two_that_share_a_journal_any_may_be_killed(tmp_path):
    with server() as postgresql:
        kill_again_and_again(tmp_path, 10, SEED, listeners=2, journal=database(postgresql))
