# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The package that a VNF instance is to change to (private to this collection)."""

from __future__ import annotations

import dataclasses

from .._errors import CollectionError, ServiceError
from .change_wish import Target, Wish
from .packages import Packages
from .proxy import Raw
from .vnfd import Vnfd


@dataclasses.dataclass(frozen=True)
class Asked:
    """How a package is named; all None: the present one."""

    vnfd_id: str | None = None
    package_id: str | None = None
    product_name: str | None = None
    software_version: str | None = None


class Targets:
    """Reads packages, each once."""

    def __init__(self, packages: Packages) -> None:
        """Use the packages of the project."""
        self._packages = packages
        self._found: dict[Asked, Raw] = {}
        self._vnfds: dict[tuple[str, str], Vnfd] = {}

    def target(self, raw: Raw, asked: Asked, wish: Wish) -> Target:
        """The package that is asked for, read as far as it matters for the VNF instance.

        :raises CollectionError: when there is no such package, or it is not onboarded and enabled.
        """
        present = str(raw.get("vnfdId"))
        if asked == Asked():
            return Target(present, asked=False)
        flavour_id = str((raw.get("instantiatedVnfInfo") or {}).get("flavourId"))
        # Its descriptor says which one it is; the rest matters only for a package that the VNF does not have.
        named = self._readable(asked.package_id, flavour_id)
        if named is not None and named.vnfd_id == present:
            return Target(present, asked=True, vnfd=named)
        vnfd_id = asked.vnfd_id or str(self._package(asked).get("vnfdId"))
        if vnfd_id == present and wish.vdus and all(vdu.get("flavor") for vdu in wish.vdus):
            return Target(vnfd_id, asked=True)
        package = self._package(asked)
        if vnfd_id == present:
            return Target(vnfd_id, asked=True, vnfd=self._vnfd(str(package["id"]), flavour_id))
        self._check_usable(package)
        return Target(vnfd_id, asked=True, vnfd=self._vnfd(str(package["id"]), flavour_id), old=self._old(present, flavour_id))

    def _package(self, asked: Asked) -> Raw:
        if asked not in self._found:
            self._found[asked] = self._packages.one(
                package_id=asked.package_id, vnfd_id=asked.vnfd_id, product_name=asked.product_name,
                software_version=asked.software_version,
            )  # fmt: skip
        return self._found[asked]

    def _vnfd(self, package_id: str, flavour_id: str) -> Vnfd:
        key = (package_id, flavour_id)
        if key not in self._vnfds:
            self._vnfds[key] = self._packages.vnfd(*key)
        return self._vnfds[key]

    def _readable(self, package_id: str | None, flavour_id: str) -> Vnfd | None:
        """The descriptor of a package by its id; where it cannot be read, the package's own record tells why."""
        try:
            return None if package_id is None else self._vnfd(package_id, flavour_id)
        except ServiceError:
            return None

    def _old(self, vnfd_id: str, flavour_id: str) -> Vnfd | None:
        """The present package; another project's cannot be read, which is no reason not to leave it."""
        try:
            return self._vnfd(str(self._package(Asked(vnfd_id=vnfd_id))["id"]), flavour_id)
        except CollectionError:
            return None

    @staticmethod
    def _check_usable(package: Raw) -> None:
        states = [package.get("onboardingState"), package.get("operationalState")]
        if states != ["ONBOARDED", "ENABLED"]:
            raise CollectionError(
                f"VNF package {package['id']} is {' and '.join(map(str, states))}; a VNF can change to one that is ONBOARDED and "
                f"ENABLED. Next: openstack vnf package update --operational-state ENABLED {package['id']}"
            )
