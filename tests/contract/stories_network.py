# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neutron: ports, and the floating IPs by which a VNF switches over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import servers
from .servers import SERVERS
from .talk import NAME, Talk

_UNKNOWN = "99999999-9999-4999-8999-999999999999"
ROOT = "/v2.0"


@dataclass(frozen=True)
class Nets:
    """Networks to test with."""

    external: str
    internal: str
    subnet: str
    router: str


def nets(t: Talk) -> Nets:
    """Make an external network, and one of demo's with a router between them."""

    def make(kind: str, path: str, body: dict[str, Any], name: str, user: str) -> str:
        made = t.ask("POST", "network", f"{ROOT}/{path}", {kind: {"name": f"{NAME}-{name}", **body}}, user=user)[kind]["id"]
        t.undo("DELETE", "network", f"{ROOT}/{path}/{made}")
        return t.name(name, made)

    external = make("network", "networks", {"router:external": True}, "external", "admin")
    make(
        "subnet",
        "subnets",
        {"network_id": external, "ip_version": 4, "cidr": "192.0.2.0/24", "enable_dhcp": False},
        "outer",
        "admin",
    )
    internal = make("network", "networks", {}, "internal", "demo")
    subnet = make("subnet", "subnets", {"network_id": internal, "ip_version": 4, "cidr": "198.51.100.0/24"}, "inner", "demo")
    gateway = {"external_gateway_info": {"network_id": external}}
    router = make("router", "routers", gateway, "router", "demo")
    t.ask("PUT", "network", f"{ROOT}/routers/{router}/add_router_interface", {"subnet_id": subnet}, user="demo")
    interface = f"{ROOT}/routers/{router}/remove_router_interface"
    t.undo("PUT", "network", interface, {"subnet_id": subnet})
    return Nets(external, internal, subnet, router)


def documents(t: Talk) -> None:
    """The version documents, and what the cloud can do."""
    get = ("GET", "network")
    t.call("root", *get, "/", user=None, expect=200)
    t.call("v2.0", *get, f"{ROOT}/", expect=200, see=lambda answer: {"keys": sorted(answer), "one": _port_entry(answer)})
    t.call("v2.0 without a token", *get, f"{ROOT}/", user=None, expect=401)
    t.call("an unknown path", *get, f"{ROOT}/nothing", expect=404)
    t.call("an unknown path without a token", *get, f"{ROOT}/nothing", user=None, expect=401)
    t.call("an extension", *get, f"{ROOT}/extensions/router", expect=200)
    t.call("an unknown extension", *get, f"{ROOT}/extensions/nothing", expect=404)
    wanted = {"router", "external-net", "security-group"}
    t.call("extensions", *get, f"{ROOT}/extensions", expect=200, see=lambda answer: {
        "extensions": sorted(item["alias"] for item in answer["extensions"] if item["alias"] in wanted)})  # fmt: skip
    t.call("a body that is no JSON", "POST", "network", f"{ROOT}/ports", data=b"{", expect=400)


def _port_entry(answer: dict[str, Any]) -> Any:
    return [item for item in answer["resources"] if item["collection"] == "ports"]


