# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why the plan is as it is, in words (private to this collection)."""

from __future__ import annotations

import typing as t

from .blockers import Blocker
from .snapshot import Instance
from .state import State
from .waves import Moves, Wave


def why_first(moves: Moves, hosts: t.Sequence[str]) -> str:
    """Why these hosts are emptied before the first wave."""
    count = f"{len(moves)} move{'s' if len(moves) > 1 else ''}"
    if len(hosts) == 1:
        return f"no host is empty; {hosts[0]} gets empty with the fewest moves ({count}) onto other hosts"
    return f"with {names(hosts)} empty before the first wave ({count}) the rest goes faster"


def why_wave(state: State, wave: Wave) -> str:
    """Why these hosts, and why now."""
    sources = {source for _instance, source, _target in wave.moves}
    empty = [host for host in wave.hosts if host not in sources]
    parts = []
    if empty:
        parts.append(f"{names(empty)} {_are(empty)} empty")
    if sources:
        targets = sorted({target for _instance, _source, target in wave.moves})
        parts.append(
            f"what is on {names(sorted(sources))} has room on {names(targets)}, maintained before or outside the maintenance"
        )
    if wave.held_back:
        host, group = wave.held_back
        parts.append(f"{host} waits, as no more members of group {state.groups.name(group)} may be impacted at the same time")
    return "; ".join(parts)


def why_move(state: State, instance: str, target: str, wave_of: t.Mapping[str, int]) -> str:
    """Why there.

    :param wave_of: host to the number of its wave, from 1.
    """
    if target in wave_of:
        parts = [f"{target} is done in wave {wave_of[target]}"]
    elif target in state.options.done:
        parts = [f"{target} is done"]
    else:
        parts = [f"{target} is not to be maintained"]
    parts.append("has room for it (of those that may take it the fullest comes first)")
    apart = [state.groups.name(group) for group, _limit in state.groups.limits.get(instance, ())]
    if apart:
        parts.append(f"holds no more members of group {names(apart)} than may be together")
    return ", ".join(parts)


def no_room(state: State, left: t.Iterable[str], targets: t.Iterable[str]) -> list[Blocker]:
    """Why each host that is left over cannot be emptied onto the targets: the instance that finds no place."""
    found = []
    candidates = list(targets)
    for host in left:
        instance, reasons = _obstacle(state, host, candidates)
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


def names(hosts: t.Iterable[str]) -> str:
    """As a list in a sentence."""
    return ", ".join(hosts)


def _are(hosts: list[str]) -> str:
    return "is" if len(hosts) == 1 else "are"
