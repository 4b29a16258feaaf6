# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker: a VNF gets another package; operations that fail, and those that come while another one goes on."""

from __future__ import annotations

from typing import Any

from .sites import TACKER, version_header
from .stories_vnf_operations import OUT
from .talk import Talk
from .vnfs import LCM, UNKNOWN, Vnf


def rolling(vnf: Vnf, *vdus: str, version: str = "1.0", **params: Any) -> dict[str, Any]:
    """Return the request for a change of the package."""
    wanted = {"upgrade_type": "RollingUpdate", "vdu_params": [{"vdu_id": vdu} for vdu in vdus], **vnf.user_data, **params}
    return {"vnfdId": vnf.packages[version]["vnfdId"], "additionalParams": wanted}


def flavor(name: str) -> dict[str, Any]:
    """Return what says the flavor of VDU1's first VNFC directly."""
    return {"nfv": {"VDU": {"VDU1-0": {"computeFlavourId": name}}}}


def changed(t: Talk) -> None:
    """Another package with another flavor; the same again; a flavor without a package."""
    vnf = Vnf(t, "contract-change")
    good = rolling(vnf, "VDU2", version="2.0")
    params = good["additionalParams"]
    refused: dict[str, tuple[Any, int]] = {
        "without a package": ({"additionalParams": params}, 400),
        "an unknown package": ({**good, "vnfdId": UNKNOWN}, 422),
        "without parameters": ({"vnfdId": good["vnfdId"]}, 400),
        "parameters that are null": ({**good, "additionalParams": None}, 400),
        "blue and green": ({**good, "additionalParams": {**params, "upgrade_type": "BlueGreen"}}, 400),
        "without a kind of upgrade": ({**good, "additionalParams": {"vdu_params": params["vdu_params"]}}, 400),
        "without VDUs": ({**good, "additionalParams": {"upgrade_type": "RollingUpdate"}}, 400),
        "an unknown VDU": ({**good, "additionalParams": {**params, "vdu_params": [{"vdu_id": "VDU9"}]}}, 400),
        "VDUs that are no list": ({**good, "additionalParams": {**params, "vdu_params": "VDU2"}}, 400),
        "extensions that are null": ({**good, "extensions": None}, 400),
    }  # fmt: skip
    for name, (body, status) in refused.items():
        vnf.call(name, "POST", "change_vnfpkg", body, expect=status)
    maps = {"extensions": {"x": {"y": 1}}, "vnfConfigurableProperties": {"z": "1"}}
    vnf.operate("another package", "change_vnfpkg", {**good, **maps})
    vnf.show("with the other package")
    vnf.operate("the same again", "change_vnfpkg", {**good, "extensions": {"x": None}})
    vnf.operate("a flavor alone", "change_vnfpkg", rolling(vnf, "VDU1", version="2.0", **flavor("m1.small")))
    vnf.show("with the other flavor")
    usage = {package["vnfSoftwareVersion"]: package["usageState"] for package in Vnf(t, "contract-change").packages.values()}
    t.note("which package is in use", usage)


def failed(t: Talk) -> None:
    """A change that fails blocks the VNF, and is retried, rolled back, and given up."""
    vnf = Vnf(t, "contract-fail")
    bad = rolling(vnf, "VDU1", version="2.0", **flavor("missing"))
    occ = vnf.operate("a flavor that is not there", "change_vnfpkg", bad)
    vnf.show("while it waits for a decision")
    vnf.call("modify while blocked", "PATCH", "", {}, expect=409)
    vnf.call("scale while blocked", "POST", "scale", OUT, expect=409)
    vnf.call("heal while blocked", "POST", "heal", {}, expect=409)
    vnf.call("change while blocked", "POST", "change_vnfpkg", bad, expect=409)
    blocked = f"{LCM}/vnf_lcm_op_occs?filter=(eq,vnfInstanceId,{vnf.id})%3B(eq,operationState,FAILED_TEMP)"
    vnf.call("the op occs that block", "GET", blocked, expect=200, see=vnf.ordered)
    _decide(vnf, "retry", occ)
    _decide(vnf, "rollback", occ)
    # The lock is let go a moment after the end; until then they are refused for that.
    url = vnf.site.roots[TACKER] + f"{occ}/fail"
    headers = {"X-Auth-Token": vnf.site.tokens["lab"], **version_header(TACKER, "")}
    t.until(lambda: "in progress" not in vnf.site.http.post(url, headers=headers).text, "the lock is free")
    for verb in ("retry", "rollback", "fail"):
        vnf.call(f"{verb} after the end", "POST", f"{occ}/{verb}", expect=409)
    vnf.show("after the rollback")
    occ = vnf.operate("once more", "change_vnfpkg", bad)
    vnf.call("give up", "POST", f"{occ}/fail", expect=200, again=409, see=vnf.ordered, vague=["error.detail"])
    vnf.call("given up", "GET", occ, expect=200, see=vnf.ordered, vague=["error.detail"])
    vnf.operate("then something else", "", {"vnfInstanceDescription": "free again"})


def _decide(vnf: Vnf, verb: str, occ: str) -> None:
    # Until the conductor begins the old state is shown. Only lists have times that are exact enough to see a new one.
    listed = f"{LCM}/vnf_lcm_op_occs?filter=(eq,id,{occ.rpartition('/')[2]})"

    def entered() -> str:
        return str(vnf.t.ask("GET", TACKER, listed)[0]["stateEnteredTime"])

    before = entered()
    vnf.call(verb, "POST", f"{occ}/{verb}", expect=202, again=409)
    vnf.t.until(lambda: entered() != before, f"{verb} begins")
    vnf.ended(f"{verb}: the end", occ)


def busy(t: Talk) -> None:
    """What is asked for while another operation goes on: only scaling and healing do not look."""
    vnf = Vnf(t, "contract-busy")
    with vnf.site.slow():
        first = vnf.begin("scale", "scale", {**OUT, "additionalParams": vnf.user_data})
        # Before that the conductor does not hold the lock yet.
        t.until(lambda: t.ask("GET", TACKER, first)["operationState"] == "PROCESSING", "it scales")
        vnf.call("heal meanwhile", "POST", "heal", {}, expect=202)
        vnf.call("modify meanwhile", "PATCH", "", {}, expect=409)
        vnf.call("change meanwhile", "POST", "change_vnfpkg", rolling(vnf, "VDU1"), expect=409)
        for verb in ("retry", "rollback", "fail"):
            vnf.call(f"{verb} meanwhile", "POST", f"{first}/{verb}", expect=409)
        vnf.ended("scale: the end", first)
    waiting = f"{LCM}/vnf_lcm_op_occs?filter=(eq,vnfInstanceId,{vnf.id})%3B(eq,operation,HEAL)"
    vnf.call("what waited too long", "GET", waiting, expect=200, see=vnf.ordered)
    vnf.operate("and blocks nothing", "", {"vnfInstanceDescription": "free"})


STORIES = {"VNF package changed": changed, "VNF change failed": failed, "VNF busy": busy}
