# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How soon it is worth while to look again (private to this collection)."""

from __future__ import annotations

import statistics
import typing as t

_FIRST = 0.1
_GROWTH = 1.5
# The pause is this part of what a move takes here: seconds are lost in proportion, and large guests cost no more calls than small
# ones. While no move has shown what it takes, the pause goes by the longest that is under way, within these bounds.
_SHARE = 0.125
_UNKNOWN = (1.0, 2.0)
# By so much longer than others a move may take before something may be wrong with it.
_OVERDUE = 1.5


class Pace:
    """Pauses that begin short and grow to what moves take."""

    def __init__(self, longest: float) -> None:
        """No move is over.

        :param longest: seconds, beyond which no pause goes.
        """
        self._longest = longest
        self._ramp = _FIRST
        self._seconds: list[float] = []

    @property
    def between_tries(self) -> float:
        """Seconds between two calls of a service that is away."""
        return min(_UNKNOWN[0], self._longest)

    def took(self, seconds: float) -> None:
        """A move took so long."""
        self._seconds.append(seconds)

    def begin(self) -> None:
        """A move is begun: what moves take here is not known before the first is over."""
        if not self._seconds:
            self._ramp = _FIRST

    def hurry(self) -> None:
        """Something is soon done."""
        self._ramp = _FIRST

    def pause(self, ages: t.Sequence[float], due: t.Sequence[float]) -> float:
        """Seconds to the next look.

        :param ages: for how long each move has been under way.
        :param due: in how many seconds another one may begin.
        """
        if self._seconds:
            steady = max(_FIRST, _SHARE * statistics.median(self._seconds))
        else:
            steady = min(max([_UNKNOWN[0], *(_SHARE * age for age in ages)]), _UNKNOWN[1])
        pause = min(self._ramp, steady, self._longest)
        self._ramp = min(self._ramp * _GROWTH, self._longest)
        return max(min([pause, *(one for one in due if one > 0)]), _FIRST / 10)

    def overdue(self, ages: t.Sequence[float]) -> bool:
        """Whether a move takes longer than others, or nobody knows how long they take."""
        return not self._seconds or max(ages, default=0.0) > _OVERDUE * statistics.median(self._seconds)
