# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron v2.0: networks, ports and the floating IPs by which a VNF switches over."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from .clock import now, stamp
from .context import Context
from .life import add_port, next_address
from .state import FloatingIp, Network, Port, Router
from .tokens import Token
from .web import ApiError, Json, answer, empty, flag, json_body

ROOT = "/network/v2.0"
_CONTROL = frozenset({"limit", "marker", "page_reverse", "sort_key", "sort_dir", "fields"})
Endpoint = Callable[[web.Request, Token], Coroutine[Any, Any, web.Response]]


def _missing(kind: str, wanted: str) -> ApiError:
    names = {"FloatingIP": "Floating IP", "Port": "Port", "Network": "Network", "Subnet": "Subnet", "Router": "Router"}
    return ApiError(404, f"{names[kind]} {wanted} could not be found.", f"{kind}NotFound")


class Neutron:
    """The handlers of /network."""

    def __init__(self, context: Context) -> None:
        """Serve the networks of a lab."""
        self.context = context
        self.cloud = context.cloud

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        routes = [
            web.get("/network", self.versions),
            web.get("/network/", self.versions),
            web.get(ROOT, self._bind(self.resources)),
            web.get(f"{ROOT}/", self._bind(self.resources)),
            web.get(f"{ROOT}/extensions", self._bind(self.extensions)),
            web.get(f"{ROOT}/extensions/{{id}}", self._bind(self.extension)),
            web.post(f"{ROOT}/floatingips", self._bind(self.create_floating)),
            web.put(f"{ROOT}/floatingips/{{id}}", self._bind(self.update_floating)),
            web.delete(f"{ROOT}/floatingips/{{id}}", self._bind(self.delete_floating)),
            web.post(f"{ROOT}/ports", self._bind(self.create_port)),
            web.delete(f"{ROOT}/ports/{{id}}", self._bind(self.delete_port)),
        ]
        for plural, single, kind, view, store in self._kinds():
            routes.append(web.get(f"{ROOT}/{plural}", self._bind(self._lister(plural, view, store))))
            routes.append(web.get(f"{ROOT}/{plural}/{{id}}", self._bind(self._shower(single, kind, view, store))))
        return routes

    def _kinds(self) -> list[tuple[str, str, str, Callable[[Any], Json], Callable[[], list[Any]]]]:
        cloud = self.cloud
        return [
            ("networks", "network", "Network", self._network, lambda: list(cloud.networks.values())),
            ("subnets", "subnet", "Subnet", self._subnet, lambda: list(cloud.networks.values())),
            ("ports", "port", "Port", self._port, lambda: list(cloud.ports.values())),
            ("floatingips", "floatingip", "FloatingIP", self._floating, lambda: list(cloud.floating_ips.values())),
            ("routers", "router", "Router", self._router, lambda: list(cloud.routers.values())),
            ("security-groups", "security_group", "Network", lambda item: {"id": item}, list),
        ]

    def _bind(self, endpoint: Endpoint) -> Callable[[web.Request], Coroutine[Any, Any, web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await endpoint(request, self.context.tokens.require(request))

        return handle

    # Documents

    async def versions(self, _: web.Request) -> web.Response:
        """List the versions."""
        links = [{"rel": "self", "href": f"{self.context.url}{ROOT}/"}]
        return answer({"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})

    async def resources(self, _: web.Request, __: Token) -> web.Response:
        """List the resources."""
        shown = [
            {"name": single, "collection": plural, "links": [{"rel": "self", "href": f"{self.context.url}{ROOT}/{plural}"}]}
            for plural, single, *_rest in self._kinds()
        ]
        return answer({"resources": shown})

    async def extensions(self, _: web.Request, __: Token) -> web.Response:
        """List the extensions."""
        return answer({"extensions": [_extension(alias) for alias in ("router", "external-net", "security-group")]})

    async def extension(self, request: web.Request, _: Token) -> web.Response:
        """Show an extension."""
        alias = request.match_info["id"]
        if alias not in {"router", "external-net", "security-group"}:
            raise ApiError(404, f"Extension with alias {alias} does not exist", "ExtensionNotFound")
        return answer({"extension": _extension(alias)})

    # Views

    def _network(self, network: Network) -> Json:
        return {
            "id": network.id,
            "name": network.name,
            "tenant_id": network.project_id,
            "project_id": network.project_id,
            "admin_state_up": True,
            "status": "ACTIVE",
            "mtu": 1450,
            "shared": network.shared,
            "router:external": network.external,
            "subnets": [network.subnet_id],
            "availability_zones": ["nova"],
            "port_security_enabled": True,
        }

    def _subnet(self, network: Network) -> Json:
        net = ipaddress.ip_network(network.cidr)
        return {
            "id": network.subnet_id,
            "name": f"{network.name}-subnet",
            "tenant_id": network.project_id,
            "project_id": network.project_id,
            "network_id": network.id,
            "ip_version": 4,
            "cidr": network.cidr,
            "gateway_ip": str(net[1]),
            "enable_dhcp": not network.external,
            "allocation_pools": [{"start": str(net[2]), "end": str(net[-2])}],
            "dns_nameservers": [],
            "host_routes": [],
        }

    def _port(self, port: Port) -> Json:
        server = self.cloud.servers.get(port.device_id)
        return {
            "id": port.id,
            "name": port.name,
            "tenant_id": port.project_id,
            "project_id": port.project_id,
            "network_id": port.network_id,
            "device_id": port.device_id,
            "device_owner": port.device_owner,
            "mac_address": port.mac,
            "fixed_ips": [{"subnet_id": port.subnet_id, "ip_address": port.address}],
            "admin_state_up": True,
            "status": "ACTIVE" if server else "DOWN",
            "binding:vnic_type": "normal",
            "binding:host_id": (server.host or "") if server else "",
            "security_groups": [],
            "created_at": stamp(port.created),
        }

    def _floating(self, floating: FloatingIp) -> Json:
        port = self.cloud.ports.get(floating.port_id or "")
        return {
            "id": floating.id,
            "tenant_id": floating.project_id,
            "project_id": floating.project_id,
            "floating_network_id": floating.network_id,
            "floating_ip_address": floating.address,
            "fixed_ip_address": port.address if port else None,
            "port_id": floating.port_id,
            "router_id": floating.router_id,
            "status": "ACTIVE" if port else "DOWN",
            "description": "",
            "port_details": None,
            "created_at": stamp(floating.created),
            "updated_at": stamp(floating.updated),
        }

    def _router(self, router: Router) -> Json:
        return {
            "id": router.id,
            "name": router.name,
            "tenant_id": router.project_id,
            "project_id": router.project_id,
            "admin_state_up": True,
            "status": "ACTIVE",
            "external_gateway_info": {"network_id": router.external_network_id, "external_fixed_ips": []},
            "routes": [],
        }

    # Lists

    @staticmethod
    def _visible(token: Token, item: Any) -> bool:
        open_to_all = isinstance(item, Network) and (item.external or item.shared)
        return open_to_all or token.sees(item.project_id)

    def _lister(self, plural: str, view: Callable[[Any], Json], store: Callable[[], list[Any]]) -> Endpoint:
        async def handle(request: web.Request, token: Token) -> web.Response:
            shown = [view(item) for item in store() if self._visible(token, item)]
            for name in set(request.query) - _CONTROL:
                values = request.query.getall(name)
                shown = [record for record in shown if _has(record, name, values)]
            shown.sort(key=lambda record: str(record["id"]))
            body: Json = {plural.replace("-", "_"): shown}
            limit = int(request.query.get("limit", 0))
            if limit:
                start = 0
                marker = request.query.get("marker")
                if marker:
                    start = next((place for place, record in enumerate(shown, 1) if record["id"] == marker), 0)
                page = shown[start : start + limit]
                body = {plural.replace("-", "_"): page}
                if len(page) == limit:
                    query = [(key, value) for key, value in request.query.items() if key != "marker"]
                    url = request.url.with_query([*query, ("marker", page[-1]["id"])])
                    href = f"{self.context.url}{url.raw_path_qs}"
                    body[f"{plural.replace('-', '_')}_links"] = [{"rel": "next", "href": href}]
            return answer(body)

        return handle

    def _shower(
        self, single: str, kind: str, view: Callable[[Any], Json], store: Callable[[], list[Any]]
    ) -> Endpoint:
        async def handle(request: web.Request, token: Token) -> web.Response:
            wanted = request.match_info["id"]
            for item in store():
                if self._visible(token, item):
                    record = view(item)
                    if record["id"] == wanted:
                        return answer({single: record})
            raise _missing(kind, wanted)

        return handle

    # Floating IPs

    def _own_floating(self, request: web.Request, token: Token) -> FloatingIp:
        floating = self.cloud.floating_ips.get(request.match_info["id"])
        if floating is None or not token.sees(floating.project_id):
            raise _missing("FloatingIP", request.match_info["id"])
        return floating

    def _associate(self, floating: FloatingIp, port_id: str | None, token: Token) -> None:
        if port_id is None:
            floating.port_id = floating.router_id = None
        else:
            port = self.cloud.ports.get(port_id)
            if port is None or not token.sees(port.project_id):
                raise _missing("Port", port_id)
            for other in self.cloud.floating_ips.values():
                if other.port_id == port_id and other is not floating:
                    raise ApiError(
                        409,
                        f"Cannot associate floating IP {floating.address} ({floating.id}) with port {port_id} using "
                        f"fixed IP {port.address}, as that fixed IP already has a floating IP on external network "
                        f"{floating.network_id}.",
                        "FloatingIPPortAlreadyAssociated",
                    )
            if floating.port_id != port_id:
                wait = self.context.clock.real(self.cloud.durations["switch_over"])
                floating.reachable_at = self.context.clock.monotonic() + wait
            floating.port_id = port_id
            floating.router_id = next(
                (item.id for item in self.cloud.routers.values() if item.project_id == port.project_id), None
            )
        floating.updated = now()
        self.cloud.changed()

    async def create_floating(self, request: web.Request, token: Token) -> web.Response:
        """Allocate a floating IP."""
        _writer(token)
        body = (await json_body(request)).get("floatingip") or {}
        network = self.cloud.networks.get(str(body.get("floating_network_id")))
        if network is None:
            raise _missing("Network", str(body.get("floating_network_id")))
        if not network.external:
            raise ApiError(400, f"Bad floatingip request: Network {network.id} is not a valid external network.", "BadRequest")
        floating = FloatingIp(self.cloud.new_id(), token.project_id, network.id, next_address(self.cloud, network.id))
        if body.get("port_id"):
            self._associate(floating, body["port_id"], token)
        self.cloud.floating_ips[floating.id] = floating
        return answer({"floatingip": self._floating(floating)}, 201)

    async def update_floating(self, request: web.Request, token: Token) -> web.Response:
        """Associate a floating IP with a port, or with none."""
        _writer(token)
        floating = self._own_floating(request, token)
        body = (await json_body(request)).get("floatingip")
        if not isinstance(body, dict):
            raise ApiError(400, "Unable to find 'floatingip' in request body")
        if "port_id" in body:
            self._associate(floating, body["port_id"], token)
        return answer({"floatingip": self._floating(floating)})

    async def delete_floating(self, request: web.Request, token: Token) -> web.Response:
        """Release a floating IP."""
        _writer(token)
        del self.cloud.floating_ips[self._own_floating(request, token).id]
        self.cloud.changed()
        return empty()

    # Ports

    async def create_port(self, request: web.Request, token: Token) -> web.Response:
        """Make a port."""
        _writer(token)
        body = (await json_body(request)).get("port") or {}
        network = self.cloud.networks.get(str(body.get("network_id")))
        if network is None or not self._visible(token, network):
            raise _missing("Network", str(body.get("network_id")))
        port = add_port(self.cloud, network.id, token.project_id, str(body.get("name", "")))
        return answer({"port": self._port(port)}, 201)

    async def delete_port(self, request: web.Request, token: Token) -> web.Response:
        """Delete a port that no server uses."""
        _writer(token)
        port = self.cloud.ports.get(request.match_info["id"])
        if port is None or not token.sees(port.project_id):
            raise _missing("Port", request.match_info["id"])
        if port.device_id:
            raise ApiError(409, f"Port {port.id} is in use by device {port.device_id}.", "PortInUse")
        del self.cloud.ports[port.id]
        return empty()


def _writer(token: Token) -> None:
    if "member" not in token.roles:
        raise ApiError(403, "rule:default is disallowed by policy", "PolicyNotAuthorized")


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


def _extension(alias: str) -> Json:
    return {"alias": alias, "name": alias, "description": "", "updated": "2013-01-01T00:00:00-00:00", "links": []}
