#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_policy
short_description: Keep the policy of a VNF where its maintenance messages are decided
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the owner of VNFs. Keeps the policy of one VNF in the file of policies that the role
    P(nfv.maintenance.vnf_maintenance#role) and the event source C(nfv.maintenance.aodh_alarm) read, and leaves those of all other
    VNFs as they are.
  - Several runs may change one file at the same time. Each waits for the one before it, and puts the new file in the place of the
    old one in one step. What else is in the file stays, but not its comments.
  - A new file has mode 0644; an existing one keeps its owner. An empty file beside it, named C(.lock), is for those who change
    it.
options:
  path:
    description: The file. Its folder has to exist.
    type: path
    required: true
  vnf_instance_id:
    description: The VNF, by its id; V(default) is the policy of those that have none of their own.
    type: str
    required: true
  policy:
    description: The policy, as the README of the role P(nfv.maintenance.vnf_maintenance#role) shows it. It is not looked at here.
    type: dict
    default: {}
  state:
    description: V(present) writes O(policy) in place of what the file has for the VNF; V(absent) takes that out of the file.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Says whether the policy would be changed, and writes nothing.
  diff_mode:
    support: full
    description: Shows the policy of the VNF before and after.
requirements:
  - PyYAML
seealso:
  - module: nfv.maintenance.maintenance_secret
"""

EXAMPLES = r"""
- name: Have the VNF's instances moved live
  nfv.maintenance.maintenance_policy:
    path: /etc/nfv-maintenance/policies.yml
    vnf_instance_id: 0b5bb24d-e3f8-4fc9-90f0-a45d0e2d3c50
    policy:
      actions: [LIVE_MIGRATE, MIGRATE]
"""

RETURN = r"""
maintenance_policy:
  description: The policy as it is in the file now, null when it is not.
  returned: success
  type: dict
  sample:
    actions: [LIVE_MIGRATE, MIGRATE]
"""

import pathlib
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.keyed_file import KeyedFile
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_file_module

RETURNS = "maintenance_policy"
SPEC: Spec = {
    "path": {"type": "path", "required": True},
    "vnf_instance_id": {"type": "str", "required": True},
    "policy": {"type": "dict", "default": {}},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
# There is no secret in a policy.
MODE = 0o644


def run(params: Params, module: t.Any, check_mode: bool) -> Result:
    """Change the file; the rules for that are in :mod:`module_utils._maintenance.keyed_file`."""
    del module
    found: list[t.Any] = []

    def wanted(before: t.Any) -> t.Any:
        found.append(before)
        return params["policy"] if params["state"] == "present" else None

    file = KeyedFile(pathlib.Path(params["path"]).resolve(), MODE)
    changed, after = file.change(params["vnf_instance_id"], wanted, check_mode=check_mode)
    return Result(changed, after, before=found[0], after=after)


def main() -> None:
    """Entry point."""
    run_file_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
