# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runner reports: hosts, the inventory, moves."""

from __future__ import annotations

import typing as t

import pytest

Api = t.Any


@pytest.fixture
def sid(api: Api) -> str:
    sid = str(api.session("h1", "h2"))
    api.inventory(sid, i1="p1@h1", x1="p2@h2")
    api.service.outbox.run_once()
    api.ear.heard.clear()
    return sid


def set_host(api: Api, sid: str, host: str, state: str, **more: t.Any) -> dict[str, t.Any]:
    return dict(api.admin.ok("PUT", f"/v1/sessions/{sid}/hosts/{host}", {"state": state, **more}))


def move(api: Api, sid: str, instance: str, state: str, **more: t.Any) -> dict[str, t.Any]:
    return dict(api.admin.ok("PUT", f"/v1/sessions/{sid}/instances/{instance}", {"state": state, **more}))


def test_a_host_goes_through_its_states(api: Api, sid: str) -> None:
    api.clock.tick(1)
    host = set_host(api, sid, "h1", "DRAINING", disabled=True, reason="session")
    assert host == {
        "name": "h1",
        "type": "compute",
        "state": "DRAINING",
        "disabled": True,
        "reason": "session",
        "verifying": False,
        "version_before": None,
        "version": None,
        "updated_at": "2026-11-21T01:00:01.000000Z",
    }
    assert set_host(api, sid, "h1", "IN_MAINTENANCE")["disabled"] is True
    assert set_host(api, sid, "h1", "MAINTENANCE_COMPLETE", disabled=False)["reason"] is None
    assert api.detail(sid)["percent_done"] == 50


def test_a_host_is_verified_from_the_end_of_its_work_until_anything_else_is_told(api: Api, sid: str) -> None:
    assert set_host(api, sid, "h1", "DRAINING", verifying=True)["verifying"] is False, "there was no work yet"
    assert set_host(api, sid, "h1", "IN_MAINTENANCE")["verifying"] is False
    for _time in range(2):
        assert set_host(api, sid, "h1", "IN_MAINTENANCE", verifying=True)["verifying"] is True
    assert set_host(api, sid, "h1", "IN_MAINTENANCE")["verifying"] is False, "its work was begun once more"
    set_host(api, sid, "h1", "IN_MAINTENANCE", verifying=True)
    assert set_host(api, sid, "h1", "MAINTENANCE_COMPLETE", verifying=True)["verifying"] is False
    told = [one for one in api.admin.ok("GET", f"/v1/sessions/{sid}/events")["events"] if one.get("host") == "h1"]
    assert [(one["kind"], one["text"].partition(": ")[2]) for one in told] == [
        ("host.state", "DRAINING"),
        ("host.state", "IN_MAINTENANCE"),
        ("host.verifying", "the work is over, checks begin"),
        ("host.state", "IN_MAINTENANCE"),
        ("host.verifying", "the work is over, checks begin"),
        ("host.state", "MAINTENANCE_COMPLETE"),
    ]


def test_the_first_version_of_a_host_and_the_last_are_kept_and_no_project_sees_them(api: Api, sid: str) -> None:
    def versions(caller: t.Any) -> tuple[t.Any, t.Any]:
        host = next(one for one in caller.ok("GET", f"/v1/sessions/{sid}")["hosts"] if one["name"] == "h1")
        return host["version_before"], host["version"]

    set_host(api, sid, "h1", "IN_MAINTENANCE", version="8.1.0")
    assert versions(api.admin) == ("8.1.0", "8.1.0")
    set_host(api, sid, "h1", "IN_MAINTENANCE", verifying=True)
    set_host(api, sid, "h1", "MAINTENANCE_COMPLETE", version="9.0.2")
    set_host(api, sid, "h1", "MAINTENANCE_COMPLETE", version=None)
    assert versions(api.admin) == ("8.1.0", "9.0.2")
    assert versions(api.owner) == (None, None)


