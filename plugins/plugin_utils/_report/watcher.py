# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows a session and shows in the last lines of a terminal how far it is: a program of its own (private to this collection).

What a run prints goes on above; the terminal keeps the last lines out of its scrolling. Being a process of its own it looks while
tasks run, and gives the lines back whatever has become of the run: it ends when its standard input does.

Input, one JSON object a line: first ``root`` (the folder of ``ansible_collections``), ``params`` (options of the connection),
``session_id`` and ``every`` (seconds between two looks); later ``number`` and ``waves`` of the wave that begins.
"""

from __future__ import annotations

import datetime
import json
import os
import select
import signal
import sys
import typing as t

Dict = dict[str, t.Any]

_MAX_LINE = 64 * 1024


class Screen:
    """The last lines of a terminal."""

    def __init__(self, output: int, height: int) -> None:
        """Write to a terminal; nothing is taken of it yet."""
        self._output = output
        self._height = height
        self._size: os.terminal_size | None = None

    def draw(self, make: t.Callable[[int], t.Sequence[str]]) -> None:
        """Show lines, each made for the width of the terminal as it is now."""
        size = os.get_terminal_size(self._output)
        if size.lines < self._height * 3:
            return
        parts = [] if size == self._size else [self._take(size)]
        self._size = size
        parts.append("\0337")
        for index, line in enumerate(make(size.columns)):
            parts.append(f"\033[{size.lines - self._height + index + 1};1H\033[2K{line}")
        parts.append("\0338")
        self._write("".join(parts))

    def give_back(self) -> None:
        """Let the whole terminal scroll again, with the lines cleared."""
        if self._size is None:
            return
        clear = "".join(f"\033[{self._size.lines - index};1H\033[2K" for index in range(self._height))
        self._write(f"\0337{clear}\033[r\0338")
        self._size = None

    def _take(self, size: os.terminal_size) -> str:
        """Push up what stands in the last lines, and keep them out of the scrolling."""
        return "\n" * self._height + f"\033[{self._height}A\0337\033[1;{size.lines - self._height}r\0338"

    def _write(self, text: str) -> None:
        # In one piece, so that what the run prints at the same time does not come between.
        os.write(self._output, text.encode("utf-8", "replace"))


def follow(source: t.Any, look: t.Callable[[], Dict | None], show: t.Callable[[Dict, Dict], None], every: float) -> None:
    """Look and show until the source ends.

    :param source: lines that tell which wave has begun; has a file number.
    :param look: the session as it is, None where that cannot be read at present.
    """
    wave: Dict = {}
    while True:
        session = look()
        if session is not None:
            show(session, wave)
        ready, _writable, _broken = select.select([source], [], [], every)
        if ready:
            line = source.readline(_MAX_LINE)
            if not line:
                return
            wave = json.loads(line)


def main() -> None:
    """Entry point."""
    # Ctrl-C is meant for the run; its end is heard.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    source = os.fdopen(0, "rb", buffering=0)
    task = json.loads(source.readline(_MAX_LINE))
    sys.path.insert(0, task["root"])
    from ansible_collections.nfv.maintenance.plugins.module_utils import _module, _sdk  # noqa: PLC0415
    from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.conversation import project_names  # noqa: PLC0415
    from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance  # noqa: PLC0415
    from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import live  # noqa: PLC0415

    screen = Screen(1, live.HEIGHT)
    cloud = _sdk.connect(task["params"])
    name = project_names(cloud)

    def look() -> Dict | None:
        try:
            session: Dict | None = maintenance(cloud).session_record(task["session_id"])
        except _module.REPORTED:
            return None
        for one in (session or {}).get("waiting_for") or ():
            one["project_name"] = name(one["project_id"])
        return session

    def show(session: Dict, wave: Dict) -> None:
        now = datetime.datetime.now(datetime.UTC)
        screen.draw(lambda width: live.lines(session, wave, now, width))

    try:
        follow(source, look, show, float(task["every"]))
    finally:
        screen.give_back()


if __name__ == "__main__":
    main()
