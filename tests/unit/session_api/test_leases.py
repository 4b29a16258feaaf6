# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's lease and its fencing token."""

from __future__ import annotations

import typing as t

import pytest

Api = t.Any

WRITES: list[tuple[str, str, t.Any]] = [
    ("PUT", "", {"state": "START_MAINTENANCE"}),
    ("POST", "/messages", {"messages": [{"project_id": "p1", "state": "MAINTENANCE"}]}),
    ("PUT", "/hosts/h1", {"state": "DRAINING"}),
    ("PUT", "/instances", {"instances": []}),
    ("PUT", "/instances/i1", {"state": "MOVING"}),
    ("DELETE", "/lease", None),
]


def take(api: Api, sid: str, holder: str, status: int = 200, **more: t.Any) -> dict[str, t.Any]:
    return dict(api.admin.ok("POST", f"/v1/sessions/{sid}/lease", {"holder": holder, **more}, status))


def test_one_holder_at_a_time(api: Api) -> None:
    sid = api.session(lease=False)
    first = take(api, sid, "a", ttl=60)
    assert first == {"holder": "a", "token": 1, "expires_at": "2026-11-21T01:01:00.000000Z"}
    api.clock.tick(30)
    refused = take(api, sid, "b", 409)
    assert refused["lease"] == first
    assert "run by a" in refused["error"]
    again = take(api, sid, "a", ttl=60)
    assert again == {"holder": "a", "token": 1, "expires_at": "2026-11-21T01:01:30.000000Z"}
    assert api.detail(sid)["lease"] == again


def test_an_expired_lease_goes_to_a_new_holder_with_a_new_token(api: Api) -> None:
    sid = api.session(lease=False)
    take(api, sid, "a", ttl=60)
    api.clock.tick(60)
    assert take(api, sid, "b", ttl=60)["token"] == 2
    assert take(api, sid, "a", 409)["lease"]["holder"] == "b"
    api.clock.tick(61)
    assert take(api, sid, "a")["token"] == 3


def test_an_expired_lease_comes_back_to_its_holder_with_the_same_token(api: Api) -> None:
    sid = api.session(lease=False)
    take(api, sid, "a", ttl=60)
    api.clock.tick(600)
    assert take(api, sid, "a")["token"] == 1


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_stale_runner_writes_nothing(api: Api, method: str, path: str, body: t.Any) -> None:
    sid = api.session(lease=False)
    api.admin.lease = str(take(api, sid, "a", ttl=60)["token"])
    api.inventory(sid, i1="p1@h1")
    api.clock.tick(61)
    lease = take(api, sid, "b", ttl=60)
    before = api.detail(sid)
    refused = api.admin.refused(409, method, f"/v1/sessions/{sid}{path}", body)
    assert refused["lease"] == lease
    assert api.detail(sid) == before
    assert api.told() == []


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@pytest.mark.parametrize("header", [None, "", "x", "1.0"])
def test_every_write_needs_the_token(api: Api, method: str, path: str, body: t.Any, header: str | None) -> None:
    sid = api.session()
    api.inventory(sid, i1="p1@h1")
    api.admin.lease = None
    headers = {} if header is None else {"X-Lease-Token": header}
    refused = api.admin.refused(400, method, f"/v1/sessions/{sid}{path}", body, headers=headers)
    assert refused["field"] == "X-Lease-Token"


@pytest.mark.parametrize(("method", "path", "body"), WRITES[:-1])
def test_every_accepted_write_renews_the_lease(api: Api, method: str, path: str, body: t.Any) -> None:
    sid = api.session(lease=False)
    api.admin.lease = str(take(api, sid, "a", ttl=60)["token"])
    api.inventory(sid, i1="p1@h1")
    api.clock.tick(50)
    assert api.admin(method, f"/v1/sessions/{sid}{path}", body).status_code in (200, 201)
    assert api.detail(sid)["lease"]["expires_at"] == "2026-11-21T01:01:50.000000Z"


def test_a_refused_write_does_not_renew_the_lease(api: Api) -> None:
    sid = api.session(lease=False)
    api.admin.lease = str(take(api, sid, "a", ttl=60)["token"])
    api.clock.tick(50)
    api.admin.refused(409, "PUT", f"/v1/sessions/{sid}", {"state": "MAINTENANCE_DONE"})
    assert api.detail(sid)["lease"]["expires_at"] == "2026-11-21T01:01:00.000000Z"


def test_a_holder_that_was_not_replaced_goes_on_after_its_lease_expired(api: Api) -> None:
    sid = api.session(lease=False)
    api.admin.lease = str(take(api, sid, "a", ttl=60)["token"])
    api.clock.tick(600)
    api.admin.ok("PUT", f"/v1/sessions/{sid}", {"state": "START_MAINTENANCE"})


def test_a_released_lease_is_free_and_its_token_worthless(api: Api) -> None:
    sid = api.session()
    answer = api.admin("DELETE", f"/v1/sessions/{sid}/lease")
    assert (answer.status_code, answer.data) == (204, b"")
    assert api.detail(sid)["lease"] is None
    assert api.admin.refused(409, "PUT", f"/v1/sessions/{sid}", {"state": "START_MAINTENANCE"})["lease"] is None
    assert take(api, sid, "b")["token"] == 2
    api.admin.refused(409, "PUT", f"/v1/sessions/{sid}", {"state": "START_MAINTENANCE"})


def test_even_the_same_holder_gets_a_new_token_after_a_release(api: Api) -> None:
    sid = api.session()
    api.admin("DELETE", f"/v1/sessions/{sid}/lease")
    assert take(api, sid, "runner")["token"] == 2


@pytest.mark.parametrize(
    ("body", "field"), [({}, "holder"), ({"holder": "a", "ttl": 0}, "ttl"), ({"holder": "a", "ttl": 3601}, "ttl")]
)
def test_what_a_lease_must_say(api: Api, body: dict[str, t.Any], field: str) -> None:
    sid = api.session(lease=False)
    assert api.admin.refused(400, "POST", f"/v1/sessions/{sid}/lease", body)["field"] == field


def test_a_project_does_not_see_who_runs_the_session(api: Api) -> None:
    sid = api.session()
    api.inventory(sid, i1="p1@h1")
    assert api.owner.ok("GET", f"/v1/sessions/{sid}")["lease"] is None


def test_who_names_the_token_only_renews(api: Api) -> None:
    sid = api.session()
    path, body = f"/v1/sessions/{sid}/lease", {"holder": "runner", "ttl": 120, "token": 1}
    api.clock.tick(60)
    renewed = api.admin.ok("POST", path, body)
    assert renewed == {"holder": "runner", "token": 1, "expires_at": "2026-11-21T01:03:00.000000Z"}
    api.admin.ok("DELETE", path, status=204)
    assert "is not the present one" in api.admin.refused(409, "POST", path, body)["error"]
    assert api.detail(sid)["lease"] is None, "what was given back is not taken again by who renews"
    assert take(api, sid, "runner")["token"] == 2
    api.admin.refused(409, "POST", path, body)
