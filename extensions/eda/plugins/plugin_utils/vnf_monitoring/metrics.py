# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a worker counts, in the text format of Prometheus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .judging import STATES, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .source import Source

_PREFIX = "nfv_vnf_monitor_"


def text(source: Source) -> str:
    """Return all figures."""
    engine, guard = source.engine, source.guard
    states = dict.fromkeys(STATES, 0)
    for watched in engine.watched.values():
        states[watched.judge.state] += 1
    latest, engine.latest = engine.latest, 0.0
    found = [
        *_labelled("targets", "gauge", "Targets that this worker probes.", "state", states),
        *_labelled(
            "probes_total", "counter", "Probes, by what they came to; void are those that say something about this worker only.",
            "outcome", {outcome.name.lower(): engine.outcomes[outcome] for outcome in Outcome},
        ),
        *_labelled("events_total", "counter", "Events that the rulebook has taken.", "kind", source.outbox.told),
        *_one("missed_total", "counter", "Probes left out, because the one before was under way or it was late.", engine.missed),
        *_one("late_seconds", "gauge", "The most seconds that a probe began late since this was asked last.", round(latest, 6)),
        *_one("late_answers_total", "counter", "Answers to pings that came after their timeout.", engine.pings.late_answers),
        *_one("holding", "gauge", "Whether nothing is concluded now, because it may be this worker.", int(guard.is_holding)),
        *_one("holds_total", "counter", "How often it was so.", guard.holds),
        *_one("known_targets", "gauge", "Targets that all workers share.", len(source.targets)),
    ]  # fmt: skip
    if source.membership is not None:
        found += _one("members", "gauge", "Workers that share the targets; 0 while this is none.", source.membership.count)
    if source.truth is not None:
        age = -1 if source.truth.read_at is None else round(time.monotonic() - source.truth.read_at, 3)
        found += _one("truth_age_seconds", "gauge", "Since the VNF manager was read last; -1 before.", age)
        found += _one("unusable_vnfs", "gauge", "VNFs of which something is not monitored.", len(source.truth.unusable))
    return "\n".join([*found, ""])


def _one(name: str, kind: str, words: str, value: float) -> Iterable[str]:
    return (f"# HELP {_PREFIX}{name} {words}", f"# TYPE {_PREFIX}{name} {kind}", f"{_PREFIX}{name} {value}")


def _labelled(name: str, kind: str, words: str, label: str, values: Mapping[str, int]) -> Iterable[str]:
    head = (f"# HELP {_PREFIX}{name} {words}", f"# TYPE {_PREFIX}{name} {kind}")
    return (*head, *(f'{_PREFIX}{name}{{{label}="{key}"}} {value}' for key, value in values.items()))
