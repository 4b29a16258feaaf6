# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies on the wire as JSON Schema; requests are checked with them and the OpenAPI document is made of them."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.schema import schema as _report_schema

from . import addresses, deliveries
from .errors import BadRequest
from .libraries import jsonschema

Schema = dict[str, t.Any]

_LARGEST = 2_147_483_647
WAYS = ("bus", "intake", "nowhere")
ID: Schema = {"type": "string", "pattern": "^[0-9A-Za-z_.-]{1,64}$"}
PROBE_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
# A host is addressed in a path, so it has no slash; nothing has control characters.
HOST_NAME: Schema = {"type": "string", "pattern": "^[^\\u0000-\\u0020/\\u007f]{1,255}$"}
NAME: Schema = {"type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]{0,255}$"}
REASON: Schema = {"type": "string", "maxLength": 1000}
SECONDS: Schema = {"type": "integer", "minimum": 0, "maximum": _LARGEST}
TIME: Schema = {"type": "string", "maxLength": 40}
COUNT = SECONDS
ACTION: Schema = {"enum": list(messages.ACTIONS)}
METADATA: Schema = {
    "type": "object",
    "description": "Its Python text may not be longer than 255 characters: Ceilometer cuts there.",
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema, most: int = 10_000) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(required: t.Sequence[str], properties: Schema, *, closed: bool = True) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": not closed}


def _answer(properties: Schema, *, optional: t.Collection[str] = ()) -> Schema:
    return _object([name for name in properties if name not in optional], properties)


_URL: Schema = {"type": "string", "minLength": 1, "maxLength": addresses.LONGEST_URL}
_SECRET: Schema = {"type": "string", "maxLength": 200, "description": "whsec_ and the base64 of 24 to 64 bytes."}
_WIRE_TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
_TEXT: Schema = {"type": "string"}
_INSTANCE_ACTIONS: Schema = {"type": "object", "propertyNames": ID, "additionalProperties": {"type": "string", "maxLength": 64}}

