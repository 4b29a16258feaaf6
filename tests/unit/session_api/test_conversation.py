# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the conversation, without a service around them."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages as m
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api import conversation as c
from ansible_collections.nfv.maintenance.plugins.plugin_utils.session_api.errors import BadRequest, Conflict

NOW = datetime.datetime(2026, 11, 21, 1, 0, 0)
LATER = NOW + datetime.timedelta(seconds=60)
BEFORE = NOW - datetime.timedelta(microseconds=1)


@dataclasses.dataclass
class Asked:
    id: str = "m1"
    state: str = "PLANNED_MAINTENANCE"
    key: str = ""
    round: int = 1
    dialect: str = "host"
    instance_ids: list[str] = dataclasses.field(default_factory=lambda: ["a", "b"])
    allowed_actions: list[str] = dataclasses.field(default_factory=lambda: list(m.ACTIONS))
    status: str = "pending"
    reply_at: datetime.datetime = LATER
    reply_state: str | None = None
    reply_actions: dict[str, str] = dataclasses.field(default_factory=dict)


def reply(text: str = "ACK_PLANNED_MAINTENANCE", **more: t.Any) -> c.Reply:
    verdict = m.parse_reply_state(text)
    assert verdict is not None
    return c.Reply(verdict, **more)


def decide(said: c.Reply, *asked: Asked) -> dict[str, dict[str, str]]:
    return {message.id: actions for message, actions in c.decide(said, asked, NOW)}


BOTH = {"a": "MIGRATE", "b": "OWN_ACTION"}
TAKEN = Asked(status="acknowledged", reply_state="ACK_PLANNED_MAINTENANCE", reply_actions=BOTH)


def test_an_action_for_each_instance() -> None:
    assert decide(reply(actions=BOTH), Asked()) == {"m1": BOTH}


def test_one_action_for_all() -> None:
    assert decide(reply(action="MIGRATE"), Asked()) == {"m1": {"a": "MIGRATE", "b": "MIGRATE"}}


def test_no_actions_where_none_are_wanted() -> None:
    assert decide(reply("ACK_SCALE_IN", actions=BOTH), Asked(state="SCALE_IN", instance_ids=[])) == {"m1": {}}


def test_a_refusal_names_no_actions() -> None:
    assert decide(reply("NACK_PLANNED_MAINTENANCE", actions=BOTH), Asked()) == {"m1": {}}


@pytest.mark.parametrize(
    ("said", "field", "text"),
    [
        ({"actions": {"a": "MIGRATE"}}, "instance_actions", "no action for instance b"),
        ({"actions": {**BOTH, "x": "MIGRATE"}}, "instance_actions", "instance x is not among"),
        ({"actions": {}}, "instance_actions", "no action for instance a, b"),
        ({}, "instance_actions", "must name an action"),
        ({"actions": {**BOTH, "a": "EXPLODE"}}, "instance_actions", "unknown action EXPLODE"),
        ({"action": "EXPLODE"}, "instance_action", "unknown action EXPLODE"),
        ({"instance_id": "a", "action": "MIGRATE"}, "instance_id", "about 2 instances"),
    ],
)
def test_replies_that_do_not_fit(said: dict[str, t.Any], field: str, text: str) -> None:
    with pytest.raises(BadRequest, match=text) as caught:
        decide(reply(**said), Asked())
    assert caught.value.body["field"] == field


def test_an_action_that_is_not_allowed() -> None:
    with pytest.raises(BadRequest, match="LIVE_MIGRATE is not allowed for instance a; allowed are MIGRATE"):
        decide(reply(action="LIVE_MIGRATE"), Asked(allowed_actions=["MIGRATE"]))


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ([], "no message PLANNED_MAINTENANCE is pending"),
        ([Asked(state="MAINTENANCE")], "no message PLANNED_MAINTENANCE is pending"),
        ([Asked(status="expired")], "too late"),
        ([Asked(reply_at=BEFORE)], "too late"),
        ([Asked(status="cancelled")], "cancelled"),
        ([dataclasses.replace(TAKEN, reply_actions={"a": "MIGRATE", "b": "MIGRATE"})], "answered before, with ACK"),
        ([Asked(status="refused", reply_state="NACK_PLANNED_MAINTENANCE")], "answered before, with NACK"),
    ],
)
def test_replies_that_come_at_the_wrong_time(asked: list[Asked], text: str) -> None:
    with pytest.raises(Conflict, match=text):
        decide(reply(actions=BOTH), *asked)


