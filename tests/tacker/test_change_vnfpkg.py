# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""change_vnfpkg on the real Tacker: flavors, packages, what is merged, what fails."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from tests.tacker.changes import MODULE, change, changed_once, flavors
from tests.tacker.package import COORDINATION, USER_DATA, Package
from tests.tacker.real_tacker import PASSWORD

USER_DATA_PATH, USER_DATA_CLASS = USER_DATA
ACCESS = {"cp_name": "VDU1_CP1", "username": "somebody", "password": "a-word-of-the-script"}
# Takes every order and does nothing.
IDLE = """\
from tacker.sol_refactored.infra_drivers.openstack.userdata_standard import StandardUserData


class Idle(StandardUserData):
    @staticmethod
    def change_vnfpkg(req, inst, grant_req, grant, tmp_csar_dir):
        return {'parameters': {'nfv': {'VDU': {}, 'CP': {}}}}
"""


@pytest.fixture(scope="module")
def versions(running_tacker):
    """Version 1.0; 2.0 with another flavor of VDU1; 3.0 with another internal link. On board for all tests here."""
    first = Package(str(uuid.uuid4()), product=f"web-{uuid.uuid4()}", more={"UserData/idle.py": IDLE}, coordinate=True)
    second = dataclasses.replace(
        first, vnfd_id=str(uuid.uuid4()), version="2.0", flavors={"VDU1": "m1.small", "VDU2": "m1.tiny"}, coordinate=False)
    cps = {**first.cps, "VDU1_CP2": "internalVL2"}
    third = dataclasses.replace(first, vnfd_id=str(uuid.uuid4()), version="3.0", cps=cps)
    ids = [running_tacker.onboard(package) for package in (first, second, third)]
    yield first, second, third
    for package_id in ids:
        running_tacker.remove_package(package_id)


@pytest.fixture(scope="module")
def instance_id(running_tacker, versions):
    """A VNF of version 1.0, which the tests leave with that package and any flavors."""
    made = running_tacker.instantiate(versions[0].vnfd_id, name="shared")
    yield made
    running_tacker.remove(made)


@pytest.fixture
def own(tacker):
    """VNFs that only one test has."""
    ids = []

    def run(package, **more):
        ids.append(tacker.instantiate(package.vnfd_id, **more))
        tacker.wire.mark()
        return ids[-1]

    yield run
    for made in ids:
        tacker.remove(made)


def other_flavor(tacker, instance_id, vdu="VDU2"):
    """One that the server has not."""
    return "m1.tiny" if flavors(tacker, instance_id)[vdu] == "m1.small" else "m1.small"


def test_another_flavor_without_another_package(tacker, instance_id):
    before = flavors(tacker, instance_id)
    wanted = other_flavor(tacker, instance_id)
    params = {"vdus": [{"vdu_id": "VDU2", "flavor": wanted}]}
    done = changed_once(tacker, instance_id, params, ["flavors.VDU2"])
    assert done["diff"] == {"before": {"flavors": {"VDU2": before["VDU2"]}}, "after": {"flavors": {"VDU2": wanted}}}
    assert flavors(tacker, instance_id) == {**before, "VDU2": wanted}
    assert len(tacker.wire.asked) == 2, "what was found out took more requests than the open operations and the VNF instance"


def test_one_server_of_several_gets_another_flavor_and_keeps_it_when_it_is_healed(tacker, own, versions):
    """As the role vnf_maintenance asks for it, while one server after the other leaves its host."""
    instance_id = own(versions[0], instantiationLevelId="level_2")
    direct = {"nfv": {"VDU": {"VDU1-1": {"computeFlavourId": "m1.small"}}}}
    changed_once(tacker, instance_id, {"vdus": [{"vdu_id": "VDU1"}], "additional_params": direct}, ["parameters.VDU"])

    def look():
        return sorted(one.properties["flavor"] for one in tacker.cloud.resources(instance_id, "OS::Nova::Server"))

    assert look() == ["m1.small", "m1.tiny", "m1.tiny", "m1.tiny"]
    [found] = tacker.run("vnf_instance_info", {"id": instance_id})["vnf_instances"]
    told = {
        one["computeResource"]["resourceId"]: one["metadata"]["flavor"]
        for one in found["instantiated_vnf_info"]["vnfcResourceInfo"]
    }
    [server] = [one["id"] for one in found["servers"] if (one["vdu_id"], one["index"]) == ("VDU1", 1)]
    assert [one for one, flavor in told.items() if flavor == "m1.small"] == [server]
    healed = tacker.run("vnf_heal", {"vnf_instance_id": instance_id, "server_ids": [server]})
    assert healed["vnf_heal"]["removed"] == [server]
    assert look() == ["m1.small", "m1.tiny", "m1.tiny", "m1.tiny"]


