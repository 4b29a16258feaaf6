# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker: what every call has in common, what can be read, and the packages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from .sites import TACKER
from .talk import Talk
from .vnfs import LCM, PACKAGES, UNKNOWN, Vnf

INSTANCES = f"{LCM}/vnf_instances"
OP_OCCS = f"{LCM}/vnf_lcm_op_occs"
FLAVOUR_PATH = "instantiatedVnfInfo/flavourId"


def manners(t: Talk) -> None:
    """Tokens, versions, unknown things and paths, and bodies that are none."""
    vnf = Vnf(t, "contract-read")
    for path in ("/vnflcm/api_versions", f"{LCM}/api_versions"):
        vnf.call(f"versions of {path}", "GET", path, version=None, expect=200)
    vnf.call("without a token", "GET", "", user=None, expect=401)
    vnf.call("with a token that is none", "GET", "", user=None, headers={"X-Auth-Token": "none"}, expect=401)
    vnf.call("of another project", "GET", "", user="other", expect=200, see=lambda body: body["id"])
    vnf.call("without a version", "GET", "", version=None, expect=400)
    for version, status in (("1", 400), ("2.0", 400), ("two", 400), ("1.0.0", 406), ("2.1.0", 406), ("2.0.0-impl:a:b:1", 200)):
        vnf.call(f"version {version}", "GET", "", version=version, expect=status, see=lambda body: body["id"])
    vnf.call("an unknown instance", "GET", f"{INSTANCES}/{UNKNOWN}", expect=404)
    vnf.call("an instance whose id is none", "GET", f"{INSTANCES}/none", expect=404)
    vnf.call("an unknown op occ", "GET", f"{OP_OCCS}/{UNKNOWN}", expect=404)
    for verb in ("scale", "heal", "change_vnfpkg"):
        vnf.call(f"{verb} of an unknown instance", "POST", f"{INSTANCES}/{UNKNOWN}/{verb}", BODIES[verb], expect=404)
    vnf.call("modify an unknown instance", "PATCH", f"{INSTANCES}/{UNKNOWN}", {}, expect=404)
    for verb in ("retry", "rollback", "fail"):
        vnf.call(f"{verb} of an unknown op occ", "POST", f"{OP_OCCS}/{UNKNOWN}/{verb}", expect=404)
    vnf.call("an unknown path", "GET", f"{LCM}/nothing", expect=404)
    vnf.call("an unknown path below an instance", "POST", "nothing", {}, expect=404)
    vnf.call("operate, which is not there", "POST", "operate", {}, expect=404)
    vnf.call("a wrong method on an instance", "PUT", "", {}, expect=405)
    vnf.call("a wrong method on a verb", "GET", "scale", expect=405)
    vnf.call("a wrong method on op occs", "POST", OP_OCCS, {}, expect=405)
    vnf.call("no body", "POST", "scale", expect=400)
    vnf.call("broken JSON", "POST", "scale", data=b"{", expect=500)
    vnf.call("broken JSON, any answer", "POST", "scale", data=b"{", headers={"Accept": "*/*"}, expect=500)
    vnf.call("a body that is a list", "POST", "scale", [], expect=400)
    xml = {"Content-Type": "text/xml"}
    vnf.call("a type of content that is not served", "POST", "scale", data=b"<a/>", headers=xml, expect=500)
    vnf.call("an answer that cannot be had", "GET", "", headers={"Accept": "text/xml"}, expect=500)


