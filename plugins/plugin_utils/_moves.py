# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planned moves with what the owners said and what they tolerate; pure functions behind a filter (private to this collection)."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.times import parse_time

Dict = dict[str, t.Any]
# The messages that say that instances will be moved.
_NOTICES = ("MAINTENANCE", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")


def maintenance_moves(
    moves: t.Iterable[Dict],
    messages: t.Iterable[Dict],
    ways: t.Mapping[str, list[str]],
    session: Dict | None = None,
    snapshot: Dict | None = None,
) -> list[Dict]:
    """The planned moves with the ways that the owners' replies allow, none of them before its time.

    A move whose instance is handled by its owner (OWN_ACTION) has no ways: the owner moves it, the drain waits for it.

    :param messages: messages as the session API returns them, with their replies.
    :param ways: reply action to the ways that may be tried, in order, e.g. ``{"MIGRATE": ["cold"]}``.
    :param session: with its messages, of which the latest may be missing, and its instances. With ``snapshot`` each move that the
        owner does not make may get ``not_before`` (ISO 8601, UTC): the lead time since its owner was told, unless the owner has
        acknowledged and so said that it is ready, and the recovery time of its group since a member moved; and ``down``, how many
        members of its group are down already, beside those that are moved. Moves that an earlier run began and did not see the
        end of come first, so that they are told and count.
    """
    chosen: dict[str, str] = {}
    asked = [dict(message) for message in messages]
    for message in asked:
        chosen.update((message.get("reply") or {}).get("instance_actions") or {})
    tolerated = _Tolerated(session or {}, snapshot or {}, asked)
    planned = [dict(move) for move in moves]
    among = {str(move["instance"]) for move in planned}
    result = tolerated.unseen(among)
    for move in planned:
        action = chosen.get(str(move["instance"]))
        if action == "OWN_ACTION":
            result.append({**move, "ways": []})
            continue
        said = {} if action is None else {"ways": list(ways[action])}
        found = {"not_before": tolerated.not_before(move, asked=action is None), "down": tolerated.down(move, among)}
        result.append(move | said | {name: value for name, value in found.items() if value})
    return result


class _Tolerated:
    """The times before which a run must not begin a move."""

    def __init__(self, session: Dict, snapshot: Dict, asked: list[Dict]) -> None:
        constraints = snapshot.get("constraints") or {}
        self._instances: Dict = constraints.get("instances") or {}
        self._groups: Dict = constraints.get("groups") or {}
        self._now = {str(one["id"]): one for one in snapshot.get("instances") or ()}
        self._down = [name for name, one in self._now.items() if one.get("down")]
        self._session = session
        # The messages of the session may have been read before the latest were sent.
        self._messages = [*(session.get("messages") or ()), *asked]
        self._recovered: dict[str, dt.datetime] = {}
        for message in self._messages:
            if message.get("state") == "INSTANCE_ACTION_DONE":
                for instance in message["instance_ids"]:
                    self._count(str(instance), _time(message["created_at"]))

    def _count(self, instance: str, moved_at: dt.datetime) -> None:
        group = self._group(instance)
        seconds = float((self._groups.get(group or "") or {}).get("recovery_time") or 0)
        if group is not None and seconds:
            until = moved_at + dt.timedelta(seconds=seconds)
            self._recovered[group] = max(until, self._recovered.get(group, until))

    def _group(self, instance: str) -> str | None:
        """The group that counts an instance as impacted: the one that its owner names, else Nova's."""
        named = (self._instances.get(instance) or {}).get("group_id")
        group = named or (self._now.get(instance) or {}).get("group")
        return str(group) if group else None

    def not_before(self, move: Dict, *, asked: bool) -> str | None:
        """:param asked: whether the owner has yet to say that it is ready."""
        instance = str(move["instance"])
        times = [self._recovered[one] for one in (self._group(instance),) if one in self._recovered]
        lead = float((self._instances.get(instance) or {}).get("lead_time") or 0)
        told = self._told(move) if asked and lead else None
        if told is not None:
            times.append(told + dt.timedelta(seconds=lead))
        return max(times).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if times else None

    def down(self, move: Dict, moved: t.Container[str]) -> int:
        """How many members of its group are down, beside those that are moved."""
        group = self._group(str(move["instance"]))
        return 0 if group is None else sum(self._group(one) == group for one in self._down if one not in moved)

    def _told(self, move: Dict) -> dt.datetime | None:
        """When the owner was told last that this instance will be moved."""
        told = [
            _time(message["created_at"])
            for message in self._messages
            if message.get("state") in _NOTICES and move["instance"] in message["instance_ids"]
        ]
        return max(told, default=None)

    def unseen(self, planned: t.Container[str]) -> list[Dict]:
        """Moves that were begun and whose instance is elsewhere by now: nobody has told their owners yet."""
        found = []
        for one in self._session.get("instances") or ():
            now = self._now.get(str(one["id"]))
            if one.get("state") not in ("MOVING", "FAILED") or not one.get("from_host") or one["id"] in planned or now is None:
                continue
            if now["host"] != one["from_host"]:
                move = {"instance": one["id"], "name": one.get("name"), "from": one["from_host"], "to": now["host"]}
                found.append({**move, "group": self._group(str(one["id"]))})
        return found


def _time(text: str) -> dt.datetime:
    return parse_time(text, "a time of the session API")
