#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_package
short_description: Bring a VNF package on board, enable, disable or delete it
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Manages the packages of a VNF manager that speaks version 1 of the ETSI NFV package management interface, such as Tacker.
  - Which package is meant, O(src), O(id), O(vnfd_id) or O(product_name) says; at least one of them is required.
  - A content that is given says itself which package it is, by the id in its VNFD. It is uploaded when no package has that id,
    and compared by its checksum when one has it.
  - Tacker does not say why it refuses a content. So what it would refuse is looked for before anything is sent, in check mode
    too - C(TOSCA.meta), the VNFD with all that it imports, names of instantiation levels, files and checksums of artefacts.
options:
  state:
    description:
      - V(present) brings the content of O(src) or O(uri) on board. Without a content the package has to be there.
      - V(enabled) and V(disabled) do the same, and see to it that VNF instances can or cannot be made of it. A new package is
        enabled by itself.
      - V(absent) disables the package and deletes it. One that VNF instances use is an error that names them.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  src:
    description:
      - The content, a CSAR file, or a directory of which one is made. It is read where the task runs.
      - Of a directory, names that begin with a dot are left out. The same files always make the same archive.
    type: path
  uri:
    description:
      - Address from which the VNF manager fetches the content by itself. It cannot be looked at beforehand.
      - Requires O(vnfd_id), by which it is known whether it is on board already. Not together with O(src).
    type: str
  uri_user:
    description: User name for O(uri).
    type: str
  uri_password:
    description: Password for O(uri).
    type: str
  checksum:
    description:
      - Checksum of the content at O(uri), as in V(sha512:<hexadecimal digits>), of the algorithm that the VNF manager uses.
      - Without it, a package that has the O(vnfd_id) is taken for the right one.
    type: str
  id:
    description: Id of the package. With a content, that of an empty one to fill.
    type: str
    aliases: [package_id]
  vnfd_id:
    description: Id in the VNFD of the package.
    type: str
  provider:
    description: Provider in the VNFD of the package.
    type: str
  product_name:
    description: Product name in the VNFD of the package. Several packages with all that is given are an error that lists them.
    type: str
  software_version:
    description: Software version in the VNFD of the package.
    type: str
  vnfd_version:
    description: Version of the VNFD of the package.
    type: str
  user_defined_data:
    description:
      - Names and texts that are kept with the package. Others that it has stay; the VNF manager cannot take one away.
      - Tacker 16 changes those of an existing package only for an administrator.
    type: dict
  replace:
    description:
      - Whether a package with the same id in its VNFD and another content is deleted to make room for this one. One that VNF
        instances use never is.
      - Without it, that is an error.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the content is on board.
      - With V(false) the task returns as soon as it is sent. That it is refused then shows only in the next run, and
        O(state=disabled) is reached only there.
    type: bool
    default: true
  timeout:
    description: Seconds to wait until the content is on board.
    type: int
    default: 300
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - Packages of Tacker belong to a project; to others they do not exist. The id of a VNFD can be only once in the installation
    all the same.
seealso:
  - module: nfv.maintenance.vnf_package_info
"""

EXAMPLES = r"""
- name: Bring a directory on board
  nfv.maintenance.vnf_package:
    cloud: vnf
    src: "{{ playbook_dir }}/packages/core-2.0"
    user_defined_data:
      ticket: "4711"

- name: Have the VNF manager fetch it
  nfv.maintenance.vnf_package:
    cloud: vnf
    uri: https://packages.example.org/core-2.0.csar
    vnfd_id: b1bb0ce7-ebca-4fa7-95ed-4840d70a1177

- name: Let no VNF be made of the old version any more
  nfv.maintenance.vnf_package:
    cloud: vnf
    product_name: core
    software_version: "1.0"
    state: disabled
"""

RETURN = r"""
vnf_package:
  description:
    - The package as it is then, null when it is absent.
    - In check mode, a package that would be new has no id.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the package.
      type: str
      returned: success
    vnfd_id:
      description: Id in its VNFD.
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
    id: 6e4d8a7c-1f0b-4c58-a0b5-2a7a3c1d9e10
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

import contextlib
import typing as t
from pathlib import Path

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec, wait_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.onboarding import DISABLED, ENABLED, Onboarding, Wish
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.package_content import Address, Content
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.packages import Packages
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_package"
KNOWN = ("vnfd_id", "provider", "product_name", "software_version", "vnfd_version")
STATES = {"enabled": ENABLED, "disabled": DISABLED}
SPEC: Spec = {
    "state": {"type": "str", "choices": ["present", "enabled", "disabled", "absent"], "default": "present"},
    "src": {"type": "path"},
    "uri": {"type": "str"},
    "uri_user": {"type": "str"},
    "uri_password": {"type": "str", "no_log": True},
    "checksum": {"type": "str"},
    "id": {"type": "str", "aliases": ["package_id"]},
    **{name: {"type": "str"} for name in KNOWN},
    "user_defined_data": {"type": "dict"},
    "replace": {"type": "bool", "default": False},
    **wait_spec(300),
}
RULES: dict[str, t.Any] = {
    "mutually_exclusive": [("src", "uri")],
    "required_one_of": [("src", "id", "vnfd_id", "product_name")],
    "required_by": {"uri": "vnfd_id", "checksum": "uri", "uri_user": "uri", "uri_password": "uri"},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Read the content if there is one; the rules are in :mod:`module_utils._nfv.onboarding`."""
    data = params["user_defined_data"] or {}
    for key, value in data.items():
        if isinstance(value, (dict, list)) or value is None:
            raise CollectionError(f"user_defined_data.{key} is no text; the VNF manager keeps nothing else")
    with contextlib.ExitStack() as stack:
        content: Content | Address | None = None
        if params["src"]:
            content = stack.enter_context(Content.of(Path(params["src"])))
        elif params["uri"]:
            content = Address(params["uri"], params["uri_user"], params["uri_password"], params["checksum"])
        wish = Wish(
            known={"package_id": params["id"], **{name: params[name] for name in KNOWN}},
            content=content,
            operational_state=STATES.get(params["state"]),
            user_defined_data={key: str(value) for key, value in data.items()},
            replace=params["replace"],
        )
        limits = {"timeout": params["timeout"], "wait": params["wait"], "check_mode": check_mode}
        onboarding = Onboarding(Packages(cloud), wish, **limits)
        return onboarding.absent() if params["state"] == "absent" else onboarding.present()


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
