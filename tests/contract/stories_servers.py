# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova: versions, and servers as they are made, read, listed and changed."""

from __future__ import annotations

from . import servers
from .servers import SERVERS, mine
from .talk import NAME, Talk

_UNKNOWN = "99999999-9999-4999-8999-999999999999"
_NOVA = "X-OpenStack-Nova-API-Version"
_ANY = "OpenStack-API-Version"
LATEST = "2.90"


def documents(t: Talk) -> None:
    """The version documents need no token; what is not there needs one."""
    t.call("root", "GET", "compute", "/", user=None, expect=200)
    t.call("v2.1", "GET", "compute", "/v2.1", user=None, expect=200)
    t.call("v2.1 with a slash", "GET", "compute", "/v2.1/", user=None, expect=200)
    t.call("an unknown path", "GET", "compute", "/v2.1/nothing", expect=404)
    t.call("an unknown path without token", "GET", "compute", "/v2.1/nothing", user=None, expect=401)
    t.call("an unknown version", "GET", "compute", "/v9/servers", expect=300)
    t.call("a wrong method", "PUT", "compute", SERVERS, {}, expect=404)
    t.call("a body that is no JSON", "POST", "compute", SERVERS, data=b"{", expect=400)
    t.call("a body that is a list", "POST", "compute", SERVERS, [], expect=400)


def microversions(t: Talk) -> None:
    """Which version answers, and what is said of one that cannot."""
    path = f"{SERVERS}/{_UNKNOWN}"
    listing = ("GET", "compute", f"{SERVERS}?limit=0")
    t.call("none", *listing, expect=200)
    for version in ("2.1", "2.53", "2.90", "latest"):
        t.call(f"{version}", *listing, version=version, expect=200)
    for version, status in (("2.0", 406), ("1.1", 406), ("2.999", 406), ("3.1", 406)):
        t.call(f"{version} which is not there", *listing, version=version, expect=status)
    for version in ("two", "2", "2.", "2.01", "2.1.1", "-2.1", "LATEST"):
        t.call(f"{version} which is malformed", *listing, version=version, expect=400)
    t.call("by the old header", *listing, headers={_NOVA: "2.47"}, expect=200)
    t.call("by the old header, unknown", *listing, headers={_NOVA: "2.999"}, expect=406)
    t.call("by both headers", *listing, version="2.60", headers={_NOVA: "2.47"}, expect=200)
    t.call("of another service", *listing, headers={_ANY: "placement 1.30"}, expect=200)
    t.call("of two services", *listing, headers={_ANY: "placement 1.30, compute 2.60"}, expect=200)
    t.call("without a service", *listing, headers={_ANY: "2.60"}, expect=200)
    t.call("in a 404", "GET", "compute", path, version="2.60", expect=404)
    t.call("in a 403", "GET", "compute", "/v2.1/os-services", version="2.60", user="demo", expect=403)
    t.call("in a 400", "GET", "compute", f"{SERVERS}?limit=x", version="2.60", expect=400)
    t.call("in a 401", *listing, version="2.60", user=None, expect=401)
    t.call("too new and no token", *listing, version="2.999", user=None, expect=401)
    t.call("too old for the path", "GET", "compute", f"{path}/migrations", version="2.22", expect=404)


