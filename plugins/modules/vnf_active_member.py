#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_active_member
short_description: Switch a VNF over to a healthy standby by moving its floating IP
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Moves a floating IP when the server that holds it is to be avoided or is none of the members.
  - The next holder is the first of O(members), in the order given, that is not in O(avoid), is C(ACTIVE) in Nova and has no task
    under way, such as a migration.
  - The floating IP goes to that server's port on the network on which it is now, and is read back.
options:
  floating_ip:
    description: The floating IP, by its address or id.
    type: str
    required: true
  members:
    description: Ids of the servers that may hold it, the preferred ones first.
    type: list
    elements: str
    required: true
  avoid:
    description: Ids of the servers that may not hold it now, for example those whose host is about to be worked on.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait until Neutron reads back what was written.
    type: int
    default: 30
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - That the server behind the floating IP is healthy otherwise is not looked at; put it in O(avoid) when it has to give way.
seealso:
  - module: nfv.maintenance.vnf_active_member_info
"""

EXAMPLES = r"""
- name: Switch over before the host of the active member is worked on
  nfv.maintenance.vnf_active_member:
    cloud: vnf
    floating_ip: 203.0.113.10
    members: "{{ vnf.servers | map(attribute='id') }}"
    avoid: "{{ message.instance_ids }}"
"""

RETURN = r"""
vnf_active_member:
  description: Who holds the floating IP, who held it before, and how many seconds the switch took.
  returned: success
  type: dict
  sample:
    floating_ip: 203.0.113.10
    floating_ip_id: 2f245a7b-796b-4f26-9cf9-9e82d248fda7
    active: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
    previous: 9e1b1c4e-6a3a-4d5c-8c2b-7d6e5f4a3b2c
    port_id: ce705c24-c1ef-408a-bda3-7bbd946164ab
    seconds: 0.412
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._network.active import ActiveMember
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_active_member"
SPEC: Spec = {
    "floating_ip": {"type": "str", "required": True},
    "members": {"type": "list", "elements": "str", "required": True},
    "avoid": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 30},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._network.active`."""
    return ActiveMember(cloud).ensure(params["floating_ip"], params["members"], params["avoid"], params["timeout"], check_mode)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
