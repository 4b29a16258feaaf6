# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much has to be removed where no moves make room (private to this collection)."""

from __future__ import annotations

import collections
import hashlib
import typing as t

from .blockers import Blocker
from .packing import pack, unpack
from .room import BLOCKED, SCALE_IN, Room
from .snapshot import NOTHING, Instance, Vector, add, fits
from .state import State
from .targets import Targets

Shares = dict[str, int]
# Whether enough room is there without these instances.
Enough = t.Callable[[frozenset[str]], bool]

_MORE_ROOM = "add a compute host or take hosts out of the maintenance, so that there is room for the instances of one host"
_REMEDY = "its owner removes or re-creates a member of the group (SCALE_IN, OWN_ACTION), or a compute host is added"


class ScaleIn:
    """For one cloud and the hosts that cannot all be emptied."""

    def __init__(self, state: State, hosts: list[str], others: t.Iterable[str]) -> None:
        """Look at the state; nothing is changed.

        :param hosts: the hosts to maintain.
        :param others: other hosts that may take something.
        """
        self.state, self.hosts, self.others = state, hosts, [*others]
        self.silent = state.options.silent_projects

    def whole(self, enough: Enough, over: t.Sequence[str]) -> Room | None:
        """What each project removes so that all hosts can be emptied; None when that is not to be had.

        :param over: the hosts that cannot be emptied as things are.
        """
        shares = self._shares(enough, self.silent)
        if shares is None:
            return None
        return Room(SCALE_IN, f"there is no room for all that is on {', '.join(over)}: {_asked(shares)}", scale_in=shares)

    def first(self, boundless: State, enough: Enough, enough_for_all: Enough) -> Room:
        """What each project removes so that at least one host can be emptied, and all of them where that is to be had.

        :param boundless: the same cloud without limits of capacity: tells whether groups or zones forbid it at any rate.
        """
        possible, stuck = self._possible(boundless)
        if not possible:
            return Room(BLOCKED, "no host can be emptied, however many instances are removed", blockers=tuple(stuck))
        missing, host = min((self._missing(name), name) for name in possible)
        text = f"{missing[0]} vCPUs, {missing[1]} MiB and {missing[2]} GiB are missing to empty a host ({host} needs least)"
        shares = self._shares(enough_for_all, self.silent) or self._shares(enough, self.silent)
        if shares is None:
            return self._too_little(text, host, self._shares(enough, frozenset()) or {})
        if fits(missing, NOTHING):
            text = f"there is enough free room in all, but not in one piece, to empty a host ({host} is nearest)"
        return Room(SCALE_IN, f"{text}: {_asked(shares)}", scale_in=shares)

    def _too_little(self, text: str, host: str, shares: t.Collection[str]) -> Room:
        """Why scaling in does not help: nobody has that much, or only those who are not asked have it.

        :param shares: the projects that would remove something if the silent ones were asked too.
        """
        needed = sorted(self.silent.intersection(shares))
        if not needed:
            why = f"{text}; the projects cannot remove that much"
            return Room(BLOCKED, why, blockers=(Blocker(host, None, text, _MORE_ROOM),))
        why = f"{text}; the projects that answer cannot remove that much, and those that could do not answer: {', '.join(needed)}"
        remedy = f"have the owner of {' or '.join(needed)} remove instances by hand or let a VNFM answer, or {_MORE_ROOM}"
        return Room(BLOCKED, why, blockers=(Blocker(host, None, why, remedy),))

    def _possible(self, boundless: State) -> tuple[list[str], list[Blocker]]:
        """Hosts that could be emptied if there were room enough, and what forbids it for the others."""
        hosts, stuck = [], []
        usable = {*self.others, *(name for name in self.hosts if boundless.cloud.hosts[name].in_service)}
        for host in self.hosts:
            boundless.targets = Targets(boundless, dict.fromkeys(sorted(usable - {host}), 0))
            placed = pack(boundless, boundless.to_move(host))
            if placed is not None:
                unpack(boundless, placed, host)
                hosts.append(host)
                continue
            for key in boundless.to_move(host):
                instance = boundless.cloud.instances[key]
                reasons = {boundless.why_not(instance, target) for target in usable - {host}}
                if None not in reasons:
                    stuck.append(_forbidden(host, instance, t.cast("set[str]", reasons)))
        if not hosts and not stuck:
            text = "the groups of the instances on host {} leave no place for all of them"
            stuck = [Blocker(host, None, text.format(host), _REMEDY) for host in self.hosts]
        return hosts, stuck

    def _missing(self, host: str) -> Vector:
        """What the others lack, in sum, to take what is on the host."""
        state = self.state
        lacking = state.load(host)
        zone = state.cloud.hosts[host].zone
        for name in {*self.hosts, *self.others} - {host}:
            if state.cloud.hosts[name].in_service and state.cloud.hosts[name].zone == zone:
                free = state.free[name]
                lacking = add(lacking, (max(0, free[0]), max(0, free[1]), max(0, free[2])), -1)
        return max(0, lacking[0]), max(0, lacking[1]), max(0, lacking[2])

    def _shares(self, enough: Enough, silent: frozenset[str]) -> Shares | None:
        """Instances to remove by project; members of a group that has to be apart only when the others are not enough.

        :param silent: projects that are not asked.
        """
        owned: dict[str, list[Instance]] = collections.defaultdict(list)
        for host in self.hosts:
            for key in self.state.to_move(host):
                instance = self.state.cloud.instances[key]
                if instance.project_id not in silent:
                    owned[instance.project_id].append(instance)
        free = {project: [i for i in own if i.id not in self.state.groups.limits] for project, own in owned.items()}
        for able in (free, owned):
            givers = _Givers(self.state, able)
            count = givers.fewest(enough)
            if count is not None:
                return givers.shares(count)
        return None


