# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source: maintenance alarms of Aodh, authenticated and handed on in batches."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import logging
import math
import os
import re
import secrets as random_secrets
import ssl
import stat
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import yaml
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

DOCUMENTATION = r"""
---
short_description: Receive the maintenance alarms of Aodh
description:
  - Listens for the webhooks of Aodh event alarms about maintenance, which C(nfv.maintenance.maintenance_subscription) creates,
    at C(/v1.0/vnfs/<vnf id>/maintenance/<project id>).
  - A webhook is accepted with the secret of its VNF (HTTP basic authentication, user C(aodh)) and answered at once.
    All webhooks that arrive within O(batch_window) are handed on as one event with the list C(maintenance.webhooks), each of
    which has C(vnf_id), C(project_id), C(received_at) and C(body).
    The filter C(nfv.maintenance.maintenance_event) makes typed messages of them.
  - Answers 200 to a webhook that was accepted, 400 to what is not a JSON object, 401 without the right secret (whether the VNF
    is known or not), 404 and 405 elsewhere, 408 to a body that does not arrive in time, 413 above O(max_body), 415 to a
    compressed body, 503 while O(max_waiting) webhooks wait.
  - C(GET /healthz) answers 200 without a secret.
  - What was accepted is held in memory until the rulebook takes it.
options:
  host:
    description: The address to listen on.
    type: str
    default: 127.0.0.1
  port:
    description: The port to listen on; 0 takes a free one, which the log names.
    type: int
    default: 12348
  secrets:
    description:
      - The secret, or the list of secrets, of each VNF by its id. A secret has at least 16 characters.
      - At least one of O(secrets) and O(secrets_file) is needed; a VNF's secrets in both are all valid.
    type: dict
  secrets_file:
    description:
      - A YAML or JSON file with such a map, owned by the user who runs the rulebook (or root) and closed to all others
        (mode 0600).
      - Read again whenever it changes, so that neither a subscription nor a rotation needs a restart. It may be missing at
        first. A change that cannot be read or is not safe leaves the secrets as they were and is logged.
    type: path
  batch_window:
    description: Seconds that a batch stays open after its first webhook.
    type: float
    default: 0.2
  max_batch:
    description: Most webhooks in one event.
    type: int
    default: 200
  max_waiting:
    description: Most webhooks held in memory. Their bodies together are limited to sixteen times O(max_body).
    type: int
    default: 2000
  max_body:
    description: Largest body in bytes, also when it is sent in chunks.
    type: int
    default: 1048576
  read_timeout:
    description: Seconds a client has for its headers, and again for its body.
    type: float
    default: 10
  max_connections:
    description: Most connections open at a time.
    type: int
    default: 1000
  certfile:
    description:
      - Certificate (chain) for TLS. Without it the source speaks plain HTTP, which belongs behind a proxy or on a loopback
        address.
    type: path
  keyfile:
    description: Private key of O(certfile), when it is not in the same file.
    type: path
  cafile:
    description: CA certificates; when given, clients must show a certificate signed by one of them.
    type: path
"""

EXAMPLES = r"""
- name: Maintenance of our VNFs
  hosts: localhost
  sources:
    - name: maintenance
      nfv.maintenance.aodh_alarm:
        host: 192.0.2.10
        port: 12348
        secrets_file: /etc/nfv-maintenance/secrets.yml
        certfile: /etc/nfv-maintenance/listener.pem
      filters:
        - nfv.maintenance.maintenance_event:
"""

logger = logging.getLogger(__name__)

USER = b"aodh"
MIN_SECRET = 16
MAX_DEPTH = 32
MAX_DIGITS = 100
MAX_SECRETS_FILE = 4 * 1024 * 1024
PATH = r"/v1.0/vnfs/{vnf_id:[A-Za-z0-9][A-Za-z0-9._:-]{0,254}}/maintenance/{project_id:[A-Za-z0-9][A-Za-z0-9._:-]{0,254}}"

# A string (possibly not closed), or one bracket. Possessive, so that no body makes it try twice.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class ArgumentError(ValueError):
    """An argument of the source is missing or wrong."""


class Arguments(NamedTuple):
    """The checked arguments."""

    host: str
    port: int
    secrets: dict[str, tuple[str, ...]]
    secrets_file: Path | None
    batch_window: float
    max_batch: int
    max_waiting: int
    max_body: int
    read_timeout: float
    max_connections: int
    certfile: str | None
    keyfile: str | None
    cafile: str | None


