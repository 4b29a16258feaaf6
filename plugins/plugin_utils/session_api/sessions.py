# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions: made, found, brought from state to state, continued, ended."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
import uuid

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import waves

from . import asking, control, measure, times, views
from .errors import BadRequest, Conflict, SessionNotFound, TooMany
from .libraries import sa
from .models import HostRow, InstanceRow, MessageRow, SessionRow
from .unit import Unit

LATEST_START = datetime.timedelta(seconds=60)
_SHOWN = 10


@dataclasses.dataclass(frozen=True)
class Wish:
    """What an administrator wants a session to be."""

    hosts: tuple[str, ...]
    maintenance_at: datetime.datetime
    workflow: str
    metadata: dict[str, t.Any]
    download: list[t.Any]
    actions: list[t.Any]
    name: str | None
    owner_project_id: str


def create(unit: Unit, wish: Wish) -> SessionRow:
    """Open a session, or return the one of that name that is open already."""
    if wish.name is not None:
        known: SessionRow | None = unit.db.scalar(_open().where(SessionRow.name == wish.name))
        if known is not None:
            return known
    if wish.maintenance_at < unit.now - LATEST_START:
        raise BadRequest("maintenance_at", f"{times.wire(wish.maintenance_at)} is in the past")
    if (unit.db.scalar(sa.select(sa.func.count()).select_from(_open().subquery())) or 0) >= unit.settings.max_sessions:
        raise TooMany("Too many sessions")
    refuse_shared_hosts(unit, wish.hosts)
    row = SessionRow(
        id=str(uuid.uuid4()),
        number=1 + (unit.db.scalar(sa.select(sa.func.max(SessionRow.number))) or 0),
        name=wish.name,
        state=messages.MAINTENANCE,
        round=1,
        workflow=wish.workflow,
        meta=wish.metadata,
        maintenance_at=wish.maintenance_at,
        download=wish.download,
        actions=wish.actions,
        owner_project_id=wish.owner_project_id,
        any_host=not wish.hosts,
        created_at=unit.now,
        updated_at=unit.now,
        lease_token=0,
        lease_ttl=0,
    )
    unit.db.add(row)
    unit.db.flush()
    for position, host in enumerate(wish.hosts):
        unit.db.add(
            HostRow(
                session_id=row.id,
                name=host,
                position=position,
                type="compute",
                state=messages.HOST_WAITING,
                disabled=False,
                updated_at=unit.now,
            )
        )
    unit.log(
        row,
        "session.created",
        f"{len(wish.hosts) or 'hosts yet to be named'}{' hosts' if wish.hosts else ''}, {wish.workflow} workflow",
    )
    unit.db.flush()
    publish(unit, row)
    return row


def _open() -> t.Any:
    return sa.select(SessionRow).where(SessionRow.deleted_at.is_(None), SessionRow.state != messages.MAINTENANCE_DONE)


def refuse_shared_hosts(unit: Unit, hosts: t.Iterable[str], besides: str | None = None) -> None:
    """Raise when other open sessions have some of these hosts."""
    taken = unit.db.execute(
        sa.select(HostRow.name, SessionRow.id, SessionRow.name.label("session_name"), SessionRow.state)
        .join(SessionRow, SessionRow.id == HostRow.session_id)
        .where(
            HostRow.name.in_(list(hosts)),
            SessionRow.deleted_at.is_(None),
            SessionRow.state != messages.MAINTENANCE_DONE,
            SessionRow.id != (besides or ""),
        )
        .order_by(SessionRow.number, HostRow.position)
    ).all()
    if taken:
        first = taken[0]
        same = [one.name for one in taken if one.id == first.id]
        named = f" ({first.session_name})" if first.session_name else ""
        raise Conflict(
            f"host {', '.join(same[:_SHOWN])}{' …' if len(same) > _SHOWN else ''}"
            f" belong{'s' if len(same) == 1 else ''} to the open session {first.id}{named}, which is {first.state}",
            host=first.name,
            session_id=first.id,
            hosts=same,
        )


def find(unit: Unit, session_id: str, *, deleted: bool = False) -> SessionRow:
    """Return a session; a deleted one only when asked for."""
    row: SessionRow | None = unit.db.get(SessionRow, session_id)
    if row is None or (row.deleted_at is not None and not deleted):
        raise SessionNotFound
    return row


def concerns(unit: Unit, session_id: str, project_id: str) -> bool:
    """Whether a project has instances in a session or was told something in it."""
    for table in (InstanceRow, MessageRow):
        found = sa.select(table.session_id).where(table.session_id == session_id, table.project_id == project_id)
        if unit.db.execute(found.limit(1)).first() is not None:
            return True
    return False


def find_for_project(unit: Unit, session_id: str, project_id: str) -> SessionRow:
    """Return a session that concerns a project; a deleted one as long as the project may still reply in it."""
    row = find(unit, session_id, deleted=True)
    if not concerns(unit, session_id, project_id):
        raise SessionNotFound
    if row.deleted_at is not None:
        last = sa.select(sa.func.max(MessageRow.reply_at)).where(
            MessageRow.session_id == session_id, MessageRow.project_id == project_id, MessageRow.status != messages.CANCELLED
        )
        until = unit.db.scalar(last)
        if until is None or until < unit.now:
            raise SessionNotFound
    return row


