# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance sessions: find, create, continue, wait for the end (private to this collection).

The same for the session API and for a Fenix, as far as a Fenix has it.
"""

from __future__ import annotations

import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError
from .._wait import wait_for
from . import messages
from .proxy import MaintenanceProxy

SOURCE_SESSION_API = "session_api"
SOURCE_FENIX = "fenix"
# How long a wait goes on while every answer is an error: a restart takes seconds, a Fenix call without its engine 60.
PATIENCE = 300.0
_PAUSE = 2.0

_CONFLICT = 409
_TOO_MANY = 509
_SERVER_ERROR = 500


class Sessions:
    """The sessions of one maintenance service."""

    def __init__(self, proxy: MaintenanceProxy) -> None:
        """Use the proxy of the connection."""
        self._proxy = proxy

    @property
    def _ours(self) -> bool:
        return self._proxy.is_session_api()

    def require_session_api(self, options: str) -> None:
        """A Fenix moves its own sessions and knows no runner."""
        if not self._ours:
            raise CollectionError(
                f"{options} needs the session API of nfv.maintenance, but {self._proxy.base} is a Fenix, which moves its "
                "sessions itself. Next: leave the option out, or deploy the session API (role nfv.maintenance.session_api)"
            )

    def find(self, session_id: str | None, name: str | None = None, *, only_open: bool = True) -> Record | None:
        """A session by id, or the newest of a name."""
        if session_id:
            return self._by_id(session_id)
        if not name or not self._ours:
            return None
        known = self._proxy.sessions(name=name, only_open=only_open)
        if not known:
            return None
        return self._by_id(str(max(known, key=lambda one: str(one.get("created_at") or ""))["id"]))

    def find_patiently(self, session_id: str | None, name: str | None = None) -> Record | None:
        """The same, but errors of a Fenix, which answers 500 and ``null`` while its engine is away, are borne for a while."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.find(session_id, name)
            except ServiceError as exc:
                lasting = exc.status is not None and exc.status < _SERVER_ERROR
                if lasting or self._ours or time.monotonic() >= end:
                    raise
            time.sleep(_PAUSE)

    def get(self, session_id: str | None, name: str | None = None) -> Record:
        """The same, where a missing one is an error."""
        found = self.find(session_id, name)
        if found is not None:
            return found
        if session_id is None and not self._ours:
            raise CollectionError(f"{self._proxy.base} is a Fenix, whose sessions have no names. Next: give session_id")
        raise CollectionError(
            f"There is no session {session_id or 'open with the name ' + str(name)} at {self._proxy.base}. {self._why_lost()}"
            "Next: list the sessions (nfv.maintenance.fenix_session_info)",
            session_id=session_id,
        )

    def all(self, *, name: str | None = None, only_open: bool = False) -> list[Record]:
        """All sessions that the credentials may see."""
        if self._ours:
            return [session_record(one, SOURCE_SESSION_API) for one in self._proxy.sessions(name=name, only_open=only_open)]
        found = [self._by_id(session_id) for session_id in self._proxy.session_ids()]
        return [one for one in found if one and not (only_open and one["state"] == messages.MAINTENANCE_DONE)]

    def create(self, body: Record) -> Record:
        """Make a session; the errors of Fenix, which never say why, get the known causes."""
        if not self._ours:
            body = {key: value for key, value in body.items() if key != "name"}
        try:
            session_id = str(self._proxy.create_session(body)["session_id"])
        except ServiceError as exc:
            raise self._explained(exc) from exc
        try:
            return self.get(session_id)
        except ServiceError as exc:
            if exc.status is not None and exc.status < _SERVER_ERROR:
                raise
            # The session exists; losing its id over an answer that failed would leave it to nobody.
            known = {**body, "hosts": [{"name": name} for name in body["hosts"]], "session_id": session_id}
            return session_record(known, SOURCE_SESSION_API if self._ours else SOURCE_FENIX)

    def delete(self, session_id: str) -> None:
        """Remove a session. Fenix answers 500 when it is gone already, so what counts is whether it can still be read."""
        try:
            self._proxy.delete_session(session_id)
        except ServiceError as exc:
            if exc.status != _SERVER_ERROR or self.find_patiently(session_id) is not None:
                raise

    def resume(self, session_id: str) -> Record:
        """Continue a failed session."""
        self._proxy.continue_session(session_id)
        record = self.get(session_id)
        if record["state"] == messages.MAINTENANCE_FAILED:
            raise CollectionError(
                f"Session {session_id} is still MAINTENANCE_FAILED: the Fenix at {self._proxy.base} took the call and did "
                "nothing, as those of 2019 do. Next: enable the hosts it left disabled, delete the session and create a new one",
                session_id=session_id,
            )
        return record

    def wait(self, session_id: str, states: t.Collection[str], timeout: float) -> Record:
        """Wait until the session is in one of the states. A state nobody knows is not an end; a failed session is an error."""
        seen = "nothing yet"
        good = time.monotonic()

        def look() -> Record | None:
            nonlocal seen, good
            try:
                found = self.find(session_id)
            except ServiceError as exc:
                lasting = exc.status is not None and exc.status < _SERVER_ERROR
                if lasting or time.monotonic() - good > PATIENCE:
                    raise
                seen = str(exc)
                return None
            if found is None:
                raise CollectionError(
                    f"Session {session_id} is lost: {self._proxy.base} does not know it any more (last seen: {seen}). "
                    f"{self._why_lost()}Next: openstack compute service list, enable what it left disabled, create a new session",
                    session_id=session_id,
                )
            seen, good = str(found["state"]), time.monotonic()
            if found["state"] in states:
                return found
            _refuse_if_ended(found, states)
            return None

        return wait_for(
            look,
            f"session {session_id} to be {' or '.join(sorted(states))}",
            timeout,
            seen=lambda: seen,
            next_step=f"nfv.maintenance.fenix_session_info with session_id={session_id} and details=true",
            interval=1.0,
        )

    def _by_id(self, session_id: str) -> Record | None:
        if self._ours:
            found, source = self._proxy.session_record(session_id), SOURCE_SESSION_API
        else:
            found, source = self._proxy.fenix_session(session_id), SOURCE_FENIX
        return None if found is None else session_record(found, source)

    def _why_lost(self) -> str:
        return "" if self._ours else "A Fenix keeps its sessions in memory and forgets them when its engine restarts. "

    def _explained(self, exc: ServiceError) -> CollectionError:
        if exc.status == _TOO_MANY:
            ids = ", ".join(self._proxy.session_ids())
            return CollectionError(
                f"{exc}. This Fenix holds no more than three sessions, and done and failed ones count: {ids}. "
                "Next: delete one (nfv.maintenance.fenix_session with state=absent)",
                **exc.details,
            )
        if exc.status == _CONFLICT and self._ours:
            return CollectionError(
                f"{exc}. Two sessions never share a host, and nothing was changed. Next: let that maintenance come to its end "
                "(playbook nfv.maintenance.control_maintenance shows how far it is; one that has stopped goes on when it is run "
                "again), or give it up (playbook nfv.maintenance.abort_maintenance, then nfv.maintenance.fenix_session with "
                "state=absent)",
                **exc.details,
            )
        if exc.status == _SERVER_ERROR and not self._ours:
            return CollectionError(
                f"{exc}. Fenix never gives a cause; known ones are: a nova-compute that is already disabled, an unknown "
                "workflow, an engine that is down. Next: openstack compute service list, then the log of fenix-engine",
                **exc.details,
            )
        return exc


