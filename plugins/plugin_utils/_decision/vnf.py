# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One VNF as the messages of one session see it: its servers, its groups, its size (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .policy import Group, Policy

Dict = dict[str, t.Any]

RECORD_PREFIX = "nfv.maintenance/"


@dataclasses.dataclass(frozen=True)
class Note:
    """The level of an aspect before a SCALE_IN, as the module vnf_scale keeps it in the metadata of the VNF instance."""

    record: str
    aspect_id: str
    level: int


@dataclasses.dataclass(frozen=True)
class Vnf:
    """A VNF, its policy and what one session has noted about it.

    :ivar record: what ``vnf_instance_info`` returned.
    """

    record: Dict
    policy: Policy
    session_id: str

    @property
    def id(self) -> str:
        """The id at the VNF manager."""
        return str(self.record["id"])

    @property
    def is_instantiated(self) -> bool:
        """Whether it runs."""
        return bool(self.record["instantiation_state"] == "INSTANTIATED")

    @property
    def servers(self) -> list[Dict]:
        """Its servers."""
        return t.cast("list[Dict]", self.record["servers"])

    def members(self, group: Group) -> list[str]:
        """Ids of the servers of a group."""
        return [server["id"] for server in self.servers if server["vdu_id"] in group.vdu_ids]

    def flavor(self, server_id: str) -> str | None:
        """The flavor of a server, as the stack says it; None where the record does not tell."""
        resources = (self.record.get("instantiated_vnf_info") or {}).get("vnfcResourceInfo") or ()
        found = (one for one in resources if (one.get("computeResource") or {}).get("resourceId") == server_id)
        return next(((one.get("metadata") or {}).get("flavor") for one in found), None)

    @property
    def levels(self) -> dict[str, int]:
        """The present level of each aspect."""
        status = (self.record.get("instantiated_vnf_info") or {}).get("scaleStatus") or []
        return {str(one["aspectId"]): int(one["scaleLevel"]) for one in status}

    def key(self, message_id: str, aspect_id: str) -> str:
        """Where the level before a message is noted."""
        return f"{RECORD_PREFIX}{self.session_id}/{message_id}/{aspect_id}"

    @property
    def notes(self) -> list[Note]:
        """What was noted in this session; notes of other sessions are left alone."""
        found = []
        for record, text in (self.record.get("metadata") or {}).items():
            # Between the two may stand whose it is at present.
            noted, _equals, level = str(text).rpartition("=")
            aspect_id = noted.partition("@")[0]
            if record.startswith(f"{RECORD_PREFIX}{self.session_id}/") and level.isdecimal():
                found.append(Note(record, aspect_id, int(level)))
        return found

    def noted(self, record: str) -> int | None:
        """The level noted under a key, None without one."""
        return next((note.level for note in self.notes if note.record == record), None)
