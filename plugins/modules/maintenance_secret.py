#!/usr/bin/python
# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_secret
short_description: Keep the secrets of a VNF where the listener for its maintenance messages reads them
version_added: 0.1.0
author:
  - nfv.maintenance contributors (@nfv-maintenance)
description:
  - For the owner of VNFs. Makes the secrets that a VNF's maintenance messages are sent with, and keeps them in a file, which the
    event source C(nfv.maintenance.aodh_alarm) reads again whenever it changes.
  - Several runs may change one file at the same time. Each waits for the one before it, changes the secrets of its own VNF only,
    and puts the new file in the place of the old one in one step. What else is in the file stays, but not its comments.
  - The file has mode 0600; an existing one keeps its owner. An empty file beside it, named C(.lock), is for those who change it.
  - The secrets are returned. Give the task C(no_log).
options:
  path:
    description: The file. Its folder has to exist.
    type: path
    required: true
  vnf_instance_id:
    description: The VNF, by its id.
    type: str
    required: true
  kinds:
    description:
      - Which secrets the VNF is to have. V(password) is for alarms of Aodh, V(signing) for direct deliveries of the session API.
      - One of a kind that is not named is taken away.
    type: list
    elements: str
    choices: [password, signing]
    default: [password]
  rotate:
    description:
      - Whether to make new secrets. The present ones stay, behind the new ones, until this module runs without it.
    type: bool
    default: false
  state:
    description: V(present) sees that the VNF has a secret of each of O(kinds); V(absent) takes all its secrets away.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    support: full
    description: Nothing is written; new secrets are shown that will not be those of the next run.
  diff_mode:
    support: none
    description: A difference would show secrets.
requirements:
  - PyYAML
seealso:
  - module: nfv.maintenance.maintenance_policy
  - module: nfv.maintenance.aodh_maintenance_alarm
  - module: nfv.maintenance.maintenance_webhook
"""

EXAMPLES = r"""
- name: See that the VNF has a secret
  nfv.maintenance.maintenance_secret:
    path: /etc/nfv-maintenance/secrets.yml
    vnf_instance_id: 0b5bb24d-e3f8-4fc9-90f0-a45d0e2d3c50
  register: result
  no_log: true

- name: Make a new one, and keep the present one a little longer
  nfv.maintenance.maintenance_secret:
    path: /etc/nfv-maintenance/secrets.yml
    vnf_instance_id: 0b5bb24d-e3f8-4fc9-90f0-a45d0e2d3c50
    rotate: true
  no_log: true
"""

RETURN = r"""
maintenance_secret:
  description: The secrets of the VNF by their kind, the newest first. Empty when O(state=absent).
  returned: success
  type: dict
  contains:
    password:
      description: For basic authentication, 44 letters and digits.
      type: list
      elements: str
    signing:
      description: For signatures, as Standard Webhooks writes them.
      type: list
      elements: str
"""

import base64
import pathlib
import secrets
import string
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._arguments import Spec
from ansible_collections.nfv.maintenance.plugins.module_utils._ensure import Result
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.keyed_file import KeyedFile
from ansible_collections.nfv.maintenance.plugins.module_utils._module import Params, run_file_module

RETURNS = "maintenance_secret"
SPEC: Spec = {
    "path": {"type": "path", "required": True},
    "vnf_instance_id": {"type": "str", "required": True},
    "kinds": {
        "type": "list", "elements": "str", "choices": ["password", "signing"], "default": ["password"], "no_log": False,
    },
    "rotate": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}  # fmt: skip
# How Standard Webhooks marks a secret that signs; the rest is base64.
SIGNING = "whsec_"
# 44 letters and digits are 262 bits.
LENGTH = 44


def run(params: Params, module: t.Any, check_mode: bool) -> Result:
    """Change the file; the rules for that are in :mod:`module_utils._maintenance.keyed_file`."""
    del module
    file = KeyedFile(pathlib.Path(params["path"]).resolve())
    changed, after = file.change(params["vnf_instance_id"], lambda before: wanted(before, params), check_mode=check_mode)
    kept = _listed(after, params)
    record = {"password": [one for one in kept if not _signs(one)], "signing": [one for one in kept if _signs(one)]}
    return Result(changed, record)


def wanted(before: t.Any, params: Params) -> list[str] | None:
    """The secrets that the VNF is to have, None for none; the newest of each kind first, and passwords before the others."""
    if params["state"] == "absent":
        return None
    present = _listed(before, params)
    passwords = _renewed([one for one in present if not _signs(one)], _password, params["rotate"])
    signing = _renewed([one for one in present if _signs(one)], _signing, params["rotate"])
    return [*(passwords if "password" in params["kinds"] else []), *(signing if "signing" in params["kinds"] else [])] or None


def _renewed(present: list[str], make: t.Callable[[], str], rotate: bool) -> list[str]:
    return [*([make()] if rotate or not present else []), *present[:1]]


def _listed(entry: t.Any, params: Params) -> list[str]:
    listed = [] if entry is None else entry if isinstance(entry, list) else [entry]
    if not all(isinstance(one, str) for one in listed):
        raise CollectionError(f"The secrets of VNF {params['vnf_instance_id']} in {params['path']} are no list of texts")
    return listed


def _signs(secret: str) -> bool:
    return secret.startswith(SIGNING)


def _password() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _number in range(LENGTH))


def _signing() -> str:
    return SIGNING + base64.b64encode(_password().encode()).decode()


def main() -> None:
    """Entry point."""
    run_file_module(run, RETURNS, SPEC)


if __name__ == "__main__":
    main()
