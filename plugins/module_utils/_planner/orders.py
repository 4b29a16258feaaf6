# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which orders the hosts are looked at (private to this collection)."""

from __future__ import annotations

import hashlib

from .state import State
from .waves import Sources, Waves

# How far an order strays from the best one so far.
_NOISE = 0.35


class Orders:
    """Orders of hosts: at first by what is known to be good, then blaming the hosts that came late."""

    def __init__(self, state: State, sources: Sources, bound: int) -> None:
        """Begin with the first one.

        :param bound: how many waves are needed at least; a host in a later one came late.
        """
        self._state, self._sources, self._bound = state, sources, bound
        self._round = 0
        self._blame = dict.fromkeys(sources.leaving, 0.0)
        self._burden = {host: self._share(host) for host in sources.leaving}
        most = max((len(others) for others in sources.conflicts.values()), default=0) or 1
        self._conflict = {host: len(others) / most for host, others in sources.conflicts.items()}

    def _share(self, host: str) -> float:
        """The share of the host that is in use; 0 when it is empty: the less, the more room the host gives to the next."""
        load, free = self._sources.load[host], self._state.free[host]
        shares = (load[axis] / (load[axis] + max(0, free[axis])) if load[axis] else 0.0 for axis in range(3))
        return max(shares) if self._sources.leaving[host] else 0.0

    def following(self) -> list[str]:
        """The next order."""
        self._round += 1
        tie = self._state.options.tie
        leaving = self._sources.leaving
        if self._round == 1:
            return sorted(leaving, key=lambda host: (bool(leaving[host]), *self._size(host), tie(host)))
        if self._round == 2:
            return sorted(leaving, key=lambda host: (bool(leaving[host]), *(-one for one in self._size(host)), tie(host)))
        if self._round == 3:
            return sorted(leaving, key=lambda host: (bool(leaving[host]), -self._conflict[host], *self._size(host), tie(host)))
        return sorted(leaving, key=lambda host: (self._value(host), tie(host)))

    def _size(self, host: str) -> tuple[float, ...]:
        return self._burden[host], len(self._sources.leaving[host])

    def _value(self, host: str) -> float:
        chance = int.from_bytes(hashlib.sha256(f"{self._state.options.seed}:{self._round}:{host}".encode()).digest()[:6], "big")
        spread = _NOISE * (1 + self._round % 3)
        early = -1.0 if not self._sources.leaving[host] and self._round % 4 else 0.0
        weight = (0.2, 0.6, 1.0)[self._round % 3]
        return early + self._burden[host] - weight * self._conflict[host] - self._blame[host] + spread * chance / (1 << 48)

    def learn(self, waves: Waves) -> None:
        """Have the hosts that came too late come sooner."""
        for host in self._blame:
            self._blame[host] *= 0.7
        for host in waves.left:
            self._blame[host] += 0.6
        for wave in waves.waves[self._bound :]:
            for host in wave.hosts:
                self._blame[host] += 0.3
