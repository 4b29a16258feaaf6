# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what: every operation for every kind of caller."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import models, openapi, outcomes

from .test_constraints import GROUP, INSTANCE

Api = t.Any
LEASE = {"X-Lease-Token": "1"}
PROBE = "0b0c9a5e-3c2f-4d43-9a63-2f0c1e6c7a11"

# What the administrator, the project concerned, its member with the admin role, and a project that is not concerned are answered.
MATRIX: dict[str, tuple[t.Any, tuple[int, int, int, int]]] = {
    "create_session": ({"hosts": ["h9"], "maintenance_at": "2026-11-21 03:00:00"}, (200, 403, 200, 403)),
    "list_session_ids": (None, (200, 200, 200, 200)),
    "get_session_state": (None, (200, 200, 200, 404)),
    "continue_session": ({}, (200, 403, 200, 404)),
    "delete_session": (None, (200, 403, 200, 404)),
    "get_session_detail": (None, (200, 200, 200, 404)),
    "get_project_instances": (None, (200, 200, 200, 404)),
    "reply_project": ({"state": "ACK_MAINTENANCE"}, (403, 200, 200, 404)),
    "reply_instance": ({"state": "ACK_INSTANCE_ACTION_DONE"}, (403, 200, 200, 404)),
    "get_instance_constraint": (None, (200, 200, 200, 404)),
    "put_instance_constraint": (INSTANCE, (200, 200, 200, 403)),
    "delete_instance_constraint": (None, (200, 200, 200, 404)),
    "get_instance_group_constraint": (None, (200, 200, 200, 404)),
    "put_instance_group_constraint": (GROUP, (200, 200, 200, 403)),
    "delete_instance_group_constraint": (None, (200, 200, 200, 404)),
    "list_sessions": (None, (200, 200, 200, 200)),
    "get_session": (None, (200, 200, 200, 404)),
    "set_session_state": ({"state": "START_MAINTENANCE"}, (200, 403, 200, 404)),
    "take_lease": ({"holder": "runner"}, (200, 403, 200, 404)),
    "release_lease": (None, (204, 403, 204, 404)),
    "send_messages": ({"messages": [{"project_id": "p1", "state": "SCALE_IN"}]}, (201, 403, 201, 404)),
    "list_messages": (None, (200, 200, 200, 404)),
    "get_message": (None, (200, 200, 200, 404)),
    "extend_message": ({"seconds": 5}, (403, 200, 200, 404)),
    "get_control": (None, (200, 403, 200, 404)),
    "set_control": ({"action": "pause"}, (200, 403, 200, 404)),
    "set_host": ({"state": "DRAINING"}, (200, 403, 200, 404)),
    "set_inventory": ({"instances": []}, (200, 403, 200, 404)),
    "set_instance": ({"state": "MOVING"}, (200, 403, 200, 404)),
    "list_events": (None, (200, 200, 200, 404)),
    "get_report": (None, (200, 200, 200, 404)),
    "stream_report": (None, (200, 200, 200, 404)),
    "session_page": (None, (200, 200, 200, 200)),
    "create_subscription": ({"url": "http://vnfm.example.org/new"}, (201, 201, 201, 201)),
    "list_subscriptions": (None, (200, 200, 200, 200)),
    "get_subscription": (None, (200, 200, 200, 404)),
    "update_subscription": ({"rotate": True}, (403, 200, 200, 404)),
    "delete_subscription": (None, (204, 204, 204, 404)),
    "list_deliveries": (None, (200, 200, 200, 404)),
    "resend_delivery": (None, (202, 202, 202, 404)),
    "list_constraints": (None, (200, 200, 200, 200)),
    "openapi": (None, (200, 200, 200, 200)),
    "healthcheck": (None, (200, 200, 200, 200)),
    "metrics": (None, (200, 403, 200, 403)),
    "get_probe": (None, (200, 403, 200, 403)),
    "send_probe": (None, (200, 403, 200, 403)),
}


