# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vnf_scale decides about a scale operation that failed, and that it never decides before Tacker has begun with the last."""

from __future__ import annotations

import pytest

from .conftest import ASPECT, INSTANCE_ID, OP_OCCS

MODULE = "vnf_scale"
PARAMS = {"vnf_instance_id": INSTANCE_ID, "aspect_id": ASPECT}
IN = {"type": "SCALE_IN", "aspectId": ASPECT, "numberOfSteps": 1}
OUT = {"type": "SCALE_OUT", "aspectId": ASPECT, "numberOfSteps": 1}
ERROR = {"error": {"title": "Stack update failed", "status": 422, "detail": "no valid host"}}
LATER = {"stateEnteredTime": "2026-11-21T02:21:00Z"}


class Failing:
    """A scale operation that ends in FAILED_TEMP."""

    def __init__(self, tacker, body, level):
        self.tacker = tacker
        tacker.hears_open()
        tacker.hears_instance(level)
        tacker.hears_user_data()
        tacker.hears_open()
        tacker.takes("scale", body, level=level)
        self.failed = {"operationParams": body, **ERROR}
        tacker.hears_occ(state="FAILED_TEMP", **self.failed)

    def decides(self, decision, status=202, **more):
        self.tacker.expect("POST", f"{OP_OCCS}/o1/{decision}", status=status, **more)

    def reads(self, state, **more):
        self.tacker.hears_occ(state=state, **{**self.failed, **more})

    def run(self, level, *on_failure, **params):
        return self.tacker.run(MODULE, {**PARAMS, "level": level, "on_failure": [*on_failure], **params})


def test_a_retry_that_succeeds_is_a_success(tacker):
    failing = Failing(tacker, IN, 1)
    failing.decides("retry")
    failing.reads("FAILED_TEMP")
    failing.reads("PROCESSING", **LATER)
    failing.reads("COMPLETED", **LATER)
    tacker.hears_instance(0)
    result = failing.run(0, "retry", "fail")
    assert (result["changed"], result[MODULE]["level"]) == (True, 0)


def test_a_decision_has_no_body(tacker):
    """Tacker answers 500 to one with a body."""
    failing = Failing(tacker, IN, 1)
    failing.decides("fail", status=200, json={})
    failing.reads("FAILED", **LATER)
    failing.run(0, "fail")
    [call] = [call for call in tacker.conversation.made if call.path.endswith("/fail")]
    assert not call.body


def test_after_a_retry_that_fails_again_it_is_rolled_back_and_that_is_an_error(tacker):
    failing = Failing(tacker, OUT, 1)
    failing.decides("retry")
    failing.reads("PROCESSING", **LATER)
    failing.reads("FAILED_TEMP", **LATER)
    failing.decides("rollback")
    failing.reads("ROLLING_BACK", stateEnteredTime="2026-11-21T02:22:00Z")
    failing.reads("ROLLED_BACK", stateEnteredTime="2026-11-21T02:23:00Z")
    result = failing.run(2, "retry", "rollback")
    assert result["failed"]
    assert "ended ROLLED_BACK after retry and rollback: Stack update failed: no valid host" in result["msg"]
    assert "The VNF instance is as before" in result["msg"]


def test_a_scale_in_is_never_rolled_back(tacker):
    failing = Failing(tacker, IN, 1)
    result = failing.run(0, "rollback")
    assert "ended FAILED_TEMP: Stack update failed" in result["msg"]
    assert "op retry o1" in result["msg"]


def test_what_is_given_up_blocks_nothing_and_is_an_error(tacker):
    failing = Failing(tacker, IN, 1)
    failing.decides("retry")
    failing.reads("FAILED_TEMP", **LATER)
    failing.decides("fail", status=200, json={})
    failing.reads("FAILED", stateEnteredTime="2026-11-21T02:22:00Z")
    result = failing.run(0, "retry", "rollback", "fail")
    assert "ended FAILED after retry and fail" in result["msg"]


def test_without_a_decision_it_stays_as_it_is(tacker):
    failing = Failing(tacker, IN, 1)
    assert "It blocks the VNF instance until it is decided" in failing.run(0)["msg"]
    assert not [call for call in tacker.conversation.writes if call.endswith(("retry", "rollback", "fail"))]


def test_a_retry_that_fails_within_the_same_second_is_believed_in_the_end(tacker):
    failing = Failing(tacker, IN, 1)
    failing.decides("retry")
    for _look in range(8):
        failing.reads("FAILED_TEMP")
    assert "ended FAILED_TEMP after retry" in failing.run(0, "retry")["msg"]


def test_the_time_is_the_same_for_all_of_it(tacker):
    failing = Failing(tacker, IN, 1)
    failing.decides("retry")
    for _look in range(4):
        failing.reads("PROCESSING", **LATER)
    result = failing.run(0, "retry", "fail", timeout=2)
    assert "waiting for operation o1 to complete" in result["msg"]


@pytest.mark.parametrize("state", ["ROLLED_BACK", "FAILED"])
def test_what_does_not_block_is_not_decided(tacker, state):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.takes("scale", IN)
    tacker.hears_occ(state=state, operationParams=IN, **ERROR)
    result = tacker.run(MODULE, {**PARAMS, "level": 0, "on_failure": ["retry", "fail"]})
    assert f"ended {state}: " in result["msg"]


def left_over(tacker, operation="SCALE"):
    """An operation that failed, and that nobody has decided about since its run was killed."""
    failed = {"operation": operation, "operationParams": IN, **ERROR}
    tacker.hears_open(tacker.occ("o7", state="FAILED_TEMP", **failed))
    tacker.hears_occ("o7", state="FAILED_TEMP", **failed)
    return failed


def test_what_a_killed_run_has_left_blocking_is_decided_about_by_the_policy(tacker):
    failed = left_over(tacker)
    tacker.hears_occ("o7", state="FAILED_TEMP", **failed)
    tacker.hears_occ("o7", state="FAILED_TEMP", **failed)
    tacker.expect("POST", f"{OP_OCCS}/o7/retry", status=202)
    tacker.hears_occ("o7", **{**failed, **LATER})
    tacker.hears_open()
    tacker.hears_instance(0)
    result = tacker.run(MODULE, {**PARAMS, "level": 0, "on_failure": ["retry", "fail"]})
    assert (result["failed"], result[MODULE]["level"]) == (False, 0)


def test_what_is_given_up_of_a_killed_run_is_made_anew(tacker):
    failed = left_over(tacker)
    tacker.hears_occ("o7", state="FAILED_TEMP", **failed)
    tacker.hears_occ("o7", state="FAILED_TEMP", **failed)
    tacker.expect("POST", f"{OP_OCCS}/o7/fail", status=200, json={})
    tacker.hears_occ("o7", state="FAILED", **{**failed, **LATER})
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.takes("scale", IN, level=1)
    tacker.hears_occ()
    tacker.hears_instance(0)
    assert tacker.run(MODULE, {**PARAMS, "level": 0, "on_failure": ["fail"]})["changed"]


def test_nobody_decides_about_a_failed_operation_of_another_kind(tacker):
    failed = left_over(tacker, "HEAL")
    tacker.hears_occ("o7", state="FAILED_TEMP", **failed)
    result = tacker.run(MODULE, {**PARAMS, "level": 0, "on_failure": ["retry"]})
    assert "HEAL o7 of VNF instance" in result["msg"]
    assert tacker.conversation.writes == []


def test_without_a_policy_it_goes_on_blocking(tacker):
    left_over(tacker)
    assert "It blocks the VNF instance until it is decided" in tacker.run(MODULE, {**PARAMS, "level": 0})["msg"]
