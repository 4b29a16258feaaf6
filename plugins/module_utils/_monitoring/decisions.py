# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be decided about an action, and by what (private to this collection). Pure."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import typing as t

from .findings import PLAYBOOK, SCALE_IN, SCALE_OUT, UP, Raw, digest
from .incidents import Incident
from .limits import Limits
from .muting import Muting
from .truth import Truth, Vnf

ACT, PUT_OFF, REFUSED, OBSOLETE, DONE, RUNNING, GIVEN_UP = (
    "act", "put_off", "refused", "obsolete", "done", "running", "given_up",
)  # fmt: skip
BEGUN, FAILED = "begun", "failed"


@dataclasses.dataclass
class Decision:
    """What is decided about one action for one incident, or for all incidents of a VNF that want the same."""

    decision: str
    action: Raw
    reason: str
    incidents: list[Incident]
    claim: str | None = None
    order: Raw = dataclasses.field(default_factory=dict)

    @property
    def record(self) -> Raw:
        """As the module returns it."""
        first = self.incidents[0]
        vnfcs = [
            {"id": one.vnfc_id, "vdu": one.vdu, "server_id": one.server_id, "place": one.place, "incident_id": one.id,
             "state": one.state, **one.facts}
            for one in self.incidents
        ]  # fmt: skip
        return {
            "decision": self.decision, "action": self.action["name"], "to": self.action.get("to"), "reason": self.reason,
            "claim": self.claim, "order": self.order, "vnf_id": first.vnf_id, "vnf_name": first.vnf_name,
            "project_id": first.project_id, "vnfcs": vnfcs,
            "action_ids": [action_id(one, self.action) for one in self.incidents] if self.action["name"] else [],
        }  # fmt: skip


def action_id(incident: Incident, action: Raw) -> str:
    """The one id of an action of an incident."""
    return digest(incident.id, incident.state, action)


@dataclasses.dataclass(frozen=True)
class World:
    """How things are at the moment of acting; each part is asked for when it is needed first."""

    truth: Truth
    muting: t.Callable[[], Muting]
    busy: t.Callable[[t.Sequence[str]], t.Mapping[str, str]]


def history(action: Raw, row: t.Any, vnf: Vnf | None, limits: Limits, now: float) -> tuple[str, str] | None:
    """What the ledger says of an action of which there is a row: why nothing is to be done; None when something is."""
    decided: tuple[str, str] | None = None
    if row is None:
        return None
    again = limits.again_at(row.ended_at or 0.0, row.attempts)
    if row.status in (DONE, GIVEN_UP):
        decided = row.status, row.reason or "it was done"
    elif row.status == BEGUN and limits.is_alive(row.begun_at, now):
        decided = RUNNING, "another run is at it"
    elif row.order and vnf is not None and action["name"] in (SCALE_OUT, SCALE_IN) and reached(vnf, action["name"], row.order):
        decided = DONE, "the level was reached"
    elif row.status == BEGUN and action["name"] == PLAYBOOK:
        decided = GIVEN_UP, "a run that ended had begun it, and nobody knows how far it came; it is not begun again"
    elif row.attempts >= limits.attempts:
        decided = GIVEN_UP, f"given up after {row.attempts} attempts: {row.reason}"
    elif row.status == FAILED and now < again:
        decided = PUT_OFF, f"it has failed, and is tried again in {again - now:.0f} s: {row.reason}"
    return decided


def distinct(incidents: t.Sequence[Incident]) -> list[Raw]:
    """The different actions that incidents want, in their order."""
    found = {json.dumps(action, sort_keys=True): action for one in incidents for action in one.wanted}
    return [*found.values()]


def is_gone(incident: Incident, vnf: Vnf | None) -> bool:
    """Whether what a finding is about is not there any more; without a server it is the owner's word that it is."""
    if incident.server_id is None or incident.state == UP:
        return False
    return vnf is None or not vnf.instantiated or vnf.server_of(incident.server_id, incident.vnfc_id) is None


def scaling(vnf: Vnf, action: Raw) -> tuple[str, str, Raw]:
    """What an action that scales orders: the level to reach."""
    aspect = str(action.get("aspect_id") or (next(iter(vnf.levels)) if len(vnf.levels) == 1 else ""))
    if aspect not in vnf.levels:
        known = ", ".join(vnf.levels) or "none"
        return REFUSED, f"aspect {aspect} is none of the VNF's: {known}" if aspect else f"give aspect_id, one of: {known}", {}
    level, highest = vnf.levels[aspect]
    out = action["name"] == SCALE_OUT
    wanted = level + action.get("steps", 1) * (1 if out else -1)
    if wanted < 0 or (highest is not None and wanted > highest):
        return REFUSED, f"aspect {aspect} is at level {level}, and cannot be at level {wanted}", {}
    return ACT, "", {"vnf_instance_id": vnf.id, "aspect_id": aspect, "level": wanted}


def reached(vnf: Vnf, name: str, order: Raw) -> bool:
    """Whether a VNF is at least where an earlier order for its scaling was to bring it."""
    with contextlib.suppress(KeyError):
        level = vnf.levels[order["aspect_id"]][0]
        return bool(level >= order["level"] if name == SCALE_OUT else level <= order["level"])
    return False
