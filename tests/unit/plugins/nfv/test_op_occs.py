# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vnf_lcm_op_occ asks of Tacker around a decision, where it goes wrong."""

from __future__ import annotations

import pytest

from .conftest import INSTANCE_ID, OP_OCCS

MODULE = "vnf_lcm_op_occ"
OUT = {"type": "SCALE_OUT"}
BLOCKED = {"state": "FAILED_TEMP", "operationParams": OUT, "error": {"title": "Stack update failed", "detail": "no room"}}


def hears_blocked(tacker, times=2):
    for _time in range(times):
        tacker.hears_occ(**BLOCKED)


def test_a_grant_that_is_gone_blocks_for_good(tacker):
    hears_blocked(tacker)
    detail = "GrantRequest or Grant for LCM operation o1 not found."
    tacker.expect("POST", f"{OP_OCCS}/o1/rollback", status=404, json={"status": 404, "detail": detail})
    result = tacker.run(MODULE, {"id": "o1", "state": "rolled_back"})
    assert detail in result["msg"]
    assert f"blocks VNF instance {INSTANCE_ID} for good. Next: delete the operation in Tacker's database" in result["msg"]


def test_a_decision_is_given_time_to_begin(tacker):
    hears_blocked(tacker)
    tacker.expect("POST", f"{OP_OCCS}/o1/retry", status=202)
    hears_blocked(tacker, 3)
    tacker.hears_occ(state="PROCESSING", operationParams=OUT)
    tacker.hears_occ(operationParams=OUT)
    result = tacker.run(MODULE, {"id": "o1", "state": "retried"})
    assert (result["changed"], result[MODULE]["operation_state"]) == (True, "COMPLETED")


def test_an_operation_that_fails_anew_is_looked_at_anew(tacker):
    hears_blocked(tacker, 1)
    later = {**BLOCKED, "stateEnteredTime": "2026-11-21T02:30:00Z"}
    tacker.hears_occ(**later)
    tacker.hears_occ(**later)
    tacker.expect("POST", f"{OP_OCCS}/o1/fail", json={})
    tacker.hears_occ(state="FAILED", operationParams=OUT)
    assert tacker.run(MODULE, {"id": "o1", "state": "failed"})["changed"]


def test_an_operation_that_never_rests_is_left_when_the_time_is_over(tacker):
    for second in range(5):
        tacker.hears_occ(**BLOCKED | {"stateEnteredTime": f"2026-11-21T02:30:0{second}Z"})
    result = tacker.run(MODULE, {"id": "o1", "state": "failed", "timeout": 7})
    assert "SCALE o1 of VNF instance" in result["msg"]
    assert "it was FAILED_TEMP since 2026-11-21T02:30:04Z at the last look" in result["msg"]
    assert "vnflcm op show o1" in result["msg"]


@pytest.mark.parametrize("state", ["STARTING", "PROCESSING", "ROLLING_BACK"])
def test_check_mode_does_not_wait(tacker, state):
    tacker.hears_occ(state=state, operationParams=OUT)
    result = tacker.run(MODULE, {"id": "o1", "state": "retried"}, check_mode=True)
    assert f"is {state}; only one that failed can be decided" in result["msg"]
