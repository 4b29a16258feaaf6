# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every webhook and notification that was recorded of Fenix and Doctor, through the filter as it stands."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[2] / "fixtures" / "recorded"
EVERY_ACTION = ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION"]


def recorded(pattern):
    """Yield (name, body) of the requests and notifications with a JSON body among the recorded files."""
    for path in sorted(RECORDED.glob(pattern)):
        found = json.loads(path.read_text())
        body = found.get("request", found).get("body", found)
        yield str(path.relative_to(RECORDED)), json.loads(body) if isinstance(body, str) and body else body


def project_of(body):
    event = body["reason_data"]["event"] if "reason_data" in body else body
    fields = event["payload"] if "payload" in event else {name: value for name, _type, value in event["traits"]}
    return fields["project_id"]


WEBHOOKS = [
    (name, body)
    for pattern in (
        "fenix/webhook-*.json",
        "doctor/*/*-app-manager-POST-maintenance-*.json",
        "doctor/*/*-inspector-POST-maintenance-*",
    )
    for name, body in recorded(pattern)
]
NOTIFICATIONS = [found for pattern in ("fenix/bus-*.json", "doctor/*/*-bus-*.json") for found in recorded(pattern)]


@pytest.fixture
def replay(event_filter):
    def one(body):
        hook = {"vnf_id": "vnf", "project_id": project_of(body), "received_at": "x", "body": body}
        found = event_filter.main({"maintenance": {"webhooks": [hook]}})["maintenance"]
        return found["messages"], found["rejected"]

    return one


def test_nothing_that_was_recorded_is_missing():
    assert len([name for name, _body in WEBHOOKS if name.startswith("fenix")]) == 15
    assert len([name for name, _body in WEBHOOKS if "app-manager" in name]) == 102
    assert len([name for name, _body in WEBHOOKS if "inspector" in name]) == 24
    assert len([name for name, _body in NOTIFICATIONS if name.startswith("fenix")]) == 22
    assert len([name for name, _body in NOTIFICATIONS if name.startswith("doctor")]) == 132


def test_every_webhook_has_the_expected_state(replay):
    states = Counter()
    for _name, body in WEBHOOKS:
        messages, rejected = replay(body)
        assert len(messages) + len(rejected) == 1
        states[messages[0]["state"] if messages else rejected[0]["reason"]] += 1
    assert states == {
        "MAINTENANCE": 15,
        "SCALE_IN": 8,
        "PREPARE_MAINTENANCE": 8,
        "PLANNED_MAINTENANCE": 44,
        "INSTANCE_ACTION_DONE": 31,
        "MAINTENANCE_COMPLETE": 9,
        "VNF vnf: unknown state 'EXTRA_MAINTENANCE'": 2,
        "VNF vnf: event type 'maintenance.host' is not for a VNF": 24,
    }


