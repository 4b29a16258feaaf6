# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's hosts: services, hypervisors, zones, groups; and Placement's view of the hosts."""

from __future__ import annotations

from typing import Any

from . import servers
from .servers import mine, of_hosts
from .talk import NAME, Talk

_UNKNOWN = "99999999-9999-4999-8999-999999999999"
LATEST = "2.90"
HOST = "compute-4"
_SERVICES = "/v2.1/os-services"
_HYPERVISORS = "/v2.1/os-hypervisors"
# What the resource tracker knows is up to a minute old, and other tests leave their trace in it.
_LAGGING = tuple(
    f"{place}{name}"
    for place in ("hypervisors.*.", "hypervisor.")
    for name in (
        *("vcpus_used", "memory_mb_used", "local_gb_used", "running_vms", "free_ram_mb", "free_disk_gb", "disk_available_least"),
        *("current_workload", "cpu_info", "uptime", "hypervisor_version", "hypervisor_type"),
    )
)
_ONE_BINARY = "services.*.host"


def services(t: Talk) -> None:
    """A nova-compute is listed, disabled with a reason, forced down and enabled again."""
    service = servers.service_id(t, HOST)
    servers.restore(t, HOST)
    get, query = ("GET", "compute"), f"{_SERVICES}?binary=nova-compute&host={HOST}"
    for version in ("2.1", "2.11", "2.53", "2.69", LATEST):
        t.call(f"listed at {version}", *get, query, version=version, expect=200)
    t.call("all of them", *get, f"{_SERVICES}?binary=nova-compute", version=LATEST, expect=200,
           see=_with_names(t, of_hosts("services", "host", "compute-1", "compute-2", "compute-3", "compute-4")))  # fmt: skip
    t.call("conductors", *get, f"{_SERVICES}?binary=nova-conductor", version=LATEST, vague=(_ONE_BINARY,), expect=200)
    t.call("schedulers", *get, f"{_SERVICES}?binary=nova-scheduler", version=LATEST, vague=(_ONE_BINARY,), expect=200)
    t.call("of an unknown host", *get, f"{_SERVICES}?host=nothing", version=LATEST, expect=200)
    t.call("of an unknown binary", *get, f"{_SERVICES}?binary=nothing", version=LATEST, expect=200)
    t.call("by an unknown filter", *get, f"{_SERVICES}?color=blue", version=LATEST, expect=400)
    t.call("by an unknown filter before 2.75", *get, f"{query}&color=blue", version="2.74", expect=200)
    t.call("listed by a member", *get, _SERVICES, user="demo", version=LATEST, expect=403)
    put, one = ("PUT", "compute"), f"{_SERVICES}/{service}"
    why = "nfv.maintenance session x: new kernel"
    t.call("disable with a reason", *put, one, {"status": "disabled", "disabled_reason": why}, version=LATEST, expect=200)
    t.call("disabled", *get, query, version=LATEST, expect=200)
    t.call("disable again without a reason", *put, one, {"status": "disabled"}, version=LATEST, expect=200)
    t.call("disable again with another", *put, one, {"status": "disabled", "disabled_reason": "x"}, version=LATEST, expect=200)
    t.call("enable", *put, one, {"status": "enabled"}, version=LATEST, expect=200)
    t.call("enable again", *put, one, {"status": "enabled"}, version=LATEST, expect=200)
    t.call("force down", *put, one, {"forced_down": True}, version=LATEST, expect=200)
    t.call("forced down", *get, query, version=LATEST, expect=200)
    t.call("as text", *put, one, {"forced_down": "false"}, version=LATEST, expect=200)
    t.call("force down and disable", *put, one, {"forced_down": True, "status": "disabled"}, version=LATEST, expect=200)
    t.call("up and enabled", *put, one, {"forced_down": False, "status": "enabled"}, version=LATEST, expect=200)
    for name, body in (
        ("nothing", {}),
        ("an unknown status", {"status": "asleep"}),
        ("a number as status", {"status": 1}),
        ("a reason alone", {"disabled_reason": "x"}),
        ("a reason to enable", {"status": "enabled", "disabled_reason": "x"}),
        ("an empty reason", {"status": "disabled", "disabled_reason": ""}),
        ("a reason too long", {"status": "disabled", "disabled_reason": "x" * 256}),
        ("a number as reason", {"status": "disabled", "disabled_reason": 1}),
        ("an unknown field", {"status": "disabled", "color": "blue"}),
        ("an unclear forced_down", {"forced_down": "perhaps"}),
    ):
        t.call(f"with {name}", *put, one, body, version=LATEST, expect=400)
    t.call("the longest reason", *put, one, {"status": "disabled", "disabled_reason": "x" * 255}, version=LATEST, expect=200)
    t.call("an unknown one", *put, f"{_SERVICES}/{_UNKNOWN}", {"status": "enabled"}, version=LATEST, expect=404)
    t.call("a malformed one", *put, f"{_SERVICES}/nothing", {"status": "enabled"}, version=LATEST, expect=400)
    t.call("by a member", *put, one, {"status": "enabled"}, user="demo", version=LATEST, expect=403)
    conductor = t.ask("GET", "compute", f"{_SERVICES}?binary=nova-conductor")["services"][0]["id"]
    t.call(
        "a conductor", *put, f"{_SERVICES}/{t.name('conductor', conductor)}", {"status": "disabled"}, version=LATEST, expect=400
    )


