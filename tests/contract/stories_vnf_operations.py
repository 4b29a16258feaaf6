# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker: a VNF is modified, scaled, healed and gets another package, and all goes well."""

from __future__ import annotations

from typing import Any

from .sites import TACKER
from .talk import Talk
from .vnfs import ASPECT, LCM, UNKNOWN, Vnf

OUT = {"type": "SCALE_OUT", "aspectId": ASPECT}
IN = {"type": "SCALE_IN", "aspectId": ASPECT}


def modified(t: Talk) -> None:
    """The record of a VNF: merge patches, what is refused, and the op occs in pages."""
    vnf = Vnf(t, "contract-modify")
    refused: dict[str, Any] = {
        "a name that is null": {"vnfInstanceName": None}, "a name that is a number": {"vnfInstanceName": 1},
        "metadata that is null": {"metadata": None}, "metadata that is a list": {"metadata": []},
        "extensions that are a text": {"extensions": "x"}, "a link to a cloud without a type": {"vimConnectionInfo": {"x": {}}},
        "a link to a cloud that is null": {"vimConnectionInfo": {"default": None}},
    }  # fmt: skip
    for name, body in refused.items():
        vnf.call(name, "PATCH", "", body, expect=400)
    vnf.call("an unknown package", "PATCH", "", {"vnfdId": UNKNOWN}, expect=422)
    vnf.operate("nothing", "", {})
    vnf.operate("texts", "", {"vnfInstanceDescription": "of the contract", "metadata": {"a": "1", "b": {"c": [1, 2], "d": True}}})
    vnf.operate("the same texts", "", {"vnfInstanceDescription": "of the contract", "metadata": {"a": "1"}})
    vnf.operate("a null takes away, a list replaces", "", {"metadata": {"a": None, "b": {"c": [3], "e": None}}})
    vnf.operate("maps", "", {"extensions": {"x": 1}, "vnfConfigurableProperties": {"isAutohealEnabled": False}})
    vnf.operate("a field that nobody knows", "", {"nothing": 1})
    vnf.operate("another package, on paper", "", {"vnfdId": vnf.packages["2.0"]["vnfdId"]})
    vnf.show("afterwards")
    own = f"{LCM}/vnf_lcm_op_occs?filter=(eq,vnfInstanceId,{vnf.id})"
    modifications = f"{own}%3B(eq,operation,MODIFY_INFO)"
    first = vnf.call("the first page of op occs", "GET", modifications, expect=200, see=_sizes)
    following = first.links["next"]["url"].partition("/vnflcm")[2]
    # Which id is the greatest of a page is different each time.
    del t.recording[f"{t.story}: the first page of op occs"]["headers"]["link"]
    t.note("the link to the second page", following.rpartition("=")[0])
    found = vnf.site.ask("GET", TACKER, f"/vnflcm{following}", user="lab")
    t.note("the second page has only greater ids", all(item["id"] > following.rpartition("=")[2] for item in found))
    begun = f"{own}%3B(eq,operation,INSTANTIATE)"
    vnf.call("op occs, short", "GET", begun, expect=200)
    vnf.call("op occs, some fields", "GET", f"{begun}&fields=operationState,vnfInstanceId", expect=200)
    vnf.call("op occs, all fields and others", "GET", f"{begun}&all_fields&exclude_default", expect=400)


def _sizes(body: Any) -> Any:
    # The order is by the id, which is different each time.
    return {"entries": len(body), "operations": sorted({item["operation"] for item in body})}


def scaled(t: Talk) -> None:
    """VDU1 grows and shrinks."""
    vnf = Vnf(t, "contract-scale")
    refused: dict[str, Any] = {
        "without a type": {"aspectId": ASPECT}, "without an aspect": {"type": "SCALE_OUT"},
        "a type that nobody knows": {**OUT, "type": "SCALE"}, "an unknown aspect": {**OUT, "aspectId": "nothing"},
        "no step": {**OUT, "numberOfSteps": 0}, "steps that are a text": {**OUT, "numberOfSteps": "1"},
        "too many steps out": {**OUT, "numberOfSteps": 3}, "too many steps in": {**IN, "numberOfSteps": 2},
    }  # fmt: skip
    for name, body in refused.items():
        vnf.call(name, "POST", "scale", body, expect=400)
    params = {"additionalParams": vnf.user_data}
    vnf.operate("out by two", "scale", {**OUT, "numberOfSteps": 2, **params})
    vnf.show("after it grew")
    vnf.operate("in by one", "scale", {**IN, **params})
    vnf.show("after it shrank")


def healed(t: Talk) -> None:
    """One VNFC is replaced, then both."""
    vnf = Vnf(t, "contract-heal")
    vnf.call("an unknown VNFC", "POST", "heal", {"vnfcInstanceId": [UNKNOWN]}, expect=400)
    vnf.call("ids that are no list", "POST", "heal", {"vnfcInstanceId": "VDU1"}, expect=400)
    vnf.call("a cause that is a number", "POST", "heal", {"cause": 1}, expect=400)
    before = _servers(vnf)
    params = {"additionalParams": vnf.user_data}
    vnf.operate("one", "heal", {"cause": "contract", "vnfcInstanceId": [vnf.vnfc_id("VDU2")], **params})
    between = _servers(vnf)
    t.note("which VNFCs were replaced first", {vdu: between[vdu] != before[vdu] for vdu in sorted(before)})
    vnf.operate("all", "heal", params)
    after = _servers(vnf)
    t.note("which VNFCs were replaced then", {vdu: after[vdu] != between[vdu] for vdu in sorted(before)})
    vnf.show("afterwards")


def _servers(vnf: Vnf) -> dict[str, str]:
    members = vnf.record["instantiatedVnfInfo"]["vnfcResourceInfo"]
    return {item["vduId"]: item["computeResource"]["resourceId"] for item in members}


STORIES = {"VNF modified": modified, "VNF scaled": scaled, "VNF healed": healed}
