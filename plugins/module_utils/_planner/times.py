# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the work takes, as far as one can say before (private to this collection)."""

from __future__ import annotations

import collections

from .groups import Groups
from .options import Options
from .snapshot import Cloud
from .waves import Moves, Wave


class Clock:
    """Predicts seconds from the durations that are given; it reads no clock."""

    def __init__(self, cloud: Cloud, groups: Groups, options: Options) -> None:
        """Nothing is predicted yet."""
        self._cloud, self._groups, self._options = cloud, groups, options
        self._durations = options.durations

    def move(self, instance: str) -> float:
        """One move."""
        return self._durations.moves.get(instance, self._durations.move)

    def moves(self, moves: Moves) -> float:
        """All moves of a wave, through the window: the longest of what has to come one after another.

        :return: seconds; what is bound by the window as a whole, by one host, by one group with its recovery, or by one move.
        """
        hosts: dict[str, float] = collections.defaultdict(float)
        groups: dict[str, float] = collections.defaultdict(float)
        whole = longest = 0.0
        for instance, source, target in moves:
            seconds = self.move(instance)
            whole += seconds
            longest = max(longest, seconds)
            hosts[source] += seconds
            hosts[target] += seconds
            group = self._limited(instance)
            if group is not None:
                groups[group] += seconds + self._groups.recovery.get(group, 0.0)
        return max(
            longest,
            whole / self._options.max_moves,
            max(hosts.values(), default=0.0) / self._options.max_moves_per_host,
            max((seconds / self._groups.max_impacted[group] for group, seconds in groups.items()), default=0.0),
        )

    def wave(self, wave: Wave) -> float:
        """A whole wave: notice, moves, and the longest work on one of its hosts."""
        work = max(self._durations.hosts.get(host, self._durations.host) for host in wave.hosts)
        return self.notice(wave.moves) + self.moves(wave.moves) + work

    def notice(self, moves: Moves) -> float:
        """From the message to the first move: what every wave needs, or what an owner wants."""
        return max([self._durations.wave, *(self._lead(instance) for instance, _source, _target in moves)])

    def _lead(self, instance: str) -> float:
        return float((self._cloud.instance_constraints.get(instance) or {}).get("lead_time") or 0)

    def _limited(self, instance: str) -> str | None:
        """The group that does not tolerate all its members at once."""
        group = self._groups.impact.get(instance)
        return group if group in self._groups.max_impacted else None

    def in_order(self, moves: Moves) -> Moves:
        """The moves so that the window stays full: first what has the longest chain behind it, host by host in turn."""
        groups = (self._limited(instance) for instance, _source, _target in moves)
        chains = collections.Counter(group for group in groups if group is not None)

        def chain(instance: str) -> int:
            group = self._limited(instance)
            return 0 if group is None else chains[group]

        by_host: dict[str, list[tuple[str, str, str]]] = collections.defaultdict(list)
        for move in sorted(moves, key=lambda move: (-chain(move[0]), -self.move(move[0]), move)):
            by_host[move[1]].append(move)
        turns = [(turn, host, move) for host, own in by_host.items() for turn, move in enumerate(own)]
        return tuple(move for _turn, _host, move in sorted(turns))
