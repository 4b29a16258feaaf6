# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event alarms by name within a project (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._ensure import Record, Result, ensure
from .._errors import CollectionError, ServiceError
from .._sdk import Connection
from .addresses import adopt, hidden_error, hide_all
from .proxy import Alarm, alarming

# What the modules return, in this order; the addresses are hidden before they leave.
RETURNED = (
    "alarm_id", "name", "event_type", "query", "project_id", "enabled", "repeat_actions", "severity", "state", "description",
    "alarm_actions",
)  # fmt: skip
_QUERY_DEFAULTS = {"op": "eq", "type": "string"}


def alarm_record(alarm: Alarm) -> Record:
    """An event alarm in the names of the modules."""
    rule = alarm.get("event_rule") or {}
    return {**alarm, "event_type": rule.get("event_type"), "query": normal_query(rule.get("query"))}


def normal_query(query: t.Iterable[Record] | None) -> list[Record]:
    """A rule's query with Aodh's defaults filled in, so that two of them can be compared."""
    return [
        {key: term.get(key) or _QUERY_DEFAULTS.get(key, "") for key in ("field", "op", "type", "value")} for term in query or ()
    ]


def shown(record: Record | None) -> Record | None:
    """What of an alarm is returned, without secrets."""
    if record is None:
        return None
    return {key: hide_all(record.get(key)) if key == "alarm_actions" else record.get(key) for key in RETURNED}


class EventAlarms:
    """The event alarms that one set of credentials may see."""

    def __init__(self, cloud: Connection) -> None:
        """Use the connection of the project, or an administrator's."""
        self._cloud = cloud
        self._proxy = alarming(cloud)

    def list(self, project_id: str | None = None, all_projects: bool = False, name: str | None = None) -> list[Record]:
        """Event alarms of the own project, of another one, or of all (the last two are for administrators)."""
        found = [alarm_record(alarm) for alarm in self._alarms(project_id, all_projects, name) if alarm.get("type") == "event"]
        return sorted(found, key=lambda alarm: (str(alarm.get("name")), str(alarm.get("project_id"))))

    def ensure(self, name: str, present: bool, desired: Record, project_id: str | None, check_mode: bool) -> Result:
        """Bring the alarm of a name to the desired state; secrets are in neither result nor errors."""
        wanted = {"name": name, **{key: value for key, value in desired.items() if value is not None}}
        manager = _OneAlarm(self, name, project_id)
        if "alarm_actions" in wanted:
            present_alarm = manager.find()
            wanted["alarm_actions"] = adopt(wanted["alarm_actions"], (present_alarm or {}).get("alarm_actions") or [])
        try:
            result = ensure(manager, present, wanted, check_mode)
        except ServiceError as exc:
            raise hidden_error(exc, wanted.get("alarm_actions") or ()) from None
        return _hidden(result, project_id or self._own_project)

    def find(self, name: str, project_id: str | None) -> Record | None:
        """The event alarm of this name in the project; another kind of alarm of the name is an error."""
        owner = project_id or self._own_project
        found = [alarm for alarm in self._alarms(project_id, False, name) if alarm.get("project_id") in (None, owner)]
        for alarm in found:
            if alarm.get("type") != "event":
                raise CollectionError(
                    f"Alarm {name} ({alarm['alarm_id']}) of project {owner} is of type {alarm.get('type')}, not event, "
                    f"so it is left alone. Next: choose another name, or delete it (openstack alarm delete {alarm['alarm_id']})",
                    alarm_id=alarm["alarm_id"],
                    type=alarm.get("type"),
                )
        if len(found) > 1:
            ids = ", ".join(sorted(str(alarm["alarm_id"]) for alarm in found))
            raise CollectionError(
                f"There are {len(found)} alarms named {name} in project {owner}: {ids}. "
                "Next: delete all but one (openstack alarm delete <id>)"
            )
        return alarm_record(found[0]) if found else None

    def create(self, name: str, project_id: str | None, desired: Record) -> Record:
        """Make the alarm, in another project if one is given."""
        owner = {"project_id": project_id} if project_id and project_id != self._own_project else {}
        return alarm_record(self._proxy.create_alarm(_changed({"name": name, "type": "event", **owner}, desired)))

    def update(self, current: Record, desired: Record) -> Record:
        """Mend the alarm; everything else goes back as it was read, its state too."""
        body = {key: value for key, value in current.items() if key not in ("event_type", "query")}
        return alarm_record(self._proxy.replace_alarm(_changed(body, desired)))

    def delete(self, current: Record) -> None:
        """Remove the alarm; one that went in between is gone as wished."""
        try:
            self._proxy.delete_alarm(current)
        except ServiceError as exc:
            if exc.status != 404:
                raise

    @property
    def _own_project(self) -> str | None:
        return t.cast("str | None", self._cloud.current_project_id)

    def _alarms(self, project_id: str | None, all_projects: bool, name: str | None) -> t.Iterator[Alarm]:
        query = {"name": name} if name else {}
        # Since 10.0.0 Aodh shows an administrator other projects only when asked so.
        if all_projects or project_id not in (None, self._own_project):
            query["all_projects"] = "true"
        for alarm in self._proxy.alarms(**query):
            if name in (None, alarm.get("name")) and project_id in (None, alarm.get("project_id")):
                yield alarm


class _OneAlarm:
    """The alarm of one name, as :func:`ensure` wants it."""

    def __init__(self, alarms: EventAlarms, name: str, project_id: str | None) -> None:
        self._alarms, self._name, self._project_id = alarms, name, project_id
        self._found: list[Record | None] = []

    def find(self) -> Record | None:
        if not self._found:
            self._found.append(self._alarms.find(self._name, self._project_id))
        return self._found[0]

    def create(self, desired: Record) -> Record:
        return self._alarms.create(self._name, self._project_id, desired)

    def update(self, current: Record, desired: Record) -> Record:
        return self._alarms.update(current, desired)

    def delete(self, current: Record) -> None:
        self._alarms.delete(current)


def _changed(body: Alarm, desired: Record) -> Alarm:
    """An alarm's body with the desired values in place."""
    values = dict(desired)
    rule = {**(body.get("event_rule") or {}), **{key: values.pop(key) for key in ("event_type", "query") if key in values}}
    return {**body, **values, "event_rule": rule}


def _hidden(result: Result, owner: str | None) -> Result:
    """The result without secrets; the diff says so where nothing but a secret differs."""
    before, after = (dict(part or {}) for part in (result.before, result.after))
    differs = before.get("alarm_actions") != after.get("alarm_actions")
    for part in (before, after):
        if "alarm_actions" in part:
            part["alarm_actions"] = hide_all(part["alarm_actions"])
    if differs and before.get("alarm_actions") == after.get("alarm_actions"):
        after["alarm_actions"] = [f"{url} (another secret)" for url in after["alarm_actions"]]
    record = None if result.record is None else {"project_id": owner, **result.record}
    return dataclasses.replace(result, record=shown(record), before=before, after=after)
