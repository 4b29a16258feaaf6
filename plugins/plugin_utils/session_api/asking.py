# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages to projects: asked once, each with a deadline, on their way through the outbox."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
import uuid

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import conversation, deliveries, times
from .errors import BadRequest, Conflict
from .libraries import sa
from .models import InstanceRow, MessageRow, SessionRow
from .unit import Unit


@dataclasses.dataclass(frozen=True)
class Question:
    """What a runner wants a project to be told."""

    project_id: str
    state: str
    instance_ids: tuple[str, ...] = ()
    window: int | None = None
    allowed_actions: tuple[str, ...] = ()
    actions_at: datetime.datetime | None = None
    metadata: dict[str, t.Any] | None = None
    key: str = ""


def ask(unit: Unit, session: SessionRow, questions: t.Sequence[Question]) -> list[MessageRow]:
    """Tell the projects; what has been asked before and still stands is answered with the message of then."""
    if session.state in (messages.MAINTENANCE_DONE, messages.MAINTENANCE_FAILED):
        raise Conflict(f"session {session.id} is {session.state}; nobody is told anything more")
    known: dict[tuple[str, str, str], _Known] = {}
    answer = []
    for number, question in enumerate(questions):
        _check(unit, session, question, f"messages.{number}")
        topic = (question.project_id, question.state, question.key)
        if topic not in known:
            known[topic] = _Known(unit, session, question)
        for instance_ids in _parts(session, question):
            message = known[topic].find(instance_ids)
            if message is None:
                message = tell(unit, session, question, instance_ids)
                known[topic].add(message)
            answer.append(message)
    unit.db.flush()
    return answer


def _check(unit: Unit, session: SessionRow, question: Question, where: str) -> None:
    if messages.wants_actions(question.state) and not question.instance_ids:
        raise BadRequest(f"{where}.instance_ids", f"{question.state} must name the instances it is about")
    if question.window is not None and question.window > unit.settings.max_window:
        raise BadRequest(f"{where}.window", f"the longest window is {unit.settings.max_window} seconds")
    if question.instance_ids:
        foreign = unit.db.scalars(
            sa.select(InstanceRow.id).where(
                InstanceRow.session_id == session.id,
                InstanceRow.id.in_(question.instance_ids),
                InstanceRow.project_id != question.project_id,
            )
        ).first()
        if foreign is not None:
            raise BadRequest(f"{where}.instance_ids", f"instance {foreign} does not belong to project {question.project_id}")


def _parts(session: SessionRow, question: Question) -> list[tuple[str, ...]]:
    if messages.dialect_of(session.workflow) == messages.INSTANCE_DIALECT and messages.wants_actions(question.state):
        return [(instance,) for instance in question.instance_ids]
    return [question.instance_ids]


class _Known:
    """The messages of one project, state and key in the present round, to be found by their instances."""

    def __init__(self, unit: Unit, session: SessionRow, question: Question) -> None:
        self._round = session.round
        self._question = question
        self._all: list[MessageRow] = []
        self._about: dict[str, list[MessageRow]] = {}
        for row in unit.db.scalars(
            sa.select(MessageRow)
            .where(
                MessageRow.session_id == session.id,
                MessageRow.project_id == question.project_id,
                MessageRow.round == session.round,
                MessageRow.state == question.state,
                MessageRow.key == question.key,
            )
            .order_by(MessageRow.number)
        ):
            self.add(row)

    def add(self, row: MessageRow) -> None:
        """Remember a message."""
        self._all.append(row)
        for instance in row.instance_ids:
            self._about.setdefault(instance, []).append(row)

    def find(self, instance_ids: tuple[str, ...]) -> MessageRow | None:
        """Return the latest message that asks this already."""
        candidates = self._about.get(instance_ids[0], []) if instance_ids else self._all
        for row in reversed(candidates):
            if conversation.same_question(row, self._round, self._question.state, self._question.key, instance_ids):
                return row
        return None


