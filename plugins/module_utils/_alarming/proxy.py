# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aodh's alarming API, version 2 (private to this collection)."""

from __future__ import annotations

import typing as t

from .._errors import failing
from .._sdk import Connection, Proxy, attach

# An alarm in Aodh's own words.
Alarm = dict[str, t.Any]


class AlarmingProxy(Proxy):  # type: ignore[misc]
    """The calls on alarms."""

    def request(self, url: str, method: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Ask for JSON and nothing else: Aodh 15 answers XML to ``application/json, */*``."""
        kwargs["headers"] = {**(kwargs.get("headers") or {}), "Accept": "application/json"}
        return super().request(url, method, *args, **{"raise_exc": True, **kwargs})

    def alarms(self, **query: str) -> list[Alarm]:
        """The alarms that match all fields of the query."""
        params: dict[str, list[str]] = {}
        for field, value in query.items():
            for part, text in (("field", field), ("op", "eq"), ("value", value)):
                params.setdefault(f"q.{part}", []).append(text)
        with failing("list the alarms"):
            return t.cast("list[Alarm]", self.get(self._path(), params=params).json())

    def create_alarm(self, body: Alarm) -> Alarm:
        """Make an alarm."""
        with failing(f"create alarm {body['name']}"):
            # Not sent again when the connection breaks: the second would be refused although the first succeeded.
            return t.cast("Alarm", self.post(self._path(), json=body, connect_retries=0).json())

    def replace_alarm(self, body: Alarm) -> Alarm:
        """Write a whole alarm: what a PUT leaves out, Aodh sets to its default."""
        with failing(f"update alarm {body['name']} ({body['alarm_id']})"):
            return t.cast("Alarm", self.put(self._path(body["alarm_id"]), json=body).json())

    def delete_alarm(self, alarm: Alarm) -> None:
        """Remove an alarm."""
        with failing(f"delete alarm {alarm['name']} ({alarm['alarm_id']})"):
            self.delete(self._path(alarm["alarm_id"]))

    def _path(self, alarm_id: str = "") -> str:
        endpoint = str(self.get_endpoint() or "").rstrip("/")
        base = "/alarms" if endpoint.endswith("/v2") else "/v2/alarms"
        return f"{base}/{alarm_id}" if alarm_id else base


def alarming(cloud: Connection) -> AlarmingProxy:
    """The alarming service of the cloud's catalogue, whether its entry ends in ``/v2`` or not."""
    proxy = attach(cloud, "alarming", AlarmingProxy)
    # The session holds only a weak reference to the connection that its proxies need.
    proxy._connection = cloud
    # The catalogue's address as it stands: there is no need to read Aodh's version document.
    with failing("find the alarming service in the catalogue"):
        proxy.endpoint_override = proxy.get_endpoint(skip_discovery=True)
    return proxy
