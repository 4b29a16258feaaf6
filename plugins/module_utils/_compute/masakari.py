# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls on Masakari (type ``instance-ha``) that muting needs (private to this collection).

The proxy of openstacksdk is used as a session only: its Host takes Masakari's internal number for the id.
"""

from __future__ import annotations

import typing as t
import urllib.parse

from .._ensure import Record
from .._errors import ServiceError, failing
from .._sdk import Connection, EndpointNotFound, Proxy, attach

SERVICE_TYPE = "instance-ha"
_CALL_TIMEOUT = 60.0
_PAGE = 500


class Masakari:
    """Masakari of one cloud, asked as administrator."""

    def __init__(self, cloud: Connection) -> None:
        """Nothing is called yet."""
        self._proxy: t.Any = attach(cloud, SERVICE_TYPE, Proxy)
        # The session only holds a weak reference to the connection that its proxies need.
        self._proxy._connection = cloud
        self._url: str | None = None

    def present(self) -> bool:
        """Whether the catalogue has it."""
        return bool(self._base())

    def hosts(self) -> list[Record]:
        """The hosts of all segments as Masakari shows them, each with ``failover_segment_id``."""
        found = []
        for segment in self._pages("segments", "list the segments"):
            what = f"list the hosts of segment {segment.get('name')}"
            path = f"segments/{_quoted(segment['uuid'])}/hosts"
            found += [{**host, "failover_segment_id": segment["uuid"]} for host in self._pages(path, what)]
        return found

    def update(self, host: Record, **attributes: t.Any) -> Record:
        """Change a host; 409 while Masakari works at a failure in its segment."""
        path = f"segments/{_quoted(host['failover_segment_id'])}/hosts/{_quoted(host['uuid'])}"
        what = f"change host {host['name']} in Masakari"
        answer = self._call("PUT", path, what, json={"host": attributes})
        return {**host, **t.cast("Record", answer.get("host") or {}), "failover_segment_id": host["failover_segment_id"]}

    def _base(self) -> str:
        if self._url is None:
            with failing("find Masakari in the catalogue"):
                try:
                    self._url = str(self._proxy.get_endpoint(skip_discovery=True) or "").rstrip("/")
                except EndpointNotFound:
                    self._url = ""
        return self._url

    def _pages(self, path: str, what: str) -> list[Record]:
        """All entries. Masakari gives no links, and how long a page may be is its own matter."""
        key = path.rpartition("/")[2]
        found: dict[str, Record] = {}
        marker: dict[str, str] = {}
        while True:
            page = self._call("GET", path, what, params={"limit": str(_PAGE), **marker}).get(key)
            if not isinstance(page, list):
                raise ServiceError(f"Failed to {what}: the answer holds no {key}")
            new = {str(entry["uuid"]): entry for entry in page if entry["uuid"] not in found}
            if not new:
                return [*found.values()]
            found.update(new)
            marker = {"marker": str(page[-1]["uuid"])}

    def _call(self, method: str, path: str, what: str, **more: t.Any) -> Record:
        """Redirects are not followed, so that the token goes to the endpoint of the catalogue only."""
        if getattr(self._proxy.session, "timeout", None) is None:
            more["timeout"] = _CALL_TIMEOUT
        with failing(what):
            response = self._proxy.request(f"{self._base()}/{path}", method, raise_exc=True, redirect=False, **more)
        try:
            answer = response.json()
        except ValueError as exc:
            raise ServiceError(f"Failed to {what}: the answer is not JSON", status=response.status_code) from exc
        return answer if isinstance(answer, dict) else {}


def _quoted(part: t.Any) -> str:
    return urllib.parse.quote(str(part), safe="")
