# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker of the lab, from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

DOCTOR = Path(__file__).resolve().parents[3] / "lab" / "topologies" / "doctor.yaml"
ROOT = "/nfv-orchestration/vnflcm"
SCALE_IN = {"type": "SCALE_IN", "aspectId": "worker"}
SCALE_OUT = {"type": "SCALE_OUT", "aspectId": "worker"}
OLD_FORM = r"http://127\.0\.0\.1:9890/vnflcm/v2/vnf_lcm_op_occs/[0-9a-f-]{36}"


@pytest.fixture
def fresh(start_lab):
    """A Doctor cloud of its own, ten times as fast."""
    running = start_lab(DOCTOR, "--speed", "10")
    yield running
    running.stop()


def scale(lab, body):
    return lab.tacker("POST", f"/vnf_instances/{lab.vnf['id']}/scale", body)


def instance(lab):
    return lab.tacker("GET", f"/vnf_instances/{lab.vnf['id']}").json()


def scaled(lab, body, *states):
    answer = scale(lab, body)
    assert answer.status_code == 202, answer.text
    return lab.finished(answer.headers["Location"], *states)


def level(lab):
    return instance(lab)["instantiatedVnfInfo"]["scaleStatus"][0]["scaleLevel"]


def test_the_version_header(lab):
    path = f"{ROOT}/v2/vnf_instances"
    missing = lab.call("GET", path, "lab-vnf")
    assert missing.status_code == 400
    assert missing.headers["Content-Type"].startswith("application/problem+json")
    assert missing.json() == {"title": "Bad Request", "status": 400, "detail": "'Version' HTTP header missing."}
    for text, status in (("2", 400), ("1.3.0", 406), ("2.0.0", 200), ("2.0.0-impl:a:b:1", 200)):
        answer = lab.call("GET", path, "lab-vnf", Version=text)
        assert answer.status_code == status
        assert answer.headers["Version"] == "2.0.0"
        assert answer.headers["Accept-Ranges"] == "none"
    assert lab.call("GET", path, Version="2.0.0").status_code == 401
    versions = lab.call("GET", f"{ROOT}/api_versions", "lab-vnf").json()
    assert versions["apiVersions"][-1] == {"version": "2.0.0", "isDeprecated": False}


def test_unknown_paths_and_methods(lab):
    nowhere = lab.tacker("GET", "/nonsense")
    assert nowhere.status_code == 404
    assert set(nowhere.json()) == {"message", "code", "title"}
    assert lab.tacker("POST", f"/vnf_instances/{lab.vnf['id']}/terminate", {}).status_code == 404
    wrong = lab.tacker("DELETE", "/vnf_lcm_op_occs")
    assert wrong.status_code == 405
    assert wrong.json()["status"] == 405
    assert lab.tacker("GET", "/vnf_instances/none").json()["detail"] == "VnfInstance none not found."
    assert lab.tacker("GET", "/vnf_lcm_op_occs/none").json()["detail"] == "VnfLcmOpOcc none not found."


