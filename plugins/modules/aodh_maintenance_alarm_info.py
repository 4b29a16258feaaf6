#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: aodh_maintenance_alarm_info
short_description: Read the event alarms that subscribe projects to maintenance messages
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Lists event alarms of Aodh.
  - Passwords in addresses and values in their queries are hidden.
options:
  name:
    description: Only alarms of this name. An unknown name gives an empty list.
    type: str
  event_type:
    description: Only alarms that hear this type of event, compared as it is written in the alarm.
    type: str
  project_id:
    description: Only alarms of this project. Another project than the one of the credentials needs an administrator.
    type: str
  all_projects:
    description: Whether alarms of all projects are read, which needs an administrator.
    type: bool
    default: false
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
seealso:
  - module: nfv.maintenance.aodh_maintenance_alarm
"""

EXAMPLES = r"""
- name: Read who listens to maintenance messages
  nfv.maintenance.aodh_maintenance_alarm_info:
    cloud: admin
    event_type: maintenance.scheduled
    all_projects: true
  register: result

- name: Show the projects
  ansible.builtin.debug:
    msg: "{{ result.aodh_maintenance_alarms | map(attribute='project_id') | unique }}"
"""

RETURN = r"""
aodh_maintenance_alarms:
  description: The alarms, by name.
  returned: success
  type: list
  elements: dict
  sample:
    - alarm_id: 77aa5bd1-2c5c-43d5-9f0b-0d28d9c5a5b5
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

from ansible_collections.nfv.maintenance.plugins.module_utils._alarming.alarms import EventAlarms, shown
from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Record
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_info_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection

RETURNS = "aodh_maintenance_alarms"
SPEC: Spec = {
    "name": {"type": "str"},
    "event_type": {"type": "str"},
    "project_id": {"type": "str"},
    "all_projects": {"type": "bool", "default": False},
}


def read(params: Params, cloud: Connection) -> list[Record | None]:
    """The event alarms, filtered."""
    found = EventAlarms(cloud).list(params["project_id"], params["all_projects"], params["name"])
    return [shown(alarm) for alarm in found if params["event_type"] in (None, alarm["event_type"])]


def main() -> None:
    """Entry point."""
    run_info_module(read, RETURNS, SPEC)


if __name__ == "__main__":
    main()
