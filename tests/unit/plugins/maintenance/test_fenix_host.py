# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_host and fenix_session_info."""

from __future__ import annotations

import typing as t

import pytest


@pytest.fixture
def record(service: t.Any, conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    def run(check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
        arguments = {"session_id": service.sid, "lease_token": 1, **params}
        return t.cast("dict[str, t.Any]", conversation.run("fenix_host", arguments, check_mode=check_mode))

    return run


@pytest.mark.parametrize("check_mode", [True, False])
def test_only_what_differs_is_written(service: t.Any, record: t.Any, check_mode: bool) -> None:
    session = service.session()
    session["hosts"][0].update(state="DRAINING", disabled=True)
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=session)
    if not check_mode:
        written = {**session["hosts"][1], "state": "DRAINING", "disabled": True}
        service.expect(
            "PUT", f"/sessions/{service.sid}/hosts/compute-2", body={"state": "DRAINING", "disabled": True}, json=written,
            sent_headers={"X-Lease-Token": "1"},
        )  # fmt: skip
    result = record(name=["compute-1", "compute-2"], state="DRAINING", disabled=True, check_mode=check_mode)
    assert result["changed"]
    assert [host["state"] for host in result["fenix_hosts"]] == ["DRAINING", "DRAINING"]
    assert result["diff"]["before"]["compute-2"] == {"state": "WAITING", "disabled": False, "reason": None}
    assert result["diff"]["after"]["compute-2"] == {"state": "DRAINING", "disabled": True, "reason": None}


def test_the_same_again_changes_nothing(service: t.Any, record: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    assert not record(hosts=["compute-1"], state="WAITING")["changed"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_checks_of_hosts_begin_with_the_versions_that_they_have(service: t.Any, record: t.Any, check_mode: bool) -> None:
    session = service.session()
    for host in session["hosts"]:
        host.update(state="IN_MAINTENANCE", version="8.1.0", version_before="8.1.0")
    session["hosts"][1]["verifying"] = True
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=session)
    if not check_mode:
        written = {**session["hosts"][0], "verifying": True, "version": "9.0.2"}
        body = {"state": "IN_MAINTENANCE", "verifying": True, "version": "9.0.2"}
        service.expect("PUT", f"/sessions/{service.sid}/hosts/compute-1", body=body, json=written)
    versions = {"compute-1": 9000002, "compute-2": "8.1.0", "compute-9": "7.0.0"}
    given = {"hosts": ["compute-1", "compute-2"], "state": "IN_MAINTENANCE", "verifying": True, "versions": versions}
    result = record(check_mode=check_mode, **given)
    assert not result["failed"], result["msg"]
    assert [(host["verifying"], host["version"]) for host in result["fenix_hosts"]] == [(True, "9.0.2"), (True, "8.1.0")]
    shown = {side: result["diff"][side]["compute-1"] for side in ("before", "after")}
    assert [(one["verifying"], one["version"]) for one in shown.values()] == [(False, "8.1.0"), (True, "9.0.2")]


def test_a_host_of_another_session(service: t.Any, record: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    path = f"/sessions/{service.sid}/hosts/compute-9"
    service.expect("PUT", path, status=404, json={"error": "host compute-9 does not belong to session s"})
    assert "compute-9 does not belong to session" in record(hosts=["compute-9"], state="WAITING")["msg"]


def test_a_fenix_records_its_hosts_itself(service: t.Any, record: t.Any) -> None:
    service.is_fenix()
    assert "needs the session API" in record(hosts=["compute-1"], state="WAITING")["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_session_goes_on_with_its_hosts(service: t.Any, record: t.Any, check_mode: bool) -> None:
    base, instance = f"/sessions/{service.sid}", {"id": "i-1", "name": "ha-0", "project_id": "p", "host": "compute-1"}
    service.is_ours()
    service.expect("GET", base, json=service.session(state="START_MAINTENANCE"))
    if not check_mode:
        drained = {**service.session()["hosts"][0], "state": "DRAINING"}
        service.expect("PUT", f"{base}/hosts/compute-1", body={"state": "DRAINING"}, json=drained)
        service.expect("PUT", f"{base}/instances", body={"instances": [instance]}, json={"instances": [instance]})
        token = {"X-Lease-Token": "1"}
        service.expect("PUT", base, body={"state": "PLANNED_MAINTENANCE"}, json={}, sent_headers=token)
    service.expect("GET", f"{base}/messages", json={"messages": [service.message()]})
    wanted = {"state": "DRAINING", "session_state": "PLANNED_MAINTENANCE", "instances": [instance], "messages": True}
    result = record(hosts=["compute-1"], check_mode=check_mode, **wanted)
    assert not result["failed"], result["msg"]
    assert result["changed"]
    assert (result["diff"]["before"]["session_state"], result["diff"]["before"]["instances"]) == ("START_MAINTENANCE", {})
    assert result["diff"]["after"]["session_state"] == "PLANNED_MAINTENANCE"
    session = result["fenix_session"]
    assert [host["state"] for host in session["hosts"]] == ["DRAINING", "WAITING"]
    assert [one["id"] for one in session["messages"]] == [service.message()["id"]]
    if not check_mode:
        assert (session["state"], session["instances"]) == ("PLANNED_MAINTENANCE", [instance])


def test_a_state_that_may_not_follow_is_not_written(service: t.Any, record: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(state="MAINTENANCE_DONE"))
    result = record(hosts=["compute-1"], state="WAITING", session_state="PLANNED_MAINTENANCE")
    assert "is MAINTENANCE_DONE, which PLANNED_MAINTENANCE may not follow" in result["msg"]


@pytest.fixture
def read(conversation: t.Any) -> t.Callable[..., list[dict[str, t.Any]]]:
    def run(**params: t.Any) -> list[dict[str, t.Any]]:
        result = conversation.run("fenix_session_info", params)
        assert not result["changed"]
        assert not result["failed"], result["msg"]
        return t.cast("list[dict[str, t.Any]]", result["fenix_sessions"])

    return run


def test_all_sessions(service: t.Any, read: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", query={"name": "kernel"}, json={"sessions": [service.session()]})
    [session] = read(name="kernel")
    assert (session["session_id"], session["source"]) == (service.sid, "session_api")


def test_open_sessions(service: t.Any, read: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", query={"open": "true"}, json={"sessions": []})
    assert read(only_open=True) == []


@pytest.mark.parametrize("events", [True, False])
def test_everything_about_one_and_all_but_its_events(service: t.Any, read: t.Any, *, events: bool) -> None:
    service.is_ours()
    path = f"/sessions/{service.sid}"
    service.expect("GET", path, json=service.session(instances=[{"id": "i"}]))
    service.expect("GET", f"{path}/messages", json={"messages": [service.message()]})
    if events:
        # The service gives them in parts, and nothing after the last.
        service.expect("GET", f"{path}/events", query={}, json={"events": [{"number": 1}, {"number": 2}]})
        service.expect("GET", f"{path}/events", query={"after": "2"}, json={"events": [{"number": 5}]})
        service.expect("GET", f"{path}/events", query={"after": "5"}, json={"events": []})
    [session] = read(session_id=service.sid, **{"details" if events else "messages": True})
    assert session["instances"] == [{"id": "i"}]
    assert session["messages"][0]["latency"] is None
    assert [one["number"] for one in session.get("events", ())] == ([1, 2, 5] if events else [])


def test_the_instances_of_those_in_a_list_are_read_too(service: t.Any, read: t.Any) -> None:
    service.is_ours()
    listed = {key: value for key, value in service.session().items() if key != "instances"}
    service.expect("GET", "/sessions", json={"sessions": [listed]})
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(instances=[{"id": "i"}]))
    service.expect("GET", f"/sessions/{service.sid}/messages", json={"messages": []})
    [session] = read(messages=True)
    assert (session["instances"], session["messages"]) == ([{"id": "i"}], [])


def test_an_unknown_one(service: t.Any, read: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", status=404, json={"error": "Invalid session"})
    assert read(session_id=service.sid) == []


def test_the_sessions_of_a_fenix(service: t.Any, read: t.Any) -> None:
    service.is_fenix()
    service.expect("GET", "/maintenance", **service.recorded("rest-list-sessions"))
    service.expect("GET", f"/maintenance/{service.sid}", **service.recorded("rest-get-running"))
    service.expect("GET", f"/maintenance/{service.sid}/detail", **service.recorded("error-500-detail"))
    [session] = read(details=True)
    assert (session["state"], session["source"], session["detail"]) == ("MAINTENANCE", "fenix", None)


def test_a_fenix_has_no_names(service: t.Any, read: t.Any) -> None:
    service.is_fenix()
    assert read(name="kernel") == []
