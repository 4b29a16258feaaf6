# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be asked of a server: POST /servers/{id}/action, and its live migrations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from . import compute_views as views
from .compute import ROOT, Call, Nova, object_body
from .life import Life
from .records import Asker
from .schema import BOOLEAN, Schema, check, one
from .state import Migration, Server
from .web import ApiError, Json, answer, empty, flag

_GOING_ON = frozenset({"queued", "preparing", "running"})
_NOT_MANAGEABLE = "Cannot force_complete while the migration is in this state."


def _schemas(call: Call) -> dict[str, Schema]:
    """What the actions take at the microversion of the call."""
    host = {"type": ["string", "null"]}
    live: Schema = {"host": host, "block_migration": {"enum": [*BOOLEAN["enum"], "auto"]} if call.at_least(25) else BOOLEAN}
    required = ["block_migration", "host"]
    if not call.at_least(25):
        live["disk_over_commit"] = BOOLEAN
        required.append("disk_over_commit")
    if call.at_least(30) and not call.at_least(68):
        live["force"] = BOOLEAN
    found: dict[str, Schema] = {
        "os-migrateLive": {"type": ["object"], "required": required, "properties": live, "closed": True},
        "os-resetState": one("state", enum=["active", "error"]),
        "reboot": one("type", enum=["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]),
    }
    if call.at_least(56):
        found["migrate"] = {"type": ["object", "null"], "properties": {"host": host}, "closed": True}
    return found


class ServerActions:
    """The handlers of server actions."""

    def __init__(self, nova: Nova, life: Life) -> None:
        """Serve the actions on Nova's servers."""
        self.nova = nova
        self.cloud = nova.cloud
        self.mover = nova.mover
        self.life = life
        self._actions: dict[str, Callable[[Call, Server, Any], web.Response]] = {
            "migrate": self.migrate,
            "confirmResize": self.confirm,
            "revertResize": self.revert,
            "os-migrateLive": self.live,
            "os-resetState": self.reset_state,
            "os-start": self.start,
            "os-stop": self.stop,
            "reboot": self.reboot,
            "pause": self.pause,
            "unpause": self.unpause,
            "lock": self.lock,
            "unlock": self.unlock,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        bind = self.nova.bind
        one = f"{ROOT}/servers/{{id}}"
        return [
            web.post(f"{one}/action", bind(self.act)),
            web.get(f"{one}/migrations", bind(self.migrations)),
            web.get(f"{one}/migrations/{{migration}}", bind(self.migration)),
            web.delete(f"{one}/migrations/{{migration}}", bind(self.abort)),
            web.post(f"{one}/migrations/{{migration}}/action", bind(self.migration_action)),
        ]

    async def act(self, call: Call) -> web.Response:
        """Do what the only key of the body names."""
        body = await object_body(call.request)
        if len(body) != 1:
            raise ApiError(400, "Malformed request body")
        name, data = next(iter(body.items()))
        if name not in self._actions:
            raise ApiError(400, f"There is no such action: {name}")
        schema = _schemas(call).get(name)
        if schema:
            check({name: data}, {"type": ["object"], "properties": {name: schema}})
        return self._actions[name](call, self.nova.server(call), data)

    # Guards

    @staticmethod
    def _asker(call: Call) -> Asker:
        return Asker(call.request_id, call.token.project_id, call.token.user.id)

    @staticmethod
    def _state(server: Server, action: str, *allowed: str) -> None:
        if server.vm_state not in allowed:
            raise ApiError(
                409, f"Cannot '{action}' instance {server.id} while it is in vm_state {server.vm_state}"
            )
        if server.task_state is not None:
            raise ApiError(
                409, f"Cannot '{action}' instance {server.id} while it is in task_state {server.task_state}"
            )

    @staticmethod
    def _unlocked(call: Call, server: Server) -> None:
        if server.locked and not call.token.is_admin:
            raise ApiError(409, f"Instance {server.id} is locked")

    def _target(self, server: Server, data: Any) -> str | None:
        target = data.get("host") if isinstance(data, dict) else None
        if target is None:
            return None
        if target not in self.cloud.hosts:
            raise ApiError(400, f"Compute host {target} could not be found.")
        return str(target)

    # Moves

    def migrate(self, call: Call, server: Server, data: Any) -> web.Response:
        """Migrate cold."""
        call.admin("os_compute_api:os-migrate-server:migrate")
        if not call.at_least(56):
            data = None
        self._state(server, "migrate", "active", "stopped")
        if not self.cloud.hosts[server.host or ""].up:
            raise ApiError(409, "Service is unavailable at this time.")
        target = self._target(server, data)
        if target is not None and target == server.host:
            raise ApiError(400, "Cannot migrate to the host where the server exists.")
        self.mover.cold(server, target, self._asker(call))
        return empty(202)

    def confirm(self, call: Call, server: Server, _: Any) -> web.Response:
        """Confirm a cold migration."""
        call.writer("os_compute_api:servers:confirm_resize")
        self._unlocked(call, server)
        self._state(server, "confirmResize", "resized")
        if self.mover.finished(server) is None:
            raise ApiError(400, "Instance has not been resized.")
        self.mover.confirm(server, self._asker(call))
        return empty(204)

    def revert(self, call: Call, server: Server, _: Any) -> web.Response:
        """Take a cold migration back."""
        call.writer("os_compute_api:servers:revert_resize")
        self._unlocked(call, server)
        self._state(server, "revertResize", "resized")
        self.mover.revert(server, self._asker(call))
        return empty(202)

    def live(self, call: Call, server: Server, data: Any) -> web.Response:
        """Migrate live."""
        call.admin("os_compute_api:os-migrate-server:migrate_live")
        forced = flag(str(data.get("force", False)))
        if forced and not data["host"]:
            raise ApiError(400, "Can't force to a non-provided destination")
        self._state(server, "os-migrateLive", "active", "paused")
        target = self._target(server, data)
        # Below 2.30 a named host was never verified by the scheduler.
        self.mover.live(server, target, forced or (target is not None and not call.at_least(30)), self._asker(call))
        return empty(202)

    # States

    def reset_state(self, call: Call, server: Server, data: Any) -> web.Response:
        """Write a state over whatever there is."""
        call.admin("os_compute_api:os-admin-actions:reset_state")
        wanted = data["state"]
        server.vm_state = wanted
        server.task_state = None
        self.cloud.changed()
        return empty(202)

    def start(self, call: Call, server: Server, _: Any) -> web.Response:
        """Start."""
        call.writer("os_compute_api:servers:start")
        self._unlocked(call, server)
        self._state(server, "start", "stopped")
        self.life.start(server, self._asker(call))
        return empty(202)

    def stop(self, call: Call, server: Server, _: Any) -> web.Response:
        """Stop."""
        call.writer("os_compute_api:servers:stop")
        self._unlocked(call, server)
        self._state(server, "stop", "active", "error")
        self.life.stop(server, self._asker(call))
        return empty(202)

    def reboot(self, call: Call, server: Server, _: Any) -> web.Response:
        """Reboot."""
        call.writer("os_compute_api:servers:reboot")
        self._unlocked(call, server)
        self._state(server, "reboot", "active", "stopped", "error")
        self.life.reboot(server, self._asker(call))
        return empty(202)

    def pause(self, call: Call, server: Server, _: Any) -> web.Response:
        """Pause."""
        call.writer("os_compute_api:os-pause-server:pause")
        self._unlocked(call, server)
        self._state(server, "pause", "active")
        self.life.pause(server, self._asker(call), True)
        return empty(202)

    def unpause(self, call: Call, server: Server, _: Any) -> web.Response:
        """Let a paused server go on."""
        call.writer("os_compute_api:os-pause-server:unpause")
        self._unlocked(call, server)
        self._state(server, "unpause", "paused")
        self.life.pause(server, self._asker(call), False)
        return empty(202)

    def lock(self, call: Call, server: Server, data: Any) -> web.Response:
        """Lock against the owner's changes."""
        call.writer("os_compute_api:os-lock-server:lock")
        server.locked = True
        server.locked_by = "owner" if call.token.project_id == server.project_id else "admin"
        self.life.records.action(server, "lock", self._asker(call))
        server.locked_reason = (data or {}).get("locked_reason") if call.at_least(73) else None
        return empty(202)

    def unlock(self, call: Call, server: Server, _: Any) -> web.Response:
        """Unlock."""
        call.writer("os_compute_api:os-lock-server:unlock")
        if server.locked and server.locked_by == "admin" and not call.token.is_admin:
            raise ApiError(403, "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
        self.life.records.action(server, "unlock", self._asker(call))
        server.locked = False
        server.locked_reason = None
        return empty(202)

    # Live migrations that go on

    def _found(self, call: Call, server: Server) -> Migration | None:
        text = call["migration"]
        found = self.cloud.migrations.get(int(text)) if text.isdigit() else None
        return found if found and found.server_id == server.id else None

    @staticmethod
    def _must_migrate(server: Server, what: str) -> None:
        if server.task_state != "migrating":
            raise ApiError(409, f"Instance {server.id} is in an invalid state for '{what}'")

    def _live_migration(self, call: Call, what: str) -> tuple[Server, Migration]:
        server = self.nova.server(call)
        self._must_migrate(server, what)
        found = self._found(call, server)
        if found is None:
            raise ApiError(404, f"Migration {call['migration']} could not be found for instance {server.id}.")
        return server, found

    async def migrations(self, call: Call) -> web.Response:
        """List the live migrations of a server that go on."""
        call.needs(23)
        server = self.nova.server(call)
        call.admin("os_compute_api:servers:migrations:index")
        shown = [
            views.server_migration(item, call.version)
            for item in self.cloud.migrations.values()
            if item.server_id == server.id and item.kind == "live-migration" and item.status in _GOING_ON
        ]
        return answer({"migrations": shown})

    async def migration(self, call: Call) -> web.Response:
        """Show a live migration that goes on."""
        call.needs(23)
        server = self.nova.server(call)
        call.admin("os_compute_api:servers:migrations:show")
        found = self._found(call, server)
        if found is None:
            raise ApiError(404, f"In-progress live migration {call['migration']} is not found for server {server.id}.")
        if found.kind != "live-migration" or found.status not in _GOING_ON:
            raise ApiError(404, f"Live migration {found.id} for server {server.id} is not in progress.")
        return answer({"migration": views.server_migration(found, call.version)})

    async def migration_action(self, call: Call) -> web.Response:
        """Force a live migration to its end."""
        call.needs(22)
        call.admin("os_compute_api:servers:migrations:force_complete")
        body: Json = await object_body(call.request)
        if set(body) != {"force_complete"}:
            raise ApiError(400, "There is no such action: " + ", ".join(body))
        server, found = self._live_migration(call, "force_complete")
        if found.status != "running":
            raise ApiError(
                400,
                f"Migration {found.id} state of instance {server.id} is {found.status}. {_NOT_MANAGEABLE}",
            )
        self.mover.force_complete(found, server, self._asker(call))
        return empty(202)

    async def abort(self, call: Call) -> web.Response:
        """Give a live migration up."""
        call.needs(24)
        call.admin("os_compute_api:servers:migrations:delete")
        server, found = self._live_migration(call, "abort live migration")
        allowed = _GOING_ON if call.at_least(65) else {"running"}
        if found.status not in allowed:
            raise ApiError(
                400,
                f"Migration {found.id} state of instance {server.id} is {found.status}. "
                "Cannot abort live migration while the migration is in this state.",
            )
        self.mover.abort(found, server, self._asker(call))
        return empty(202)
