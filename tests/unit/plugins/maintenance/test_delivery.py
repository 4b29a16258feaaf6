# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_delivery: who may act, who has to stop, and what is said in the end."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import delivery as module
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.callback import Tls
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.delivery import Deliveries, TakenOver

from tests.unit.plugins.maintenance.source_stand_in import BUSY, HELD, KEY, OVER, STALE, Source


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def source() -> t.Iterator[Source]:
    source = Source()
    yield source
    source.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliveries(clock: Clock) -> t.Callable[..., Deliveries]:
    return lambda *given: Deliveries(given, Tls(), clock=clock, sleep=clock.sleep)


def test_a_lock_is_taken_with_the_key_of_the_attempt(source: Source, deliveries: t.Any) -> None:
    (record,) = deliveries(source.delivery()).hold(["vnf-1", "vnf-2"], 30, wait=0)
    assert source.heard == [("d-1", KEY, {"attempt": 1, "state": "held", "vnf_ids": ["vnf-1", "vnf-2"], "seconds": 30})]
    expected = {"status": "held", "held_until": HELD["held_until"], "token": 17, "waited": False, "reason": None}
    assert record == {"id": "d-1", "attempt": 1, **expected}


def test_a_busy_vnf_is_waited_for(source: Source, deliveries: t.Any, clock: Clock) -> None:
    source.answers = [BUSY, BUSY]
    (record,) = deliveries(source.delivery()).hold(["vnf-1"], 30, wait=10)
    assert (record["status"], record["waited"], clock.pauses) == ("held", True, [1.0, 1.0])


def test_a_vnf_that_stays_busy_is_said_with_its_holder(source: Source, deliveries: t.Any, clock: Clock) -> None:
    source.answers = [BUSY] * 10
    with pytest.raises(CollectionError, match="VNF vnf-1 is in the hands of delivery other, also after") as caught:
        deliveries(source.delivery()).hold(["vnf-1"], 30, wait=2.5)
    assert (caught.value.details["status"], clock.now) == ("busy", 2.5)


@pytest.mark.parametrize(("answer", "words"), [(STALE, "another run has taken over"), (OVER, "it has ended")])
def test_whoever_was_given_up_is_told_to_stop(source: Source, deliveries: t.Any, answer: t.Any, words: str) -> None:
    source.answers = [BUSY, answer]
    with pytest.raises(TakenOver, match=words):
        deliveries(source.delivery()).hold(["vnf-1"], 30, wait=10)


def test_a_wrong_key_is_no_reason_to_try_again(source: Source, deliveries: t.Any, clock: Clock) -> None:
    source.answers = [(401, {})]
    with pytest.raises(CollectionError, match="refused to hold delivery d-1: HTTP 401"):
        deliveries(source.delivery()).hold(["vnf-1"], 30, wait=10)
    assert clock.pauses == []


def test_those_whose_turn_comes_later_lock_nothing(source: Source, deliveries: t.Any) -> None:
    source.answers = [STALE]
    first, second = deliveries(source.delivery("d-1"), source.delivery("d-2")).hold(["vnf-1"], 30, wait=0)
    told = {delivery: body for delivery, _key, body in source.heard}
    assert told["d-2"] == {"attempt": 1, "state": "held", "vnf_ids": [], "seconds": module.LONGEST}
    assert [name for name, _key, _body in source.heard] == ["d-2", "d-1"], (
        "those that wait are not handed on while the first does"
    )
    assert (first["status"], second["status"]) == ("held", "stale"), "what became of another delivery is no reason to stop"


def test_a_source_that_is_away_for_a_moment_is_asked_again(source: Source, deliveries: t.Any) -> None:
    source.answers = [(503, {}), (500, {"error": "journal"})]
    (record,) = deliveries(source.delivery()).hold(["vnf-1"], 30, wait=0)
    assert (record["status"], record["waited"]) == ("held", False)


def test_without_an_answer_nothing_may_be_done(source: Source, deliveries: t.Any, clock: Clock) -> None:
    away = source.delivery()
    source.close()
    with pytest.raises(
        CollectionError, match=rf"127.0.0.1:{source.port} gives no answer about delivery d-1 \(.*refused"
    ) as caught:
        deliveries(away).hold(["vnf-1"], 30, wait=600)
    assert caught.value.details["status"] == "unreachable"
    assert clock.now == module.PATIENCE


