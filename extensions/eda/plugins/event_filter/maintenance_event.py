# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event filter: the webhooks of maintenance alarms as typed messages."""

from __future__ import annotations

import ast
import json
import math
import re
from datetime import UTC, datetime
from typing import Any

DOCUMENTATION = r"""
---
short_description: Make typed messages of maintenance webhooks
description:
  - Turns webhooks into the lists C(maintenance.messages) and C(maintenance.rejected). The events of
    C(nfv.maintenance.aodh_alarm), which uses the same parser, have these lists already and pass unchanged. A message has
    C(vnf_id), C(project_id), C(session_id), C(state), C(event_type), C(message_id), C(dialect), C(instance_ids),
    C(instance_ids_url), C(reply_url), C(allowed_actions), C(actions_at), C(reply_at), C(metadata), C(truncated) and C(raw_state).
  - Understands both dialects, all spellings of the states (C(SCALE_IN), C(IN_SCALE), C(DOWN_SCALE); C(INSTANCE_ACTION_DONE),
    C(ADMIN_ACTION_DONE); C(PLANNED_MAINTANANCE)), the event types C(maintenance.scheduled) and C(maintenance.planned), alarms of
    Aodh as Ceilometer fills them (lists and mappings as Python text), notifications as they are on the bus, and their bare
    payload.
  - A value that was cut at 255 characters, or that must not go on, is dropped and its field is named in C(truncated).
    Times are UTC with a Z. The same message is listed once, in the order of arrival. C(message_id) is the one in the session API
    where the event has such a trait, else that of the notification.
  - What cannot be used is listed in C(rejected) with the reason. Other events pass unchanged, also those of this filter.
  - Events of C(eda.builtin.webhook) whose payload is such an alarm are understood as well, so that the filter works behind an
    event stream; then the address is taken from the endpoint, or from the options.
options:
  vnf_id:
    description: The VNF that is meant by an event that does not name one.
    type: str
    default: ""
  project_id:
    description: The project of that VNF.
    type: str
    default: ""
  unaddressed:
    description:
      - Whether an event is taken that names no VNF and no project, as one of an event stream. C(vnf_id) is empty then, and the
        project is the one of the message, which is checked when the message is read back.
    type: bool
    default: false
"""

EXAMPLES = r"""
# The alarm of one VNF, behind a proxy that ends TLS and asks for the password.
- eda.builtin.webhook:
    host: 127.0.0.1
    port: 12348
  filters:
    - nfv.maintenance.maintenance_event:
        vnf_id: 0b5bb24d-e3f8-4fc9-90f0-a45d0e2d3c50
        project_id: 3f07249d4e754565a30c590a16995e80

# An event stream, which says of no event for which VNF it is.
- eda.builtin.pg_listener:
    dsn: "{{ maintenance_dsn }}"
    channels: [maintenance]
  filters:
    - nfv.maintenance.maintenance_event:
        unaddressed: true
"""

EVENT_TYPES = ("maintenance.scheduled", "maintenance.planned")
STATES = {
    "MAINTENANCE": "MAINTENANCE",
    "SCALE_IN": "SCALE_IN",
    "IN_SCALE": "SCALE_IN",
    "DOWN_SCALE": "SCALE_IN",
    "PREPARE_MAINTENANCE": "PREPARE_MAINTENANCE",
    "PLANNED_MAINTENANCE": "PLANNED_MAINTENANCE",
    "PLANNED_MAINTANANCE": "PLANNED_MAINTENANCE",
    "INSTANCE_ACTION_DONE": "INSTANCE_ACTION_DONE",
    "ADMIN_ACTION_DONE": "INSTANCE_ACTION_DONE",
    "MAINTENANCE_COMPLETE": "MAINTENANCE_COMPLETE",
}
PER_INSTANCE = ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")

CUT = 255  # Ceilometer cuts text here
MAX_WEBHOOKS = 10_000
MAX_TEXT = 65_536
MAX_DEPTH = 8
MAX_ITEMS = 1_000

IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,254}")
URL = re.compile(r"https?://[^\s\"'<>\\{}`|^]{1,2000}")
ACTION = re.compile(r"[A-Z][A-Z_]{0,63}")
ENDPOINT = re.compile(r"/?v1\.0/vnfs/([^/]+)/maintenance/([^/]+)")
TEMPLATE = ("{{", "{%", "{#")
# What nearly all lists are, such as those of instances; reading them so takes a tenth of the time.
PLAIN_LIST = re.compile(r"\[(?:'[A-Za-z0-9._:-]{0,60}'(?:, '[A-Za-z0-9._:-]{0,60}'){0,99})?\]")
UNTRUSTED_TEXT = re.compile(r"[^A-Za-z0-9._:-]")


class Unusable(ValueError):
    """A webhook that no message can be made of."""


class ForeignProject(Unusable):
    """A webhook whose message is for another project than its address."""


def main(event: Any, vnf_id: str = "", project_id: str = "", unaddressed: bool = False) -> Any:
    """Return the event with messages in place of webhooks; anything else unchanged."""
    webhooks = _webhooks(event, vnf_id, project_id)
    if unaddressed:
        webhooks = [_unaddressed(webhook) for webhook in webhooks] if webhooks is not None else None
    if webhooks is None:
        return event
    messages: list[dict[str, Any]] = []
    rejected: list[dict[str, str]] = []
    seen: set[Any] = set()
    for webhook in webhooks[:MAX_WEBHOOKS]:
        try:
            message, has_own_id = read(webhook)
        except Unusable as exc:
            rejected.append({"reason": str(exc), "message_id": notification_id(webhook)})
        except Exception as exc:  # noqa: BLE001 - one bad webhook must not end the source and with it all VNFs
            rejected.append({"reason": f"unreadable ({type(exc).__name__})", "message_id": ""})
        else:
            marks = _marks(message, has_own_id)
            if seen.isdisjoint(marks):
                messages.append(message)
                seen |= marks
    if len(webhooks) > MAX_WEBHOOKS:
        rejected.append({"reason": f"more than {MAX_WEBHOOKS} webhooks in one event", "message_id": ""})
    result: dict[str, Any] = {"maintenance": {"messages": messages, "rejected": rejected}}
    if isinstance(event.get("meta"), dict):
        result["meta"] = {key: value for key, value in event["meta"].items() if key != "headers"}
    return result


def _webhooks(event: Any, vnf_id: str, project_id: str) -> list[Any] | None:
    """Return the webhooks of an event, None when it is not ours."""
    if not isinstance(event, dict):
        return None
    ours = event.get("maintenance")
    webhooks = ours.get("webhooks") if isinstance(ours, dict) else None
    if isinstance(webhooks, list):
        return webhooks
    if _is_about_maintenance(event):
        return [{"vnf_id": vnf_id, "project_id": project_id, "body": event}]
    payload = event.get("payload")
    if isinstance(payload, dict):
        meta = event.get("meta")
        endpoint = meta.get("endpoint") if isinstance(meta, dict) else None
        address = ENDPOINT.fullmatch(endpoint) if isinstance(endpoint, str) else None
        if address is not None or _is_about_maintenance(payload):
            vnf_id, project_id = address.groups() if address is not None else (vnf_id, project_id)
            return [{"vnf_id": vnf_id, "project_id": project_id, "body": payload}]
    return None


def _unaddressed(webhook: Any) -> Any:
    """Mark a webhook that names no VNF and no project."""
    named = not isinstance(webhook, dict) or webhook.get("vnf_id") or webhook.get("project_id")
    return webhook if named else {**webhook, "vnf_id": "", "unaddressed": True}


def notification(body: dict[str, Any]) -> dict[str, Any]:
    """Return the notification inside an alarm of Aodh, or the body when it is one itself."""
    data = body.get("reason_data")
    event = data.get("event") if isinstance(data, dict) else None
    return event if isinstance(event, dict) else body


def _is_about_maintenance(body: dict[str, Any]) -> bool:
    return str(notification(body).get("event_type", "")).startswith("maintenance.")


def notification_id(webhook: Any) -> str:
    """Return the id of the notification that a webhook tells of, empty when it has none."""
    if not isinstance(webhook, dict) or not isinstance(webhook.get("body"), dict):
        return ""
    value = notification(webhook["body"]).get("message_id")
    return value if isinstance(value, str) and IDENTIFIER.fullmatch(value) else ""


