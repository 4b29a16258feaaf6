# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""External and managed links of a VNF instance: what is wanted beside what there is (private to this collection).

What there is comes from where Tacker tells the truth: the network of an external CP from the parameters of its stack, since the
``resourceHandle`` of a link keeps the old network when the id of the link is used again; managed links from the last operation
that set them, since the record is never updated.
"""

from __future__ import annotations

import typing as t

from .._errors import CollectionError
from .merge import same
from .proxy import NfvProxy, Raw
from .user_data import USER_DATA

# The operations after which managed links are on other networks, or some of their servers.
SET_MANAGED = ("INSTANTIATE", "CHANGE_VNFPKG", "SCALE")
# An external CP as it is compared and shown: link (id), network (several, joined, if its servers differ) and config (cpConfig).
Cp = dict[str, t.Any]


def wanted_cps(links: t.Iterable[Raw]) -> dict[str, Cp]:
    """The external CPs that ``extVirtualLinks`` name, by cpdId; the first link that names one counts, as with Tacker."""
    found: dict[str, Cp] = {}
    for link in links:
        for cp in link.get("extCps") or ():
            found.setdefault(str(cp["cpdId"]), {"link": link["id"], "network": link["resourceId"], "config": cp.get("cpConfig")})
    return found


def present_cps(raw: Raw) -> dict[str, Cp]:
    """The external CPs of a VNF instance, by cpdId. One that the record keeps although its package has it no more is left out."""
    info = raw.get("instantiatedVnfInfo") or {}
    networks = _networks(info)
    real = {str(cp.get("cpdId")) for cp in info.get("extCpInfo") or ()}
    found: dict[str, Cp] = {}
    for link in info.get("extVirtualLinkInfo") or ():
        for cp in link.get("currentVnfExtCpData") or ():
            cpd_id = str(cp.get("cpdId"))
            if cpd_id not in real:
                continue
            # A package whose template takes no network parameter leaves only the record to look at.
            network = networks.get(cpd_id) or str((link.get("resourceHandle") or {}).get("resourceId"))
            found[cpd_id] = {"link": link.get("id"), "network": network, "config": cp.get("cpConfig")}
    for cpd_id in real - found.keys():
        found[cpd_id] = {"link": None, "network": networks.get(cpd_id), "config": None}
    return found


def known_cpds(raw: Raw) -> list[str]:
    """The external CPs that a VNF instance is known to have, from its record alone."""
    return sorted(present_cps(raw))


def check_cpds(links: t.Iterable[Raw], known: t.Iterable[str]) -> None:
    """Refuse an unknown cpdId, which Tacker would accept, do nothing with, and record."""
    choices = sorted(known)
    unknown = sorted(wanted_cps(links).keys() - set(choices))
    if unknown:
        raise CollectionError(
            f"There is no external connection point {', '.join(unknown)}; the VNF has {', '.join(choices) or 'none'}. "
            "Next: mend cpdId in the external links"
        )


def changed_links(links: t.Sequence[Raw], raw: Raw) -> list[Raw]:
    """Those of the wanted ``extVirtualLinks`` that would change the VNF instance; an empty list when there is nothing to do."""
    wanted, present = wanted_cps(links), present_cps(raw)
    ports = {str(link.get("id")): _ports(link) for link in (raw.get("instantiatedVnfInfo") or {}).get("extVirtualLinkInfo") or ()}
    return [
        link
        for link in links
        if any(not same(wanted[str(cp["cpdId"])], present.get(str(cp["cpdId"]))) for cp in link["extCps"])
        or not _ports(link).items() <= ports.get(str(link["id"]), {}).items()
    ]


def cps_diff(links: t.Sequence[Raw], raw: Raw) -> tuple[dict[str, Cp], dict[str, Cp]]:
    """The external CPs that the wanted links name, before and after, for a diff."""
    wanted, present = wanted_cps(links), present_cps(raw)
    names = sorted(wanted)
    return {name: present[name] for name in names if name in present}, {name: wanted[name] for name in names}


def managed_networks(nfv: NfvProxy, raw: Raw) -> dict[str, str]:
    """The network of each managed internal link (several, joined, if its servers differ), by its name in the VNFD. One request.

    The last package change counts, which leaves none managed if it names none; before the first one the record does. Servers
    that have come since are on the networks of the record, which Tacker never updates.
    """
    return _managed(raw, nfv.op_occs(str(raw["id"]), "operation", *SET_MANAGED, all_fields=True))


def managed_in_effect(raw: Raw, networks: t.Mapping[str, str]) -> dict[str, str]:
    """Those of the managed links that the stack has no network of its own for; the record keeps one that was replaced by it."""
    info = raw.get("instantiatedVnfInfo") or {}
    own = {str(link.get("vnfVirtualLinkDescId")) for link in info.get("vnfVirtualLinkResourceInfo") or ()}
    return {name: network for name, network in networks.items() if name not in own}


def managed_of(raw: Raw, occs: t.Sequence[Raw]) -> dict[str, str]:
    """The networks of the managed links that are in effect.

    :param occs: the operations of the VNF instance that :data:`SET_MANAGED` names, with all their fields, the oldest first.
    """
    return managed_in_effect(raw, _managed(raw, occs))


def _managed(raw: Raw, occs: t.Sequence[Raw]) -> dict[str, str]:
    links = (raw.get("instantiatedVnfInfo") or {}).get("extManagedVirtualLinkInfo") or ()
    recorded = {
        str(link.get("vnfVirtualLinkDescId")): str((link.get("networkResource") or {}).get("resourceId")) for link in links
    }  # fmt: skip
    at = max((number for number, occ in enumerate(occs) if _sets_managed(occ)), default=None)
    if at is None or occs[at].get("operation") != "CHANGE_VNFPKG":
        return recorded
    changed = wanted_managed(occs[at]["operationParams"].get("extManagedVirtualLinks") or ())
    if not _has_grown(occs[at + 1 :]):
        return changed
    return {name: ", ".join(dict.fromkeys([network, recorded.get(name, network)])) for name, network in changed.items()}


def _has_grown(occs: t.Iterable[Raw]) -> bool:
    """Whether servers have come with these operations and not gone again; the newest go first."""
    came: dict[str, int] = {}
    for occ in occs:
        params = occ.get("operationParams") or {}
        if (occ.get("operation"), occ.get("operationState")) == ("SCALE", "COMPLETED"):
            steps = int(params.get("numberOfSteps", 1)) * (1 if params.get("type") == "SCALE_OUT" else -1)
            came[params["aspectId"]] = max(0, came.get(params["aspectId"], 0) + steps)
    return any(came.values())


def _sets_managed(occ: Raw) -> bool:
    """Whether an operation has made the stack's template with the managed links of its request."""
    params = (occ.get("operationParams") or {}).get("additionalParams") or {}
    if occ.get("operation") == "SCALE":
        return False
    if occ.get("operation") == "CHANGE_VNFPKG" and not any(key in params for key in USER_DATA):
        return False
    # A rollback takes them from the request that failed; one without a grant touched nothing.
    return occ.get("operationState") == "COMPLETED" or (occ.get("operationState") == "ROLLED_BACK" and "grantId" in occ)


def wanted_managed(links: t.Iterable[Raw]) -> dict[str, str]:
    """The networks that ``extManagedVirtualLinks`` name, by the link's name in the VNFD."""
    return {str(link["vnfVirtualLinkDescId"]): str(link["resourceId"]) for link in links}


def _networks(info: Raw) -> dict[str, str]:
    """The network of each CP from the parameters of the stack, which have the CP alone or with the index of a server."""
    found: dict[str, set[str]] = {}
    for key, values in (((info.get("metadata") or {}).get("nfv") or {}).get("CP") or {}).items():
        network = values.get("network") if isinstance(values, dict) else None
        if network is None:
            continue
        name, _dash, index = str(key).rpartition("-")
        found.setdefault(name if index.isdecimal() and name else str(key), set()).add(str(network))
    return {cpd_id: ", ".join(sorted(networks)) for cpd_id, networks in found.items()}


def _ports(link: Raw) -> dict[str, str]:
    return {
        str(port.get("id")): str((port.get("resourceHandle") or {}).get("resourceId")) for port in link.get("extLinkPorts") or ()
    }  # fmt: skip
