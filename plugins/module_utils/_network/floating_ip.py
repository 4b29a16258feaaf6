# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floating IP of a VNF, which points to its active member (private to this collection)."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from .._errors import failing
from .._sdk import Connection
from .marks import Holding, Target
from .members import Members


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where a floating IP points to; the subnet is that of the fixed address, which a port on several has to be asked for."""

    network_id: str | None
    subnet_id: str | None


class FloatingIp:
    """A floating IP, by its address or id."""

    def __init__(self, cloud: Connection, members: Members, floating_ip: str) -> None:
        """Nothing is called yet."""
        self._cloud, self._members, self._given = cloud, members, floating_ip
        self._id: str | None = None

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return f"floating IP {self._given}"

    @property
    def next_step(self) -> str:
        """The command that shows it."""
        return f"openstack floating ip show {self._given}"

    def find(self) -> Holding | None:
        """Its port and the server behind."""
        wanted = self._id or self._given
        by = "floating_ip_address" if is_address(wanted) else "id"
        with failing(f"find {self.name}"):
            found = [*self._cloud.network.ips(**{by: wanted})]
            return self._holding(found[0]) if found else None

    def _holding(self, found: t.Any) -> Holding:
        port = self._cloud.network.get_port(found.port_id) if found.port_id else None
        subnets = {entry["ip_address"]: entry.get("subnet_id") for entry in (port.fixed_ips if port else None) or ()}
        return Holding(
            server_id=(port.device_id or None) if port else None,
            facts={"floating_ip": str(found.floating_ip_address), "floating_ip_id": str(found.id)},
            moves={"port_id": found.port_id},
            place=_Place(port.network_id if port else None, subnets.get(found.fixed_ip_address)),
        )

    def target(self, holding: Holding, server_id: str) -> Target:
        """The server's port on the network on which the floating IP is now."""
        network_id = holding.place.network_id
        ports = self._members.ports(server_id, network_id)
        if not ports:
            return Target(server_id, f"has no port on network {network_id}" if network_id else "has no port")
        if len(ports) > 1 and not network_id:
            # Nothing tells which of its networks the floating IP belongs to.
            hint = f"openstack floating ip set --port <port> {holding.facts['floating_ip']}"
            return Target(server_id, f"has {len(ports)} ports, and the floating IP has none yet; set it once by hand ({hint})")
        return Target(server_id, place=(str(ports[0].id), _fixed_address(ports[0], holding.place.subnet_id)))

    def foreseen(self, holding: Holding, target: Target) -> Holding:
        """At the port of the target."""
        return dataclasses.replace(holding, server_id=target.server_id, moves={"port_id": target.place[0]})

    def give(self, holding: Holding, target: Target) -> None:
        """Associate it with the port of the target."""
        port_id, fixed_address = target.place
        address = {"fixed_ip_address": fixed_address} if fixed_address else {}
        with failing(f"move {self.name} to port {port_id} of server {target.server_id}"):
            self._cloud.network.update_ip(holding.facts["floating_ip_id"], port_id=port_id, **address)
        # An address may be used again; the id is of this one.
        self._id = holding.facts["floating_ip_id"]


def is_address(text: str, version: int | None = None) -> bool:
    """Whether a text is an IP address, of a version if one is given."""
    try:
        return version in (None, ipaddress.ip_address(text).version)
    except ValueError:
        return False


def _fixed_address(port: t.Any, subnet_id: str | None) -> str | None:
    """The address to ask for when the port has several: the one on the same subnet as before, else the first."""
    fixed = [entry for entry in port.fixed_ips or () if is_address(entry["ip_address"], 4)]
    if len(fixed) < 2:
        return None
    same = [entry for entry in fixed if entry.get("subnet_id") == subnet_id]
    return str((same or fixed)[0]["ip_address"])
