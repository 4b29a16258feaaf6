# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Neutron shows its records, cuts its lists and complains about bodies."""

from __future__ import annotations

import ipaddress
import uuid
from datetime import datetime
from typing import Any

from aiohttp import web

from .clock import stamp
from .schema import is_uuid
from .state import Cloud, FloatingIp, Network, Port, Router
from .web import ApiError, Json, flag

_CONTROL = frozenset({"limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields"})
# What can be asked for although no record shows it.
_HIDDEN = frozenset({"any", "tags", "tags-any", "not-tags", "not-tags-any", "ip_allocation", "provider:network_type"})


def _common(record: Any, created: datetime, updated: datetime) -> Json:
    return {
        "id": record.id,
        "tenant_id": record.project_id,
        "project_id": record.project_id,
        "description": "",
        "tags": [],
        "revision_number": record.revision,
        "created_at": stamp(created),
        "updated_at": stamp(updated),
    }


def security_group(project_id: str) -> str:
    """Return the id of a project's default security group."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"default {project_id}"))


def network(record: Network) -> Json:
    """Show a network."""
    return {
        **_common(record, record.created, record.created),
        "name": record.name,
        "admin_state_up": True,
        "status": "ACTIVE",
        "mtu": 1500,
        "shared": record.shared,
        "router:external": record.external,
        **({"is_default": False} if record.external else {}),
        "subnets": [record.subnet_id] if record.subnet_id else [],
        "availability_zone_hints": [],
        "availability_zones": [],
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
    }


def subnet(record: Network) -> Json:
    """Show a network's subnet."""
    net = ipaddress.ip_network(record.cidr)
    return {
        **_common(record, record.created, record.created),
        "id": record.subnet_id,
        "name": record.subnet_name or f"{record.name}-subnet",
        "network_id": record.id,
        "ip_version": 4,
        "cidr": record.cidr,
        "gateway_ip": str(net[1]),
        "enable_dhcp": not record.external,
        "allocation_pools": [{"start": str(net[2]), "end": str(net[-2])}],
        "dns_nameservers": [],
        "host_routes": [],
        "ipv6_address_mode": None,
        "ipv6_ra_mode": None,
        "service_types": [],
        "subnetpool_id": None,
    }


def port(cloud: Cloud, record: Port, admin: bool) -> Json:
    """Show a port; where it is bound is for administrators."""
    server = cloud.servers.get(record.device_id)
    host = (server.host or "") if server else ""
    view = {
        **_common(record, record.created, record.updated),
        "name": record.name,
        "network_id": record.network_id,
        "device_id": record.device_id,
        "device_owner": record.device_owner,
        "mac_address": record.mac,
        "fixed_ips": [{"subnet_id": record.subnet_id, "ip_address": record.address}],
        "allowed_address_pairs": record.pairs,
        "extra_dhcp_opts": [],
        "admin_state_up": True,
        "status": "ACTIVE" if host else "DOWN",
        "binding:vnic_type": "normal",
        "security_groups": [security_group(record.project_id)],
    }
    if admin:
        view |= {
            "binding:host_id": host,
            "binding:profile": {},
            "binding:vif_details": {"port_filter": True} if host else {},
            "binding:vif_type": "ovs" if host else "unbound",
        }
    return view


def floating(cloud: Cloud, record: FloatingIp) -> Json:
    """Show a floating IP."""
    behind = cloud.ports.get(record.port_id or "")
    details = None
    if behind:
        shown = port(cloud, behind, False)
        names = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")
        details = {name: shown[name] for name in names}
    return {
        **_common(record, record.created, record.updated),
        "floating_network_id": record.network_id,
        "floating_ip_address": record.address,
        "fixed_ip_address": behind.address if behind else None,
        "port_id": record.port_id,
        "router_id": record.router_id,
        "status": "ACTIVE" if behind else "DOWN",
        "port_details": details,
    }


