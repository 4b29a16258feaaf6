# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules that give an order for a VNF instance have in common (private to this collection).

Documented by the fragment ``vnf_operation``.
"""

from __future__ import annotations

import typing as t

from .._arguments import Spec, wait_spec
from .failures import DECISIONS

# Either names the VNF instance.
WHICH = ("vnf_instance_id", "name")
# Heat's own limit for a stack is 20 minutes.
TIMEOUT = 1320


def operation_spec(decisions: t.Sequence[str] = DECISIONS, timeout: int = TIMEOUT) -> Spec:
    """Which VNF instance, how long it is waited for, and what is decided when the operation fails.

    :param decisions: those that Tacker can carry out for this kind of operation.
    """
    return {
        "vnf_instance_id": {"type": "str", "aliases": ["id"]},
        "name": {"type": "str", "aliases": ["vnf_instance_name"]},
        "additional_params": {"type": "dict"},
        "on_failure": {"type": "list", "elements": "str", "choices": [*decisions], "default": []},
        **wait_spec(timeout),
    }
