# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Incidents: opened by the first finding, closed when it is up again or gone (private to this collection).

All functions work inside one transaction of the ledger.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .findings import DOWN, UP, Finding, Raw, digest, iso
from .ledger import Transaction, sa, tables

OPENED, KNOWN, CLOSED, STALE, CHANGED, OVER, NOTHING = "opened", "known", "closed", "stale", "changed", "over", "nothing"
GONE = "the VNFC is gone"


@dataclasses.dataclass(frozen=True)
class Incident:
    """A row of the ledger.

    :ivar state: what the target was found to be.
    :ivar seen_at: when it was last found to be so, seconds since the epoch.
    :ivar wanted: the actions, in their order.
    """

    id: str
    vnf_id: str
    vnf_name: str
    project_id: str | None
    vnfc_id: str
    vdu: str | None
    server_id: str | None
    place: str
    state: str
    seen_at: float
    opened_at: float
    closed_at: float | None
    wanted: tuple[Raw, ...]
    facts: Raw

    @classmethod
    def of(cls, row: t.Any) -> Incident:
        """From its row."""
        fields = {field.name: getattr(row, field.name) for field in dataclasses.fields(cls)}
        return cls(**{**fields, "wanted": tuple(row.wanted)})


def note(db: Transaction, finding: Finding, now: float) -> tuple[str, list[Incident]]:
    """Write a finding down: what became of it, and the incidents that it is about."""
    newest = _know_generation(db, finding)
    target = _target(db, finding.target)
    if target.gone_at is not None:
        return OVER, []
    if finding.state == UP:
        return _up(db, finding, now)
    if target.up_at is not None and finding.at <= target.up_at:
        return STALE, []
    if finding.server_id is None and finding.generation < newest:
        # There is nothing to look for in the VNF manager's record; the source has other targets by now.
        return CHANGED, []
    if finding.state == DOWN:
        _close(db, tables.incidents.c.target == finding.target, now, "it is down", besides=DOWN)
    open_key = digest(finding.target, finding.state)
    incidents = tables.incidents
    known = db.execute(sa.select(incidents).where(incidents.c.open_key == open_key)).first()
    if known is None:
        number = target.incidents + 1
        db.execute(tables.targets.update().where(tables.targets.c.id == finding.target).values(incidents=number))
        values = {name: getattr(finding, name) for name in _SAME}
        key = digest(finding.target, finding.state, number)
        db.execute(incidents.insert().values(
            id=key, open_key=open_key, target=finding.target, found_at=finding.at, opened_at=now, reported=1,
            wanted=list(finding.actions or ()), **values,
        ))  # fmt: skip
        outcome = OPENED
    else:
        key, outcome = known.id, KNOWN
        changed: Raw = {"reported": known.reported + 1}
        changed |= {name: max(getattr(known, name), getattr(finding, name)) for name in ("generation", "seen_at")}
        if finding.actions is not None:
            changed["wanted"] = list(finding.actions)
        db.execute(incidents.update().where(incidents.c.id == key).values(**changed))
    return outcome, read(db, incidents.c.id == key)


_SAME = (
    "vnf_id", "vnf_name", "project_id", "vnfc_id", "vdu", "server_id", "place", "state", "seen_at", "generation", "facts",
)  # fmt: skip


def read(db: Transaction, *where: t.Any) -> list[Incident]:
    """Incidents, the oldest first."""
    incidents = tables.incidents
    query = sa.select(incidents).where(*where).order_by(incidents.c.opened_at, incidents.c.id)
    return [Incident.of(row) for row in db.execute(query)]


def read_open(db: Transaction, vnf_id: str) -> list[Incident]:
    """The open incidents of a VNF."""
    return read(db, tables.incidents.c.vnf_id == vnf_id, tables.incidents.c.open_key.is_not(None))


def close_gone(db: Transaction, incident_id: str, now: float) -> None:
    """Close an incident whose VNFC is not there any more. A server that is gone never comes back."""
    incidents, targets = tables.incidents, tables.targets
    target = sa.select(incidents.c.target).where(incidents.c.id == incident_id).scalar_subquery()
    db.execute(targets.update().where(targets.c.id == target).values(gone_at=now))
    _close(db, tables.incidents.c.id == incident_id, now, GONE)


