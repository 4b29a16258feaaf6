#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_host_info
short_description: Read compute hosts and who took them out of service
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Lists the nova-compute services with their status, state and, where a maintenance session disabled them, that session.
options:
  name:
    description: Only this host. An unknown name gives an empty list.
    type: str
    aliases: [host]
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.compute_host
"""

EXAMPLES = r"""
- name: Read all compute hosts
  nfv.maintenance.compute_host_info:
    cloud: admin
  register: result

- name: Show those that a maintenance session took out of service
  ansible.builtin.debug:
    msg: "{{ result.compute_hosts | selectattr('session_id') | map(attribute='name') }}"
"""

RETURN = r"""
compute_hosts:
  description: The hosts, by name.
  returned: success
  type: list
  elements: dict
  sample:
    - name: compute-1
      service_id: 3e5f6d2c-3d0b-4a3c-8a71-6f7f8a7a3b51
      zone: nova
      status: enabled
      state: up
      forced_down: false
      disabled_reason: null
      session_id: null
      updated_at: "2026-11-21T01:02:03.000000"
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.hosts import Hosts
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "compute_hosts"
SPEC: Spec = {"name": {"type": "str", "aliases": ["host"]}}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The hosts, filtered."""
    return [host for host in Hosts(cloud).list() if params["name"] in (None, host["name"])]


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
