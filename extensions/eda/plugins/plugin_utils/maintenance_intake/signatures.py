# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Webhooks that are signed as Standard Webhooks says (https://www.standardwebhooks.com, version 1)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

WINDOW = 300
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,254}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class Signed(NamedTuple):
    """The headers of a signed webhook."""

    id: str
    timestamp: int
    signatures: str

    def content(self, body: bytes) -> bytes:
        """Return what was signed."""
        return f"{self.id}.{self.timestamp}.".encode() + body

    def is_recent(self, now: float) -> bool:
        """Say whether it was sent within five minutes of now."""
        return abs(now - self.timestamp) <= WINDOW


def signed(headers: Any) -> Signed | None:
    """Return the headers of a signed webhook, None when it is not signed; ValueError when they are not whole."""
    if "webhook-signature" not in headers:
        return None
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(webhook_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise ValueError("webhook-id or webhook-timestamp is missing or is not of its form")
    # The content is signed with the header's own digits, so zeros in front are not taken.
    if str(int(timestamp)) != timestamp:
        raise ValueError("webhook-timestamp begins with a zero")
    return Signed(webhook_id, int(timestamp), headers["webhook-signature"])


def notification(webhook_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a signed webhook as the notification it tells of."""
    payload = body.get("data")
    return {
        "message_id": webhook_id,
        "event_type": body.get("type"),
        "timestamp": body.get("timestamp"),
        "payload": payload if isinstance(payload, dict) else {},
    }
