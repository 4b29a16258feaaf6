# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the owner of a VNF makes of a maintenance message: policy in, actions and reply out; pure (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from ..module_utils._maintenance import messages as m

Dict = dict[str, t.Any]

# In these states a message lists exactly the instances it is about; a Fenix still lists servers that SCALE_IN has removed.
EXACT = (m.MAINTENANCE, m.PREPARE_MAINTENANCE, m.PLANNED_MAINTENANCE)
# In these the owner chooses an action for each instance.
WITH_ACTIONS = (m.PREPARE_MAINTENANCE, m.PLANNED_MAINTENANCE)
# What this role can promise; OWN_ACTION would need somebody who acts.
CHOICES = (m.LIVE_MIGRATE, m.MIGRATE)
RECORD_PREFIX = "nfv.maintenance/"


def maintenance_decisions(
    messages: t.Iterable[Dict], vnfs: t.Sequence[Dict], policies: t.Mapping[str, Dict], unread: str = ""
) -> list[Dict]:
    """One decision for each message that wants an answer.

    :param messages: what ``fenix_message_info`` read back.
    :param vnfs: what ``vnf_instance_info`` returned.
    :param policies: by VNF id, and ``default``.
    :param unread: why the VNFs could not be read; then every message is refused with it.
    :returns: each with ``message``, ``vnf_ids``, ``problem`` (why it is refused, or empty), ``switches`` (arguments of
        ``vnf_active_member``), ``scalings`` and ``restorings`` (arguments of ``vnf_scale``), ``quick`` (whether it can be
        answered at once) and ``reply`` (arguments of ``fenix_reply`` when everything goes well).
    """
    wanted = (message for message in messages if message["state"] != m.INSTANCE_ACTION_DONE)
    return [_Decision(message, vnfs, policies).result(unread) for message in wanted]


