#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_policy_action_info
short_description: Read the ledger of incidents of VNF monitoring
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Lists which incidents there were, and what was done about them or why not.
options:
  ledger:
    description: The file of the ledger, or a C(postgresql://) URL, as for M(nfv.maintenance.vnf_policy_action).
    type: str
    required: true
  vnf_id:
    description: Only the incidents of the VNF with this id.
    type: str
  open:
    description: Whether only incidents that are not over are returned.
    type: bool
    default: false
  limit:
    description: How many incidents are returned at most, the newest ones.
    type: int
    default: 100
attributes:
  check_mode:
    support: full
    description: Reads only, in check mode as well.
  diff_mode:
    support: N/A
    description: Nothing is changed.
requirements:
  - SQLAlchemy >= 2.0
  - psycopg, for a ledger in PostgreSQL
seealso:
  - module: nfv.maintenance.vnf_policy_action
"""

EXAMPLES = r"""
- name: Read the incidents that are not over
  nfv.maintenance.vnf_policy_action_info:
    ledger: /var/lib/nfv-maintenance/incidents.sqlite
    open: true
  register: result

- name: Show what is being put off, and why
  ansible.builtin.debug:
    msg: "{{ actions | selectattr('status', 'eq', 'put_off') | map(attribute='reason') }}"
  vars:
    actions: "{{ result.vnf_incidents | map(attribute='actions') | flatten }}"
"""

RETURN = r"""
vnf_incidents:
  description: The incidents, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
      returned: success
    vnf_id:
      description: The VNF.
      type: str
      returned: success
    vnf_name:
      description: Its name.
      type: str
      returned: success
    vnfc_id:
      description: The VNFC, or what the owner calls the target.
      type: str
      returned: success
    vdu:
      description: Its VDU.
      type: str
      returned: success
    server_id:
      description: Its server, where it is known.
      type: str
      returned: success
    state:
      description: What it was found to be.
      type: str
      returned: success
    opened_at:
      description: When it was noted, UTC.
      type: str
      returned: success
    closed_at:
      description: When it was over, null while it is open.
      type: str
      returned: success
    closed_why:
      description: How it ended.
      type: str
      returned: success
    reported:
      description: How often it was found.
      type: int
      returned: success
    actions:
      description: What was decided, each with C(id), C(name), C(status), C(reason), C(attempts), C(begun_at) and C(ended_at).
      type: list
      elements: dict
      returned: success
  sample:
    - id: 0c1b7d52a9e84f36b7f0d4c2a1e59f83
      vnf_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
      vnf_name: web
      vnfc_id: VDU1-0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
      vdu: VDU1
      server_id: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d
      state: down
      opened_at: "2026-11-21T01:02:03.000000Z"
      closed_at: null
      closed_why: null
      reported: 2
      actions:
        - id: 9a3c51c2f3d04f5f8f0f5c1d2b7e6a41
          name: respawn
          status: begun
          reason: ""
          attempts: 1
          begun_at: "2026-11-21T01:02:05.000000Z"
          ended_at: null
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring import acting
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

NEEDS_CLOUD = False
RETURNS = "vnf_incidents"
SPEC: Spec = {
    "ledger": {"type": "str", "required": True},
    "vnf_id": {"type": "str"},
    "open": {"type": "bool", "default": False},
    "limit": {"type": "int", "default": 100},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Read; there is no cloud."""
    return Result(False, acting.listed(params["ledger"], params["vnf_id"], params["open"], params["limit"]))


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, needs_cloud=NEEDS_CLOUD)


if __name__ == "__main__":
    main()
