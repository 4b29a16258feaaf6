# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be asked of a server: POST /servers/{id}/action, and its live migrations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from . import compute_views as views
from .compute import ROOT, Call, Nova
from .life import Life
from .moves import fault
from .records import Asker
from .state import Migration, Server
from .web import ApiError, Json, answer, empty, flag, json_body

_GOING_ON = frozenset({"queued", "preparing", "running"})
_NOT_MANAGEABLE = "Cannot force_complete while the migration is in this state."


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
        body = await json_body(call.request)
        if len(body) != 1:
            raise ApiError(400, "There is no such action: " + ", ".join(body))
        name, data = next(iter(body.items()))
        if name not in self._actions:
            raise ApiError(400, f"There is no such action: {name}")
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
        if target == server.host:
            raise ApiError(400, f"Cannot migrate to the host where the server exists: {target}.")
        return str(target)

    # Moves

    def migrate(self, call: Call, server: Server, data: Any) -> web.Response:
        """Migrate cold."""
        call.admin("os_compute_api:os-migrate-server:migrate")
        if data is not None and not call.at_least(56):
            data = None
        if data is not None and (not isinstance(data, dict) or set(data) - {"host"}):
            raise ApiError(400, f"Invalid input for field/attribute migrate. Value: {data}.")
        self._state(server, "migrate", "active", "stopped")
        target = self._target(server, data)
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
        if not isinstance(data, dict):
            raise ApiError(400, f"Invalid input for field/attribute os-migrateLive. Value: {data}.")
        for name in ("host", "block_migration"):
            if name not in data:
                raise ApiError(
                    400, f"Invalid input for field/attribute os-migrateLive. '{name}' is a required property"
                )
        allowed = {"host", "block_migration"}
        if not call.at_least(25):
            allowed.add("disk_over_commit")
        if call.at_least(30) and not call.at_least(68):
            allowed.add("force")
        if set(data) - allowed:
            names = ", ".join(sorted(set(data) - allowed))
            raise ApiError(400, f"Invalid input for field/attribute os-migrateLive. Additional properties: {names}")
        if data["block_migration"] == "auto" and not call.at_least(25):
            raise ApiError(400, "Invalid input for field/attribute block_migration. Value: auto.")
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
        wanted = (data or {}).get("state")
        if wanted not in {"active", "error"}:
            raise ApiError(400, f"Invalid input for field/attribute state. Value: {wanted}.")
        server.vm_state = wanted
        server.task_state = None
        if wanted == "error":
            server.fault = fault(500, "The state was reset.")
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

    def lock(self, call: Call, server: Server, data: Any) -> web.Response:
        """Lock against the owner's changes."""
        call.writer("os_compute_api:os-lock-server:lock")
        server.locked = True
        server.locked_reason = (data or {}).get("locked_reason") if call.at_least(73) else None
        return empty(202)

    def unlock(self, call: Call, server: Server, _: Any) -> web.Response:
        """Unlock."""
        call.writer("os_compute_api:os-lock-server:unlock")
        server.locked = False
        server.locked_reason = None
        return empty(202)

    # Live migrations that go on

    def _live_migration(self, call: Call) -> tuple[Server, Migration]:
        server = self.nova.server(call)
        text = call["migration"]
        found = self.cloud.migrations.get(int(text)) if text.isdigit() else None
        if found is None or found.server_id != server.id:
            raise ApiError(404, f"Migration {text} could not be found for instance {server.id}.")
        return server, found

    async def migrations(self, call: Call) -> web.Response:
        """List the live migrations of a server that go on."""
        call.needs(23)
        call.admin("os_compute_api:servers:migrations:index")
        server = self.nova.server(call)
        shown = [
            views.server_migration(item, call.version)
            for item in self.cloud.migrations.values()
            if item.server_id == server.id and item.kind == "live-migration" and item.status in _GOING_ON
        ]
        return answer({"migrations": shown})

    async def migration(self, call: Call) -> web.Response:
        """Show a live migration that goes on."""
        call.needs(23)
        call.admin("os_compute_api:servers:migrations:show")
        server, found = self._live_migration(call)
        if found.kind != "live-migration" or found.status not in _GOING_ON:
            raise ApiError(404, f"Live migration {found.id} for server {server.id} is not in progress.")
        return answer({"migration": views.server_migration(found, call.version)})

    async def migration_action(self, call: Call) -> web.Response:
        """Force a live migration to its end."""
        call.needs(22)
        call.admin("os_compute_api:servers:migrations:force_complete")
        body: Json = await json_body(call.request)
        if set(body) != {"force_complete"}:
            raise ApiError(400, "There is no such action: " + ", ".join(body))
        server, found = self._live_migration(call)
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
        server, found = self._live_migration(call)
        allowed = _GOING_ON if call.at_least(65) else {"running"}
        if found.status not in allowed:
            raise ApiError(
                400,
                f"Migration {found.id} state of instance {server.id} is {found.status}. "
                "Cannot abort live migration while the migration is in this state.",
            )
        self.mover.abort(found, server, self._asker(call))
        return empty(202)
