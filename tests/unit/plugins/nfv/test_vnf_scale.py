# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vnf_scale says to Tacker when things go well, and what it refuses to say."""

from __future__ import annotations

import pytest
import requests

from .conftest import ASPECT, INSTANCE, INSTANCE_ID, OP_OCCS, USER_DATA

MODULE = "vnf_scale"
KEY = "nfv.maintenance:s1"
PARAMS = {"vnf_instance_id": INSTANCE_ID, "aspect_id": ASPECT}
IN = {"type": "SCALE_IN", "aspectId": ASPECT, "numberOfSteps": 1}
OUT = {"type": "SCALE_OUT", "aspectId": ASPECT, "numberOfSteps": 1}


@pytest.fixture(autouse=True)
def sign(monkeypatch):
    """The sign of the run, which nobody else has."""
    place = "ansible_collections.nfv.maintenance.plugins.module_utils._nfv.scale.new_sign"
    monkeypatch.setattr(place, lambda: "0a1b2c3d")


def claims(tacker, level):
    """The sign is put to the level before."""
    tacker.hears_open()
    tacker.takes("modify", {"metadata": {KEY: f"{ASPECT}@0a1b2c3d={level}"}}, "m1")
    tacker.hears_occ("m1", state="PROCESSING", operation="MODIFY_INFO")
    tacker.hears_occ("m1", operation="MODIFY_INFO")


def scales(tacker, body, level, params=None):
    """From the order to the instance read afterwards."""
    tacker.hears_user_data(params)
    tacker.hears_open()
    tacker.takes("scale", body, level=level + body["numberOfSteps"] * (1 if body["type"] == "SCALE_IN" else -1))
    tacker.hears_occ(state="STARTING")
    tacker.hears_occ(state="PROCESSING")
    tacker.hears_occ()
    tacker.hears_instance(level, metadata={"k": "v", KEY: f"{ASPECT}=1"})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "level, steps"),
        ({"level": 1, "steps": 1}, "mutually exclusive"),
        ({"state": "restored"}, "record"),
        ({"state": "restored", "record": KEY, "level": 1}, "leave level and steps out"),
        ({"steps": 0}, "steps is 0"),
    ],
)
def test_options_that_do_not_go_together(conversation, params, words):
    result = conversation.run(MODULE, {**PARAMS, **params})
    assert result["failed"]
    assert words in result["msg"]