def test_others_hear_when_a_host_goes_and_comes_back_once(api: Api, sid: str) -> None:
    for state in ("DRAINING", "IN_MAINTENANCE", "IN_MAINTENANCE", "MAINTENANCE_COMPLETE", "MAINTENANCE_COMPLETE"):
        set_host(api, sid, "h1", state)
    api.service.outbox.run_once()
    heard = api.ear.payloads("maintenance.host")
    assert [(one["host"], one["state"], one["project_id"], one["session_id"]) for one in heard] == [
        ("h1", "IN_MAINTENANCE", "admins", sid),
        ("h1", "MAINTENANCE_COMPLETE", "admins", sid),
    ]
    assert all(one["service"] == "fenix" and one["message_id"] for one in heard)
    assert [one["percent_done"] for one in api.ear.payloads("maintenance.session")] == [50]


def test_another_reason_in_the_same_state_is_told_once(api: Api, sid: str) -> None:
    for reason in ("instance i1 is locked", "instance i1 is locked", None, "there is no room"):
        set_host(api, sid, "h1", "WAITING", **({"reason": reason} if reason else {}))
    told = [one["text"] for one in api.admin.ok("GET", f"/v1/sessions/{sid}/events")["events"] if one["kind"] == "host.state"]
    assert told == ["h1: WAITING: instance i1 is locked", "h1: WAITING: there is no room"]


def test_only_hosts_of_the_session(api: Api, sid: str) -> None:
    refused = api.admin.refused(404, "PUT", f"/v1/sessions/{sid}/hosts/h9", {"state": "DRAINING"})
    assert refused["error"] == f"host h9 does not belong to session {sid}"


def test_a_session_for_any_host_learns_its_hosts_from_the_runner(api: Api, sid: str) -> None:
    other = str(api.admin.ok("POST", "/v1/maintenance", {"hosts": [], "maintenance_at": api.clock.text(60)})["session_id"])
    api.admin.lease = str(api.admin.ok("POST", f"/v1/sessions/{other}/lease", {"holder": "runner"})["token"])
    for host in ("h7", "h8"):
        set_host(api, other, host, "WAITING")
    assert set_host(api, other, "h9", "WAITING", type="controller")["type"] == "controller"
    assert [host["name"] for host in api.detail(other)["hosts"]] == ["h7", "h8", "h9"]
    refused = api.admin.refused(409, "PUT", f"/v1/sessions/{other}/hosts/h1", {"state": "WAITING"})
    assert (refused["host"], refused["session_id"]) == ("h1", sid)
    assert len(api.detail(other)["hosts"]) == 3


def test_the_inventory_is_replaced_and_moves_are_kept(api: Api, sid: str) -> None:
    move(api, sid, "i1", "MOVED", host="h2", how="cold", seconds=7.5)
    kept = api.admin.ok(
        "PUT",
        f"/v1/sessions/{sid}/instances",
        {
            "instances": [
                {"id": "i9", "project_id": "p1", "host": "h1"},
                {"id": "i1", "name": "db", "project_id": "p1", "host": "h2"},
            ]
        },
    )["instances"]
    assert [(one["id"], one["name"], one["state"], one["how"], one["seconds"]) for one in kept] == [
        ("i9", None, None, None, None),
        ("i1", "db", "MOVED", "cold", 7.5),
    ]
    assert api.detail(sid)["instances"] == kept
    assert api.owner.ok("GET", f"/v1/maintenance/{sid}/p1") == {"instance_ids": ["i9", "i1"]}


def test_what_the_service_wrote_can_be_put_back(api: Api, sid: str) -> None:
    instances = api.detail(sid)["instances"]
    assert api.admin.ok("PUT", f"/v1/sessions/{sid}/instances", {"instances": instances})["instances"] == instances


