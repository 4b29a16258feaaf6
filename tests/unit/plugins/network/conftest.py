# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock that does not make anybody wait, servers as Nova shows them, and a listener for probes."""

from __future__ import annotations

import http.server
import threading
import types
import typing as t

import pytest

SERVERS = "/compute/v2.1/servers"
ROOT = "ansible_collections.nfv.maintenance.plugins.module_utils._network"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sleeps take no time, but the clock believes them."""
    import time  # noqa: PLC0415

    began, slept = time.monotonic(), [0.0]

    def sleep(seconds: float) -> None:
        slept[0] += seconds

    clock = types.SimpleNamespace(monotonic=lambda: began + slept[0], sleep=sleep)
    for module in ("active", "members"):
        monkeypatch.setattr(f"{ROOT}.{module}.time", clock)


@pytest.fixture
def server(conversation: t.Any) -> t.Callable[..., None]:
    """Declares one GET of a server; no status means that there is none."""

    def declare(name: str, status: str | None = "ACTIVE", task_state: str | None = None, **more: t.Any) -> None:
        if status is None:
            conversation.expect("GET", f"{SERVERS}/{name}", status=404, json={"itemNotFound": {"message": "no", "code": 404}})
            return
        body = {"id": name, "name": f"web-{name}", "status": status, "OS-EXT-STS:task_state": task_state, **more}
        conversation.expect("GET", f"{SERVERS}/{name}", json={"server": body})

    return declare


class Listener:
    """Answers GET with the next of the given statuses, the last one for ever."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.paths: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.path)
                status = outer.statuses.pop(0) if len(outer.statuses) > 1 else outer.statuses[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: t.Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> t.Iterator[Listener]:
    found = Listener()
    yield found
    found.stop()