def ports(t: Talk) -> None:
    """Ports are made, listed in pages and deleted."""
    net = nets(t)
    get, post, path = ("GET", "network"), ("POST", "network"), f"{ROOT}/ports"
    made = []
    for number in (1, 2, 3):
        body = {"port": {"network_id": net.internal, "name": f"{NAME}-port-{number}"}}
        made.append(_port(t, f"port {number}", t.call(f"make {number}", *post, path, body, user="demo", expect=201).json()))
    t.call("show", *get, f"{path}/{made[0]}", user="demo", expect=200)
    t.call("show to an administrator", *get, f"{path}/{made[0]}", expect=200)
    t.call("show to others", *get, f"{path}/{made[0]}", user="demo2", expect=404)
    query = f"{path}?network_id={net.internal}&device_owner=&sort_key=name&sort_dir=asc"
    t.call("list", *get, query, user="demo", expect=200)
    t.call("list some fields", *get, f"{query}&fields=name&fields=device_id", user="demo", expect=200)
    t.call("list to others", *get, query, user="demo2", expect=200)
    t.call("first page", *get, f"{query}&limit=2&fields=name", user="demo", expect=200)
    t.call("next page", *get, f"{query}&limit=2&fields=name&marker={made[1]}", user="demo", expect=200)
    t.call("previous page", *get, f"{query}&limit=2&fields=name&marker={made[2]}&page_reverse=True", user="demo", expect=200)
    t.call("more than the limit", *get, f"{query}&limit=5000&fields=name", user="demo", expect=200)
    for text in ("-1", "x"):
        t.call(f"a limit of {text}", *get, f"{query}&limit={text}&fields=name", user="demo", expect=400)
    t.call("a limit of zero", *get, f"{query}&limit=0&fields=name", user="demo", expect=200)
    t.call("an unknown marker", *get, f"{query}&limit=2&marker={_UNKNOWN}", user="demo", expect=404)
    t.call("by name", *get, f"{path}?name={NAME}-port-2&fields=name", user="demo", expect=200)
    t.call("by device", *get, f"{path}?device_id={_UNKNOWN}", user="demo", expect=200)
    t.call("by an unknown filter", *get, f"{query}&color=blue&fields=name", user="demo", expect=400)
    t.call(
        "by an unknown sort key", *get, f"{path}?network_id={net.internal}&sort_key=color&sort_dir=asc", user="demo", expect=400
    )
    t.call("by a sort key without direction", *get, f"{path}?network_id={net.internal}&sort_key=name", user="demo", expect=400)
    t.call("rename", "PUT", "network", f"{path}/{made[0]}", {"port": {"name": f"{NAME}-new"}}, user="demo", expect=200)
    t.call("an unknown one", *get, f"{path}/{_UNKNOWN}", user="demo", expect=404)
    t.call("a malformed one", *get, f"{path}/nothing", user="demo", expect=404)
    t.call("make on an unknown network", *post, path, {"port": {"network_id": _UNKNOWN}}, user="demo", expect=404)
    t.call("make on a malformed network", *post, path, {"port": {"network_id": "nothing"}}, user="demo", expect=400)
    t.call("make without a network", *post, path, {"port": {}}, user="demo", expect=400)
    t.call("make without anything", *post, path, {}, user="demo", expect=400)
    t.call(
        "make with an unknown field",
        *post,
        path,
        {"port": {"network_id": net.internal, "color": "blue"}},
        user="demo",
        expect=400,
    )
    t.call("make on another's network", *post, path, {"port": {"network_id": net.internal}}, user="demo2", expect=404)
    t.call("delete another's", "DELETE", "network", f"{path}/{made[1]}", user="demo2", expect=404)
    t.call("delete", "DELETE", "network", f"{path}/{made[1]}", user="demo", expect=204)
    t.call("delete again", "DELETE", "network", f"{path}/{made[1]}", user="demo", expect=404)
    for kind, one, name in (
        ("networks", "internal", net.internal),
        ("subnets", "inner", net.subnet),
        ("routers", "router", net.router),
    ):
        t.call(f"{kind}", *get, f"{ROOT}/{kind}?name={NAME}-{one}", user="demo", expect=200)
        t.call(f"one of {kind}", *get, f"{ROOT}/{kind}/{name}", user="demo", expect=200)
        t.call(f"one of {kind} to others", *get, f"{ROOT}/{kind}/{name}", user="demo2", expect=404)
        t.call(f"an unknown one of {kind}", *get, f"{ROOT}/{kind}/{_UNKNOWN}", user="demo", expect=404)
    t.call("the external network", *get, f"{ROOT}/networks?router:external=True&name={NAME}-external", user="demo", expect=200)


def _port(t: Talk, name: str, answer: dict[str, Any]) -> str:
    made = answer["port"]["id"]
    t.undo("DELETE", "network", f"{ROOT}/ports/{made}")
    t.masker.name(f"address of {name}", answer["port"]["fixed_ips"][0]["ip_address"])
    return t.name(name, made)


