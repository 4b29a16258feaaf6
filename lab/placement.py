# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement: what each host has and what holds it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from .context import Context
from .state import Flavor, Host
from .web import ApiError, Json, answer

ROOT = "/placement"
LOWEST, HIGHEST = (1, 0), (1, 39)
_DISABLED = "COMPUTE_STATUS_DISABLED"
Endpoint = Callable[[web.Request], Coroutine[Any, Any, web.Response]]


class Placement:
    """The handlers of /placement."""

    def __init__(self, context: Context) -> None:
        """Serve the inventories of a lab."""
        self.context = context
        self.cloud = context.cloud

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        provider = f"{ROOT}/resource_providers/{{id}}"
        return [
            web.get(ROOT, self.versions),
            web.get(f"{ROOT}/", self.versions),
            web.get(f"{ROOT}/resource_providers", self._bind(self.providers)),
            web.get(provider, self._bind(self.provider)),
            web.get(f"{provider}/inventories", self._bind(self.inventories)),
            web.get(f"{provider}/usages", self._bind(self.usages)),
            web.get(f"{provider}/allocations", self._bind(self.provider_allocations)),
            web.get(f"{provider}/traits", self._bind(self.traits)),
            web.get(f"{provider}/aggregates", self._bind(self.aggregates)),
            web.get(f"{ROOT}/allocations/{{id}}", self._bind(self.allocations)),
            web.get(f"{ROOT}/allocation_candidates", self._bind(self.candidates)),
        ]

    async def versions(self, _: web.Request) -> web.Response:
        """Describe the versions."""
        low, high = (f"{major}.{minor}" for major, minor in (LOWEST, HIGHEST))
        version = {"id": "v1.0", "max_version": high, "min_version": low, "status": "CURRENT"}
        return answer({"versions": [{**version, "links": [{"rel": "self", "href": ""}]}]})

    def _bind(self, endpoint: Endpoint) -> Endpoint:
        async def handle(request: web.Request) -> web.Response:
            token = self.context.tokens.require(request)
            headers = {"OpenStack-API-Version": f"placement {_version(request)}", "Vary": "OpenStack-API-Version"}
            if not token.is_admin and "service" not in token.roles:
                raise ApiError(403, "Access was denied to this resource.", headers=headers)
            try:
                response = await endpoint(request)
            except ApiError as error:
                error.headers.update(headers)
                raise
            response.headers.update(headers)
            return response

        return handle

    def _host(self, request: web.Request) -> Host:
        for host in self.cloud.hosts.values():
            if host.id == request.match_info["id"]:
                return host
        raise ApiError(404, f"No resource provider with uuid {request.match_info['id']} found")

    def _provider(self, host: Host) -> Json:
        base = f"{ROOT}/resource_providers/{host.id}"
        names = ("inventories", "usages", "aggregates", "traits", "allocations")
        return {
            "uuid": host.id,
            "name": host.name,
            "generation": 1,
            "parent_provider_uuid": None,
            "root_provider_uuid": host.id,
            "links": [{"rel": "self", "href": base}, *({"rel": name, "href": f"{base}/{name}"} for name in names)],
        }

    async def providers(self, request: web.Request) -> web.Response:
        """List the resource providers."""
        found = [
            self._provider(host)
            for host in self.cloud.hosts.values()
            if request.query.get("name", host.name) == host.name and request.query.get("uuid", host.id) == host.id
        ]
        return answer({"resource_providers": found})

    async def provider(self, request: web.Request) -> web.Response:
        """Show a resource provider."""
        return answer(self._provider(self._host(request)))

    async def inventories(self, request: web.Request) -> web.Response:
        """Show what a host has."""
        host = self._host(request)
        common = {"reserved": 0, "min_unit": 1, "step_size": 1, "allocation_ratio": 1.0}
        shown = {name: {"total": total, "max_unit": total, **common} for name, total in _room(host).items()}
        return answer({"resource_provider_generation": 1, "inventories": shown})

    async def usages(self, request: web.Request) -> web.Response:
        """Show what of a host is held."""
        vcpus, memory, disk, _ = self.cloud.usage()[self._host(request).name]
        return answer({"resource_provider_generation": 1, "usages": {"VCPU": vcpus, "MEMORY_MB": memory, "DISK_GB": disk}})

    async def provider_allocations(self, request: web.Request) -> web.Response:
        """Show who holds what of a host."""
        host = self._host(request)
        shown = {
            self._consumer(server.id, host.name): {"resources": _resources(server.flavor)}
            for server in self.cloud.servers.values()
            if host.name in server.claims
        }
        return answer({"resource_provider_generation": 1, "allocations": shown})

    def _consumer(self, server_id: str, host: str) -> str:
        """Return who holds a server's room on a host: on the source of a cold migration it is the migration."""
        server = self.cloud.servers[server_id]
        target = server.incoming or server.host
        if len(server.claims) > 1 and host != target:
            for migration in reversed(self.cloud.migrations.values()):
                if migration.server_id == server_id:
                    return migration.uuid
        return server_id

    async def traits(self, request: web.Request) -> web.Response:
        """Show the traits of a host."""
        host = self._host(request)
        traits = ["COMPUTE_NODE", *([] if host.enabled else [_DISABLED])]
        return answer({"resource_provider_generation": 1, "traits": traits})

    async def aggregates(self, request: web.Request) -> web.Response:
        """Show the aggregates of a host: none are used for scheduling here."""
        self._host(request)
        return answer({"resource_provider_generation": 1, "aggregates": []})

    async def allocations(self, request: web.Request) -> web.Response:
        """Show what a server or a migration holds; nothing for strangers."""
        wanted = request.match_info["id"]
        shown: Json = {}
        project, user = "", ""
        for server in self.cloud.servers.values():
            for name in server.claims:
                if self._consumer(server.id, name) == wanted:
                    host = self.cloud.hosts[name]
                    shown[host.id] = {"generation": 1, "resources": _resources(server.flavor)}
                    project, user = server.project_id, server.user_id
        body: Json = {"allocations": shown}
        if shown:
            body |= {"project_id": project, "user_id": user, "consumer_generation": 1, "consumer_type": "INSTANCE"}
        return answer(body)

    async def candidates(self, request: web.Request) -> web.Response:
        """List the hosts that have room for some resources."""
        try:
            wanted = {name: int(number) for name, number in (p.split(":") for p in request.query["resources"].split(","))}
        except (KeyError, ValueError) as exc:
            raise ApiError(400, "Badly formed resources parameter. Expected resources query string parameter.") from exc
        usage = self.cloud.usage()
        requests: list[Json] = []
        summaries: Json = {}
        limit = int(request.query.get("limit", 1000))
        for host in self.cloud.hosts.values():
            used = dict(zip(("VCPU", "MEMORY_MB", "DISK_GB"), usage[host.name], strict=False))
            room = _room(host)
            fits = all(name in room and used[name] + number <= room[name] for name, number in wanted.items())
            if not fits or not host.enabled or len(requests) >= limit:
                continue
            requests.append({"allocations": {host.id: {"resources": wanted}}, "mappings": {"": [host.id]}})
            summaries[host.id] = {
                "resources": {name: {"capacity": total, "used": used[name]} for name, total in room.items()},
                "traits": ["COMPUTE_NODE"],
                "parent_provider_uuid": None,
                "root_provider_uuid": host.id,
            }
        return answer({"allocation_requests": requests, "provider_summaries": summaries})


def _room(host: Host) -> dict[str, int]:
    return {"VCPU": host.vcpus, "MEMORY_MB": host.memory_mb, "DISK_GB": host.disk_gb}


def _resources(flavor: Flavor) -> dict[str, int]:
    wanted = {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.memory_mb, "DISK_GB": flavor.disk_gb}
    return {name: number for name, number in wanted.items() if number}


def _version(request: web.Request) -> str:
    text = "1.0"
    for part in request.headers.get("OpenStack-API-Version", "").split(","):
        service, _, wanted = part.strip().partition(" ")
        if service == "placement":
            text = wanted.strip()
    if text == "latest":
        return f"{HIGHEST[0]}.{HIGHEST[1]}"
    major, _, minor = text.partition(".")
    if not (major.isdigit() and minor.isdigit()):
        raise ApiError(400, f"invalid version string: {text}")
    if not LOWEST <= (int(major), int(minor)) <= HIGHEST:
        raise ApiError(406, f"Unacceptable version header: {text}")
    return text
