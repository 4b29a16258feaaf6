# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the source counts, in the text format of Prometheus."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from .schema import OVER, WAITING, deliveries

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "nfv_maintenance_intake"
HELP = {
    "accepted_total": "Webhooks that were answered 200",
    "duplicates_total": "Webhooks about a message that was known, by whether they were taken",
    "rejected_total": "Webhooks that were refused, by the status of the answer",
    "handed_on_total": "Deliveries handed on, those handed on again included",
    "handed_on_again_total": "Deliveries handed on a second time or more",
    "answered_total": "Deliveries that the source was asked to answer itself, by what became of them",
    "made_up_total": "Deliveries of messages that no alarm told of",
    "extended_total": "Deadlines that were moved on, as handlers have said",
    "done_total": "Deliveries that ended well",
    "released_total": "Deliveries that were given back",
    "dropped_total": "Deliveries that ended without having been handled",
}


class State(NamedTuple):
    """What is in the journal."""

    waiting: int
    not_over: int
    lag: float


class Counters:
    """Counts since the process began."""

    def __init__(self) -> None:
        """Start with every counter at zero."""
        self._counts: Counter[tuple[str, str]] = Counter(
            {(name, ""): 0 for name in HELP if name not in ("rejected_total", "duplicates_total", "answered_total")}
        )

    def add(self, name: str, number: int = 1, label: str = "") -> None:
        """Count; the label is like ``status="401"``."""
        self._counts[name, label] += number

    def text(self, state: State) -> str:
        """Return all of it."""
        lines = []
        for name, meaning in HELP.items():
            lines += [f"# HELP {PREFIX}_{name} {meaning}", f"# TYPE {PREFIX}_{name} counter"]
            for (counted, label), number in sorted(self._counts.items()):
                if counted == name:
                    lines.append(f"{PREFIX}_{name}{{{label}}} {number}" if label else f"{PREFIX}_{name} {number}")
        gauges = (
            ("waiting", "Deliveries that wait to be handed on", state.waiting),
            ("not_over", "Deliveries that are not over", state.not_over),
            ("lag_seconds", "Seconds that the first of those that wait has waited", round(state.lag, 3)),
        )
        for name, meaning, value in gauges:
            lines += [f"# HELP {PREFIX}_{name} {meaning}", f"# TYPE {PREFIX}_{name} gauge", f"{PREFIX}_{name} {value}"]
        return "\n".join(lines) + "\n"


def look(connection: sa.Connection, now: float, asked: Sequence[None]) -> list[State]:
    """Return what is in the journal."""
    waits = sa.and_(deliveries.c.status == WAITING, deliveries.c.due_at <= now)
    waiting, since = connection.execute(sa.select(sa.func.count(), sa.func.min(deliveries.c.due_at)).where(waits)).one()
    not_over = connection.scalar(sa.select(sa.func.count()).where(deliveries.c.status.not_in(OVER))) or 0
    return [State(waiting, not_over, now - since if since is not None else 0.0) for _one in asked]
