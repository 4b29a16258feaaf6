# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the administrator asked for (private to this collection)."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import typing as t

from .fitness import only_cold
from .snapshot import Cloud, PlanError, Record

LIVE = "live"
# No way of its own: what may be done about a live migration that does not converge.
FORCE_COMPLETE = "force_complete"
COLD = "cold"
WAYS = (LIVE, FORCE_COMPLETE, COLD)
# What a constraint's migration_type (Fenix, ETSI FEAT03) leaves of the ladder.
_WAYS_OF_TYPE: dict[str, tuple[str, ...]] = {
    "MIGRATE": (COLD,),
    "MIGRATION": (COLD,),
    "LIVE_MIGRATE": (LIVE, FORCE_COMPLETE),
}


FEWEST_MOVES = "fewest_moves"
FEWEST_WAVES = "fewest_waves"
SHORTEST_TIME = "shortest_time"
MODES = (FEWEST_MOVES, FEWEST_WAVES, SHORTEST_TIME)
STOP = "stop"
SKIP_HOST = "skip_host"
RIDE_THROUGH = "ride_through"
ASK = "ask"
ON_BLOCKER = (STOP, SKIP_HOST, RIDE_THROUGH, ASK)
_NUMBERS = {"max_hosts_at_once": 1, "max_moves_per_host": 2, "max_moves": 4}


