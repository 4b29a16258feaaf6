# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths beyond Fenix: what the runner writes and what everybody may follow."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import asking, auth, extensions, http, leases, policy, progress, reporting, sessions, views
from .errors import NotFound
from .libraries import flask, sa
from .models import EventRow, MessageRow, SessionRow
from .service import Service
from .unit import Unit

_MOST_EVENTS = 1000


class _Routes:
    """The views, with the service behind them."""

    def __init__(self, service: Service) -> None:
        """Serve this service."""
        self.service = service

    def admitted(self, session_id: str) -> None:
        """Check that the caller may run the session, before anything of the body is looked at."""
        identity = auth.current()
        with self.service.work.read() as unit:
            sessions.visible(unit, session_id, self.service.policy.scope(identity))
            self.service.policy.demand(identity, policy.RUN)
            sessions.find(unit, session_id)

    @contextlib.contextmanager
    def running(self, session_id: str, token: int) -> t.Iterator[tuple[Unit, SessionRow]]:
        """Open a runner's write: refused for a stale runner, and it renews the lease."""
        with self.service.write() as unit:
            row = sessions.find(unit, session_id)
            leases.check(row, token)
            leases.renew(unit, row)
            yield unit, row

    def lease_token(self) -> int:
        return leases.parse_token(flask.request.headers.get(leases.HEADER))

    def list_sessions(self) -> flask.Response:
        project_id = self.service.policy.scope(auth.current())
        states = http.choice_arguments("state", messages.SESSION_STATES)
        open_only = http.flag_argument("open")
        with self.service.read() as unit:
            rows = sessions.listed(unit, project_id, name=flask.request.args.get("name"), states=states, open_only=open_only)
            return http.answer({"sessions": [sessions.view(unit, row, project_id, instances=False) for row in rows]})

    def get_session(self, session_id: str) -> flask.Response:
        project_id = self.service.policy.scope(auth.current())
        with self.service.read() as unit:
            row = sessions.visible(unit, session_id, project_id)
            return http.answer(sessions.view(unit, row, project_id))

    def set_session_state(self, session_id: str) -> flask.Response:
        self.admitted(session_id)
        token = self.lease_token()
        parsed = http.body("SessionUpdate")
        with self.running(session_id, token) as (unit, row):
            sessions.set_state(unit, row, parsed["state"], parsed.get("reason"))
            if "waiting" in parsed:
                sessions.set_waiting(unit, row, parsed["waiting"])
            if "wave" in parsed:
                sessions.begin_wave(unit, row, parsed["wave"])
            unit.db.flush()
            return http.answer(sessions.view(unit, row, None))

    def take_lease(self, session_id: str) -> flask.Response:
        self.admitted(session_id)
        parsed = http.body("LeaseRequest")
        with self.service.write() as unit:
            row = sessions.find(unit, session_id)
            if "token" in parsed:
                leases.check(row, parsed["token"])
            leases.take(unit, row, parsed["holder"], parsed.get("ttl", leases.DEFAULT_TTL))
            return http.answer(views.lease(row))

    def release_lease(self, session_id: str) -> flask.Response:
        self.admitted(session_id)
        token = self.lease_token()
        with self.running(session_id, token) as (unit, row):
            leases.release(unit, row)
        return flask.Response(status=204)

    def send_messages(self, session_id: str) -> flask.Response:
        self.admitted(session_id)
        token = self.lease_token()
        questions = [_question(one, f"messages.{number}.") for number, one in enumerate(http.body("MessageRequests")["messages"])]
        with self.running(session_id, token) as (unit, row):
            told = asking.ask(unit, row, questions)
            return http.answer({"messages": [views.message(one) for one in told]}, 201)

    def list_messages(self, session_id: str) -> flask.Response:
        project_id = self.service.policy.scope(auth.current())
        statuses = http.choice_arguments("status", messages.MESSAGE_STATUSES)
        states = [messages.canonical(state) for state in http.choice_arguments("state", messages.ACCEPTED_SPELLINGS)]
        ids = flask.request.args.getlist("id")
        with self.service.read() as unit:
            sessions.visible(unit, session_id, project_id)
            query = sa.select(MessageRow).where(MessageRow.session_id == session_id).order_by(MessageRow.number)
            for column, values in ((MessageRow.status, statuses), (MessageRow.state, states), (MessageRow.id, ids)):
                if values:
                    query = query.where(column.in_(values))
            if project_id is not None:
                query = query.where(MessageRow.project_id == project_id)
            return http.answer({"messages": [views.message(row) for row in unit.db.scalars(query)]})

    def get_message(self, session_id: str, message_id: str) -> flask.Response:
        project_id = self.service.policy.scope(auth.current())
        with self.service.read() as unit:
            _session, row = self.found(unit, session_id, message_id, project_id)
            return http.answer(views.message(row))

    def found(self, unit: Unit, session_id: str, message_id: str, project_id: str | None) -> tuple[SessionRow, MessageRow]:
        """Return a message that the caller may see, and its session."""
        session = sessions.visible(unit, session_id, project_id)
        row = unit.db.scalar(sa.select(MessageRow).where(MessageRow.session_id == session_id, MessageRow.id == message_id))
        if row is None or project_id not in (None, row.project_id):
            raise NotFound(f"there is no message {message_id} in session {session_id}")
        return session, row

    def extend_message(self, session_id: str, message_id: str) -> flask.Response:
        identity = auth.current()
        project_id = self.service.policy.scope(identity)
        with self.service.read() as unit:
            _session, row = self.found(unit, session_id, message_id, project_id)
            self.service.policy.demand(identity, policy.EXTEND, row.project_id)
        parsed = http.body("Extension")
        known = http.time_field(parsed, "reply_at")
        with self.service.write() as unit:
            session, row = self.found(unit, session_id, message_id, project_id)
            extensions.extend(unit, session, row, parsed["seconds"], known=known, reason=parsed.get("reason"))
            return http.answer(views.message(row))

    def set_host(self, session_id: str, host: str) -> flask.Response:
        self.admitted(session_id)
        token = self.lease_token()
        parsed = http.body("HostUpdate")
        with self.running(session_id, token) as (unit, row):
            return http.answer(views.host(progress.set_host(unit, row, host, parsed)))

    def set_inventory(self, session_id: str) -> flask.Response:
        self.admitted(session_id)
        token = self.lease_token()
        parsed = http.body("Inventory")
        with self.running(session_id, token) as (unit, row):
            kept = progress.set_inventory(unit, row, parsed["instances"])
            return http.answer({"instances": [views.instance(one) for one in kept]})

    def set_instance(self, session_id: str, instance_id: str) -> flask.Response:
        self.admitted(session_id)
        token = self.lease_token()
        parsed = http.body("InstanceUpdate")
        with self.running(session_id, token) as (unit, row):
            return http.answer(views.instance(progress.set_instance(unit, row, instance_id, parsed)))

    def list_events(self, session_id: str) -> flask.Response:
        project_id = self.service.policy.scope(auth.current())
        after = http.integer_argument("after", 0)
        with self.service.read() as unit:
            sessions.visible(unit, session_id, project_id)
            query = reporting.events(session_id, project_id).where(EventRow.number > after)
            return http.answer({"events": [views.event(row) for row in unit.db.scalars(query.limit(_MOST_EVENTS))]})