def made(t: Talk) -> None:
    """Servers are asked for, rightly and wrongly."""
    asked = servers.body(t, "made", metadata={"role": "test"})
    server = asked["server"]
    post = ("POST", "compute", SERVERS)
    first = t.call("rightly", *post, asked, user="demo", version=LATEST, expect=202).json()["server"]["id"]
    servers.adopt(t, "made", first)
    servers.running(t, first)
    t.call("shown to its owner", "GET", "compute", f"{SERVERS}/{first}", user="demo", version=LATEST, expect=200)
    t.call("shown to its owner, 2.1", "GET", "compute", f"{SERVERS}/{first}", user="demo", version="2.1", expect=200)
    t.call("shown to others", "GET", "compute", f"{SERVERS}/{first}", user="demo2", version=LATEST, expect=404)
    pinned = servers.body(t, "pinned", "compute-1")
    t.call("on a host, by a member", *post, pinned, user="demo", version=LATEST, expect=403)
    second = t.call("on a host", *post, pinned, version=LATEST, expect=202).json()["server"]["id"]
    servers.adopt(t, "pinned", second)
    nowhere = servers.body(t, "nowhere", "compute-99")
    lost = t.call("on an unknown host", *post, nowhere, version=LATEST, expect=202).json()["server"]["id"]
    servers.adopt(t, "nowhere", lost)
    servers.settled(t, lost, "ERROR")
    t.call("on an unknown host, shown", "GET", "compute", f"{SERVERS}/{lost}", version=LATEST, vague=("server.fault.details",),
           expect=200)  # fmt: skip
    wrongly = {
        "without a name": {key: value for key, value in server.items() if key != "name"},
        "with an empty name": {**server, "name": ""},
        "with an unknown flavor": {**server, "flavorRef": _UNKNOWN},
        "without a flavor": {key: value for key, value in server.items() if key != "flavorRef"},
        "without networks": {key: value for key, value in server.items() if key != "networks"},
        "with an unknown field": {**server, "color": "blue"},
        "with too few": {**server, "min_count": 0},
        "with more than at most": {**server, "min_count": 3, "max_count": 2},
        "with text as a number": {**server, "min_count": "two"},
    }
    for name, body in wrongly.items():
        t.call(name, *post, {"server": body}, version=LATEST, expect=400)
    t.call("without anything", *post, {}, version=LATEST, expect=400)
    t.call("in an unknown group", *post, {**asked, "os:scheduler_hints": {"group": _UNKNOWN}}, version=LATEST, expect=400)
    t.call("in a malformed group", *post, {**asked, "os:scheduler_hints": {"group": "mine"}}, version=LATEST, expect=400)
    servers.running(t, second)
    for version in ("2.1", "2.3", "2.8", "2.9", "2.16", "2.19", "2.26", "2.47", "2.56", "2.63", "2.71", "2.73", "2.90", "latest"):
        t.call(f"shown at {version}", "GET", "compute", f"{SERVERS}/{second}", version=version, expect=200)
    t.call("delete", "DELETE", "compute", f"{SERVERS}/{first}", user="demo", version=LATEST, expect=204)
    t.until(lambda: not t.ask("GET", "compute", f"{SERVERS}?all_tenants=1&uuid={first}")["servers"], "it is gone")
    t.call("deleted and shown", "GET", "compute", f"{SERVERS}/{first}", version=LATEST, expect=404)
    t.call("deleted again", "DELETE", "compute", f"{SERVERS}/{first}", version=LATEST, expect=404)
    t.call("deleted, its actions", "GET", "compute", f"{SERVERS}/{first}/os-instance-actions", version=LATEST, user="demo",
           expect=200)  # fmt: skip


def unknown(t: Talk) -> None:
    """An id that nobody has, and one that nobody could have."""
    for kind, server in (("unknown", _UNKNOWN), ("malformed", "nothing")):
        one = f"{SERVERS}/{server}"
        for name, path in (
            ("server", one),
            ("ports", f"{one}/os-interface"),
            ("volumes", f"{one}/os-volume_attachments"),
            ("addresses", f"{one}/ips"),
            ("metadata", f"{one}/metadata"),
            ("actions", f"{one}/os-instance-actions"),
            ("action", f"{one}/os-instance-actions/req-{_UNKNOWN}"),
            ("migrations", f"{one}/migrations"),
            ("migration", f"{one}/migrations/1"),
        ):
            t.call(f"{name} of an {kind} one", "GET", "compute", path, version=LATEST, expect=404)
        t.call(f"delete an {kind} one", "DELETE", "compute", one, version=LATEST, expect=404)
        t.call(f"rename an {kind} one", "PUT", "compute", one, {"server": {"name": "x"}}, version=LATEST, expect=404)
        for action in (
            {"migrate": None},
            {"os-migrateLive": {"host": None, "block_migration": "auto"}},
            {"confirmResize": None},
            {"os-resetState": {"state": "active"}},
            {"lock": None},
        ):
            name = next(iter(action))
            t.call(f"{name} an {kind} one", "POST", "compute", f"{one}/action", action, version=LATEST, expect=404)


