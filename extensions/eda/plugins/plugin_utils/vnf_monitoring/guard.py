# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether it is the targets that fail, or this worker."""

from __future__ import annotations

from .log import logger

# Seconds that the engine may be late before it takes itself for one that has been asleep.
ASLEEP = 0.5


class Guard:
    """Counts who fails, and says when nothing may be concluded.

    It holds while more than ``share`` of the targets that are not down, and at least ``least``, have lost one of their last
    probes; while more than half of the reference targets have lost their last one; and it counts an epoch more whenever that
    ends, or the worker has been asleep. What was lost in an earlier epoch does not count.

    :ivar epoch: probes of an earlier one say nothing when they are lost.
    """

    def __init__(self, share: float, least: int) -> None:
        """Nothing is watched yet; a share of 0 never holds."""
        self._share = share
        self._least = least
        self.epoch = 0
        self.holds = 0
        self.watched = self.suspects = 0
        self.references = self.silent_references = 0
        self._why = ""

    @property
    def is_holding(self) -> bool:
        """Whether nothing may be concluded now."""
        return bool(self._why)

    def look(self) -> None:
        """See after a change of the counts whether it holds."""
        why = self._reason()
        if why and not self._why:
            self.holds += 1
            logger.error("Nothing is concluded while %s; it may be this worker (guard_share, references)", why)
        elif self._why and not why:
            self.epoch += 1
            logger.warning("Findings are concluded from again")
        self._why = why

    def _reason(self) -> str:
        if self.references and self.silent_references * 2 > self.references:
            return f"{self.silent_references} of {self.references} reference targets do not answer"
        if self._share and self.suspects >= self._least and self.suspects > self._share * self.watched:
            return f"{self.suspects} of {self.watched} targets fail at once"
        return ""

    def slept(self, seconds: float) -> None:
        """This worker did not run for so long: what it waited for may have come and gone."""
        self.epoch += 1
        logger.warning("This worker did not run for %.1f s; what it has not heard meanwhile does not count", seconds)