def test_the_instance_tells_its_vnfcs(lab):
    view = instance(lab)
    info = view["instantiatedVnfInfo"]
    assert view["vnfInstanceName"] == "doctor"
    assert view["instantiationState"] == "INSTANTIATED"
    assert "changeVnfPkg" not in view["_links"]
    assert info["scaleStatus"] == [{"aspectId": "worker", "scaleLevel": 3}]
    assert info["maxScaleLevels"] == [{"aspectId": "worker", "scaleLevel": 3}]
    names = {server["id"]: name for name, server in lab.servers().items()}
    listed = [names[item["computeResource"]["resourceId"]] for item in info["vnfcResourceInfo"]]
    assert listed == [f"doctor-worker-{index}" for index in range(5, -1, -1)] + ["doctor-ha-1", "doctor-ha-0"]
    newest = info["vnfcResourceInfo"][0]
    assert newest["metadata"]["vdu_idx"] == 5
    assert newest["metadata"]["flavor"] == "doctor_maint_flavor"
    assert newest["vduId"] == "worker"
    assert {item["id"] for item in info["vnfcInfo"]} == {
        f"{item['vduId']}-{item['id']}" for item in info["vnfcResourceInfo"]
    }
    assert len(info["extCpInfo"]) == 8
    assert "password" not in view["vimConnectionInfo"]["default"]["accessInfo"]
    assert lab.tacker("GET", f"/vnf_instances/{lab.vnf['id']}", cloud="lab-member").status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "found"),
    [
        ("", 200, 1),
        ("?filter=(eq,vnfInstanceName,doctor)", 200, 1),
        ("?filter=(eq,vnfInstanceName,other)", 200, 0),
        ("?filter=(eq,instantiatedVnfInfo/scaleStatus/scaleLevel,3)", 400, None),
        ("?filter=(in,vnfInstanceName,a,doctor)%3B(eq,instantiationState,INSTANTIATED)", 200, 1),
        ("?filter=(eq,vnfInstanceName,doctor)%3B(eq,instantiationState,NOT_INSTANTIATED)", 200, 0),
        ("?filter=(eq,vnfInstanceName,doctor);(eq,instantiationState,NOT_INSTANTIATED)", 200, 1),
        ("?filter=(eq,nonsense,x)", 200, 0),
        ("?filter=(like,vnfInstanceName,x)", 400, None),
        ("?filter=nonsense", 400, None),
        ("?all_fields&exclude_default", 400, None),
        ("?fields=nonsense", 500, None),
    ],
)
def test_filters(lab, query, status, found):
    answer = lab.tacker("GET", f"/vnf_instances{query}")
    assert answer.status_code == status, answer.text
    if found is not None:
        assert len(answer.json()) == found


def test_selectors(lab):
    (short,) = lab.tacker("GET", "/vnf_instances").json()
    assert not {"instantiatedVnfInfo", "metadata", "extensions"} & set(short)
    (full,) = lab.tacker("GET", "/vnf_instances?all_fields").json()
    assert "instantiatedVnfInfo" in full
    (some,) = lab.tacker("GET", "/vnf_instances?fields=vimConnectionInfo").json()
    assert "vimConnectionInfo" in some
    assert "instantiatedVnfInfo" not in some
    (less,) = lab.tacker("GET", "/vnf_instances?exclude_fields=vnfdId").json()
    assert "vnfdId" not in less
    (occ,) = lab.tacker("GET", "/vnf_lcm_op_occs?filter=(eq,operation,INSTANTIATE)").json()
    assert "operationParams" not in occ
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", occ["startTime"])
    single = lab.tacker("GET", f"/vnf_lcm_op_occs/{occ['id']}").json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", single["startTime"])


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "'type' is a required property"),
        ({"type": "SCALE_IN"}, "'aspectId' is a required property"),
        ({**SCALE_IN, "type": "SHRINK"}, "SHRINK"),
        ({**SCALE_IN, "aspectId": "ha"}, "Invalid aspectId 'ha'."),
        ({**SCALE_IN, "numberOfSteps": 0}, "minimum"),
        ({**SCALE_IN, "numberOfSteps": 4}, "Invalid numberOfSteps '4'."),
        (SCALE_OUT, "Invalid numberOfSteps '1'."),
    ],
)
def test_what_scale_refuses(lab, body, detail):
    answer = scale(lab, body)
    assert answer.status_code == 400
    assert detail in answer.json()["detail"]


def test_scale_in_and_out_again(fresh):
    before = fresh.servers()
    answer = scale(fresh, SCALE_IN)
    assert answer.status_code == 202
    assert answer.content == b""
    assert re.fullmatch(OLD_FORM, answer.headers["Location"])
    done = fresh.finished(answer.headers["Location"])
    gone = {f"doctor-worker-{index}" for index in (4, 5)}
    affected = done["resourceChanges"]["affectedVnfcs"]
    assert {item["changeType"] for item in affected} == {"REMOVED"}
    assert {item["computeResource"]["resourceId"] for item in affected} == {before[name]["id"] for name in gone}
    assert set(before) - set(fresh.servers()) == gone
    assert level(fresh) == 2
    assert sum(host["vcpus_used"] for host in fresh.state()["hosts"]) == 24
    done = scaled(fresh, SCALE_OUT)
    assert {item["changeType"] for item in done["resourceChanges"]["affectedVnfcs"]} == {"ADDED"}
    assert set(fresh.servers()) == set(before)
    assert fresh.servers()["doctor-worker-5"]["id"] != before["doctor-worker-5"]["id"]
    assert level(fresh) == 3
    (occ,) = fresh.tacker("GET", "/vnf_lcm_op_occs?filter=(eq,operation,SCALE)&fields=operationParams").json()[:1]
    assert occ["operationParams"] == {**SCALE_IN, "numberOfSteps": 1}
    assert fresh.call("GET", "/lab/observer").json()["violations"] == []