def listed(t: Talk) -> None:
    """Filters, pages and their limits."""
    made = [servers.begin(t, f"list-{number}", f"compute-{number}") for number in (1, 2, 3)]
    for server in made:
        servers.running(t, server)
    base = f"{SERVERS}?all_tenants=1&name={NAME}-list"
    detail = f"{SERVERS}/detail?all_tenants=1&name={NAME}-list"
    get = ("GET", "compute")
    t.call("brief", *get, base + "&sort_key=display_name&sort_dir=asc", version=LATEST, expect=200)
    t.call("full", *get, detail + "&sort_key=display_name&sort_dir=asc", version=LATEST, expect=200)
    first = t.call("first page", *get, base + "&limit=2&sort_key=display_name&sort_dir=asc", version=LATEST, expect=200)
    assert [link["rel"] for link in first.json()["servers_links"]] == ["next"]
    t.call(
        "second page", *get, base + f"&limit=2&sort_key=display_name&sort_dir=asc&marker={made[1]}", version=LATEST, expect=200
    )
    t.call("a page that is just full", *get, base + "&limit=3&sort_key=display_name&sort_dir=asc", version=LATEST, expect=200)
    t.call("after the last", *get, base + f"&sort_key=display_name&sort_dir=asc&marker={made[2]}", version=LATEST, expect=200)
    t.call("full, first page", *get, detail + "&limit=1&sort_key=display_name&sort_dir=desc", version=LATEST, expect=200)
    t.call("more than the service's limit", *get, base + "&limit=5000&sort_key=display_name", version=LATEST, expect=200)
    t.call("a limit of zero", *get, base + "&limit=0", version=LATEST, expect=200)
    for text in ("-1", "x", ""):
        t.call(f"a limit of '{text}'", *get, f"{base}&limit={text}", version=LATEST, expect=400)
    t.call("an unknown marker", *get, f"{base}&marker={_UNKNOWN}", version=LATEST, expect=400)
    t.call("a malformed marker", *get, f"{base}&marker=nothing", version=LATEST, expect=400)
    t.call("an unknown sort key", *get, base + "&sort_key=color", version=LATEST, expect=400)
    t.call("a forbidden sort key", *get, base + "&sort_key=task_state_x", version=LATEST, expect=400)
    t.call("an unknown direction", *get, base + "&sort_dir=up", version=LATEST, expect=400)
    for name, query in (
        ("host", "host=compute-2"),
        ("status", "status=ACTIVE"),
        ("status in small letters", "status=active"),
        ("another status", "status=ERROR"),
        ("two statuses", "status=ERROR&status=ACTIVE"),
        ("vm_state", "vm_state=active"),
        ("an id", f"uuid={made[0]}"),
        ("project", f"project_id={t.site.project('admin')}"),
        ("another project", f"project_id={t.site.project('demo')}"),
        ("an old name of project", f"tenant_id={t.site.project('demo')}"),
        ("changes since long ago", "changes-since=2020-01-01T00:00:00Z"),
        ("changes since later", "changes-since=2100-01-01T00:00:00Z"),
        ("changes before long ago", "changes-before=2020-01-01T00:00:00Z"),
        ("locked", "locked=true"),
        ("not locked", "locked=false"),
        ("an unknown filter before 2.75", "color=blue"),
        ("a power state", "power_state=1"),
        ("an availability zone", "availability_zone=nova"),
    ):
        t.call(f"by {name}", *get, f"{base}&sort_key=display_name&{query}", version="2.73", expect=200,
               see=lambda answer: {**answer, "servers": [item for item in answer["servers"] if item["id"] in made]})  # fmt: skip
    t.call("by an unknown status", *get, f"{base}&status=BORED", version=LATEST, expect=400)
    t.call("by an unknown filter", *get, f"{base}&color=blue", version=LATEST, expect=400)
    t.call("by an unreadable time", *get, f"{base}&changes-since=yesterday", version=LATEST, expect=400)
    t.call("by an unreadable name", *get, f"{SERVERS}?all_tenants=1&name=(", version=LATEST, expect=400)
    t.call("by a wrong locked", *get, f"{base}&locked=perhaps", version=LATEST, expect=400)
    t.call("of all projects, by a member", *get, base, user="demo", version=LATEST, expect=403)
    t.call("of all projects, full, by a member", *get, detail, user="demo", version=LATEST, expect=403)
    t.call("a wrong all_tenants", *get, f"{SERVERS}?all_tenants=perhaps", version=LATEST, expect=400)
    t.call("of one's own", *get, f"{SERVERS}?name={NAME}-list", user="demo", version=LATEST, expect=200)
    t.call("by host, by a member", *get, f"{SERVERS}?name={NAME}-list&host=compute-1", user="demo", version=LATEST, expect=200)
    t.call("deleted ones, by a member", *get, f"{SERVERS}?deleted=true&name={NAME}-list", user="demo", version=LATEST, expect=200)


