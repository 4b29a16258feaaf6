#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_active_member_info
short_description: Read which member of a VNF is active
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Looks which server a floating IP points to, which has a virtual address, a tag or metadata, or which answers to a probe.
  - With O(timeout), waits until the active member is one of O(members) that is not in O(avoid).
options:
  probe:
    description: The active member is the one that answers. The URL has to name C({address}).
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
  members:
    description:
      - Ids of the servers that take turns. Only those are looked at, so nobody is active without them; only with O(floating_ip)
        and no O(timeout) they may be left out.
    type: list
    elements: str
    default: []
  avoid:
    description: Ids of the servers that should not be active. Used only together with O(timeout).
    type: list
    elements: str
    default: []
  check:
    description: With O(timeout), this has to answer too.
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
  timeout:
    description: Seconds to wait until another member is active; when it does not happen, the task fails. With V(0) it looks once.
    type: int
    default: 0
extends_documentation_fragment:
  - nfv.maintenance.active_member
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
notes:
  - Exactly one of O(floating_ip), O(vip), O(tag), O(metadata) and O(probe) is required.
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

- name: Wait until another member says of itself that it is active
  nfv.maintenance.vnf_active_member_info:
    cloud: vnf
    probe:
      url: "http://{address}:8080/active"
    members: "{{ vnf.servers | map(attribute='id') }}"
    avoid: "{{ message.instance_ids }}"
    timeout: 60
"""

RETURN = r"""
vnf_active_members:
  description:
    - One entry; none if the floating IP does not exist. C(active) is null while nobody is active.
    - With O(floating_ip) also C(floating_ip), C(floating_ip_id), C(port_id) and C(network_id), with O(vip) C(vip), C(port_id) and
      C(network_id), else C(mark).
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

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._network.active import PROBED, SEEN_BY, ActiveMember, Wish, seen_by
from ansible_collections.nfv.maintenance.plugins.module_utils._network.members import Members
from ansible_collections.nfv.maintenance.plugins.module_utils._network.probe import PROBE_SPEC, Probe
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_active_members"
WAYS: Spec = {**SEEN_BY, **PROBED}
SPEC: Spec = {
    **WAYS,
    "members": {"type": "list", "elements": "str", "default": []},
    "avoid": {"type": "list", "elements": "str", "default": []},
    "check": {"type": "dict", "options": PROBE_SPEC},
    "timeout": {"type": "int", "default": 0},
}
RULES: dict[str, t.Any] = {"required_one_of": [[*WAYS]], "mutually_exclusive": [[*WAYS]]}


def read(params: Params, cloud: Connection) -> list[Record]:
    """Who is active, or nothing."""
    check = Probe.of_service(params["check"])
    members = Members(cloud)
    active = ActiveMember(members, seen_by(cloud, members, params["members"], params))
    if params["timeout"]:
        wish = Wish(params["members"], params["avoid"], check, params["timeout"])
        holding = active.settled(wish)
    else:
        found = active.find()
        if found is None:
            return []
        holding = found
    records = active.member_records(holding.server_id, params["members"])
    network = {} if holding.place is None else {"network_id": holding.place.network_id}
    return [{**holding.facts, "active": holding.server_id, **holding.moves, **network, "members": records}]


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
