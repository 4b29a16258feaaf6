# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event filter: what an event says of a host under maintenance, and nothing else of it."""

from __future__ import annotations

import re
from typing import Any

DOCUMENTATION = r"""
---
short_description: Tell which host is under maintenance
description:
  - Takes alarms of Aodh, and notifications as they are on the bus, of type C(maintenance.host). They become an event with
    C(maintenance_host), which has C(session_id), C(host) and C(state), V(IN_MAINTENANCE) or V(MAINTENANCE_COMPLETE).
  - Nothing else of the event goes on, and a value that is no plain name makes it C(maintenance_host_rejected) with the reason.
    What goes on is handed to a playbook, where text may be taken for a template.
  - Other events pass unchanged.
"""

EXAMPLES = r"""
- eda.builtin.webhook:
    port: 12345
  filters:
    - nfv.maintenance.maintenance_host_event:
"""

EVENT_TYPE = "maintenance.host"
STATES = ("IN_MAINTENANCE", "MAINTENANCE_COMPLETE")
MAX_TRAITS = 100
SESSION = re.compile(r"[0-9A-Za-z_.-]{1,64}")
# As Nova takes them; a slash would be a path.
HOST = re.compile(r"[0-9A-Za-z_.-]{1,255}")


def main(event: Any) -> Any:
    """Return what is said of a host; anything else unchanged."""
    told = _told(event)
    if told is None:
        return event
    session_id, host, state = (told.get(name) for name in ("session_id", "host", "state"))
    for name, value, good in (("session_id", session_id, SESSION), ("host", host, HOST)):
        if not isinstance(value, str) or not good.fullmatch(value):
            return {"maintenance_host_rejected": f"{name} is missing or no plain name"}
    if state not in STATES:
        return {"maintenance_host_rejected": "state is neither IN_MAINTENANCE nor MAINTENANCE_COMPLETE"}
    return {"maintenance_host": {"session_id": session_id, "host": host, "state": state}}


def _told(event: Any) -> dict[str, Any] | None:
    """Return the fields of an event about a host, None for another one."""
    payload = event.get("payload") if isinstance(event, dict) else None
    if not isinstance(payload, dict):
        return None
    data = payload.get("reason_data")
    alarmed = data.get("event") if isinstance(data, dict) else None
    if isinstance(alarmed, dict) and alarmed.get("event_type") == EVENT_TYPE:
        return _traits(alarmed.get("traits"))
    if payload.get("event_type") == EVENT_TYPE:
        fields = payload.get("payload")
        return fields if isinstance(fields, dict) else {}
    return None


def _traits(traits: Any) -> dict[str, Any]:
    """Return the traits of Ceilometer, each a name, a type and a value, by name."""
    if not isinstance(traits, list):
        return {}
    named = [one for one in traits[:MAX_TRAITS] if isinstance(one, list) and one and isinstance(one[0], str)]
    return {one[0]: one[-1] for one in named}
