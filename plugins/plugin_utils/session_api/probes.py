# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes: one event of each kind for a project that does not exist, so that an administrator sees whether events come through."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import asking, measure, schemas
from .errors import BadRequest
from .libraries import sa
from .models import MessageRow, OutboxRow
from .unit import Unit

STATE = "PROBE"
_WINDOW = datetime.timedelta(seconds=60)


def check(probe_id: str) -> None:
    """Raise for an id that is not a UUID: what is sent must not reach anybody, and nobody has such a project."""
    if re.fullmatch(schemas.PROBE_ID["pattern"], probe_id) is None:
        raise BadRequest("probe_id", "probe_id must be a UUID in lower case")


def project_of(probe_id: str) -> str:
    """Return the project that a probe is for. It begins with a word, so that no project of Keystone has this id."""
    return f"probe-{probe_id}"


def event_types(unit: Unit) -> list[str]:
    """Return the types of all events that the service emits."""
    return list(dict.fromkeys((*unit.settings.event_types, messages.EVENT_HOST, messages.EVENT_SESSION)))


def send(unit: Unit, probe_id: str) -> None:
    """Emit a probe of each type; one that is still on its way is not sent twice."""
    if waiting(unit, probe_id):
        return
    for event_type in event_types(unit):
        unit.notify(event_type, _payload(unit, probe_id, event_type), lane=_lane(probe_id))


def waiting(unit: Unit, probe_id: str) -> list[dict[str, t.Any]]:
    """Return what of a probe the bus or the intake has not taken, and what it said."""
    rows = unit.db.scalars(sa.select(OutboxRow).where(OutboxRow.lane == _lane(probe_id)).order_by(OutboxRow.number))
    return [{"event_type": row.event_type, "error": row.error} for row in rows]


def _lane(probe_id: str) -> str:
    return f"probe/{probe_id}"


def _payload(unit: Unit, probe_id: str, event_type: str) -> dict[str, t.Any]:
    about = {"project_id": project_of(probe_id), "session_id": probe_id, "state": STATE}
    if event_type == messages.EVENT_HOST:
        return {**about, "host": "probe"}
    if event_type == messages.EVENT_SESSION:
        progress = measure.written(unit, STATE, measure.Measured())
        return {**about, "percent_done": progress["percent_done"], "progress": progress}
    due = unit.now + _WINDOW
    # Never stored: it is only written as any message is, dates included, for a single unreadable date loses an event.
    message = MessageRow(
        session_id=probe_id,
        project_id=about["project_id"],
        state=STATE,
        dialect=messages.HOST_DIALECT,
        instance_ids=[],
        allowed_actions=list(messages.ACTIONS),
        meta={},
        actions_at=due,
        reply_at=due,
        reply_url=unit.settings.project_url(probe_id, about["project_id"]),
    )
    return asking.payload(unit, message)