def test_a_failed_change_is_rolled_back_and_told(tacker, instance_id):
    before = flavors(tacker, instance_id)
    big = {"vdus": [{"vdu_id": "VDU2", "flavor": "missing.big"}], "on_failure": ["rollback"]}
    done = change(tacker, instance_id, big)
    assert done["failed"]
    assert "after rollback" in done["msg"]
    failure = done["failure"]
    assert (failure["operation_state"], failure["error"]["status"]) == ("ROLLED_BACK", 422)
    assert failure["before"]["flavors"] == failure["now"]["flavors"] == {"VDU2": before["VDU2"]}
    assert failure["wanted"] == {"flavors": {"VDU2": "missing.big"}}
    assert flavors(tacker, instance_id) == before


def test_completed_without_a_change_is_an_error(tacker, instance_id):
    before, wanted = flavors(tacker, instance_id), other_flavor(tacker, instance_id)
    idle = {USER_DATA_PATH: "./UserData/idle.py", USER_DATA_CLASS: "Idle"}
    done = change(tacker, instance_id, {"vdus": [{"vdu_id": "VDU2", "flavor": wanted}], "additional_params": idle})
    assert done["failed"]
    assert "reads COMPLETED" in done["msg"]
    assert f"flavors.VDU2 is '{before['VDU2']}' and not '{wanted}'" in done["msg"]
    assert flavors(tacker, instance_id) == before


def test_scripts_run_beside_the_change_and_may_refuse_it(tacker, instance_id, versions):
    first, second, _third = versions
    before, wanted = flavors(tacker, instance_id), other_flavor(tacker, instance_id, "VDU1")
    reached = {"vdu_id": "VDU1", "flavor": wanted, "new_vnfc_param": ACCESS, "old_vnfc_param": ACCESS}
    scripts = {"coordination_script_new": COORDINATION, "coordination_script_old": COORDINATION}
    # The script of version 2.0 says no, that of version 1.0 yes.
    refused = change(tacker, instance_id, {"vnfd_id": second.vnfd_id, "vdus": [reached], **scripts, "on_failure": ["rollback"]})
    assert refused["failed"]
    assert "coordination says no" in refused["msg"]
    assert refused["failure"]["operation_state"] == "ROLLED_BACK"
    assert flavors(tacker, instance_id) == before
    assert tacker.instance(instance_id)["vnfdId"] == first.vnfd_id
    done = change(tacker, instance_id, {"vdus": [reached], **scripts})
    assert done["changed"], done
    assert flavors(tacker, instance_id) == {**before, "VDU1": wanted}


def test_a_failed_change_is_left_when_nothing_is_decided(tacker, instance_id):
    before = flavors(tacker, instance_id)["VDU2"]
    tacker.cloud.fail("update")
    left = change(tacker, instance_id, {"vdus": [{"vdu_id": "VDU2", "flavor": other_flavor(tacker, instance_id)}]})
    assert left["failed"]
    assert left["failure"]["operation_state"] == "FAILED_TEMP"
    assert "servers may have been changed" in left["msg"]
    tacker.wire.mark()
    # Even what the record has already is not called done while the operation waits.
    params = {"vdus": [{"vdu_id": "VDU2", "flavor": before}]}
    again = change(tacker, instance_id, params)
    assert (again["failed"], tacker.wire.writes) == (True, [])
    assert left["failure"]["op_occ_id"] in again["msg"]
    decided = change(tacker, instance_id, {**params, "on_failure": ["fail"]})
    assert (decided["failed"], decided["changed"]) == (False, False), decided
    assert tacker.occ(left["failure"]["op_occ_id"])["operationState"] == "FAILED"


