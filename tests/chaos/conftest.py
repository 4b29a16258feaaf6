# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make test-chaos`` runs: the proofs that take too long for every change. ``SEED`` replays a run."""

from __future__ import annotations

import os
import random

import pytest

from tests.chaos.rolling.nursery import Nursery
from tests.integration.eda.conftest import wait_until

__all__ = ["wait_until"]
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))


def pytest_report_header() -> str:
    return f"SEED={SEED}"


@pytest.fixture
def seed() -> int:
    """What everything random here begins with."""
    return SEED


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Nursery:
    """Where the processes of the administrator's side are forked."""
    return Nursery(tmp_path_factory.mktemp("nursery"))
