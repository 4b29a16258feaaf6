# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VDUs of a VNF instance as a change of its package sees them (private to this collection)."""

from __future__ import annotations

import typing as t

from .._errors import CollectionError
from .merge import merge_patch
from .proxy import Raw
from .vnfd import Vnfd

FLAVOR, IMAGE = "computeFlavourId", "vcImageId"


class Vdus:
    """The VDUs that have servers, by what Tacker read back from the stack."""

    def __init__(self, raw: Raw) -> None:
        """Look at a VNF instance that runs."""
        info = raw.get("instantiatedVnfInfo") or {}
        self.parameters: Raw = (info.get("metadata") or {}).get("nfv") or {}
        self._vnfcs: dict[str, list[Raw]] = {}
        for vnfc in info.get("vnfcResourceInfo") or ():
            self._vnfcs.setdefault(str(vnfc["vduId"]), []).append(vnfc)
        for vnfcs in self._vnfcs.values():
            vnfcs.sort(key=lambda vnfc: str(_metadata(vnfc).get("vdu_idx")).rjust(9, "0"))

    @property
    def names(self) -> list[str]:
        """The VDUs, sorted."""
        return sorted(self._vnfcs)

    def of_cps(self, cpd_ids: t.Iterable[str]) -> list[str]:
        """The VDUs that any of these connection points belong to."""
        wanted = set(cpd_ids)
        return [vdu for vdu in self.names if any(self._cpds(vnfc) & wanted for vnfc in self._vnfcs[vdu])]

    def check(self, asked: t.Iterable[str]) -> None:
        """Refuse a VDU without a server, which Tacker refuses as well, but without a word about the others."""
        unknown = sorted(set(asked) - set(self.names))
        if unknown:
            known = ", ".join(self.names) or "none"
            raise CollectionError(
                f"There is no server of VDU {', '.join(unknown)}; the VNF has servers of {known}. Next: mend vdu_id in vdus"
            )

    def flavor(self, vdu: str) -> str:
        """The flavor of a VDU; several, joined, if its servers differ."""
        return _joined(_metadata(vnfc).get("flavor") for vnfc in self._vnfcs[vdu])

    def image(self, vdu: str) -> str:
        """The image of a VDU, likewise; empty when its servers boot from a storage."""
        return _joined(
            value
            for vnfc in self._vnfcs[vdu]
            for key, value in _metadata(vnfc).items()
            if key == f"image-{vdu}" or _is_indexed(key, f"image-{vdu}")
        )

    def keys(self, vdu: str) -> list[str]:
        """The names of a VDU's servers in the parameters of the stack, if there is a flavor for each; else an error."""
        keys = [f"{vdu}-{_metadata(vnfc).get('vdu_idx')}" for vnfc in self._vnfcs[vdu]]
        entries = self.parameters.get("VDU") or {}
        if any(FLAVOR not in (entries.get(key) or {}) for key in keys):
            raise CollectionError(
                f"The flavor of VDU {vdu} cannot be set directly: its stack was not made by StandardUserData, or its template "
                f"takes no {FLAVOR}. Next: change to a package whose VNFD has that flavor, and whose template takes it"
            )
        return keys

    def set_flavor(self, vdu: str, flavor: str) -> Raw:
        """What is laid over the parameters of the stack for a flavor that the VNFD does not say."""
        return {"VDU": {key: {FLAVOR: flavor} for key in self.keys(vdu)}}

    def kept(self) -> Raw:
        """What is laid over the parameters of the stack so that a package that stays the same resets nothing."""
        entries = {
            key: {name: values[name] for name in (FLAVOR, IMAGE) if values.get(name) is not None}
            for key, values in (self.parameters.get("VDU") or {}).items()
        }
        return {"VDU": {key: values for key, values in entries.items() if values}}

    def indices(self, vdu: str) -> list[int]:
        """The indices of a VDU's servers; an error when its user data tells them apart in no such way."""
        vnfcs = self._vnfcs.get(vdu, ())
        found = [int(_metadata(vnfc)["vdu_idx"]) for vnfc in vnfcs if _metadata(vnfc).get("vdu_idx") is not None]
        if len(found) < len(vnfcs):
            raise CollectionError(
                f"Ready-made ports cannot be given to VDU {vdu}: its stack was not made by StandardUserData, which alone takes "
                "them. Next: leave linkPortId out"
            )
        return found

    def takes(self, cpd_id: str, parameter: str) -> bool:
        """Whether the template takes the ``network`` or the ``port`` of a connection point as a parameter."""
        cps = self.parameters.get("CP") or {}
        return any(parameter in values for key, values in cps.items() if key == cpd_id or _is_indexed(key, cpd_id))

    @staticmethod
    def _cpds(vnfc: Raw) -> set[str]:
        return {str(cp.get("cpdId")) for cp in vnfc.get("vnfcCpInfo") or ()}


def wanted_image(vnfd: Vnfd, vdu: str) -> str | None:
    """The image that a package has for a VDU; None when it brings the file along, since Tacker then names the image itself."""
    node = (vnfd.template.get("node_templates") or {}).get(vdu) or {}
    return None if node.get("artifacts") else vnfd.vdus[vdu].image


def restricted(value: t.Any, patch: t.Any) -> t.Any:
    """That part of a value that a merge patch names."""
    if not isinstance(patch, dict) or not isinstance(value, dict):
        return value
    return {key: restricted(value[key], patch[key]) for key in sorted(patch) if key in value}


def patched(value: t.Any, patch: Raw) -> t.Any:
    """The same part, with the patch laid over it."""
    return restricted(merge_patch(value, patch), patch)


def _metadata(vnfc: Raw) -> Raw:
    return vnfc.get("metadata") or {}


def _joined(values: t.Iterable[t.Any]) -> str:
    return ", ".join(dict.fromkeys(str(value) for value in values if value is not None))


def _is_indexed(key: str, name: str) -> bool:
    before, _dash, index = key.rpartition("-")
    return before == name and index.isdecimal()