def test_another_package_by_product_and_version(tacker, own, versions):
    """For one VDU first, which leaves the other as it is; then for all, though the record has the package already."""
    first, second, _third = versions
    instance_id = own(first, extensions={"keep": 1, "drop": {"a": 1, "b": 2}})
    params = {
        "product_name": first.product, "software_version": "2.0", "vdus": [{"vdu_id": "VDU2"}],
        "extensions": {"drop": {"a": None}, "keep": None, "new": [1]},
        "vnf_configurable_properties": {"isAutohealEnabled": True},
        "vim_connection_info": {"vim1": {"extra": {"note": "merged"}}},
        "vim_credentials": {"vim1": {"password": PASSWORD}},
    }  # fmt: skip
    changed_once(tacker, instance_id, params, [
        "extensions.drop", "extensions.keep", "extensions.new", "vim_connection_info.vim1",
        "vnf_configurable_properties.isAutohealEnabled", "vnfd_id",
    ])  # fmt: skip
    assert flavors(tacker, instance_id) == {"VDU1": "m1.tiny", "VDU2": "m1.tiny"}
    after = tacker.instance(instance_id)
    assert (after["vnfdId"], after["vnfSoftwareVersion"]) == (second.vnfd_id, "2.0")
    assert after["extensions"] == {"drop": {"b": 2}, "new": [1]}
    assert after["vnfConfigurableProperties"] == {"isAutohealEnabled": True}
    assert after["vimConnectionInfo"]["vim1"]["extra"] == {"note": "merged"}
    changed_once(tacker, instance_id, {"vnfd_id": second.vnfd_id}, ["flavors.VDU1"])
    assert flavors(tacker, instance_id) == {"VDU1": "m1.small", "VDU2": "m1.tiny"}


def test_the_package_that_it_has_is_seen_with_few_requests(tacker, own, versions):
    """By its own id with three, and by the name of the VNF too. Tacker finds a package by its VNFD in a list only: one more."""
    first, name = versions[0], f"few-{uuid.uuid4()}"
    instance_id = own(first, name=name)
    [package] = tacker.run("vnf_package_info", {"vnfd_id": first.vnfd_id})["vnf_packages"]
    by_id, version = {"vnf_package_id": package["id"]}, {"product_name": first.product, "software_version": "1.0"}
    for params, most in ((by_id, 3), ({"vnfd_id": first.vnfd_id}, 4), (version, 4)):
        for which in ({"vnf_instance_id": instance_id}, {"name": name}):
            tacker.wire.mark()
            done = tacker.run(MODULE, {**which, **params})
            assert (done["failed"], done["changed"], tacker.wire.writes) == (False, False, []), done
            assert len(tacker.wire.asked) <= most, tacker.wire.asked
    # What its VNFD says is seen all the same.
    assert change(tacker, instance_id, {"vdus": [{"vdu_id": "VDU2", "flavor": "m1.small"}]})["changed"]
    assert change(tacker, instance_id, by_id, check=True)[MODULE]["differences"] == ["flavors.VDU2"]


def test_a_vnf_without_user_data_takes_flavors_of_a_package_and_nothing_else(tacker, own, versions):
    first, second, third = versions
    instance_id = own(first, additionalParams={})
    direct = change(tacker, instance_id, {"vdus": [{"vdu_id": "VDU1", "flavor": "m1.small"}]}, check=True)
    assert direct["failed"]
    assert "StandardUserData" in direct["msg"]
    template = change(tacker, instance_id, {"vnfd_id": third.vnfd_id}, check=True)
    assert template["failed"]
    assert "without a user data class" in template["msg"]
    changed_once(tacker, instance_id, {"vnfd_id": second.vnfd_id}, ["flavors.VDU1", "vnfd_id"])
    assert flavors(tacker, instance_id) == {"VDU1": "m1.small", "VDU2": "m1.tiny"}
