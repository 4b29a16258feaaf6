#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_message_info
short_description: Read back the maintenance messages that wait for a project's reply
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the owner of VNFs. Takes the hints that an alarm has brought and reads what they are about from the maintenance service of
    the catalogue, with the owner's credentials. Only what this module returns should be acted on.
  - A hint for another project, for a session that does not exist, for a message that is not pending (any more), or with a URL
    that does not belong to the maintenance service is returned under RV(dropped). No URL of a hint is ever called.
  - The ids of the instances are complete, also where the alarm had only a URL or was cut at 255 characters.
  - From a Fenix of 2019 the state of the session and the instances of the project are read. It does not tell the allowed actions,
    the metadata and the times; these are the hint's. A deadline that has passed already, as those of that Fenix have, is left
    out. Nor does it tell whether the project has answered before.
options:
  hints:
    description:
      - Messages as the event filter C(nfv.maintenance.maintenance_event) gives them (C(maintenance.messages)).
      - At least C(session_id), C(project_id) and C(state); C(vnf_id) is carried over.
    type: list
    elements: dict
  session_id:
    description: Without hints, only what is pending in this session.
    type: str
  state:
    description: Without hints, only messages of this state.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.fenix_reply
  - module: nfv.maintenance.fenix_message
"""

EXAMPLES = r"""
- name: Read back what the alarms were about
  nfv.maintenance.fenix_message_info:
    cloud: vnf-owner
    hints: "{{ ansible_eda.event.maintenance.messages }}"
  register: heard

- name: Read everything that waits for a reply, for example after an outage of the rulebook
  nfv.maintenance.fenix_message_info:
    cloud: vnf-owner
"""

RETURN = r"""
fenix_messages:
  description:
    - The messages, each once. They are pending, but for C(INSTANCE_ACTION_DONE), which wants no reply, and for those that were
      acknowledged with C(OWN_ACTION) and are named by their id, since what their owner does itself may have been interrupted.
    - C(vnf_ids) are the VNFs whose alarm has brought it, C(vnf_id) is the first of them.
    - C(deliveries) are the ids of the event source's deliveries whose hints have led to it.
    - C(instance_id) is set in the instance dialect; the reply goes to that instance then.
    - C(source) is V(session_api) or V(fenix).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 7b0b8a6e-1f7f-4c8a-9a55-0d6cf1d7a3ab
      vnf_id: 0b5bb24d-e3f8-4fc9-90f0-a45d0e2d3c50
      vnf_ids: [0b5bb24d-e3f8-4fc9-90f0-a45d0e2d3c50]
      deliveries: [5f0c8b1d2f6e4f0e9a7b3c1d]
      session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      project_id: 3f07249d4e754565a30c590a16995e80
      state: PLANNED_MAINTENANCE
      dialect: host
      instance_id: null
      instance_ids: [48cf5a2c-ee6b-47f5-9a0f-1476dcdf7add]
      allowed_actions: [MIGRATE, LIVE_MIGRATE, OWN_ACTION]
      metadata: {kernel: "6.12"}
      actions_at: "2026-11-21T01:03:03.000000Z"
      reply_at: "2026-11-21T01:03:03.000000Z"
      reply_url: http://192.0.2.9:12347/v1/maintenance/6f028d22-e4e8-11f1-a118-02fc00000001/3f07249d4e754565a30c590a16995e80
      status: pending
      source: session_api
dropped:
  description: The hints that led nowhere, with the reason.
  returned: success
  type: list
  elements: dict
  sample:
    - session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      project_id: 5c2f5dbd2ad7449ea0e63ba0c9ef1e0d
      state: MAINTENANCE
      reason: >-
        it is for project 5c2f5dbd2ad7449ea0e63ba0c9ef1e0d, and these credentials are of project 3f07249d4e754565a30c590a16995e80
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.readback import ReadBack
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_messages"
SPEC: Spec = {
    "hints": {"type": "list", "elements": "dict"},
    "session_id": {"type": "str"},
    "state": {"type": "str"},
}
RULES: dict[str, t.Any] = {"mutually_exclusive": [("hints", "session_id"), ("hints", "state")]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Read; nothing is ever changed, so check mode makes no difference."""
    back = ReadBack(maintenance(cloud))
    found: list[Record]
    dropped: list[Record] = []
    if params["hints"] is None:
        found = back.pending(params["session_id"], params["state"])
    else:
        found, dropped = back.hints(params["hints"])
    return Result(False, found, extra={"dropped": dropped})


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
