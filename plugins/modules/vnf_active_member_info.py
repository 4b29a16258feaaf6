#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_active_member_info
short_description: Read which member of a VNF holds its floating IP
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads the server behind a floating IP and, if wanted, the Nova state of all members.
options:
  floating_ip:
    description: The floating IP, by its address or id. An unknown one gives an empty list.
    type: str
    required: true
  members:
    description: Ids of servers whose state is wanted as well.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.vnf_active_member
"""

EXAMPLES = r"""
- name: Read which member is active
  nfv.maintenance.vnf_active_member_info:
    cloud: vnf
    floating_ip: 203.0.113.10
    members: "{{ vnf.servers | map(attribute='id') }}"
  register: result

- name: Show it
  ansible.builtin.debug:
    msg: "{{ result.vnf_active_members[0].active }}"
"""

RETURN = r"""
vnf_active_members:
  description: One entry for the floating IP; none if it does not exist. C(active) is null while it points to no server.
  returned: success
  type: list
  elements: dict
  sample:
    - floating_ip: 203.0.113.10
      floating_ip_id: 2f245a7b-796b-4f26-9cf9-9e82d248fda7
      active: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
      port_id: ce705c24-c1ef-408a-bda3-7bbd946164ab
      network_id: 6f1bd2a8-9b2c-4f61-8f7e-1d6f0e2c3b4a
      members:
        - id: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
          name: web-1
          status: ACTIVE
          task_state: null
          active: true
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._network.active import ActiveMember
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_active_members"
SPEC: Spec = {
    "floating_ip": {"type": "str", "required": True},
    "members": {"type": "list", "elements": "str", "default": []},
}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The floating IP with its holder, or nothing."""
    active = ActiveMember(cloud)
    place = active.find(params["floating_ip"])
    if place is None:
        return []
    return [
        {
            "floating_ip": place.address,
            "floating_ip_id": place.floating_ip_id,
            "active": place.server_id,
            "port_id": place.port_id,
            "network_id": place.network_id,
            "members": active.member_records(place, params["members"]),
        }
    ]


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
