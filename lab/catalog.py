# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service catalogue of the lab."""

from __future__ import annotations

import hashlib
from typing import Any

REGION = "RegionOne"
INTERFACES = ("public", "internal", "admin")
_BUILT_IN = {
    "identity": ("keystone", "/identity/v3/"),
    "compute": ("nova", "/compute/v2.1"),
    "placement": ("placement", "/placement"),
    "network": ("neutron", "/network"),
    "alarming": ("aodh", "/alarming"),
    "nfv-orchestration": ("tacker", "/nfv-orchestration"),
}
_NAMES = {"maintenance": "fenix", "instance-ha": "masakari"}


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Catalog:
    """Service types and where they are; entries can be added or moved while the lab runs."""

    def __init__(self, url: str, maintenance_url: str | None = None) -> None:
        """List the lab's own services below a URL, and the session API when its address is known."""
        self.url = url
        self._entries = {kind: (name, url + path) for kind, (name, path) in _BUILT_IN.items()}
        if maintenance_url:
            self.put("maintenance", maintenance_url)

    def put(self, kind: str, url: str) -> None:
        """Add or move a service."""
        name = self._entries[kind][0] if kind in self._entries else _NAMES.get(kind, kind)
        self._entries[kind] = (name, url)

    def address(self, kind: str) -> str | None:
        """Return where a service type is."""
        entry = self._entries.get(kind)
        return entry[1] if entry else None

    def entries(self) -> list[dict[str, Any]]:
        """Return the catalogue as a token carries it."""
        return [
            {
                "id": _id(kind),
                "type": kind,
                "name": name,
                "endpoints": [
                    {
                        "id": _id(kind + interface),
                        "interface": interface,
                        "region": REGION,
                        "region_id": REGION,
                        "url": url,
                    }
                    for interface in INTERFACES
                ],
            }
            for kind, (name, url) in self._entries.items()
        ]

    def services(self) -> list[dict[str, Any]]:
        """Return the services as Keystone lists them."""
        return [
            {
                "id": _id(kind),
                "type": kind,
                "name": name,
                "enabled": True,
                "links": {"self": f"{self.url}/identity/v3/services/{_id(kind)}"},
            }
            for kind, (name, _) in self._entries.items()
        ]

    def endpoints(self) -> list[dict[str, Any]]:
        """Return the endpoints as Keystone lists them."""
        return [
            {
                **endpoint,
                "service_id": entry["id"],
                "enabled": True,
                "links": {"self": f"{self.url}/identity/v3/endpoints/{endpoint['id']}"},
            }
            for entry in self.entries()
            for endpoint in entry["endpoints"]
        ]