def services_before(t: Talk) -> None:
    """The calls before 2.53 name host and binary."""
    servers.restore(t, HOST)
    named = {"host": HOST, "binary": "nova-compute"}
    for name, verb, body, version, status in (
        ("disable", "disable", named, "2.1", 200),
        ("enable", "enable", named, "2.1", 200),
        ("disable with a reason", "disable-log-reason", {**named, "disabled_reason": "why"}, "2.1", 200),
        ("disable with no reason", "disable-log-reason", named, "2.1", 400),
        ("enable again", "enable", named, "2.1", 200),
        ("force down", "force-down", {**named, "forced_down": True}, "2.11", 200),
        ("force up", "force-down", {**named, "forced_down": False}, "2.11", 200),
        ("force down before 2.11", "force-down", {**named, "forced_down": True}, "2.10", 400),
        ("an unknown verb", "dance", named, "2.1", 404),
        ("an unknown host", "enable", {**named, "host": "nothing"}, "2.1", 404),
        ("an unknown binary", "enable", {**named, "binary": "nothing"}, "2.1", 400),
        ("without a binary", "enable", {"host": HOST}, "2.1", 400),
    ):
        t.call(name, "PUT", "compute", f"{_SERVICES}/{verb}", body, version=version, expect=status)


def hypervisors(t: Talk) -> None:
    """The hypervisors by microversion."""
    found = t.ask("GET", "compute", _HYPERVISORS)["hypervisors"]
    ids = {item["hypervisor_hostname"]: t.name(f"hypervisor of {item['hypervisor_hostname']}", item["id"]) for item in found}
    for host in ids:
        servers.service_id(t, host)
    see = of_hosts("hypervisors", "hypervisor_hostname", "compute-1", HOST)
    get, one = ("GET", "compute"), f"{_HYPERVISORS}/{ids[HOST]}"
    server = servers.boot(t, "guest", HOST)
    for version in ("2.1", "2.53", LATEST):
        t.call(f"brief at {version}", *get, _HYPERVISORS, version=version, see=see, expect=200)
    for version in ("2.1", "2.28", "2.53", "2.75", "2.87", "2.88"):
        t.call(f"full at {version}", *get, f"{_HYPERVISORS}/detail", version=version, see=see, vague=_LAGGING, expect=200)
    for version in ("2.53", "2.75", "2.88"):
        t.call(f"one at {version}", *get, one, version=version, vague=_LAGGING, expect=200)
    on_host = of_hosts("hypervisors", "hypervisor_hostname", HOST)
    t.call("with servers", *get, f"{_HYPERVISORS}?with_servers=true", version=LATEST, see=on_host, expect=200)
    t.call("full with servers", *get, f"{_HYPERVISORS}/detail?with_servers=true", version=LATEST, see=on_host, vague=_LAGGING,
           expect=200)  # fmt: skip
    t.call("one with servers", *get, f"{one}?with_servers=true", version=LATEST, vague=_LAGGING, expect=200)
    pattern = f"{_HYPERVISORS}?hypervisor_hostname_pattern"
    t.call("by name", *get, f"{pattern}={HOST}", version=LATEST, expect=200)
    t.call("by name with servers", *get, f"{pattern}={HOST}&with_servers=1", version=LATEST, expect=200)
    t.call("by an unknown name", *get, f"{pattern}=nothing", version=LATEST, expect=404)
    t.call("by name with a limit", *get, f"{pattern}=compute&limit=1", version=LATEST, expect=400)
    t.call("before 2.53 by name", *get, f"{_HYPERVISORS}/{HOST}/search", version="2.52", expect=200)
    t.call("a first page", *get, f"{_HYPERVISORS}?limit=2", version=LATEST, see=_counted, expect=200)
    t.call("an unknown marker", *get, f"{_HYPERVISORS}?marker={_UNKNOWN}", version=LATEST, expect=400)
    t.call("a malformed marker", *get, f"{_HYPERVISORS}?marker=nothing", version=LATEST, expect=400)
    t.call("an unknown filter", *get, f"{_HYPERVISORS}?color=blue", version=LATEST, expect=400)
    t.call("an unknown one", *get, f"{_HYPERVISORS}/{_UNKNOWN}", version=LATEST, expect=404)
    t.call("a malformed one", *get, f"{_HYPERVISORS}/nothing", version=LATEST, expect=400)
    t.call("an unknown one before 2.53", *get, f"{_HYPERVISORS}/999999", version="2.52", expect=404)
    t.call("by a member", *get, _HYPERVISORS, user="demo", version=LATEST, expect=403)
    t.call("full by a member", *get, f"{_HYPERVISORS}/detail", user="demo", version=LATEST, expect=403)
    t.call("one by a member", *get, one, user="demo", version=LATEST, expect=403)
    t.call("statistics", *get, f"{_HYPERVISORS}/statistics", version="2.87", see=_types, expect=200)
    t.call("statistics from 2.88", *get, f"{_HYPERVISORS}/statistics", version="2.88", expect=404)
    t.call("uptime from 2.88", *get, f"{one}/uptime", version="2.88", expect=404)
    down = f"{_SERVICES}/{servers.service_id(t, HOST)}"
    servers.restore(t, HOST)
    t.ask("PUT", "compute", down, {"forced_down": True, "status": "disabled"})
    t.call("one that is down", *get, one, version="2.87", vague=_LAGGING, expect=200)
    t.call("one that is down at 2.88", *get, one, version="2.88", vague=_LAGGING, expect=200)
    t.call("a server on it", *get, f"/v2.1/servers/{server}", version=LATEST, expect=200)
    t.call("zones with it", *get, "/v2.1/os-availability-zone/detail", version=LATEST, see=_compute_zone, expect=200)
    t.call("zones", *get, "/v2.1/os-availability-zone", version=LATEST, user="demo", expect=200)
    t.call("zones in full, by a member", *get, "/v2.1/os-availability-zone/detail", user="demo", version=LATEST, expect=403)
    t.call("aggregates", *get, "/v2.1/os-aggregates", version=LATEST, expect=200)
    t.call("aggregates by a member", *get, "/v2.1/os-aggregates", user="demo", version=LATEST, expect=403)
    t.call("limits", *get, "/v2.1/limits", user="demo2", version=LATEST, see=_types, expect=200)


