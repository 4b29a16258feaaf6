# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's hosts: services, hypervisors, aggregates and zones."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from . import compute_views as views
from .clock import now, stamp_micro
from .compute import ROOT, Call, Nova, check_query, object_body
from .schema import BOOLEAN, Schema, check, is_true, is_uuid, unexpected
from .state import CONTROLLER, Host
from .web import EXPLANATIONS, ApiError, Json, answer, flag, next_link, page_of

_SERVICES = "os_compute_api:os-services"
_HYPERVISORS = "os_compute_api:os-hypervisors"
_CONTROL = ("nova-conductor", "nova-scheduler")
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


_REASON = {"type": ["string"], "shortest": 1, "longest": 255}
_SERVICE: Schema = {
    "type": ["object"],
    "properties": {
        "status": {"type": ["string"], "enum": ["enabled", "disabled"]},
        "disabled_reason": _REASON,
        "forced_down": BOOLEAN,
    },
    "closed": True,
}
_SERVICE_BY_HOST: Schema = {
    "type": ["object"],
    "required": ["host", "binary"],
    "properties": {"host": _REASON, "binary": _REASON, "disabled_reason": _REASON, "forced_down": BOOLEAN},
    "closed": True,
}


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
            web.get(f"{ROOT}/os-hypervisors/{{id}}/search", bind(self.search)),
            web.get(f"{ROOT}/os-hypervisors/{{id}}/uptime", bind(self.uptime)),
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
                "host": CONTROLLER,
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
        check_query(call, {"host", "binary"})
        shown = self._control_services(call)
        shown += [views.service(host, call.version) for host in self.cloud.hosts.values()]
        for name in ("host", "binary"):
            if name in call.query:
                shown = [view for view in shown if view[name] == call.query[name]]
        return answer({"services": shown})

    async def update_service(self, call: Call) -> web.Response:
        """Enable, disable or force down a service."""
        call.admin(f"{_SERVICES}:update")
        body = await object_body(call.request)
        if not call.at_least(53):
            return self._update_by_host(call, body)
        if not is_uuid(call["id"]):
            raise ApiError(400, f"Invalid uuid {call['id']}")
        check(body, _SERVICE)
        if not {"status", "forced_down"} & set(body):
            raise ApiError(400, "No updates were requested. Fields 'status' or 'forced_down' should be specified.")
        if "disabled_reason" in body and body.get("status") != "disabled":
            raise ApiError(400, f"Specifying 'disabled_reason' with status '{body.get('status')}' is invalid.")
        for binary, service_id in self._control.items():
            if service_id == call["id"]:
                raise _only_compute(binary)
        host = next((item for item in self.cloud.hosts.values() if item.service_id == call["id"]), None)
        if host is None:
            raise ApiError(404, f"Service {call['id']} could not be found.")
        if "status" in body:
            host.enabled = body["status"] == "enabled"
            host.disabled_reason = body.get("disabled_reason")
        if "forced_down" in body:
            host.forced_down = is_true(body["forced_down"])
            self.cloud.changed()
        host.updated = now()
        return answer({"service": views.service(host, call.version)})

    def _update_by_host(self, call: Call, body: Json) -> web.Response:
        if call["id"] not in {"enable", "disable", "disable-log-reason", *(["force-down"] if call.at_least(11) else [])}:
            if set(body) - {"host", "binary", "disabled_reason"}:
                raise ApiError(400, unexpected(set(body) - {"host", "binary", "disabled_reason"}))
            raise ApiError(404, "Unknown action")
        check(body, _SERVICE_BY_HOST)
        binary = body["binary"]
        if call["id"] == "disable-log-reason" and "disabled_reason" not in body:
            raise ApiError(400, "Missing disabled reason field")
        if binary != "nova-compute":
            raise _only_compute(binary)
        host = self.cloud.hosts.get(body["host"])
        if host is None:
            raise ApiError(404, f"Host '{body['host']}' is not mapped to any cell")
        shown: Json = {"host": host.name, "binary": binary}
        match call["id"]:
            case "enable":
                host.enabled, host.disabled_reason = True, None
                shown["status"] = "enabled"
            case "disable":
                host.enabled, host.disabled_reason = False, None
                shown["status"] = "disabled"
            case "disable-log-reason":
                host.enabled, host.disabled_reason = False, body["disabled_reason"]
                shown |= {"status": "disabled", "disabled_reason": host.disabled_reason}
            case "force-down" if call.at_least(11):
                host.forced_down = is_true(body.get("forced_down"))
                shown["forced_down"] = host.forced_down
                self.cloud.changed()
            case _:
                raise ApiError(404, "Unknown action")
        return answer({"service": shown})

    # Hypervisors

    def _select(self, call: Call) -> tuple[list[Host], bool]:
        check_query(call, {"limit", "marker", "hypervisor_hostname_pattern", "with_servers"}, {"limit"})
        found = sorted(self.cloud.hosts.values(), key=lambda host: host.number)
        pattern = call.query.get("hypervisor_hostname_pattern") if call.at_least(53) else None
        if pattern and {"limit", "marker"} & set(call.query):
            raise ApiError(400, EXPLANATIONS[400])
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
        if call.at_least(53) and flag(call.query.get("with_servers")):
            for view in shown:
                self._add_servers(call, view)
        body: Json = {"hypervisors": shown}
        if more:
            last = hosts[-1].id if call.at_least(53) else str(hosts[-1].number)
            body["hypervisors_links"] = next_link(call.request, self.nova.context.url, last)
        return answer(body)

    def _add_servers(self, call: Call, view: Json) -> None:
        servers = self.cloud.servers_on(view["hypervisor_hostname"])
        if servers or call.at_least(75):
            # By the name that the hypervisor knows, not the owner's.
            view["servers"] = [{"uuid": server.id, "name": f"instance-{server.number:08x}"} for server in servers]

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
        if call.at_least(53) and not is_uuid(wanted):
            raise ApiError(400, f"Invalid uuid {wanted}")
        for host in self.cloud.hosts.values():
            if wanted == (host.id if call.at_least(53) else str(host.number)):
                view = views.hypervisor(host, self.cloud.usage()[host.name], call.version, True)
                if call.at_least(53) and flag(call.query.get("with_servers")):
                    self._add_servers(call, view)
                return answer({"hypervisor": view})
        raise ApiError(404, f"Hypervisor with ID '{wanted}' could not be found.")

    async def search(self, call: Call) -> web.Response:
        """Find hypervisors by a part of their names; gone from 2.53 on."""
        call.admin(f"{_HYPERVISORS}:search")
        if call.at_least(53):
            raise ApiError(404, "The resource could not be found.")
        found = [host for host in self.cloud.hosts.values() if call["id"] in host.name]
        if not found:
            raise ApiError(404, f"No hypervisor matching '{call['id']}' could be found.")
        return self._shown(call, found, False, False)

    async def uptime(self, call: Call) -> web.Response:
        """Tell how long a host runs; gone from 2.88 on."""
        call.admin(f"{_HYPERVISORS}:uptime")
        if call.at_least(88):
            raise ApiError(404, "The resource could not be found.")
        return await self.hypervisor(call)

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
                if host.enabled
            }
        available = any(host.enabled and host.up for host in members)
        return {"zoneName": zone, "zoneState": {"available": available}, "hosts": hosts}


def _only_compute(binary: str) -> ApiError:
    return ApiError(400, f"Updating a {binary} service is not supported. Only nova-compute services can be updated.")
