# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m lab`: serve a cloud until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path

from aiohttp import web

from .app import build
from .catalog import Catalog
from .clock import Clock
from .context import Context
from .faults import Faults
from .files import clouds_yaml, lab_json, write_private
from .scheduler import Scheduler
from .tokens import Tokens
from .topology import TopologyError, load

ADDRESS = "127.0.0.1"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--topology", type=Path, required=True, help="YAML file that says what the cloud consists of")
    parser.add_argument("--hosts", type=int, help="number of hosts, instead of the topology's")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--speed", type=float, default=1.0, help="divides all simulated durations")
    parser.add_argument("--seed", type=int, default=1, help="decides ids, placement and every choice between equals")
    parser.add_argument("--state-dir", type=Path, required=True, help="folder for lab.json and clouds.yaml")
    parser.add_argument("--maintenance-url", help="address of the session API for the catalogue")
    return parser.parse_args()


async def serve(options: argparse.Namespace) -> None:
    """Serve a lab until a signal comes."""
    cloud = load(options.topology, options.hosts, options.seed)
    options.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with socket.create_server((ADDRESS, options.port), backlog=512) as listener:
        url = f"http://{ADDRESS}:{listener.getsockname()[1]}"
        context = Context(
            cloud=cloud,
            clock=Clock(options.speed),
            tokens=Tokens(cloud, float(cloud.options["token_ttl"]), float(cloud.options["token_cache_ttl"])),
            catalog=Catalog(url, options.maintenance_url),
            faults=Faults(options.seed),
            scheduler=Scheduler(cloud),
            state_dir=options.state_dir,
        )
        runner = web.AppRunner(build(context), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        write_private(options.state_dir / "clouds.yaml", clouds_yaml(context))
        # Last, because whoever started the lab waits for this file.
        write_private(options.state_dir / "lab.json", lab_json(context))
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        print(f"lab: {len(cloud.hosts)} hosts, {len(cloud.servers)} servers at {url}", flush=True)
        await stop.wait()
        await runner.cleanup()


def main() -> int:
    """Run the lab."""
    options = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        asyncio.run(serve(options))
    except (TopologyError, OSError, ValueError) as exc:
        print(f"lab: {exc}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