def router(cloud: Cloud, record: Router) -> Json:
    """Show a router."""
    outside = cloud.networks.get(record.external_network_id)
    gateway = None
    if outside:
        address = str(ipaddress.ip_network(outside.cidr)[5]) if outside.cidr else ""
        gateway = {
            "network_id": outside.id,
            "enable_snat": True,
            "external_fixed_ips": [{"subnet_id": outside.subnet_id, "ip_address": address}],
        }
    return {
        **_common(record, record.created, record.created),
        "name": record.name,
        "admin_state_up": True,
        "status": "ACTIVE",
        "external_gateway_info": gateway,
        "routes": [],
        "flavor_id": None,
        "availability_zone_hints": [],
        "availability_zones": [],
    }


# Lists


def page(request: web.Request, shown: list[Json], base: str, missing: ApiError) -> tuple[list[Json], list[Json]]:
    """Filter, sort and cut a list; return its part and the links to the other parts."""
    known = set(shown[0]) if shown else set()
    wrong = [name for name in dict.fromkeys(request.query) if name not in known | _CONTROL | _HIDDEN]
    if wrong and shown:
        raise ApiError(400, f"{wrong} is invalid attribute for filtering")
    for name in set(request.query) - _CONTROL:
        values = request.query.getall(name)
        shown = [record for record in shown if _has(record, name, values)]
    shown.sort(key=lambda record: str(record["id"]))
    keys, directions = request.query.getall("sort_key", []), request.query.getall("sort_dir", [])
    if len(keys) != len(directions):
        raise ApiError(400, "The number of sort_keys and sort_dirs must be same")
    for key, direction in reversed(list(zip(keys, directions, strict=True))):
        if known and key not in known:
            raise ApiError(400, f"['{key}'] is invalid attribute for sort_keys")
        shown.sort(key=lambda record, name=key: str(record[name]), reverse=direction == "desc")  # type: ignore[misc]
    limit = _limit(request)
    back = flag(request.query.get("page_reverse"))
    marker = request.query.get("marker")
    if limit and marker:
        places = [place for place, record in enumerate(shown) if record["id"] == marker]
        if not places:
            raise missing
        shown = shown[: places[0]] if back else shown[places[0] + 1 :]
    if limit:
        shown = shown[-limit:] if back else shown[:limit]
    return shown, _links(request, shown, base, limit, back)


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "0")
    if not text.isdigit():
        raise ApiError(400, f"Bad limit request: Limit must be an integer 0 or greater and not '{text}'.", "BadRequest")
    return int(text)


def _links(request: web.Request, shown: list[Json], base: str, limit: int, back: bool) -> list[Json]:
    if not limit or not shown:
        return []
    kept = [(name, value) for name, value in request.query.items() if name not in {"marker", "page_reverse"}]

    def href(*more: tuple[str, str]) -> str:
        return f"{base}{request.url.with_query([*kept, *more]).raw_path_qs}"

    links: list[Json] = []
    if back or len(shown) >= limit:
        links.append({"rel": "next", "href": href(("marker", shown[-1]["id"]))})
    if not back or len(shown) >= limit:
        links.append({"rel": "previous", "href": href(("marker", shown[0]["id"]), ("page_reverse", "True"))})
    return links


def _has(record: Json, name: str, values: list[str]) -> bool:
    if name == "fixed_ips":
        wanted = dict(value.split("=", 1) for value in values)
        return any(all(item.get(key) == value for key, value in wanted.items()) for item in record.get(name, []))
    if name not in record:
        return True
    value = record[name]
    if isinstance(value, bool):
        return value in [flag(text) for text in values]
    return str("" if value is None else value) in values


# Bodies


def body_of(data: Json, kind: str, allowed: set[str], required: tuple[str, ...] = (), ids: tuple[str, ...] = ()) -> Json:
    """Return what a request says about a record, or complain as Neutron does."""
    if not data and not required:
        raise ApiError(400, "Resource body required")
    body = data.get(kind)
    if not isinstance(body, dict):
        raise ApiError(400, f"Unable to find '{kind}' in request body")
    for name in required:
        if name not in body:
            raise ApiError(400, f"Failed to parse request. Required attribute '{name}' not specified")
    unknown = [name for name in body if name not in allowed]
    if unknown:
        raise ApiError(400, f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    for name in ids:
        value = body.get(name)
        if value is not None and not is_uuid(str(value)):
            raise ApiError(400, f"Invalid input for {name}. Reason: '{value}' is not a valid UUID.")
    return body
