# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event filter: notifications about operations on VNF instances as typed events."""

from __future__ import annotations

import re
from typing import Any

DOCUMENTATION = r"""
---
short_description: Make typed events of notifications about operations on VNF instances
description:
  - Turns a C(VnfLcmOperationOccurrenceNotification) of ETSI NFV-SOL003, as Tacker sends it to an address that is subscribed
    (M(nfv.maintenance.vnf_lcm_subscription)), into an event with C(vnf_lcm). The notification may be the event itself, or its
    C(payload), as behind C(eda.builtin.webhook).
  - C(vnf_lcm) has C(notification_id), C(subscription_id), C(vnf_instance_id), C(op_occ_id), C(operation), C(operation_state),
    C(notification_status), C(is_automatic), C(error) (one sentence, empty without one), and C(added), C(removed) and C(modified),
    the ids of servers in Nova that came, went or changed. The rest of the notification does not go on.
  - A notification that cannot be used becomes an event with C(vnf_lcm_rejected), the reason. Other events pass unchanged.
  - A notification is a hint, not proof - anyone who reaches the address can send one. Read the operation back
    (M(nfv.maintenance.vnf_lcm_op_occ_info)) before anything is done.
options: {}
"""

EXAMPLES = r"""
- eda.builtin.webhook:
    host: 127.0.0.1
    port: 8091
  filters:
    - nfv.maintenance.vnf_lcm_event:
"""

KIND = "VnfLcmOperationOccurrenceNotification"
OPERATIONS = ("INSTANTIATE", "SCALE", "TERMINATE", "HEAL", "CHANGE_EXT_CONN", "CHANGE_VNFPKG", "MODIFY_INFO")
STATES = ("STARTING", "PROCESSING", "COMPLETED", "FAILED_TEMP", "FAILED", "ROLLING_BACK", "ROLLED_BACK")
STATUSES = ("START", "RESULT")
CHANGES = {"ADDED": "added", "REMOVED": "removed", "MODIFIED": "modified"}
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,254}")
MAX_VNFCS = 10_000
MAX_ERROR = 500
TEMPLATE = re.compile(r"\{(?=[{%#])")


class Unusable(ValueError):
    """A notification that no event can be made of."""


def main(event: Any) -> Any:
    """Return a typed event for a notification; anything else unchanged."""
    found = _notification(event)
    if found is None:
        return event
    try:
        result: dict[str, Any] = {"vnf_lcm": _read(found)}
    except Unusable as exc:
        result = {"vnf_lcm_rejected": {"reason": str(exc)}}
    if isinstance(event.get("meta"), dict):
        result["meta"] = {key: value for key, value in event["meta"].items() if key != "headers"}
    return result


def _notification(event: Any) -> dict[str, Any] | None:
    if not isinstance(event, dict):
        return None
    for one in (event, event.get("payload")):
        if isinstance(one, dict) and one.get("notificationType") == KIND:
            return one
    return None


def _read(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "notification_id": _identifier(raw, "id"),
        "subscription_id": _identifier(raw, "subscriptionId"),
        "vnf_instance_id": _identifier(raw, "vnfInstanceId"),
        "op_occ_id": _identifier(raw, "vnfLcmOpOccId"),
        "operation": _one_of(raw, "operation", OPERATIONS),
        "operation_state": _one_of(raw, "operationState", STATES),
        "notification_status": _one_of(raw, "notificationStatus", STATUSES),
        "is_automatic": raw.get("isAutomaticInvocation") is True,
        "error": _error(raw.get("error")),
        **_servers(raw.get("affectedVnfcs")),
    }


def _identifier(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise Unusable(f"{name} is no identifier")
    return value


def _one_of(raw: dict[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = raw.get(name)
    if value not in known:
        raise Unusable(f"{name} is none of {', '.join(known)}")
    return str(value)


def _servers(vnfcs: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in CHANGES.values()}
    if vnfcs is None:
        return found
    if not isinstance(vnfcs, list) or len(vnfcs) > MAX_VNFCS:
        raise Unusable(f"affectedVnfcs is no list of at most {MAX_VNFCS}")
    for vnfc in vnfcs:
        resource = vnfc.get("computeResource") if isinstance(vnfc, dict) else None
        change = CHANGES.get(str(vnfc.get("changeType"))) if isinstance(vnfc, dict) else None
        if change is None or not isinstance(resource, dict):
            raise Unusable("an entry of affectedVnfcs has no changeType or computeResource that is known")
        found[change].append(_identifier(resource, "resourceId"))
    return found


def _error(raw: Any) -> str:
    """Return title and detail in one line, in which nothing can be taken for a template."""
    if not isinstance(raw, dict):
        return ""
    words = [str(raw[name]) for name in ("title", "detail") if isinstance(raw.get(name), str)]
    return TEMPLATE.sub("{ ", " ".join(": ".join(words).split()))[:MAX_ERROR]
