# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes of refusals and of silence."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._unwilling import maintenance_listening, maintenance_unwilling

PATIENCE = {"refusals": 2, "silences": 1, "pause": 60}


def refused(project_id="p", state="PLANNED_MAINTENANCE", refusals=1, **more):
    return {"project_id": project_id, "state": state, "status": "refused", "refusals": refusals, "reason": "busy", **more}


def expired(project_id="p", state="PLANNED_MAINTENANCE", silences=2, **more):
    return {"project_id": project_id, "state": state, "status": "expired", "silences": silences, "reason": None, **more}


def outcome(messages, on_silence="auto", listening=("p",)):
    """Who is moved without asking, who puts the wave off, and whether the run ends."""
    decided = maintenance_unwilling(messages, on_silence, PATIENCE, dict.fromkeys(listening, "it has constraints"))
    silent, declined = ([one["project_id"] for one in decided[name]] for name in ("silent", "declined"))
    return silent, declined, bool(decided["stop"])


def test_nothing_comes_of_consent():
    decided = maintenance_unwilling([{"project_id": "p", "status": "acknowledged"}], "auto", PATIENCE, {})
    assert decided == {"silent": [], "declined": [], "stop": ""}


@pytest.mark.parametrize("state", ["PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE"])
def test_a_wave_is_put_off_as_often_as_the_patience_allows(state):
    assert outcome([refused(state=state, refusals=2)]) == ([], ["p"], False)
    assert outcome([refused(state=state, refusals=3)]) == ([], [], True)
    assert outcome([refused(state=state, refusals=2, silences=1)]) == ([], ["p"], False), "one silence belongs to the asking"
    assert outcome([refused(state=state, refusals=2, silences=2)]) == ([], [], True)


@pytest.mark.parametrize("state", ["MAINTENANCE", "SCALE_IN", "MAINTENANCE_COMPLETE"])
def test_there_is_no_later_for_the_rest(state):
    assert outcome([refused(state=state)]) == ([], [], True)
    assert outcome([expired(state=state)]) == ([], [], True)


@pytest.mark.parametrize(
    ("on_silence", "of_listening", "of_others"),
    [
        ("auto", ([], ["p"], False), (["p"], [], False)),
        ("wait", ([], [], True), ([], [], True)),
        ("stop", ([], [], True), ([], [], True)),
        ("retry", (["p"], [], False), (["p"], [], False)),
        ("default_action", (["p"], [], False), (["p"], [], False)),
    ],
)
def test_silence_is_what_the_administrator_says(on_silence, of_listening, of_others):
    assert outcome([expired()], on_silence) == of_listening
    assert outcome([expired()], on_silence, listening=()) == of_others


@pytest.mark.parametrize("on_silence", ["auto", "wait", "stop", "retry", "default_action"])
def test_a_refusal_is_one_whatever_is_said_about_silence(on_silence):
    """Also where another instance of the project was left unanswered."""
    assert outcome([expired(silences=1), refused()], on_silence) == ([], ["p"], False)


def test_each_project_is_for_itself():
    messages = [refused("a"), expired("b"), expired("c"), refused("d", refusals=3), {"project_id": "e", "status": "acknowledged"}]
    assert outcome(messages, listening=("b",)) == (["c"], ["a", "b"], True)


def test_a_cancelled_message_ends_the_run():
    decided = maintenance_unwilling([{**refused(), "status": "cancelled", "reason": "the session failed"}], "auto", PATIENCE, {})
    assert decided["stop"].startswith("Project p: PLANNED_MAINTENANCE was cancelled (the session failed). Next: see what ended")


def test_the_end_names_project_state_reason_and_what_to_do():
    messages = [refused(refusals=3, project_name="web"), expired("q", project_name="q")]
    said = maintenance_unwilling(messages, "wait", PATIENCE, {"q": "it has constraints"})["stop"]
    assert said.startswith(
        "Project web (p): NACK_PLANNED_MAINTENANCE, 3 times in a row (busy). "
        "Project q (it has constraints): nobody answered PLANNED_MAINTENANCE, 2 times in a row. Next: settle it with the owners"
    )
    assert "rolling_host_maintenance_patience" in said
    assert "rolling_host_maintenance_on_silence=default_action" in said


def test_who_puts_a_wave_off_is_named_with_the_reason():
    decided = maintenance_unwilling([refused(project_name="web"), refused(reason="scaling")], "auto", PATIENCE, {})
    reason = "NACK_PLANNED_MAINTENANCE (busy; scaling)"
    assert decided["declined"] == [{"project_id": "p", "label": "web (p)", "state": "PLANNED_MAINTENANCE", "reason": reason}]


def test_an_unknown_policy_is_an_error_not_a_guess():
    with pytest.raises(ValueError, match="proceed"):
        maintenance_unwilling([], "proceed", PATIENCE, {})


def test_who_listens():
    messages = [{"project_id": "answered", "reply": {"state": "NACK_SCALE_IN"}}, {"project_id": "told", "reply": None}]
    kinds = {
        "exact": "maintenance.scheduled", "alias": "maintenance.planned",
        "any": "maintenance.*", "host": "maintenance.host",
    }  # fmt: skip
    alarms = [{"project_id": name, "event_type": kind, "enabled": True} for name, kind in kinds.items()]
    alarms.append({"project_id": "off", "event_type": "maintenance.scheduled", "enabled": False})
    webhooks = [{"project_id": "direct", "enabled": True}, {"project_id": "gone", "enabled": False}]
    constraints = {"instances": [{"project_id": "own"}], "groups": [{"project_id": "pair"}]}
    found = maintenance_listening(messages, constraints, alarms, webhooks)
    assert set(found) == {"answered", "exact", "alias", "any", "direct", "own", "pair"}
    assert found["answered"] == "it answered before"
    assert maintenance_listening([], {}) == {}
