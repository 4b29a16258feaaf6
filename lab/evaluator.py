# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aodh's evaluator and notifier for event alarms: which alarms an event hits, and the webhooks that follow."""

from __future__ import annotations

import copy
import fnmatch
import json
import logging
import operator
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from yarl import URL

from .clock import now, stamp_micro
from .context import Context
from .web import Json, new_request_id

LOG = logging.getLogger("lab.alarming")

ALARM = "alarm"
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
    "ge": operator.ge,
    "gt": operator.gt,
}
_TRAIT_TYPES = {"": 1, "string": 1, "integer": 2, "float": 3}
# What the python-requests of Aodh's notifier sends.
_HEADERS = {
    "User-Agent": "python-requests/2.28.1",
    "Accept-Encoding": "gzip, deflate",
    "Accept": "*/*",
    "Connection": "keep-alive",
}
_REDIRECTS = 30
# With these the request is sent again as it was.
_AS_POSTED = frozenset({307, 308})
_REDIRECTING = _AS_POSTED | {301, 302, 303}


@dataclass(slots=True, eq=False)
class Alarm:
    """An event alarm."""

    alarm_id: str
    name: str
    project_id: str
    user_id: str
    event_type: str
    query: list[Json]
    description: str
    enabled: bool = True
    severity: str = "low"
    repeat_actions: bool = False
    state: str = "insufficient data"
    state_reason: str = "Not evaluated yet"
    alarm_actions: list[str] = field(default_factory=list)
    ok_actions: list[str] = field(default_factory=list)
    insufficient_data_actions: list[str] = field(default_factory=list)
    time_constraints: list[Json] = field(default_factory=list)
    timestamp: datetime = field(default_factory=now)
    state_timestamp: datetime = field(default_factory=now)
    evaluate_timestamp: datetime | None = field(default_factory=now)

    def enter(self, state: str, reason: str) -> None:
        """Take a state over."""
        if self.state != state:
            self.state_timestamp = now()
        self.state = state
        self.state_reason = reason


