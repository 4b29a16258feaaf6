# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shows which member of a VNF is active, and can be given to another one (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._ensure import Record
from .._errors import CollectionError


@dataclasses.dataclass(frozen=True)
class Holding:
    """Who holds a mark now.

    :ivar server_id: the active member, None when nobody holds it.
    :ivar facts: what a module returns about it, with what changes when it moves under ``moves``.
    :ivar place: what the mark itself needs to move it from there.
    """

    server_id: str | None
    facts: Record = dataclasses.field(default_factory=dict)
    moves: Record = dataclasses.field(default_factory=dict)
    place: t.Any = None

    @property
    def view(self) -> Record:
        """For the diff."""
        return {"active": self.server_id, **self.moves}


@dataclasses.dataclass(frozen=True)
class Target:
    """A server that may be given the mark, or the reason why it cannot."""

    server_id: str
    unfit: str = ""
    place: t.Any = None


class Mark(t.Protocol):
    """One kind of mark, for one VNF."""

    @property
    def name(self) -> str:
        """As a sentence names it."""

    @property
    def next_step(self) -> str:
        """The command that shows it."""

    def find(self) -> Holding | None:
        """Who holds it; None when there is no such thing."""

    def target(self, holding: Holding, server_id: str) -> Target:
        """What giving it to this server takes."""

    def foreseen(self, holding: Holding, target: Target) -> Holding:
        """Who would hold it then."""

    def give(self, holding: Holding, target: Target) -> None:
        """Give it to the server."""


def only_one(mark: Mark, server_ids: t.Sequence[str]) -> str | None:
    """The one holder of a mark that several could have; None without one."""
    if len(server_ids) > 1:
        raise CollectionError(
            f"{mark.name[:1].upper()}{mark.name[1:]} is at several members, which does not tell which one is active: "
            f"{', '.join(server_ids)}. Next: {mark.next_step}; take it away from all but the active one, or see by a probe "
            "who is active",
            members=[*server_ids],
        )
    return server_ids[0] if server_ids else None
