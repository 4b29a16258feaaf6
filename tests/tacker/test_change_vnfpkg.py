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
from tests.tacker.real_tacker import LCM, PASSWORD
from tests.waiting import until

USER_DATA_PATH, USER_DATA_CLASS = USER_DATA
SMALL = {"vdus": [{"vdu_id": "VDU2", "flavor": "m1.small"}]}
BIG = {"vdus": [{"vdu_id": "VDU2", "flavor": "missing.big"}]}
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
    """The package of version 1.0 and one of version 2.0, in which VDU1 has another flavor; on board for all tests here."""
    first = Package(str(uuid.uuid4()), product=f"web-{uuid.uuid4()}", more={"UserData/idle.py": IDLE}, coordinate=True)
    second = dataclasses.replace(
        first, vnfd_id=str(uuid.uuid4()), version="2.0", flavors={"VDU1": "m1.small", "VDU2": "m1.tiny"}, coordinate=False)
    ids = [running_tacker.onboard(package) for package in (first, second)]
    yield first, second
    for package_id in ids:
        running_tacker.remove_package(package_id)


@pytest.fixture
def instance_id(tacker, versions):
    """A VNF of version 1.0."""
    made = tacker.instantiate(versions[0].vnfd_id, extensions={"keep": 1, "drop": {"a": 1, "b": 2}})
    tacker.reset()
    yield made
    tacker.remove(made)


def test_another_flavor_without_another_package(tacker, instance_id):
    done = changed_once(tacker, instance_id, SMALL, ["flavors.VDU2"])
    assert done["diff"] == {"before": {"flavors": {"VDU2": "m1.tiny"}}, "after": {"flavors": {"VDU2": "m1.small"}}}
    assert flavors(tacker, instance_id) == {"VDU1": "m1.tiny", "VDU2": "m1.small"}
    assert len(tacker.wire.asked) == 2, "what was found out took more requests than the open operations and the VNF instance"


def test_another_package_by_product_and_version(tacker, instance_id, versions):
    first, second = versions
    params = {
        "product_name": first.product, "software_version": "2.0",
        "extensions": {"drop": {"a": None}, "keep": None, "new": [1]},
        "vnf_configurable_properties": {"isAutohealEnabled": True},
        "vim_connection_info": {"vim1": {"extra": {"note": "merged"}}},
        "vim_credentials": {"vim1": {"password": PASSWORD}},
    }  # fmt: skip
    changed_once(tacker, instance_id, params, [
        "extensions.drop", "extensions.keep", "extensions.new", "flavors.VDU1", "vim_connection_info.vim1",
        "vnf_configurable_properties.isAutohealEnabled", "vnfd_id",
    ])  # fmt: skip
    assert flavors(tacker, instance_id) == {"VDU1": "m1.small", "VDU2": "m1.tiny"}
    after = tacker.instance(instance_id)
    assert (after["vnfdId"], after["vnfSoftwareVersion"]) == (second.vnfd_id, "2.0")
    assert after["extensions"] == {"drop": {"b": 2}, "new": [1]}
    assert after["vnfConfigurableProperties"] == {"isAutohealEnabled": True}
    assert after["vimConnectionInfo"]["vim1"]["extra"] == {"note": "merged"}


def test_a_record_that_was_only_rewritten_is_not_believed(tacker, instance_id, versions):
    """PATCH with vnfdId changes the record and no server."""
    second = versions[1]
    patch = {"json": {"vnfdId": second.vnfd_id}, "headers": {"Content-Type": "application/merge-patch+json"}, "fine": False}
    path = f"{LCM}/vnf_instances/{instance_id}"
    place = until("the record to be rewritten", lambda: tacker.call("PATCH", path, **patch).headers.get("Location"), limit=30)
    tacker.ended(place.rpartition("/")[2])
    done = change(tacker, instance_id, {"vnfd_id": second.vnfd_id})
    assert (done["changed"], done[MODULE]["differences"]) == (True, ["flavors.VDU1"])
    assert flavors(tacker, instance_id) == {"VDU1": "m1.small", "VDU2": "m1.tiny"}


