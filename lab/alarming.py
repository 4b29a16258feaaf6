# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aodh v2: the alarms; what they do is in evaluator.py.

Names of alarms are not unique in Aodh (since 3.0): a client that wants one alarm of a name must look first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from .clock import now, stamp_micro
from .context import Context
from .evaluator import Alarm, Evaluator
from .tokens import Token
from .web import ApiError, Json, answer, empty, flag

ROOT = "/alarming/v2/alarms"
STATES = ("ok", "alarm", "insufficient data")
_SEVERITIES = ("low", "moderate", "critical")
_OTHER_TYPES = (
    "composite",
    "gnocchi_aggregation_by_metrics_threshold",
    "gnocchi_aggregation_by_resources_threshold",
    "gnocchi_resources_threshold",
    "loadbalancer_member_health",
)
_ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")
_SCHEMES = ("http", "https", "trust+http", "trust+https", "log", "test", "zaqar", "trust+zaqar", "trust+heat")
_ATTRIBUTES = frozenset(
    {"alarm_id", "name", "description", "enabled", "type", "event_rule", "time_constraints", "project_id", "user_id"}
    | {"timestamp", "state", "state_timestamp", "state_reason", "severity", "repeat_actions", "evaluate_timestamp"}
    | set(_ACTIONS)
)
_FILTERS = (
    *("all_projects", "user_id", "project_id", "type", "name", "enabled", "state", "severity", "repeat_actions", "timestamp"),
)
_SORT_KEYS = (
    *("alarm_id", "enabled", "name", "type", "severity", "timestamp", "user_id", "project_id", "state", "repeat_actions"),
    "state_timestamp",
)
_SORT_HELP = (
    "the sort parameter should be a pair of sort key and sort dir combined with ':', or only sort key specified and sort dir "
    f"will be default 'asc', the supported sort keys are: {_SORT_KEYS}"
)
# What may be done for an administrator's alarms only.
_FOR_ADMINISTRATORS = ("log", "test")


def _invalid(field: str, value: Any, why: str) -> ApiError:
    return ApiError(400, f"Invalid input for field/attribute {field}. Value: '{value}'. {why}")


_OPERATORS = ("lt", "le", "eq", "ne", "ge", "gt")
_CONDITION_TYPES: dict[str, Callable[[Any], Any]] = {"": str, "boolean": bool, "float": float, "integer": int, "string": str}
_CONDITION_INVALID = "Query value or traits invalid: "
_PLACE = " for dictionary value @ data['{}']"
_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
_FALSE = frozenset({"0", "f", "false", "off", "n", "no"})


