# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP/1.1 request and its answer (RFC 9112), bounded, with as little as a probe needs."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .target import How, Target

LONGEST_HEADERS = 65536
LONGEST_BODY = 1024 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
_LENGTH = re.compile(rb"\r?\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*\r?\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r?\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r?\n", re.IGNORECASE)
_CLOSES = re.compile(rb"\r?\nconnection:[^\r\n]*close", re.IGNORECASE)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,256}\r\n")
# Below are those that another answer follows.
_FINAL = 200
_NO_BODY = {204, 304}
_LONGEST_SIZE = 300


class NotHttp(Exception):
    """What came is not an answer, or too large, or ended early."""


class Answer(NamedTuple):
    """The status, and as much of the body as was asked for."""

    status: int
    body: bytes


def request(target: Target) -> bytes:
    """Return the request for a target, ready to be sent."""
    how = target.how
    name = how.server_name or target.address
    host = f"[{name}]" if _is_version_6(name) else name
    if target.port != (443 if how.tls else 80):
        host += f":{target.port}"
    named = {name.lower() for name, _text in how.headers}
    lines = [f"{how.method} {how.path} HTTP/1.1"]
    lines += [] if "host" in named else [f"Host: {host}"]
    lines += [f"{name}: {text}" for name, text in how.headers]
    lines += [] if "user-agent" in named else ["User-Agent: nfv.maintenance"]
    if not how.keep_alive:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _is_version_6(name: str) -> bool:
    try:
        return isinstance(ipaddress.ip_address(name), ipaddress.IPv6Address)
    except ValueError:
        return False


class Client(asyncio.Protocol):
    """A connection that asks once, or several times one after another."""

    def __init__(self) -> None:
        """Not connected yet."""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self._received = b""
        self._how: How | None = None
        self._is_over = False

    @property
    def is_usable(self) -> bool:
        """Whether another request can be sent."""
        return self._transport is not None and not self._is_over and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def ask(self, wire: bytes, how: How) -> asyncio.Future[Answer]:
        """Send a request; the answer comes with the future."""
        if self._transport is None or self._waiter is not None:
            raise RuntimeError("not connected, or asked already")
        self._waiter = self._loop.create_future()
        self._received, self._how = b"", how
        self._transport.write(wire)
        return self._waiter

    def close(self) -> None:
        """Drop the connection; with what has been asked."""
        self._is_over = True
        self._waiter = None
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """See whether the answer is complete."""
        if self._waiter is None:
            # Nobody has asked.
            self.close()
            return
        self._received += data
        self._look(ended=False)

    def eof_received(self) -> None:
        """See whether that was the end of the answer."""
        self._is_over = True
        if self._waiter is not None:
            self._look(ended=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._is_over = True
        if self._waiter is not None:
            self._fail(str(exc) if exc else "the connection was closed before the answer")

    def _look(self, *, ended: bool) -> None:
        try:
            answer = self._parsed(ended)
        except NotHttp as exc:
            self._fail(str(exc))
            return
        if answer is not None:
            waiter, self._waiter = self._waiter, None
            if waiter is not None and not waiter.done():
                waiter.set_result(answer)
        elif ended:
            self._fail("the connection was closed before the answer")

    def _fail(self, why: str) -> None:
        waiter, self._waiter = self._waiter, None
        self._is_over = True
        if waiter is not None and not waiter.done():
            waiter.set_exception(NotHttp(why))

    def _parsed(self, ended: bool) -> Answer | None:
        """Return the answer once it is complete."""
        received, how = self._received, self._how
        end = received.find(b"\r\n\r\n")
        if how is None or end < 0:
            if len(received) > LONGEST_HEADERS or not b"HTTP/1.".startswith(received[:7]):
                raise NotHttp("what came is not HTTP/1")
            return None
        found = _STATUS.match(received)
        if found is None:
            raise NotHttp("what came is not HTTP/1")
        status = int(found[1])
        if status < _FINAL:
            self._received = received[end + 4 :]
            return self._parsed(ended) if self._received else None
        head = received[: end + 2]
        if _CLOSES.search(head) or head.startswith(b"HTTP/1.0"):
            self._is_over = True
        if how.method == "HEAD" or status in _NO_BODY:
            return Answer(status, b"")
        if not how.expected_body and not how.keep_alive:
            # The rest of it decides nothing.
            self._is_over = True
            return Answer(status, b"")
        return self._with_body(status, head, received[end + 4 :], ended)

    def _with_body(self, status: int, head: bytes, rest: bytes, ended: bool) -> Answer | None:
        if len(rest) > LONGEST_BODY:
            raise NotHttp(f"the answer has more than {LONGEST_BODY} bytes")
        if _CHUNKED.search(head):
            body = _joined(rest)
            return None if body is None else Answer(status, body)
        length = _LENGTH.search(head)
        if length is not None:
            return Answer(status, rest[: int(length[1])]) if len(rest) >= int(length[1]) else None
        self._is_over = True
        return Answer(status, rest) if ended else None


def _joined(rest: bytes) -> bytes | None:
    """Return the body of chunks; None while the last has not come."""
    parts: list[bytes] = []
    at = 0
    while True:
        found = _CHUNK.match(rest, at)
        if found is None:
            if len(rest) - at > _LONGEST_SIZE:
                raise NotHttp("a chunk has no size")
            return None
        size = int(found[1], 16)
        if size == 0:
            return b"".join(parts) if rest.find(b"\r\n", found.end()) >= 0 else None
        parts.append(rest[found.end() : found.end() + size])
        at = found.end() + size + 2
