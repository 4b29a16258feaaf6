# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_session with the session API: one session a name, one runner a session."""

from __future__ import annotations

import typing as t

import pytest

INSTANCE = {"id": "i-1", "name": "ha-0", "project_id": "p", "host": "compute-1"}


@pytest.fixture
def run(conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    return lambda check_mode=False, **params: conversation.run("fenix_session", params, check_mode=check_mode)


def declare_found(service: t.Any, **values: t.Any) -> None:
    """The session is there, found by its name."""
    session = service.session(**values)
    service.expect("GET", "/sessions", query={"name": "kernel", "open": "true"}, json={"sessions": [session]})
    service.expect("GET", f"/sessions/{service.sid}", json=session)


def test_a_new_session_is_created(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", query={"name": "kernel", "open": "true"}, json={"sessions": []})
    body = {
        "name": "kernel", "hosts": ["compute-1"], "state": "MAINTENANCE", "maintenance_at": "2031-04-02 01:30:00",
        "workflow": "vnf", "metadata": {"kernel": "6"}, "actions": [{"plugin": "dummy", "type": "host", "metadata": {}}],
    }  # fmt: skip
    service.expect("POST", "/maintenance", body=body, json={"session_id": service.sid})
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    result = run(
        name="kernel", hosts=["compute-1"], maintenance_at="2031-04-02T03:30:00+02:00", workflow="vnf", metadata={"kernel": "6"},
        actions=[{"plugin": "dummy", "type": "host"}],
    )  # fmt: skip
    assert result["changed"]
    assert result["fenix_session"]["session_id"] == service.sid
    assert result["fenix_session"]["source"] == "session_api"
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["state"] == "MAINTENANCE"


def test_an_open_session_of_the_name_is_found(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    declare_found(service, state="SCALE_IN")
    result = run(name="kernel", hosts=["compute-1"])
    assert not result["changed"]
    assert result["fenix_session"]["state"] == "SCALE_IN"
    assert result["diff"]["before"] == result["diff"]["after"]


def test_check_mode_creates_nothing(service: t.Any, run: t.Any, conversation: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", json={"sessions": []})
    result = run(name="kernel", hosts=["compute-1"], runner="deploy-1", session_state="SCALE_IN", check_mode=True)
    assert result["changed"]
    assert result["fenix_session"]["session_id"] is None
    assert result["fenix_session"]["state"] == "SCALE_IN"
    assert conversation.writes == []


def test_hosts_that_the_open_session_does_not_have_are_an_error(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    declare_found(service)
    result = run(name="kernel", hosts=["compute-1", "compute-9"])
    assert result["failed"]
    assert "is open without host compute-9. Next: finish or delete it" in result["msg"]


def test_the_runner_takes_the_lease_registers_and_moves_on(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    declare_found(service)
    base = f"/sessions/{service.sid}"
    token = {"X-Lease-Token": "3"}
    service.expect("POST", f"{base}/lease", body={"holder": "deploy-1", "ttl": 60}, json=service.lease(3))
    service.expect("PUT", f"{base}/instances", body={"instances": [INSTANCE]}, json={"instances": [INSTANCE]}, sent_headers=token)
    service.expect("PUT", base, body={"state": "SCALE_IN", "reason": "no room"}, json={}, sent_headers=token)
    service.expect("GET", base, json=service.session(state="SCALE_IN", lease=service.lease(3), instances=[INSTANCE]))
    result = run(name="kernel", runner="deploy-1", lease_ttl=60, instances=[INSTANCE], session_state="SCALE_IN", reason="no room")
    assert result["changed"]
    assert result["fenix_session"]["lease"]["token"] == 3
    assert result["diff"]["before"] == {
        "state": "MAINTENANCE",
        "hosts": ["compute-1", "compute-2"],
        "runner": None,
        "instances": {},
    }
    assert result["diff"]["after"]["runner"] == "deploy-1"
    assert result["diff"]["after"]["instances"] == {"i-1": "compute-1"}


def test_the_session_hears_the_names_of_projects_that_keystone_tells(
    service: t.Any, run: t.Any, conversation: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(conversation.services, "identity", "http://cloud.example/identity/v3")
    other = {**INSTANCE, "id": "i-2", "project_id": "q"}
    service.is_ours()
    declare_found(service)
    base = f"/sessions/{service.sid}"
    service.expect("POST", f"{base}/lease", json=service.lease(3))
    conversation.expect("GET", "/identity/v3/projects/p", json={"project": {"id": "p", "name": "vnf-owner"}})
    conversation.expect("GET", "/identity/v3/projects/q", status=403, json={"error": {"message": "no"}})
    body = {"instances": [{**INSTANCE, "project_name": "vnf-owner"}, other]}
    service.expect("PUT", f"{base}/instances", body=body, json=body)
    service.expect("GET", base, json=service.session(lease=service.lease(3), **body))
    assert run(name="kernel", runner="deploy-1", instances=[INSTANCE, other])["changed"]


def test_the_same_again_changes_nothing(service: t.Any, run: t.Any, conversation: t.Any) -> None:
    service.is_ours()
    there = service.session(state="SCALE_IN", lease=service.lease(3), instances=[{**INSTANCE, "state": "MOVED"}])
    declare_found(service, **there)
    base = f"/sessions/{service.sid}"
    service.expect("POST", f"{base}/lease", json=service.lease(3))
    service.expect("GET", base, json=there)
    result = run(name="kernel", runner="deploy-1", instances=[INSTANCE], session_state="SCALE_IN")
    assert not result["changed"]
    assert conversation.writes == [f"POST /maintenance/v1{base}/lease"]


def test_a_lease_of_another_runner_is_waited_for(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    held = {"error": "session is run by deploy-2", "lease": service.lease(3, "deploy-2")}
    declare_found(service, lease=service.lease(3, "deploy-2"))
    base = f"/sessions/{service.sid}"
    service.expect("POST", f"{base}/lease", status=409, json=held)
    service.expect("POST", f"{base}/lease", status=409, json=held)
    service.expect("POST", f"{base}/lease", json=service.lease(4))
    service.expect("GET", base, json=service.session(lease=service.lease(4)))
    result = run(name="kernel", runner="deploy-1")
    assert result["changed"]
    assert result["fenix_session"]["lease"] == service.lease(4)


def test_a_lease_that_is_not_given_up_is_told_with_its_holder(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    declare_found(service, lease=service.lease(3, "deploy-2"))
    held = {"error": "session is run by deploy-2", "lease": service.lease(3, "deploy-2")}
    service.expect("POST", f"/sessions/{service.sid}/lease", status=409, json=held)
    result = run(name="kernel", runner="deploy-1", wait=False)
    assert result["failed"]
    assert "runner deploy-2 holds it until 2026-11-21T01:02:00.000000Z" in result["msg"]
    assert result["failure"]["holder"] == "deploy-2"


def test_another_refusal_of_the_lease_is_not_waited_for(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    declare_found(service)
    service.expect(
        "POST", f"/sessions/{service.sid}/lease", status=400, json={"error": "the longest lease is 3600 s", "field": "ttl"}
    )
    result = run(name="kernel", runner="deploy-1", lease_ttl=9999)
    assert "the longest lease is 3600 s (field ttl)" in result["msg"]


def test_a_stale_runner_is_refused(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    service.expect("PUT", f"/sessions/{service.sid}", status=409, json={"error": "lease token 1 is not the present one"})
    result = run(session_id=service.sid, lease_token=1, session_state="SCALE_IN")
    assert result["failed"]
    assert "HTTP 409: lease token 1 is not the present one" in result["msg"]
    assert result["failure"]["status"] == 409


def test_only_a_runner_sets_the_state(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    result = run(session_id=service.sid, session_state="SCALE_IN")
    assert (
        result["msg"] == "session_state is written by the runner only. Next: give runner, which takes the lease, or lease_token"
    )


def test_a_state_that_may_not_follow_is_told_before_it_is_written(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    result = run(session_id=service.sid, lease_token=1, session_state="MAINTENANCE_DONE")
    assert "is MAINTENANCE, which MAINTENANCE_DONE may not follow" in result["msg"]


def test_the_lease_is_given_back(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease()))
    service.expect("DELETE", f"/sessions/{service.sid}/lease", status=204, sent_headers={"X-Lease-Token": "1"})
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    result = run(session_id=service.sid, lease_token=1, release_lease=True)
    assert result["changed"]
    assert result["fenix_session"]["lease"] is None


def test_a_failed_session_is_continued(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    declare_found(service, state="MAINTENANCE_FAILED")
    service.expect("PUT", f"/maintenance/{service.sid}", body={"state": "MAINTENANCE"}, json={"session_id": service.sid})
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(round=2))
    result = run(name="kernel", state="continued")
    assert result["changed"]
    assert result["fenix_session"]["round"] == 2
    assert result["diff"]["before"]["state"] == "MAINTENANCE_FAILED"


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_session_that_runs_needs_no_continuing(service: t.Any, run: t.Any, check_mode: bool) -> None:
    service.is_ours()
    declare_found(service, state="SCALE_IN")
    assert not run(name="kernel", state="continued", check_mode=check_mode)["changed"]


def test_a_done_session_cannot_be_continued(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(state="MAINTENANCE_DONE"))
    assert "there is nothing to continue" in run(session_id=service.sid, state="continued")["msg"]


def test_an_unknown_session_is_told(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", status=404, json={"error": "Invalid session"})
    result = run(session_id=service.sid)
    assert f"There is no session {service.sid} at http://cloud.example/maintenance/v1" in result["msg"]
    assert "fenix_session_info" in result["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_delete(service: t.Any, run: t.Any, check_mode: bool) -> None:
    service.is_ours()
    declare_found(service)
    if not check_mode:
        service.expect("DELETE", f"/maintenance/{service.sid}", json={})
    result = run(name="kernel", state="absent", check_mode=check_mode)
    assert result["changed"]
    assert result["fenix_session"] is None
    assert result["diff"]["after"] == {}


def test_delete_what_is_not_there(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", status=404, json={"error": "Invalid session"})
    assert not run(session_id=service.sid, state="absent")["changed"]


def test_waiting_for_a_state(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    for state in ("MAINTENANCE", "MAINTENANCE", "SOMETHING_NEW", "MAINTENANCE_COMPLETE"):
        service.expect("GET", f"/sessions/{service.sid}", json=service.session(state=state))
    result = run(session_id=service.sid, wait_for=["MAINTENANCE_COMPLETE"])
    assert result["fenix_session"]["state"] == "MAINTENANCE_COMPLETE"


def test_a_session_that_fails_is_a_failure_with_its_reason(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    failed = service.session(state="MAINTENANCE_FAILED", reason="compute-1 did not come back")
    service.expect("GET", f"/sessions/{service.sid}", json=failed)
    result = run(session_id=service.sid, wait_for=["MAINTENANCE_DONE"])
    assert result["failed"]
    assert "is MAINTENANCE_FAILED: compute-1 did not come back. Next: repair the cause, then continue it" in result["msg"]


def test_a_failed_session_may_be_what_is_waited_for(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(state="MAINTENANCE_FAILED"))
    assert not run(session_id=service.sid, wait_for=["MAINTENANCE_FAILED"])["failed"]


def test_a_state_that_will_not_come_any_more_is_not_waited_for(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(state="MAINTENANCE_DONE"))
    assert "is MAINTENANCE_DONE and will not become SCALE_IN" in run(session_id=service.sid, wait_for=["SCALE_IN"])["msg"]


def test_a_wait_ends(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    for _look in range(4):
        service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    result = run(session_id=service.sid, wait_for=["MAINTENANCE_DONE"], timeout=4)
    assert "Timed out after 4 s waiting for session" in result["msg"]
    assert "last seen: MAINTENANCE" in result["msg"]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"state": "absent"}, "state is absent but any of the following are missing: session_id, name"),
        ({"state": "continued"}, "state is continued but any of the following are missing: session_id, name"),
        ({"name": "x", "session_state": "DONE"}, "value of session_state must be one of"),
        ({"name": "x", "instances": [{"id": "i"}]}, "Each of instances needs id and project_id"),
    ],
)
def test_options_are_checked_before_anything_is_said(run: t.Any, params: dict[str, t.Any], text: str) -> None:
    assert text in run(**params)["msg"]


@pytest.mark.parametrize(("text", "error"), [("tomorrow", "not a time like"), ("+soon", "a duration is written +30")])
def test_a_start_that_is_no_time(service: t.Any, run: t.Any, text: str, error: str) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", json={"sessions": []})
    assert error in run(name="kernel", maintenance_at=text)["msg"]


def test_a_host_of_another_session_names_it_and_what_to_do(service: t.Any, run: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", query={"name": "kernel", "open": "true"}, json={"sessions": []})
    error = "host compute-1 belongs to the open session 77 (firmware), which is MAINTENANCE_FAILED"
    service.expect("POST", "/maintenance", status=409, json={"error": error, "host": "compute-1", "session_id": "77"})
    result = run(name="kernel", hosts=["compute-1"])
    assert error in result["msg"]
    assert "nothing was changed. Next: let that maintenance come to its end" in result["msg"]
    assert "abort_maintenance" in result["msg"]
