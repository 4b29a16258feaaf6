# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the event source as ansible-rulebook would, and prints each event as a line of JSON.

python journal_driver.py FILE, where FILE holds the arguments as JSON.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "extensions" / "eda" / "plugins" / "event_source" / "aodh_alarm.py"


async def main(args):
    queue = asyncio.Queue(maxsize=1)
    source = asyncio.ensure_future(runpy.run_path(str(SOURCE))["main"](queue, args))
    while True:
        taking = asyncio.ensure_future(queue.get())
        await asyncio.wait([taking, source], return_when=asyncio.FIRST_COMPLETED)
        if source.done():
            source.result()
            return
        sys.stdout.write(json.dumps(taking.result()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
