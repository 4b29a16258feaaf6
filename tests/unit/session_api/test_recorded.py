# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the programs of the field really sent, replayed: Fenix's VNF manager, Doctor's sample application manager and its vnfm."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages as m

from .conftest import RECORDED

Api = t.Any


def read(folder: str, pattern: str) -> list[dict[str, t.Any]]:
    found = [json.loads(path.read_text()) for path in sorted((RECORDED / folder).glob(pattern))]
    assert found, f"{folder}/{pattern}"
    return found


def tail(exchange: dict[str, t.Any]) -> list[str]:
    """Return the ids at the end of the path: session, project, perhaps an instance."""
    url = exchange["request"].get("url") or exchange["request"]["path"]
    return list(url.partition("/maintenance/")[2].split("/"))


def open_session(api: Api, created: dict[str, t.Any]) -> str:
    """Open a session with the recorded body, at the recorded time."""
    body = json.loads(created["request"]["body"])
    at = datetime.datetime.fromisoformat(body["maintenance_at"])
    api.clock.now = at - datetime.timedelta(seconds=30)
    answer = api.admin.ok("POST", "/v1/maintenance", body)
    assert list(answer) == list(json.loads(created["answer"]["body"]))
    sid = str(answer["session_id"])
    api.admin.lease = str(api.admin.ok("POST", f"/v1/sessions/{sid}/lease", {"holder": "runner"})["token"])
    return sid


def test_a_session_of_fenix(api: Api) -> None:
    """The VNF manager's 21 calls of a whole session, in order, with the answers that Fenix gave wherever they were right."""
    sid = open_session(api, read("fenix", "rest-create.json")[0])
    calls = read("fenix", "project-*.json")
    owner = api.caller("member", tail(calls[0])[1])
    wave = 0
    for number, call in enumerate(calls):
        theirs = json.loads(call["answer"]["body"])
        path = f"/v1/maintenance/{sid}/{owner.project_id}"
        if call["request"]["method"] == "GET":
            following = json.loads(calls[min(number + 1, len(calls) - 1)]["request"]["body"] or "{}")
            verdict = m.parse_reply_state(following.get("state", ""))
            if verdict is not None:
                # A message is due: what Fenix listed is the inventory then, or what the message is about.
                wave += 1
                if not m.wants_actions(verdict.state):
                    inventory = [{"id": one, "project_id": owner.project_id} for one in theirs["instance_ids"]]
                    api.admin.ok("PUT", f"/v1/sessions/{sid}/instances", {"instances": inventory})
                request = {
                    "project_id": owner.project_id,
                    "state": verdict.state,
                    "instance_ids": theirs["instance_ids"],
                    "key": str(wave),
                }
                api.admin.ok("POST", f"/v1/sessions/{sid}/messages", {"messages": [request]}, 201)
                assert owner.ok("GET", path) == theirs
            else:
                owner.ok("GET", path)
        else:
            assert owner.ok("PUT", path, json.loads(call["request"]["body"])) == theirs
    statuses = [one["status"] for one in owner.ok("GET", f"/v1/sessions/{sid}/messages")["messages"]]
    assert statuses == ["acknowledged"] * 7


@pytest.mark.parametrize("folder", ["doctor/sample-fenix", "doctor/sample"])
def test_doctors_sample_manager(api: Api, folder: str) -> None:
    """Host dialect, with a token of an administrator scoped to the tenant, and with fields nobody asked for."""
    (created,) = read("doctor/sample-fenix", "*-POST-v1_maintenance-*.json")
    sid = open_session(api, created)
    replies = read(folder, "*-PUT-*_ID_ID-ACK_*.json")
    project_id = tail(replies[0])[1]
    manager = api.caller("admin,member", project_id)
    for number, call in enumerate(replies):
        body = json.loads(call["request"]["body"])
        verdict = m.parse_reply_state(body["state"])
        assert verdict is not None
        request = {
            "project_id": project_id,
            "state": verdict.state,
            "instance_ids": list(body.get("instance_actions", {})),
            "key": str(number),
        }
        (message,) = api.admin.ok("POST", f"/v1/sessions/{sid}/messages", {"messages": [request]}, 201)["messages"]
        assert manager.ok("PUT", f"/v1/maintenance/{sid}/{project_id}", body) == body
        assert api.message(sid, message["id"])["status"] == "acknowledged"
    assert api.admin.ok("DELETE", f"/v1/maintenance/{sid}") == {}