def test_a_redirect_is_not_followed(source: Source, deliveries: t.Any) -> None:
    source.answers = [(302, {})]
    with pytest.raises(CollectionError, match="HTTP 302"):
        deliveries(source.delivery()).hold(["vnf-1"], 30, wait=0)
    assert len(source.heard) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http:///v1.0", "http://user:word@127.0.0.1/x", "", "http://[::1/x"])
def test_only_http_is_spoken(source: Source, deliveries: t.Any, url: str) -> None:
    with pytest.raises(CollectionError):
        deliveries(source.delivery() | {"url": url})


def test_each_delivery_ends_once_with_its_own_outcome(source: Source, deliveries: t.Any) -> None:
    given = [source.delivery("d-1", outcome="ACK"), source.delivery("d-2"), source.delivery("d-1", outcome="ACK")]
    records = deliveries(*given).end("done", "answered")
    assert [(one["id"], one["status"]) for one in records] == [("d-1", "done"), ("d-2", "done")]
    assert {(name, body["outcome"]) for name, _key, body in source.heard} == {("d-1", "ACK"), ("d-2", "answered")}


def test_more_time_is_told_of_each_delivery_and_locks_nothing(source: Source, conversation: t.Any) -> None:
    reply_at = "2026-11-21T01:05:03.000000Z"
    params = {"deliveries": [source.delivery("d-1"), source.delivery("d-2")], "state": "extended", "reply_at": reply_at}
    result = conversation.run("maintenance_delivery", params, auth=False)
    assert source.bodies == [{"attempt": 1, "state": "extended", "reply_at": reply_at}] * 2
    assert [one["status"] for one in result["maintenance_deliveries"]] == ["extended", "extended"]


def test_a_source_that_knows_nothing_of_more_time_is_warned_of(source: Source, conversation: t.Any) -> None:
    source.answers = [(400, {"error": "state must be held, done or released"})]
    params = {"deliveries": [source.delivery()], "state": "extended", "reply_at": "2026-11-21T01:05:03Z"}
    result = conversation.run("maintenance_delivery", params, auth=False)
    assert not result["failed"]
    assert "could not be reported extended: refused, HTTP 400" in str(result["warnings"])


def test_a_source_that_is_away_does_not_cost_the_time_that_was_won(source: Source, deliveries: t.Any, clock: Clock) -> None:
    away = source.delivery()
    source.close()
    (record,) = deliveries(away).extend("2026-11-21T01:05:03Z")
    assert (record["status"], clock.now) == ("unreachable", module.SHORT_PATIENCE)


@pytest.mark.parametrize("reply_at", [None, "soon"])
def test_more_time_without_a_time_is_a_mistake(source: Source, conversation: t.Any, reply_at: str | None) -> None:
    params = {"deliveries": [source.delivery()], "state": "extended", "reply_at": reply_at}
    result = conversation.run("maintenance_delivery", params, auth=False)
    assert "which is not a time" in result["msg"]
    assert source.heard == []


def test_what_cannot_be_said_in_the_end_fails_nobody(source: Source, conversation: t.Any) -> None:
    source.answers = [STALE]
    params = {"deliveries": [source.delivery()], "state": "released", "reason": "no answer"}
    result = conversation.run("maintenance_delivery", params, auth=False)
    assert source.bodies == [{"attempt": 1, "state": "released", "reason": "no answer"}]
    assert result["maintenance_deliveries"][0]["status"] == "stale"
    assert "could not be reported released: stale" in str(result["warnings"])
    assert not result["changed"]


def test_nothing_is_sent_in_check_mode_or_without_deliveries(source: Source, conversation: t.Any) -> None:
    params = {"deliveries": [source.delivery()], "state": "done"}
    result = conversation.run("maintenance_delivery", params, check_mode=True, auth=False)
    assert (result["changed"], result["maintenance_deliveries"][0]["status"]) == (True, "unsent")
    params = {"deliveries": [], "state": "held"}
    assert conversation.run("maintenance_delivery", params, auth=False)["maintenance_deliveries"] == []
    assert source.heard == []


def test_the_key_is_not_shown(source: Source, conversation: t.Any, capsys: pytest.CaptureFixture[str]) -> None:
    source.answers = [STALE]
    result = conversation.run("maintenance_delivery", {"deliveries": [source.delivery()], "state": "held"}, auth=False)
    assert result["failed"]
    assert "another run has taken over" in result["msg"]
    assert KEY not in str(result) + "".join(capsys.readouterr())