REQUESTS: dict[str, Schema] = {
    # The predecessor's callers send more than it reads, so more is taken and ignored.
    "SessionCreate": _object(
        ["maintenance_at"],
        {
            "hosts": {**_list(HOST_NAME, 5000), "uniqueItems": True},
            "state": {"enum": [messages.MAINTENANCE]},
            "maintenance_at": {**TIME, "description": "YYYY-MM-DD HH:MM:SS or ISO 8601; UTC unless it has an offset."},
            "workflow": {"enum": list(messages.WORKFLOWS)},
            "metadata": METADATA,
            "download": _list({}, 100),
            "actions": _list({"type": "object"}, 100),
            "name": {"type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]{1,255}$"},
        },
        closed=False,
    ),
    "SessionContinue": _object([], {"state": {"enum": list(messages.SESSION_STATES)}}, closed=False),
    "ProjectReply": _object(
        ["state"],
        {
            "state": {
                "type": "string",
                "maxLength": 64,
                "description": "ACK_<state of the message> or NACK_<state of the message>",
            },
            "instance_actions": _INSTANCE_ACTIONS,
            "instance_action": {"type": "string", "maxLength": 64},
            "message_id": {**ID, "description": "The message that is meant, where several could be."},
            "reason": {**REASON, "description": "Why a NACK."},
        },
        closed=False,
    ),
    "InstanceConstraint": _object(
        ["instance_id", "project_id", "max_interruption_time", "migration_type", "resource_mitigation", "lead_time"],
        {
            "instance_id": ID,
            "project_id": ID,
            "group_id": _or_null(ID),
            "instance_name": NAME,
            "max_interruption_time": SECONDS,
            "migration_type": ACTION,
            "resource_mitigation": {"type": "boolean"},
            "lead_time": SECONDS,
        },
        closed=False,
    ),
    "GroupConstraint": _object(
        [
            "group_id",
            "project_id",
            "anti_affinity_group",
            "max_instances_per_host",
            "max_impacted_members",
            "recovery_time",
            "resource_mitigation",
        ],
        {
            "group_id": ID,
            "project_id": ID,
            "group_name": NAME,
            "anti_affinity_group": {"type": "boolean"},
            "max_instances_per_host": {**COUNT, "description": "0 means no limit."},
            "max_impacted_members": COUNT,
            "recovery_time": SECONDS,
            "resource_mitigation": {"type": "boolean"},
        },
        closed=False,
    ),
    "SessionUpdate": _object(
        ["state"],
        {
            "state": {"enum": list(messages.SESSION_STATES)},
            "reason": REASON,
            "waiting": {**_or_null(REASON), "description": "What the runner waits for, besides replies; null ends that."},
            "wave": _object(
                ["number", "hosts"],
                {
                    "number": {**COUNT, "minimum": 1, "description": "In its run; a wave begins."},
                    "hosts": {**_list(HOST_NAME, 5000), "minItems": 1},
                    "minutes": {**_or_null({"type": "number", "minimum": 0}), "description": "As the plan predicts it."},
                },
            ),
        },
    ),
    "ControlOrder": _object(
        ["action"],
        {
            "action": {"enum": list(messages.CONTROL_ACTIONS)},
            "host": {**HOST_NAME, "description": "For skip_host and unskip_host."},
            "wave": {**COUNT, "description": "For approve: up to which wave of the present run is approved."},
            "reason": REASON,
        },
    ),
    "LeaseRequest": _object(
        ["holder"],
        {
            "holder": {"type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]{1,255}$"},
            "ttl": {"type": "integer", "minimum": 1, "maximum": _LARGEST},
            "token": {"type": "integer", "description": "Only renew: refused when it is not the present one."},
        },
    ),
    "MessageRequest": _object(
        ["project_id", "state"],
        {
            "project_id": ID,
            "state": {"enum": list(messages.ACCEPTED_SPELLINGS)},
            "instance_ids": {**_list(ID), "uniqueItems": True},
            "window": {
                "type": "integer",
                "minimum": 1,
                "maximum": _LARGEST,
                "description": "Seconds to reply; default by configuration.",
            },
            "allowed_actions": {**_list(ACTION, 3), "uniqueItems": True},
            "actions_at": _or_null(TIME),
            "metadata": METADATA,
            "key": {"type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]{0,255}$"},
        },
    ),
    "MessageRequests": _object(["messages"], {"messages": {**_list(_ref("MessageRequest")), "minItems": 1}}),
    "HostUpdate": _object(
        ["state"],
        {
            "state": {"enum": list(messages.HOST_STATES)},
            "disabled": {"type": "boolean"},
            "reason": _or_null(REASON),
            "type": {"enum": ["compute", "controller", "other"]},
            "verifying": {"type": "boolean", "description": "Whether the work is over and checks run; for IN_MAINTENANCE."},
            "version": {**_or_null(NAME), "description": "Of its hypervisor now; the first one told is kept as version_before."},
        },
    ),
    "InventoryInstance": _object(
        ["id", "project_id"],
        {
            "id": ID,
            "name": _or_null(NAME),
            "project_id": ID,
            "project_name": _or_null(NAME),
            "host": _or_null(HOST_NAME),
            "state": {"enum": [*messages.MOVE_STATES, None]},
            "how": _or_null({"type": "string", "maxLength": 64}),
            "from_host": _or_null(HOST_NAME),
            "seconds": _or_null({"type": "number", "minimum": 0, "maximum": _LARGEST}),
            "reason": _or_null(REASON),
            "updated_at": _or_null(TIME),
        },
    ),
    "Inventory": _object(["instances"], {"instances": _list(_ref("InventoryInstance"), 100_000)}),
    "InstanceUpdate": _object(
        ["state"],
        {
            "state": {"enum": list(messages.MOVE_STATES)},
            "host": HOST_NAME,
            "how": _or_null({"type": "string", "maxLength": 64}),
            "from_host": _or_null(HOST_NAME),
            "seconds": _or_null({"type": "number", "minimum": 0, "maximum": _LARGEST}),
            "reason": _or_null(REASON),
        },
    ),
    "Extension": _object(
        ["seconds"],
        {
            "seconds": {"type": "integer", "minimum": 1, "maximum": _LARGEST, "description": "Added to the present reply_at."},
            "reply_at": {**TIME, "description": "The deadline as the caller knows it; makes the request safe to repeat."},
            "reason": REASON,
        },
    ),
    "SubscriptionCreate": _object(
        ["url"],
        {
            "url": _URL,
            "description": REASON,
            "enabled": {"type": "boolean"},
            "secret": {**_SECRET, "description": f"{_SECRET['description']} Without it one is made."},
        },
    ),
    "SubscriptionUpdate": _object(
        [],
        {
            "url": _URL,
            "description": REASON,
            "enabled": {"type": "boolean"},
            "secret": {**_SECRET, "description": f"{_SECRET['description']} The present one changes nothing."},
            "rotate": {"type": "boolean", "description": "Make a new secret."},
            "overlap": {
                "type": "integer",
                "minimum": 0,
                "maximum": 604800,
                "description": "Seconds the secret before signs as well; default by configuration.",
            },
        },
    ),
}

