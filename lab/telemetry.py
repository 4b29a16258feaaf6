# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ceilometer's part: notifications come in, are made into events by definitions, and go to the alarm evaluator.

The losses are Ceilometer's own: text is cut at 255 characters, lists and mappings become Python's text form, fields
without a value give no trait, one unreadable date loses the whole event without a word to the sender.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from .web import ApiError, Json, answer, json_body

LOG = logging.getLogger("lab.telemetry")

TEXT, INTEGER, FLOAT, DATETIME = 1, 2, 3, 4
LONGEST_TEXT = 255
_PROJECT_MESSAGE = {
    "service": TEXT,
    "project_id": TEXT,
    "session_id": TEXT,
    "state": TEXT,
    "allowed_actions": TEXT,
    "instance_ids": TEXT,
    "reply_url": TEXT,
    "actions_at": DATETIME,
    "reply_at": DATETIME,
    "metadata": TEXT,
    "message_id": TEXT,
}
_HOST_MESSAGE = {"service": TEXT, "project_id": TEXT, "session_id": TEXT, "state": TEXT, "host": TEXT}
DEFINITIONS: dict[str, dict[str, int]] = {
    "maintenance.planned": _PROJECT_MESSAGE,
    "maintenance.scheduled": _PROJECT_MESSAGE,
    "maintenance.host": _HOST_MESSAGE,
    "maintenance.session": {
        "service": TEXT,
        "project_id": TEXT,
        "session_id": TEXT,
        "state": TEXT,
        "percent_done": INTEGER,
    },
}


class Unreadable(Exception):
    """A field cannot be converted to the type of its trait."""


class Telemetry:
    """The handler of /telemetry."""

    def __init__(self, evaluate: Callable[[Json], None]) -> None:
        """Hand events on to an evaluator."""
        self.evaluate = evaluate

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        return [web.post("/telemetry/v1/notifications", self.take)]

    async def take(self, request: web.Request) -> web.Response:
        """Take a notification from this machine; 202 says nothing about what becomes of it."""
        if not ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104
            raise ApiError(403, "notifications are taken from this machine only")
        notification = await json_body(request)
        if not isinstance(notification.get("event_type"), str) or not isinstance(notification.get("payload"), dict):
            raise ApiError(400, "a notification needs event_type and payload")
        try:
            event = to_event(notification)
        except Unreadable as failure:
            LOG.warning("notification %s is lost: %s", notification.get("message_id"), failure)
        else:
            self.evaluate(event)
        return answer({}, 202)


def to_event(notification: Json) -> Json:
    """Convert a notification to an event."""
    payload = notification["payload"]
    definition = DEFINITIONS.get(notification["event_type"])
    traits: list[list[Any]] = []
    if definition is None:
        # Undefined types become events too, but with the default traits only: the project is lost.
        _add(traits, "service", TEXT, notification.get("publisher_id"))
        _add(traits, "project_id", TEXT, payload.get("tenant_id"))
    else:
        for name, kind in definition.items():
            _add(traits, name, kind, payload.get(name))
    _add(traits, "tenant_id", TEXT, payload.get("tenant_id"))
    generated = _moment(str(notification.get("timestamp") or datetime.now(UTC).isoformat()))
    event = {
        "message_id": str(notification.get("message_id")),
        "event_type": notification["event_type"],
        "generated": generated,
        "traits": traits,
        "raw": {},
    }
    signature = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
    return {**event, "message_signature": signature}


def _add(traits: list[list[Any]], name: str, kind: int, value: Any) -> None:
    if value is None or (kind != TEXT and value == ""):
        return
    traits.append([name, kind, _converted(kind, value)])


def _converted(kind: int, value: Any) -> Any:
    try:
        if kind == INTEGER:
            return int(value)
        if kind == FLOAT:
            return float(value)
    except (TypeError, ValueError) as exc:
        raise Unreadable(f"{value!r} is no number") from exc
    if kind == DATETIME:
        return _moment(str(value))
    return str(value)[:LONGEST_TEXT]


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise Unreadable(f"{text!r} is no date") from exc
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat()
