# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deliveries: leases, locks, attempts, order, and the callback that their handlers talk to."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from tests.unit.eda.listening import PATH, alarm, listening

CONFIRMED = {"confirm": True, "batch_window": 0, "handling_timeout": 1000}
OTHER_VNF = PATH.replace("vnf-1", "vnf-2")


class Clock:
    """The journal's time, which only the test moves on."""

    def __init__(self):
        self.began = time.time()
        self.ahead = 0.0

    def time(self):
        return self.began + self.ahead


@pytest.fixture
def clock(intake, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(intake.database, "time", clock)
    return clock


@pytest.fixture
def scenario(source):
    def run(steps, **args):
        async def main():
            async with listening(source, **{**CONFIRMED, **args}) as running:
                await steps(running)

        asyncio.run(main())

    return run


async def one(running, *args, **traits):
    """Post one alarm and return its delivery."""
    assert await running.status(body=alarm(*args, **traits)) == 200
    (message,) = await running.batch()
    await running.settled()
    return message["delivery"]


async def again(running, delivery):
    """Wake the source, and return the next attempt of a delivery."""
    found = await until_marker(running, delivery)
    return found[delivery["id"]]


async def until_marker(running, *wanted):
    """Everything that is handed on until something that is posted now is, and what is wanted."""
    body = alarm(session="marker")
    assert await running.status(body=body) == 200
    marker = None
    found = {}
    while marker is None or not {delivery["id"] for delivery in wanted} <= set(found):
        for message in await running.batch():
            if message["message_id"] == body["reason_data"]["event"]["message_id"]:
                marker = message["delivery"]
            else:
                found[message["delivery"]["id"]] = message["delivery"]
    await running.settled()
    assert await running.report(marker, "done") == (200, {})
    return found


async def all_handed_on(running):
    """Nothing waits in the journal any more; it is handed on, or on its way to the rulebook's queue."""
    async with asyncio.timeout(30):
        while (await running.metrics())["waiting"]:
            await asyncio.sleep(0.01)


async def nothing(running):
    """Nothing is handed on before something that is posted now is."""
    assert await until_marker(running) == {}


def test_a_handler_holds_renews_and_ends(scenario, clock):
    async def steps(running):
        delivery = await one(running)
        status, first = await running.hold(delivery, "vnf-1", "vnf-2", seconds=30)
        assert (status, first["attempt"]) == (200, 1)
        held_until = datetime.fromisoformat(first["held_until"]).timestamp()
        assert held_until == pytest.approx(time.time() + 30, abs=5)
        assert first["held_until"].endswith("Z")
        clock.ahead += 20
        status, second = await running.hold(delivery, "vnf-1", "vnf-2", seconds=30)
        assert (status, second["token"]) == (200, first["token"])
        assert second["held_until"] > first["held_until"]
        assert await running.report(delivery, "done", outcome="answered") == (200, {})
        assert await running.report(delivery, "done", outcome="answered") == (200, {}), "once more is the same"
        clock.ahead += 10_000
        await nothing(running)

    scenario(steps)


@pytest.mark.parametrize(("asked", "given"), [(1, 5), (300, 300), (10_000, 300), (7.5, 7.5)])
def test_a_lease_is_bounded(scenario, asked, given):
    async def steps(running):
        _status, answer = await running.hold(await one(running), "vnf-1", seconds=asked)
        assert datetime.fromisoformat(answer["held_until"]).timestamp() == pytest.approx(time.time() + given, abs=2)

    scenario(steps)


def test_of_two_deliveries_one_has_a_vnf_and_the_token_grows(scenario):
    async def steps(running):
        first, second = await one(running, session="a"), await one(running, session="b")
        _status, held = await running.hold(first, "vnf-1", "vnf-3")
        status, answer = await running.hold(second, "vnf-2", "vnf-3")
        assert status == 409
        assert (answer["reason"], answer["retry_after"]) == ("busy", 1)
        assert answer["holder"] == {"vnf_id": "vnf-3", "delivery": first["id"]}
        third = await one(running, session="c")
        assert (await running.hold(third, "vnf-2"))[0] == 200, "all or none: the second has not got it"
        assert (await running.report(third, "done"))[0] == 200
        assert (await running.report(first, "done"))[0] == 200
        status, answer = await running.hold(second, "vnf-2", "vnf-3")
        assert status == 200
        assert answer["token"] > held["token"]

    scenario(steps)


def test_the_token_grows_when_a_vnf_is_added_and_stays_when_one_is_left_out(scenario):
    async def steps(running):
        first, second = await one(running, session="a"), await one(running, session="b")
        tokens = [(await running.hold(first, "vnf-1", "vnf-2"))[1]["token"], (await running.hold(first, "vnf-1"))[1]["token"]]
        tokens.append((await running.hold(second, "vnf-2"))[1]["token"])
        assert tokens[0] == tokens[1] < tokens[2]
        assert (await running.report(second, "done"))[0] == 200
        assert (await running.hold(first, "vnf-1", "vnf-2"))[1]["token"] > tokens[2]

    scenario(steps)


def test_locks_are_given_in_the_order_of_the_states_then_of_arrival(scenario):
    async def steps(running):
        holder = await one(running, session="other")
        late, early, earlier = (
            await one(running, "MAINTENANCE_COMPLETE"),
            await one(running, "SCALE_IN"),
            await one(running, "SCALE_IN"),
        )
        early, earlier = earlier, early
        assert (await running.hold(holder, "vnf-1"))[0] == 200
        for waiting in (late, early, earlier):
            assert (await running.hold(waiting, "vnf-1"))[0] == 409
        assert (await running.report(holder, "done"))[0] == 200
        for turn, waits in ((earlier, (late, early)), (early, (late,)), (late, ())):
            for other in waits:
                status, answer = await running.hold(other, "vnf-1")
                assert (status, answer["reason"], answer["holder"]["delivery"]) == (409, "busy", turn["id"])
            assert (await running.hold(turn, "vnf-1"))[0] == 200
            assert (await running.report(turn, "done"))[0] == 200

    scenario(steps)


def test_a_holder_renews_whoever_waits_with_an_earlier_message(scenario):
    async def steps(running):
        holder, earlier = await one(running, "MAINTENANCE_COMPLETE"), await one(running, "SCALE_IN")
        assert (await running.hold(holder, "vnf-1", "vnf-2"))[0] == 200
        assert (await running.hold(earlier, "vnf-1"))[1]["reason"] == "busy"
        assert (await running.hold(holder, "vnf-1", "vnf-2"))[0] == 200
        assert (await running.hold(holder, "vnf-1"))[0] == 200
        assert (await running.hold(holder, "vnf-1", "vnf-3"))[0] == 200
        assert (await running.report(holder, "done"))[0] == 200
        assert (await running.hold(earlier, "vnf-1"))[0] == 200

    scenario(steps)


def test_nobody_waits_for_a_waiter_that_does_not_ask_any_more(scenario, clock):
    async def steps(running):
        holder, early, late = await one(running, session="x"), await one(running), await one(running, "MAINTENANCE_COMPLETE")
        assert (await running.hold(holder, "vnf-1"))[0] == 200
        assert (await running.hold(early, "vnf-1"))[0] == 409
        assert (await running.report(holder, "done"))[0] == 200
        assert (await running.hold(late, "vnf-1"))[0] == 409
        clock.ahead += 5
        assert (await running.hold(late, "vnf-1"))[0] == 200

    scenario(steps)


def test_whoever_waits_for_a_lock_is_not_handed_on_again(scenario, clock):
    async def steps(running):
        holder, waiting = await one(running, session="a"), await one(running, session="b")
        for _second in range(5):
            assert (await running.hold(holder, "vnf-1", seconds=300))[0] == 200
            assert (await running.hold(waiting, "vnf-1"))[1]["reason"] == "busy"
            clock.ahead += 20
        await nothing(running)
        assert (await running.report(holder, "done"))[0] == 200
        assert (await running.hold(waiting, "vnf-1"))[0] == 200

    scenario(steps, handling_timeout=30)


def test_what_nobody_takes_in_hand_is_handed_on_again_and_the_first_attempt_is_stale(scenario, clock):
    async def steps(running):
        first = await one(running)
        clock.ahead += 1001
        second = await again(running, first)
        assert second["attempt"] == 2
        assert first["key"] != second["key"]
        for state in ({"vnf_ids": ["vnf-1"], "seconds": 30, "state": "held"}, {"state": "done"}, {"state": "released"}):
            status, answer = await running.report(first, **state)
            assert (status, answer["reason"]) == (409, "stale"), state
        assert (await running.hold(second, "vnf-1"))[0] == 200
        assert (await running.report(second, "done"))[0] == 200
        status, answer = await running.report(first, "done")
        assert (status, answer["reason"]) == (409, "stale")
        assert (await running.hold(second, "vnf-1"))[1]["reason"] == "over"

    scenario(steps)


def test_a_lease_that_runs_out_is_handed_on_again(scenario, clock):
    async def steps(running):
        first = await one(running)
        assert (await running.hold(first, "vnf-1", seconds=30))[0] == 200
        clock.ahead += 31
        second = await again(running, first)
        assert second["attempt"] == 2
        assert (await running.hold(first, "vnf-1"))[1]["reason"] == "stale"
        assert (await running.hold(second, "vnf-1"))[0] == 200, "the lock of the lease has ended with it"

    scenario(steps)


def test_a_lease_that_another_delivery_took_over_is_stale(scenario, clock):
    async def steps(running):
        first, second = await one(running, session="a"), await one(running, session="b")
        _status, held = await running.hold(first, "vnf-1", seconds=5)
        # The rulebook takes neither of these, so nothing is handed on again and the first attempt stays the present one.
        for session in ("c", "d"):
            assert await running.status(body=alarm(session=session)) == 200
            await all_handed_on(running)
        clock.ahead += 6
        status, answer = await running.hold(second, "vnf-1")
        assert status == 200
        assert answer["token"] > held["token"]
        assert (await running.hold(first, "vnf-1"))[1]["reason"] == "stale"

    scenario(steps)


def test_what_is_given_back_is_handed_on_at_once_and_then_less_often(scenario, clock):
    async def steps(running):
        delivery = await one(running)
        assert (await running.hold(delivery, "vnf-1"))[0] == 200
        for attempt, back_off in ((2, 0), (3, 1), (4, 2)):
            assert await running.report(delivery, "released", reason="no cloud") == (200, {})
            if back_off:
                await nothing(running)
                clock.ahead += back_off
            delivery = await again(running, delivery)
            assert delivery["attempt"] == attempt
        other = await one(running, session="other")
        assert (await running.hold(other, "vnf-1"))[0] == 200, "its locks ended when it was given back"

    scenario(steps)


def test_after_so_many_attempts_it_is_dropped_and_the_log_says_so(scenario):
    async def steps(running):
        delivery = await one(running, "SCALE_IN", session="tried")
        (message,) = await running.batch()
        assert message["delivery"]["attempt"] == 2
        found = await running.log.wait_for("Dropped SCALE_IN of session tried .*: (.*)")
        assert found.group(1) == "not handled in 2 attempts"
        assert (await running.hold(message["delivery"], "vnf-1"))[1]["reason"] == "over"
        assert (await running.hold(delivery, "vnf-1"))[1]["reason"] == "over"
        counted = await running.metrics()
        assert (counted["dropped_total"], counted["handed_on_total"], counted["handed_on_again_total"]) == (1, 2, 1)

    scenario(steps, max_attempts=2, handling_timeout=0.2)


def test_what_nobody_has_begun_with_is_not_dropped_before_its_reply_deadline(scenario, clock):
    """All playbooks that may run at a time are running, longer than so many attempts take."""

    async def steps(running):
        reply_at = datetime.fromtimestamp(clock.time() + 3600, UTC).isoformat()
        delivery = await one(running, session="busy", reply_at=reply_at)
        for seconds in (31, 31, 121, 121, 121):
            clock.ahead += seconds
            delivery = await again(running, delivery)
        assert delivery["attempt"] == 6
        clock.ahead += 31
        await nothing(running)
        # What somebody has begun with and not ended counts, however much time is left.
        assert (await running.hold(delivery, "vnf-1"))[0] == 200
        clock.ahead += 31
        delivery = await again(running, delivery)
        assert (await running.hold(delivery, "vnf-1"))[0] == 200
        clock.ahead += 31
        assert await running.status(body=alarm(session="wakes")) == 200
        found = await running.log.wait_for("Dropped MAINTENANCE of session busy .*: (.*)")
        assert found.group(1) == "not handled in 2 attempts"

    scenario(steps, max_attempts=2, handling_timeout=30)


def test_after_its_reply_deadline_it_is_handed_on_once_and_not_again(scenario, clock):
    async def steps(running):
        await one(running, session="late", reply_at="2026-11-21T01:00:01")
        clock.ahead += 10_000
        assert await running.status(body=alarm(session="wakes")) == 200
        found = await running.log.wait_for("Dropped MAINTENANCE of session late .*: (.*)")
        assert found.group(1) == "its reply deadline has passed"

    scenario(steps)


def test_a_deadline_before_the_message_is_none(scenario, clock):
    """The Fenix of 2019 subtracts its window where it should add it."""

    async def steps(running):
        first = await one(running, session="fenix", reply_at="2026-11-21T00:59:40")
        clock.ahead += 10_000
        assert (await again(running, first))["attempt"] == 2

    scenario(steps)


def test_what_only_informs_is_over_once_handed_on(scenario, clock):
    async def steps(running):
        delivery = await one(running, "INSTANCE_ACTION_DONE")
        await nothing(running)
        clock.ahead += 10_000
        await nothing(running)
        assert (await running.hold(delivery, "vnf-1"))[1]["reason"] == "over"
        assert await running.report(delivery, "done") == (200, {})

    scenario(steps)


def test_without_confirm_everything_is_over_once_handed_on(scenario, clock):
    async def steps(running):
        delivery = await one(running)
        assert await running.status(body=alarm(session="next")) == 200
        assert [message["session_id"] for message in await running.batch()] == ["next"]
        clock.ahead += 10_000
        assert await running.status(body=alarm(session="last")) == 200
        assert [message["session_id"] for message in await running.batch()] == ["last"]
        assert (await running.hold(delivery, "vnf-1"))[1]["reason"] == "over"

    scenario(steps, confirm=False)


def test_a_batch_has_the_messages_of_a_session_in_the_order_of_their_states(scenario):
    async def steps(running):
        states = ["MAINTENANCE_COMPLETE", "PLANNED_MAINTENANCE", "SCALE_IN", "MAINTENANCE", "PREPARE_MAINTENANCE"]
        for state in states:
            assert await running.status(body=alarm(state)) == 200
            assert await running.status(body=alarm("SCALE_IN", session="s-2")) == 200
        found = [(message["session_id"], message["state"]) for message in await running.batch()]
        in_order = ["MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE", "MAINTENANCE_COMPLETE"]
        assert found == [("s-1", state) for state in in_order] + [("s-2", "SCALE_IN")] * 5

    # The last one closes the batch.
    scenario(steps, batch_window=60, max_batch=10, max_body=65536)


def test_no_more_batches_than_are_taken_in_hand(scenario):
    async def steps(running):
        first, second = await one(running, session="a"), await one(running, session="b")
        assert await running.status(body=alarm(session="c")) == 200
        # Handling of one of a batch is handling of the batch.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(running.queue.get(), 0.3)
        assert (await running.metrics())["waiting"] == 1
        assert (await running.hold(first, "vnf-1"))[0] == 200
        assert [message["session_id"] for message in await running.batch()] == ["c"]
        assert (await running.hold(second, "vnf-2"))[0] == 200

    scenario(steps, max_batches=2)


def test_after_a_quiet_time_the_first_message_does_not_wait_for_others(scenario, intake, monkeypatch):
    monkeypatch.setattr(intake.dispatcher, "QUIET", 1000)

    async def steps(running):
        began = time.monotonic()
        await one(running, session="first")
        assert time.monotonic() - began < 30
        assert await running.status(body=alarm(session="second")) == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(running.queue.get(), 0.3)

    scenario(steps, batch_window=60, batch_window_first=0.02)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "attempt"),
        ({"attempt": 2, "state": "done"}, "attempt"),
        ({"attempt": True, "state": "done"}, "attempt"),
        ({"attempt": 1}, "state"),
        ({"attempt": 1, "state": "finished"}, "state"),
        ({"attempt": 1, "state": ["done"]}, "state"),
        ({"attempt": 1, "state": "held", "seconds": 30}, "vnf_ids"),
        ({"attempt": 1, "state": "held", "seconds": 30, "vnf_ids": "vnf-1"}, "vnf_ids"),
        ({"attempt": 1, "state": "held", "seconds": 30, "vnf_ids": ["a b"]}, "vnf_ids"),
        ({"attempt": 1, "state": "held", "seconds": 30, "vnf_ids": [1]}, "vnf_ids"),
        ({"attempt": 1, "state": "held", "seconds": 30, "vnf_ids": ["v"] * 1001}, "vnf_ids"),
        ({"attempt": 1, "state": "held", "seconds": "30", "vnf_ids": ["v"]}, "seconds"),
        ({"attempt": 1, "state": "held", "seconds": True, "vnf_ids": ["v"]}, "seconds"),
        ({"attempt": 1, "state": "done", "outcome": 1}, "outcome"),
        ({"attempt": 1, "state": "released", "reason": {}}, "reason"),
    ],
)
def test_a_wrong_report_is_400_and_changes_nothing(scenario, body, says):
    async def steps(running):
        delivery = await one(running)
        headers = {"Authorization": f"Bearer {delivery['key']}"}
        async with running.client.post(delivery["url"], json=body, headers=headers) as answer:
            assert answer.status == 400
            assert says in (await answer.json())["error"]
        assert (await running.hold(delivery, "vnf-1"))[0] == 200

    scenario(steps)


