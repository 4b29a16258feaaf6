#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_package_info
short_description: Read VNF packages
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads the packages of a VNF manager that speaks version 1 of the ETSI NFV package management interface, such as Tacker.
options:
  id:
    description: Only the package with this id. An unknown id gives an empty list, as with the other options.
    type: str
    aliases: [package_id]
  vnfd_id:
    description: Only the package with this id in its VNFD.
    type: str
  provider:
    description: Only packages of VNFs of this provider.
    type: str
  product_name:
    description: Only packages of VNFs of this name.
    type: str
  software_version:
    description: Only packages of VNFs of this version.
    type: str
  vnfd_version:
    description: Only packages with this version of the VNFD.
    type: str
  filter:
    description: Only packages that meet this filter of ETSI NFV-SOL013. Not together with the other options.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
notes:
  - Packages of Tacker belong to a project; to others they do not exist.
seealso:
  - module: nfv.maintenance.vnf_package
  - module: nfv.maintenance.vnfd_info
"""

EXAMPLES = r"""
- name: Read the packages of a product
  nfv.maintenance.vnf_package_info:
    cloud: vnf
    product_name: core
  register: result

- name: Show the versions that VNFs can be made of
  ansible.builtin.debug:
    msg: "{{ result.vnf_packages | selectattr('operational_state', 'eq', 'ENABLED') | map(attribute='software_version') }}"

- name: Read what nobody uses
  nfv.maintenance.vnf_package_info:
    cloud: vnf
    filter: (eq,usageState,NOT_IN_USE);(eq,onboardingState,ONBOARDED)
"""

RETURN = r"""
vnf_packages:
  description: The packages, by product, version and id.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the package.
      type: str
      returned: success
    vnfd_id:
      description: Id in its VNFD, null as long as it is not on board.
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
    vnfd_version:
      description: Version of the VNFD.
      type: str
      returned: success
    onboarding_state:
      description: V(CREATED), V(UPLOADING), V(PROCESSING) or V(ONBOARDED).
      type: str
      returned: success
    operational_state:
      description: V(ENABLED) or V(DISABLED).
      type: str
      returned: success
    usage_state:
      description: V(IN_USE) or V(NOT_IN_USE).
      type: str
      returned: success
    checksum:
      description: Checksum of the content, with C(algorithm) and C(hash).
      type: dict
      returned: success
    software_images:
      description: Software images of the package, as the VNF manager has them.
      type: list
      elements: dict
      returned: success
    additional_artifacts:
      description: Artefacts with checksums, as the VNF manager has them.
      type: list
      elements: dict
      returned: success
    user_defined_data:
      description: Names and texts that are kept with the package.
      type: dict
      returned: success
  sample:
    - id: 6e4d8a7c-1f0b-4c58-a0b5-2a7a3c1d9e10
      vnfd_id: b1bb0ce7-ebca-4fa7-95ed-4840d70a1177
      provider: Company
      product_name: core
      software_version: "2.0"
      vnfd_version: "2.0"
      onboarding_state: ONBOARDED
      operational_state: ENABLED
      usage_state: NOT_IN_USE
      checksum:
        algorithm: sha512
        hash: 0b2a217083fae1f95d84b07c642efc4e
      software_images: []
      additional_artifacts: []
      user_defined_data:
        ticket: "4711"
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.packages import Packages, package_record
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_packages"
KNOWN = ("vnfd_id", "provider", "product_name", "software_version", "vnfd_version")
SPEC: Spec = {
    "id": {"type": "str", "aliases": ["package_id"]},
    **{name: {"type": "str"} for name in KNOWN},
    "filter": {"type": "str"},
}
RULES = {"mutually_exclusive": [("filter", name) for name in ("id", *KNOWN)]}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The packages asked for."""
    packages = Packages(cloud)
    if params["filter"]:
        found = packages.list(params["filter"])
    else:
        found = packages.find(package_id=params["id"], **{name: params[name] for name in KNOWN})
    order = ("product_name", "software_version", "id")
    return sorted(map(package_record, found), key=lambda record: [str(record[name]) for name in order])


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
