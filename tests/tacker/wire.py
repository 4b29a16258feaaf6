# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands between the modules and Tacker: keeps what was asked, and can put in what goes wrong."""

from __future__ import annotations

import dataclasses
import re
import threading
import typing as t

import requests

from tests.tacker.http_server import Answer, Request, Server

# They belong to one connection, or are made anew.
_NOT_PASSED_ON = ("connection", "content-length", "host", "keep-alive", "transfer-encoding", "content-encoding", "server", "date")
LIMIT = 120

# None closes the connection without an answer; PASS asks Tacker.
Act = t.Callable[[Request], "Answer | object | None"]
PASS = object()


@dataclasses.dataclass(frozen=True)
class Asked:
    """A request and what was answered, 0 for nothing."""

    request: Request
    status: int

    def __str__(self) -> str:
        """As in ``GET /path 200``."""
        return f"{self.request} {self.status}"


@dataclasses.dataclass
class _Interception:
    method: str
    pattern: str
    act: Act
    times: int


class Wire:
    """A proxy that records.

    :ivar asked: all requests since :meth:`mark`, in the order of their answers.
    """

    def __init__(self, target: str) -> None:
        """Listen on a free port."""
        self._target = target
        self.asked: list[Asked] = []
        self._interceptions: list[_Interception] = []
        self._lock = threading.Lock()
        self._local = threading.local()
        self._server = Server(self._handle)
        self.url = self._server.url

    def stop(self) -> None:
        """Listen no more."""
        self._server.stop()

    def mark(self) -> None:
        """Count from here on."""
        self.asked.clear()

    @property
    def writes(self) -> list[str]:
        """The requests since the mark that may have changed something, as in ``POST /path``."""
        return [str(one.request) for one in self.asked if one.request.writes]

    def sent(self, method: str, pattern: str) -> list[t.Any]:
        """The bodies of requests since the mark, by method and by the end of their path (a regular expression)."""
        found = [one.request for one in self.asked if one.request.method == method]
        return [request.body for request in found if re.search(f"{pattern}$", request.path)]

    def intercept(self, method: str, pattern: str, act: Act, times: int = 1) -> None:
        """Let ``act`` answer the next requests instead of Tacker, or do something and return ``PASS``.

        :param pattern: for the end of the path, a regular expression.
        """
        with self._lock:
            self._interceptions.append(_Interception(method, pattern, act, times))

    def reset(self) -> None:
        """Put nothing in any more."""
        with self._lock:
            self._interceptions.clear()

    def _handle(self, request: Request) -> Answer | None:
        found = self._intercepted(request)
        if found is PASS:
            found = self._ask(request)
        given = t.cast("Answer | None", found)
        self.asked.append(Asked(request, given.status if given else 0))
        return given

    def _intercepted(self, request: Request) -> t.Any:
        with self._lock:
            for one in self._interceptions:
                if one.times > 0 and one.method == request.method and re.search(f"{one.pattern}$", request.path):
                    one.times -= 1
                    break
            else:
                return PASS
        return one.act(request)

    def _ask(self, request: Request) -> Answer:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        url = f"{self._target}{request.path}" + (f"?{request.query}" if request.query else "")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
        heard = self._local.session.request(
            request.method, url, data=request.content or None, headers=headers, timeout=LIMIT, allow_redirects=False)
        kept = {name: value for name, value in heard.headers.items() if name.lower() not in _NOT_PASSED_ON}
        return Answer(heard.status_code, heard.content, kept)
