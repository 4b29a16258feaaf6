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
  - With an administrator's credentials they are those of all projects, else those of the project.
  - A Fenix has no list of constraints; there the result is empty.
options:
  project_id:
    description: Only those of this project. Another project than the one of the credentials needs an administrator.
    type: str
  missing_service:
    description:
      - What to do when the catalogue has no maintenance service. V(warn) warns and returns that there are no constraints, for
        whoever looks at a cloud before the service is there.
    type: str
    choices: [fail, warn]
    default: fail
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.maintenance_constraint
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
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import ServiceError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.constraints import registered
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection, EndpointNotFound

RETURNS = "maintenance_constraints"
SPEC: Spec = {
    "project_id": {"type": "str"},
    "missing_service": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
}
MISSING = (
    "The catalogue has no maintenance service, so no constraints of projects are known. Next: set up the session API "
    "(role nfv.maintenance.session_api) before the maintenance"
)


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:  # pylint: disable=unused-argument
    """All that the session API has."""
    try:
        record, warnings = registered(maintenance(cloud), params["project_id"]), []
    except ServiceError as exc:
        if params["missing_service"] == "fail" or not isinstance(exc.__cause__, EndpointNotFound):
            raise
        record, warnings = {"instances": [], "groups": []}, [MISSING]
    return Result(False, record, extra={"warnings": warnings})


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
