#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vnf_monitor_workflow
short_description: Have Mistral probe a VNF
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Keeps one workflow (version 2 of Mistral's language) and one cron trigger for a VNF, both named C(nfv-monitor-) and its id.
  - The workflow has standard actions only. C(std.http) asks a probe endpoint for each target, with retries.
  - Another C(std.http) posts what was found, in the form of Prometheus' Alertmanager, to the rulebook
    C(nfv.maintenance.vnf_monitor_alertmanager), which does what the monitoring policy wants, once for each incident.
  - Whatever becomes of a run is in Mistral; it survives restarts of its engines, which are as many as you like.
options:
  vnf_id:
    description: Id of the VNF.
    type: str
    required: true
  vnf_name:
    description: Its name, for people. Without it the id.
    type: str
  state:
    description: Whether the VNF is probed.
    type: str
    choices: [present, absent]
    default: present
  targets:
    description:
      - What is probed, as a rule the management address of each VNFC. At least one is required with O(state=present).
      - Make it from M(nfv.maintenance.vnf_instance_info) again when the VNF has changed, for example when its lifecycle notifies.
    type: list
    elements: dict
    default: []
    suboptions:
      target:
        description: What the probe endpoint is asked for.
        type: str
        required: true
      vnfc_id:
        description: Id of the VNFC, for the finding.
        type: str
      vdu:
        description: Its VDU, for the finding.
        type: str
      server_id:
        description: Its server, without which only the whole VNF can be healed.
        type: str
  probe_url:
    description:
      - URL of a probe endpoint in the manner of Prometheus' blackbox exporter. Required with O(state=present).
      - It is asked with C(module) and C(target), and says C(probe_success 1) when the target answers.
    type: str
  probe_module:
    description: Which module of the probe endpoint is asked for.
    type: str
    default: icmp
  probe_token:
    description: Bearer token that the probe endpoint wants. It stands in the workflow, as O(webhook_token) does.
    type: str
  webhook_url:
    description: URL at which the rulebook listens. Required with O(state=present).
    type: str
  webhook_token:
    description:
      - Bearer token that the rulebook wants.
      - It stands in the workflow, which everybody with access to Mistral in the project can read. It is never shown here.
    type: str
  pattern:
    description: When the VNF is probed, in the form of cron. Mistral does not run anything more often than once a minute.
    type: str
    default: "* * * * *"
  retries:
    description: Further probes of a target after one that was lost.
    type: int
    default: 2
  delay:
    description: Seconds from one of O(retries) to the next.
    type: int
    default: 5
  probe_timeout:
    description: Seconds after which a probe is given up.
    type: int
    default: 10
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - A workflow that somebody else has changed is changed back. A trigger cannot be changed in Mistral; it is made anew.
seealso:
  - module: nfv.maintenance.vnf_monitor_workflow_info
"""

EXAMPLES = r"""
- name: Have Mistral probe a VNF
  nfv.maintenance.vnf_monitor_workflow:
    cloud: vnf
    vnf_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    targets:
      - {target: 192.0.2.11, vdu: VDU1, server_id: 0a6c1c86-8d5c-4c5e-9d7e-5c6a6f1b2a3d}
    probe_url: http://prober.example:9115/probe
    webhook_url: https://eda.example:12349/endpoint
    webhook_token: "{{ vnf_monitor_token }}"

- name: Probe it no more
  nfv.maintenance.vnf_monitor_workflow:
    cloud: vnf
    vnf_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    state: absent
"""

RETURN = r"""
vnf_monitor_workflow:
  description: What there is, or would be in check mode; null when there is none.
  returned: success
  type: dict
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
      description: When it runs.
      type: str
      returned: success
    next_execution_time:
      description: When it runs next.
      type: str
      returned: success
  sample:
    name: nfv-monitor-4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    vnf_id: 4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f
    workflow_id: 1d6f9c52-7f0e-4a77-9a3b-0c4a5c8e2f61
    definition: '{"version": "2.0", "nfv-monitor-4c8b3c1e-8e0b-4b3c-9d6a-1a2b3c4d5e6f": {"type": "direct", "tasks": {}}}'
    pattern: "* * * * *"
    next_execution_time: "2026-11-21 01:03:00"
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection
from ansible_collections.nfv.maintenance.plugins.module_utils._workflow import keeping
from ansible_collections.nfv.maintenance.plugins.module_utils._workflow.monitoring import Monitor
from ansible_collections.nfv.maintenance.plugins.module_utils._workflow.proxy import mistral

RETURNS = "vnf_monitor_workflow"
SPEC: Spec = {
    "vnf_id": {"type": "str", "required": True},
    "vnf_name": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "targets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "target": {"type": "str", "required": True},
            "vnfc_id": {"type": "str"},
            "vdu": {"type": "str"},
            "server_id": {"type": "str"},
        },
    },
    "probe_url": {"type": "str"},
    "probe_module": {"type": "str", "default": "icmp"},
    "probe_token": {"type": "str", "no_log": True},
    "webhook_url": {"type": "str"},
    "webhook_token": {"type": "str", "no_log": True},
    "pattern": {"type": "str", "default": "* * * * *"},
    "retries": {"type": "int", "default": 2},
    "delay": {"type": "int", "default": 5},
    "probe_timeout": {"type": "int", "default": 10},
}
RULES: dict[str, t.Any] = {"required_if": [("state", "present", ["probe_url", "webhook_url"])]}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """The rules are in :mod:`module_utils._workflow`."""
    if params["state"] == "absent":
        return keeping.remove(mistral(cloud), params["vnf_id"], check_mode)
    wanted = Monitor(
        vnf_id=params["vnf_id"],
        vnf_name=params["vnf_name"] or params["vnf_id"],
        targets=tuple(params["targets"]),
        probe_url=params["probe_url"],
        probe_module=params["probe_module"],
        probe_token=params["probe_token"] or "",
        webhook_url=params["webhook_url"],
        token=params["webhook_token"] or "",
        retries=params["retries"],
        delay=params["delay"],
        timeout=params["probe_timeout"],
    )
    return keeping.keep(mistral(cloud), wanted, params["pattern"], check_mode)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