def test_scale_out_without_room_fails_and_blocks(fresh, until):
    scaled(fresh, SCALE_IN)
    for service in fresh.nova("GET", "/os-services?binary=nova-compute").json()["services"]:
        fresh.nova("PUT", f"/os-services/{service['id']}", {"status": "disabled"})
    failed = scaled(fresh, SCALE_OUT, "FAILED_TEMP")
    assert failed["error"]["status"] == 422
    assert "No valid host was found" in failed["error"]["detail"]
    assert "resourceChanges" not in failed
    assert level(fresh) == 2
    for answer in (
        scale(fresh, SCALE_OUT),
        fresh.tacker("PATCH", f"/vnf_instances/{fresh.vnf['id']}", {"metadata": {"a": "b"}}),
    ):
        assert answer.status_code == 409
        assert answer.json()["detail"] == f"Other LCM operation of vnfInstance {fresh.vnf['id']} is in progress."
    path = f"/vnf_lcm_op_occs/{failed['id']}"
    for service in fresh.nova("GET", "/os-services?binary=nova-compute").json()["services"]:
        fresh.nova("PUT", f"/os-services/{service['id']}", {"status": "enabled"})
    retried = fresh.tacker("POST", f"{path}/retry")
    assert retried.status_code == 202
    assert "Location" not in retried.headers
    until(lambda: fresh.tacker("GET", path).json()["operationState"] == "COMPLETED")
    assert level(fresh) == 3
    assert len(fresh.servers()) == 8
    until(lambda: "in progress" not in fresh.tacker("POST", f"{path}/fail").json()["detail"])
    for verb in ("retry", "rollback", "fail"):
        refused = fresh.tacker("POST", f"{path}/{verb}")
        assert refused.status_code == 409
        assert refused.json()["detail"] == f"LCM operation {failed['id']} not FAILED_TEMP."


@pytest.mark.parametrize(("verb", "end", "servers"), [("rollback", "ROLLED_BACK", 6), ("fail", "FAILED", 8)])
def test_a_failed_scale_out_is_given_up(fresh, until, verb, end, servers):
    scaled(fresh, SCALE_IN)
    for service in fresh.nova("GET", "/os-services?binary=nova-compute").json()["services"]:
        fresh.nova("PUT", f"/os-services/{service['id']}", {"status": "disabled"})
    path = f"/vnf_lcm_op_occs/{scaled(fresh, SCALE_OUT, 'FAILED_TEMP')['id']}"
    answer = fresh.tacker("POST", f"{path}/{verb}")
    assert answer.status_code == (200 if verb == "fail" else 202)
    until(lambda: fresh.tacker("GET", path).json()["operationState"] == end)
    assert "error" in fresh.tacker("GET", path).json()
    assert len(fresh.servers()) == servers, "fail leaves in Nova what the operation made"
    assert level(fresh) == 2
    until(lambda: scale(fresh, SCALE_IN).status_code == 202)


def test_scale_does_not_look_at_the_lock_but_modify_does(fresh, until):
    first = scale(fresh, SCALE_IN).headers["Location"]
    second = scale(fresh, SCALE_IN)
    assert second.status_code == 202
    busy = fresh.tacker("PATCH", f"/vnf_instances/{fresh.vnf['id']}", {"metadata": {"a": "b"}})
    assert busy.status_code == 409
    fresh.finished(first)
    fresh.finished(second.headers["Location"])
    assert level(fresh) == 1
    assert set(fresh.servers()) == {"doctor-ha-0", "doctor-ha-1", "doctor-worker-0", "doctor-worker-1"}