class Alarming:
    """The handlers of /alarming."""

    def __init__(self, context: Context, evaluator: Evaluator) -> None:
        """Serve the alarms of an evaluator."""
        self.context = context
        self.evaluator = evaluator

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        return [
            web.get("/alarming", self.versions),
            web.get("/alarming/", self.versions),
            web.get("/alarming/v2/capabilities", self.capabilities),
            web.get(ROOT, self.list),
            web.get(f"{ROOT}/", self.list),
            web.post(ROOT, self.create),
            web.post(f"{ROOT}/", self.create),
            web.get(f"{ROOT}/{{id}}", self.show),
            web.put(f"{ROOT}/{{id}}", self.replace),
            web.delete(f"{ROOT}/{{id}}", self.delete),
            web.get(f"{ROOT}/{{id}}/state", self.state),
            web.put(f"{ROOT}/{{id}}/state", self.set_state),
        ]

    def _version(self) -> Json:
        return {
            "id": "v2",
            "links": [
                {"href": f"{self.context.url}/alarming/v2", "rel": "self"},
                {"href": "https://docs.openstack.org/", "rel": "describedby", "type": "text/html"},
            ],
            "media-types": [
                {"base": f"application/{kind}", "type": f"application/vnd.openstack.telemetry-v2+{kind}"}
                for kind in ("json", "xml")
            ],
            "status": "stable",
            "updated": "2013-02-13T00:00:00Z",
        }

    async def versions(self, _: web.Request) -> web.Response:
        """List the versions."""
        return answer({"versions": {"values": [self._version()]}})

    async def capabilities(self, request: web.Request) -> web.Response:
        """Say what this Aodh can do."""
        self.context.tokens.require(request)
        queries = (f"alarms:{where}query:{how}" for where in ("", "history:") for how in ("simple", "complex"))
        return answer({"api": dict.fromkeys(queries, True), "alarm_storage": {"storage:production_ready": True}})

    # Reading

    def _found(self, request: web.Request) -> tuple[Token, Alarm]:
        token = self.context.tokens.require(request)
        alarm = self.evaluator.alarms.get(request.match_info["id"])
        if alarm is None or not token.sees(alarm.project_id):
            raise ApiError(404, f"Alarm {request.match_info['id']} not found")
        return token, alarm

    async def list(self, request: web.Request) -> web.Response:
        """List alarms: the own project's, unless an administrator asks for all."""
        token = self.context.tokens.require(request)
        wanted = _queries(request)
        everybody = flag(wanted.pop("all_projects", None))
        if everybody and not token.is_admin:
            raise ApiError(403, "RBAC Authorization Failed")
        if not everybody:
            project = wanted.setdefault("project_id", token.project_id)
            if project != token.project_id and not token.is_admin:
                raise _unauthorized(request, f"Not Authorized to access project {project}")
        found = [view(alarm) for alarm in self.evaluator.alarms.values()]
        found = [record for record in found if all(_equal(record[name], text) for name, text in wanted.items())]
        found.sort(key=lambda record: (record["timestamp"], record["alarm_id"]), reverse=True)
        for text in reversed(request.query.getall("sort", [])):
            key, _, direction = text.partition(":")
            if key not in _SORT_KEYS or direction not in {"", "asc", "desc"}:
                raise _invalid("sort", text, _SORT_HELP)
            found.sort(key=lambda record, name=key: str(record[name]), reverse=direction == "desc")  # type: ignore[misc]
        marker = request.query.get("marker")
        if marker:
            ids = [record["alarm_id"] for record in found]
            if marker not in ids:
                raise ApiError(500, f"Marker {marker} not found.")
            found = found[ids.index(marker) + 1 :]
        limit = request.query.get("limit")
        if limit is not None:
            found = found[: _limit(limit)]
        if "application/json" in request.headers.get("Accept", "") and "*/*" in request.headers["Accept"]:
            # Aodh takes the second of these for a wish for XML.
            return web.Response(body=_xml(found).encode(), content_type="application/xml", charset="UTF-8")
        return answer(found)

    async def show(self, request: web.Request) -> web.Response:
        """Show an alarm."""
        return answer(view(self._found(request)[1]))

    # Writing

    async def create(self, request: web.Request) -> web.Response:
        """Make an alarm; an administrator may make it for another project."""
        token = self.context.tokens.require(request)
        body = await _alarm_body(request)
        for name, mine in (("project", token.project_id), ("user", token.user.id)):
            asked = body.get(f"{name}_id")
            if asked is not None and asked != mine and not token.is_admin:
                raise _unauthorized(request, f"Not Authorized to access {name} {asked}")
        _may_use(request, token, body)
        alarm = _made(
            self.context.cloud.new_id(), body, body.get("project_id") or token.project_id, body.get("user_id") or token.user.id
        )
        self.evaluator.alarms[alarm.alarm_id] = alarm
        shown = view(alarm)
        # The database keeps no fractions of this one time.
        alarm.evaluate_timestamp = now().replace(microsecond=0)
        return answer(shown, 201, {"Location": f"{self.context.url}{ROOT}/{alarm.alarm_id}"})

    async def replace(self, request: web.Request) -> web.Response:
        """Replace an alarm: what the body leaves out gets its default again."""
        token, old = self._found(request)
        body = await _alarm_body(request)
        _may_use(request, token, body)
        project, user = old.project_id, old.user_id
        if token.is_admin:
            project, user = body.get("project_id") or project, body.get("user_id") or user
        alarm = _made(old.alarm_id, body, project, user)
        alarm.evaluate_timestamp = None
        if alarm.state == old.state:
            alarm.state_timestamp, alarm.state_reason = old.state_timestamp, old.state_reason
        else:
            alarm.state_reason = "Manually set via API"
        self.evaluator.alarms[alarm.alarm_id] = alarm
        return answer(view(alarm))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete an alarm."""
        del self.evaluator.alarms[self._found(request)[1].alarm_id]
        return empty()

    async def state(self, request: web.Request) -> web.Response:
        """Show an alarm's state."""
        return answer(self._found(request)[1].state)

    async def set_state(self, request: web.Request) -> web.Response:
        """Set an alarm's state, for instance back to ok so that it may fire again."""
        alarm = self._found(request)[1]
        try:
            wanted = json.loads(await request.read())
        except ValueError as exc:
            raise ApiError(400, "Request is not in valid JSON format") from exc
        if wanted not in STATES:
            raise ApiError(400, "state invalid")
        alarm.enter(wanted, "Manually set via API")
        return answer(alarm.state)


