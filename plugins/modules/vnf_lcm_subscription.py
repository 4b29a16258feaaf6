#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_lcm_subscription
short_description: Subscribe an address to what happens to VNF instances
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Subscribes an address to the notifications of a VNF manager that speaks ETSI NFV-SOL003 version 2, such as Tacker, about
    operations on VNF instances and about their creation and deletion.
  - An address has one subscription. One with another filter or verbosity is replaced, the new one first, so that nothing is
    missed; further ones of the same address are deleted.
  - The event filter C(nfv.maintenance.vnf_lcm_event) makes typed events of the notifications for rulebooks.
options:
  callback_uri:
    description: The address. When Tacker is so configured, it has to answer a GET with 204 while it is subscribed.
    type: str
    required: true
  state:
    description: Whether there is a subscription.
    type: str
    choices: [present, absent]
    default: present
  filter:
    description:
      - Which notifications, as C(LifecycleChangeNotificationsFilter) of ETSI NFV-SOL003 (C(vnfInstanceSubscriptionFilter),
        C(notificationTypes), C(operationTypes), C(operationStates)). Without it, all of them.
    type: dict
  verbosity:
    description: V(FULL) tells what changed, V(SHORT) does not.
    type: str
    choices: [FULL, SHORT]
    default: FULL
  authentication:
    description:
      - How Tacker authenticates at the address, as C(SubscriptionAuthentication) of ETSI NFV-SOL013 (C(authType) with
        C(paramsBasic) or C(paramsOauth2ClientCredentials)).
      - It is never shown, so that another one alone is not noticed as a change.
    type: dict
requirements:
  - jsonschema >= 4.20
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - Subscriptions of Tacker belong to no project; anyone with a token sees and deletes them.
seealso:
  - module: nfv.maintenance.vnf_lcm_subscription_info
"""

EXAMPLES = r"""
- name: Follow what scales and heals
  nfv.maintenance.vnf_lcm_subscription:
    cloud: vnf
    callback_uri: https://vnfm.example.com:8091/lcm
    filter:
      notificationTypes: [VnfLcmOperationOccurrenceNotification]
      operationTypes: [SCALE, HEAL]
      operationStates: [COMPLETED, FAILED_TEMP]
"""

RETURN = r"""
vnf_lcm_subscription:
  description: The subscription, null when it is absent.
  returned: success
  type: dict
  contains:
    id:
      description: Its id, null in check mode when it would be made.
      type: str
      returned: success
    callback_uri:
      description: The address.
      type: str
      returned: success
    filter:
      description: The filter.
      type: dict
      returned: success
    verbosity:
      description: How much is told.
      type: str
      returned: success
  sample:
    id: 0b7e4a0e-7a1e-4a52-9d4b-2f5a1f6c7d80
    callback_uri: https://vnfm.example.com:8091/lcm
    filter:
      operationTypes: [SCALE, HEAL]
    verbosity: FULL
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.proxy import nfv
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.subscriptions import Subscriptions
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "vnf_lcm_subscription"
SPEC: Spec = {
    "callback_uri": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "filter": {"type": "dict"},
    "verbosity": {"type": "str", "choices": ["FULL", "SHORT"], "default": "FULL"},
    "authentication": {"type": "dict", "no_log": True},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._nfv.subscriptions`."""
    subscriptions = Subscriptions(nfv(cloud), params["callback_uri"])
    if params["state"] == "absent":
        return subscriptions.absent(check_mode=check_mode)
    return subscriptions.present(params["filter"], params["verbosity"], params["authentication"], check_mode=check_mode)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
