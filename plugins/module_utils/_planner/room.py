# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the first host gets empty: by moves onto hosts not yet maintained, or by scaling in (private to this collection)."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from .blockers import Blocker
from .capacity import State, pack
from .snapshot import NOTHING, Instance, Vector, add, fits
from .waves import order


@dataclasses.dataclass(frozen=True)
class Room:
    """What has to happen before the first wave.

    :ivar need: none, prepare, scale_in or blocked.
    :ivar host: the host that is made empty.
    :ivar moves: (instance, from, to) with prepare.
    :ivar scale_in: project to the number of instances it has to remove.
    """

    need: str
    why: str
    host: str | None = None
    moves: tuple[tuple[str, str, str], ...] = ()
    scale_in: dict[str, int] = dataclasses.field(default_factory=dict)
    blockers: tuple[Blocker, ...] = ()


def prepare(state: State, to_do: list[str], spare: list[str]) -> Room | None:
    """Empty the host that takes the fewest moves; ``state`` is moved accordingly. None when no single host can be emptied."""
    others = [name for name in to_do if state.cloud.hosts[name].in_service]
    # A target outside the maintenance is better: the instance is moved only once.
    tiers = {**dict.fromkeys(others, 1), **dict.fromkeys(spare, 0)}
    for host in sorted(order(state, to_do), key=lambda name: _moves(state, name)):
        targets = {name: tier for name, tier in tiers.items() if name != host}
        placed = pack(state, state.to_move(host), targets)
        if placed is not None:
            moves = tuple((instance, host, target) for instance, target in placed)
            count = f"{len(moves)} move{'s' if len(moves) > 1 else ''}"
            why = f"no host is empty; {host} gets empty with the fewest moves ({count}) onto other hosts"
            return Room("prepare", why, host, moves)
    return None


def _moves(state: State, host: str) -> tuple[int, int]:
    """How many moves, and how many of them would impact a group that counts."""
    leaving = state.to_move(host)
    return len(leaving), sum(state.groups.impacted(leaving).values())


def scale_in(state: State, boundless: State, to_do: list[str], spare: list[str]) -> Room:
    """How many instances each project has to remove so that one host can be emptied.

    :param boundless: the same cloud without limits of capacity: tells whether groups or zones forbid it however much is removed.
    """
    possible, stuck = _possible(boundless, to_do, spare)
    if not possible:
        return Room("blocked", "no host can be emptied, however many instances are removed", blockers=tuple(stuck))
    missing, host = min((_missing(state, name, to_do, spare), name) for name in possible)
    silent = state.options.silent_projects
    shares = _shares(state, to_do, missing, silent)
    text = f"{missing[0]} vCPUs, {missing[1]} MiB and {missing[2]} GiB are missing to empty a host ({host} needs least)"
    if shares is None:
        return _too_little(text, host, _shares(state, to_do, missing, frozenset()) or {}, silent)
    if fits(missing, NOTHING):
        text = f"there is enough free room in all, but not in one piece, to empty a host ({host} is nearest)"
    asked = ", ".join(f"project {project} removes {count}" for project, count in sorted(shares.items()))
    return Room("scale_in", f"{text}: {asked}", scale_in=shares)


def _too_little(text: str, host: str, shares: t.Collection[str], silent: frozenset[str]) -> Room:
    """Why scaling in does not help: nobody has that much, or only those who are not asked have it.

    :param shares: the projects that would remove something if the silent ones were asked too.
    """
    needed = sorted(silent.intersection(shares))
    if not needed:
        why = f"{text}; the projects cannot remove that much"
        return Room("blocked", why, blockers=(Blocker(host, None, text, _MORE_ROOM),))
    why = f"{text}; the projects that answer cannot remove that much, and those that could do not answer: {', '.join(needed)}"
    remedy = f"have the owner of {' or '.join(needed)} remove instances by hand or let a VNFM answer, or {_MORE_ROOM}"
    return Room("blocked", why, blockers=(Blocker(host, None, why, remedy),))


