# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What change_vnfpkg says to Tacker, and what it makes of the answers."""

from __future__ import annotations

import pytest

from .conftest import API, INSTANCE_ID, OP_OCCS, USER_DATA

MODULE = "change_vnfpkg"
PACKAGES = "/nfv-orchestration/vnfpkgm/v1/vnf_packages"
BY_ID = {"vnf_instance_id": INSTANCE_ID}
SMALL = {**BY_ID, "vdus": [{"vdu_id": "VDU2", "flavor": "m1.small"}]}
HISTORY = f"(eq,vnfInstanceId,{INSTANCE_ID});(in,operation,INSTANTIATE,CHANGE_VNFPKG,SCALE)"


def running(flavor="m1.tiny"):
    """``instantiatedVnfInfo`` with one server of VDU2."""
    return {
        "flavourId": "simple",
        "vnfcResourceInfo": [{"id": "s2", "vduId": "VDU2", "metadata": {"vdu_idx": 0, "flavor": flavor}}],
        "metadata": {"nfv": {"VDU": {"VDU2-0": {"computeFlavourId": flavor}}, "CP": {}}},
    }  # fmt: skip


def sees(tacker, flavor="m1.tiny", *, differs=True, info=None):
    """The VNF instance, and when there is something to do the managed links."""
    tacker.hears_instance(instantiatedVnfInfo={**running(flavor), **(info or {})})
    if differs:
        tacker.expect("GET", OP_OCCS, json=[], query={"filter": HISTORY, "all_fields": ""})


def begins(tacker, flavor="m1.tiny"):
    """From nothing to the user data."""
    tacker.hears_open()
    sees(tacker, flavor)
    tacker.hears_user_data({**USER_DATA, "secret-of-the-instantiation": "s"})


def orders(tacker):
    """The order, right after a look at what there is when nobody else is at it."""
    tacker.hears_open()
    sees(tacker)
    parameters = {"VDU": {"VDU2-0": {"computeFlavourId": "m1.small"}}}
    params = {**USER_DATA, "upgrade_type": "RollingUpdate", "vdu_params": [{"vdu_id": "VDU2"}], "nfv": parameters}
    tacker.takes(MODULE, {"vnfdId": "d1", "additionalParams": params})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "vnf_instance_id, name"),
        ({**BY_ID, "name": "web"}, "mutually exclusive"),
        ({**BY_ID, "vnfd_id": "d2", "vnf_package_id": "p2"}, "mutually exclusive"),
        ({**BY_ID, "product_name": "web"}, "required together"),
        ({**BY_ID, "vdus": [{"flavor": "m1.small"}]}, "vdu_id"),
        ({**BY_ID, "additional_params": {"vdu_params": []}}, "there is the option vdus"),
        ({**BY_ID, "vim_connection_info": {"v": {"accessInfo": {"password": "p"}}}}, "vim_credentials.v.password"),
    ],
)
def test_options_that_do_not_go_together(conversation, params, words):
    result = conversation.run(MODULE, params)
    assert result["failed"]
    assert words in result["msg"]


def test_what_is_there_already_takes_two_requests(tacker):
    tacker.hears_open()
    sees(tacker, "m1.small", differs=False)
    result = tacker.run(MODULE, SMALL)
    assert not result["changed"]
    assert result[MODULE] == {
        "vnf_instance_id": INSTANCE_ID, "before": {"flavors": {"VDU2": "m1.small"}}, "now": {"flavors": {"VDU2": "m1.small"}},
        "differences": [], "op_occ_id": None,
    }  # fmt: skip


def test_from_the_order_to_the_look_afterwards(tacker):
    begins(tacker)
    orders(tacker)
    tacker.hears_occ(state="PROCESSING", operation="CHANGE_VNFPKG")
    tacker.hears_occ(operation="CHANGE_VNFPKG")
    sees(tacker, "m1.small", differs=False)
    result = tacker.run(MODULE, SMALL)
    assert (result["changed"], result[MODULE]["op_occ_id"]) == (True, "o1")
    assert result["diff"] == {"before": {"flavors": {"VDU2": "m1.tiny"}}, "after": {"flavors": {"VDU2": "m1.small"}}}


