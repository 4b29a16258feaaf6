# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_lcm_op_occ and vnf_lcm_op_occ_info on the real Tacker."""

from __future__ import annotations

import threading

import pytest

from tests.tacker.package import ASPECT, USER_DATA
from tests.tacker.real_tacker import LCM, link
from tests.tacker.wire import PASS

MODULE = "vnf_lcm_op_occ"
SERVER = "OS::Nova::Server"
OUT = {"type": "SCALE_OUT", "aspectId": ASPECT, "additionalParams": USER_DATA}
IN = {**OUT, "type": "SCALE_IN"}


@pytest.fixture(scope="module")
def running(running_tacker, package):
    instance_id = running_tacker.instantiate(package.vnfd_id, "decided")
    yield instance_id
    running_tacker.remove(instance_id)


@pytest.fixture
def vnf(tacker, running):
    """A VNF that runs with two servers and that nothing blocks."""
    yield running
    tacker.reset()
    tacker.run(MODULE, {"vnf_instance_id": running, "state": "failed"})
    if len(tacker.cloud.resources(running, SERVER)) > 2 or level(tacker, running):
        tacker.run("vnf_scale", {"vnf_instance_id": running, "aspect_id": ASPECT, "level": 0})


def level(tacker, instance_id):
    return tacker.instance(instance_id)["instantiatedVnfInfo"]["scaleStatus"][0]["scaleLevel"]


def blocked(tacker, instance_id, verb="scale", body=None):
    """An operation that failed; returns its id."""
    tacker.cloud.fail("update", reason="no room")
    occ = tacker.operate(instance_id, verb, body or OUT, state="FAILED_TEMP")
    tacker.wire.mark()
    return occ["id"]


def decided(tacker, options, before, after):
    """In check mode, then twice; returns the result of the run that did it."""
    seen = tacker.run(MODULE, options, check=True)
    assert not seen["failed"], seen
    assert (seen["changed"], tacker.wire.writes) == (True, [])
    done = tacker.run(MODULE, options)
    assert not done["failed"], done
    assert done["changed"]
    assert done["diff"] == {"before": {"operation_state": before}, "after": {"operation_state": after}} == seen["diff"]
    tacker.wire.mark()
    again = tacker.run(MODULE, options)
    assert (again["failed"], again["changed"], tacker.wire.writes) == (False, False, []), again
    assert len(tacker.wire.asked) <= 3
    return done


def test_retried(tacker, vnf):
    op_occ_id = blocked(tacker, vnf)
    done = decided(tacker, {"id": op_occ_id, "state": "retried"}, "FAILED_TEMP", "COMPLETED")
    assert (done[MODULE]["error"], done[MODULE]["decisions"]) == (None, [])
    assert len(tacker.cloud.resources(vnf, SERVER)) == 3


def test_rolled_back_by_the_vnf(tacker, vnf):
    op_occ_id = blocked(tacker, vnf)
    options = {"vnf_instance_id": vnf, "state": "rolled_back"}
    done = decided(tacker, options, "FAILED_TEMP", "ROLLED_BACK")
    assert done[MODULE]["id"] == op_occ_id
    assert tacker.run(MODULE, options)[MODULE] is None
    assert len(tacker.cloud.resources(vnf, SERVER)) == 2


def test_given_up(tacker, vnf):
    op_occ_id = blocked(tacker, vnf)
    decided(tacker, {"id": op_occ_id, "state": "failed"}, "FAILED_TEMP", "FAILED")


def test_scale_levels_that_tacker_forgets_are_told(tacker, package):
    instance_id = tacker.instantiate(package.vnfd_id, "forgotten")
    try:
        blocked(tacker, instance_id, "change_ext_conn", {
            "extVirtualLinks": [link("link-a", "net-b", "VDU1_CP1")], "additionalParams": USER_DATA})  # fmt: skip
        result = tacker.run(MODULE, {"vnf_instance_id": instance_id, "state": "rolled_back"})
        assert (result["changed"], result["diff"]["after"]) == (True, {"operation_state": "ROLLED_BACK"})
        assert "scaleStatus" not in tacker.instance(instance_id)["instantiatedVnfInfo"]
        assert "forgotten the scale levels" in result["warnings"][0]
    finally:
        tacker.remove(instance_id)


def test_what_fails_again_is_told(tacker, vnf):
    op_occ_id = blocked(tacker, vnf)
    tacker.cloud.fail("update", reason="still no room")
    result = tacker.run(MODULE, {"id": op_occ_id, "state": "retried"})
    assert "after retry: Stack update failed: still no room" in result["msg"]
    assert result["failure"]["operation_state"] == "FAILED_TEMP"


