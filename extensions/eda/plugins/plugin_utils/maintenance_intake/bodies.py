# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies of requests: read within bounds, and JSON objects within bounds."""

from __future__ import annotations

import asyncio
import json
import math
import re
from typing import Any

import aiohttp
from aiohttp import web

MAX_DEPTH = 32
MAX_DIGITS = 100

# A string (possibly not closed), or one bracket. Possessive, so that no body makes it try twice.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class Bodies:
    """Reads bodies; all that are being read hold no more than so many bytes together."""

    def __init__(self, read_timeout: float, most_together: int) -> None:
        """Start with none."""
        self._read_timeout = read_timeout
        self._most_together = most_together
        self._held = 0

    async def read(self, request: web.Request, limit: int) -> bytes:
        """Return the body of a request; 400, 408, 413, 415 or 503 when it is not to be had."""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise web.HTTPUnsupportedMediaType(text="compressed bodies are not taken")
        if (request.content_length or 0) > limit:
            raise _too_large(limit)
        body = bytearray()
        try:
            if request.content.is_eof():
                # It came with the headers: there is nothing to wait for.
                body += request.content.read_nowait()
                self._held += len(body)
                if len(body) > limit:
                    raise _too_large(limit)
                return bytes(body)
            async with asyncio.timeout(self._read_timeout):
                async for chunk in request.content.iter_any():
                    if len(body) + len(chunk) > limit:
                        raise _too_large(limit)
                    if self._held + len(chunk) > self._most_together:
                        raise web.HTTPServiceUnavailable(text="too many bodies at a time", headers={"Retry-After": "1"})
                    self._held += len(chunk)
                    body += chunk
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="the body did not arrive in time") from None
        except (aiohttp.ClientPayloadError, aiohttp.http_exceptions.HttpProcessingError, web.RequestPayloadError):
            raise web.HTTPBadRequest(text="the body is not what its headers say") from None
        finally:
            self._held -= len(body)
        return bytes(body)


def _too_large(limit: int) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=limit + 1, text=f"the body is larger than {limit} bytes")


def parse_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body; ValueError says what is wrong with it."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("the body is not UTF-8") from None
    if _depth(body) > MAX_DEPTH:
        raise ValueError(f"the body is nested deeper than {MAX_DEPTH} levels")
    try:
        parsed = json.loads(text, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole)
    except json.JSONDecodeError as exc:
        raise ValueError(f"the body is not JSON: {exc.msg} at character {exc.pos}") from None
    if not isinstance(parsed, dict):
        raise ValueError("the body is not a JSON object")  # noqa: TRY004 - the caller asks whether the body is good
    if "\\u" in text:
        try:
            json.dumps(parsed, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("the body holds half a surrogate pair") from None
    return parsed


def _depth(body: bytes) -> int:
    """Return how deep a body is nested, as far as that matters."""
    # Most bodies have too few brackets to be deep, and need not be looked through.
    depth = deepest = 0
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return 0
    for found in _STRUCTURE.finditer(body):
        first = body[found.start()]
        if first in b"[{":
            depth += 1
            if depth > deepest:
                deepest = depth
                if deepest > MAX_DEPTH:
                    break
        elif first in b"]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> float:
    raise ValueError(f"the body holds {name}, which is not JSON")


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("the body holds a number that is too large")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the body holds a number that is too large")
    return number
