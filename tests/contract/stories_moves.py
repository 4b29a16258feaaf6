# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova: how servers move, why they may not, and what is written down about it."""

from __future__ import annotations

from typing import Any

from . import servers
from .servers import SERVERS
from .talk import NAME, Talk

_UNKNOWN = "99999999-9999-4999-8999-999999999999"
LATEST = "2.90"
_ENDED = ("completed", "error", "failed", "finished", "confirmed", "reverted")
ORIGIN, TARGET = "compute-1", "compute-2"
OTHERS = ("compute-2", "compute-3", "compute-4")
# Nova shows an event's place in the list by time alone.
_VAGUE = ("instanceAction.events.*.traceback",)


def live(host: str | None, block: Any = "auto", **more: Any) -> dict[str, Any]:
    """Return the request for a live migration."""
    return {"os-migrateLive": {"host": host, "block_migration": block, **more}}


def ask(t: Talk, name: str, server: str, action: dict[str, Any], expect: int, **more: Any) -> str:
    """Ask something of a server; return the request's id."""
    more = {"version": LATEST, **more}
    answer = t.call(name, "POST", "compute", f"{SERVERS}/{server}/action", action, expect=expect, **more)
    return answer.headers["x-openstack-request-id"]


def written(t: Talk, name: str, server: str, request: str) -> None:
    """Read everything that Nova wrote down about a request that has ended."""
    # Nova lets the server go before it writes down that the migration is completed, and the action's last event is later still.
    servers.finished(t, server, *_ENDED)
    servers.acted(t, server, request)
    one = f"{SERVERS}/{server}"
    get = ("GET", "compute")
    t.call(f"{name}: its action", *get, f"{one}/os-instance-actions/{request}", version=LATEST, vague=_VAGUE, expect=200)
    t.call(f"{name}: its migrations", *get, f"/v2.1/os-migrations?instance_uuid={server}", version=LATEST, expect=200)
    t.call(f"{name}: the server", *get, one, version=LATEST, expect=200)


