# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's memory of what was done: instance actions with their events, and migrations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .clock import now
from .state import Action, ActionEvent, Cloud, Migration, Server
from .web import new_request_id


class EventFailed(Exception):
    """Ends an event of an instance action with the result Error; a fatal one leaves the server in ERROR."""

    def __init__(self, message: str, fatal: bool = False) -> None:
        """Say what failed."""
        super().__init__(message)
        self.fatal = fatal


@dataclass(slots=True, frozen=True)
class Asker:
    """Who asked for an action."""

    request_id: str
    project_id: str
    user_id: str

    @classmethod
    def internal(cls, server: Server) -> Asker:
        """Return the server's owner, for what the lab or Tacker begins."""
        return cls(new_request_id(), server.project_id, server.user_id)


class Records:
    """Writes actions and migrations."""

    def __init__(self, cloud: Cloud) -> None:
        """Write to the cloud's records."""
        self.cloud = cloud

    def action(self, server: Server, name: str, asker: Asker) -> Action:
        """Begin an instance action."""
        action = Action(asker.request_id, name, server.id, asker.project_id, asker.user_id)
        self.cloud.actions[server.id].append(action)
        return action

    @contextmanager
    def event(self, action: Action, name: str, host: str | None = None) -> Iterator[ActionEvent]:
        """Record a step; a failure inside marks step and action as Error and goes on upwards.

        Who is killed meanwhile finishes nothing and says nothing.
        """
        event = ActionEvent(name, now(), host=host)
        action.events.append(event)
        try:
            yield event
        except asyncio.CancelledError:
            raise
        except BaseException as failure:
            event.result = "Error"
            event.details = str(failure) or type(failure).__name__
            action.message = "Error"
            event.finish = action.updated = now()
            raise
        else:
            event.result = "Success"
            event.finish = action.updated = now()

    def migration(self, server: Server, kind: str, status: str, asker: Asker, dest: str | None = None) -> Migration:
        """Begin a migration."""
        migration = Migration(
            id=self.cloud.number("migration"),
            uuid=self.cloud.new_id(),
            server_id=server.id,
            project_id=asker.project_id,
            user_id=asker.user_id,
            kind=kind,
            source=server.host or "",
            dest=dest,
            status=status,
            flavor_number=1,
            source_node=server.host if kind in {"migration", "resize"} else None,
        )
        self.cloud.migrations[migration.id] = migration
        return migration
