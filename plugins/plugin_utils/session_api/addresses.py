# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where direct deliveries may go: addresses that a project names must not lead into the service's own house."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import urllib.parse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# This machine, the link (where clouds serve their metadata), nobody, everybody.
DENIED = (
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "::1/128",
    "fd00:ec2::254/128",
    "fe80::/10",
    "ff00::/8",
)
LONGEST_URL = 1024
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PRINTABLE = re.compile(r"[!-~]+")


class Networks:
    """What may be connected to: everything but the denied networks, and of these the allowed ones."""

    def __init__(self, denied: t.Iterable[str], allowed: t.Iterable[str]) -> None:
        """Read networks like ``10.0.0.0/8``; raises ValueError for what is none."""
        self._denied = [ipaddress.ip_network(one.strip()) for one in denied]
        self._allowed = [ipaddress.ip_network(one.strip()) for one in allowed]

    def allow(self, text: str) -> bool:
        """Whether an address may be connected to; one that carries an IPv4 address in it counts as that one as well."""
        address = ipaddress.ip_address(text.partition("%")[0])
        return all(self._allows(one) for one in _meanings(address))

    def _allows(self, address: Address) -> bool:
        return any(address in network for network in self._allowed) or not any(address in network for network in self._denied)


def _meanings(address: Address) -> t.Iterator[Address]:
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            yield inner


def check_url(url: str, networks: Networks) -> None:
    """Raise ValueError, with a sentence that says why, for a URL that can never be delivered to."""
    if len(url) > LONGEST_URL:
        raise ValueError(f"url is {len(url)} characters long; the longest is {LONGEST_URL}")
    if _PRINTABLE.fullmatch(url) is None:
        raise ValueError("url may hold printable ASCII characters only, and no spaces")
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("url must begin with http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("url must not hold a user or a password; deliveries are signed instead")
    if parts.fragment or url.endswith("#"):
        raise ValueError("url must not hold a fragment")
    if parts.port == 0:
        raise ValueError("url has port 0")
    try:
        ipaddress.ip_address(parts.hostname.partition("%")[0])
    except ValueError:
        return
    if not networks.allow(parts.hostname):
        raise ValueError(denied(parts.hostname))


def denied(address: str) -> str:
    """Say that an address is not allowed, and who could change that."""
    return f"address {address} is in a network that deliveries may not go to ([webhooks] denied_networks of the session API)"
