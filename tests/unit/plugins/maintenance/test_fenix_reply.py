# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fenix_reply: in time or not at all, for nobody else, once."""

from __future__ import annotations

import http.server
import json
import threading
import time
import typing as t

import pytest
import requests
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import replies

ACTIONS = {"i-1": "MIGRATE", "i-2": "MIGRATE"}


@pytest.fixture
def path(service: t.Any) -> str:
    return f"/maintenance/{service.sid}/{service.pid}"


@pytest.fixture
def reply(service: t.Any, conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    """One reply; further keywords are its own, those with an underscore in front the module's."""

    def run(check_mode: bool = False, **values: t.Any) -> dict[str, t.Any]:
        params = {name.removeprefix("_"): values.pop(name) for name in list(values) if name.startswith("_")}
        one = {"session_id": service.sid, "project_id": service.pid, "state": "ACK_PLANNED_MAINTENANCE", **values}
        result = conversation.run("fenix_reply", {"replies": [one], **params}, check_mode=check_mode)
        return t.cast("dict[str, t.Any]", result)

    return run


def known(service: t.Any, *messages: t.Any) -> None:
    """The messages of the session."""
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}/messages", json={"messages": list(messages)})


def test_a_reply_is_taken(service: t.Any, reply: t.Any, path: str) -> None:
    known(service, service.message())
    body = {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": ACTIONS, "message_id": "m-1"}
    service.expect("PUT", path, body=body, json=body)
    result = reply(instance_actions=ACTIONS, message_id="m-1", reply_at="2099-01-01T00:01:00Z")
    assert result["changed"]
    assert result["fenix_replies"][0]["status"] == "accepted"


def test_a_refusal_says_why_in_few_words(service: t.Any, reply: t.Any, path: str) -> None:
    known(service, service.message())
    service.expect("PUT", path, body={"state": "NACK_PLANNED_MAINTENANCE", "reason": "x" * 997 + "..."}, json={})
    assert reply(state="NACK_PLANNED_MAINTENANCE", reason="x" * 2000)["fenix_replies"][0]["status"] == "accepted"


def test_the_instance_dialect(service: t.Any, reply: t.Any, path: str) -> None:
    known(service, service.message(dialect="instance", instance_ids=["i-1"]))
    service.expect("PUT", f"{path}/i-1", body={"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "OWN_ACTION"}, json={})
    assert reply(instance_id="i-1", instance_action="OWN_ACTION")["changed"]


def test_the_action_of_the_instance_is_found_in_the_map_too(service: t.Any, reply: t.Any, path: str) -> None:
    known(service, service.message(dialect="instance", instance_ids=["i-1"]))
    service.expect("PUT", f"{path}/i-1", body={"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "MIGRATE"}, json={})
    assert reply(instance_id="i-1", instance_actions=ACTIONS)["changed"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"instance_actions": ACTIONS}, {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": ACTIONS}),
        ({"state": "NACK_PLANNED_MAINTENANCE"}, {"state": "NACK_PLANNED_MAINTENANCE", "instance_actions": {}}),
        ({"instance_action": "MIGRATE", "instance_id": "i-1"}, {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": ACTIONS}),
    ],
)
def test_what_was_said_before_is_not_said_again(service: t.Any, reply: t.Any, *, values: t.Any, said: t.Any) -> None:
    known(service, service.message(status="acknowledged", reply=said))
    result = reply(**values)
    assert not result["changed"]
    assert result["fenix_replies"][0]["status"] == "already"


@pytest.mark.parametrize(
    ("message", "values"),
    [
        ({"status": "acknowledged", "reply": {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": {"i-1": "x"}}}, {}),
        ({"status": "refused", "reply": {"state": "NACK_PLANNED_MAINTENANCE", "instance_actions": {}}}, {}),
        ({"status": "expired"}, {}),
        ({"status": "acknowledged", "reply": {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": ACTIONS}},
         {"message_id": "m-2"}),
    ],
)  # fmt: skip
def test_other_words_than_before_are_for_the_service_to_judge(
    service: t.Any, reply: t.Any, path: str, *, message: t.Any, values: t.Any
) -> None:
    known(service, service.message(**message))
    service.expect("PUT", path, status=409, json={"error": "too late: the reply to message m-1 was due"})
    result = reply(instance_actions=ACTIONS, **values)
    assert result["failed"]
    assert "1 of 1 replies were not taken" in result["msg"]
    assert "HTTP 409: too late: the reply to message m-1 was due" in result["msg"]
    assert result["failure"]["replies"][0]["status"] == "refused"


def test_a_message_that_waits_beside_an_answered_one_is_answered(service: t.Any, reply: t.Any, path: str) -> None:
    answered = service.message(status="acknowledged", reply={"state": "ACK_SCALE_IN", "instance_actions": {}}, state="SCALE_IN")
    known(service, {**answered, "id": "m-2", "status": "pending", "reply": None}, answered)
    service.expect("PUT", path, json={})
    assert reply(state="ACK_SCALE_IN")["changed"]


def test_a_refused_reply_may_be_ignored(service: t.Any, reply: t.Any, path: str) -> None:
    known(service, service.message())
    service.expect("PUT", path, status=400, json={"error": "action OWN_ACTION is not allowed", "field": "instance_actions"})
    result = reply(instance_actions={"i-1": "OWN_ACTION", "i-2": "OWN_ACTION"}, _ignore_refused=True)
    assert not result["failed"]
    assert not result["changed"]
    assert "is not allowed (field instance_actions)" in result["fenix_replies"][0]["reason"]


def test_nothing_is_sent_after_the_deadline(service: t.Any, reply: t.Any, conversation: t.Any) -> None:
    known(service, service.message())
    result = reply(instance_actions=ACTIONS, reply_at="2026-11-20 13:43:38", _ignore_refused=True)
    assert result["fenix_replies"][0]["status"] == "late"
    assert conversation.writes == []


def test_errors_are_tried_again_while_there_is_time(service: t.Any, reply: t.Any, path: str) -> None:
    known(service, service.message())
    service.expect("PUT", path, status=500, json={"error": "x"})
    service.expect("PUT", path, error=requests.exceptions.ConnectionError("refused"))
    service.expect("PUT", path, json={})
    assert reply(instance_actions=ACTIONS)["fenix_replies"][0]["status"] == "accepted"


class Calendar:
    """The wall clock, moved by whoever sleeps."""

    def __init__(self, clock: t.Any) -> None:
        self._clock = clock
        self._begin = replies.utc_now()

    def now(self) -> t.Any:
        return self._begin + replies.dt.timedelta(seconds=self._clock.now - 1000)


def test_but_not_after_the_deadline(
    service: t.Any, reply: t.Any, path: str, clock: t.Any, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = Calendar(clock)
    monkeypatch.setattr(replies, "utc_now", calendar.now)
    deadline = (calendar.now() + replies.dt.timedelta(seconds=2)).isoformat()
    known(service, service.message())
    # After 0, 0.25, 0.75 and 1.75 s; the next pause would end after the deadline.
    for _attempt in range(4):
        service.expect("PUT", path, status=503, json={"error": "down"})
    result = reply(instance_actions=ACTIONS, reply_at=deadline, _ignore_refused=True)
    [record] = result["fenix_replies"]
    assert record["status"] == "late"
    assert "HTTP 503: down" in record["reason"]


def test_without_a_deadline_it_is_given_up(
    service: t.Any, reply: t.Any, path: str, clock: t.Any, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "utc_now", Calendar(clock).now)
    known(service, service.message())
    for _attempt in range(3):
        service.expect("PUT", path, status=503, json={"error": "down"})
    result = reply(instance_actions=ACTIONS, _timeout=1, _ignore_refused=True)
    assert result["fenix_replies"][0]["status"] == "failed"
    assert clock.now - 1000 <= 1


def test_a_reply_for_another_project_is_an_error_before_anything_is_sent(reply: t.Any, conversation: t.Any) -> None:
    result = reply(project_id="f" * 32)
    assert result["failed"]
    assert f"is for project {'f' * 32}, but these credentials are of project {conversation.project_id}" in result["msg"]
    assert conversation.made == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"state": "OK"}, "has state 'OK'; a reply is ACK_ or NACK_"),
        ({"state": "ACK_MAINTENANCE_DONE"}, "a reply is ACK_ or NACK_"),
        ({"state": "ACK_INSTANCE_ACTION_DONE"}, "nobody waits for that one"),
        ({"instance_actions": {"i-1": "MIGRATION"}}, "has action 'MIGRATION' for instance i-1"),
        ({"reply_at": "soon"}, "reply_at is 'soon', which is not a time"),
        ({"instance_action": "MIGRATION"}, "value of instance_action must be one of"),
    ],
)
def test_nonsense_is_told_before_anything_is_sent(reply: t.Any, conversation: t.Any, *, values: t.Any, text: str) -> None:
    assert text in reply(**values)["msg"]
    assert conversation.made == []


def test_check_mode_sends_nothing(reply: t.Any, conversation: t.Any) -> None:
    result = reply(instance_actions=ACTIONS, check_mode=True)
    assert result["changed"]
    assert result["fenix_replies"][0]["status"] == "unsent"
    assert conversation.made == []


# --- Fenix


@pytest.fixture
def asks(service: t.Any, path: str) -> t.Callable[..., None]:
    """One look at what a Fenix asks: its state, and the instances that it shows (None: nobody looks at them)."""
    service.is_fenix()

    def look(state: str, shown: t.Iterable[str] | None = None) -> None:
        service.expect("GET", f"/maintenance/{service.sid}", json={"session_id": service.sid, "state": state})
        if shown is not None:
            service.expect("GET", path, json={"instance_ids": [*shown]})

    return look


def test_a_fenix_hears_nothing_it_does_not_know(service: t.Any, reply: t.Any, path: str, asks: t.Any) -> None:
    asks("PLANNED_MAINTENANCE", reversed(ACTIONS))
    body = {"state": "ACK_PLANNED_MAINTENANCE", "instance_actions": ACTIONS}
    service.expect("PUT", path, body=body, **service.recorded("project-08-put-prepare-maintenance"))
    result = reply(instance_actions=ACTIONS, message_id="m", reason="r")
    assert result["fenix_replies"][0]["status"] == "accepted"


def test_a_fenix_that_has_moved_on_is_not_sent_the_old_reply_again(service: t.Any, reply: t.Any, path: str, asks: t.Any) -> None:
    """It would fail its session over it."""
    asks("PLANNED_MAINTENANCE", ACTIONS)
    service.expect("PUT", path, **service.recorded("error-500-project-put-after-engine-restart"))
    asks("PLANNED_MAINTENANCE", ACTIONS)
    service.expect("PUT", path, error=requests.exceptions.ConnectionError("reset"))
    asks("START_MAINTENANCE")
    result = reply(instance_actions=ACTIONS, _ignore_refused=True)
    [record] = result["fenix_replies"]
    assert record["status"] == "late"
    assert "session is START_MAINTENANCE" in record["reason"]


@pytest.mark.parametrize(
    ("state", "shown", "reason"),
    [
        ("MAINTENANCE_FAILED", None, "session is MAINTENANCE_FAILED"),
        ("PLANNED_MAINTENANCE", ["i-3"], "session asks about i-3, or has its reply"),
        ("PLANNED_MAINTENANCE", ["i-1", "i-2", "i-3"], "session asks about i-1, i-2, i-3, or has its reply"),
        ("PLANNED_MAINTENANCE", [], "session asks about no instance, or has its reply"),
    ],
)
def test_a_reply_that_would_answer_another_question_of_a_fenix_is_not_sent(
    reply: t.Any, conversation: t.Any, asks: t.Any, *, state: str, shown: t.Any, reason: str
) -> None:
    """Its replies have no id: late, or sent twice, one would be taken for that to the next host, which has other instances."""
    asks(state, shown)
    [record] = reply(instance_actions=ACTIONS, _ignore_refused=True)["fenix_replies"]
    assert (record["status"], record["reason"]) == ("late", reason)
    assert conversation.writes == []


def test_a_fenix_that_has_forgotten_the_session_is_sent_nothing(service: t.Any, reply: t.Any, conversation: t.Any) -> None:
    service.is_fenix()
    service.expect("GET", f"/maintenance/{service.sid}", **service.recorded("error-404-get-unknown-session"))
    [record] = reply(state="ACK_SCALE_IN", _ignore_refused=True)["fenix_replies"]
    assert (record["status"], record["reason"]) == ("late", "session is unknown")
    assert conversation.writes == []


def test_a_fenix_that_does_not_show_what_it_asks_is_looked_at_again(service: t.Any, reply: t.Any, path: str, asks: t.Any) -> None:
    asks("PLANNED_MAINTENANCE")
    service.expect("GET", path, **service.recorded("error-500-project-get-unknown-project"))
    asks("PLANNED_MAINTENANCE", ACTIONS)
    service.expect("PUT", path, json={})
    assert reply(instance_actions=ACTIONS)["fenix_replies"][0]["status"] == "accepted"


@pytest.mark.parametrize("verdict", ["ACK", "NACK"])
@pytest.mark.parametrize("spelling", ["SCALE_IN", "DOWN_SCALE", "IN_SCALE"])
def test_a_reply_is_spelled_as_the_question(
    service: t.Any, reply: t.Any, path: str, asks: t.Any, *, spelling: str, verdict: str
) -> None:
    """The Doctor design guideline: DOWN_SCALE is answered ACK_DOWN_SCALE."""
    asks(spelling)
    service.expect("PUT", path, body={"state": f"{verdict}_{spelling}"}, json={})
    assert reply(state=f"{verdict}_SCALE_IN")["fenix_replies"][0]["state"] == f"{verdict}_SCALE_IN"


def test_an_instance_of_its_own_reply_url_is_not_compared_with_those_of_the_project(
    service: t.Any, reply: t.Any, path: str, asks: t.Any
) -> None:
    asks("PLANNED_MAINTENANCE")
    service.expect("PUT", f"{path}/i-1", body={"state": "ACK_PLANNED_MAINTENANCE", "instance_action": "MIGRATE"}, json={})
    assert reply(instance_id="i-1", instance_actions={"i-1": "MIGRATE"})["changed"]


# --- many at once


class Slow(http.server.BaseHTTPRequestHandler):
    """A service whose every reply takes a while; one project's session is refused."""

    under_way = 0
    most = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        self._answer(200, {"sessions": [], "messages": []})

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with Slow.lock:
            Slow.under_way += 1
            Slow.most = max(Slow.most, Slow.under_way)
        time.sleep(0.1)
        with Slow.lock:
            Slow.under_way -= 1
        self._answer(409, {"error": "too late"}) if "/s-3/" in self.path else self._answer(200, {})

    def _answer(self, status: int, body: dict[str, t.Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args: t.Any) -> None:
        pass


@pytest.fixture
def slow() -> t.Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_many_replies_go_at_the_same_time_and_none_holds_up_another(slow: str) -> None:
    import openstack  # noqa: PLC0415
    from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance  # noqa: PLC0415

    cloud = openstack.connect(auth_type="none", endpoint=slow, maintenance_endpoint_override=slow)
    wanted = [{"session_id": f"s-{number}", "project_id": "p", "state": "ACK_SCALE_IN"} for number in range(40)]
    began = time.monotonic()
    lines: list[str] = []
    records = replies.Replies(maintenance(cloud), timeout=10).send(wanted, 16, lines.append)
    took = time.monotonic() - began
    assert [one["session_id"] for one in records] == [f"s-{number}" for number in range(40)]
    assert {one["session_id"] for one in records if one["status"] != "accepted"} == {"s-3"}
    assert len(lines) == 40
    assert 2 <= Slow.most <= 16
    # One after the other it would be 4 s.
    assert took < 2.5