@pytest.mark.parametrize("verb", ["heal", "scale"])
def test_what_tacker_cannot_undo_is_not_sent(tacker, vnf, verb):
    body = {"additionalParams": USER_DATA} if verb == "heal" else IN
    if verb == "scale":
        tacker.operate(vnf, verb, OUT)
    op_occ_id = blocked(tacker, vnf, verb, body)
    [found] = tacker.run("vnf_lcm_op_occ_info", {"id": op_occ_id})["vnf_lcm_op_occs"]
    assert (found["decisions"], found["error"]["detail"]) == (["retry", "fail"], "no room")
    result = tacker.run(MODULE, {"id": op_occ_id, "state": "rolled_back"})
    assert "cannot be rolled back: Tacker takes the order and refuses it afterwards" in result["msg"]
    assert tacker.wire.writes == []


def test_an_end_cannot_be_undone(tacker, vnf):
    op_occ_id = tacker.operate(vnf, "scale", OUT)["id"]
    for state in ("rolled_back", "failed"):
        result = tacker.run(MODULE, {"id": op_occ_id, "state": state})
        assert f"has ended COMPLETED, so it cannot be {state} any more" in result["msg"]
    assert tacker.wire.writes == []


def test_a_decision_of_somebody_else_is_not_met(tacker, vnf):
    """Tacker answers a rollback before it begins; giving up in between would block the VNF for good."""
    op_occ_id = blocked(tacker, vnf)
    tacker.cloud.delay(3)

    def roll_back(_request):
        threading.Thread(target=tacker.call, args=("POST", f"{LCM}/vnf_lcm_op_occs/{op_occ_id}/rollback")).start()
        return PASS

    tacker.wire.intercept("GET", op_occ_id, roll_back)
    result = tacker.run(MODULE, {"id": op_occ_id, "state": "failed"})
    assert "has ended ROLLED_BACK, so it cannot be failed any more" in result["msg"]
    assert tacker.wire.writes == []
    tacker.cloud.delay(0)
    tacker.operate(vnf, "scale", OUT)


def test_what_still_runs_is_waited_for(tacker, vnf):
    tacker.cloud.delay(3)
    tacker.cloud.fail("update")
    op_occ_id = tacker.order(vnf, "scale", OUT)
    result = tacker.run(MODULE, {"vnf_instance_id": vnf, "state": "rolled_back"})
    assert (result[MODULE]["id"], result[MODULE]["operation_state"]) == (op_occ_id, "ROLLED_BACK")


def test_without_waiting(tacker, vnf):
    op_occ_id = blocked(tacker, vnf)
    result = tacker.run(MODULE, {"id": op_occ_id, "state": "rolled_back", "wait": False})
    assert (result["changed"], result[MODULE]["operation_state"]) == (True, "ROLLED_BACK")
    assert tacker.run(MODULE, {"id": op_occ_id, "state": "rolled_back"})[MODULE]["operation_state"] == "ROLLED_BACK"


def test_nothing_that_is_there(tacker):
    assert "There is no VNF instance nobody" in tacker.run(MODULE, {"vnf_instance_id": "nobody", "state": "failed"})["msg"]
    assert "404" in tacker.run(MODULE, {"id": "nothing", "state": "failed"})["msg"]
    assert tacker.run("vnf_lcm_op_occ_info", {"id": "nothing"})["vnf_lcm_op_occs"] == []


def test_operations_are_read_with_all_pages_and_without_secrets(tacker, vnf):
    result = tacker.run("vnf_lcm_op_occ_info", {"vnf_instance_id": vnf})
    found = result["vnf_lcm_op_occs"]
    asked = tacker.call("GET", f"{LCM}/vnf_lcm_op_occs", params={"filter": f"(eq,vnfInstanceId,{vnf})"})
    assert "next" in asked.links
    assert len(found) > len(asked.json())
    assert found[0]["operation"] == "INSTANTIATE"
    assert "accessInfo" not in str(result)
    narrow = {"vnf_instance_id": vnf, "operation": ["INSTANTIATE", "HEAL"], "operation_state": ["COMPLETED"]}
    assert [occ["operation"] for occ in tacker.run("vnf_lcm_op_occ_info", narrow)["vnf_lcm_op_occs"]] == ["INSTANTIATE"]