def live_migration(t: Talk) -> None:
    """A server moves while it runs."""
    server = servers.boot(t, "live", ORIGIN)
    get, one = ("GET", "compute"), f"{SERVERS}/{server}"
    request = ask(t, "go", server, live(TARGET), 202)
    # Whoever comes too early is told which task is in the way.
    ask(t, "go again at once", server, live("compute-3"), 409)
    servers.finished(t, server, "completed")
    servers.running(t, server)
    written(t, "gone", server, request)
    migration = t.ask("GET", "compute", f"/v2.1/os-migrations?instance_uuid={server}")["migrations"][0]
    for version in ("2.1", "2.23", "2.59", "2.80"):
        query = f"/v2.1/os-migrations?instance_uuid={server}"
        t.call(f"migrations at {version}", *get, query, version=version, expect=200)
    for name, query in (
        ("by host", f"instance_uuid={server}&host={TARGET}"),
        ("by another host", f"instance_uuid={server}&host=compute-4"),
        ("by origin", f"instance_uuid={server}&source_compute={ORIGIN}"),
        ("by another origin", f"instance_uuid={server}&source_compute={TARGET}"),
        ("by status", f"instance_uuid={server}&status=completed"),
        ("by another status", f"instance_uuid={server}&status=running"),
        ("by type", f"instance_uuid={server}&migration_type=live-migration"),
        ("by another type", f"instance_uuid={server}&migration_type=resize"),
        ("by project", f"instance_uuid={server}&project_id={t.site.project('admin')}"),
        ("since later", f"instance_uuid={server}&changes-since=2100-01-01T00:00:00Z"),
        ("since long ago", f"instance_uuid={server}&changes-since=2020-01-01T00:00:00Z"),
        ("of an unknown server", f"instance_uuid={_UNKNOWN}"),
    ):
        t.call(f"migrations {name}", *get, f"/v2.1/os-migrations?{query}", version=LATEST, expect=200)
    t.call("migrations of an unknown type", *get, f"/v2.1/os-migrations?instance_uuid={server}&migration_type=walk",
           version=LATEST, expect=200)  # fmt: skip
    t.call("migrations by an unknown filter", *get, "/v2.1/os-migrations?color=blue", version=LATEST, expect=400)
    t.call("migrations by a malformed server", *get, "/v2.1/os-migrations?instance_uuid=nothing", version=LATEST, expect=200)
    t.call("migrations, by a member", *get, "/v2.1/os-migrations", version=LATEST, user="demo", expect=403)
    t.call("going on", *get, f"{one}/migrations", version=LATEST, expect=200)
    t.call("going on, by a member", *get, f"{one}/migrations", version=LATEST, user="demo", expect=404)
    t.call("going on, too old", *get, f"{one}/migrations", version="2.22", expect=404)
    path = f"{one}/migrations/{migration['id']}"
    t.call("the one that ended", *get, path, version=LATEST, expect=404)
    t.call("force the one that ended", "POST", "compute", f"{path}/action", {"force_complete": None}, version=LATEST, expect=409)
    t.call("abort the one that ended", "DELETE", "compute", path, version=LATEST, expect=409)
    for kind, number in (("unknown", "999999"), ("malformed", "x")):
        other = f"{one}/migrations/{number}"
        t.call(f"an {kind} one", *get, other, version=LATEST, expect=404)
        t.call(f"force an {kind} one", "POST", "compute", f"{other}/action", {"force_complete": None}, version=LATEST, expect=409)
        t.call(f"abort an {kind} one", "DELETE", "compute", other, version=LATEST, expect=409)
    t.call("an unknown migration action", "POST", "compute", f"{path}/action", {"dance": None}, version=LATEST, expect=400)
    actions = f"{one}/os-instance-actions"
    t.call("actions", *get, actions, version=LATEST, expect=200)
    t.call("actions at 2.1", *get, actions, version="2.1", expect=200)
    t.call("actions, first page", *get, f"{actions}?limit=1", version=LATEST, expect=200)
    t.call("actions, next page", *get, f"{actions}?limit=1&marker={request}", version=LATEST, expect=200)
    t.call("actions, an unknown marker", *get, f"{actions}?marker=req-{_UNKNOWN}", version=LATEST, expect=400)
    t.call("actions, a malformed limit", *get, f"{actions}?limit=x", version=LATEST, expect=400)
    t.call("actions, an unknown filter", *get, f"{actions}?color=blue", version=LATEST, expect=400)
    t.call("an unknown action", *get, f"{actions}/req-{_UNKNOWN}", version=LATEST, expect=404)
    for version in ("2.1", "2.50", "2.51", "2.58", "2.62", "2.84"):
        t.call(f"its action at {version}", *get, f"{actions}/{request}", version=version, vague=_VAGUE, expect=200)
    for number, (name, action, version) in enumerate((
        ("without a host", {"os-migrateLive": {"block_migration": "auto"}}, LATEST),
        ("without block_migration", {"os-migrateLive": {"host": None}}, LATEST),
        ("with auto before 2.25", live(None, disk_over_commit=False), "2.24"),
        ("with disk_over_commit", live(None, disk_over_commit=False), LATEST),
        ("with force", live(TARGET, force=True), LATEST),
        ("with a number as host", live(7), LATEST),  # type: ignore[arg-type]
        ("with nothing", {"os-migrateLive": None}, LATEST),
        ("with an unknown field", live(None, color="blue"), LATEST),
    )):  # fmt: skip
        assert number >= 0
        ask(t, name, server, action, 400, version=version)
    ask(t, "to an unknown host", server, live("compute-99"), 400)
    ask(t, "by a member", server, live(None), 404, user="demo")
    request = ask(t, "to where it is", server, live(TARGET), 202)
    servers.acted(t, server, request)
    servers.running(t, server)
    written(t, "to where it is", server, request)


