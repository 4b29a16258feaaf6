# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The maintenance policy that a VNF descriptor asks for, with what the owner says besides (private to this collection).

The specification of Tacker's Fenix plug-in (tacker-specs, "Fenix plugin for rolling upgrades in Tacker") has the policy type
``tosca.policies.tacker.Maintenance`` and marks VDUs with the property ``maintenance``; ETSI NFV-SOL001 has
``nfvi_maintenance_info`` in the profile of a VDU.
"""

from __future__ import annotations

import re
import typing as t

from ...module_utils import _schema as schema
from ...module_utils._errors import CollectionError
from ...module_utils._maintenance import messages as m
from ...module_utils._nfv.definitions import entries, mapping
from . import vnfd_scaling, vnfd_values
from .policy import Policy, PolicyError, policy_schema

Dict = dict[str, t.Any]

MAINTENANCE = "tosca.policies.tacker.Maintenance"
_VDU = re.compile(r"tosca\.nodes\.nfv\.VDU(\.Tacker|\.Compute|\.OsContainerDeployableUnit)?", re.IGNORECASE)
_NO_WISH: Dict = {"constraints": {}}
# What comes from the descriptor; who is active and what is run by whom is for the owner to say.
_OF_VNFD = ("at_least", "when_unhealthy", "actions")


def vnfd_maintenance(vnfd: Dict, policy: Dict | None = None, members: t.Mapping[str, int] | None = None) -> Dict:
    """The policy of a VNF, as the role ``vnf_maintenance`` takes it.

    :param vnfd: a TOSCA document, as ``vnfd_info`` returns it or as it stands in the file.
    :param policy: what the owner says; it goes before what the descriptor says.
    :param members: how many members each VDU has; without it what the descriptor starts with.
    :returns: with a group for each VDU that takes part in maintenance, or for those that the descriptor puts together;
        without any the owner's policy as it is.
    :raises PolicyError: naming the place in the descriptor or the policy that cannot be used.
    """
    owners = policy or {}
    try:
        schema.check(owners, policy_schema(), "the policy")
        found = _Descriptor(mapping(vnfd, "the VNFD"), members or {}).policy
    except CollectionError as exc:
        raise PolicyError(f"the VNFD cannot be used: {exc}") from exc
    except schema.Mismatch as exc:
        raise PolicyError(f"the policy cannot be used: {exc}") from exc
    result = _combined(found, owners) if found else owners
    Policy.read("of this VNFD", result)
    return result


class _Descriptor:
    """The parts of a topology template that have to do with maintenance."""

    def __init__(self, vnfd: Dict, members: t.Mapping[str, int]) -> None:
        self._template = mapping(vnfd.get("topology_template", vnfd), "topology_template")
        nodes = mapping(self._template.get("node_templates"), "node_templates")
        known = set(mapping(vnfd.get("vdus"), "vdus"))
        self._vdus = {
            name: mapping(node.get("properties"), f"properties of VDU {name}")
            for name, node in nodes.items()
            if isinstance(node, dict) and (name in known or _VDU.fullmatch(str(node.get("type"))))
        }
        self._scaling = vnfd_scaling.Scaling(self._template)
        self._sizes = {**self._scaling.initial, **members}

    @property
    def policy(self) -> Dict:
        """Groups, scale and constraints; empty when the descriptor says nothing about maintenance."""
        targeted, general, said = self._said()
        marked = [name for name in self._vdus if self._takes_part(name)]
        named = [vdu_id for vdu_ids, _name, _wish in targeted for vdu_id in vdu_ids]
        if said and not marked and not named:
            marked = [name for name in self._vdus if self._takes_part(name) is None]
        if not said and not marked:
            return {}
        groups = [self._group(name, vdu_ids, wish) for vdu_ids, name, wish in targeted]
        groups += [self._group(name, [name], _NO_WISH) for name in marked if name not in named]
        aspects = list(dict.fromkeys(group["aspect_id"] for group in groups if group.get("aspect_id")))
        for group in groups:
            # What is said for the whole VNF fills in what a group leaves open.
            group.update({name: value for name, value in general.items() if name not in ("constraints", *group)})
        scale = [self._scaling.scale(aspect_id) for aspect_id in aspects]
        for group in groups:
            if not any(one["aspect_id"] == group.get("aspect_id") and "instances_per_step" in one for one in scale):
                group.pop("aspect_id", None)
        return {"groups": groups, **({"scale": scale} if scale else {}), "constraints": general["constraints"]}

    def _takes_part(self, vdu_id: str) -> bool | None:
        """Whether a VDU is marked, None when it says nothing."""
        properties = self._vdus[vdu_id]
        if properties.get("maintenance") is not None:
            return vnfd_values.boolean(properties["maintenance"], f"maintenance of VDU {vdu_id}")
        return True if self._info(vdu_id) else None

    def _info(self, vdu_id: str) -> t.Any:
        return mapping(self._vdus[vdu_id].get("vdu_profile"), f"vdu_profile of VDU {vdu_id}").get("nfvi_maintenance_info")

    def _group(self, name: str, vdu_ids: list[str], wish: Dict) -> Dict:
        infos = [
            vnfd_values.of_info(self._info(vdu_id), f"nfvi_maintenance_info of VDU {vdu_id}", self._sizes.get(vdu_id))
            for vdu_id in vdu_ids
        ]
        aspects = {self._scaling.aspect_of(vdu_id) for vdu_id in vdu_ids}
        aspect_id = aspects.pop() if len(aspects) == 1 else None
        aspect = {"aspect_id": aspect_id} if aspect_id else {}
        return {"name": name, "vdu_ids": vdu_ids, **vnfd_values.over(vnfd_values.together(infos), wish), **aspect}

    def _said(self) -> tuple[list[tuple[list[str], str, Dict]], Dict, bool]:
        """The policies with targets, what those without say together, and whether there is any."""
        targeted: list[tuple[list[str], str, Dict]] = []
        general = _NO_WISH
        said = False
        seen: dict[str, str] = {}
        for name, entry in entries(self._template.get("policies"), "policies"):
            if not isinstance(entry, dict) or entry.get("type") != MAINTENANCE:
                continue
            said = True
            wish = vnfd_values.of_properties(entry.get("properties"), f"properties of policy {name}")
            vdu_ids = self._targets(entry.get("targets"), name)
            if not vdu_ids:
                general = vnfd_values.over(general, wish)
                continue
            for vdu_id in vdu_ids:
                if seen.setdefault(vdu_id, name) != name:
                    raise PolicyError(f"VDU {vdu_id} is a target of both policy {seen[vdu_id]} and policy {name}")
            targeted.append((vdu_ids, name, wish))
        return targeted, general, said

    def _targets(self, value: t.Any, policy_name: str) -> list[str]:
        groups = dict(entries(self._template.get("groups"), "groups"))
        found: list[str] = []
        for target in value if isinstance(value, list) else [value] if value else []:
            members = mapping(groups.get(str(target)), f"group {target}").get("members")
            for one in map(str, members if isinstance(members, list) else [target]):
                if one not in self._vdus:
                    known = ", ".join(self._vdus) or "none"
                    raise PolicyError(f"policy {policy_name} has target {one[:100]}, which is no VDU; the VDUs are {known}")
                if one not in found:
                    found.append(one)
        return found


def _combined(found: Dict, owners: Dict) -> Dict:
    scale = [_with_step(one, found) for one in owners["scale"]] if "scale" in owners else found.get("scale", [])
    counted = {one["aspect_id"] for one in scale if one.get("instances_per_step")}
    taken = [vdu_id for group in owners.get("groups", []) for vdu_id in group["vdu_ids"]]
    groups = [_group_of_owner(group, found["groups"]) for group in owners.get("groups", [])]
    groups += [group for group in found["groups"] if not set(group["vdu_ids"]) & set(taken)]
    return {
        **owners,
        "groups": [_feasible(group, counted) for group in groups],
        **({"scale": scale} if scale else {}),
        "constraints": {**found["constraints"], **owners.get("constraints", {})},
    }


def _with_step(one: Dict, found: Dict) -> Dict:
    known: Dict = next((other for other in found.get("scale", []) if other["aspect_id"] == one["aspect_id"]), {})
    step = known.get("instances_per_step")
    return {**({"instances_per_step": step} if step else {}), **one}


def _group_of_owner(group: Dict, wished: list[Dict]) -> Dict:
    """The owner's group, with what the descriptor wishes for its VDUs and the owner does not say."""
    vdu_ids = set(group["vdu_ids"])
    parts = [one for one in wished if set(one["vdu_ids"]) & vdu_ids]
    for part in parts:
        missing = [vdu_id for vdu_id in part["vdu_ids"] if vdu_id not in vdu_ids]
        if missing:
            raise PolicyError(
                f"the VNFD puts VDU {', '.join(part['vdu_ids'])} into one group; a group of the policy has but a part of it, "
                f"and lacks {', '.join(missing)}"
            )
    if not parts:
        return group
    below = parts[0] if len(parts) == 1 else vnfd_values.together(parts)
    kept = {name: below[name] for name in _OF_VNFD if name in below}
    aspects = {part.get("aspect_id") for part in parts} - {None}
    if len(aspects) == 1:
        kept["aspect_id"] = aspects.pop()
    return {**kept, **group, "constraints": {**below["constraints"], **group.get("constraints", {})}}


def _feasible(group: Dict, counted: t.Collection[str]) -> Dict:
    """Without an aspect that nothing counts, and without an OWN_ACTION that nobody has said the meaning of."""
    result = {name: value for name, value in group.items() if name != "aspect_id" or value in counted}
    actions = result.get("actions", [])
    if m.OWN_ACTION in actions and "own_action" not in result:
        result["actions"] = [action for action in actions if action != m.OWN_ACTION]
        if not result["actions"]:
            raise PolicyError(
                f"VDU {', '.join(group['vdu_ids'])} tolerates no migration; say in groups of the policy what OWN_ACTION means "
                "for it (own_action)"
            )
    if result.get("actions") == []:
        raise PolicyError(f"VDU {', '.join(group['vdu_ids'])} tolerate no way of moving that is common to them")
    return result