class _Givers:
    """Those that hold most give first (d'Hondt), none gives its last instance."""

    def __init__(self, state: State, able: t.Mapping[str, list[Instance]]) -> None:
        everywhere = collections.Counter(instance.project_id for instance in state.cloud.instances.values())
        # Which instances a project removes is its own choice: the smallest are to be enough, wherever they are.
        self._gone = {
            project: [one.id for one in sorted(own, key=lambda i: (i.size, hashlib.sha256(i.id.encode()).digest()))]
            for project, own in able.items()
        }
        held = {project: sum(one.size[0] for one in own) for project, own in able.items()}
        turns = [
            (-held[project] / (turn + 1), -held[project], project)
            for project, own in able.items()
            for turn in range(min(len(own), everywhere[project] - 1))
        ]
        # Of equals the last by name comes first.
        turns.sort(key=lambda turn: turn[2], reverse=True)
        self._turns = [project for _share, _held, project in sorted(turns, key=lambda turn: turn[:2])]

    def shares(self, count: int) -> Shares:
        """When so many are removed in all."""
        return dict(sorted(collections.Counter(self._turns[:count]).items()))

    def fewest(self, enough: Enough) -> int | None:
        """The smallest number that is enough; None when all are not."""
        low, high = 0, 1
        while True:
            high = min(high, len(self._turns))
            if high <= low:
                return None
            if self._enough(enough, high):
                break
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._enough(enough, middle) else (middle, high)
        return high

    def _enough(self, enough: Enough, count: int) -> bool:
        shares = self.shares(count)
        return enough(frozenset(key for project, number in shares.items() for key in self._gone[project][:number]))


def _asked(shares: Shares) -> str:
    return ", ".join(f"project {project} removes {count}" for project, count in sorted(shares.items()))


def _forbidden(host: str, instance: Instance, reasons: set[str]) -> Blocker:
    because = ", ".join(sorted(reasons)) or "there is no other host in service"
    return Blocker(host, instance.id, f"instance {instance.label} may go to no other host: {because}", _REMEDY)