def test_an_instance_is_listed_once(api: Api, sid: str) -> None:
    twice = {"instances": [{"id": "i1", "project_id": "p1"}, {"id": "i1", "project_id": "p1"}]}
    assert api.admin.refused(400, "PUT", f"/v1/sessions/{sid}/instances", twice)["field"] == "instances"
    assert len(api.detail(sid)["instances"]) == 2


def test_a_project_hears_once_that_its_instance_has_moved(api: Api, sid: str) -> None:
    moved = {"host": "h2", "from_host": "h1", "how": "live", "seconds": 3.25}
    assert move(api, sid, "i1", "MOVING", from_host="h1")["state"] == "MOVING"
    assert api.told() == []
    record = move(api, sid, "i1", "MOVED", **moved)
    assert {name: record[name] for name in moved} == moved
    move(api, sid, "i1", "MOVED", **moved)
    (told,) = api.told()
    assert (told["project_id"], told["state"], told["instance_ids"]) == ("p1", "INSTANCE_ACTION_DONE", ["i1"])
    move(api, sid, "i1", "MOVING")
    move(api, sid, "i1", "MOVED", host="h1")
    assert len(api.told()) == 1
    assert [one["status"] for one in api.owner.ok("GET", f"/v1/sessions/{sid}/messages")["messages"]] == ["informed", "informed"]


def test_a_move_that_failed_says_why(api: Api, sid: str) -> None:
    assert move(api, sid, "i1", "FAILED", reason="no valid host")["reason"] == "no valid host"
    assert api.told() == []
    events = api.owner.ok("GET", f"/v1/sessions/{sid}/events")["events"]
    assert (events[-1]["text"], events[-1]["instance_id"]) == ("i1: FAILED: no valid host", "i1")


def test_an_instance_must_be_in_the_inventory(api: Api, sid: str) -> None:
    refused = api.admin.refused(404, "PUT", f"/v1/sessions/{sid}/instances/i9", {"state": "MOVED"})
    assert refused["error"] == f"instance i9 is not in the inventory of session {sid}"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/hosts/h1", {"state": "NOPE"}, "state"),
        ("/hosts/h1", {"state": "DRAINING", "disabled": "yes"}, "disabled"),
        ("/hosts/h1", {"state": "DRAINING", "disabledd": True}, "disabledd"),
        ("/hosts/h1", {"state": "IN_MAINTENANCE", "verifying": 1}, "verifying"),
        ("/hosts/h1", {"state": "IN_MAINTENANCE", "version": "x" * 300}, "version"),
        ("/instances", {}, "instances"),
        ("/instances", {"instances": [{"id": "i1"}]}, "instances.0.project_id"),
        ("/instances/i1", {"state": "WAITING"}, "state"),
        ("/instances/i1", {"state": "MOVED", "seconds": -1}, "seconds"),
        ("", {"state": "NOPE"}, "state"),
        ("", {"state": "MAINTENANCE_FAILED", "reason": 5}, "reason"),
    ],
)
def test_wrong_reports_name_the_field(api: Api, sid: str, path: str, body: dict[str, t.Any], field: str) -> None:
    assert api.admin.refused(400, "PUT", f"/v1/sessions/{sid}{path}", body)["field"].startswith(field)


def test_a_project_sees_its_own_part(api: Api, sid: str) -> None:
    own = api.owner.ok("GET", f"/v1/sessions/{sid}")
    assert [one["id"] for one in own["instances"]] == ["i1"]
    assert [one["name"] for one in own["hosts"]] == ["h1"]
    assert own == api.owner.ok("GET", f"/v1/maintenance/{sid}/detail")
    set_host(api, sid, "h2", "MAINTENANCE_COMPLETE")
    assert api.owner.ok("GET", f"/v1/sessions/{sid}")["percent_done"] == 50
    move(api, sid, "x1", "MOVED", host="h1")
    kinds = {event["kind"] for event in api.owner.ok("GET", f"/v1/sessions/{sid}/events")["events"]}
    assert "instance.state" not in kinds
    assert "host.state" not in kinds
