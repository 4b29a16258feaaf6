# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of Fenix v1, with the predecessor's bodies and codes."""

from __future__ import annotations

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import auth, conversation, http, policy, replies, sessions
from .errors import ApiError, BadRequest, SessionNotFound
from .libraries import flask
from .models import SessionRow
from .service import Service
from .unit import Unit


class _Routes:
    """The views, with the service behind them."""

    def __init__(self, service: Service) -> None:
        """Serve this service."""
        self.service = service

    def for_admin(self, unit: Unit, identity: auth.Identity, session_id: str, rule: str) -> SessionRow:
        """Return the session; a project that it concerns is told that it may not, any other one that it does not exist."""
        row = sessions.visible(unit, session_id, self.service.policy.scope(identity))
        self.service.policy.demand(identity, rule)
        return row

    def create_session(self) -> flask.Response:
        identity = auth.current()
        self.service.policy.demand(identity, policy.CREATE)
        parsed = http.body("SessionCreate")
        wish = sessions.Wish(
            hosts=tuple(parsed.get("hosts", [])),
            maintenance_at=http.time_field(parsed, "maintenance_at"),
            workflow=parsed.get("workflow", messages.WORKFLOW_DEFAULT),
            metadata=http.metadata_field(parsed) or {},
            download=parsed.get("download", []),
            actions=parsed.get("actions", []),
            name=parsed.get("name"),
            owner_project_id=identity.project_id,
        )
        with self.service.write() as unit:
            return http.answer({"session_id": sessions.create(unit, wish).id})

    def list_session_ids(self) -> flask.Response:
        identity = auth.current()
        with self.service.read() as unit:
            return http.answer({"sessions": [row.id for row in sessions.listed(unit, self.service.policy.scope(identity))]})

    def get_session_state(self, session_id: str) -> flask.Response:
        identity = auth.current()
        with self.service.read() as unit:
            row = sessions.visible(unit, session_id, self.service.policy.scope(identity))
            return http.answer({"session_id": row.id, "state": row.state})

    def continue_session(self, session_id: str) -> flask.Response:
        identity = auth.current()
        with self.service.read() as unit:
            self.for_admin(unit, identity, session_id, policy.CHANGE)
        parsed = http.body("SessionContinue", empty=True)
        with self.service.write() as unit:
            row = sessions.find(unit, session_id)
            if "state" in parsed:
                sessions.resume(unit, row, parsed["state"])
        url = f"{self.service.settings.public_endpoint}/v1/maintenance/{session_id}"
        return http.answer({"maintenance": url, "session_id": session_id})

    def delete_session(self, session_id: str) -> flask.Response:
        identity = auth.current()
        with self.service.write() as unit:
            row = self.for_admin(unit, identity, session_id, policy.DELETE)
            if row.deleted_at is not None:
                raise SessionNotFound
            sessions.delete(unit, row)
        return http.answer({})

    def get_session_detail(self, session_id: str) -> flask.Response:
        identity = auth.current()
        with self.service.read() as unit:
            project_id = self.service.policy.scope(identity)
            row = sessions.visible(unit, session_id, project_id)
            return http.answer(sessions.view(unit, row, project_id))

    def get_project_instances(self, session_id: str, project_id: str) -> flask.Response:
        identity = auth.current()
        with self.service.read() as unit:
            row = self.addressed(unit, identity, session_id, project_id, policy.READ_PROJECT)
            return http.answer({"instance_ids": replies.instance_ids(unit, row, project_id)})

    def reply_project(self, session_id: str, project_id: str) -> flask.Response:
        return self.take_reply(session_id, project_id, None)

    def reply_instance(self, session_id: str, project_id: str, instance_id: str) -> flask.Response:
        return self.take_reply(session_id, project_id, instance_id)

    def addressed(self, unit: Unit, identity: auth.Identity, session_id: str, project_id: str, rule: str) -> SessionRow:
        """Return the session for a path that names a project."""
        if not self.service.policy.allows(identity, rule, project_id):
            if self.service.policy.scope(identity) is not None:
                raise SessionNotFound
            sessions.find(unit, session_id)
            self.service.policy.demand(identity, rule, project_id)
        if project_id != identity.project_id:
            sessions.find(unit, session_id)
        return sessions.find_for_project(unit, session_id, project_id)

    def take_reply(self, session_id: str, project_id: str, instance_id: str | None) -> flask.Response:
        identity = auth.current()
        with self.service.read() as unit:
            self.addressed(unit, identity, session_id, project_id, policy.REPLY)
        parsed = http.body("ProjectReply")
        verdict = messages.parse_reply_state(parsed["state"])
        if verdict is None:
            raise BadRequest("state", f"state must be ACK_ or NACK_ and the state of the message, not {parsed['state']!r}")
        try:
            settled = self.store_reply(parsed, verdict, session_id, project_id, instance_id)
        except ApiError:
            self.service.figures.replies.labels(verdict.state, "rejected").inc()
            raise
        for state, seconds in settled:
            self.service.figures.latency.labels(state).observe(seconds)
        self.service.figures.replies.labels(verdict.state, "taken" if settled else "no_news").inc()
        return http.answer(parsed)

    def store_reply(
        self, parsed: http.Json, verdict: messages.ReplyState, session_id: str, project_id: str, instance_id: str | None
    ) -> list[tuple[str, float]]:
        with self.service.work.write() as unit:
            row = sessions.find_for_project(unit, session_id, project_id)
            reply = conversation.Reply(
                verdict=verdict,
                instance_id=instance_id,
                action=parsed.get("instance_action"),
                actions=parsed.get("instance_actions"),
                message_id=parsed.get("message_id"),
                reason=parsed.get("reason"),
                fallback=replies.fallback(unit, project_id, instance_id) if instance_id else {},
            )
            settled = replies.take(unit, row, project_id, reply)
            return [(message.state, (unit.now - message.created_at).total_seconds()) for message in settled]


def blueprint(service: Service) -> flask.Blueprint:
    """Make the routes."""
    routes = flask.Blueprint("fenix", __name__, url_prefix="/v1/maintenance")
    own = _Routes(service)
    for method, path, view in (
        ("POST", "", own.create_session),
        ("GET", "", own.list_session_ids),
        ("GET", "/<session_id>", own.get_session_state),
        ("PUT", "/<session_id>", own.continue_session),
        ("DELETE", "/<session_id>", own.delete_session),
        ("GET", "/<session_id>/detail", own.get_session_detail),
        ("GET", "/<session_id>/<project_id>", own.get_project_instances),
        ("PUT", "/<session_id>/<project_id>", own.reply_project),
        ("PUT", "/<session_id>/<project_id>/<instance_id>", own.reply_instance),
    ):
        routes.add_url_rule(path, endpoint=view.__name__, view_func=view, methods=[method])
    return routes
