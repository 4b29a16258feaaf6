#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_member_info
short_description: Read which members of a VNF are in service
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - A member is in service when its server is C(ACTIVE) in Nova, has no task under way, such as a migration, and answers to
    O(health).
  - Fails when fewer than O(at_least) of them are, so that nothing is begun that would leave too few.
options:
  members:
    description: Ids of the servers.
    type: list
    elements: str
    required: true
  at_least:
    description: How many of them have to be in service. With V(0) the task does not fail, and only tells.
    type: int
    default: 0
  health:
    description: A member is in service only when this answers. Without it, what Nova says is enough.
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
  timeout:
    description: Seconds to wait until O(at_least) of them are in service. With V(0) it looks once.
    type: int
    default: 0
  server_groups:
    description: Whether to look which of Nova's server groups each member is in.
    type: bool
    default: false
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.vnf_active_member
  - module: nfv.maintenance.vnf_instance_info
"""

EXAMPLES = r"""
- name: See that two workers are in service before the third one is worked on
  nfv.maintenance.vnf_member_info:
    cloud: vnf
    members: "{{ workers | difference(message.instance_ids) }}"
    at_least: 2
    health:
      url: "http://{address}:8080/health"
    timeout: 60
"""

RETURN = r"""
vnf_members:
  description:
    - The members in the order given. C(reason) says why one is not in service. One that does not exist has C(status) C(DELETED).
    - C(host_id) is what Nova tells a project about the host. It is another one after a move.
    - C(server_group) is null for a member of none, and only there with O(server_groups).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
      name: web-1
      status: ACTIVE
      task_state: null
      host_id: 5fbc1f2cd0cf5a1f8b1ab6b4f2b4b4b19bd1d8ac1bd2a5b5f0c2a1de
      in_service: true
      reason: null
      server_group:
        id: 2ef2b637-4d8a-48bd-9924-91280c7f1611
        name: web
        policy: anti-affinity
        max_server_per_host: null
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._network.members import Members
from ansible_collections.nfv.maintenance.plugins.module_utils._network.probe import PROBE_SPEC, Probe
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_members"
SPEC: Spec = {
    "members": {"type": "list", "elements": "str", "required": True},
    "at_least": {"type": "int", "default": 0},
    "health": {"type": "dict", "options": PROBE_SPEC},
    "timeout": {"type": "int", "default": 0},
    "server_groups": {"type": "bool", "default": False},
}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The members, once enough of them are in service."""
    members = Members(cloud, Probe.read(params["health"]))
    found = members.in_service(params["members"], params["at_least"], params["timeout"])
    if params["server_groups"]:
        groups = members.server_groups()
        found = [{**one, "server_group": groups.get(one["id"]) or None} for one in found]
    return found


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