def _refuse_if_ended(found: Record, states: t.Collection[str]) -> None:
    if found["state"] == messages.MAINTENANCE_FAILED:
        raise failed_session(found)
    if found["state"] == messages.MAINTENANCE_DONE:
        raise CollectionError(
            f"Session {found['session_id']} is {found['state']} and will not become {' or '.join(sorted(states))} any more",
            session_id=found["session_id"],
        )


def failed_session(found: Record) -> CollectionError:
    """The error for a session that is MAINTENANCE_FAILED."""
    session_id = found["session_id"]
    if found["source"] == SOURCE_FENIX:
        text = "Fenix gives no reason, leaves its hosts disabled and its projects waiting"
        step = "look at the log of fenix-engine, enable the hosts (openstack compute service list), delete the session"
    else:
        text = str(found.get("reason") or "no reason was given")
        step = (
            f"repair the cause, then continue it: nfv.maintenance.fenix_session with session_id={session_id} and state=continued"
        )
    return CollectionError(f"Session {session_id} is MAINTENANCE_FAILED: {text}. Next: {step}", session_id=session_id)


def session_record(found: Record, source: str) -> Record:
    """A session as the modules return it: the keys are there whichever service it is."""
    empty: Record = {
        "name": None, "state": None, "round": None, "reason": None, "workflow": None, "hosts": [], "instances": [],
        "lease": None, "control": None, "progress": None, "waiting_for": [],
    }  # fmt: skip
    rest = {key: value for key, value in found.items() if key != "id"}
    return {**empty, **rest, "session_id": found.get("session_id") or found.get("id"), "source": source}
