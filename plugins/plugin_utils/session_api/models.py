# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables. Every change here needs a file in ``migrations/versions``; a test compares the two."""

from __future__ import annotations

import datetime
import typing as t

from .libraries import orm, sa

Mapped = orm.Mapped
column = orm.mapped_column

ID = sa.String(64)
WORD = sa.String(64)
NAME = sa.String(255)
# An integer that SQLite takes as its row id.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Base(orm.DeclarativeBase):
    """Root of the tables."""


class SessionRow(Base):
    """One maintenance run over a set of hosts."""

    __tablename__ = "sessions"

    id: Mapped[str] = column(ID, primary_key=True)
    number: Mapped[int] = column(sa.Integer, index=True)
    name: Mapped[str | None] = column(NAME, index=True)
    state: Mapped[str] = column(WORD)
    round: Mapped[int] = column(sa.Integer, default=1)
    reason: Mapped[str | None] = column(sa.Text)
    workflow: Mapped[str] = column(WORD)
    meta: Mapped[dict[str, t.Any]] = column("metadata", sa.JSON)
    maintenance_at: Mapped[datetime.datetime] = column(sa.DateTime)
    download: Mapped[list[t.Any]] = column(sa.JSON)
    actions: Mapped[list[t.Any]] = column(sa.JSON)
    owner_project_id: Mapped[str] = column(ID)
    any_host: Mapped[bool] = column(sa.Boolean, default=False)
    created_at: Mapped[datetime.datetime] = column(sa.DateTime)
    updated_at: Mapped[datetime.datetime] = column(sa.DateTime)
    deleted_at: Mapped[datetime.datetime | None] = column(sa.DateTime, index=True)
    lease_holder: Mapped[str | None] = column(NAME)
    lease_token: Mapped[int] = column(sa.Integer, default=0)
    lease_ttl: Mapped[int] = column(sa.Integer, default=0)
    lease_expires_at: Mapped[datetime.datetime | None] = column(sa.DateTime)
    # Written whole; what has never been controlled has none.
    control: Mapped[dict[str, t.Any] | None] = column(sa.JSON(none_as_null=True))
    # What the runner waits for, besides replies.
    waiting: Mapped[str | None] = column(sa.Text)
    # When the bus heard of its progress last.
    told_at: Mapped[datetime.datetime | None] = column(sa.DateTime)


def _session_id() -> t.Any:
    return column(ID, sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)


class HostRow(Base):
    """A compute host of a session."""

    __tablename__ = "hosts"

    session_id: Mapped[str] = _session_id()
    name: Mapped[str] = column(NAME, primary_key=True)
    position: Mapped[int] = column(sa.Integer)
    type: Mapped[str] = column(WORD, default="compute")
    state: Mapped[str] = column(WORD)
    disabled: Mapped[bool] = column(sa.Boolean, default=False)
    reason: Mapped[str | None] = column(sa.Text)
    updated_at: Mapped[datetime.datetime] = column(sa.DateTime)
    verifying: Mapped[bool] = column(sa.Boolean, default=False, server_default=sa.false())
    # Of its hypervisor: the first that the runner told, and the last.
    version_before: Mapped[str | None] = column(NAME)
    version: Mapped[str | None] = column(NAME)
    # Instances on it when the session first heard of them, and when its work began and ended last: what progress is measured by.
    servers: Mapped[int | None] = column(sa.Integer)
    began_at: Mapped[datetime.datetime | None] = column(sa.DateTime)
    ended_at: Mapped[datetime.datetime | None] = column(sa.DateTime)


class InstanceRow(Base):
    """An instance in the inventory of a session."""

    __tablename__ = "instances"
    __table_args__ = (sa.Index("ix_instances_on_host", "session_id", "host"),)

    session_id: Mapped[str] = _session_id()
    id: Mapped[str] = column(ID, primary_key=True)
    position: Mapped[int] = column(sa.Integer)
    name: Mapped[str | None] = column(NAME)
    project_id: Mapped[str] = column(ID, index=True)
    project_name: Mapped[str | None] = column(NAME)
    host: Mapped[str | None] = column(NAME)
    state: Mapped[str | None] = column(WORD)
    how: Mapped[str | None] = column(WORD)
    from_host: Mapped[str | None] = column(NAME)
    seconds: Mapped[float | None] = column(sa.Float)
    reason: Mapped[str | None] = column(sa.Text)
    updated_at: Mapped[datetime.datetime] = column(sa.DateTime)


