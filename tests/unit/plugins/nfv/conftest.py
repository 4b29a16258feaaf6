# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's answers, in the form a running Tacker 16 gave them."""

from __future__ import annotations

import pytest

API = "/nfv-orchestration/vnflcm/v2"
INSTANCE_ID = "a3930aa1-c24b-4477-931d-2556ceb4c815"
INSTANCE = f"{API}/vnf_instances/{INSTANCE_ID}"
OP_OCCS = f"{API}/vnf_lcm_op_occs"
ASPECT = "VDU1_scale"
OPEN = f"(eq,vnfInstanceId,{INSTANCE_ID});(in,operationState,STARTING,PROCESSING,ROLLING_BACK,FAILED_TEMP)"
MADE = f"(eq,vnfInstanceId,{INSTANCE_ID});(in,operation,INSTANTIATE)"
USER_DATA = {
    "lcm-operation-user-data": "./UserData/standard.py",
    "lcm-operation-user-data-class": "StandardUserData",
}


class Tacker:
    """Declares Tacker's side of a conversation."""

    def __init__(self, conversation):
        self.conversation = conversation
        self.expect = conversation.expect
        self.run = conversation.run

    def instance(self, level=1, state="INSTANTIATED", **changed):
        """A VNF instance with one server of VDU2 and 1 + level of VDU1, the newest first as Tacker sorts them."""
        ids = [f"vdu1-{index}" for index in reversed(range(level + 1))]
        vnfcs = [
            {"id": name, "vduId": "VDU1", "computeResource": {"vimConnectionId": "vim1", "resourceId": name},
             "metadata": {"vdu_idx": int(name[-1]), "flavor": "m1.tiny"}}
            for name in ids
        ]  # fmt: skip
        vnfcs.append({"id": "vdu2-0", "vduId": "VDU2", "computeResource": {"resourceId": "vdu2-0"}, "metadata": {"vdu_idx": 0}})
        raw = {
            "id": INSTANCE_ID, "vnfInstanceName": "web", "vnfdId": "d1", "vnfProvider": "p", "vnfProductName": "n",
            "vnfSoftwareVersion": "1.0", "vnfdVersion": "1.0", "instantiationState": state, "metadata": {"k": "v"},
            "vimConnectionInfo": {"vim1": {"vimType": "T", "accessInfo": {"username": "u", "password": "in-the-record"},
                                           "extra": {"accessInfo": {"token": "in-the-record"}}}},
            "_links": {"self": {"href": "http://127.0.0.1:9890/x"}},
        }  # fmt: skip
        if state == "INSTANTIATED":
            raw["instantiatedVnfInfo"] = {
                "flavourId": "simple", "vnfState": "STARTED",
                "scaleStatus": [{"aspectId": ASPECT, "scaleLevel": level}],
                "maxScaleLevels": [{"aspectId": ASPECT, "scaleLevel": 2}],
                "vnfcResourceInfo": vnfcs,
                "vnfcInfo": [
                    {"id": f"{vnfc['vduId']}-{vnfc['id']}", "vduId": vnfc["vduId"], "vnfcResourceInfoId": vnfc["id"]}
                    for vnfc in vnfcs
                ],
            }  # fmt: skip
        return {**raw, **changed}

    @staticmethod
    def occ(op_occ_id="o1", state="COMPLETED", operation="SCALE", **changed):
        """An op occ."""
        return {
            "id": op_occ_id, "operationState": state, "stateEnteredTime": "2026-11-21T02:20:00Z",
            "startTime": "2026-11-21T02:20:00Z", "vnfInstanceId": INSTANCE_ID, "operation": operation,
            "isAutomaticInvocation": False, "isCancelPending": False, **changed,
        }  # fmt: skip

    def hears_open(self, *occs, **more):
        """The list of what is under way."""
        self.expect("GET", OP_OCCS, json=[*occs], query={"filter": OPEN}, sent_headers={"Version": "2.0.0"}, **more)

    def hears_instance(self, *args, **changed):
        """One GET of the instance."""
        self.expect("GET", INSTANCE, json=self.instance(*args, **changed), sent_headers={"Version": "2.0.0"})

    def hears_occ(self, *args, headers=None, **changed):
        """One GET of the op occ."""
        occ = self.occ(*args, **changed)
        self.expect("GET", f"{OP_OCCS}/{occ['id']}", json=occ, headers=headers or {})

    def hears_user_data(self, params=None):
        """How the instance was made."""
        self.expect("GET", OP_OCCS, json=[self.occ("i0", operation="INSTANTIATE")], query={"filter": MADE})
        self.hears_occ("i0", operation="INSTANTIATE", operationParams={"flavourId": "simple", "additionalParams": params or {}})

    def counts(self, verb, level):
        """The steps of a scale are counted when nothing else is under way, right before the order."""
        if verb == "scale":
            self.hears_instance(level)

    def takes(self, verb, body=None, op_occ_id="o1", method="POST", level=1):
        """An order: 202 without a body, and an address at a host that is not ours."""
        self.counts(verb, level)
        path = INSTANCE if verb == "modify" else f"{INSTANCE}/{verb}"
        method = "PATCH" if verb == "modify" else method
        kind = "application/merge-patch+json" if verb == "modify" else "application/json"
        self.expect(
            method, path, status=202, body=body, sent_headers={"Version": "2.0.0", "Content-Type": kind},
            headers={"Location": f"http://127.0.0.1:9890/vnflcm/v2/vnf_lcm_op_occs/{op_occ_id}"},
        )  # fmt: skip

    def refuses(self, verb, status, detail, level=1):
        """An order that is refused with ProblemDetails."""
        self.counts(verb, level)
        path = INSTANCE if verb == "modify" else f"{INSTANCE}/{verb}"
        self.expect(
            "PATCH" if verb == "modify" else "POST", path, status=status, json={"status": status, "detail": detail, "title": "T"},
            headers={"Content-Type": "application/problem+json"},
        )  # fmt: skip


@pytest.fixture
def tacker(conversation):
    return Tacker(conversation)


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Sleeps take no time, but the clock believes them."""
    import time  # noqa: PLC0415

    began, slept = time.monotonic(), [0.0]
    monkeypatch.setattr("time.sleep", lambda seconds: slept.append(slept.pop() + seconds))
    monkeypatch.setattr("time.monotonic", lambda: began + slept[0])
