# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the conversation. Pure: what has been asked and what was said go in, what follows comes out."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import times
from .errors import BadRequest, Conflict

Actions = dict[str, str]


class Asked(t.Protocol):
    """A message as the rules see it."""

    id: t.Any
    state: t.Any
    key: t.Any
    round: t.Any
    dialect: t.Any
    instance_ids: t.Any
    allowed_actions: t.Any
    status: t.Any
    reply_at: t.Any
    reply_state: t.Any
    reply_actions: t.Any


AskedT = t.TypeVar("AskedT", bound=Asked)


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a project said, and where: at its own URL or at that of one instance."""

    verdict: messages.ReplyState
    instance_id: str | None = None
    action: str | None = None
    actions: t.Mapping[str, str] | None = None
    message_id: str | None = None
    reason: str | None = None
    fallback: t.Mapping[str, str] = dataclasses.field(default_factory=dict)  # by constraint, for one instance


def decide(reply: Reply, asked: t.Sequence[AskedT], now: datetime.datetime) -> list[tuple[AskedT, Actions]]:
    """Return the messages that a reply settles, with the actions for each; none when it only repeats what was said before.

    ``asked`` are the messages to that project, oldest first. Raises :class:`Conflict` for a reply that comes too late, comes
    twice with different words or answers nothing, and :class:`BadRequest` for one that does not fit its message.
    """
    if not messages.wants_reply(reply.verdict.state):
        return []
    meant = [message for message in asked if _is_meant(reply, message)]
    open_ones = [message for message in meant if message.status == messages.PENDING and now <= message.reply_at]
    if not open_ones:
        if _repeats(reply, meant):
            return []
        raise Conflict(_why_not(reply, meant))
    try:
        return _fit(reply, open_ones)
    except BadRequest:
        if _repeats(reply, meant):
            return []
        raise


def _is_meant(reply: Reply, message: Asked) -> bool:
    if message.state != reply.verdict.state:
        return False
    if reply.message_id is not None and message.id != reply.message_id:
        return False
    return reply.instance_id is None or reply.instance_id in message.instance_ids


def _fit(reply: Reply, open_ones: t.Sequence[AskedT]) -> list[tuple[AskedT, Actions]]:
    if reply.instance_id is not None:
        for message in open_ones:
            if list(message.instance_ids) != [reply.instance_id]:
                raise BadRequest(
                    "instance_id",
                    f"message {message.id} is about {len(message.instance_ids)} instances; reply for all at the project's URL",
                )
    if not reply.verdict.acknowledged or not messages.wants_actions(reply.verdict.state):
        return [(message, {}) for message in open_ones]
    field = "instance_actions" if reply.actions is not None else "instance_action"
    wanted = _wanted(reply, open_ones)
    in_question = {instance for message in open_ones for instance in message.instance_ids}
    for instance in wanted:
        if instance not in in_question:
            raise BadRequest(field, f"instance {instance} is not among those of the message")
    fitting = [message for message in open_ones if all(instance in wanted for instance in message.instance_ids)]
    settled = {instance for message in fitting for instance in message.instance_ids}
    if not fitting or len(settled) < len(wanted):
        missing = sorted(in_question - set(wanted))
        raise BadRequest(field, f"no action for instance {', '.join(missing)}")
    for message in fitting:
        for instance in message.instance_ids:
            _check_action(field, instance, wanted[instance], message.allowed_actions)
    return [(message, {instance: wanted[instance] for instance in message.instance_ids}) for message in fitting]


def _wanted(reply: Reply, open_ones: t.Sequence[Asked]) -> Actions:
    """Return the action for each instance, however it was written."""
    if reply.actions is not None:
        return dict(reply.actions)
    wanted: Actions = {}
    for message in open_ones:
        for instance in message.instance_ids:
            action = reply.action
            if action is None and reply.instance_id is not None:
                action = reply.fallback.get(instance)
            if action is not None:
                wanted[instance] = action
    if not wanted:
        field = "instance_action" if reply.instance_id is not None else "instance_actions"
        raise BadRequest(field, f"{reply.verdict.text} must name an action for each instance")
    return wanted


def _check_action(field: str, instance: str, action: str, allowed: t.Collection[str]) -> None:
    if action not in messages.ACTIONS:
        raise BadRequest(field, f"unknown action {action} for instance {instance}; known are {', '.join(messages.ACTIONS)}")
    if action not in allowed:
        raise BadRequest(field, f"action {action} is not allowed for instance {instance}; allowed are {', '.join(allowed)}")


def _repeats(reply: Reply, meant: t.Sequence[Asked]) -> bool:
    """Whether exactly this has been said and taken before, and nothing has been asked since that it could be meant for."""
    if not meant:
        return False
    if not reply.verdict.acknowledged or not messages.wants_actions(reply.verdict.state):
        return bool(meant[-1].reply_state == reply.verdict.text)
    latest = {instance: message for message in meant for instance in message.instance_ids}
    said = {
        instance: message.reply_actions[instance]
        for instance, message in latest.items()
        if message.reply_state == reply.verdict.text and instance in message.reply_actions
    }
    if reply.actions is not None:
        return bool(reply.actions) and all(said.get(instance) == action for instance, action in reply.actions.items())
    if reply.action is not None or reply.instance_id is not None:
        about = [reply.instance_id] if reply.instance_id is not None else meant[-1].instance_ids
        return all(instance in said and said[instance] == (reply.action or reply.fallback.get(instance)) for instance in about)
    return False


def _why_not(reply: Reply, meant: t.Sequence[Asked]) -> str:
    state = reply.verdict.state
    if not meant:
        about = f" about instance {reply.instance_id}" if reply.instance_id else ""
        return f"no message {state}{about} is pending for this project"
    last = meant[-1]
    if last.status in (messages.ACKNOWLEDGED, messages.REFUSED):
        return f"message {last.id} ({state}) has been answered before, with {last.reply_state}"
    if last.status in (messages.PENDING, messages.EXPIRED):
        return f"too late: the reply to message {last.id} ({state}) was due at {times.wire(last.reply_at)}"
    return f"message {last.id} ({state}) has been cancelled"


def same_question(message: Asked, round_number: int, state: str, key: str, instance_ids: t.Collection[str]) -> bool:
    """Whether a message already asks (or has been granted) what a runner asks for once more."""
    if (message.round, message.state, message.key) != (round_number, state, key):
        return False
    if message.status not in (messages.PENDING, messages.ACKNOWLEDGED, messages.INFORMED):
        return False
    return set(instance_ids) <= set(message.instance_ids)


def still_waiting(told: t.Iterable[tuple[str, str]]) -> list[str]:
    """Return the projects that heard of the maintenance and not yet of its end. ``told``: project and state, oldest first."""
    waiting: dict[str, None] = {}
    for project_id, state in told:
        if state == messages.MAINTENANCE:
            waiting[project_id] = None
        elif state == messages.MAINTENANCE_COMPLETE:
            waiting.pop(project_id, None)
    return list(waiting)
