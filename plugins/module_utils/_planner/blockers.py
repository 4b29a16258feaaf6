# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a host from being emptied, before any room is looked for (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .fitness import NO_MOVE, only_cold
from .options import ASK, COLD, RIDE_THROUGH, SKIP_HOST, STOP
from .snapshot import Host, Instance, Record
from .state import State

# A ladder may start in these states; every other one is in between, and the drain waits for its end.
_STUCK = {
    "ERROR": "find out why (openstack server show {id}); repair it (openstack server set --state active {id}, "
    "then openstack server reboot --hard {id}) or delete it",
    "VERIFY_RESIZE": "ask its owner to confirm or revert the resize (openstack server resize confirm {id})",
    "RESCUE": "ask its owner to end the rescue (openstack server unrescue {id})",
    "SUSPENDED": "ask its owner to resume it (openstack server resume {id})",
}
# States in which only one rung of the ladder works, and the command that ends the state.
_ONLY_WAY = {"SHUTOFF": ("cold", "start"), "PAUSED": ("live", "unpause")}


@dataclasses.dataclass(frozen=True, slots=True)
class Blocker:
    """Why a host cannot be maintained now, and what to do about it."""

    host: str | None
    instance: str | None
    reason: str
    remedy: str
    may_ride: bool = False

    def record(self, on_blocker: str) -> dict[str, t.Any]:
        """As it stands in the plan.

        :param on_blocker: what was asked for; only an instance can ride through.
        """
        choices = ([SKIP_HOST] if self.host else []) + ([RIDE_THROUGH] if self.may_ride else [])
        choice = on_blocker if on_blocker in (*choices, ASK) else STOP
        return {
            "host": self.host,
            "instance": self.instance,
            "reason": self.reason,
            "remedy": self.remedy,
            "choices": choices,
            "choice": choice,
        }


def blockers(state: State, to_do: list[str]) -> list[Blocker]:
    """Everything that blocks these hosts, whatever room there is."""
    found = [_unseen(record) for record in state.cloud.unseen]
    for name in to_do:
        host_blocker = _host(state.cloud.hosts[name])
        if host_blocker:
            found.append(host_blocker)
            continue
        for key in state.to_move(name):
            instance = state.cloud.instances[key]
            what = _instance(state, instance)
            if what:
                found.append(Blocker(name, key, *what, may_ride=True))
                continue
            down = state.groups.none_left(key) if state.options.ways_of(state.cloud, key) else ()
            if down:
                found.append(Blocker(name, key, *_others_down(state, instance, down)))
    return found


def _unseen(record: Record) -> Blocker:
    return Blocker(
        None,
        str(record.get("id")),
        f"the cell of instance {record.get('id')} does not answer, so nobody can say whether it is on one of the hosts",
        "bring the cell's database and message bus back (nova-manage cell_v2 list_cells), then plan again",
    )


def _host(host: Host) -> Blocker | None:
    if not host.up:
        return Blocker(
            host.name,
            None,
            f"nova-compute on host {host.name} is down, so nothing can be moved away from it",
            f"look at the host (openstack compute service list --host {host.name}); a broken one is a case for evacuation",
        )
    if not host.enabled and not host.ours:
        return Blocker(
            host.name,
            None,
            f"host {host.name} was disabled by somebody else; the reason given is: {host.disabled_reason or '(none)'}",
            f"find out who works on it, then enable it (openstack compute service set --enable {host.name} nova-compute), "
            "or leave it out of the hosts",
        )
    return None


def _instance(state: State, instance: Instance) -> tuple[str, str] | None:
    ways = state.options.ways_of(state.cloud, instance.id)
    who = f"instance {instance.label}"
    found = None
    if not ways:
        pass  # its owner moves it
    elif instance.locked:
        found = f"{who} is locked", f"ask its owner to unlock it (openstack server unlock {instance.id})"
    elif NO_MOVE in instance.tags:
        found = f"{who} has its owner's tag {NO_MOVE}", "ask its owner to move it or to let it ride through (OWN_ACTION)"
    elif COLD not in ways and only_cold(instance):
        found = (
            f"{who} {only_cold(instance)}, so it cannot be live-migrated, and nothing else is allowed for it",
            "allow cold for it, or ask its owner to move it (OWN_ACTION)",
        )
    elif instance.status in _STUCK:
        found = f"{who} is in state {instance.status}", _STUCK[instance.status].format(id=instance.id)
    elif instance.status in _ONLY_WAY and _ONLY_WAY[instance.status][0] not in ways:
        way, command = _ONLY_WAY[instance.status]
        found = (
            f"{who} is in state {instance.status}, in which only {way} migration works, and that is not allowed for it",
            f"allow {way} for it, or ask its owner to change its state (openstack server {command} {instance.id})",
        )
    elif instance.id in state.groups.tied:
        group = state.groups.name(state.groups.tied[instance.id])
        found = (
            f"{who} is in the affinity group {group} with others, and Nova moves no member away from the rest",
            "its owner moves the group by itself (OWN_ACTION), lets it ride through, or uses soft-affinity",
        )
    return found


def _others_down(state: State, instance: Instance, others: tuple[str, ...]) -> tuple[str, str]:
    group = state.groups.impact[instance.id]
    down = [state.cloud.instances[key] for key in others]
    most = state.groups.max_impacted[group]
    return (
        f"instance {instance.label} cannot be moved now: of its group {state.groups.name(group)} {most} may be impacted at once, "
        f"and {', '.join(one.label for one in down)} is down already",
        f"repair that (openstack server reboot --hard {down[0].id}), or ask its owner",
    )
