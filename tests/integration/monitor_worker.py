# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One worker of the monitor, as a process: its arguments come as JSON, its events go to standard output, one a line."""

from __future__ import annotations

import asyncio
import json
import logging
import runpy
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "extensions" / "eda" / "plugins" / "event_source" / "vnf_monitor.py"


class Printed:
    """A queue whose events are taken at once."""

    async def put(self, event) -> None:
        sys.stdout.write(json.dumps(event["vnf_monitor"]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    asyncio.run(runpy.run_path(str(SOURCE))["main"](Printed(), json.loads(sys.argv[1])))
