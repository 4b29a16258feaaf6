# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that a test asks the lab to commit."""

from __future__ import annotations

import random
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from .web import ApiError

KINDS = {
    "webhook_drop": {"alarm"},
    "webhook_duplicate": {"alarm"},
    "webhook_delay": {"alarm"},
    "http_error": {"service", "path", "method"},
    "migration_slow": {"server", "host", "type"},
    "migration_fail": {"server", "host", "type"},
    "migration_lie": {"server", "host", "type"},
    "host_no_return": {"host"},
    "operation_hold": {"vnf", "operation"},
}
PARAMETERS = {"times", "seconds", "factor", "probability", "status", "leaves", "copies"}


@dataclass(slots=True, eq=False)
class Fault:
    """One fault: what it does, whom it hits, how often it still may."""

    id: str
    kind: str
    match: dict[str, str]
    times: int | None
    parameters: dict[str, Any]
    hits: int = 0
    left: int | None = field(default=None)

    def view(self) -> dict[str, Any]:
        """Return the fault as the control API shows it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "match": self.match,
            "times": self.times,
            "left": self.left,
            "hits": self.hits,
            **self.parameters,
        }

    def number(self, name: str, default: float) -> float:
        """Return a numeric parameter."""
        return float(self.parameters.get(name, default))


class Faults:
    """The faults in force."""

    def __init__(self, seed: int) -> None:
        """Begin without any; the seed decides faults that have a probability."""
        self._random = random.Random(seed)
        self._faults: dict[str, Fault] = {}

    def add(self, body: dict[str, Any]) -> Fault:
        """Check and add a fault."""
        kind = body.get("kind")
        if kind not in KINDS:
            raise ApiError(400, f"kind must be one of {', '.join(sorted(KINDS))}")
        match = body.get("match") or {}
        if not isinstance(match, dict) or set(match) - KINDS[kind]:
            raise ApiError(400, f"match of {kind} may have {', '.join(sorted(KINDS[kind]))}")
        unknown = set(body) - PARAMETERS - {"kind", "match"}
        if unknown:
            raise ApiError(400, f"unknown: {', '.join(sorted(unknown))}")
        times = body.get("times")
        if times is not None and (not isinstance(times, int) or times < 1):
            raise ApiError(400, "times must be a positive integer")
        if "path" in match:
            try:
                re.compile(str(match["path"]))
            except re.error as exc:
                raise ApiError(400, f"path is not a regular expression: {exc}") from exc
        fault = Fault(
            id=str(uuid.uuid4()),
            kind=kind,
            match={name: str(value) for name, value in match.items()},
            times=times,
            parameters={name: body[name] for name in PARAMETERS - {"times"} if name in body},
            left=times,
        )
        self._faults[fault.id] = fault
        return fault

    def all(self) -> list[Fault]:
        """Return all faults, also the used-up ones."""
        return list(self._faults.values())

    def get(self, fault_id: str) -> Fault:
        """Return one fault."""
        if fault_id not in self._faults:
            raise ApiError(404, f"there is no fault {fault_id}")
        return self._faults[fault_id]

    def remove(self, fault_id: str | None = None) -> None:
        """Remove one fault or all."""
        if fault_id is None:
            self._faults.clear()
        else:
            del self._faults[self.get(fault_id).id]

    def holds(self, fault: Fault) -> bool:
        """Return whether a fault has not been removed."""
        return fault.id in self._faults

    def strike(self, kind: str, **subject: str | tuple[str, ...] | None) -> Fault | None:
        """Return the first fault of a kind that hits the subject now, and count it."""
        for fault in self._faults.values():
            if fault.kind != kind or fault.left == 0 or not _matches(fault, subject):
                continue
            chance = fault.parameters.get("probability")
            if chance is not None and self._random.random() >= float(chance):
                continue
            fault.hits += 1
            if fault.left is not None:
                fault.left -= 1
            return fault
        return None


def _matches(fault: Fault, subject: dict[str, str | tuple[str, ...] | None]) -> bool:
    for name, wanted in fault.match.items():
        value = subject.get(name)
        values = value if isinstance(value, tuple) else (value,)
        if name == "path":
            if not any(re.search(wanted, text or "") for text in values):
                return False
        elif name == "method":
            if wanted.upper() not in values:
                return False
        elif wanted not in values:
            return False
    return True