def refused_live(t: Talk) -> None:
    """A live migration that is accepted and then finds that it may not."""
    group = t.ask(
        "POST", "compute", "/v2.1/os-server-groups", {"server_group": {"name": f"{NAME}-pair", "policy": "anti-affinity"}}
    )
    group_id = t.name("group", group["server_group"]["id"])
    t.undo("DELETE", "compute", f"/v2.1/os-server-groups/{group_id}")
    first = servers.begin(t, "one", ORIGIN, group=group_id)
    second = servers.begin(t, "two", TARGET, group=group_id)
    servers.running(t, first)
    servers.running(t, second)
    t.call("the group", "GET", "compute", f"/v2.1/os-server-groups/{group_id}", version=LATEST, expect=200,
           see=lambda answer: {**answer["server_group"], "members": len(answer["server_group"]["members"])})  # fmt: skip
    t.call("the server and its group", "GET", "compute", f"{SERVERS}/{first}", version=LATEST, expect=200)
    request = ask(t, "to its brother", first, live(TARGET), 202)
    servers.finished(t, first, "error", "failed")
    servers.running(t, first)
    written(t, "to its brother", first, request)
    servers.disable(t, *OTHERS)
    request = ask(t, "to nowhere", first, live(None), 202)
    servers.acted(t, first, request)
    servers.running(t, first)
    written(t, "to nowhere", first, request)
    request = ask(t, "to a disabled host", first, live("compute-3"), 202)
    servers.acted(t, first, request)
    servers.running(t, first)
    written(t, "to a disabled host", first, request)
    servers.enable(t, *OTHERS)
    down = f"/v2.1/os-services/{servers.service_id(t, 'compute-3')}"
    servers.restore(t, "compute-3", ORIGIN)
    t.ask("PUT", "compute", down, {"forced_down": True})
    request = ask(t, "to a host that is down", first, live("compute-3"), 202)
    servers.acted(t, first, request)
    servers.running(t, first)
    written(t, "to a host that is down", first, request)
    t.ask("PUT", "compute", down, {"forced_down": False})
    t.ask("PUT", "compute", f"/v2.1/os-services/{servers.service_id(t, ORIGIN)}", {"forced_down": True})
    t.call("on a host that is down", "GET", "compute", f"{SERVERS}/{first}", version=LATEST, expect=200)
    request = ask(t, "from a host that is down", first, live("compute-3"), 202)
    servers.acted(t, first, request)
    servers.running(t, first)
    written(t, "from a host that is down", first, request)
    request = ask(t, "cold from a host that is down", first, {"migrate": {"host": "compute-4"}}, 409)


def cold_migration(t: Talk) -> None:
    """A server is moved while it stands still, and somebody has to agree."""
    server = servers.boot(t, "cold", ORIGIN)
    ask(t, "confirm nothing", server, {"confirmResize": None}, 409)
    ask(t, "revert nothing", server, {"revertResize": None}, 409)
    request = ask(t, "go", server, {"migrate": {"host": TARGET}}, 202)
    ask(t, "go again at once", server, {"migrate": {"host": "compute-3"}}, 409)
    servers.settled(t, server, "VERIFY_RESIZE")
    written(t, "gone", server, request)
    for name, action in (
        ("live-migrate what waits", live("compute-3")),
        ("migrate what waits", {"migrate": None}),
        ("stop what waits", {"os-stop": None}),
        ("start what waits", {"os-start": None}),
        ("pause what waits", {"pause": None}),
    ):
        ask(t, name, server, action, 409)
    ask(t, "confirm", server, {"confirmResize": None}, 204)
    servers.running(t, server)
    ask(t, "to a host before 2.56", server, {"migrate": {"host": "compute-3"}}, 202, version="2.55")
    servers.settled(t, server, "VERIFY_RESIZE")


