# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that go on while their reader listens (server-sent events): few at a time, and none for long.

Each takes one of the threads that serve requests, so they leave most of these to everybody else, and whoever finds no place asks
from time to time instead. None lasts long: the reader comes again, and its token is looked at again then.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import typing as t

from .errors import ApiError

Json = dict[str, t.Any]

LIFETIME = 60.0
# A line that means nothing shows to a reader, and to proxies, that the other end is there.
ALIVE_EVERY = 5.0
# A commit of another process of the service is seen after this.
LOOK_EVERY = 2.0
_LEAST_PAUSE = 0.5
# What is drawn from the database is not drawn more than a tenth of the time.
_SHARE = 9


class Streams:
    """The places for streams, and the news that something was written."""

    def __init__(self, most: int) -> None:
        """Have so many places."""
        self._places = threading.BoundedSemaphore(most) if most > 0 else None
        self._news = threading.Condition()
        self._number = 0
        self._closed = False

    def written(self) -> None:
        """Something was committed."""
        with self._news:
            self._number += 1
            self._news.notify_all()

    def close(self) -> None:
        """End all streams."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def take(self) -> bool:
        """Whether there was a place left; it has to be given back."""
        return self._places is not None and self._places.acquire(blocking=False)

    def give_back(self) -> None:
        """Leave a place."""
        if self._places is not None:
            self._places.release()

    def _wait(self, known: int, seconds: float) -> int:
        """Wait for news, but not longer than this; returns the number of the last."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._number != known, seconds)
            return self._number

    def follow(self, mark: t.Callable[[], t.Any], make: t.Callable[[], Json], lifetime: float = LIFETIME) -> t.Iterator[str]:
        """Yield what is to be sent: at once what there is, then whatever it has become.

        :param mark: something that is another one whenever ``make`` would make something else.
        :param make: the body of an event.
        """
        end = time.monotonic() + lifetime
        sent: t.Any = self
        alive = 0.0
        number = self._number
        while time.monotonic() < end and not self._closed:
            pause = LOOK_EVERY
            present = mark()
            if present != sent:
                begun = time.monotonic()
                try:
                    body = json.dumps(make())
                except ApiError:
                    # It was deleted, or concerns the reader no more.
                    return
                pause = max(_LEAST_PAUSE, _SHARE * (time.monotonic() - begun))
                sent = present
                alive = time.monotonic()
                yield f"event: report\ndata: {body}\n\n"
                # What is written meanwhile goes out together.
                self._sleep(pause)
                continue
            if time.monotonic() - alive >= ALIVE_EVERY:
                alive = time.monotonic()
                yield ": here\n\n"
            number = self._wait(number, pause)

    def _sleep(self, seconds: float) -> None:
        with self._news:
            self._news.wait_for(lambda: self._closed, seconds)


class Stream:
    """The body of an answer; a WSGI server closes it, whatever becomes of the reader."""

    def __init__(self, lines: t.Iterator[str], streams: Streams) -> None:
        """Have taken a place."""
        self._lines = lines
        self._streams = streams
        self._open = True

    def __iter__(self) -> t.Iterator[bytes]:
        """Yield what is to be sent."""
        for line in self._lines:
            yield line.encode()

    def close(self) -> None:
        """Leave the place; a second time is nothing."""
        if self._open:
            self._open = False
            with contextlib.suppress(RuntimeError, ValueError):
                t.cast("t.Generator[str, None, None]", self._lines).close()
            self._streams.give_back()
