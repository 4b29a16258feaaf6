# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement: what each host has and what holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from typing import Any

from aiohttp import web

from .context import Context
from .schema import is_uuid, unexpected
from .state import Flavor, Host
from .web import NEGOTIATION, WITHOUT_CODE, ApiError, Json, answer

ROOT = "/placement"
LOWEST, HIGHEST = (1, 0), (1, 39)
_DISABLED = "COMPUTE_STATUS_DISABLED"
_VARY = "openstack-api-version"
_LINKS = {
    "inventories": LOWEST,
    "usages": LOWEST,
    "aggregates": (1, 1),
    "traits": (1, 6),
    "allocations": (1, 11),
}
_FILTERS = frozenset({"name", "uuid", "member_of", "resources", "in_tree", "required"})
_CLASSES = frozenset({"VCPU", "MEMORY_MB", "DISK_GB", "PCPU", "VGPU", "SRIOV_NET_VF"})
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
            web.get(f"{ROOT}/resource_providers", self._bind(self.providers, "resource_providers:list")),
            web.get(provider, self._bind(self.provider, "resource_providers:show")),
            web.get(f"{provider}/inventories", self._bind(self.inventories, "resource_providers:inventories:list")),
            web.get(f"{provider}/usages", self._bind(self.usages, "resource_providers:usages")),
            web.get(f"{provider}/allocations", self._bind(self.provider_allocations, "resource_providers:allocations:list")),
            web.get(f"{provider}/traits", self._bind(self.traits, "resource_providers:traits:list")),
            web.get(f"{provider}/aggregates", self._bind(self.aggregates, "resource_providers:aggregates:list")),
            web.get(f"{ROOT}/allocations/{{id}}", self._bind(self.allocations, "allocations:list")),
            web.get(f"{ROOT}/allocation_candidates", self._bind(self.candidates, "allocation_candidates:list")),
        ]

    async def versions(self, _: web.Request) -> web.Response:
        """Describe the versions."""
        low, high = (f"{major}.{minor}" for major, minor in (LOWEST, HIGHEST))
        version = {"id": "v1.0", "max_version": high, "min_version": low, "status": "CURRENT"}
        headers = {"OpenStack-API-Version": f"placement {low}", "Vary": _VARY}
        return answer({"versions": [{**version, "links": [{"rel": "self", "href": ""}]}]}, headers=headers)

    def _bind(self, endpoint: Endpoint, rule: str = "") -> Endpoint:
        async def handle(request: web.Request) -> web.Response:
            token = self.context.tokens.require(request)
            version = _version(request)
            request["version"] = version
            request["api_version"] = f"placement {version[0]}.{version[1]}"
            if not token.is_admin and "service" not in token.roles:
                raise ApiError(403, f"Policy does not allow placement:{rule} to be performed.")
            try:
                response = await endpoint(request)
            except ApiError as error:
                if rule != "resource_providers:show":
                    error.headers["Vary"] = _VARY
                if version < (1, 23):
                    error.kind = WITHOUT_CODE
                raise
            response.headers["Vary"] = _VARY
            if version >= (1, 15):
                response.headers["Cache-Control"] = "no-cache"
                response.headers["Last-Modified"] = formatdate(usegmt=True)
            return response

        return handle

    def _host(self, request: web.Request, missing: str = "{0}: {0}") -> Host:
        for host in self.cloud.hosts.values():
            if host.id == request.match_info["id"]:
                return host
        wanted = request.match_info["id"]
        raise ApiError(404, missing.format(f"No resource provider with uuid {wanted} found", wanted))

    def _provider(self, host: Host, version: tuple[int, int]) -> Json:
        base = f"{ROOT}/resource_providers/{host.id}"
        names = [name for name, since in _LINKS.items() if version >= since]
        view: Json = {
            "uuid": host.id,
            "name": host.name,
            "generation": 1,
            "links": [{"rel": "self", "href": base}, *({"rel": name, "href": f"{base}/{name}"} for name in names)],
        }
        if version >= (1, 14):
            view |= {"parent_provider_uuid": None, "root_provider_uuid": host.id}
        return view

    async def providers(self, request: web.Request) -> web.Response:
        """List the resource providers."""
        unknown = [name for name in request.query if name not in _FILTERS]
        if unknown:
            raise _query(unexpected(unknown))
        for name in {"uuid", "in_tree"} & set(request.query):
            if not is_uuid(request.query[name]):
                raise _query(f"{request.query[name]!r} is not a 'uuid'")
        found = [
            self._provider(host, request["version"])
            for host in self.cloud.hosts.values()
            if request.query.get("name", host.name) == host.name and request.query.get("uuid", host.id) == host.id
        ]
        return answer({"resource_providers": found})

    async def provider(self, request: web.Request) -> web.Response:
        """Show a resource provider."""
        return answer(self._provider(self._host(request, "{0}"), request["version"]))

    async def inventories(self, request: web.Request) -> web.Response:
        """Show what a host has."""
        host = self._host(request, "{0} : {0}")
        common = {"reserved": 0, "min_unit": 1, "step_size": 1, "allocation_ratio": 1.0}
        shown = {name: {"total": total, "max_unit": total, **common} for name, total in _room(host).items()}
        return answer({"resource_provider_generation": 1, "inventories": shown})

    async def usages(self, request: web.Request) -> web.Response:
        """Show what of a host is held."""
        vcpus, memory, disk, _ = self.cloud.usage()[self._host(request).name]
        return answer({"resource_provider_generation": 1, "usages": {"VCPU": vcpus, "MEMORY_MB": memory, "DISK_GB": disk}})

    async def provider_allocations(self, request: web.Request) -> web.Response:
        """Show who holds what of a host."""
        host = self._host(request, "Resource provider '{1}' not found: {0}")
        generation = {"consumer_generation": 1} if request["version"] >= (1, 28) else {}
        shown = {
            self._consumer(server.id, host.name): {"resources": _resources(server.held(host.name)), **generation}
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
                    shown[host.id] = {"generation": 1, "resources": _resources(server.held(name))}
                    project, user = server.project_id, server.user_id
        body: Json = {"allocations": shown}
        version = request["version"]
        if shown and version >= (1, 12):
            body |= {"project_id": project, "user_id": user}
        if shown and version >= (1, 28):
            body["consumer_generation"] = 1
        if shown and version >= (1, 38):
            # Nova does not say what its consumers are.
            body["consumer_type"] = "unknown"
        return answer(body)

    async def candidates(self, request: web.Request) -> web.Response:
        """List the hosts that have room for some resources."""
        version = request["version"]
        if version < (1, 10):
            raise ApiError(404, "")
        text = request.query.get("limit", "1000")
        if not re.fullmatch(r"[1-9][0-9]*", text):
            raise _query(f"{text!r} does not match '^[1-9][0-9]*$'")
        limit = int(text)
        wanted = _wanted(request.query.get("resources"))
        usage = self.cloud.usage()
        requests: list[Json] = []
        summaries: Json = {}
        for host in self.cloud.hosts.values():
            used = dict(zip(("VCPU", "MEMORY_MB", "DISK_GB"), usage[host.name], strict=False))
            room = _room(host)
            fits = all(name in room and used[name] + number <= room[name] for name, number in wanted.items())
            elsewhere = request.query.get("in_tree", host.id) != host.id
            if not fits or not host.enabled or elsewhere or len(requests) >= limit:
                continue
            mappings = {"mappings": {"": [host.id]}} if version >= (1, 34) else {}
            requests.append({"allocations": {host.id: {"resources": wanted}}, **mappings})
            summaries[host.id] = {
                "resources": {name: {"capacity": total, "used": used[name]} for name, total in room.items()},
                "traits": ["COMPUTE_NODE"],
                "parent_provider_uuid": None,
                "root_provider_uuid": host.id,
            }
        return answer({"allocation_requests": requests, "provider_summaries": summaries})


def _query(why: str) -> ApiError:
    return ApiError(400, f"Invalid query string parameters: {why}")


def _wanted(text: str | None) -> dict[str, int]:
    if text is None:
        raise ApiError(400, "At least one request group (`resources` or `resources{$S}`) is required.")
    wanted: dict[str, int] = {}
    for part in text.split(","):
        name, colon, number = part.partition(":")
        if not colon:
            raise ApiError(
                400,
                "Badly formed resources parameter. Expected resources query string parameter in form: "
                f"?resources=VCPU:2,MEMORY_MB:1024. Got: {text}.",
            )
        if not number.isdigit() or int(number) < 1:
            raise ApiError(400, f"Requested resource {name} expected positive integer amount. Got: {number}.")
        if name not in _CLASSES:
            raise ApiError(400, f"Invalid resource class in resources parameter: No such resource class {name}.")
        wanted[name] = int(number)
    return wanted


def _room(host: Host) -> dict[str, int]:
    return {"VCPU": host.vcpus, "MEMORY_MB": host.memory_mb, "DISK_GB": host.disk_gb}


def _resources(flavor: Flavor) -> dict[str, int]:
    wanted = {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.memory_mb, "DISK_GB": flavor.disk_gb}
    return {name: number for name, number in wanted.items() if number}


def _version(request: web.Request) -> tuple[int, int]:
    text = "1.0"
    for part in request.headers.get("OpenStack-API-Version", "").split(","):
        service, _, wanted = part.strip().partition(" ")
        if service == "placement":
            text = wanted.strip()
    if text == "latest":
        return HIGHEST
    parts = text.split(".")
    try:
        numbers = [int(part) for part in parts]
    except ValueError as exc:
        raise ApiError(400, f"Invalid microversion: invalid version string: {text}; {exc}", NEGOTIATION) from exc
    if len(numbers) != 2:
        why = "Version.__new__() missing 1 required positional argument: 'minor'"
        raise ApiError(400, f"Invalid microversion: invalid version string: {text}; {why}", NEGOTIATION)
    version = numbers[0], numbers[1]
    if not LOWEST <= version <= HIGHEST:
        error = ApiError(406, f"Invalid microversion: Unacceptable version header: {text}", NEGOTIATION)
        error.more = {"min_version": f"{LOWEST[0]}.{LOWEST[1]}", "max_version": f"{HIGHEST[0]}.{HIGHEST[1]}"}
        raise error
    return version
