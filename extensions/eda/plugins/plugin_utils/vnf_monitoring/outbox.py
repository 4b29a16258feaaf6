# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rulebook has not taken yet."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .watched import Watched

KEY = "vnf_monitor"


def worker_name() -> str:
    """Return a name for this process."""
    return f"{os.uname().nodename}:{os.getpid()}"


def moment(seconds: float) -> str:
    """Return a time of ``time.time`` as it is written in an event."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(watched: Watched, kind: str, before: str, worker: str) -> dict[str, Any]:
    """Return what the rulebook is told about a target, now."""
    target, judge = watched.target, watched.judge
    return {
        "kind": kind,
        "vnf": dict(target.vnf),
        "vnfc": dict(target.vnfc),
        "target": {"name": target.name, "address": target.address, "port": target.port, "probe": target.how.probe},
        "from": before,
        "to": judge.state,
        "since": moment(watched.since),
        "at": moment(time.time()),
        "generation": target.generation,
        # Without any, whoever acts has policies of his own.
        "actions": list(target.actions.get(judge.state, ())) if target.actions else None,
        "evidence": {
            "sent": watched.sent,
            "lost": watched.lost,
            "threshold": str(judge.rule),
            "error": watched.error,
            "round_trip": watched.round_trip,
        },
        "worker": worker,
    }


class Outbox:
    """Holds at most one event for each target, its newest state: the rulebook takes one at a time, at its own pace.

    :ivar told: how many events the rulebook has taken, by kind.
    """

    def __init__(self, worker: str) -> None:
        """Nothing to tell."""
        self.told = {"state_change": 0, "reminder": 0}
        self._worker = worker
        self._waiting: dict[str, dict[str, Any]] = {}
        self._something = asyncio.Event()

    def report(self, watched: Watched, kind: str, before: str) -> None:
        """Have the rulebook told."""
        key = watched.target.key
        waiting = self._waiting.get(key)
        new = event(watched, kind, before, self._worker)
        if waiting is not None and waiting["kind"] == "state_change":
            if kind == "reminder":
                return
            del self._waiting[key]
            new["from"] = waiting["from"]
            if new["from"] == new["to"]:
                # What was never told need not be taken back.
                return
        self._waiting[key] = new
        self._something.set()

    def withdraw(self) -> None:
        """Say nothing of all that."""
        self._waiting.clear()

    async def run(self, queue: asyncio.Queue[Any]) -> None:
        """Tell until cancelled."""
        while True:
            await self._something.wait()
            while self._waiting:
                key = next(iter(self._waiting))
                new = self._waiting.pop(key)
                await queue.put({KEY: new})
                self.told[new["kind"]] += 1
            self._something.clear()
