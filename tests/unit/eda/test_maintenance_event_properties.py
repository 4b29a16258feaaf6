# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter on anything at all: it never raises, and what it hands on is always safe and of one shape."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

HINT = {
    "vnf_id": str,
    "project_id": str,
    "session_id": str,
    "state": str,
    "event_type": str,
    "message_id": str,
    "dialect": str,
    "instance_ids": list,
    "instance_ids_url": (str, type(None)),
    "reply_url": (str, type(None)),
    "allowed_actions": list,
    "actions_at": (str, type(None)),
    "reply_at": (str, type(None)),
    "metadata": dict,
    "truncated": list,
    "raw_state": str,
}
NAMES = [
    "project_id",
    "session_id",
    "state",
    "instance_ids",
    "reply_url",
    "allowed_actions",
    "metadata",
    "actions_at",
    "reply_at",
]
WORDS = [
    "MAINTENANCE",
    "SCALE_IN",
    "PLANNED_MAINTENANCE",
    "p",
    "s",
    "['i']",
    "{'a': '{{ b }}'}",
    "http://h/x",
    "2031-04-02T01:30:11",
]

any_text = st.one_of(
    st.sampled_from(WORDS), st.text(st.characters(codec=None), max_size=300), st.text("[]{}()'\",:u-+ {%#1jeE.", max_size=300)
)
leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), any_text, st.binary(max_size=5))
anything = st.recursive(
    leaf, lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(any_text, inner, max_size=5)), max_leaves=20
)
trait = st.one_of(st.tuples(st.sampled_from(NAMES), leaf, anything).map(list), anything)
likely = st.fixed_dictionaries({"project_id": st.just("p"), "session_id": st.just("s"), "state": st.sampled_from(WORDS[:3])})
notification = st.one_of(
    st.builds(
        lambda fields, more, kind, mid: {
            "event_type": kind,
            "message_id": mid,
            "traits": [[name, 1, value] for name, value in fields.items()] + [[name, 1, value] for name, value in more.items()],
        },
        likely,
        st.dictionaries(st.sampled_from(NAMES[3:]), anything),
        st.sampled_from(["maintenance.scheduled", "maintenance.planned", "maintenance.host"]),
        anything,
    ),
    st.builds(
        lambda fields, more: {"event_type": "maintenance.planned", "payload": {**more, **fields}},
        likely,
        st.dictionaries(st.sampled_from(NAMES), anything),
    ),
    st.fixed_dictionaries({}, optional={"event_type": anything, "traits": st.lists(trait, max_size=5), "payload": anything}),
    anything,
)
body = st.one_of(notification, notification.map(lambda found: {"reason_data": {"event": found}}), anything)
webhook = st.one_of(
    st.builds(lambda found: {"vnf_id": "v", "project_id": "p", "body": found}, body),
    st.fixed_dictionaries({}, optional={"vnf_id": anything, "project_id": anything, "body": body}),
    anything,
)
event = st.one_of(
    st.lists(webhook, max_size=4).map(lambda found: {"maintenance": {"webhooks": found}}),
    st.fixed_dictionaries({}, optional={"maintenance": anything, "payload": body, "meta": anything, "event_type": anything}),
    anything,
)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)


@settings(max_examples=600, deadline=None)
@given(event=event)
@example(event={"maintenance": {"webhooks": [{"vnf_id": "v", "project_id": "p", "body": {"event_type": float("nan")}}]}})
def test_the_filter_never_raises_and_hands_on_only_safe_messages(event_filter, event):
    result = event_filter.main(event)
    if result is event:
        return
    assert set(result["maintenance"]) == {"messages", "rejected"}
    for message in result["maintenance"]["messages"]:
        assert set(message) == set(HINT)
        assert all(isinstance(message[name], kind) for name, kind in HINT.items())
        assert message["state"] in event_filter.STATES.values()
        assert message["dialect"] in ("host", "instance")
    for rejected in result["maintenance"]["rejected"]:
        assert set(rejected) == {"reason", "message_id"}
        assert rejected["reason"]
        assert "unreadable" not in rejected["reason"], "met an error that nobody thought of"
    json.dumps(result["maintenance"], allow_nan=False, ensure_ascii=False).encode()
    for text in strings(result["maintenance"]):
        assert not any(mark in text for mark in ("{{", "{%", "{#"))


@settings(max_examples=300, deadline=None)
@given(hooks=st.lists(webhook, max_size=6))
def test_every_webhook_is_a_message_a_duplicate_or_a_refusal(event_filter, hooks):
    once = event_filter.main({"maintenance": {"webhooks": hooks}})["maintenance"]
    twice = event_filter.main({"maintenance": {"webhooks": hooks + hooks}})["maintenance"]
    assert twice["messages"] == once["messages"], "nothing is listed twice, and order is kept"
    assert twice["rejected"] == once["rejected"] * 2
    assert len(once["messages"]) + len(once["rejected"]) <= len(hooks)


@settings(max_examples=200, deadline=None)
@given(items=st.lists(st.text("aZ09._:-", max_size=62), max_size=102))
@example(items=[])
@example(items=[""])
def test_a_plain_list_is_read_as_python_reads_it(event_filter, items):
    assert event_filter._literal(repr(items)) == items
