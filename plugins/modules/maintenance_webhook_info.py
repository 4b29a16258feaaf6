#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_webhook_info
short_description: Read subscriptions to direct delivery, and what became of what was sent to them
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Lists the subscriptions of the project; with an administrator's credentials those of all projects.
  - Secrets cannot be read.
options:
  url:
    description: Only the subscriptions of this address. An unknown one gives an empty list.
    type: str
  project_id:
    description: Only those of this project. Another project than the one of the credentials needs an administrator.
    type: str
  with_deliveries:
    description: Whether each subscription is returned with its latest deliveries, as C(latest).
    type: bool
    default: false
  status:
    description:
      - With O(with_deliveries), only deliveries that are on their way (V(pending)), were taken (V(delivered)), or were given up
        (V(dead)).
    type: str
    choices: [pending, delivered, dead]
  limit:
    description: With O(with_deliveries), how many deliveries of a subscription are read at most, the newest ones.
    type: int
    default: 100
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.maintenance_webhook
"""

EXAMPLES = r"""
- name: Read what was never taken
  nfv.maintenance.maintenance_webhook_info:
    cloud: vnf-owner
    with_deliveries: true
    status: dead
  register: result

- name: Say why
  ansible.builtin.debug:
    msg: "{{ result.maintenance_webhooks | map(attribute='latest') | flatten | map(attribute='error') | unique }}"
"""

RETURN = r"""
maintenance_webhooks:
  description:
    - The subscriptions, the oldest first. C(deliveries) counts their deliveries by status.
    - With O(with_deliveries) also C(latest), their deliveries, the newest first.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 0b5f0a52-6a0b-4f0e-9a39-0f7e31b2a7f7
      project_id: 3f07249d4e754565a30c590a16995e80
      url: https://vnfm.example.com:8090/v1.0/vnfs/web/maintenance/3f07249d4e754565a30c590a16995e80
      description: ""
      enabled: true
      disabled_reason: null
      secrets:
        - fingerprint: 3f1c2a7790f0a1de
          until: null
      deliveries: {pending: 0, delivered: 12, dead: 1}
      created_at: "2026-11-21T01:02:03.000000Z"
      updated_at: "2026-11-21T01:02:03.000000Z"
      latest:
        - id: 5f1d7a84-29ac-4e0e-8a44-1b2f6a4c3a51
          subscription_id: 0b5f0a52-6a0b-4f0e-9a39-0f7e31b2a7f7
          session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
          message_id: 7b0b8a6e-1f7f-4c8a-9a55-0d6cf1d7a3ab
          state: SCALE_IN
          status: dead
          attempts: 9
          created_at: "2026-11-21T01:02:03.000000Z"
          next_attempt_at: null
          ended_at: "2026-11-21T01:04:03.000000Z"
          http_status: null
          error: "the message is expired; ConnectionRefusedError: Connection refused"
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "maintenance_webhooks"
SPEC: Spec = {
    "url": {"type": "str"},
    "project_id": {"type": "str"},
    "with_deliveries": {"type": "bool", "default": False},
    "status": {"type": "str", "choices": ["pending", "delivered", "dead"]},
    "limit": {"type": "int", "default": 100},
}


def read(params: Params, cloud: Connection) -> list[Record]:
    """The subscriptions, filtered."""
    proxy = maintenance(cloud)
    Sessions(proxy).require_session_api("Direct delivery")
    found = [one for one in proxy.subscriptions(params["project_id"]) if params["url"] in (None, one["url"])]
    if not params["with_deliveries"]:
        return found
    return [{**one, "latest": proxy.deliveries(one["id"], status=params["status"], most=params["limit"])} for one in found]


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
