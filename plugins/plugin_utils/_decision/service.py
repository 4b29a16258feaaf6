# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a VNF in service while some of its instances are worked on (private to this collection)."""

from __future__ import annotations

import typing as t

from .policy import WAIT, Group
from .vnf import Vnf

Dict = dict[str, t.Any]


def concerned(vnfs: t.Iterable[Vnf], instance_ids: t.Collection[str]) -> list[tuple[Vnf, Group, list[str]]]:
    """The groups with a member among the instances, each with its members."""
    found = [(vnf, group, vnf.members(group)) for vnf in vnfs for group in vnf.policy.groups]
    return [(vnf, group, members) for vnf, group, members in found if set(members) & set(instance_ids)]


def too_few(vnfs: t.Iterable[Vnf], instance_ids: t.Collection[str]) -> list[str]:
    """The groups of which too few members would stay in service, in words, however healthy those are."""
    found = []
    for vnf, group, members in concerned(vnfs, instance_ids):
        staying = [one for one in members if one not in instance_ids]
        if len(staying) < group.needed(len(members)):
            found.append(
                f"of group {group.name} of VNF {vnf.id} {len(staying)} of {len(members)} members would stay in service, and "
                f"{group.needed(len(members))} have to"
            )
    return found


def checks(vnfs: t.Iterable[Vnf], instance_ids: t.Collection[str]) -> list[Dict]:
    """Arguments of ``vnf_member_info`` for the members that stay; ``wait`` says whether they may take their time."""
    return [
        {
            "group": group.name,
            "members": [one for one in members if one not in instance_ids],
            "at_least": group.needed(len(members)),
            "health": group.health,
            "wait": group.when_unhealthy == WAIT,
        }
        for _vnf, group, members in concerned(vnfs, instance_ids)
        if group.needed(len(members))
    ]


def switches(vnfs: t.Iterable[Vnf], instance_ids: t.Sequence[str]) -> list[Dict]:
    """Groups whose active member has to be outside the instances.

    ``active`` and ``health`` are options of ``vnf_active_member``; ``tasks`` and ``active_tasks`` are the owner's files or None.
    """
    return [
        {
            "group": group.name,
            "vnf_id": vnf.id,
            "members": members,
            "avoid": [*instance_ids],
            "active": {kind: how for kind, how in group.active.items() if kind != "tasks"},
            "active_tasks": group.active.get("tasks"),
            "tasks": (group.switch_over or {}).get("tasks"),
            "health": group.health,
            "check": group.check,
            "wait": group.when_unhealthy == WAIT,
        }
        for vnf, group, members in concerned(vnfs, instance_ids)
        if group.active is not None
    ]
