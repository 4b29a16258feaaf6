# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source, killed hundreds of times under load: nothing acknowledged is lost, no action and no reply happens twice."""

from __future__ import annotations

import pytest

from tests.integration.eda.killed_source import kill_again_and_again
from tests.postgresql import database, server


@pytest.mark.timeout(3600)
def test_with_a_journal_of_its_own(tmp_path, seed):
    kill_again_and_again(tmp_path, 300, seed)


@pytest.mark.timeout(3600)
def test_as_two_that_share_a_journal(tmp_path, seed):
    with server() as postgresql:
        kill_again_and_again(tmp_path, 60, seed, listeners=2, journal=database(postgresql))