def changed(t: Talk) -> None:
    """A server is renamed, described, locked, stopped and started; its attachments."""
    server = servers.boot(t, "changed", "compute-2")
    one, action = f"{SERVERS}/{server}", f"{SERVERS}/{server}/action"
    t.call("rename", "PUT", "compute", one, {"server": {"name": f"{NAME}-renamed"}}, version=LATEST, expect=200)
    t.call("describe", "PUT", "compute", one, {"server": {"description": "new"}}, version=LATEST, expect=200)
    t.call("rename wrongly", "PUT", "compute", one, {"server": {"name": 7}}, version=LATEST, expect=400)
    t.call("change the unknown", "PUT", "compute", one, {"server": {"color": "blue"}}, version=LATEST, expect=400)
    t.call("add metadata", "POST", "compute", f"{one}/metadata", {"metadata": {"a": "1"}}, version=LATEST, expect=200)
    t.call("metadata", "GET", "compute", f"{one}/metadata", version=LATEST, expect=200)
    t.call("ports", "GET", "compute", f"{one}/os-interface", version=LATEST, expect=200)
    t.call("volumes", "GET", "compute", f"{one}/os-volume_attachments", version=LATEST, expect=200)
    t.call("addresses", "GET", "compute", f"{one}/ips", version=LATEST, expect=200)
    post = ("POST", "compute", action)
    t.call("lock with a reason", *post, {"lock": {"locked_reason": "ours"}}, version=LATEST, expect=202)
    t.call("locked", "GET", "compute", one, version=LATEST, expect=200)
    t.call("unlock", *post, {"unlock": None}, version=LATEST, expect=202)
    t.call("lock", *post, {"lock": None}, version="2.1", expect=202)
    t.call("unlock again", *post, {"unlock": None}, version="2.1", expect=202)
    t.call("no action", *post, {}, version=LATEST, expect=400)
    t.call("an unknown action", *post, {"dance": None}, version=LATEST, expect=400)
    t.call("two actions", *post, {"lock": None, "unlock": None}, version=LATEST, expect=400)
    t.call("start what runs", *post, {"os-start": None}, version=LATEST, expect=409)
    t.call("stop", *post, {"os-stop": None}, version=LATEST, expect=202)
    servers.settled(t, server, "SHUTOFF")
    t.call("stopped", "GET", "compute", one, version=LATEST, expect=200)
    t.call("stop what is stopped", *post, {"os-stop": None}, version=LATEST, expect=409)
    t.call("start", *post, {"os-start": None}, version=LATEST, expect=202)
    servers.running(t, server)
    t.call("reboot hard", *post, {"reboot": {"type": "HARD"}}, version=LATEST, expect=202)
    servers.running(t, server)
    t.call("reboot in an unknown way", *post, {"reboot": {"type": "GENTLE"}}, version=LATEST, expect=400)
    t.call("pause", *post, {"pause": None}, version=LATEST, expect=202)
    servers.settled(t, server, "PAUSED")
    t.call("paused", "GET", "compute", one, version=LATEST, expect=200)
    t.call("pause what is paused", *post, {"pause": None}, version=LATEST, expect=409)
    t.call("unpause", *post, {"unpause": None}, version=LATEST, expect=202)
    servers.running(t, server)
    t.call("its actions", "GET", "compute", f"{one}/os-instance-actions", version=LATEST, expect=200)
    owned = servers.boot(t, "owned", user="demo")
    t.ask("POST", "compute", f"{SERVERS}/{owned}/action", {"lock": {"locked_reason": "mine"}}, user="admin")
    wanted = ("POST", "compute", f"{SERVERS}/{owned}/action")
    t.call("stop a locked one, by its owner", *wanted, {"os-stop": None}, user="demo", version=LATEST, expect=409)
    t.call(
        "delete a locked one, by its owner", "DELETE", "compute", f"{SERVERS}/{owned}", user="demo", version=LATEST, expect=409
    )
    t.call("unlock another's lock", *wanted, {"unlock": None}, user="demo", version=LATEST, expect=403)
    t.call("stop a stranger's", *wanted, {"os-stop": None}, user="demo2", version=LATEST, expect=404)


