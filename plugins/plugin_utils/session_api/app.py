# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application: routes, errors and the gate in front."""

from __future__ import annotations

import os
import typing as t

from . import (
    auth,
    config,
    http,
    routes_constraints,
    routes_control,
    routes_fenix,
    routes_operation,
    routes_report,
    routes_sessions,
    routes_subscriptions,
)
from .errors import ApiError
from .libraries import cfg, flask, oslo_log, sa_exc, werkzeug
from .service import Service

LOG = oslo_log.getLogger(__name__)


def make_flask(service: Service) -> flask.Flask:
    """Make the application behind the gate; it believes the identity headers it is given."""
    app = flask.Flask("session_api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = http.MAX_BODY
    app.url_map.strict_slashes = False
    blueprints = (
        routes_fenix, routes_sessions, routes_control, routes_constraints, routes_subscriptions,
        routes_operation, routes_report,
    )
    for module in blueprints:
        app.register_blueprint(module.blueprint(service))

    @app.errorhandler(ApiError)
    def refused(error: ApiError) -> flask.Response:
        return http.answer(error.body, error.status)

    @app.errorhandler(werkzeug.exceptions.HTTPException)
    def not_served(error: werkzeug.exceptions.HTTPException) -> flask.Response:
        response = http.answer({"error": error.description or error.name}, error.code or 500)
        response.headers.extend({name: value for name, value in error.get_headers() if name == "Allow"})
        return response

    @app.errorhandler(sa_exc.OperationalError)
    def no_database(error: Exception) -> flask.Response:
        LOG.error("the database refused: %s", error)
        return http.answer({"error": "the database is busy or does not answer; try again"}, 503)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> flask.Response:
        LOG.error("%s %s failed", flask.request.method, flask.request.path, exc_info=error)
        return http.answer({"error": "the service made a mistake; its log says more"}, 500)

    @app.after_request
    def count(response: flask.Response) -> flask.Response:
        operation = (flask.request.endpoint or "unknown").rpartition(".")[2]
        service.figures.requests.labels(operation, str(response.status_code)).inc()
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def make_application(service: Service) -> t.Any:
    """Make the WSGI application as it is deployed, with Keystone in front."""
    return auth.Gate(make_flask(service).wsgi_app, service.conf)


def start(conf: cfg.ConfigOpts) -> Service:
    """Set up the logs and start the service."""
    oslo_log.setup(conf, "nfv-session-api")
    service = Service(conf)
    service.start()
    return service


def application(config_file: str | None = None) -> t.Any:
    """Factory for a WSGI server of one process: ``application()``; the file by argument or in NFV_SESSION_API_CONFIG."""
    path = config_file or os.environ["NFV_SESSION_API_CONFIG"]
    return make_application(start(config.load(["--config-file", path])))
