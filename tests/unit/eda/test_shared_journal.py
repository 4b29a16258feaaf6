# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal in PostgreSQL, which several listeners share."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import sys

import pytest

from tests.postgresql import database
from tests.unit.eda.listening import ARGS, OTHER, PATH, alarm, listening

OTHER_VNF = PATH.replace("vnf-1", "vnf-2")


@pytest.fixture
def journal(postgresql):
    return database(postgresql)


@pytest.fixture
def two(source, journal):
    """Run a coroutine function with two listeners."""

    def run(steps, **args):
        async def main():
            shared = {"journal": journal, "confirm": True, "batch_window": 0, "max_body": 65536, **args}
            async with contextlib.AsyncExitStack() as both:
                one = await both.enter_async_context(listening(source, **shared, listener="one"))
                other = await both.enter_async_context(listening(source, **shared, listener="other"))
                await steps(one, other)

        asyncio.run(main())

    return run


async def handle(running, handled, wanted):
    """Do what one listener hands on until both have handed on what is wanted."""
    while len(handled) < wanted:
        try:
            event = await asyncio.wait_for(running.queue.get(), 0.2)
        except TimeoutError:
            continue
        for message in event["maintenance"]["messages"]:
            handled.append((running, message))


def test_each_message_is_handed_on_by_one_of_them(two):
    async def steps(one, other):
        bodies = [alarm(session=f"s-{number}") for number in range(60)]
        # Every message is told to both, about either VNF.
        posts = [(one, PATH, {}), (other, OTHER_VNF, {"secret": OTHER})]
        asked = [listener.status(path, body=body, **more) for body in bodies for listener, path, more in posts]
        handled = []
        handling = [asyncio.ensure_future(handle(running, handled, 60)) for running in (one, other)]
        assert set(await asyncio.gather(*asked)) == {200}
        await asyncio.wait_for(asyncio.gather(*handling), 30)
        assert sorted(message["session_id"] for _by, message in handled) == sorted(f"s-{number}" for number in range(60))
        # Whoever handed it on, each answers for it.
        statuses = []
        for number, (_by, message) in enumerate(handled):
            delivery = message["delivery"]
            asked_of = (one, other)[number % 2]
            where = {**delivery, "url": f"{asked_of.url}/v1.0/deliveries/{delivery['id']}"}
            statuses.append((await asked_of.report(where, "done"))[0])
        assert set(statuses) == {200}
        assert (await one.metrics())["not_over"] == 0

    two(steps)


def test_the_locks_are_the_same_for_all(two):
    async def steps(one, other):
        assert await one.status(body=alarm(session="a")) == 200
        assert await other.status(body=alarm(session="b")) == 200
        handled = []
        await asyncio.wait_for(asyncio.gather(*(handle(running, handled, 2) for running in (one, other))), 30)
        (_by, first), (_by, second) = handled
        first = {**first["delivery"], "url": f"{one.url}/v1.0/deliveries/{first['delivery']['id']}"}
        second = {**second["delivery"], "url": f"{other.url}/v1.0/deliveries/{second['delivery']['id']}"}
        status, held = await one.hold(first, "vnf-1")
        assert status == 200
        assert (await other.hold(second, "vnf-1"))[1]["reason"] == "busy"
        assert (await one.report(first, "done"))[0] == 200
        status, later = await other.hold(second, "vnf-1")
        assert status == 200
        assert later["token"] > held["token"]

    two(steps)


def test_what_one_did_not_get_handled_another_hands_on_and_a_restart_takes_only_its_own(source, journal):
    args = {"journal": journal, "confirm": True, "batch_window": 0, "handling_timeout": 8, "max_batches": 1}

    async def main():
        async with listening(source, **args, listener="stays") as stays:
            assert await stays.status(body=alarm(session="mine")) == 200
            # As long as this is not taken in hand, only the other one hands on.
            (mine,) = await stays.batch()
            async with listening(source, **args, listener="ends") as ends:
                assert await ends.status(body=alarm(session="theirs")) == 200
                (theirs,) = await ends.batch()
            assert theirs["session_id"] == "theirs"
            async with listening(source, **args, listener="ends") as again:
                (message,) = await again.batch()
                assert (message["session_id"], message["delivery"]["attempt"]) == ("theirs", 2), "and not what the other one has"
            assert (await stays.hold(mine["delivery"], "vnf-1"))[0] == 200
            (message,) = await stays.batch()
            assert (message["session_id"], message["delivery"]["attempt"]) == ("theirs", 3)

    asyncio.run(main())


def test_a_post_and_a_restart(source, journal):
    """What one listener answered 200 to is known to the next one, its own repetition and its key."""

    async def main():
        body = alarm()
        async with listening(source, journal=journal, confirm=True) as running:
            assert await running.status(body=body) == 200
            (message,) = await running.batch()
        async with listening(source, journal=journal, confirm=True, retention=0) as running:
            assert await running.status(body=body) == 409
            where = {**message["delivery"], "url": f"{running.url}/v1.0/deliveries/{message['delivery']['id']}"}
            assert (await running.report(where, "done"))[0] in (200, 409)

    asyncio.run(main())


def test_a_database_that_is_not_there_is_an_error_without_its_password(source):
    pytest.importorskip("psycopg")
    with pytest.raises(ValueError, match=r"the journal postgresql\+psycopg://u:\*\*\*@127.0.0.1:9/d cannot be used: ") as raised:
        asyncio.run(source.main(asyncio.Queue(), {**ARGS, "journal": "postgresql://u:topsecret@127.0.0.1:9/d"}))
    assert "topsecret" not in str(raised.value)


def test_without_psycopg_the_error_says_what_to_install(intake, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("psycopg"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.startswith("psycopg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(intake.errors.ArgumentError, match="needs psycopg; run: pip install"):
        intake.database.Database("postgresql://u:p@127.0.0.1:9/d")
