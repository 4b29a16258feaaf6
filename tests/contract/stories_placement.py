# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement: what the hosts have, and who holds it."""

from __future__ import annotations

from typing import Any

from . import servers
from .talk import Talk

_UNKNOWN = "99999999-9999-4999-8999-999999999999"
HOST = "compute-3"
VERSION = "1.29"


def documents(t: Talk) -> None:
    """The version document, microversions and their errors."""
    t.call("root", "GET", "placement", "/", user=None, expect=200)
    path = "/resource_providers?name=nothing"
    t.call("no version", "GET", "placement", path, expect=200)
    for version in ("1.0", "1.29", "1.39", "latest"):
        t.call(f"{version}", "GET", "placement", path, version=version, expect=200)
    for version in ("1.99", "2.0", "0.9"):
        t.call(f"{version} which is not there", "GET", "placement", path, version=version, expect=406)
    for version in ("one", "1", "1.x"):
        t.call(f"{version} which is malformed", "GET", "placement", path, version=version, expect=400)
    t.call("by a member", "GET", "placement", path, version=VERSION, user="demo", expect=403)
    t.call("an unknown path", "GET", "placement", "/nothing", version=VERSION, expect=404)
    t.call("an unknown path without a token", "GET", "placement", "/nothing", version=VERSION, user=None, expect=401)
    t.call("a wrong method", "DELETE", "placement", "/resource_providers", version=VERSION, expect=405)


def providers(t: Talk) -> None:
    """Inventories, usages, allocations, traits of one host."""
    found = t.ask("GET", "placement", "/resource_providers")["resource_providers"]
    ids = {item["name"]: t.name(f"provider {item['name']}", item["uuid"]) for item in found}
    server = servers.boot(t, "placed", HOST, size="small")
    t.until(
        lambda: server in t.ask("GET", "placement", f"/resource_providers/{ids[HOST]}/allocations")["allocations"], "allocated"
    )
    get, one = ("GET", "placement"), f"/resource_providers/{ids[HOST]}"
    for version in ("1.0", "1.14", VERSION, "1.39"):
        t.call(f"by name at {version}", *get, f"/resource_providers?name={HOST}", version=version, expect=200)
    t.call("by id", *get, f"/resource_providers?uuid={ids[HOST]}", version=VERSION, expect=200)
    t.call("by an unknown name", *get, "/resource_providers?name=nothing", version=VERSION, expect=200)
    t.call("by an unknown filter (schema)", *get, "/resource_providers?color=blue", version=VERSION, expect=400)
    t.call("by a malformed id (schema)", *get, "/resource_providers?uuid=nothing", version=VERSION, expect=400)
    t.call("one", *get, one, version=VERSION, expect=200)
    t.call("inventories", *get, f"{one}/inventories", version=VERSION, expect=200)
    only = _only(server)
    t.call("usages", *get, f"{one}/usages", version=VERSION, vague=("usages.*",), expect=200)
    t.call("allocations", *get, f"{one}/allocations", version=VERSION, see=only, expect=200)
    t.call("aggregates", *get, f"{one}/aggregates", version=VERSION, expect=200)
    t.call("traits", *get, f"{one}/traits", version=VERSION, see=_known_traits, expect=200)
    servers.disable(t, HOST)
    t.call("traits of a disabled one", *get, f"{one}/traits", version=VERSION, see=_known_traits, expect=200)
    servers.enable(t, HOST)
    for name, path in (("one", ""), ("inventories", "/inventories"), ("usages", "/usages"), ("traits", "/traits")):
        t.call(f"{name} of an unknown one", *get, f"/resource_providers/{_UNKNOWN}{path}", version=VERSION, expect=404)
    t.call("allocations of an unknown one", *get, f"/resource_providers/{_UNKNOWN}/allocations", version=VERSION, expect=404)
    t.call("a malformed one", *get, "/resource_providers/nothing", version=VERSION, expect=404)
    for version in ("1.0", "1.12", "1.28", VERSION, "1.38"):
        t.call(f"of a server at {version}", *get, f"/allocations/{server}", version=version, expect=200)
    t.call("of an unknown server", *get, f"/allocations/{_UNKNOWN}", version=VERSION, expect=200)
    t.call("of a malformed server", *get, "/allocations/nothing", version=VERSION, expect=200)
    wanted = "resources=VCPU:1,MEMORY_MB:64"
    t.call("candidates", *get, f"/allocation_candidates?{wanted}&in_tree={ids[HOST]}", version="1.31", see=_candidates,
           vague=("provider_summaries.*.resources.*.used",), expect=200)  # fmt: skip
    t.call("candidates at 1.29", *get, f"/allocation_candidates?{wanted}&limit=1", version=VERSION, see=_counted, expect=200)
    t.call("candidates for too much", *get, "/allocation_candidates?resources=VCPU:1000", version=VERSION, expect=200)
    t.call("candidates for nothing", *get, "/allocation_candidates", version=VERSION, expect=400)
    t.call("candidates for an unknown thing", *get, "/allocation_candidates?resources=CHEESE:1", version=VERSION, expect=400)
    t.call("candidates for a malformed number", *get, "/allocation_candidates?resources=VCPU:x", version=VERSION, expect=400)
    t.call("candidates without a number", *get, "/allocation_candidates?resources=VCPU", version=VERSION, expect=400)
    t.call(
        "candidates with a wrong limit (schema)", *get, f"/allocation_candidates?{wanted}&limit=x", version=VERSION, expect=400
    )
    t.call("candidates before 1.10", *get, f"/allocation_candidates?{wanted}", version="1.9", expect=404)


def _known_traits(answer: dict[str, Any]) -> dict[str, Any]:
    """What a hypervisor can do besides depends on it."""
    return {**answer, "traits": sorted({"COMPUTE_NODE", servers.DISABLED} & set(answer["traits"]))}


def _only(server: str) -> Any:
    return lambda answer: {**answer, "allocations": {key: value for key, value in answer["allocations"].items() if key == server}}


def _candidates(answer: dict[str, Any]) -> dict[str, Any]:
    for summary in answer["provider_summaries"].values():
        summary["traits"] = sorted({"COMPUTE_NODE"} & set(summary["traits"]))
    return answer


def _counted(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: len(value) for key, value in answer.items()}


STORIES = {"placement documents": documents, "placement": providers}
