# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VNFs of the project as they are now, read once for all who ask at the same time."""

from __future__ import annotations

import threading
import time
import typing as t

Vnfs = list[dict[str, t.Any]]


class TooLate(Exception):
    """The time to decide is over."""


class Picture:
    """Never older than the question: what was read before somebody asked could miss what a playbook has just changed."""

    def __init__(self, read: t.Callable[[], Vnfs]) -> None:
        """Read with a function."""
        self._read = read
        self._turn = threading.Lock()
        self._began = float("-inf")
        self._vnfs: Vnfs = []

    def vnfs(self, until: float) -> Vnfs:
        """The VNFs, from a reading that began after this call.

        :param until: when to stop waiting for the readings of others, as ``time.monotonic`` counts.
        :raises TooLate: when they take longer.
        """
        asked = time.monotonic()
        if not self._turn.acquire(timeout=max(0.0, until - asked)):
            raise TooLate("the VNF manager takes too long")
        try:
            if self._began < asked:
                began = time.monotonic()
                self._vnfs = self._read()
                self._began = began
            return self._vnfs
        finally:
            self._turn.release()
