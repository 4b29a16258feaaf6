#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_active_member
short_description: Switch a VNF over to a healthy standby
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Moves what shows the active member (a floating IP, a virtual address, a tag, metadata) when the server that has it is to be
    avoided or is none of the members.
  - The next one is the first of O(members), in the order given, that is not in O(avoid), is C(ACTIVE) in Nova, has no task under
    way, such as a migration, and answers to O(health).
  - A floating IP or a virtual address goes to that server's port on the network on which it is now. What was written is read
    back.
options:
  members:
    description: Ids of the servers that may be active, the preferred ones first.
    type: list
    elements: str
    required: true
  avoid:
    description: Ids of the servers that may not be active now, for example those whose host is about to be worked on.
    type: list
    elements: str
    default: []
  health:
    description: A server can take over only when this answers. Without it, what Nova says is enough.
    type: dict
    suboptions:
      url:
        description: C(http) or C(https). C({address}) stands for the first fixed address of the member.
        type: str
        required: true
      status:
        description: HTTP status of the answer that is expected.
        type: int
        default: 200
      timeout:
        description: Seconds for one look.
        type: int
        default: 3
  check:
    description: This has to answer in the end, also when nothing had to be switched.
    type: dict
    suboptions:
      url:
        description: C(http) or C(https), the address of the service as a whole. A URL with C({address}) is refused.
        type: str
        required: true
      status:
        description: HTTP status of the answer that is expected.
        type: int
        default: 200
      timeout:
        description: Seconds for one look.
        type: int
        default: 3
  patient:
    description: Whether a member that can take over is waited for. Otherwise the task fails at once when there is none.
    type: bool
    default: false
  timeout:
    description: Seconds for everything together.
    type: int
    default: 30
extends_documentation_fragment:
  - nfv.maintenance.active_member
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - Exactly one of O(floating_ip), O(vip), O(tag) and O(metadata) is required.
  - That the active member is healthy is not looked at; put it in O(avoid) when it has to give way.
seealso:
  - module: nfv.maintenance.vnf_active_member_info
  - module: nfv.maintenance.vnf_member_info
"""

EXAMPLES = r"""
- name: Switch over before the host of the active member is worked on
  nfv.maintenance.vnf_active_member:
    cloud: vnf
    floating_ip: 203.0.113.10
    members: "{{ vnf.servers | map(attribute='id') }}"
    avoid: "{{ message.instance_ids }}"

- name: Let another member have the virtual address, and see that the service answers there
  nfv.maintenance.vnf_active_member:
    cloud: vnf
    vip:
      address: 10.0.0.100
    members: "{{ vnf.servers | map(attribute='id') }}"
    avoid: "{{ message.instance_ids }}"
    check:
      url: http://203.0.113.10:8080/health
"""

RETURN = r"""
vnf_active_member:
  description:
    - Who is active, who was before, and how many seconds the switch took.
    - With O(floating_ip) also C(floating_ip), C(floating_ip_id) and C(port_id), with O(vip) C(vip) and C(port_id), else C(mark).
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

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._network.active import SEEN_BY, ActiveMember, Wish, seen_by
from ansible_collections.nfv.maintenance.plugins.module_utils._network.members import Members
from ansible_collections.nfv.maintenance.plugins.module_utils._network.probe import PROBE_SPEC, Probe
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_active_member"
SPEC: Spec = {
    **SEEN_BY,
    "members": {"type": "list", "elements": "str", "required": True},
    "avoid": {"type": "list", "elements": "str", "default": []},
    "health": {"type": "dict", "options": PROBE_SPEC},
    "check": {"type": "dict", "options": PROBE_SPEC},
    "patient": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 30},
}
RULES: dict[str, t.Any] = {"required_one_of": [[*SEEN_BY]], "mutually_exclusive": [[*SEEN_BY]]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._network.active`."""
    check = Probe.of_service(params["check"])
    members = Members(cloud, Probe.read(params["health"]))
    mark = seen_by(cloud, members, params["members"], params)
    wish = Wish(params["members"], params["avoid"], check, params["timeout"], params["patient"])
    return ActiveMember(members, mark).ensure(wish, check_mode)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
