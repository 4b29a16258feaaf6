# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ready-made ports for external connection points (private to this collection).

Tacker records ``extLinkPorts`` and ``linkPortId``, and its user data classes use neither. What they do use is what is laid over
the parameters of the stack; so that the ports reach a template that takes ``nfv.CP.<cp>.port``, as those of Tacker's
specifications do, they are sent there too.
"""

from __future__ import annotations

import typing as t

from .._errors import CollectionError
from .change_vdus import Vdus
from .links import Cp
from .proxy import Raw
from .vnfd import Vnfd


def wanted_ports(links: t.Iterable[Raw]) -> dict[str, list[str]]:
    """The ready-made ports (ids in Neutron) that ``extVirtualLinks`` give each connection point, in their order.

    :raises CollectionError: for a ``linkPortId`` that its link does not have.
    """
    found: dict[str, list[str]] = {}
    for link in links:
        ports = {str(port["id"]): str(port["resourceHandle"]["resourceId"]) for port in link.get("extLinkPorts") or ()}
        for cp in link["extCps"]:
            ids = [str(config["linkPortId"]) for config in (cp.get("cpConfig") or {}).values() if config.get("linkPortId")]
            unknown = [port for port in ids if port not in ports]
            if unknown:
                raise CollectionError(
                    f"Link {link['id']} has no port {', '.join(unknown)} for {cp['cpdId']}; its extLinkPorts: "
                    f"{', '.join(ports) or 'none'}"
                )
            if ids:
                found.setdefault(str(cp["cpdId"]), [ports[port] for port in ids])
    return found


def present_ports(raw: Raw, cpd_ids: t.Iterable[str]) -> dict[str, list[str]]:
    """The ports that connection points have, sorted. One that the stack made is among them; then no ready-made one is used."""
    info = raw.get("instantiatedVnfInfo") or {}
    resources = {
        str(port.get("id")): str((port.get("resourceHandle") or {}).get("resourceId"))
        for link in info.get("extVirtualLinkInfo") or ()
        for port in link.get("extLinkPorts") or ()
    }
    found: dict[str, list[str]] = {}
    for cp in info.get("extCpInfo") or ():
        if cp.get("cpdId") in set(cpd_ids):
            port = str(cp.get("extLinkPortId"))
            found.setdefault(str(cp["cpdId"]), []).append(resources.get(port, port))
    return {cpd_id: sorted(ports) for cpd_id, ports in found.items()}


def taken_ports(links: t.Sequence[Raw], vdus: Vdus, vnfd: Vnfd | None) -> Raw:
    """What is laid over the parameters of the stack, one port for each server of the VDU, the first for the first."""
    cps: Raw = {}
    for cpd_id, ports in wanted_ports(links).items():
        vdu = vnfd.external_cps.get(cpd_id) if vnfd is not None else next(iter(vdus.of_cps([cpd_id])), None)
        indices = vdus.indices(vdu or "")
        if len(ports) != len(indices):
            raise CollectionError(
                f"Connection point {cpd_id} has {len(ports)} ready-made ports for {len(indices)} servers of VDU {vdu}. "
                "Next: give one linkPortId for each server"
            )
        cps.update({f"{cpd_id}-{index}": {"port": port} for index, port in zip(indices, ports, strict=True)})
    return {"CP": cps} if cps else {}


def told_by_ports(
    before: dict[str, Cp], after: dict[str, Cp], wanted: t.Mapping[str, list[str]], present: t.Mapping[str, list[str]], vdus: Vdus
) -> dict[str, Cp]:
    """The connection points as they are; where one takes a ready-made port and no network, the port tells the network.

    The record would not: it keeps the old network of a link whose id is used again.
    """
    told = {
        cpd_id: {**cp, "network": after[cpd_id]["network"]}
        for cpd_id, cp in before.items()
        if cpd_id in wanted and not vdus.takes(cpd_id, "network") and wanted[cpd_id] == present.get(cpd_id)
    }
    return {**before, **told}