def test_doctors_vnfm(api: Api) -> None:
    """Instance dialect: one reply per instance at its own URL, and the ten constraints before."""
    constraints = read("doctor/vnfm", "*-PUT-v1_instance*.json")
    assert len(constraints) == 10
    (created,) = read("doctor/vnfm", "*-POST-v1_maintenance-*.json")
    sid = open_session(api, created)
    replies = read("doctor/vnfm", "*-PUT-v1_maintenance_*.json")
    project_id = tail(replies[0])[1]
    manager = api.caller("admin,member", project_id)
    for call in constraints:
        body = json.loads(call["request"]["body"])
        assert manager.ok("PUT", call["request"]["path"], body) == body
        assert api.admin.ok("GET", call["request"]["path"]) == body
    listed = api.admin.ok("GET", "/v1/constraints")
    assert (len(listed["instances"]), len(listed["instance_groups"])) == (8, 2)
    for number, call in enumerate(replies):
        body, ids = json.loads(call["request"]["body"]), tail(call)
        verdict = m.parse_reply_state(body["state"])
        assert verdict is not None
        request = {"project_id": project_id, "state": verdict.state, "instance_ids": ids[2:], "key": str(number)}
        (message,) = api.admin.ok("POST", f"/v1/sessions/{sid}/messages", {"messages": [request]}, 201)["messages"]
        assert message["reply_url"].endswith("/".join([sid, *ids[1:]]))
        assert manager.ok("PUT", f"/v1/maintenance/{sid}/" + "/".join(ids[1:]), body) == body
        reply = api.message(sid, message["id"])["reply"]
        assert reply["instance_actions"] == ({ids[2]: body["instance_action"]} if ids[2:] else {})
    for call in read("doctor/vnfm", "*-DELETE-v1_instance*.json"):
        answer = manager("DELETE", call["request"]["path"])
        # Doctor also deletes the constraints of servers long gone, and would stop at a 404 here: see docs/architecture.md.
        assert answer.status_code in (200, 404)


@pytest.mark.parametrize("name", ["get", "list", "project-get"])
def test_a_body_in_a_get_which_fenix_refused(api: Api, recorded: t.Callable[[str], dict[str, t.Any]], name: str) -> None:
    exchange = recorded(f"fenix/error-400-{name}-with-body.json")
    assert exchange["answer"]["status"] == 400
    sid = api.session()
    api.inventory(sid, i1="p1@h1")
    path = {"get": f"/{sid}", "list": "", "project-get": f"/{sid}/p1"}[name]
    assert api.owner("GET", f"/v1/maintenance{path}", data=exchange["request"]["body"]).status_code == 200


@pytest.mark.parametrize(
    ("name", "status", "field"),
    [
        ("error-500-create-bad-time", 400, "maintenance_at"),
        ("error-500-create-not-json", 400, "body"),
        ("error-500-create-empty-body", 400, "maintenance_at"),
        ("error-500-create-without-maintenance-at", 400, "maintenance_at"),
        ("error-500-create-unknown-workflow", 200, None),
        ("error-500-create-without-workflow", 200, None),
        ("error-500-create-without-metadata", 200, None),
        ("error-500-create-actions-without-metadata", 200, None),
    ],
)
def test_creations_at_which_fenix_broke(
    api: Api, recorded: t.Callable[[str], dict[str, t.Any]], name: str, status: int, field: str | None
) -> None:
    exchange = recorded(f"fenix/{name}.json")
    api.clock.now = datetime.datetime(2026, 11, 20, 12, 0, 0)
    answer = api.admin("POST", "/v1/maintenance", data=exchange["request"]["body"] or "")
    assert answer.status_code == status, answer.text
    if field is not None:
        assert answer.json["field"] == field


def test_the_errors_that_fenix_got_right(make_api: t.Callable[..., Api], recorded: t.Callable[[str], dict[str, t.Any]]) -> None:
    api = make_api(conversation={"max_sessions": 1})
    exchange = recorded("fenix/error-404-get-unknown-session.json")
    assert api.admin.refused(404, "GET", f"/v1/maintenance/{tail(exchange)[0]}") == json.loads(exchange["answer"]["body"])
    api.session()
    exchange = recorded("fenix/error-509-create-fourth-session.json")
    api.clock.now = datetime.datetime(2026, 11, 20, 12, 0, 0)
    answer = api.admin("POST", "/v1/maintenance", data=exchange["request"]["body"])
    assert (answer.status_code, answer.json) == (509, json.loads(exchange["answer"]["body"]))
    listed = json.loads(recorded("fenix/rest-list-sessions.json")["answer"]["body"])
    assert list(api.admin.ok("GET", "/v1/maintenance")) == list(listed)