def floating_ips(t: Talk) -> None:
    """A floating IP moves from port to port."""
    net = nets(t)
    get, post, put, path = ("GET", "network"), ("POST", "network"), ("PUT", "network"), f"{ROOT}/floatingips"
    first, second = (
        _port(t, f"port {number}", t.ask("POST", "network", f"{ROOT}/ports", {"port": {"network_id": net.internal}}, user="demo"))
        for number in (1, 2)
    )
    wanted = {"floatingip": {"floating_network_id": net.external}}
    made = t.call("allocate", *post, path, wanted, user="demo", expect=201).json()["floatingip"]
    floating = t.name("floating", made["id"])
    t.name("floating address", made["floating_ip_address"])
    t.undo("DELETE", "network", f"{path}/{floating}")
    one = f"{path}/{floating}"

    def at(port: str | None, **more: Any) -> dict[str, Any]:
        return {"floatingip": {"port_id": port, **more}}

    t.call("associate", *put, one, at(first), user="demo", expect=200)
    t.call("associate again", *put, one, at(first), user="demo", expect=200)
    t.call("show", *get, one, user="demo", expect=200)
    t.call("by address", *get, f"{path}?floating_ip_address={made['floating_ip_address']}", user="demo", expect=200)
    t.call("by id", *get, f"{path}?id={floating}", user="demo", expect=200)
    t.call("by port", *get, f"{path}?port_id={first}", user="demo", expect=200)
    t.call("by an unknown address", *get, f"{path}?floating_ip_address=192.0.2.250", user="demo", expect=200)
    t.call("by a malformed address", *get, f"{path}?floating_ip_address=nothing", user="demo", expect=200)
    t.call("move", *put, one, at(second), user="demo", expect=200)
    other = t.call("allocate at a port", *post, path, {"floatingip": {**wanted["floatingip"], "port_id": first}}, user="demo",
                   expect=201).json()["floatingip"]  # fmt: skip
    t.name("other floating", other["id"])
    t.name("other floating address", other["floating_ip_address"])
    t.undo("DELETE", "network", f"{path}/{other['id']}")
    t.call("move to a port that has one", *put, one, at(first), user="demo", expect=409)
    t.call("move to an unknown port", *put, one, at(_UNKNOWN), user="demo", expect=404)
    t.call("move to a malformed port", *put, one, at("nothing"), user="demo", expect=400)
    t.call(
        "move to an address that is not the port's",
        *put,
        one,
        at(second, fixed_ip_address="198.51.100.250"),
        user="demo",
        expect=400,
    )
    t.call("take away", *put, one, at(None), user="demo", expect=200)
    t.call("move another's", *put, one, at(first), user="demo2", expect=404)
    t.call("show to others", *get, one, user="demo2", expect=404)
    t.call("change nothing", *put, one, {"floatingip": {}}, user="demo", expect=200)
    t.call("change the unknown", *put, one, {"floatingip": {"color": "blue"}}, user="demo", expect=400)
    t.call("change without a body", *put, one, {}, user="demo", expect=400)
    t.call("an unknown one", *put, f"{path}/{_UNKNOWN}", at(first), user="demo", expect=404)
    lonely = t.ask("POST", "network", f"{ROOT}/networks", {"network": {"name": f"{NAME}-lonely"}}, user="demo")["network"]["id"]
    t.undo("DELETE", "network", f"{ROOT}/networks/{t.name('lonely', lonely)}")
    cidr = {"network_id": lonely, "ip_version": 4, "cidr": "203.0.113.0/24"}
    t.name("lonely subnet", t.ask("POST", "network", f"{ROOT}/subnets", {"subnet": cidr}, user="demo")["subnet"]["id"])
    apart = _port(t, "apart", t.ask("POST", "network", f"{ROOT}/ports", {"port": {"network_id": lonely}}, user="demo"))
    t.call("move to where no router leads", *put, one, at(apart), user="demo", expect=404)
    t.call(
        "allocate on the internal network",
        *post,
        path,
        {"floatingip": {"floating_network_id": net.internal}},
        user="demo",
        expect=400,
    )
    t.call(
        "allocate on an unknown network", *post, path, {"floatingip": {"floating_network_id": _UNKNOWN}}, user="demo", expect=404
    )
    t.call("allocate nowhere", *post, path, {"floatingip": {}}, user="demo", expect=400)
    t.call("delete a port that has one", "DELETE", "network", f"{ROOT}/ports/{first}", user="demo", expect=204)
    t.call("the one whose port is gone", *get, f"{path}/{other['id']}", user="demo", expect=200)
    t.call("delete another's", "DELETE", "network", one, user="demo2", expect=404)
    t.call("delete", "DELETE", "network", one, user="demo", expect=204)
    t.call("delete again", "DELETE", "network", one, user="demo", expect=404)


