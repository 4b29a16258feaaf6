# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers whoever handles a delivery."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import handling
from .bodies import Bodies, parse_body
from .messages import seconds_of
from .writer import JournalUnavailable, Writer

if TYPE_CHECKING:
    from .arguments import Arguments
    from .capabilities import Capabilities
    from .counters import Counters
    from .dispatcher import Dispatcher

PATH = "/v1.0/deliveries/{delivery:[A-Za-z0-9-]{1,64}}"
MAX_BODY = 64 * 1024
MAX_VNFS = 1000
MAX_TEXT = 1000
SECONDS = (5.0, 300.0)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,254}")
_WORK = {"held": handling.held, "extended": handling.extended, "done": handling.done, "released": handling.released}
_WHY = {
    "busy": "another delivery has a VNF in hand",
    "stale": "this attempt has been given up; stop at once",
    "over": "this delivery is over",
}


class Callback:
    """Takes reports about deliveries."""

    def __init__(
        self, args: Arguments, writer: Writer, dispatcher: Dispatcher, counters: Counters, capabilities: Capabilities
    ) -> None:
        """Hold what the answers depend on."""
        self._writer = writer
        self._dispatcher = dispatcher
        self._counters = counters
        self._capabilities = capabilities
        self._handling_timeout = args.handling_timeout
        self._bodies = Bodies(args.read_timeout, 256 * MAX_BODY)

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self._report)

    async def _report(self, request: web.Request) -> web.Response:
        delivery = request.match_info["delivery"]
        attempt = self._capabilities.attempt(delivery, request.headers.get("Authorization", ""))
        if attempt is None:
            raise web.HTTPUnauthorized(text="wrong or missing key", headers={"WWW-Authenticate": "Bearer"})
        body = await self._bodies.read(request, MAX_BODY)
        try:
            state, report = _read(delivery, attempt, parse_body(body), self._handling_timeout)
        except ValueError as exc:
            raise web.HTTPBadRequest(text=str(exc)) from None
        work = _WORK[state]
        try:
            answer = await self._writer.do(work, report)
        except JournalUnavailable:
            raise web.HTTPServiceUnavailable(text="the journal cannot be written", headers={"Retry-After": "1"}) from None
        self._dispatcher.wake()
        if answer.reason is not None:
            return _refused(answer)
        if state == "held":
            return web.json_response({"attempt": attempt, "held_until": _time(answer.held_until), "token": answer.token})
        self._counters.add(f"{state}_total")
        return web.json_response({"attempt": attempt, "reply_at": _time(answer.deadline)} if state == "extended" else {})


def _read(delivery: str, attempt: int, body: dict[str, Any], handling_timeout: float) -> tuple[str, handling.Report]:
    """Return what a body says; ValueError when it says nothing."""
    if body.get("attempt") != attempt or isinstance(body["attempt"], bool):
        raise ValueError("attempt is not the one of the key")
    state = body.get("state")
    vnf_ids: Any = []
    seconds: Any = SECONDS[0]
    text: Any = ""
    deadline = None
    if state == "held":
        vnf_ids, seconds = body.get("vnf_ids"), body.get("seconds")
        if not isinstance(vnf_ids, list) or len(vnf_ids) > MAX_VNFS or not all(map(_is_identifier, vnf_ids)):
            raise ValueError("vnf_ids must be a list of ids")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise ValueError("seconds must be a number")
    elif state == "extended":
        if (deadline := seconds_of(body.get("reply_at"))) is None:
            raise ValueError("reply_at must be a time")
    elif state in ("done", "released"):
        text = body.get({"done": "outcome", "released": "reason"}[state], "")
        if not isinstance(text, str):
            raise ValueError("outcome and reason must be text")
    else:
        raise ValueError(f"state must be one of {', '.join(_WORK)}")
    bounded = min(max(float(seconds), SECONDS[0]), SECONDS[1])
    shown = "".join(one if one.isprintable() else "?" for one in text[:MAX_TEXT])
    return state, handling.Report(delivery, attempt, tuple(dict.fromkeys(vnf_ids)), bounded, shown, handling_timeout, deadline)


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def _refused(answer: handling.Answer) -> web.Response:
    reason = answer.reason or ""
    body: dict[str, Any] = {"error": _WHY[reason], "reason": reason}
    if reason == "busy":
        body |= {"retry_after": 1, "holder": answer.holder}
    return web.json_response(body, status=409)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
