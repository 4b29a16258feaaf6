# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action for each instance of a message (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from ...module_utils._maintenance import messages as m
from . import own_action
from .vnf import Vnf

Dict = dict[str, t.Any]


@dataclasses.dataclass
class Moving:
    """What was chosen.

    :ivar actions: by instance.
    :ivar own: the work that OWN_ACTION means, after the reply.
    :ivar helpless: instances for which the policy has no action that is allowed.
    :ivar unchanged: instances for which it has only an OWN_ACTION that would change nothing, and so leave them where they are.
    """

    actions: dict[str, str] = dataclasses.field(default_factory=dict)
    own: list[Dict] = dataclasses.field(default_factory=list)
    helpless: list[str] = dataclasses.field(default_factory=list)
    unchanged: list[str] = dataclasses.field(default_factory=list)

    @property
    def problem(self) -> str:
        """Why it cannot be answered with an action for each instance, or an empty text."""
        if self.helpless:
            return f"no action of the policy is allowed for instances {', '.join(self.helpless)}"
        if self.unchanged:
            return (
                f"for instances {', '.join(self.unchanged)} only OWN_ACTION is allowed, and the message offers no capability of "
                "own_action that they do not have already (only PLANNED_MAINTENANCE can); give actions another one for that"
            )
        return ""


def choose(vnfs: t.Iterable[Vnf], message: Dict) -> Moving:
    """The first action of the policy that the message allows and that makes sense, for each of our instances in it."""
    result = Moving()
    metadata = message.get("metadata") or {}
    for vnf in vnfs:
        own: list[Dict] = []
        for server in vnf.servers:
            if server["id"] not in message["instance_ids"]:
                continue
            group = vnf.policy.group_of(server["vdu_id"])
            wishes = vnf.policy.actions if group is None else group.wishes(metadata)
            allowed = [wish for wish in wishes if wish in (message.get("allowed_actions") or wishes)]
            due = [
                wish for wish in allowed if wish != m.OWN_ACTION or (group and own_action.is_due(vnf, group, server, message))
            ]
            if not due:
                (result.unchanged if allowed else result.helpless).append(server["id"])
                continue
            result.actions[server["id"]] = due[0]
            if due[0] == m.OWN_ACTION:
                own.append(server)
        result.own += own_action.works(vnf, own, metadata)
    return result


def go_on(vnfs: t.Iterable[Vnf], message: Dict) -> Moving:
    """What is left of a message that has been answered: the owner's own actions with instances that are still there."""
    said = message["reply"]["instance_actions"]
    result = Moving(said)
    for vnf in vnfs:
        own = [server for server in vnf.servers if said.get(server["id"]) == m.OWN_ACTION]
        result.own += own_action.works(vnf, own, message.get("metadata") or {})
    return result