class Evaluator:
    """Evaluates events and sends webhooks."""

    def __init__(self, context: Context) -> None:
        """Begin without alarms."""
        self.context = context
        self.alarms: dict[str, Alarm] = {}
        self.deliveries: deque[Json] = deque(maxlen=1000)
        self._random = random.Random(context.cloud.seed)
        self._cache: dict[str, tuple[float, list[Alarm]]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections to listeners."""
        if self._session:
            await self._session.close()

    def take(self, event: Json) -> None:
        """Evaluate an event soon; two events right after each other may change places."""
        self.context.background.start(self._take(event))

    async def _take(self, event: Json) -> None:
        await self.context.clock.pause(self._random.uniform(0, float(self.context.cloud.options["webhook_jitter"])))
        traits = {name: value for name, _, value in event["traits"]}
        # Aodh takes whichever of the two comes last.
        project = traits.get("tenant_id", traits.get("project_id"))
        if not project:
            return
        for alarm in self._alarms_of(str(project)):
            if alarm.state == ALARM and not alarm.repeat_actions:
                continue
            if not fnmatch.fnmatch(event["event_type"], alarm.event_type):
                continue
            if all(_meets(event, traits, condition) for condition in alarm.query):
                self._fire(alarm, event)

    def _alarms_of(self, project: str) -> list[Alarm]:
        ttl = float(self.context.cloud.options["alarm_cache_ttl"])
        if ttl and project in self._cache:
            since, alarms = self._cache[project]
            if self.context.clock.monotonic() - since < ttl:
                return alarms
        found = [copy.copy(item) for item in self.alarms.values() if item.enabled and item.project_id == project]
        if ttl:
            self._cache[project] = (self.context.clock.monotonic(), found)
        return found

    def _fire(self, alarm: Alarm, event: Json) -> None:
        previous = alarm.state
        query = json.dumps(alarm.query, sort_keys=True)
        reason = f"Event <id={event['message_id']},event_type={event['event_type']}> hits the query <query={query}>."
        alarm.enter(ALARM, reason)
        stored = self.alarms.get(alarm.alarm_id)
        if stored is not None:
            stored.enter(ALARM, reason)
        body = {
            "alarm_name": alarm.name,
            "alarm_id": alarm.alarm_id,
            "severity": alarm.severity,
            "previous": previous,
            "current": ALARM,
            "reason": reason,
            "reason_data": {"type": "event", "event": event},
        }
        for action in alarm.alarm_actions:
            if action.removeprefix("trust+").startswith(("http://", "https://")):
                self.context.background.start(self._deliver(alarm, action, body))

    async def _deliver(self, alarm: Alarm, action: str, body: Json) -> None:
        subject: dict[str, str | tuple[str, ...] | None] = {"alarm": (alarm.alarm_id, alarm.name)}
        faults = self.context.faults
        if faults.strike("webhook_drop", **subject):
            self._note(alarm, action, body, "dropped")
            return
        double = faults.strike("webhook_duplicate", **subject)
        delay = faults.strike("webhook_delay", **subject)
        if delay:
            await self.context.clock.pause(delay.number("seconds", 1.0))
        for _ in range(1 + (int(double.number("copies", 1)) if double else 0)):
            self._note(alarm, action, body, await self._post(action, body))

    async def _post(self, action: str, body: Json) -> int | str:
        """Send one webhook; the answer is only noted, as by Aodh, and nothing is tried again."""
        if self._session is None:
            # No time-out and no limit: Aodh waits for a slow listener and serves others meanwhile.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None), connector=aiohttp.TCPConnector(limit=0)
            )
        data = json.dumps(body).encode()
        try:
            return await self._follow(self._session, URL(action.removeprefix("trust+")), data)
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            LOG.warning("webhook to %s failed: %s", URL(action).host, failure)
            return type(failure).__name__

    async def _follow(self, session: aiohttp.ClientSession, url: URL, data: bytes) -> int:
        """Post; a redirect is followed as python-requests does: with GET, without a body, and without secrets elsewhere."""
        headers = {**_HEADERS, "x-openstack-request-id": new_request_id()}
        secret = {}
        if url.user:
            secret = {"Authorization": aiohttp.BasicAuth(url.user, url.password or "").encode()}
        sent = {**headers, "content-type": "application/json", "Content-Length": str(len(data)), **secret}
        plain, verify = url.with_user(None), _verify(url)
        method: str = "POST"
        payload: bytes | None = data
        for _ in range(_REDIRECTS):
            async with session.request(
                method, plain, data=payload, headers=sent, ssl=verify, allow_redirects=False, skip_auto_headers=["Content-Type"]
            ) as response:
                await response.read()
                target = response.headers.get("Location")
                if response.status not in _REDIRECTING or target is None:
                    return response.status
            following = plain.join(URL(target))
            if response.status in _AS_POSTED:
                kept = {name: value for name, value in sent.items() if name != "Authorization"}
            else:
                method, payload, kept = "GET", None, headers
            sent = {**kept, **(secret if following.origin() == plain.origin() else {})}
            plain = following
        raise aiohttp.ClientError("too many redirects")

    def _note(self, alarm: Alarm, action: str, body: Json, result: int | str) -> None:
        event = body["reason_data"]["event"]
        self.deliveries.append(
            {
                "at": stamp_micro(now()),
                "alarm": alarm.name,
                "host": URL(action.removeprefix("trust+")).host,
                "message_id": event["message_id"],
                "event_type": event["event_type"],
                "result": result,
            }
        )


def _verify(url: URL) -> bool:
    return url.query.get("aodh-alarm-ssl-verify", "1") != "0"


def _meets(event: Json, traits: Json, condition: Json) -> bool:
    name = condition["field"]
    if name.startswith("traits."):
        found: Any = traits.get(name.removeprefix("traits."))
    else:
        found = event
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    try:
        wanted = _value(condition)
        return _OPERATORS[condition.get("op") or "eq"](found, wanted)
    except (TypeError, ValueError):
        # Aodh logs the failure and goes on with the next alarm.
        return False


def _value(condition: Json) -> Any:
    kind = _TRAIT_TYPES.get(condition.get("type") or "", 1)
    value = condition.get("value")
    return {1: str, 2: int, 3: float}[kind](value)
