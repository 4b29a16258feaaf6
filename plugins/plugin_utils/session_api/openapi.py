# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations, each once: the routes are checked against this list and the OpenAPI document is made of it."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import deliveries, leases, schemas

_PARAMETERS = {
    "session_id": ("The session.", schemas.ID),
    "project_id": ("The project.", schemas.ID),
    "instance_id": ("The instance.", schemas.ID),
    "group_id": ("The group.", schemas.ID),
    "message_id": ("The message.", schemas.ID),
    "subscription_id": ("The subscription.", schemas.ID),
    "delivery_id": ("The delivery.", schemas.ID),
    "probe_id": ("The probe, a UUID made by the caller.", schemas.PROBE_ID),
    "host": ("The host, by its nova-compute service name.", schemas.HOST_NAME),
}


@dataclasses.dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    name: str
    summary: str
    answers: t.Mapping[int, str | None] = dataclasses.field(default_factory=dict)
    body: str | None = None
    query: t.Mapping[str, schemas.Schema] = dataclasses.field(default_factory=dict)
    public: bool = False
    runner: bool = False
    media: str = "application/json"
    errors: tuple[int, ...] = ()


_TEXT: schemas.Schema = {"type": "string"}
_SESSION = "/v1/maintenance/{session_id}"
_MORE = "/v1/sessions/{session_id}"
_SUBSCRIPTION = "/v1/subscriptions/{subscription_id}"
_SEEN = (404,)
_WRITE = (400, 403, 404, 409, 413)

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post",
        "/v1/maintenance",
        "create_session",
        "Open a session",
        {200: "SessionId"},
        "SessionCreate",
        errors=(400, 403, 409, 413, 509),
    ),
    Operation("get", "/v1/maintenance", "list_session_ids", "List sessions", {200: "SessionIds"}),
    Operation("get", _SESSION, "get_session_state", "Read a session's state", {200: "SessionState"}, errors=_SEEN),
    Operation(
        "put", _SESSION, "continue_session", "Continue a failed session", {200: "SessionLink"}, "SessionContinue", errors=_WRITE
    ),
    Operation("delete", _SESSION, "delete_session", "Delete a session", {200: "Empty"}, errors=(403, 404)),
    Operation(
        "get",
        f"{_SESSION}/detail",
        "get_session_detail",
        "Read a session with all that belongs to it",
        {200: "Session"},
        errors=_SEEN,
    ),
    Operation(
        "get",
        f"{_SESSION}/{{project_id}}",
        "get_project_instances",
        "Read the instances a project has to think about",
        {200: "InstanceIds"},
        errors=(403, 404),
    ),
    Operation(
        "put",
        f"{_SESSION}/{{project_id}}",
        "reply_project",
        "Reply to a message",
        {200: "ProjectReply"},
        "ProjectReply",
        errors=_WRITE,
    ),
    Operation(
        "put",
        f"{_SESSION}/{{project_id}}/{{instance_id}}",
        "reply_instance",
        "Reply to a message about one instance",
        {200: "ProjectReply"},
        "ProjectReply",
        errors=_WRITE,
    ),
    *(
        Operation(
            method,
            f"/v1/{kind}/{{{kind.removeprefix('instance_')}_id}}",
            f"{verb}_{kind}_constraint",
            f"{text} of an {kind}",
            {200: answer},
            body,
            errors=errors,
        )
        for kind, schema in (("instance", "InstanceConstraint"), ("instance_group", "GroupConstraint"))
        for method, verb, text, answer, body, errors in (
            ("get", "get", "Read the constraints", schema, None, (404,)),
            ("put", "put", "Write the constraints", schema, schema, (400, 403, 413)),
            ("delete", "delete", "Remove the constraints", "Empty", None, (404,)),
        )
    ),
    Operation(
        "get",
        "/v1/sessions",
        "list_sessions",
        "List sessions, without their instances",
        {200: "Sessions"},
        query={"name": _TEXT, "state": {"enum": list(messages.SESSION_STATES)}, "open": {"type": "boolean"}},
        errors=(400,),
    ),
    Operation("get", _MORE, "get_session", "Read a session", {200: "Session"}, errors=_SEEN),
    Operation(
        "put",
        _MORE,
        "set_session_state",
        "Bring a session into a state",
        {200: "Session"},
        "SessionUpdate",
        runner=True,
        errors=_WRITE,
    ),
    Operation(
        "post",
        f"{_MORE}/lease",
        "take_lease",
        "Take or renew the lease; with the token only renew it",
        {200: "Lease"},
        "LeaseRequest",
        errors=_WRITE,
    ),
    Operation(
        "delete", f"{_MORE}/lease", "release_lease", "Give the session up", {204: None}, runner=True, errors=(400, 403, 404, 409)
    ),
    Operation("get", f"{_MORE}/control", "get_control", "Read what people want of the run", {200: "Control"}, errors=(403, 404)),
    Operation(
        "put",
        f"{_MORE}/control",
        "set_control",
        "Pause, resume or abort the run, skip a host, approve waves",
        {200: "Control"},
        "ControlOrder",
        errors=_WRITE,
    ),
    Operation(
        "post",
        f"{_MORE}/messages",
        "send_messages",
        "Tell projects",
        {201: "Messages"},
        "MessageRequests",
        runner=True,
        errors=_WRITE,
    ),
    Operation(
        "get",
        f"{_MORE}/messages",
        "list_messages",
        "List messages",
        {200: "Messages"},
        query={
            "status": {"type": "array", "items": {"enum": list(messages.MESSAGE_STATUSES)}},
            "state": {"type": "array", "items": {"enum": list(messages.ACCEPTED_SPELLINGS)}},
            "id": {"type": "array", "items": _TEXT},
        },
        errors=(400, 404),
    ),
    Operation("get", f"{_MORE}/messages/{{message_id}}", "get_message", "Read a message", {200: "Message"}, errors=_SEEN),
    Operation(
        "post",
        f"{_MORE}/messages/{{message_id}}/extension",
        "extend_message",
        "Ask for more time to reply",
        {200: "Message"},
        "Extension",
        errors=_WRITE,
    ),
    Operation(
        "put",
        f"{_MORE}/hosts/{{host}}",
        "set_host",
        "Note a host's state",
        {200: "Host"},
        "HostUpdate",
        runner=True,
        errors=_WRITE,
    ),
    Operation(
        "put",
        f"{_MORE}/instances",
        "set_inventory",
        "Replace the inventory",
        {200: "Instances"},
        "Inventory",
        runner=True,
        errors=_WRITE,
    ),
    Operation(
        "put",
        f"{_MORE}/instances/{{instance_id}}",
        "set_instance",
        "Note an instance's move",
        {200: "Instance"},
        "InstanceUpdate",
        runner=True,
        errors=_WRITE,
    ),
    Operation(
        "get",
        f"{_MORE}/events",
        "list_events",
        "Read the event log",
        {200: "Events"},
        query={"after": {"type": "integer"}},
        errors=(400, 404),
    ),
    Operation(
        "get",
        f"{_MORE}/page",
        "session_page",
        "A page that shows the session; it holds no data itself",
        {200: None},
        public=True,
        media="text/html",
    ),
    Operation(
        "get",
        f"{_MORE}/report",
        "get_report",
        "The report of a session as it is now; a project gets its own part",
        {200: "Report"},
        errors=_SEEN,
    ),
    Operation(
        "get",
        f"{_MORE}/stream",
        "stream_report",
        "The same as server-sent events named report, whenever it changes, for a minute; 503 when no more can listen",
        {200: None},
        media="text/event-stream",
        errors=_SEEN,
    ),
    Operation(
        "get",
        "/v1/constraints",
        "list_constraints",
        "List constraints",
        {200: "Constraints"},
        query={"project_id": _TEXT},
        errors=(403,),
    ),
    Operation(
        "post",
        "/v1/subscriptions",
        "create_subscription",
        "Subscribe the token's project to direct delivery; the answer shows the secret, this once",
        {201: "Subscription"},
        "SubscriptionCreate",
        errors=(400, 403, 409, 413),
    ),
    Operation(
        "get",
        "/v1/subscriptions",
        "list_subscriptions",
        "List subscriptions",
        {200: "Subscriptions"},
        query={"project_id": _TEXT},
        errors=(403,),
    ),
    Operation("get", _SUBSCRIPTION, "get_subscription", "Read a subscription", {200: "Subscription"}, errors=_SEEN),
    Operation(
        "put",
        _SUBSCRIPTION,
        "update_subscription",
        "Change a subscription; the answer shows a new secret, this once",
        {200: "Subscription"},
        "SubscriptionUpdate",
        errors=_WRITE,
    ),
    Operation("delete", _SUBSCRIPTION, "delete_subscription", "Delete a subscription", {204: None}, errors=(403, 404)),
    Operation(
        "get",
        f"{_SUBSCRIPTION}/deliveries",
        "list_deliveries",
        "List deliveries, the newest first",
        {200: "Deliveries"},
        query={
            "status": {"type": "array", "items": {"enum": list(deliveries.STATUSES)}},
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
            "marker": schemas.ID,
        },
        errors=(400, 404),
    ),
    Operation(
        "post",
        f"{_SUBSCRIPTION}/deliveries/{{delivery_id}}/resend",
        "resend_delivery",
        "Send a delivery again that was delivered or is dead",
        {202: "Delivery"},
        errors=(403, 404, 409),
    ),
    *(
        Operation(method, "/v1/probes/{probe_id}", f"{verb}_probe", text, {200: "Probe"}, errors=(400, 403))
        for method, verb, text in (
            ("get", "get", "Read what a probe sends and what of it has not been taken"),
            ("put", "send", "Send an event of each type for a project that does not exist"),
        )
    ),
    Operation("get", "/v1/openapi.json", "openapi", "This document", {200: None}, public=True),
    Operation("get", "/healthcheck", "healthcheck", "Whether the service works", {200: "Health"}, public=True, errors=(503,)),
    Operation("get", "/metrics", "metrics", "The service's figures", {200: None}, media="text/plain", errors=(403,)),
)