def no_room(t: Talk) -> None:
    """A server that fits nowhere ends in ERROR with a fault."""
    flavor = {"name": f"{NAME}-giant", "vcpus": 64, "ram": 512, "disk": 1}
    t.call(
        "a flavor by a member", "POST", "compute", "/v2.1/flavors", {"flavor": flavor}, user="demo", version=LATEST, expect=403
    )
    made = t.call("a flavor", "POST", "compute", "/v2.1/flavors", {"flavor": flavor}, version=LATEST, expect=200)
    giant = t.name("flavor giant", made.json()["flavor"]["id"])
    t.undo("DELETE", "compute", f"/v2.1/flavors/{giant}")
    t.call("the flavor again", "POST", "compute", "/v2.1/flavors", {"flavor": flavor}, version=LATEST, expect=409)
    t.call("a flavor without size", "POST", "compute", "/v2.1/flavors", {"flavor": {"name": "x"}}, version=LATEST, expect=400)
    t.call("a flavor shown", "GET", "compute", f"/v2.1/flavors/{giant}", version=LATEST, expect=200)
    t.call("a flavor shown, 2.1", "GET", "compute", f"/v2.1/flavors/{giant}", version="2.1", expect=200)
    t.call("an unknown flavor", "GET", "compute", f"/v2.1/flavors/{_UNKNOWN}", version=LATEST, expect=404)
    t.call("extra specs", "GET", "compute", f"/v2.1/flavors/{giant}/os-extra_specs", version=LATEST, expect=200)
    for name, path in (("flavors", "/v2.1/flavors"), ("flavors in full", "/v2.1/flavors/detail")):
        t.call(name, "GET", "compute", path, version=LATEST, see=mine("flavors"), expect=200)
    asked = servers.body(t, "giant")
    asked["server"]["flavorRef"] = giant
    server = t.call("ask", "POST", "compute", SERVERS, asked, user="demo", version=LATEST, expect=202).json()["server"]["id"]
    servers.adopt(t, "giant", server)
    servers.settled(t, server, "ERROR")
    t.call("shown to its owner", "GET", "compute", f"{SERVERS}/{server}", user="demo", version=LATEST, expect=200)
    t.call("shown to an administrator", "GET", "compute", f"{SERVERS}/{server}", version=LATEST, vague=("server.fault.details",),
           expect=200)  # fmt: skip
    actions = f"{SERVERS}/{server}/os-instance-actions"
    t.call("its actions", "GET", "compute", actions, version=LATEST, user="demo", expect=200)
    live = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
    t.call("live-migrate it", "POST", "compute", f"{SERVERS}/{server}/action", live, version=LATEST, expect=409)
    t.call("migrate it", "POST", "compute", f"{SERVERS}/{server}/action", {"migrate": None}, version=LATEST, expect=409)


STORIES = {
    "compute documents": documents,
    "microversions": microversions,
    "servers made": made,
    "servers unknown": unknown,
    "servers listed": listed,
    "servers changed": changed,
    "no room for a server": no_room,
}