def confirmed(t: Talk) -> None:
    """A cold migration is confirmed, another one is taken back."""
    server = servers.boot(t, "cold", ORIGIN)
    ask(t, "go", server, {"migrate": {"host": TARGET}}, 202)
    servers.settled(t, server, "VERIFY_RESIZE")
    t.call("the allocations of both sides", "GET", "placement", f"/allocations/{server}", version="1.29", expect=200,
           see=_by_host(t))  # fmt: skip
    request = ask(t, "confirm", server, {"confirmResize": None}, 204)
    servers.running(t, server)
    servers.finished(t, server, "confirmed")
    written(t, "confirmed", server, request)
    ask(t, "confirm again", server, {"confirmResize": None}, 409)
    ask(t, "go without a target", server, {"migrate": None}, 202)
    servers.settled(t, server, "VERIFY_RESIZE")
    request = ask(t, "revert", server, {"revertResize": None}, 202)
    servers.running(t, server)
    servers.finished(t, server, "reverted")
    servers.acted(t, server, request)
    t.call("reverted: its action", "GET", "compute", f"{SERVERS}/{server}/os-instance-actions/{request}", version=LATEST,
           vague=(*_VAGUE, "instanceAction.events.1.host"), expect=200)  # fmt: skip
    assert servers.show(t, server)["OS-EXT-SRV-ATTR:host"] == TARGET
    servers.act(t, server, os_stop=None)
    servers.settled(t, server, "SHUTOFF")
    request = ask(t, "go while it is off", server, {"migrate": {"host": ORIGIN}}, 202)
    servers.settled(t, server, "VERIFY_RESIZE")
    t.call("moved while it was off", "GET", "compute", f"{SERVERS}/{server}", version=LATEST, expect=200)
    ask(t, "confirm what was off", server, {"confirmResize": None}, 204)
    servers.settled(t, server, "SHUTOFF")


def _by_host(t: Talk) -> Any:
    found = t.ask("GET", "placement", "/resource_providers")["resource_providers"]
    for provider in found:
        t.name(f"provider {provider['name']}", provider["uuid"])
    return lambda body: body


def refused_cold(t: Talk) -> None:
    """A cold migration that is refused, at once or later."""
    server = servers.boot(t, "cold", ORIGIN)
    ask(t, "to an unknown host", server, {"migrate": {"host": "compute-99"}}, 400)
    ask(t, "to where it is", server, {"migrate": {"host": ORIGIN}}, 400)
    ask(t, "with an unknown field", server, {"migrate": {"color": "blue"}}, 400)
    ask(t, "with a number", server, {"migrate": {"host": 7}}, 400)
    ask(t, "by a member", server, {"migrate": None}, 404, user="demo")
    owned = servers.boot(t, "owned", user="demo")
    ask(t, "of one's own by a member", owned, {"migrate": None}, 403, user="demo")
    ask(t, "live, of one's own by a member", owned, live(None), 403, user="demo")
    ask(t, "reset of one's own by a member", owned, {"os-resetState": {"state": "active"}}, 403, user="demo")
    t.call("migrations of one's own by a member", "GET", "compute", f"{SERVERS}/{owned}/migrations", version=LATEST, user="demo",
           expect=403)  # fmt: skip
    servers.disable(t, *OTHERS)
    request = ask(t, "to nowhere", server, {"migrate": None}, 202)
    servers.acted(t, server, request)
    servers.running(t, server)
    written(t, "to nowhere", server, request)
    request = ask(t, "to a disabled host", server, {"migrate": {"host": TARGET}}, 202)
    servers.acted(t, server, request)
    servers.running(t, server)
    written(t, "to a disabled host", server, request)
    servers.enable(t, *OTHERS)
    service = f"/v2.1/os-services/{servers.service_id(t, TARGET)}"
    t.ask("PUT", "compute", service, {"forced_down": True})
    request = ask(t, "to a host that is down", server, {"migrate": {"host": TARGET}}, 202)
    servers.acted(t, server, request)
    servers.running(t, server)
    written(t, "to a host that is down", server, request)


