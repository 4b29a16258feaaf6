# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual address that Neutron lets through at the active member's port only (private to this collection).

Neutron's extension allowed-address-pairs. Where all members have the pair all the time, as with keepalived alone, Neutron does
not know who is active.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from .._ensure import Record
from .._errors import CollectionError, failing
from .._sdk import Connection
from .marks import Holding, Target, only_one
from .members import Members


class Vip:
    """A virtual address among the ports of the members."""

    def __init__(
        self, cloud: Connection, members: Members, server_ids: t.Sequence[str], address: str, network_id: str | None
    ) -> None:
        """:param network_id: only ports on it are looked at."""
        self._cloud, self._members, self._server_ids, self._network_id = cloud, members, server_ids, network_id
        try:
            self._address = ipaddress.ip_address(address)
        except ValueError as exc:
            raise CollectionError(f"vip.address is {address!r}, which is not an IP address") from exc

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return f"virtual address {self._address}"

    @property
    def next_step(self) -> str:
        """The command that shows it."""
        return "openstack port list --long --server <id>"

    def find(self) -> Holding | None:
        """The member whose port has the address among its pairs."""
        holders = {}
        for server_id in self._server_ids:
            for port in self._members.ports(server_id, self._network_id):
                if any(self._is_it(pair) for pair in port.allowed_address_pairs or ()):
                    holders[server_id] = port
        active = only_one(self, [*holders])
        port = holders[active] if active else None
        return Holding(active, {"vip": str(self._address)}, {"port_id": port.id if port else None}, port)

    def target(self, holding: Holding, server_id: str) -> Target:
        """The server's port on the network of the one that has the address now."""
        network_id = holding.place.network_id if holding.place else self._network_id
        ports = self._members.ports(server_id, network_id)
        if len(ports) != 1:
            where = f" on network {network_id}" if network_id else "; give vip.network_id"
            return Target(server_id, f"has {f'{len(ports)} ports' if ports else 'no port'}{where}")
        return Target(server_id, place=ports[0])

    def foreseen(self, holding: Holding, target: Target) -> Holding:
        """At the port of the target."""
        return dataclasses.replace(holding, server_id=target.server_id, moves={"port_id": target.place.id})

    def give(self, holding: Holding, target: Target) -> None:
        """Take it from the one, then give it to the other, so that never two have it; if that fails, give it back."""
        source, pair = holding.place, {"ip_address": str(self._address)}
        if source is not None:
            [present, *_more] = [one for one in source.allowed_address_pairs if self._is_it(one)]
            if present.get("mac_address") not in (None, source.mac_address):
                # That of VRRP, say, which does not belong to the port.
                pair["mac_address"] = present["mac_address"]
            self._write(source, [one for one in source.allowed_address_pairs if not self._is_it(one)])
        try:
            self._write(target.place, [*(target.place.allowed_address_pairs or ()), pair])
        except CollectionError:
            if source is not None:
                self._write(source, [*source.allowed_address_pairs])
            raise

    def _write(self, port: t.Any, pairs: list[Record]) -> None:
        with failing(f"set the allowed address pairs of port {port.id} of server {port.device_id}"):
            self._cloud.network.update_port(port.id, allowed_address_pairs=pairs)

    def _is_it(self, pair: Record) -> bool:
        try:
            return ipaddress.ip_address(str(pair.get("ip_address"))) == self._address
        except ValueError:
            # A pair may also be a whole network.
            return False
