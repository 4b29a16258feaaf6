# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes webhooks and keeps them as they came."""

from __future__ import annotations

import http.server
import threading
from typing import Any

from .talk import Talk


class Listener:
    """A listener on a port of its own; what it answers depends on the path."""

    def __init__(self, t: Talk) -> None:
        """Listen until the story ends."""
        self.requests: list[dict[str, Any]] = []
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                listener.requests.append(
                    {"method": self.command, "path": self.path, "headers": list(self.headers.items()), "body": body}
                )
                status = 500 if "/fails" in self.path else 302 if "/moved" in self.path else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{listener.url}/new-place")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_PUT = _take  # noqa: N815  the names that http.server calls

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{server.server_port}"
        self.url = f"http://{self.address}"
        t.masker.name("listener", self.address)
        t.finally_(server.server_close)
        t.finally_(server.shutdown)

    def at(self, path: str) -> list[dict[str, Any]]:
        """Return what came to a path."""
        return [item for item in list(self.requests) if item["path"].split("?")[0] == path]
