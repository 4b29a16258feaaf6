# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the owner of a VNF makes of a maintenance message: policy in, actions and reply out; pure (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from ...module_utils._maintenance import messages as m
from . import moving, scaling, service
from .policy import Policy, PolicyError
from .vnf import Vnf

Dict = dict[str, t.Any]

# In these states a message lists exactly the instances it is about; a Fenix still lists servers that SCALE_IN has removed.
EXACT = (m.MAINTENANCE, m.PREPARE_MAINTENANCE, m.PLANNED_MAINTENANCE)


def maintenance_decisions(
    messages: t.Iterable[Dict], vnfs: t.Sequence[Dict], policies: t.Mapping[str, Dict], unread: str = "", *, alone: bool = False
) -> list[Dict]:
    """One decision for each message that wants an answer.

    :param messages: what ``fenix_message_info`` read back.
    :param vnfs: what ``vnf_instance_info`` returned.
    :param policies: by VNF id, and ``default``.
    :param unread: why the VNFs could not be read; then every message is refused with it.
    :param alone: whether nobody else handles a message of the same session meanwhile.
    :returns: each with ``message``, ``vnf_ids``, ``problem`` (why it is refused, or empty), what is done before the reply
        (``checks``, ``switches``, ``scalings``, ``restorings``) and after it (``own_actions``), ``touched`` (the VNFs that
        this is about), ``constrained`` (VNFs whose registered constraints follow their shape), ``quick`` (whether it can be
        answered at once, and that is all) and ``reply`` (arguments of ``fenix_reply`` when everything goes well).
        MAINTENANCE_COMPLETE of a delivery is quick only for who is ``alone``: what there is to restore, or that it has been, is
        only certain for who has the locks of its VNFs.
    """
    wanted = (message for message in messages if message["state"] != m.INSTANCE_ACTION_DONE)
    return [_Decision(message, vnfs, policies).result(unread, alone) for message in wanted]


@dataclasses.dataclass
class _Decision:
    """One message, seen with the VNFs it concerns."""

    message: Dict
    vnfs: t.Sequence[Dict]
    policies: t.Mapping[str, Dict]

    def __post_init__(self) -> None:
        self.state = str(self.message["state"])
        self.ids = [str(one) for one in self.message["instance_ids"]]
        self.unusable: list[str] = []
        self.session_id = str(self.message["session_id"])
        concerned = [vnf for vnf in self.vnfs if self._concerns(vnf)]
        self.own = [Vnf(vnf, self._policy(str(vnf["id"])), self.session_id) for vnf in concerned]

    def result(self, unread: str, alone: bool) -> Dict:
        """The decision as plain data."""
        if self.is_answered:
            chosen = moving.go_on(self.own, self.message)
        else:
            chosen = moving.choose(self.own, self.message) if m.wants_actions(self.state) else moving.Moving()
        work = self._work(chosen)
        problem = "" if self.is_answered else unread or self._problem(chosen, work)
        if problem:
            work = {name: [] for name in work}
        reply = {
            "session_id": self.message["session_id"],
            "project_id": self.message["project_id"],
            "message_id": self.message["id"],
            "instance_id": self.message.get("instance_id"),
            # That of a message that is answered has been kept, whatever the time is now.
            "reply_at": None if self.is_answered else self.message.get("reply_at"),
            "state": f"{'NACK' if problem else 'ACK'}_{self.state}",
            "reason": problem or None,
            "instance_actions": {} if problem else chosen.actions,
        }
        touched = [] if problem else self._touched(work)
        in_turn = self.state == m.MAINTENANCE_COMPLETE and touched and self.message.get("deliveries") and not alone
        return {
            "message": self.message,
            "vnf_ids": [vnf.id for vnf in self.own],
            "problem": problem,
            **work,
            "touched": touched,
            "constrained": [vnf.id for vnf in self.own if vnf.policy.constraints is not None],
            "quick": not in_turn and not any(work.values()),
            "reply": reply,
        }

    @property
    def is_answered(self) -> bool:
        """Whether only what follows the reply may be left to do."""
        return self.message.get("status") == m.ACKNOWLEDGED

    def _concerns(self, vnf: Dict) -> bool:
        if vnf["id"] in self.message.get("vnf_ids", []) or any(server["id"] in self.ids for server in vnf["servers"]):
            return True
        return self.state == m.MAINTENANCE_COMPLETE and bool(Vnf(vnf, Policy(), self.session_id).notes)

    def _policy(self, vnf_id: str) -> Policy:
        given = self.policies.get(vnf_id, self.policies.get("default"))
        try:
            return Policy() if given is None else Policy.read(vnf_id, given)
        except PolicyError as exc:
            self.unusable.append(str(exc))
            return Policy()

    def _work(self, chosen: moving.Moving) -> dict[str, list[Dict]]:
        with_actions = m.wants_actions(self.state) and not self.is_answered
        return {
            "checks": service.checks(self.own, self.ids) if with_actions else [],
            "switches": service.switches(self.own, self.ids) if with_actions else [],
            "scalings": scaling.scalings(self.own, self.message) if self.state == m.SCALE_IN else [],
            "restorings": scaling.restorings(self.own) if self.state == m.MAINTENANCE_COMPLETE else [],
            "own_actions": chosen.own,
        }

    def _touched(self, work: t.Mapping[str, list[Dict]]) -> list[str]:
        """The VNFs that nobody else may work on meanwhile; others of the project may have heard the message as well."""
        if self.state == m.MAINTENANCE_COMPLETE:
            return [vnf.id for vnf in self.own]
        about = {one["vnf_id"] for kind in ("switches", "scalings", "restorings", "own_actions") for one in work[kind]}
        members = set(self.ids) if work["checks"] else set()
        return [vnf.id for vnf in self.own if vnf.id in about or any(server["id"] in members for server in vnf.servers)]

    def _problem(self, chosen: moving.Moving, work: t.Mapping[str, list[Dict]]) -> str:
        known = {vnf.id for vnf in self.own}
        unknown = [vnf_id for vnf_id in self.message.get("vnf_ids", []) if vnf_id not in known]
        idle = [vnf.id for vnf in self.own if not vnf.is_instantiated]
        ours = {server["id"] for vnf in self.own for server in vnf.servers}
        strangers = [one for one in self.ids if one not in ours] if self.state in EXACT else []
        few = service.too_few(self.own, self.ids) if m.wants_actions(self.state) else []
        found = [
            f"the VNF manager knows no VNF {', '.join(unknown)}" if unknown else "",
            f"VNF {', '.join(idle)} is not instantiated" if idle else "",
            f"of no VNF here: instances {', '.join(strangers)}" if strangers else "",
            # At the end only what was noted counts, which no policy is needed for.
            "; ".join(self.unusable) if self.state != m.MAINTENANCE_COMPLETE else "",
            chosen.problem,
            "; ".join(few),
            scaling.why_none(self.own) if self.state == m.SCALE_IN and not work["scalings"] else "",
        ]
        return next(filter(None, found), "")
