# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers on the real Nova: made on a host, brought into a state, removed at the end; all with a name of ours."""

from __future__ import annotations

import datetime as dt
import subprocess
import typing as t

from services_under_test import OpenStack

from tests.waiting import until

PREFIX = "guest-"
# A host for a server whom we create (2.74), what the collection reads (2.73).
CREATE, READ = "2.74", "2.73"
HOST, TASK = "OS-EXT-SRV-ATTR:host", "OS-EXT-STS:task_state"
NETWORK = f"{PREFIX}net"
# nova-compute reports every ten seconds.
RECENT = dt.timedelta(seconds=15)

Record = dict[str, t.Any]


class Guests:
    """The servers of one test file, and the hosts they are on."""

    def __init__(self, services: OpenStack) -> None:
        """Look up what a creation needs."""
        self.services = services
        self.cloud = services.connect("admin")
        self.nova = self.cloud.compute
        self._flavors = {flavor.name: flavor.id for flavor in self.nova.flavors()}
        self._image = self.cloud.image.find_image("tiny").id
        self.made: list[str] = []

    # -- servers --------------------------------------------------------------------------------------------------------

    def add(
        self, name: str, host: str | None, flavor: str = "tiny", *, cloud: str = "admin", wait: bool = True, **more: t.Any
    ) -> str:
        """Ask for a server, on a host where the cloud is the administrator's; returns its id."""
        server = {"name": PREFIX + name, "flavorRef": self._flavors[flavor], "imageRef": self._image, "networks": "none"}
        server |= {"host": host} if host else {}
        hints = {"os:scheduler_hints": more.pop("hints")} if "hints" in more else {}
        compute = self.services.connect(cloud).compute
        answer = compute.post("/servers", json={"server": {**server, **more}, **hints}, microversion=CREATE)
        assert answer.status_code == 202, answer.text
        made = str(answer.json()["server"]["id"])
        self.made.append(made)
        if wait:
            self.until(made, "ACTIVE")
        return made

    def read(self, server: str) -> Record | None:
        """The server, None when there is none."""
        answer = self.nova.get(f"/servers/{server}", microversion=READ)
        return t.cast("Record", answer.json()["server"]) if answer.status_code == 200 else None

    def where(self, server: str) -> tuple[str | None, str | None]:
        """Its host and its state."""
        found = self.read(server) or {}
        return found.get(HOST), found.get("status")

    def until(self, server: str, status: str, limit: float = 60) -> Record:
        """Wait until it rests in a state."""

        def look() -> Record | None:
            found = self.read(server)
            assert status == "ERROR" or not found or found["status"] != "ERROR", found
            return found if found and (found["status"], found[TASK]) == (status, None) else None

        return until(f"{status} of server {server}", look, limit)

    def until_busy(self, server: str) -> str:
        """Wait until Nova has something under way for it."""
        return until(f"a task of server {server}", lambda: (self.read(server) or {}).get(TASK), every=0.02)

    def act(self, server: str, action: str, value: t.Any = None) -> int:
        """Send it an action; returns the HTTP status."""
        return int(self.nova.post(f"/servers/{server}/action", json={action: value}, microversion=READ).status_code)

    def bring(self, server: str, status: str, action: str, value: t.Any = None) -> None:
        """Send it an action that it rests in a state after."""
        assert self.act(server, action, value) in (200, 202, 204)
        self.until(server, status)

    def delete(self, *servers: str) -> None:
        """Remove servers and wait until they are gone, and what they took is free: Nova gives it back a moment later."""
        placement = {"service_type": "placement", "region_name": "RegionOne"}

        def gone(server: str) -> bool:
            held = self.cloud.session.get(f"/allocations/{server}", endpoint_filter=placement).json()
            return self.read(server) is None and not held["allocations"]

        for server in servers:
            self.nova.delete(f"/servers/{server}")
        for server in servers:
            until(f"the deletion of server {server}", lambda server=server: gone(server))
            self.made.remove(server)

    def flavor(self, name: str) -> str:
        """Its id."""
        return str(self._flavors[name])

    def lose_guest(self, server: str) -> None:
        """What Nova notes in its database once the hypervisor does not know the guest any more: power state 0."""
        statement = f"UPDATE nova.instances SET power_state = 0 WHERE uuid = '{server}'"  # noqa: S608 (an id that Nova gave)
        socket = self.services.folder / "run" / "mysql.sock"
        subprocess.run(["mariadb", "--no-defaults", f"--socket={socket}", "-e", statement], check=True, timeout=30)

    # -- hosts ----------------------------------------------------------------------------------------------------------

    def service(self, host: str) -> Record:
        """The nova-compute service of a host."""
        found = self.nova.get("/os-services?binary=nova-compute", microversion=READ).json()["services"]
        return t.cast("Record", next(one for one in found if one["host"] == host))

    def is_up(self, host: str) -> bool:
        """Whether Nova has heard of it in the last seconds; a killed one counts as up for a minute."""
        found = self.service(host)
        heard = dt.datetime.fromisoformat(found["updated_at"]).replace(tzinfo=dt.UTC)
        return found["state"] == "up" and dt.datetime.now(dt.UTC) - heard < RECENT

    def set_host(self, host: str, **values: t.Any) -> None:
        """Disable, enable or force down a host."""
        answer = self.nova.put(f"/os-services/{self.service(host)['id']}", json=values, microversion=READ)
        assert answer.status_code == 200, answer.text

    def on_host(self, host: str) -> list[str]:
        """The ids of our servers that are on a host."""
        found = self.nova.get(f"/servers/detail?all_tenants=1&host={host}", microversion=READ).json()["servers"]
        return [one["id"] for one in found if one["id"] in self.made and one[HOST] == host]

    # -- the end --------------------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Remove what was made, and bring back the hosts."""
        network = self.cloud.network
        found = self.nova.get("/servers/detail?all_tenants=1", microversion=READ).json()["servers"]
        self.made = [one["id"] for one in found if one["name"].startswith(PREFIX)]
        self.delete(*self.made)
        for port in network.ports():
            if port.name.startswith(PREFIX):
                network.delete_port(port)
        for one in network.networks(name=NETWORK):
            network.delete_network(one)
        for group in self.nova.server_groups(all_projects=True):
            if group.name.startswith(PREFIX):
                self.nova.delete_server_group(group)
        for service in self.nova.get("/os-services?binary=nova-compute", microversion=READ).json()["services"]:
            if service["forced_down"]:
                self.set_host(service["host"], forced_down=False)
            if service["status"] == "disabled":
                self.set_host(service["host"], status="enabled")
