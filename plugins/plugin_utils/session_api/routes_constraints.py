# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The constraint API: what projects say about their instances and groups."""

from __future__ import annotations

from . import auth, constraints, http, policy
from .errors import BadRequest
from .libraries import flask
from .service import Service

_KINDS = (
    (constraints.INSTANCE, "instance_id", "InstanceConstraint"),
    (constraints.GROUP, "group_id", "GroupConstraint"),
)


def blueprint(service: Service) -> flask.Blueprint:
    """Make the routes."""
    routes = flask.Blueprint("constraints", __name__, url_prefix="/v1")
    for kind, id_field, schema in _KINDS:
        _add(routes, service, kind, id_field, schema)

    @routes.get("/constraints", endpoint="list_constraints")
    def list_constraints() -> flask.Response:
        identity = auth.current()
        wanted = flask.request.args.get("project_id")
        project_id = service.policy.scope(identity)
        if wanted is not None and wanted != project_id:
            service.policy.demand(identity, policy.READ_CONSTRAINTS, wanted)
            project_id = wanted
        with service.read() as unit:
            return http.answer(constraints.listed(unit, project_id))

    return routes


def _add(routes: flask.Blueprint, service: Service, kind: str, id_field: str, schema: str) -> None:
    path = f"/{kind}/<constraint_id>"

    @routes.get(path, endpoint=f"get_{kind}_constraint")
    def get(constraint_id: str) -> flask.Response:
        project_id = service.policy.scope(auth.current())
        with service.read() as unit:
            return http.answer(constraints.get(unit, kind, constraint_id, project_id))

    @routes.put(path, endpoint=f"put_{kind}_constraint")
    def put(constraint_id: str) -> flask.Response:
        identity = auth.current()
        parsed = http.body(schema)
        if parsed[id_field] != constraint_id:
            raise BadRequest(id_field, f"{id_field} must equal the id in the path")
        service.policy.demand(identity, policy.WRITE_CONSTRAINTS, parsed["project_id"])
        with service.write() as unit:
            return http.answer(constraints.put(unit, kind, constraint_id, parsed))

    @routes.delete(path, endpoint=f"delete_{kind}_constraint")
    def delete(constraint_id: str) -> flask.Response:
        identity = auth.current()
        service.policy.demand(identity, policy.WRITE_CONSTRAINTS, identity.project_id)
        with service.write() as unit:
            constraints.delete(unit, kind, constraint_id, service.policy.scope(identity))
        return http.answer({})
