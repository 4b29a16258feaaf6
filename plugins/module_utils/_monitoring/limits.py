# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much may be done, and when again: the brake on storms (private to this collection). Pure."""

from __future__ import annotations

import dataclasses
import typing as t

Row = t.Any


@dataclasses.dataclass(frozen=True)
class Limits:
    """All times in seconds.

    :ivar per_vnf: operations of one VNF within ``per_vnf_seconds``; ``overall`` likewise of all VNFs of the ledger.
    :ivar cooldown: from the end of an operation of a VNF to the next one.
    :ivar attempts: how often an action that fails is tried; ``backoff`` after the first failure, twice as long after each further
        one, up to ``backoff_longest``.
    :ivar lease: after which a run that has not reported is taken for dead, when the VNF manager has nothing of it under way.
    :ivar bundle: for which further faults of a VNF are waited for after the first.
    :ivar settle: for which a server is left alone after its maintenance.
    :ivar muted_longest: after which a state of a maintenance session that does not change is not believed any more.
    """

    per_vnf: int = 3
    per_vnf_seconds: float = 3600
    overall: int = 10
    overall_seconds: float = 600
    cooldown: float = 120
    attempts: int = 3
    backoff: float = 60
    backoff_longest: float = 3600
    lease: float = 120
    bundle: float = 2
    settle: float = 60
    muted_longest: float = 14400

    def is_alive(self, begun_at: float, now: float) -> bool:
        """Whether a run that has begun an action and has not reported may still be at it."""
        return now - begun_at < self.lease

    def again_at(self, ended_at: float, attempts: int) -> float:
        """When an action that has failed so often may be tried again."""
        return ended_at + min(self.backoff * 2.0 ** min(max(attempts - 1, 0), 30), self.backoff_longest)

    def brake(self, operations: t.Sequence[tuple[str, float, float | None]], vnf_id: str, now: float) -> str:
        """Why no operation may be begun now; "" when it may.

        :param operations: of each, the VNF, when it was begun and when it ended.
        """
        mine = [one for one in operations if one[0] == vnf_id]
        ended = max((one[2] for one in mine if one[2] is not None), default=None)
        if ended is not None and now - ended < self.cooldown:
            return f"the last operation of this VNF ended {now - ended:.0f} s ago, and the cooldown is {self.cooldown:g} s"
        here = sum(now - one[1] < self.per_vnf_seconds for one in mine)
        if here >= self.per_vnf:
            return f"the budget of this VNF is used up: {here} operations in {self.per_vnf_seconds:g} s"
        everywhere = sum(now - one[1] < self.overall_seconds for one in operations)
        if everywhere >= self.overall:
            return f"the budget of all VNFs is used up: {everywhere} operations in {self.overall_seconds:g} s"
        return ""