def tell(unit: Unit, session: SessionRow, question: Question, instance_ids: tuple[str, ...] = ()) -> MessageRow:
    """Write one message and put its notifications into the outbox."""
    state = question.state
    dialect = messages.dialect_of(session.workflow)
    wants_reply = messages.wants_reply(state)
    window = question.window if question.window is not None else unit.settings.windows.get(state, 0)
    reply_at = unit.now + datetime.timedelta(seconds=window) if wants_reply else None
    about_one = dialect == messages.INSTANCE_DIALECT and messages.wants_actions(state)
    row = MessageRow(
        id=str(uuid.uuid4()),
        session_id=session.id,
        project_id=question.project_id,
        state=state,
        key=question.key,
        round=session.round,
        dialect=dialect,
        instance_ids=list(instance_ids),
        allowed_actions=_allowed(question),
        meta={} if not wants_reply else (session.meta if question.metadata is None else question.metadata),
        actions_at=_actions_at(session, question, reply_at),
        reply_at=reply_at,
        reply_url=unit.settings.project_url(session.id, question.project_id, instance_ids[0] if about_one else None),
        status=messages.PENDING if wants_reply else messages.INFORMED,
        created_at=unit.now,
        reply_actions={},
        extended=0,
    )
    unit.db.add(row)
    unit.log(
        session,
        "message.created",
        f"{state} to project {row.project_id}" + (f", reply due by {reply_at:%H:%M:%S} UTC" if reply_at else ""),
        project_id=row.project_id,
        message_id=row.id,
    )
    content = payload(unit, row)
    for event_type in unit.settings.event_types:
        unit.notify(event_type, content, lane=f"{session.id}/{row.project_id}", message_id=row.id)
    deliveries.put(unit, row, content)
    return row


def _allowed(question: Question) -> list[str]:
    if not messages.wants_actions(question.state):
        return []
    return list(question.allowed_actions or messages.ACTIONS)


def _actions_at(session: SessionRow, question: Question, reply_at: datetime.datetime | None) -> datetime.datetime | None:
    if reply_at is None:
        return None
    if question.actions_at is not None:
        return question.actions_at
    return session.maintenance_at if question.state == messages.MAINTENANCE else reply_at


def payload(unit: Unit, row: MessageRow) -> dict[str, t.Any]:
    """Write what the predecessor's listeners expect: the URL in place of the ids unless the message is about single instances."""
    named = not messages.wants_reply(row.state) or (
        row.dialect == messages.INSTANCE_DIALECT and messages.wants_actions(row.state)
    )
    return {
        "project_id": row.project_id,
        "session_id": row.session_id,
        "state": row.state,
        "instance_ids": list(row.instance_ids) if named else unit.settings.project_url(row.session_id, row.project_id),
        "reply_url": row.reply_url,
        "allowed_actions": list(row.allowed_actions),
        "actions_at": times.notification(row.actions_at),
        "reply_at": times.notification(row.reply_at),
        "metadata": row.meta,
    }


def cancel_pending(unit: Unit, session: SessionRow, reason: str) -> None:
    """Take back what is still unanswered, except that it is all over: that stays true."""
    rows = unit.db.scalars(
        sa.select(MessageRow).where(
            MessageRow.session_id == session.id,
            MessageRow.status == messages.PENDING,
            MessageRow.state != messages.MAINTENANCE_COMPLETE,
        )
    )
    for row in rows:
        row.status = messages.CANCELLED
        row.reason = reason
        unit.log(session, "message.cancelled", f"{row.state}: {reason}", project_id=row.project_id, message_id=row.id)


def tell_all_over(unit: Unit, session: SessionRow) -> None:
    """Send MAINTENANCE_COMPLETE to every project that was told of the maintenance and not of its end."""
    told = unit.db.execute(
        sa.select(MessageRow.project_id, MessageRow.state).where(MessageRow.session_id == session.id).order_by(MessageRow.number)
    )
    for project_id in conversation.still_waiting((row.project_id, row.state) for row in told):
        tell(unit, session, Question(project_id, messages.MAINTENANCE_COMPLETE))


def expire(unit: Unit) -> int:
    """Mark the messages whose time has passed; return how many."""
    rows = unit.db.execute(
        sa.select(MessageRow, SessionRow)
        .join(SessionRow, SessionRow.id == MessageRow.session_id)
        .where(MessageRow.status == messages.PENDING, MessageRow.reply_at < unit.now)
        .order_by(MessageRow.number)
    ).all()
    for message, session in rows:
        message.status = messages.EXPIRED
        message.reason = f"no reply by {times.wire(message.reply_at)}"
        unit.log(
            session, "message.expired", f"{message.state}: {message.reason}", project_id=message.project_id, message_id=message.id
        )
    return len(rows)


def any_due(unit: Unit) -> bool:
    """Whether :func:`expire` would find something."""
    due = sa.select(MessageRow.number).where(MessageRow.status == messages.PENDING, MessageRow.reply_at < unit.now)
    return unit.db.execute(due.limit(1)).first() is not None


def next_deadline(unit: Unit) -> datetime.datetime | None:
    """Return when the next message expires."""
    found: datetime.datetime | None = unit.db.scalar(
        sa.select(sa.func.min(MessageRow.reply_at)).where(MessageRow.status == messages.PENDING)
    )
    return found
