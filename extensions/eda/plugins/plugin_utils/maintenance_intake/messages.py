# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A webhook as the journal keeps it: whose message, known by what, until when."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from types import ModuleType

# The protocol's order (Fenix, Doctor design guideline).
ORDER = (
    "MAINTENANCE",
    "SCALE_IN",
    "PREPARE_MAINTENANCE",
    "PLANNED_MAINTENANCE",
    "INSTANCE_ACTION_DONE",
    "MAINTENANCE_COMPLETE",
)
INFORMS = "INSTANCE_ACTION_DONE"
# In place of a VNF where there is none.
NOBODY = "none"


class Incoming(NamedTuple):
    """One message that was heard, from a webhook or (then of no VNF) otherwise."""

    vnf_id: str | None
    project_id: str
    session_id: str
    state: str
    message: str
    marks: tuple[str, ...]
    post: str | None
    deadline: float | None


def read(event_filter: ModuleType, vnf_id: str, project_id: str, body: dict[str, Any], post: str | None = None) -> Incoming:
    """Return the message of a webhook.

    ``post`` is what a signed webhook cannot be posted with twice; an unsigned one is known by its notification.
    Raises the filter's ForeignProject when the message is for another project than the address, its Unusable when there is none.
    """
    webhook = {"vnf_id": vnf_id, "project_id": project_id, "body": body}
    message, has_own_id = event_filter.read(webhook)
    notification_id = event_filter.notification_id(webhook)
    names = _names(message, has_own_id, notification_id) or [("body", json.dumps(body, sort_keys=True))]
    address = (message["project_id"], message["session_id"])
    if post is None and notification_id:
        post = digest("notification", vnf_id, message["event_type"], notification_id)
    return Incoming(
        vnf_id=vnf_id,
        project_id=message["project_id"],
        session_id=message["session_id"],
        state=message["state"],
        message=json.dumps(message, separators=(",", ":")),
        marks=tuple(digest(*address, *name) for name in names),
        post=post,
        deadline=_deadline(message["reply_at"], event_filter.notification(body)),
    )


def made_up(event_filter: ModuleType, notification: dict[str, Any]) -> tuple[Incoming, bool]:
    """Return the message of a notification that no webhook told of, and whether it has an id of its own.

    Raises the filter's Unusable when there is none.
    """
    payload = notification.get("payload")
    project_id = payload.get("project_id") if isinstance(payload, dict) else None
    incoming = read(event_filter, NOBODY, str(project_id), notification)
    message = json.dumps({**json.loads(incoming.message), "vnf_id": None}, separators=(",", ":"))
    return incoming._replace(vnf_id=None, message=message, post=None), bool(notification.get("message_id"))


def _names(message: dict[str, Any], has_own_id: bool, notification_id: str) -> list[tuple[str, ...]]:
    """Return what the message is known by, whoever tells of it."""
    # One kind for both ids: told directly, a message's own id is the notification's.
    names: list[tuple[str, ...]] = [("id", found) for found in dict.fromkeys((message["message_id"], notification_id)) if found]
    if has_own_id:
        # Two messages may look the same and not be, such as those about two hosts.
        return names
    what = (message["state"], *message["instance_ids"], message["instance_ids_url"] or "")
    times = (message["actions_at"] or "", message["reply_at"] or "")
    # Without a time, and where the list was cut, what looks the same need not be: an instance can be done twice.
    if "instance_ids" not in message["truncated"] and (any(times) or not names):
        names.append(("what", *what, *times))
    return names


def digest(*parts: str) -> str:
    """Return a text of bounded length that stands for these parts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _deadline(reply_at: str | None, notification: dict[str, Any]) -> float | None:
    """Return until when the message can be answered, None when that is not known.

    The Fenix of 2019 subtracts its window, so that its reply_at lies before the notification (protocol.md, section 2.6).
    """
    if reply_at is None:
        return None
    deadline = seconds_of(reply_at)
    sent = next((at for name in ("generated", "timestamp") if (at := seconds_of(notification.get(name))) is not None), None)
    return deadline if deadline is not None and sent is not None and deadline > sent else None


def seconds_of(text: Any) -> float | None:
    """Return a time as seconds since 1970; UTC where it does not say, None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
