# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed again and again, and what has to be true at their end."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

from lab.processes import Child, signal_family

from .clouds import PREFIX, Trouble, draw
from .nursery import Nursery
from .seeds import Seeds
from .trial import Ended, Trial

# Kills of one session; then it may live, so that each session has an end.
MOST_KILLS = 5
LONGEST_LIFE = 5.0
# How often the command is given after the last kill. The second time what the kill left is put right.
MOST_ENDS = 3
LEASE = 5
VICTIMS = ("playbook", "playbook and all its children", "session API", "both")


class Deaths(Seeds):
    """Sessions and their kills.

    :ivar kills: so far, of whatever.
    """

    def __init__(self, folder: Path, nursery: Nursery, replay: str, most_hosts: int = 4) -> None:
        super().__init__(folder, nursery, replay)
        self.most_hosts = most_hosts
        self.kills = self.sessions = self.runs = 0

    def go(self, seed: int, kills: int, at_once: int) -> None:
        """Take seeds from ``seed`` on until there were so many kills."""
        took = self.take(seed, at_once, lambda: self.kills >= kills, self._one)
        print(f"{self.kills} kills in {self.sessions} sessions, {self.runs} starts, {took}")  # noqa: T201

    def _one(self, seed: int) -> None:
        trouble = draw(seed, most_hosts=self.most_hosts, most_targets=2, least_free=1, trouble=False)
        trouble.variables[f"{PREFIX}lease_ttl"] = LEASE
        life = Life(self.folder / str(seed), self.nursery, trouble)
        found = self.lives(seed, life.live)
        with self.lock:
            self.sessions += 1
            self.kills += len(life.killed)
            self.runs += life.starts
        self.tell(seed, trouble.told(), life.killed, found)


class Life:
    """One session with its kills.

    :ivar killed: what was killed, and when.
    :ivar starts: how often the command was given.
    """

    def __init__(self, folder: Path, nursery: Nursery, trouble: Trouble) -> None:
        self.folder, self.nursery, self.trouble = folder, nursery, trouble
        self.killed: list[str] = []
        self.starts = 0
        # On these the work may have been cut off, so that it has to be done again.
        self._cut_off: Counter[str] = Counter()
        self._chance = random.Random(trouble.seed)  # noqa: S311 - a seed replays it

    def live(self) -> list[str]:
        """Returns what is not as promised."""
        with Trial(self.folder, self.nursery, self.trouble) as trial:
            ended = self._killed_again_and_again(trial)
            tries = 1
            while not ended.complete and tries < MOST_ENDS:
                ended = trial.finish(self._start(trial))
                tries += 1
            found = trial.complaints(ended)
            if not ended.complete:
                found.append(f"not complete after it was given {tries} times without a kill: {ended.reasons}")
            for host, times in trial.worked_on().items():
                if times > 1 + self._cut_off[host]:
                    found.append(f"{host} was worked on {times} times, and cut off {self._cut_off[host]} times")
            found += [f"server {server} moved {times} times" for server, times in trial.moves().items() if times > 2]
            return found

    def _start(self, trial: Trial) -> Child:
        self.starts += 1
        return trial.start()

    def _killed_again_and_again(self, trial: Trial) -> Ended:
        run = self._start(trial)
        while True:
            if len(self.killed) < MOST_KILLS:
                self._lives(run)
            if len(self.killed) == MOST_KILLS or run.process.poll() is not None:
                return trial.finish(run)
            victim = self._chance.choice(VICTIMS)
            self.killed.append(f"{victim} at {len(trial.output(run).splitlines())} lines: {trial.task(run)}")
            if victim in ("session API", "both"):
                trial.stack.processes.kill("session-api")
            if victim != "session API":
                self._kill(run, alone=victim == "playbook")
            if victim in ("session API", "both"):
                time.sleep(self._chance.uniform(0, 1))
                trial.stack.start_session_api()
            if victim != "session API":
                self._cut_off.update(trial.in_maintenance())
                run = self._start(trial)

    def _lives(self, run: Child) -> None:
        end = time.monotonic() + self._chance.uniform(0.2, LONGEST_LIFE)
        while time.monotonic() < end and run.process.poll() is None:
            time.sleep(0.05)

    @staticmethod
    def _kill(run: Child, *, alone: bool) -> None:
        """As ``kill -9`` does it, or as a power cut does."""
        if alone:
            with contextlib.suppress(ProcessLookupError):
                os.kill(run.pid, signal.SIGKILL)
        else:
            signal_family(run.pid, signal.SIGKILL)
        run.process.wait(30)
