# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron v2.0: networks, ports and the floating IPs by which a VNF switches over."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from . import network_views as views
from .clock import now
from .context import Context
from .life import add_port, next_address
from .network_build import NetworkBuild
from .network_views import body_of
from .state import FloatingIp, Network, Port
from .tokens import Token
from .web import WEBOB, ApiError, Json, answer, empty, json_body

ROOT = "/network/v2.0"
_FLOATING = ("port_id", "fixed_ip_address", "description", "floating_ip_address", "subnet_id", "project_id", "tenant_id")
_PORT = (
    *("name", "fixed_ips", "security_groups", "admin_state_up", "device_id", "device_owner", "description", "project_id"),
    *("tenant_id", "allowed_address_pairs"),
)
View = Callable[[Any, Token], Json]
Endpoint = Callable[[web.Request, Token], Coroutine[Any, Any, web.Response]]


def _missing(kind: str, wanted: str) -> ApiError:
    name = {"FloatingIP": "Floating IP", "SecurityGroup": "Security group"}.get(kind, kind)
    # The router plug-in forgot the full stop.
    stop = "" if kind in {"FloatingIP", "Router"} else "."
    return ApiError(404, f"{name} {wanted} could not be found{stop}", f"{kind}NotFound")


@dataclass(slots=True, frozen=True)
class _Owned:
    """Something of which a project has one."""

    project_id: str


async def _json(request: web.Request) -> Json:
    try:
        return await json_body(request)
    except ApiError as error:
        raise ApiError(400, "Body contains invalid data") from error


