# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether events of the session API become alarms (private to this collection).

Only Ceilometer knows which event types it has definitions for, and it has no API. So an event of each type is sent for a project
that exists nowhere, and event alarms of that project have to notice it. The project is a new one each time because Aodh keeps the
list of a project's alarms for a minute: an alarm in a project that had an event lately would be overlooked.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid

from .._alarming.proxy import Alarm, AlarmingProxy, alarming
from .._ensure import Record
from .._errors import ServiceError, WaitTimeout
from .._maintenance.proxy import maintenance
from .._sdk import Connection
from .._wait import wait_for

OK, NOT_SEEN, NOT_POSSIBLE, NOT_TRIED = "ok", "not_seen", "not_possible", "not_tried"

ALARM_NAME = "nfv.maintenance probe"
_PROJECT_PREFIX = "probe-"
_STATE = "PROBE"
# Alarms of a probe that was killed; those of one that is under way are younger.
_LEFT_BEHIND_AFTER = dt.timedelta(minutes=10)
_HEARD = "alarm"


class NotPossibleError(Exception):
    """The probe cannot be sent or cannot be heard; the text says why and what to do."""


def probe(cloud: Connection, timeout: float, *, check_mode: bool = False) -> Record:
    """Send a probe and listen; nothing is left behind, and nothing is raised for what the cloud refuses."""
    if check_mode:
        return _record(NOT_TRIED, {}, reason="a probe writes an alarm, which check mode does not allow")
    try:
        return _Probe(cloud).run(timeout)
    except NotPossibleError as exc:
        return _record(NOT_POSSIBLE, {}, reason=str(exc))
    except ServiceError as exc:
        return _record(NOT_POSSIBLE, {}, reason=_sentence(exc))


def advice(record: Record) -> str | None:
    """What an administrator is told about the result; None when all is well."""
    if record["status"] in (OK, NOT_TRIED):
        return None
    if record["status"] == NOT_POSSIBLE:
        return f"Whether maintenance events reach the alarms of projects could not be found out: {record['reason']}"
    return f"Maintenance events do not reach the alarms of projects: {record['reason']}"


class _Probe:
    """One probe."""

    def __init__(self, cloud: Connection) -> None:
        self._id = str(uuid.uuid4())
        self._alarming = _alarming(cloud)
        self._maintenance = maintenance(cloud)
        self._alarms: dict[str, Alarm] = {}

    def run(self, timeout: float) -> Record:
        told = self._maintenance.probe(self._id)
        if told is None:
            raise NotPossibleError(
                f"{self._maintenance.base} has no probes, so it is a Fenix or an older session API. "
                "Next: look yourself whether an alarm of a project fires, or switch this check off"
            )
        if told["way"] == "nowhere":
            raise NotPossibleError(
                "the session API sends its notifications nowhere. "
                "Next: set transport_url in [notifications] of its configuration to the bus that Ceilometer listens at"
            )
        self._sweep()
        try:
            for event_type in told["event_types"]:
                self._alarms[event_type] = self._alarming.create_alarm(_alarm(self._id, told["project_id"], event_type))
            self._maintenance.send_probe(self._id)
            seen = self._listen(told["project_id"], timeout)
        finally:
            left = self._tidy_up()
        types = {event_type: event_type in seen for event_type in self._alarms}
        missing = [event_type for event_type, heard in types.items() if not heard]
        status = NOT_SEEN if missing else OK
        return _record(status, types, reason=self._why(missing, seen, timeout) if missing else None, left_behind=left)

    def _listen(self, project_id: str, timeout: float) -> set[str]:
        seen: set[str] = set()

        def look() -> bool | None:
            ours = {alarm["alarm_id"]: event_type for event_type, alarm in self._alarms.items()}
            for alarm in self._alarming.alarms(project_id=project_id, all_projects="true"):
                if alarm.get("state") == _HEARD and alarm["alarm_id"] in ours:
                    seen.add(ours[alarm["alarm_id"]])
            return True if len(seen) == len(ours) else None

        with contextlib.suppress(WaitTimeout):
            wait_for(look, "the alarms of the probe", timeout, interval=0.15, longest=1.0)
        return seen

    def _why(self, missing: list[str], seen: set[str], timeout: float) -> str:
        waiting = (self._maintenance.probe(self._id) or {}).get("waiting") or []
        if waiting:
            return (
                f"the session API cannot get rid of its notifications ({waiting[0].get('error') or 'they wait behind others'}). "
                "Next: look at the bus or the intake that [notifications] of its configuration names"
            )
        text = f"no alarm noticed a probe of {', '.join(missing)} within {timeout:g} s"
        if seen:
            return (
                f"{text}, though {', '.join(sorted(seen))} came through, so Ceilometer has no full definition of the former. "
                "Next: apply the role nfv.maintenance.telemetry_events where its notification agent runs"
            )
        return (
            f"{text}. Next: apply the role nfv.maintenance.telemetry_events where Ceilometer's notification agent runs; "
            "if nothing changes there, see that the agent and aodh-listener are up and use this bus"
        )

    def _tidy_up(self) -> list[str]:
        left = []
        for alarm in self._alarms.values():
            try:
                self._alarming.delete_alarm(alarm)
            except ServiceError as exc:
                if exc.status != 404:
                    left.append(str(alarm["alarm_id"]))
        return left

    def _sweep(self) -> None:
        """Remove what an earlier probe left that was killed. That Aodh lists it proves that we may read foreign alarms."""
        before = (dt.datetime.now(dt.timezone.utc).replace(tzinfo=None) - _LEFT_BEHIND_AFTER).isoformat()  # noqa: UP017
        for alarm in self._alarming.alarms(name=ALARM_NAME, all_projects="true"):
            ours = str(alarm.get("project_id")).startswith(_PROJECT_PREFIX) and alarm.get("name") == ALARM_NAME
            if ours and str(alarm.get("timestamp") or "9") < before:
                with contextlib.suppress(ServiceError):
                    self._alarming.delete_alarm(alarm)


def _alarming(cloud: Connection) -> AlarmingProxy:
    try:
        proxy = alarming(cloud)
        there = proxy.get_endpoint()
    except ServiceError:
        there = None
    if not there:
        raise NotPossibleError(
            "the catalogue has no alarming service (Aodh), so projects cannot have alarms. "
            "Next: deploy Aodh and Ceilometer, or make sure that every project reads its messages at the session API"
        )
    return proxy


def _alarm(probe_id: str, project_id: str, event_type: str) -> Alarm:
    # Traits that every receiver reads; without a definition an event has neither these nor its project.
    conditions = {"traits.session_id": probe_id, "traits.state": _STATE}
    query = [{"field": field, "op": "eq", "type": "string", "value": value} for field, value in conditions.items()]
    return {
        "name": ALARM_NAME,
        "description": "Sees whether maintenance events come through; belongs to no project and is deleted after seconds.",
        "type": "event",
        "project_id": project_id,
        "event_rule": {"event_type": event_type, "query": query},
    }


def _sentence(exc: ServiceError) -> str:
    if exc.status in (401, 403):
        return f"{exc}. Next: use an administrator's credentials, or switch this check off"
    return f"{exc}. Next: look at that service, or switch this check off"


def _record(status: str, types: dict[str, bool], *, reason: str | None = None, left_behind: list[str] | None = None) -> Record:
    return {"status": status, "event_types": types, "reason": reason, "left_behind": left_behind or []}
