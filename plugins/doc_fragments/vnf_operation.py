# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of what modules that give an order for a VNF instance share: operation_spec in module_utils/_nfv/arguments.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vnf_instance_id:
    description: Id of the VNF instance, which has to be instantiated. Either this or O(name) is required.
    type: str
    aliases: [id]
  name:
    description: Name of the VNF instance, in place of O(vnf_instance_id). Several of one name are an error that lists them.
    type: str
    aliases: [vnf_instance_name]
  additional_params:
    description:
      - C(additionalParams) of the operation.
      - The user data scripts (C(lcm-operation-user-data), C(lcm-operation-user-data-class)) that the VNF instance was
        instantiated with are added by themselves, since Tacker wants them with every operation.
    type: dict
  wait:
    description: Whether to wait until the operation is completed.
    type: bool
    default: true
  timeout:
    description: Seconds for everything together. Heat's own limit of 20 minutes fits in the default.
    type: int
    default: 1320
requirements:
  - jsonschema >= 4.20
seealso:
  - module: nfv.maintenance.vnf_lcm_op_occ
"""
