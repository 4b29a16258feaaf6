# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replies of a project: each in time or not at all, many at once (private to this collection)."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError
from . import messages
from .proxy import MaintenanceProxy, shortened
from .times import parse_time, utc_now

ACCEPTED, ALREADY, REFUSED, LATE, FAILED, UNSENT = "accepted", "already", "refused", "late", "failed", "unsent"
TAKEN = (ACCEPTED, ALREADY, UNSENT)

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_LONGEST_PAUSE = 2.0

Progress = t.Callable[[str], None]


class MovedOn(Exception):
    """What a Fenix asks now, in place of what a reply is for."""


class Replies:
    """Sends the replies of the project whose credentials are used."""

    def __init__(self, proxy: MaintenanceProxy, timeout: float) -> None:
        """Give up a reply without a deadline after ``timeout`` seconds."""
        self._proxy = proxy
        self._timeout = timeout

    def check(self, replies: t.Iterable[Record]) -> None:
        """Everything that can be known to be wrong before the first one is sent."""
        own = self._proxy.project_id
        for reply in replies:
            about = f"The reply for session {reply['session_id']}"
            if reply["project_id"] != own:
                raise CollectionError(
                    f"{about} is for project {reply['project_id']}, but these credentials are of project {own}; a project "
                    "answers only for itself. Next: use the credentials of that project",
                    project_id=reply["project_id"],
                )
            verdict = messages.parse_reply_state(reply["state"])
            if verdict is None:
                raise CollectionError(
                    f"{about} has state {reply['state']!r}; a reply is ACK_ or NACK_ and the state of the message"
                )
            if not messages.wants_reply(verdict.state):
                raise CollectionError(
                    f"{about} has state {reply['state']}; nobody waits for that one, and a Fenix may fail over it"
                )
            if reply.get("reply_at"):
                parse_time(reply["reply_at"], "reply_at")
            for instance, action in (reply.get("instance_actions") or {}).items():
                if action not in messages.ACTIONS:
                    raise CollectionError(
                        f"{about} has action {action!r} for instance {instance}; known are {', '.join(messages.ACTIONS)}"
                    )

    def send(
        self, replies: list[Record], concurrency: int, told: Progress = lambda line: None, *, look_back: bool = True
    ) -> list[Record]:
        """Send all, so many at a time; the order of the results is that of the replies.

        :param look_back: whether to see first what has been answered; not needed right after the messages were read.
        """
        if not replies:
            return []
        known = self._known_messages(replies) if look_back else {}
        self._proxy.is_session_api()
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, min(concurrency, len(replies)))) as pool:
            running = {pool.submit(self._one, reply, known): number for number, reply in enumerate(replies)}
            done: dict[int, Record] = {}
            for future in concurrent.futures.as_completed(running):
                record = done[running[future]] = future.result()
                told(in_words(record))
        return [done[number] for number in range(len(replies))]

    def _one(self, reply: Record, known: t.Mapping[str, list[Record]]) -> Record:
        began = time.monotonic()
        status, reason = self._outcome(reply, known)
        return {
            **reply,
            "status": status,
            "reason": reply.get("reason") if reason is None else reason,
            "seconds": round(time.monotonic() - began, 3),
        }

    def _outcome(self, reply: Record, known: t.Mapping[str, list[Record]]) -> tuple[str, str | None]:
        if _said_before(reply, known.get(reply["session_id"], [])):
            return ALREADY, None
        deadline = parse_time(reply["reply_at"], "reply_at") if reply.get("reply_at") else None
        end = utc_now() + dt.timedelta(seconds=self._timeout)
        if deadline is not None:
            end = min(end, deadline)
        pause = 0.25
        last = ""
        while True:
            late = deadline is not None and end == deadline
            if utc_now() >= end:
                return (LATE if late else FAILED), f"{'due at ' + str(reply['reply_at']) if late else 'gave up'}{last}"
            try:
                state = self._state_asked(reply, end)
                # To look may have taken a while.
                left = (end - utc_now()).total_seconds()
                if left > 0:
                    self._proxy.reply(
                        reply["session_id"],
                        reply["project_id"],
                        {**self._body(reply), "state": state},
                        instance_id=reply.get("instance_id"),
                        timeout=min(left, self._proxy.call_timeout),
                    )
                    return ACCEPTED, None
            except MovedOn as exc:
                return LATE, f"{exc}{last}"
            except ServiceError as exc:
                if exc.status is not None and _CLIENT_ERROR <= exc.status < _SERVER_ERROR:
                    return REFUSED, str(exc)
                last = f"; last answer: {exc}"
            time.sleep(min(pause, max(0.0, (end - utc_now()).total_seconds())))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _body(self, reply: Record) -> Record:
        body: Record = {"state": reply["state"]}
        actions = dict(reply.get("instance_actions") or {})
        instance_id = reply.get("instance_id")
        action = reply.get("instance_action") or (actions.get(instance_id) if instance_id else None)
        if action:
            body["instance_action"] = action
        elif actions:
            body["instance_actions"] = actions
        if self._proxy.is_session_api():
            # A Fenix may refuse what its schema does not know.
            if reply.get("message_id"):
                body["message_id"] = reply["message_id"]
            if reply.get("reason"):
                body["reason"] = shortened(reply["reason"])
        return body

    def _known_messages(self, replies: t.Iterable[Record]) -> dict[str, list[Record]]:
        """The messages of the sessions, to tell a reply that was taken before; not knowing them is no obstacle."""
        known: dict[str, list[Record]] = {}
        if not self._proxy.is_session_api():
            return known
        for session_id in sorted({str(reply["session_id"]) for reply in replies}):
            try:
                known[session_id] = self._proxy.messages(session_id) or []
            except ServiceError:
                known[session_id] = []
        return known

    def _state_asked(self, reply: Record, end: dt.datetime) -> str:
        """Look what is asked at this moment, and return the reply's state in the words of whoever asks.

        The session API knows messages by id and refuses what is late. A Fenix takes any reply for one to what it asks now, and
        may fail its session over it. So its session has to be in the state of the reply and, where instances are asked about, has
        to show just those of the reply: for the next host it shows others, after a reply all of the project. Who calls SCALE_IN
        otherwise (DOWN_SCALE, IN_SCALE) waits for ACK_ and that.

        :param end: by when the Fenix has to have shown it.
        :raises MovedOn: when the reply would be one to another question.
        """
        verdict = messages.parse_reply_state(reply["state"])
        if self._proxy.is_session_api() or verdict is None:
            return str(reply["state"])
        session_id = str(reply["session_id"])
        state = str((self._proxy.fenix_session(session_id, **self._once(end)) or {}).get("state") or "unknown")
        if messages.canonical(state) != verdict.state:
            raise MovedOn(f"session is {state}")
        about = set(reply.get("instance_actions") or {})
        if about and not reply.get("instance_id"):
            shown = set(self._proxy.project_instances(session_id, str(reply["project_id"]), **self._once(end)) or [])
            if shown != about:
                raise MovedOn(f"session asks about {', '.join(sorted(shown)) or 'no instance'}, or has its reply")
        return f"{messages.ACK if verdict.acknowledged else messages.NACK}_{state}"

    def _once(self, end: dt.datetime) -> Record:
        """Options of a call that the caller repeats, and that is of no use after a time."""
        return {"repeat": False, "timeout": min(max(0.1, (end - utc_now()).total_seconds()), self._proxy.call_timeout)}


