# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter on single webhooks: spellings, decoding, what is dropped and what is refused."""

from __future__ import annotations

import copy

import pytest

VNF = "vnf-1"
PROJECT = "9a3c5d"
SESSION = "0d51e7"
URL = f"http://192.0.2.9:12347/v1/maintenance/{SESSION}/{PROJECT}"
FIELDS = {
    "project_id": PROJECT,
    "session_id": SESSION,
    "state": "PLANNED_MAINTENANCE",
    "instance_ids": URL,
    "reply_url": URL,
    "allowed_actions": "['MIGRATE', 'LIVE_MIGRATE', 'OWN_ACTION']",
    "metadata": "{'openstack_version': 'Train'}",
    "actions_at": "2031-04-02T01:30:11",
    "reply_at": "2031-04-02T01:30:11",
}


def alarm(event_type="maintenance.scheduled", message_id="3f6e", **changes):
    fields = {key: value for key, value in {**FIELDS, **changes}.items() if value is not None}
    traits = [[name, 1, value] for name, value in fields.items()]
    event = {"message_id": message_id, "event_type": event_type, "traits": traits, "raw": {}}
    return {"alarm_name": "a", "current": "alarm", "reason_data": {"type": "event", "event": event}}


def webhook(body=None, vnf_id=VNF, project_id=PROJECT, **changes):
    return {
        "vnf_id": vnf_id,
        "project_id": project_id,
        "received_at": "x",
        "body": body if body is not None else alarm(**changes),
    }


@pytest.fixture
def parsed(event_filter):
    def parse(*webhooks):
        event = {"maintenance": {"webhooks": list(webhooks)}}
        before = copy.deepcopy(event)
        result = event_filter.main(event)["maintenance"]
        assert event == before, "the filter must not change what it is given"
        return result["messages"], result["rejected"]

    return parse


@pytest.fixture
def message(parsed):
    def one(**changes):
        messages, rejected = parsed(webhook(**changes))
        assert rejected == []
        return messages[0]

    return one


@pytest.fixture
def refusal(parsed):
    def one(*webhooks):
        messages, rejected = parsed(*webhooks)
        assert messages == []
        return rejected[0]["reason"]

    return one


def test_a_message_has_exactly_the_fields_of_the_contract(message):
    assert message() == {
        "vnf_id": VNF,
        "project_id": PROJECT,
        "session_id": SESSION,
        "state": "PLANNED_MAINTENANCE",
        "raw_state": "PLANNED_MAINTENANCE",
        "event_type": "maintenance.scheduled",
        "message_id": "3f6e",
        "dialect": "host",
        "instance_ids": [],
        "instance_ids_url": URL,
        "reply_url": URL,
        "allowed_actions": ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION"],
        "actions_at": "2031-04-02T01:30:11Z",
        "reply_at": "2031-04-02T01:30:11Z",
        "metadata": {"openstack_version": "Train"},
        "truncated": [],
    }


@pytest.mark.parametrize(
    ("spelling", "state"),
    [
        ("MAINTENANCE", "MAINTENANCE"),
        ("SCALE_IN", "SCALE_IN"),
        ("IN_SCALE", "SCALE_IN"),
        ("DOWN_SCALE", "SCALE_IN"),
        ("PREPARE_MAINTENANCE", "PREPARE_MAINTENANCE"),
        ("PLANNED_MAINTENANCE", "PLANNED_MAINTENANCE"),
        ("PLANNED_MAINTANANCE", "PLANNED_MAINTENANCE"),
        ("INSTANCE_ACTION_DONE", "INSTANCE_ACTION_DONE"),
        ("ADMIN_ACTION_DONE", "INSTANCE_ACTION_DONE"),
        ("MAINTENANCE_COMPLETE", "MAINTENANCE_COMPLETE"),
    ],
)
def test_every_spelling_of_a_state(message, spelling, state):
    found = message(state=spelling)
    assert (found["state"], found["raw_state"]) == (state, spelling)


@pytest.mark.parametrize("event_type", ["maintenance.scheduled", "maintenance.planned"])
def test_both_event_types(message, event_type):
    assert message(event_type=event_type)["event_type"] == event_type


@pytest.mark.parametrize("event_type", ["maintenance.host", "maintenance.session", "compute.instance.update", "", None, 7, ["x"]])
def test_other_event_types_are_refused(refusal, event_type):
    assert "is not for a VNF" in refusal(webhook(event_type=event_type))


