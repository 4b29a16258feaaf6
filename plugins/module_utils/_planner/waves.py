# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One way to go through the hosts in waves (private to this collection)."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .packing import pack
from .snapshot import Vector
from .state import State
from .targets import Targets

# So many hosts of a wave in a row that find no room, and the wave is taken for full.
_IN_VAIN = 30

Moves = tuple[tuple[str, str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Wave:
    """Hosts that are under work together.

    :ivar moves: (instance, from, to); they empty the hosts.
    :ivar held_back: (host, group): a host that is not in the wave because of the group.
    """

    hosts: tuple[str, ...]
    moves: Moves
    held_back: tuple[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class Waves:
    """All waves, and the hosts that are left over."""

    waves: tuple[Wave, ...]
    left: tuple[str, ...]


class Sources:
    """What is on the hosts to maintain when the first wave begins; it does not change until their own wave."""

    def __init__(self, state: State, hosts: t.Iterable[str]) -> None:
        """Look at the state."""
        self.leaving = {host: state.to_move(host) for host in hosts}
        self.load: dict[str, Vector] = {host: state.load(host) for host in self.leaving}
        self.impacted = {host: state.groups.impacted(leaving) for host, leaving in self.leaving.items()}
        self.conflicts = self._conflicts(state)

    def _conflicts(self, state: State) -> dict[str, set[str]]:
        """Host to the hosts that can never be in the same wave."""
        by_group: dict[str, list[str]] = collections.defaultdict(list)
        for host, impacted in self.impacted.items():
            for group in impacted:
                by_group[group].append(host)
        found: dict[str, set[str]] = {host: set() for host in self.leaving}
        for group, hosts in by_group.items():
            limit = state.groups.max_impacted[group]
            for host in hosts:
                count = self.impacted[host][group]
                found[host] |= {other for other in hosts if other != host and count + self.impacted[other][group] > limit}
        return found


def go_through(state: State, sources: Sources, order: t.Sequence[str], spare: t.Iterable[str]) -> Waves:
    """Wave by wave, in each as many hosts as go, looked at in this order; ``state`` is as before afterwards.

    :param spare: hosts that take instances from the beginning; each host joins them once its wave is over.
    """
    state.targets = Targets(state, dict.fromkeys(spare, 0))
    left = dict.fromkeys(order)
    waves = []
    while left:
        wave = _next(state, sources, left)
        if wave is None:
            break
        waves.append(wave)
        for host in wave.hosts:
            del left[host]
            state.targets.put(host, 0)
    state.targets = Targets(state, {})
    for wave in reversed(waves):
        undo(state, wave.moves)
    return Waves(tuple(waves), tuple(sorted(left)))


def undo(state: State, moves: Moves) -> None:
    """As before the moves."""
    for instance, source, _target in reversed(moves):
        state.move(instance, source)


def redo(state: State, moves: Moves) -> None:
    """As after the moves."""
    for instance, _source, target in moves:
        state.move(instance, target)


def _next(state: State, sources: Sources, left: t.Iterable[str]) -> Wave | None:
    hosts: list[str] = []
    moves: list[tuple[str, str, str]] = []
    impacted: collections.Counter[str] = collections.Counter()
    held_back: tuple[str, str] | None = None
    in_vain = 0
    for host in left:
        if len(hosts) == state.options.max_hosts_at_once or in_vain == _IN_VAIN:
            break
        more = sources.impacted[host]
        group = state.groups.too_many(impacted, more)
        if group is not None:
            held_back = (host, group)
            continue
        placed = pack(state, sources.leaving[host])
        if placed is None:
            in_vain += 1
            continue
        in_vain = 0
        hosts.append(host)
        moves += [(instance, host, target) for instance, target in placed]
        impacted.update(more)
    return Wave(tuple(hosts), tuple(moves), held_back) if hosts else None
