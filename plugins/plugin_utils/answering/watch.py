# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the connection, and tells what waits for a reply."""

from __future__ import annotations

import threading
import time
import typing as t

from ...module_utils._errors import failure
from . import lines
from .cloud import Cloud, Clouds
from .waiting import LONGEST_PAUSE, SHORTEST_PAUSE, Waiting

MOST_IN_A_LINE = 50
LONGEST_BACK_OFF = 30.0


class Watch:
    """Looks until the process ends."""

    def __init__(self, clouds: Clouds, tell: lines.Tell, *, reconcile: bool) -> None:
        """Tell the source what waits only with ``reconcile``."""
        self._clouds = clouds
        self._tell = tell
        self._reconcile = reconcile
        self._waiting = Waiting()
        self._sooner = threading.Event()
        self._said: str | None = None

    def heard_of(self, session_id: str) -> None:
        """A session that was not seen in the last look may have short windows."""
        if session_id not in self._waiting.sessions:
            self._sooner.set()

    def run(self) -> t.NoReturn:
        """Look again and again; while the cloud is away, less and less often."""
        failures = 0
        while True:
            cloud: Cloud | None = None
            try:
                cloud = self._clouds.connected()
                found = self._waiting.look(cloud) if self._reconcile else []
            except Exception as exc:  # noqa: BLE001 - a cloud may be away in every way there is, and comes back
                self._clouds.lost(cloud)
                self._say("away", failure(exc)["msg"])
                time.sleep(min(2.0**failures, LONGEST_BACK_OFF))
                failures = min(failures + 1, 10)
                continue
            failures = 0
            self._say("ready", cloud.maintenance.base)
            for first in range(0, len(found), MOST_IN_A_LINE):
                self._tell({"pending": found[first : first + MOST_IN_A_LINE]})
            if self._sooner.wait(self._waiting.pause if self._reconcile else LONGEST_PAUSE):
                self._sooner.clear()
                time.sleep(SHORTEST_PAUSE)

    def _say(self, how: str, what: str) -> None:
        """Say how it is when that has changed; why it is away may be put in many words, and is said once."""
        if how != self._said:
            self._said = how
            self._tell({how: what})
