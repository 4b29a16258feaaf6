# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts that are emptied before the first wave, onto hosts not maintained yet (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from .packing import pack
from .state import State
from .targets import Targets
from .waves import Moves


def prepare(state: State, hosts: t.Sequence[str], others: t.Mapping[str, int]) -> Moves | None:
    """Empty all these hosts at once; ``state`` is moved accordingly, or as before when that is impossible.

    :param others: hosts that may take something, to tier; those of tier 0 keep what they get, from others it moves once more.
    """
    state.targets = Targets(state, {name: tier for name, tier in others.items() if name not in hosts})
    moves: list[tuple[str, str, str]] = []
    impacted: collections.Counter[str] = collections.Counter()
    for host in hosts:
        leaving = state.to_move(host)
        more = state.groups.impacted(leaving)
        placed = None if state.groups.too_many(impacted, more) else pack(state, leaving)
        if placed is None:
            state.targets = Targets(state, {})
            for instance, source, _target in reversed(moves):
                state.move(instance, source)
            return None
        impacted.update(more)
        moves += [(instance, host, target) for instance, target in placed]
    state.targets = Targets(state, {})
    return tuple(moves)


def twice(moves: Moves, others: t.Mapping[str, int]) -> int:
    """How many of the moves have to be followed by another one of the same instance."""
    return sum(others[target] > 0 for _instance, _source, target in moves)
