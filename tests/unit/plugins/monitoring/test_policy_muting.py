# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the open sessions keeps a server from being healed, and what does not."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.muting import Muting, busy_servers, read_muting

from .conftest import BEGINNING, iso

SETTLE, LONGEST = 60.0, 3600.0


def judged(*, instance=None, host="WAITING", told=(), state="START_MAINTENANCE", age=10.0, server="a", whole=False, project="p",
           seen=0.0):  # fmt: skip
    at = iso(BEGINNING - age)
    record = {
        "id": "s", "state": state, "hosts": [{"name": "compute-1", "state": host, "updated_at": at}],
        "instances": [{"id": "a", "host": "compute-1", "state": instance, "updated_at": at}],
    }  # fmt: skip
    muting = Muting([(record, told)], BEGINNING, SETTLE, LONGEST)
    return muting.why(server, project, whole=whole, seen_at=BEGINNING - seen)


def message(state="PLANNED_MAINTENANCE", ids=("a",), status="acknowledged", age=100.0, project="p"):
    return {"state": state, "instance_ids": [*ids], "status": status, "created_at": iso(BEGINNING - age), "project_id": project}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"host": "DRAINING"}, "host compute-1 of instance a in session s is DRAINING"),
        ({"host": "IN_MAINTENANCE"}, "is IN_MAINTENANCE"),
        ({"host": "MAINTENANCE_COMPLETE"}, "has just come back"),
        ({"instance": "MOVING"}, "instance a in session s is MOVING"),
        ({"instance": "MOVED"}, "has just been moved"),
        ({"told": [message()]}, "was told PLANNED_MAINTENANCE"),
        ({"told": [message("PREPARE_MAINTENANCE", status="pending")]}, "was told PREPARE_MAINTENANCE"),
        ({"told": [message("SCALE_IN", (), "pending")]}, "SCALE_IN in session s, and has not replied yet"),
        ({"told": [message(ids=("b",))], "whole": True}, "was told PLANNED_MAINTENANCE"),
        ({"told": [message(), message("INSTANCE_ACTION_DONE", status="informed", age=10)]}, "was told PLANNED_MAINTENANCE"),
    ],
    ids=["drained", "at-work", "back", "moving", "moved", "told", "asked", "scaling", "whole", "just-done"],
)
def test_what_is_in_work_is_left_alone(given, said):
    assert said in judged(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"host": "WAITING"},
        {"host": "DRAINING", "server": "b"},
        {"host": "IN_MAINTENANCE", "age": LONGEST + 1},
        {"host": "MAINTENANCE_COMPLETE", "age": SETTLE + 1},
        {"instance": "MOVED", "age": SETTLE + 1},
        {"told": [message(ids=("b",))]},
        {"told": [message(status="refused")]},
        {"told": [message(project="q")]},
        {"told": [message(age=LONGEST + 1)]},
        {"told": [message("SCALE_IN", (), "acknowledged")]},
        {"told": [message(), message("INSTANCE_ACTION_DONE", status="informed", age=SETTLE + 1)]},
        {"told": [message()], "state": "MAINTENANCE_FAILED"},
    ],
    ids=["waiting", "another", "stale-host", "settled", "moved-long-ago", "another-told", "refused", "another-project",
         "stale-message", "scaled-in", "done", "failed-session"],
)  # fmt: skip
def test_what_is_not_is_healed(given):
    assert judged(**given) == ""


@pytest.mark.parametrize(
    "given",
    [
        {"instance": "MOVED", "age": SETTLE + 30},
        {"host": "MAINTENANCE_COMPLETE", "age": SETTLE + 30},
        {"told": [message(age=300), message("INSTANCE_ACTION_DONE", status="informed", age=SETTLE + 30)]},
    ],
    ids=["moved", "back", "told"],
)
def test_what_was_found_during_the_move_is_no_reason_to_heal_later(given):
    """However long the action took to begin; what is still found when the server has had its time is one."""
    assert judged(**given, seen=SETTLE + 40) != "", "found before the end"
    assert judged(**given, seen=40) != "", "found while it was coming up"
    assert judged(**given, seen=10) == ""


def test_a_service_that_gives_no_answer_puts_everything_off(conversation):
    conversation.expect("GET", "/maintenance/v1/sessions", status=500, json={"message": "broken"})
    assert "gives no answer" in read_muting(conversation.cloud, BEGINNING, SETTLE, LONGEST).why("x", "p", whole=False)


def test_a_cloud_without_a_maintenance_service_mutes_nothing(conversation):
    del conversation.services["maintenance"]
    assert read_muting(conversation.cloud, BEGINNING, SETTLE, LONGEST).why("x", "p", whole=True) == ""


@pytest.mark.parametrize("instance", ["MOVING", "MOVED"])
def test_sessions_that_are_open_or_have_just_ended_are_read_with_their_messages(conversation, instance):
    at = iso(BEGINNING - 5)
    record = {"id": "s1", "instances": [{"id": "a", "host": "h", "state": instance, "updated_at": at}], "updated_at": at}
    record["state"] = {"MOVING": "START_MAINTENANCE", "MOVED": "MAINTENANCE_DONE"}[instance]
    long_ago = {"id": "s0", "state": "MAINTENANCE_DONE", "updated_at": iso(BEGINNING - LONGEST - 1)}
    probe = {"open": "true", "state": "MAINTENANCE_DONE"}
    conversation.expect("GET", "/maintenance/v1/sessions", query=probe, json={"sessions": []})
    conversation.expect("GET", "/maintenance/v1/sessions", query={}, json={"sessions": [long_ago, record]})
    conversation.expect("GET", "/maintenance/v1/sessions/s1", json=record)
    conversation.expect("GET", "/maintenance/v1/sessions/s1/messages", json={"messages": []})
    muting = read_muting(conversation.cloud, BEGINNING, SETTLE, LONGEST)
    assert "instance a in session s1" in muting.why("a", "p", whole=False)
    assert muting.why("b", "p", whole=False) == ""


def test_all_instances_of_an_open_session_of_a_fenix_are_left_alone(conversation):
    conversation.expect("GET", "/maintenance/v1/sessions", status=404, json={"message": "no such thing"})
    conversation.expect("GET", "/maintenance/v1/maintenance", json={"sessions": ["s1", "s2"]})
    conversation.expect("GET", "/maintenance/v1/maintenance/s1", json={"session_id": "s1", "state": "MAINTENANCE_DONE"})
    conversation.expect("GET", "/maintenance/v1/maintenance/s2", json={"session_id": "s2", "state": "PLANNED_MAINTENANCE"})
    path = f"/maintenance/v1/maintenance/s2/{conversation.project_id}"
    conversation.expect("GET", path, json={"instance_ids": ["a"]})
    muting = read_muting(conversation.cloud, BEGINNING, SETTLE, LONGEST)
    assert "session s2" in muting.why("a", None, whole=False)
    assert muting.why("b", None, whole=False) == ""


def test_what_nova_has_under_way(conversation):
    for server, task in (("a", "migrating"), ("b", None)):
        conversation.expect(
            "GET", f"/compute/v2.1/servers/{server}", json={"server": {"id": server, "OS-EXT-STS:task_state": task}}
        )
    conversation.expect("GET", "/compute/v2.1/servers/c", status=500, json={})
    assert busy_servers(conversation.cloud, ["a", "b", "c"]) == {"a": "migrating"}
