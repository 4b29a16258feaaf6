# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a VNF descriptor lets its VDUs be scaled, in the words of a policy (private to this collection).

ETSI NFV-SOL001: ``VduInitialDelta``, ``VduScalingAspectDeltas``; Tacker's older descriptors: ``tosca.policies.tacker.Scaling``.
"""

from __future__ import annotations

import typing as t

from ...module_utils._nfv.definitions import entries, mapping
from .vnfd_values import number

Dict = dict[str, t.Any]

_INITIAL = "tosca.policies.nfv.VduInitialDelta"
_DELTAS = "tosca.policies.nfv.VduScalingAspectDeltas"
_OLD = "tosca.policies.tacker.Scaling"


class Scaling:
    """The scaling aspects of one topology template."""

    def __init__(self, template: Dict) -> None:
        """Read its policies.

        :raises CollectionError: for what is not built as TOSCA says.
        :raises PolicyError: for a number that is none.
        """
        self.initial: dict[str, int] = {}
        self._aspects: dict[str, str] = {}
        # Instances that one step makes of each VDU; None when the steps differ.
        self._steps: dict[str, list[int | None]] = {}
        for name, entry in entries(template.get("policies"), "policies"):
            if isinstance(entry, dict):
                self._take(name, entry, mapping(entry.get("properties"), f"properties of policy {name}"))

    @property
    def aspects(self) -> t.Collection[str]:
        """The aspects that scale any VDU."""
        return self._steps.keys()

    def aspect_of(self, vdu_id: str) -> str | None:
        """The aspect that makes and removes servers of a VDU."""
        return self._aspects.get(vdu_id)

    def scale(self, aspect_id: str) -> Dict:
        """An entry of a policy's ``scale``: how many servers a step is, unless the steps differ."""
        steps = self._steps[aspect_id]
        counted = sum(step or 0 for step in steps)
        return {"aspect_id": aspect_id, **({"instances_per_step": counted} if counted and None not in steps else {})}

    def _take(self, name: str, entry: Dict, properties: Dict) -> None:
        targets = entry.get("targets")
        vdu_ids = [str(target) for target in targets] if isinstance(targets, list) else []
        if entry.get("type") == _INITIAL:
            count = _count(properties.get("initial_delta"), f"initial_delta of policy {name}")
            self.initial.update(dict.fromkeys(vdu_ids, count))
        elif entry.get("type") == _DELTAS:
            deltas = mapping(properties.get("deltas"), f"deltas of policy {name}")
            counts = {_count(delta, f"delta {key} of policy {name}") for key, delta in deltas.items()}
            self._scales(str(properties.get("aspect")), vdu_ids, counts.pop() if len(counts) == 1 else None)
        elif entry.get("type") == _OLD:
            increment = properties.get("increment", 1)
            self._scales(name, vdu_ids, number(increment, f"increment of policy {name}"))

    def _scales(self, aspect_id: str, vdu_ids: list[str], step: int | None) -> None:
        for vdu_id in vdu_ids:
            self._aspects.setdefault(vdu_id, aspect_id)
            self._steps.setdefault(aspect_id, []).append(step)


def _count(delta: t.Any, place: str) -> int:
    return number(mapping(delta, place).get("number_of_instances"), place)
