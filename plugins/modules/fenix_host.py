#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fenix_host
short_description: Record the progress of hosts in a maintenance session
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Writes what the runner does with the hosts of a session into the session API of this collection.
  - C(IN_MAINTENANCE) and C(MAINTENANCE_COMPLETE) are published as C(maintenance.host) events, for monitoring and fault
    management.
  - The host itself is not touched; see M(nfv.maintenance.compute_host).
options:
  session_id:
    description: The session.
    type: str
    required: true
  lease_token:
    description: The token of the runner's lease, C(lease).
    type: int
    required: true
  hosts:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
    aliases: [name, names]
  state:
    description: Where the hosts are in their maintenance.
    type: str
    choices: [WAITING, DRAINING, IN_MAINTENANCE, MAINTENANCE_COMPLETE, FAILED]
    required: true
  disabled:
    description: Whether nova-compute of the hosts is disabled for the session. Left as it is when not given.
    type: bool
  reason:
    description: Why, above all with O(state=FAILED).
    type: str
  type:
    description: What the hosts are. Left as it is when not given; a session takes its hosts for compute hosts.
    type: str
    choices: [compute, controller, other]
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.fenix_session
  - module: nfv.maintenance.compute_host
"""

EXAMPLES = r"""
- name: Tell that the hosts of a wave go down
  nfv.maintenance.fenix_host:
    cloud: admin
    session_id: "{{ opened.fenix_session.session_id }}"
    lease_token: "{{ opened.fenix_session.lease.token }}"
    hosts: [compute-1, compute-2]
    state: IN_MAINTENANCE
    disabled: true
"""

RETURN = r"""
fenix_hosts:
  description: The hosts, in the order given.
  returned: success
  type: list
  elements: dict
  sample:
    - name: compute-1
      type: compute
      state: IN_MAINTENANCE
      disabled: true
      reason: null
      updated_at: "2026-11-21T01:02:03.000000Z"
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record, Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import maintenance
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.runner import record_hosts
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.sessions import Sessions
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "fenix_hosts"
SPEC: Spec = {
    "session_id": {"type": "str", "required": True},
    # A fencing token: a small number that grows, not a secret.
    "lease_token": {"type": "int", "required": True, "no_log": False},
    "hosts": {"type": "list", "elements": "str", "required": True, "aliases": ["name", "names"]},
    "state": {"type": "str", "choices": [*messages.HOST_STATES], "required": True},
    "disabled": {"type": "bool"},
    "reason": {"type": "str"},
    "type": {"type": "str", "choices": ["compute", "controller", "other"]},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Write what differs."""
    proxy = maintenance(cloud)
    sessions = Sessions(proxy)
    sessions.require_session_api("The progress of hosts")
    session = sessions.get(params["session_id"])
    wanted = {key: params[key] for key in ("state", "disabled", "reason", "type")}
    before, after, changed = record_hosts(proxy, session, params["lease_token"], params["hosts"], wanted, check_mode=check_mode)
    keys = ("state", "disabled", "reason", *(["type"] if params["type"] else []))
    return Result(changed, after, before=_managed(before, keys), after=_managed(after, keys))


def _managed(hosts: list[Record], keys: tuple[str, ...]) -> Record:
    return {str(host["name"]): {key: host.get(key) for key in keys} for host in hosts}


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
