# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of the VNF package: what is asked beside what there is, and the request (private to this collection)."""

from __future__ import annotations

import typing as t

from .._ensure import Record
from .._errors import CollectionError
from . import vim
from .change_ports import present_ports, taken_ports, told_by_ports, wanted_ports
from .change_vdus import Vdus, patched, restricted, wanted_image
from .change_wish import NEW_SCRIPT, OLD_SCRIPT, Target, Wish, check, external, not_followed
from .links import changed_links, cps_diff, wanted_managed
from .merge import effective, managed, merge_patch, same
from .proxy import Raw
from .user_data import USER_DATA
from .vnfd import Vnfd


class Plan:
    """A wish beside the VNF instance as it is.

    :ivar before: the values that are asked for, as they are.
    :ivar after: the same values as they shall be.
    """

    def __init__(self, raw: Raw, wish: Wish, target: Target, managed_now: t.Mapping[str, str] | None) -> None:
        """Compare.

        :param managed_now: networks of the managed links that are in effect, None when they were not read.
        :raises CollectionError: for what cannot be.
        """
        self.raw, self.target, self._wish, self._managed_now = raw, target, wish, managed_now
        self.vdus = Vdus(raw)
        self._named = {str(vdu["vdu_id"]): vdu for vdu in wish.vdus or ()}
        check(wish, target, raw, self.vdus)
        self.before: Record = {}
        self.after: Record = {}
        self._compare()

    @property
    def differences(self) -> list[str]:
        """What differs, by its names in the diff, for example ``flavors.VDU2``."""
        return differing(self.before, self.after)

    def not_followed(self, raw: Raw) -> list[str]:
        """What did not come or go with the package, seen from the VNF instance afterwards."""
        return not_followed(self.target, raw, self.vdus, wanted_managed(self._managed_links()))

    def request(self, params: Raw) -> Raw:
        """The body of the operation.

        :param params: ``additionalParams`` with the user data.
        """
        has_user_data = any(key in params for key in USER_DATA)
        if not has_user_data and not same(self.before.get("topology"), self.after.get("topology")):
            raise CollectionError(
                f"Package {self.target.vnfd_id} has other connection points or links than {self.raw.get('vnfdId')}, and without "
                "a user data class Tacker changes no template. "
                f"Next: if the package has one, name it in additional_params ({', '.join(USER_DATA)})"
            )
        parameters: Raw = self.vdus.kept() if has_user_data and not self.target.asked else {}
        parameters = merge_patch(parameters, self._parameters(params))
        for name, vdu in self._named.items():
            if vdu.get("flavor") and not self._is_described(name, vdu["flavor"]):
                parameters = merge_patch(parameters, self.vdus.set_flavor(name, vdu["flavor"]))
        rolled = {"upgrade_type": "RollingUpdate", "vdu_params": [self._vdu_param(name) for name in self._rolled()]}
        wish = self._wish
        body: Raw = {
            "vnfdId": self.target.vnfd_id,
            "additionalParams": {**params, **wish.scripts, **rolled, **({"nfv": parameters} if parameters else {})},
            "extVirtualLinks": self._links(),
            "extManagedVirtualLinks": self._managed_links(),
            # Sent whenever there is something to do, since a new password cannot be seen.
            "vimConnectionInfo": vim.completed(self.raw.get("vimConnectionInfo"), wish.vims or {}),
            "extensions": _if_effective(self.raw.get("extensions"), wish.extensions),
            "vnfConfigurableProperties": _if_effective(self.raw.get("vnfConfigurableProperties"), wish.properties),
        }
        return {key: value for key, value in body.items() if value}

    def _rolled(self) -> list[str]:
        """The VDUs whose servers are updated one by one; Tacker wants at least one, even where none changes."""
        if self._named:
            return list(self._named)
        if self.raw.get("vnfdId") != self.target.vnfd_id:
            return self.vdus.names
        changed = {name.split(".", 1)[1] for name in self.differences if name.startswith(("flavors.", "images."))}
        cps = [str(cp["cpdId"]) for link in self._links() for cp in link["extCps"]]
        return sorted(changed.union(self.vdus.of_cps(cps))) or self.vdus.names[:1]

    def _compare(self) -> None:
        raw, wish, target = self.raw, self._wish, self.target
        if target.asked:
            self._add("vnfd_id", raw.get("vnfdId"), target.vnfd_id)
        flavors, images = self._wanted_flavors(), self._wanted_images()
        self._add("flavors", {vdu: self.vdus.flavor(vdu) for vdu in flavors}, flavors)
        self._add("images", {vdu: self.vdus.image(vdu) for vdu in images}, images)
        ports = {cpd_id: sorted(found) for cpd_id, found in wanted_ports(wish.links or ()).items()}
        has_ports = present_ports(raw, ports)
        cps, wanted_cps = cps_diff(wish.links or (), raw)
        self._add("external_cps", told_by_ports(cps, wanted_cps, ports, has_ports, self.vdus), wanted_cps)
        self._add("link_ports", has_ports, ports)
        parameters = self._parameters(wish.params)
        self._add("parameters", restricted(self.vdus.parameters, parameters), patched(self.vdus.parameters, parameters))
        if wish.managed_links is not None:
            self._add("managed_links", dict(self._managed_now or {}), wanted_managed(wish.managed_links))
        if target.vnfd is not None and target.old is not None:
            self._add("topology", self._topology(target.old), self._topology(target.vnfd))
        self._add("extensions", *managed(raw.get("extensions"), wish.extensions or {}))
        self._add("vnf_configurable_properties", *managed(raw.get("vnfConfigurableProperties"), wish.properties or {}))
        self._add("vim_connection_info", *vim.diff(raw.get("vimConnectionInfo"), wish.vims or {}))

    def _add(self, name: str, before: t.Any, after: t.Any) -> None:
        if before or after:
            self.before[name], self.after[name] = before, after

    def _wanted_flavors(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for vdu in self._named or (self.vdus.names if self.target.asked else ()):
            flavor = self._named.get(vdu, {}).get("flavor")
            # What the template does not take as a parameter cannot be seen.
            if flavor is None and self.target.vnfd is not None and self.vdus.flavor(vdu):
                flavor = self.target.vnfd.vdus[vdu].flavor
            if flavor is not None:
                found[vdu] = flavor
        return found

    def _wanted_images(self) -> dict[str, str]:
        vnfd = self.target.vnfd
        images = {vdu: wanted_image(vnfd, vdu) for vdu in self._named or self.vdus.names} if vnfd is not None else {}
        return {vdu: image for vdu, image in images.items() if image and self.vdus.image(vdu)}

    def _is_described(self, vdu: str, flavor: str) -> bool:
        return self.target.vnfd is not None and self.target.vnfd.vdus[vdu].flavor == flavor

    def _parameters(self, params: Raw) -> Raw:
        """What is laid over the parameters of the stack: what the user gives, and the ready-made ports."""
        ports = taken_ports(self._wish.links or (), self.vdus, self.target.vnfd)
        return t.cast("Raw", merge_patch(params.get("nfv") or {}, ports))

    def _links(self) -> list[Raw]:
        """What is sent of the external links: those that change, and those of connection points that come with the package."""
        links, target = self._wish.links or (), self.target
        came = external(target.vnfd, self.vdus) - external(target.old, self.vdus) if target.vnfd and target.old else set()
        changed = changed_links(links, self.raw)
        return [link for link in links if link in changed or any(cp["cpdId"] in came for cp in link["extCps"])]

    def _managed_links(self) -> list[Raw]:
        """What is sent of the managed links: those wanted, else the present ones again, since Tacker drops what is not sent."""
        if self._wish.managed_links is not None:
            return list(self._wish.managed_links)
        info = self.raw.get("instantiatedVnfInfo") or {}
        ids = {str(link.get("vnfVirtualLinkDescId")): link.get("id") for link in info.get("extManagedVirtualLinkInfo") or ()}
        vnfd = self.target.vnfd
        return [
            # Servers that are on another network came later, and come along.
            {"id": ids.get(name) or name, "vnfVirtualLinkDescId": name, "resourceId": network.partition(", ")[0]}
            for name, network in sorted((self._managed_now or {}).items())
            if vnfd is None or name in vnfd.virtual_links
        ]

    def _vdu_param(self, name: str) -> Raw:
        given = self._named.get(name, {})
        param = {"vdu_id": name, **{key: given[key] for key in ("new_vnfc_param", "old_vnfc_param") if given.get(key)}}
        for script, key in ((NEW_SCRIPT, "new_vnfc_param"), (OLD_SCRIPT, "old_vnfc_param")):
            if script in self._wish.scripts and key not in param:
                raise CollectionError(
                    f"The coordination script {self._wish.scripts[script]} needs {key} of VDU {name}. Next: give it in vdus"
                )
        return param

    def _topology(self, vnfd: Vnfd) -> Record:
        return {"external_cps": sorted(external(vnfd, self.vdus)), "internal_links": sorted(vnfd.virtual_links)}


def differing(before: Record, after: Record) -> list[str]:
    """The names of values that are not the same, in mappings one level down."""
    found: list[str] = []
    for name in sorted({*before, *after}):
        was, will = before.get(name), after.get(name)
        if isinstance(was, dict) and isinstance(will, dict):
            keys = sorted({*was, *will})
            found += [f"{name}.{key}" for key in keys if (key in was) != (key in will) or not same(was.get(key), will.get(key))]
        elif not same(was, will):
            found.append(name)
    return found


def _if_effective(present: Raw | None, patch: Raw | None) -> Raw | None:
    return patch if patch and effective(present, patch) else None
