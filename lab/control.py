# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API of the lab itself: its state in one picture, faults, work on hosts, the observer."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .alarming import view as alarm_view
from .clock import now, stamp_micro_z
from .compute_views import status_of
from .context import Context
from .evaluator import Evaluator
from .moves import Mover
from .observer import Observer
from .state import Host
from .web import ApiError, Json, answer, empty, json_body


class Control:
    """The handlers of /lab."""

    def __init__(self, context: Context, evaluator: Evaluator, observer: Observer, mover: Mover) -> None:
        """Control a lab."""
        self.mover = mover
        self.context = context
        self.cloud = context.cloud
        self.evaluator = evaluator
        self.observer = observer

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        return [
            web.get("/lab/state", self.state),
            web.get("/lab/faults", self.faults),
            web.post("/lab/faults", self.add_fault),
            web.delete("/lab/faults", self.clear_faults),
            web.get("/lab/faults/{id}", self.fault),
            web.delete("/lab/faults/{id}", self.remove_fault),
            web.post("/lab/hosts/{host}/work", self.work),
            web.post("/lab/hosts/{host}/kill", self.kill),
            web.get("/lab/calls", self.calls),
            web.post("/lab/calls/reset", self.reset_calls),
            web.get("/lab/catalog", self.catalog),
            web.put("/lab/catalog/{type}", self.put_catalog),
            web.get("/lab/observer", self.observed),
            web.post("/lab/observer/reset", self.reset),
            web.get("/lab/service/{address}", self.service),
        ]

    # The picture

    async def state(self, _: web.Request) -> web.Response:
        """Show hosts, servers, services, alarms and what was delivered."""
        usage = self.cloud.usage()
        names: dict[str, list[str]] = {name: [] for name in self.cloud.hosts}
        for server in self.cloud.servers.values():
            if server.host:
                names[server.host].append(server.name)
        return answer(
            {
                "at": stamp_micro_z(now()),
                "speed": self.context.clock.speed,
                "durations": {name: self.context.clock.real(value) for name, value in self.cloud.durations.items()},
                "hosts": [self._host(host, usage[host.name], names[host.name]) for host in self.cloud.hosts.values()],
                "servers": [
                    {
                        "id": server.id,
                        "name": server.name,
                        "project_id": server.project_id,
                        "host": server.host,
                        "status": status_of(server),
                        "task_state": server.task_state,
                        "group_id": server.group_id,
                        "interrupted": server.interrupted,
                    }
                    for server in self.cloud.servers.values()
                ],
                "services": [
                    {
                        "vnf_id": vnf.id,
                        "name": vnf.name,
                        "floating_ip": floating.address,
                        "server": self._server_behind(floating.port_id),
                        "up": self.observer.answers(floating),
                    }
                    for vnf in self.cloud.vnfs.values()
                    if (floating := self.cloud.floating_ips.get(vnf.floating_ip_id or ""))
                ],
                "migrations": [
                    {
                        "server_id": item.server_id,
                        "kind": item.kind,
                        "status": item.status,
                        "source": item.source,
                        "dest": item.dest,
                    }
                    for item in self.cloud.migrations.values()
                ],
                "alarms": [_without_password(alarm_view(alarm)) for alarm in self.evaluator.alarms.values()],
                "webhooks": list(self.evaluator.deliveries),
                "catalog": {entry["type"]: entry["endpoints"][0]["url"] for entry in self.context.catalog.entries()},
            }
        )

    @staticmethod
    def _host(host: Host, used: tuple[int, int, int, int], servers: list[str]) -> Json:
        return {
            "name": host.name,
            "zone": host.zone,
            "status": "enabled" if host.enabled else "disabled",
            "disabled_reason": host.disabled_reason,
            "state": "up" if host.up else "down",
            "forced_down": host.forced_down,
            "under_work": host.under_work,
            "version": host.version,
            "vcpus": host.vcpus,
            "vcpus_used": used[0],
            "memory_mb": host.memory_mb,
            "memory_mb_used": used[1],
            "disk_gb": host.disk_gb,
            "disk_gb_used": used[2],
            "servers": sorted(servers),
        }

    def _server_behind(self, port_id: str | None) -> str | None:
        port = self.cloud.ports.get(port_id or "")
        server = self.cloud.servers.get(port.device_id) if port else None
        return server.name if server else None

    # Faults

    async def faults(self, _: web.Request) -> web.Response:
        """List the faults."""
        return answer({"faults": [fault.view() for fault in self.context.faults.all()]})

    async def fault(self, request: web.Request) -> web.Response:
        """Show a fault and how often it hit."""
        return answer(self.context.faults.get(request.match_info["id"]).view())

    async def add_fault(self, request: web.Request) -> web.Response:
        """Add a fault."""
        return answer(self.context.faults.add(await json_body(request)).view(), 201)

    async def remove_fault(self, request: web.Request) -> web.Response:
        """Remove a fault."""
        self.context.faults.remove(request.match_info["id"])
        return empty()

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Remove all faults."""
        self.context.faults.remove()
        return empty()

    # Hosts

    async def work(self, request: web.Request) -> web.Response:
        """Let an administrator work on a host: it goes down, and comes back with a version."""
        host = self._named(request)
        body = await json_body(request)
        seconds = self._seconds(body)
        version = _version(body["version"]) if body.get("version") is not None else host.version
        if host.under_work:
            raise ApiError(409, f"host {host.name} is under work already")
        host.under_work = True
        host.alive = False
        host.updated = now()
        self.cloud.changed()
        self.context.background.start(self._work(host, seconds, version))
        return answer({"host": host.name, "seconds": seconds, "version": version}, 202)

    async def kill(self, request: web.Request) -> web.Response:
        """Kill nova-compute; what was leaving the host stays as it is."""
        host = self._named(request)
        seconds = self._seconds(await json_body(request))
        if host.killed:
            raise ApiError(409, f"nova-compute on {host.name} was killed already")
        self.mover.kill(host, seconds)
        return answer({"host": host.name, "seconds": seconds}, 202)

    def _named(self, request: web.Request) -> Host:
        host = self.cloud.hosts.get(request.match_info["host"])
        if host is None:
            raise ApiError(404, f"there is no host {request.match_info['host']}")
        return host

    def _seconds(self, body: Json) -> float:
        seconds = body.get("seconds", self.cloud.durations["reboot"])
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise ApiError(400, "seconds must be a number that is not negative")
        return float(seconds)

    async def _work(self, host: Host, seconds: float, version: int) -> None:
        await self.context.clock.pause(seconds)
        host.under_work = False
        host.version = version
        if not self.context.faults.strike("host_no_return", host=host.name):
            host.alive = True
            host.updated = now()
        self.cloud.changed()

    # Calls

    async def calls(self, _: web.Request) -> web.Response:
        """Tell how often each service was called, by method and path."""
        return answer({"calls": dict(self.context.calls)})

    async def reset_calls(self, _: web.Request) -> web.Response:
        """Count anew."""
        self.context.calls.clear()
        return empty()

    # Catalogue

    async def catalog(self, _: web.Request) -> web.Response:
        """Show the catalogue."""
        return answer({"catalog": self.context.catalog.entries()})

    async def put_catalog(self, request: web.Request) -> web.Response:
        """Add or move a catalogue entry."""
        url = (await json_body(request)).get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise ApiError(400, "url must be an http or https address")
        self.context.catalog.put(request.match_info["type"], url)
        return answer({"type": request.match_info["type"], "url": url})

    # Observer

    async def observed(self, _: web.Request) -> web.Response:
        """Tell what the observer saw."""
        return answer(self.observer.report())

    async def reset(self, _: web.Request) -> web.Response:
        """Let the observer begin anew."""
        self.observer.reset()
        return empty()

    async def service(self, request: web.Request) -> web.Response:
        """Answer as the VNF behind a floating IP would."""
        address = request.match_info["address"]
        for floating in self.cloud.floating_ips.values():
            if floating.address == address:
                up = self.observer.answers(floating)
                server = self._server_behind(floating.port_id)
                return answer({"address": address, "up": up, "server": server}, 200 if up else 503)
        raise ApiError(404, f"there is no floating IP {address}")


def _version(value: Any) -> int:
    """Read a hypervisor version: Nova's number, or 8.1.0 for 8001000."""
    parts = str(value).split(".")
    if len(parts) > 3 or not all(part.isdigit() for part in parts):
        raise ApiError(400, "version must be a number or of the form 8.1.0")
    if len(parts) == 1:
        return int(parts[0])
    return sum(int(part) * weight for part, weight in zip(parts, (1_000_000, 1_000, 1), strict=False))


def _without_password(alarm: Json) -> Json:
    """Hide the secrets of webhooks: the control API needs no token."""
    hidden = dict(alarm)
    for name in ("alarm_actions", "ok_actions", "insufficient_data_actions"):
        hidden[name] = [_hidden(address) for address in alarm[name]]
    return hidden


def _hidden(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    credentials, at, remainder = rest.rpartition("@")
    return f"{scheme}{separator}{'***@' if at and credentials else ''}{remainder}"
