# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a change of the VNF package, and what of it cannot be (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import CollectionError
from .change_vdus import Vdus
from .links import check_cpds, known_cpds
from .proxy import Raw
from .vnfd import Vnfd

NEW_SCRIPT, OLD_SCRIPT = "lcm-operation-coordinate-new-vnf", "lcm-operation-coordinate-old-vnf"
# What of additionalParams has options of its own.
_OPTIONS = {"vdu_params": "vdus", NEW_SCRIPT: "coordination_script_new", OLD_SCRIPT: "coordination_script_old"}


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked of a VNF instance. None: nothing is asked.

    :ivar vdus: ``vdu_id``, and where wanted ``flavor``, ``new_vnfc_param``, ``old_vnfc_param``.
    :ivar links: ``extVirtualLinks``; those not named stay.
    :ivar managed_links: ``extManagedVirtualLinks``, all of them.
    :ivar params: ``additionalParams`` without what has options of its own.
    :ivar scripts: the coordination scripts by their names in ``additionalParams``.
    """

    vdus: t.Sequence[Raw] | None = None
    links: t.Sequence[Raw] | None = None
    managed_links: t.Sequence[Raw] | None = None
    vims: Raw | None = None
    extensions: Raw | None = None
    properties: Raw | None = None
    params: Raw = dataclasses.field(default_factory=dict)
    scripts: Raw = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, options: t.Mapping[str, t.Any]) -> Wish:
        """From the options of change_vnfpkg."""
        for key, option in _OPTIONS.items():
            if key in options["additional_params"]:
                raise CollectionError(f"additional_params has {key}, for which there is the option {option}")
        scripts = {NEW_SCRIPT: options["coordination_script_new"], OLD_SCRIPT: options["coordination_script_old"]}
        return cls(
            options["vdus"], options["ext_virtual_links"], options["ext_managed_virtual_links"], options["vim_connection_info"],
            options["extensions"], options["vnf_configurable_properties"], options["additional_params"],
            {name: path for name, path in scripts.items() if path},
        )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Target:
    """The package that is wanted.

    :ivar asked: whether a package is asked for at all; if not, the present one stays, and with it what was set beside it.
    :ivar vnfd: its descriptor under the present deployment flavour, None when nothing depends on it.
    :ivar old: the present package's descriptor, when the package is to change and it can be read.
    """

    vnfd_id: str
    asked: bool
    vnfd: Vnfd | None = None
    old: Vnfd | None = None


def external(vnfd: Vnfd, vdus: Vdus) -> set[str]:
    """The external connection points that a package has for VDUs with servers."""
    return {cpd_id for cpd_id, vdu in vnfd.external_cps.items() if vdu in vdus.names}


def check(wish: Wish, target: Target, raw: Raw, vdus: Vdus) -> None:
    """Refuse what Tacker would refuse without a reason, or take and not do.

    :raises CollectionError: for a VDU, a connection point or a link that is not there, naming those that are.
    """
    vdus.check(str(vdu["vdu_id"]) for vdu in wish.vdus or ())
    vnfd = target.vnfd
    check_cpds(wish.links or (), known_cpds(raw) if vnfd is None else vnfd.external_cps)
    known = _known_links(raw, vnfd)
    unknown = sorted({str(link["vnfVirtualLinkDescId"]) for link in wish.managed_links or ()} - known)
    if unknown:
        raise CollectionError(
            f"There is no internal link {', '.join(unknown)}; the VNF has {', '.join(sorted(known)) or 'none'}. "
            "Next: mend vnfVirtualLinkDescId in ext_managed_virtual_links"
        )
    if vnfd is None:
        return
    lost = sorted(set(vdus.names) - set(vnfd.vdus))
    if lost:
        raise CollectionError(
            f"Package {vnfd.vnfd_id} has no VDU {', '.join(lost)}, of which the VNF has servers; its VDUs: "
            f"{', '.join(sorted(vnfd.vdus)) or 'none'}. Next: terminate the VNF and instantiate it from that package"
        )
    if target.old is not None:
        linked = {str(cp["cpdId"]) for link in wish.links or () for cp in link["extCps"]}
        bare = sorted(external(vnfd, vdus) - external(target.old, vdus) - linked)
        if bare:
            raise CollectionError(
                f"External connection point {', '.join(bare)} is new in package {vnfd.vnfd_id} and has no network. "
                "Next: name it in a link of ext_virtual_links"
            )


def not_followed(target: Target, raw: Raw, vdus: Vdus, managed: t.Iterable[str]) -> list[str]:
    """Of the links and connection points that come or go with the package, those for which that did not happen.

    :param managed: links that are managed now, so that the stack has none of its own.
    """
    if target.vnfd is None or target.old is None:
        return []
    info = raw.get("instantiatedVnfInfo") or {}
    cps = _connected(raw)
    links = {str(link.get("vnfVirtualLinkDescId")) for link in info.get("vnfVirtualLinkResourceInfo") or ()}
    new_links = set(target.vnfd.virtual_links) - set(managed)
    return [
        *_missed("external connection point", cps, external(target.old, vdus), external(target.vnfd, vdus)),
        *_missed("internal link", links, set(target.old.virtual_links), new_links),
    ]


def _connected(raw: Raw) -> set[str]:
    """The connection points with a port; of the ready-made ones the record keeps also those that are no longer used."""
    info = raw.get("instantiatedVnfInfo") or {}
    named = [cp for link in info.get("extVirtualLinkInfo") or () for cp in link.get("currentVnfExtCpData") or ()]
    ready = {config.get("linkPortId") for cp in named for config in (cp.get("cpConfig") or {}).values()}
    made = {str(cp.get("cpdId")) for cp in info.get("extCpInfo") or () if cp.get("extLinkPortId") not in ready}
    return made | {str(cp.get("cpdId")) for cp in named if Vdus(raw).takes(str(cp.get("cpdId")), "port")}


def _missed(what: str, there: set[str], old: set[str], new: set[str]) -> list[str]:
    came, went = sorted(new - old - there), sorted((old - new) & there)
    return [*(f"{what} {name} did not come" for name in came), *(f"{what} {name} did not go" for name in went)]


def _known_links(raw: Raw, vnfd: Vnfd | None) -> set[str]:
    if vnfd is not None:
        return set(vnfd.virtual_links)
    info = raw.get("instantiatedVnfInfo") or {}
    links = (*(info.get("vnfVirtualLinkResourceInfo") or ()), *(info.get("extManagedVirtualLinkInfo") or ()))
    return {str(link.get("vnfVirtualLinkDescId")) for link in links}
