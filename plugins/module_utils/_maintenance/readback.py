# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The project's half of the conversation: what was heard is read back, and answered in time (private to this collection).

A webhook is a hint, not an order: Aodh cannot sign. So a hint only says where to look; what is handled comes from the maintenance
endpoint of the catalogue, read with the project's own credentials.
"""

from __future__ import annotations

import time
import typing as t
import urllib.parse

from .._ensure import Record
from .._errors import CollectionError, ServiceError
from . import messages
from .proxy import MaintenanceProxy
from .sessions import SOURCE_FENIX, SOURCE_SESSION_API
from .times import parse_time, utc_now

# Fenix goes through START_MAINTENANCE between two hosts, for a fraction of a second.
_FENIX_LOOKS = 5
_FENIX_PAUSE = 0.4
_SERVER_ERROR = 500
# As many as fit into an address.
_MOST_IDS = 50

Hint = t.Mapping[str, t.Any]


class Refused(Exception):
    """Why nothing is done about a hint."""


class ReadBack:
    """Turns hints into messages that are really there, for one project."""

    def __init__(self, proxy: MaintenanceProxy, *, by_id: bool = False) -> None:
        """Read with the credentials of the project.

        :param by_id: whether to look first for the messages that the hints name, and for the others of a session only when one is
            not found: less to read while many wait.
        """
        self._proxy = proxy
        self._project_id = proxy.project_id
        self._by_id = by_id
        self._named: dict[str, set[str]] = {}
        self._pages: dict[tuple[str, bool | None], list[Record] | None] = {}

    def hints(self, hints: t.Iterable[Hint]) -> tuple[list[Record], list[Record]]:
        """The messages that the hints are about, each once, and the hints that led nowhere, with the reason."""
        found: dict[str, Record] = {}
        dropped: list[Record] = []
        hints = [*hints]
        for hint in hints if self._by_id else []:
            if hint.get("message_id"):
                self._named.setdefault(str(hint.get("session_id")), set()).add(str(hint["message_id"]))
        for hint in hints:
            try:
                for message in self._one(hint):
                    _remember(found, message, hint)
            except Refused as exc:
                known = {name: value for name, value in hint.items() if name != "delivery"}
                dropped.append({**known, "deliveries": _deliveries(hint), "reason": str(exc)})
        return list(found.values()), dropped

    def pending(self, session_id: str | None, state: str | None) -> list[Record]:
        """What waits for a reply of this project, without a hint."""
        if not self._proxy.is_session_api():
            return self._fenix_pending(session_id, None if state is None else messages.canonical(state))
        sessions = [session_id] if session_id else [str(one["id"]) for one in self._proxy.sessions(only_open=True)]
        found: dict[str, Record] = {}
        for one in sessions:
            for message in self._page(one, done=False) or []:
                if state is None or message["state"] == messages.canonical(state):
                    _remember(found, message, {})
        return list(found.values())

    def _one(self, hint: Hint) -> list[Record]:
        session_id, state = str(hint.get("session_id") or ""), messages.canonical(str(hint.get("state") or ""))
        if not session_id.strip(".") or state not in messages.MESSAGE_STATES:
            raise Refused(f"it names no session or no known state: session {session_id or '(none)'}, state {state or '(none)'}")
        project_id = hint.get("project_id")
        if project_id != self._project_id:
            raise Refused(f"it is for project {project_id}, and these credentials are of project {self._project_id}")
        if self._proxy.is_session_api():
            return self._ours(hint, session_id, state)
        return [self._fenix(hint, session_id, state)]

    # --- session API

    def _ours(self, hint: Hint, session_id: str, state: str) -> list[Record]:
        page = self._named_page(hint, session_id) or self._page(session_id, done=not messages.wants_reply(state))
        if page is None:
            raise Refused(f"session {session_id} is unknown at {self._proxy.base}, or does not concern this project")
        found = [one for one in page if one["state"] == state]
        by_id = [one for one in found if one["id"] == hint.get("message_id")]
        named = set() if "instance_ids" in (hint.get("truncated") or []) else set(hint.get("instance_ids") or [])
        if by_id:
            found = by_id
        elif named:
            found = [one for one in found if named & set(one["instance_ids"])]
        found = found or self._begun(hint, session_id, state)
        if not found:
            about = f" about instance {', '.join(sorted(named))}" if named else ""
            raise Refused(f"no message {state}{about} of session {session_id} is pending for this project (any more)")
        genuine = {one["reply_url"] for one in found}
        for name in ("reply_url", "instance_ids_url"):
            url = hint.get(name)
            if url and url not in genuine and not self._belongs(str(url)):
                raise Refused(f"its {name} {url} does not belong to the maintenance endpoint {self._proxy.base}")
        return found

    def _begun(self, hint: Hint, session_id: str, state: str) -> list[Record]:
        """An answered message whose project may not have done yet what it has said it does itself.

        Whoever was killed between the reply and the end of that is handed the same hint again, with the id of the message.
        """
        if not hint.get("message_id") or not messages.wants_actions(state):
            return []
        found = self._proxy.message(session_id, str(hint["message_id"]))
        if found is None or (found["project_id"], found["state"], found["status"]) != (
            self._project_id, state, messages.ACKNOWLEDGED,
        ):  # fmt: skip
            return []
        actions = (found.get("reply") or {}).get("instance_actions") or {}
        if messages.OWN_ACTION not in actions.values():
            return []
        return [{**found, "source": SOURCE_SESSION_API, "instance_id": _single(found)}]

    def _named_page(self, hint: Hint, session_id: str) -> list[Record] | None:
        """The pending messages that hints name, when that of this one is among them."""
        ids = self._named.get(session_id)
        if not ids or len(ids) > _MOST_IDS or hint.get("message_id") not in ids:
            return None
        key = (session_id, None)
        if key not in self._pages:
            self._pages[key] = self._own(self._proxy.messages(session_id, status=messages.PENDING, ids=ids))
        page = self._pages[key] or []
        return page if any(one["id"] == hint["message_id"] for one in page) else None

    def _page(self, session_id: str, *, done: bool) -> list[Record] | None:
        key = (session_id, done)
        if key not in self._pages:
            if done:
                page = self._proxy.messages(session_id, state=messages.INSTANCE_ACTION_DONE)
            else:
                page = self._proxy.messages(session_id, status=messages.PENDING)
            self._pages[key] = self._own(page)
        return self._pages[key]

    def _own(self, page: list[Record] | None) -> list[Record] | None:
        if page is None:
            return None
        # A token with the role admin may see the messages of other projects.
        mine = [one for one in page if one["project_id"] == self._project_id]
        return [{**one, "source": SOURCE_SESSION_API, "instance_id": _single(one)} for one in mine]

    def _belongs(self, url: str) -> bool:
        try:
            here, there = urllib.parse.urlsplit(self._proxy.base), urllib.parse.urlsplit(url)
            same = (here.scheme, here.hostname, _port(here)) == (there.scheme, there.hostname, _port(there))
        except ValueError:
            return False
        return same and there.path.startswith(here.path.rstrip("/") + "/") and ".." not in there.path and "@" not in there.netloc

    # --- Fenix

    def _fenix(self, hint: Hint, session_id: str, state: str) -> Record:
        instance_id = self._fenix_instance(hint, session_id)
        self._fenix_state(session_id, state)
        own = self._fenix_instances(session_id)
        if own is None:
            raise Refused(f"session {session_id} is unknown to the Fenix at {self._proxy.base}")
        named = [str(one) for one in hint.get("instance_ids") or []]
        if instance_id or state == messages.INSTANCE_ACTION_DONE:
            wanted = [instance_id] if instance_id else named
            if not wanted or not set(wanted) <= set(own):
                raise Refused(
                    f"instance {', '.join(wanted) or '(none)'} is not among those of this project in session {session_id}"
                )
            own = wanted
        path = "/".join(["", "maintenance", session_id, self._project_id, *([instance_id] if instance_id else [])])
        return {
            "id": hint.get("message_id") or f"{session_id}/{state}/{instance_id or self._project_id}",
            "session_id": session_id,
            "project_id": self._project_id,
            "state": state,
            "dialect": messages.INSTANCE_DIALECT if instance_id else messages.HOST_DIALECT,
            "instance_id": instance_id,
            "instance_ids": own,
            "allowed_actions": list(hint.get("allowed_actions") or []),
            "metadata": dict(hint.get("metadata") or {}),
            "actions_at": _future(hint.get("actions_at")),
            "reply_at": _future(hint.get("reply_at")),
            "reply_url": self._proxy.base + path,
            "status": messages.PENDING if messages.wants_reply(state) else messages.INFORMED,
            "source": SOURCE_FENIX,
        }

    def _fenix_instance(self, hint: Hint, session_id: str) -> str | None:
        """The instance at the end of the reply URL, in the instance dialect.

        Fenix writes its own idea of its host into the URL, often 127.0.0.1. So only the path is looked at, and it has to be the
        one of this session and project; the reply goes to the endpoint of the catalogue whatever the URL says.
        """
        url = hint.get("reply_url")
        if not url:
            return None
        try:
            parts = urllib.parse.unquote(urllib.parse.urlsplit(str(url)).path).rstrip("/").split("/")
        except ValueError:
            parts = []
        own = ["maintenance", session_id, self._project_id]
        if parts[-3:] == own:
            return None
        if parts[-4:-1] == own:
            return parts[-1]
        raise Refused(f"its reply_url {url} is not that of project {self._project_id} in session {session_id}")

    def _fenix_instances(self, session_id: str) -> list[str] | None:
        """Fenix answers 500 for a project that has nothing in the session, and now and then for no reason."""
        for look in range(2):
            time.sleep(_FENIX_PAUSE if look else 0)
            try:
                return self._proxy.project_instances(session_id, self._project_id)
            except ServiceError as exc:
                if exc.status != _SERVER_ERROR:
                    raise
        raise Refused(f"the Fenix at {self._proxy.base} knows no instances of this project in session {session_id}")

    def _fenix_state(self, session_id: str, state: str) -> None:
        seen = None
        for look in range(_FENIX_LOOKS):
            time.sleep(_FENIX_PAUSE if look else 0)
            found = self._proxy.fenix_session(session_id)
            if found is None:
                raise Refused(f"session {session_id} is unknown to the Fenix at {self._proxy.base}")
            seen = messages.canonical(str(found.get("state")))
            # INSTANCE_ACTION_DONE is never the state of a session.
            if state in (seen, messages.INSTANCE_ACTION_DONE):
                return
        raise Refused(f"session {session_id} is {seen}, so no message {state} is pending")

    def _fenix_pending(self, session_id: str | None, wanted: str | None) -> list[Record]:
        found: list[Record] = []
        for one in [session_id] if session_id else self._proxy.session_ids():
            session = self._proxy.fenix_session(one)
            state = messages.canonical(str((session or {}).get("state")))
            if state in messages.MESSAGE_STATES and wanted in (None, state):
                try:
                    found.append(self._fenix({}, one, state))
                except Refused:
                    continue
        return found


def _remember(found: dict[str, Record], message: Record, hint: Hint) -> None:
    """One message may be heard by several VNFs of a project, each with an alarm of its own."""
    vnf_id = hint.get("vnf_id")
    known = found.setdefault(str(message["id"]), {**message, "vnf_id": vnf_id, "vnf_ids": [], "deliveries": []})
    heard_by = [one for one in (vnf_id, *(hint.get("vnf_ids") or [])) if one]
    known["vnf_ids"] = [*dict.fromkeys([*known["vnf_ids"], *heard_by])]
    known["deliveries"] = [*dict.fromkeys([*known["deliveries"], *_deliveries(hint)])]


def _deliveries(hint: Hint) -> list[str]:
    """The delivery that brought a hint; only its id, since its key is for whoever reports about it."""
    delivery = hint.get("delivery")
    return [str(delivery["id"])] if isinstance(delivery, t.Mapping) and delivery.get("id") else []


def _single(message: Record) -> str | None:
    return (
        str(message["instance_ids"][0])
        if message.get("dialect") == messages.INSTANCE_DIALECT and message["instance_ids"]
        else None
    )


def _port(url: urllib.parse.SplitResult) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


def _future(text: t.Any) -> str | None:
    """A deadline, unless it has passed: the Fenix of 2019 computes deadlines that lie in the past."""
    if not text:
        return None
    try:
        time_ = parse_time(str(text), "a deadline")
    except CollectionError:
        return None
    return str(text) if time_ > utc_now() else None
