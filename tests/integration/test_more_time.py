# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A project asks for more time, and the administrator's run, a play of its own, waits for it."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from test_conversation import Talk, task

from tests.waiting import until

# The margin of 15 s that a run waits beyond a deadline must not be what the reply comes in.
WINDOW = 4
MORE = 25


@pytest.fixture
def talk(stack: t.Any, tmp_path: t.Any, request: pytest.FixtureRequest) -> t.Iterator[Talk]:
    made = Talk(stack, tmp_path, request.node.name)
    yield made
    made.admin.do(task("fenix_session", name=made.name, state="absent"))


def read(talk: Talk, message: dict[str, t.Any]) -> dict[str, t.Any]:
    return dict(talk.stack.session_api(f"sessions/{talk.sid}/messages/{message['id']}"))


def test_a_run_waits_for_the_new_deadline(talk: Talk) -> None:
    asked = talk.admin_plays.begin(talk.message("SCALE_IN", window=WINDOW))
    [sent] = talk.heard()
    ask = task("fenix_message_extension", session_id=talk.sid, message_id=sent["id"], seconds=MORE, reason="draining")
    [granted] = talk.vnf.do(ask)
    assert (granted["changed"], granted["fenix_message"]["extended"]) == (True, MORE)
    # Past the moment at which a run that kept to the window would have given up: 4 + 15 s.
    until("the old end", lambda: seconds_since(sent) > WINDOW + 15.5, WINDOW + 30, every=0.5)
    assert read(talk, sent)["status"] == "pending"
    assert asked._process.poll() is None, "the run has given up"
    [replied] = talk.vnf.do(talk.reply("ACK_SCALE_IN"))
    assert replied["changed"]
    [told] = asked.finish()
    assert not told["failed"], told["msg"]
    assert told["fenix_messages"][0]["status"] == "acknowledged"
    texts = [one["text"] for one in talk.stack.session_api(f"sessions/{talk.sid}/events")["events"]]
    assert any(f"{MORE} s more for SCALE_IN because draining" in text for text in texts)


def seconds_since(message: dict[str, t.Any]) -> float:
    created = dt.datetime.fromisoformat(message["created_at"])
    return (dt.datetime.now(dt.UTC) - created).total_seconds()


def test_the_owners_play_asks_and_a_refusal_says_why(talk: Talk) -> None:
    """Through the action plug-in; a stranger's request is as if there were no such message."""
    asked = talk.admin.begin(talk.message(window=20, on_silence="return", on_refusal="return"))
    [sent] = talk.heard()
    options = {"session_id": talk.sid, "message_id": sent["id"]}
    granted, too_much = talk.vnf_plays.do(
        task("fenix_message_extension", seconds=5, **options), task("fenix_message_extension", seconds=5000, **options)
    )
    assert granted["fenix_message"]["extended"] == 5
    assert too_much["failed"]
    assert "600 seconds at most; 595 are left" in too_much["msg"]
    [strange] = talk.stranger.do(task("fenix_message_extension", seconds=5, **options))
    assert strange["failed"]
    assert read(talk, sent)["extended"] == 5
    talk.vnf.do(talk.reply("NACK_MAINTENANCE"))
    [told] = asked.result(60)
    assert told["refused"][0]["extended"] == 5
    [late] = talk.vnf.do(task("fenix_message_extension", seconds=5, **options))
    assert "is refused; nothing is to be extended" in late["msg"]