def view(alarm: Alarm) -> Json:
    """Return an alarm as the API shows it."""
    return {
        "alarm_id": alarm.alarm_id,
        "name": alarm.name,
        "description": alarm.description,
        "enabled": alarm.enabled,
        "ok_actions": alarm.ok_actions,
        "alarm_actions": alarm.alarm_actions,
        "insufficient_data_actions": alarm.insufficient_data_actions,
        "repeat_actions": alarm.repeat_actions,
        "type": "event",
        "time_constraints": alarm.time_constraints,
        "project_id": alarm.project_id,
        "user_id": alarm.user_id,
        "timestamp": stamp_micro(alarm.timestamp),
        "state": alarm.state,
        "state_timestamp": stamp_micro(alarm.state_timestamp),
        "state_reason": alarm.state_reason,
        "severity": alarm.severity,
        "evaluate_timestamp": alarm.evaluate_timestamp.replace(tzinfo=None).isoformat() if alarm.evaluate_timestamp else None,
        "event_rule": {"event_type": alarm.event_type, "query": alarm.query},
    }


def _queries(request: web.Request) -> dict[str, str]:
    fields = request.query.getall("q.field", [])
    values = request.query.getall("q.value", [])
    operators = request.query.getall("q.op", [])
    if len(values) != len(fields):
        raise _invalid("q", fields, "every field needs a value")
    for name in fields:
        if name not in _FILTERS:
            raise _invalid("field", {name}, f"only fields {set(_FILTERS)} are allowed")
    for name in operators:
        if name != "eq":
            raise _invalid("op", {name}, "only operations {'eq'} are allowed")
    return dict(zip(fields, values, strict=True))


def _equal(value: Any, text: str) -> bool:
    return value == flag(text) if isinstance(value, bool) else str(value) == text


def _limit(text: str) -> int:
    try:
        number = int(text)
    except ValueError as exc:
        raise _invalid("limit", text, f"unable to convert to int. Error: {exc}") from exc
    if number < 0:
        raise _invalid("limit", text, "it should be a positive integer.")
    return number


def _unauthorized(request: web.Request, message: str) -> ApiError:
    """Refuse as Aodh does: with 401, on which keystonemiddleware puts its challenge, although the token is good."""
    uri = f"{request.scheme}://{request.host}/identity"
    return ApiError(401, message, headers={"WWW-Authenticate": f'Keystone uri="{uri}"'})


def _may_use(request: web.Request, token: Token, body: Json) -> None:
    for address in (item for name in _ACTIONS for item in body.get(name) or ()):
        if str(address).partition(":")[0] in _FOR_ADMINISTRATORS and not token.is_admin:
            raise _unauthorized(request, f"You are not authorized to create action: {address}")


def _xml(value: Any, name: str = "result") -> str:
    if isinstance(value, dict):
        return f"<{name}>{''.join(_xml(item, key) for key, item in value.items())}</{name}>"
    if isinstance(value, list):
        inner = "".join(_xml(item, "item") for item in value)
        return f"<{name}>{inner}</{name}>" if inner else f"<{name} />"
    return f'<{name} nil="true" />' if value is None else f"<{name}>{escape(str(value))}</{name}>"


async def _alarm_body(request: web.Request) -> Json:
    raw = await request.read()
    if not raw:
        raise ApiError(400, 'Missing argument: "data"')
    try:
        body = json.loads(raw)
    except ValueError as exc:
        raise ApiError(400, "Request is not in valid JSON format") from exc
    if not isinstance(body, dict):
        raise ApiError(500, f"'{type(body).__name__}' object has no attribute 'keys'")
    _check_attributes(body)
    kind = body["type"]
    if kind in _OTHER_TYPES:
        raise _invalid("type", kind, "The lab evaluates alarms of the type event only.")
    if kind != "event":
        raise _invalid("type", kind, f"Value should be one of: {', '.join(('event', *_OTHER_TYPES))}")
    if not isinstance(body.get("event_rule"), dict):
        raise ApiError(400, "event_rule must be set for event type alarm")
    for name in sorted(set(body["event_rule"]) - {"event_type", "query"}):
        raise ApiError(400, f"Unknown attribute for argument data.event_rule: {name}")
    return body


