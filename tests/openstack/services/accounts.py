# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts, catalogue, flavors and an image of the loopback OpenStack; run by up.sh with the system's Python.

accounts.py accounts                          make what is missing
accounts.py hypervisors N SINCE COMMAND...    wait for N hosts that reported after SINCE (epoch seconds; 0: any time), map
                                              them to the cell with COMMAND
"""

from __future__ import annotations

import calendar
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import openstack

FOLDER = Path(os.environ["OPENSTACK_DIR"])
PASSWORD = (FOLDER / "secret").read_text().strip()
FLAVORS = (("tiny", 1, 512, 1), ("small", 2, 1024, 5), ("big", 4, 4096, 20), ("half-host", 5, 4096, 20))
SERVICE_USERS = ("glance", "placement", "neutron", "nova", "aodh", "heat", "tacker", "session-api")
LIMIT = 180
# A service that has just come up may take a request and never answer it.
REQUEST_TIMEOUT = 60


def connect(cloud: str = "admin") -> t.Any:
    """A connection that reads our clouds.yaml."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(FOLDER / "clouds.yaml")
    return openstack.connect(cloud=cloud, api_timeout=REQUEST_TIMEOUT)


def url(service: str, path: str = "") -> str:
    """Where a service listens."""
    return f"http://127.0.0.1:{os.environ['PORT_' + service]}{path}"


def make_accounts(identity: t.Any) -> None:
    """Roles, projects, users with their roles, and the catalogue."""
    roles = {role.name: role for role in identity.roles()}
    for name in ("admin", "member", "reader", "service"):
        if name not in roles:
            roles[name] = identity.create_role(name=name)
    projects = {project.name: project for project in identity.projects()}
    for name in ("service", "demo", "demo2"):
        if name not in projects:
            projects[name] = identity.create_project(name=name, domain_id="default")
    wanted = dict.fromkeys(SERVICE_USERS, ("service", ("admin", "service")))
    wanted |= {"demo": ("demo", ("member",)), "demo2": ("demo2", ("member",))}
    users = {user.name: user for user in identity.users()}
    for name, (project, granted) in wanted.items():
        if name not in users:
            users[name] = identity.create_user(
                name=name, password=PASSWORD, domain_id="default", default_project_id=projects[project].id)
        for role in granted:
            identity.assign_project_role_to_user(projects[project], users[name], roles[role])


def make_catalogue(identity: t.Any) -> None:
    """An entry for each service."""
    urls = {
        ("glance", "image"): url("GLANCE"),
        ("placement", "placement"): url("PLACEMENT"),
        ("neutron", "network"): url("NEUTRON"),
        ("nova", "compute"): url("NOVA", "/v2.1"),
        ("aodh", "alarming"): url("AODH"),
        ("heat", "orchestration"): url("HEAT", "/v1/%(tenant_id)s"),
        ("tacker", "nfv-orchestration"): url("TACKER"),
    }
    services = {(service.name, service.type): service for service in identity.services()}
    have = {(endpoint.service_id, endpoint.interface) for endpoint in identity.endpoints()}
    for key, address in urls.items():
        if key not in services:
            services[key] = identity.create_service(name=key[0], type=key[1])
        for interface in ("public", "internal", "admin"):
            if (services[key].id, interface) not in have:
                identity.create_endpoint(service_id=services[key].id, interface=interface, url=address, region_id="RegionOne")


def make_image(image: t.Any) -> None:
    """An image that Glance stores and the fake hypervisor never reads."""
    if not any(one.name == "tiny" for one in image.images()):
        image.create_image(name="tiny", data=b"\0" * 65536, disk_format="raw", container_format="bare", visibility="public",
                           min_disk=0, min_ram=0, validate_checksum=False)


def make_flavors(compute: t.Any) -> None:
    """Flavors of which one, two, or one half of a host's vCPUs."""
    have = {flavor.name for flavor in compute.flavors()}
    for name, vcpus, ram, disk in FLAVORS:
        if name not in have:
            compute.create_flavor(name=name, vcpus=vcpus, ram=ram, disk=disk)


def wait_hypervisors(compute: t.Any, count: int, since: int, command: list[str]) -> None:
    """Wait for hosts that have reported newly: one of the last run counts as "up" for a minute, and hangs when it is asked."""
    end = time.monotonic() + LIMIT

    def recent(stamp: str | None) -> bool:  # none at all: it has just been registered
        return not stamp or calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) >= since

    def services() -> list[t.Any]:
        return [one for one in compute.services(binary="nova-compute") if one.state == "up" and recent(one.updated_at)]

    def hypervisors() -> list[t.Any]:  # the short list, which asks no host anything
        answer = compute.get("/os-hypervisors", microversion="2.53").json()
        return [one for one in answer["hypervisors"] if one["state"] == "up"]

    def wait(what: str, have: t.Callable[[], list[t.Any]]) -> None:
        while len(have()) < count:
            if time.monotonic() > end:
                sys.exit(f"only {len(have())} of {count} {what} are up after {LIMIT} s, see {FOLDER}/log/compute-*.log")
            time.sleep(0.5)

    wait("compute services", services)
    if len(hypervisors()) < count:
        subprocess.run(command, check=True, timeout=LIMIT)
    wait("hypervisors", hypervisors)
    if since:
        revive(compute)


def revive(compute: t.Any) -> None:
    """The fake hypervisor forgets its guests when its process ends; a hard reboot makes them known to it again."""
    for server in compute.servers(all_projects=True, status="ACTIVE"):
        compute.reboot_server(server.id, "HARD")


def main(arguments: list[str]) -> None:
    """See the top of this file."""
    conn = connect()
    if arguments[0] == "hypervisors":
        make_flavors(conn.compute)
        wait_hypervisors(conn.compute, int(arguments[1]), int(arguments[2]), arguments[3:])
    else:
        make_accounts(conn.identity)
        make_catalogue(conn.identity)
        make_image(connect().image)


if __name__ == "__main__":
    main(sys.argv[1:])
