# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an event source as ansible-rulebook would, without anything behind it: ``python -m bench.source_alone FILE ARGUMENTS``."""

from __future__ import annotations

import asyncio
import json
import runpy
import sys


async def main(path: str, args: dict[str, object]) -> None:
    """Take what the source hands on, and forget it."""
    queue: asyncio.Queue[object] = asyncio.Queue(maxsize=1)
    source = asyncio.ensure_future(runpy.run_path(path)["main"](queue, args))
    while not source.done():
        taking = asyncio.ensure_future(queue.get())
        await asyncio.wait([taking, source], return_when=asyncio.FIRST_COMPLETED)
    source.result()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
