# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One POST to a stranger's address: bounded in time and size, to no forbidden network, past no proxy, along no redirect."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import io
import socket
import ssl
import time
import typing as t
import urllib.parse

from . import addresses

# Of an answer only the status counts; the head is read to its end, of the body what comes with it.
_MOST_READ = 16 * 1024
_BODY_READ = 4096
_PORTS = {"http": 80, "https": 443}


@dataclasses.dataclass(frozen=True)
class Answer:
    """What became of one attempt.

    :ivar status: HTTP status, None when there was no answer.
    :ivar error: why it does not count as delivered, None when it does.
    :ivar retry_after: seconds the receiver asks to be left alone.
    """

    status: int | None = None
    error: str | None = None
    retry_after: float = 0.0


class Poster:
    """POSTs with the same bounds to every address."""

    def __init__(self, networks: addresses.Networks, connect_timeout: float, timeout: float, ca_file: str | None) -> None:
        """Check certificates with these authorities, the system's without a file; raises OSError for a file that is none."""
        self._networks = networks
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._tls = ssl.create_default_context(cafile=ca_file or None)

    def post(self, url: str, headers: t.Mapping[str, str], body: bytes) -> Answer:
        """Send once; never raises. The text of an error is for the project, so nothing of an answer's body is in it."""
        deadline = time.monotonic() + self._timeout
        try:
            return self._post(urllib.parse.urlsplit(url), headers, body, deadline)
        except _NotAllowedError as exc:
            return Answer(error=str(exc))
        except socket.gaierror:
            return Answer(error="the name of the host cannot be resolved")
        except TimeoutError:
            return Answer(error="no answer in time")
        except ssl.SSLCertVerificationError as exc:
            return Answer(error=f"the certificate cannot be verified: {exc.verify_message}")
        except (OSError, http.client.HTTPException, ValueError) as exc:
            return Answer(error=f"{type(exc).__name__}: {exc.strerror if isinstance(exc, OSError) else 'no proper HTTP answer'}")

    def _post(self, parts: urllib.parse.SplitResult, headers: t.Mapping[str, str], body: bytes, deadline: float) -> Answer:
        with contextlib.closing(self._connect(parts, deadline)) as connected:
            # It never opens a connection of its own: it is given one, and reads and writes through the deadline.
            client = http.client.HTTPConnection(str(parts.hostname), parts.port or _PORTS[parts.scheme])
            client.auto_open = 0
            client.sock = t.cast("socket.socket", _Wire(connected, deadline))
            path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
            client.request("POST", path, body, {**headers, "Host": parts.netloc, "Connection": "close"})
            response = client.getresponse()
            with contextlib.suppress(OSError, http.client.HTTPException):
                response.read1(_BODY_READ)
            return _judged(response)

    def _connect(self, parts: urllib.parse.SplitResult, deadline: float) -> socket.socket:
        """Connect to an address that was looked at after the name was resolved; nobody resolves it again."""
        host = str(parts.hostname)
        found = socket.getaddrinfo(host, parts.port or _PORTS[parts.scheme], type=socket.SOCK_STREAM)
        allowed = [one for one in found if self._networks.allow(str(one[4][0]))]
        if not allowed:
            raise _NotAllowedError(addresses.denied(str(found[0][4][0])))
        failed: OSError = TimeoutError()
        until = min(deadline, time.monotonic() + self._connect_timeout)
        for family, kind, protocol, _name, address in allowed:
            plain = socket.socket(family, kind, protocol)
            try:
                plain.settimeout(_left(until))
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if parts.scheme == "http":
                    return plain
                plain.settimeout(_left(until))
                return self._tls.wrap_socket(plain, server_hostname=host)
            except OSError as exc:
                plain.close()
                failed = exc
        raise failed


class _NotAllowedError(Exception):
    """The address is in a forbidden network."""


class _Wire:
    """A socket as ``http.client`` uses it, on which everything together ends at the deadline."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket, self._deadline))

    def close(self) -> None:
        """Whoever connected closes."""


class _Reader(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: float) -> None:
        super().__init__()
        self._socket = connected
        self._deadline = deadline
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: t.Any) -> int:
        if self._read > _MOST_READ:
            raise ValueError("the answer is too long")
        self._socket.settimeout(_left(self._deadline))
        count = self._socket.recv_into(buffer, min(len(buffer), 4096))
        self._read += count
        return count


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _judged(response: http.client.HTTPResponse) -> Answer:
    status = response.status
    if 200 <= status < 300:
        return Answer(status)
    more = "; redirects are not followed" if 300 <= status < 400 else ""
    wish = response.headers.get("Retry-After", "")
    return Answer(status, f"answered {status}{more}", float(wish) if wish.isdecimal() and len(wish) < 7 else 0.0)