ANSWERS: dict[str, Schema] = {
    "Error": _object(["error"], {"error": _TEXT, "field": _TEXT}, closed=False),
    "SessionId": _answer({"session_id": ID}),
    "SessionIds": _answer({"sessions": _list(ID)}),
    "SessionState": _answer({"session_id": ID, "state": {"enum": list(messages.SESSION_STATES)}}),
    "SessionLink": _answer({"maintenance": _TEXT, "session_id": ID}),
    "Empty": _answer({}),
    "InstanceIds": _answer({"instance_ids": _list(ID, 100_000)}),
    "Lease": _answer({"holder": _TEXT, "token": {"type": "integer"}, "expires_at": _WIRE_TIME}),
    "Host": _answer(
        {
            "name": HOST_NAME,
            "type": _TEXT,
            "state": {"enum": list(messages.HOST_STATES)},
            "disabled": {"type": "boolean"},
            "reason": _or_null(_TEXT),
            "verifying": {"type": "boolean"},
            "version_before": {**_or_null(_TEXT), "description": "Null for a project."},
            "version": {**_or_null(_TEXT), "description": "Null for a project."},
            "updated_at": _WIRE_TIME,
        }
    ),
    "Instance": _answer(
        {
            "id": ID,
            "name": _or_null(_TEXT),
            "project_id": ID,
            "project_name": _or_null(_TEXT),
            "host": _or_null(_TEXT),
            "state": {"enum": [*messages.MOVE_STATES, None]},
            "how": _or_null(_TEXT),
            "from_host": _or_null(_TEXT),
            "seconds": _or_null({"type": "number"}),
            "reason": _or_null(_TEXT),
            "updated_at": _WIRE_TIME,
        }
    ),
    "Instances": _answer({"instances": _list(_ref("Instance"), 100_000)}),
    "Waiting": _answer({"project_id": ID, "state": _TEXT, "message_id": ID, "reply_at": _WIRE_TIME}),
    "Control": _answer(
        {
            "state": {"enum": list(messages.CONTROL_STATES)},
            "reason": _or_null(_TEXT),
            "by": _or_null(_TEXT),
            "at": _or_null(_WIRE_TIME),
            "skipped_hosts": _list(HOST_NAME),
            "approved_waves": {"type": "integer", "description": "Up to which wave of the present run people have approved."},
        }
    ),
    "Progress": _answer(
        {
            "control": {"enum": list(messages.CONTROL_STATES)},
            "percent_done": {"type": "integer", "minimum": 0, "maximum": 100},
            "hosts": {"type": "integer"},
            "hosts_done": {"type": "integer"},
            "hosts_failed": {"type": "integer"},
            "servers": {"type": "integer", "description": "Instances that the hosts had when the session heard of them."},
            "servers_done": {"type": "integer", "description": "Those of them that have left, or whose host is done."},
            "seconds_left": {**_or_null({"type": "integer"}), "description": "As measured so far; null while nobody works."},
            "done_at": _or_null(_WIRE_TIME),
            "waiting_for": {**_list(_TEXT), "description": "What keeps the session from going on now, in words."},
        }
    ),
    "Session": _answer(
        {
            "id": ID,
            "name": _or_null(_TEXT),
            "state": {"enum": list(messages.SESSION_STATES)},
            "round": {"type": "integer"},
            "reason": _or_null(_TEXT),
            "workflow": {"enum": list(messages.WORKFLOWS)},
            "metadata": METADATA,
            "maintenance_at": _WIRE_TIME,
            "created_at": _WIRE_TIME,
            "updated_at": _WIRE_TIME,
            "percent_done": {"type": "integer", "minimum": 0, "maximum": 100},
            "progress": _ref("Progress"),
            "hosts": _list(_ref("Host")),
            "instances": _list(_ref("Instance"), 100_000),
            "lease": _or_null(_ref("Lease")),
            "control": {**_or_null(_ref("Control")), "description": "Null for a project."},
            "waiting_for": _list(_ref("Waiting")),
        },
        optional=("instances",),
    ),
    "Sessions": _answer({"sessions": _list(_ref("Session"))}),
    "Reply": _answer({"state": _TEXT, "instance_actions": _INSTANCE_ACTIONS}),
    "Message": _answer(
        {
            "id": ID,
            "session_id": ID,
            "project_id": ID,
            "state": {"enum": list(messages.MESSAGE_STATES)},
            "key": _TEXT,
            "round": {"type": "integer"},
            "dialect": {"enum": [messages.HOST_DIALECT, messages.INSTANCE_DIALECT]},
            "instance_ids": _list(ID, 100_000),
            "allowed_actions": _list(ACTION),
            "metadata": METADATA,
            "actions_at": _or_null(_WIRE_TIME),
            "reply_at": _or_null(_WIRE_TIME),
            "reply_url": _TEXT,
            "status": {"enum": list(messages.MESSAGE_STATUSES)},
            "created_at": _WIRE_TIME,
            "sent_at": {**_or_null(_WIRE_TIME), "description": "When the bus, the intake or a subscription took it."},
            "replied_at": _or_null(_WIRE_TIME),
            "reply": _or_null(_ref("Reply")),
            "reason": _or_null(_TEXT),
            "extended": {"type": "integer", "description": "Seconds that the project has added to the window."},
        }
    ),
    "Messages": _answer({"messages": _list(_ref("Message"), 100_000)}),
    "Event": _answer(
        {
            "number": {"type": "integer"},
            "at": _WIRE_TIME,
            "kind": _TEXT,
            "text": _TEXT,
            "project_id": ID,
            "host": _TEXT,
            "instance_id": ID,
            "message_id": ID,
        },
        optional=("project_id", "host", "instance_id", "message_id"),
    ),
    "Events": _answer({"events": _list(_ref("Event"), 100_000)}),
    "Constraints": _answer(
        {"instances": _list(_ref("InstanceConstraint"), 100_000), "instance_groups": _list(_ref("GroupConstraint"), 100_000)}
    ),
    "Probe": _answer(
        {
            "probe_id": PROBE_ID,
            "project_id": {**_TEXT, "description": "The project that the events are for; there is none of this id."},
            "way": {"enum": list(WAYS), "description": "Where notifications go."},
            "event_types": _list(_TEXT),
            "waiting": {
                **_list(_answer({"event_type": _TEXT, "error": _or_null(_TEXT)})),
                "description": "What the bus or the intake has not taken yet, and why.",
            },
        }
    ),
    "Secret": _answer({"fingerprint": _TEXT, "until": _or_null(_WIRE_TIME)}),
    "Subscription": _answer(
        {
            "id": ID,
            "project_id": ID,
            "url": _TEXT,
            "description": _TEXT,
            "enabled": {"type": "boolean"},
            "disabled_reason": _or_null(_TEXT),
            "secrets": {
                **_list(_ref("Secret")),
                "description": "What signs: the present secret first, then those before. The fingerprint is the first 16"
                " digits of the hex HMAC-SHA256 of 'fingerprint' with the secret as its key.",
            },
            "deliveries": _answer({name: {"type": "integer"} for name in deliveries.STATUSES}),
            "created_at": _WIRE_TIME,
            "updated_at": _WIRE_TIME,
            "secret": {**_SECRET, "description": "Shown once, in the answer to the request that made it."},
        },
        optional=("secret",),
    ),
    "Subscriptions": _answer({"subscriptions": _list(_ref("Subscription"))}),
    "Delivery": _answer(
        {
            "id": {**ID, "description": "Also the header webhook-id, at every attempt."},
            "subscription_id": ID,
            "session_id": ID,
            "message_id": ID,
            "state": _TEXT,
            "status": {"enum": list(deliveries.STATUSES)},
            "attempts": {"type": "integer"},
            "created_at": _WIRE_TIME,
            "next_attempt_at": _or_null(_WIRE_TIME),
            "ended_at": _or_null(_WIRE_TIME),
            "http_status": _or_null({"type": "integer"}),
            "error": _or_null(_TEXT),
        }
    ),
    "Deliveries": _answer({"deliveries": _list(_ref("Delivery")), "next_marker": _or_null(ID)}),
    "Health": _answer({"status": {"const": "ok"}}),
}

COMPONENTS = {"schemas": {**REQUESTS, **ANSWERS, "Report": _report_schema()}}


@functools.cache
def validator(name: str) -> t.Any:
    """Return the validator of a schema."""
    return jsonschema.Draft202012Validator({**_ref(name), "components": COMPONENTS})


def check(name: str, body: t.Any) -> None:
    """Raise with the name of the part that does not fit."""
    error = jsonschema.exceptions.best_match(validator(name).iter_errors(body))
    if error is not None:
        raise BadRequest(_field(error), _sentence(error))


def _field(error: t.Any) -> str:
    path = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        path.append(next(name for name in error.validator_value if name not in error.instance))
    elif error.validator == "additionalProperties":
        path.append(min(name for name in error.instance if name not in error.schema.get("properties", {})))
    return ".".join(path) or "body"


def _sentence(error: t.Any) -> str:
    name = _field(error)
    if error.validator == "required":
        return f"{name} is missing"
    if error.validator == "additionalProperties" and error.validator_value is False:
        return f"{name} is not known here"
    return f"{name}: {str(error.message)[:300]}"
