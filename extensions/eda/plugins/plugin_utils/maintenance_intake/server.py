# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP server: connections, their limits, and what is asked without a secret."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import counters
from .log import logger
from .writer import JournalUnavailable, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .arguments import Arguments


class Server:
    """What all requests have in common."""

    def __init__(self, args: Arguments, writer: Writer, counted: counters.Counters) -> None:
        """Hold what the answers depend on."""
        self._args = args
        self._writer = writer
        self._counters = counted
        self._silent: set[asyncio.Protocol] = set()

    def application(self) -> web.Application:
        """Return the application, without the routes of others."""
        app = web.Application(middlewares=[self._always_json])
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/metrics", self._metrics)
        return app

    def guard(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        """Return the protocol factory that limits connections and the time for their headers."""

        def connection() -> asyncio.Protocol:
            if len(server.connections) >= self._args.max_connections:
                return _Refuse()
            protocol = server()
            self._silent.add(protocol)
            asyncio.get_running_loop().call_later(self._args.read_timeout, self._hang_up, protocol)
            return protocol

        return connection

    def _hang_up(self, protocol: web.RequestHandler) -> None:
        if protocol in self._silent:
            self._silent.discard(protocol)
            if protocol.transport is not None:
                logger.debug("A connection sent no request in time")
                protocol.transport.close()

    @web.middleware
    async def _always_json(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        self._silent.discard(request.protocol)
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPException as exc:
            headers = {name: exc.headers[name] for name in ("Allow", "Retry-After", "WWW-Authenticate") if name in exc.headers}
            answer = web.json_response({"error": exc.text or exc.reason}, status=exc.status, headers=headers)
        # Aodh opens a connection for each webhook; closing leaves nothing to keep open slowly.
        answer.force_close()
        return answer

    async def _health(self, _request: web.Request) -> web.Response:
        if not self._writer.is_well:
            raise web.HTTPServiceUnavailable(text="the journal cannot be written")
        return web.json_response({"status": "ok"})

    async def _metrics(self, request: web.Request) -> web.Response:
        if not self._args.metrics and not ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104 - nobody's address
            raise web.HTTPNotFound
        try:
            state = await self._writer.do(counters.look, None)
        except JournalUnavailable:
            raise web.HTTPServiceUnavailable(text="the journal cannot be read") from None
        return web.Response(text=self._counters.text(state), content_type="text/plain")


class _Refuse(asyncio.Protocol):
    """Closes a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


def addresses(sockets: Iterable[Any], scheme: str) -> list[str]:
    """Return the URLs of what is listened on."""
    names = [found.getsockname()[:2] for found in sockets]
    return [f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}" for host, port in names]


def reachable(address: str) -> str:
    """Return the URL under which this machine reaches what it listens on."""
    return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
