# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what happens elsewhere, with a bound; and how long a thing takes on a machine that others use too."""

from __future__ import annotations

import os
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
    """How long something takes, however busy the machine is: without the time in which it could have run and was not let.

    That is when anything waited for a processor, and when the host of a virtual machine took one away. The kernel counts both
    (``/proc/pressure/cpu``, "some"; ``/proc/stat``, "steal"); where it does not, all time is counted as taken.
    """

    def __init__(self) -> None:
        self._began, self._withheld = time.monotonic(), _stalled() + _stolen()

    @property
    def seconds(self) -> float:
        """The seconds since it was made."""
        return time.monotonic() - self._began - (_stalled() + _stolen() - self._withheld)


def _stalled() -> float:
    try:
        some = pathlib.Path("/proc/pressure/cpu").read_text(encoding="ascii").split("total=", 1)[1]
    except (OSError, IndexError):
        return 0.0
    return int(some.split()[0]) / 1e6


def _stolen() -> float:
    try:
        whole = pathlib.Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()
    except OSError:
        return 0.0
    return int(whole[8]) / os.sysconf("SC_CLK_TCK")
