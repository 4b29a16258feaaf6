# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Masakari: one segment with all hosts, and notifications about failures that it takes or ignores. It evacuates nothing.

It is served always and in the catalogue only when that is asked for (``PUT /lab/catalog/instance-ha``), as most clouds have none.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from .clock import now, stamp_micro
from .context import Context
from .schema import BOOLEAN, Schema, check, is_true
from .web import ApiError, Json, answer, json_body, page_of

ROOT = "/instance-ha/v1"
_SEGMENT = str(uuid.uuid5(uuid.NAMESPACE_URL, "segment of the lab"))
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_HOST: Schema = {
    "type": ["object"],
    "properties": {
        "name": {"type": ["string"], "shortest": 1, "longest": 255},
        "type": _TEXT_OR_NULL,
        "control_attributes": _TEXT_OR_NULL,
        "reserved": BOOLEAN,
        "on_maintenance": BOOLEAN,
    },
    "closed": True,
}


@dataclass(slots=True, eq=False)
class _Entry:
    """What Masakari keeps of a host."""

    number: int
    name: str
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    type: str | None = "COMPUTE"
    control_attributes: str | None = "SSH"
    on_maintenance: bool = False
    reserved: bool = False

    @property
    def uuid(self) -> str:
        """The same in every run."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"host {self.name} of the lab"))


class Masakari:
    """The handlers of /instance-ha."""

    def __init__(self, context: Context) -> None:
        """Serve the hosts of a lab."""
        self.context = context
        self._created = now()
        self._entries: dict[str, _Entry] = {}
        self._notifications: list[Json] = []

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        hosts = f"{ROOT}/segments/{{segment}}/hosts"
        return [
            web.get(f"{ROOT}/segments", self.segments),
            web.get(hosts, self.hosts),
            web.get(f"{hosts}/{{id}}", self.host),
            web.put(f"{hosts}/{{id}}", self.update),
            web.get(f"{ROOT}/notifications", self.notifications),
            web.post(f"{ROOT}/notifications", self.notify),
        ]

    async def segments(self, request: web.Request) -> web.Response:
        """List the one segment."""
        self._admin(request, "segments:index")
        shown = {
            "id": 1, "uuid": _SEGMENT, "name": "lab", "description": None, "recovery_method": "auto", "service_type": "COMPUTE",
            "enabled": True, "created_at": stamp_micro(self._created), "updated_at": None, "deleted_at": None, "deleted": False,
        }  # fmt: skip
        # The id is what a page is after.
        page, _more = page_of([shown], request, lambda segment: str(segment["uuid"]))
        return answer({"segments": page})

    async def hosts(self, request: web.Request) -> web.Response:
        """List the hosts of a segment."""
        self._admin(request, "os-hosts:index")
        self._segment(request)
        page, _more = page_of(self._all(), request, lambda entry: str(entry.uuid))
        return answer({"hosts": [_shown(entry) for entry in page]})

    async def host(self, request: web.Request) -> web.Response:
        """Show a host."""
        self._admin(request, "os-hosts:detail")
        return answer({"host": _shown(self._entry(request))})

    async def update(self, request: web.Request) -> web.Response:
        """Change a host. Masakari answers 409 while it works at a failure; here the fault ``http_error`` does."""
        self._admin(request, "os-hosts:update")
        body = await json_body(request)
        changes = body.get("host")
        if not isinstance(changes, dict) or not changes:
            raise ApiError(400, "Invalid input for field/attribute host.")
        check(changes, _HOST)
        entry = self._entry(request)
        for name in ("type", "control_attributes"):
            if name in changes:
                setattr(entry, name, changes[name])
        for name in ("on_maintenance", "reserved"):
            if name in changes:
                setattr(entry, name, is_true(changes[name]))
        entry.updated = now()
        return answer({"host": _shown(entry)})

    async def notifications(self, request: web.Request) -> web.Response:
        """List the failures that were told."""
        self._admin(request, "notifications:index")
        return answer({"notifications": self._notifications})

    async def notify(self, request: web.Request) -> web.Response:
        """Take the news of a failure, of hosts that are not under maintenance."""
        self._admin(request, "notifications:create")
        told: Any = (await json_body(request)).get("notification") or {}
        entry = next((one for one in self._all() if one.name == told.get("hostname")), None)
        if entry is None:
            raise ApiError(400, f"Host with name {told.get('hostname')} could not be found.")
        if entry.on_maintenance:
            kind, reason = told.get("type"), "is ignored as the host is already under maintenance."
            raise ApiError(409, f"Notification received from host {entry.name} of type '{kind}' {reason}")
        record = {
            "id": len(self._notifications) + 1,
            "notification_uuid": str(uuid.uuid4()),
            "source_host_uuid": entry.uuid,
            "type": told.get("type"),
            "payload": told.get("payload"),
            "status": "finished",
            "created_at": stamp_micro(now()),
        }
        self._notifications.append(record)
        return answer({"notification": record}, 202)

    def _admin(self, request: web.Request, rule: str) -> None:
        if not self.context.tokens.require(request).is_admin:
            raise ApiError(403, f"Policy doesn't allow os_masakari_api:{rule} to be performed.")

    @staticmethod
    def _segment(request: web.Request) -> None:
        if request.match_info["segment"] != _SEGMENT:
            raise ApiError(404, f"No failover segment with id {request.match_info['segment']}.")

    def _all(self) -> list[_Entry]:
        for number, name in enumerate(self.context.cloud.hosts, 1):
            self._entries.setdefault(name, _Entry(number, name))
        return list(self._entries.values())

    def _entry(self, request: web.Request) -> _Entry:
        self._segment(request)
        for entry in self._all():
            if entry.uuid == request.match_info["id"]:
                return entry
        raise ApiError(404, f"No host with id {request.match_info['id']}.")


def _shown(entry: _Entry) -> Json:
    return {
        "id": entry.number,
        "uuid": entry.uuid,
        "name": entry.name,
        "failover_segment_id": _SEGMENT,
        "type": entry.type,
        "reserved": entry.reserved,
        "control_attributes": entry.control_attributes,
        "on_maintenance": entry.on_maintenance,
        "created_at": stamp_micro(entry.created),
        "updated_at": stamp_micro(entry.updated),
        "deleted_at": None,
        "deleted": False,
    }
