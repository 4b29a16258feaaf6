# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_message: told once, awaited to the end, the lease kept meanwhile."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.modules import fenix_message

ACK = {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i-1": "MIGRATE", "i-2": "MIGRATE"}}
ANSWERED = {"status": "acknowledged", "replied_at": "2099-01-01T00:00:00.800000Z", "reply": ACK}
EXPIRED = {"status": "expired"}
REFUSED = {
    "status": "refused", "replied_at": "2099-01-01T00:00:02.000000Z", "reply": {"state": "NACK_PLANNED_MAINTENANCE"},
    "reason": "VNF is scaling",
}  # fmt: skip


@pytest.fixture
def path(service: t.Any) -> str:
    return f"/sessions/{service.sid}"


@pytest.fixture
def tell(service: t.Any, conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    """One message to the project."""
    request = {"project_id": service.pid, "state": "PLANNED_MAINTENANCE", "instance_ids": ["i-1", "i-2"], "window": 60}

    def run(check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
        arguments = {"session_id": service.sid, "lease_token": 1, "messages": [request], **params}
        return t.cast("dict[str, t.Any]", conversation.run("fenix_message", arguments, check_mode=check_mode))

    return run


def begin(service: t.Any, path: str, known: list[t.Any], sent: list[t.Any] | None = None, **session: t.Any) -> None:
    """Up to the POST."""
    service.is_ours()
    service.expect("GET", path, json=service.session(**{"lease": service.lease(), **session}))
    service.expect("GET", f"{path}/messages", json={"messages": known})
    if sent is not None:
        service.expect("POST", f"{path}/messages", status=201, json={"messages": sent}, sent_headers={"X-Lease-Token": "1"})


def test_a_message_is_sent_and_awaited(service: t.Any, tell: t.Any, path: str) -> None:
    begin(service, path, [])
    body = {
        "messages": [{
            "project_id": service.pid, "state": "PLANNED_MAINTENANCE", "instance_ids": ["i-1", "i-2"], "window": 60,
            "allowed_actions": [],
        }]
    }  # fmt: skip
    service.expect("POST", f"{path}/messages", status=201, body=body, json={"messages": [service.message()]})
    service.expect("GET", f"{path}/messages", query={"id": "m-1"}, json={"messages": [service.message()]})
    service.expect("GET", f"{path}/messages", query={"id": "m-1"}, json={"messages": [service.message(**ANSWERED)]})
    result = tell()
    assert result["changed"]
    [message] = result["fenix_messages"]
    assert message["reply"] == ACK
    assert message["latency"] == pytest.approx(0.8)
    assert (result["refused"], result["expired"], result["cancelled"]) == ([], [], [])


def test_a_run_that_was_broken_off_asks_again_and_nothing_is_new(service: t.Any, tell: t.Any, path: str) -> None:
    message = service.message(**ANSWERED)
    begin(service, path, [message], [message])
    result = tell()
    assert not result["changed"]
    assert result["fenix_messages"][0]["status"] == "acknowledged"
    assert result["diff"]["before"] == result["diff"]["after"]


def test_a_refusal_fails_the_task(service: t.Any, tell: t.Any, path: str) -> None:
    begin(service, path, [], [service.message(**REFUSED)])
    result = tell()
    assert result["failed"]
    said = f"project {service.pid}: NACK_PLANNED_MAINTENANCE after 2.0 s (VNF is scaling)"
    assert f"1 of 1 message(s) of session {service.sid} were not acknowledged: {said}. Next: settle it" in result["msg"]
    assert result["failure"]["messages"][0]["id"] == "m-1"


@pytest.mark.parametrize(
    ("values", "name", "option"),
    [
        (REFUSED, "refused", "on_refusal"),
        (EXPIRED, "expired", "on_silence"),
        ({"status": "cancelled"}, "cancelled", "on_refusal"),
    ],
)
def test_or_is_returned(service: t.Any, tell: t.Any, path: str, *, values: t.Any, name: str, option: str) -> None:
    begin(service, path, [], [service.message(**values)])
    result = tell(**{option: "return"})
    assert not result["failed"]
    assert [one["id"] for one in result[name]] == ["m-1"]
    assert result[name][0]["project_name"] == service.pid, "where Keystone does not tell"


@pytest.mark.parametrize(
    ("values", "option"), [(REFUSED, "on_silence"), (EXPIRED, "on_refusal"), ({"status": "cancelled"}, "on_silence")]
)
def test_an_option_is_about_its_own_kind_only(service: t.Any, tell: t.Any, path: str, *, values: t.Any, option: str) -> None:
    begin(service, path, [], [service.message(**values)])
    assert tell(**{option: "return"})["failed"]


def test_a_refusal_names_the_silent_too(service: t.Any, tell: t.Any, path: str) -> None:
    silent = service.message(id="m-2", project_id="0" * 32, **EXPIRED)
    begin(service, path, [], [service.message(**REFUSED), silent])
    result = tell(on_silence="return")
    assert result["msg"].startswith(f"2 of 2 message(s) of session {service.sid} were not acknowledged")
    assert f"project {service.pid}: NACK_PLANNED_MAINTENANCE" in result["msg"]
    assert f"project {'0' * 32}: no reply to PLANNED_MAINTENANCE" in result["msg"]


def test_silence_is_told_as_such(service: t.Any, tell: t.Any, path: str) -> None:
    begin(service, path, [], [service.message(**EXPIRED)])
    assert "no reply to PLANNED_MAINTENANCE until 2099-01-01T00:01:00.000000Z" in tell()["msg"]


def test_a_service_that_never_ends_its_messages_does_not_hang_the_run(
    service: t.Any, tell: t.Any, path: str, clock: t.Any
) -> None:
    begin(service, path, [], [service.message()])
    # The window of 60 s and the margin of 15.
    for look in range(154):
        service.expect("GET", f"{path}/messages", json={"messages": [service.message()]})
        if look in (63, 124):
            service.expect("POST", f"{path}/lease", body={"holder": "deploy-1", "ttl": 120}, json=service.lease())
            service.expect("GET", f"{path}/control", json={"state": "running"})
    result = tell()
    assert "Timed out after 75 s waiting for the replies to 1 message(s)" in result["msg"]
    assert f"no reply of project {service.pid}" in result["msg"]
    assert clock.now - 1000 == pytest.approx(75)


def test_a_lease_that_was_lost_while_waiting(service: t.Any, tell: t.Any, path: str) -> None:
    begin(service, path, [], [service.message()])
    for _look in range(6):
        service.expect("GET", f"{path}/messages", json={"messages": [service.message()]})
    service.expect("POST", f"{path}/lease", json=service.lease(2))
    assert "The lease of session" in tell(lease_ttl=4)["msg"]


def test_a_run_that_is_aborted_does_not_wait_for_replies(service: t.Any, tell: t.Any, path: str) -> None:
    begin(service, path, [], [service.message()])
    for _look in range(6):
        service.expect("GET", f"{path}/messages", json={"messages": [service.message()]})
    service.expect("POST", f"{path}/lease", json=service.lease())
    service.expect("GET", f"{path}/control", json={"state": "aborting", "by": "alice", "reason": "wrong kernel"})
    result = tell(lease_ttl=4)
    assert "The maintenance is aborted by alice (wrong kernel). Next: " in result["msg"]
    assert result["failure"]["ended"] == "aborted"


def test_a_session_that_is_deleted_while_waiting(service: t.Any, tell: t.Any, path: str) -> None:
    begin(service, path, [], [service.message()])
    service.expect("GET", f"{path}/messages", status=404, json={"error": "Invalid session"})
    assert "was deleted while its messages were awaited" in tell()["msg"]


def test_without_waiting(service: t.Any, tell: t.Any, path: str) -> None:
    begin(service, path, [], [service.message()])
    result = tell(wait=False)
    assert result["fenix_messages"][0]["status"] == "pending"


@pytest.mark.parametrize(
    ("known", "changed"),
    [
        ({}, False),
        ({"status": "refused"}, True),
        ({"status": "expired"}, True),
        ({"round": 2}, True),
        ({"key": "wave-1"}, True),
        ({"instance_ids": ["i-1"]}, True),
        ({"state": "PREPARE_MAINTENANCE"}, True),
    ],
)
def test_check_mode_knows_what_the_service_would_take_for_the_same_message(
    service: t.Any, tell: t.Any, path: str, conversation: t.Any, *, known: dict[str, t.Any], changed: bool
) -> None:
    begin(service, path, [service.message(**known)])
    assert tell(check_mode=True)["changed"] is changed
    assert conversation.writes == []


def test_nothing_to_tell(tell: t.Any) -> None:
    result = tell(messages=[])
    assert (result["changed"], result["fenix_messages"]) == (False, [])


def test_a_fenix_sends_its_own_messages(service: t.Any, tell: t.Any) -> None:
    service.is_fenix()
    assert "Sending messages needs the session API" in tell()["msg"]


def test_each_reply_is_shown_when_it_comes(
    service: t.Any, path: str, conversation: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With names of projects where Keystone tells them."""
    monkeypatch.setitem(conversation.services, "identity", "http://cloud.example/identity/v3")
    cloud = conversation.cloud
    other = "0" * 32
    one, two = service.message(), service.message(id="m-2", project_id=other, dialect="instance", instance_ids=["i-9"])
    begin(service, path, [], [one, two])
    service.expect("GET", f"{path}/messages", json={"messages": [service.message(**ANSWERED), two]})
    conversation.expect("GET", f"/identity/v3/projects/{service.pid}", json={"project": {"id": service.pid, "name": "vnf-owner"}})
    service.expect("GET", f"{path}/messages", json={"messages": [{**two, "status": "expired"}]})
    conversation.expect("GET", f"/identity/v3/projects/{other}", status=403, json={"error": {"message": "no"}})
    lines: list[str] = []
    params = {
        "session_id": service.sid, "lease_token": 1, "lease_ttl": 120, "wait": True, "timeout": None,
        "on_refusal": "fail", "on_silence": "return",
        "messages": [{"project_id": service.pid, "state": "PLANNED_MAINTENANCE"}],
    }  # fmt: skip
    result = fenix_message.run(params, cloud, False, progress=lines.append)
    assert [one["project_name"] for one in result.extra["expired"]] == [other]
    assert lines == [
        "vnf-owner: ACK_PLANNED_MAINTENANCE after 0.8 s",
        f"{other}: no reply to PLANNED_MAINTENANCE for instance i-9 until 2099-01-01T00:01:00.000000Z",
    ]


def await_moved(service: t.Any, path: str, looks: int, until: str) -> None:
    """So many looks at a message whose deadline its project has moved."""
    begin(service, path, [], [service.message()], lease=None)
    for _look in range(looks):
        service.expect("GET", f"{path}/messages", json={"messages": [service.message(reply_at=until)]})


def test_a_moved_deadline_is_waited_for(service: t.Any, tell: t.Any, path: str, clock: t.Any) -> None:
    await_moved(service, path, 200, "2099-01-01T00:03:00.000000Z")
    service.expect("GET", f"{path}/messages", json={"messages": [service.message(**ANSWERED)]})
    assert tell()["fenix_messages"][0]["status"] == "acknowledged"
    assert 75 < clock.now - 1000 < 195


def test_a_moved_deadline_is_the_end(service: t.Any, tell: t.Any, path: str, clock: t.Any) -> None:
    await_moved(service, path, 394, "2099-01-01T00:03:00.000000Z")
    said = tell()["msg"]
    assert "Timed out after 75 s" in said
    assert "which asked for 120 s more" in said
    assert clock.now - 1000 == pytest.approx(195)


def test_the_users_own_bound_is_not_moved(service: t.Any, tell: t.Any, path: str, clock: t.Any) -> None:
    await_moved(service, path, 24, "2099-01-01T00:03:00.000000Z")
    assert "Timed out after 10 s" in tell(timeout=10)["msg"]
    assert clock.now - 1000 == pytest.approx(10)
