# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole life of a VNF on the make-believe cloud; tests/openstack/test_vnf_life.py has it on Heat, Nova and Neutron."""

from __future__ import annotations

from tests.tacker import life
from tests.tacker.real_tacker import PROJECT, Tacker
from tests.tacker.stacks import PORT, SERVER, Stack


class Site:
    """The make-believe cloud, as a VNF sees it."""

    cloud = PROJECT
    image = "cirros"
    flavors = ("m1.tiny", "m1.small")
    networks = ("net-a", "net-b", "net-c")

    def __init__(self, tacker: Tacker) -> None:
        """Nothing is made."""
        self._heat = tacker.cloud.heat
        self.wire, self.vim, self.playbook = tacker.wire, tacker.vim, tacker.playbook

    def look(self) -> life.Seen:
        """What Heat has made."""
        servers: dict[str, tuple[str, str]] = {}
        ports: dict[str, life.Port] = {}
        stacks = [stack for stack in [*self._heat.stacks.values()] if stack.status() != "DELETE_COMPLETE"]
        for stack in stacks:
            _add(stack, servers, ports)
        return life.Seen(frozenset(stack.id for stack in stacks if stack.parent_resource is None), servers, ports)


def _add(stack: Stack, servers: dict[str, tuple[str, str]], ports: dict[str, life.Port]) -> None:
    """The servers of a stack and their ports."""
    for one in [*stack.resources.values()]:
        if one.kind != SERVER:
            continue
        servers[one.physical_id] = (one.name, one.properties["flavor"])
        plugged = {network["port"] for network in one.properties["networks"]}
        for port in stack.resources.values():
            if port.kind == PORT and port.physical_id in plugged:
                ports[port.physical_id] = life.Port(port.name, port.properties["network"], one.physical_id)


def test_a_whole_life(tacker, tmp_path):
    lived = life.Life(Site(tacker), tmp_path)
    life.check_results(lived)
    life.check_cloud(lived)