@dataclasses.dataclass(frozen=True)
class Durations:
    """Seconds that things take, learnt or guessed.

    :ivar move: one move of an instance that is not in ``moves``.
    :ivar moves: instance id to seconds.
    :ivar host: the work on one host that is not in ``hosts``, until it is back in service.
    :ivar hosts: host to seconds.
    :ivar wave: what each wave takes besides: messages, replies, settling.
    """

    move: float = 60.0
    host: float = 900.0
    wave: float = 60.0
    moves: t.Mapping[str, float] = dataclasses.field(default_factory=dict)
    hosts: t.Mapping[str, float] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, given: Record) -> Durations:
        """From plain data."""
        unknown = sorted(set(given) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise PlanError(f"Unknown in option durations: {', '.join(unknown)}")
        default = cls()
        try:
            read = cls(
                move=float(given.get("move", default.move)),
                host=float(given.get("host", default.host)),
                wave=float(given.get("wave", default.wave)),
                moves={str(key): float(value) for key, value in (given.get("moves") or {}).items()},
                hosts={str(key): float(value) for key, value in (given.get("hosts") or {}).items()},
            )
        except (TypeError, ValueError, AttributeError) as exc:
            raise PlanError(f"Option durations holds something that is no number of seconds: {exc}") from exc
        if not all(0 <= one < math.inf for one in (read.move, read.host, read.wave, *read.moves.values(), *read.hosts.values())):
            raise PlanError("Option durations holds a negative or endless number of seconds")
        return read

    def record(self) -> dict[str, t.Any]:
        """As they stand in the plan."""
        return {
            "move": self.move,
            "host": self.host,
            "wave": self.wave,
            "moves": dict(sorted(self.moves.items())),
            "hosts": dict(sorted(self.hosts.items())),
        }


@dataclasses.dataclass(frozen=True)
class Options:
    """What the administrator asked for.

    :ivar hosts: the hosts to maintain; None means all.
    :ivar done: hosts that are maintained already: targets, never planned again.
    :ivar later: hosts that another plan empties afterwards: not planned now, and no targets either.
    :ivar max_hosts_at_once: how many hosts one wave may have.
    :ivar ways: instance id to the ways its owner allows, in order of preference; an empty list means that the owner moves it.
    :ivar ride_through: instances that stay on their host while it is worked on.
    :ivar silent_projects: projects that answer nothing, so that no instance of theirs is counted on to be removed.
    :ivar seed: decides between hosts that are equal in every other respect; 0 means by name.
    :ivar mode: what the plan has as little as possible of.
    :ivar max_moves_per_host: how many instances leave or enter one host at the same time.
    :ivar max_moves: how many instances move at the same time over all.
    :ivar durations: how long things take.
    :ivar on_blocker: what becomes of hosts with something that cannot be moved.
    """

    hosts: tuple[str, ...] | None = None
    done: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    max_hosts_at_once: int = 1
    ways: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    ride_through: frozenset[str] = frozenset()
    silent_projects: frozenset[str] = frozenset()
    seed: int = 0
    mode: str = FEWEST_MOVES
    max_moves_per_host: int = 2
    max_moves: int = 4
    durations: Durations = dataclasses.field(default_factory=Durations)
    on_blocker: str = STOP

    @classmethod
    def read(cls, options: Record) -> Options:
        """From plain data; what is None has its default."""
        given = {key: value for key, value in options.items() if value is not None}
        unknown = sorted(set(given) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise PlanError(f"Unknown planner option: {', '.join(unknown)}")
        ways = {str(key): tuple(value) for key, value in (given.get("ways") or {}).items()}
        for instance, allowed in ways.items():
            wrong = sorted(set(allowed) - set(WAYS))
            if wrong:
                raise PlanError(f"Option ways of instance {instance} has {', '.join(wrong)}; a way is one of {', '.join(WAYS)}")
        numbers = {name: int(given.get(name, default)) for name, default in _NUMBERS.items()}
        for name, number in numbers.items():
            if number < 1:
                raise PlanError(f"Option {name} is {number}; it has to be 1 or more")
        return cls(
            hosts=tuple(given["hosts"]) if "hosts" in given else None,
            done=tuple(given.get("done", ())),
            later=tuple(given.get("later", ())),
            **numbers,
            ways=ways,
            ride_through=frozenset(given.get("ride_through", ())),
            silent_projects=frozenset(given.get("silent_projects", ())),
            seed=int(given.get("seed", 0)),
            mode=_one_of("mode", given.get("mode", FEWEST_MOVES), MODES),
            durations=Durations.read(given.get("durations") or {}),
            on_blocker=_one_of("on_blocker", given.get("on_blocker", STOP), ON_BLOCKER),
        )

    def record(self) -> dict[str, t.Any]:
        """As they stand in the plan."""
        return {
            "hosts": None if self.hosts is None else list(self.hosts),
            "done": list(self.done),
            "later": list(self.later),
            "max_hosts_at_once": self.max_hosts_at_once,
            "ways": {key: list(value) for key, value in sorted(self.ways.items())},
            "ride_through": sorted(self.ride_through),
            "silent_projects": sorted(self.silent_projects),
            "seed": self.seed,
            "mode": self.mode,
            "max_moves_per_host": self.max_moves_per_host,
            "max_moves": self.max_moves,
            "durations": self.durations.record(),
            "on_blocker": self.on_blocker,
        }

    def to_do(self, cloud: Cloud) -> list[str]:
        """The hosts that are still to be maintained, by name."""
        missing = sorted({*(self.hosts or ()), *self.done, *self.later} - set(cloud.hosts))
        if missing:
            known = ", ".join(cloud.hosts) or "none"
            raise PlanError(f"Not in the snapshot: host {', '.join(missing)}. Known hosts: {known}")
        asked = cloud.hosts if self.hosts is None else self.hosts
        return sorted(set(asked) - {*self.done, *self.later})

    def ways_of(self, cloud: Cloud, instance: str) -> tuple[str, ...]:
        """The ladder of one instance: what was asked for it, else what its constraint says, else all of it, live before cold.

        An instance that cannot be live-migrated keeps only cold migration, where that is allowed.
        """
        if instance in self.ways:
            ways = self.ways[instance]
        else:
            kind = (cloud.instance_constraints.get(instance) or {}).get("migration_type")
            ways = _WAYS_OF_TYPE.get(str(kind), WAYS)
        one = cloud.instances[instance]
        return (COLD,) if COLD in ways and only_cold(one) else ways

    def tie(self, name: str) -> str:
        """Sort key between equals."""
        return name if not self.seed else hashlib.sha256(f"{self.seed}:{name}".encode()).hexdigest()


def _one_of(name: str, value: t.Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise PlanError(f"Option {name} is {value}; it is one of {', '.join(allowed)}")
    return str(value)