def test_an_operation_that_waits_too_long_for_the_lock_stays_starting(start_lab, until):
    document = {
        "projects": ["admin", "mine"],
        "users": [
            {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
            {"name": "me", "roles": {"mine": ["member"]}, "cloud": "lab-vnf"},
        ],
        "flavors": [{"name": "tiny", "vcpus": 1, "memory_mb": 512, "disk_gb": 1}],
        "hosts": {"count": 1},
        "durations": {"scale": 30},
        "vnfs": [
            {
                "name": "slow",
                "project": "mine",
                "vdus": [{"name": "worker", "count": 3, "flavor": "tiny", "aspect": "worker"}],
                "aspects": [{"name": "worker", "step": 1}],
            }
        ],
    }
    lab = start_lab(document, "--speed", "20")
    first = scale(lab, SCALE_IN).headers["Location"]
    stuck = scale(lab, SCALE_IN).headers["Location"].partition("/vnflcm/v2")[2]
    lab.finished(first)
    assert lab.tacker("GET", stuck).json()["operationState"] == "STARTING"
    assert level(lab) == 2
    scaled(lab, SCALE_IN)
    assert lab.tacker("GET", stuck).json()["operationState"] == "STARTING"


def test_the_states_of_an_operation_and_the_lock_after_it(start_lab, until):
    document = yaml.safe_load(DOCTOR.read_text())
    document["options"]["busy_after_completion"] = 3
    document["durations"] = {"scale": 10}
    lab = start_lab(document)
    location = scale(lab, SCALE_IN).headers["Location"]
    first = lab.finished(location, "STARTING")
    assert "grantId" not in first
    assert "grantId" in lab.finished(location, "PROCESSING")
    lab.finished(location)
    path = f"/vnf_instances/{lab.vnf['id']}"
    assert lab.tacker("PATCH", path, {"metadata": {"a": "b"}}).status_code == 409
    until(lambda: lab.tacker("PATCH", path, {"metadata": {"a": "b"}}).status_code == 202)


def test_modify_merges(fresh, until):
    path = f"/vnf_instances/{fresh.vnf['id']}"

    def modify(body):
        answer = until(lambda: (found := fresh.tacker("PATCH", path, body)).status_code != 409 and found)
        assert answer.status_code == 202, answer.text
        return fresh.finished(answer.headers["Location"])

    done = modify({"metadata": {"a": {"b": "1", "c": [1, 2]}}, "vnfInstanceDescription": "pair and workers"})
    assert done["operation"] == "MODIFY_INFO"
    assert done["changedInfo"] == {
        "metadata": {"a": {"b": "1", "c": [1, 2]}},
        "vnfInstanceDescription": "pair and workers",
    }
    modify({"metadata": {"a": {"b": None, "c": [3]}, "d": "e"}})
    assert instance(fresh)["metadata"] == {"a": {"c": [3]}, "d": "e"}
    assert modify({})["changedInfo"] == {}
    assert fresh.tacker("PATCH", path, {"vnfInstanceName": None}).status_code == 400
    assert fresh.tacker("PATCH", path, {"metadata": None}).status_code == 400


def test_heal_replaces(fresh):
    before = fresh.servers()["doctor-worker-3"]["id"]
    path = f"/vnf_instances/{fresh.vnf['id']}/heal"
    assert fresh.tacker("POST", path, {"vnfcInstanceId": ["none"]}).status_code == 400
    answer = fresh.tacker("POST", path, {"vnfcInstanceId": [f"worker-{before}"]})
    done = fresh.finished(answer.headers["Location"])
    changes = [item["changeType"] for item in done["resourceChanges"]["affectedVnfcs"]]
    assert changes == ["REMOVED", "ADDED"]
    after = fresh.servers()["doctor-worker-3"]["id"]
    assert after != before
    assert len(fresh.servers()) == 8
    assert level(fresh) == 3
