# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deadlines that were moved: as a handler says, and as the maintenance service shows."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from tests.unit.eda.listening import alarm, listening
from tests.unit.eda.test_answering import answering, folder, notification, ready, waited
from tests.unit.eda.test_deliveries import Clock, clock, one

__all__ = ["clock", "folder"]
WINDOW, MORE, LATER = 60.0, 600.0, 100.0
DAY = 86400.0


def at(seconds: float) -> str:
    """So many seconds from now."""
    return datetime.fromtimestamp(time.time() + seconds, UTC).isoformat()


def due(answer: dict[str, str]) -> float:
    """In how many seconds the journal takes the reply to be due."""
    return datetime.fromisoformat(answer["reply_at"]).timestamp() - time.time()


# A handler has 30 seconds.
ARGS = {"confirm": True, "batch_window": 0, "handling_timeout": 30}


async def handed_on(running, *message_ids: str):
    """The deliveries of these messages, once they are handed on, and of all that was until then."""
    found = {}
    while not set(message_ids) <= set(found):
        found |= {message["message_id"]: message["delivery"] for message in await running.batch()}
    return found


@waited
async def test_a_message_with_more_time_is_handed_on_after_its_first_deadline(source, clock: Clock):
    async with listening(source, **ARGS) as running:
        late, more = [await one(running, message_id=name, reply_at=at(WINDOW)) for name in ("late", "more")]
        for delivery in (late, more):
            assert (await running.hold(delivery, seconds=30))[0] == 200
        status, answer = await running.report(more, "extended", reply_at=at(MORE))
        assert (status, answer["attempt"], round(due(answer), -1)) == (200, 1, MORE)
        assert (await running.metrics())["extended_total"] == 1
        # Both runs are killed.
        clock.ahead += LATER
        assert await running.status(body=alarm(message_id="wakes")) == 200
        found = await handed_on(running, "more", "wakes")
        assert (found["more"]["id"], found["more"]["attempt"]) == (more["id"], 2)
        assert "late" not in found
        await running.log.wait_for(f"delivery {late['id']}.: its reply deadline has passed")


@pytest.mark.parametrize(("said", "expected"), [(10.0, WINDOW), (MORE, MORE), (10 * DAY, DAY)])
@waited
async def test_a_deadline_moves_neither_back_nor_out_of_sight(source, said, expected):
    async with listening(source, **ARGS) as running:
        delivery = await one(running, reply_at=at(WINDOW))
        _status, answer = await running.report(delivery, "extended", reply_at=at(said))
        assert due(answer) == pytest.approx(expected, abs=5)


@waited
async def test_only_who_has_the_message_in_hand_moves_its_deadline(source):
    async with listening(source, **ARGS) as running:
        delivery, other = await one(running, reply_at=at(WINDOW)), await one(running)
        assert (await running.report(delivery, "extended", key=other["key"], reply_at=at(MORE)))[0] == 401
        for wrong in ({}, {"reply_at": "soon"}, {"reply_at": 5}, {"reply_at": None}):
            assert (await running.report(delivery, "extended", **wrong))[0] == 400
        assert (await running.report(delivery, "released", reason="another run, please"))[0] == 200
        [again] = await running.batch()
        assert again["delivery"]["attempt"] == 2
        status, answer = await running.report(delivery, "extended", reply_at=at(MORE))
        assert (status, answer["reason"]) == (409, "stale")
        assert (await running.report(again["delivery"], "done"))[0] == 200
        status, answer = await running.report(again["delivery"], "extended", reply_at=at(MORE))
        assert (status, answer["reason"]) == (409, "over")


def waits(message_id: str, seconds: float) -> str:
    """What the process says of a message that waits: it is due then."""
    told = notification(message_id=message_id, reply_at=at(seconds))
    return json.dumps({**told, "timestamp": "2026-11-21T01:00:00.000000Z"}) + "\n"


@waited
async def test_the_deadline_of_the_service_counts_where_nobody_has_told(source, folder, clock: Clock):
    """The run that asked for more time was killed before it could say so."""
    args = {**ARGS, "journal": str(folder / "journal.sqlite")}
    async with answering(source, **args) as running:
        await ready(running)
        assert await running.status(body=alarm(session="work-1", message_id="m-1", reply_at=at(WINDOW))) == 200
        first = (await handed_on(running, "m-1"))["m-1"]
    (folder / "pending").write_text(waits("m-1", MORE) + waits("m-2", MORE))
    async with answering(source, **args) as running:
        # The second is made up after the first was looked at.
        second = (await handed_on(running, "m-1", "m-2"))["m-1"]
        assert (second["id"], second["attempt"]) == (first["id"], 2)
        await running.settled()
        clock.ahead += LATER
        assert await running.status(body=alarm("INSTANCE_ACTION_DONE", message_id="wakes")) == 200
        assert (await handed_on(running, "m-1"))["m-1"]["attempt"] == 3


@waited
async def test_what_was_given_up_before_its_new_deadline_comes_again_for_good(source, folder, clock, intake, monkeypatch):
    monkeypatch.setattr(intake.reconciling, "SECOND_THOUGHTS", -1.0)
    args = {**ARGS, "journal": str(folder / "journal.sqlite")}
    async with answering(source, **args) as running:
        await ready(running)
        assert await running.status(body=alarm(session="work-1", message_id="m-1", reply_at=at(WINDOW))) == 200
        first = (await handed_on(running, "m-1"))["m-1"]
        clock.ahead += LATER
        assert (await running.report(first, "released", reason="killed"))[0] == 200
        await running.log.wait_for("its reply deadline has passed")
    (folder / "pending").write_text(waits("m-1", MORE))
    async with answering(source, **args) as running:
        assert (await handed_on(running, "m-1"))["m-1"]["id"] == first["id"]
