# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the members of a VNF tolerate, made from its policy and its present shape (private to this collection).

Bodies of the constraint API of Fenix, which follows ETSI NFV FEAT03. What a policy does not say has the value that Tacker's Fenix
plug-in used.
"""

from __future__ import annotations

import typing as t
import uuid

from .policy import Group, Policy
from .vnf import Vnf

Dict = dict[str, t.Any]

_DEFAULTS = {"lead_time": 120, "recovery_time": 60, "max_interruption_time": 120, "resource_mitigation": True}
_OF_INSTANCE = ("lead_time", "max_interruption_time", "migration_type", "resource_mitigation")
_OF_GROUP = ("recovery_time", "max_impacted_members", "resource_mitigation", "anti_affinity_group", "max_instances_per_host")
_ANTI_AFFINITY = ("anti-affinity", "soft-anti-affinity")


def maintenance_constraints(vnf: Dict, policies: t.Mapping[str, Dict], members: t.Sequence[Dict] = ()) -> Dict:
    """The constraints of one VNF.

    :param vnf: as ``vnf_instance_info`` returns it.
    :param policies: by VNF id, and ``default``.
    :param members: as ``vnf_member_info`` returns them; only ``server_group`` is used.
    :returns: ``instances`` and ``groups`` to be registered, both empty when the policy has no constraints.
    :raises PolicyError: for a policy that cannot be used.
    """
    vnf_id = str(vnf["id"])
    given = policies.get(vnf_id, policies.get("default"))
    policy = Policy() if given is None else Policy.read(vnf_id, given)
    shape = _Shape(Vnf(vnf, policy, ""), {str(one["id"]): one.get("server_group") for one in members})
    if policy.constraints is None or vnf["instantiation_state"] != "INSTANTIATED":
        return {"instances": [], "groups": []}
    return {"instances": shape.instances, "groups": shape.groups}


class _Shape:
    """A VNF with the server groups its members are in."""

    def __init__(self, vnf: Vnf, server_groups: t.Mapping[str, Dict | None]) -> None:
        self._vnf, self._server_groups = vnf, server_groups

    @property
    def groups(self) -> list[Dict]:
        """A constraint for each group that has members."""
        found = []
        for group in self._vnf.policy.groups:
            members = self._vnf.members(group)
            if members:
                found.append({"group_id": self._group_id(group), "group_name": group.name, **self._tolerated(group, members)})
        return found

    @property
    def instances(self) -> list[Dict]:
        """A constraint for each server."""
        found = []
        for server in self._vnf.servers:
            group = self._vnf.policy.group_of(server["vdu_id"])
            actions = self._vnf.policy.actions if group is None else group.actions
            values = {**_DEFAULTS, "migration_type": actions[0], **self._given(group)}
            found.append({
                "instance_id": server["id"],
                **({} if group is None else {"group_id": self._group_id(group)}),
                **{name: values[name] for name in _OF_INSTANCE},
            })  # fmt: skip
        return found

    def _given(self, group: Group | None) -> Dict:
        return {**(self._vnf.policy.constraints or {}), **(group.constraints if group else {})}

    def _tolerated(self, group: Group, members: list[str]) -> Dict:
        needed = group.needed(len(members))
        nova = self._server_group(group) or {}
        anti_affine = nova.get("policy") in _ANTI_AFFINITY
        values = {
            **_DEFAULTS,
            "max_impacted_members": max(1, len(members) - needed) if needed else 1,
            "anti_affinity_group": anti_affine,
            "max_instances_per_host": int(nova.get("max_server_per_host") or 1) if anti_affine else 0,
            **self._given(group),
        }
        return {name: values[name] for name in _OF_GROUP}

    def _group_id(self, group: Group) -> str:
        nova = self._server_group(group)
        return str(nova["id"]) if nova else self._own_id(group.name)

    def _server_group(self, group: Group) -> Dict | None:
        """Nova's server group, if all members are in the same one."""
        found = [self._server_groups.get(one) for one in self._vnf.members(group)]
        first = found[0] if found else None
        return first if first and all(one and one["id"] == first["id"] for one in found) else None

    def _own_id(self, name: str) -> str:
        """The id of a group that Nova does not know: the same whenever it is worked out."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"nfv.maintenance/{self._vnf.id}/{name}"))
