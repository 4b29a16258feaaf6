# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the hosts are emptied, and where to (private to this collection)."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .blockers import Blocker
from .capacity import State, pack
from .snapshot import Instance

# Orders that are tried one after another until one leaves no host over; see _load for what the numbers mean.
_ORDERS = (1, -1)

Targets = dict[str, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Wave:
    """Hosts that are under work together, and the moves that empty them."""

    hosts: tuple[str, ...]
    moves: tuple[tuple[str, str, str], ...]
    why: str


@dataclasses.dataclass(frozen=True)
class Waves:
    """All waves, the hosts that are left over, and the state after the last wave."""

    waves: list[Wave]
    left: list[str]
    state: State


def build(make: t.Callable[[], State], to_do: list[str], targets: t.Iterable[str]) -> Waves:
    """The waves for these hosts.

    :param make: the state to start from; called once for each order that is tried.
    :param targets: hosts that take instances from the beginning; each host joins them once its wave is over.
    """
    best: Waves | None = None
    for sign in _ORDERS:
        found = _in_order(make(), to_do, list(targets), sign)
        if best is None or (len(found.left), len(found.waves)) < (len(best.left), len(best.waves)):
            best = found
        if not best.left:
            break
    return t.cast("Waves", best)


def order(state: State, hosts: t.Iterable[str], sign: int = 1) -> list[str]:
    """Empty hosts first, then by load: the less a host holds, the more room it gives to the next one."""

    def key(host: str) -> tuple[t.Any, ...]:
        load = state.load(host)
        return bool(state.to_move(host)), sign * load[0], sign * load[1], sign * len(state.to_move(host)), state.options.tie(host)

    return sorted(hosts, key=key)


def _in_order(state: State, to_do: list[str], targets: list[str], sign: int) -> Waves:
    left = order(state, to_do, sign)
    waves = []
    while left:
        wave = _next(state, left, dict.fromkeys(targets, 0))
        if wave is None:
            break
        waves.append(wave)
        targets.extend(wave.hosts)
        left = [host for host in left if host not in wave.hosts]
    return Waves(waves, sorted(left), state)


def _next(state: State, left: list[str], targets: Targets) -> Wave | None:
    hosts: list[str] = []
    moves: list[tuple[str, str, str]] = []
    impacted: collections.Counter[str] = collections.Counter()
    held_back: str | None = None
    for host in left:
        if len(hosts) == state.options.max_hosts_at_once:
            break
        leaving = state.to_move(host)
        more = state.groups.impacted(leaving)
        group = state.groups.too_many(impacted, more)
        if group is not None:
            held_back = f"{host} waits, as no more members of group {state.groups.name(group)} may be impacted at the same time"
            continue
        placed = pack(state, leaving, targets)
        if placed is None:
            continue
        hosts.append(host)
        moves += [(instance, host, target) for instance, target in placed]
        impacted += more
    return Wave(tuple(hosts), tuple(moves), _why(hosts, moves, held_back)) if hosts else None


def _why(hosts: list[str], moves: list[tuple[str, str, str]], held_back: str | None) -> str:
    sources = {source for _instance, source, _target in moves}
    empty = [host for host in hosts if host not in sources]
    parts = []
    if empty:
        parts.append(f"{_names(empty)} {_are(empty)} empty")
    if sources:
        full = sorted(sources)
        targets = sorted({target for _instance, _source, target in moves})
        parts.append(f"what is on {_names(full)} has room on {_names(targets)}, maintained before or outside the maintenance")
    if held_back:
        parts.append(held_back)
    return "; ".join(parts)


def no_room(state: State, left: list[str], targets: t.Iterable[str]) -> list[Blocker]:
    """Why each host that is left over cannot be emptied onto the targets: the instance that finds no place."""
    found = []
    names = list(targets)
    for host in left:
        instance, reasons = _obstacle(state, host, names)
        what = f"{instance.label} ({instance.size[0]} vCPUs, {instance.size[1]} MiB, {instance.size[2]} GiB)"
        because = ", ".join(sorted(reasons)) or "there is no such host"
        found.append(
            Blocker(
                host,
                instance.id,
                f"no maintained host and no host outside the maintenance has room for instance {what} of host {host}: {because}",
                "plan again when the hosts before it are done; if it stays, "
                f"ask project {instance.project_id} to scale in, or add a host",
            )
        )
    return found


def _obstacle(state: State, host: str, targets: list[str]) -> tuple[Instance, set[str]]:
    records = sorted((state.cloud.instances[key] for key in state.to_move(host)), key=lambda i: (*(-n for n in i.size), i.id))
    for record in records:
        reasons = {state.why_not(record, target) for target in targets}
        if None not in reasons:
            return record, t.cast("set[str]", reasons)
    return records[0], {"each has a place, but not all at the same time"}


def _names(hosts: list[str]) -> str:
    return ", ".join(hosts)


def _are(hosts: list[str]) -> str:
    return "is" if len(hosts) == 1 else "are"
