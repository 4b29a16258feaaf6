# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which messages wait for each other, and what the event source is told of them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.maintenance.plugins.plugin_utils._reports import maintenance_reports
from ansible_collections.nfv.maintenance.plugins.plugin_utils._turns import maintenance_turns
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, t.Any]


def hint(number: int) -> Json:
    return {"session_id": "s", "delivery": {"id": f"d-{number}", "attempt": 1, "key": "k", "url": "u"}}


def message(number: int, *deliveries: int, state: str = "MAINTENANCE") -> Json:
    return {"id": f"m-{number}", "state": state, "deliveries": [f"d-{one}" for one in deliveries or (number,)]}


def decision(number: int, *deliveries: int, quick: bool = True, touched: t.Sequence[str] = ()) -> Json:
    return {"message": message(number, *deliveries), "quick": quick, "touched": [*touched]}


def reply(status: str = "accepted", reason: str | None = None) -> Json:
    return {"state": "ACK_MAINTENANCE", "status": status, "reason": reason}


def ids(reports: dict[str, list[Json]]) -> dict[str, dict[str, str]]:
    return {name: {one["id"]: one["outcome"] for one in found} for name, found in reports.items()}


def test_what_was_answered_or_led_nowhere_is_over() -> None:
    dropped = [{"deliveries": ["d-2"], "reason": "it is not pending"}]
    messages = [message(1), message(3, state="INSTANCE_ACTION_DONE")]
    hints = [*map(hint, (1, 2, 3)), {"session_id": "by hand"}]
    reports = maintenance_reports(hints, messages, dropped, [decision(1)], [reply()])
    expected = {"d-1": "ACK_MAINTENANCE accepted", "d-2": "it is not pending", "d-3": "INSTANCE_ACTION_DONE only informs"}
    assert ids(reports) == {"done": expected, "released": {}}
    assert reports["done"][0]["key"] == "k", "all that a report needs"


def test_a_reply_that_was_not_taken_gives_its_delivery_back_and_one_that_is_late_does_not() -> None:
    decisions = [decision(1), decision(2), decision(3)]
    replies = [reply("failed", "no answer"), reply("late", "due at noon"), reply("refused", "HTTP 400")]
    reports = maintenance_reports([*map(hint, (1, 2, 3))], [message(n) for n in (1, 2, 3)], [], decisions, replies)
    assert ids(reports) == {
        "done": {"d-2": "ACK_MAINTENANCE late: due at noon"},
        "released": {"d-1": "ACK_MAINTENANCE failed: no answer", "d-3": "ACK_MAINTENANCE refused: HTTP 400"},
    }


def test_what_wants_an_action_is_not_over_even_if_another_message_of_it_is() -> None:
    decisions = [decision(1, 1), decision(2, 1, quick=False), decision(3, 2, quick=False)]
    messages = [message(1, 1), message(2, 1), message(3, 2)]
    reports = maintenance_reports([hint(1), hint(2)], messages, [], decisions, [reply()])
    assert reports == {"done": [], "released": []}


def turns(*touched: t.Sequence[str]) -> list[list[str]]:
    """The groups, by the numbers of their messages."""
    decisions = [decision(number, touched=one) for number, one in enumerate(touched)]
    return [[turn["decision"]["message"]["id"] for turn in group] for group in maintenance_turns(decisions, [])]


def test_only_messages_about_the_same_vnf_wait_for_each_other() -> None:
    assert turns(["a"], ["b"], ["a"], []) == [["m-0", "m-2"], ["m-1"], ["m-3"]]
    assert turns(["a"], ["b"], ["c"], ["a", "c"]) == [["m-0", "m-2", "m-3"], ["m-1"]]


def test_a_turn_comes_with_its_deliveries() -> None:
    ((turn,),) = maintenance_turns([decision(1, 1, 2, 9)], [hint(1), hint(2), hint(3), {}])
    assert [one["id"] for one in turn["deliveries"]] == ["d-1", "d-2"]


@given(st.lists(st.sets(st.sampled_from("abcdef"), max_size=3), max_size=12))
def test_groups_share_no_vnf_lose_nothing_and_keep_the_order(touched: list[set[str]]) -> None:
    groups = [[int(one[2:]) for one in group] for group in turns(*map(sorted, touched))]
    assert sorted(number for group in groups for number in group) == [*range(len(touched))]
    assert all(group == sorted(group) for group in groups)
    shared = [set().union(*(touched[number] for number in group)) for group in groups]
    assert sum(map(len, shared)) == len(set().union(*shared))
