# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what happens elsewhere, with a bound; and what part of a wait was only for a processor."""

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


def without_processor(pid: int | t.Literal["thread-self"]) -> float:
    """Return the seconds in which the first thread of a process (or the calling thread) could run but had no processor.

    What is left of a span without them is what the program took for itself, however busy the machine was (``man 5 proc``,
    ``/proc/pid/schedstat``). Of a process that has ended it can be read until somebody waits for it.
    """
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
