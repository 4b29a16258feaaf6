# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter of the rulebook inspector, on what was recorded and on what would be harmful."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
RECORDED = ROOT / "tests/fixtures/recorded"
RULEBOOK = ROOT / "extensions/eda/rulebooks/inspector.yml"
main = runpy.run_path(str(ROOT / "extensions/eda/plugins/event_filter/maintenance_host_event.py"))["main"]
SAID = {"session_id": "s-1", "host": "compute-1", "state": "IN_MAINTENANCE"}


def alarm(**said):
    traits = [["service", 1, "fenix"], *([name, 1, value] for name, value in said.items())]
    return {"payload": {"reason_data": {"event": {"event_type": "maintenance.host", "traits": traits}}}, "meta": {"headers": {}}}


def notification(**said):
    return {"payload": {"event_type": "maintenance.host", "payload": said}}


def _bodies(pattern):
    for path in sorted(RECORDED.rglob(pattern)):
        recorded = json.loads(path.read_text())
        body = recorded["request"]["body"] if "request" in recorded else recorded["body"]
        yield path.name, json.loads(body) if isinstance(body, str) else body


@pytest.mark.parametrize("pattern", ["*inspector-POST-maintenance-*.json", "bus-*-host-*.json"])
def test_every_recorded_event_about_a_host_is_understood(pattern):
    found = list(_bodies(pattern))
    assert found, pattern
    for name, body in found:
        said = main({"payload": body})["maintenance_host"]
        assert said["host"] in name, name
        assert said["state"].replace("_", "-") in name.upper().replace("_", "-"), name


@pytest.mark.parametrize("event", [alarm(**SAID), notification(**SAID, project_id="admin")])
def test_nothing_else_of_the_event_goes_on(event):
    assert main(event) == {"maintenance_host": SAID}


@pytest.mark.parametrize("make", [alarm, notification])
@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "{{ lookup('pipe', 'id') }}"}, {"host": "../compute-1"}, {"host": ""}, {"host": None}, {"host": ["compute-1"]},
        {"host": "x" * 256}, {"session_id": "{% raw %}"}, {"session_id": 7}, {"state": "DRAINING"}, {"state": ["IN_MAINTENANCE"]},
    ],
)  # fmt: skip
def test_what_is_no_plain_name_goes_no_further(make, wrong):
    (key,) = main(make(**{**SAID, **wrong}))
    assert key == "maintenance_host_rejected"


@pytest.mark.parametrize(
    "event",
    [
        None, 7, [], {}, {"payload": "x"}, {"payload": {"event_type": "maintenance.scheduled"}}, {"payload": {"reason_data": 1}},
        {"payload": {"reason_data": {"event": {"event_type": "maintenance.session"}}}},
    ],
)  # fmt: skip
def test_other_events_pass_unchanged(event):
    assert main(event) == event


@pytest.mark.parametrize("traits", [None, 7, [1, [], [["host"]], {}], "host"])
def test_traits_that_are_none_do_no_harm(traits):
    event = {"payload": {"reason_data": {"event": {"event_type": "maintenance.host", "traits": traits}}}}
    assert list(main(event)) == ["maintenance_host_rejected"]


def test_the_rulebook_goes_by_what_the_filter_says():
    (ruleset,) = yaml.safe_load(RULEBOOK.read_text())
    (source,) = ruleset["sources"]
    assert source["filters"] == [{"nfv.maintenance.maintenance_host_event": None}]
    conditions = {rule["name"]: rule["condition"] for rule in ruleset["rules"]}
    assert conditions["Mute or unmute"] == "event.maintenance_host.session_id is defined"
    handed_on = ruleset["rules"][0]["action"]["run_playbook"]["extra_vars"]
    assert "payload" not in json.dumps(handed_on), "nothing that has not passed the filter reaches a playbook"
