# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_ext_connectivity on the real Tacker."""

from __future__ import annotations

import json

import pytest

from tests.tacker.http_server import Answer
from tests.tacker.real_tacker import OTHER_PROJECT, link

MODULE = "vnf_ext_connectivity"
PORT = "OS::Neutron::Port"


@pytest.fixture(scope="module")
def vnf(running_tacker, package):
    instance_id = running_tacker.instantiate(package.vnfd_id, "connected")
    yield instance_id
    running_tacker.remove(instance_id)


def options(vnf, *links, **more):
    return {"vnf_instance_id": vnf, "ext_virtual_links": [*links], **more}


def test_moved_looked_at_first_and_repeated(tacker, vnf):
    """By a new link, by the same one again, and back."""
    for wanted in (link("link-b", "net-b", "VDU1_CP1"), link("link-b", "net-c", "VDU1_CP1"), link("link-a", "net-a", "VDU1_CP1")):
        asked = {"vnf_instance_name": "connected", "ext_virtual_links": [wanted]}
        tacker.wire.mark()
        seen = tacker.run(MODULE, asked, check=True)
        assert (seen["changed"], tacker.wire.writes) == (True, [])
        done = tacker.run(MODULE, asked)
        assert done["changed"], done
        assert done["diff"] == seen["diff"]
        assert done[MODULE]["external_cps"] == seen[MODULE]["external_cps"]
        networks = {one.properties["network"] for one in tacker.cloud.resources(vnf, PORT) if one.name == "VDU1_CP1"}
        assert networks == {wanted["resourceId"]} == {done[MODULE]["external_cps"]["VDU1_CP1"]["network"]}
        tacker.wire.mark()
        again = tacker.run(MODULE, asked)
        assert (again["changed"], tacker.wire.writes) == (False, [])
        assert len(tacker.wire.asked) <= 3
    assert done[MODULE]["external_cps"]["VDU2_CP1"]["network"] == "net-a"


def test_only_what_differs_is_sent(tacker, vnf):
    same, other = link("link-a", "net-a", "VDU2_CP1"), link("link-x", "net-x", "VDU1_CP1")
    assert tacker.run(MODULE, options(vnf, same, other))["changed"]
    [body] = tacker.wire.sent("POST", "/change_ext_conn")
    assert [one["id"] for one in body["extVirtualLinks"]] == ["link-x"]
    assert "lcm-operation-user-data" in json.dumps(body["additionalParams"])


def test_unknown_connection_points_are_refused(tacker, vnf):
    for check in (True, False):
        result = tacker.run(MODULE, options(vnf, link("l", "net-b", "VDU1_CP9")), check=check)
        assert "no external connection point VDU1_CP9; the VNF has VDU1_CP1, VDU2_CP1" in result["msg"]
    assert tacker.wire.writes == []


def test_choices_come_from_the_record_where_the_package_is_another_project_s(tacker, vnf):
    result = tacker.run(MODULE, options(vnf, link("l", "net-b", "VDU1_CP9")), cloud=OTHER_PROJECT)
    assert "no external connection point VDU1_CP9; the VNF has VDU1_CP1, VDU2_CP1" in result["msg"]


def test_what_tacker_calls_completed_and_has_not_done(tacker, vnf):
    """As if the package had been instantiated by somebody who left out what Tacker does not keep."""

    def without_user_data(request):
        heard = tacker.call("POST", request.path, json={"extVirtualLinks": request.body["extVirtualLinks"]})
        return Answer(heard.status_code, heard.content, {"Location": heard.headers["Location"]})

    tacker.wire.intercept("POST", "/change_ext_conn", without_user_data)
    result = tacker.run(MODULE, options(vnf, link("l", "net-z", "VDU1_CP1")))
    assert "reads COMPLETED, but" in result["msg"], result
    assert "VDU1_CP1 is as before" in result["msg"]


@pytest.mark.parametrize(("decisions", "state"), [(["rollback"], "ROLLED_BACK"), (["retry"], None)])
def test_what_heat_refuses(tacker, vnf, decisions, state):
    before = {one.name: one.properties["network"] for one in tacker.cloud.resources(vnf, PORT)}
    tacker.cloud.fail("update", reason="no such network")
    result = tacker.run(MODULE, options(vnf, link("l2", f"net-{decisions[0]}", "VDU2_CP1"), on_failure=decisions))
    if state is None:
        assert result["changed"], result
        return
    assert "no such network" in result["msg"]
    assert result["failure"]["operation_state"] == state
    assert {one.name: one.properties["network"] for one in tacker.cloud.resources(vnf, PORT)} == before


def test_a_vnf_that_does_not_run(tacker, package):
    instance_id = tacker.create(package.vnfd_id, "idle")
    result = tacker.run(MODULE, options(instance_id, link("l", "net-b", "VDU1_CP1")))
    assert "is NOT_INSTANTIATED; it has to be INSTANTIATED" in result["msg"]
    tacker.remove(instance_id)