def listed(
    unit: Unit, project_id: str | None, *, name: str | None = None, states: t.Collection[str] = (), open_only: bool = False
) -> list[SessionRow]:
    """Return the sessions, oldest first; with a project those that concern it."""
    query = sa.select(SessionRow).where(SessionRow.deleted_at.is_(None)).order_by(SessionRow.number)
    if name is not None:
        query = query.where(SessionRow.name == name)
    if states:
        query = query.where(SessionRow.state.in_(states))
    if open_only:
        query = query.where(SessionRow.state != messages.MAINTENANCE_DONE)
    rows = list(unit.db.scalars(query))
    return rows if project_id is None else [row for row in rows if concerns(unit, row.id, project_id)]


def set_waiting(unit: Unit, row: SessionRow, waiting: str | None) -> None:
    """Note what the runner waits for, besides replies; the same again is a no-op."""
    if (row.waiting or None) == (waiting or None):
        return
    row.waiting = waiting or None
    row.updated_at = unit.now
    if row.waiting:
        unit.log(row, "session.waiting", f"waits for {row.waiting}")
    publish(unit, row)


def begin_wave(unit: Unit, row: SessionRow, wave: t.Mapping[str, t.Any]) -> None:
    """Note that a wave begins."""
    row.updated_at = unit.now
    unit.log(row, waves.KIND, waves.written(wave["number"], wave["hosts"], wave.get("minutes")))


def set_state(unit: Unit, row: SessionRow, state: str, reason: str | None) -> None:
    """Bring a session into a state that may follow its present one."""
    if not messages.may_follow(row.state, state):
        raise Conflict(f"a session in {row.state} cannot become {state}")
    if row.state == state:
        if reason is not None:
            row.reason = reason
        return
    row.reason = reason
    if state == messages.MAINTENANCE_FAILED:
        asking.cancel_pending(unit, row, "the session failed")
        unit.db.flush()
        asking.tell_all_over(unit, row)
    _enter(unit, row, state)


def _enter(unit: Unit, row: SessionRow, state: str) -> None:
    unit.log(row, "session.state", f"{row.state} -> {state}" + (f": {row.reason}" if row.reason else ""))
    row.state = state
    row.waiting = None
    row.updated_at = unit.now
    publish(unit, row)


def resume(unit: Unit, row: SessionRow, state: str) -> None:
    """Continue a failed session with its next round; hosts already done stay done."""
    if row.state == state:
        return
    if row.state != messages.MAINTENANCE_FAILED or state != messages.MAINTENANCE:
        raise Conflict(f"only a failed session can be continued, with state {messages.MAINTENANCE}; this one is {row.state}")
    row.round += 1
    row.reason = None
    control.continue_session(row)
    for host in unit.db.scalars(sa.select(HostRow).where(HostRow.session_id == row.id, HostRow.state == messages.HOST_FAILED)):
        host.state = messages.HOST_WAITING
        host.reason = None
        host.updated_at = unit.now
    unit.log(row, "session.continued", f"round {row.round}")
    _enter(unit, row, messages.MAINTENANCE)


def delete(unit: Unit, row: SessionRow) -> None:
    """End a session: nobody is left waiting, and nobody sees it any more."""
    asking.cancel_pending(unit, row, "the session was deleted")
    unit.db.flush()
    asking.tell_all_over(unit, row)
    row.deleted_at = row.updated_at = unit.now
    row.lease_holder = None
    unit.log(row, "session.deleted", f"in state {row.state}")


def any_to_purge(unit: Unit) -> bool:
    """Whether :func:`purge` would find something."""
    return unit.db.execute(sa.select(SessionRow.id).where(*_purgeable(unit)).limit(1)).first() is not None


def purge(unit: Unit) -> None:
    """Remove deleted sessions from the database when nothing about them is open any more."""
    unit.db.execute(sa.delete(SessionRow).where(*_purgeable(unit)).execution_options(synchronize_session=False))


def _purgeable(unit: Unit) -> tuple[t.Any, t.Any]:
    before = unit.now - datetime.timedelta(seconds=unit.settings.keep_deleted)
    pending = sa.select(MessageRow.session_id).where(MessageRow.status == messages.PENDING)
    return SessionRow.deleted_at < before, SessionRow.id.not_in(pending)


def publish(unit: Unit, row: SessionRow) -> None:
    """Emit the session's progress for those who watch the bus."""
    unit.db.flush()
    row.told_at = unit.now
    progress = measure.progress(unit, row)
    unit.notify(
        messages.EVENT_SESSION,
        {
            "project_id": row.owner_project_id,
            "session_id": row.id,
            "state": row.state,
            "percent_done": progress["percent_done"],
            "progress": progress,
        },
        lane=f"{row.id}/",
    )


def view(unit: Unit, row: SessionRow, project_id: str | None, *, instances: bool = True) -> views.Json:
    """Write a session as the administrator sees it, or as one project does."""
    hosts = list(unit.db.scalars(sa.select(HostRow).where(HostRow.session_id == row.id).order_by(HostRow.position)))
    inventory = sa.select(InstanceRow).where(InstanceRow.session_id == row.id).order_by(InstanceRow.position)
    if project_id is not None:
        inventory = inventory.where(InstanceRow.project_id == project_id)
    own = list(unit.db.scalars(inventory)) if instances or project_id is not None else []
    if project_id is not None:
        near = {one.host for one in own} | {one.from_host for one in own}
        hosts = [host for host in hosts if host.name in near]
    return views.session(
        row,
        hosts,
        measure.pending(unit, row, project_id),
        measure.progress(unit, row, project_id),
        own if instances else None,
        wanted=control.view(row) if project_id is None else None,
    )


def visible(unit: Unit, session_id: str, project_id: str | None) -> SessionRow:
    """Return a session that the caller may see: any, or one that concerns the project."""
    return find(unit, session_id) if project_id is None else find_for_project(unit, session_id, project_id)
