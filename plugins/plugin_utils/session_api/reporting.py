# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a session as it is now, for one who may see all of it or for a project, which sees its own part."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import model

from . import sessions, times, views
from .libraries import sa
from .models import EventRow, MessageRow, SessionRow
from .unit import Unit

Json = dict[str, t.Any]

MOST_EVENTS = 50_000


def report(unit: Unit, session_id: str, project_id: str | None) -> Json:
    """Make the report.

    :param project_id: the project whose part it is; None for one who sees all.
    :raises SessionNotFound: when there is no such session, or it does not concern the project.
    """
    row = sessions.visible(unit, session_id, project_id)
    told = sa.select(MessageRow).where(MessageRow.session_id == session_id).order_by(MessageRow.number)
    if project_id is not None:
        told = told.where(MessageRow.project_id == project_id)
    return model.build(
        sessions.view(unit, row, project_id),
        [views.message(one) for one in unit.db.scalars(told)],
        [views.event(one) for one in unit.db.scalars(events(session_id, project_id).limit(MOST_EVENTS))],
        str(times.wire(unit.now)),
    )


def events(session_id: str, project_id: str | None) -> t.Any:
    """Select the events of a session that somebody may see, in their order."""
    query = sa.select(EventRow).where(EventRow.session_id == session_id).order_by(EventRow.number)
    if project_id is None:
        return query
    return query.where(sa.or_(EventRow.project_id == project_id, EventRow.kind == "session.state"))


def mark(unit: Unit, session_id: str) -> tuple[t.Any, ...]:
    """Return what is another one whenever the report of a session is."""
    row = unit.db.get(SessionRow, session_id)
    last = sa.select(sa.func.max(EventRow.number)).where(EventRow.session_id == session_id)
    return (unit.db.scalar(last), row and (row.updated_at, row.deleted_at, row.waiting, row.lease_holder))
