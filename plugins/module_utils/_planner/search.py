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
STEPS = 24_000
# Orders that are tried with one way to begin: to the end, and for a first impression; and how many ways there are steps for.
_ROUNDS = 200
_FEW_ROUNDS = 8
_WAYS_TO_BEGIN = 8
# How many more moves than the fewest a plan may cost that is to have fewer waves or to take less time.
MORE_MOVES = 0.10
# How many hosts are tried as the first one.
_FIRST_HOSTS = 24
# The same when the steps are used up.
_HASTY_HOSTS = 4
# With so few hosts several ways to go on are tried.
_SMALL = 16
_CHOICES = 6


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
        self._takers = [host for host, tier in others.items() if tier == 0]
        self.fewest_twice = twice_bound(state, self.sources, self._takers)
        self.moves_bound = moves_bound(self.sources, self.fewest_twice)
        self.most_twice = self.fewest_twice
        if self.options.mode != option_names.FEWEST_MOVES:
            self.most_twice = max(self.fewest_twice, int((1 + MORE_MOVES) * self.moves_bound) - moves_bound(self.sources, 0))
        self.waves_bound = waves_bound(state, self.sources, self._takers, self.most_twice)
        self._steps = STEPS if thorough else 0
        self._few = max(1, min(_FEW_ROUNDS, STEPS // (_WAYS_TO_BEGIN * max(1, self.moves_bound))))
        self._best: Solution | None = None

    def run(self) -> Solution:
        """The best way that was found."""
        best = self._explore((), self._few)
        if best.waves.left:
            self._first_host()
        if self.options.mode != option_names.FEWEST_MOVES and not self._perfect():
            self._more_room()
        best = t.cast("Solution", self._best)
        if not self._perfect() and self._steps > 0:
            self._explore(best.prepared)
        best = t.cast("Solution", self._best)
        # What is said of waves holds for all plans with as few second moves as this one.
        self.waves_bound = waves_bound(self.state, self.sources, self._takers, max(self.most_twice, best.twice))
        return best

    def _first_host(self) -> None:
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
        for rank, (count, _rank, host) in enumerate(sorted(found)):
            if (enough is not None and count > enough) or (self._steps <= 0 and rank >= _HASTY_HOSTS):
                break
            best = self._explore((host,), self._few)
            if not best.waves.left:
                enough = count
            if self._perfect():
                break

    def _cost(self, host: str) -> tuple[int, int]:
        """How many moves, and how many of them would impact a group that counts."""
        return len(self.sources.leaving[host]), sum(self.sources.impacted[host].values())

    def _more_room(self) -> None:
        """Empty several hosts before the first wave, one more each time, as long as few enough moves come of it."""
        hosts = t.cast("Solution", self._best).prepared
        while len(hosts) < self.options.max_hosts_at_once and self._steps > 0 and not self._perfect():
            able = self._one_more(hosts)
            if not able:
                break
            found = [self._explore(together, self._few) for together in able]
            hosts = min(found, key=self._score).prepared

    def _one_more(self, hosts: tuple[str, ...]) -> list[tuple[str, ...]]:
        """These hosts and one more, the one that costs fewest second moves first."""
        tolerated = [
            name
            for name in self.hosts
            if self.sources.leaving[name] and name not in hosts and not self.sources.conflicts[name].intersection(hosts)
        ]
        found: list[tuple[int, int, tuple[str, ...]]] = []
        for host in sorted(tolerated, key=lambda name: (*self._cost(name), self.options.tie(name)))[:_FIRST_HOSTS]:
            together = (*hosts, host)
            moves = prepare(self.state, together, self.others)
            self._steps -= len(self.sources.leaving[host])
            if moves is None:
                continue
            undo(self.state, moves)
            count = twice(moves, self.others)
            if count <= self.most_twice:
                found.append((count, len(found), together))
        return [together for _count, _rank, together in sorted(found)[: _CHOICES if len(self.hosts) <= _SMALL else 1]]

    def _explore(self, prepared: tuple[str, ...], rounds: int = _ROUNDS) -> Solution:
        """Go through the hosts in one order after another, when these are emptied first; the best of them."""
        moves = (prepare(self.state, prepared, self.others) or ()) if prepared else ()
        sources = Sources(self.state, self.hosts) if moves else self.sources
        orders = Orders(self.state, sources, self.waves_bound)
        best: Solution | None = None
        for _round in range(min(rounds, max(1, len(self.hosts) * 4))):
            waves = go_through(self.state, sources, orders.following(), self.spare)
            self._steps -= 1 + sum(len(wave.moves) for wave in waves.waves) + len(waves.left)
            one = self.solution(prepared, moves, waves)
            if best is None or self._score(one) < self._score(best):
                best = one
            if self._best is None or self._score(one) < self._score(self._best):
                self._best = one
            orders.learn(waves)
            # What is not empty in the best order of all is not in another one.
            if self._perfect() or self._steps <= 0 or not (waves.waves or best.waves.waves):
                break
        undo(self.state, moves)
        return t.cast("Solution", best)

    def solution(self, prepared: tuple[str, ...], moves: Moves, waves: Waves) -> Solution:
        """This way through the hosts, with what it costs."""
        return Solution(prepared, moves, twice(moves, self.others), waves, self._seconds(moves, waves))

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