def test_only_the_vdus_that_are_named(tacker, instance_id, versions):
    second = versions[1]
    done = change(tacker, instance_id, {"vnfd_id": second.vnfd_id, "vdus": [{"vdu_id": "VDU2"}]})
    assert (done["changed"], done[MODULE]["differences"]) == (True, ["vnfd_id"])
    assert flavors(tacker, instance_id) == {"VDU1": "m1.tiny", "VDU2": "m1.tiny"}


def test_a_failed_change_is_rolled_back_and_told(tacker, instance_id):
    done = change(tacker, instance_id, {**BIG, "on_failure": ["retry", "rollback"]})
    assert done["failed"]
    assert "after retry and rollback" in done["msg"]
    assert "as before" in done["msg"]
    failure = done["failure"]
    assert (failure["operation_state"], failure["error"]["status"]) == ("ROLLED_BACK", 422)
    assert failure["before"] == failure["now"] == {"flavors": {"VDU2": "m1.tiny"}}
    assert failure["wanted"] == {"flavors": {"VDU2": "missing.big"}}
    assert flavors(tacker, instance_id) == {"VDU1": "m1.tiny", "VDU2": "m1.tiny"}
    assert change(tacker, instance_id, SMALL)["changed"], "the VNF instance is blocked"


def test_a_failed_change_is_left_when_nothing_is_decided(tacker, instance_id):
    left = change(tacker, instance_id, BIG)
    assert left["failed"]
    assert left["failure"]["operation_state"] == "FAILED_TEMP"
    assert "servers may have been changed" in left["msg"]
    tacker.wire.mark()
    # Even what the record has already is not called done while the operation waits.
    again = change(tacker, instance_id, {"vdus": [{"vdu_id": "VDU2", "flavor": "m1.tiny"}]})
    assert (again["failed"], tacker.wire.writes) == (True, [])
    assert left["failure"]["op_occ_id"] in again["msg"]


def test_completed_without_a_change_is_an_error(tacker, instance_id, versions):
    idle = {USER_DATA_PATH: "./UserData/idle.py", USER_DATA_CLASS: "Idle"}
    done = change(tacker, instance_id, {"vnfd_id": versions[1].vnfd_id, "additional_params": idle})
    assert done["failed"]
    assert "reads COMPLETED" in done["msg"]
    assert "flavors.VDU1 is 'm1.tiny' and not 'm1.small'" in done["msg"]


def test_scripts_run_beside_the_change_and_may_refuse_it(tacker, instance_id, versions):
    first, second = versions
    vdus = [{"vdu_id": "VDU1", "new_vnfc_param": ACCESS, "old_vnfc_param": ACCESS}]
    scripts = {"coordination_script_new": COORDINATION, "coordination_script_old": COORDINATION}
    # The script of version 2.0 says no, that of version 1.0 yes.
    refused = change(tacker, instance_id, {"vnfd_id": second.vnfd_id, "vdus": vdus, **scripts, "on_failure": ["rollback"]})
    assert refused["failed"]
    assert "coordination says no" in refused["msg"]
    assert refused["failure"]["operation_state"] == "ROLLED_BACK"
    assert flavors(tacker, instance_id)["VDU1"] == "m1.tiny"
    assert tacker.instance(instance_id)["vnfdId"] == first.vnfd_id
    alone = [{"vdu_id": "VDU1", "flavor": "m1.small", "new_vnfc_param": ACCESS}]
    done = change(tacker, instance_id, {"vdus": alone, "coordination_script_new": COORDINATION})
    assert done["changed"], done
    assert flavors(tacker, instance_id)["VDU1"] == "m1.small"


def test_a_vnf_without_user_data_takes_a_package_and_nothing_else(tacker, versions):
    first, second = versions
    made = tacker.instantiate(first.vnfd_id, additionalParams={})
    try:
        tacker.wire.mark()
        direct = change(tacker, made, {"vdus": [{"vdu_id": "VDU1", "flavor": "m1.small"}]})
        assert "StandardUserData" in direct["msg"]
        assert (direct["failed"], tacker.wire.writes) == (True, [])
        changed_once(tacker, made, {"vnfd_id": second.vnfd_id}, ["flavors.VDU1", "vnfd_id"])
        assert flavors(tacker, made) == {"VDU1": "m1.small", "VDU2": "m1.tiny"}
    finally:
        tacker.remove(made)
