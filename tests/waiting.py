# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what happens elsewhere, with a bound."""

from __future__ import annotations

import time
import typing as t

T = t.TypeVar("T")


def until(what: str, look: t.Callable[[], T | None], limit: float = 60, every: float = 0.2) -> T:
    """Look until the answer is true, and return it; fails with ``what`` after ``limit`` seconds."""
    end = time.monotonic() + limit
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"not within {limit:g} s: {what}"
        time.sleep(every)