def instances(t: Talk) -> None:
    """An instance alone and in lists: filters and selectors."""
    vnf = Vnf(t, "contract-read")
    vnf.show("the instance")
    own = f"(eq,id,{vnf.id})"

    def listed(name: str, query: str, expect: int = 200) -> None:
        vnf.call(name, "GET", f"{INSTANCES}?{query}", expect=expect, see=vnf.ordered)

    listed("by id", f"filter={own}")
    listed("by name", "filter=(eq,vnfInstanceName,contract-read)")
    listed("all fields", f"filter={own}&all_fields")
    listed("some fields", f"filter={own}&fields=metadata,extensions")
    listed("a field of a field", f"filter={own}&fields={FLAVOUR_PATH}")
    listed("without some fields", f"filter={own}&exclude_fields=instantiatedVnfInfo,vimConnectionInfo")
    listed("without the default ones", f"filter={own}&exclude_default")
    listed("all fields and others", "all_fields&fields=id", 400)
    listed("fields with and without", "fields=id&exclude_fields=metadata", 400)
    listed("a field that nobody knows", f"filter={own}&fields=nothing", 500)
    listed("without the links", f"filter={own}&exclude_fields=_links", 500)
    listed("without a field that nobody knows", f"filter={own}&exclude_fields=nothing", 500)

    def found(name: str, condition: str, expect: int = 200) -> None:
        query = f"{INSTANCES}?filter={quote(condition, safe='(),/@~;')}".replace(";", "%3B")
        vnf.call(f"filter {name}", "GET", query, expect=expect, see=lambda body: [item["id"] for item in body])

    found("eq and eq", f"{own};(eq,instantiationState,INSTANTIATED)")
    found("eq and neq", f"{own};(neq,instantiationState,INSTANTIATED)")
    found("by a path", f"{own};(neq,{FLAVOUR_PATH},nothing)")
    found("in", f"(in,id,{UNKNOWN},{vnf.id})")
    found("nin", f"{own};(nin,id,{UNKNOWN},{vnf.id})")
    found("nin of others", f"{own};(nin,id,{UNKNOWN})")
    found("cont", "(cont,vnfInstanceName,act-read)")
    found("ncont", f"{own};(ncont,vnfInstanceName,act-read)")
    found("gte", f"{own};(gte,vnfInstanceName,contract-read)")
    found("gt", f"{own};(gt,vnfInstanceName,contract-read)")
    found("lt", f"{own};(lt,vnfInstanceName,contract-read)")
    found("lte", f"{own};(lte,vnfInstanceName,contract-read)")
    found("quoted", f"{own};(eq,vnfInstanceName,'contract-read')")
    found("by what is in a list", f"{own};(eq,instantiatedVnfInfo/vnfcResourceInfo/vduId,VDU2)", 400)
    found("by key", f"{own};(eq,vimConnectionInfo/@key,default)")
    found("of a field that nobody has", f"{own};(eq,nothing,1)")
    found("of a field that is not there, negated", f"{own};(neq,nothing,1)")
    for text in ("nothing", "(eq,id)", "(is,id,1)", "(eq,id,a,b)", "(eq,id,1", "eq,id,1"):
        found(f"malformed {text}", text, 400)
    found("empty", "", 400)
    raw = f"{INSTANCES}?filter={own};(eq,id,{UNKNOWN})"
    vnf.call("a raw semicolon", "GET", raw, expect=200, see=lambda body: [item["id"] for item in body])


def packages(t: Talk) -> None:
    """The packages of the VNF, with what they hold."""
    vnf = Vnf(t, "contract-read")
    package = vnf.packages["1.0"]
    one = f"{PACKAGES}/{package['id']}"
    product = "(eq,vnfProductName,contract-read)"

    def see(body: Any) -> Any:
        return sorted(body, key=lambda item: item.get("vnfSoftwareVersion", "")) if isinstance(body, list) else body

    def call(name: str, path: str, expect: int, vague: tuple[str, ...] = (), **options: Any) -> None:
        options.setdefault("user", "lab")
        t.call(name, "GET", TACKER, path, expect=expect, see=see, vague=vague, **options)

    call("shown", one, 200)
    call("by version", f"{PACKAGES}?filter={product}", 200)
    call("all fields", f"{PACKAGES}?filter={product}&all_fields", 200)
    call("some fields", f"{PACKAGES}?filter={product}&fields=checksum", 200)
    for version in ("1.0", "2.0", "3.0"):
        call(f"version {version}", f"{PACKAGES}?filter={product}%3B(eq,vnfSoftwareVersion,{version})", 200)
    call("by vnfd", f"{PACKAGES}?filter=(eq,vnfdId,{package['vnfdId']})", 200)
    call("by a field that nobody knows", f"{PACKAGES}?filter=(eq,nothing,1)", 400)
    call("a malformed filter", f"{PACKAGES}?filter=nothing", 400)
    call("without a token", PACKAGES, 401, user=None)
    call("of another project", one, 404, user="other")
    call("all of another project", f"{PACKAGES}?filter={product}", 200, user="other")
    call("by an administrator", one, 200, user="admin")
    call("unknown", f"{PACKAGES}/{UNKNOWN}", 404)
    call("an id that is none", f"{PACKAGES}/none", 404)
    call("an unknown path", "/vnfpkgm/v1/nothing", 404)
    # What the archive holds is each site's own.
    for accept, expect in (("application/zip", 200), ("text/plain", 400), ("text/plain,application/zip", 200), ("text/xml", 406)):
        name = f"descriptor as {accept}"
        kept = t.call(name, "GET", TACKER, f"{one}/vnfd", user="lab", headers={"Accept": accept}, expect=expect)
        if kept.status_code == 200:
            t.recording[f"{t.story}: {name}"]["body"] = kept.content[:2].decode()


BODIES = {
    "scale": {"type": "SCALE_OUT", "aspectId": "VDU1_scale"},
    "heal": {},
    "change_vnfpkg": {"vnfdId": UNKNOWN},
}
STORIES = {"Tacker manners": manners, "VNF instances": instances, "VNF packages": packages}
