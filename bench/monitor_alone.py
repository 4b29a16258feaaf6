# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One worker of the event source vnf_monitor alone in this process: prints what it does in some seconds, as JSON.

``{"args": {...}, "seconds": 10}`` comes on standard input.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import resource
import runpy
import sys
import time
import typing as t

from lab.products import ROOT

SOURCE = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "vnf_monitor.py"
# Seconds in which everything is probed once before anything is counted.
WARM = 3.0


def part(name: str) -> t.Any:
    """A part of the event source."""
    runpy.run_path(str(SOURCE))
    return importlib.import_module(f"nfv_vnf_monitoring.{name}")


async def measure(args: dict[str, t.Any], seconds: float) -> dict[str, t.Any]:
    """Probe for so long; probes a second, the share of a core, the peak of memory in MB, and what went wrong."""
    queue: asyncio.Queue[t.Any] = asyncio.Queue()
    source = part("source").Source(part("arguments").check_arguments(args))
    task = asyncio.ensure_future(source.run(queue))
    await asyncio.sleep(WARM)
    engine = source.engine
    before, missed, engine.latest = list(engine.outcomes), engine.missed, 0.0
    processor, began = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    processor, lasted = time.process_time() - processor, time.monotonic() - began
    counts = [after - first for after, first in zip(engine.outcomes, before, strict=True)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return {
        "answered": counts[0],
        "others": sum(counts[1:]),
        "rate": counts[0] / lasted,
        "rate_of_a_core": counts[0] / processor,
        "core": processor / lasted,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "missed": engine.missed - missed,
        "late": engine.latest,
    }


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(asyncio.run(measure(given["args"], given["seconds"]))))