@pytest.mark.parametrize(
    ("instance_ids", "expected", "dialect"),
    [
        ("['i-1']", ["i-1"], "instance"),
        ("[u'i-1']", ["i-1"], "instance"),
        ('["i-1"]', ["i-1"], "instance"),
        ("i-1", ["i-1"], "instance"),
        (["i-1", "i-2", "i-1"], ["i-1", "i-2"], "instance"),
        ("[]", [], "instance"),
        (URL, [], "host"),
        (None, [], "host"),
    ],
)
def test_instances_as_a_list_as_one_id_or_as_a_url(message, instance_ids, expected, dialect):
    found = message(instance_ids=instance_ids)
    assert (found["instance_ids"], found["dialect"], found["truncated"]) == (expected, dialect, [])
    assert found["instance_ids_url"] == (URL if instance_ids == URL else None)


@pytest.mark.parametrize("state", ["MAINTENANCE", "SCALE_IN", "MAINTENANCE_COMPLETE", "INSTANCE_ACTION_DONE"])
def test_only_what_is_asked_per_instance_speaks_the_instance_dialect(message, state):
    assert message(state=state, instance_ids="['i-1']")["dialect"] == "host"


def test_text_of_python_2(message):
    found = message(metadata="{u'release': u'Zed', u'list': [u'a', 1, None, True]}", allowed_actions="[u'MIGRATE']")
    assert found["metadata"] == {"release": "Zed", "list": ["a", 1, None, True]}
    assert found["allowed_actions"] == ["MIGRATE"]


def test_text_of_json(message):
    assert message(metadata='{"a": null, "b": true}')["metadata"] == {"a": None, "b": True}


@pytest.mark.parametrize(
    ("field", "text", "dropped"),
    [
        ("metadata", "{'note': '" + "x" * 300, {}),
        ("instance_ids", "['" + "', '".join(f"{n}" * 36 for n in range(9)), []),
        ("allowed_actions", "['" + "MIGRATE', '" * 40, []),
        ("reply_url", "http://192.0.2.9/" + "x" * 300, None),
    ],
)
def test_what_was_cut_is_dropped_and_named(message, field, text, dropped):
    found = message(**{field: text[:255]})
    assert (found[field], found["truncated"]) == (dropped, [field])


def test_a_cut_list_is_still_the_instance_dialect(message):
    assert message(instance_ids=("['" + "x" * 300)[:255])["dialect"] == "instance"


def test_a_list_of_exactly_255_characters_that_is_whole_is_kept(message):
    text = "['" + "x" * 251 + "']"
    assert len(text) == 255
    found = message(instance_ids=text)
    assert (found["instance_ids"], found["truncated"]) == (["x" * 251], [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2031-04-02T01:30:11", "2031-04-02T01:30:11Z"),
        ("2031-04-02 01:30:11", "2031-04-02T01:30:11Z"),
        ("2031-04-02T01:30:11.5", "2031-04-02T01:30:11.500000Z"),
        ("2031-04-02T01:30:11Z", "2031-04-02T01:30:11Z"),
        ("2031-04-02T03:30:11+02:00", "2031-04-02T01:30:11Z"),
        (None, None),
    ],
)
def test_times_are_utc(message, given, expected):
    found = message(reply_at=given)
    assert (found["reply_at"], found["truncated"]) == (expected, [])


@pytest.mark.parametrize("given", ["soon", "", 7, "0001-01-01T00:00:00+23:59", ["x"]])
def test_a_time_that_is_none_is_dropped_and_named(message, given):
    found = message(reply_at=given)
    assert (found["reply_at"], found["truncated"]) == (None, ["reply_at"])


@pytest.mark.parametrize(
    "metadata",
    [
        "{'a': '{{ lookup(\"pipe\", \"id\") }}'}",
        "{'{% raw %}': 1}",
        "{'a': [{'b': '{# x #}'}]}",
        "{'a': b'bytes'}",
        "{'a': 1e999}",
        "{'a': {1, 2}}",
        "{1: 'a'}",
        "{'a': 2j}",
        "{'a': '\\ud800'}",
        "{'a': 10000000000000000000000}",
        "__import__('os').system('id')",
        "{'a': __import__('os')}",
        "{'a': " * 9 + "1" + "}" * 9,
        "{" * 5000,
        "[" * 100_000,
        "{'a': " + "-" * 5000 + "1}",
        "['not', 'a', 'mapping']",
        "plain",
    ],
)
def test_metadata_that_must_not_go_on_is_dropped_and_named(message, metadata):
    found = message(metadata=metadata)
    assert (found["metadata"], found["truncated"]) == ({}, ["metadata"])