def forget(db: Transaction, before: float) -> None:
    """Drop what was over before a time."""
    incidents, actions, targets = tables.incidents, tables.actions, tables.targets
    old = sa.select(incidents.c.id).where(incidents.c.closed_at < before)
    db.execute(sa.delete(actions).where(actions.c.incident_id.in_(old)))
    db.execute(sa.delete(incidents).where(incidents.c.closed_at < before))
    db.execute(sa.delete(targets).where(targets.c.gone_at < before))


def listed(db: Transaction, vnf_id: str | None, only_open: bool, limit: int) -> list[Raw]:
    """Incidents with their actions, the newest first, in a form for people."""
    incidents, actions = tables.incidents, tables.actions
    query = sa.select(incidents).order_by(incidents.c.opened_at.desc(), incidents.c.id).limit(limit)
    query = query if vnf_id is None else query.where(incidents.c.vnf_id == vnf_id)
    rows = db.execute(query.where(incidents.c.open_key.is_not(None)) if only_open else query).all()
    about = (
        sa.select(actions).where(actions.c.incident_id.in_([row.id for row in rows])).order_by(actions.c.begun_at, actions.c.id)
    )
    done: dict[str, list[Raw]] = {}
    for one in db.execute(about):
        done.setdefault(one.incident_id, []).append({
            "id": one.id, "name": one.name, "status": one.status, "reason": one.reason, "attempts": one.attempts,
            "begun_at": iso(one.begun_at), "ended_at": iso(one.ended_at),
        })  # fmt: skip
    shown = ("id", "vnf_id", "vnf_name", "vnfc_id", "vdu", "server_id", "state", "closed_why", "reported")
    return [
        {**{name: getattr(row, name) for name in shown}, "opened_at": iso(row.opened_at), "closed_at": iso(row.closed_at),
         "actions": done.get(row.id, [])}
        for row in rows
    ]  # fmt: skip


def _up(db: Transaction, finding: Finding, now: float) -> tuple[str, list[Incident]]:
    targets, incidents = tables.targets, tables.incidents
    newer = targets.c.id == finding.target, sa.or_(targets.c.up_at.is_(None), targets.c.up_at < finding.at)
    db.execute(targets.update().where(*newer).values(up_at=finding.at))
    before = incidents.c.target == finding.target, incidents.c.found_at < finding.at
    still_open = sa.and_(*before, incidents.c.open_key.is_not(None))
    db.execute(
        incidents.update().where(still_open).values(open_key=None, closed_at=now, closed_why="it is up", up_at=finding.at)
    )  # fmt: skip
    # The same event once more gets the same incidents: the run before may have been killed.
    closed = read(db, *before, incidents.c.up_at == finding.at)
    actions = finding.actions or ()
    return (CLOSED if closed else NOTHING), [dataclasses.replace(one, state=UP, wanted=tuple(actions)) for one in closed]


def _close(db: Transaction, where: t.Any, now: float, why: str, besides: str = "") -> None:
    incidents = tables.incidents
    some = where, incidents.c.open_key.is_not(None), incidents.c.state != besides
    db.execute(incidents.update().where(*some).values(open_key=None, closed_at=now, closed_why=why))


def _target(db: Transaction, key: str) -> t.Any:
    targets = tables.targets
    query = sa.select(targets).where(targets.c.id == key)
    if db.execute(query).first() is None:
        db.execute(targets.insert().values(id=key, up_at=None, gone_at=None, incidents=0))
    return db.execute(query).one()


def _know_generation(db: Transaction, finding: Finding) -> int:
    """The newest generation of the targets of the VNF."""
    vnfs = tables.vnfs
    if db.execute(sa.select(vnfs.c.id).where(vnfs.c.id == finding.vnf_id)).first() is None:
        db.execute(vnfs.insert().values(id=finding.vnf_id, generation=finding.generation))
    older = vnfs.c.id == finding.vnf_id, vnfs.c.generation < finding.generation
    db.execute(vnfs.update().where(*older).values(generation=finding.generation))
    return int(db.execute(sa.select(vnfs.c.generation).where(vnfs.c.id == finding.vnf_id)).scalar_one())
