# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a session is and how long it will take: one answer for the session, its page, the figures and the bus.

A host counts one for the work on it and one for each instance that it had when the session first heard of its instances. The
instances of a host count when they have left it, the host when it is done. Without an inventory the hosts alone count.

The time that is left is what has been measured: the time during which hosts were emptied or worked on (together, where several
were), by what was done in it, times what is left to do. Pauses between waves are not in it, waits for replies are.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import control, times
from .libraries import sa
from .models import HostRow, InstanceRow, MessageRow, SessionRow
from .unit import Unit

Json = dict[str, t.Any]

_OVER = (messages.MAINTENANCE_DONE, messages.MAINTENANCE_FAILED)


@dataclasses.dataclass(frozen=True)
class Measured:
    """Counts of a session.

    :ivar servers: instances that the hosts had.
    :ivar servers_done: those of them that have left their host, or whose host is done.
    :ivar seconds_left: None where nothing has been measured, or nobody works.
    """

    hosts: int = 0
    hosts_done: int = 0
    hosts_failed: int = 0
    servers: int = 0
    servers_done: int = 0
    seconds_left: float | None = None

    def percent(self, state: str) -> int:
        """Return how much is done; a session that is over is done."""
        if state == messages.MAINTENANCE_DONE:
            return 100
        whole = self.hosts + self.servers
        return 100 * (self.hosts_done + self.servers_done) // whole if whole else 0


def measure(unit: Unit, row: SessionRow) -> Measured:
    """Count the hosts and instances of a session, and foresee its end."""
    columns = (HostRow.name, HostRow.state, HostRow.servers, HostRow.began_at, HostRow.ended_at)
    hosts = list(unit.db.execute(sa.select(*columns).where(HostRow.session_id == row.id)))
    present = on_hosts(unit, row)
    done = [host for host in hosts if host.state == messages.HOST_COMPLETE]
    left = [host for host in hosts if host.state != messages.HOST_COMPLETE]
    gone = sum(max((host.servers or 0) - present.get(host.name, 0), 0) for host in left)
    counted = Measured(
        hosts=len(hosts),
        hosts_done=len(done),
        hosts_failed=sum(host.state == messages.HOST_FAILED for host in hosts),
        servers=sum(host.servers or 0 for host in hosts),
        servers_done=gone + sum(host.servers or 0 for host in done),
    )
    wanted = control.view(row)
    runs = row.lease_expires_at is not None and row.lease_expires_at > unit.now
    if not runs or row.state in _OVER or wanted["state"] != messages.RUNNING:
        return counted
    todo = [host for host in left if host.state != messages.HOST_FAILED and host.name not in wanted["skipped_hosts"]]
    units = counted.hosts_done + counted.servers_done
    busy = _together([(host.began_at, host.ended_at or unit.now) for host in hosts if host.began_at is not None])
    if not units or not busy:
        return counted
    remaining = len(todo) + sum(present.get(host.name, 0) for host in todo)
    return dataclasses.replace(counted, seconds_left=remaining * busy / units)


def on_hosts(unit: Unit, row: SessionRow) -> dict[str, int]:
    """Return how many instances of the inventory are on each host now."""
    counted = (
        sa.select(InstanceRow.host, sa.func.count())
        .where(InstanceRow.session_id == row.id, InstanceRow.host.is_not(None))
        .group_by(InstanceRow.host)
    )
    return {str(host): int(count) for host, count in unit.db.execute(counted).all()}


def progress(unit: Unit, row: SessionRow, project_id: str | None = None) -> Json:
    """Write how far a session is; of what is waited for, a project sees what it is asked itself."""
    return written(unit, row.state, measure(unit, row), control.view(row)["state"], _waiting_for(unit, row, project_id))


def written(unit: Unit, state: str, counted: Measured, wanted: str = messages.RUNNING, waiting_for: t.Sequence[str] = ()) -> Json:
    """Write what has been counted, and what people want of the run."""
    seconds = counted.seconds_left
    return {
        "control": wanted,
        "percent_done": counted.percent(state),
        "hosts": counted.hosts,
        "hosts_done": counted.hosts_done,
        "hosts_failed": counted.hosts_failed,
        "servers": counted.servers,
        "servers_done": counted.servers_done,
        "seconds_left": None if seconds is None else round(seconds),
        "done_at": None if seconds is None else times.wire(unit.now + datetime.timedelta(seconds=round(seconds))),
        "waiting_for": list(waiting_for),
    }


def pending(unit: Unit, row: SessionRow, project_id: str | None = None) -> list[MessageRow]:
    """Return the messages whose reply is waited for, the oldest first."""
    query = (
        sa.select(MessageRow)
        .where(MessageRow.session_id == row.id, MessageRow.status == messages.PENDING)
        .order_by(MessageRow.number)
    )
    return list(unit.db.scalars(query if project_id is None else query.where(MessageRow.project_id == project_id)))


def _waiting_for(unit: Unit, row: SessionRow, project_id: str | None) -> list[str]:
    """Return in sentences what keeps the session from going on now."""
    said = [
        f"project {one.project_id} to reply to {one.state} until {times.wire(one.reply_at)}"
        for one in pending(unit, row, project_id)
    ]
    if project_id is not None or row.state in _OVER:
        return said
    wanted = control.view(row)
    if wanted["state"] == messages.PAUSED:
        because = f": {wanted['reason']}" if wanted["reason"] else ""
        said.append(f"somebody to resume it (paused by {wanted['by']} at {wanted['at']}{because})")
    if row.waiting:
        said.append(row.waiting)
    return said


def _together(spans: t.Iterable[tuple[datetime.datetime, datetime.datetime]]) -> float:
    """Return the seconds that at least one of these spans covers."""
    covered = 0.0
    reached: datetime.datetime | None = None
    for begin, end in sorted(spans):
        since = begin if reached is None else max(begin, reached)
        if end > since:
            covered += (end - since).total_seconds()
            reached = end
    return covered
