#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: telemetry_event_definitions
short_description: Give Ceilometer the event definitions that maintenance needs
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Makes sure that Ceilometer has definitions for C(maintenance.planned), C(maintenance.scheduled), C(maintenance.host) and
    C(maintenance.session), with all traits that the receivers of maintenance messages read. Without a definition Ceilometer keeps
    only default traits of an event, so that its project is lost and no alarm fires.
  - Everything else in the file stays as it is, line by line, comments included. A definition of one of these types is replaced
    only when it lacks a trait or has another one in its place; further traits of it are kept.
  - The last definition in the file that matches a type is the one that counts, so the new ones are put behind what they override.
  - The result is read back before it is put in its place, in one step; owner and mode stay. Ceilometer's notification agent reads
    the file when it starts, so restart it afterwards; the role P(nfv.maintenance.telemetry_events#role) does.
options:
  path:
    description: The file on the host of Ceilometer's notification agent, usually C(/etc/ceilometer/event_definitions.yaml).
extends_documentation_fragment:
  - nfv.maintenance.ceilometer_file
seealso:
  - module: nfv.maintenance.telemetry_event_pipeline
  - module: nfv.maintenance.maintenance_event_probe
"""

EXAMPLES = r"""
- name: Give Ceilometer the event definitions that maintenance needs
  nfv.maintenance.telemetry_event_definitions:
    path: /etc/ceilometer/event_definitions.yaml
    backup: true
"""

RETURN = r"""
telemetry_event_definitions:
  description: What became of the file.
  returned: success
  type: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /etc/ceilometer/event_definitions.yaml
    changes:
      description: What was done, or would be done in check mode, one sentence each. Empty when all was there.
      type: list
      elements: str
      sample: ["a definition of maintenance.host is added"]
    backup_file:
      description: The copy of the former file, null when there is none.
      type: str
      sample: /etc/ceilometer/event_definitions.yaml.1234.2026-11-21@01:02:03~
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_file_module
from ansible_collections.nfv.maintenance.plugins.module_utils._telemetry.definitions import with_definitions
from ansible_collections.nfv.maintenance.plugins.module_utils._telemetry.files import FILE_SPEC, change_file

RETURNS = "telemetry_event_definitions"
SPEC: Spec = FILE_SPEC


def run(params: Params, module: t.Any, check_mode: bool) -> Result:
    """Change the file; the rules are in :mod:`module_utils._telemetry.definitions`."""
    del params
    return change_file(module, "event_definitions.yaml", with_definitions, check_mode)


def main() -> None:
    """Entry point."""
    run_file_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
