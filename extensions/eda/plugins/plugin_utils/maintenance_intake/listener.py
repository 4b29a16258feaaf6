# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers the senders of webhooks: who is believed, what is taken."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import accepting, messages, signatures
from .bodies import Bodies, parse_body
from .limits import RateLimit
from .log import logger
from .writer import JournalUnavailable, Writer

if TYPE_CHECKING:
    from types import ModuleType

    from .answering import Answering
    from .arguments import Arguments
    from .counters import Counters
    from .credentials import Secrets
    from .dispatcher import Dispatcher

_IDENTIFIER = "[A-Za-z0-9][A-Za-z0-9._:-]{0,254}"
PATH = f"/v1.0/vnfs/{{vnf_id:{_IDENTIFIER}}}/maintenance/{{project_id:{_IDENTIFIER}}}"


class Listener:
    """Takes webhooks; knows nothing of how they are handed on."""

    def __init__(
        self,
        args: Arguments,
        writer: Writer,
        dispatcher: Dispatcher,
        counters: Counters,
        *,
        secrets: Secrets,
        event_filter: ModuleType,
        answering: Answering | None,
    ) -> None:
        """Hold what the answers depend on."""
        self._secrets = secrets
        self._writer = writer
        self._dispatcher = dispatcher
        self._counters = counters
        self._filter = event_filter
        self._answering = answering
        self._max_body = args.max_body
        self._bodies = Bodies(args.read_timeout, accepting.BODIES * args.max_body)
        self._rate = RateLimit(args.rate, args.burst)
        self._room = accepting.room(args)

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post(PATH, self._counted)
        app.router.add_post(f"{PATH}/{{secret:[^/]{{1,1024}}}}", self._counted)

    async def _counted(self, request: web.Request) -> web.Response:
        try:
            answer = await self._webhook(request)
        except web.HTTPException as exc:
            self._counters.add("rejected_total", label=f'status="{exc.status}"')
            raise
        self._counters.add("accepted_total")
        return answer

    async def _webhook(self, request: web.Request) -> web.Response:
        wait = self._rate.wait(request.remote or "", asyncio.get_running_loop().time())
        if wait:
            raise web.HTTPTooManyRequests(text="too many webhooks from this address", headers={"Retry-After": str(wait)})
        vnf_id, project_id = request.match_info["vnf_id"], request.match_info["project_id"]
        await self._secrets.refresh()
        try:
            signed = signatures.signed(request.headers)
        except ValueError as exc:
            raise web.HTTPBadRequest(text=str(exc)) from None
        if signed is None and not self._is_known(request, vnf_id):
            raise self._unauthorized(request, vnf_id)
        body = await self._bodies.read(request, self._max_body)
        if signed is not None and not self._is_signed(request, vnf_id, signed, body):
            raise self._unauthorized(request, vnf_id)
        return await self._take(vnf_id, project_id, body, signed)

    def _is_known(self, request: web.Request, vnf_id: str) -> bool:
        if "secret" in request.match_info:
            return self._secrets.accept_secret(vnf_id, request.match_info["secret"])
        return self._secrets.accept(vnf_id, request.headers.get("Authorization", ""))

    def _is_signed(self, request: web.Request, vnf_id: str, signed: signatures.Signed, body: bytes) -> bool:
        accepted = self._secrets.accept_signature(vnf_id, signed.content(body), signed.signatures)
        if accepted and not signed.is_recent(time.time()):
            logger.warning("Refused a signed webhook for VNF %s from %s: its time is not ours", vnf_id, request.remote)
            raise web.HTTPUnauthorized(text=f"the timestamp is not within {signatures.WINDOW} s of this clock")
        return accepted

    def _unauthorized(self, request: web.Request, vnf_id: str) -> web.HTTPUnauthorized:
        logger.warning("Refused a webhook for VNF %s from %s: wrong or missing secret", vnf_id, request.remote)
        return web.HTTPUnauthorized(text="wrong or missing secret", headers={"WWW-Authenticate": 'Basic realm="maintenance"'})

    async def _take(self, vnf_id: str, project_id: str, body: bytes, signed: signatures.Signed | None) -> web.Response:
        try:
            parsed = parse_body(body)
        except ValueError as exc:
            logger.warning("Refused a webhook for VNF %s: %s", vnf_id, exc)
            raise web.HTTPBadRequest(text=str(exc)) from None
        post = None
        if signed is not None:
            parsed = signatures.notification(signed.id, parsed)
            post = messages.digest("signed", vnf_id, signed.id, str(signed.timestamp), signed.signatures)
        incoming = self._read(vnf_id, project_id, parsed, post)
        try:
            patience = self._answering.patience if self._answering else 0.0
            taken = await self._writer.do(accepting.accept, (incoming, self._room._replace(patience=patience)))
        except JournalUnavailable:
            raise web.HTTPServiceUnavailable(text="the journal cannot be written", headers={"Retry-After": "1"}) from None
        if taken is accepting.Taken.FULL:
            logger.error("Too many deliveries are not over; refusing more")
            raise web.HTTPServiceUnavailable(text="too many deliveries are not over", headers={"Retry-After": "1"})
        if taken is accepting.Taken.REPEATED:
            self._counters.add("duplicates_total", label='taken="no"')
            raise web.HTTPConflict(text="this notification was accepted before")
        if taken is accepting.Taken.NEW:
            if not patience or incoming.state == messages.INFORMS:
                self._dispatcher.announce()
            elif self._answering:
                self._answering.announce()
        else:
            self._counters.add("duplicates_total", label='taken="yes"')
        return web.json_response({})

    def _read(self, vnf_id: str, project_id: str, parsed: dict[str, Any], post: str | None) -> messages.Incoming:
        """Return the message; 403 or 422, also told to the rulebook, when there is none."""
        status: type[web.HTTPException] = web.HTTPUnprocessableEntity
        try:
            return messages.read(self._filter, vnf_id, project_id, parsed, post)
        except self._filter.ForeignProject as exc:
            status, reason = web.HTTPForbidden, str(exc)
        except self._filter.Unusable as exc:
            reason = str(exc)
        except Exception as exc:  # noqa: BLE001 - one bad webhook must not end the source and with it all VNFs
            reason = f"VNF {vnf_id}: unreadable ({type(exc).__name__})"
        logger.warning("Refused a webhook: %s", reason)
        message_id = self._filter.notification_id({"vnf_id": vnf_id, "project_id": project_id, "body": parsed})
        self._dispatcher.reject(reason, message_id)
        raise status(text=reason)
