# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether instances have room on the targets, and where (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from .snapshot import Instance, total
from .state import State

# How many placements are tried, per instance of a host, before the host is taken for one that cannot be emptied now.
TRIES_PER_INSTANCE = 50

Placed = list[tuple[str, str]]


def pack(state: State, instances: t.Iterable[str], tries_per_instance: int = TRIES_PER_INSTANCE) -> Placed | None:
    """Find room for all the instances on ``state.targets``.

    :return: (instance, target) in the order found, with ``state`` moved accordingly; None, and ``state`` as before, when no way
        was found within the bounded number of tries.
    """
    order = _hardest_first(state, instances)
    if not _may_fit(state, order):
        return None
    groups = sorted({group for instance in order for group, _limit in state.groups.limits.get(instance.id, ())})
    tries = tries_per_instance * len(order)
    placed: Placed = []
    open_choices: list[t.Iterator[str]] = []
    origins = [state.location[instance.id] for instance in order]
    while len(placed) < len(order):
        if len(open_choices) == len(placed):
            open_choices.append(_choices(state, order[len(placed)], groups))
        tries -= 1
        target = next(open_choices[-1], None) if tries >= 0 else None
        if target is not None:
            placed.append((order[len(placed)].id, target))
            state.move(*placed[-1])
            continue
        open_choices.pop()
        if placed:
            instance, _target = placed.pop()
            state.move(instance, origins[len(placed)])
        elif not open_choices:
            return None
    return placed


def unpack(state: State, placed: Placed, host: str) -> None:
    """Put back on the host what :func:`pack` took from it."""
    for instance, _target in reversed(placed):
        state.move(instance, host)


def _choices(state: State, instance: Instance, groups: list[str]) -> t.Iterator[str]:
    """Candidates of which no two are alike: what failed on one host fails on its like."""
    kinds: set[t.Hashable] = set()
    for tier, host in state.targets.able(instance):
        kind = tier, state.alike(host, groups)
        if kind not in kinds:
            kinds.add(kind)
            yield host


def _hardest_first(state: State, instances: t.Iterable[str]) -> list[Instance]:
    records = [state.cloud.instances[key] for key in instances]
    needs, limits = state.fitness.needs, state.groups.limits
    return sorted(records, key=lambda i: (i.id not in needs, i.id not in limits, *(-amount for amount in i.size), i.id))


def _may_fit(state: State, instances: list[Instance]) -> bool:
    """Cheap look before the search: the sum."""
    zones: dict[str, list[Instance]] = collections.defaultdict(list)
    for instance in instances:
        zones[state.cloud.hosts[instance.host].zone].append(instance)
    return all(state.targets.may_fit(zone, total(i.size for i in several)) for zone, several in zones.items())