def _marks(message: dict[str, Any], has_own_id: bool) -> set[Any]:
    """Return what makes a message the same as another one of the same VNF."""
    address = (message["vnf_id"], message["project_id"])
    if has_own_id:
        # Two messages may look the same and not be, such as those about two hosts; a message under two names has one id.
        return {(*address, message["message_id"])}
    what = (message["session_id"], message["state"], tuple(message["instance_ids"]), message["instance_ids_url"])
    if not message["message_id"]:
        return {(*address, *what)}
    marks: set[Any] = {(*address, message["message_id"])}
    # A list that was cut does not say which instances are meant.
    if "instance_ids" not in message["truncated"]:
        marks.add((*address, *what))
    return marks


def read(webhook: Any) -> tuple[dict[str, Any], bool]:
    """Return the message of one webhook, and whether its id is its own, given by the session API, and not the notification's."""
    if not isinstance(webhook, dict):
        raise Unusable("not a webhook")
    vnf_id, project_id, body = (webhook.get(name) for name in ("vnf_id", "project_id", "body"))
    anybody = webhook.get("unaddressed") is True
    if not isinstance(vnf_id, str) or not (anybody or (_is_identifier(vnf_id) and _is_identifier(project_id))):
        raise Unusable("the webhook's address names no VNF and project")
    if not isinstance(body, dict):
        raise Unusable(f"VNF {vnf_id}: the body is not an object")
    told = notification(body)
    event_type = told.get("event_type", EVENT_TYPES[0] if "session_id" in told else None)
    if event_type not in EVENT_TYPES:
        raise Unusable(f"VNF {vnf_id}: event type {_shown(event_type)} is not for a VNF")
    fields = _fields(vnf_id, told)
    truncated: list[str] = []
    message = _message(vnf_id, fields, truncated)
    if message["project_id"] != project_id and not anybody:
        raise ForeignProject(f"VNF {vnf_id}: the message is for project {message['project_id']}, the address for {project_id}")
    # A bare payload is its own notification: whoever sent it so gave it one id.
    has_own_id = fields is not told and _is_identifier(fields.get("message_id"))
    return {
        "vnf_id": vnf_id,
        **message,
        "event_type": event_type,
        "message_id": fields["message_id"] if has_own_id else notification_id(webhook),
        "truncated": sorted(set(truncated)),
    }, has_own_id


