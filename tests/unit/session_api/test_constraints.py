# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The constraint API."""

from __future__ import annotations

import typing as t

import pytest

Api = t.Any

INSTANCE: dict[str, t.Any] = {
    "instance_id": "i1",
    "project_id": "p1",
    "group_id": "g1",
    "instance_name": "db-1",
    "max_interruption_time": 120,
    "migration_type": "MIGRATE",
    "resource_mitigation": True,
    "lead_time": 40,
}
GROUP: dict[str, t.Any] = {
    "group_id": "g1",
    "project_id": "p1",
    "group_name": "db",
    "anti_affinity_group": True,
    "max_instances_per_host": 1,
    "max_impacted_members": 1,
    "recovery_time": 4,
    "resource_mitigation": True,
}
BOTH = [("/v1/instance/i1", INSTANCE), ("/v1/instance_group/g1", GROUP)]


@pytest.mark.parametrize(("path", "body"), BOTH)
def test_written_read_changed_removed(api: Api, path: str, body: dict[str, t.Any]) -> None:
    api.owner.refused(404, "GET", path)
    api.owner.refused(404, "DELETE", path)
    assert api.owner.ok("PUT", path, body) == body
    changed = {**body, "resource_mitigation": False, "more": {"of": "it"}}
    assert api.owner.ok("PUT", path, changed) == changed
    assert api.owner.ok("GET", path) == changed
    assert api.owner.ok("DELETE", path) == {}
    api.owner.refused(404, "GET", path)


@pytest.mark.parametrize(("path", "body"), BOTH)
def test_a_project_never_touches_what_another_says(api: Api, path: str, body: dict[str, t.Any]) -> None:
    api.owner.ok("PUT", path, body)
    api.other.refused(404, "GET", path)
    api.other.refused(404, "DELETE", path)
    api.other.refused(403, "PUT", path, body)
    own = {**body, "project_id": "p2", "resource_mitigation": False}
    api.other.ok("PUT", path, own)
    assert api.owner.ok("GET", path) == body
    api.other.ok("DELETE", path)
    assert api.owner.ok("GET", path) == body


@pytest.mark.parametrize(("path", "body"), BOTH)
def test_an_administrator_may_do_it_for_a_project(api: Api, path: str, body: dict[str, t.Any]) -> None:
    api.admin.ok("PUT", path, body)
    assert api.owner.ok("GET", path) == body
    assert api.admin.ok("GET", path) == body
    assert api.admin.ok("DELETE", path) == {}
    api.owner.refused(404, "GET", path)


@pytest.mark.parametrize(("path", "body"), BOTH)
def test_every_part_is_checked(api: Api, path: str, body: dict[str, t.Any]) -> None:
    wrong: dict[type, t.Any] = {str: 5, int: "5", bool: "true"}
    for name, value in body.items():
        refused = api.owner.refused(400, "PUT", path, {**body, name: wrong[type(value)]})
        assert refused["field"] == name
        if name not in ("group_name", "instance_name") and not (name == "group_id" and "instance_id" in body):
            missing = {other: body[other] for other in body if other != name}
            assert api.owner.refused(400, "PUT", path, missing)["field"] == name
        if isinstance(value, int) and not isinstance(value, bool):
            assert api.owner.refused(400, "PUT", path, {**body, name: -1})["field"] == name


def test_the_path_and_the_body_name_the_same(api: Api) -> None:
    assert api.owner.refused(400, "PUT", "/v1/instance/i2", INSTANCE)["field"] == "instance_id"
    assert api.owner.refused(400, "PUT", "/v1/instance_group/g2", GROUP)["field"] == "group_id"


@pytest.mark.parametrize("action", ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION", "MIGRATION", ""])
def test_the_wished_action(api: Api, action: str) -> None:
    answer = api.owner("PUT", "/v1/instance/i1", {**INSTANCE, "migration_type": action})
    assert answer.status_code == (200 if action.endswith("MIGRATE") or action == "OWN_ACTION" else 400)


def test_lists(api: Api) -> None:
    api.owner.ok("PUT", "/v1/instance/i1", INSTANCE)
    api.owner.ok("PUT", "/v1/instance_group/g1", GROUP)
    other = {**INSTANCE, "project_id": "p2"}
    api.other.ok("PUT", "/v1/instance/i1", other)
    assert api.owner.ok("GET", "/v1/constraints") == {"instances": [INSTANCE], "instance_groups": [GROUP]}
    assert api.owner.ok("GET", "/v1/constraints?project_id=p1") == {"instances": [INSTANCE], "instance_groups": [GROUP]}
    assert api.admin.ok("GET", "/v1/constraints") == {"instances": [INSTANCE, other], "instance_groups": [GROUP]}
    assert api.admin.ok("GET", "/v1/constraints?project_id=p2") == {"instances": [other], "instance_groups": []}
    api.other.refused(403, "GET", "/v1/constraints?project_id=p1")


def test_they_outlive_the_service(make_api: t.Callable[..., Api]) -> None:
    make_api().owner.ok("PUT", "/v1/instance/i1", INSTANCE)
    assert make_api().owner.ok("GET", "/v1/instance/i1") == INSTANCE
