#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_snapshot_info
short_description: Read hosts, servers and server groups as the planner needs them
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads all compute hosts, the servers on them and all server groups, with the room there is.
  - Room comes from Placement (with allocation ratios and reservations), or from Nova's hypervisors where there is no Placement.
  - The number of calls does not grow with the number of servers, but for the pages that Nova makes of long lists.
options:
  constraints:
    description:
      - Constraints as M(nfv.maintenance.maintenance_constraint_info) returns them (C(instances) and C(groups), lists).
      - Those that the owner of the instance or of the group has written become part of the snapshot, by id.
    type: dict
    default: {}
  read_constraints:
    description: Whether the constraints of all projects are read from the session API, in place of O(constraints).
    type: bool
    default: false
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.maintenance_constraint_info
  - module: nfv.maintenance.maintenance_plan
"""

EXAMPLES = r"""
- name: Read the cloud
  nfv.maintenance.maintenance_snapshot_info:
    cloud: admin
  register: result

- name: Show the empty hosts
  ansible.builtin.debug:
    msg: "{{ hosts | difference(result.maintenance_snapshot.instances | map(attribute='host')) }}"
  vars:
    hosts: "{{ result.maintenance_snapshot.hosts | map(attribute='name') }}"
"""

RETURN = r"""
maintenance_snapshot:
  description: The cloud as it was at this moment.
  returned: success
  type: dict
  contains:
    hosts:
      description: All compute hosts, by name. An amount that is V(null) is not known and does not bind.
      type: list
      elements: dict
      sample:
        - name: compute-1
          type: compute
          zone: nova
          vcpus: 4
          vcpus_used: 2
          memory_mb: 8192
          memory_mb_used: 512
          disk_gb: 100
          disk_gb_used: 1
          status: enabled
          state: up
          disabled_reason: null
          forced_down: false
          service_id: 3e5f6d2c-3d0b-4a3c-8a71-6f7f8a7a3b51
          hypervisor_version: 6002000
    instances:
      description:
        - All servers on these hosts, by id.
        - C(down) is there, and true, when a server does not run although it should. It is in
          C(ERROR), or is C(ACTIVE) without power.
      type: list
      elements: dict
      sample:
        - id: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
          name: vnf-a-worker-3
          project_id: 3f07249d4e754565a30c590a16995e80
          host: compute-1
          status: ACTIVE
          task_state: null
          vcpus: 2
          memory_mb: 512
          disk_gb: 1
          group: null
          locked: false
    groups:
      description: The server groups of all projects, by id.
      type: list
      elements: dict
      sample:
        - id: e1f70a5c-6a1f-4f0e-9a64-6b4c5f3e2d10
          name: db-pair
          policy: anti-affinity
          members: [5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11]
          max_server_per_host: null
    constraints:
      description: What O(constraints) had, or the session API.
      type: dict
      sample: {instances: {}, groups: {}}
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.nova import OUTAGE, Nova
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.snapshot import read_snapshot
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.constraints import registered
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "maintenance_snapshot"
SPEC: Spec = {"constraints": {"type": "dict", "default": {}}, "read_constraints": {"type": "bool", "default": False}}


def read(params: Params, cloud: Connection) -> Record:
    """The snapshot."""
    constraints = registered(maintenance(cloud)) if params["read_constraints"] else params["constraints"]
    return read_snapshot(Nova(cloud, OUTAGE), constraints)


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