@pytest.mark.parametrize(("name", "body"), WEBHOOKS, ids=[name for name, _body in WEBHOOKS])
def test_a_webhook_says_what_the_emitter_meant(replay, name, body):
    """Against a reading of the traits that shares nothing with the filter's: what is text there must be the value here."""
    messages, rejected = replay(body)
    event = body["reason_data"]["event"]
    traits = {trait: value for trait, _type, value in event["traits"]}
    if rejected:
        assert messages == []
        assert event["event_type"] == "maintenance.host" or traits["state"] == "EXTRA_MAINTENANCE"
        return
    message = messages[0]
    cut = {trait for trait, value in traits.items() if isinstance(value, str) and len(value) == 255}
    assert set(message["truncated"]) == cut
    assert (message["session_id"], message["project_id"]) == (traits["session_id"], traits["project_id"])
    assert (message["state"], message["raw_state"]) == (traits["state"], traits["state"])
    assert (message["message_id"], message["event_type"]) == (event["message_id"], "maintenance.scheduled")
    assert message["reply_url"] == traits.get("reply_url")
    assert message["instance_ids_url"] == (traits["instance_ids"] if traits["instance_ids"].startswith("http") else None)
    for time in ("actions_at", "reply_at"):
        assert message[time] == (f"{traits[time]}Z" if time in traits else None)
    for field in ("metadata", "allowed_actions", "instance_ids"):
        if field in traits and field not in cut and traits[field][0] in "[{":
            assert repr(message[field]) == traits[field]
    per_instance = message["state"] in ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE") and traits["instance_ids"][0] == "["
    assert message["dialect"] == ("instance" if per_instance else "host")


@pytest.mark.parametrize(("name", "body"), NOTIFICATIONS, ids=[name for name, _body in NOTIFICATIONS])
def test_a_notification_of_the_bus_says_the_same_as_its_payload(replay, name, body):
    messages, rejected = replay(body)
    payload = body["payload"]
    if body["event_type"] == "maintenance.host":
        assert messages == []
        assert rejected[0]["reason"] == "VNF vnf: event type 'maintenance.host' is not for a VNF"
        return
    if payload["state"] == "EXTRA_MAINTENANCE":
        assert messages == []
        assert rejected[0]["reason"] == "VNF vnf: unknown state 'EXTRA_MAINTENANCE'"
        return
    message = messages[0]
    assert message["state"] == payload["state"]
    assert message["metadata"] == (payload.get("metadata") or {})
    assert message["allowed_actions"] == (payload.get("allowed_actions") or [])
    assert message["truncated"] == []
    ids = payload["instance_ids"]
    if isinstance(ids, str) and ids.startswith("http"):
        assert (message["instance_ids"], message["instance_ids_url"]) == ([], ids)
    else:
        assert message["instance_ids"] == (ids if isinstance(ids, list) else [ids])


@pytest.mark.parametrize("folder", ["fenix", "doctor/sample", "doctor/vnfm", "doctor/sample-fenix"])
def test_a_whole_session_in_one_batch_keeps_its_order_and_loses_nothing(event_filter, folder):
    bodies = [
        body
        for name, body in WEBHOOKS
        if Path(name).parent.as_posix() == folder and "cut" not in name and "inspector" not in name
    ]
    hooks = [{"vnf_id": "vnf", "project_id": project_of(body), "body": body} for body in bodies]
    found = event_filter.main({"maintenance": {"webhooks": hooks + hooks}})["maintenance"]
    assert found["rejected"] == []
    expected = []
    for body in bodies:
        event = body["reason_data"]["event"]
        traits = {trait: value for trait, _type, value in event["traits"]}
        key = (traits["state"], traits["instance_ids"])
        if key not in [known for known, _mid in expected]:
            expected.append((key, event["message_id"]))
    assert [message["message_id"] for message in found["messages"]] == [mid for _key, mid in expected]


def test_fenix_asks_for_each_host(event_filter):
    """What one session of Fenix comes to, in words."""
    bodies = [body for name, body in WEBHOOKS if name.startswith("fenix") and "cut" not in name]
    messages = [
        event_filter.main({"maintenance": {"webhooks": [{"vnf_id": "v", "project_id": project_of(body), "body": body}]}})[
            "maintenance"
        ]["messages"][0]
        for body in bodies
    ]
    assert [message["state"] for message in messages] == [
        "MAINTENANCE",
        "SCALE_IN",
        "PREPARE_MAINTENANCE",
        "INSTANCE_ACTION_DONE",
        *["PLANNED_MAINTENANCE", "INSTANCE_ACTION_DONE", "INSTANCE_ACTION_DONE"] * 3,
        "MAINTENANCE_COMPLETE",
    ]
    planned = messages[4]
    assert planned["allowed_actions"] == EVERY_ACTION
    assert planned["metadata"] == {"openstack_release": "Zed"}
    assert planned["dialect"] == "host"


def test_metadata_that_fenix_sent_too_long_is_named(replay):
    (body,) = [body for name, body in WEBHOOKS if "cut-metadata" in name]
    messages, rejected = replay(body)
    assert rejected == []
    assert (messages[0]["metadata"], messages[0]["truncated"]) == ({}, ["metadata"])
