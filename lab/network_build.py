# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron's networks, subnets and routers as somebody makes and removes them; a network has one subnet here."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from . import network_views as views
from .network_views import body_of
from .state import Cloud, Network, Router
from .tokens import Token
from .web import ApiError, answer, empty, json_body


class NetworkBuild:
    """The handlers that change what ports are on."""

    def __init__(self, cloud: Cloud) -> None:
        """Change the networks of a lab."""
        self.cloud = cloud

    def _own(self, request: web.Request, token: Token, found: Any, missing: ApiError) -> Any:
        if found is None or not token.sees(found.project_id):
            raise missing
        return found

    async def create_network(self, request: web.Request, token: Token) -> web.Response:
        """Make a network, which has no addresses yet."""
        allowed = {"name", "shared", "router:external", "admin_state_up", "description", "project_id", "tenant_id", "mtu"}
        body = body_of(await json_body(request), "network", allowed)
        external, shared = bool(body.get("router:external")), bool(body.get("shared"))
        if (external or shared) and not token.is_admin:
            raise ApiError(403, "rule:create_network is disallowed by policy", "PolicyNotAuthorized")
        network = Network(self.cloud.new_id(), str(body.get("name", "")), token.project_id, "", "", external, shared)
        self.cloud.networks[network.id] = network
        return answer({"network": views.network(network)}, 201)

    async def delete_network(self, request: web.Request, token: Token) -> web.Response:
        """Remove a network that no port is on."""
        network = self._network(request.match_info["id"], token)
        if any(port.network_id == network.id for port in self.cloud.ports.values()):
            why = "There are one or more ports still in use on the network."
            raise ApiError(409, f"Unable to complete operation on network {network.id}. {why}", "NetworkInUse")
        del self.cloud.networks[network.id]
        return empty()

    def _network(self, wanted: str, token: Token) -> Network:
        found = self.cloud.networks.get(wanted)
        if found is None or not token.sees(found.project_id):
            raise ApiError(404, f"Network {wanted} could not be found.", "NetworkNotFound")
        return found

    async def create_subnet(self, request: web.Request, token: Token) -> web.Response:
        """Give a network its addresses."""
        allowed = {"name", "network_id", "ip_version", "cidr", "enable_dhcp", "gateway_ip", "allocation_pools", "description"}
        body = body_of(await json_body(request), "subnet", allowed, ("network_id",), ("network_id",))
        network = self._network(body["network_id"], token)
        if network.subnet_id:
            raise ApiError(409, f"In the lab network {network.id} has only one subnet.", "Conflict")
        network.subnet_id, network.cidr = self.cloud.new_id(), str(body["cidr"])
        network.subnet_name = str(body.get("name", ""))
        return answer({"subnet": views.subnet(network)}, 201)

    async def delete_subnet(self, request: web.Request, token: Token) -> web.Response:
        """Take a network its addresses."""
        wanted = request.match_info["id"]
        found = next((item for item in self.cloud.networks.values() if item.subnet_id == wanted), None)
        missing = ApiError(404, f"Subnet {wanted} could not be found.", "SubnetNotFound")
        network: Network = self._own(request, token, found, missing)
        if any(port.subnet_id == wanted for port in self.cloud.ports.values()):
            why = f"Unable to complete operation on subnet {wanted}: One or more ports have an IP allocation from this subnet."
            raise ApiError(409, why, "SubnetInUse")
        network.subnet_id = network.cidr = ""
        return empty()

    async def create_router(self, request: web.Request, token: Token) -> web.Response:
        """Make a router."""
        allowed = {"name", "external_gateway_info", "admin_state_up", "description", "project_id", "tenant_id"}
        body = body_of(await json_body(request), "router", allowed)
        gateway = (body.get("external_gateway_info") or {}).get("network_id", "")
        router = Router(self.cloud.new_id(), str(body.get("name", "")), token.project_id, gateway)
        self.cloud.routers[router.id] = router
        return answer({"router": views.router(self.cloud, router)}, 201)

    def _router(self, request: web.Request, token: Token) -> Router:
        wanted = request.match_info["id"]
        missing = ApiError(404, f"Router {wanted} could not be found", "RouterNotFound")
        router: Router = self._own(request, token, self.cloud.routers.get(wanted), missing)
        return router

    async def delete_router(self, request: web.Request, token: Token) -> web.Response:
        """Remove a router without interfaces."""
        router = self._router(request, token)
        if router.interfaces:
            raise ApiError(409, f"Router {router.id} still has ports", "RouterInUse")
        del self.cloud.routers[router.id]
        return empty()

    async def change_interface(self, request: web.Request, token: Token) -> web.Response:
        """Connect a router with a subnet, or part them."""
        router = self._router(request, token)
        subnet_id = str((await json_body(request)).get("subnet_id"))
        network = next((item for item in self.cloud.networks.values() if item.subnet_id == subnet_id), None)
        if network is None or not token.sees(network.project_id):
            raise ApiError(404, f"Subnet {subnet_id} could not be found.", "SubnetNotFound")
        if request.match_info["verb"].startswith("add"):
            router.interfaces.add(network.id)
        elif network.id in router.interfaces:
            router.interfaces.remove(network.id)
        else:
            why = f"Router {router.id} has no interface on subnet {subnet_id}"
            raise ApiError(404, why, "RouterInterfaceNotFoundForSubnet")
        names = {"id": router.id, "project_id": router.project_id, "tenant_id": router.project_id, "network_id": network.id}
        return answer({**names, "subnet_id": subnet_id, "subnet_ids": [subnet_id]})
