#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_monitor_workflow_info
short_description: Tell which VNFs Mistral probes
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Lists the workflows that M(nfv.maintenance.vnf_monitor_workflow) keeps, with their triggers.
  - One without a trigger does not run.
options:
  vnf_id:
    description: Only the workflow of the VNF with this id. An unknown id gives an empty list.
    type: str
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.vnf_monitor_workflow
"""

EXAMPLES = r"""
- name: See which VNFs are probed
  nfv.maintenance.vnf_monitor_workflow_info:
    cloud: vnf
  register: result

- name: Show those that do not run
  ansible.builtin.debug:
    msg: "{{ result.vnf_monitor_workflows | rejectattr('pattern') | map(attribute='vnf_id') }}"
"""

RETURN = r"""
vnf_monitor_workflows:
  description: The workflows.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the workflow and of the trigger.
      type: str
      returned: success
    vnf_id:
      description: The VNF.
      type: str
      returned: success
    workflow_id:
      description: Id of the workflow.
      type: str
      returned: success
    definition:
      description: The workflow, without the token.
      type: str
      returned: success
    pattern:
      description: When it runs, null without a trigger.
      type: str
      returned: success
    next_execution_time:
      description: When it runs next, null without a trigger.
      type: str
      returned: success
  sample:
    - name: nfv-monitor-4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
      vnf_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
      workflow_id: 1d6f9c52-7f0e-4a77-9a3b-0c4a5c8e2f61
      definition: '{"version": "2.0", "nfv-monitor-4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f": {"type": "direct", "tasks": {}}}'
      pattern: "* * * * *"
      next_execution_time: "2026-11-21 01:03:00"
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection
from ansible_collections.nfv.maintenance.plugins.module_utils._workflow.keeping import found
from ansible_collections.nfv.maintenance.plugins.module_utils._workflow.proxy import mistral

RETURNS = "vnf_monitor_workflows"
SPEC: Spec = {"vnf_id": {"type": "str"}}


def read(params: Params, cloud: Connection) -> list[Record]:
    """What there is."""
    return found(mistral(cloud), params["vnf_id"])


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
