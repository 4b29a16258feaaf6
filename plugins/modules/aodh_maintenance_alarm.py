#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: aodh_maintenance_alarm
short_description: Subscribe a project to maintenance messages through an Aodh event alarm
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Creates, mends and deletes one event alarm, which posts every maintenance message of its project to a webhook.
  - The alarm is found by its name within the project. Actions, repetition, rule, severity and whether it is enabled are
    compared and mended; everything else of the alarm, its state included, is left as it is.
  - Passwords in addresses and values in their queries are hidden in what is returned, in the diff and in errors. Keep secrets in
    these places; a secret in the path of an address cannot be told from the path.
options:
  name:
    description: Name of the alarm.
    type: str
    required: true
  event_type:
    description: Type of the events that the alarm hears.
    type: str
    default: maintenance.scheduled
  alarm_actions:
    description:
      - Addresses that each event is posted to.
      - Required with O(state=present).
    type: list
    elements: str
  repeat_actions:
    description: Whether every event is posted. With V(false) Aodh posts the first one only, and then never again.
    type: bool
    default: true
  enabled:
    description: Whether the alarm is evaluated.
    type: bool
    default: true
  severity:
    description: Severity of the alarm. It is passed on with every message and has no other effect.
    type: str
    choices: [low, moderate, critical]
    default: low
  description:
    description: Description of the alarm. Without it Aodh's own is kept.
    type: str
  query:
    description:
      - Conditions on the traits of the event; an event has to meet all of them.
      - V([]) removes the conditions of an existing alarm; without the option they are kept.
    type: list
    elements: dict
    suboptions:
      field:
        description: The trait, for example V(traits.state).
        type: str
        required: true
      op:
        description: How the trait is compared with the value.
        type: str
        choices: [lt, le, eq, ne, ge, gt]
        default: eq
      value:
        description: The value that the trait is compared with.
        type: str
        required: true
      type:
        description: How the value is understood.
        type: str
        choices: [string, integer, float, boolean, datetime]
        default: string
  project_id:
    description: The project that the alarm belongs to, if it is not the one of the credentials. This needs an administrator.
    type: str
  state:
    description: Whether the alarm exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.attributes
notes:
  - Aodh keeps the list of a project's alarms for up to C(event_alarm_cache_ttl) (60 seconds by default). A new or changed alarm
    may miss the events of that time.
  - An event reaches only the alarms of the project that it names in its trait C(project_id).
seealso:
  - module: nfv.maintenance.aodh_maintenance_alarm_info
  - module: nfv.maintenance.maintenance_webhook
"""

EXAMPLES = r"""
- name: Subscribe to maintenance messages
  nfv.maintenance.aodh_maintenance_alarm:
    cloud: vnf
    name: maintenance-of-web
    alarm_actions:
      - "https://aodh:{{ webhook_secret }}@vnfm.example.com:8090/v1.0/vnfs/{{ vnf_id }}/maintenance/{{ project_id }}"

- name: Hear of hosts as well, with an alarm of its own
  nfv.maintenance.aodh_maintenance_alarm:
    cloud: admin
    name: hosts-in-maintenance
    event_type: maintenance.host
    alarm_actions:
      - "https://aodh:{{ webhook_secret }}@inspector.example.com:12345/maintenance"

- name: Unsubscribe
  nfv.maintenance.aodh_maintenance_alarm:
    cloud: vnf
    name: maintenance-of-web
    state: absent
"""

RETURN = r"""
aodh_maintenance_alarm:
  description:
    - The alarm, or null when it is absent.
    - An address without any secret in it is replaced by Ansible's placeholder for hidden values, since Ansible hides the whole
      option; M(nfv.maintenance.aodh_maintenance_alarm_info) shows it.
  returned: success
  type: dict
  sample:
    alarm_id: 77aa5bd1-2c5c-43d5-9f0b-0d28d9c5a5b5
    name: maintenance-of-web
    event_type: maintenance.scheduled
    query: []
    project_id: 3f07249d4e754565a30c590a16995e80
    enabled: true
    repeat_actions: true
    severity: low
    state: insufficient data
    description: Alarm when maintenance.scheduled event occurred.
    alarm_actions:
      - https://aodh:********@vnfm.example.com:8090/v1.0/vnfs/web/maintenance/3f07249d4e754565a30c590a16995e80
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._alarming.alarms import EventAlarms
from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "aodh_maintenance_alarm"
SPEC: Spec = {
    "name": {"type": "str", "required": True},
    "event_type": {"type": "str", "default": "maintenance.scheduled"},
    "alarm_actions": {"type": "list", "elements": "str", "no_log": True},
    "repeat_actions": {"type": "bool", "default": True},
    "enabled": {"type": "bool", "default": True},
    "severity": {"type": "str", "choices": ["low", "moderate", "critical"], "default": "low"},
    "description": {"type": "str"},
    "query": {
        "type": "list",
        "elements": "dict",
        "options": {
            "field": {"type": "str", "required": True},
            "op": {"type": "str", "choices": ["lt", "le", "eq", "ne", "ge", "gt"], "default": "eq"},
            "value": {"type": "str", "required": True},
            "type": {"type": "str", "choices": ["string", "integer", "float", "boolean", "datetime"], "default": "string"},
        },
    },
    "project_id": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
RULES: Params = {"required_if": [("state", "present", ["alarm_actions"])]}
MANAGED = ("event_type", "alarm_actions", "repeat_actions", "enabled", "severity", "description", "query")


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Compare and mend; the rules are in :mod:`module_utils._alarming.alarms`."""
    desired = {key: params[key] for key in MANAGED}
    return EventAlarms(cloud).ensure(params["name"], params["state"] == "present", desired, params["project_id"], check_mode)


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC, **RULES)


if __name__ == "__main__":
    main()
