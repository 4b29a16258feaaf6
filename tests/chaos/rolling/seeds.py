# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One trial for each seed, a few at a time; what is not as promised is told with the seed that replays it."""

from __future__ import annotations

import concurrent.futures
import itertools
import shutil
import threading
import time
import typing as t
from pathlib import Path

from .nursery import Nursery


class Seeds:
    """Trials and what was found in them.

    :param replay: the command that, with ``SEED=`` before it, runs one of them again.
    """

    def __init__(self, folder: Path, nursery: Nursery, replay: str) -> None:
        self.folder, self.nursery, self.replay = folder, nursery, replay
        self.complaints: list[str] = []
        self.lock = threading.Lock()

    def take(self, seed: int, at_once: int, enough: t.Callable[[], bool], one: t.Callable[[int], None]) -> str:
        """Take seeds from ``seed`` on until there was enough; returns what it took, in words."""
        began, before = time.monotonic(), self.nursery.processor_seconds
        seeds = itertools.count(seed)

        def work() -> None:
            while not enough():
                with self.lock:
                    own = next(seeds)
                one(own)

        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            for worker in [pool.submit(work) for _worker in range(at_once)]:
                worker.result()
        used = self.nursery.processor_seconds - before
        return f"{len(self.complaints)} complaints; {used:.0f} s of the processor, {time.monotonic() - began:.0f} s"

    def lives(self, seed: int, live: t.Callable[[], list[str]]) -> list[str]:
        """What is found in one trial; one that breaks is a finding, and the others go on."""
        try:
            found = live()
        except Exception as exc:  # noqa: BLE001 - told with its seed
            found = [f"{type(exc).__name__}: {exc}"]
        with self.lock:
            self.complaints += [f"SEED={seed}: {one}" for one in found]
        return found

    def tell(self, seed: int, told: str, story: list[str], found: list[str]) -> None:
        """Say what was found and how to see it again; the folder of a trial without a finding goes."""
        folder = self.folder / str(seed)
        if not found:
            shutil.rmtree(folder)
            return
        lines = "\n  ".join([*story, *found])
        print(f"\nSEED={seed}: {told}\n  {lines}\n  logs: {folder}\n  replay: SEED={seed} {self.replay}")  # noqa: T201
