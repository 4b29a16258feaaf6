# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of direct delivery: a project's subscriptions, and what became of what was sent to them."""

from __future__ import annotations

import typing as t

from . import auth, deliveries, http, policy, subscriptions
from .errors import Forbidden
from .libraries import flask
from .models import SubscriptionRow
from .service import Service
from .unit import Unit

_PAGE, _LONGEST_PAGE = 100, 1000


class _Routes:
    """The views, with the service behind them."""

    def __init__(self, service: Service) -> None:
        """Serve this service."""
        self.service = service

    def found(self, unit: Unit, subscription_id: str, rule: str) -> SubscriptionRow:
        """Return a subscription that the caller may see and, by the rule, may do something to."""
        identity = auth.current()
        row = subscriptions.find(unit, subscription_id, self.service.policy.scope(identity))
        self.service.policy.demand(identity, rule, row.project_id)
        return row

    def create_subscription(self) -> flask.Response:
        identity = auth.current()
        if not identity.project_id:
            raise Forbidden("a subscription belongs to a project; this token is of none")
        self.service.policy.demand(identity, policy.SUBSCRIBE, identity.project_id)
        parsed = http.body("SubscriptionCreate")
        with self.service.work.write() as unit:
            row, secret = subscriptions.create(unit, identity.project_id, parsed)
            return _shown(unit, row, secret, 201)

    def list_subscriptions(self) -> flask.Response:
        identity = auth.current()
        wanted = flask.request.args.get("project_id")
        project_id = self.service.policy.scope(identity)
        if wanted is not None and wanted != project_id:
            self.service.policy.demand(identity, policy.READ_SUBSCRIPTIONS, wanted)
            project_id = wanted
        with self.service.work.read() as unit:
            return http.answer({"subscriptions": subscriptions.views(unit, subscriptions.listed(unit, project_id))})

    def get_subscription(self, subscription_id: str) -> flask.Response:
        with self.service.work.read() as unit:
            return _shown(unit, self.found(unit, subscription_id, policy.READ_SUBSCRIPTIONS))

    def update_subscription(self, subscription_id: str) -> flask.Response:
        with self.service.work.read() as unit:
            self.found(unit, subscription_id, policy.SUBSCRIBE)
        parsed = http.body("SubscriptionUpdate")
        with self.service.work.write() as unit:
            row = self.found(unit, subscription_id, policy.SUBSCRIBE)
            secret = subscriptions.update(unit, row, parsed)
            unit.db.flush()
            return _shown(unit, row, secret)

    def delete_subscription(self, subscription_id: str) -> flask.Response:
        with self.service.work.write() as unit:
            subscriptions.delete(unit, self.found(unit, subscription_id, policy.DELETE_SUBSCRIPTIONS))
        return flask.Response(status=204)

    def list_deliveries(self, subscription_id: str) -> flask.Response:
        with self.service.work.read() as unit:
            row = self.found(unit, subscription_id, policy.READ_SUBSCRIPTIONS)
            statuses = http.choice_arguments("status", deliveries.STATUSES)
            limit = http.bounded_argument("limit", _PAGE, _LONGEST_PAGE)
            page, marker = deliveries.listed(unit, row, statuses, limit, flask.request.args.get("marker"))
            return http.answer({"deliveries": [deliveries.view(one) for one in page], "next_marker": marker})

    def resend_delivery(self, subscription_id: str, delivery_id: str) -> flask.Response:
        with self.service.work.write() as unit:
            subscription = self.found(unit, subscription_id, policy.RESEND)
            row = deliveries.find(unit, subscription, delivery_id)
            deliveries.resend(unit, subscription, row)
            return http.answer(deliveries.view(row), 202)


def _shown(unit: Unit, row: SubscriptionRow, secret: str | None = None, status: int = 200) -> flask.Response:
    body: dict[str, t.Any] = subscriptions.views(unit, [row])[0]
    if secret is not None:
        body["secret"] = secret
    response = http.answer(body, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def blueprint(service: Service) -> flask.Blueprint:
    """Make the routes."""
    routes = flask.Blueprint("subscriptions", __name__, url_prefix="/v1/subscriptions")
    own = _Routes(service)
    for method, path, view in (
        ("POST", "", own.create_subscription),
        ("GET", "", own.list_subscriptions),
        ("GET", "/<subscription_id>", own.get_subscription),
        ("PUT", "/<subscription_id>", own.update_subscription),
        ("DELETE", "/<subscription_id>", own.delete_subscription),
        ("GET", "/<subscription_id>/deliveries", own.list_deliveries),
        ("POST", "/<subscription_id>/deliveries/<delivery_id>/resend", own.resend_delivery),
    ):
        routes.add_url_rule(path, endpoint=view.__name__, view_func=view, methods=[method])
    return routes