@dataclasses.dataclass
class _Decision:
    """One message, seen with the VNFs it concerns."""

    message: Dict
    vnfs: t.Sequence[Dict]
    policies: t.Mapping[str, Dict]

    def __post_init__(self) -> None:
        self.state = str(self.message["state"])
        self.ids = [str(one) for one in self.message["instance_ids"]]
        self.prefix = f"{RECORD_PREFIX}{self.message['session_id']}/"
        self.own = [vnf for vnf in self.vnfs if self._concerns(vnf)]

    def result(self, unread: str) -> Dict:
        """The decision as plain data."""
        with_actions = self.state in WITH_ACTIONS
        actions, helpless = self._actions()
        scalings = self._scalings()
        problem = unread or self._problem(helpless if with_actions else [], scalings)
        work = {
            "switches": self._switches() if with_actions else [],
            "scalings": scalings if self.state == m.SCALE_IN else [],
            "restorings": self._restorings() if self.state == m.MAINTENANCE_COMPLETE else [],
        }
        reply = {
            "session_id": self.message["session_id"],
            "project_id": self.message["project_id"],
            "message_id": self.message["id"],
            "instance_id": self.message.get("instance_id"),
            "reply_at": self.message.get("reply_at"),
            "state": f"{'NACK' if problem else 'ACK'}_{self.state}",
            "reason": problem or None,
            "instance_actions": actions if with_actions and not problem else {},
        }
        quick = bool(problem) or not any(work.values())
        vnf_ids = [vnf["id"] for vnf in self.own]
        return {"message": self.message, "vnf_ids": vnf_ids, "problem": problem, **work, "quick": quick, "reply": reply}

    def _concerns(self, vnf: Dict) -> bool:
        if vnf["id"] in self.message.get("vnf_ids", []) or any(server["id"] in self.ids for server in vnf["servers"]):
            return True
        return self.state == m.MAINTENANCE_COMPLETE and bool(self._notes(vnf))

    def _policy(self, vnf: Dict) -> Dict:
        return self.policies.get(vnf["id"]) or self.policies.get("default") or {}

    def _servers(self, vnf: Dict) -> list[Dict]:
        return [server for server in vnf["servers"] if server["id"] in self.ids]

    def _notes(self, vnf: Dict) -> Dict:
        """The levels recorded for this session in the VNF's metadata, by record."""
        metadata = vnf.get("metadata") or {}
        return {key: value for key, value in metadata.items() if key.startswith(self.prefix)}

    def _actions(self) -> tuple[dict[str, str], list[str]]:
        """The action chosen for each of our instances, and those for which none is allowed."""
        chosen: dict[str, str] = {}
        helpless = []
        for vnf in self.own:
            wishes = self._policy(vnf).get("actions") or {}
            for server in self._servers(vnf):
                order = wishes.get(server["vdu_id"]) or wishes.get("default") or [m.MIGRATE]
                allowed = self.message.get("allowed_actions") or order
                action = next((wish for wish in order if wish in CHOICES and wish in allowed), None)
                if action:
                    chosen[server["id"]] = action
                else:
                    helpless.append(server["id"])
        return chosen, helpless

    def _switches(self) -> list[Dict]:
        """Pairs with a member among the message's instances."""
        found = []
        for vnf in self.own:
            for pair in self._policy(vnf).get("pairs") or []:
                members = [server["id"] for server in vnf["servers"] if server["vdu_id"] == pair["vdu_id"]]
                if set(members) & set(self.ids):
                    found.append({"floating_ip": pair["floating_ip"], "members": members, "avoid": self.ids})
        return found

    def _scalings(self) -> list[Dict]:
        """The level to reach by scaling in; the same however often it is worked out, as the level before is recorded first."""
        record = f"{self.prefix}{self.message['id']}"
        found = []
        for vnf in self.own:
            scale = self._policy(vnf).get("scale")
            if not scale or vnf["instantiation_state"] != "INSTANTIATED":
                continue
            note = (vnf.get("metadata") or {}).get(record)
            level = _noted(note)[1] if note else _level(vnf, scale["aspect_id"])
            # A VNF that is at its lowest level already cannot give anything: level -1 is refused with the reason.
            target = max(level - int(scale.get("steps", 1)), 0 if level > 0 else -1)
            found.append({"vnf_id": vnf["id"], "aspect_id": scale["aspect_id"], "record": record, "level": target})
        return found

    def _restorings(self) -> list[Dict]:
        """What was recorded in this session, in the order to undo it: the deepest first."""
        found = []
        for vnf in self.own:
            for record, note in self._notes(vnf).items():
                aspect_id, level = _noted(note)
                found.append({"vnf_id": vnf["id"], "record": record, "aspect_id": aspect_id, "level": level})
        return sorted(found, key=lambda one: int(one["level"]))

    def _problem(self, helpless: list[str], scalings: list[Dict]) -> str:
        known = {vnf["id"] for vnf in self.own}
        unknown = [vnf_id for vnf_id in self.message.get("vnf_ids", []) if vnf_id not in known]
        idle = [vnf["id"] for vnf in self.own if vnf["instantiation_state"] != "INSTANTIATED"]
        ours = {server["id"] for vnf in self.own for server in vnf["servers"]}
        strangers = [one for one in self.ids if one not in ours] if self.state in EXACT else []
        if unknown:
            return f"the VNF manager knows no VNF {', '.join(unknown)}"
        if idle:
            return f"VNF {', '.join(idle)} is not instantiated"
        if strangers:
            return f"of no VNF here: instances {', '.join(strangers)}"
        if helpless:
            return f"no action of the policy is allowed for instances {', '.join(helpless)}"
        if self.state == m.SCALE_IN and not scalings:
            return f"the policy of VNF {', '.join(vnf['id'] for vnf in self.own)} has no scale"
        return ""


def _noted(note: str) -> tuple[str, int]:
    """Aspect and level of a record, which reads ``<aspect>=<level>``."""
    aspect_id, _equals, level = str(note).rpartition("=")
    return aspect_id, int(level)


def _level(vnf: Dict, aspect_id: str) -> int:
    status = (vnf.get("instantiated_vnf_info") or {}).get("scaleStatus") or []
    return next((int(one["scaleLevel"]) for one in status if one["aspectId"] == aspect_id), 0)
