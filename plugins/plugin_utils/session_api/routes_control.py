# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths with which people control a run: no lease, for it is not the runner who writes."""

from __future__ import annotations

from . import auth, control, http, policy, sessions
from .libraries import flask
from .service import Service


def blueprint(service: Service) -> flask.Blueprint:
    """Make the routes."""
    routes = flask.Blueprint("control", __name__, url_prefix="/v1/sessions")

    def admitted(session_id: str) -> auth.Identity:
        identity = auth.current()
        with service.work.read() as unit:
            sessions.visible(unit, session_id, service.policy.scope(identity))
            service.policy.demand(identity, policy.CONTROL)
            sessions.find(unit, session_id)
        return identity

    @routes.get("/<session_id>/control", endpoint="get_control")
    def get_control(session_id: str) -> flask.Response:
        admitted(session_id)
        with service.work.read() as unit:
            return http.answer(control.view(sessions.find(unit, session_id)))

    @routes.put("/<session_id>/control", endpoint="set_control")
    def set_control(session_id: str) -> flask.Response:
        identity = admitted(session_id)
        parsed = http.body("ControlOrder")
        by = identity.user_name or identity.user_id
        order = control.Order(parsed["action"], by, parsed.get("host"), parsed.get("wave"), parsed.get("reason"))
        with service.write() as unit:
            row = sessions.find(unit, session_id)
            if control.obey(unit, row, order):
                sessions.publish(unit, row)
            return http.answer(control.view(row))

    return routes
