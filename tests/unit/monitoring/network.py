# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loopback addresses that can be made silent, and servers that answer as told."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
import typing as t

INTERVAL = 0.1


class Network:
    """What the worker's echo requests meet.

    :ivar silent: addresses whose requests are lost.
    :ivar sent: when each request was sent, by address.
    """

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.sent: dict[str, list[float]] = {}
        self.lose: t.Callable[[str], bool] = self.silent.__contains__

    def between(self, parts) -> type:
        """A class of sockets that this network is behind."""
        network = self

        class Lossy(parts.icmp.Echo):
            def send(self, address: str, number: int) -> None:
                network.sent.setdefault(address, []).append(time.monotonic())
                if not network.lose(address):
                    super().send(address, number)

        return Lossy


def ping(*addresses: str, **more: t.Any) -> list[dict[str, t.Any]]:
    return [{"address": address, "vnf": f"vnf-{address}", **more} for address in addresses]


class Running:
    """A source at work, and what it has told."""

    def __init__(self, source, queue: asyncio.Queue[t.Any]) -> None:
        self.source = source
        self.engine, self.guard = source.engine, source.guard
        self.told: list[dict[str, t.Any]] = []
        self._queue = queue

    async def event(self, limit: float = 30.0) -> dict[str, t.Any]:
        async with asyncio.timeout(limit):
            told: dict[str, t.Any] = (await self._queue.get())["vnf_monitor"]
        self.told.append(told)
        return told

    async def events(self, count: int) -> dict[str, str]:
        """The next so many: the new state by address."""
        found = [await self.event() for _number in range(count)]
        return {one["target"]["address"]: one["to"] for one in found}

    def nothing(self) -> bool:
        return self._queue.empty()

    async def until(self, what: str, look: t.Callable[[], t.Any], limit: float = 30.0) -> None:
        end = time.monotonic() + limit
        while not look():
            assert time.monotonic() < end, f"not within {limit:g} s: {what}"
            await asyncio.sleep(0.02)

    async def rounds(self, count: int) -> None:
        """Until each target has been probed so often again."""
        goal = {key: watched.sent + count for key, watched in self.engine.watched.items()}
        await self.until(
            f"{count} more probes of each target",
            lambda: all(key in self.engine.watched and self.engine.watched[key].sent >= sent for key, sent in goal.items()),
        )


@contextlib.asynccontextmanager
async def monitoring(parts, targets, *, defaults: t.Mapping[str, t.Any] | None = None, **args):
    """A source that probes quickly, without grace."""
    defaults = {"interval": INTERVAL, "timeout": INTERVAL * 0.4, "grace": 0, **(defaults or {})}
    checked = parts.arguments.check_arguments({"targets": targets, "defaults": defaults, **args})
    queue: asyncio.Queue[t.Any] = asyncio.Queue()
    source = parts.source.Source(checked)
    task = asyncio.ensure_future(source.run(queue))
    try:
        running = Running(source, queue)
        await running.until("it has begun", lambda: source.engine.watched or task.done())
        yield running
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def answering(*answers: bytes, tls: ssl.SSLContext | None = None):
    """A server that gives these answers, the last of them for ever; yields its port and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                answer = answers[min(len(asked), len(answers)) - 1]
                writer.write(answer)
                await writer.drain()
                if b"keep" not in answer:
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
