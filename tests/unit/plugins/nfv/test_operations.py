# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of an order: Tacker takes it, and then much can happen."""

from __future__ import annotations

import pytest
import requests

from .conftest import ASPECT, INSTANCE, INSTANCE_ID
from .test_vnf_scale import IN, OUT, PARAMS, scales

MODULE = "vnf_scale"
CLI = "openstack --os-tacker-api-version 2 vnflcm op"


@pytest.fixture
def ordered(tacker):
    """Scaling in was ordered and taken."""
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.takes("scale", IN)
    return tacker


def scale_in(tacker, **params):
    return tacker.run(MODULE, {**PARAMS, "level": 0, **params})


@pytest.mark.parametrize(
    ("state", "params", "step"),
    [
        ("FAILED_TEMP", {"type": "SCALE_OUT"}, f"{CLI} rollback o1"),
        ("FAILED_TEMP", {"type": "SCALE_IN"}, f"{CLI} retry o1"),
        ("ROLLED_BACK", {}, "The VNF instance is as before"),
        ("FAILED", {}, f"{CLI} show o1"),
    ],
)
def test_an_operation_that_fails_says_why_and_what_next(ordered, state, params, step):
    ordered.hears_occ(state="PROCESSING")
    error = {"title": "Stack update failed", "status": 422, "detail": "No valid host was found"}
    ordered.hears_occ(state=state, operationParams=params, error=error)
    result = scale_in(ordered)
    assert result["failed"]
    assert f"SCALE o1 of VNF instance {INSTANCE_ID} ended {state}: " in result["msg"]
    assert ": Stack update failed: No valid host was found. " in result["msg"]
    assert step in result["msg"]
    assert result["failure"] == {"op_occ_id": "o1", "operation_state": state, "error": error}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"title": "Userdata execution failed",
          "detail": "b'Traceback (most recent call last):\\n  File x\\nKeyError: \\'y\\'\\n'"},
         "Userdata execution failed: KeyError: 'y'."),
        ({"status": 500, "detail": "The request you have made requires authentication. (HTTP 401)"},
         "FAILED: The request you have made requires authentication. (HTTP 401)."),
        (None, "Tacker gives no reason."),
    ],
)  # fmt: skip
def test_the_reason_is_one_sentence(ordered, error, words):
    ordered.hears_occ(state="FAILED", error=error)
    assert words in scale_in(ordered)["msg"]


def test_an_operation_that_waits_for_a_decision_stops_everything(tacker):
    tacker.hears_open(tacker.occ("f1", state="FAILED_TEMP", operation="HEAL"))
    tacker.hears_occ("f1", state="FAILED_TEMP", operation="HEAL", error={"title": "Stack update failed", "detail": "x"})
    result = scale_in(tacker)
    assert f"HEAL f1 of VNF instance {INSTANCE_ID} ended FAILED_TEMP: Stack update failed: x." in result["msg"]
    assert f"{CLI} retry f1" in result["msg"]
    assert tacker.conversation.writes == []


@pytest.mark.parametrize("state", ["STARTING", "PROCESSING", "ROLLING_BACK"])
def test_what_is_under_way_is_waited_for(tacker, state):
    tacker.hears_open(tacker.occ("x", state=state))
    tacker.hears_open(tacker.occ("x", state=state))
    tacker.hears_open()
    tacker.hears_instance(1)
    scales(tacker, IN, 0)
    assert scale_in(tacker)["changed"]


def test_the_wait_for_others_is_bounded(tacker):
    for _look in range(3):
        tacker.hears_open(tacker.occ("x", state="PROCESSING"))
    result = scale_in(tacker, timeout=1)
    assert "Timed out after 1 s waiting for the operations under way" in result["msg"]
    assert "last seen: SCALE x PROCESSING. Next: " in result["msg"]
    assert tacker.conversation.writes == []


@pytest.mark.parametrize("entered", ["2026-11-21T02:00:00Z", "2026-11-21T02:00:00.123456"])
def test_an_operation_that_never_began_is_not_waited_for(tacker, entered):
    """In lists Tacker's stamps have no zone; what counts is the server's clock, not ours."""
    dead = tacker.occ("dead", state="STARTING", stateEnteredTime=entered)
    date = {"Date": "Sat, 21 Nov 2026 02:10:00 GMT"}
    tacker.hears_open(dead, headers=date)
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open(dead, headers=date)
    tacker.takes("scale", IN)
    tacker.hears_occ()
    tacker.hears_instance(0)
    assert scale_in(tacker)["changed"]


def test_an_operation_that_stays_starting_under_our_eyes_is_given_up(tacker):
    for _look in range(29):
        tacker.hears_open(tacker.occ("dead", state="STARTING"))
    tacker.hears_instance(1)
    assert scale_in(tacker, level=1)["changed"] is False


def test_our_own_order_that_never_begins_is_an_error(ordered):
    for _look in range(29):
        ordered.hears_occ(state="STARTING")
    result = scale_in(ordered)
    assert "has not begun for more than 120 s (STARTING)" in result["msg"]
    assert result["failure"]["op_occ_id"] == "o1"


