# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people say about a session while it runs: pause, go on, abort (private to this collection)."""

from __future__ import annotations

import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError

RUNNING = "running"
PAUSED = "paused"
ABORTING = "aborting"
# Seconds for which an answer holds.
_HOLDS = 5.0


class Halted(CollectionError):
    """People do not want the session to go on."""


class Control:
    """Whether a move may begin.

    :ivar halted: set once none may any more.
    """

    def __init__(self, read: t.Callable[[], Record | None] | None, patience: float, progress: t.Callable[[str], None]) -> None:
        """Nothing is called yet.

        :param read: reads the control of the session; None where there is no session, and its answer None where the service knows
            no control, mean that everything runs.
        :param patience: seconds for which the session may pause.
        """
        self.halted: Halted | None = None
        self._read = read
        self._patience = patience
        self._progress = progress
        self._asked: float | None = None
        self._state = RUNNING
        self._since = 0.0

    def holds(self, now: float) -> bool:
        """Whether no move may begin now."""
        if self.halted is None and self._read is not None and (self._asked is None or now >= self._asked + _HOLDS):
            self._asked = now
            self._ask(now)
        if self._state == PAUSED and self.halted is None and now >= self._since + self._patience:
            self.halted = Halted(
                f"The session has been paused for {self._patience:g} s, and nobody said that it should go on. Next: resume it, "
                "and run the same again: what was moved stays moved"
            )
        return self.halted is not None or self._state == PAUSED

    def _ask(self, now: float) -> None:
        try:
            record = self._read() if self._read else None
        except ServiceError as exc:
            # What was said last holds.
            self._progress(str(exc))
            return
        if record is None:
            self._read, self._state = None, RUNNING
            return
        state = str(record.get("state"))
        if state == ABORTING:
            self.halted = Halted(
                f"The session is aborted{_who(record)}: no move is begun any more, and those under way came to their end. Next: "
                "let abort_maintenance.yml give the hosts back; to go on later, run the same again"
            )
        elif state == PAUSED and self._state != PAUSED:
            self._since = now
            self._progress(f"paused{_who(record)}: no move is begun until the session is resumed")
        elif state == RUNNING and self._state == PAUSED:
            self._progress(f"resumed{_who(record)}")
        self._state = state


def _who(record: Record) -> str:
    by = f" by {record['by']}" if record.get("by") else ""
    return by + (f" ({record['reason']})" if record.get("reason") else "")
