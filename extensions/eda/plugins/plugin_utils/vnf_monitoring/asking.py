# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes that need a connection: ``tcp`` and ``http_ping``."""

from __future__ import annotations

import asyncio
import errno
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import ArgumentError
from .http_client import Answer, Client, NotHttp, request
from .judging import Outcome

if TYPE_CHECKING:
    from .target import How, Target

LONGEST_ERROR = 200
# The worker has no more files, memory or ports, which says nothing about the target.
_OWN = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL}


class Finding(NamedTuple):
    """What one try came to.

    :ivar error: why it was not a plain answer, None if it was.
    """

    outcome: Outcome
    error: str | None = None


ANSWERED = Finding(Outcome.ANSWERED)


def check_files(how: How) -> None:
    """ArgumentError when the CA certificates of a target cannot be used."""
    if how.tls:
        try:
            _context(how)
        except (OSError, ssl.SSLError) as exc:
            raise ArgumentError(f"ca_file cannot be used: {exc}") from None


def _context(how: How) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=how.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not how.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Asker:
    """Asks targets, over a new connection or one that was kept open."""

    def __init__(self) -> None:
        """Nothing is open."""
        self._kept: dict[str, Client] = {}
        self._contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}

    async def ask(self, target: Target, address: str) -> Finding:
        """Try once, within the target's timeout."""
        try:
            async with asyncio.timeout(target.how.timeout):
                return await (self._http if target.how.probe == "http_ping" else self._tcp)(target, address)
        except TimeoutError:
            return Finding(Outcome.LOST, f"no answer within {target.how.timeout:g} s")
        except ssl.SSLCertVerificationError as exc:
            # It is alive, and no healing would give it another certificate.
            return Finding(Outcome.WEAK, f"TLS: {exc.verify_message}"[:LONGEST_ERROR])
        except ssl.SSLError as exc:
            return Finding(Outcome.LOST, f"TLS: {exc.reason or exc}"[:LONGEST_ERROR])
        except OSError as exc:
            return Finding(Outcome.VOID if exc.errno in _OWN else Outcome.LOST, (exc.strerror or str(exc))[:LONGEST_ERROR])
        except NotHttp as exc:
            return Finding(Outcome.LOST, str(exc)[:LONGEST_ERROR])

    async def _tcp(self, target: Target, address: str) -> Finding:
        transport, _protocol = await asyncio.get_running_loop().create_connection(asyncio.Protocol, address, target.port or 0)
        transport.abort()
        return ANSWERED

    async def _http(self, target: Target, address: str) -> Finding:
        how = target.how
        client = self._kept.pop(target.key, None)
        if client is not None and client.is_usable:
            try:
                return self._judged(target, client, await client.ask(request(target), how))
            except NotHttp:
                # The server may have closed it just now, which says nothing.
                client.close()
            except asyncio.CancelledError:
                client.close()
                raise
        context = self._tls(how) if how.tls else None
        name = (how.server_name or target.address) if context else None
        _transport, client = await asyncio.get_running_loop().create_connection(
            Client, address, target.port or 0, ssl=context, server_hostname=name
        )
        try:
            return self._judged(target, client, await client.ask(request(target), how))
        finally:
            if self._kept.get(target.key) is not client:
                client.close()

    def _judged(self, target: Target, client: Client, answer: Answer) -> Finding:
        if target.how.keep_alive and client.is_usable:
            self._kept[target.key] = client
        else:
            client.close()
        if answer.status not in target.how.expected_status:
            return Finding(Outcome.LOST, f"it answered {answer.status}")
        if target.how.expected_body not in answer.body:
            return Finding(Outcome.LOST, "it answered without the expected text")
        return ANSWERED

    def _tls(self, how: How) -> ssl.SSLContext:
        key = (how.ca_file, how.validate_certs)
        if key not in self._contexts:
            self._contexts[key] = _context(how)
        return self._contexts[key]

    def forget(self, target: Target) -> None:
        """Close what was kept open for a target."""
        if (client := self._kept.pop(target.key, None)) is not None:
            client.close()

    def close(self) -> None:
        """Close all of it."""
        for client in self._kept.values():
            client.close()
        self._kept.clear()
