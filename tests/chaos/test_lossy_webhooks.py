# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fifty sessions of which three webhooks in ten get lost, two in ten come twice, and most come late and in any order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.eda.conftest import SPEED, Owner
from tests.integration.eda.owned import OwnedStack
from tests.integration.eda.sessions import complete_all

TOPOLOGY = Path(__file__).parents[1] / "integration" / "eda" / "two_vnfs.yaml"
SESSIONS, AT_ONCE = 50, 10


@pytest.mark.timeout(3600)
def test_fifty_sessions_complete(tmp_path, seed):
    stack = OwnedStack(tmp_path / "stack", speed=SPEED, topology=TOPOLOGY, seed=seed)
    try:
        stack.start()
        complete_all(stack, Owner(stack), SESSIONS, AT_ONCE)
        print(f"{SESSIONS} sessions, {stack.counted('made_up_total'):g} messages made up for")  # noqa: T201
    finally:
        stack.stop()
