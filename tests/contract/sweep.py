# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes what an earlier run left behind that was killed before it could."""

from __future__ import annotations

from typing import Any

from tests.waiting import until

from .sites import Site
from .talk import NAME

_KINDS = (
    ("network", "/v2.0/floatingips", "floatingips", "id"),
    ("network", "/v2.0/ports", "ports", "id"),
    ("network", "/v2.0/routers", "routers", "id"),
    ("network", "/v2.0/networks", "networks", "id"),
    ("compute", "/v2.1/os-server-groups?all_projects=True", "server_groups", "id"),
    ("compute", "/v2.1/flavors", "flavors", "id"),
)


def sweep(site: Site) -> None:
    """Remove every server, group, alarm, network and flavor whose name says that it is of these tests."""
    servers = "/v2.1/servers?all_tenants=1&name=^" + NAME
    for server in site.ask("GET", "compute", servers)["servers"]:
        _delete(site, "compute", f"/v2.1/servers/{server['id']}")
    gone = "the servers of an earlier run are gone"
    until(gone, lambda: not site.ask("GET", "compute", servers)["servers"], every=0.1)
    query = "q.field=all_projects&q.op=eq&q.value=true"
    for alarm in site.ask("GET", "alarming", f"/v2/alarms?{query}"):
        if alarm["name"].startswith(NAME):
            _delete(site, "alarming", f"/v2/alarms/{alarm['alarm_id']}")
    nets = {item["id"] for item in site.ask("GET", "network", "/v2.0/networks")["networks"] if item["name"].startswith(NAME)}
    for service, path, key, field in _KINDS:
        for item in site.ask("GET", service, path, version="2.90" if service == "compute" else "")[key]:
            if not _ours(item, nets):
                continue
            if key == "routers":
                _disconnect(site, item["id"])
            if not str(item.get("device_owner", "")).startswith("network:"):
                _delete(site, service, f"{path.partition('?')[0]}/{item[field]}")


def _ours(item: dict[str, Any], nets: set[str]) -> bool:
    return str(item.get("name", "")).startswith(NAME) or bool({item.get("network_id"), item.get("floating_network_id")} & nets)


def _disconnect(site: Site, router: str) -> None:
    for port in site.ask("GET", "network", f"/v2.0/ports?device_id={router}")["ports"]:
        if port["device_owner"] == "network:router_interface":
            body = {"port_id": port["id"]}
            site.ask("PUT", "network", f"/v2.0/routers/{router}/remove_router_interface", json=body)


def _delete(site: Site, service: str, path: str) -> None:
    url = site.roots[service] + path
    answer = site.http.delete(url, headers={"X-Auth-Token": site.tokens["admin"]}, timeout=60)
    assert answer.ok or answer.status_code == 404, f"{path}: {answer.status_code} {answer.text}"
