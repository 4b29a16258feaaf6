# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes, and the dates inside of notifications: Ceilometer loses an event with a single date that it cannot read."""

from __future__ import annotations

import datetime
import re
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.module_utils._telemetry import definitions
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import notifier
from oslo_utils import timeutils

from lab import telemetry

Api = t.Any
PROBE = "0b0c9a5e-3c2f-4d43-9a63-2f0c1e6c7a11"
PATH = f"/v1/probes/{PROBE}"
DATES = ("actions_at", "reply_at")
NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def emitted(api: Api) -> dict[str, list[dict[str, t.Any]]]:
    """What goes out, by event type."""
    api.told()
    found: dict[str, list[dict[str, t.Any]]] = {}
    for envelope in api.ear.heard:
        found.setdefault(envelope["event_type"], []).append(envelope["payload"])
    return found


def test_a_probe_is_one_event_of_each_type_for_nobody(api: Api) -> None:
    api.session("h1")
    api.told()
    answer = api.admin.ok("PUT", PATH)
    assert (answer["project_id"], answer["way"]) == (f"probe-{PROBE}", "nowhere")
    assert answer["event_types"] == ["maintenance.scheduled", "maintenance.host", "maintenance.session"]
    assert [one["event_type"] for one in answer["waiting"]] == answer["event_types"]
    sent = emitted(api)
    assert sorted(sent) == sorted(answer["event_types"])
    for (payload,) in sent.values():
        assert (payload["project_id"], payload["session_id"], payload["state"]) == (f"probe-{PROBE}", PROBE, "PROBE")
    assert api.admin.ok("GET", PATH)["waiting"] == []


def test_a_probe_has_the_fields_of_what_it_stands_for(api: Api) -> None:
    sid = api.session("h1")
    api.inventory(sid, i1="p1@h1")
    api.tell(sid, "MAINTENANCE")
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "IN_MAINTENANCE"})
    real = {event_type: set(payloads[0]) for event_type, payloads in emitted(api).items()}
    api.admin.ok("PUT", PATH)
    assert {event_type: set(payloads[0]) for event_type, payloads in emitted(api).items()} == real


def test_reading_a_probe_sends_nothing(api: Api) -> None:
    assert api.admin.ok("GET", PATH)["waiting"] == []
    assert emitted(api) == {}


def test_a_probe_that_is_on_its_way_is_not_sent_twice(api: Api) -> None:
    api.ear.refuse = lambda envelope: notifier.NotTakenError("connection refused")
    api.admin.ok("PUT", PATH)
    api.service.outbox.run_once()
    waiting = api.admin.ok("PUT", PATH)["waiting"]
    assert [one["error"] for one in waiting] == ["connection refused", None, None]
    api.ear.refuse = lambda envelope: None
    assert {event_type: len(payloads) for event_type, payloads in emitted(api).items()} == dict.fromkeys(
        ("maintenance.scheduled", "maintenance.host", "maintenance.session"), 1
    )


def test_a_probe_names_every_alias(make_api: t.Callable[..., Api]) -> None:
    api = make_api(notifications={"event_types": "maintenance.planned,maintenance.scheduled", "intake_url": "http://ceilometer/"})
    answer = api.admin.ok("GET", PATH)
    assert answer["event_types"] == ["maintenance.planned", "maintenance.scheduled", "maintenance.host", "maintenance.session"]
    assert answer["way"] == "intake"


@pytest.mark.parametrize("probe_id", ["p1", PROBE.upper(), PROBE + "0", "3f07249d4e754565a30c590a16995e80"])
def test_no_project_can_be_reached_by_a_probe(api: Api, probe_id: str) -> None:
    for method in ("GET", "PUT"):
        assert api.admin.refused(400, method, f"/v1/probes/{probe_id}")["field"] == "probe_id"
    assert emitted(api) == {}


@pytest.mark.parametrize("workflow", messages.WORKFLOWS)
@pytest.mark.parametrize("state", messages.MESSAGE_STATES)
@pytest.mark.parametrize(
    "actions_at", [None, "2026-11-21 03:00:00", "2026-11-21T03:00:00.987654Z", "2026-11-21T05:00:00+02:00", "0987-01-01T00:00:00"]
)
def test_every_date_of_a_message_is_naive_utc_in_seconds_or_null(
    api: Api, workflow: str, state: str, actions_at: str | None
) -> None:
    api.clock.now = datetime.datetime(2026, 11, 21, 1, 0, 0, 123456)
    sid = api.session("h1", workflow=workflow)
    api.inventory(sid, i1="p1@h1")
    api.told()
    api.tell(sid, state, "i1", actions_at=actions_at)
    for payload in emitted(api)["maintenance.scheduled"]:
        assert set(DATES) <= set(payload)
        for name in DATES:
            value = payload[name]
            assert (value is None) == (state == messages.INSTANCE_ACTION_DONE), name
            if value is not None:
                assert NAIVE.fullmatch(value), (name, value)
                # As Ceilometer reads it.
                read = timeutils.normalize_time(timeutils.parse_isotime(value))
                assert read.isoformat() == value
        if actions_at and actions_at.startswith("2026") and payload["actions_at"]:
            assert payload["actions_at"] == "2026-11-21T03:00:00"


def test_nothing_else_of_a_notification_ends_in_a_trait_that_may_be_unreadable(api: Api) -> None:
    sid = api.session("h1")
    api.inventory(sid, i1="p1@h1")
    for state in messages.MESSAGE_STATES:
        api.tell(sid, state, "i1")
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "IN_MAINTENANCE"})
    api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/h1", {"state": "MAINTENANCE_COMPLETE"})
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE_FAILED"})
    api.admin.ok("PUT", PATH)
    for payloads in emitted(api).values():
        for payload in payloads:
            assert not [name for name in payload if name.endswith("_at") and name not in DATES]
            assert isinstance(payload.get("percent_done", 0), int)
            assert isinstance(payload["project_id"], str)
            # Ceilometer's default traits would put another project beside ours, and Aodh takes whichever comes last.
            assert "tenant_id" not in payload


def test_what_is_emitted_is_what_is_defined(api: Api) -> None:
    """Definitions and payloads name the same fields; dates and numbers are where they are said to be."""
    api.admin.ok("PUT", PATH)
    for event_type, (payload,) in emitted(api).items():
        (traits,) = [one["traits"] for one in definitions.WANTED if event_type in definitions.types_of(one)]
        assert {trait["fields"] for trait in traits.values()} <= {f"payload.{name}" for name in payload}
        # "progress" is a dictionary, which no trait can be: it is for those who read the bus themselves.
        assert set(traits) == set(payload) - ({"message_id", "progress"} - set(traits))
        assert {name for name, trait in traits.items() if trait.get("type") == "datetime"} == set(DATES) & set(payload)
        assert {name for name, trait in traits.items() if trait.get("type") == "int"} == {"percent_done"} & set(payload)


def test_the_lab_has_the_definitions_of_the_role() -> None:
    kinds = {"text": telemetry.TEXT, "int": telemetry.INTEGER, "datetime": telemetry.DATETIME}
    ours = {
        event_type: [(name, kinds[trait.get("type", "text")]) for name, trait in one["traits"].items()]
        for one in definitions.WANTED
        for event_type in definitions.types_of(one)
    }
    assert {event_type: list(traits.items()) for event_type, traits in telemetry.DEFINITIONS.items()} == ours
