#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_webhook
short_description: Subscribe a project to maintenance messages without telemetry
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Subscribes an address of the project to direct delivery. The session API of this collection posts every maintenance message of
    the project there, signed as Standard Webhooks says, and again until it is taken or the message is over.
  - The subscription is found by its address within the project of the credentials.
  - Secrets are neither in the diff nor in the record; C(fingerprint) names them there.
options:
  url:
    description:
      - Address that messages are posted to. The session API refuses addresses in networks that its administrator denies.
    type: str
    required: true
  description:
    description: What the subscription is for. Without it the present one is kept.
    type: str
  enabled:
    description:
      - Whether messages are delivered. Without it the present state is kept; a new subscription is enabled.
      - The session API disables a subscription whose address answers C(410 Gone); V(true) enables it again.
    type: bool
  secret:
    description:
      - Secret that deliveries are signed with, C(whsec_) and the base64 of 24 to 64 bytes. Without it the service makes one for a
        new subscription, and a present one keeps its own.
      - If the subscription signs with another one, it is changed, and both sign for the time of O(overlap).
    type: str
  rotate:
    description:
      - Whether the service makes a new secret, which RV(secret) returns. Such a task always changes something.
      - Use it also when the secret was lost. The secret before goes on signing for the time of O(overlap).
      - Not together with O(secret).
    type: bool
    default: false
  overlap:
    description:
      - Seconds the secret before signs as well after a change. Without it what the service has configured, a day by default.
      - V(0) ends all the secrets before at once; use it when one has leaked.
    type: int
  resend:
    description:
      - Ids of deliveries that are sent again although they were delivered or given up; V(dead) stands for all that were given up.
    type: list
    elements: str
    default: []
  state:
    description: Whether the subscription exists. Its deliveries go with it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - Use C(no_log) for a task that makes a secret, or it is on the screen with C(-v) and in the log of the controller.
seealso:
  - module: nfv.maintenance.maintenance_webhook_info
  - module: nfv.maintenance.aodh_maintenance_alarm
"""

EXAMPLES = r"""
- name: Subscribe
  nfv.maintenance.maintenance_webhook:
    cloud: vnf-owner
    url: "https://vnfm.example.com:8090/v1.0/vnfs/{{ vnf_id }}/maintenance/{{ project_id }}"
  register: subscribed
  no_log: true

- name: Change the secret; both are good for an hour
  nfv.maintenance.maintenance_webhook:
    cloud: vnf-owner
    url: "{{ subscribed.maintenance_webhook.url }}"
    secret: "{{ lookup('ansible.builtin.file', '/etc/vnfm/webhook-secret') }}"
    overlap: 3600

- name: Have sent again what was not taken while the listener was down
  nfv.maintenance.maintenance_webhook:
    cloud: vnf-owner
    url: "{{ subscribed.maintenance_webhook.url }}"
    enabled: true
    resend: [dead]
"""

RETURN = r"""
maintenance_webhook:
  description:
    - The subscription, or null when it is absent.
    - C(secrets) are those that sign, the present one first, named by their fingerprints.
    - C(deliveries) counts the deliveries by their status.
  returned: success
  type: dict
  sample:
    id: 0b5f0a52-6a0b-4f0e-9a39-0f7e31b2a7f7
    project_id: 3f07249d4e754565a30c590a16995e80
    url: https://vnfm.example.com:8090/v1.0/vnfs/web/maintenance/3f07249d4e754565a30c590a16995e80
    description: ""
    enabled: true
    disabled_reason: null
    secrets:
      - fingerprint: 3f1c2a7790f0a1de
        until: null
    deliveries: {pending: 0, delivered: 12, dead: 0}
    created_at: "2026-11-21T01:02:03.000000Z"
    updated_at: "2026-11-21T01:02:03.000000Z"
secret:
  description: The secret that was made. It cannot be read again.
  returned: when the service made one
  type: str
  sample: whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
resent:
  description: The deliveries that are sent again.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 5f1d7a84-29ac-4e0e-8a44-1b2f6a4c3a51
      subscription_id: 0b5f0a52-6a0b-4f0e-9a39-0f7e31b2a7f7
      session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      message_id: 7b0b8a6e-1f7f-4c8a-9a55-0d6cf1d7a3ab
      state: SCALE_IN
      status: pending
"""

import dataclasses

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.webhooks import Webhooks
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "maintenance_webhook"
SPEC: Spec = {
    "url": {"type": "str", "required": True},
    "description": {"type": "str"},
    "enabled": {"type": "bool"},
    "secret": {"type": "str", "no_log": True},
    "rotate": {"type": "bool", "default": False},
    "overlap": {"type": "int"},
    "resend": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Compare and mend; then send again what is asked for."""
    proxy = maintenance(cloud)
    Sessions(proxy).require_session_api("Direct delivery")
    if params["secret"] is not None and params["rotate"]:
        raise CollectionError("Give either secret, or rotate, which has one made")
    webhooks = Webhooks(proxy)
    if params["state"] == "absent":
        return dataclasses.replace(webhooks.absent(params["url"], check_mode=check_mode), extra={"resent": []})
    wish = {name: params[name] for name in ("description", "enabled", "secret", "rotate", "overlap")}
    done = webhooks.present(params["url"], wish, check_mode=check_mode)
    resent = []
    if params["resend"] and done.record.get("id"):
        resent = webhooks.resend(done.record, params["resend"], check_mode=check_mode)
    return dataclasses.replace(done, changed=done.changed or bool(resent), extra={**done.extra, "resent": resent})


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