def groups(t: Talk) -> None:
    """Server groups by microversion, and who sees them."""
    post, path = ("POST", "compute"), "/v2.1/os-server-groups"

    def wanted(**fields: Any) -> dict[str, Any]:
        return {"server_group": {"name": f"{NAME}-group", **fields}}

    made: list[str] = []
    for version, fields in (
        ("2.1", {"policies": ["anti-affinity"]}),
        ("2.15", {"policies": ["soft-anti-affinity"]}),
        ("2.64", {"policy": "anti-affinity", "rules": {"max_server_per_host": 2}}),
        (LATEST, {"policy": "affinity"}),
    ):
        answer = t.call(f"make at {version}", *post, path, wanted(**fields), user="demo", version=version, expect=200)
        made.append(t.name(f"group {version}", answer.json()["server_group"]["id"]))
        t.undo("DELETE", "compute", f"{path}/{made[-1]}")
    for name, fields, version in (
        ("without a policy", {}, LATEST),
        ("with an unknown policy", {"policy": "friendship"}, LATEST),
        ("with policies from 2.64", {"policies": ["affinity"]}, LATEST),
        ("with a soft policy before 2.15", {"policies": ["soft-affinity"]}, "2.14"),
        ("with rules of another policy", {"policy": "affinity", "rules": {"max_server_per_host": 2}}, LATEST),
        ("with an unknown rule", {"policy": "anti-affinity", "rules": {"color": 2}}, LATEST),
        ("with a rule of zero", {"policy": "anti-affinity", "rules": {"max_server_per_host": 0}}, LATEST),
        ("with an empty name", {"policy": "affinity", "name": ""}, LATEST),
    ):
        t.call(f"make one {name}", *post, path, wanted(**fields), user="demo", version=version, expect=400)
    get = ("GET", "compute")
    for version in ("2.1", "2.13", "2.64", LATEST):
        t.call(f"one at {version}", *get, f"{path}/{made[2]}", user="demo", version=version, expect=200)
    t.call("listed", *get, path, user="demo", version=LATEST, see=_made_order(made), expect=200)
    t.call("listed of all projects", *get, f"{path}?all_projects=True", version=LATEST, see=_made_order(made), expect=200)
    t.call("listed of one's own", *get, path, user="demo2", version=LATEST, see=mine("server_groups"), expect=200)
    t.call("listed of all, by a member", *get, f"{path}?all_projects=True", user="demo", version=LATEST, see=_made_order(made),
           expect=200)  # fmt: skip
    t.call("a limit", *get, f"{path}?limit=1", user="demo", version=LATEST, see=_counted_groups, expect=200)
    t.call("an offset beyond", *get, f"{path}?offset=1000", user="demo", version=LATEST, expect=200)
    t.call("a wrong limit", *get, f"{path}?limit=x", user="demo", version=LATEST, expect=400)
    t.call("a wrong offset", *get, f"{path}?offset=-1", user="demo", version=LATEST, expect=400)
    t.call("more than the limit", *get, f"{path}?limit=5000", user="demo", version=LATEST, see=_made_order(made), expect=200)
    t.call("of others", *get, f"{path}/{made[0]}", user="demo2", version=LATEST, expect=404)
    t.call("of others, by an administrator", *get, f"{path}/{made[0]}", version=LATEST, expect=200)
    t.call("an unknown one", *get, f"{path}/{_UNKNOWN}", version=LATEST, expect=404)
    server = servers.boot(t, "member", user="demo", group=made[2])
    t.call("with a member", *get, f"{path}/{made[2]}", user="demo", version=LATEST, expect=200)
    t.call("the member", *get, f"/v2.1/servers/{server}", user="demo", version=LATEST, expect=200, vague=("server.hostId",))
    t.call("delete another's", "DELETE", "compute", f"{path}/{made[0]}", user="demo2", version=LATEST, expect=404)
    t.call("delete", "DELETE", "compute", f"{path}/{made[2]}", user="demo", version=LATEST, expect=204)
    t.call("delete again", "DELETE", "compute", f"{path}/{made[2]}", user="demo", version=LATEST, expect=404)
    t.call(
        "the former member", *get, f"/v2.1/servers/{server}", user="demo", version=LATEST, expect=200, vague=("server.hostId",)
    )


