# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stories about servers need besides the calls that they are about."""

from __future__ import annotations

from typing import Any

from .talk import NAME, Talk

SERVERS = "/v2.1/servers"
DISABLED = "COMPUTE_STATUS_DISABLED"
# Nothing reads the image: Nova's fake driver does not, the lab has none.
_NO_IMAGE = "11111111-2222-4333-8444-555555555555"


def image(t: Talk) -> str:
    """Return the id of an image to boot from."""
    if "image" not in t.site.roots:
        return t.name("image", _NO_IMAGE)
    return t.name("image", t.site.once("image", lambda: t.ask("GET", "image", "/v2/images?name=tiny"))["images"][0]["id"])


def flavor(t: Talk, name: str = "tiny") -> str:
    """Return the id of a flavor."""
    listed = t.site.once("flavors", lambda: t.ask("GET", "compute", "/v2.1/flavors"))["flavors"]
    return t.name(f"flavor {name}", next(item["id"] for item in listed if item["name"] == name))


def body(
    t: Talk, name: str, host: str | None = None, size: str = "tiny", group: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return what a server is asked for with."""
    server = {"name": f"{NAME}-{name}", "imageRef": image(t), "flavorRef": flavor(t, size), "networks": "none", **more}
    if host:
        server["availability_zone"] = f"nova:{host}"
    return {"server": server, **({"os:scheduler_hints": {"group": group}} if group else {})}


def adopt(t: Talk, name: str, server: str, user: str = "admin") -> str:
    """Name a server and see to its end."""
    t.name(f"server {name}", server)

    def gone() -> bool:
        listed = t.ask("GET", "compute", f"{SERVERS}?all_tenants=1&uuid={server}")["servers"]
        return not listed

    t.finally_(lambda: t.until(gone, f"server {name} is gone"))
    t.undo("DELETE", "compute", f"{SERVERS}/{server}")
    return server


def boot(t: Talk, name: str, host: str | None = None, user: str = "admin", **more: Any) -> str:
    """Make a server that runs."""
    return running(t, begin(t, name, host, user, **more))


def begin(t: Talk, name: str, host: str | None = None, user: str = "admin", **more: Any) -> str:
    """Make a server without waiting for it."""
    made = t.ask("POST", "compute", SERVERS, body(t, name, host, **more), user=user)["server"]["id"]
    return adopt(t, name, made)


def running(t: Talk, server: str) -> str:
    """Wait until a server runs."""
    settled(t, server, "ACTIVE")
    return server


def show(t: Talk, server: str) -> dict[str, Any]:
    """Show a server to an administrator."""
    return t.ask("GET", "compute", f"{SERVERS}/{server}")["server"]


def settled(t: Talk, server: str, *statuses: str) -> dict[str, Any]:
    """Wait until a server has one of the statuses and no task."""

    def look() -> dict[str, Any] | None:
        # The short list costs no call to Neutron.
        query = "&".join(f"status={status}" for status in statuses)
        if not t.ask("GET", "compute", f"{SERVERS}?all_tenants=1&uuid={server}&{query}")["servers"]:
            return None
        found = show(t, server)
        return found if found["status"] in statuses and found["OS-EXT-STS:task_state"] is None else None

    return t.until(look, f"server {server} is {statuses}")


def act(t: Talk, server: str, **action: Any) -> None:
    """Ask something of a server."""
    t.ask("POST", "compute", f"{SERVERS}/{server}/action", {key.replace("_", "-"): value for key, value in action.items()})


def finished(t: Talk, server: str, *statuses: str) -> dict[str, Any]:
    """Wait until the newest migration of a server has ended in one of the statuses."""

    def look() -> dict[str, Any] | None:
        found = t.ask("GET", "compute", f"/v2.1/os-migrations?instance_uuid={server}")["migrations"]
        newest = max(found, key=lambda item: item["id"], default=None)
        return newest if newest and newest["status"] in statuses else None

    return t.until(look, f"the migration of {server} is {statuses}")


def acted(t: Talk, server: str, request: str) -> dict[str, Any]:
    """Wait until an instance action has ended: every event of it is finished."""

    def look() -> dict[str, Any] | None:
        action = t.ask("GET", "compute", f"{SERVERS}/{server}/os-instance-actions/{request}")["instanceAction"]
        done = action["events"] and all(event["finish_time"] for event in action["events"])
        return action if done and (action["message"] or len(action["events"])) else None

    return t.until(look, f"action {request} has ended")


def service_id(t: Talk, host: str) -> str:
    """Return the id of a host's nova-compute."""
    found = t.site.once("services", lambda: t.ask("GET", "compute", "/v2.1/os-services?binary=nova-compute"))["services"]
    return t.name(f"service of {host}", next(item["id"] for item in found if item["host"] == host))


def restore(t: Talk, *hosts: str) -> None:
    """Enable these hosts at the end, whatever was done to them."""
    for host in hosts:
        path = f"/v2.1/os-services/{service_id(t, host)}"
        t.undo("PUT", "compute", path, {"status": "enabled", "forced_down": False})


def disable(t: Talk, *hosts: str) -> None:
    """Disable hosts until the end."""
    restore(t, *hosts)
    _switch(t, "disabled", *hosts)


def enable(t: Talk, *hosts: str) -> None:
    """Enable hosts."""
    _switch(t, "enabled", *hosts)


def _switch(t: Talk, status: str, *hosts: str) -> None:
    for host in hosts:
        t.ask("PUT", "compute", f"/v2.1/os-services/{service_id(t, host)}", {"status": status})
    for host in hosts:
        # Nova keeps servers off a disabled host by a trait in Placement, which the host itself sets.
        t.until(lambda host=host: (DISABLED in traits(t, host)) == (status == "disabled"), f"trait of {host}")  # type: ignore[misc]


def traits(t: Talk, host: str) -> list[str]:
    """Return the traits of a host in Placement."""
    found = t.ask("GET", "placement", f"/resource_providers?name={host}")["resource_providers"][0]["uuid"]
    listed: list[str] = t.ask("GET", "placement", f"/resource_providers/{found}/traits")["traits"]
    return listed


def mine(key: str, field: str = "name") -> Any:
    """Keep of a list only what the stories made, in the order of the names."""

    def see(answer: dict[str, Any]) -> dict[str, Any]:
        kept = [item for item in answer[key] if str(item.get(field, "")).startswith(NAME)]
        return {**answer, key: sorted(kept, key=lambda item: str(item[field]))}

    return see


def of_hosts(key: str, field: str, *hosts: str) -> Any:
    """Keep of a list only the entries of some hosts, in their order."""

    def see(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, key: [item for host in hosts for item in answer[key] if item[field] == host]}

    return see