def _said_before(reply: Record, known: list[Record]) -> bool:
    """Whether the message was answered exactly so, and no other message waits for this reply."""
    verdict = messages.parse_reply_state(reply["state"])
    if verdict is None:
        return False
    actions = dict(reply.get("instance_actions") or {})
    about = set(actions) or ({reply["instance_id"]} if reply.get("instance_id") else set())
    same = [
        one for one in known
        if one["project_id"] == reply["project_id"] and one["state"] == verdict.state
        and reply.get("message_id") in (None, one["id"]) and (not about or about & set(one["instance_ids"]))
    ]  # fmt: skip
    if not same or any(one["status"] == messages.PENDING for one in same):
        return False
    said = same[-1].get("reply") or {}
    if said.get("state") != verdict.text:
        return False
    if not verdict.acknowledged or not messages.wants_actions(verdict.state):
        return True
    taken = said.get("instance_actions") or {}
    if reply.get("instance_action"):
        return set(taken.values()) == {reply["instance_action"]}
    return bool(actions) and all(actions.get(instance) == action for instance, action in taken.items())


def in_words(record: Record) -> str:
    """One line for the screen."""
    about = f" instance {record['instance_id']}" if record.get("instance_id") else ""
    reason = f": {record['reason']}" if record["status"] not in TAKEN and record.get("reason") else ""
    return f"session {record['session_id']}{about}: {record['state']} {record['status']} after {record['seconds']:.1f} s{reason}"


def untaken(records: list[Record]) -> CollectionError | None:
    """The error when a reply was not taken; None when all were."""
    bad = [one for one in records if one["status"] not in TAKEN]
    if not bad:
        return None
    return CollectionError(
        f"{len(bad)} of {len(records)} replies were not taken: {'; '.join(in_words(one) for one in bad)}. "
        "Next: read what is pending (nfv.maintenance.fenix_message_info) and reply to that",
        replies=records,
    )