def _check_attributes(body: Json) -> None:
    unknown = sorted(set(body) - _ATTRIBUTES)
    if unknown:
        if unknown[0].removesuffix("_rule") in _OTHER_TYPES:
            raise ApiError(400, f"{unknown[0]} and event_rule cannot be set at the same time")
        raise ApiError(400, f"Unknown attribute for argument data: {unknown[0]}")
    for name in ("enabled", "repeat_actions"):
        _boolean(body, name)
    for name in _ACTIONS:
        if body.get(name) is not None and not isinstance(body[name], list):
            raise _invalid("data", body, f"Value not a valid list: {body[name]}")
    for name in ("name", "type"):
        if not body.get(name):
            raise _invalid(name, body.get(name), "Mandatory field missing.")


def _made(alarm_id: str, body: Json, project_id: str, user_id: str) -> Alarm:
    rule = body["event_rule"]
    event_type = str(rule.get("event_type") or "*")
    alarm = Alarm(
        alarm_id=alarm_id,
        name=body["name"],
        project_id=project_id,
        user_id=user_id,
        event_type=event_type,
        query=[_condition(item) for item in rule.get("query") or []],
        description=body.get("description") or f"Alarm when {event_type} event occurred.",
        severity=_choice(body, "severity", _SEVERITIES, "low"),
        state=_choice(body, "state", STATES, "insufficient data"),
        enabled=_boolean(body, "enabled", True),
        repeat_actions=_boolean(body, "repeat_actions"),
        time_constraints=body.get("time_constraints") or [],
        alarm_actions=_addresses(body, "alarm_actions"),
        ok_actions=_addresses(body, "ok_actions"),
        insufficient_data_actions=_addresses(body, "insufficient_data_actions"),
    )
    alarm.timestamp = alarm.state_timestamp = now()
    return alarm


def _condition(item: Any) -> Json:
    if not isinstance(item, dict):
        raise _invalid("query", item, "unexpected condition")
    for name in sorted(set(item) - {"field", "op", "value", "type"}):
        raise ApiError(400, f"Unknown attribute for argument data.event_rule.query: {name}")
    if item.get("op", "eq") not in _OPERATORS:
        raise ApiError(400, f"{_CONDITION_INVALID}value must be one of {sorted(_OPERATORS)}" + _PLACE.format("op"))
    if not re.fullmatch(r"[a-zA-Z.',0-9_-]*", str(item.get("field", ""))):
        raise ApiError(400, _CONDITION_INVALID + "does not match regular expression ^[a-zA-Z.',0-9_-]*$" + _PLACE.format("field"))
    kind = item.get("type")
    if kind is None:
        # Aodh names the wrong place here.
        raise ApiError(400, f"{_CONDITION_INVALID}value must be one of {sorted(_CONDITION_TYPES)}" + _PLACE.format("value"))
    try:
        _CONDITION_TYPES[kind](item.get("value"))
    except (KeyError, TypeError, ValueError) as exc:
        raise ApiError(400, f"Unable to convert the value {item.get('value')} to the expected data type {kind}.") from exc
    return {"field": item.get("field"), "op": item.get("op", "eq"), "value": item.get("value"), "type": kind}


def _choice(body: Json, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = body.get(name, default)
    if value not in allowed:
        raise _invalid(name, value, f"Value should be one of: {', '.join(allowed)}")
    return str(value)


def _boolean(body: Json, name: str, default: bool = False) -> bool:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise _invalid("data", body, f"Value not an unambiguous boolean: {value}")
    return text in _TRUE


def _addresses(body: Json, name: str) -> list[str]:
    for address in body.get(name) or []:
        scheme = str(address).partition(":")[0]
        if scheme not in _SCHEMES:
            raise ApiError(400, f"Unsupported action {address}")
    # Aodh takes doubles out.
    return list(dict.fromkeys(str(address) for address in body.get(name) or []))
