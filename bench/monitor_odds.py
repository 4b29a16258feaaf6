# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a target that is well is found down, when some of its probes get lost by chance."""

from __future__ import annotations

import random
import typing as t

State = tuple[bool, int, int]


def down_per_probe(losses: int, window: int, rise: int, loss: float) -> float:
    """The expected changes to down for each probe, in the long run, by the chain of the last findings.

    :param loss: the chance that a probe is lost, its repetitions included; each independent of all others.
    """
    mask = (1 << window) - 1

    def follow(state: State, lost: bool) -> tuple[State, bool]:
        """The state after a finding, and whether it has become down with it."""
        down, bits, row = state
        bits = (bits << 1 | lost) & mask
        row = 0 if lost else min(row + 1, rise)
        if down:
            return ((False, 0, 0), False) if row >= rise else ((True, bits, row), False)
        if bits.bit_count() >= losses:
            return (True, bits, 0), True
        return (False, bits, 0), False

    shares: dict[State, float] = {(False, 0, 0): 1.0}
    rate = 0.0
    # Settles within some windows, because few findings are remembered.
    for _round in range(200 * window):
        following: dict[State, float] = {}
        rate = 0.0
        for state, share in shares.items():
            for lost, chance in ((True, loss), (False, 1 - loss)):
                after, fell = follow(state, lost)
                following[after] = following.get(after, 0.0) + share * chance
                rate += share * chance if fell else 0.0
        shares = following
    return rate


def simulated(judging: t.Any, rule: t.Any, loss: float, probes: int, source: random.Random) -> int:
    """How often the event source's own state machine becomes down in so many probes.

    :param judging: the part ``judging`` of the event source.
    """
    judge = judging.Judge(rule)
    judge.conclude(judging.UP)
    answered, lost, down = judging.Outcome.ANSWERED, judging.Outcome.LOST, 0
    for _probe in range(probes):
        state = judge.note(lost if source.random() < loss else answered)
        if state != judge.state:
            down += state == judging.DOWN
            judge.conclude(state)
    return down
