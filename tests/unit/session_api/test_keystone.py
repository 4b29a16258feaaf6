# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate: real keystonemiddleware before the service, with a Keystone that answers as declared."""

from __future__ import annotations

import logging
import typing as t

import pytest
import requests
import werkzeug.test
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import app, auth

from .conftest import KEYSTONE

Api = t.Any

ADMIN, OWNER, SCOPED_ADMIN, OTHER, EXPIRED = "token-admin", "token-owner", "token-scoped-admin", "token-other", "token-expired"
WHO = {
    ADMIN: ("admins", ["admin"]),
    OWNER: ("p1", ["member"]),
    SCOPED_ADMIN: ("p1", ["admin", "member"]),
    OTHER: ("p2", ["member"]),
}


def token(project_id: str, roles: list[str], expires: str = "2199-01-01T00:00:00.000000Z") -> dict[str, t.Any]:
    domain = {"id": "default", "name": "Default"}
    return {
        "token": {
            "methods": ["password"],
            "user": {"id": "u1", "name": "somebody", "domain": domain},
            "project": {"id": project_id, "name": project_id, "domain": domain},
            "roles": [{"id": role, "name": role} for role in roles],
            "expires_at": expires,
            "issued_at": "2026-11-21T00:00:00.000000Z",
            "audit_ids": ["a"],
            "catalog": [
                {"type": "identity", "id": "k", "name": "keystone", "endpoints": [_endpoint("internal"), _endpoint("public")]}
            ],
        }
    }


def _endpoint(interface: str) -> dict[str, str]:
    return {"id": interface, "interface": interface, "region": "r", "region_id": "r", "url": KEYSTONE}


@pytest.fixture
def keystone(requests_mock: t.Any) -> t.Any:
    """A Keystone that knows the tokens above."""
    version = {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": KEYSTONE}], "media-types": []}
    requests_mock.get(KEYSTONE, json={"version": version})
    requests_mock.get(f"{KEYSTONE}/", json={"version": version})
    requests_mock.post(
        f"{KEYSTONE}/auth/tokens",
        json=token("service", ["service"]),
        headers={"X-Subject-Token": "token-service"},
        status_code=201,
    )

    def validate(request: t.Any, context: t.Any) -> dict[str, t.Any]:
        assert request.headers["X-Auth-Token"] == "token-service"
        subject = request.headers["X-Subject-Token"]
        if subject == EXPIRED:
            return token("p1", ["admin"], "2020-01-01T00:00:00.000000Z")
        if subject not in WHO:
            context.status_code = 404
            return {"error": {"code": 404, "title": "Not Found", "message": "unknown"}}
        return token(*WHO[subject])

    requests_mock.get(f"{KEYSTONE}/auth/tokens", json=validate)
    return requests_mock


class Door:
    """The deployed application."""

    def __init__(self, api: Api) -> None:
        self._client = werkzeug.test.Client(app.make_application(api.service))

    def __call__(self, method: str, path: str, secret: str | None = None, **options: t.Any) -> t.Any:
        headers = options.pop("headers", {})
        if secret is not None:
            headers["X-Auth-Token"] = secret
        return self._client.open(path, method=method, headers=headers, **options)


@pytest.fixture
def door(api: Api, keystone: t.Any) -> Door:
    return Door(api)


def test_a_conversation(door: Door) -> None:
    body = {"hosts": ["h1"], "maintenance_at": "2026-11-21 02:00:00"}
    assert door("POST", "/v1/maintenance", OWNER, json=body).status_code == 403
    sid = door("POST", "/v1/maintenance", ADMIN, json=body).json["session_id"]
    door("POST", f"/v1/sessions/{sid}/lease", ADMIN, json={"holder": "runner"})
    request = {"messages": [{"project_id": "p1", "state": "MAINTENANCE"}]}
    told = door("POST", f"/v1/sessions/{sid}/messages", ADMIN, json=request, headers={"X-Lease-Token": "1"})
    assert told.status_code == 201
    ack = {"state": "ACK_MAINTENANCE"}
    path = f"/v1/maintenance/{sid}/p1"
    assert door("PUT", path, OTHER, json=ack).status_code == 404
    assert door("PUT", path, ADMIN, json=ack).status_code == 403
    assert door("GET", f"/v1/maintenance/{sid}", OTHER).status_code == 404
    # Doctor's managers hold an administrator's token that is scoped to their own project.
    assert door("PUT", path, SCOPED_ADMIN, json=ack).status_code == 200
    assert door("PUT", path, OWNER, json=ack).status_code == 200


@pytest.mark.parametrize("secret", [None, "", "token-unknown", EXPIRED])
def test_without_a_good_token(door: Door, secret: str | None) -> None:
    answer = door("GET", "/v1/maintenance", secret)
    assert (answer.status_code, answer.content_type) == (401, "application/json")
    assert answer.json == {"error": "A valid token in X-Auth-Token is required"}
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{KEYSTONE}"'


FORGED = {"X-Identity-Status": "Confirmed", "X-Roles": "admin", "X-Project-Id": "p1", "X-User-Id": "u"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/maintenance"),
        ("POST", "/v1/maintenance"),
        ("PUT", "/v1/sessions/x/hosts/page"),
        ("PUT", "/v1/maintenance/x/page"),
        ("DELETE", "/v1/maintenance/page"),
        ("GET", "/v1/sessions/page"),
        ("GET", "//v1/maintenance"),
        ("GET", "/healthcheck/../v1/maintenance"),
        ("GET", "/metrics"),
        ("POST", "/v1/sessions/x/page/../lease"),
    ],
)
def test_headers_that_a_caller_made_up(door: Door, method: str, path: str) -> None:
    assert door(method, path, headers=dict(FORGED), json={}).status_code == 401
    assert door(method, path, "token-unknown", headers=dict(FORGED), json={}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/metrics",
        "/healthcheckx",
        "/x/healthcheck",
        "/v1/sessions/page",
        "/v1/sessions/x/hosts/page",
        "/v1/sessions/x/page/x",
        "/v1/page",
    ],
)
def test_what_is_not_open_to_all(path: str) -> None:
    assert not auth.is_public(path)


