# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters between the plan, the messages and the moves."""

from __future__ import annotations

from ansible_collections.nfv.maintenance.plugins.plugin_utils._conversation import (
    maintenance_begun,
    maintenance_messages,
    maintenance_silent,
    maintenance_summary,
    maintenance_unsettled,
)

INSTANCES = [
    {"id": "b", "project_id": "p2"},
    {"id": "a2", "project_id": "p1"},
    {"id": "a1", "project_id": "p1"},
]


def test_each_project_gets_one_message_with_its_own_instances():
    messages = maintenance_messages(INSTANCES, "MAINTENANCE", 60)
    assert [(message["project_id"], message["instance_ids"]) for message in messages] == [("p1", ["a1", "a2"]), ("p2", ["b"])]
    assert all("actions_at" not in message for message in messages)


def test_scale_in_tells_each_project_its_own_number():
    messages = maintenance_messages(INSTANCES, "SCALE_IN", 60, metadata={"release": "x"}, scale_in={"p1": 2, "p2": 1})
    assert [message["metadata"] for message in messages] == [
        {"release": "x", "instances_to_remove": 2},
        {"release": "x", "instances_to_remove": 1},
    ]


def test_no_instances_mean_no_messages():
    assert maintenance_messages([], "MAINTENANCE", 60) == []


LEADS = {"a1": {"lead_time": 90}, "a2": {"lead_time": 30}, "b": {"lead_time": None}}


def test_a_window_is_as_long_as_the_longest_lead_time_of_what_is_moved():
    planned = maintenance_messages(INSTANCES, "PLANNED_MAINTENANCE", 60, constraints=LEADS)
    assert {one["project_id"]: one["window"] for one in planned} == {"p1": 90, "p2": 60}
    announced = maintenance_messages(INSTANCES, "MAINTENANCE", 60, constraints=LEADS)
    assert {one["window"] for one in announced} == {60}, "nothing is moved yet"


def message(project_id, status, state="MAINTENANCE", **more):
    return {"project_id": project_id, "state": state, "status": status, **more}


def test_silent_is_who_left_what_it_was_asked_last_unanswered():
    messages = [
        message("once", "expired"), message("named", "expired"), message("late", "acknowledged"), message("refuses", "refused"),
        message("later", "acknowledged"), message("later", "expired", "PLANNED_MAINTENANCE"), message("waiting", "pending"),
        message("once", "acknowledged"), message("named", "expired", project_name="web-shop"), message("late", "expired"),
        message("named", "acknowledged", "MAINTENANCE_COMPLETE"), message("once", "expired", "MAINTENANCE_COMPLETE"),
    ]  # fmt: skip
    assert maintenance_silent(messages) == [
        {"project_id": "late", "label": "late"},
        {"project_id": "later", "label": "later"},
        {"project_id": "named", "label": "web-shop (named)"},
    ]


def test_unsettled_is_the_end_that_somebody_who_answers_has_not_confirmed():
    over = "MAINTENANCE_COMPLETE"
    messages = [
        message("works", "acknowledged", id="1"), message("silent", "expired", id="2"), message("refused", "refused", id="3"),
        message("works", "pending", over, id="4"), message("silent", "pending", over, id="5"),
        message("refused", "pending", over, id="6"), message("done", "acknowledged", over, id="7"),
        message("works", "pending", "SCALE_IN", id="8"),
    ]  # fmt: skip
    assert maintenance_unsettled({"messages": messages}) == ["4", "6"]
    assert maintenance_unsettled({}) == []


def test_begun_is_what_was_not_seen_to_end():
    columns = ("id", "name", "state", "from_host")
    rows = [
        ("a", "n-a", "MOVING", "h1"), ("b", "n-b", "MOVED", "h1"), ("c", None, "FAILED", "h2"), ("d", "n-d", None, None),
        ("e", "n-e", "FAILED", None),
    ]  # fmt: skip
    instances = [dict(zip(columns, row, strict=True)) for row in rows]
    assert maintenance_begun({"instances": instances}) == [
        {"instance": "a", "name": "n-a", "from": "h1"},
        {"instance": "c", "name": None, "from": "h2"},
    ]
    assert maintenance_begun({}) == []


def test_summary_counts_what_was_done():
    summary = maintenance_summary({
        "id": "s", "state": "MAINTENANCE_DONE",
        "hosts": [{"state": "MAINTENANCE_COMPLETE"}, {"state": "FAILED"}],
        "instances": [{"state": "MOVED", "how": "live"}, {"state": "MOVED", "how": "cold"}, {"state": None}],
        "messages": [{"latency": 1.0}, {"latency": 3.0}, {"latency": None, **message("p", "expired")}],
    })
    assert summary["hosts_maintained"] == 1
    assert summary["moves_by_way"] == {"live": 1, "cold": 1}
    assert summary["silent_projects"] == ["p"]
    assert summary["replies"] == {"count": 2, "p50_seconds": 2.0, "longest_seconds": 3.0}
