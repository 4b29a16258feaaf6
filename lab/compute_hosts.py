# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's hosts: services, hypervisors, aggregates and zones."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from . import compute_views as views
from .clock import now, stamp_micro
from .compute import ROOT, Call, Nova
from .state import Host
from .web import ApiError, Json, answer, flag, json_body, next_link, page_of

_SERVICES = "os_compute_api:os-services"
_HYPERVISORS = "os_compute_api:os-hypervisors"
_CONTROL = ("nova-conductor", "nova-scheduler")
_CONTROLLER = "controller"
_NOTHING = (0, 0, 0, 0)
_STATISTICS = (
    "vcpus",
    "vcpus_used",
    "memory_mb",
    "memory_mb_used",
    "local_gb",
    "local_gb_used",
    "running_vms",
    "free_ram_mb",
    "free_disk_gb",
    "current_workload",
    "disk_available_least",
)


class Hosts:
    """The handlers of /os-services, /os-hypervisors, /os-aggregates and /os-availability-zone."""

    def __init__(self, nova: Nova) -> None:
        """Serve Nova's hosts."""
        self.nova = nova
        self.cloud = nova.cloud
        self._control = {name: self.cloud.new_id() for name in _CONTROL}
        self._started = now()

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        bind = self.nova.bind
        return [
            web.get(f"{ROOT}/os-services", bind(self.services)),
            web.put(f"{ROOT}/os-services/{{id}}", bind(self.update_service)),
            web.get(f"{ROOT}/os-hypervisors", bind(self.hypervisors)),
            web.get(f"{ROOT}/os-hypervisors/detail", bind(self.hypervisors_detail)),
            web.get(f"{ROOT}/os-hypervisors/statistics", bind(self.statistics)),
            web.get(f"{ROOT}/os-hypervisors/{{id}}", bind(self.hypervisor)),
            web.get(f"{ROOT}/os-aggregates", bind(self.aggregates)),
            web.get(f"{ROOT}/os-availability-zone", bind(self.zones)),
            web.get(f"{ROOT}/os-availability-zone/detail", bind(self.zones_detail)),
        ]

    # Services

    def _control_services(self, call: Call) -> list[Json]:
        shown: list[Json] = []
        for number, (binary, service_id) in enumerate(self._control.items(), 100001):
            view: Json = {
                "id": service_id if call.at_least(53) else number,
                "binary": binary,
                "host": _CONTROLLER,
                "zone": "internal",
                "status": "enabled",
                "state": "up",
                "updated_at": stamp_micro(now()),
                "disabled_reason": None,
            }
            if call.at_least(11):
                view["forced_down"] = False
            shown.append(view)
        return shown

    async def services(self, call: Call) -> web.Response:
        """List the services."""
        call.admin(f"{_SERVICES}:list")
        shown = self._control_services(call)
        shown += [views.service(host, call.version) for host in self.cloud.hosts.values()]
        for name in ("host", "binary"):
            if name in call.query:
                shown = [view for view in shown if view[name] == call.query[name]]
        return answer({"services": shown})

    async def update_service(self, call: Call) -> web.Response:
        """Enable, disable or force down a service."""
        call.admin(f"{_SERVICES}:update")
        body = await json_body(call.request)
        if not call.at_least(53):
            return self._update_by_host(call, body)
        host = next((item for item in self.cloud.hosts.values() if item.service_id == call["id"]), None)
        if host is None:
            raise ApiError(404, f"Service {call['id']} could not be found.")
        unknown = set(body) - {"status", "disabled_reason", "forced_down"}
        if unknown or not body:
            raise ApiError(400, f"Invalid input for field/attribute service. Value: {body}.")
        if "status" in body and body["status"] not in {"enabled", "disabled"}:
            raise ApiError(
                400,
                f"Invalid input for field/attribute status. Value: {body['status']}. "
                f"'{body['status']}' is not one of ['enabled', 'disabled']",
            )
        if "disabled_reason" in body and body.get("status") != "disabled":
            raise ApiError(400, "Specifying disabled_reason requires that status is 'disabled'.")
        if "disabled_reason" in body:
            _reason(body["disabled_reason"])
        if "status" in body:
            host.enabled = body["status"] == "enabled"
            host.disabled_reason = body.get("disabled_reason")
        if "forced_down" in body:
            host.forced_down = flag(str(body["forced_down"]))
            self.cloud.changed()
        host.updated = now()
        return answer({"service": views.service(host, call.version)})

    def _update_by_host(self, call: Call, body: Json) -> web.Response:
        host = self.cloud.hosts.get(str(body.get("host")))
        binary = body.get("binary")
        if host is None or binary != "nova-compute":
            raise ApiError(404, f"Could not find binary {binary} on host {body.get('host')}.")
        shown: Json = {"host": host.name, "binary": binary}
        match call["id"]:
            case "enable":
                host.enabled, host.disabled_reason = True, None
                shown["status"] = "enabled"
            case "disable":
                host.enabled, host.disabled_reason = False, None
                shown["status"] = "disabled"
            case "disable-log-reason":
                _reason(body.get("disabled_reason"))
                host.enabled, host.disabled_reason = False, body["disabled_reason"]
                shown |= {"status": "disabled", "disabled_reason": host.disabled_reason}
            case "force-down" if call.at_least(11):
                host.forced_down = flag(str(body.get("forced_down")))
                shown["forced_down"] = host.forced_down
                self.cloud.changed()
            case _:
                raise ApiError(404, "Unknown action")
        return answer({"service": shown})

    # Hypervisors

    def _select(self, call: Call) -> tuple[list[Host], bool]:
        found = sorted(self.cloud.hosts.values(), key=lambda host: host.number)
        pattern = call.query.get("hypervisor_hostname_pattern") if call.at_least(53) else None
        if pattern:
            found = [host for host in found if pattern in host.name]
            if not found and call.at_least(53):
                raise ApiError(404, f"No hypervisor matching '{pattern}' could be found.")
            return found, False
        if not call.at_least(33):
            return found, False
        return page_of(found, call.request, lambda host: host.id if call.at_least(53) else str(host.number))

    def _shown(self, call: Call, hosts: list[Host], more: bool, full: bool) -> web.Response:
        usage = self.cloud.usage() if full else {}
        shown = [views.hypervisor(host, usage.get(host.name, _NOTHING), call.version, full) for host in hosts]
        if call.at_least(53) and (flag(call.query.get("with_servers")) or (full and call.at_least(75))):
            for view in shown:
                self._add_servers(call, view)
        body: Json = {"hypervisors": shown}
        if more:
            last = hosts[-1].id if call.at_least(53) else str(hosts[-1].number)
            body["hypervisors_links"] = next_link(call.request, self.nova.context.url, last)
        return answer(body)

    def _add_servers(self, call: Call, view: Json) -> None:
        servers = self.cloud.servers_on(view["hypervisor_hostname"])
        if servers and flag(call.query.get("with_servers")):
            view["servers"] = [{"uuid": server.id, "name": server.name} for server in servers]
        elif call.at_least(75):
            view["servers"] = []

    async def hypervisors(self, call: Call) -> web.Response:
        """List names and states."""
        call.admin(f"{_HYPERVISORS}:list")
        hosts, more = self._select(call)
        return self._shown(call, hosts, more, False)

    async def hypervisors_detail(self, call: Call) -> web.Response:
        """List hypervisors in full."""
        call.admin(f"{_HYPERVISORS}:list-detail")
        hosts, more = self._select(call)
        return self._shown(call, hosts, more, True)

    async def hypervisor(self, call: Call) -> web.Response:
        """Show one hypervisor."""
        call.admin(f"{_HYPERVISORS}:show")
        wanted = call["id"]
        for host in self.cloud.hosts.values():
            if wanted == (host.id if call.at_least(53) else str(host.number)):
                view = views.hypervisor(host, self.cloud.usage()[host.name], call.version, True)
                if call.at_least(53):
                    self._add_servers(call, view)
                return answer({"hypervisor": view})
        raise ApiError(404, f"Compute host {wanted} could not be found.")

    async def statistics(self, call: Call) -> web.Response:
        """Sum all hypervisors up; gone from 2.88 on."""
        call.admin(f"{_HYPERVISORS}:statistics")
        if call.at_least(88):
            raise ApiError(404, "The resource could not be found.")
        usage = self.cloud.usage()
        up = [views.hypervisor(host, usage[host.name], (2, 1), True) for host in self.cloud.hosts.values() if host.up]
        sums = {name: sum(view[name] for view in up) for name in _STATISTICS}
        return answer({"hypervisor_statistics": {"count": len(up), **sums}})

    # Aggregates and zones

    async def aggregates(self, call: Call) -> web.Response:
        """List the aggregates: one for each zone that is not the default one."""
        call.admin("os_compute_api:os-aggregates:index")
        shown = [
            {
                "id": number,
                "uuid": f"00000000-0000-4000-8000-{number:012d}",
                "name": zone,
                "availability_zone": zone,
                "hosts": [host.name for host in self.cloud.hosts.values() if host.zone == zone],
                "metadata": {"availability_zone": zone},
                "created_at": stamp_micro(self._started),
                "updated_at": None,
                "deleted": False,
                "deleted_at": None,
            }
            for number, zone in enumerate(self._zones() - {"nova"}, 1)
        ]
        return answer({"aggregates": shown})

    def _zones(self) -> set[str]:
        return {host.zone for host in self.cloud.hosts.values()}

    async def zones(self, call: Call) -> web.Response:
        """List the availability zones."""
        return answer({"availabilityZoneInfo": [self._zone(zone, False) for zone in sorted(self._zones())]})

    async def zones_detail(self, call: Call) -> web.Response:
        """List the availability zones with their hosts."""
        call.admin("os_compute_api:os-availability-zone:detail")
        return answer({"availabilityZoneInfo": [self._zone(zone, True) for zone in sorted(self._zones())]})

    def _zone(self, zone: str, full: bool) -> Json:
        members = [host for host in self.cloud.hosts.values() if host.zone == zone]
        hosts: dict[str, Any] | None = None
        if full:
            hosts = {
                host.name: {
                    "nova-compute": {
                        "active": host.enabled,
                        "available": host.up,
                        "updated_at": stamp_micro(host.updated),
                    }
                }
                for host in members
            }
        available = any(host.enabled and host.up for host in members)
        return {"zoneName": zone, "zoneState": {"available": available}, "hosts": hosts}


def _reason(text: Any) -> None:
    if not isinstance(text, str) or not 1 <= len(text.strip()) <= 255:
        raise ApiError(400, "Disabled reason contains invalid characters or is too long")