def test_nothing_behind_an_open_path_sees_headers_that_nobody_checked(api: Api) -> None:
    seen: dict[str, t.Any] = {}

    def inside(environ: dict[str, t.Any], start_response: t.Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return []

    gate = werkzeug.test.Client(auth.Gate(inside, api.service.conf))
    gate.get("/healthcheck", headers={**FORGED, "OpenStack-System-Scope": "all", "Accept": "text/plain"})
    assert seen["HTTP_ACCEPT"] == "text/plain"
    assert not [name for name in seen if name.startswith(("HTTP_X_", "HTTP_OPENSTACK"))]


@pytest.mark.parametrize("path", ["/healthcheck", "/v1/openapi.json", "/v1/sessions/x/page"])
def test_what_is_open_to_all_believes_nobody(door: Door, keystone: t.Any, path: str) -> None:
    before = len(keystone.request_history)
    assert door("GET", path, headers=dict(FORGED)).status_code == 200
    assert door("POST", path, headers=dict(FORGED), json={}).status_code == 405
    assert len(keystone.request_history) == before


@pytest.mark.parametrize(
    "trouble",
    [
        {"exc": requests.ConnectionError("refused")},
        {"exc": requests.ConnectTimeout("slow")},
        {"status_code": 500},
        {"status_code": 503},
    ],
    ids=str,
)
def test_while_keystone_is_away(api: Api, keystone: t.Any, trouble: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    door = Door(api)
    keystone.get(f"{KEYSTONE}/auth/tokens", **trouble)
    answer = door("GET", "/v1/maintenance", ADMIN)
    assert (answer.status_code, answer.content_type) == (503, "application/json")
    assert "Keystone" in answer.json["error"]
    assert answer.headers["Retry-After"] == "5"
    assert door("GET", "/healthcheck").status_code == 200


def test_it_recovers_when_keystone_does(api: Api, keystone: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    door = Door(api)
    keystone.post(f"{KEYSTONE}/auth/tokens", exc=requests.ConnectionError("refused"))
    assert door("GET", "/v1/maintenance", ADMIN).status_code == 503
    keystone.post(
        f"{KEYSTONE}/auth/tokens",
        json=token("service", ["service"]),
        headers={"X-Subject-Token": "token-service"},
        status_code=201,
    )
    assert door("GET", "/v1/maintenance", ADMIN).status_code == 200


def test_a_poll_is_not_a_call_to_keystone_each_time(door: Door, keystone: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def validations() -> int:
        return sum(one.method == "GET" and one.path.endswith("/auth/tokens") for one in keystone.request_history)

    now = 1000.0
    monkeypatch.setattr(auth.time, "monotonic", lambda: now)
    for _turn in range(5):
        assert door("GET", "/v1/maintenance", ADMIN).status_code == 200
    assert validations() == 1
    now += 31
    assert door("GET", "/v1/maintenance", ADMIN).status_code == 200
    assert validations() == 2


def test_the_cache_has_an_end() -> None:
    cache = auth.TokenCache(size=2)
    for key in "abc":
        cache.set(key, key, time=60)
    assert [cache.get(key) for key in "abc"] == [None, "b", "c"]


def test_no_token_is_logged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for secret in (ADMIN, "token-unknown", EXPIRED):
        door("GET", "/v1/maintenance", secret)
        door("POST", "/v1/maintenance", secret, data=b"not json")
    ours = [
        record.getMessage() for record in caplog.records if "session_api" in record.name or "keystonemiddleware" in record.name
    ]
    assert not [line for line in ours if ADMIN in line or "token-unknown" in line or EXPIRED in line or "token-service" in line]
