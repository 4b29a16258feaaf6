#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: masakari_host_info
short_description: Read which hosts Masakari heals
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Lists the hosts of all segments of Masakari, and which session of this collection has set one on maintenance.
options:
  name:
    description: Only this host. An unknown name gives an empty list.
    type: str
    aliases: [host]
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.masakari_host
"""

EXAMPLES = r"""
- name: Read the hosts of Masakari
  nfv.maintenance.masakari_host_info:
    cloud: admin
  register: result

- name: Show those that a maintenance session has muted
  ansible.builtin.debug:
    msg: "{{ result.masakari_hosts | selectattr('session_id') | map(attribute='name') }}"
"""

RETURN = r"""
masakari_hosts:
  description: The hosts, by name. None where the cloud has no Masakari.
  returned: success
  type: list
  elements: dict
  sample:
    - name: compute-1
      uuid: 0a9d0bd5-3c3c-4d5a-a9e8-0d5bb7c6b1a1
      segment_id: 5fd9f925-0379-40db-a7f8-786a0b655b2a
      on_maintenance: false
      session_id: null
      reserved: false
      control_attributes: SSH
      updated_at: "2026-11-21T01:02:03.000000"
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.healing import record
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.masakari import Masakari
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "masakari_hosts"
SPEC: Spec = {"name": {"type": "str", "aliases": ["host"]}}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The hosts, filtered."""
    masakari = Masakari(cloud)
    found = [record(host) for host in masakari.hosts()] if masakari.present() else []
    return sorted((host for host in found if params["name"] in (None, host["name"])), key=lambda host: str(host["name"]))


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
