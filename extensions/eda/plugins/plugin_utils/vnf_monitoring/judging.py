# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the findings about one target mean: n of the last m, and back only after some in a row. No clock, no I/O."""

from __future__ import annotations

import enum
from typing import NamedTuple

UP, DOWN, DEGRADED, UNKNOWN = "up", "down", "degraded", "unknown"
STATES = (UP, DOWN, DEGRADED, UNKNOWN)


class Outcome(enum.IntEnum):
    """What came of one probe, its repetitions included."""

    ANSWERED = 0
    WEAK = 1  # answered, but not as it should: slow, or with a certificate that is not valid
    LOST = 2
    VOID = 3  # says something about this worker, nothing about the target


class Rule(NamedTuple):
    """When a state changes.

    :ivar losses: so many lost of the last ``window`` probes are down; as many lost or weak ones, one of them weak, are degraded.
    :ivar rise: so many answers in a row end down or degraded.
    :ivar degraded: so many lost of the last ``window`` are degraded; 0 for never.
    """

    losses: int = 3
    window: int = 5
    rise: int = 2
    degraded: int = 0

    def __str__(self) -> str:
        """The rule for down, as an event tells it."""
        return f"{self.losses} of {self.window}"


class Judge:
    """The last findings about one target, and the state that follows from them."""

    __slots__ = ("_back", "_lost", "_mask", "_row", "_weak", "rule", "state")

    def __init__(self, rule: Rule) -> None:
        """Nothing is known."""
        self.rule = rule
        self.state = UNKNOWN
        self._mask = (1 << rule.window) - 1
        self.forget()

    def forget(self) -> None:
        """Forget the findings, not the state."""
        self._lost = self._weak = self._row = self._back = 0

    @property
    def is_suspect(self) -> bool:
        """Whether any of the last probes was lost."""
        return self._lost != 0

    def note(self, outcome: Outcome) -> str:
        """Take a finding in, and return the state that follows; it is the target's only with :meth:`conclude`."""
        if outcome is Outcome.ANSWERED and not self._lost and not self._weak and self.state == UP:
            return UP
        self._lost = (self._lost << 1 | (outcome is Outcome.LOST)) & self._mask
        self._weak = (self._weak << 1 | (outcome is Outcome.WEAK)) & self._mask
        self._row = self._row + 1 if outcome is Outcome.ANSWERED else 0
        self._back = 0 if outcome is Outcome.LOST else self._back + 1
        return self._meaning(outcome)

    def _meaning(self, outcome: Outcome) -> str:
        lost = self._lost.bit_count()
        if self.state == DOWN:
            # One that is weak is back, too, but as such.
            if self._back >= self.rule.rise:
                return UP if self._row >= self.rule.rise else DEGRADED
            return DOWN
        if lost >= self.rule.losses:
            return DOWN
        if self.state == DEGRADED and self._row >= self.rule.rise:
            return UP
        weak = self._weak.bit_count()
        if (weak and weak + lost >= self.rule.losses) or (self.rule.degraded and lost >= self.rule.degraded):
            return DEGRADED
        return UP if outcome is Outcome.ANSWERED and self.state != DEGRADED else self.state

    def conclude(self, state: str) -> None:
        """Take a state for the target's; what it was down for has had its effect when it is no longer."""
        if state == UP or self.state == DOWN:
            self.forget()
        self.state = state
