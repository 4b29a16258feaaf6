#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_host
short_description: Take compute hosts out of service and bring them back
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Disables and enables the nova-compute service of hosts.
  - The disabled reason names the maintenance session. Only a service that such a session disabled is ever enabled again;
    a host that somebody else disabled is refused and left as it is.
  - Servers on the hosts are not touched; see M(nfv.maintenance.host_drain).
  - Each of several hosts is seen to, whatever becomes of the others; RV(failure.hosts) says for which it failed, and why.
options:
  hosts:
    description: The hosts, by the names of their nova-compute services.
    type: list
    elements: str
    required: true
    aliases: [host, name, names]
  state:
    description:
      - V(out_of_service) disables nova-compute, so that the scheduler places nothing new on the hosts.
      - V(in_service) waits until nova-compute is up and has reported anew, and enables it; with O(wait=false) it is enabled
        without a look at its state. By default nova-compute reports every ten seconds.
    type: str
    choices: [in_service, out_of_service]
    required: true
  session_id:
    description:
      - Id of the maintenance session on whose behalf this happens. It becomes part of the disabled reason.
      - Required with O(state=out_of_service). With O(state=in_service) only a host of this session is enabled;
        without it a host of any session of this collection.
    type: str
  reason:
    description: What else the disabled reason says.
    type: str
    default: host maintenance
  timeout:
    description: Seconds to wait for nova-compute to be up and to report on each host, with O(state=in_service) and O(wait=true).
    type: int
    default: 600
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.wait
  - nfv.maintenance.openstack.attributes
seealso:
  - module: nfv.maintenance.compute_host_info
  - module: nfv.maintenance.host_drain
"""

EXAMPLES = r"""
- name: Take a host out of service
  nfv.maintenance.compute_host:
    cloud: admin
    name: compute-1
    state: out_of_service
    session_id: 6f028d22-e4e8-11f1-a118-02fc00000001

- name: Bring it back, and another one
  nfv.maintenance.compute_host:
    cloud: admin
    hosts: [compute-1, compute-2]
    state: in_service
    session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
"""

RETURN = r"""
compute_hosts:
  description: The nova-compute services of the hosts, in the order given.
  returned: success
  type: list
  elements: dict
  sample:
    - name: compute-1
      service_id: 3e5f6d2c-3d0b-4a3c-8a71-6f7f8a7a3b51
      zone: nova
      status: disabled
      state: up
      forced_down: false
      disabled_reason: "nfv.maintenance session 6f028d22-e4e8-11f1-a118-02fc00000001: host maintenance"
      session_id: 6f028d22-e4e8-11f1-a118-02fc00000001
      updated_at: "2026-11-21T01:02:03.000000"
failure:
  description: What is known of a failure.
  returned: failure
  type: dict
  contains:
    hosts:
      description: Why it failed, by host. Hosts that Nova does not know are named here before anything is done to the others.
      type: dict
      returned: when it failed for certain hosts
      sample:
        compute-2: "Failed to disable host compute-2: Service Unavailable (HTTP 503)"
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec, wait_spec
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.hosts import Hosts
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "compute_hosts"
SPEC: Spec = {
    "hosts": {"type": "list", "elements": "str", "required": True, "aliases": ["host", "name", "names"]},
    "state": {"type": "str", "choices": ["in_service", "out_of_service"], "required": True},
    "session_id": {"type": "str"},
    "reason": {"type": "str", "default": "host maintenance"},
    **wait_spec(600),
}
RULES: Params = {"required_if": [("state", "out_of_service", ["session_id"])]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Decide by state; the rules are in :mod:`module_utils._compute.hosts`."""
    hosts = Hosts(cloud)
    if params["state"] == "out_of_service":
        return hosts.take_out(params["hosts"], params["session_id"], params["reason"], check_mode)
    timeout = params["timeout"] if params["wait"] else None
    return hosts.bring_back(params["hosts"], params["session_id"], timeout, check_mode)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
