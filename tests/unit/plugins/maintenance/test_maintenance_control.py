# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_control: what people want of a run, said once."""

from __future__ import annotations

import typing as t

import pytest

NOTHING = {"state": "running", "reason": None, "by": None, "at": None, "skipped_hosts": [], "approved_waves": 0}


@pytest.fixture
def say(conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    return lambda check_mode=False, **params: conversation.run(
        "maintenance_control", {"name": "kernel", **params}, check_mode=check_mode
    )


def declare(service: t.Any, **wanted: t.Any) -> str:
    """The session is found by its name, and this is wanted of it; returns the path of its control."""
    service.is_ours()
    service.expect("GET", "/sessions", query={"name": "kernel", "open": "true"}, json={"sessions": [service.session()]})
    service.expect("GET", f"/sessions/{service.sid}", json=service.session())
    path = f"/sessions/{service.sid}/control"
    service.expect("GET", path, json={**NOTHING, **wanted})
    return path


@pytest.mark.parametrize(("action", "state"), [("pause", "paused"), ("abort", "aborting")])
def test_a_word_is_said_with_its_reason(service: t.Any, say: t.Any, action: str, state: str) -> None:
    path = declare(service)
    answer = {**NOTHING, "state": state, "reason": "disk alarms", "by": "admin"}
    service.expect("PUT", path, body={"action": action, "reason": "disk alarms"}, json=answer)
    result = say(action=action, reason="disk alarms")
    assert result["changed"]
    assert (result["maintenance_control"], result["session_id"]) == (answer, service.sid)
    assert (result["diff"]["before"]["state"], result["diff"]["after"]["state"]) == ("running", state)


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"action": "resume"}, {}),
        ({"action": "pause"}, {"state": "paused", "reason": "disk alarms"}),
        ({"action": "pause", "reason": "disk alarms"}, {"state": "paused", "reason": "disk alarms"}),
        ({"action": "skip_host", "hosts": ["compute-1"]}, {"skipped_hosts": ["compute-2", "compute-1"]}),
        ({"action": "unskip_host", "hosts": ["compute-1"]}, {"skipped_hosts": ["compute-2"]}),
        ({"action": "approve", "wave": 2}, {"approved_waves": 3}),
    ],
)
def test_the_same_again_is_not_said(service: t.Any, say: t.Any, params: t.Any, wanted: t.Any) -> None:
    declare(service, **wanted)
    result = say(**params)
    assert not result["changed"]
    assert result["diff"]["before"] == result["diff"]["after"]


def test_each_host_is_named_by_itself(service: t.Any, say: t.Any) -> None:
    path = declare(service, skipped_hosts=["compute-9"])
    for host, skipped in (("compute-1", ["compute-9", "compute-1"]), ("compute-2", ["compute-9", "compute-1", "compute-2"])):
        answer = {**NOTHING, "skipped_hosts": skipped}
        service.expect("PUT", path, body={"action": "skip_host", "host": host, "reason": "new disks"}, json=answer)
    result = say(action="skip_host", hosts="compute-1,compute-2", reason="new disks")
    assert result["maintenance_control"]["skipped_hosts"] == ["compute-9", "compute-1", "compute-2"]


@pytest.mark.parametrize(
    ("params", "after"),
    [
        ({"action": "pause", "reason": "x"}, {"state": "paused", "reason": "x"}),
        ({"action": "skip_host", "host": ["compute-1"]}, {"skipped_hosts": ["compute-1"]}),
        ({"action": "approve", "wave": 2}, {"approved_waves": 2}),
    ],
)
def test_check_mode_says_nothing_and_knows_what_would_be(service: t.Any, say: t.Any, params: t.Any, after: t.Any) -> None:
    declare(service)
    result = say(check_mode=True, **params)
    assert result["changed"]
    assert result["maintenance_control"] == {**NOTHING, **after}


@pytest.mark.parametrize("params", [{"action": "skip_host"}, {"action": "unskip_host"}, {"action": "approve"}])
def test_what_is_missing_is_named(say: t.Any, params: t.Any) -> None:
    assert "but all of the following are missing" in say(**params)["msg"]


def test_what_the_service_refuses_is_told(service: t.Any, say: t.Any) -> None:
    path = declare(service, state="aborting")
    refusal = {"error": "session s is being aborted; run the maintenance again to go on with it"}
    service.expect("PUT", path, status=409, json=refusal)
    assert "is being aborted" in say(action="resume")["msg"]


def test_a_session_that_is_not_there(service: t.Any, say: t.Any) -> None:
    service.is_ours()
    service.expect("GET", "/sessions", query={"name": "kernel", "open": "true"}, json={"sessions": []})
    assert "no session open with the name kernel" in say(action="pause")["msg"]


def test_a_fenix_is_not_controlled(service: t.Any, conversation: t.Any) -> None:
    service.is_fenix()
    result = conversation.run("maintenance_control", {"session_id": service.sid, "action": "pause"})
    assert "needs the session API" in result["msg"]
