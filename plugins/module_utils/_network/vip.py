# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual address that only the active member's port has (private to this collection).

Either Neutron lets it through there (its extension allowed-address-pairs), or it is one of the port's own addresses. Where all
members have the pair all the time, as with keepalived alone, Neutron does not know who is active by that.
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

PAIR, FIXED_IP = "pair", "fixed_ip"
# Where a port has it.
_ATTRIBUTES = {PAIR: "allowed_address_pairs", FIXED_IP: "fixed_ips"}


class Vip:
    """A virtual address among the ports of the members."""

    def __init__(self, cloud: Connection, members: Members, server_ids: t.Sequence[str], wanted: Record) -> None:
        """:param wanted: ``address``; ``network_id``, when only ports on it are looked at; ``kind``, how the port has it."""
        self._cloud, self._members, self._server_ids = cloud, members, server_ids
        self._network_id, self._kind = wanted["network_id"], wanted["kind"]
        try:
            self._address = ipaddress.ip_address(wanted["address"])
        except ValueError as exc:
            raise CollectionError(f"vip.address is {wanted['address']!r}, which is not an IP address") from exc

    @property
    def name(self) -> str:
        """As a sentence names it."""
        return f"virtual address {self._address}"

    @property
    def next_step(self) -> str:
        """The command that shows it."""
        return "openstack port list --long --server <id>"

    def find(self) -> Holding | None:
        """The member whose port has the address."""
        holders = {}
        for server_id in self._server_ids:
            for port in self._members.ports(server_id, self._network_id):
                if any(self._is_it(entry) for entry in self._entries(port)):
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
        if self._kind == FIXED_IP and holding.place and len(self._entries(holding.place)) == 1:
            why = f"cannot get it: it is the only address of port {holding.place.id}, which would have to be moved as a whole"
            return Target(server_id, f"{why}; say tasks of your own in switch_over")
        return Target(server_id, place=ports[0])

    def foreseen(self, holding: Holding, target: Target) -> Holding:
        """At the port of the target."""
        return dataclasses.replace(holding, server_id=target.server_id, moves={"port_id": target.place.id})

    def give(self, holding: Holding, target: Target) -> None:
        """Take it from the one, then give it to the other, so that never two have it; if that fails, give it back."""
        source, given = holding.place, {"ip_address": str(self._address)}
        if source is not None:
            [present, *_more] = [one for one in self._entries(source) if self._is_it(one)]
            if present.get("mac_address") not in (None, source.mac_address):
                # That of VRRP, say, which does not belong to the port.
                given["mac_address"] = present["mac_address"]
            if "subnet_id" in present:
                given["subnet_id"] = present["subnet_id"]
            self._write(source, [one for one in self._entries(source) if not self._is_it(one)])
        try:
            self._write(target.place, [*self._entries(target.place), given])
        except CollectionError:
            if source is not None:
                self._write(source, self._entries(source))
            raise

    def _entries(self, port: t.Any) -> list[Record]:
        return [*(getattr(port, _ATTRIBUTES[self._kind]) or ())]

    def _write(self, port: t.Any, entries: list[Record]) -> None:
        words = {PAIR: "allowed address pairs", FIXED_IP: "addresses"}[self._kind]
        with failing(f"set the {words} of port {port.id} of server {port.device_id}"):
            self._cloud.network.update_port(port.id, **{_ATTRIBUTES[self._kind]: entries})

    def _is_it(self, entry: Record) -> bool:
        try:
            return ipaddress.ip_address(str(entry.get("ip_address"))) == self._address
        except ValueError:
            # A pair may also be a whole network.
            return False
