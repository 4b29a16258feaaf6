# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planned moves with what owners said and tolerate."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._moves import maintenance_moves

NOON = "2026-11-21T12:00:00.000000Z"
SNAPSHOT = {
    "instances": [
        {"id": "a1", "host": "h1", "group": "pair"}, {"id": "a2", "host": "h1", "group": "pair"},
        {"id": "b", "host": "h1", "group": "nova"}, {"id": "c", "host": "h1", "group": None},
        {"id": "d", "host": "h3", "group": "pair"},
    ],
    "constraints": {
        "instances": {"a1": {"lead_time": 90}, "a2": {"lead_time": 90}, "b": {"group_id": "named"}, "c": {"lead_time": 30}},
        "groups": {"pair": {"recovery_time": 60}, "named": {"recovery_time": 10}, "nova": {"recovery_time": 999}},
    },
}  # fmt: skip


def told(state, *instances, at=NOON):
    return {"state": state, "instance_ids": [*instances], "created_at": at}


def moves(*instances):
    return [{"instance": one, "from": "h1", "to": "h2", "ways": ["live"]} for one in instances]


def begins(planned, replies=(), **session):
    """When each move may begin."""
    made = maintenance_moves(planned, replies, {"MIGRATE": ["cold"]}, {"messages": [], "instances": [], **session}, SNAPSHOT)
    return {move["instance"]: move.get("not_before") for move in made}


def test_moves_follow_the_replies_and_own_actions_are_left_to_their_owners():
    moves = [{"instance": name, "ways": ["live"]} for name in ("a1", "a2", "b", "c")]
    messages = [
        {"reply": {"instance_actions": {"a1": "LIVE_MIGRATE", "a2": "OWN_ACTION"}}},
        {"reply": {"instance_actions": {"b": "MIGRATE"}}},
        {"reply": None},
    ]
    result = maintenance_moves(moves, messages, {"MIGRATE": ["cold"], "LIVE_MIGRATE": ["live", "cold"]})
    assert [(move["instance"], move["ways"]) for move in result] == [
        ("a1", ["live", "cold"]), ("a2", []), ("b", ["cold"]), ("c", ["live"]),
    ]  # fmt: skip


def test_an_action_without_a_way_is_an_error_not_a_guess():
    with pytest.raises(KeyError, match="MIGRATE"):
        maintenance_moves([{"instance": "a"}], [{"reply": {"instance_actions": {"a": "MIGRATE"}}}], {})


def test_who_was_not_asked_is_moved_after_its_lead_time():
    messages = [told("MAINTENANCE", "a1", "c"), told("PLANNED_MAINTENANCE", "c", at="2026-11-21T12:00:10.000000Z")]
    assert begins(moves("a1", "a2", "b", "c"), messages=messages) == {
        "a1": "2026-11-21T12:01:30.000000Z", "a2": None, "b": None, "c": "2026-11-21T12:00:40.000000Z",
    }  # fmt: skip


def test_the_messages_of_the_session_may_be_older_than_what_was_just_asked():
    asked = {**told("PLANNED_MAINTENANCE", "a1", at="2026-11-21T12:00:30.000000Z"), "reply": None}
    assert begins(moves("a1"), [asked], messages=[told("MAINTENANCE", "a1")]) == {"a1": "2026-11-21T12:02:00.000000Z"}


def test_who_acknowledged_has_said_that_it_is_ready():
    replies = [{"reply": {"instance_actions": {"a1": "MIGRATE", "a2": "OWN_ACTION"}}}]
    assert begins(moves("a1", "a2"), replies, messages=[told("PLANNED_MAINTENANCE", "a1", "a2")]) == {"a1": None, "a2": None}


def test_a_group_recovers_from_the_last_move_of_a_member_whoever_made_it():
    done = "INSTANCE_ACTION_DONE"
    messages = [told(done, "a2", at="2026-11-21T12:00:05.000000Z"), told(done, "d"), told(done, "b"), told(done, "gone")]
    replies = [{"reply": {"instance_actions": {"a1": "MIGRATE", "a2": "OWN_ACTION"}}}]
    assert begins(moves("a1", "a2", "b", "c"), replies, messages=messages) == {
        "a1": "2026-11-21T12:01:05.000000Z", "a2": None, "b": "2026-11-21T12:00:10.000000Z", "c": None,
    }, "the group that the owner names counts, and an owner who moves it sees to that itself"  # fmt: skip


def test_members_that_are_down_already_are_counted_once():
    now = [{**one, "down": one["id"] in ("a2", "d", "c")} for one in SNAPSHOT["instances"]]
    made = maintenance_moves(moves("a1", "a2", "b", "c"), [], {}, {}, {**SNAPSHOT, "instances": now})
    assert {move["instance"]: move.get("down") for move in made} == {"a1": 1, "a2": 1, "b": None, "c": None}, (
        "d; a2 is moved itself, and c is in no group"
    )


def test_what_an_earlier_run_began_comes_first_once_it_is_elsewhere():
    columns = ("id", "name", "state", "from_host")
    rows = [("d", "n-d", "MOVING", "h1"), ("c", "n-c", "MOVING", "h1"), ("a1", "n-a1", "FAILED", "h9"),
            ("b", "n-b", "MOVED", "h9"), ("gone", "n", "MOVING", "h1")]  # fmt: skip
    instances = [dict(zip(columns, row, strict=True)) for row in rows]
    made = maintenance_moves(moves("a1"), [], {}, {"instances": instances}, SNAPSHOT)
    assert made == [{"instance": "d", "name": "n-d", "from": "h1", "to": "h3", "group": "pair"}, *moves("a1")]
