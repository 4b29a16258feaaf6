# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_session with a Fenix of 2019, by its recorded answers."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

import pytest


@pytest.fixture
def run(conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    return lambda check_mode=False, **params: conversation.run("fenix_session", params, check_mode=check_mode)


@pytest.fixture
def path(service: t.Any) -> str:
    return f"/maintenance/{service.sid}"


def test_create_and_wait_for_the_end(service: t.Any, run: t.Any, path: str, conversation: t.Any) -> None:
    service.is_fenix()
    service.expect("POST", "/maintenance", **service.recorded("rest-create"))
    for name in ("rest-get-running", "rest-get-running", "error-500-get-while-the-engine-is-down", "rest-get-after"):
        service.expect("GET", path, **service.recorded(name))
    before = dt.datetime.now(dt.UTC)
    result = run(name="kernel", hosts=[], actions=[{"plugin": "dummy", "type": "host"}], wait_for=["MAINTENANCE_DONE"],
                 maintenance_at="+30")  # fmt: skip
    assert result["changed"]
    assert result["fenix_session"] | {"hosts": []} == {
        "session_id": service.sid, "state": "MAINTENANCE_DONE", "source": "fenix", "name": None, "round": None, "reason": None,
        "workflow": None, "hosts": [], "instances": [], "lease": None, "control": None, "progress": None, "waiting_for": [],
    }  # fmt: skip
    sent = json.loads(next(call for call in conversation.made if call.method == "POST").body)
    start = dt.datetime.strptime(sent.pop("maintenance_at"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
    assert 28 <= (start - before).total_seconds() <= 32
    # A later Fenix checks the body against a schema, so a name is not sent.
    assert sent == {
        "hosts": [], "state": "MAINTENANCE", "workflow": "default", "metadata": {},
        "actions": [{"plugin": "dummy", "type": "host", "metadata": {}}],
    }  # fmt: skip


def test_an_existing_session_is_found_by_its_id(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    assert not run(session_id=service.sid)["changed"]


def test_a_fourth_session_is_refused_with_the_three_there_are(service: t.Any, run: t.Any) -> None:
    service.is_fenix()
    service.expect("POST", "/maintenance", **service.recorded("error-509-create-fourth-session"))
    service.expect("GET", "/maintenance", **service.recorded("rest-list-sessions"))
    result = run(hosts=[])
    assert "HTTP 509: Too many sessions" in result["msg"]
    assert f"done and failed ones count: {service.sid}. Next: delete one" in result["msg"]


def test_the_500_that_never_says_why(service: t.Any, run: t.Any) -> None:
    service.is_fenix()
    service.expect("POST", "/maintenance", **service.recorded("error-500-create-while-a-compute-service-is-disabled"))
    result = run(hosts=[])
    assert "HTTP 500: Unknown Error. Fenix never gives a cause" in result["msg"]
    assert "a nova-compute that is already disabled" in result["msg"]
    assert result["failure"]["status"] == 500


def test_a_failed_session(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    service.expect("GET", path, json={"session_id": service.sid, "state": "MAINTENANCE_FAILED"})
    result = run(session_id=service.sid, wait_for=["MAINTENANCE_DONE"])
    assert "is MAINTENANCE_FAILED: Fenix gives no reason, leaves its hosts disabled" in result["msg"]
    assert "openstack compute service list" in result["msg"]


def test_an_engine_that_restarted_has_lost_the_session(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    service.expect("GET", path, **service.recorded("error-500-get-while-the-engine-is-down"))
    service.expect("GET", path, text="null\n")
    service.expect("GET", path, **service.recorded("error-404-get-after-engine-restart"))
    result = run(session_id=service.sid, wait_for=["MAINTENANCE_DONE"])
    assert f"Session {service.sid} is lost" in result["msg"]
    assert "forgets them when its engine restarts" in result["msg"]


def test_errors_are_not_borne_for_ever(service: t.Any, run: t.Any, path: str, clock: t.Any) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    for _look in range(63):
        service.expect("GET", path, **service.recorded("error-500-get-while-the-engine-is-down"))
    result = run(session_id=service.sid, wait_for=["MAINTENANCE_DONE"], timeout=100000)
    assert "Failed to read session" in result["msg"]
    assert 300 <= clock.now - 1000 < 320


def test_an_error_at_the_first_look_is_borne(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("error-500-get-while-the-engine-is-down"))
    service.expect("GET", path, json={"session_id": service.sid, "state": "MAINTENANCE_DONE"})
    assert run(session_id=service.sid, wait_for=["MAINTENANCE_DONE"])["fenix_session"]["state"] == "MAINTENANCE_DONE"


def test_a_token_that_is_refused_is_not_borne(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    service.expect("GET", path, status=403, json={"error": "no"})
    assert "HTTP 403: no" in run(session_id=service.sid, wait_for=["MAINTENANCE_DONE"])["msg"]


def test_continuing_does_nothing_there(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, json={"session_id": service.sid, "state": "MAINTENANCE_FAILED"})
    service.expect("PUT", path, **service.recorded("rest-put-session-no-op"))
    service.expect("GET", path, json={"session_id": service.sid, "state": "MAINTENANCE_FAILED"})
    result = run(session_id=service.sid, state="continued")
    assert result["failed"]
    assert "is still MAINTENANCE_FAILED" in result["msg"]


def test_a_session_without_a_name_cannot_be_found_by_one(service: t.Any, run: t.Any) -> None:
    service.is_fenix()
    assert "whose sessions have no names. Next: give session_id" in run(name="kernel", state="continued")["msg"]


def test_delete(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    service.expect("DELETE", path, **service.recorded("rest-delete"))
    assert run(session_id=service.sid, state="absent")["changed"]


def test_delete_what_is_not_there(service: t.Any, run: t.Any, path: str, conversation: t.Any) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("error-404-get-unknown-session"))
    assert not run(session_id=service.sid, state="absent")["changed"]
    assert conversation.writes == []


def test_a_session_that_somebody_else_deleted_meanwhile(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    service.expect("DELETE", path, **service.recorded("error-500-delete-unknown-session"))
    service.expect("GET", path, **service.recorded("error-404-get-after-delete"))
    assert run(session_id=service.sid, state="absent")["changed"]


def test_a_delete_that_failed_is_told(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    service.expect("GET", path, **service.recorded("rest-get-running"))
    service.expect("DELETE", path, **service.recorded("error-500-delete-unknown-session"))
    service.expect("GET", path, **service.recorded("rest-get-running"))
    assert "Failed to delete session" in run(session_id=service.sid, state="absent")["msg"]


@pytest.mark.parametrize("params", [{"runner": "r"}, {"lease_token": 1, "session_state": "SCALE_IN"}])
def test_a_fenix_has_no_runner(service: t.Any, run: t.Any, params: dict[str, t.Any]) -> None:
    service.is_fenix()
    result = run(session_id=service.sid, **params)
    assert "is a Fenix, which moves its sessions itself. Next: leave the option out" in result["msg"]


def test_errors_are_borne_while_it_is_tidied_up(service: t.Any, run: t.Any, path: str) -> None:
    service.is_fenix()
    down = service.recorded("error-500-get-while-the-engine-is-down")
    for one in (down, service.recorded("rest-get-after")):
        service.expect("GET", path, **one)
    service.expect("DELETE", path, **down)
    service.expect("GET", path, **down)
    service.expect("GET", path, status=404, json={"error": "Invalid session"})
    assert run(session_id=service.sid, state="absent")["changed"]


def test_errors_of_the_tidying_up_are_not_borne_for_ever(service: t.Any, run: t.Any, path: str, clock: t.Any) -> None:
    service.is_fenix()
    down = service.recorded("error-500-get-while-the-engine-is-down")
    for _look in range(151):
        service.expect("GET", path, **down)
    assert "500" in run(session_id=service.sid, state="absent")["msg"]
    assert clock.now == 1300