def test_check_mode_reads_only(tacker):
    begins(tacker)
    result = tacker.run(MODULE, SMALL, check_mode=True)
    assert (result["changed"], result[MODULE]["op_occ_id"]) == (True, None)
    assert result[MODULE]["now"] == {"flavors": {"VDU2": "m1.small"}}
    assert tacker.conversation.writes == []


def test_nobody_waits(tacker):
    begins(tacker)
    orders(tacker)
    tacker.hears_occ(state="STARTING", operation="CHANGE_VNFPKG")
    result = tacker.run(MODULE, {**SMALL, "wait": False})
    assert (result["changed"], result[MODULE]["now"]) == (True, {"flavors": {"VDU2": "m1.small"}})


def test_another_run_does_it_meanwhile(tacker):
    begins(tacker)
    tacker.hears_open()
    sees(tacker, "m1.small", differs=False)
    sees(tacker, "m1.small", differs=False)
    result = tacker.run(MODULE, SMALL)
    assert (result["changed"], result[MODULE]["differences"], tacker.conversation.writes) == (False, [], [])


def test_completed_and_nothing_happened(tacker):
    begins(tacker)
    orders(tacker)
    tacker.hears_occ(operation="CHANGE_VNFPKG")
    sees(tacker)
    result = tacker.run(MODULE, SMALL)
    assert result["failed"]
    assert "Operation o1 reads COMPLETED, but" in result["msg"]
    assert "flavors.VDU2 is 'm1.tiny' and not 'm1.small'" in result["msg"]
    assert result["failure"]["now"] == {"flavors": {"VDU2": "m1.tiny"}}


def test_a_managed_link_beside_a_network_of_the_vnf_itself_is_not_in_effect(tacker):
    """The request stands in the history, and the stack has made a network all the same."""
    own = {"vnfVirtualLinkResourceInfo": [{"vnfVirtualLinkDescId": "vl"}]}
    managed = {"id": "m", "vnfVirtualLinkDescId": "vl", "resourceId": "net"}
    request = {"additionalParams": USER_DATA, "extManagedVirtualLinks": [managed]}
    done = tacker.occ(operation="CHANGE_VNFPKG", operationParams=request)
    tacker.hears_open()
    sees(tacker, info=own)
    tacker.hears_user_data(USER_DATA)
    tacker.hears_open()
    sees(tacker, info=own)
    tacker.takes(MODULE)
    tacker.hears_occ(operation="CHANGE_VNFPKG")
    tacker.hears_instance(instantiatedVnfInfo={**running(), **own})
    tacker.expect("GET", OP_OCCS, json=[done], query={"filter": HISTORY, "all_fields": ""})
    result = tacker.run(MODULE, {**BY_ID, "ext_managed_virtual_links": [managed]})
    assert result["failed"]
    assert "managed_links.vl is None and not 'net'" in result["msg"]


