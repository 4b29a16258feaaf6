#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: masakari_host
short_description: Keep Masakari from healing hosts under maintenance
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Sets and unsets C(on_maintenance) of hosts in Masakari, which ignores their failures meanwhile.
  - The session that a host was muted for is written into its C(control_attributes), in the same call, behind what the operator
    has there. Only a host with such a mark is ever unmuted, and gets its text back. A host that somebody else, or Masakari
    itself, has set on maintenance is left alone.
  - Masakari refuses changes while it works at a failure in the segment; that is waited for.
options:
  hosts:
    description:
      - The hosts, by their names in Masakari, which are those of their nova-compute services.
      - Required with O(on_maintenance=true). With O(on_maintenance=false), without them all hosts that the session has muted.
    type: list
    elements: str
    aliases: [name, names]
  on_maintenance:
    description: Whether failures of the hosts are to be ignored.
    type: bool
    required: true
  session_id:
    description:
      - Id of the maintenance session on whose behalf this happens. Required with O(on_maintenance=true).
      - With O(on_maintenance=false) only hosts of this session are unmuted; without it those of O(hosts) that any session of this
        collection has muted.
    type: str
  ignore_missing:
    description: Whether a cloud without Masakari, or a host in none of its segments, is no error. Nobody heals them anyway.
    type: bool
    default: false
  timeout:
    description: Seconds to wait, for each host, while Masakari works at a failure in the segment and refuses changes.
    type: int
    default: 300
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.masakari_host_info
  - module: nfv.maintenance.compute_host
"""

EXAMPLES = r"""
- name: Let nobody heal the host while it reboots
  nfv.maintenance.masakari_host:
    cloud: admin
    hosts: [compute-1]
    on_maintenance: true
    session_id: 6f028d22-e4e8-11f1-a118-02fc00000001

- name: Heal all hosts of the session again
  nfv.maintenance.masakari_host:
    cloud: admin
    on_maintenance: false
    session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
"""

RETURN = r"""
masakari_hosts:
  description: The hosts in Masakari.
  returned: success
  type: list
  elements: dict
  sample:
    - name: compute-1
      uuid: 0a9d0bd5-3c3c-4d5a-a9e8-0d5bb7c6b1a1
      segment_id: 5fd9f925-0379-40db-a7f8-786a0b655b2a
      on_maintenance: true
      session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      reserved: false
      control_attributes: SSH
      updated_at: "2026-11-21T01:02:03.000000"
masakari_is_there:
  description: Whether the cloud has Masakari.
  returned: success
  type: bool
  sample: true
missing:
  description: The hosts of O(hosts) that Masakari does not know, with O(ignore_missing).
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.healing import Healing
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.masakari import Masakari
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "masakari_hosts"
SPEC: Spec = {
    "hosts": {"type": "list", "elements": "str", "aliases": ["name", "names"]},
    "on_maintenance": {"type": "bool", "required": True},
    "session_id": {"type": "str"},
    "ignore_missing": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 300},
}
RULES: Params = {
    "required_if": [("on_maintenance", True, ["session_id", "hosts"]), ("on_maintenance", False, ["session_id", "hosts"], True)],
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Mute or unmute; the rules are in :mod:`module_utils._compute.healing`."""
    return Healing(Masakari(cloud), params["timeout"]).set(
        params["hosts"],
        params["on_maintenance"],
        params["session_id"],
        ignore_missing=params["ignore_missing"],
        check_mode=check_mode,
    )


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
