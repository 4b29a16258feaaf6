# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in a request beside those of the VNFD (private to this collection).

A package belongs to a project, a VNF instance to nobody: where the package cannot be read, the record has to do.
"""

from __future__ import annotations

import typing as t

from .._errors import CollectionError, ServiceError
from .._sdk import Connection
from .links import check_cpds, known_cpds, wanted_managed
from .packages import Packages
from .proxy import Raw
from .vnfd import Vnfd

# The VNFD of an id and a deployment flavour, None where no package with it can be read.
Read = t.Callable[[str, t.Optional[str]], t.Optional[Vnfd]]  # noqa: UP045 (pylint does not know | here)


class Described:
    """The VNFDs of the packages that can be read."""

    def __init__(self, read: Read) -> None:
        """Read VNFDs with the given function, when they are needed."""
        self._read = read

    def check_instantiation(self, vnfd_id: str, body: Raw) -> None:
        """Refuse names of a deployment flavour, level, external CP or internal link that the VNFD does not have."""
        vnfd = self._read(vnfd_id, str(body["flavourId"]))
        if vnfd is None:
            return
        level = body.get("instantiationLevelId")
        if level is not None:
            _known("instantiation level", [str(level)], vnfd.levels, vnfd)
        check_cpds(body.get("extVirtualLinks") or (), vnfd.external_cps)
        _known("internal link", wanted_managed(body.get("extManagedVirtualLinks") or ()), vnfd.virtual_links, vnfd)

    def check_links(self, raw: Raw, links: t.Sequence[Raw]) -> None:
        """Refuse external CPs that a VNF that runs does not have."""
        flavour_id = (raw.get("instantiatedVnfInfo") or {}).get("flavourId")
        vnfd = self._read(str(raw.get("vnfdId")), flavour_id)
        check_cpds(links, known_cpds(raw) if vnfd is None else vnfd.external_cps)


def _known(what: str, asked: t.Iterable[str], names: t.Iterable[str], vnfd: Vnfd) -> None:
    unknown = sorted(set(asked) - set(names))
    if unknown:
        choices = ", ".join(sorted(names)) or "none"
        raise CollectionError(
            f"VNFD {vnfd.vnfd_id} has no {what} {', '.join(unknown)} in deployment flavour {vnfd.flavour_id}; it has {choices}"
        )


def vnfds(cloud: Connection) -> Described:
    """The VNFDs of the packages that the cloud's project can read."""

    def read(vnfd_id: str, flavour_id: str | None) -> Vnfd | None:
        packages = Packages(cloud)
        try:
            found = packages.find(vnfd_id=vnfd_id)
            return packages.vnfd(str(found[0]["id"]), flavour_id) if found else None
        except ServiceError:
            # Not a reason to leave a VNF as it is; Tacker judges what it can.
            return None

    return Described(read)
