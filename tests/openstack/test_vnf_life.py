# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole life of a VNF on Heat, Nova and Neutron: what tests/tacker/test_life.py does, where a flavor change is a resize."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from module_runs import ModuleRuns
from services_under_test import OpenStack
from tacker import LCM, PACKAGES, Tacker

from lab.products import write_private
from tests.tacker import life
from tests.tacker.http_server import Raw
from tests.tacker.wire import Wire

# A project in which the other tests have no VNF.
CLOUD = "demo2"
NETWORKS = ("life-a", "life-b", "life-c")
# The life takes about two minutes on a machine with nothing else to do.
TIMEOUT = 600


class Site:
    """The real services, as a VNF sees them."""

    cloud = CLOUD
    image = "tiny"
    flavors = ("tiny", "small")

    def __init__(self, folder: Path, services: OpenStack) -> None:
        """Make the external networks; :meth:`tidy` removes everything."""
        self._own = services.connect(CLOUD)
        self._admin = services.connect("admin")
        self._tacker = Tacker(services, CLOUD)
        self.wire = Wire(self._tacker.url)
        self._runs = ModuleRuns(folder, services)
        known = yaml.safe_load(self._runs.clouds_file.read_text())
        known["clouds"][CLOUD]["nfv_orchestration_endpoint_override"] = self.wire.url
        write_private(self._runs.clouds_file, yaml.safe_dump(known))
        made = [self._network(name, f"10.77.{number}.0/24") for number, name in enumerate(NETWORKS)]
        self.networks = made[0], made[1], made[2]

    def _network(self, name: str, cidr: str) -> str:
        network = self._own.network.create_network(name=name)
        self._own.network.create_subnet(network_id=network.id, ip_version=4, cidr=cidr)
        return str(network.id)

    def vim(self) -> Raw:
        """Where Tacker finds the cloud."""
        return {"vim1": self._tacker.vim()}

    def playbook(self, plays: t.Sequence[Raw], *options: str, limit: float) -> subprocess.CompletedProcess[str]:
        """Run plays with ``--diff``."""
        book = self._runs.folder / "life.yml"
        write_private(book, yaml.safe_dump([*plays]))
        return self._runs.run_playbook(str(book), "--diff", *options, timeout=limit)

    def look(self) -> life.Seen:
        """What Heat has made, as Nova and Neutron know it; and everything else that the project has."""
        stacks = self._get("orchestration", "/stacks")["stacks"]
        names = {}
        for stack in stacks:
            path = f"/stacks/{stack['stack_name']}/{stack['id']}/resources?nested_depth=3"
            names |= {one["physical_resource_id"]: one["resource_name"] for one in self._get("orchestration", path)["resources"]}
        found = self._own.compute.get("/servers/detail", microversion="2.47").json()["servers"]
        servers = {one["id"]: (names.get(one["id"], one["name"]), one["flavor"]["original_name"]) for one in found}
        states = {one["id"]: (one["status"], one["OS-EXT-STS:task_state"]) for one in found}
        assert set(states.values()) <= {("ACTIVE", None)}, states
        ports = {
            port["id"]: life.Port(names.get(port["id"], port["name"]), port["network_id"], port["device_id"])
            for port in self._get("network", "/ports")["ports"] if not port["device_owner"].startswith("network:")
        }  # fmt: skip
        return life.Seen(frozenset(stack["id"] for stack in stacks), servers, ports)

    def _get(self, service: str, path: str) -> Raw:
        return t.cast("Raw", getattr(self._own, service).get(path).json())

    def tidy(self) -> None:
        """Leave nothing behind, whatever has failed."""
        for instance in self._tacker.call("GET", f"{LCM}/vnf_instances").json():
            if instance.get("vnfInstanceName") == life.NAME:
                self._tacker.give_up(instance["id"])
                self._tacker.remove(instance["id"])
        for package in self._tacker.call("GET", PACKAGES).json():
            if str(package.get("vnfProductName")).startswith(life.PRODUCT):
                path = f"{PACKAGES}/{package['id']}"
                self._tacker.call("PATCH", path, json={"operationalState": "DISABLED"})
                self._tacker.call("DELETE", path)
        for stack in self._own.orchestration.stacks():
            self._own.orchestration.delete_stack(stack)
            self._own.orchestration.wait_for_delete(stack)
        for name in NETWORKS:
            self._own.network.delete_network(self._own.network.find_network(name), ignore_missing=True)
        self.wire.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory, openstack):
    made = Site(tmp_path_factory.mktemp("life"), openstack)
    try:
        yield made
    finally:
        made.tidy()


@pytest.mark.timeout(TIMEOUT)
def test_a_whole_life(site, tmp_path):
    lived = life.Life(site, tmp_path)
    life.check_results(lived)
    life.check_cloud(lived)
