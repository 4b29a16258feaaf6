# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the source and the process say to each other, one JSON object a line.

The source, first: ``{"settings": {...}}``, see :class:`.settings.Settings`. Then
``{"answer": [{"id": delivery, "hint": {...}}], "within": seconds}``.

The process: ``{"ready": {"project_id", "endpoint"}}`` once it can answer, ``{"away": reason}`` when it no longer can;
``{"outcomes": [{"id", "outcome", "text"}]}``, one for each delivery, where outcome is ``done``, ``dropped`` or ``work``;
``{"pending": [notification]}``, what waits for a reply of the project, each as it could have been on the bus.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import typing as t

from ...module_utils._sdk import IMPORT_ERROR

EXIT_UNREADABLE = 2

# More than the source hands on at a time.
LONGEST = 64 * 1024 * 1024

DONE, DROPPED, WORK = "done", "dropped", "work"

Tell = t.Callable[[dict[str, t.Any]], None]
Hear = t.Callable[[dict[str, t.Any]], None]


class Unreadable(Exception):
    """A line that is not a JSON object, or too long: the other side is not who it should be."""


def heard(stream: t.BinaryIO) -> t.Iterator[dict[str, t.Any]]:
    """What is said, until the other side ends."""
    while line := stream.readline(LONGEST):
        try:
            said = json.loads(line)
        except ValueError as exc:
            raise Unreadable("a line that is not JSON") from exc
        if not isinstance(said, dict):
            raise Unreadable("a line that is not an object")
        yield said


class Voice:
    """Says lines; from any thread."""

    def __init__(self, stream: t.BinaryIO) -> None:
        """Write to a stream that nobody else writes to."""
        self._stream = stream
        self._lock = threading.Lock()

    def tell(self, said: dict[str, t.Any]) -> None:
        """Say one line, at once."""
        line = json.dumps(said, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def outcome(delivery: str, what: str, text: str) -> dict[str, t.Any]:
    """What became of one delivery."""
    return {"id": delivery, "outcome": what, "text": text}


def converse(name: str, level: int, begin: t.Callable[[dict[str, t.Any], Tell], Hear]) -> t.NoReturn:
    """Be a process beside an event source: talk with whoever started it, and end with it.

    :param name: what it is called where it complains.
    :param level: of what it logs, to the standard error.
    :param begin: takes the settings that are said first, and how to tell; what it returns hears all else that is said.
    """
    logging.basicConfig(level=level, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s", stream=sys.stderr)
    # A terminal interrupts the whole group; this one ends when the source does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing that a library prints may get between the lines.
    voice = Voice(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    status = 0
    try:
        _talk(heard(sys.stdin.buffer), voice.tell, begin)
    except Unreadable as exc:
        sys.stderr.write(f"{name}: {exc}\n")
        status = EXIT_UNREADABLE
    # Calls that hang in threads are of no use to anybody any more.
    os._exit(status)


def _talk(said: t.Iterator[dict[str, t.Any]], tell: Tell, begin: t.Callable[[dict[str, t.Any], Tell], Hear]) -> None:
    first = next(said, None)
    if first is None:
        return
    if IMPORT_ERROR is not None:
        tell({"away": f"the Python library openstacksdk is missing ({IMPORT_ERROR})"})
        return
    hear = begin(first["settings"], tell)
    for one in said:
        hear(one)
