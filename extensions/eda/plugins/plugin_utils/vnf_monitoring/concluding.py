# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From findings to states: what is taken for a target's state, and told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .judging import DOWN, UP, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from .guard import Guard
    from .watched import Watched

    Report = Callable[[Watched, str, str], None]


class Conclusions:
    """Notes findings with the judge of each target and with the guard of all."""

    def __init__(self, guard: Guard, report: Report, remind: float) -> None:
        """Nothing is found yet.

        :param report: hears of each change (``state_change``), with the state before, after it has been taken for the target's,
            and of what is still down (``reminder``).
        :param remind: seconds between reminders; 0 for none.
        """
        self._guard = guard
        self._report = report
        self._remind = remind

    def note(self, watched: Watched, outcome: Outcome, now: float) -> None:
        """Take in what a probe came to, which is not void."""
        if watched.is_reference:
            self._note_reference(watched, outcome)
        else:
            self._note(watched, outcome, now)

    def leave(self, watched: Watched) -> None:
        """Count a target no more."""
        self._guard.suspects -= watched.suspect
        self._guard.silent_references -= watched.silent

    def _note_reference(self, watched: Watched, outcome: Outcome) -> None:
        silent = outcome is Outcome.LOST
        if silent != watched.silent:
            watched.silent = silent
            self._guard.silent_references += 1 if silent else -1
            self._guard.look()

    def _note(self, watched: Watched, outcome: Outcome, now: float) -> None:
        judge, guard = watched.judge, self._guard
        if watched.noted_epoch != guard.epoch:
            watched.noted_epoch = guard.epoch
            judge.forget()
        if outcome is Outcome.LOST and judge.state not in (UP, DOWN) and now < watched.first_seen + watched.target.how.grace:
            return
        before, state = judge.state, judge.note(outcome)
        self._count(watched)
        if state != before and (state == UP or not guard.is_holding):
            judge.conclude(state)
            guard.watched += (before == DOWN) - (state == DOWN)
            self._count(watched)
            watched.since, watched.reminded = time.time(), now
            self._report(watched, "state_change", before)
        elif state == before == DOWN and not guard.is_holding and 0 < self._remind <= now - watched.reminded:
            watched.reminded = now
            self._report(watched, "reminder", before)

    def _count(self, watched: Watched) -> None:
        suspect = watched.judge.is_suspect and watched.judge.state != DOWN
        if suspect != watched.suspect:
            watched.suspect = suspect
            self._guard.suspects += 1 if suspect else -1
            self._guard.look()
