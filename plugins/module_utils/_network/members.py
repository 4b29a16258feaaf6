# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a VNF that take turns: what Nova and a probe say about each (private to this collection)."""

from __future__ import annotations

import collections
import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError, failing
from .._sdk import Connection
from .._wait import wait_for
from .probe import Probe

_NOT_FOUND = 404


class Members:
    """Reads servers and their ports with the credentials of the VNF's owner."""

    def __init__(self, cloud: Connection, health: Probe | None = None) -> None:
        """:param health: a member is in service only when this answers as well."""
        self._cloud, self._health = cloud, health

    def server(self, server_id: str) -> t.Any:
        """The server, None if there is none."""
        try:
            with failing(f"read server {server_id}"):
                return self._cloud.compute.get_server(server_id)
        except ServiceError as exc:
            if exc.status == _NOT_FOUND:
                return None
            raise

    def ports(self, server_id: str, network_id: str | None = None) -> list[t.Any]:
        """The ports of a server, on one network if it is given, in the order of their ids."""
        network = {"network_id": network_id} if network_id else {}
        with failing(f"list the ports of server {server_id}"):
            return sorted(self._cloud.network.ports(device_id=server_id, **network), key=lambda port: str(port.id))

    def complaint(self, server_id: str) -> str:
        """Why a member is not in service, or an empty text."""
        return self._complaint(self.server(server_id))

    def _complaint(self, server: t.Any) -> str:
        if server is None:
            return "does not exist"
        if server.status != "ACTIVE" or server.task_state:
            return f"{server.status} ({server.task_state})" if server.task_state else str(server.status)
        return self._health.complaint(address(server)) if self._health else ""

    def records(self, server_ids: t.Iterable[str]) -> list[Record]:
        """The members as they are now."""
        found = []
        for server_id in server_ids:
            server = self.server(server_id)
            why = self._complaint(server)
            host_id = server.host_id if server is not None else None
            found.append({"id": server_id, **state(server), "host_id": host_id, "in_service": not why, "reason": why or None})
        return found

    def in_service(self, server_ids: t.Sequence[str], at_least: int, timeout: float) -> list[Record]:
        """The members, once so many of them are in service.

        :raises CollectionError: when they are not within ``timeout`` seconds; with what is wrong with each.
        """
        last: list[Record] = []

        def look() -> list[Record] | None:
            last[:] = self.records(server_ids)
            return last if sum(one["in_service"] for one in last) >= at_least else None

        def seen() -> str:
            wrong = [f"{one['id']}: {one['reason']}" for one in last if not one["in_service"]]
            return "; ".join(wrong) or f"there are only {len(last)}"

        what, step = f"{at_least} of {len(server_ids)} members to be in service", "openstack server show <id>"
        if timeout <= 0:
            if look() is None:
                raise CollectionError(f"Fewer than {what.replace(' to be', ' are')}: {seen()}. Next: {step}", members=last)
            return last
        return wait_for(look, what, timeout, seen=seen, next_step=step, clock=time.monotonic, sleep=time.sleep)

    def server_groups(self) -> dict[str, Record]:
        """Nova's server groups that one can see, by member."""
        found: dict[str, Record] = collections.defaultdict(dict)
        with failing("list the server groups"):
            for group in self._cloud.compute.server_groups():
                rules = group.rules or {}
                record = {
                    "id": group.id,
                    "name": group.name,
                    "policy": group.policy or next(iter(group.policies or ()), None),
                    "max_server_per_host": rules.get("max_server_per_host"),
                }
                found.update(dict.fromkeys(group.member_ids or (), record))
        return found


def state(server: t.Any) -> Record:
    """Name, status and task of a server, or of one that is gone."""
    if server is None:
        return {"name": None, "status": "DELETED", "task_state": None}
    return {"name": server.name, "status": server.status, "task_state": server.task_state}


def address(server: t.Any) -> str | None:
    """The first fixed address of a server."""
    entries = [entry for entries in (server.addresses or {}).values() for entry in entries]
    fixed = [entry["addr"] for entry in entries if entry.get("OS-EXT-IPS:type", "fixed") == "fixed"]
    return str(fixed[0]) if fixed else None