def check_arguments(args: Mapping[str, Any]) -> Arguments:
    """Return the arguments with their defaults, or say which one is wrong."""
    # ansible-rulebook adds a queue of its own; what a rulebook leaves empty counts as not given.
    given = {key: value for key, value in args.items() if key != "eda_feedback_queue" and value is not None and value != ""}
    unknown = sorted(set(given) - set(Arguments._fields))
    if unknown:
        raise ArgumentError(f"unknown argument {unknown[0]!r}; known are {', '.join(Arguments._fields)}")
    secrets_file = _text(given, "secrets_file", None)
    checked = Arguments(
        host=_text(given, "host", "127.0.0.1") or "",
        port=int(_number(given, "port", 12348, least=0, most=65535, whole=True)),
        secrets=check_secrets(given.get("secrets", {}), "secrets"),
        secrets_file=Path(secrets_file).expanduser() if secrets_file else None,
        batch_window=_number(given, "batch_window", 0.2, least=0, most=60),
        max_batch=int(_number(given, "max_batch", 200, least=1, most=10_000, whole=True)),
        max_waiting=int(_number(given, "max_waiting", 2000, least=1, most=100_000, whole=True)),
        max_body=int(_number(given, "max_body", 1024 * 1024, least=1024, most=64 * 1024 * 1024, whole=True)),
        read_timeout=_number(given, "read_timeout", 10, least=0.1, most=300),
        max_connections=int(_number(given, "max_connections", 1000, least=1, most=100_000, whole=True)),
        certfile=_text(given, "certfile", None),
        keyfile=_text(given, "keyfile", None),
        cafile=_text(given, "cafile", None),
    )
    if not checked.secrets and not checked.secrets_file:
        raise ArgumentError("neither secrets nor secrets_file is given; without a secret nobody could be believed")
    if (checked.keyfile or checked.cafile) and not checked.certfile:
        raise ArgumentError("keyfile and cafile need certfile")
    return checked


def _text(args: Mapping[str, Any], name: str, default: str | None) -> str | None:
    value = args.get(name, default)
    if value is not None and not isinstance(value, str):
        raise ArgumentError(f"{name} must be text, not {type(value).__name__}")
    return value


def _number(args: Mapping[str, Any], name: str, default: float, *, least: float, most: float, whole: bool = False) -> float:
    value = args.get(name, default)
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} must be a number") from None
    if not least <= number <= most or (whole and number != int(number)):
        raise ArgumentError(f"{name} must be {'a whole number' if whole else 'a number'} from {least} to {most}")
    return number