def forbidden_target(t: Talk) -> None:
    """A group keeps a server from its target; from 2.64 on it may allow more than one."""
    made = t.ask(
        "POST", "compute", "/v2.1/os-server-groups", {"server_group": {"name": f"{NAME}-pair", "policy": "anti-affinity"}}
    )
    group = t.name("group", made["server_group"]["id"])
    t.undo("DELETE", "compute", f"/v2.1/os-server-groups/{group}")
    first, second = servers.boot(t, "one", ORIGIN, group=group), servers.boot(t, "two", TARGET, group=group)
    request = ask(t, "cold to its brother", first, {"migrate": {"host": TARGET}}, 202)
    servers.acted(t, first, request)
    servers.running(t, first)
    written(t, "cold to its brother", first, request)
    third = servers.begin(t, "three", ORIGIN, group=group)
    servers.settled(t, third, "ERROR", "ACTIVE")
    t.call("a third on the first's host", "GET", "compute", f"{SERVERS}/{third}", version=LATEST, vague=("server.fault.details",),
           expect=200)  # fmt: skip
    ask(t, "cold to a free host", first, {"migrate": {"host": "compute-3"}}, 202)
    servers.settled(t, first, "VERIFY_RESIZE")
    ask(t, "confirm", first, {"confirmResize": None}, 204)
    servers.running(t, first)
    assert servers.show(t, second)["OS-EXT-SRV-ATTR:host"] == TARGET


def wrong_states(t: Talk) -> None:
    """What is asked of a server that is stopped, paused, locked or in ERROR."""
    server = servers.boot(t, "state", ORIGIN)
    servers.act(t, server, os_stop=None)
    servers.settled(t, server, "SHUTOFF")
    ask(t, "live-migrate a stopped one", server, live(TARGET), 409)
    ask(t, "confirm a stopped one", server, {"confirmResize": None}, 409)
    servers.act(t, server, os_start=None)
    servers.running(t, server)
    servers.act(t, server, pause=None)
    servers.settled(t, server, "PAUSED")
    ask(t, "migrate a paused one", server, {"migrate": {"host": TARGET}}, 409)
    request = ask(t, "live-migrate a paused one", server, live(TARGET), 202)
    servers.finished(t, server, "completed")
    servers.settled(t, server, "PAUSED")
    written(t, "paused and moved", server, request)
    servers.act(t, server, unpause=None)
    servers.running(t, server)
    servers.act(t, server, lock=None)
    request = ask(t, "live-migrate a locked one", server, live(ORIGIN), 202)
    t.until(lambda: servers.show(t, server)["OS-EXT-SRV-ATTR:host"] == ORIGIN, "the locked one is back")
    servers.finished(t, server, "completed")
    servers.acted(t, server, request)
    servers.running(t, server)
    ask(t, "reset to error", server, {"os-resetState": {"state": "error"}}, 202)
    t.call("in ERROR", "GET", "compute", f"{SERVERS}/{server}", version=LATEST, expect=200)
    listed = f"{SERVERS}/detail?all_tenants=1&name={NAME}-state&status=ERROR"
    t.call("in ERROR, listed", "GET", "compute", listed, version=LATEST, expect=200)
    ask(t, "live-migrate one in ERROR", server, live(TARGET), 409)
    ask(t, "migrate one in ERROR", server, {"migrate": {"host": TARGET}}, 409)
    ask(t, "migrate one in ERROR to where it is", server, {"migrate": {"host": ORIGIN}}, 409)
    ask(t, "confirm one in ERROR", server, {"confirmResize": None}, 409)
    ask(t, "start one in ERROR", server, {"os-start": None}, 409)
    ask(t, "reset to nonsense", server, {"os-resetState": {"state": "great"}}, 400)
    ask(t, "reset without a state", server, {"os-resetState": {}}, 400)
    ask(t, "reset to active", server, {"os-resetState": {"state": "active"}}, 202)
    t.call("in ERROR no more", "GET", "compute", f"{SERVERS}/{server}", version=LATEST, expect=200)


STORIES = {
    "live migration": live_migration,
    "live migration refused later": refused_live,
    "cold migration": cold_migration,
    "cold migration confirmed": confirmed,
    "cold migration refused": refused_cold,
    "anti-affinity": forbidden_target,
    "wrong states": wrong_states,
}
