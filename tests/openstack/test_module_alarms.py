# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""aodh_maintenance_alarm and its twin on the real Aodh: an alarm through its life, another project's, another kind."""

from __future__ import annotations

import typing as t

import pytest
from module_runs import ModuleRuns, Record, task, told
from services_under_test import OpenStack

NAME, PREFIX = "aodh_maintenance_alarm", "modules-"
SECRET, NEWER = "a-secret-of-the-webhook", "a-newer-secret"
ADDRESS = "http://aodh:{}@127.0.0.1:9/v1.0/vnfs/web/maintenance/p"
HIDDEN = ADDRESS.format("********")
LIFE: Record = {"name": f"{PREFIX}life", "alarm_actions": [ADDRESS.format(SECRET)]}
TERM = {"field": "traits.state", "value": "MAINTENANCE"}


class Alarms:
    """What Aodh itself says."""

    def __init__(self, services: OpenStack) -> None:
        self.services = services

    def call(self, method: str, path: str = "", cloud: str = "admin", **more: t.Any) -> t.Any:
        endpoint = {"service_type": "alarming", "region_name": "RegionOne"}
        session, headers = self.services.connect(cloud).session, {"Accept": "application/json"}
        answer = session.request(f"/v2/alarms{path}", method, endpoint_filter=endpoint, headers=headers, **more)
        return answer.json() if answer.content else None

    def ours(self) -> dict[str, Record]:
        """By name, those of all projects that are of these tests."""
        found = self.call("GET", "?q.field=all_projects&q.op=eq&q.value=true")
        return {one["name"]: one for one in found if one["name"].startswith(PREFIX)}

    def tidy(self) -> None:
        for one in self.ours().values():
            self.call("DELETE", f"/{one['alarm_id']}")


@pytest.fixture(scope="module")
def alarms(openstack: OpenStack) -> t.Iterator[Alarms]:
    """Aodh, with nothing of ours left behind."""
    found = Alarms(openstack)
    try:
        found.tidy()
        yield found
    finally:
        found.tidy()


def test_an_alarm_through_its_life(runs: ModuleRuns, alarms: Alarms):
    runs.wire.mark()
    [planned] = runs.play(task(NAME, "demo", check=True, **LIFE), verbose=True)
    assert (planned["changed"], planned[NAME]["alarm_actions"]) == (True, [HIDDEN])
    assert (runs.wire.writes(), alarms.ours()) == ([], {})
    assert SECRET not in runs.output

    mended = {**LIFE, "severity": "critical", "enabled": False, "query": [TERM]}
    other = {**mended, "alarm_actions": [ADDRESS.format(NEWER)]}
    made, same, read, unknown, foreseen, changed, again, secret = runs.play(
        task(NAME, "demo", **LIFE),
        task(NAME, "demo", **LIFE),
        task(f"{NAME}_info", "demo", name=LIFE["name"]),
        task(f"{NAME}_info", "demo", name=f"{PREFIX}nobody"),
        task(NAME, "demo", check=True, **mended),
        task(NAME, "demo", **mended),
        task(NAME, "demo", **mended),
        task(NAME, "demo", **other),
        verbose=True,
    )
    assert [one["changed"] for one in (made, same, foreseen, changed, again, secret)] == [True, False, True, True, False, True]
    assert read[f"{NAME}s"] == [made[NAME]]
    assert unknown[f"{NAME}s"] == []
    assert (changed["diff"]["before"]["severity"], changed["diff"]["after"]["severity"]) == ("low", "critical")
    assert changed["diff"]["before"]["query"] == []
    assert secret["diff"]["after"]["alarm_actions"] == [f"{HIDDEN} (another secret)"]
    kinds = [call.split()[0] for call in runs.wire.writes()]
    assert kinds == ["POST", "PUT", "PUT"], "one for each change, none for the rest"
    stored = alarms.ours()[LIFE["name"]]
    assert stored["alarm_actions"] == [ADDRESS.format(NEWER)]
    assert (stored["severity"], stored["enabled"], stored["repeat_actions"]) == ("critical", False, True)
    assert stored["event_rule"]["event_type"] == "maintenance.scheduled"
    assert [term["value"] for term in stored["event_rule"]["query"]] == ["MAINTENANCE"]
    for text in (runs.output, str((made, same, read, foreseen, changed, secret))):
        assert SECRET not in text
        assert NEWER not in text

    runs.wire.mark()
    gone = {"name": LIFE["name"], "state": "absent"}
    doomed, deleted, nothing = runs.play(
        task(NAME, "demo", check=True, **gone), task(NAME, "demo", **gone), task(NAME, "demo", **gone),
    )
    assert [one["changed"] for one in (doomed, deleted, nothing)] == [True, True, False]
    assert [call.split()[0] for call in runs.wire.writes()] == ["DELETE"]
    assert alarms.ours() == {}


def test_alarms_of_others(runs: ModuleRuns, alarms: Alarms, openstack: OpenStack):
    project = openstack.connect("demo").current_project_id
    theirs: Record = {"name": f"{PREFIX}theirs", "alarm_actions": [ADDRESS.format(SECRET)], "project_id": project}
    rule = {"name": f"{PREFIX}composite", "type": "composite", "composite_rule": {"or": [
        {"type": "gnocchi_resources_threshold", "threshold": 1, "metric": "cpu", "resource_type": "instance", "resource_id": "r",
         "aggregation_method": "mean"}] * 2}}
    alarms.call("POST", json=rule)
    subscribed, same, own, all_of_them, stranger, nosy, kind = runs.play(
        task(NAME, "admin", **theirs),
        task(NAME, "admin", **theirs),
        task(f"{NAME}_info", "admin", name=theirs["name"]),
        task(f"{NAME}_info", "admin", name=theirs["name"], all_projects=True),
        task(NAME, "demo2", **theirs),
        task(f"{NAME}_info", "demo2", all_projects=True),
        task(NAME, "admin", name=rule["name"], alarm_actions=[ADDRESS.format(SECRET)]),
    )
    assert (subscribed["changed"], subscribed[NAME]["project_id"], same["changed"]) == (True, project, False)
    assert own[f"{NAME}s"] == []
    assert [one["project_id"] for one in all_of_them[f"{NAME}s"]] == [project]
    for refused in (stranger, nosy):
        assert "HTTP 403" in told(refused) or "HTTP 401" in told(refused)
        assert "Next: use credentials with the role for it" in told(refused)
    assert "is of type composite, not event, so it is left alone" in told(kind)
    assert f"openstack alarm delete {alarms.ours()[rule['name']]['alarm_id']}" in told(kind)
    assert len(alarms.ours()) == 2
    assert SECRET not in runs.output
