# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The administrator's half of the conversation: tell the projects, wait for what they say (private to this collection)."""

from __future__ import annotations

import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError
from .._sdk import CLIENT_ERRORS, Connection
from .._wait import wait_for
from . import messages
from .control import refuse_aborted
from .proxy import MaintenanceProxy
from .runner import keep_lease
from .times import seconds_between

# The service ends a message when its window ends; what is on top is for its and our slowness.
MARGIN = 15
# So many ids fit into an address.
_MOST_IDS = 100

Progress = t.Callable[[str], None]


class Conversation:
    """Messages of one session, sent and awaited by its runner."""

    def __init__(self, proxy: MaintenanceProxy, session: Record, lease_token: int) -> None:
        """Speak for the holder of the lease, who alone changes the session meanwhile."""
        self._proxy = proxy
        self._session_id = str(session["session_id"])
        self._round = session["round"]
        self._holder = str((session.get("lease") or {}).get("holder") or "")
        self._lease_token = lease_token

    def send(
        self, requests: list[Record], *, check_mode: bool, known: tuple[t.Any, list[Record]] | None = None
    ) -> tuple[list[Record], bool]:
        """Send what has not been sent yet; returns the messages and whether one of them is new.

        The service answers a request that it knows with the message it made then, so a runner that was killed may ask again.

        :param known: what :meth:`known` has said just before.
        """
        round_, present = known or self.known()
        if check_mode:
            simulated = [self._simulated(round_, present, request) for request in requests]
            return [one for group in simulated for one in group], any(one["id"] is None for group in simulated for one in group)
        sent = self._proxy.post_messages(self._session_id, self._lease_token, requests)
        before = {one["id"] for one in present}
        return sent, any(one["id"] not in before for one in sent)

    def known(self) -> tuple[t.Any, list[Record]]:
        """The round of the session and all its messages, oldest first."""
        return self._round, self._proxy.messages(self._session_id) or []

    def sent(self, ids: list[str]) -> list[Record]:
        """Messages that were sent before, as they are now."""
        found = {one["id"]: one for one in self._awaited(ids)}
        unknown = [one for one in ids if one not in found]
        if unknown:
            raise CollectionError(
                f"Session {self._session_id} has no message {', '.join(unknown)}. "
                f"Next: nfv.maintenance.fenix_session_info with session_id={self._session_id} and details=true",
                session_id=self._session_id,
            )
        return [found[one] for one in ids]

    def rest(self, seconds: float, ttl: int) -> None:
        """Do nothing for a while but keep the lease."""
        if seconds <= 0:
            return
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, ttl / 4))
            if self._holder:
                self._keep(ttl)

    def wait(
        self, sent: list[Record], timeout: float | None, ttl: int, *, heard: t.Callable[[Record], None] = lambda message: None
    ) -> list[Record]:
        """Wait until no message is pending, and keep the lease meanwhile.

        :param timeout: seconds; None follows the deadlines, also when a project has one of them moved.
        :param heard: called once per message, as soon as its status is final.
        """
        final: dict[str, Record] = {}
        for message in sent:
            if message["status"] != messages.PENDING:
                final[message["id"]] = message
                heard(message)
        if len(final) == len(sent):
            return sent
        renewed = time.monotonic()
        due = {one["id"]: one.get("reply_at") for one in sent}
        granted = 0.0

        def look() -> bool | None:
            nonlocal renewed, granted
            for message in self._awaited([one["id"] for one in sent if one["id"] not in final]):
                if message["status"] != messages.PENDING:
                    final[message["id"]] = message
                    heard(message)
                elif timeout is None:
                    granted = max(granted, seconds_between(due[message["id"]], message.get("reply_at")) or 0.0)
            if len(final) == len({one["id"] for one in sent}):
                return True
            if self._holder and time.monotonic() - renewed > ttl / 4:
                self._keep(ttl)
                renewed = time.monotonic()
            return None

        wait_for(
            look,
            f"the replies to {len(sent)} message(s) of session {self._session_id}",
            longest_window(sent) + MARGIN if timeout is None else timeout,
            seen=lambda: (
                "no reply of project "
                + ", ".join(sorted({one["project_id"] for one in sent if one["id"] not in final}))
                + (f", which asked for {granted:g} s more" if granted else "")
            ),
            next_step=f"nfv.maintenance.fenix_session_info with session_id={self._session_id} and details=true",
            interval=0.1,
            longest=0.5,
            # Time that the service has granted a project does not count as time waited.
            clock=lambda: time.monotonic() - granted,
        )
        return [final[one["id"]] for one in sent]

    def _keep(self, ttl: int) -> None:
        """Keep the lease, unless nobody wants the run to go on."""
        keep_lease(self._proxy, self._session_id, self._lease_token, self._holder, ttl)
        refuse_aborted(self._proxy.control(self._session_id))

    def _awaited(self, waiting: list[str]) -> list[Record]:
        """The messages as they are now."""
        found = self._proxy.messages(self._session_id, ids=waiting if len(waiting) <= _MOST_IDS else None)
        if found is None:
            raise CollectionError(
                f"Session {self._session_id} was deleted while its messages were awaited. Next: start the run again",
                session_id=self._session_id,
            )
        asked = set(waiting)
        return [one for one in found if one["id"] in asked]

    def _simulated(self, round_: t.Any, known: list[Record], request: Record) -> list[Record]:
        same = [one for one in known if _same_question(one, round_, request)]
        covered = {instance for one in same for instance in one["instance_ids"]}
        if same and set(request.get("instance_ids") or []) <= covered:
            return same
        return [{"id": None, "session_id": self._session_id, "status": messages.PENDING, **request}]


