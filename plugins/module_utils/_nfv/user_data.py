# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripts of a VNF package that make its stack's parameters (private to this collection).

Tacker keeps them with no VNF instance, and without them an operation ends COMPLETED although no server changed.
"""

from __future__ import annotations

from .proxy import NfvProxy, Raw

USER_DATA = ("lcm-operation-user-data", "lcm-operation-user-data-class")


def with_user_data(nfv: NfvProxy, instance_id: str, given: Raw | None) -> Raw:
    """``additionalParams`` with the user data that the VNF instance was made with, unless others are given."""
    params = given or {}
    if any(key in params for key in USER_DATA):
        return params
    made = nfv.op_occs(instance_id, "operation", "INSTANTIATE")
    if not made:
        return params
    had = (nfv.op_occ(str(made[-1]["id"])).get("operationParams") or {}).get("additionalParams") or {}
    return {**{key: had[key] for key in USER_DATA if key in had}, **params}
