# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What waits for a reply of the project, whether an alarm told of it or not."""

from __future__ import annotations

import time
import typing as t

from ...module_utils._errors import ServiceError
from ...module_utils._maintenance import messages as m
from ...module_utils._maintenance.readback import ReadBack
from ...module_utils._maintenance.times import seconds_between
from .cloud import Cloud

Record = dict[str, t.Any]

EVENT_TYPE = "maintenance.scheduled"
FIELDS = (
    "session_id", "project_id", "state", "instance_ids", "allowed_actions", "reply_url", "actions_at", "reply_at", "metadata",
)  # fmt: skip
# An alarm on its way needs a moment.
GRACE = 2.0
LONGEST_PAUSE, SHORTEST_PAUSE = 10.0, 1.0
# While a session is open whose windows are not known: a quarter of the 20 seconds that a Fenix gives.
PAUSE_IN_SESSION = 5.0

_SERVER_ERROR = 500


class Waiting:
    """Looks at the maintenance service again and again.

    A Fenix of 2019 shows the state of its session and nothing of messages, so only what is certain is told. MAINTENANCE and
    MAINTENANCE_COMPLETE are sent when the state begins. In PREPARE_MAINTENANCE and PLANNED_MAINTENANCE a project sees fewer of
    its instances than otherwise exactly while its reply is waited for. SCALE_IN is shown hours before it is sent: left out.
    """

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._since: dict[str, float] = {}
        self._most: dict[str, set[str]] = {}
        self._windows: dict[str, float] = {}
        self.pause = LONGEST_PAUSE

    @property
    def sessions(self) -> t.Collection[str]:
        """The sessions of the last look."""
        return self._windows

    def look(self, cloud: Cloud) -> list[Record]:
        """The notifications of what has waited longer than an alarm takes; :attr:`pause` becomes the time until the next look."""
        now = time.monotonic()
        sessions, found = self._session_api(cloud) if cloud.is_session_api else self._fenix(cloud)
        self._windows = {one: self._windows.get(one, PAUSE_IN_SESSION * 4) for one in sessions}
        for message in found.values():
            window = seconds_between(message.get("created_at"), message.get("reply_at"))
            if window is not None:
                self._windows[message["session_id"]] = min(self._windows[message["session_id"]], window)
        self._since = {key: self._since.get(key, now) for key in found}
        due = {key: since + GRACE - now for key, since in self._since.items()}
        fresh = [left for left in due.values() if left > 0]
        pause = min([LONGEST_PAUSE, *(window / 4 for window in self._windows.values()), *fresh])
        self.pause = max(SHORTEST_PAUSE, pause)
        return [_notification(message) for key, message in found.items() if due[key] <= 0]

    def _session_api(self, cloud: Cloud) -> tuple[list[str], dict[str, Record]]:
        sessions = [str(one["id"]) for one in cloud.maintenance.sessions(only_open=True)]
        back = ReadBack(cloud.maintenance)
        found = [message for one in sessions for message in back.pending(one, None)]
        return sessions, {str(message["id"]): message for message in found}

    def _fenix(self, cloud: Cloud) -> tuple[list[str], dict[str, Record]]:
        found: dict[str, Record] = {}
        sessions = cloud.maintenance.session_ids()
        self._most = {one: self._most.get(one, set()) for one in sessions}
        for session_id in sessions:
            state = m.canonical(str((cloud.maintenance.fenix_session(session_id) or {}).get("state")))
            instances = self._instances(cloud, session_id)
            if not instances:
                continue
            is_part = instances < self._most[session_id]
            self._most[session_id] |= instances
            if state in (m.MAINTENANCE, m.MAINTENANCE_COMPLETE) or (m.wants_actions(state) and is_part):
                about = {"session_id": session_id, "project_id": cloud.project_id, "state": state}
                # LIVE_MIGRATE is offered by that Fenix and fails its session.
                actions = [m.MIGRATE, m.OWN_ACTION] if m.wants_actions(state) else []
                key = "/".join([session_id, state, *sorted(instances)])
                found[key] = {**about, "instance_ids": sorted(instances), "allowed_actions": actions}
        return sessions, found

    def _instances(self, cloud: Cloud, session_id: str) -> set[str]:
        try:
            return set(cloud.maintenance.project_instances(session_id, cloud.project_id) or ())
        except ServiceError as exc:
            # A project that has nothing in the session.
            if exc.status == _SERVER_ERROR:
                return set()
            raise


def _notification(message: Record) -> Record:
    """The notification of a message as it could have been on the bus; one of a Fenix has no id."""
    payload = {name: message[name] for name in FIELDS if message.get(name) is not None}
    told: Record = {"event_type": EVENT_TYPE, "payload": payload}
    if message.get("id"):
        payload["message_id"] = told["message_id"] = str(message["id"])
    if message.get("created_at"):
        told["timestamp"] = str(message["created_at"])
    return told
