# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one does without a plan: the emptiest host next, each instance to the host with the most room."""

from __future__ import annotations

import collections
import typing as t

Record = dict[str, t.Any]
_AXES = ("vcpus", "memory_mb", "disk_gb")


class Naive:
    """Empties hosts one group after another, without looking whether a target is to be maintained later itself.

    :ivar moves: migrations made.
    :ivar waves: groups of hosts worked on.
    :ivar stuck: hosts that could not be emptied.
    """

    def __init__(self, cloud: Record, options: Record) -> None:
        """Work it out."""
        self.instances = {one["id"]: one for one in cloud["instances"]}
        self.apart = {
            member: one["id"] for one in cloud["groups"] if one["policy"] == "anti-affinity" for member in one["members"]
        }
        self.on: dict[str, set[str]] = {one["name"]: set() for one in cloud["hosts"]}
        self.free = {one["name"]: [one[axis] for axis in _AXES] for one in cloud["hosts"]}
        self.held: collections.Counter[tuple[str, str]] = collections.Counter()
        for key, one in self.instances.items():
            self._put(key, one["host"], 1)
        self.moves = self.waves = self.stuck = 0
        left = set(options["hosts"])
        while left:
            wave = self._wave(left, options["max_hosts_at_once"])
            self.waves += 1
            if not wave:
                self.stuck = len(left)
                break
            left -= wave

    def _wave(self, left: set[str], at_once: int) -> set[str]:
        wave: set[str] = set()
        for host in sorted(left, key=lambda name: (len(self.on[name]), name)):
            if len(wave) == at_once:
                break
            wave.add(host)
            done: list[tuple[str, str]] = []
            for key in sorted(self.on[host]):
                target = self._target(key, wave)
                if target is None:
                    for back, there in done:
                        self._put(back, there, -1)
                        self._put(back, host, 1)
                    wave.discard(host)
                    break
                self._put(key, host, -1)
                self._put(key, target, 1)
                done.append((key, target))
            else:
                self.moves += len(done)
        return wave

    def _target(self, key: str, wave: set[str]) -> str | None:
        size = [self.instances[key][axis] for axis in _AXES]
        able = [
            (-self.free[name][0], name)
            for name in self.on
            if name not in wave
            and all(need <= room for need, room in zip(size, self.free[name], strict=True))
            and not (key in self.apart and self.held[self.apart[key], name])
        ]
        return min(able)[1] if able else None

    def _put(self, key: str, host: str, sign: int) -> None:
        if sign > 0:
            self.on[host].add(key)
        else:
            self.on[host].discard(key)
        self.free[host] = [room - sign * self.instances[key][axis] for room, axis in zip(self.free[host], _AXES, strict=True)]
        if key in self.apart:
            self.held[self.apart[key], host] += sign
