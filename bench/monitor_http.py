# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HTTP probes meet and are put beside: a server that answers at once, and one URL after another."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
import typing as t

import aiohttp

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class _Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = t.cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def server() -> t.Iterator[int]:
    """The port of a server in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "bench.monitor_http"], stdout=subprocess.PIPE)
    try:
        yield int((process.stdout or sys.stdin.buffer).readline())
    finally:
        process.kill()
        process.wait()


def one_after_another(port: int, seconds: float) -> float:
    """Probes a second of processor time in the way of ansible.eda.url_check: a session and a GET for each URL, in turn."""

    async def ask() -> float:
        count, processor, end = 0, time.process_time(), time.monotonic() + seconds
        while time.monotonic() < end:
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
                await answer.read()
            count += 1
        return count / (time.process_time() - processor)

    return asyncio.run(ask())


if __name__ == "__main__":
    asyncio.run(_serve())