def _same_question(message: Record, round_: t.Any, request: Record) -> bool:
    if message["status"] not in (messages.PENDING, messages.ACKNOWLEDGED, messages.INFORMED):
        return False
    asked = (round_, messages.canonical(request["state"]), request["project_id"], request.get("key") or "")
    return (message["round"], message["state"], message["project_id"], message.get("key") or "") == asked


def with_latency(message: Record) -> Record:
    """A message as the modules return it."""
    return {**message, "latency": latency(message)}


def latency(message: Record) -> float | None:
    """Seconds from the time the message left the service to the reply."""
    return seconds_between(message.get("sent_at") or message.get("created_at"), message.get("replied_at"))


def longest_window(sent: list[Record]) -> float:
    """Seconds from the creation of the messages to the last deadline; both are the service's clock."""
    return max((seconds_between(one.get("created_at"), one.get("reply_at")) or 0.0 for one in sent), default=0.0)


def in_words(message: Record, name: str) -> str:
    """One line for the screen: who said what, and how long it took."""
    state, status = message["state"], message["status"]
    about = f" for instance {message['instance_ids'][0]}" if message.get("dialect") == messages.INSTANCE_DIALECT else ""
    reply = (message.get("reply") or {}).get("state")
    if reply:
        seconds = latency(message)
        reason = f" ({message['reason']})" if message.get("reason") else ""
        return f"{name}: {reply}{about}{'' if seconds is None else f' after {seconds:.1f} s'}{reason}"
    if status == messages.EXPIRED:
        return f"{name}: no reply to {state}{about} until {message.get('reply_at')}"
    return f"{name}: {state}{about} {status}"


def refusal(session_id: str, unwilling: list[Record], total: int) -> CollectionError:
    """The error when projects said no, or nothing."""
    told = "; ".join(in_words(one, f"project {one['project_id']}") for one in unwilling)
    return CollectionError(
        f"{len(unwilling)} of {total} message(s) of session {session_id} were not acknowledged: {told}. "
        f"Next: settle it with the owners, then start the run again, or give up: "
        f"nfv.maintenance.fenix_session with session_id={session_id} and state=absent",
        session_id=session_id,
        messages=unwilling,
    )


def with_messages(proxy: MaintenanceProxy, session: Record) -> Record:
    """A session of the session API with all its messages."""
    return {**session, "messages": [with_latency(message) for message in proxy.messages(session["session_id"]) or []]}


def project_names(cloud: Connection) -> t.Callable[[str], str]:
    """Names of projects for the screen, asked once each; the id where Keystone does not tell."""
    known: dict[str, str] = {}

    def name(project_id: str) -> str:
        if project_id not in known:
            try:
                known[project_id] = str(cloud.identity.get_project(project_id).name)
            except CLIENT_ERRORS:
                known[project_id] = project_id
        return known[project_id]

    return name