def furnish(api: Api) -> dict[str, str]:
    """Make a session with a bit of everything; return what stands in the paths."""
    subscribed = api.owner.ok("POST", "/v1/subscriptions", {"url": "http://vnfm.example.org/"}, 201)["id"]
    sid = api.session("h1", "h2")
    api.inventory(sid, i1="p1@h1")
    mid = api.tell(sid, "MAINTENANCE")[0]["id"]
    [delivery] = api.owner.ok("GET", f"/v1/subscriptions/{subscribed}/deliveries")["deliveries"]
    with api.service.work.write() as unit:
        outcomes.give_up(unit, unit.db.query(models.DeliveryRow).one(), "nobody is there")
    api.owner.ok("PUT", "/v1/instance/i1", INSTANCE)
    api.owner.ok("PUT", "/v1/instance_group/g1", GROUP)
    ids = {"session_id": sid, "project_id": "p1", "instance_id": "i1", "group_id": "g1", "message_id": mid}
    return {**ids, "host": "h1", "probe_id": PROBE, "subscription_id": subscribed, "delivery_id": delivery["id"]}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    """The furnished database, once there is one: each test gets a copy."""
    return {"database": tmp_path_factory.mktemp("furnished") / "session-api.sqlite"}


@pytest.fixture
def place(kept: dict[str, t.Any], make_api: t.Callable[..., Api], tmp_path: pathlib.Path) -> dict[str, str]:
    """What stands in the paths; ``api`` is on the database that holds it."""
    database = tmp_path / "session-api.sqlite"
    if "ids" not in kept:
        api = make_api()
        kept["ids"] = furnish(api)
        api.service.stop()
        shutil.copy(database, kept["database"])
    shutil.copy(kept["database"], database)
    return dict(kept["ids"])


def test_the_matrix_is_complete() -> None:
    assert set(MATRIX) == {one.name for one in openapi.OPERATIONS}


@pytest.mark.parametrize("one", openapi.OPERATIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("who", ["admin", "owner", "owner with the admin role", "other", "nobody"])
def test_rights(place: dict[str, str], api: Api, one: openapi.Operation, who: str) -> None:
    body, expected = MATRIX[one.name]
    callers = {
        "admin": (api.admin, expected[0]),
        "owner": (api.owner, expected[1]),
        "owner with the admin role": (api.caller("member,admin", "p1"), expected[2]),
        "other": (api.other, expected[3]),
        "nobody": (api.nobody, 200 if one.public else 401),
    }
    caller, status = callers[who]
    before = api.detail(place["session_id"]) if one.method != "get" else None
    answer = caller(one.method.upper(), one.path.format(**place), body, headers=dict(LEASE))
    assert answer.status_code == status, answer.text
    if before is not None and status >= 400:
        assert api.detail(place["session_id"]) == before


def test_a_project_lists_only_what_concerns_it(place: dict[str, str], api: Api) -> None:
    assert api.owner.ok("GET", "/v1/maintenance") == {"sessions": [place["session_id"]]}
    assert api.other.ok("GET", "/v1/maintenance") == {"sessions": []}
    assert api.other.ok("GET", "/v1/sessions") == {"sessions": []}
    assert api.other.ok("GET", "/v1/constraints") == {"instances": [], "instance_groups": []}


def test_a_project_with_only_a_message_is_concerned(api: Api) -> None:
    sid = api.session()
    api.other.refused(404, "GET", f"/v1/sessions/{sid}")
    api.tell(sid, "MAINTENANCE", project_id="p2")
    api.other.ok("GET", f"/v1/sessions/{sid}")


def test_a_message_of_another_project_does_not_exist(place: dict[str, str], api: Api) -> None:
    sid = place["session_id"]
    api.admin.lease = "1"
    theirs = api.tell(sid, "MAINTENANCE", project_id="p2")[0]["id"]
    api.owner.refused(404, "GET", f"/v1/sessions/{sid}/messages/{theirs}")
    api.other.refused(404, "GET", f"/v1/maintenance/{sid}/p1")
    api.other.refused(404, "PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE"})
    assert api.message(sid, place["message_id"])["status"] == "pending"


def test_a_token_without_a_project_is_no_project(place: dict[str, str], api: Api) -> None:
    sid = place["session_id"]
    nothing = api.caller("member")
    nothing.refused(404, "GET", f"/v1/sessions/{sid}")
    assert nothing.ok("GET", "/v1/sessions") == {"sessions": []}
    nothing.refused(403, "PUT", "/v1/instance/i1", {**INSTANCE, "project_id": "-"})


def test_the_policy_file_overrides(make_api: t.Callable[..., Api], tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text('"maintenance:create_session": "role:operator"\n')
    api = make_api(oslo_policy={"policy_file": str(rules)})
    body = {"hosts": ["h9"], "maintenance_at": "2026-11-21 03:00:00"}
    api.admin.refused(403, "POST", "/v1/maintenance", body)
    api.caller("operator", "operators").ok("POST", "/v1/maintenance", body)
    api.caller("operator", "operators").refused(403, "GET", "/metrics")
