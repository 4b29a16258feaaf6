# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is under maintenance now, and so is not healed (private to this collection).

It is read from the maintenance service when something is about to be done, and nothing is remembered: when a message about the
end of a maintenance is lost, healing goes on all the same.
"""

from __future__ import annotations

import typing as t

from .._compute.nova import Nova
from .._ensure import Record
from .._errors import CollectionError, ServiceError
from .._maintenance import messages as m
from .._maintenance.proxy import maintenance
from .._maintenance.times import parse_time
from .._sdk import Connection, EndpointNotFound
from .findings import iso

AWAY = "the maintenance service gives no answer, so nobody knows what is under maintenance"


class _Asked(t.NamedTuple):
    """What is asked about; see :meth:`Muting.why`."""

    server_id: str | None
    project_id: str | None
    whole: bool
    found_at: float


class Muting:
    """The open sessions of one moment.

    :ivar unread: why they could not be read; "" when they were.
    """

    def __init__(
        self, sessions: t.Sequence[tuple[Record, t.Sequence[Record]]], now: float, settle: float, longest: float, unread: str = ""
    ) -> None:  # fmt: skip
        """Judge by records.

        :param sessions: each with the messages that are seen of it.
        :param settle: seconds for which an instance is left alone after its move or its work.
        :param longest: seconds after which a state that has not changed no longer mutes: its runner is gone.
        """
        self._sessions, self._now, self._settle, self._longest = sessions, now, settle, longest
        self.unread = unread

    def why(self, server_id: str | None, project_id: str | None, *, whole: bool, seen_at: float | None = None) -> str:
        """Why nothing may be done now to a server, or to its whole VNF; "" when it may.

        :param project_id: the VNF's project, None where it is not known: then any message counts.
        :param seen_at: when the server was last found down, seconds since the epoch; None is now. What was found while it was
            moved, and not since, says nothing about it after the move, however late it is acted on.
        """
        if self.unread:
            return self.unread
        asked = _Asked(server_id, project_id, whole, self._now if seen_at is None else min(self._now, seen_at))
        reasons = (
            found
            for record, told in self._sessions
            for found in (self._host(record, asked), self._told(record, told, asked))
        )
        return next((found for found in reasons if found), "")

    def _host(self, session: Record, asked: _Asked) -> str:
        instance = next((one for one in session.get("instances") or () if one.get("id") == asked.server_id), None)
        if instance is None:
            return ""
        name = f"instance {asked.server_id} in session {session.get('id')}"
        if instance.get("state") == m.MOVING and self._within(instance.get("updated_at"), self._longest):
            return f"{name} is MOVING"
        if instance.get("state") == m.MOVED and self._is_settling(instance.get("updated_at"), asked):
            return f"{name} has just been moved"
        host: Record = next((one for one in session.get("hosts") or () if one.get("name") == instance.get("host")), {})
        at_work = host.get("state") in (m.HOST_DRAINING, m.HOST_IN_MAINTENANCE)
        if at_work and self._within(host.get("updated_at"), self._longest):
            return f"host {host['name']} of {name} is {host['state']}"
        if host.get("state") == m.HOST_COMPLETE and self._is_settling(host.get("updated_at"), asked):
            return f"host {host['name']} of {name} has just come back"
        return ""

    def _told(self, session: Record, told: t.Sequence[Record], asked: _Asked) -> str:
        if session.get("state") == m.MAINTENANCE_FAILED:
            return ""
        mine = [one for one in told if asked.project_id in (None, one.get("project_id"))]
        for one in mine:
            about = f"the project was told {one.get('state')} in session {session.get('id')}"
            if one.get("state") in m.INSTANCE_STATES:
                if (asked.whole or asked.server_id in (one.get("instance_ids") or ())) and self._open(session, one, mine, asked):
                    return about
            elif one.get("status") == m.PENDING and self._within(one.get("created_at"), self._longest):
                return f"{about}, and has not replied yet"
        return ""

    def _open(self, session: Record, message: Record, told: t.Sequence[Record], asked: _Asked) -> bool:
        """Whether something is still to come of a message about instances."""
        if message.get("status") not in (m.PENDING, m.ACKNOWLEDGED) or not self._within(message.get("created_at"), self._longest):
            return False
        since = _seconds(message.get("created_at"))
        over = {
            str(instance_id): _seconds(one.get("created_at"))
            for one in told
            if one.get("state") == m.INSTANCE_ACTION_DONE and _seconds(one.get("created_at")) >= since
            for instance_id in one.get("instance_ids") or ()
        }
        for one in session.get("instances") or ():
            if one.get("state") in (m.MOVED, m.MOVE_FAILED) and _seconds(one.get("updated_at")) >= since:
                over.setdefault(str(one["id"]), _seconds(one.get("updated_at")))
        left = [one for one in message.get("instance_ids") or () if str(one) not in over]
        return bool(left) or any(asked.found_at - at < self._settle for at in over.values())

    def _is_settling(self, ended: t.Any, asked: _Asked) -> bool:
        return asked.found_at - _seconds(ended) < self._settle

    def _within(self, text: t.Any, seconds: float) -> bool:
        return self._now - _seconds(text) < seconds


def _seconds(text: t.Any) -> float:
    try:
        return parse_time(str(text), "a time").timestamp()
    except CollectionError:
        return 0.0


def read_muting(cloud: Connection, now: float, settle: float, longest: float) -> Muting:
    """Ask the maintenance service of the catalogue; where there is none, nothing is under maintenance."""
    proxy = maintenance(cloud)
    # Whoever waits for it holds up an action; a reminder comes again.
    proxy.retry_seconds = 3.0
    try:
        if proxy.is_session_api():
            found = [_ours(proxy, str(one["id"])) for one in proxy.sessions() if _concerns(one, now, longest)]
        else:
            found = [_of_fenix(proxy, session_id, now) for session_id in proxy.session_ids()]
    except ServiceError as exc:
        if isinstance(exc.__cause__, EndpointNotFound):
            return Muting([], now, settle, longest)
        return Muting([], now, settle, longest, f"{AWAY}: {exc}")
    return Muting([one for one in found if one is not None], now, settle, longest)


def _concerns(session: Record, now: float, longest: float) -> bool:
    """Whether a session is open, or was not long ago: what was found of its servers then may be acted on only now."""
    return session.get("state") != m.MAINTENANCE_DONE or now - _seconds(session.get("updated_at")) < longest


def _ours(proxy: t.Any, session_id: str) -> tuple[Record, list[Record]] | None:
    record = proxy.session_record(session_id)
    return None if record is None else (record, proxy.messages(session_id) or [])


def _of_fenix(proxy: t.Any, session_id: str, now: float) -> tuple[Record, list[Record]] | None:
    """A Fenix tells which instances a session concerns, not how far it is with them: all of them are left alone."""
    record = proxy.fenix_session(session_id)
    if record is None or record.get("state") in (m.MAINTENANCE_DONE, m.MAINTENANCE_FAILED):
        return None
    ids = proxy.project_instances(session_id, proxy.project_id) or []
    told = {"state": m.PLANNED_MAINTENANCE, "status": m.PENDING, "instance_ids": ids, "project_id": proxy.project_id}
    return {**record, "id": session_id}, [{**told, "created_at": iso(now)}]


def busy_servers(cloud: Connection, server_ids: t.Iterable[str]) -> dict[str, str]:
    """What Nova has under way on each of these servers, for those where it has something."""
    nova = Nova(cloud)
    found = {}
    for server_id in server_ids:
        try:
            server = nova.server(server_id)
        except ServiceError:
            # Not being able to ask is no reason to leave a VNF down.
            continue
        task = (server or {}).get("OS-EXT-STS:task_state")
        if task:
            found[server_id] = str(task)
    return found