def test_without_the_key_of_this_attempt_the_answer_is_the_same_401(scenario):
    async def steps(running):
        delivery, other = await one(running, session="a"), await one(running, session="b")
        unknown = {**delivery, "url": delivery["url"][:-4] + "0000"}
        forged = delivery["key"].replace("1.", "2.", 1)
        cases = [(delivery, key) for key in ("", "x", other["key"], forged, delivery["key"] + "A", "1." + "\u00e9" * 43)]
        for where, key in [*cases, (unknown, delivery["key"]), (unknown, "x")]:
            assert await running.report(where, "done", key=key) == (401, {"error": "wrong or missing key"})
        async with running.client.post(delivery["url"], data=b"{", headers={"Authorization": "Basic x"}) as answer:
            assert answer.status == 401
        assert (await running.report(delivery, "done"))[0] == 200

    scenario(steps)


def test_a_key_is_compared_in_the_same_time_whoever_asks(intake, monkeypatch):
    compared = []
    real = intake.capabilities.hmac.compare_digest
    monkeypatch.setattr(intake.capabilities.hmac, "compare_digest", lambda one, other: compared.append(1) or real(one, other))
    capabilities = intake.capabilities.Capabilities(b"key")
    key = capabilities.key("d", 3)
    assert capabilities.attempt("d", f"Bearer {key}") == 3
    assert capabilities.attempt("d", "Bearer x") is None
    assert capabilities.attempt("", "") is None
    assert capabilities.attempt("e", f"Bearer {key}") is None
    assert len(compared) == 4


