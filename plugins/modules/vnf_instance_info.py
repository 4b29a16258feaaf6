#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_instance_info
short_description: Read VNF instances and the servers they consist of
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads VNF instances of a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker.
  - Credentials of the VIM (C(accessInfo)) are never returned.
options:
  id:
    description: Only the VNF instance with this id. An unknown id gives an empty list.
    type: str
    aliases: [vnf_instance_id]
  name:
    description: Only VNF instances of this name. Names need not be unique; an unknown name gives an empty list.
    type: str
    aliases: [vnf_instance_name]
  filter:
    description:
      - Only VNF instances that meet this filter of ETSI NFV-SOL013, for example V((cont,vnfInstanceName,web\)). Several terms are
        joined with C(;), and all of them count.
      - At most one of O(id), O(name) and O(filter) is given.
    type: str
  server_ids:
    description:
      - Only VNF instances that have any of these servers of Nova, as messages about maintenance name them. Tacker has no filter
        for it, so that all that the other options leave are read.
    type: list
    elements: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
notes:
  - VNF instances of Tacker belong to no project. That one is shown does not mean that it is yours.
seealso:
  - module: nfv.maintenance.vnf_instance
  - module: nfv.maintenance.vnf_scale
  - module: nfv.maintenance.vnf_active_member_info
"""

EXAMPLES = r"""
- name: Read one VNF instance
  nfv.maintenance.vnf_instance_info:
    cloud: vnf
    id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
  register: result

- name: Show its servers
  ansible.builtin.debug:
    msg: "{{ result.vnf_instances[0].servers | map(attribute='id') }}"

- name: Read what runs of one package
  nfv.maintenance.vnf_instance_info:
    cloud: vnf
    filter: (eq,vnfdId,b1bb0ce7-ebca-4fa7-95ed-4840d70a1177);(eq,instantiationState,INSTANTIATED)

- name: Find the VNFs of servers
  nfv.maintenance.vnf_instance_info:
    cloud: vnf
    server_ids:
      - 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
  register: affected

- name: Show the VNFC of one
  ansible.builtin.debug:
    msg: "{{ affected.vnf_instances[0].vnfc_of_server['0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d'] }}"
"""

RETURN = r"""
vnf_instances:
  description:
    - The VNF instances, by name. The fields of ETSI NFV-SOL003 have their names in snake case; what is inside them is as the VNF
      manager has it.
    - RV(vnf_instances[].servers) is made from C(instantiatedVnfInfo), by VDU and index.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the VNF instance.
      type: str
      returned: success
    vnf_instance_name:
      description: Its name.
      type: str
      returned: success
    vnf_instance_description:
      description: Its description.
      type: str
      returned: success
    vnfd_id:
      description: Id of the descriptor in its package.
      type: str
      returned: success
    vnf_provider:
      description: Provider of the VNF.
      type: str
      returned: success
    vnf_product_name:
      description: Product name of the VNF.
      type: str
      returned: success
    vnf_software_version:
      description: Software version of the VNF.
      type: str
      returned: success
    vnfd_version:
      description: Version of the descriptor.
      type: str
      returned: success
    instantiation_state:
      description: V(INSTANTIATED) or V(NOT_INSTANTIATED).
      type: str
      returned: success
    vim_connection_info:
      description: The VIMs by key, without credentials.
      type: dict
      returned: success
    instantiated_vnf_info:
      description: What runs, with scale levels, resources and external links.
      type: dict
      returned: success
    vnf_configurable_properties:
      description: Configurable properties.
      type: dict
      returned: success
    metadata:
      description: Metadata.
      type: dict
      returned: success
    extensions:
      description: Extensions.
      type: dict
      returned: success
    servers:
      description: The Nova servers, each with C(id), C(vdu_id), C(index) within the VDU and C(vnfc_info_id), which heal wants.
      type: list
      elements: dict
      returned: success
      sample:
        - id: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
          vdu_id: VDU1
          index: 0
          vnfc_info_id: VDU1-0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
    vnfc_of_server:
      description: The C(vnfc_info_id) of each server by its id in Nova.
      type: dict
      returned: success
      sample:
        0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d: VDU1-0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
    server_of_vnfc:
      description: The id in Nova of each server by its C(vnfc_info_id).
      type: dict
      returned: success
      sample:
        VDU1-0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.instances import find_instances
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_instances"
SPEC: Spec = {
    "id": {"type": "str", "aliases": ["vnf_instance_id"]},
    "name": {"type": "str", "aliases": ["vnf_instance_name"]},
    "filter": {"type": "str"},
    "server_ids": {"type": "list", "elements": "str"},
}
RULES = {"mutually_exclusive": [("id", "name", "filter")]}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The VNF instances asked for."""
    return find_instances(nfv(cloud), params["id"], params["name"], params["filter"], params["server_ids"])


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