@pytest.mark.parametrize(
    "url", ["ftp://h/x", "http://h/{{ x }}", "file:///etc/passwd", "http://h/a b", "javascript:x", 7, "http://"]
)
def test_a_url_that_is_none_is_dropped_and_named(message, url):
    found = message(reply_url=url)
    assert (found["reply_url"], found["truncated"]) == (None, ["reply_url"])


@pytest.mark.parametrize("ids", ["['{{ x }}']", "[['i-1']]", "[7]", "{'a': 1}", "a b", "../x", 7])
def test_instances_that_are_none_are_dropped_and_named(message, ids):
    found = message(instance_ids=ids)
    assert (found["instance_ids"], found["truncated"]) == ([], ["instance_ids"])


@pytest.mark.parametrize(
    "state", ["EXTRA_MAINTENANCE", "maintenance", "ACK_MAINTENANCE", "MAINTENANCE_DONE", None, 7, "['MAINTENANCE']", ""]
)
def test_an_unknown_state_is_refused(refusal, state):
    assert refusal(webhook(state=state)).startswith("VNF vnf-1: unknown state")


def test_a_reason_shows_nothing_that_could_be_a_template(refusal):
    assert refusal(webhook(state="{{ 7 * 7 }}")) == "VNF vnf-1: unknown state '???7???7???'"


@pytest.mark.parametrize("field", ["session_id", "project_id"])
@pytest.mark.parametrize("value", [None, "", "a b", "{{ x }}", "x" * 255 + "y", 7])
def test_a_message_without_its_session_or_project_is_refused(refusal, field, value):
    assert f"without a usable {field}" in refusal(webhook(alarm(**{field: value})))


def test_a_message_for_another_project_is_refused(refusal):
    assert refusal(webhook(project_id="other")) == f"VNF vnf-1: the message is for project {PROJECT}, the address for other"


def test_a_trait_with_two_values_is_refused(refusal):
    body = alarm()
    body["reason_data"]["event"]["traits"].append(["state", 1, "SCALE_IN"])
    assert refusal(webhook(body)) == "VNF vnf-1: trait 'state' is given twice"


@pytest.mark.parametrize("body", [{}, {"reason_data": None}, {"reason_data": {"event": []}}, [], "x", None, 7])
def test_a_body_that_is_no_alarm_is_refused_with_a_reason(refusal, body):
    assert refusal({"vnf_id": VNF, "project_id": PROJECT, "body": body})


@pytest.mark.parametrize("thing", [None, 7, [], {}, {"vnf_id": "a b", "project_id": "p", "body": {}}])
def test_what_is_no_webhook_is_refused_with_a_reason(refusal, thing):
    assert refusal(thing)


def test_a_refusal_names_the_message(parsed):
    assert parsed(webhook(state="NO", message_id="m-7"))[1][0]["message_id"] == "m-7"


def test_duplicates_are_listed_once_and_in_order(parsed):
    hooks = [
        webhook(message_id="1", state="SCALE_IN"),
        webhook(message_id="2", instance_ids="['i-1']"),
        webhook(message_id="1", state="MAINTENANCE"),  # the same notification
        webhook(message_id="3", state="SCALE_IN"),  # said again
        webhook(message_id="4", instance_ids="['i-2']"),
        webhook(message_id="5", state="SCALE_IN", session_id="other"),
        webhook(message_id="1", state="SCALE_IN", vnf_id="vnf-2"),
    ]
    messages, rejected = parsed(*hooks)
    assert rejected == []
    assert [(found["vnf_id"], found["message_id"]) for found in messages] == [
        ("vnf-1", "1"),
        ("vnf-1", "2"),
        ("vnf-1", "4"),
        ("vnf-1", "5"),
        ("vnf-2", "1"),
    ]


def test_the_id_of_the_message_itself_goes_before_that_of_the_notification(parsed):
    def hook(notification, message, event_type="maintenance.scheduled"):
        body = alarm(event_type, notification)
        body["reason_data"]["event"]["traits"].append(["message_id", 1, message])
        return webhook(body)

    # Two messages that ask the same, the first one under two names and once again; then an id that is none.
    hooks = [hook("n1", "m1"), hook("n2", "m1", "maintenance.planned"), hook("n3", "m2"), hook("n1", "m1")]
    messages, rejected = parsed(*hooks)
    assert ([found["message_id"] for found in messages], rejected) == (["m1", "m2"], [])
    assert parsed(hook("n4", "{{ x }}"))[0][0]["message_id"] == "n4"


def test_two_messages_whose_instances_were_cut_are_both_kept(parsed):
    cut = ("['" + "x" * 300)[:255]
    messages, rejected = parsed(webhook(message_id="1", instance_ids=cut), webhook(message_id="2", instance_ids=cut))
    assert ([found["message_id"] for found in messages], rejected) == (["1", "2"], [])


