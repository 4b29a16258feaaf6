# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input that is wrong, large, deep or strange is refused with a name, and never with a mistake of the service."""

from __future__ import annotations

import json
import typing as t

import pytest

Api = t.Any
GOOD = {"hosts": ["h1"], "maintenance_at": "2026-11-21 02:00:00"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"maintenance_at": None}, "maintenance_at"),
        ({"maintenance_at": "soon"}, "maintenance_at"),
        ({"maintenance_at": "2026-13-01 00:00:00"}, "maintenance_at"),
        ({"maintenance_at": "0001-01-01T00:00:00+23:00"}, "maintenance_at"),
        ({"maintenance_at": 5}, "maintenance_at"),
        ({"hosts": "h1"}, "hosts"),
        ({"hosts": [5]}, "hosts.0"),
        ({"hosts": ["h1", "h1"]}, "hosts"),
        ({"hosts": ["a/b"]}, "hosts.0"),
        ({"hosts": [""]}, "hosts.0"),
        ({"state": "SCALE_IN"}, "state"),
        ({"workflow": "kubernetes"}, "workflow"),
        ({"metadata": [1]}, "metadata"),
        ({"download": "x"}, "download"),
        ({"actions": [5]}, "actions.0"),
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_creation_names_the_field(api: Api, change: dict[str, t.Any], field: str) -> None:
    refused = api.admin.refused(400, "POST", "/v1/maintenance", {**GOOD, **change})
    assert (refused["field"], bool(refused["error"])) == (field, True)
    assert api.admin.ok("GET", "/v1/maintenance") == {"sessions": []}


def test_the_start_is_needed(api: Api) -> None:
    refused = api.admin.refused(400, "POST", "/v1/maintenance", {"hosts": ["h1"]})
    assert refused == {"error": "maintenance_at is missing", "field": "maintenance_at"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b'{"maintenance_at": NaN}',
        b'{"metadata": {"x": Infinity}}',
        b"[" * 100_000,
        b'{"metadata": ' + b'{"a": ' * 20 + b"1" + b"}" * 21,
        b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"5",
        b"null",
        b'{"maintenance_at": "2026-11-21 02:00:00"} x',
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_what_is_no_proper_json(api: Api, raw: bytes) -> None:
    answer = api.admin("POST", "/v1/maintenance", data=raw)
    assert (answer.status_code, answer.json["field"]) == (400, "body")


def test_a_body_has_an_end(api: Api) -> None:
    almost = json.dumps({**GOOD, "x": "y" * (1024 * 1024 - 100)})
    assert api.admin("POST", "/v1/maintenance", data=almost).status_code == 200
    answer = api.admin("POST", "/v1/maintenance", data=almost + " " * 200)
    assert (answer.status_code, list(answer.json)) == (413, ["error"])


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nope", "/v1/maintenance/a/b/c/d", "/v2/maintenance"])
def test_unknown_paths(api: Api, path: str) -> None:
    answer = api.admin("GET", path)
    assert (answer.status_code, list(answer.json)) == (404, ["error"])


def test_unknown_methods(api: Api) -> None:
    answer = api.admin("PATCH", "/v1/maintenance")
    assert (answer.status_code, list(answer.json)) == (405, ["error"])
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("name", ["h%20x", "%2e%2e", "h%0a", "'; DROP TABLE hosts; --", "%F0%9F%98%80"])
def test_strange_names_in_paths(api: Api, name: str) -> None:
    sid = api.session()
    api.admin.refused(404, "PUT", f"/v1/sessions/{sid}/hosts/{name}", {"state": "DRAINING"})
    api.admin.refused(404, "GET", f"/v1/maintenance/{name}")
    api.admin.refused(404, "GET", f"/v1/sessions/{sid}/messages/{name}")


def test_a_host_that_the_runner_names_must_have_a_name(api: Api) -> None:
    sid = str(api.admin.ok("POST", "/v1/maintenance", {"maintenance_at": "2026-11-21 02:00:00"})["session_id"])
    lease = str(api.admin.ok("POST", f"/v1/sessions/{sid}/lease", {"holder": "runner"})["token"])
    for name in ("a%20b", "a%0ab", "x" * 256):
        refused = api.admin.refused(
            400, "PUT", f"/v1/sessions/{sid}/hosts/{name}", {"state": "WAITING"}, headers={"X-Lease-Token": lease}
        )
        assert refused["field"] == "host"


def test_a_mistake_of_the_service_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: t.Any, **options: t.Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.sessions.listed", fail)
    answer = api.flask.test_client().get("/v1/maintenance", headers=api.admin._headers)
    assert answer.status_code == 500
    assert answer.json == {"error": "the service made a mistake; its log says more"}


def test_health(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.nobody.ok("GET", "/healthcheck") == {"status": "ok"}
    from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.libraries import sa_exc  # noqa: PLC0415

    def fail() -> None:
        raise sa_exc.OperationalError("SELECT 1", {}, Exception("disk is gone"))

    monkeypatch.setattr(api.service.store, "ping", fail)
    assert api.nobody.refused(503, "GET", "/healthcheck") == {"error": "the database does not answer"}


def test_figures(api: Api) -> None:
    sid = api.session()
    api.tell(sid, "MAINTENANCE")
    api.clock.tick(3)
    api.owner.ok("PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_MAINTENANCE"})
    api.owner.refused(409, "PUT", f"/v1/maintenance/{sid}/p1", {"state": "ACK_SCALE_IN"})
    text = api.admin("GET", "/metrics").text
    for line in (
        'nfv_session_api_sessions{state="MAINTENANCE"} 1.0',
        'nfv_session_api_messages{status="acknowledged"} 1.0',
        "nfv_session_api_outbox 2.0",
        "nfv_session_api_outbox_oldest_seconds 3.0",
        'nfv_session_api_replies_total{result="taken",state="MAINTENANCE"} 1.0',
        'nfv_session_api_replies_total{result="rejected",state="SCALE_IN"} 1.0',
        'nfv_session_api_reply_seconds_sum{state="MAINTENANCE"} 3.0',
        'nfv_session_api_requests_total{operation="reply_project",status="200"} 1.0',
    ):
        assert line in text.splitlines()
