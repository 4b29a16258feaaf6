# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What OWN_ACTION means for the instances of a VNF (private to this collection)."""

from __future__ import annotations

import typing as t

from ...module_utils._maintenance import messages as m
from .policy import CHANGE, DEFAULT_ON_FAILURE, HEAL, TASKS, Group, fits
from .vnf import Vnf

Dict = dict[str, t.Any]

# What a package is named by, in the policy and in the record of a VNF.
_PACKAGE = {"vnfd_id": "vnfd_id", "product_name": "vnf_product_name", "software_version": "vnf_software_version"}
# In Tacker's parameters of a stack.
_FLAVOR = "computeFlavourId"


def is_due(vnf: Vnf, group: Group, server: Dict, message: Dict) -> bool:
    """Whether OWN_ACTION takes an instance off its host.

    A change of the package does so only where it changes something, and before PLANNED_MAINTENANCE no host has what is new.
    """
    if group.own_action is None or group.own_action["kind"] != CHANGE:
        return group.own_action is not None
    capability = _offered(group.own_action, server, message.get("metadata") or {})
    return message["state"] == m.PLANNED_MAINTENANCE and capability is not None and not _has(vnf, server, capability)


def works(vnf: Vnf, servers: t.Sequence[Dict], metadata: t.Mapping[str, t.Any]) -> list[Dict]:
    """The work for these instances: of the owner's tasks one for each, otherwise one for all that go together.

    Each has ``kind``, ``group`` and ``vnf_id``; of kind ``tasks`` further ``tasks``, ``instance_id``, ``vdu_id`` and
    ``vnfc_info_id``, else ``instance_ids`` and ``on_failure``, and with ``change_vnfpkg`` options of that module as ``change``.
    """
    found: list[Dict] = []
    for group in vnf.policy.groups:
        members = [server for server in servers if server["vdu_id"] in group.vdu_ids]
        own = group.own_action
        if not members or own is None:
            continue
        common = {"kind": own["kind"], "group": group.name, "vnf_id": vnf.id}
        if own["kind"] == TASKS:
            found += [{**common, **_tasks(own, server)} for server in members]
            continue
        common["on_failure"] = own.get("on_failure", list(DEFAULT_ON_FAILURE[own["kind"]]))
        if own["kind"] == HEAL:
            found.append({**common, "instance_ids": _ids(members)})
            continue
        for capability in own["capabilities"]:
            fit = [server for server in members if _offered(own, server, metadata) is capability]
            change = _change(capability, fit)
            same = next((one for one in found if one.get("change") == change), None)
            if same is not None:
                same["instance_ids"] += _ids(fit)
            elif fit:
                found.append({**common, "instance_ids": _ids(fit), "change": change})
    return found


def _ids(servers: t.Iterable[Dict]) -> list[str]:
    return [str(server["id"]) for server in servers]


def _tasks(own: Dict, server: Dict) -> Dict:
    return {
        "tasks": own["tasks"],
        "instance_id": server["id"],
        "vdu_id": server["vdu_id"],
        "vnfc_info_id": server.get("vnfc_info_id"),
    }


def _offered(own: Dict, server: Dict, metadata: t.Mapping[str, t.Any]) -> Dict | None:
    """The first capability of the policy that the metadata offers and that means something for the server's VDU."""
    found = (one for one in own["capabilities"] if fits(one["metadata"], metadata))
    return next((one for one in found if server["vdu_id"] in one.get("flavors", (server["vdu_id"],))), None)


def _has(vnf: Vnf, server: Dict, capability: Dict) -> bool:
    """Whether a change for this capability would change nothing for the server."""
    if "flavors" in capability:
        return bool(vnf.flavor(server["id"]) == capability["flavors"][server["vdu_id"]])
    return all(vnf.record.get(_PACKAGE[name]) == value for name, value in _package(capability).items())


def _package(capability: Dict) -> Dict:
    return {name: capability[name] for name in _PACKAGE if name in capability}


def _change(capability: Dict, servers: t.Sequence[Dict]) -> Dict:
    """Another package is for the whole VNF, another flavor for these servers alone, where their user data tells them apart."""
    if "flavors" not in capability:
        return _package(capability)
    flavors = capability["flavors"]
    direct = {
        f"{server['vdu_id']}-{server['index']}": {_FLAVOR: flavors[server["vdu_id"]]}
        for server in servers
        if server.get("index") is not None
    }
    whole = {server["vdu_id"] for server in servers if server.get("index") is None}
    vdu_ids = sorted({server["vdu_id"] for server in servers})
    vdus = [{"vdu_id": vdu_id, **({"flavor": flavors[vdu_id]} if vdu_id in whole else {})} for vdu_id in vdu_ids]
    return {"vdus": vdus, **({"additional_params": {"nfv": {"VDU": direct}}} if direct else {})}
