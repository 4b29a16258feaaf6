# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a worker answers: probes on demand, its figures, and notifications of the VNF manager that something has changed."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import dataclasses
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import metrics
from .judging import Outcome
from .log import logger
from .once import Once

if TYPE_CHECKING:
    from collections.abc import Callable

    from .source import Source
    from .target import How, Target

MOST_BODY = 1024 * 1024
# Probes on demand at a time; they may not take the place of those of the schedule.
MOST_PROBES = 50
# Seconds for a request.
LIMIT = 30.0


class Endpoint:
    """The HTTP server of a worker.

    :ivar port: what it listens on, once it does.
    """

    def __init__(self, source: Source, host: str, port: int, token: str | None, modules: dict[str, How]) -> None:
        """Nothing is listened on yet."""
        self._source = source
        self._host, self.port = host, port
        self._token = token
        self._modules = modules
        self._once = Once(source.engine.names)
        self._turns = asyncio.Semaphore(MOST_PROBES)

    async def run(self) -> None:
        """Listen until cancelled."""
        app = web.Application(middlewares=[self._checked], client_max_size=MOST_BODY)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/probe", self._probe)
        app.router.add_get("/notifications", self._tested)
        app.router.add_post("/notifications", self._notified)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self.port)
            await site.start()
            self.port = runner.addresses[0][1]
            logger.info("Listening for probes and notifications at port %d of %s", self.port, self._host)
            await asyncio.Event().wait()
        finally:
            self._once.close()
            await runner.cleanup()

    @web.middleware
    async def _checked(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        try:
            if self._token is not None and request.path != "/healthz" and not self._holds_token(request):
                raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="vnf_monitor"'})
            async with asyncio.timeout(LIMIT):
                answer: web.StreamResponse = await handler(request)
        except TimeoutError:
            return web.json_response({"error": "it took too long"}, status=503)
        except web.HTTPException as exc:
            headers = {name: exc.headers[name] for name in ("Allow", "WWW-Authenticate") if name in exc.headers}
            return web.json_response({"error": exc.text or exc.reason}, status=exc.status, headers=headers)
        return answer

    def _holds_token(self, request: web.Request) -> bool:
        """Whether it comes as a bearer token or, for Tacker, as the password of basic authentication."""
        scheme, _separator, given = request.headers.get("Authorization", "").partition(" ")
        secret = given.encode("utf-8", "surrogateescape") if scheme.lower() == "bearer" else b""
        if scheme.lower() == "basic":
            with contextlib.suppress(binascii.Error, ValueError):
                secret = base64.b64decode(given, validate=True).partition(b":")[2]
        expected = hashlib.sha256((self._token or "").encode()).digest()
        return hmac.compare_digest(hashlib.sha256(secret).digest(), expected)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(text=metrics.text(self._source), content_type="text/plain")

    async def _probe(self, request: web.Request) -> web.Response:
        """Probe one of the targets that this source knows, as blackbox_exporter does."""
        module, wanted = request.query.get("module"), request.query.get("target", "")
        if module is not None and module not in self._modules:
            raise web.HTTPBadRequest(text="there is no such module")
        target = self._known(wanted)
        if target is None:
            raise web.HTTPNotFound(text="this is no target")
        if module is not None:
            target = dataclasses.replace(target, how=self._modules[module])
            if target.how.probe != "ping" and target.port is None:
                target = dataclasses.replace(target, port=443 if target.how.tls else 80)
        async with self._turns:
            finding, seconds = await self._once.probe(target)
        is_up = finding.outcome in (Outcome.ANSWERED, Outcome.WEAK)
        status = 503 if request.query.get("strict") == "1" and not is_up else 200
        if "application/json" in request.headers.get("Accept", ""):
            outcome = finding.outcome.name.lower()
            found = {"success": is_up, "outcome": outcome, "error": finding.error, "seconds": round(seconds, 6)}
            return web.json_response(found, status=status)
        text = (
            "# TYPE probe_success gauge\n"
            f"probe_success {int(is_up)}\n"
            "# TYPE probe_duration_seconds gauge\n"
            f"probe_duration_seconds {seconds:.6f}\n"
        )
        return web.Response(text=text, status=status, content_type="text/plain")

    def _known(self, wanted: str) -> Target | None:
        """The target of a name, an address, an address and a port, or the id of a VNFC."""
        for target in self._source.targets.values():
            if wanted in (target.name, target.address, f"{target.address}:{target.port}", target.vnfc["id"]):
                return target
        return None

    async def _tested(self, _request: web.Request) -> web.Response:
        """Tacker asks whether there is somebody before it subscribes him."""
        return web.Response(status=204)

    async def _notified(self, request: web.Request) -> web.Response:
        """Have the VNF manager read: a notification is a hint, whatever it says."""
        try:
            json.loads(await request.read())
        except (ValueError, RecursionError):
            raise web.HTTPBadRequest(text="the body is not JSON") from None
        if self._source.truth is not None:
            self._source.truth.look()
        return web.Response(status=204)
