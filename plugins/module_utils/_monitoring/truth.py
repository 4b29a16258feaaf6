# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the VNF manager says of a VNF and its VNFCs (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._ensure import Record
from .._nfv.instances import one_named, servers
from .._nfv.operations import RUNNING
from .._nfv.proxy import NfvProxy, Raw


@dataclasses.dataclass(frozen=True)
class Vnf:
    """A VNF as it is now.

    :ivar levels: level and highest level of each scaling aspect.
    """

    id: str
    instantiated: bool
    servers: tuple[Record, ...]
    levels: t.Mapping[str, tuple[int, int | None]]

    @classmethod
    def of(cls, raw: Raw) -> Vnf:
        """From the VNF manager's record."""
        info = raw.get("instantiatedVnfInfo") or {}
        highest = {one.get("aspectId"): one.get("scaleLevel") for one in info.get("maxScaleLevels") or ()}
        scaled = [(str(one["aspectId"]), int(one["scaleLevel"])) for one in info.get("scaleStatus") or ()]
        levels = {aspect: (level, highest.get(aspect)) for aspect, level in scaled}
        return cls(str(raw["id"]), raw.get("instantiationState") == "INSTANTIATED", tuple(servers(raw)), levels)

    def server_of(self, server_id: str | None, vnfc_id: str) -> str | None:
        """The server that a finding is about, None when the VNF does not have it (any more)."""
        for server in self.servers:
            # A VNFC that keeps its id has another server after it was healed; the finding is about the one before.
            if server["id"] == server_id or (server_id is None and vnfc_id in (server["id"], server["vnfc_info_id"])):
                return str(server["id"])
        return None


class Truth:
    """Reads VNFs, each once."""

    def __init__(self, nfv: NfvProxy) -> None:
        """Use the VNF manager."""
        self._nfv = nfv

    def vnf(self, vnf_id: str) -> Vnf | None:
        """A VNF by its id, or by its name; None when there is none.

        :raises CollectionError: when the VNF manager does not answer.
        """
        raw = self._nfv.instance(vnf_id) or one_named(self._nfv, vnf_id)
        return None if raw is None else Vnf.of(raw)

    def at_it(self, vnf_id: str) -> bool:
        """Whether the VNF manager has an operation of a VNF under way, whoever ordered it."""
        return bool(self._nfv.op_occs(vnf_id, "operationState", *RUNNING))
