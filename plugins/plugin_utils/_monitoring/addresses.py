# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which address of a VNFC is probed (private to this collection)."""

from __future__ import annotations

import typing as t

Record = dict[str, t.Any]


def management_addresses(info: Record, template: Record, ports: t.Mapping[str, Record]) -> dict[str, str]:
    """The management address of each VNFC, by the id of its ``vnfcResourceInfo``; those without one are not there.

    It is that of the connection point whose properties say ``management`` in the VNFD, or else of the first that has an address.

    :param info: ``instantiatedVnfInfo``.
    :param template: the ``topology_template``.
    :param ports: the ports of Neutron by id.
    """
    marked = _marked(template)
    by_cp = _ports_of_cps(info)
    found = {}
    for vnfc in info.get("vnfcResourceInfo") or ():
        server = str((vnfc.get("computeResource") or {}).get("resourceId"))
        known = [(str(cp.get("cpdId")), port) for cp in vnfc.get("vnfcCpInfo") or () for port in by_cp.get(str(cp.get("id")), ())]
        # What the record does not connect, Neutron does.
        known += [("", port_id) for port_id, port in sorted(ports.items()) if port.get("device_id") == server]
        for _cpd, port_id in sorted(known, key=lambda one: one[0] not in marked):
            fixed = (ports.get(port_id) or {}).get("fixed_ips") or ()
            address = next((str(one["ip_address"]) for one in fixed if one.get("ip_address")), None)
            if address is not None:
                found[str(vnfc.get("id"))] = address
                break
    return found


def _marked(template: Record) -> set[str]:
    """The connection points that are for management."""
    nodes = template.get("node_templates") or {}
    return {
        name
        for name, node in nodes.items()
        if isinstance(node, dict)
        and isinstance(node.get("properties"), dict)
        and (node["properties"].get("management") is True or node["properties"].get("mgmt") is True)
    }


def _ports_of_cps(info: Record) -> dict[str, list[str]]:
    """The ids of the ports of each connection point of a VNFC."""
    links = [*(info.get("extVirtualLinkInfo") or ()), *(info.get("extManagedVirtualLinkInfo") or ())]
    resources = info.get("vnfVirtualLinkResourceInfo") or ()
    ports = [port for link in links for port in (link.get("extLinkPorts") or link.get("vnfLinkPorts") or ())]
    ports += [port for link in resources for port in link.get("vnfLinkPorts") or ()]
    of_port = {str(port.get("id")): str((port.get("resourceHandle") or {}).get("resourceId")) for port in ports}
    found: dict[str, list[str]] = {}
    for cp in info.get("extCpInfo") or ():
        port = of_port.get(str(cp.get("extLinkPortId")))
        if port and cp.get("associatedVnfcCpId"):
            found.setdefault(str(cp["associatedVnfcCpId"]), []).append(port)
    for port in ports:
        if port.get("cpInstanceId"):
            found.setdefault(str(port["cpInstanceId"]), []).append(of_port[str(port.get("id"))])
    return found