def test_a_report_that_is_too_large_is_413_and_another_method_405(scenario):
    async def steps(running):
        delivery = await one(running)
        assert (await running.report(delivery, "done", outcome="x" * 70_000))[0] == 413
        async with running.client.get(delivery["url"]) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert (await running.report(delivery, "done", outcome="line\nbreak\x00" + "x" * 5000))[0] == 200

    scenario(steps)


def test_the_callback_may_have_another_address_than_the_listener(scenario):
    async def steps(running):
        delivery = await one(running)
        assert delivery["url"] == f"https://vnfm.example:8443/eda/v1.0/deliveries/{delivery['id']}"

    scenario(steps, callback_url="https://vnfm.example:8443/eda/")


# --- restarts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def restarts(source, tmp_path):
    """Run several coroutine functions, each with a source that was started anew on the same journal."""

    def run(*lives, **args):
        async def main():
            for steps in lives:
                journal = {"journal": str(tmp_path / "j.sqlite"), "listener": "same"}
                async with listening(source, **{**CONFIRMED, **journal, **args}) as running:
                    await steps(running)

        asyncio.run(main())

    return run


def test_what_is_not_over_is_handed_on_again_after_a_restart_and_what_is_over_is_not(restarts):
    seen = {}

    async def before(running):
        for session in ("held", "handed", "done"):
            seen[session] = await one(running, session=session)
        assert (await running.hold(seen["held"], "vnf-1"))[0] == 200
        assert (await running.report(seen["done"], "done"))[0] == 200

    async def after(running):
        found = {message["session_id"]: message["delivery"] for message in await running.batch()}
        assert {session: (delivery["id"], delivery["attempt"]) for session, delivery in found.items()} == {
            session: (seen[session]["id"], 2) for session in ("held", "handed")
        }
        assert await running.report(await one(running, session="marker"), "done") == (200, {})
        assert await running.report({**seen["done"], "url": url(running, seen["done"])}, "done") == (200, {}), "the same key"

    restarts(before, after)


