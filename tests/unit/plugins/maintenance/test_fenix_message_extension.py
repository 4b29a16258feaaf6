# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_message_extension: the deadline that was read is the one that is moved."""

from __future__ import annotations

import typing as t

import pytest

LATER = "2099-01-01T00:02:00.000000Z"


@pytest.fixture
def path(service: t.Any) -> str:
    return f"/sessions/{service.sid}/messages/m-1"


@pytest.fixture
def extend(service: t.Any, conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    def run(check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
        arguments = {"session_id": service.sid, "message_id": "m-1", "seconds": 60, **params}
        return t.cast("dict[str, t.Any]", conversation.run("fenix_message_extension", arguments, check_mode=check_mode))

    return run


def test_the_deadline_is_moved(service: t.Any, extend: t.Any, path: str) -> None:
    service.is_ours()
    service.expect("GET", path, json=service.message())
    body = {"seconds": 60, "reply_at": "2099-01-01T00:01:00.000000Z", "reason": "scaling"}
    service.expect("POST", f"{path}/extension", body=body, json=service.message(reply_at=LATER, extended=60))
    result = extend(reason="scaling")
    assert (result["changed"], result["fenix_message"]["extended"]) == (True, 60)
    assert result["diff"] == {"before": {"reply_at": "2099-01-01T00:01:00.000000Z"}, "after": {"reply_at": LATER}}


def test_it_is_repeated_as_the_same_request(service: t.Any, extend: t.Any, path: str) -> None:
    service.is_ours()
    service.expect("GET", path, json=service.message())
    body = {"seconds": 60, "reply_at": "2099-01-01T00:01:00.000000Z"}
    service.expect("POST", f"{path}/extension", body=body, status=503, json={"error": "busy"})
    service.expect("POST", f"{path}/extension", body=body, json=service.message(reply_at=LATER))
    assert extend()["changed"]


def test_a_refusal_says_why(service: t.Any, extend: t.Any, path: str) -> None:
    service.is_ours()
    service.expect("GET", path, json=service.message())
    refusal = {"error": "a message is extended by 600 seconds at most; 30 are left for this one"}
    service.expect("POST", f"{path}/extension", status=409, json=refusal)
    result = extend()
    assert result["failed"]
    assert "30 are left" in result["msg"]
    assert result["failure"]["status"] == 409


@pytest.mark.parametrize("status", ["acknowledged", "refused", "expired", "cancelled", "informed"])
def test_what_is_over_is_not_asked_for(service: t.Any, extend: t.Any, path: str, conversation: t.Any, status: str) -> None:
    service.is_ours()
    service.expect("GET", path, json=service.message(status=status))
    assert f"is {status}" in extend()["msg"]
    assert conversation.writes == []


def test_an_unknown_message(service: t.Any, extend: t.Any, path: str) -> None:
    service.is_ours()
    service.expect("GET", path, status=404, json={"error": "no"})
    assert "There is no message m-1" in extend()["msg"]


def test_check_mode_asks_nobody(service: t.Any, extend: t.Any, path: str, conversation: t.Any) -> None:
    service.is_ours()
    service.expect("GET", path, json=service.message())
    result = extend(check_mode=True)
    assert (result["changed"], result["fenix_message"]["reply_at"]) == (True, LATER)
    assert conversation.writes == []


def test_a_fenix_has_no_more_time(service: t.Any, extend: t.Any) -> None:
    service.is_fenix()
    assert "needs the session API" in extend()["msg"]
