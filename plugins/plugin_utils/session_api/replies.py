# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replies of projects, and what a project finds at its URL."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import conversation
from .libraries import sa
from .models import ConstraintRow, InstanceRow, MessageRow, SessionRow
from .unit import Unit

INSTANCE = "instance"


def take(unit: Unit, session: SessionRow, project_id: str, reply: conversation.Reply) -> list[MessageRow]:
    """Take a project's reply; returns the messages it settled, none when it said nothing new."""
    query = sa.select(MessageRow).where(
        MessageRow.session_id == session.id, MessageRow.project_id == project_id, MessageRow.state == reply.verdict.state
    )
    if reply.instance_id is not None:
        # In instance dialect the others are none of its business, and there may be very many of them.
        own = MessageRow.reply_url.endswith(f"/{session.id}/{project_id}/{reply.instance_id}", autoescape=True)
        query = query.where(sa.or_(own, MessageRow.dialect == messages.HOST_DIALECT))
    settled = conversation.decide(reply, list(unit.db.scalars(query.order_by(MessageRow.number))), unit.now)
    for message, actions in settled:
        message.status = messages.ACKNOWLEDGED if reply.verdict.acknowledged else messages.REFUSED
        message.replied_at = unit.now
        message.reply_state = reply.verdict.text
        message.reply_actions = actions
        message.reason = reply.reason
        after = f"after {(unit.now - message.created_at).total_seconds():.1f} s"
        said = ", ".join(f"{instance}: {action}" for instance, action in actions.items())
        text = " ".join(
            part
            for part in (
                f"project {project_id}: {reply.verdict.text} {after}",
                said and f"({said})",
                reply.reason and f"because {reply.reason}",
            )
            if part
        )
        unit.log(session, f"message.{message.status}", text, project_id=project_id, message_id=message.id)
    return [message for message, _actions in settled]


def fallback(unit: Unit, project_id: str, instance_id: str) -> dict[str, str]:
    """Return the action an instance's constraints wish for, for a reply that names none."""
    row = unit.db.get(ConstraintRow, (INSTANCE, instance_id, project_id))
    wish = row.body.get("migration_type") if row is not None else None
    return {instance_id: wish} if wish else {}


def instance_ids(unit: Unit, session: SessionRow, project_id: str) -> list[str]:
    """Return what a project has to think about: the instances of its pending message, else all it has in the session."""
    pending = unit.db.scalars(
        sa.select(MessageRow)
        .where(
            MessageRow.session_id == session.id,
            MessageRow.project_id == project_id,
            MessageRow.status == messages.PENDING,
            MessageRow.dialect == messages.HOST_DIALECT,
            MessageRow.state.in_(messages.INSTANCE_STATES),
        )
        .order_by(MessageRow.number)
    )
    listed: t.Iterable[str] = [instance for message in pending for instance in message.instance_ids]
    if not listed:
        inventory = sa.select(InstanceRow.id).where(InstanceRow.session_id == session.id, InstanceRow.project_id == project_id)
        listed = unit.db.scalars(inventory.order_by(InstanceRow.position))
    return list(dict.fromkeys(listed))