def with_server(t: Talk) -> None:
    """A server with a port and a floating IP, before and after it moved."""
    net = nets(t)
    asked = servers.body(t, "wired")
    asked["server"]["networks"] = [{"uuid": net.internal}]
    server = servers.adopt(t, "wired", t.ask("POST", "compute", SERVERS, asked, user="demo")["server"]["id"])
    servers.running(t, server)
    host = t.name("first host", servers.show(t, server)["OS-EXT-SRV-ATTR:host"])
    found = t.ask("GET", "network", f"{ROOT}/ports?device_id={server}", user="demo")["ports"][0]
    port, address = t.name("port", found["id"]), t.name("fixed address", found["fixed_ips"][0]["ip_address"])
    made = t.ask("POST", "network", f"{ROOT}/floatingips", {"floatingip": {"floating_network_id": net.external, "port_id": port}},
                 user="demo")["floatingip"]  # fmt: skip
    t.name("floating", made["id"])
    floating = t.name("floating address", made["floating_ip_address"])
    t.undo("DELETE", "network", f"{ROOT}/floatingips/{made['id']}")
    ports = ("GET", "network", f"{ROOT}/ports?device_id={server}")
    one = ("GET", "compute", f"{SERVERS}/{server}")

    def addresses() -> bool:
        listed = servers.show(t, server)["addresses"]
        return floating in [item["addr"] for network in listed.values() for item in network]

    # Neutron tells Nova of it; only then does the server show it.
    t.until(addresses, "the server shows its floating IP")
    t.call("the port", *ports, user="demo", expect=200)
    t.call("the port to an administrator", *ports, expect=200)
    t.call("the server", *one, user="demo", version="2.90", expect=200)
    t.call("its addresses", "GET", "compute", f"{SERVERS}/{server}/ips", user="demo", version="2.90", expect=200)
    t.call("its ports", "GET", "compute", f"{SERVERS}/{server}/os-interface", user="demo", version="2.90", expect=200)
    t.call("by its address", "GET", "compute", f"{SERVERS}?ip={address}", user="demo", version="2.90", expect=200)
    t.call("the floating IP", "GET", "network", f"{ROOT}/floatingips/{made['id']}", user="demo", expect=200)
    target = t.name("second host", "compute-1" if host != "compute-1" else "compute-2")
    servers.act(t, server, os_migrateLive={"host": target, "block_migration": "auto"})
    servers.finished(t, server, "completed")
    servers.running(t, server)
    t.until(lambda: t.ask(*ports)["ports"][0]["binding:host_id"] == target, "the port follows")
    t.call("the port after the move", *ports, expect=200)
    t.call("the server after the move", *one, version="2.90", expect=200)
    t.ask("DELETE", "compute", f"{SERVERS}/{server}")
    t.until(lambda: not t.ask(*ports)["ports"], "the port goes with the server")
    t.call("the floating IP without a server", "GET", "network", f"{ROOT}/floatingips/{made['id']}", user="demo", expect=200)


STORIES = {"network documents": documents, "ports": ports, "floating IPs": floating_ips}
WITH_SERVERS = {"a server on the network": with_server}