_REASONS = {
    400: "The request is wrong; field names the part",
    401: "No valid token",
    403: "The token does not allow it",
    404: "There is no such thing, or it is not yours to see",
    409: "Not now; the text says why",
    413: "The body is larger than 1 MiB",
    503: "Something the service needs does not answer",
    509: "Too many sessions",
}


def document(public_endpoint: str) -> dict[str, t.Any]:
    """Write the OpenAPI document."""
    paths: dict[str, dict[str, t.Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "nfv.maintenance session API",
            "version": "1.0.0",
            "summary": "The conversation between the infrastructure and VNF managers during maintenance: Fenix v1 and more",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "servers": [{"url": public_endpoint}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            **schemas.COMPONENTS,
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        },
    }


def _operation(one: Operation) -> dict[str, t.Any]:
    responses = {str(status): _answer(one, schema) for status, schema in one.answers.items()}
    for status in sorted({*one.errors, *(() if one.public else (401, 503))}):
        responses[str(status)] = {"description": _REASONS[status], "content": _content("application/json", "Error")}
    written: dict[str, t.Any] = {"operationId": one.name, "summary": one.summary, "responses": responses}
    parameters = [
        {"name": name, "in": "path", "required": True, "description": _PARAMETERS[name][0], "schema": _PARAMETERS[name][1]}
        for name in re.findall(r"\{(\w+)\}", one.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in one.query.items()]
    if one.runner:
        about = "The token of the present lease."
        parameters.append(
            {"name": leases.HEADER, "in": "header", "required": True, "description": about, "schema": {"type": "integer"}}
        )
    if parameters:
        written["parameters"] = parameters
    if one.body is not None:
        written["requestBody"] = {"required": True, "content": _content("application/json", one.body)}
    if one.public:
        written["security"] = []
    return written


def _answer(one: Operation, schema: str | None) -> dict[str, t.Any]:
    if 204 in one.answers:
        return {"description": "Done"}
    if schema is None:
        return {"description": one.summary, "content": {one.media: {}}}
    return {"description": one.summary, "content": _content(one.media, schema)}


def _content(media: str, schema: str) -> dict[str, t.Any]:
    return {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
