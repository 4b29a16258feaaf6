# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One figure, and how it is taken."""

from __future__ import annotations

import math
import statistics
import time
import typing as t

ROUNDS = 5

Entry = dict[str, t.Any]


def timed(function: t.Callable[[], t.Any], rounds: int = ROUNDS) -> float:
    """Median seconds of some rounds."""
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def entry(value: float, unit: str, baseline: float | None, how: str) -> Entry:
    """One result."""
    beside = None if baseline is None else round(baseline, 4)
    ratio = None if not baseline else round(value / baseline, 3)
    return {"value": round(value, 4), "unit": unit, "baseline": beside, "ratio": ratio, "how": how}


def percentile(values: t.Collection[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