def check_secrets(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    """Return the secrets of each VNF; errors name the VNF and never show a secret."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ArgumentError(f"{where} must map the id of each VNF to its secret or list of secrets")
    checked = {}
    for vnf_id, entry in value.items():
        if not isinstance(vnf_id, str):
            raise ArgumentError(f"{where}: the VNF id {vnf_id!r} must be text; put it in quotes")
        listed = entry if isinstance(entry, list) else [entry]
        if not listed or not all(isinstance(secret, str) and len(secret) >= MIN_SECRET for secret in listed):
            raise ArgumentError(f"{where}: each secret of VNF {vnf_id!r} must be text of at least {MIN_SECRET} characters")
        checked[vnf_id] = tuple(listed)
    return checked


class Secrets:
    """The secrets of the VNFs: fixed ones, and those of a file that may change at any time."""

    def __init__(self, fixed: Mapping[str, tuple[str, ...]], path: Path | None) -> None:
        """Hold the fixed secrets and, when there is a file, read it."""
        self._fixed = dict(fixed)
        self._path = path
        self._from_file: dict[str, tuple[str, ...]] = {}
        self._seen: tuple[int, ...] | None = None
        self._lock = asyncio.Lock()
        # Compared with where a VNF has no secret, so that the answer takes the same time.
        self._nobody = random_secrets.token_urlsafe(32)
        if path is not None:
            self._seen = _signature(path)
            if self._seen is None:
                logger.warning("The secrets file %s does not exist yet", path)
            else:
                self._from_file = read_secrets_file(path)

    async def refresh(self) -> None:
        """Read the file again when it has changed; keep what was known when that fails."""
        if self._path is None:
            return
        async with self._lock:
            await asyncio.to_thread(self._refresh, self._path)

    def _refresh(self, path: Path) -> None:
        signature = _signature(path)
        if signature == self._seen:
            return
        self._seen = signature
        if signature is None:
            logger.warning("The secrets file %s is gone; its secrets are no longer valid", path)
            self._from_file = {}
            return
        try:
            self._from_file = read_secrets_file(path)
        except (ArgumentError, OSError) as exc:
            logger.error("The secrets stay as they were: %s", exc)  # noqa: TRY400 - a traceback could show what was read
        else:
            logger.info("Read the secrets of %d VNFs from %s", len(self._from_file), path)

    def accept(self, vnf_id: str, authorization: str) -> bool:
        """Say whether the header holds a secret of this VNF, in the same time for a VNF that is not known."""
        given = _basic(authorization)
        known = self._fixed.get(vnf_id, ()) + self._from_file.get(vnf_id, ())
        accepted = False
        for secret in known or (self._nobody,):
            expected = hashlib.sha256(USER + b":" + secret.encode()).digest()
            accepted |= hmac.compare_digest(hashlib.sha256(given).digest(), expected)
        return accepted and bool(known)


def _basic(authorization: str) -> bytes:
    scheme, _separator, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signature(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def read_secrets_file(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the secrets of a file that nobody else can read or write."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ArgumentError(f"the secrets file {path} is not a regular file")
        if found.st_uid not in (os.geteuid(), 0):
            raise ArgumentError(f"the secrets file {path} belongs to another user (uid {found.st_uid})")
        if found.st_mode & 0o077:
            raise ArgumentError(f"the secrets file {path} is open to other users; run: chmod 600 {path}")
        content = file.read(MAX_SECRETS_FILE + 1)
    if len(content) > MAX_SECRETS_FILE:
        raise ArgumentError(f"the secrets file {path} is larger than {MAX_SECRETS_FILE} bytes")
    try:
        loaded = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        # The parser's own message quotes the line.
        raise ArgumentError(f"the secrets file {path} is neither YAML nor JSON") from None
    return check_secrets(loaded, f"the secrets file {path}")


class Intake:
    """What was accepted and not yet handed on: the seam between the listener and the batches.

    accept() runs before the client hears 200 and batches() is the only reader, so whatever makes the intake durable belongs here.
    """

    def __init__(self, *, window: float, max_batch: int, max_waiting: int, max_bytes: int) -> None:
        """Start empty."""
        self._window = window
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._max_bytes = max_bytes
        self._bytes = 0
        self._waiting: deque[tuple[float, int, dict[str, Any]]] = deque()
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """Return the number of webhooks that wait."""
        return len(self._waiting)

    def has_room(self) -> bool:
        """Say whether one more webhook can be taken."""
        return len(self._waiting) < self._max_waiting and self._bytes < self._max_bytes

    def accept(self, webhook: dict[str, Any], size: int) -> bool:
        """Take a webhook; False when there is no room."""
        if not self.has_room():
            return False
        self._waiting.append((asyncio.get_running_loop().time(), size, webhook))
        self._bytes += size
        self._changed.set()
        return True

    async def batches(self) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield what arrived, in order; a batch closes a window after its first webhook or when it is full."""
        clock = asyncio.get_running_loop().time
        while True:
            while not self._closes(clock()):
                self._changed.clear()
                left = self._waiting[0][0] + self._window - clock() if self._waiting else None
                try:
                    await asyncio.wait_for(self._changed.wait(), left)
                except TimeoutError:
                    break
            yield self._take()

    def _closes(self, now: float) -> bool:
        if not self._waiting:
            return False
        return len(self._waiting) >= self._max_batch or now >= self._waiting[0][0] + self._window

    def _take(self) -> list[dict[str, Any]]:
        batch: list[dict[str, Any]] = []
        taken = 0
        while self._waiting and len(batch) < self._max_batch:
            _at, size, webhook = self._waiting[0]
            if batch and taken + size > self._max_bytes // 4:
                break
            self._waiting.popleft()
            taken += size
            batch.append(webhook)
        self._bytes -= taken
        return batch


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
    depth = deepest = 0
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


class Listener:
    """Answers the requests; knows HTTP and nothing of batches."""

    def __init__(self, args: Arguments, secrets: Secrets, intake: Intake) -> None:
        """Hold what the answers depend on."""
        self._args = args
        self._secrets = secrets
        self._intake = intake
        self._silent: set[asyncio.Protocol] = set()

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        app = web.Application(middlewares=[self._always_json])
        app.router.add_post(PATH, self._webhook)
        app.router.add_get("/healthz", self._health)
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
        return web.json_response({"status": "ok"})

    async def _webhook(self, request: web.Request) -> web.Response:
        vnf_id, project_id = request.match_info["vnf_id"], request.match_info["project_id"]
        await self._secrets.refresh()
        if not self._secrets.accept(vnf_id, request.headers.get("Authorization", "")):
            logger.warning("Refused a webhook for VNF %s from %s: wrong or missing secret", vnf_id, request.remote)
            raise web.HTTPUnauthorized(text="wrong or missing secret", headers={"WWW-Authenticate": 'Basic realm="maintenance"'})
        if not self._intake.has_room():
            self._full()
        body = await self._read(request)
        try:
            parsed = parse_body(body)
        except ValueError as exc:
            logger.warning("Refused a webhook for VNF %s: %s", vnf_id, exc)
            raise web.HTTPBadRequest(text=str(exc)) from None
        received_at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        webhook = {"vnf_id": vnf_id, "project_id": project_id, "received_at": received_at, "body": parsed}
        if not self._intake.accept(webhook, len(body)):
            self._full()
        return web.json_response({})

    def _full(self) -> None:
        logger.error("%d webhooks wait for the rulebook; refusing more", len(self._intake))
        raise web.HTTPServiceUnavailable(text="too many webhooks wait", headers={"Retry-After": "1"})

    async def _read(self, request: web.Request) -> bytes:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise web.HTTPUnsupportedMediaType(text="compressed bodies are not taken")
        limit = self._args.max_body
        if (request.content_length or 0) > limit:
            raise _too_large(limit)
        body = bytearray()
        try:
            async with asyncio.timeout(self._args.read_timeout):
                async for chunk in request.content.iter_any():
                    if len(body) + len(chunk) > limit:
                        raise _too_large(limit)
                    body += chunk
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="the body did not arrive in time") from None
        except (aiohttp.ClientPayloadError, aiohttp.http_exceptions.HttpProcessingError, web.RequestPayloadError):
            raise web.HTTPBadRequest(text="the body is not what its headers say") from None
        return bytes(body)


