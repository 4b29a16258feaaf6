# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process beside the event source vnf_monitor that keeps telling what is to be probed (private to this collection).

It is started by the source and ends with it; both talk in lines of JSON. The source says first ``{"settings": {"cloud",
"region_name", "policy", "policies", "reconcile", "defaults"}}``, then ``{"look": true}`` whenever something may have changed. The
process says ``{"targets": [...], "unusable": {vnf id: reason}}`` when they are other ones, ``{"same": true}`` when it has looked
and they are not, and ``{"away": reason}`` when it could not.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import typing as t

from ...module_utils._errors import failure
from ...module_utils._sdk import connect
from ..answering import lines
from .truth import Truth

# Seconds for any one call.
CALL_SECONDS = 10
LONGEST_BACK_OFF = 10.0


class Reader:
    """Reads again and again, sooner when it is asked to."""

    def __init__(self, settings: t.Mapping[str, t.Any], tell: lines.Tell) -> None:
        """Nothing is connected yet."""
        self._settings = settings
        self._tell = tell
        self._truth: Truth | None = None
        # The generation of all VNFs until they change: greater than what an earlier process has told.
        self._began = int(time.time() * 1000)
        self._said: t.Any = None
        self._away = False
        self.asked: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def run(self) -> None:
        """Read until the process ends."""
        failures = 0
        while True:
            try:
                self._look()
                failures = 0
            except Exception as exc:  # noqa: BLE001 - a cloud may be away in every way there is, and comes back
                # An endpoint may have moved, a password may have been changed.
                self._truth = None
                failures += 1
                if not self._away:
                    self._tell({"away": failure(exc)["msg"]})
                self._away = True
            self._wait(min(2.0 ** (min(failures, 10) - 1), LONGEST_BACK_OFF) if failures else float(self._settings["reconcile"]))

    def _look(self) -> None:
        if self._truth is None:
            params = {"cloud": self._settings["cloud"], "region_name": self._settings["region_name"], "api_timeout": CALL_SECONDS}
            given = (self._settings["policy"], self._settings["policies"], self._settings["defaults"])
            self._truth = Truth(connect(params), *given)
        targets, unusable = self._truth.targets()
        targets = [{**target, "generation": self._began} for target in targets]
        self._away = False
        said = {"targets": targets, "unusable": unusable}
        self._tell({"same": True} if said == self._said else said)
        self._said = said

    def _wait(self, seconds: float) -> None:
        """Wait so long, or until somebody asks; what was asked meanwhile is answered by one look."""
        try:
            self.asked.get(timeout=seconds)
            while True:
                self.asked.get_nowait()
        except queue.Empty:
            pass


def begin(settings: dict[str, t.Any], tell: lines.Tell) -> lines.Hear:
    """Keep telling from now on."""
    reader = Reader(settings, tell)
    threading.Thread(target=reader.run, name="targets", daemon=True).start()
    return lambda _asked: reader.asked.put(True)


if __name__ == "__main__":
    lines.converse("targets", logging.WARNING, begin)
