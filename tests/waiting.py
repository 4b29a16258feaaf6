# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what happens elsewhere, with a bound; and how long a thing takes on a machine that others use too."""

from __future__ import annotations

import pathlib
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


class Stopwatch:
    """How long something takes, however busy the machine is: without the time in which anything waited for a processor.

    The kernel counts that time (``/proc/pressure/cpu``, "some"); where it does not, all of it is counted as taken.
    """

    def __init__(self) -> None:
        self._began, self._stalled = time.monotonic(), _stalled()

    @property
    def seconds(self) -> float:
        """The seconds since it was made."""
        return time.monotonic() - self._began - (_stalled() - self._stalled)


def _stalled() -> float:
    try:
        some = pathlib.Path("/proc/pressure/cpu").read_text(encoding="ascii").split("total=", 1)[1]
    except (OSError, IndexError):
        return 0.0
    return int(some.split()[0]) / 1e6
