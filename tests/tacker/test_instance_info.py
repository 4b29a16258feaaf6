# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_instance_info on the real Tacker, whose pages have five entries here, and what another network does to scaling."""

from __future__ import annotations

import pytest

from tests.tacker.package import ASPECT
from tests.tacker.real_tacker import link

MODULE = "vnf_instance_info"
NAMES = ["a", "a", "b,c", "it's (x)", "d;e", "f/~", "g", *"hijkl"]


@pytest.fixture(scope="module")
def records(running_tacker, package):
    """Records by name, more of them than a page has."""
    made = [running_tacker.create(package.vnfd_id, name, metadata={"n": str(number)}) for number, name in enumerate(NAMES)]
    yield made
    for instance_id in made:
        running_tacker.remove(instance_id)


def test_all_pages_whatever_their_order(tacker, records, package):
    found = tacker.run(MODULE, {"filter": f"(eq,vnfdId,{package.vnfd_id})"})["vnf_instances"]
    assert sorted(one["id"] for one in found) == sorted(records)
    assert {one["metadata"]["n"] for one in found} == {str(number) for number, _name in enumerate(NAMES)}
    # Three of them if its database sorted by id; as it does not, some entries would be missing.
    assert len(tacker.wire.asked) < 15


@pytest.mark.parametrize("name", sorted({*NAMES}))
def test_names_of_any_letters(tacker, records, name):
    found = tacker.run(MODULE, {"name": name})["vnf_instances"]
    assert [one["vnf_instance_name"] for one in found] == [name] * NAMES.count(name)


def test_both_terms_of_a_filter_count(tacker, records, package):
    found = tacker.run(MODULE, {"filter": f"(eq,vnfdId,{package.vnfd_id});(eq,vnfInstanceName,g)"})["vnf_instances"]
    assert [one["vnf_instance_name"] for one in found] == ["g"]


def test_vnfcs_of_servers_and_servers_after_a_move_of_their_link(tacker, package):
    """Also: the record keeps the old network of a link whose id is used again, and Tacker scales out to it."""
    instance_id = tacker.instantiate(package.vnfd_id, "moved")
    try:
        servers = [one.physical_id for one in tacker.cloud.resources(instance_id, "OS::Nova::Server")]
        [found] = tacker.run(MODULE, {"server_ids": servers[:1]})["vnf_instances"]
        assert (found["id"], sorted(found["vnfc_of_server"])) == (instance_id, sorted(servers))
        assert tacker.run(MODULE, {"server_ids": ["unknown"]})["vnf_instances"] == []

        moved = {"vnf_instance_id": instance_id, "ext_virtual_links": [link("link-a", "net-b", "VDU1_CP1")]}
        assert tacker.run("vnf_ext_connectivity", moved)["changed"]
        result = tacker.run("vnf_scale", {"vnf_instance_name": "moved", "aspect_id": ASPECT, "level": 1})
        assert "VDU1_CP1 was on net-b and is on net-a, net-b" in result.get("msg", ""), result
        anew = {"vnf_instance_id": instance_id, "ext_virtual_links": [link("link-b", "net-b", "VDU1_CP1")]}
        assert tacker.run("vnf_ext_connectivity", anew)["changed"]
        done = tacker.run("vnf_scale", {"vnf_instance_name": "moved", "aspect_id": ASPECT, "level": 2})
        assert done.get("changed"), done
        ports = tacker.cloud.resources(instance_id, "OS::Neutron::Port")
        assert [one.properties["network"] for one in ports if one.name == "VDU1_CP1"] == ["net-b"] * 3
    finally:
        tacker.remove(instance_id)
