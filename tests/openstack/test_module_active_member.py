# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_active_member and its twin on the real Neutron and Nova: the floating IP of a pair goes to the member that is fit."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from guests import Guests
from module_runs import ModuleRuns, task, told
from services_under_test import OpenStack

NAME, PREFIX, OWNER, STRANGER = "vnf_active_member", "modules-", "demo", "demo2"


@dataclasses.dataclass
class Vnf:
    """Four servers of the owner; the floating IP is at the first one, the second is stopped, the third has no port."""

    address: str
    members: list[str]
    ports: list[str]
    guests: Guests
    network: t.Any

    def at(self) -> str:
        """The port that Neutron says the floating IP is at."""
        return str(next(iter(self.network.ips(floating_ip_address=self.address))).port_id)


@pytest.fixture(scope="module")
def vnf(openstack: OpenStack) -> t.Iterator[Vnf]:
    """A pair with what may go wrong."""
    guests = Guests(openstack)
    admin, own = openstack.connect("admin").network, openstack.connect(OWNER).network
    try:
        tidy(guests, admin, own)
        public = admin.create_network(name=f"{PREFIX}public", is_router_external=True)
        admin.create_subnet(network_id=public.id, ip_version=4, cidr="198.51.100.0/24", enable_dhcp=False)
        inner = own.create_network(name=f"{PREFIX}inner")
        subnet = own.create_subnet(network_id=inner.id, ip_version=4, cidr="10.66.0.0/24")
        router = own.create_router(name=f"{PREFIX}router", external_gateway_info={"network_id": public.id})
        own.add_interface_to_router(router, subnet_id=subnet.id)
        ports = [str(own.create_port(network_id=inner.id, name=f"{PREFIX}port").id) for _number in range(3)]
        wired = [{"networks": [{"port": port}]} for port in ports]
        members = [
            guests.add(f"member-{number}", None, cloud=OWNER, wait=False, **more)
            for number, more in enumerate((wired[0], wired[1], {}, wired[2]))
        ]
        for member in members:
            guests.until(member, "ACTIVE")
        guests.bring(members[1], "SHUTOFF", "os-stop")
        address = own.create_ip(floating_network_id=public.id, port_id=ports[0]).floating_ip_address
        yield Vnf(str(address), members, [ports[0], ports[1], "", ports[2]], guests, own)
    finally:
        tidy(guests, admin, own)


def tidy(guests: Guests, admin: t.Any, own: t.Any) -> None:
    """Remove what was made, from the outside in."""
    public = admin.find_network(f"{PREFIX}public")
    for address in admin.ips(floating_network_id=public.id) if public else ():
        admin.delete_ip(address)
    guests.tidy()
    for port in own.ports(name=f"{PREFIX}port"):
        own.delete_port(port)
    for router in own.routers(name=f"{PREFIX}router"):
        for port in own.ports(device_id=router.id):
            own.remove_interface_from_router(router, port_id=port.id)
        own.delete_router(router)
    for name, network in ((f"{PREFIX}inner", own), (f"{PREFIX}public", admin)):
        for one in network.networks(name=name):
            network.delete_network(one)


def test_the_floating_ip_goes_to_the_member_that_is_fit(runs: ModuleRuns, vnf: Vnf):
    active, stopped, unwired, standby = vnf.members
    place = {"floating_ip": vnf.address, "members": vnf.members}
    runs.wire.mark()
    before, unmoved, foreseen, nobody = runs.play(
        task(f"{NAME}_info", OWNER, **place),
        task(NAME, OWNER, **place),
        task(NAME, OWNER, check=True, **place, avoid=[active]),
        task(NAME, OWNER, **place, avoid=[active, standby]),
    )
    assert runs.wire.writes() == []
    [shown] = before[f"{NAME}s"]
    assert shown["active"] == active
    assert [(one["id"], one["status"], one["active"]) for one in shown["members"]] == [
        (active, "ACTIVE", True), (stopped, "SHUTOFF", False), (unwired, "ACTIVE", False), (standby, "ACTIVE", False),
    ]
    assert (unmoved["changed"], unmoved[NAME]["active"]) == (False, active)
    assert (foreseen["changed"], foreseen[NAME]["active"], foreseen[NAME]["previous"]) == (True, standby, active)
    assert foreseen["diff"]["before"] == {"active": active, "port_id": vnf.ports[0]}
    for words in (f"{active}: to be avoided", f"{stopped}: SHUTOFF", f"{unwired}: has no port", "openstack server show"):
        assert words in told(nobody)
    assert vnf.at() == vnf.ports[0]

    runs.wire.mark()
    moved, again, after = runs.play(
        task(NAME, OWNER, **place, avoid=[active]),
        task(NAME, OWNER, **place, avoid=[active]),
        task(f"{NAME}_info", OWNER, **place),
    )
    assert (moved["changed"], again["changed"]) == (True, False)
    assert moved["diff"] == foreseen["diff"]
    assert (moved[NAME]["active"], moved[NAME]["previous"], moved[NAME]["port_id"]) == (standby, active, vnf.ports[3])
    assert after[f"{NAME}s"][0]["active"] == standby
    assert [call.split("?")[0].rsplit("/", 1)[0] for call in runs.wire.writes()] == ["PUT /v2.0/floatingips"]
    assert vnf.at() == vnf.ports[3]


def test_what_is_not_the_projects_own_is_unknown(runs: ModuleRuns, vnf: Vnf):
    at, nobodys = vnf.at(), "203.0.113.250"
    runs.wire.mark()
    stranger, none, unknown, deleted = runs.play(
        task(NAME, STRANGER, floating_ip=vnf.address, members=vnf.members, avoid=vnf.members[:1]),
        task(f"{NAME}_info", STRANGER, floating_ip=vnf.address, members=vnf.members),
        task(NAME, OWNER, floating_ip=nobodys, members=vnf.members),
        task(NAME, OWNER, floating_ip=vnf.address, members=["3d1c3a52-0000-4000-8000-000000000000"]),
    )
    for refused, address in ((stranger, vnf.address), (unknown, nobodys)):
        assert f"There is no floating IP {address} in this project. Next: openstack floating ip list" in told(refused)
    assert none[f"{NAME}s"] == []
    assert "3d1c3a52-0000-4000-8000-000000000000: does not exist" in told(deleted)
    assert (runs.wire.writes(), vnf.at()) == ([], at)
