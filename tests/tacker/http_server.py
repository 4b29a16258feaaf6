# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small HTTP server in a thread, for the two that stand around Tacker."""

from __future__ import annotations

import dataclasses
import json
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Raw = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Request:
    """What was asked.

    :ivar path: without the query.
    """

    method: str
    path: str
    query: str
    headers: t.Mapping[str, str]
    content: bytes

    @property
    def body(self) -> t.Any:
        """The content as JSON, {} without one."""
        return json.loads(self.content) if self.content else {}

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method not in ("GET", "HEAD")

    def __str__(self) -> str:
        """As in ``GET /path``."""
        return f"{self.method} {self.path}"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What is answered."""

    status: int
    content: bytes = b""
    headers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


def answer(status: int, body: t.Any = None, **headers: str) -> Answer:
    """An answer in JSON; underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is None:
        return Answer(status, b"", named)
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **named})


class Server:
    """Answers with what ``handle`` gives; None closes the connection without a word."""

    def __init__(self, handle: t.Callable[[Request], Answer | None]) -> None:
        """Listen on a free port of loopback."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            # One packet an answer: two would wait for each other's acknowledgement.
            wbufsize = -1

            def log_message(self, *_args: t.Any) -> None:
                """Say nothing."""

            def _handle(self) -> None:
                path, _mark, query = self.path.partition("?")
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                found = handle(Request(self.command, path, query, dict(self.headers), content))
                if found is None:
                    self.close_connection = True
                    return
                self.send_response(found.status)
                for name, value in found.headers.items():
                    self.send_header(name, value)
                if found.status != 204:
                    self.send_header("Content-Length", str(len(found.content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(found.content)

        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler._handle)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=[0.1], daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
