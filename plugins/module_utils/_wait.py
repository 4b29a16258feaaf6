# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounded waits (private to this collection)."""

from __future__ import annotations

import time
import typing as t

from ._errors import ServiceError, WaitTimeout

Found = t.TypeVar("Found")


def wait_for(
    probe: t.Callable[[], Found | None],
    what: str,
    timeout: float,
    *,
    seen: t.Callable[[], str] = lambda: "",
    next_step: str = "",
    interval: float = 0.5,
    longest: float = 5.0,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Found:
    """Call ``probe`` until it returns something other than None, at growing intervals.

    :param what: completes "Timed out after N s waiting for ..."
    :param timeout: seconds; the last look is taken at the end of it.
    :param seen: the state seen last, for the error.
    :param next_step: the command or the place to look at next, for the error.
    :param interval: seconds to the second look; each further one is half as long again, up to ``longest``.
    :raises WaitTimeout: when the time is over.
    """
    end = clock() + timeout
    pause = interval
    while True:
        found = probe()
        if found is not None:
            return found
        left = end - clock()
        if left <= 0:
            state = seen()
            text = f"Timed out after {timeout:g} s waiting for {what}"
            text += f"; last seen: {state}" if state else ""
            text += f". Next: {next_step}" if next_step else ""
            raise WaitTimeout(text, timeout=timeout, seen=state or None)
        sleep(min(pause, left))
        pause = min(pause * 1.5, longest)


def outlast(
    call: t.Callable[[], Found],
    seconds: float,
    passing: t.Callable[[ServiceError], bool],
    *,
    pause: float = 0.25,
    longest: float = 4.0,
    clock: t.Callable[[], float] = time.monotonic,
    sleep: t.Callable[[float], None] = time.sleep,
) -> Found:
    """The first answer of a call that may be repeated; what passes is borne for a while.

    :param seconds: for how long; the last error is raised when they are over.
    :param passing: whether an error may be gone in a moment.
    :param pause: seconds to the second try; each further one is twice as long, up to ``longest``.
    """
    end = clock() + seconds
    while True:
        try:
            return call()
        except ServiceError as exc:
            if not passing(exc) or clock() + pause > end:
                raise
        sleep(pause)
        pause = min(pause * 2, longest)
