# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runner reports: the inventory, hosts under work, instances that moved."""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import spans

from . import asking, measure, schemas, sessions
from .errors import BadRequest, NotFound
from .libraries import sa
from .models import HostRow, InstanceRow, SessionRow
from .unit import Unit

# What comes of thousands of moves is told in a few notifications.
_TELL_EVERY = datetime.timedelta(seconds=5)
_MOVE = ("state", "how", "from_host", "seconds", "reason")
_TOLD = ("name", "project_id", "host", *_MOVE)


def set_host(unit: Unit, session: SessionRow, name: str, wanted: t.Mapping[str, t.Any]) -> HostRow:
    """Note a host's state; others hear when its maintenance begins and ends."""
    row = unit.db.get(HostRow, (session.id, name)) or _new_host(unit, session, name)
    before, known, verified = row.state, row.reason, row.verifying
    row.state = wanted["state"]
    row.disabled = wanted.get("disabled", row.disabled)
    row.reason = wanted.get("reason")
    row.type = wanted.get("type", row.type)
    row.verifying = row.state == messages.HOST_IN_MAINTENANCE and wanted.get("verifying", False)
    if wanted.get("version"):
        row.version = wanted["version"]
        row.version_before = row.version_before or row.version
    row.updated_at = session.updated_at = unit.now
    if before != row.state:
        _keep_time(unit, row, before)
    unit.db.flush()
    worked_on_again = before == row.state == messages.HOST_IN_MAINTENANCE and verified and not row.verifying
    if before != row.state or worked_on_again or (row.reason and row.reason != known):
        unit.log(session, "host.state", f"{name}: {row.state}" + (f": {row.reason}" if row.reason else ""), host=name)
    if row.verifying and not verified:
        unit.log(session, spans.KIND, spans.written(name), host=name)
    if before != row.state:
        if row.state in messages.PUBLISHED_HOST_STATES:
            payload = {"project_id": session.owner_project_id, "host": name, "state": row.state, "session_id": session.id}
            unit.notify(messages.EVENT_HOST, payload, lane=f"{session.id}/")
        if messages.HOST_COMPLETE in (before, row.state):
            sessions.publish(unit, session)
    return row


def _keep_time(unit: Unit, row: HostRow, before: str) -> None:
    """Note when the work on a host began and ended, for the time that is left."""
    under_way = (messages.HOST_DRAINING, messages.HOST_IN_MAINTENANCE)
    if row.state in under_way and before not in under_way:
        row.began_at, row.ended_at = unit.now, None
    elif before in under_way and row.state not in under_way:
        row.ended_at = unit.now


def _new_host(unit: Unit, session: SessionRow, name: str) -> HostRow:
    """Add a host that the runner discovered, to a session that was made for any host."""
    if not session.any_host:
        raise NotFound(f"host {name} does not belong to session {session.id}")
    if re.fullmatch(schemas.HOST_NAME["pattern"], name) is None:
        raise BadRequest("host", "a host's name has 1 to 255 characters, none of them a blank or a slash")
    sessions.refuse_shared_hosts(unit, [name], besides=session.id)
    position = sa.select(sa.func.count()).select_from(HostRow).where(HostRow.session_id == session.id)
    row = HostRow(
        session_id=session.id,
        name=name,
        position=unit.db.scalar(position) or 0,
        type="compute",
        state=messages.HOST_WAITING,
        disabled=False,
        verifying=False,
        updated_at=unit.now,
    )
    unit.db.add(row)
    return row


def set_inventory(unit: Unit, session: SessionRow, wanted: t.Sequence[t.Mapping[str, t.Any]]) -> list[InstanceRow]:
    """Replace the inventory; what is known of the move of an instance that stays is kept unless told otherwise."""
    known = {row.id: row for row in inventory(unit, session)}
    kept = []
    for position, one in enumerate(wanted):
        row = known.pop(one["id"], None)
        if row is None:
            row = InstanceRow(session_id=session.id, id=one["id"])
            unit.db.add(row)
        row.position = position
        before = [getattr(row, name) for name in _TOLD]
        row.name = one.get("name")
        row.project_id = one["project_id"]
        row.host = one.get("host")
        for name in ("project_name", *_MOVE):
            if name in one:
                setattr(row, name, one[name])
        if row.updated_at is None or before != [getattr(row, name) for name in _TOLD]:
            row.updated_at = unit.now
        kept.append(row)
    if len({row.id for row in kept}) < len(kept):
        raise BadRequest("instances", "an instance is listed twice")
    for row in known.values():
        unit.db.delete(row)
    session.updated_at = unit.now
    unit.db.flush()
    _count_servers(unit, session)
    unit.log(session, "session.inventory", f"{len(kept)} instances are on the hosts of the session")
    return kept


def _count_servers(unit: Unit, session: SessionRow) -> None:
    """Note how many instances the hosts have that are seen for the first time."""
    present = measure.on_hosts(unit, session)
    unseen = sa.select(HostRow).where(HostRow.session_id == session.id, HostRow.servers.is_(None))
    for host in unit.db.scalars(unseen):
        host.servers = present.get(host.name, 0)


def inventory(unit: Unit, session: SessionRow) -> list[InstanceRow]:
    """Return the instances of a session in the runner's order."""
    query = sa.select(InstanceRow).where(InstanceRow.session_id == session.id).order_by(InstanceRow.position)
    return list(unit.db.scalars(query))


def set_instance(unit: Unit, session: SessionRow, instance_id: str, wanted: t.Mapping[str, t.Any]) -> InstanceRow:
    """Note an instance's move; its project hears once that it is done."""
    row = unit.db.get(InstanceRow, (session.id, instance_id))
    if row is None:
        raise NotFound(f"instance {instance_id} is not in the inventory of session {session.id}")
    host = wanted.get("host", row.host)
    news = (row.state, row.host) != (wanted["state"], host)
    row.state = wanted["state"]
    row.host = host
    for name in ("how", "from_host", "seconds"):
        if name in wanted:
            setattr(row, name, wanted[name])
    row.reason = wanted.get("reason")
    row.updated_at = session.updated_at = unit.now
    if news:
        text = f"{row.name or row.id}: {row.state}{_whereto(row)}" + (f": {row.reason}" if row.reason else "")
        unit.log(session, "instance.state", text, project_id=row.project_id, instance_id=row.id, host=row.host)
        if row.state == messages.MOVED:
            done = asking.Question(row.project_id, messages.INSTANCE_ACTION_DONE, (row.id,))
            asking.tell(unit, session, done, (row.id,))
            if session.told_at is None or unit.now >= session.told_at + _TELL_EVERY:
                sessions.publish(unit, session)
    return row


def _whereto(row: InstanceRow) -> str:
    """`` to compute-1 (cold, 6.2 s)``, as far as it is known of an instance that has moved."""
    if row.state != messages.MOVED or not row.host:
        return ""
    how = ", ".join(part for part in (row.how, f"{row.seconds:.1f} s" if row.seconds is not None else None) if part)
    return f" to {row.host}" + (f" ({how})" if how else "")
