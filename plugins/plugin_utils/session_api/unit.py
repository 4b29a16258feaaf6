# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A unit of work: one transaction, one moment, and what every piece of the conversation needs of the configuration."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import typing as t
import uuid

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import addresses, config, times
from .libraries import cfg, orm
from .models import EventRow, OutboxRow, SessionRow
from .store.database import Store


@dataclasses.dataclass(frozen=True)
class Settings:
    """The options that the conversation itself depends on."""

    public_endpoint: str
    publisher_id: str
    event_types: tuple[str, ...]
    windows: t.Mapping[str, int]
    max_window: int
    max_sessions: int
    max_lease: int
    keep_deleted: int
    max_extension: int
    max_subscriptions: int
    overlap: int
    networks: addresses.Networks

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> Settings:
        """Take them out of the configuration."""
        asked = [state for state in messages.MESSAGE_STATES if messages.wants_reply(state)]
        return cls(
            public_endpoint=config.public_endpoint(conf),
            publisher_id=conf.publisher_id,
            event_types=tuple(dict.fromkeys(conf.notifications.event_types)),
            windows={state: config.window(conf, state) for state in asked},
            max_window=conf.conversation.max_window,
            max_sessions=conf.conversation.max_sessions,
            max_lease=conf.conversation.max_lease,
            keep_deleted=conf.conversation.keep_deleted,
            max_extension=conf.conversation.max_extension,
            max_subscriptions=conf.webhooks.max_subscriptions,
            overlap=conf.webhooks.overlap,
            networks=config.networks(conf),
        )

    def project_url(self, session_id: str, project_id: str, instance_id: str | None = None) -> str:
        """Return the URL at which a project reads its instances and replies."""
        url = f"{self.public_endpoint}/v1/maintenance/{session_id}/{project_id}"
        return url if instance_id is None else f"{url}/{instance_id}"


def stamped(payload: dict[str, t.Any], message_id: str) -> dict[str, t.Any]:
    """Write a payload with what every notification carries."""
    return {"service": "fenix", "message_id": message_id, **payload}


class Unit:
    """One transaction. ``now`` was read after the transaction got its turn."""

    def __init__(self, db: orm.Session, now: datetime.datetime, settings: Settings) -> None:
        """Work in this transaction at this moment."""
        self.db = db
        self.now = now
        self.settings = settings
        self.notified = False
        # Subscriptions by project, looked up once however many messages a transaction writes.
        self.listeners: dict[str, list[str]] = {}

    def log(self, session: SessionRow, kind: str, text: str, **about: str | None) -> None:
        """Write a line of the session's event log."""
        self.db.add(EventRow(session_id=session.id, at=self.now, kind=kind, text=text, **about))

    def notify(self, event_type: str, payload: dict[str, t.Any], *, lane: str, message_id: str | None = None) -> None:
        """Put a notification into the outbox; it leaves after this transaction has been committed, in its lane's order."""
        notification_id = str(uuid.uuid4())
        self.db.add(
            OutboxRow(
                notification_id=notification_id,
                lane=lane,
                message_id=message_id,
                event_type=event_type,
                publisher_id=self.settings.publisher_id,
                payload=stamped(payload, message_id or notification_id),
                created_at=self.now,
            )
        )
        self.notified = True


class Work:
    """Makes units of work and tells who waits for a commit."""

    def __init__(self, store: Store, settings: Settings, clock: times.Clock) -> None:
        """Make units of this store, by this clock."""
        self.store = store
        self.settings = settings
        self.clock = clock
        self.on_notified: t.Callable[[], None] = lambda: None
        self.on_written: t.Callable[[], None] = lambda: None

    @contextlib.contextmanager
    def read(self) -> t.Iterator[Unit]:
        """Open a unit that changes nothing."""
        with self.store.read() as db:
            yield Unit(db, self.clock(), self.settings)

    @contextlib.contextmanager
    def write(self) -> t.Iterator[Unit]:
        """Open a unit that is committed at its end, or rolled back when an exception leaves it."""
        with self.store.write() as db:
            unit = Unit(db, self.clock(), self.settings)
            yield unit
        self.on_written()
        if unit.notified:
            self.on_notified()
