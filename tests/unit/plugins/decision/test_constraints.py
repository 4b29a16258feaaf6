# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The constraints of a VNF follow from its policy and its present shape."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.constraints import maintenance_constraints

from .conftest import PAIR, POLICY, vnf

NOVA = {"id": "nova-group", "name": "ha", "policy": "anti-affinity", "max_server_per_host": None}
POOL = {"vdu_ids": ["worker"], "at_least": 2, "constraints": {"recovery_time": 5, "lead_time": 10}}


def wanted(policy, members=(), **shape):
    return maintenance_constraints(vnf(**shape), {"default": policy}, members)


def test_without_constraints_in_the_policy_nothing_is_registered():
    assert wanted(POLICY) == {"instances": [], "groups": []}


def test_a_pair_in_a_server_group_of_nova():
    members = [{"id": name, "server_group": NOVA if name.startswith("ha") else None} for name in ("ha-0", "ha-1", "worker-0")]
    found = wanted({"groups": [PAIR], "constraints": {"lead_time": 30}}, members)
    assert found["groups"] == [{
        "group_id": "nova-group", "group_name": "db", "recovery_time": 60, "max_impacted_members": 1, "resource_mitigation": True,
        "anti_affinity_group": True, "max_instances_per_host": 1,
    }]  # fmt: skip
    assert found["instances"][0] == {
        "instance_id": "ha-0", "group_id": "nova-group", "lead_time": 30, "max_interruption_time": 120,
        "migration_type": "LIVE_MIGRATE", "resource_mitigation": True,
    }  # fmt: skip
    assert found["instances"][2]["migration_type"] == "MIGRATE"
    assert "group_id" not in found["instances"][2]


def test_members_of_different_server_groups_have_a_group_of_their_own():
    members = [{"id": "ha-0", "server_group": NOVA}, {"id": "ha-1", "server_group": {**NOVA, "id": "another"}}]
    [group] = wanted({"groups": [PAIR], "constraints": {}}, members)["groups"]
    assert group["group_id"] not in ("nova-group", "another")
    assert (group["anti_affinity_group"], group["max_instances_per_host"]) == (False, 0)


@pytest.mark.parametrize(("workers", "impacted"), [(5, 3), (3, 1), (2, 1)])
def test_how_many_may_be_impacted_follows_the_number_of_members(workers, impacted):
    servers = tuple(f"worker-{number}" for number in range(workers))
    found = wanted({"groups": [POOL], "constraints": {}}, servers=servers)
    assert found["groups"][0]["max_impacted_members"] == impacted
    assert found["groups"][0]["recovery_time"] == 5
    assert {one["lead_time"] for one in found["instances"]} == {10}
    assert len(found["instances"]) == workers


def test_a_group_without_members_is_not_registered():
    assert wanted({"groups": [POOL], "constraints": {}}, servers=("ha-0",))["groups"] == []


def test_ids_are_the_same_each_time_and_differ_between_vnfs():
    policy = {"default": {"groups": [POOL], "constraints": {}}}
    one, again, other = (maintenance_constraints(vnf(name), policy)["groups"] for name in ("v1", "v1", "v2"))
    assert one == again
    assert one[0]["group_id"] != other[0]["group_id"]


def test_a_vnf_that_does_not_run_has_none():
    assert wanted({"constraints": {}}, state="NOT_INSTANTIATED")["instances"] == []


def test_a_policy_that_cannot_be_used_is_an_error():
    with pytest.raises(ValueError, match="the policy of VNF v1 cannot be used: x is unknown"):
        wanted({"x": 1})