def _possible(state: State, to_do: list[str], spare: list[str]) -> tuple[list[str], list[Blocker]]:
    """Hosts that could be emptied if there were room enough, and what forbids it for the others."""
    hosts, stuck = [], []
    usable = {*spare, *(name for name in to_do if state.cloud.hosts[name].in_service)}
    for host in to_do:
        targets = dict.fromkeys(sorted(usable - {host}), 0)
        placed = pack(state, state.to_move(host), targets)
        if placed is not None:
            for key, _target in placed:
                state.move(key, host)
            hosts.append(host)
            continue
        for key in state.to_move(host):
            instance = state.cloud.instances[key]
            reasons = {state.why_not(instance, target) for target in targets}
            if None not in reasons:
                stuck.append(_forbidden(host, instance, t.cast("set[str]", reasons)))
    if not hosts and not stuck:
        text = "the groups of the instances on host {} leave no place for all of them"
        stuck = [Blocker(host, None, text.format(host), _REMEDY) for host in to_do]
    return hosts, stuck


_MORE_ROOM = "add a compute host or take hosts out of the maintenance, so that there is room for the instances of one host"
_REMEDY = "its owner removes or re-creates a member of the group (SCALE_IN, OWN_ACTION), or a compute host is added"


def _forbidden(host: str, instance: Instance, reasons: set[str]) -> Blocker:
    because = ", ".join(sorted(reasons)) or "there is no other host in service"
    return Blocker(host, instance.id, f"instance {instance.label} may go to no other host: {because}", _REMEDY)


def _missing(state: State, host: str, to_do: list[str], spare: list[str]) -> Vector:
    """What the others lack, in sum, to take what is on the host."""
    lacking = state.load(host)
    zone = state.cloud.hosts[host].zone
    for name in {*to_do, *spare} - {host}:
        if state.cloud.hosts[name].in_service and state.cloud.hosts[name].zone == zone:
            free = state.free[name]
            lacking = add(lacking, (max(0, free[0]), max(0, free[1]), max(0, free[2])), -1)
    return max(0, lacking[0]), max(0, lacking[1]), max(0, lacking[2])


def _shares(state: State, to_do: list[str], missing: Vector, silent: frozenset[str]) -> dict[str, int] | None:
    """Instances to remove by project; members of a group that has to be apart only when the others are not enough.

    :param silent: projects that are not asked.
    """
    owned: dict[str, list[Instance]] = collections.defaultdict(list)
    for host in to_do:
        for key in state.to_move(host):
            instance = state.cloud.instances[key]
            if instance.project_id not in silent:
                owned[instance.project_id].append(instance)
    for able in ({project: [i for i in own if i.id not in state.groups.limits] for project, own in owned.items()}, owned):
        shares = _shared(_givers(state, able), missing)
        if shares is not None:
            return shares
    return None


def _shared(givers: dict[str, tuple[int, Vector, int]], missing: Vector) -> dict[str, int] | None:
    """Those that hold most give first (d'Hondt), none gives its last instance.

    Which instances a project removes is its own choice, so each counts with the smallest size the project has.
    """
    given: dict[str, int] = collections.Counter()
    gained = NOTHING
    while not given or not fits(missing, gained):
        able = [project for project, (cap, _size, _held) in givers.items() if given[project] < cap]
        if not able:
            return None
        project = max(able, key=lambda name: (givers[name][2] / (given[name] + 1), givers[name][2], name))
        given[project] += 1
        gained = add(gained, givers[project][1])
    return dict(sorted(given.items()))


def _givers(state: State, able: t.Mapping[str, list[Instance]]) -> dict[str, tuple[int, Vector, int]]:
    """Project to (how many of these instances it can remove, the smallest size of one, vCPUs that they hold)."""
    everywhere = collections.Counter(instance.project_id for instance in state.cloud.instances.values())
    givers = {}
    for project, instances in able.items():
        count = min(len(instances), everywhere[project] - 1)
        if count > 0:
            size = t.cast("Vector", tuple(min(i.size[axis] for i in instances) for axis in range(3)))
            givers[project] = (count, size, sum(i.size[0] for i in instances))
    return givers
