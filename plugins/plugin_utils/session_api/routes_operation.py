# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths for those who operate the service."""

from __future__ import annotations

import json

from . import auth, http, metrics, notifier, openapi, policy, probes
from .errors import Unavailable
from .libraries import flask, oslo_log, sa_exc
from .service import Service
from .unit import Unit

LOG = oslo_log.getLogger(__name__)


def blueprint(service: Service) -> flask.Blueprint:
    """Make the routes."""
    routes = flask.Blueprint("operation", __name__)
    document = json.dumps(openapi.document(service.settings.public_endpoint))

    @routes.get("/healthcheck", endpoint="healthcheck")
    def healthcheck() -> flask.Response:
        try:
            service.store.ping()
        except sa_exc.SQLAlchemyError as exc:
            LOG.exception("the database does not answer")
            raise Unavailable("the database does not answer") from exc
        return http.answer({"status": "ok"})

    @routes.get("/metrics", endpoint="metrics")
    def figures() -> flask.Response:
        service.policy.demand(auth.current(), policy.METRICS)
        service.expire_due()
        return flask.Response(service.figures.text(), content_type=metrics.CONTENT_TYPE)

    @routes.get("/v1/probes/<probe_id>", endpoint="get_probe")
    def get_probe(probe_id: str) -> flask.Response:
        service.policy.demand(auth.current(), policy.PROBE)
        probes.check(probe_id)
        with service.work.read() as unit:
            return http.answer(probe_view(unit, probe_id))

    @routes.put("/v1/probes/<probe_id>", endpoint="send_probe")
    def send_probe(probe_id: str) -> flask.Response:
        service.policy.demand(auth.current(), policy.PROBE)
        probes.check(probe_id)
        with service.work.write() as unit:
            probes.send(unit, probe_id)
            unit.db.flush()
            return http.answer(probe_view(unit, probe_id))

    def probe_view(unit: Unit, probe_id: str) -> http.Json:
        return {
            "probe_id": probe_id,
            "project_id": probes.project_of(probe_id),
            "way": notifier.way(service.conf),
            "event_types": probes.event_types(unit),
            "waiting": probes.waiting(unit, probe_id),
        }

    @routes.get("/v1/openapi.json", endpoint="openapi")
    def openapi_document() -> flask.Response:
        return flask.Response(document, mimetype="application/json")

    return routes
