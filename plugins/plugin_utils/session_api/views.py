# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as resources: what stands on the wire for each."""

from __future__ import annotations

import typing as t

from . import times
from .models import EventRow, HostRow, InstanceRow, MessageRow, SessionRow

Json = dict[str, t.Any]


def session(
    row: SessionRow,
    hosts: t.Sequence[HostRow],
    pending: t.Sequence[MessageRow],
    progress: Json,
    instances: t.Sequence[InstanceRow] | None = None,
    *,
    wanted: Json | None = None,
) -> Json:
    """Write a session; without ``instances`` the key is left out.

    :param wanted: what people want of its run; None for who may see neither that nor who runs it.
    """
    body: Json = {
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "round": row.round,
        "reason": row.reason,
        "workflow": row.workflow,
        "metadata": row.meta,
        "maintenance_at": times.wire(row.maintenance_at),
        "created_at": times.wire(row.created_at),
        "updated_at": times.wire(row.updated_at),
        "percent_done": progress["percent_done"],
        "progress": progress,
        "hosts": [host(one, whole=wanted is not None) for one in hosts],
        "lease": lease(row) if wanted is not None else None,
        "control": wanted,
        "waiting_for": [
            {"project_id": one.project_id, "state": one.state, "message_id": one.id, "reply_at": times.wire(one.reply_at)}
            for one in pending
        ],
    }
    if instances is not None:
        body["instances"] = [instance(one) for one in instances]
    return body


def lease(row: SessionRow) -> Json | None:
    """Write who may write, and until when."""
    if row.lease_holder is None:
        return None
    return {"holder": row.lease_holder, "token": row.lease_token, "expires_at": times.wire(row.lease_expires_at)}


def host(row: HostRow, *, whole: bool = True) -> Json:
    """Write a host.

    :param whole: with its versions, which are the administrator's business.
    """
    return {
        "name": row.name,
        "type": row.type,
        "state": row.state,
        "disabled": row.disabled,
        "reason": row.reason,
        "verifying": row.verifying,
        "version_before": row.version_before if whole else None,
        "version": row.version if whole else None,
        "updated_at": times.wire(row.updated_at),
    }


def instance(row: InstanceRow) -> Json:
    """Write an instance."""
    return {
        "id": row.id,
        "name": row.name,
        "project_id": row.project_id,
        "project_name": row.project_name,
        "host": row.host,
        "state": row.state,
        "how": row.how,
        "from_host": row.from_host,
        "seconds": row.seconds,
        "reason": row.reason,
        "updated_at": times.wire(row.updated_at),
    }


def message(row: MessageRow) -> Json:
    """Write a message."""
    reply = {"state": row.reply_state, "instance_actions": row.reply_actions} if row.reply_state else None
    return {
        "id": row.id,
        "session_id": row.session_id,
        "project_id": row.project_id,
        "state": row.state,
        "key": row.key,
        "round": row.round,
        "dialect": row.dialect,
        "instance_ids": row.instance_ids,
        "allowed_actions": row.allowed_actions,
        "metadata": row.meta,
        "actions_at": times.wire(row.actions_at),
        "reply_at": times.wire(row.reply_at),
        "reply_url": row.reply_url,
        "status": row.status,
        "created_at": times.wire(row.created_at),
        "sent_at": times.wire(row.sent_at),
        "replied_at": times.wire(row.replied_at),
        "reply": reply,
        "reason": row.reason,
        "extended": row.extended,
    }


def event(row: EventRow) -> Json:
    """Write a line of the event log; what it is not about is left out."""
    body: Json = {"number": row.number, "at": times.wire(row.at), "kind": row.kind, "text": row.text}
    for name in ("project_id", "host", "instance_id", "message_id"):
        if getattr(row, name) is not None:
            body[name] = getattr(row, name)
    return body
