#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_lcm_subscription_info
short_description: Read who is told what happens to VNF instances
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Reads the subscriptions to notifications of a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker.
  - How the VNF manager authenticates at an address is never shown by it.
options:
  id:
    description: Only the subscription with this id. An unknown id gives an empty list.
    type: str
    aliases: [subscription_id]
  callback_uri:
    description: Only subscriptions of this address.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
notes:
  - Subscriptions of Tacker belong to no project; those of everybody are returned.
seealso:
  - module: nfv.maintenance.vnf_lcm_subscription
"""

EXAMPLES = r"""
- name: Read who is told
  nfv.maintenance.vnf_lcm_subscription_info:
    cloud: vnf
  register: result

- name: Unsubscribe addresses that are no more
  nfv.maintenance.vnf_lcm_subscription:
    cloud: vnf
    callback_uri: "{{ item }}"
    state: absent
  loop: "{{ result.vnf_lcm_subscriptions | map(attribute='callback_uri') | select('search', 'old.example.com') | unique }}"
"""

RETURN = r"""
vnf_lcm_subscriptions:
  description: The subscriptions, by address.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
      returned: success
    callback_uri:
      description: The address.
      type: str
      returned: success
    filter:
      description: Which notifications, as C(LifecycleChangeNotificationsFilter) of ETSI NFV-SOL003; empty for all of them.
      type: dict
      returned: success
    verbosity:
      description: V(FULL) tells what changed, V(SHORT) does not.
      type: str
      returned: success
  sample:
    - id: 0b7e4a0e-7a1e-4a52-9d4b-2f5a1f6c7d80
      callback_uri: https://vnfm.example.com:8091/lcm
      filter:
        operationTypes: [SCALE, HEAL]
      verbosity: FULL
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.subscriptions import find_subscriptions
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_lcm_subscriptions"
SPEC: Spec = {
    "id": {"type": "str", "aliases": ["subscription_id"]},
    "callback_uri": {"type": "str"},
}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The subscriptions asked for."""
    return find_subscriptions(nfv(cloud), params["id"], params["callback_uri"])


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
