# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies that fuzzing begins with, and those that it has found."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "fixtures" / "recorded"
CORPUS = Path(__file__).parent / "corpus.txt"
FIELDS = {
    "service": "fenix", "project_id": "p", "session_id": "s", "state": "PLANNED_MAINTENANCE", "instance_ids": "['i']",
    "reply_url": "http://h/v1/maintenance/s/p", "allowed_actions": "['MIGRATE', 'OWN_ACTION']", "metadata": "{'a': 'b'}",
    "actions_at": "2031-04-02T01:30:11", "reply_at": "2031-04-02T01:31:11", "message_id": "m",
}  # fmt: skip


def seeds() -> t.Iterator[bytes]:
    """One webhook of each kind that was recorded, for the project of the address, and the forms that nobody recorded."""
    kinds: dict[str, bytes] = {}
    patterns = ("fenix/webhook-*.json", "doctor/*/*-app-manager-POST-maintenance-*.json")
    for path in (path for pattern in patterns for path in sorted(RECORDED.glob(pattern))):
        found = json.loads(path.read_text())
        body = found.get("request", found).get("body", found)
        body = json.loads(body) if isinstance(body, str) else body
        for trait in body["reason_data"]["event"]["traits"]:
            if trait[0] == "project_id":
                trait[2] = "p"
        kind = "-".join(path.stem.split("-")[-2:])
        kinds.setdefault(f"{path.parent.name} {kind}", json.dumps(body).encode())
    yield from kinds.values()
    event = {"event_type": "maintenance.scheduled", "message_id": "n", "generated": "2026-11-21T01:00:00"}
    traits = [[name, 1, value] for name, value in FIELDS.items()]
    yield json.dumps({"reason_data": {"type": "event", "event": {**event, "traits": traits}}}).encode()
    yield json.dumps({**event, "event_type": "maintenance.planned", "payload": {**FIELDS, "instance_ids": ["i"]}}).encode()
    yield json.dumps(FIELDS).encode()


def known() -> list[bytes]:
    """What was found before."""
    lines = CORPUS.read_text().splitlines() if CORPUS.exists() else []
    return [json.loads(line).encode("latin-1") for line in lines]


def add(body: bytes) -> None:
    """Keep a body."""
    with CORPUS.open("a") as file:
        file.write(json.dumps(body.decode("latin-1")) + "\n")
