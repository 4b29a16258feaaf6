# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All parts together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import accepting, handing_on
from .answering import Answering
from .arguments import check_arguments, tls_context
from .callback import Callback
from .capabilities import Capabilities
from .counters import Counters
from .credentials import Secrets
from .database import Database
from .dispatcher import Dispatcher
from .listener import Listener
from .log import logger
from .server import Server, addresses, reachable
from .writer import Writer

if TYPE_CHECKING:
    from types import ModuleType

    from .arguments import Arguments


async def run(queue: asyncio.Queue[Any], args: dict[str, Any], event_filter: ModuleType) -> None:
    """Listen until cancelled, and put one event per batch into the queue."""
    checked = check_arguments(args)
    tls = tls_context(checked)
    secrets = Secrets(checked.secrets, checked.secrets_file)
    database = await asyncio.to_thread(Database, checked.journal)
    writer = Writer(database)
    try:
        counters = Counters()
        capabilities = Capabilities(database.key)
        dispatcher = Dispatcher(checked, writer, counters, capabilities, shared=database.is_shared)
        left = await writer.do(handing_on.begin, dispatcher.rules)
        if left:
            logger.info("%d deliveries of the journal %s are not over", left, database.name)
        answering = None
        if checked.cloud and (checked.answer or checked.reconcile):
            room = accepting.room(checked)
            answering = Answering(checked, writer, dispatcher, counters, event_filter=event_filter, room=room)
        server = Server(checked, writer, counters)
        app = server.application()
        listener = Listener(
            checked, writer, dispatcher, counters, secrets=secrets, event_filter=event_filter, answering=answering
        )  # fmt: skip
        listener.add_to(app)
        Callback(checked, writer, dispatcher, counters, capabilities).add_to(app)
        await _serve(checked, tls, server, app, lambda url: _work(queue, url, dispatcher, answering))
    finally:
        await writer.close()


async def _work(queue: asyncio.Queue[Any], url: str, dispatcher: Dispatcher, answering: Answering | None) -> None:
    """Answer and hand on until the latter fails."""
    beside = [asyncio.ensure_future(answering.run())] if answering is not None else []
    try:
        await dispatcher.run(queue, url)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


async def _serve(args: Arguments, tls: Any, server: Server, app: web.Application, dispatch: Any) -> None:
    # A compressed body is refused unopened; the time a refused client may go on sending is short.
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, lingering_time=2.0, shutdown_timeout=2.0)
    await runner.setup()
    if runner.server is None:
        raise RuntimeError("aiohttp made no server")
    listening = None
    try:
        listening = await asyncio.get_running_loop().create_server(
            server.guard(runner.server),
            args.host,
            args.port,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else args.read_timeout,
            backlog=1024,
        )
        urls = addresses(listening.sockets, "http" if tls is None else "https")
        logger.info("Listening for maintenance alarms on %s", ", ".join(urls))
        await dispatch(args.callback_url or reachable(urls[0]))
    finally:
        if listening is not None:
            listening.close()
        await runner.cleanup()
