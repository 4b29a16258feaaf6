#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_constraint_info
short_description: Read what instances and groups tolerate
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads the constraints that owners of VNFs have registered at the session API, in the form that
    M(nfv.maintenance.maintenance_snapshot_info) takes.
  - A Fenix has no list of constraints; there the result is empty.
options:
  project_id:
    description: Only those of this project.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.maintenance_snapshot_info
  - module: nfv.maintenance.maintenance_plan
"""

EXAMPLES = r"""
- name: Read all constraints
  nfv.maintenance.maintenance_constraint_info:
    cloud: admin
  register: result

- name: Take them into the snapshot
  nfv.maintenance.maintenance_snapshot_info:
    cloud: admin
    constraints: "{{ result.maintenance_constraints }}"
"""

RETURN = r"""
maintenance_constraints:
  description:
    - The constraints of instances and of groups, each with the project that wrote it.
    - Two projects may have written one for the same id; the snapshot takes the owner's.
  returned: success
  type: dict
  sample:
    instances:
      - instance_id: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
        project_id: 3f07249d4e754565a30c590a16995e80
        group_id: 2ef2b637-4d8a-48bd-9924-91280c7f1611
        lead_time: 40
        max_interruption_time: 120
        migration_type: MIGRATE
    groups:
      - group_id: 2ef2b637-4d8a-48bd-9924-91280c7f1611
        project_id: 3f07249d4e754565a30c590a16995e80
        max_impacted_members: 1
        recovery_time: 4
        anti_affinity_group: true
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "maintenance_constraints"
SPEC: Spec = {"project_id": {"type": "str"}}


def read(params: Params, cloud: Connection) -> Record:
    """All that the session API has."""
    proxy = maintenance(cloud)
    found = proxy.constraints(params["project_id"]) if proxy.is_session_api() else {}
    return {"instances": found.get("instances", []), "groups": found.get("instance_groups", [])}


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
