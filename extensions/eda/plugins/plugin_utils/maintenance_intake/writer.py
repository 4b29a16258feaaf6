# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One thread that writes: all that is asked of it meanwhile shares one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from .log import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .database import Database

    Work = Callable[[sa.Connection, float, Sequence[Any]], Sequence[Any]]

A = TypeVar("A")
R = TypeVar("R")

MAX_GROUP = 500
# Once there is a crowd a group waits as long as others join it within such a time, because statements cost the same for many as
# for one, and is bounded.
GATHER, LONGEST_GATHER = 0.002, 0.02


class JournalUnavailable(Exception):
    """The database did not take it; nothing of it has happened."""


class JournalBroken(JournalUnavailable):
    """The database cannot be used any more."""


class Writer:
    """Runs functions of (connection, time, arguments) in transactions; a result is out only after the commit."""

    def __init__(self, database: Database) -> None:
        """Start the thread."""
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._asked: queue.SimpleQueue[tuple[Work, Any, asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="maintenance journal", daemon=True)
        self.is_well = True
        self._thread.start()

    async def do(self, work: Callable[[sa.Connection, float, Sequence[A]], Sequence[R]], argument: A) -> R:
        """Run a function, which gets the arguments of all who ask for it at the same time, and answers each.

        JournalUnavailable when the database refused, JournalBroken when it cannot be used any more.
        """
        future: asyncio.Future[R] = self._loop.create_future()
        self._asked.put((work, argument, future))
        return await future

    async def close(self) -> None:
        """Do what has been asked, and end."""
        self._asked.put(None)
        await asyncio.to_thread(self._thread.join)
        self._database.close()

    def _run(self) -> None:
        crowded = False
        while (first := self._asked.get()) is not None:
            if crowded:
                self._gather()
            group = [first]
            ends = False
            while len(group) < MAX_GROUP:
                try:
                    more = self._asked.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    ends = True
                    break
                group.append(more)
            crowded = len(group) > 1
            results = self._commit(group)
            with contextlib.suppress(RuntimeError):  # the loop has ended, nobody waits
                self._loop.call_soon_threadsafe(_answer, results)
            if ends:
                return

    def _gather(self) -> None:
        end = time.monotonic() + LONGEST_GATHER
        waiting = -1
        while waiting < self._asked.qsize() < MAX_GROUP and time.monotonic() < end:
            waiting = self._asked.qsize()
            time.sleep(GATHER)

    def _commit(self, group: list[tuple[Work, Any, asyncio.Future[Any]]]) -> list[tuple[asyncio.Future[Any], Any]]:
        works: dict[Work, list[tuple[Any, asyncio.Future[Any]]]] = {}
        for work, argument, future in group:
            works.setdefault(work, []).append((argument, future))
        answers: list[tuple[asyncio.Future[Any], Any]] = []
        try:
            with self._database.transaction() as (connection, now):
                for work, asked in works.items():
                    results = work(connection, now, [argument for argument, _future in asked])
                    answers += [(future, result) for (_argument, future), result in zip(asked, results, strict=True)]
        except Exception as exc:  # noqa: BLE001 - whoever asked hears of it; the thread has to go on
            failure = _failure(exc)
            if len(group) > 1 and not isinstance(failure, JournalUnavailable):
                # One of them is the reason, and the others need not suffer for it.
                return [answer for one in group for answer in self._commit([one])]
            self.is_well = not isinstance(failure, JournalUnavailable)
            logger.error("The journal took nothing of %d requests: %s", len(group), failure)
            return [(future, failure) for _work, _argument, future in group]
        self.is_well = True
        return answers


def _failure(exc: Exception) -> Exception:
    words = (str(getattr(exc, "orig", None) or exc).strip() or type(exc).__name__).splitlines()[0]
    if isinstance(exc, (sa.exc.OperationalError, sa.exc.IntegrityError, sa.exc.InterfaceError)):
        return JournalUnavailable(words)
    if exc.__class__ is sa.exc.DatabaseError:  # its subclasses say what was wrong with one statement
        return JournalBroken(words)
    return exc


def _answer(results: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in results:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
