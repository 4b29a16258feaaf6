# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How servers move in time: cold and live migration with the states that Nova shows on the way."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from .clock import now
from .context import Context
from .faults import Fault
from .records import Asker, EventFailed, Records
from .scheduler import NO_VALID_HOST, Demand
from .state import CONTROLLER, Action, Flavor, Host, Migration, Server


@dataclass(slots=True, eq=False)
class _Controls:
    """What an operator can still say to a running live migration."""

    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    abort: asyncio.Event = field(default_factory=asyncio.Event)

    def check(self) -> None:
        """Stop the migration if it has been given up."""
        if self.abort.is_set():
            raise EventFailed("Live migration was aborted")


class Mover:
    """Moves servers between hosts."""

    def __init__(self, context: Context) -> None:
        """Move the servers of a lab."""
        self.context = context
        self.cloud = context.cloud
        self.clock = context.clock
        self.records = Records(context.cloud)
        self._controls: dict[int, _Controls] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._lanes: dict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(int(self.cloud.options["max_concurrent_live_migrations"]))
        )

    # Cold migration

    def cold(self, server: Server, target: str | None, asker: Asker, flavor: Flavor | None = None) -> None:
        """Begin a cold migration, or a resize to a flavor; whether any host fits shows only later, as in Nova."""
        server.before_resize = server.vm_state
        server.task_state = "resize_prep"
        server.updated = now()
        action = self.records.action(server, "resize" if flavor else "migrate", asker)
        migration = self.records.migration(server, "resize" if flavor else "migration", "pre-migrating", asker)
        self._start(migration, self._cold(server, target, action, migration, flavor or server.flavor))

    async def _cold(self, server: Server, target: str | None, action: Action, migration: Migration, flavor: Flavor) -> None:
        duration = self._duration(server, migration, "cold_migration")
        try:
            with (
                self.records.event(action, "conductor_migrate_server", CONTROLLER),
                self.records.event(action, "cold_migrate", CONTROLLER),
            ):
                await self.clock.pause(duration * 0.05)
                demand = Demand(flavor, server.id, server.group_id, None, server.host, target)
                what = "resize" if migration.kind == "resize" else "cold migrate"
                dest = self._claim(server, demand, f"{NO_VALID_HOST}No valid host found for {what}")
                server.flavor_at = {dest.name: flavor}
                migration.dest, migration.dest_host = dest.name, dest.address
            with self.records.event(action, "compute_prep_resize", dest.name):
                await self.clock.pause(duration * 0.05)
            with self.records.event(action, "compute_resize_instance", server.host):
                server.task_state = "resize_migrating"
                migration.to("migrating")
                self._interrupt(server, True)
                await self.clock.pause(duration * 0.6)
                self._may_fail(server, migration, dest, "cold")
                server.task_state = "resize_migrated"
                migration.to("post-migrating")
            lie = self._strike("migration_lie", server, migration, "cold")
            with self.records.event(action, "compute_finish_resize", dest.name):
                server.task_state = "resize_finish"
                if not lie:
                    server.host = dest.name
                    server.incoming = None
                    server.flavor, server.flavor_at = flavor, {migration.source: server.flavor}
                await self.clock.pause(duration * 0.3)
                self._must_go_on(server, dest)
        except EventFailed as failure:
            self._cold_failed(server, migration, failure)
            return
        server.incoming = None
        server.vm_state = "resized"
        server.task_state = None
        server.power_state = 1 if server.before_resize == "active" else 4
        server.launched = server.updated = now()
        migration.to("finished")
        self._interrupt(server, False)

    def _cold_failed(self, server: Server, migration: Migration, failure: EventFailed) -> None:
        migration.to("error")
        if self._leaving(server):
            return
        if failure.fatal or (server.host and not self._there(self.cloud.hosts[server.host])):
            server.vm_state = "error"
            # The guest was shut down for it.
            server.power_state = 4
            server.fault = fault(500, str(failure))
        else:
            server.vm_state = server.before_resize
        self._settle(server)

    def confirm(self, server: Server, asker: Asker) -> None:
        """Begin to confirm a cold migration."""
        action = self.records.action(server, "confirmResize", asker)
        self.context.background.start(self._confirm(server, action))

    async def _confirm(self, server: Server, action: Action) -> None:
        migration = self.finished(server)
        with self.records.event(action, "compute_confirm_resize", migration.source if migration else None):
            if migration:
                migration.to("confirming")
            await self.clock.pause(self.cloud.durations["confirm"])
            if migration:
                migration.to("confirmed")
            server.claims = {server.host} if server.host else set()
            server.flavor_at = {}
            server.vm_state = server.before_resize
            server.task_state = None
            server.updated = now()
            self.cloud.changed()

    def revert(self, server: Server, asker: Asker) -> None:
        """Begin to take a cold migration back."""
        action = self.records.action(server, "revertResize", asker)
        server.task_state = "resize_reverting"
        self.context.background.start(self._revert(server, action))

    async def _revert(self, server: Server, action: Action) -> None:
        migration = self.finished(server)
        duration = self.cloud.durations["cold_migration"]
        with self.records.event(action, "compute_revert_resize", server.host):
            self._interrupt(server, True)
            if migration:
                migration.to("reverting")
            await self.clock.pause(duration * 0.2)
        with self.records.event(action, "compute_finish_revert_resize", migration.source if migration else None):
            await self.clock.pause(duration * 0.3)
            if migration:
                server.host = migration.source
                server.flavor = server.held(server.host)
                migration.to("reverted")
            server.claims = {server.host} if server.host else set()
            server.flavor_at = {}
            server.vm_state = server.before_resize
            server.task_state = None
            server.updated = now()
            self._interrupt(server, False)

    def finished(self, server: Server) -> Migration | None:
        """Return the migration that waits for confirmation."""
        for migration in reversed(self.cloud.migrations.values()):
            if migration.server_id == server.id and migration.status == "finished":
                return migration
        return None

    # Live migration

    def live(self, server: Server, target: str | None, forced: bool, asker: Asker) -> None:
        """Begin a live migration."""
        server.task_state = "migrating"
        server.updated = now()
        action = self.records.action(server, "live-migration", asker)
        migration = self.records.migration(server, "live-migration", "accepted", asker)
        self._controls[migration.id] = _Controls()
        demand = Demand(server.flavor, server.id, server.group_id, None, server.host, target, forced)
        self._start(migration, self._live(server, demand, action, migration))

    async def _live(self, server: Server, demand: Demand, action: Action, migration: Migration) -> None:
        controls = self._controls[migration.id]
        try:
            with self.records.event(action, "conductor_live_migrate_instance", CONTROLLER):
                await self.clock.pause(self.cloud.durations["live_migration"] * 0.05)
                dest = self._claim(server, demand)
                with (
                    self.records.event(action, "compute_check_can_live_migrate_destination", dest.name),
                    self.records.event(action, "compute_check_can_live_migrate_source", server.host),
                ):
                    migration.dest, migration.source_node = dest.name, migration.source
            migration.to("queued")
            # Nova runs this many live migrations at a time on each source host.
            async with self._lanes[migration.source]:
                with self.records.event(action, "compute_live_migration", server.host):
                    await self._copy(server, migration, dest, controls, action)
        except EventFailed as failure:
            if controls.abort.is_set():
                migration.to("cancelled")
            else:
                migration.to("error" if migration.dest is None else "failed")
                server.fault = fault(500, str(failure))
            self._settle(server)
        finally:
            self._controls.pop(migration.id, None)

    async def _copy(self, server: Server, migration: Migration, dest: Host, controls: _Controls, action: Action) -> None:
        duration = self._duration(server, migration, "live_migration")
        downtime = self.cloud.durations["live_downtime"]
        migration.to("preparing")
        with self.records.event(action, "compute_pre_live_migration", dest.name):
            await self.clock.pause(self.cloud.durations["live_migration"] * 0.1)
        controls.check()
        migration.to("running")
        forced = await self.clock.pause_unless(controls.hurry, max(0.0, duration - downtime))
        controls.check()
        self._may_fail(server, migration, dest, "live")
        # Completed by force the guest stands still while the rest of its memory is copied.
        self._interrupt(server, True)
        await self.clock.pause(downtime * (3 if forced else 1))
        if not self._strike("migration_lie", server, migration, "live"):
            server.host = dest.name
        with self.records.event(action, "compute_post_live_migration_at_destination", dest.name):
            self._settle(server)
        # The server is at rest; the source still removes what it had.
        server.claims.add(migration.source)
        await self.clock.pause(self.cloud.durations["live_cleanup"])
        if not self._there(self.cloud.hosts[migration.source]):
            # Nobody gives the room back.
            migration.to("error")
            return
        migration.to("completed")
        if server.host != migration.source:
            server.claims.discard(migration.source)

    def _settle(self, server: Server) -> None:
        if self._leaving(server):
            return
        server.incoming = None
        server.claims = {server.host} if server.host else set()
        server.flavor_at = {}
        server.task_state = None
        server.updated = now()
        self._interrupt(server, False)

    def force_complete(self, migration: Migration, server: Server, asker: Asker) -> None:
        """Let a running live migration end now."""
        action = self.records.action(server, "live_migration_force_complete", asker)
        with self.records.event(action, "compute_live_migration_force_complete", server.host):
            if controls := self._controls.get(migration.id):
                controls.hurry.set()

    def abort(self, migration: Migration, server: Server, asker: Asker) -> None:
        """Give a queued or running live migration up."""
        self.records.action(server, "live_migration_cancel", asker)
        if controls := self._controls.get(migration.id):
            controls.abort.set()
            controls.hurry.set()

    # A nova-compute that is killed

    def kill(self, host: Host, seconds: float) -> None:
        """Kill the nova-compute of a host, which comes back after so many simulated seconds.

        What was leaving the host stays as it is, for good: its records, its room in Placement, and, while the host is down, the
        state of the server. Nova's own part of the guest's migration ends with it.
        """
        host.killed = True
        host.updated = now()
        cut = [self.cloud.migrations[number] for number, task in self._tasks.items() if not task.done()]
        cut = [migration for migration in cut if migration.source == host.name]
        for migration in cut:
            self._tasks[migration.id].cancel()
        self.cloud.changed()
        self.context.background.start(self._return(host, seconds, cut))

    async def _return(self, host: Host, seconds: float, cut: list[Migration]) -> None:
        """A nova-compute that starts puts the servers right that it has, as its ``init_host`` does; no record, and no claim."""
        await self.clock.pause(seconds)
        host.killed = False
        host.updated = now()
        for server in (self.cloud.servers.get(migration.server_id) for migration in cut):
            if server is not None and server.host == host.name and server.task_state not in (None, "deleting"):
                server.task_state = server.incoming = None
                server.updated = now()
                self._interrupt(server, False)
        self.cloud.changed()

    # Common

    def _start(self, migration: Migration, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks[migration.id] = self.context.background.start(work)
        task.add_done_callback(lambda _: self._tasks.pop(migration.id, None))

    def _claim(self, server: Server, demand: Demand, why: str = "") -> Host:
        source = self.cloud.hosts[demand.source or ""]
        if not source.up:
            raise EventFailed(f"Compute service of {source.name} is unavailable at this time.")
        host = self.context.scheduler.choose(demand)
        if host is None:
            raise EventFailed(why or self.context.scheduler.why_none(demand))
        server.incoming = host.name
        server.claims.add(host.name)
        return host

    def _duration(self, server: Server, migration: Migration, name: str) -> float:
        kind = "live" if name == "live_migration" else "cold"
        slow = self._strike("migration_slow", server, migration, kind)
        return self.cloud.durations[name] * (slow.number("factor", 5.0) if slow else 1.0)

    def _may_fail(self, server: Server, migration: Migration, dest: Host, kind: str) -> None:
        failed = self._strike("migration_fail", server, migration, kind)
        if failed:
            fatal = kind == "cold" and failed.parameters.get("leaves") == "error"
            raise EventFailed("Migration failed: injected by the lab", fatal)
        self._must_go_on(server, dest)

    def _strike(self, fault_kind: str, server: Server, migration: Migration, kind: str) -> Fault | None:
        return self.context.faults.strike(fault_kind, **self._subject(server, migration.source, kind))

    @staticmethod
    def _subject(server: Server, host: str | None, kind: str) -> dict[str, str | tuple[str, ...] | None]:
        return {"server": (server.id, server.name), "host": host, "type": kind}

    def _leaving(self, server: Server) -> bool:
        """Whether the server was deleted under the migration."""
        return server.task_state == "deleting" or server.id not in self.cloud.servers

    @staticmethod
    def _there(host: Host) -> bool:
        return host.alive and not host.killed and not host.under_work

    def _must_go_on(self, server: Server, dest: Host) -> None:
        if self._leaving(server):
            raise EventFailed(f"Instance {server.id} could not be found.")
        for host in (self.cloud.hosts[server.host or dest.name], dest):
            if not self._there(host):
                raise EventFailed(f"compute host {host.name} is down")

    def _interrupt(self, server: Server, interrupted: bool) -> None:
        server.interrupted = interrupted
        self.cloud.changed()


def fault(code: int, message: str) -> dict[str, object]:
    """Return a server's fault."""
    return {"code": code, "message": message, "created": now().strftime("%Y-%m-%dT%H:%M:%SZ")}
