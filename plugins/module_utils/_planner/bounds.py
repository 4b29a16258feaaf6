# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no plan can beat, so that people see how good the plan is (private to this collection)."""

from __future__ import annotations

import math

from .capacity import State


def moves_bound(state: State, to_do: list[str], spare: list[str]) -> int:
    """Each instance moves once; where nothing is outside the maintenance, those of the first host move twice."""
    loads = [len(state.to_move(host)) for host in to_do]
    return sum(loads) + (min(loads, default=0) if not spare else 0)


def waves_bound(state: State, to_do: list[str], spare: list[str]) -> int:
    """From the number of hosts at once, and from the room there is: what moves in all waves fits into what was free in all waves.

    :param state: the cloud at the beginning of the first wave.
    """
    at_once = state.options.max_hosts_at_once
    return max([math.ceil(len(to_do) / at_once), *(_by_room(state, to_do, spare, at_once, axis) for axis in range(3))])


def _by_room(state: State, to_do: list[str], spare: list[str], at_once: int, axis: int) -> int:
    moving = sum(state.load(host)[axis] for host in to_do)
    # At best each wave sets free the hosts with the most free room of their own.
    freed = sorted((max(0, state.free[host][axis]) for host in to_do), reverse=True)
    room = sum(max(0, state.free[host][axis]) for host in spare)
    waves, taken = 0, 0
    while taken < moving and waves < len(to_do):
        taken += room
        room += sum(freed[waves * at_once : (waves + 1) * at_once])
        waves += 1
    return waves