def _too_large(limit: int) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=limit + 1, text=f"the body is larger than {limit} bytes")


class _Refuse(asyncio.Protocol):
    """Closes a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        transport.close()


def tls_context(args: Arguments) -> ssl.SSLContext | None:
    """Return the TLS context of the arguments, None for plain HTTP."""
    if args.certfile is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(args.certfile, args.keyfile)
        if args.cafile is not None:
            context.load_verify_locations(args.cafile)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as exc:
        raise ArgumentError(f"certfile, keyfile or cafile cannot be used: {exc}") from exc
    return context


def _addresses(sockets: Iterable[Any], scheme: str) -> str:
    names = [found.getsockname()[:2] for found in sockets]
    return ", ".join(f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}" for host, port in names)


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Listen until cancelled, and put one event per batch into the queue."""
    checked = check_arguments(args)
    context = tls_context(checked)
    secrets = Secrets(checked.secrets, checked.secrets_file)
    intake = Intake(
        window=checked.batch_window,
        max_batch=checked.max_batch,
        max_waiting=checked.max_waiting,
        max_bytes=16 * checked.max_body,
    )
    listener = Listener(checked, secrets, intake)
    # A compressed body is refused unopened; the time a refused client may go on sending is short.
    runner = web.AppRunner(
        listener.application(), access_log=None, auto_decompress=False, lingering_time=2.0, shutdown_timeout=2.0
    )
    await runner.setup()
    if runner.server is None:
        raise RuntimeError("aiohttp made no server")
    server = None
    try:
        server = await asyncio.get_running_loop().create_server(
            listener.guard(runner.server),
            checked.host,
            checked.port,
            ssl=context,
            ssl_handshake_timeout=None if context is None else checked.read_timeout,
            backlog=1024,
        )
        logger.info("Listening for maintenance alarms on %s", _addresses(server.sockets, "http" if context is None else "https"))
        async for batch in intake.batches():
            await queue.put({"maintenance": {"webhooks": batch}})
    finally:
        if server is not None:
            server.close()
        await runner.cleanup()
        if len(intake):
            logger.warning("Stopped while %d accepted webhooks had not been handed on", len(intake))
