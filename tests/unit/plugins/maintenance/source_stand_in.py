# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the callback of the event source: answers as it is told, and writes down what it heard."""

from __future__ import annotations

import http.server
import json
import threading
import typing as t

Json = dict[str, t.Any]
KEY = "1.the-key-of-this-attempt"
HELD: Json = {"attempt": 1, "held_until": "2026-11-21T01:03:03.000000Z", "token": 17}
BUSY = (409, {"error": "busy", "reason": "busy", "retry_after": 1, "holder": {"vnf_id": "vnf-1", "delivery": "other"}})
STALE = (409, {"error": "given up", "reason": "stale"})
OVER = (409, {"error": "over", "reason": "over"})


class Source:
    """Listens on loopback.

    :ivar answers: what it answers next, status and body; with none left, the default of the state that is reported.
    :ivar heard: what it was told, in order: delivery, key and body.
    """

    def __init__(self, port: int = 0) -> None:
        self.answers: list[tuple[int, Json]] = []
        self.heard: list[tuple[str, str, Json]] = []
        self.changed = threading.Condition()
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer = source.answer(self.path.rsplit("/", 1)[1], self.headers["Authorization"], body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{source.port}/v1.0/deliveries/elsewhere")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_args: t.Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, delivery: str, authorization: str, body: Json) -> tuple[int, Json]:
        with self.changed:
            self.heard.append((delivery, authorization.removeprefix("Bearer "), body))
            self.changed.notify_all()
            if self.answers:
                return self.answers.pop(0)
        return 200, HELD if body["state"] == "held" else {}

    def hears(self, count: int, limit: float = 30) -> list[Json]:
        """The bodies, once there are so many."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.heard) >= count, limit), self.heard
        return self.bodies

    @property
    def bodies(self) -> list[Json]:
        return [body for _delivery, _key, body in self.heard]

    def delivery(self, name: str = "d-1", attempt: int = 1, **more: t.Any) -> Json:
        """What the source adds to a hint."""
        url = f"http://127.0.0.1:{self.port}/v1.0/deliveries/{name}"
        return {"id": name, "attempt": attempt, "key": KEY, "url": url, **more}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