class Neutron:
    """The handlers of /network."""

    def __init__(self, context: Context) -> None:
        """Serve the networks of a lab."""
        self.context = context
        self.cloud = context.cloud

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        build = NetworkBuild(self.cloud)
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
            web.put(f"{ROOT}/ports/{{id}}", self._bind(self.update_port)),
            web.post(f"{ROOT}/networks", self._write(build.create_network)),
            web.delete(f"{ROOT}/networks/{{id}}", self._write(build.delete_network)),
            web.post(f"{ROOT}/subnets", self._write(build.create_subnet)),
            web.delete(f"{ROOT}/subnets/{{id}}", self._write(build.delete_subnet)),
            web.post(f"{ROOT}/routers", self._write(build.create_router)),
            web.delete(f"{ROOT}/routers/{{id}}", self._write(build.delete_router)),
            web.put(f"{ROOT}/routers/{{id}}/{{verb:(add|remove)_router_interface}}", self._write(build.change_interface)),
            web.delete(f"{ROOT}/ports/{{id}}", self._bind(self.delete_port)),
        ]
        for plural, single, kind, view, store in self._kinds():
            routes.append(web.get(f"{ROOT}/{plural}", self._bind(self._lister(plural, kind, view, store))))
            routes.append(web.get(f"{ROOT}/{plural}/{{id}}", self._bind(self._shower(single, kind, view, store))))
        return routes

    def _kinds(self) -> list[tuple[str, str, str, View, Callable[[], list[Any]]]]:
        cloud = self.cloud

        def with_subnet() -> list[Any]:
            return [item for item in cloud.networks.values() if item.subnet_id]

        return [
            ("networks", "network", "Network", lambda item, _: views.network(item), lambda: list(cloud.networks.values())),
            ("subnets", "subnet", "Subnet", lambda item, _: views.subnet(item), with_subnet),
            ("ports", "port", "Port", lambda item, t: views.port(cloud, item, t.is_admin), lambda: list(cloud.ports.values())),
            (
                "floatingips",
                "floatingip",
                "FloatingIP",
                lambda item, _: views.floating(cloud, item),
                lambda: list(cloud.floating_ips.values()),
            ),
            ("routers", "router", "Router", lambda item, _: views.router(cloud, item), lambda: list(cloud.routers.values())),
            (
                "security-groups",
                "security_group",
                "SecurityGroup",
                lambda item, _: {"id": views.security_group(item.project_id), "name": "default", "project_id": item.project_id},
                lambda: [_Owned(project) for project in cloud.projects],
            ),
        ]

    def _bind(self, endpoint: Endpoint) -> Callable[[web.Request], Coroutine[Any, Any, web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await endpoint(request, self.context.tokens.require(request))

        return handle

    def _write(self, endpoint: Endpoint) -> Callable[[web.Request], Coroutine[Any, Any, web.Response]]:
        async def handle(request: web.Request, token: Token) -> web.Response:
            _writer(token)
            return await endpoint(request, token)

        return self._bind(handle)

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
        return answer({"extensions": [_extension(alias) for alias in _EXTENSIONS]})

    async def extension(self, request: web.Request, _: Token) -> web.Response:
        """Show an extension."""
        alias = request.match_info["id"]
        if alias not in _EXTENSIONS:
            raise ApiError(404, f"Extension with alias {alias} does not exist", WEBOB)
        return answer({"extension": _extension(alias)})

    # Lists

    @staticmethod
    def _visible(token: Token, item: Any) -> bool:
        open_to_all = isinstance(item, Network) and (item.external or item.shared)
        return open_to_all or token.sees(item.project_id)

    def _lister(self, plural: str, kind: str, view: View, store: Callable[[], list[Any]]) -> Endpoint:
        async def handle(request: web.Request, token: Token) -> web.Response:
            shown = [view(item, token) for item in store() if self._visible(token, item)]
            missing = _missing(kind, request.query.get("marker", ""))
            found, links = views.page(request, shown, self.context.url, missing)
            fields = set(request.query.getall("fields", []))
            if fields:
                found = [{name: record[name] for name in record if name in fields} for record in found]
            name = plural.replace("-", "_")
            return answer({name: found, **({f"{name}_links": links} if links else {})})

        return handle

    def _shower(
        self, single: str, kind: str, view: View, store: Callable[[], list[Any]]
    ) -> Endpoint:
        async def handle(request: web.Request, token: Token) -> web.Response:
            wanted = request.match_info["id"]
            for item in store():
                if self._visible(token, item):
                    record = view(item, token)
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

    def _associate(self, floating: FloatingIp, port_id: str | None, token: Token, address: str | None = None) -> None:
        if port_id is None:
            floating.port_id = floating.router_id = None
        else:
            port = self.cloud.ports.get(port_id)
            if port is None or not token.sees(port.project_id):
                raise _missing("Port", port_id)
            if address not in (None, port.address):
                why = f"Bad floatingip request: Port {port_id} does not have fixed ip {address}."
                raise ApiError(400, why, "BadRequest")
            for other in self.cloud.floating_ips.values():
                if other.port_id == port_id and other is not floating:
                    raise ApiError(
                        409,
                        f"Cannot associate floating IP {floating.address} ({floating.id}) with port {port_id} using "
                        f"fixed IP {port.address}, as that fixed IP already has a floating IP on external network "
                        f"{floating.network_id}.",
                        "FloatingIPPortAlreadyAssociated",
                    )
            self._router_between(port, floating.network_id)
            if floating.port_id != port_id:
                wait = self.context.clock.real(self.cloud.durations["switch_over"])
                floating.reachable_at = self.context.clock.monotonic() + wait
            floating.router_id = self._router_between(port, floating.network_id)
            floating.port_id = port_id
        floating.updated = now()
        self.cloud.changed()

    def _router_between(self, port: Port, external: str) -> str:
        for router in self.cloud.routers.values():
            if port.network_id in router.interfaces and router.external_network_id == external:
                return router.id
        raise ApiError(
            404,
            f"External network {external} is not reachable from subnet {port.subnet_id}.  "
            f"Therefore, cannot associate Port {port.id} with a Floating IP.",
            "ExternalGatewayForFloatingIPNotFound",
        )

    async def create_floating(self, request: web.Request, token: Token) -> web.Response:
        """Allocate a floating IP."""
        _writer(token)
        where = "floating_network_id"
        body = body_of(await _json(request), "floatingip", {where, *_FLOATING}, (where,), (where, "port_id"))
        network = self.cloud.networks.get(str(body.get("floating_network_id")))
        if network is None:
            raise _missing("Network", str(body.get("floating_network_id")))
        if not network.external:
            raise ApiError(400, f"Bad floatingip request: Network {network.id} is not a valid external network.", "BadRequest")
        floating = FloatingIp(self.cloud.new_id(), token.project_id, network.id, next_address(self.cloud, network.id))
        if body.get("port_id"):
            self._associate(floating, body["port_id"], token, body.get("fixed_ip_address"))
        self.cloud.floating_ips[floating.id] = floating
        return answer({"floatingip": views.floating(self.cloud, floating)}, 201)

    async def update_floating(self, request: web.Request, token: Token) -> web.Response:
        """Associate a floating IP with a port, or with none."""
        _writer(token)
        body = body_of(await _json(request), "floatingip", set(_FLOATING), ids=("port_id",))
        floating = self._own_floating(request, token)
        if "port_id" in body:
            self._associate(floating, body["port_id"], token, body.get("fixed_ip_address"))
        floating.revision += 1
        return answer({"floatingip": views.floating(self.cloud, floating)})

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
        body = body_of(await _json(request), "port", {"network_id", *_PORT}, ("network_id",), ("network_id",))
        network = self.cloud.networks.get(str(body.get("network_id")))
        if network is None or not self._visible(token, network):
            raise _missing("Network", str(body.get("network_id")))
        port = add_port(self.cloud, network.id, token.project_id, str(body.get("name", "")))
        return answer({"port": views.port(self.cloud, port, token.is_admin)}, 201)

    async def update_port(self, request: web.Request, token: Token) -> web.Response:
        """Rename a port, or say which other addresses may be used behind it."""
        _writer(token)
        body = body_of(await _json(request), "port", set(_PORT))
        port = self.cloud.ports.get(request.match_info["id"])
        if port is None or not token.sees(port.project_id):
            raise _missing("Port", request.match_info["id"])
        port.name = str(body.get("name", port.name))
        if "allowed_address_pairs" in body:
            port.pairs = [{"mac_address": port.mac, **pair} for pair in body["allowed_address_pairs"]]
        port.revision += 1
        port.updated = now()
        return answer({"port": views.port(self.cloud, port, token.is_admin)})

    async def delete_port(self, request: web.Request, token: Token) -> web.Response:
        """Delete a port, even one that a server uses."""
        _writer(token)
        port = self.cloud.ports.get(request.match_info["id"])
        if port is None or not token.sees(port.project_id):
            raise _missing("Port", request.match_info["id"])
        self.cloud.forget_port(port)
        return empty()


def _writer(token: Token) -> None:
    if not token.roles & {"admin", "member"}:
        raise ApiError(403, "rule:default is disallowed by policy", "PolicyNotAuthorized")


_EXTENSIONS = {
    "router": (
        "Neutron L3 Router",
        "Router abstraction for basic L3 forwarding between L2 Neutron networks and access to external networks via a NAT "
        "gateway.",
    ),
    "external-net": ("Neutron external network", "Adds external network attribute to network resource."),
    "security-group": ("security-group", "The security groups extension."),
}


def _extension(alias: str) -> Json:
    name, description = _EXTENSIONS[alias]
    return {"alias": alias, "name": name, "description": description, "updated": "2012-07-20T10:00:00-00:00", "links": []}
