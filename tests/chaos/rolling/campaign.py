# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many runs of random trouble, a few at a time; what is not as promised is told with the seed that replays it."""

from __future__ import annotations

import concurrent.futures
import shutil
import threading
import time
import typing as t
from pathlib import Path

from .clouds import Trouble
from .nursery import Nursery
from .trial import Ended, Trial

Draw = t.Callable[[int], Trouble]


class Campaign:
    """Runs and their results.

    :param again: whether the same command follows a run that stopped, after what went wrong was mended; it counts as a run.
    :ivar runs: whole runs of the playbook so far.
    :ivar complete: how many of them ended complete; the others stopped.
    """

    def __init__(self, folder: Path, nursery: Nursery, draw: Draw, replay: str, *, again: bool = True) -> None:
        self.folder, self.nursery, self.draw, self.replay, self.again = folder, nursery, draw, replay, again
        self.runs = self.complete = 0
        self.complaints: list[str] = []
        self._lock = threading.Lock()

    def go(self, seed: int, runs: int, at_once: int) -> None:
        """Draw from ``seed`` on until there were so many runs."""
        began, before = time.monotonic(), self.nursery.processor_seconds
        seeds = iter(range(seed, seed + runs))

        def work() -> None:
            while self.runs < runs:
                with self._lock:
                    own = next(seeds, None)
                if own is None:
                    return
                self._one(own)

        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            for one in [pool.submit(work) for _worker in range(at_once)]:
                one.result()
        used = self.nursery.processor_seconds - before
        print(  # noqa: T201
            f"{self.runs} runs, {self.complete} complete, {self.runs - self.complete} stopped with a reason, "
            f"{len(self.complaints)} complaints; {used:.0f} s of the processor, {time.monotonic() - began:.0f} s"
        )

    def _one(self, seed: int) -> None:
        trouble = self.draw(seed)
        told = trouble.told()
        folder = self.folder / str(seed)
        try:
            found = self._live(folder, trouble)
        except Exception as exc:  # noqa: BLE001 - the others go on; this one is told with its seed
            found = [f"{type(exc).__name__}: {exc}"]
        if not found:
            shutil.rmtree(folder)
            return
        with self._lock:
            self.complaints += [f"SEED={seed}: {one}" for one in found]
        print(f"\nSEED={seed}: {told}\n  " + "\n  ".join(found) + f"\n  logs: {folder}\n  replay: SEED={seed} {self.replay}")  # noqa: T201

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
        with self._lock:
            self.runs += 1
            self.complete += ended.complete
        return found
