#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_constraint
short_description: Register what instances and groups tolerate during maintenance
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the owner of VNFs. Writes constraints of instances and of groups at the maintenance service of the catalogue, as many as
    are given in one task; what is equal already is not written again.
  - What was registered besides the options below is kept.
options:
  state:
    description:
      - V(present) writes them. V(absent) removes those of the ids given; nothing but the ids matters then.
    type: str
    choices: [present, absent]
    default: present
  instances:
    description:
      - Constraints of instances. All but O(instances[].group_id) and O(instances[].instance_name) are required with
        O(state=present).
    type: list
    elements: dict
    default: []
    suboptions:
      instance_id:
        description: Id of the server.
        type: str
        required: true
      instance_name:
        description: Its name, for people.
        type: str
      group_id:
        description: The group it is a member of.
        type: str
      lead_time:
        description: Seconds of notice that its owner needs.
        type: int
      max_interruption_time:
        description: Seconds that a live migration may interrupt it.
        type: int
      migration_type:
        description: The action its owner prefers.
        type: str
        choices: [MIGRATE, LIVE_MIGRATE, OWN_ACTION]
      resource_mitigation:
        description: Whether a replacement is wanted while it is worked on.
        type: bool
  groups:
    description: Constraints of groups. All but O(groups[].group_name) are required with O(state=present).
    type: list
    elements: dict
    default: []
    suboptions:
      group_id:
        description: Id of Nova's server group, or any id that its members name.
        type: str
        required: true
      group_name:
        description: Its name, for people.
        type: str
      anti_affinity_group:
        description: Whether its members have to be on different hosts.
        type: bool
      max_instances_per_host:
        description: How many members one host may have; V(0) for no limit.
        type: int
      max_impacted_members:
        description: How many members may be worked on at the same time.
        type: int
      recovery_time:
        description: Seconds between the end of the work on one member and the beginning of that on another.
        type: int
      resource_mitigation:
        description: Whether a replacement is wanted while a member is worked on.
        type: bool
  vnf_instance_id:
    description:
      - The VNF they are for, which is kept with them. With O(state=present), what is registered for this VNF and is not among
        O(instances) and O(groups) is removed.
      - A Fenix keeps no such thing and has no list of constraints, so nothing is found there.
    type: str
  project_id:
    description: The project of the instances; that of the credentials unless it is given.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.maintenance_constraint_info
  - plugin: nfv.maintenance.maintenance_constraints
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Register a pair
  nfv.maintenance.maintenance_constraint:
    cloud: vnf-owner
    groups:
      - group_id: 2ef2b637-4d8a-48bd-9924-91280c7f1611
        group_name: db
        anti_affinity_group: true
        max_instances_per_host: 1
        max_impacted_members: 1
        recovery_time: 60
        resource_mitigation: true
    instances:
      - instance_id: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
        group_id: 2ef2b637-4d8a-48bd-9924-91280c7f1611
        lead_time: 120
        max_interruption_time: 120
        migration_type: LIVE_MIGRATE
        resource_mitigation: true

- name: Keep what is registered for a VNF equal to its shape
  nfv.maintenance.maintenance_constraint:
    cloud: vnf-owner
    instances: "{{ wanted.instances }}"
    groups: "{{ wanted.groups }}"
    vnf_instance_id: "{{ vnf.id }}"
  vars:
    wanted: "{{ vnf | nfv.maintenance.maintenance_constraints(policies) }}"

- name: Remove the constraint of an instance
  nfv.maintenance.maintenance_constraint:
    cloud: vnf-owner
    state: absent
    instances:
      - instance_id: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
"""

RETURN = r"""
maintenance_constraint:
  description: The constraints as they are now, and the ids of those that were written and removed, or would be.
  returned: success
  type: dict
  sample:
    instances:
      - instance_id: 5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11
        project_id: 3f07249d4e754565a30c590a16995e80
        group_id: 2ef2b637-4d8a-48bd-9924-91280c7f1611
        lead_time: 120
        max_interruption_time: 120
        migration_type: LIVE_MIGRATE
        resource_mitigation: true
    groups: []
    written: [5b0c1f0e-31c2-4f31-8b2e-3f6f1f9d6a11]
    removed: []
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import constraints, messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "maintenance_constraint"
_INSTANCE: Spec = {
    "instance_id": {"type": "str", "required": True},
    "instance_name": {"type": "str"},
    "group_id": {"type": "str"},
    "lead_time": {"type": "int"},
    "max_interruption_time": {"type": "int"},
    "migration_type": {"type": "str", "choices": [*messages.ACTIONS]},
    "resource_mitigation": {"type": "bool"},
}
_GROUP: Spec = {
    "group_id": {"type": "str", "required": True},
    "group_name": {"type": "str"},
    "anti_affinity_group": {"type": "bool"},
    "max_instances_per_host": {"type": "int"},
    "max_impacted_members": {"type": "int"},
    "recovery_time": {"type": "int"},
    "resource_mitigation": {"type": "bool"},
}
_OPTIONAL = ("instance_name", "group_name")
SPEC: Spec = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "instances": {"type": "list", "elements": "dict", "default": [], "options": _INSTANCE},
    "groups": {"type": "list", "elements": "dict", "default": [], "options": _GROUP},
    "vnf_instance_id": {"type": "str"},
    "project_id": {"type": "str"},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._maintenance.constraints`."""
    kept = constraints.Constraints(maintenance(cloud), params["project_id"])
    given = _given(params)
    if params["state"] == "absent":
        return kept.remove([*given], check_mode)
    for (kind, id_), record in given.items():
        optional = (*_OPTIONAL, "group_id") if kind == constraints.INSTANCE else _OPTIONAL
        missing = [name for name, value in record.items() if value is None and name not in optional]
        if missing:
            raise CollectionError(f"The constraint of {kind} {id_} lacks {', '.join(missing)}")
    wanted = {key: {name: value for name, value in record.items() if value is not None} for key, record in given.items()}
    return kept.ensure(wanted, params["vnf_instance_id"], check_mode)


def _given(params: Params) -> dict[constraints.Key, Record]:
    kinds = ((constraints.INSTANCE, params["instances"]), (constraints.GROUP, params["groups"]))
    return {(kind, one[constraints.IDS[kind]]): one for kind, records in kinds for one in records}


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
