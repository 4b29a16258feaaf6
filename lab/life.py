# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How servers begin and end, start and stop."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from .clock import now
from .context import Context
from .moves import fault
from .records import Asker, EventFailed, Records
from .scheduler import GROUP_VIOLATED, Demand
from .state import CONTROLLER, Action, Cloud, Flavor, Port, Server


@dataclass(slots=True, frozen=True)
class NewServer:
    """What is asked for when a server is made."""

    name: str
    project_id: str
    user_id: str
    flavor: Flavor
    group_id: str | None = None
    host: str | None = None
    forced: bool = False
    zone: str | None = None
    image_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    networks: list[str] = field(default_factory=list)
    description: str | None = None


class Life:
    """Makes, deletes, starts and stops servers."""

    def __init__(self, context: Context) -> None:
        """Work on the servers of a lab."""
        self.context = context
        self.cloud = context.cloud
        self.clock = context.clock
        self.records = Records(context.cloud)

    def boot(self, new: NewServer, asker: Asker) -> Server:
        """Begin a server; whether a host fits shows only later, as in Nova."""
        server = add_server(self.cloud, new)
        server.task_state = "scheduling"
        server.request_id = asker.request_id
        action = self.records.action(server, "create", asker)
        # The host is claimed at once: two creations in a row never race here, unlike in Nova.
        demand = Demand(new.flavor, server.id, new.group_id, new.zone, None, new.host, new.forced)
        host = self.context.scheduler.choose(demand)
        why = "" if host else self.context.scheduler.why_none(demand)
        if host and not self.context.scheduler.group_allows(host, demand):
            # Nobody verifies a forced host but the host itself, and late.
            host, why, server.zone = None, GROUP_VIOLATED, ""
        if host is not None:
            server.incoming = host.name
            server.claims = {host.name}
        self.context.background.start(self._boot(server, action, why))
        return server

    async def _boot(self, server: Server, action: Action, why: str) -> None:
        try:
            with self.records.event(action, "conductor_schedule_and_build_instances", CONTROLLER):
                host = _claimed(server, why)
        except EventFailed as failure:
            await self.clock.pause(self.cloud.durations["boot"] * 0.2)
            server.vm_state = "error"
            server.task_state = None
            server.fault = fault(500, str(failure))
            server.updated = now()
            return
        server.host = host
        server.zone = self.cloud.hosts[host].zone
        server.incoming = None
        server.task_state = "spawning"
        with self.records.event(action, "compute__do_build_and_run_instance", server.host):
            await self.clock.pause(self.cloud.durations["boot"])
        if server.id in self.cloud.servers and server.task_state == "spawning":
            running(server)
            self.cloud.changed()

    def delete(self, server: Server, asker: Asker) -> None:
        """Begin to delete a server."""
        if server.task_state == "deleting":
            return
        server.task_state = "deleting"
        server.interrupted = True
        server.updated = now()
        action = self.records.action(server, "delete", asker)
        self.cloud.changed()
        self.context.background.start(self._delete(server, action))

    async def _delete(self, server: Server, action: Action) -> None:
        with self.records.event(action, "compute_terminate_instance", server.host):
            await self.clock.pause(self.cloud.durations["delete"])
        server.vm_state = "deleted"
        self.cloud.forget_server(server)

    def start(self, server: Server, asker: Asker) -> None:
        """Begin to start a stopped server."""
        server.task_state = "powering-on"
        action = self.records.action(server, "start", asker)
        self.context.background.start(self._start(server, action, "compute_start_instance", "boot"))

    def reboot(self, server: Server, asker: Asker) -> None:
        """Begin to reboot a server."""
        server.task_state = "rebooting"
        server.interrupted = True
        self.cloud.changed()
        action = self.records.action(server, "reboot", asker)
        self.context.background.start(self._start(server, action, "compute_reboot_instance", "reboot"))

    async def _start(self, server: Server, action: Action, event: str, duration: str) -> None:
        with self.records.event(action, event, server.host):
            await self.clock.pause(self.cloud.durations[duration])
            running(server)
            self.cloud.changed()

    def stop(self, server: Server, asker: Asker) -> None:
        """Begin to stop a server."""
        server.task_state = "powering-off"
        action = self.records.action(server, "stop", asker)
        self.context.background.start(self._stop(server, action))

    def pause(self, server: Server, asker: Asker, pause: bool) -> None:
        """Begin to pause a server, or to let it go on."""
        server.task_state = "pausing" if pause else "unpausing"
        name = "pause" if pause else "unpause"
        self.context.background.start(self._pause(server, self.records.action(server, name, asker), pause))

    async def _pause(self, server: Server, action: Action, pause: bool) -> None:
        with self.records.event(action, f"compute_{action.name}_instance", server.host):
            await self.clock.pause(self.cloud.durations["delete"])
            server.vm_state = "paused" if pause else "active"
            server.task_state = None
            server.power_state = 3 if pause else 1
            server.updated = now()
            self.cloud.changed()

    async def _stop(self, server: Server, action: Action) -> None:
        with self.records.event(action, "compute_stop_instance", server.host):
            await self.clock.pause(self.cloud.durations["delete"])
            server.vm_state = "stopped"
            server.task_state = None
            server.power_state = 4
            server.updated = now()
            self.cloud.changed()


def _claimed(server: Server, why: str) -> str:
    if server.incoming is None:
        raise EventFailed(why)
    return server.incoming


def running(server: Server) -> None:
    """Mark a server as up and running."""
    server.vm_state = "active"
    server.task_state = None
    server.power_state = 1
    server.interrupted = False
    server.progress = 0
    server.fault = None
    server.launched = server.updated = now()


def add_server(cloud: Cloud, new: NewServer) -> Server:
    """Add a server with its ports, not yet on any host."""
    server = Server(
        id=cloud.new_id(),
        number=cloud.number("server"),
        name=new.name,
        project_id=new.project_id,
        user_id=new.user_id,
        flavor=new.flavor,
        group_id=new.group_id,
        image_id=new.image_id,
        metadata=dict(new.metadata),
        description=new.description,
        hostname=new.name,
        zone=new.zone or "",
    )
    cloud.servers[server.id] = server
    for network_id in new.networks:
        port = add_port(cloud, network_id, new.project_id)
        port.device_id = server.id
        port.device_owner = "compute:nova"
        cloud.device_ports[server.id].append(port)
    return server


def next_address(cloud: Cloud, network_id: str) -> str:
    """Return a network's next free address."""
    network = cloud.networks[network_id]
    network.taken += 1
    return str(ipaddress.ip_network(network.cidr)[network.taken])


def add_port(cloud: Cloud, network_id: str, project_id: str, name: str = "") -> Port:
    """Add a port with an address."""
    bits = cloud.random.getrandbits(24)
    port = Port(
        id=cloud.new_id(),
        name=name,
        project_id=project_id,
        network_id=network_id,
        subnet_id=cloud.networks[network_id].subnet_id,
        address=next_address(cloud, network_id),
        mac=f"fa:16:3e:{bits >> 16:02x}:{bits >> 8 & 255:02x}:{bits & 255:02x}",
    )
    cloud.ports[port.id] = port
    return port
