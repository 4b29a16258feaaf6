# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Further addresses behind a port of the lab."""

from __future__ import annotations


def test_address_pairs_are_written_and_read_back_with_the_hardware_address_of_the_port(lab):
    network = lab.connect("lab-vnf").network
    [port] = network.ports(device_id=lab.servers()["doctor-ha-0"]["id"])
    assert port.allowed_address_pairs == []
    network.update_port(port.id, allowed_address_pairs=[{"ip_address": "10.0.0.100"}])
    assert network.get_port(port.id).allowed_address_pairs == [{"ip_address": "10.0.0.100", "mac_address": port.mac_address}]
    network.update_port(port.id, allowed_address_pairs=[])
    assert network.get_port(port.id).allowed_address_pairs == []
