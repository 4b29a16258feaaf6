# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which moves may be under way together (private to this collection)."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .moves import Move


@dataclasses.dataclass(frozen=True, slots=True)
class GroupLimit:
    """What a group tolerates.

    :ivar members: how many of its members may be impacted at the same time.
    :ivar recovery: seconds that a member needs after it is back, before the next one may be impacted.
    """

    members: int
    recovery: float = 0

    @classmethod
    def read(cls, constraints: t.Mapping[str, t.Any]) -> dict[str, GroupLimit]:
        """From the constraints of the session API, by group."""
        return {
            str(group): cls(max(1, int(one["max_impacted_members"])), float(one.get("recovery_time") or 0))
            for group, one in constraints.items()
            if one and one.get("max_impacted_members") is not None
        }


class Window:
    """At most so many moves over all, for each host (whether they come or go), and for each group."""

    def __init__(self, max_total: int, max_per_host: int, groups: t.Mapping[str, GroupLimit]) -> None:
        """Nothing is under way."""
        self._max_total = max_total
        self._max_per_host = max_per_host
        self._limits = groups
        self._total = 0
        self._hosts: collections.Counter[str] = collections.Counter()
        self._impacted: dict[str, list[float]] = collections.defaultdict(list)

    @property
    def full(self) -> bool:
        """Whether nothing at all may be started."""
        return self._total >= self._max_total

    def allows(self, move: Move, now: float) -> bool:
        """Whether the move may start now."""
        if self.full or not all(map(self.takes, self._ends(move))):
            return False
        if move.group is None or move.group not in self._limits:
            return True
        impacted = sum(until > now for until in self._impacted[move.group])
        # One at a time goes even when all that are tolerated are down: whether it may at all is for the plan to say.
        return impacted == 0 or impacted + move.down < self._limits[move.group].members

    def takes(self, host: str) -> bool:
        """Whether one more may be on its way from or to a host."""
        return self._hosts[host] < self._max_per_host

    def redirect(self, before: Move, after: Move) -> None:
        """A move that is under way goes to another target."""
        self._hosts.subtract(self._ends(before))
        self._hosts.update(self._ends(after))

    def start(self, move: Move) -> None:
        """The move is under way."""
        self._total += 1
        self._hosts.update(self._ends(move))
        if move.group is not None and move.group in self._limits:
            self._impacted[move.group].append(float("inf"))

    def end(self, move: Move, now: float) -> None:
        """The move is over; its member counts as impacted until it has recovered."""
        self._total -= 1
        self._hosts.subtract(self._ends(move))
        if move.group is not None and move.group in self._limits:
            self._impacted[move.group].remove(float("inf"))
            self._impacted[move.group].append(now + self._limits[move.group].recovery)

    def recoveries(self) -> list[float]:
        """When members of groups count as recovered."""
        return [until for group in self._impacted.values() for until in group]

    @staticmethod
    def _ends(move: Move) -> tuple[str, ...]:
        return (move.source, move.target) if move.target else (move.source,)
