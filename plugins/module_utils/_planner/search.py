# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for the best of many plans, always in the same order and in a bounded number of steps (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from . import options as option_names
from .bounds import moves_bound, twice_bound, waves_bound
from .orders import Orders
from .preparing import prepare, twice
from .state import State
from .times import Clock
from .waves import Moves, Sources, Waves, go_through, undo

# Placements that are tried out, over all ways to go through the hosts. The first way through is always finished.
STEPS = 30_000
# Orders that are tried with one way to begin: to the end, and for a first impression.
_ROUNDS = 200
_FEW_ROUNDS = 8
# How many more moves than the fewest a plan may cost that is to have fewer waves or to take less time.
MORE_MOVES = 0.10
# How many hosts are tried as the first one.
_FIRST_HOSTS = 24


@dataclasses.dataclass(frozen=True)
class Solution:
    """One way through all hosts.

    :ivar prepared: the hosts that are emptied before the first wave.
    :ivar first_moves: the moves that do it.
    :ivar twice: how many of these are followed by another one.
    :ivar seconds: predicted, from the first message to the last host back in service.
    """

    prepared: tuple[str, ...]
    first_moves: Moves
    twice: int
    waves: Waves
    seconds: float

    def nothing(self) -> Solution:
        """As long as there is no room."""
        return Solution((), (), 0, Waves((), self.waves.left), 0.0)


