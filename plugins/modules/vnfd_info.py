#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnfd_info
short_description: Read the descriptor of a VNF out of its package
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Finds the VNF package with a descriptor among those that Tacker has, and reads one deployment flavour of the descriptor (ETSI
    NFV-SOL001).
  - What stands in the descriptor is data; no tag of YAML is followed, and its size is bounded.
options:
  vnfd_id:
    description: Id of the descriptor. One that no package of the project has gives an empty list.
    type: str
    required: true
  flavour_id:
    description: Id of the deployment flavour. Not needed where the descriptor has only one; an unknown one is an error.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
notes:
  - VNF packages of Tacker belong to a project. To others they do not exist.
seealso:
  - module: nfv.maintenance.vnf_package_info
  - module: nfv.maintenance.vnf_instance_info
  - plugin: nfv.maintenance.vnfd_maintenance
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the descriptor of a VNF
  nfv.maintenance.vnfd_info:
    cloud: vnf
    vnfd_id: "{{ vnf.vnfd_id }}"
    flavour_id: "{{ vnf.instantiated_vnf_info.flavourId }}"
  register: result

- name: Show the maintenance policy that it asks for
  ansible.builtin.debug:
    msg: "{{ result.vnfds[0] | nfv.maintenance.vnfd_maintenance }}"
"""

RETURN = r"""
vnfds:
  description: The descriptor, if there is one.
  returned: success
  type: list
  elements: dict
  contains:
    vnfd_id:
      description: Its id.
      type: str
      returned: success
    provider:
      description: Provider of the VNF.
      type: str
      returned: success
    product_name:
      description: Product name of the VNF.
      type: str
      returned: success
    software_version:
      description: Software version of the VNF.
      type: str
      returned: success
    version:
      description: Version of the descriptor.
      type: str
      returned: success
    flavour_id:
      description: The deployment flavour.
      type: str
      returned: success
    topology_template:
      description: The topology template of the deployment flavour over that of the whole descriptor.
      type: dict
      returned: success
    vdus:
      description: The VDUs by name, each with C(flavor), C(image) and C(properties).
      type: dict
      returned: success
    aspects:
      description: Highest level of each scaling aspect.
      type: dict
      returned: success
    external_cps:
      description: The VDU of each external connection point, empty where it belongs to none.
      type: dict
      returned: success
    virtual_links:
      description: The internal virtual links.
      type: list
      elements: str
      returned: success
    levels:
      description: The instantiation levels.
      type: list
      elements: str
      returned: success
    default_level:
      description: The instantiation level that is used unless another one is asked for, null when there is none.
      type: str
      returned: success
"""

import dataclasses

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.packages import Packages
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.vnfd import Vnfd
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnfds"
SPEC: Spec = {
    "vnfd_id": {"type": "str", "required": True},
    "flavour_id": {"type": "str"},
}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The descriptor asked for."""
    packages = Packages(cloud)
    found = packages.find(vnfd_id=params["vnfd_id"])
    return [vnfd_record(packages.vnfd(str(one["id"]), params["flavour_id"])) for one in found]


def vnfd_record(vnfd: Vnfd) -> Record:
    """A descriptor as it is returned."""
    record = dataclasses.asdict(vnfd)
    return {**record, "topology_template": record.pop("template")}


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
