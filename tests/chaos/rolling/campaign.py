# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many runs of random trouble, a few at a time; what is not as promised is told with the seed that replays it."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .clouds import Trouble
from .nursery import Nursery
from .seeds import Seeds
from .trial import Ended, Trial

Draw = t.Callable[[int], Trouble]


class Campaign(Seeds):
    """Runs and their results.

    :param again: whether the same command follows a run that stopped, after what went wrong was mended; it counts as a run.
    :ivar runs: whole runs of the playbook so far.
    :ivar complete: how many of them ended complete; the others stopped.
    """

    def __init__(self, folder: Path, nursery: Nursery, draw: Draw, replay: str, *, again: bool = True) -> None:
        super().__init__(folder, nursery, replay)
        self.draw, self.again = draw, again
        self.runs = self.complete = 0

    def go(self, seed: int, runs: int, at_once: int) -> None:
        """Draw from ``seed`` on until there were so many runs."""
        took = self.take(seed, min(at_once, runs), lambda: self.runs >= runs, self._one)
        print(f"{self.runs} runs, {self.complete} complete, {self.runs - self.complete} stopped with a reason, {took}")  # noqa: T201

    def _one(self, seed: int) -> None:
        trouble = self.draw(seed)
        told = trouble.told()
        found = self.lives(seed, lambda: self._live(self.folder / str(seed), trouble))
        self.tell(seed, told, [], found)

    def _live(self, folder: Path, trouble: Trouble) -> list[str]:
        harmless = trouble.harmless
        with Trial(folder, self.nursery, trouble) as trial:
            trial.go_wrong()
            ended = trial.finish(trial.start())
            found = self._judged(trial, ended, must_complete=harmless)
            if self.again and not ended.complete and not found:
                trial.mend()
                again = trial.finish(trial.start())
                found += [f"again: {one}" for one in self._judged(trial, again, must_complete=True)]
        return found

    def _judged(self, trial: Trial, ended: Ended, must_complete: bool) -> list[str]:
        found = trial.complaints(ended)
        if must_complete and not ended.complete and not ended.full:
            found.append(f"nothing was wrong any more, and yet it stopped: {ended.reasons}")
        with self.lock:
            self.runs += 1
            self.complete += ended.complete
        return found
