# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths for those who follow a session: its page, its report, and its report again and again."""

from __future__ import annotations

import pathlib

from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import html

from . import auth, http, reporting
from .errors import Unavailable
from .libraries import flask
from .service import Service
from .streams import Stream

_PAGE = pathlib.Path(__file__).resolve().parent / "page.html"


def blueprint(service: Service) -> flask.Blueprint:
    """Make the routes."""
    routes = flask.Blueprint("report", __name__, url_prefix="/v1/sessions/<session_id>")
    page = html.page(_PAGE.read_text(encoding="utf-8"))
    security = f"{html.policy(page)}; connect-src 'self'; frame-ancestors 'none'"

    @routes.get("/page", endpoint="session_page")
    def session_page(session_id: str) -> flask.Response:  # pylint: disable=unused-argument
        response = flask.Response(page, mimetype="text/html")
        response.headers["Content-Security-Policy"] = security
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Cache-Control"] = "no-cache"
        return response

    @routes.get("/report", endpoint="get_report")
    def get_report(session_id: str) -> flask.Response:
        project_id = service.policy.scope(auth.current())
        with service.read() as unit:
            return http.answer(reporting.report(unit, session_id, project_id))

    @routes.get("/stream", endpoint="stream_report")
    def stream_report(session_id: str) -> flask.Response:
        project_id = service.policy.scope(auth.current())

        def mark() -> object:
            with service.read() as unit:
                return reporting.mark(unit, session_id)

        def make() -> http.Json:
            with service.read() as unit:
                return reporting.report(unit, session_id, project_id)

        # Who may not see it hears so before the stream begins.
        make()
        if flask.request.method == "HEAD":
            return flask.Response(mimetype="text/event-stream")
        if not service.streams.take():
            raise Unavailable("as many follow a session as this service can bear; ask for its report from time to time")
        response = flask.Response(Stream(service.streams.follow(mark, make), service.streams), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"
        return response

    return routes
