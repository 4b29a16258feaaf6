# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For whoever has to be ready at a certain time: ``BEGIN_TESTS_BEFORE``, seconds since the epoch; no test is begun after it."""

from __future__ import annotations

import os
import time

import pytest

BEFORE = float(os.environ.get("BEGIN_TESTS_BEFORE") or "inf")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Leave a test out, and say so, rather than be ended in the middle of all."""
    if time.time() > BEFORE:
        pytest.skip("its time was over: BEGIN_TESTS_BEFORE")