def test_the_very_last_moment_counts() -> None:
    assert decide(reply(actions=BOTH), Asked(reply_at=NOW)) == {"m1": BOTH}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (reply(actions=BOTH), TAKEN),
        (reply(action="MIGRATE"), dataclasses.replace(TAKEN, reply_actions={"a": "MIGRATE", "b": "MIGRATE"})),
        (
            reply(instance_id="a", action="MIGRATE"),
            dataclasses.replace(TAKEN, instance_ids=["a"], reply_actions={"a": "MIGRATE"}),
        ),
        (reply("NACK_PLANNED_MAINTENANCE"), Asked(status="refused", reply_state="NACK_PLANNED_MAINTENANCE")),
        (reply("ACK_SCALE_IN"), Asked(state="SCALE_IN", instance_ids=[], status="acknowledged", reply_state="ACK_SCALE_IN")),
    ],
)
def test_saying_it_again_changes_nothing(said: c.Reply, asked: Asked) -> None:
    assert decide(said, asked) == {}


def test_a_late_reply_does_not_pass_as_a_repetition_of_an_earlier_one() -> None:
    earlier = Asked(state="SCALE_IN", instance_ids=[], status="acknowledged", reply_state="ACK_SCALE_IN")
    later = Asked(id="m2", state="SCALE_IN", instance_ids=[], status="expired", key="again")
    with pytest.raises(Conflict, match="too late: the reply to message m2"):
        decide(reply("ACK_SCALE_IN"), earlier, later)
    asked_again = Asked(id="m2", status="expired", key="again")
    with pytest.raises(Conflict, match="too late"):
        decide(reply(actions=BOTH), TAKEN, asked_again)


def test_a_repetition_is_known_while_another_message_is_pending() -> None:
    other = Asked(id="m2", instance_ids=["x"])
    assert decide(reply(actions=BOTH), TAKEN, other) == {}
    assert decide(reply(actions={"x": "MIGRATE"}), TAKEN, other) == {"m2": {"x": "MIGRATE"}}


def test_two_messages_of_one_state_are_told_apart_by_their_instances() -> None:
    first, second = Asked(), Asked(id="m2", instance_ids=["x"])
    assert decide(reply(actions={"x": "MIGRATE"}), first, second) == {"m2": {"x": "MIGRATE"}}
    assert decide(reply(actions={**BOTH, "x": "MIGRATE"}), first, second) == {"m1": BOTH, "m2": {"x": "MIGRATE"}}
    with pytest.raises(BadRequest, match="no action for instance b"):
        decide(reply(actions={"x": "MIGRATE", "a": "MIGRATE"}), first, second)


def test_a_reply_may_name_the_message_it_means() -> None:
    first, second = (Asked(id=one, state="SCALE_IN", instance_ids=[], key=one) for one in ("m1", "m2"))
    assert decide(reply("ACK_SCALE_IN", message_id="m2"), first, second) == {"m2": {}}
    with pytest.raises(Conflict):
        decide(reply("ACK_SCALE_IN", message_id="m3"), first, second)


def test_an_instance_replies_for_itself() -> None:
    one, two = (Asked(id=f"m-{name}", dialect="instance", instance_ids=[name]) for name in "ab")
    assert decide(reply(instance_id="b", action="MIGRATE"), one, two) == {"m-b": {"b": "MIGRATE"}}
    assert decide(reply(instance_id="b", fallback={"b": "OWN_ACTION"}), one, two) == {"m-b": {"b": "OWN_ACTION"}}
    with pytest.raises(BadRequest, match="must name an action"):
        decide(reply(instance_id="b"), one, two)
    with pytest.raises(Conflict, match="about instance x"):
        decide(reply(instance_id="x", action="MIGRATE"), one, two)


def test_nobody_waits_for_a_reply_to_instance_action_done() -> None:
    assert decide(reply("ACK_INSTANCE_ACTION_DONE")) == {}


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (Asked(), True),
        (Asked(status="acknowledged"), True),
        (Asked(status="informed"), True),
        (Asked(status="refused"), False),
        (Asked(status="expired"), False),
        (Asked(status="cancelled"), False),
        (Asked(key="x"), False),
        (Asked(round=2), False),
        (Asked(state="PREPARE_MAINTENANCE"), False),
        (Asked(instance_ids=["a"]), False),
        (Asked(instance_ids=["a", "b", "c"]), True),
    ],
)
def test_what_counts_as_asked_already(asked: Asked, known: bool) -> None:
    assert c.same_question(asked, 1, "PLANNED_MAINTENANCE", "", ["a", "b"]) is known


def test_who_still_waits_for_the_end() -> None:
    told = [
        ("p1", "MAINTENANCE"),
        ("p2", "MAINTENANCE"),
        ("p1", "SCALE_IN"),
        ("p2", "MAINTENANCE_COMPLETE"),
        ("p3", "PLANNED_MAINTENANCE"),
    ]
    assert c.still_waiting(told) == ["p1"]
    assert c.still_waiting([*told, ("p2", "MAINTENANCE")]) == ["p1", "p2"]
