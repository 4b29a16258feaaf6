#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_event_probe
short_description: See whether maintenance events reach the alarms of projects
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Has the session API emit one event of each type that it uses, and looks whether event alarms notice them. So the whole way is
    seen to work, from the bus over Ceilometer's event definitions and its event pipeline to Aodh. Without definitions Ceilometer
    drops what matters of an event, and no project hears of a maintenance.
  - The events are for a project that exists nowhere, so nobody is told anything. The alarms belong to that project and are
    deleted at the end. Aodh's cache, which makes it overlook a new alarm for a minute, holds nothing about a new project.
  - A result other than V(ok) is a warning that says what to do next. Nothing is ever reported as changed.
options:
  timeout:
    description: Seconds to wait for the alarms. They are usually there in less than one.
    type: int
    default: 10
  required:
    description: Whether the task fails when the events were not seen, or could not be looked for.
    type: bool
    default: false
extends_documentation_fragment:
  - nfv.maintenance.openstack
  - nfv.maintenance.openstack.info_attributes
attributes:
  check_mode:
    description: Sends nothing and makes no alarm; the status is then V(not_tried).
notes:
  - An administrator's credentials are needed, both at the session API and at Aodh.
seealso:
  - module: nfv.maintenance.telemetry_event_definitions
  - module: nfv.maintenance.telemetry_event_pipeline
"""

EXAMPLES = r"""
- name: See whether maintenance events come through
  nfv.maintenance.maintenance_event_probe:
    cloud: admin
    required: true
"""

RETURN = r"""
maintenance_event_probe:
  description: What was seen.
  returned: success
  type: dict
  contains:
    status:
      description:
        - V(ok) when every event was noticed, V(not_seen) when one was not, V(not_possible) when that could not be found out, and
          V(not_tried) in check mode.
      type: str
      sample: ok
    event_types:
      description: For each type of event whether an alarm noticed it.
      type: dict
      sample: {maintenance.scheduled: true, maintenance.host: true, maintenance.session: true}
    reason:
      description: What is in the way and what to do next, null when nothing is.
      type: str
      sample: null
    left_behind:
      description: Ids of alarms that could not be deleted. A later probe deletes them when they are ten minutes old.
      type: list
      elements: str
      sample: []
"""

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_module
from ansible_collections.nfv.maintenance.plugins.module_utils._sdk import Connection
from ansible_collections.nfv.maintenance.plugins.module_utils._telemetry.probe import advice, probe

RETURNS = "maintenance_event_probe"
SPEC: Spec = {
    "timeout": {"type": "int", "default": 10},
    "required": {"type": "bool", "default": False},
}


def run(params: Params, cloud: Connection, check_mode: bool) -> Result:
    """Probe; the rules are in :mod:`module_utils._telemetry.probe`."""
    record = probe(cloud, params["timeout"], check_mode=check_mode)
    text = advice(record)
    if text and params["required"]:
        raise CollectionError(text, **record)
    return Result(False, record, extra={"warnings": [text]} if text else {})


def main() -> None:
    """Entry point."""
    run_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
