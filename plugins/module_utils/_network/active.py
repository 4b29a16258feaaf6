# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which member of a VNF is active: the one that holds its floating IP (private to this collection)."""

from __future__ import annotations

import dataclasses
import ipaddress
import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError, ServiceError, failing
from .._sdk import Connection
from .._wait import wait_for


@dataclasses.dataclass(frozen=True)
class Place:
    """A floating IP and where it points to."""

    floating_ip_id: str
    address: str
    port_id: str | None
    server_id: str | None
    network_id: str | None
    # of the fixed address, which a port on several subnets has to be asked for
    subnet_id: str | None


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A server that may become active with the port to use, or the reason why it cannot."""

    server_id: str
    unfit: str
    port_id: str = ""
    fixed_address: str | None = None


class ActiveMember:
    """The floating IP of a VNF and the servers that take turns in holding it."""

    def __init__(self, cloud: Connection) -> None:
        """Use the connection of the VNF's owner."""
        self._cloud = cloud

    def find(self, floating_ip: str) -> Place | None:
        """The floating IP by address or id, None if there is none."""
        by = "floating_ip_address" if _is_address(floating_ip) else "id"
        with failing(f"find floating IP {floating_ip}"):
            found = [*self._cloud.network.ips(**{by: floating_ip})]
            if not found:
                return None
            return self._place(found[0])

    def get(self, floating_ip: str) -> Place:
        """The floating IP; an unknown one is an error."""
        place = self.find(floating_ip)
        if place is None:
            raise CollectionError(
                f"There is no floating IP {floating_ip} in this project. Next: openstack floating ip list",
                floating_ip=floating_ip,
            )
        return place

    def ensure(self, floating_ip: str, members: list[str], avoid: list[str], timeout: float, check_mode: bool) -> Result:
        """Move the floating IP to a healthy member, unless it is at one that need not be avoided."""
        began = time.monotonic()
        place = self.get(floating_ip)
        if place.server_id in members and place.server_id not in avoid:
            return _result(place, place, 0.0)
        standby = self._standby(place, members, avoid)
        server_id, port_id = standby.server_id, standby.port_id
        wanted = dataclasses.replace(place, server_id=server_id, port_id=port_id)
        if check_mode:
            return _result(place, wanted, 0.0)
        address = {"fixed_ip_address": standby.fixed_address} if standby.fixed_address else {}
        with failing(f"move floating IP {place.address} to port {port_id} of server {server_id}"):
            self._cloud.network.update_ip(place.floating_ip_id, port_id=port_id, **address)
        last = place

        def look() -> Place | None:
            nonlocal last
            last = self.get(place.floating_ip_id)
            return last if last.port_id == port_id else None

        now = wait_for(
            look,
            f"floating IP {place.address} to be at port {port_id} of server {server_id}",
            timeout,
            seen=lambda: f"port {last.port_id}",
            next_step=f"openstack floating ip show {place.address}",
            clock=time.monotonic,
            sleep=time.sleep,
        )
        return _result(place, now, time.monotonic() - began)

    def member_records(self, place: Place, members: t.Iterable[str]) -> list[Record]:
        """The members with their Nova state and which of them is active."""
        records = []
        for server_id in members:
            server = self._server(server_id)
            state = {"name": None, "status": "DELETED", "task_state": None} if server is None else server
            records.append({"id": server_id, **state, "active": server_id == place.server_id})
        return records

    def _standby(self, place: Place, members: list[str], avoid: list[str]) -> Candidate:
        """The first member in the given order that is fit."""
        looked: list[Candidate] = []
        for server_id in members:
            looked.append(self._judge(place, server_id, avoid))
            if not looked[-1].unfit:
                return looked[-1]
        states = "; ".join(f"{candidate.server_id}: {candidate.unfit}" for candidate in looked) or "No members are given"
        raise CollectionError(
            f"No member can take over floating IP {place.address} from {place.server_id or 'nobody'}. {states}. "
            "Next: wait until one of them is ACTIVE without a task (openstack server show <id>), then run this task again",
            members={candidate.server_id: candidate.unfit for candidate in looked},
        )

    def _judge(self, place: Place, server_id: str, avoid: list[str]) -> Candidate:
        if server_id in avoid:
            return Candidate(server_id, "to be avoided")
        server = self._server(server_id)
        if server is None:
            return Candidate(server_id, "does not exist")
        if server["status"] != "ACTIVE" or server["task_state"]:
            task = f" ({server['task_state']})" if server["task_state"] else ""
            return Candidate(server_id, f"{server['status']}{task}")
        network = {"network_id": place.network_id} if place.network_id else {}
        with failing(f"list the ports of server {server_id}"):
            ports = sorted(self._cloud.network.ports(device_id=server_id, **network), key=lambda port: str(port.id))
        if not ports:
            return Candidate(server_id, f"has no port on network {place.network_id}" if network else "has no port")
        if len(ports) > 1 and not network:
            # Nothing tells which of its networks the floating IP belongs to.
            hint = f"openstack floating ip set --port <port> {place.address}"
            return Candidate(server_id, f"has {len(ports)} ports, and the floating IP has none yet; set it once by hand ({hint})")
        return Candidate(server_id, "", str(ports[0].id), _fixed_address(ports[0], place.subnet_id))

    def _server(self, server_id: str) -> Record | None:
        try:
            with failing(f"read server {server_id}"):
                server = self._cloud.compute.get_server(server_id)
        except ServiceError as exc:
            if exc.status == 404:
                return None
            raise
        return {"name": server.name, "status": server.status, "task_state": server.task_state}

    def _place(self, found: t.Any) -> Place:
        port = None
        if found.port_id:
            port = self._cloud.network.get_port(found.port_id)
        subnets = {entry["ip_address"]: entry.get("subnet_id") for entry in (port.fixed_ips if port else None) or ()}
        return Place(
            floating_ip_id=str(found.id),
            address=str(found.floating_ip_address),
            port_id=found.port_id,
            server_id=(port.device_id or None) if port else None,
            network_id=port.network_id if port else None,
            subnet_id=subnets.get(found.fixed_ip_address),
        )


def _fixed_address(port: t.Any, subnet_id: str | None) -> str | None:
    """The address to ask for when the port has several: the one on the same subnet as before, else the first."""
    fixed = [entry for entry in port.fixed_ips or () if _is_address(entry["ip_address"], 4)]
    if len(fixed) < 2:
        return None
    same = [entry for entry in fixed if entry.get("subnet_id") == subnet_id]
    return str((same or fixed)[0]["ip_address"])


def _result(before: Place, after: Place, seconds: float) -> Result:
    record = {
        "floating_ip": after.address,
        "floating_ip_id": after.floating_ip_id,
        "active": after.server_id,
        "previous": before.server_id,
        "port_id": after.port_id,
        "seconds": round(seconds, 3),
    }
    views = tuple({"active": place.server_id, "port_id": place.port_id} for place in (before, after))
    return Result(before.port_id != after.port_id, record, *views)


def _is_address(text: str, version: int | None = None) -> bool:
    try:
        return version in (None, ipaddress.ip_address(text).version)
    except ValueError:
        return False
