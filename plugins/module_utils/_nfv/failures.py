# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed operations: what is said about them, and what can be decided (private to this collection)."""

from __future__ import annotations

from .._errors import CollectionError
from .proxy import Raw

BLOCKED = "FAILED_TEMP"
FAILED = (BLOCKED, "FAILED", "ROLLED_BACK")
RETRY, ROLLBACK, FAIL = "retry", "rollback", "fail"
DECISIONS = (RETRY, ROLLBACK, FAIL)
# Tacker 16 makes the record anew when it rolls these back, and leaves the scale levels out for good.
FORGETFUL = ("CHANGE_EXT_CONN", "CHANGE_VNFPKG")
FORGOTTEN = (
    "Tacker has forgotten the scale levels of the VNF instance by rolling it back. "
    "It cannot be scaled until it is terminated and instantiated again"
)
CLI = "openstack --os-tacker-api-version 2 vnflcm"


def can_roll_back(occ: Raw) -> bool:
    """Tacker takes an order to roll the others back, and refuses it afterwards."""
    scale_in = (occ.get("operationParams") or {}).get("type") == "SCALE_IN"
    return not (scale_in or occ.get("operation") in ("HEAL", "TERMINATE"))


def failure(occ: Raw, tried: list[str]) -> CollectionError:
    """The error for an operation that failed.

    :param tried: what was decided about it before it came to this.
    """
    operation, state, op_occ_id = occ.get("operation"), occ["operationState"], occ["id"]
    after = f" after {' and '.join(tried)}" if tried else ""
    text = f"{operation} {op_occ_id} of VNF instance {occ.get('vnfInstanceId')} ended {state}{after}: {reason(occ)}. "
    if state == BLOCKED:
        decide = "op rollback" if can_roll_back(occ) else "op retry"
        text += "It blocks the VNF instance until it is decided. "
        text += f"Next: {CLI} {decide} {op_occ_id}, or to give up {CLI} op fail {op_occ_id}"
    elif state == "ROLLED_BACK" and ROLLBACK in tried and operation in FORGETFUL:
        text += f"The servers are as before. If the VNF instance had scaling aspects: {FORGOTTEN}. "
        text += f"Next: {CLI} op show {op_occ_id}"
    elif state == "ROLLED_BACK":
        text += f"The VNF instance is as before. Next: mend the cause, and run this task again ({CLI} op show {op_occ_id})"
    else:
        text += f"The VNF instance and its resources may differ now. Next: {CLI} op show {op_occ_id}"
    return CollectionError(text, op_occ_id=op_occ_id, operation_state=state, error=occ.get("error"))


def reason(occ: Raw) -> str:
    """Why an operation failed, in one sentence; a traceback of Tacker's user data is cut to its last line."""
    error = occ.get("error") or {}
    detail = str(error.get("detail") or "").strip()
    if "Traceback" in detail:
        # The output of a script comes as the text of a bytes object.
        detail = detail.removeprefix("b'").removesuffix("'").replace("\\n", "\n").replace("\\'", "'").strip().splitlines()[-1]
    words = [str(part) for part in (error.get("title"), detail) if part]
    return (": ".join(words) or "Tacker gives no reason").rstrip(".")
