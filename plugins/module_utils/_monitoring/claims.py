# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done about incidents: each action at most once, and nothing that is no longer true (private to this collection).

An action is claimed in the ledger before it is begun. Who claims it twice, another worker or the same event once more, is told
so. When the run that claimed it has been killed, the VNF manager is asked how far it came, and what is ordered then does nothing
where it was done: servers are healed by their ids, and the level that a VNF is scaled to stands in the claim.
"""

from __future__ import annotations

import secrets
import typing as t

from .._errors import CollectionError
from . import incidents as book
from .decisions import (
    ACT,
    BEGUN,
    DONE,
    FAILED,
    GIVEN_UP,
    OBSOLETE,
    PUT_OFF,
    REFUSED,
    RUNNING,
    Decision,
    World,
    action_id,
    distinct,
    history,
    is_gone,
    scaling,
)  # fmt: skip
from .findings import KILL, LIFECYCLE, LOG, NOTIFY, PLAYBOOK, RESPAWN, UP, Raw
from .incidents import Incident
from .ledger import Ledger, Transaction, sa, tables
from .limits import Limits
from .truth import Vnf

_AT_IT = "a run that ended had begun it, and the VNF manager is still at it"


class Claims:
    """The decisions about the incidents of one VNF."""

    def __init__(self, ledger: Ledger, world: World, limits: Limits, allowed: t.Collection[str], now: float) -> None:
        """Decide by the world as it is now."""
        self._ledger, self._world, self._limits, self._allowed, self._now = ledger, world, limits, allowed, now

    def decide(self, vnf_id: str, mine: t.Sequence[Incident]) -> list[Decision]:
        """What is to be done about these incidents, with all open ones of the VNF that want the same."""
        with self._ledger.transaction() as db:
            self._end_killed(db, vnf_id)
            others = [one for one in book.read_open(db, vnf_id) if one.id not in {each.id for each in mine}]
        vnf, away = None, ""
        try:
            vnf = self._world.truth.vnf(vnf_id)
        except CollectionError as exc:
            away = f"the VNF manager gives no answer: {exc}"
        decisions: list[Decision] = []
        gone = [] if away else [one for one in (*mine, *others) if is_gone(one, vnf)]
        for incident in gone:
            decisions += self._obsolete(incident, reported=incident in mine)
        left = [one for one in mine if one not in gone]
        more = [one for one in others if one not in gone]
        for action in distinct(left):
            wanting = [one for one in left if action in one.wanted]
            if action["name"] not in LIFECYCLE:
                decisions += [self._one(action, [one], vnf, away) for one in wanting]
            else:
                state = wanting[0].state
                alike = [one for one in more if state != UP and action in one.wanted]
                decisions.append(self._one(action, [*wanting, *alike], vnf, away))
        return decisions

    def _end_killed(self, db: Transaction, vnf_id: str) -> None:
        """What a run had begun that was killed, of an incident that is over since: nobody else says how it ended."""
        actions, incidents = tables.actions, tables.incidents
        mine = sa.and_(incidents.c.id == actions.c.incident_id, incidents.c.closed_at.is_not(None))
        why = sa.select(incidents.c.closed_why).where(mine).scalar_subquery()
        begun = actions.c.vnf_id == vnf_id, actions.c.status == BEGUN
        for row in db.execute(sa.select(actions, why.label("why")).where(*begun, sa.exists().where(mine))).all():
            if not self._is_alive(row):
                self._write(db, row.id, status=DONE, reason=row.why, ended_at=self._now)

    def _obsolete(self, incident: Incident, *, reported: bool) -> list[Decision]:
        """A finding about what is not there any more; what was begun has done it."""
        with self._ledger.transaction() as db:
            if incident.state != UP:
                book.close_gone(db, incident.id, self._now)
            rows = [_row(db, action_id(incident, action)) for action in incident.wanted]
            for row in rows:
                if row is not None and row.status == BEGUN and row.name in (RESPAWN, KILL) and not self._is_alive(row):
                    self._write(db, row.id, status=DONE, reason=book.GONE, ended_at=self._now)
        return [Decision(OBSOLETE, {"name": None}, book.GONE, [incident])] if reported else []

    def _one(self, action: Raw, wanting: list[Incident], vnf: Vnf | None, away: str) -> Decision:
        """One action, of which those incidents that have had it are left out."""
        name = action["name"]
        with self._ledger.transaction() as db:
            found = {one.id: _row(db, action_id(one, action)) for one in wanting}
        late = [row for row in found.values() if row is not None and row.status == BEGUN and not self._is_alive(row)]
        under_way = bool(late) and name in LIFECYCLE and vnf is not None and self._world.truth.at_it(vnf.id)
        hindered = self._hindered(action, wanting, vnf, away)
        with self._ledger.transaction() as db:
            rows = {one.id: _row(db, action_id(one, action)) for one in wanting}
            due: list[Incident] = []
            not_now: list[Decision] = []
            for one in wanting:
                row = rows[one.id]
                if under_way and row is not None and row.status == BEGUN and found[one.id] is not None:
                    not_now.append(Decision(RUNNING, action, _AT_IT, [one]))
                    continue
                decided = history(action, row, vnf, self._limits, self._now)
                if decided is not None:
                    if decided[0] in (DONE, GIVEN_UP) and row.status not in (DONE, GIVEN_UP):
                        self._write(db, row.id, status=decided[0], reason=decided[1], ended_at=self._now)
                    not_now.append(Decision(decided[0], action, decided[1], [one]))
                elif one.id in hindered:
                    kind, reason = hindered[one.id]
                    not_now.append(Decision(kind, action, reason, [one]))
                    self._claim(db, one, row, not_now[-1])
                else:
                    due.append(one)
            if not due:
                return not_now[0]
            kind, reason, order = self._ordered(db, action, due, [rows[one.id] for one in due], vnf)
            decision = Decision(kind, action, reason, due, secrets.token_hex(16) if kind == ACT else None, order)
            for one in due:
                self._claim(db, one, rows[one.id], decision)
            return decision

    def _hindered(
        self, action: Raw, wanting: t.Sequence[Incident], vnf: Vnf | None, away: str
    ) -> dict[str, tuple[str, str]]:  # fmt: skip
        """Of each incident for which the action must not be begun now, how that is called, and why."""
        name = action["name"]
        if name not in self._allowed:
            return _all(wanting, REFUSED, f"{name} is not among the actions that are allowed here")
        if name in LIFECYCLE and away:
            return _all(wanting, PUT_OFF, away)
        if name in LIFECYCLE and vnf is None:
            return _all(wanting, REFUSED, "the VNF manager knows no VNF of this id or name")
        if name == LOG or (name == NOTIFY and wanting[0].state == UP):
            return {}
        whole = name not in (RESPAWN, NOTIFY, PLAYBOOK) or bool(action.get("whole_vnf"))
        found = {one.id: said for one in wanting if (said := self._hindrance(name, one, vnf, whole=whole))}
        # What is about the whole VNF is about each of its servers.
        return {one.id: next(iter(found.values())) for one in wanting} if whole and found else found

    def _hindrance(self, name: str, one: Incident, vnf: Vnf | None, *, whole: bool) -> tuple[str, str] | None:
        if name == RESPAWN and not whole and vnf is not None and vnf.server_of(one.server_id, one.vnfc_id) is None:
            return REFUSED, "it is not known which VNFC it is; only whole_vnf could heal it"
        muted = self._world.muting().why(one.server_id, one.project_id, whole=whole, seen_at=one.seen_at)
        if muted:
            return PUT_OFF, f"under maintenance: {muted}"
        if name in LIFECYCLE and one.server_id is not None:
            task = self._world.busy([one.server_id]).get(one.server_id)
            return (PUT_OFF, f"Nova has something under way: {one.server_id} is {task}") if task else None
        return None

    def _ordered(
        self, db: Transaction, action: Raw, due: t.Sequence[Incident], rows: t.Sequence[t.Any], vnf: Vnf | None
    ) -> tuple[str, str, Raw]:  # fmt: skip
        """What exactly is ordered, and that the brake allows it."""
        name = action["name"]
        if name not in LIFECYCLE or vnf is None:
            return ACT, "", {name: value for name, value in action.items() if name != "name"}
        actions = tables.actions
        columns = actions.c.vnf_id, actions.c.claim, actions.c.begun_at, sa.func.max(actions.c.ended_at)
        begun = sa.select(*columns).where(actions.c.name.in_(LIFECYCLE), actions.c.claim.is_not(None)).group_by(*columns[:3])
        hers = {row.claim for row in rows if row is not None}
        spent = [(row[0], row[2], row[3]) for row in db.execute(begun) if row[1] not in hers]
        brake = self._limits.brake(spent, due[0].vnf_id, self._now)
        if brake:
            return PUT_OFF, brake, {}
        if name == KILL:
            return ACT, "", {"vnf_instance_id": vnf.id}
        if name == RESPAWN:
            some = {str(vnf.server_of(one.server_id, one.vnfc_id)) for one in due}
            ids = [server["id"] for server in vnf.servers] if action.get("whole_vnf") else sorted(some)
            return ACT, "", {"vnf_instance_id": vnf.id, "server_ids": ids, "storage": bool(action.get("storage"))}
        return scaling(vnf, action)

    def _claim(self, db: Transaction, one: Incident, row: t.Any, decision: Decision) -> None:
        began = decision.decision == ACT
        values: Raw = {"status": BEGUN if began else decision.decision, "reason": decision.reason[:1000]}
        if began:
            values |= {"claim": decision.claim, "begun_at": self._now, "ended_at": None, "order": decision.order}
            values["attempts"] = (row.attempts if row is not None else 0) + 1
        if row is not None:
            self._write(db, row.id, **values)
            return
        action = decision.action
        first = {"attempts": 0, "order": None, **values, "incident_id": one.id, "vnf_id": one.vnf_id}
        key = action_id(one, action)
        db.execute(tables.actions.insert().values(id=key, name=action["name"], wanted=action, **first))

    def _is_alive(self, row: t.Any) -> bool:
        return self._limits.is_alive(row.begun_at, self._now)

    @staticmethod
    def _write(db: Transaction, key: str, **values: t.Any) -> None:
        db.execute(tables.actions.update().where(tables.actions.c.id == key).values(**values))


def finish(ledger: Ledger, claim: str, *, succeeded: bool, reason: str, now: float) -> bool:
    """Write down how an action ended; False when the claim is another one's by now, or ended already."""
    actions = tables.actions
    values = {"status": DONE if succeeded else FAILED, "reason": reason[:1000], "ended_at": now}
    with ledger.transaction() as db:
        mine = actions.c.claim == claim, actions.c.status == BEGUN
        return bool(db.execute(actions.update().where(*mine).values(**values)).rowcount)


def _all(incidents: t.Sequence[Incident], kind: str, reason: str) -> dict[str, tuple[str, str]]:
    return {one.id: (kind, reason) for one in incidents}


def _row(db: Transaction, key: str) -> t.Any:
    return db.execute(sa.select(tables.actions).where(tables.actions.c.id == key)).first()