@pytest.mark.parametrize(("flavor", "level", "differs"), [
    ("m1.tiny", 1, None), ("m1.big", 1, "flavors.VDU2"),
    # Tacker forgets the levels when it rolls back.
    ("m1.tiny", None, "scale_levels.VDU1_scale"),
])  # fmt: skip
def test_a_rollback_is_looked_at(tacker, flavor, level, differs):
    def levels(level):
        return {} if level is None else {"scaleStatus": [{"aspectId": "VDU1_scale", "scaleLevel": level}]}

    tacker.hears_open()
    sees(tacker, info=levels(1))
    tacker.hears_user_data(USER_DATA)
    orders(tacker)
    tacker.hears_occ(operation="CHANGE_VNFPKG", state="FAILED_TEMP", stateEnteredTime="2026-11-21T02:20:00Z")
    tacker.expect("POST", f"{OP_OCCS}/o1/rollback", status=202)
    error = {"status": 422, "detail": "d"}
    tacker.hears_occ(operation="CHANGE_VNFPKG", state="ROLLED_BACK", stateEnteredTime="2026-11-21T02:21:00Z", error=error)
    sees(tacker, flavor, info=levels(level))
    result = tacker.run(MODULE, {**SMALL, "on_failure": ["rollback"]})
    assert result["failed"]
    assert (f"But its record is not as before in {differs}" in result["msg"]) == (differs is not None)
    assert result["failure"] == {
        "op_occ_id": "o1", "operation_state": "ROLLED_BACK", "error": error,
        "before": {"flavors": {"VDU2": "m1.tiny"}, "scale_levels": {"VDU1_scale": 1}},
        "now": {"flavors": {"VDU2": flavor}, "scale_levels": {"VDU1_scale": level} if level is not None else {}},
        "wanted": {"flavors": {"VDU2": "m1.small"}},
    }  # fmt: skip


def test_what_a_killed_run_has_left_is_decided_about(tacker):
    left = {"operation": "CHANGE_VNFPKG", "state": "FAILED_TEMP", "stateEnteredTime": "2026-11-21T02:20:00Z"}
    tacker.hears_open(tacker.occ("o0", **left))
    tacker.hears_occ("o0", **left)
    tacker.hears_occ("o0", **left)
    tacker.hears_occ("o0", **left)
    tacker.expect("POST", f"{OP_OCCS}/o0/rollback", status=202)
    tacker.hears_occ("o0", operation="CHANGE_VNFPKG", state="ROLLED_BACK", stateEnteredTime="2026-11-21T02:21:00Z")
    tacker.hears_open()
    sees(tacker, "m1.small", differs=False)
    result = tacker.run(MODULE, {**SMALL, "on_failure": ["rollback"]})
    assert (result["failed"], result["changed"]) == (False, False)


def test_an_operation_that_never_began_is_told_as_it_is(tacker):
    begins(tacker)
    orders(tacker)
    tacker.hears_occ(state="STARTING", operation="CHANGE_VNFPKG", headers={"Date": "Sat, 21 Nov 2026 02:30:00 GMT"})
    result = tacker.run(MODULE, SMALL)
    assert result["failed"]
    assert "has not begun" in result["msg"]


def test_names_that_are_not_unique(tacker):
    one, other = (tacker.instance(id=name) for name in ("i1", "i2"))
    tacker.expect("GET", f"{API}/vnf_instances", json=[one, other])
    result = tacker.run(MODULE, {"name": "web", "vdus": []})
    assert result["failed"]
    assert "i1, i2" in result["msg"]


def test_a_package_that_is_not_enabled(tacker):
    tacker.hears_open()
    tacker.hears_instance(instantiatedVnfInfo=running())
    tacker.expect("GET", f"{PACKAGES}/p2/vnfd", status=500)
    package = {"id": "p2", "vnfdId": "d2", "onboardingState": "ONBOARDED", "operationalState": "DISABLED"}
    tacker.expect("GET", f"{PACKAGES}/p2", json=package)
    result = tacker.run(MODULE, {**BY_ID, "vnf_package_id": "p2"})
    assert result["failed"]
    assert "VNF package p2 is ONBOARDED and DISABLED" in result["msg"]


def test_a_package_that_is_not_there(tacker):
    tacker.hears_open()
    tacker.hears_instance(instantiatedVnfInfo=running())
    tacker.expect("GET", PACKAGES, json=[])
    result = tacker.run(MODULE, {**BY_ID, "product_name": "web", "software_version": "9"})
    assert result["failed"]
    assert "There is no VNF package with product_name web, software_version 9" in result["msg"]
