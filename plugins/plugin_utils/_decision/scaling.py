# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of which VNF is given when capacity is asked for (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .policy import Aspect
from .vnf import Vnf

Dict = dict[str, t.Any]

# How our administrator's side says how many instances are too many; the protocol has no field for it.
AMOUNT = "instances_to_remove"


@dataclasses.dataclass
class _Offer:
    """One aspect of one VNF: from which level down to which it may go, and how far it is to go."""

    vnf: Vnf
    aspect: Aspect
    record: str
    level: int
    lowest: int
    steps: int = 0

    @property
    def can_give(self) -> bool:
        return self.level - self.steps > self.lowest


def scalings(vnfs: t.Sequence[Vnf], message: Dict) -> list[Dict]:
    """Arguments of ``vnf_scale`` for a SCALE_IN.

    The same however often it is worked out: counted from the levels before this message, which are noted before anything changes.
    A message that says how many instances are too many gets as many, or as many as there are to give, one step of each VNF in
    turn. Otherwise, and where a policy does not say how many instances a step is, a VNF gives the steps of its policy.
    """
    offers = [[_offer(vnf, aspect, str(message["id"])) for aspect in vnf.policy.scale if aspect.aspect_id in vnf.levels]
              for vnf in vnfs if vnf.is_instantiated]  # fmt: skip
    wanted = _amount(message.get("metadata") or {})
    counted = [own for own in offers if wanted is not None and all(offer.aspect.instances_per_step for offer in own)]
    for own in offers:
        if own not in counted:
            _give_steps(own)
    _give_instances(counted, wanted or 0)
    return [
        {
            "vnf_id": offer.vnf.id,
            "aspect_id": offer.aspect.aspect_id,
            "record": offer.record,
            "level": offer.level - offer.steps,
            "on_failure": [*offer.aspect.on_failure],
            **_expected(offer.aspect),
        }
        for own in offers
        for offer in own
        if offer.steps
    ]


def why_none(vnfs: t.Sequence[Vnf]) -> str:
    """Why nothing can be given."""
    reasons = []
    for vnf in vnfs:
        if not vnf.policy.scale:
            reasons.append(f"the policy of VNF {vnf.id} has no scale")
        for aspect in vnf.policy.scale:
            level = vnf.levels.get(aspect.aspect_id)
            if level is None:
                known = ", ".join(sorted(vnf.levels)) or "none"
                reasons.append(f"VNF {vnf.id} has no scaling aspect {aspect.aspect_id}; its aspects: {known}")
            else:
                lowest = _lowest(vnf, aspect, level)
                reasons.append(
                    f"VNF {vnf.id} can give nothing: aspect {aspect.aspect_id} is at level {level}, and the lowest is {lowest}"
                )
    return "; ".join(reasons) or "no VNF can give anything"


def restorings(vnfs: t.Sequence[Vnf]) -> list[Dict]:
    """Arguments of ``vnf_scale`` that undo what was noted in this session, the deepest level first."""
    found = []
    for vnf in vnfs:
        for note in vnf.notes:
            aspect = vnf.policy.aspect(note.aspect_id) or Aspect(note.aspect_id, 1, 0, None, ("retry", "rollback"))
            found.append({
                "vnf_id": vnf.id, "aspect_id": note.aspect_id, "record": note.record, "level": note.level,
                "on_failure": [*aspect.on_failure], **_expected(aspect),
            })  # fmt: skip
    return sorted(found, key=lambda one: int(t.cast("int", one["level"])))


def _expected(aspect: Aspect) -> Dict:
    """How long it takes, where the policy says so."""
    return {"seconds": aspect.seconds} if aspect.seconds else {}


def _offer(vnf: Vnf, aspect: Aspect, message_id: str) -> _Offer:
    record = vnf.key(message_id, aspect.aspect_id)
    before = vnf.noted(record)
    level = vnf.levels[aspect.aspect_id] if before is None else before
    return _Offer(vnf, aspect, record, level, _lowest(vnf, aspect, level))


def _lowest(vnf: Vnf, aspect: Aspect, level: int) -> int:
    """The lowest level the policy permits: the aspect's own minimum, and what its groups need to have.

    :param level: the one to count from; the members are those of the present level.
    """
    lowest = aspect.minimum
    for group in vnf.policy.groups:
        if group.aspect_id == aspect.aspect_id:
            step = aspect.instances_per_step or 1
            members = len(vnf.members(group)) + (level - vnf.levels[aspect.aspect_id]) * step
            spare = max(0, members - group.needed(members)) // step
            lowest = max(lowest, level - spare)
    return lowest


def _amount(metadata: t.Mapping[str, t.Any]) -> int | None:
    text = str(metadata.get(AMOUNT, ""))
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _give_steps(own: list[_Offer]) -> None:
    for offer in own:
        if offer.can_give:
            offer.steps = min(offer.aspect.steps, offer.level - offer.lowest)
            return


def _give_instances(offers: list[list[_Offer]], wanted: int) -> None:
    while wanted > 0:
        giving = [next((offer for offer in own if offer.can_give), None) for own in offers]
        if not any(giving):
            return
        for offer in giving:
            if offer is not None and wanted > 0:
                offer.steps += 1
                wanted -= offer.aspect.instances_per_step or 1
