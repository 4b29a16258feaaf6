# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action for each instance of a message (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from ...module_utils._maintenance import messages as m
from .vnf import Vnf

Dict = dict[str, t.Any]


@dataclasses.dataclass
class Moving:
    """What was chosen.

    :ivar actions: by instance.
    :ivar own: the work that OWN_ACTION means, after the reply.
    :ivar helpless: instances for which the policy has no action that is allowed.
    """

    actions: dict[str, str] = dataclasses.field(default_factory=dict)
    own: list[Dict] = dataclasses.field(default_factory=list)
    helpless: list[str] = dataclasses.field(default_factory=list)


def choose(vnfs: t.Iterable[Vnf], message: Dict) -> Moving:
    """The first action of the policy that the message allows, for each of our instances in it."""
    result = Moving()
    metadata = message.get("metadata") or {}
    for vnf in vnfs:
        for server in vnf.servers:
            if server["id"] not in message["instance_ids"]:
                continue
            group = vnf.policy.group_of(server["vdu_id"])
            wishes = vnf.policy.actions if group is None else group.wishes(metadata)
            allowed = message.get("allowed_actions") or wishes
            action = next((wish for wish in wishes if wish in allowed), None)
            if action is None:
                result.helpless.append(server["id"])
                continue
            result.actions[server["id"]] = action
            if action == m.OWN_ACTION:
                result.own += _own_action(vnf, server)
    return result


def go_on(vnfs: t.Iterable[Vnf], said: dict[str, str]) -> Moving:
    """What is left of a reply that has been sent: the owner's own actions with instances that are still there.

    :param said: the actions of the reply by instance.
    """
    result = Moving(said)
    for vnf in vnfs:
        for server in vnf.servers:
            if said.get(server["id"]) == m.OWN_ACTION:
                result.own += _own_action(vnf, server)
    return result


def _own_action(vnf: Vnf, server: Dict) -> list[Dict]:
    group = vnf.policy.group_of(server["vdu_id"])
    if group is None or group.own_action is None:
        return []
    return [{
        **group.own_action, "group": group.name, "vnf_id": vnf.id, "instance_id": server["id"], "vdu_id": server["vdu_id"],
        "vnfc_info_id": server.get("vnfc_info_id"),
    }]  # fmt: skip
