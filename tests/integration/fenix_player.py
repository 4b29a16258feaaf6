# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Fenix of 2019 as it was recorded: the admin's calls, its answers word for word, and its habits.

Answers are those of tests/fixtures/recorded/fenix (rest-*, error-*). What its engine does is played: each look at a session
moves it on.
"""

from __future__ import annotations

import threading
import typing as t
import uuid

from flask import Flask, request
from werkzeug.serving import make_server

RUN = ("MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "START_MAINTENANCE", "PLANNED_MAINTENANCE", "MAINTENANCE_COMPLETE")
UNKNOWN_ERROR = ({"status": 500, "message": "Unknown Error"}, 500)


class FenixPlayer:
    """Listens on loopback.

    :param ends: the last state of a session, MAINTENANCE_DONE or MAINTENANCE_FAILED; None: the engine forgets it half-way.
    :param hiccups: looks that are answered 500 first, as while its engine restarts.
    """

    def __init__(self, ends: str | None = "MAINTENANCE_DONE", hiccups: int = 0) -> None:
        self.ends = ends
        self.hiccups = hiccups
        self.sessions: dict[str, list[str | None]] = {}
        self.created: list[dict[str, t.Any]] = []
        self.deleted: list[str] = []
        app = Flask("fenix")
        app.add_url_rule("/v1/maintenance", view_func=self._list, methods=["GET"])
        app.add_url_rule("/v1/maintenance", view_func=self._create, methods=["POST"])
        app.add_url_rule("/v1/maintenance/<session_id>", view_func=self._get, methods=["GET"])
        app.add_url_rule("/v1/maintenance/<session_id>", view_func=self._delete, methods=["DELETE"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> FenixPlayer:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._thread.join()

    def _list(self) -> t.Any:
        return {"sessions": list(self.sessions)}

    def _create(self) -> t.Any:
        body = request.get_json(silent=True)
        wanted = {"maintenance_at", "workflow", "metadata"}
        if not body or not wanted <= set(body) or any("metadata" not in action for action in body.get("actions", [])):
            return UNKNOWN_ERROR
        if len(self.sessions) == 3:
            return {"error": "Too many sessions"}, 509
        session_id = str(uuid.uuid1())
        half = len(RUN) // 2
        self.sessions[session_id] = [*RUN, self.ends] if self.ends else [*RUN[:half], None]
        self.created.append(body)
        return {"session_id": session_id}

    def _get(self, session_id: str) -> t.Any:
        if self.hiccups:
            self.hiccups -= 1
            return UNKNOWN_ERROR
        states = self.sessions.get(session_id)
        if not states or states[0] is None:
            return {"error": "Invalid session"}, 404
        state = states.pop(0) if len(states) > 1 else states[0]
        return {"session_id": session_id, "state": state}

    def _delete(self, session_id: str) -> t.Any:
        if session_id not in self.sessions:
            return UNKNOWN_ERROR
        del self.sessions[session_id]
        self.deleted.append(session_id)
        return {}