class MessageRow(Base):
    """One notification to one project, and what the project replied."""

    __tablename__ = "messages"
    __table_args__ = (
        sa.Index("ix_messages_due", "status", "reply_at"),
        sa.Index("ix_messages_of_project", "session_id", "project_id"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = column(NUMBER, primary_key=True, autoincrement=True)
    id: Mapped[str] = column(ID, unique=True)
    session_id: Mapped[str] = column(ID, sa.ForeignKey("sessions.id", ondelete="CASCADE"))
    project_id: Mapped[str] = column(ID)
    state: Mapped[str] = column(WORD)
    key: Mapped[str] = column(NAME, default="")
    round: Mapped[int] = column(sa.Integer)
    dialect: Mapped[str] = column(WORD)
    instance_ids: Mapped[list[str]] = column(sa.JSON)
    allowed_actions: Mapped[list[str]] = column(sa.JSON)
    meta: Mapped[dict[str, t.Any]] = column("metadata", sa.JSON)
    actions_at: Mapped[datetime.datetime | None] = column(sa.DateTime)
    reply_at: Mapped[datetime.datetime | None] = column(sa.DateTime)
    reply_url: Mapped[str] = column(sa.Text)
    status: Mapped[str] = column(WORD)
    created_at: Mapped[datetime.datetime] = column(sa.DateTime)
    sent_at: Mapped[datetime.datetime | None] = column(sa.DateTime)
    replied_at: Mapped[datetime.datetime | None] = column(sa.DateTime)
    reply_state: Mapped[str | None] = column(WORD)
    reply_actions: Mapped[dict[str, str]] = column(sa.JSON)
    reason: Mapped[str | None] = column(sa.Text)
    extended: Mapped[int] = column(sa.Integer, default=0, server_default="0")


class EventRow(Base):
    """What happened, in the order in which it happened."""

    __tablename__ = "events"
    __table_args__ = (sa.Index("ix_events_of_session", "session_id", "number"), {"sqlite_autoincrement": True})

    number: Mapped[int] = column(NUMBER, primary_key=True, autoincrement=True)
    session_id: Mapped[str] = column(ID, sa.ForeignKey("sessions.id", ondelete="CASCADE"))
    at: Mapped[datetime.datetime] = column(sa.DateTime)
    kind: Mapped[str] = column(WORD)
    text: Mapped[str] = column(sa.Text)
    project_id: Mapped[str | None] = column(ID)
    host: Mapped[str | None] = column(NAME)
    instance_id: Mapped[str | None] = column(ID)
    message_id: Mapped[str | None] = column(ID)


class ConstraintRow(Base):
    """What an instance or a group tolerates, as its project says; one project never touches another's."""

    __tablename__ = "constraints"

    kind: Mapped[str] = column(WORD, primary_key=True)
    id: Mapped[str] = column(ID, primary_key=True)
    project_id: Mapped[str] = column(ID, primary_key=True)
    body: Mapped[dict[str, t.Any]] = column(sa.JSON)
    updated_at: Mapped[datetime.datetime] = column(sa.DateTime)


class OutboxRow(Base):
    """A notification that has not been taken yet. No foreign key: it outlives its session."""

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = column(NUMBER, primary_key=True, autoincrement=True)
    notification_id: Mapped[str] = column(ID)
    lane: Mapped[str] = column(NAME)
    message_id: Mapped[str | None] = column(ID)
    event_type: Mapped[str] = column(NAME)
    publisher_id: Mapped[str] = column(NAME)
    payload: Mapped[dict[str, t.Any]] = column(sa.JSON)
    created_at: Mapped[datetime.datetime] = column(sa.DateTime)
    attempts: Mapped[int] = column(sa.Integer, default=0)
    error: Mapped[str | None] = column(sa.Text)


class SubscriptionRow(Base):
    """An address at which a project wants to hear its messages directly."""

    __tablename__ = "subscriptions"
    __table_args__ = (sa.UniqueConstraint("project_id", "url", name="uq_subscriptions_url"), {"sqlite_autoincrement": True})

    number: Mapped[int] = column(NUMBER, primary_key=True, autoincrement=True)
    id: Mapped[str] = column(ID, unique=True)
    project_id: Mapped[str] = column(ID)
    url: Mapped[str] = column(sa.String(1024))
    description: Mapped[str] = column(sa.Text)
    enabled: Mapped[bool] = column(sa.Boolean)
    disabled_reason: Mapped[str | None] = column(sa.Text)
    secret: Mapped[str] = column(sa.String(128))
    # Newest first, as [{"secret", "until"}].
    old_secrets: Mapped[list[dict[str, str]]] = column(sa.JSON)
    created_at: Mapped[datetime.datetime] = column(sa.DateTime)
    updated_at: Mapped[datetime.datetime] = column(sa.DateTime)


class DeliveryRow(Base):
    """One message on its way to one subscription. No foreign key to message and session: it outlives them."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.Index("ix_deliveries_of_subscription", "subscription_id", "status", "number"),
        sa.Index("ix_deliveries_status", "status", "ended_at"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = column(NUMBER, primary_key=True, autoincrement=True)
    id: Mapped[str] = column(ID, unique=True)
    subscription_id: Mapped[str] = column(ID, sa.ForeignKey("subscriptions.id", ondelete="CASCADE"))
    session_id: Mapped[str] = column(ID)
    message_id: Mapped[str] = column(ID)
    state: Mapped[str] = column(WORD)
    body: Mapped[str] = column(sa.Text)
    status: Mapped[str] = column(WORD)
    # Asked for again by somebody: sent although the message may have been answered since.
    resent: Mapped[bool] = column(sa.Boolean, default=False)
    # Others need not wait for it.
    aside: Mapped[bool] = column(sa.Boolean, default=False)
    attempts: Mapped[int] = column(sa.Integer, default=0)
    created_at: Mapped[datetime.datetime] = column(sa.DateTime)
    began_at: Mapped[datetime.datetime] = column(sa.DateTime)
    next_at: Mapped[datetime.datetime] = column(sa.DateTime)
    ended_at: Mapped[datetime.datetime | None] = column(sa.DateTime)
    http_status: Mapped[int | None] = column(sa.Integer)
    error: Mapped[str | None] = column(sa.Text)
