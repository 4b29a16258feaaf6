# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's change of a VNF package, from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.waiting import until

TOPOLOGY = Path(__file__).resolve().parents[2] / "integration" / "own_action.yaml"
PACKAGES = "/nfv-orchestration/vnfpkgm/v1/vnf_packages"
USER_DATA = {"lcm-operation-user-data": "x.py", "lcm-operation-user-data-class": "StandardUserData"}
ROLLING = {"upgrade_type": "RollingUpdate", "vdu_params": [{"vdu_id": "forwarder"}], **USER_DATA}


@pytest.fixture(scope="module")
def changing(start_lab):
    """A lab of its own, twenty times as fast."""
    running = start_lab(TOPOLOGY, "--speed", "20")
    yield running
    running.stop()


def record(lab, number=0):
    return lab.tacker("GET", f"/vnf_instances/{lab.info['vnfs'][number]['id']}").json()


def flavors(lab, number=0):
    """By the names of the stack's parameters."""
    vdus = record(lab, number)["instantiatedVnfInfo"]["metadata"]["nfv"]["VDU"]
    return {name: one["computeFlavourId"] for name, one in vdus.items()}


def change(lab, params, *states, number=0, vnfd_id=None):
    vnf = record(lab, number)
    body = {"vnfdId": vnfd_id or vnf["vnfdId"], "additionalParams": params}
    path = f"/vnf_instances/{vnf['id']}/change_vnfpkg"

    def taken():
        answer = lab.tacker("POST", path, body)
        # The operation before keeps the instance locked for a moment after its end.
        return None if answer.status_code == 409 else [answer]

    [answer] = until(f"{path} is taken", taken, every=0.02)
    assert answer.status_code == 202, answer.text
    return lab.finished(answer.headers["Location"], *states)


def direct(**by_name):
    return {**ROLLING, "nfv": {"VDU": {name.replace("_", "-"): {"computeFlavourId": one} for name, one in by_name.items()}}}


def test_a_flavor_of_one_server_is_a_resize_to_another_host(changing):
    before = changing.servers()
    done = change(changing, direct(forwarder_0="accelerated"))
    after = changing.servers()
    assert flavors(changing) == {"forwarder-0": "accelerated", "forwarder-1": "small", "db-0": "small", "db-1": "small"}
    assert after["router-forwarder-0"]["id"] == before["router-forwarder-0"]["id"]
    assert after["router-forwarder-0"]["host"] != before["router-forwarder-0"]["host"]
    assert after["router-forwarder-1"]["host"] == before["router-forwarder-1"]["host"]
    [affected] = done["resourceChanges"]["affectedVnfcs"]
    assert (affected["changeType"], affected["metadata"]["flavor"]) == ("MODIFIED", "accelerated")
    server = changing.server("router-forwarder-0")
    assert (server["status"], server["flavor"]["original_name"]) == ("ACTIVE", "accelerated")
    assert sum(host["vcpus_used"] for host in changing.state()["hosts"]) == 6
    change(changing, ROLLING)
    assert flavors(changing)["forwarder-0"] == "small", "what is not said directly is what the descriptor says"


def test_a_healed_server_keeps_its_flavor(changing):
    change(changing, direct(forwarder_0="accelerated"))
    old = changing.servers()["router-forwarder-0"]["id"]
    body = {"vnfcInstanceId": [f"forwarder-{old}"]}
    changing.finished(changing.tacker("POST", f"/vnf_instances/{changing.vnf['id']}/heal", body).headers["Location"])
    assert changing.servers()["router-forwarder-0"]["id"] != old
    assert flavors(changing)["forwarder-0"] == "accelerated"
    change(changing, ROLLING)


def test_without_user_data_it_completes_and_no_server_changes(changing):
    params = {name: value for name, value in direct(forwarder_0="accelerated").items() if name not in USER_DATA}
    assert "resourceChanges" not in change(changing, params)
    assert set(flavors(changing).values()) == {"small"}


def test_a_flavor_that_is_not_there_fails_and_the_rest_is_rolled_back(changing):
    params = {**direct(db_0="huge", db_1="accelerated"), "vdu_params": [{"vdu_id": "db"}]}
    failed = change(changing, params, "FAILED_TEMP")
    assert "Flavor huge not found" in failed["error"]["detail"]
    assert flavors(changing)["db-1"] == "accelerated", "the newest goes first"
    path = f"/vnf_lcm_op_occs/{failed['id']}"
    assert changing.tacker("POST", f"{path}/rollback").status_code == 202
    assert "resourceChanges" not in changing.finished(f"/vnflcm/v2{path}", "ROLLED_BACK")
    assert set(flavors(changing).values()) == {"small"}


def test_another_package_brings_its_version_and_its_flavors(changing):
    found = changing.call("GET", f"{PACKAGES}?filter=(eq,vnfProductName,media)", "lab-vnf").json()
    by_version = {package["vnfSoftwareVersion"]: package for package in found}
    assert {version: package["usageState"] for version, package in by_version.items()} == {
        "1.0": "IN_USE", "2.0": "NOT_IN_USE", "3.0": "NOT_IN_USE",
    }  # fmt: skip
    mixer = {**ROLLING, "vdu_params": [{"vdu_id": "mixer"}]}
    before = changing.servers()["media-mixer-0"]
    change(changing, mixer, number=1, vnfd_id=by_version["2.0"]["vnfdId"])
    seen = record(changing, 1)
    assert (seen["vnfdId"], seen["vnfSoftwareVersion"]) == (by_version["2.0"]["vnfdId"], "2.0")
    assert changing.servers()["media-mixer-0"]["host"] == before["host"], "with the same flavor no server moves"
    change(changing, mixer, number=1, vnfd_id=by_version["3.0"]["vnfdId"])
    assert flavors(changing, 1) == {"mixer-0": "accelerated"}
    assert changing.servers()["media-mixer-0"]["host"] != before["host"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"additionalParams": ROLLING}, 400),
        ({"vnfdId": "own"}, 400),
        ({"vnfdId": "own", "additionalParams": {**ROLLING, "upgrade_type": "BlueGreen"}}, 400),
        ({"vnfdId": "own", "additionalParams": {"upgrade_type": "RollingUpdate"}}, 400),
        ({"vnfdId": "own", "additionalParams": {**ROLLING, "vdu_params": [{"vdu_id": "none"}]}}, 400),
        ({"vnfdId": "0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d", "additionalParams": ROLLING}, 422),
    ],
)
def test_what_is_refused(changing, body, status):
    if body.get("vnfdId") == "own":
        body = {**body, "vnfdId": record(changing)["vnfdId"]}
    assert changing.tacker("POST", f"/vnf_instances/{changing.vnf['id']}/change_vnfpkg", body).status_code == status