def _fields(vnf_id: str, told: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the message by name: traits of Ceilometer, or the payload as it was on the bus."""
    payload = told if "session_id" in told else told.get("payload")
    if isinstance(payload, dict):
        return payload
    traits = told.get("traits")
    if not isinstance(traits, list):
        raise Unusable(f"VNF {vnf_id}: the event has neither traits nor a payload")
    fields: dict[str, Any] = {}
    for trait in traits[:MAX_ITEMS]:
        if isinstance(trait, list) and len(trait) == len(("name", "type", "value")) and isinstance(trait[0], str):
            name, value = trait[0], _decoded(trait[2])
            if name in fields and fields[name] != value:
                raise Unusable(f"VNF {vnf_id}: trait {_shown(name)} is given twice")
            fields[name] = value
    return fields


class _Cut:
    """The value of a trait that is not whole."""

    def __init__(self, text: str) -> None:
        self.is_list = text.startswith("[")


def _decoded(value: Any) -> Any:
    """Return the value that Ceilometer made this trait of."""
    if not isinstance(value, str):
        return value
    if value[:1] in ("[", "{"):
        parsed = _literal(value)
        if isinstance(parsed, (list, dict)):
            return parsed
        return _Cut(value) if len(value) >= CUT else value
    return _Cut(value) if len(value) == CUT else value


def _literal(text: str) -> Any:
    """Return the list or mapping that is written as Python or JSON; None when it is neither or too large."""
    if PLAIN_LIST.fullmatch(text):
        return text[2:-2].split("', '") if text != "[]" else []
    if len(text) > MAX_TEXT or _depth(text) > MAX_DEPTH:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _depth(text: str) -> int:
    """Return how deep the brackets go, those inside of strings counted too; a row of signs counts as well."""
    depth = deepest = 0
    for character in text:
        if character in "[{(":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]})":
            depth -= 1
    return deepest if not re.search(r"[-+~\s]{64}", text) else MAX_DEPTH + 1


def _message(vnf_id: str, fields: dict[str, Any], truncated: list[str]) -> dict[str, Any]:
    raw_state = fields.get("state")
    state = STATES.get(raw_state) if isinstance(raw_state, str) else None
    if state is None:
        raise Unusable(f"VNF {vnf_id}: unknown state {_shown(raw_state)}")
    for name in ("session_id", "project_id"):
        if not _is_identifier(fields.get(name)):
            raise Unusable(f"VNF {vnf_id}: {state} without a usable {name}")
    instance_ids, url, listed = _instances(fields.get("instance_ids"), truncated)
    return {
        "project_id": fields["project_id"],
        "session_id": fields["session_id"],
        "state": state,
        "raw_state": raw_state,
        "dialect": "instance" if state in PER_INSTANCE and listed else "host",
        "instance_ids": instance_ids,
        "instance_ids_url": url,
        "reply_url": _url("reply_url", fields, truncated),
        "allowed_actions": _actions(fields, truncated),
        "actions_at": _time("actions_at", fields, truncated),
        "reply_at": _time("reply_at", fields, truncated),
        "metadata": _metadata(fields, truncated),
    }


def _instances(value: Any, truncated: list[str]) -> tuple[list[str], str | None, bool]:
    """Return the instances, the URL that lists them, and whether the message itself lists them."""
    if value is None:
        return [], None, False
    if isinstance(value, _Cut):
        truncated.append("instance_ids")
        return [], None, value.is_list
    if isinstance(value, str) and URL.fullmatch(value):
        return [], value, False
    listed = value if isinstance(value, list) else [value]
    if len(listed) <= MAX_ITEMS and all(_is_identifier(item) for item in listed):
        return list(dict.fromkeys(listed)), None, True
    truncated.append("instance_ids")
    return [], None, isinstance(value, list)


def _url(name: str, fields: dict[str, Any], truncated: list[str]) -> str | None:
    value = fields.get(name)
    if value is None or (isinstance(value, str) and URL.fullmatch(value)):
        return value
    truncated.append(name)
    return None


def _actions(fields: dict[str, Any], truncated: list[str]) -> list[str]:
    value = fields.get("allowed_actions")
    if value is None:
        return []
    if isinstance(value, list) and len(value) <= MAX_ITEMS:
        actions = [item for item in value if isinstance(item, str) and ACTION.fullmatch(item)]
        if len(actions) == len(value):
            return list(dict.fromkeys(actions))
    truncated.append("allowed_actions")
    return []


def _time(name: str, fields: dict[str, Any], truncated: list[str]) -> str | None:
    """Return the time in UTC; what carries no zone is UTC already."""
    value = fields.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        truncated.append(name)
        return None
    return moment.isoformat().replace("+00:00", "Z")


def _metadata(fields: dict[str, Any], truncated: list[str]) -> dict[str, Any]:
    value = fields.get("metadata")
    if value is None:
        return {}
    if isinstance(value, dict):
        try:
            return {_safe_text(key): _safe(item, MAX_DEPTH) for key, item in value.items()}
        except Unusable:
            pass
    truncated.append("metadata")
    return {}


def _safe(value: Any, depth: int) -> Any:
    """Return a value as JSON would hold it; Unusable when it must not go on."""
    if value is None or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str):
        return _safe_text(value)
    if depth and isinstance(value, (list, tuple)) and len(value) <= MAX_ITEMS:
        return [_safe(item, depth - 1) for item in value]
    if depth and isinstance(value, dict) and len(value) <= MAX_ITEMS:
        return {_safe_text(key): _safe(item, depth - 1) for key, item in value.items()}
    raise Unusable("not a plain value")


def _safe_text(value: Any) -> str:
    """Return a text that is safe as an extra variable, which Ansible would template."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or any(mark in value for mark in TEMPLATE):
        raise Unusable("not a plain text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise Unusable("not a whole text") from None
    return value


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and IDENTIFIER.fullmatch(value) is not None


def _shown(value: Any) -> str:
    """Return what may be shown of a text from outside."""
    if isinstance(value, str):
        return repr(UNTRUSTED_TEXT.sub("?", value[:64]))
    return "none" if value is None else f"of type {type(value).__name__}"
