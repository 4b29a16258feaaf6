# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client below the modules: where calls go, when they are repeated, what an empty answer means."""

from __future__ import annotations

import typing as t

import pytest
import requests
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError, ServiceError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance

REFUSED = requests.exceptions.ConnectionError("connection refused")


@pytest.fixture
def client(conversation: t.Any) -> t.Any:
    return maintenance(conversation.cloud)


@pytest.mark.parametrize("url", ["/maintenance/v1", "/maintenance/v1/", "/maintenance", "/maintenance/"])
def test_the_endpoint_may_be_written_in_any_way_and_is_never_asked_for_versions(
    service: t.Any, conversation: t.Any, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setitem(conversation.services, "maintenance", f"http://cloud.example{url}")
    service.expect("GET", "/maintenance", **service.recorded("rest-list-sessions"), sent_headers={"Accept": "application/json"})
    assert maintenance(conversation.cloud).session_ids() == [service.sid]


def test_a_catalogue_without_the_service_is_told_with_the_next_command(
    conversation: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(conversation.services, "maintenance")
    with pytest.raises(CollectionError, match=r"openstack endpoint list.*not found"):
        maintenance(conversation.cloud).session_ids()


def test_one_connection_has_one_client_and_asks_once_what_it_talks_to(service: t.Any, conversation: t.Any) -> None:
    cloud = conversation.cloud
    service.is_ours()
    assert maintenance(cloud).is_session_api()
    assert maintenance(cloud).is_session_api()


def test_a_fenix_of_2019_is_told_by_its_404(service: t.Any, client: t.Any) -> None:
    service.is_fenix()
    assert not client.is_session_api()


def test_a_restarting_service_is_asked_again(service: t.Any, client: t.Any) -> None:
    service.expect("GET", "/maintenance", status=503, text="")
    service.expect("GET", "/maintenance", error=REFUSED)
    service.expect("GET", "/maintenance", json={"sessions": []})
    assert client.session_ids() == []


def test_repetitions_end_after_half_a_minute(service: t.Any, client: t.Any, clock: t.Any) -> None:
    client.base  # noqa: B018  the token is fetched before the service fails
    for _number in range(11):
        service.expect("PUT", f"/sessions/{service.sid}/hosts/h", status=503, json={"error": "down"})
    with pytest.raises(ServiceError, match=r"Failed to set host h .* to WAITING: HTTP 503: down") as caught:
        client.put_host(service.sid, 1, "h", state="WAITING")
    assert caught.value.status == 503
    assert 20 < clock.now - 1000 <= client.retry_seconds


def test_a_session_of_a_fenix_is_not_created_twice(service: t.Any, client: t.Any) -> None:
    service.expect("POST", "/maintenance", error=REFUSED)
    with pytest.raises(ServiceError):
        client.create_session({"hosts": []})


def test_a_named_session_may_be_created_again(service: t.Any, client: t.Any) -> None:
    service.expect("POST", "/maintenance", error=REFUSED)
    service.expect("POST", "/maintenance", json={"session_id": service.sid})
    assert client.create_session({"name": "kernel"}) == {"session_id": service.sid}


def test_an_error_of_fenix_is_not_repeated(service: t.Any, client: t.Any) -> None:
    service.expect("GET", f"/maintenance/{service.sid}", **service.recorded("error-500-get-while-the-engine-is-down"))
    with pytest.raises(ServiceError, match="HTTP 500: Unknown Error"):
        client.fenix_session(service.sid)


def test_the_token_does_not_follow_a_redirect(service: t.Any, client: t.Any, conversation: t.Any) -> None:
    service.expect("GET", "/maintenance", status=302, headers={"Location": "http://elsewhere.example/v1/maintenance"}, text="")
    with pytest.raises(ServiceError, match=r"redirects to http://elsewhere.example/v1/maintenance, which is not followed"):
        client.session_ids()
    assert len(conversation.made) == 1


@pytest.mark.parametrize("bad", ["..", ".", ""])
def test_an_id_reaches_no_other_path_than_its_own(client: t.Any, bad: str) -> None:
    with pytest.raises(CollectionError, match="is not an id"):
        client.delete_session(bad)


def test_a_slash_in_an_id_is_quoted(service: t.Any, client: t.Any) -> None:
    service.expect("GET", "/maintenance/a%2Fb", status=404, json={"error": "Invalid session"})
    assert client.fenix_session("a/b") is None


def test_an_unknown_session_is_none_and_null_is_an_error(service: t.Any, client: t.Any) -> None:
    path = f"/maintenance/{service.sid}"
    service.expect("GET", path, **service.recorded("error-404-get-unknown-session"))
    service.expect("GET", path, text="null\n")
    assert client.fenix_session(service.sid) is None
    with pytest.raises(ServiceError, match="answered None, not a record"):
        client.fenix_session(service.sid)


def test_project_instances(service: t.Any, client: t.Any) -> None:
    path = f"/maintenance/{service.sid}/{service.pid}"
    service.expect("GET", path, **service.recorded("project-07-get-prepare-maintenance"))
    service.expect("GET", path, **service.recorded("rest-project-get-unknown-session"))
    assert client.project_instances(service.sid, service.pid) == ["14e42e40-0073-47ea-b366-cf9044eef87c"]
    assert client.project_instances(service.sid, service.pid) is None


def test_a_fenix_without_details_has_none(service: t.Any, client: t.Any) -> None:
    service.expect("GET", f"/maintenance/{service.sid}/detail", **service.recorded("error-500-detail"))
    assert client.session_detail(service.sid) is None


def test_an_answer_that_is_not_json_is_told(service: t.Any, client: t.Any) -> None:
    service.expect("GET", "/maintenance", text="<html>")
    with pytest.raises(ServiceError, match="the answer is not JSON: '<html>'"):
        client.session_ids()


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda c, s: c.put_instance(s, 7, "i", state="MOVED", host="h2", how="live", from_host="h1", seconds=1.5), "PUT",
         "/sessions/{sid}/instances/i", {"state": "MOVED", "host": "h2", "how": "live", "from_host": "h1", "seconds": 1.5}),
        (lambda c, s: c.put_instances(s, 7, [{"id": "i"}]), "PUT", "/sessions/{sid}/instances", {"instances": [{"id": "i"}]}),
        (lambda c, s: c.put_host(s, 7, "h", state="DRAINING", disabled=False), "PUT", "/sessions/{sid}/hosts/h",
         {"state": "DRAINING", "disabled": False}),
        (lambda c, s: c.set_state(s, 7, "SCALE_IN", "why"), "PUT", "/sessions/{sid}", {"state": "SCALE_IN", "reason": "why"}),
        (lambda c, s: c.post_messages(s, 7, [{"a": 1}]), "POST", "/sessions/{sid}/messages", {"messages": [{"a": 1}]}),
        (lambda c, s: c.set_state(s, 7, "MAINTENANCE_FAILED", "x" * 1001), "PUT", "/sessions/{sid}",
         {"state": "MAINTENANCE_FAILED", "reason": "x" * 997 + "..."}),
        (lambda c, s: c.release_lease(s, 7), "DELETE", "/sessions/{sid}/lease", None),
    ],
)  # fmt: skip
def test_the_runner_shows_its_token(service: t.Any, client: t.Any, *, call: t.Any, method: str, path: str, body: t.Any) -> None:
    service.expect(method, path.format(sid=service.sid), json={}, body=body, sent_headers={"X-Lease-Token": "7"})
    call(client, service.sid)


@pytest.mark.parametrize(
    ("call", "method", "path", "status"),
    [
        (lambda c: c.constraint("instance", "i"), "GET", "/instance/i", 404),
        (lambda c: c.put_constraint("instance_group", "g", {"group_id": "g"}), "PUT", "/instance_group/g", 204),
        (lambda c: c.delete_constraint("instance", "i"), "DELETE", "/instance/i", 404),
    ],
)
def test_constraints(service: t.Any, client: t.Any, *, call: t.Any, method: str, path: str, status: int) -> None:
    service.expect(method, path, status=status)
    assert call(client) is None