def url(running, delivery):
    return f"{running.url}/v1.0/deliveries/{delivery['id']}"


def test_two_attempts_never_hold_a_vnf_at_a_time_also_across_a_restart(restarts, clock):
    """A playbook that survived the source goes on until it hears that it is stale; only then the next one may begin."""
    seen = {}

    async def before(running):
        seen["old"] = await one(running)
        seen["token"] = (await running.hold(seen["old"], "vnf-1", seconds=30))[1]["token"]

    async def after(running):
        (message,) = await running.batch()
        status, answer = await running.hold(message["delivery"], "vnf-1")
        assert (status, answer["reason"], answer["holder"]["delivery"]) == (409, "busy", seen["old"]["id"])
        old = {**seen["old"], "url": url(running, seen["old"])}
        assert (await running.hold(old, "vnf-1"))[1]["reason"] == "stale"
        status, answer = await running.hold(message["delivery"], "vnf-1")
        assert status == 200
        assert answer["token"] > seen["token"]

    async def later(running):
        (message,) = await running.batch()
        assert (await running.hold(message["delivery"], "vnf-1"))[0] == 409
        clock.ahead += 31
        assert (await running.hold(message["delivery"], "vnf-1"))[0] == 200, "the old lease has run out"

    restarts(before, after, later)


def test_restarts_do_not_count_as_attempts_that_failed(restarts):
    async def first(running):
        assert (await one(running))["attempt"] == 1

    def life(attempt):
        async def steps(running):
            (message,) = await running.batch()
            assert message["delivery"]["attempt"] == attempt

        return steps

    restarts(first, *[life(attempt) for attempt in range(2, 8)], max_attempts=2)


def test_the_rulebook_may_be_slow_to_take_a_batch(scenario, clock):
    """The time for handling begins when the rulebook took it, not when it was offered."""

    async def steps(running):
        for session in ("a", "b"):
            assert await running.status(body=alarm(session=session)) == 200
            await all_handed_on(running)
        clock.ahead += 2000  # the second batch waits for a place in the queue for longer than its handling may take
        (first,), (second,) = await running.batch(), await running.batch()
        assert (first["session_id"], second["session_id"]) == ("a", "b")
        await running.settled()
        assert (await again(running, first["delivery"]))["attempt"] == 2
        assert (await running.hold(second["delivery"], "vnf-1"))[0] == 200, "and not stale"

    scenario(steps)
