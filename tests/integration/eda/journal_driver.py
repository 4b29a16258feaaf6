# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs event sources as ansible-rulebook would, each in a process of its own that prints its events as lines of JSON.

``python journal_driver.py FILE``: one source, with its arguments as JSON in the file.

``python journal_driver.py SOCKET``: on the socket with this number comes, for each source, the name of a file with its arguments,
and where its output and its log go; back goes the number of its process. They are forked from this process, which has imported
what they need, so that a thousand starts cost little.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import runpy
import signal
import socket
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


def reap(*_signal):
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve(listening):
    signal.signal(signal.SIGCHLD, reap)
    while True:
        name, files, _flags, _address = socket.recv_fds(listening, 4096, 2)
        if not name:
            return
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listening.close()
            for number, file in enumerate(files, 1):
                os.dup2(file, number)
                os.close(file)
            asyncio.run(main(json.loads(Path(name.decode()).read_text())))
            os._exit(0)
        for file in files:
            os.close(file)
        listening.send(str(child).encode())


if __name__ == "__main__":
    if not sys.argv[1].isdecimal():
        sys.exit(asyncio.run(main(json.loads(Path(sys.argv[1]).read_text()))))
    runpy.run_path(str(SOURCE))
    importlib.import_module("nfv_maintenance_intake.source")
    importlib.import_module("sqlalchemy.dialects.sqlite")
    serve(socket.socket(fileno=int(sys.argv[1])))