def test_to_a_level(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    scales(tacker, IN, 0)
    result = tacker.run(MODULE, {**PARAMS, "level": 0})
    assert result["changed"]
    assert result[MODULE] == {
        "vnf_instance_id": INSTANCE_ID, "aspect_id": ASPECT, "level_before": 1, "level": 0, "vnfcs_before": 3, "vnfcs": 2,
        "added": [], "removed": ["vdu1-1"], "op_occ_id": "o1",
    }  # fmt: skip
    assert result["diff"] == {"before": {"level": 1, "vnfcs": 3}, "after": {"level": 0, "vnfcs": 2}}


def test_by_steps(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    scales(tacker, OUT, 2)
    result = tacker.run(MODULE, {**PARAMS, "steps": 1})
    assert (result[MODULE]["level"], result[MODULE]["added"]) == (2, ["vdu1-2"])


def test_the_level_is_reached_already(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    result = tacker.run(MODULE, {**PARAMS, "level": 1, "record": KEY})
    assert not result["changed"]
    assert result["diff"]["before"] == result["diff"]["after"]
    assert tacker.conversation.writes == []


def test_check_mode_writes_nothing(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    result = tacker.run(MODULE, {**PARAMS, "level": 0, "record": KEY}, check_mode=True)
    assert result["changed"]
    assert (result[MODULE]["level_before"], result[MODULE]["level"], result[MODULE]["op_occ_id"]) == (1, 0, None)
    assert result["diff"] == {"before": {"level": 1, "record": None}, "after": {"level": 0, "record": f"{ASPECT}=1"}}
    assert tacker.conversation.writes == []


def test_check_mode_does_not_wait_for_what_is_under_way(tacker):
    tacker.hears_open(tacker.occ(state="PROCESSING"))
    tacker.hears_instance(1)
    assert tacker.run(MODULE, {**PARAMS, "level": 1}, check_mode=True)["changed"] is False


def test_the_level_is_recorded_before_the_first_change(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    claims(tacker, 1)
    scales(tacker, IN, 0)
    result = tacker.run(MODULE, {**PARAMS, "level": 0, "record": KEY})
    assert result["diff"]["after"]["record"] == f"{ASPECT}=1"
    assert [call.split()[0] for call in tacker.conversation.writes] == ["PATCH", "POST"]


def test_a_record_that_is_there_is_kept(tacker):
    tacker.hears_open()
    tacker.hears_instance(1, metadata={KEY: f"{ASPECT}=2"})
    # The level stays; only whose it is changes.
    claims(tacker, 2)
    scales(tacker, IN, 0)
    assert tacker.run(MODULE, {**PARAMS, "level": 0, "record": KEY})["changed"]


def test_whoever_is_overtaken_lets_the_other_one_scale(tacker):
    """Tacker would do it twice: it does not look at its lock."""
    tacker.hears_open()
    tacker.hears_instance(1)
    claims(tacker, 1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.hears_instance(1, metadata={KEY: f"{ASPECT}@another0=1"})
    tacker.hears_open(tacker.occ(state="PROCESSING"))
    tacker.hears_open()
    tacker.hears_instance(0, metadata={KEY: f"{ASPECT}@another0=1"})
    result = tacker.run(MODULE, {**PARAMS, "level": 0, "record": KEY})
    assert (result["failed"], result["changed"], result[MODULE]["level"]) == (False, False, 0)
    assert [call.split()[0] for call in tacker.conversation.writes] == ["PATCH"]


def test_one_that_overtook_and_was_killed_is_not_waited_for_for_ever(tacker, monkeypatch):
    monkeypatch.setattr("ansible_collections.nfv.maintenance.plugins.module_utils._nfv.scale.PATIENCE", 1.5)
    theirs = {KEY: f"{ASPECT}@another0=1"}
    tacker.hears_open()
    tacker.hears_instance(1)
    claims(tacker, 1)
    tacker.hears_user_data()
    for _look in range(3):
        tacker.hears_open()
        tacker.hears_instance(1, metadata=theirs)
    claims(tacker, 1)
    scales(tacker, IN, 0)
    assert tacker.run(MODULE, {**PARAMS, "level": 0, "record": KEY})["changed"]


def test_restored(tacker):
    tacker.hears_open()
    tacker.hears_instance(0, metadata={KEY: f"{ASPECT}@another0=1"})
    claims(tacker, 1)
    scales(tacker, OUT, 1)
    tacker.hears_open()
    tacker.takes("modify", {"metadata": {KEY: None}}, "m1")
    tacker.hears_occ("m1", operation="MODIFY_INFO")
    result = tacker.run(MODULE, {**PARAMS, "state": "restored", "record": KEY, "wait": False})
    assert result["changed"]
    assert result["diff"]["before"]["record"] == f"{ASPECT}=1"
    assert result["diff"]["after"] == {"level": 1, "vnfcs": 3, "record": None}


def test_restored_after_a_restore_that_broke_off_only_forgets(tacker):
    tacker.hears_open()
    tacker.hears_instance(1, metadata={KEY: f"{ASPECT}=1"})
    tacker.hears_open()
    tacker.takes("modify", {"metadata": {KEY: None}}, "m1")
    tacker.hears_occ("m1", operation="MODIFY_INFO")
    result = tacker.run(MODULE, {**PARAMS, "state": "restored", "record": KEY})
    assert result["changed"]
    assert result["diff"]["before"] != result["diff"]["after"]


def test_restored_without_a_record_does_nothing(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    result = tacker.run(MODULE, {**PARAMS, "state": "restored", "record": KEY})
    assert (result["changed"], result[MODULE]["level"]) == (False, 1)


def test_restored_in_check_mode(tacker):
    tacker.hears_open()
    tacker.hears_instance(0, metadata={KEY: f"{ASPECT}=1"})
    result = tacker.run(MODULE, {**PARAMS, "state": "restored", "record": KEY}, check_mode=True)
    assert (result["changed"], result[MODULE]["level"]) == (True, 1)
    assert tacker.conversation.writes == []


@pytest.mark.parametrize("kept", ["other_aspect=1", "nonsense", 1])
def test_a_record_of_something_else_is_refused(tacker, kept):
    tacker.hears_open()
    tacker.hears_instance(1, metadata={KEY: kept})
    result = tacker.run(MODULE, {**PARAMS, "state": "restored", "record": KEY})
    assert "is not a level of aspect" in result["msg"]


def test_a_record_key_that_tacker_would_refuse(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    assert "cannot be a key of metadata" in tacker.run(MODULE, {**PARAMS, "level": 0, "record": "a=b"})["msg"]


@pytest.mark.parametrize(("params", "level"), [({"level": 3}, 3), ({"level": -1}, -1), ({"steps": 2}, 3), ({"steps": -2}, -1)])
def test_bounds_are_checked_before_anything_is_written(tacker, params, level):
    tacker.hears_open()
    tacker.hears_instance(1)
    result = tacker.run(MODULE, {**PARAMS, **params, "record": KEY})
    assert f"cannot be at level {level}: the levels are 0 to 2, and it is at 1" in result["msg"]


def test_an_unknown_aspect_names_the_known_ones(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    result = tacker.run(MODULE, {**PARAMS, "aspect_id": "x", "level": 1})
    assert f"has no scaling aspect x. Its aspects: {ASPECT}" in result["msg"]


def test_an_unknown_instance(tacker):
    tacker.hears_open()
    tacker.expect("GET", INSTANCE, status=404, json={"status": 404, "detail": "not found"})
    assert f"There is no VNF instance {INSTANCE_ID}. Next: " in tacker.run(MODULE, {**PARAMS, "level": 1})["msg"]


def test_an_instance_that_does_not_run(tacker):
    tacker.hears_open()
    tacker.hears_instance(state="NOT_INSTANTIATED")
    assert "is NOT_INSTANTIATED" in tacker.run(MODULE, {**PARAMS, "level": 1})["msg"]


def test_user_data_of_the_instantiation_goes_with_the_order(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    scales(tacker, {**IN, "additionalParams": {**USER_DATA, "x": 1}}, 0, {**USER_DATA, "secret": "not taken over"})
    assert tacker.run(MODULE, {**PARAMS, "level": 0, "additional_params": {"x": 1}})["changed"]


def test_user_data_that_is_given_is_used_instead(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_open()
    tacker.takes("scale", {**IN, "additionalParams": USER_DATA})
    tacker.hears_occ()
    tacker.hears_instance(0)
    assert tacker.run(MODULE, {**PARAMS, "level": 0, "additional_params": USER_DATA})["changed"]


def test_without_waiting(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.takes("scale", IN)
    tacker.hears_occ(state="STARTING")
    result = tacker.run(MODULE, {**PARAMS, "level": 0, "wait": False})
    assert (result["changed"], result[MODULE]["op_occ_id"], result[MODULE]["level"]) == (True, "o1", 0)


@pytest.mark.parametrize("status", [401, 403])
def test_refusals(tacker, status):
    for _attempt in range(2 if status == 401 else 1):
        tacker.expect("GET", OP_OCCS, status=status, json={"error": {"message": "no right to that"}})
    assert "no right to that" in tacker.run(MODULE, {**PARAMS, "level": 1})["msg"]


def test_timeout_of_a_call(tacker):
    tacker.expect("GET", OP_OCCS, error=requests.exceptions.ReadTimeout("slow"))
    assert "Failed to list the operations" in tacker.run(MODULE, {**PARAMS, "level": 1})["msg"]