def test_the_wait_is_bounded(ordered):
    for _look in range(4):
        ordered.hears_occ(state="PROCESSING")
    result = scale_in(ordered, timeout=2)
    assert "Timed out after 2 s waiting for operation o1 to complete" in result["msg"]
    assert "last seen: SCALE PROCESSING since 2026-11-21T02:20:00Z" in result["msg"]
    assert f"Next: {CLI} show o1" in result["msg"]


def test_a_look_that_fails_now_and_then_does_not_end_the_wait(ordered):
    ordered.expect("GET", "/nfv-orchestration/vnflcm/v2/vnf_lcm_op_occs/o1", status=503, json={})
    ordered.expect("GET", "/nfv-orchestration/vnflcm/v2/vnf_lcm_op_occs/o1", error=requests.exceptions.ReadTimeout("slow"))
    ordered.hears_occ()
    ordered.hears_instance(0)
    assert scale_in(ordered)["changed"]


def test_looks_that_keep_failing_end_the_wait(ordered):
    for _look in range(6):
        ordered.expect("GET", "/nfv-orchestration/vnflcm/v2/vnf_lcm_op_occs/o1", status=503, json={})
    assert "Failed to read operation o1" in scale_in(ordered)["msg"]


def test_a_conflict_just_after_the_last_operation_is_tried_again(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    for _refusal in range(2):
        tacker.refuses("scale", 409, "Other LCM operation of vnfInstance is in progress.")
        tacker.hears_open()
    tacker.takes("scale", IN)
    tacker.hears_occ()
    tacker.hears_instance(0)
    assert scale_in(tacker)["changed"]


def test_a_conflict_with_an_operation_under_way_waits_for_it(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.refuses("scale", 409, "in progress")
    tacker.hears_open(tacker.occ("x", state="PROCESSING"))
    tacker.hears_open(tacker.occ("x", state="PROCESSING"))
    tacker.hears_open()
    tacker.takes("scale", IN)
    tacker.hears_occ()
    tacker.hears_instance(0)
    assert scale_in(tacker)["changed"]


def test_a_conflict_that_stays_is_an_error(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    for _refusal in range(16):
        tacker.refuses("scale", 409, "Other LCM operation of vnfInstance is in progress.")
        tacker.hears_open()
    result = scale_in(tacker)
    assert "HTTP 409: Other LCM operation of vnfInstance is in progress." in result["msg"]


def test_an_order_is_never_sent_twice_when_the_connection_breaks(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.counts("scale", 1)
    tacker.expect("POST", f"{INSTANCE}/scale", error=requests.exceptions.ConnectionError("reset"))
    assert "Failed to scale VNF instance" in scale_in(tacker)["msg"]
    assert len(tacker.conversation.writes) == 1


def test_an_order_that_is_refused(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.refuses("scale", 400, "Invalid numberOfSteps")
    assert scale_in(tacker)["msg"] == f"Failed to scale VNF instance {INSTANCE_ID}: HTTP 400: Invalid numberOfSteps"


@pytest.mark.parametrize("place", [{}, {"Location": "http://127.0.0.1:9890/elsewhere"}])
def test_an_answer_without_an_operation(tacker, place):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.counts("scale", 1)
    tacker.expect("POST", f"{INSTANCE}/scale", status=202, headers=place)
    assert "names no operation" in scale_in(tacker)["msg"]


@pytest.mark.parametrize("level", [0, 1])
def test_completed_without_any_server_that_came_or_went_is_an_error(ordered, level):
    """So it ends on a real Tacker when the user data of the package is missing in the order."""
    ordered.hears_occ()
    lie = ordered.instance(1)
    lie["instantiatedVnfInfo"]["scaleStatus"] = [{"aspectId": ASPECT, "scaleLevel": level}]
    ordered.expect("GET", INSTANCE, json=lie)
    result = scale_in(ordered)
    assert f"Operation o1 reads COMPLETED, but aspect {ASPECT}" in result["msg"]
    assert "lcm-operation-user-data" in result["msg"]


def test_another_partys_scaling_in_between_is_noticed(tacker):
    tacker.hears_open()
    tacker.hears_instance(0)
    tacker.hears_user_data()
    tacker.hears_open()
    tacker.takes("scale", OUT, level=0)
    tacker.hears_occ()
    tacker.hears_instance(2)
    assert "is at level 2 with 4 VNFCs" in tacker.run(MODULE, {**PARAMS, "level": 1})["msg"]


def test_what_another_run_did_while_this_one_waited_is_not_done_again(tacker):
    tacker.hears_open()
    tacker.hears_instance(1)
    tacker.hears_user_data()
    tacker.hears_open(tacker.occ("x", state="PROCESSING"))
    tacker.hears_open()
    tacker.counts("scale", 0)
    tacker.hears_instance(0)
    result = scale_in(tacker)
    assert (result["failed"], result["changed"], result[MODULE]["level"]) == (False, False, 0)
    assert tacker.conversation.writes == []
