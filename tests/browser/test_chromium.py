# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The browser of the tests leaves nothing behind."""

from __future__ import annotations

import contextlib

import psutil
import pytest

from tests.browser.chromium import browser


def _of(folder):
    """The command lines of the browser that keeps its things there."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            found += [" ".join(process.cmdline())] if str(folder) in " ".join(process.cmdline()) else []
    return found


def test_nothing_of_it_is_left_when_a_test_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), browser(tmp_path) as new:
        assert new().run("1 + 1") == 2
        assert _of(tmp_path)
        raise ZeroDivisionError
    assert _of(tmp_path) == []