class Search:
    """Of one cloud and its hosts to maintain."""

    def __init__(
        self, state: State, hosts: list[str], spare: list[str], others: t.Mapping[str, int], *, thorough: bool = True
    ) -> None:
        """Look at the state, which is as before after every call.

        :param hosts: the hosts to maintain.
        :param spare: hosts that are done or are not to be maintained.
        :param others: hosts that may take something before the first wave, to tier: from those of tier 0 it does not move again.
        :param thorough: try more than is needed to see whether there is a way at all.
        """
        self.state, self.hosts, self.spare, self.others = state, hosts, spare, others
        self.options = state.options
        self.clock = Clock(state.cloud, state.groups, state.options)
        self.sources = Sources(state, hosts)
        no_tier = [host for host, tier in others.items() if tier == 0]
        self.fewest_twice = twice_bound(state, self.sources, no_tier) if hosts else 0
        self.moves_bound = moves_bound(self.sources, self.fewest_twice)
        self.most_twice = self.fewest_twice
        if self.options.mode != option_names.FEWEST_MOVES:
            self.most_twice = max(self.fewest_twice, int((1 + MORE_MOVES) * self.moves_bound) - moves_bound(self.sources, 0))
        self.waves_bound = waves_bound(state, self.sources, spare, self.most_twice)
        self._steps = STEPS if thorough else 0
        self._best: Solution | None = None

    def run(self) -> Solution:
        """The best way that was found."""
        rounds = _ROUNDS if self.options.mode == option_names.FEWEST_MOVES else _FEW_ROUNDS
        self._explore((), rounds)
        best = t.cast("Solution", self._best)
        if best.waves.left:
            self._first_host(rounds)
        if self.options.mode != option_names.FEWEST_MOVES and not self._perfect():
            self._more_room()
        return t.cast("Solution", self._best)

    def _first_host(self, rounds: int) -> None:
        """Empty one host before the first wave, that with the fewest second moves."""
        found: list[tuple[int, int, str]] = []
        for host in sorted(self.hosts, key=lambda name: (*self._cost(name), self.options.tie(name)))[:_FIRST_HOSTS]:
            if not self.sources.leaving[host]:
                continue
            moves = prepare(self.state, (host,), self.others)
            if moves is not None:
                undo(self.state, moves)
                found.append((twice(moves, self.others), len(found), host))
        enough: int | None = None
        for count, _rank, host in sorted(found):
            if enough is not None and count > enough:
                break
            best = self._explore((host,), rounds)
            if not best.waves.left:
                enough = count
            if self._perfect():
                break

    def _cost(self, host: str) -> tuple[int, int]:
        """How many moves, and how many of them would impact a group that counts."""
        return len(self.sources.leaving[host]), sum(self.sources.impacted[host].values())

    def _more_room(self) -> None:
        """Empty several hosts before the first wave, one more each time, as long as few enough moves come of it."""
        hosts: tuple[str, ...] = self._best.prepared if self._best else ()
        sizes = [hosts]
        while len(hosts) < self.options.max_hosts_at_once and self._steps > 0 and not self._perfect():
            hosts = self._one_more(hosts)
            if not hosts:
                break
            sizes.append(hosts)
            self._explore(hosts, _FEW_ROUNDS)
        for hosts in sorted(sizes, key=lambda one: one != t.cast("Solution", self._best).prepared):
            if self._steps > 0 and not self._perfect():
                self._explore(hosts)

    def _one_more(self, hosts: tuple[str, ...]) -> tuple[str, ...]:
        """These hosts and the one that costs fewest second moves; nothing when there is none."""
        tolerated = [
            name
            for name in self.hosts
            if self.sources.leaving[name] and name not in hosts and not self.sources.conflicts[name].intersection(hosts)
        ]
        cheapest: tuple[int, tuple[str, ...]] | None = None
        for host in sorted(tolerated, key=lambda name: (*self._cost(name), self.options.tie(name)))[:_FIRST_HOSTS]:
            together = (*hosts, host)
            moves = prepare(self.state, together, self.others)
            self._steps -= len(self.sources.leaving[host])
            if moves is None:
                continue
            undo(self.state, moves)
            count = twice(moves, self.others)
            if count <= self.most_twice and (cheapest is None or count < cheapest[0]):
                cheapest = count, together
        return cheapest[1] if cheapest else ()

    def _explore(self, prepared: tuple[str, ...], rounds: int = _ROUNDS) -> Solution:
        """Go through the hosts in one order after another, when these are emptied first; the best of them."""
        moves = (prepare(self.state, prepared, self.others) or ()) if prepared else ()
        sources = Sources(self.state, self.hosts) if moves else self.sources
        orders = Orders(self.state, sources, self.waves_bound)
        best: Solution | None = None
        for _round in range(min(rounds, max(1, len(self.hosts) * 4))):
            waves = go_through(self.state, sources, *orders.following(), self.spare)
            self._steps -= 1 + sum(len(wave.moves) for wave in waves.waves) + len(waves.left)
            one = Solution(prepared, moves, twice(moves, self.others), waves, self._seconds(moves, waves))
            if best is None or self._score(one) < self._score(best):
                best = one
            if self._best is None or self._score(one) < self._score(self._best):
                self._best = one
            orders.learn(waves)
            if self._perfect() or self._steps <= 0 or not waves.waves:
                break
        undo(self.state, moves)
        return t.cast("Solution", best)

    def _score(self, solution: Solution) -> tuple[float, ...]:
        left, waves = len(solution.waves.left), len(solution.waves.waves)
        if self.options.mode == option_names.FEWEST_WAVES:
            return left, waves, solution.twice, solution.seconds
        if self.options.mode == option_names.SHORTEST_TIME:
            return left, solution.seconds, solution.twice, waves
        return left, solution.twice, waves, solution.seconds

    def _perfect(self) -> bool:
        """Whether nothing better can be found."""
        best = t.cast("Solution", self._best)
        if best.waves.left or self.options.mode == option_names.SHORTEST_TIME:
            return False
        few = len(best.waves.waves) <= self.waves_bound
        return few and (self.options.mode == option_names.FEWEST_WAVES or best.twice <= self.fewest_twice)

    def _seconds(self, moves: Moves, waves: Waves) -> float:
        first = self.clock.notice(moves) + self.clock.moves(moves) if moves else 0.0
        return first + sum(self.clock.wave(wave) for wave in waves.waves)
