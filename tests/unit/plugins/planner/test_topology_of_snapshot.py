# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a snapshot to a topology: everything that a plan depends on, and no name where none is wanted."""

from __future__ import annotations

import copy

import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.plugin_utils._topology import maintenance_topology

RED, BLUE = "3f07249d4e754565a30c590a16995e80", "3f07249d00004565a30c590a16995e81"
ROOM = {"vcpus": 8, "vcpus_used": 4, "memory_mb": 16384, "memory_mb_used": 8192, "disk_gb": None, "disk_gb_used": 80}
SNAPSHOT = {
    "hosts": [
        {"name": "secret-b", "zone": "secret-zone", "status": "disabled", "state": "down", "disabled_reason": "secret fan",
         **ROOM},
        {"name": "secret-a", "zone": "nova", "status": "enabled", "state": "up", "hypervisor_version": 8002000,
         **ROOM, "vcpus_used": 6},
    ],
    "instances": [
        {"id": "i1", "name": "secret-db", "project_id": RED, "host": "secret-a", "status": "ACTIVE", "vcpus": 4,
         "memory_mb": 8192, "disk_gb": 80, "group": "g1", "locked": True,
         "extra_specs": {"trait:X": "required"}, "tags": ["maintenance:no-live"]},
        {"id": "i2", "name": "secret-db", "project_id": BLUE, "host": "secret-b", "status": "SUSPENDED", "vcpus": 4,
         "memory_mb": 8192, "disk_gb": 80, "group": None},
        {"id": "i3", "name": "secret-lost", "project_id": BLUE, "host": "elsewhere", "status": "ACTIVE", "vcpus": 1},
    ],
    "groups": [
        {"id": "g1", "name": "secret-pair", "policy": "anti-affinity", "members": ["i1", "gone"], "max_server_per_host": 2},
        {"id": "g2", "name": "secret-empty", "policy": "affinity", "members": ["gone"], "max_server_per_host": None},
    ],
    "constraints": {
        "instances": {"i2": {"instance_id": "i2", "project_id": BLUE, "group_id": "own", "lead_time": 60,
                             "migration_type": "MIGRATE", "resource_mitigation": False, "instance_name": "secret-db"}},
        "groups": {"own": {"group_id": "own", "project_id": BLUE, "group_name": "secret-quorum", "max_impacted_members": 2,
                           "recovery_time": 5}},
    },
    "unseen": [{"id": "i9"}],
}  # fmt: skip


def test_everything_that_a_plan_depends_on_is_there():
    found = maintenance_topology(copy.deepcopy(SNAPSHOT))
    names = ["project-3f07249d", "project-3f07249d~2"]
    assert found["projects"] == ["admin", "service", *names]
    assert [user["cloud"] for user in found["users"]] == ["lab-admin", "lab-session-api", *(f"lab-{name}" for name in names)]
    # Two of six vCPUs belong to no instance, and nobody knows how large the disks are.
    assert found["hosts"] == [
        {"name": "secret-a", "vcpus": 6, "memory_mb": 16384, "disk_gb": 1_000_000_000, "zone": "nova", "version": 8002000},
        {"name": "secret-b", "vcpus": 8, "memory_mb": 16384, "disk_gb": 1_000_000_000, "zone": "secret-zone", "enabled": False,
         "disabled_reason": "secret fan", "down": True},
    ]  # fmt: skip
    flavor = "4-vcpus-8192-mb-80-gb"
    assert found["flavors"] == [{"name": flavor, "vcpus": 4, "memory_mb": 8192, "disk_gb": 80}]
    projects = {one["name"]: one["project"] for one in found["groups"]}
    assert found["groups"] == [
        {"name": "secret-pair", "project": projects["secret-pair"], "policy": "anti-affinity", "max_server_per_host": 2},
        {"name": "secret-quorum", "project": projects["secret-quorum"], "max_impacted_members": 2,
         "constraint": {"max_impacted_members": 2, "recovery_time": 5}},
    ]  # fmt: skip
    assert found["servers"] == [
        {"name": "secret-db", "project": projects["secret-pair"], "flavor": flavor, "host": "secret-a", "group": "secret-pair",
         "locked": True},
        {"name": "secret-db~2", "project": projects["secret-quorum"], "flavor": flavor, "host": "secret-b",
         "group": "secret-quorum",
         "constraint": {"lead_time": 60, "migration_type": "MIGRATE", "resource_mitigation": False, "group": "secret-quorum"}},
    ]  # fmt: skip


def test_what_the_lab_cannot_play_is_said():
    notes = " ".join(maintenance_topology(SNAPSHOT)["notes"])
    assert "SUSPENDED are ACTIVE: 1" in notes
    assert "traits" in notes
    assert "tags" in notes
    assert "did not answer are left out: 1" in notes


def test_no_name_is_left_with_a_key_and_the_shape_stays():
    plain, hashed = maintenance_topology(SNAPSHOT), maintenance_topology(SNAPSHOT, hash_key="k")
    text = yaml.safe_dump(hashed)
    for word in ("secret", "3f07249d", "fan"):
        assert word not in text
    assert [len(hashed[part]) for part in hashed] == [len(plain[part]) for part in plain]
    homes = {host["name"] for host in hashed["hosts"]}
    assert len(homes) == 2
    assert {server["host"] for server in hashed["servers"]} == homes
    assert maintenance_topology(SNAPSHOT, hash_key="k") == hashed
    assert maintenance_topology(SNAPSHOT, hash_key="another")["hosts"] != hashed["hosts"]


def test_a_host_that_a_session_has_disabled_stays_one():
    snapshot = copy.deepcopy(SNAPSHOT)
    snapshot["hosts"][0]["disabled_reason"] = "nfv.maintenance session 7c1f: kernel"
    assert maintenance_topology(snapshot, hash_key="k")["hosts"][1]["disabled_reason"] == "nfv.maintenance session hashed"


@pytest.mark.parametrize("part", ["hosts", "instances"])
def test_what_is_no_snapshot_is_refused(part):
    with pytest.raises(KeyError):
        maintenance_topology({key: value for key, value in SNAPSHOT.items() if key != part})