def test_one_bad_webhook_does_not_spoil_the_others(parsed):
    messages, rejected = parsed(webhook(message_id="1"), None, webhook(message_id="2", state="SCALE_IN"))
    assert ([found["message_id"] for found in messages], len(rejected)) == (["1", "2"], 1)


def test_an_error_that_nobody_thought_of_refuses_one_webhook_only(event_filter, monkeypatch):
    """An exception would end the event source, and with it the ears of all VNFs."""
    real = event_filter.read

    def read(found):
        return real(found) if found["vnf_id"] == VNF else {}["secret text"]

    monkeypatch.setitem(event_filter.main.__globals__, "read", read)
    result = event_filter.main({"maintenance": {"webhooks": [webhook(vnf_id="odd"), webhook()]}})["maintenance"]
    assert [found["vnf_id"] for found in result["messages"]] == [VNF]
    assert result["rejected"] == [{"reason": "unreadable (KeyError)", "message_id": ""}]


NOTIFICATION = {
    "message_id": "n-1",
    "publisher_id": "fenix",
    "event_type": "maintenance.scheduled",
    "priority": "INFO",
    "payload": {**FIELDS, "allowed_actions": ["MIGRATE"], "metadata": {"a": None}, "instance_ids": ["i-1"]},
}


def test_a_notification_as_it_is_on_the_bus(parsed):
    messages, rejected = parsed(webhook(NOTIFICATION))
    assert rejected == []
    assert messages[0]["allowed_actions"] == ["MIGRATE"]
    assert messages[0]["metadata"] == {"a": None}
    assert (messages[0]["instance_ids"], messages[0]["message_id"]) == (["i-1"], "n-1")


def test_a_bare_payload(parsed):
    messages, rejected = parsed(webhook(NOTIFICATION["payload"]))
    assert rejected == []
    assert (messages[0]["state"], messages[0]["message_id"]) == ("PLANNED_MAINTENANCE", "")


def test_an_event_that_is_a_notification_takes_its_vnf_from_the_options(event_filter):
    result = event_filter.main(NOTIFICATION, vnf_id="v", project_id=PROJECT)
    assert [found["vnf_id"] for found in result["maintenance"]["messages"]] == ["v"]


def test_an_event_without_an_address_is_taken_only_where_that_is_wanted(event_filter):
    event = {"payload": alarm(), "meta": {"uuid": "u"}}
    refused = event_filter.main(event)["maintenance"]
    assert (refused["messages"], refused["rejected"][0]["reason"]) == ([], "the webhook's address names no VNF and project")
    taken = event_filter.main(event, unaddressed=True)["maintenance"]
    assert taken["rejected"] == []
    assert [(found["vnf_id"], found["project_id"]) for found in taken["messages"]] == [("", PROJECT)]


def test_an_address_counts_where_none_is_wanted_too(event_filter):
    event = {"payload": alarm(), "meta": {"endpoint": "v1.0/vnfs/v-9/maintenance/another-project"}}
    result = event_filter.main(event, unaddressed=True)["maintenance"]
    assert result["messages"] == []
    assert "the address for another-project" in result["rejected"][0]["reason"]


def test_an_event_of_the_builtin_webhook(event_filter):
    event = {"payload": alarm(), "meta": {"endpoint": f"v1.0/vnfs/v-9/maintenance/{PROJECT}", "headers": {"X": "1"}, "uuid": "u"}}
    result = event_filter.main(event)
    assert [found["vnf_id"] for found in result["maintenance"]["messages"]] == ["v-9"]
    assert result["meta"] == {"endpoint": f"v1.0/vnfs/v-9/maintenance/{PROJECT}", "uuid": "u"}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"maintenance": {"messages": [], "rejected": []}},
        {"maintenance": None},
        {"payload": {"action": "opened"}, "meta": {"endpoint": "github"}},
        {"payload": {"event_type": "compute.instance.update"}},
        {"i": 1},
        [],
        "text",
        None,
    ],
)
def test_events_that_are_not_ours_pass_unchanged(event_filter, event):
    before = copy.deepcopy(event)
    result = event_filter.main(event)
    assert result is event
    assert event == before


def test_no_more_webhooks_than_the_limit_are_read(event_filter):
    result = event_filter.main({"maintenance": {"webhooks": [None] * (event_filter.MAX_WEBHOOKS + 5)}})["maintenance"]
    assert len(result["rejected"]) == event_filter.MAX_WEBHOOKS + 1
    assert result["rejected"][-1]["reason"] == "more than 10000 webhooks in one event"
