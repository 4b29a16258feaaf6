# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNFs, messages and policies, in the form in which the role has them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.decide import maintenance_decisions

Dict = dict[str, t.Any]

ALL = ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION"]
PAIR: Dict = {
    "name": "db", "vdu_ids": ["ha"], "active": {"floating_ip": "172.24.0.11"}, "actions": ["LIVE_MIGRATE", "MIGRATE"],
}  # fmt: skip
POLICY: Dict = {"groups": [PAIR], "scale": [{"aspect_id": "worker", "steps": 1}], "actions": ["MIGRATE"]}


def vnf(vnf_id="v1", *, level=3, state="INSTANTIATED", metadata=None, servers=("ha-0", "ha-1", "worker-0"), levels=None) -> Dict:
    status = [{"aspectId": name, "scaleLevel": number} for name, number in (levels or {"worker": level}).items()]
    return {
        "id": vnf_id, "instantiation_state": state, "metadata": metadata or {},
        "instantiated_vnf_info": {"scaleStatus": status},
        "servers": [{"id": name, "vdu_id": name.rsplit("-", 1)[0], "vnfc_info_id": f"vnfc-{name}"} for name in servers],
    }  # fmt: skip


def message(state, instance_ids=(), **more) -> Dict:
    return {
        "id": "m1", "session_id": "s1", "project_id": "p1", "state": state, "instance_ids": list(instance_ids), "metadata": {},
        "allowed_actions": ALL if state.endswith(("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")) else [],
        "reply_at": "2026-11-21T01:00:00Z", "vnf_ids": ["v1"], **more,
    }  # fmt: skip


def decide(one, vnfs=None, policies=None, unread="") -> Dict:
    known = [vnf()] if vnfs is None else vnfs
    [decision] = maintenance_decisions([one], known, {"default": POLICY} | (policies or {}), unread)
    return decision
