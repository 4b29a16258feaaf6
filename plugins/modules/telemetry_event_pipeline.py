#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: telemetry_event_pipeline
short_description: Have Ceilometer hand maintenance events to Aodh
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - Makes sure that the event pipeline hands C(maintenance.planned), C(maintenance.scheduled), C(maintenance.host) and
    C(maintenance.session) to the topic at which Aodh listens. Where the pipeline does so already, for these or for all events,
    nothing is changed; otherwise a source C(maintenance_source) and a sink C(maintenance_sink) are added for what is missing.
  - Everything else in the file stays as it is, line by line, comments included.
  - The result is read back before it is put in its place, in one step; owner and mode stay. Ceilometer's notification agent reads
    the file when it starts, so restart it afterwards; the role P(nfv.maintenance.telemetry_events#role) does.
options:
  path:
    description: The file on the host of Ceilometer's notification agent, usually C(/etc/ceilometer/event_pipeline.yaml).
  publisher:
    description:
      - Where Aodh listens. The topic is C(event_alarm_topic) in C([listener]) of its configuration.
      - A publisher with further options counts as the same.
    type: str
    default: notifier://?topic=alarm.all
extends_documentation_fragment:
  - nfv.maintenance.ceilometer_file
seealso:
  - module: nfv.maintenance.telemetry_event_definitions
  - module: nfv.maintenance.maintenance_event_probe
"""

EXAMPLES = r"""
- name: Have Ceilometer hand maintenance events to Aodh
  nfv.maintenance.telemetry_event_pipeline:
    path: /etc/ceilometer/event_pipeline.yaml
    backup: true
"""

RETURN = r"""
telemetry_event_pipeline:
  description: What became of the file.
  returned: success
  type: dict
  contains:
    path:
      description: The file.
      type: str
      sample: /etc/ceilometer/event_pipeline.yaml
    changes:
      description: What was done, or would be done in check mode, one sentence each. Empty when all was there.
      type: list
      elements: str
      sample: ["sink maintenance_sink publishes to notifier://?topic=alarm.all"]
    backup_file:
      description: The copy of the former file, null when there is none.
      type: str
      sample: /etc/ceilometer/event_pipeline.yaml.1234.2026-11-21@01:02:03~
"""

import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_file_module
from ansible_collections.nfv.maintenance.plugins.module_utils._telemetry.files import FILE_SPEC, change_file
from ansible_collections.nfv.maintenance.plugins.module_utils._telemetry.pipeline import PUBLISHER, with_publisher

RETURNS = "telemetry_event_pipeline"
SPEC: Spec = {
    **FILE_SPEC,
    "publisher": {"type": "str", "default": PUBLISHER},
}


def run(params: Params, module: t.Any, check_mode: bool) -> Result:
    """Change the file; the rules are in :mod:`module_utils._telemetry.pipeline`."""

    def change(text: str, path: str) -> tuple[str, list[str]]:
        return with_publisher(text, path, params["publisher"])

    return change_file(module, "event_pipeline.yaml", change, check_mode)


def main() -> None:
    """Entry point."""
    run_file_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