def _with_names(t: Talk, see: Any) -> Any:
    def named(answer: dict[str, Any]) -> Any:
        for item in answer["services"]:
            t.name(f"service of {item['host']}", item["id"])
        return see(answer)

    return named


def _made_order(made: list[str]) -> Any:
    def see(answer: dict[str, Any]) -> dict[str, Any]:
        kept = {item["id"]: item for item in answer["server_groups"]}
        return {**answer, "server_groups": [kept[group] for group in made if group in kept]}

    return see


def _counted(answer: dict[str, Any]) -> dict[str, Any]:
    return {"number": len(answer["hypervisors"]), "links": [link["rel"] for link in answer.get("hypervisors_links", [])]}


def _counted_groups(answer: dict[str, Any]) -> dict[str, Any]:
    return {"number": len(answer["server_groups"]), "keys": sorted(answer)}


def _types(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _types(value) for key, value in answer.items()}
    return type(answer).__name__


def _compute_zone(answer: dict[str, Any]) -> dict[str, Any]:
    return {"availabilityZoneInfo": [zone for zone in answer["availabilityZoneInfo"] if zone["zoneName"] == "nova"]}


STORIES = {"compute services": services, "compute services before 2.53": services_before, "hypervisors": hypervisors,
           "server groups": groups}  # fmt: skip
