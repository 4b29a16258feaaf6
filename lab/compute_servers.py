# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's servers: list, show, create, change, delete."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from . import compute_views as views
from .clock import now
from .compute import ROOT, Call, Nova, object_body
from .life import Life, NewServer
from .records import Asker
from .schema import ANY, Schema, check
from .state import Cloud, Group, Server
from .web import ApiError, Json, answer, empty, flag, next_link, page_of

# What a member may filter by; Nova drops the other filters of members without a word.
_MEMBER_FILTERS = frozenset(
    {"reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "changes-before", "tags", "tags-any"}
    | {"not-tags", "not-tags-any", "locked", "vm_state", "task_state", "power_state", "uuid", "deleted"}
)
_NOT_FILTERS = frozenset({"limit", "marker", "sort_key", "sort_dir", "all_tenants", "deleted", "project_id", "tenant_id"})
# Servers that are shown in one go.
_BITE = 100
_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
_FALSE = frozenset({"0", "f", "false", "off", "n", "no"})
_SORT_KEYS = [
    *("ramdisk_id", "locked_by", "access_ip_v4", "key_name", "display_description", "terminated_at", "locked", "image_ref"),
    *("display_name", "access_ip_v6", "availability_zone", "uuid", "task_state", "config_drive", "created_at", "launch_index"),
    *("updated_at", "vm_state", "hostname", "user_id", "progress", "auto_disk_config", "host", "project_id", "root_device_name"),
    *("launched_at", "power_state", "kernel_id", "instance_type_id", "node"),
]
# What a query may name from 2.75 on; the lab evaluates some of it.
_KNOWN = (
    _MEMBER_FILTERS
    | _NOT_FILTERS
    | set(_SORT_KEYS)
    | {"access_ip_v4", "access_ip_v6", "changes-before", "description", "hostname", "ip6", "not-tags", "soft_deleted"}
)
_SORT: dict[str, Callable[[Server], Any]] = {
    "created_at": lambda server: (server.created, server.number),
    "updated_at": lambda server: (server.updated, server.number),
    "display_name": lambda server: (server.name, server.number),
    "uuid": lambda server: server.id,
    "host": lambda server: (server.host or "", server.number),
    "vm_state": lambda server: (server.vm_state, server.number),
}


class Servers:
    """The handlers of /servers, without actions."""

    def __init__(self, nova: Nova, life: Life) -> None:
        """Serve Nova's servers."""
        self.nova = nova
        self.cloud = nova.cloud
        self.life = life

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        bind = self.nova.bind
        one = f"{ROOT}/servers/{{id}}"
        return [
            web.get(f"{ROOT}/servers", bind(self.brief)),
            web.get(f"{ROOT}/servers/detail", bind(self.detail)),
            web.post(f"{ROOT}/servers", bind(self.create)),
            web.get(one, bind(self.show)),
            web.put(one, bind(self.update)),
            web.delete(one, bind(self.delete)),
            web.get(f"{one}/metadata", bind(self.metadata)),
            web.post(f"{one}/metadata", bind(self.set_metadata)),
            web.get(f"{one}/os-interface", bind(self.interfaces)),
            web.get(f"{one}/os-volume_attachments", bind(self.volumes)),
            web.get(f"{one}/ips", bind(self.ips)),
        ]

    # Lists

    def _select(self, call: Call, rule: str) -> tuple[list[Server], bool]:
        _check_query(call)
        everybody = call.query.get("all_tenants") == "" or _strict("all_tenants", call)
        if everybody:
            call.admin(f"os_compute_api:servers:{rule}:get_all_tenants")
        if call.at_least(73):
            _strict("locked", call)
        found = list(self.cloud.servers.values())
        wanted = call.query.get("project_id") or call.query.get("tenant_id")
        if not everybody:
            found = [server for server in found if server.project_id == call.token.project_id]
        elif wanted:
            found = [server for server in found if server.project_id == wanted]
        for name in set(call.query) - _NOT_FILTERS:
            if call.token.is_admin or name in _MEMBER_FILTERS:
                values = call.query.getall(name)
                found = [server for server in found if _passes(self.cloud, server, name, values)]
        key = call.query.get("sort_key", "created_at")
        direction = call.query.get("sort_dir", "desc")
        if direction not in {"asc", "desc"}:
            raise ApiError(400, "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'")
        found.sort(key=_SORT.get(key, _SORT["created_at"]), reverse=direction == "desc")
        return page_of(found, call.request, lambda server: server.id)

    def _links(self, call: Call, page: list[Server]) -> list[Json]:
        return next_link(call.request, self.nova.context.url, page[-1].id)

    def _base(self, call: Call) -> str:
        """Links hold the caller's project when it stands in the address, wherever it stands there."""
        mine = call.token.project_id
        return f"{self.nova.base}/{mine}" if mine and mine in call.request.path_qs else self.nova.base

    async def brief(self, call: Call) -> web.Response:
        """List ids and names."""
        page, more = self._select(call, "index")
        base = self._base(call)
        body: Json = {"servers": [views.brief(base, server) for server in page]}
        if more:
            body["servers_links"] = self._links(call, page)
        return answer(body)

    async def detail(self, call: Call) -> web.Response:
        """List servers in full."""
        page, more = self._select(call, "detail")
        pieces: list[str] = []
        for start in range(0, len(page), _BITE):
            shown = self._views(call, page[start : start + _BITE])
            pieces += [json.dumps(view) for view in shown]
            # A long list must not hold up the observer and what ends meanwhile.
            await asyncio.sleep(0)
        links = f', "servers_links": {json.dumps(self._links(call, page))}' if more else ""
        text = f'{{"servers": [{", ".join(pieces)}]{links}}}'
        return web.Response(body=text.encode(), content_type="application/json")

    def _views(self, call: Call, servers: list[Server]) -> list[Json]:
        shown = [views.detail(self.cloud, server, call, self._base(call)) for server in servers]
        views.with_floating(self.cloud, shown)
        return shown

    async def show(self, call: Call) -> web.Response:
        """Show one server."""
        server = self.nova.server(call)
        return answer({"server": self._with_groups(call, server)})

    def _with_groups(self, call: Call, server: Server) -> Json:
        view = self._views(call, [server])[0]
        if call.at_least(71):
            group = self.cloud.groups.get(server.group_id or "")
            view["server_groups"] = [group.id] if group and group.policy else []
        return view

    # Changes

    async def create(self, call: Call) -> web.Response:
        """Accept a new server, or several of one kind."""
        call.writer("os_compute_api:servers:create")
        data = await object_body(call.request)
        check(data, _create_schema(call))
        body = data["server"]
        hints = data.get("os:scheduler_hints") or data.get("OS-SCH-HNT:scheduler_hints") or {}
        least = int(body.get("min_count", 1))
        most = int(body.get("max_count", least))
        if least > most:
            raise ApiError(400, "min_count must be <= max_count")
        zone, _, pinned = str(body.get("availability_zone") or "").partition(":")
        forced = bool(pinned)
        if forced or body.get("host"):
            call.admin("os_compute_api:servers:create:forced_host")
            pinned = pinned or str(body["host"])
            if not forced and pinned not in self.cloud.hosts:
                raise ApiError(400, f"Compute host {pinned} could not be found.")
        flavor = self.cloud.flavor_named(str(body["flavorRef"]))
        if flavor is None:
            raise ApiError(400, f"Flavor {body['flavorRef']} could not be found.")
        group = self._group(call, hints.get("group"))
        number = most
        asker = Asker(call.request_id, call.token.project_id, call.token.user.id)
        made = [
            self.life.boot(
                NewServer(
                    name=body["name"] if number == 1 else f"{body['name']}-{index + 1}",
                    project_id=call.token.project_id,
                    user_id=call.token.user.id,
                    flavor=flavor,
                    group_id=group.id if group else None,
                    host=pinned or None,
                    forced=forced,
                    zone=zone or None,
                    image_id=body.get("imageRef") or None,
                    metadata={str(key): str(value) for key, value in (body.get("metadata") or {}).items()},
                    networks=self._networks(call, body),
                    description=body.get("description"),
                ),
                asker,
            )
            for index in range(number)
        ]
        view = {
            "id": made[0].id,
            "links": views.server_links(self.nova.base, made[0].id),
            "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{"name": "default"}],
            "adminPass": "".join(self.cloud.random.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz23456789", k=12)),
        }
        headers = {"Location": f"{self.nova.base}/servers/{made[0].id}"}
        return answer({"server": view}, 202, headers)

    def _group(self, call: Call, group_id: Any) -> Group | None:
        if not group_id:
            return None
        group = self.cloud.groups.get(str(group_id))
        if group is None or group.policy is None or not call.token.sees(group.project_id):
            raise ApiError(400, f"Instance group {group_id} could not be found.")
        return group

    def _networks(self, call: Call, body: Json) -> list[str]:
        wanted = body.get("networks")
        if wanted == "none":
            return []
        mine = [item.id for item in self.cloud.networks.values() if item.project_id == call.token.project_id]
        if wanted is None or wanted == "auto":
            return mine[:1]
        found: list[str] = []
        for entry in wanted:
            network = self.cloud.networks.get(str(entry.get("uuid")))
            if network is None or not (network.shared or call.token.sees(network.project_id)):
                raise ApiError(400, f"Network {entry.get('uuid')} could not be found.")
            found.append(network.id)
        return found

    async def update(self, call: Call) -> web.Response:
        """Rename or describe a server."""
        call.writer("os_compute_api:servers:update")
        server = self.nova.server(call)
        data = await object_body(call.request)
        names = {"OS-DCF:diskConfig", "accessIPv4", "accessIPv6", *(["description"] if call.at_least(19) else [])}
        fields = {**dict.fromkeys(sorted(names), ANY), "name": _NAME}
        check(data, {"type": ["object"], "required": ["server"], "properties": {
            "server": {"type": ["object"], "properties": fields, "closed": True}}})  # fmt: skip
        body = data["server"]
        server.name = body.get("name", server.name)
        server.description = body.get("description", server.description)
        server.updated = now()
        return answer({"server": self._with_groups(call, server)})

    async def delete(self, call: Call) -> web.Response:
        """Begin to delete a server."""
        call.writer("os_compute_api:servers:delete")
        server = self.nova.server(call)
        if server.locked and not call.token.is_admin:
            raise ApiError(409, f"Instance {server.id} is locked")
        self.life.delete(server, Asker(call.request_id, call.token.project_id, call.token.user.id))
        return empty()

    async def metadata(self, call: Call) -> web.Response:
        """Show a server's metadata."""
        return answer({"metadata": self.nova.server(call).metadata})

    async def set_metadata(self, call: Call) -> web.Response:
        """Add to a server's metadata."""
        call.writer("os_compute_api:server-metadata:create")
        server = self.nova.server(call)
        added = (await object_body(call.request)).get("metadata") or {}
        server.metadata = {**server.metadata, **{str(key): str(value) for key, value in added.items()}}
        return answer({"metadata": server.metadata})

    # Attachments

    async def interfaces(self, call: Call) -> web.Response:
        """List a server's ports."""
        server = self.nova.server(call)
        shown = [
            {
                "port_state": "ACTIVE",
                "fixed_ips": [{"subnet_id": port.subnet_id, "ip_address": port.address}],
                "net_id": port.network_id,
                "port_id": port.id,
                "mac_addr": port.mac,
                **({"tag": None} if call.at_least(70) else {}),
            }
            for port in self.cloud.device_ports.get(server.id, ())
        ]
        return answer({"interfaceAttachments": shown})

    async def volumes(self, call: Call) -> web.Response:
        """List a server's volumes: there are none in the lab."""
        self.nova.server(call)
        return answer({"volumeAttachments": []})

    async def ips(self, call: Call) -> web.Response:
        """List a server's addresses."""
        view = self._views(call, [self.nova.server(call)])[0]
        plain = {
            name: [{"version": item["version"], "addr": item["addr"]} for item in items]
            for name, items in view["addresses"].items()
        }
        return answer({"addresses": plain})


_NAME = {"type": ["string"], "shortest": 1, "longest": 255}
_COUNT = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "least": 1}
_CREATE = {
    *("imageRef", "metadata", "adminPass", "accessIPv4", "accessIPv6", "personality", "user_data", "key_name", "config_drive"),
    *("block_device_mapping", "block_device_mapping_v2", "security_groups", "availability_zone", "OS-DCF:diskConfig"),
    "return_reservation_id",
}


_CREATE_SINCE = {"description": 19, "tags": 52, "host": 74, "hypervisor_hostname": 74}


def _create_schema(call: Call) -> Schema:
    """What may be asked for at the microversion of the call."""
    names = set(_CREATE)
    required = ["name", "flavorRef"]
    names |= {name for name, minor in _CREATE_SINCE.items() if call.at_least(minor)}
    if call.at_least(37):
        required.append("networks")
    server: Schema = {
        "type": ["object"],
        "required": required,
        "closed": True,
        "properties": {
            **dict.fromkeys(sorted(names), ANY),
            "networks": ANY,
            "name": _NAME,
            "flavorRef": {"type": ["string", "integer"]},
            "min_count": _COUNT,
            "max_count": _COUNT,
        },
    }
    hints = {"type": ["object"], "properties": {"group": {"type": ["string"], "format": "uuid"}}}
    return {
        "type": ["object"],
        "required": ["server"],
        "properties": {"server": server, "os:scheduler_hints": hints, "OS-SCH-HNT:scheduler_hints": hints},
    }


def _passes(cloud: Cloud, server: Server, name: str, values: list[str]) -> bool:
    if name == "status":
        wanted = {item.upper() for item in values}
        if not wanted & views.STATUSES:
            raise ApiError(400, "Invalid status value")
        return views.status_of(server) in wanted
    if name == "ip":
        return any(_search(name, values[-1], port.address) for port in cloud.device_ports.get(server.id, ()))
    return name not in _FILTERS or _FILTERS[name](server, values[-1])


def _search(name: str, pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error as exc:
        raise ApiError(400, f"Invalid input for query parameters {name}. Value: {pattern}. {pattern!r} is not a 'regex'") from exc


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone()


def _strict(name: str, call: Call) -> bool:
    """Read a flag that has to be one."""
    text = call.query.get(name)
    if text is not None and text.strip().lower() not in _TRUE | _FALSE:
        raise ApiError(400, f"Unrecognized value '{text}', acceptable values are: {', '.join(map(repr, sorted(_TRUE | _FALSE)))}")
    return text is not None and text.strip().lower() in _TRUE


def _check_query(call: Call) -> None:
    for name in set(call.query) & {"changes-since", "changes-before"}:
        try:
            _moment(call.query[name])
        except ValueError as exc:
            text = call.query[name]
            why = f"Invalid input for query parameters {name}. Value: {text}. {text!r} is not a 'date-time'"
            raise ApiError(400, why) from exc
    for name in set(call.query) & {"name", "ip"}:
        _search(name, call.query[name], "")
    key = call.query.get("sort_key")
    if key is not None:
        check(key, {"enum": _SORT_KEYS}, "query parameters", "sort_key")
    if call.at_least(75):
        for name in call.query:
            if name not in _KNOWN and not name.startswith("_"):
                raise ApiError(400, f"{name!r} does not match any of the regexes: '^_'")


_FILTERS: dict[str, Callable[[Server, str], bool]] = {
    "host": lambda server, text: server.host == text,
    "node": lambda server, text: server.host == text,
    "name": lambda server, text: _search("name", text, server.name),
    "vm_state": lambda server, text: server.vm_state == text,
    "task_state": lambda server, text: (server.task_state or "") == text,
    "power_state": lambda server, text: str(server.power_state) == text,
    "uuid": lambda server, text: server.id == text,
    "user_id": lambda server, text: server.user_id == text,
    "flavor": lambda server, text: server.flavor.id == text,
    "image": lambda server, text: server.image_id == text,
    "locked": lambda server, text: server.locked == flag(text),
    "availability_zone": lambda server, text: server.zone == text,
    "changes-since": lambda server, text: server.updated >= _moment(text),
    "changes-before": lambda server, text: server.updated <= _moment(text),
    "tags": lambda server, text: set(text.split(",")) <= set(server.tags),
}