def blueprint(service: Service) -> flask.Blueprint:
    """Make the routes."""
    routes = flask.Blueprint("sessions", __name__, url_prefix="/v1/sessions")
    own = _Routes(service)
    for method, path, view in (
        ("GET", "", own.list_sessions),
        ("GET", "/<session_id>", own.get_session),
        ("PUT", "/<session_id>", own.set_session_state),
        ("POST", "/<session_id>/lease", own.take_lease),
        ("DELETE", "/<session_id>/lease", own.release_lease),
        ("POST", "/<session_id>/messages", own.send_messages),
        ("GET", "/<session_id>/messages", own.list_messages),
        ("GET", "/<session_id>/messages/<message_id>", own.get_message),
        ("POST", "/<session_id>/messages/<message_id>/extension", own.extend_message),
        ("PUT", "/<session_id>/hosts/<host>", own.set_host),
        ("PUT", "/<session_id>/instances", own.set_inventory),
        ("PUT", "/<session_id>/instances/<instance_id>", own.set_instance),
        ("GET", "/<session_id>/events", own.list_events),
    ):
        routes.add_url_rule(path, endpoint=view.__name__, view_func=view, methods=[method])
    return routes


def _question(parsed: http.Json, where: str) -> asking.Question:
    return asking.Question(
        project_id=parsed["project_id"],
        state=messages.canonical(parsed["state"]),
        instance_ids=tuple(parsed.get("instance_ids", [])),
        window=parsed.get("window"),
        allowed_actions=tuple(parsed.get("allowed_actions", [])),
        actions_at=http.time_field(parsed, "actions_at", where),
        metadata=http.metadata_field(parsed, where),
        key=parsed.get("key", ""),
    )
