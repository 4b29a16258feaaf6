# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process beside the source: started, asked, listened to, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import accepting, asking, messages, reconciling
from .errors import ArgumentError
from .log import logger
from .writer import JournalUnavailable, Writer

if TYPE_CHECKING:
    from types import ModuleType

    from .arguments import Arguments
    from .counters import Counters
    from .dispatcher import Dispatcher

COMMAND = (sys.executable, "-m", "ansible_collections.nfv.maintenance.plugins.plugin_utils.answering")
# Seconds in which it has to have decided. Its replies take three more at most; if nothing is heard then, it is ended.
WITHIN = 2.0
LIMIT = 8.0
# It is ended before the rulebook gets what it had.
MARGIN = 2.0
STARTING = 10.0
LONGEST_BACK_OFF = 60.0
LONGEST_LINE = 64 * 1024 * 1024


class Stuck(Exception):
    """It says nothing any more."""


class Answering:
    """Has the process answer what it can, before the dispatcher hands it on."""

    def __init__(
        self, args: Arguments, writer: Writer, dispatcher: Dispatcher, counters: Counters, *, event_filter: ModuleType,
        room: accepting.Room,
    ) -> None:  # fmt: skip
        """Find the collection that it is a part of; ArgumentError when it cannot be imported."""
        self._args = args
        self._writer = writer
        self._dispatcher = dispatcher
        self._counters = counters
        self._filter = event_filter
        self._room = room
        self._path = str(import_root(Path(__file__)))
        self._changed = asyncio.Event()
        self._ready = False
        self._was_ready = False
        self._began = 0.0
        self._process: asyncio.subprocess.Process | None = None
        self._asked: dict[str, float] = {}
        self._turn: asyncio.TimerHandle | None = None
        self._asking = asking.Asking(args.listener, WITHIN, LIMIT + MARGIN)

    @property
    def patience(self) -> float:
        """The seconds that a new delivery waits for its turn to be asked; none when nobody would ask."""
        starting = self._process is not None and time.monotonic() - self._began < STARTING
        return WITHIN if self._args.answer and (self._ready or starting) else 0.0

    def announce(self) -> None:
        """Say that the journal has one more; the dispatcher looks at it when its patience is over, whatever the process does."""
        self._changed.set()
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_later(self.patience, self._have_looked)

    def _have_looked(self) -> None:
        # It sees then when the turn of those comes that were announced meanwhile.
        self._turn = None
        self._dispatcher.wake()

    async def run(self) -> None:
        """Keep the process running until cancelled."""
        failures = 0
        with contextlib.suppress(JournalUnavailable):
            await self._writer.do(asking.begin, self._asking)
        while True:
            try:
                await self._attend()
                reason = "it ended"
            except Exception as exc:  # noqa: BLE001 - without it everything goes to the rulebook, as before there was such a process
                reason = str(exc) or type(exc).__name__
            # One that was of use is missed: it also looks for what no alarm told of.
            failures = 1 if self._was_ready else failures + 1
            # The power of a number that only grows is an error one day.
            pause = min(2.0 ** min(failures - 1, 10), LONGEST_BACK_OFF)
            logger.error("The process that answers is started again in %g s: %s", pause, reason)
            await asyncio.sleep(pause)

    async def _attend(self) -> None:
        """Run one process to its end."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [self._path, os.environ.get("PYTHONPATH")]))}
        self._began, self._was_ready = time.monotonic(), False
        process = self._process = await asyncio.create_subprocess_exec(
            *COMMAND, env=environment, limit=LONGEST_LINE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            await self._say({"settings": self._settings})
            parts = [asyncio.ensure_future(part) for part in (self._listen(process), self._ask(), self._time())]
            try:
                finished, _rest = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                for part in finished:
                    part.result()
            finally:
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
        finally:
            self._ready, self._process = False, None
            # Ended before the rulebook gets what it had: nothing is answered twice.
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await self._give_up()

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "cloud": self._args.cloud,
            "region_name": self._args.region_name,
            "policies": self._args.policies,
            "policy_file": self._args.policy_file,
            "reconcile": self._args.reconcile,
        }

    async def _say(self, said: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            raise Stuck("it is not running")
        self._process.stdin.write(json.dumps(said, separators=(",", ":")).encode() + b"\n")
        try:
            async with asyncio.timeout(LIMIT):
                await self._process.stdin.drain()
        except TimeoutError:
            raise Stuck("it does not listen") from None

    async def _ask(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if not self._ready:
                continue
            with contextlib.suppress(JournalUnavailable):
                questions, left = await self._writer.do(asking.take, self._asking)
                if left:
                    self._dispatcher.wake()
                if len(questions) + left == asking.MOST:
                    self._changed.set()
                until = time.monotonic() + LIMIT
                self._asked |= dict.fromkeys((question.id for question in questions), until)
                if questions:
                    await self._say({"answer": [_question(one) for one in questions], "within": WITHIN})

    async def _time(self) -> None:
        """End with Stuck when something was not answered in time."""
        while True:
            await asyncio.sleep(0.5)
            if any(until < time.monotonic() for until in self._asked.values()):
                raise Stuck(f"nothing was heard about a delivery for {LIMIT:g} s")

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            raise Stuck("it has no output")
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "outcomes" in said:
                await self._settle(said["outcomes"])
            elif "pending" in said:
                await self._make_up(said["pending"])
            elif "ready" in said:
                logger.info("Messages are answered through %s", said["ready"])
                self._ready = self._was_ready = True
                self._changed.set()
            elif "away" in said:
                logger.warning("No message is answered by the source itself: %s", said["away"])
                self._ready = False
                self._began = -STARTING
                self._dispatcher.wake()

    async def _settle(self, said: list[dict[str, Any]]) -> None:
        outcomes = []
        for one in said:
            if self._asked.pop(one["id"], None) is not None:
                is_over = one["outcome"] != "work"
                outcomes.append(asking.Outcome(one["id"], self._args.listener, is_over, str(one["text"])[:1000]))
                self._counters.add("answered_total", label=f'outcome="{one["outcome"]}"')
                level = logger.warning if one["outcome"] == "dropped" else logger.info
                level("Delivery %s is %s: %s", one["id"], one["outcome"], one["text"])
        try:
            await asyncio.gather(*(self._writer.do(asking.settle, outcome) for outcome in outcomes))
        except JournalUnavailable:
            logger.warning("The journal did not take what was answered; the rulebook will find it answered")
            self._dispatcher.wake()
        if not all(outcome.is_over for outcome in outcomes):
            self._dispatcher.wake()

    async def _make_up(self, notifications: list[dict[str, Any]]) -> None:
        for notification in notifications:
            try:
                incoming, is_certain = messages.made_up(self._filter, notification)
            except self._filter.Unusable as exc:
                logger.warning("A message that waits cannot be used: %s", exc)
                continue
            room = self._room._replace(patience=self.patience)
            waits = reconciling.Waits(incoming, room, is_certain, self._args.confirm)
            with contextlib.suppress(JournalUnavailable):
                if await self._writer.do(reconciling.make_up, waits):
                    about = (incoming.state, incoming.session_id)
                    logger.warning("%s of session %s waits for a reply, and no alarm told of it", *about)
                    self._counters.add("made_up_total")
                    self._dispatcher.wake()
                    self.announce()

    async def _give_up(self) -> None:
        """Have the rulebook get what was asked and not answered, also what was taken to be asked when the process ended."""
        self._asked = {}
        with contextlib.suppress(JournalUnavailable):
            await self._writer.do(asking.give_up, self._asking)
        self._dispatcher.wake()


def _question(question: asking.Question) -> dict[str, Any]:
    return {"id": question.id, "hint": {**json.loads(question.message), "vnf_ids": json.loads(question.vnf_ids)}}


def import_root(here: Path) -> Path:
    """Return the folder from which the collection that this file is a part of can be imported."""
    collection = here.resolve().parents[5]
    for parent in (collection, *here.absolute().parents):
        if parent.parts[-3:] == ("ansible_collections", "nfv", "maintenance"):
            return parent.parents[2]
    configured = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "~/.ansible/collections:/usr/share/ansible/collections").split(":")
    for root in (Path(entry).expanduser() for entry in (*sys.path, *configured) if entry):
        found = root / "ansible_collections" / "nfv" / "maintenance"
        if found.exists() and found.samefile(collection):
            return root
    raise ArgumentError(
        f"cloud is given, and the collection nfv.maintenance, which this source at {collection} belongs to, cannot be imported; "
        "install it below ansible_collections in a folder of ANSIBLE_COLLECTIONS_PATH"
    )
