# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings of monitoring, as the event source ``vnf_monitor`` tells them (private to this collection).

An event came over a queue or the wire: its parts are bounded, and nothing in it says where anything is sent.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
import typing as t

from .._errors import CollectionError
from .._maintenance.times import parse_time

UP, DOWN, DEGRADED, UNKNOWN = "up", "down", "degraded", "unknown"
STATES = (UP, DOWN, DEGRADED, UNKNOWN)
RESPAWN, SCALE_OUT, SCALE_IN, KILL = "respawn", "scale_out", "scale_in", "log_and_kill"
LOG, NOTIFY, PLAYBOOK = "log", "notify", "playbook"
# What changes a VNF through the VNF manager.
LIFECYCLE = (RESPAWN, SCALE_OUT, SCALE_IN, KILL)
ACTIONS = (*LIFECYCLE, LOG, NOTIFY, PLAYBOOK)
MOST_EVENTS = 1000
MOST_ACTIONS = 10

_TEXT = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
# What an action may say, and how.
_OPTIONS: t.Mapping[str, t.Mapping[str, type]] = {
    RESPAWN: {"whole_vnf": bool, "storage": bool},
    SCALE_OUT: {"aspect_id": str, "steps": int},
    SCALE_IN: {"aspect_id": str, "steps": int},
    NOTIFY: {"to": str},
    PLAYBOOK: {"to": str},
}

Raw = dict[str, t.Any]


class Unusable(CollectionError):
    """An event that cannot be used, and why."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One event.

    :ivar vnf_id: Tacker's id of the VNF, or the owner's name for it.
    :ivar place: the id of the server, or the address that was probed.
    :ivar at: when it was found, seconds since the epoch.
    :ivar seen_at: when it was last seen to be so: ``at``, unless the event says that it was looked at again.
    :ivar actions: what the monitoring policy says about ``state``; None when the event does not say.
    """

    vnf_id: str
    vnf_name: str
    project_id: str | None
    vnfc_id: str
    vdu: str | None
    server_id: str | None
    place: str
    state: str
    at: float
    seen_at: float
    generation: int
    actions: tuple[Raw, ...] | None
    facts: Raw

    @property
    def target(self) -> str:
        """The key of what was probed."""
        return digest(self.vnf_id, self.vnfc_id, self.place)

    @classmethod
    def read(cls, event: t.Any) -> Finding:
        """Check one event.

        :raises Unusable: with the part that is wrong.
        """
        event = _mapping(event, "the event")
        vnf = _mapping(event.get("vnf"), "vnf")
        target = _mapping(event.get("target"), "target")
        vnfc = _mapping(event.get("vnfc") or {}, "vnfc")
        state = event.get("to")
        if state not in STATES:
            raise Unusable(f"to is {_short(state)}; known: {', '.join(STATES)}")
        server_id = _text(vnfc.get("server_id"), "vnfc.server_id")
        address = _text(target.get("address"), "target.address")
        name = _text(target.get("name"), "target.name")
        place = server_id or address or name
        if place is None:
            raise Unusable("neither vnfc.server_id nor target.address nor target.name is given")
        vnf_id = _text(vnf.get("id"), "vnf.id")
        if vnf_id is None:
            raise Unusable("vnf.id is missing")
        generation = event.get("generation", 0)
        if not isinstance(generation, int) or generation < 0:
            raise Unusable(f"generation is {_short(generation)}, which is no number from 0 on")
        found_at = _text(event.get("at") or event.get("since"), "at")
        at, seen_at = _moment(found_at), _text(event.get("seen_at"), "seen_at")
        return cls(
            vnf_id=vnf_id,
            vnf_name=_text(vnf.get("name"), "vnf.name") or vnf_id,
            project_id=_text(vnf.get("project_id"), "vnf.project_id"),
            vnfc_id=_text(vnfc.get("id"), "vnfc.id") or name or place,
            vdu=_text(vnfc.get("vdu"), "vnfc.vdu"),
            server_id=server_id,
            place=place,
            state=state,
            at=at,
            seen_at=at if seen_at is None else max(at, _moment(seen_at, "seen_at")),
            generation=generation,
            actions=_actions(event.get("actions")),
            facts={"target": name, "address": address, "probe": _text(target.get("probe"), "target.probe"),
                   "since": _text(event.get("since"), "since"), "evidence": _evidence(event.get("evidence"))},
        )  # fmt: skip


def digest(*parts: t.Any) -> str:
    """A key made of parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _moment(text: str | None, what: str = "at") -> float:
    if text is None:
        raise Unusable(f"{what} is missing")
    try:
        return parse_time(text, what).timestamp()
    except (CollectionError, OverflowError) as exc:
        raise Unusable(str(exc)) from exc


def iso(seconds: float | None) -> str | None:
    """A time for people and for JSON."""
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _actions(given: t.Any) -> tuple[Raw, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list) or len(given) > MOST_ACTIONS:
        raise Unusable(f"actions is {_short(given)}, which is no list of at most {MOST_ACTIONS}")
    return tuple(_action(one) for one in given)


def _action(given: t.Any) -> Raw:
    action = {"name": given} if isinstance(given, str) else _mapping(given, "an action")
    name = action.get("name")
    if name not in ACTIONS:
        raise Unusable(f"action {_short(name)} is unknown; known: {', '.join(ACTIONS)}")
    known = _OPTIONS.get(name, {})
    for option, value in action.items():
        if option == "name":
            continue
        if option not in known:
            raise Unusable(f"action {name} has {_short(option)}; known: {', '.join(known) or 'nothing'}")
        if not isinstance(value, known[option]) or (isinstance(value, bool) and known[option] is int):
            raise Unusable(f"{option} of action {name} is {_short(value)}")
        if option == "steps" and value not in range(1, 101):
            raise Unusable(f"steps of action {name} is {value}; 1 to 100")
        if isinstance(value, str):
            _text(value, f"{option} of action {name}")
    return dict(action)


def _evidence(given: t.Any) -> Raw:
    kept = ("sent", "lost", "threshold", "error", "round_trip")
    evidence = given if isinstance(given, dict) else {}
    return {name: plain(str(evidence[name])[:255]) for name in kept if evidence.get(name) is not None}


def _mapping(value: t.Any, what: str) -> Raw:
    if not isinstance(value, dict):
        raise Unusable(f"{what} is {_short(value)}, not a mapping")
    return value


def _text(value: t.Any, what: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or _TEXT.fullmatch(value) is None:
        raise Unusable(f"{what} is {_short(value)}, which is no text of 1 to 255 characters")
    return plain(value)


def plain(text: str) -> str:
    """Text that no playbook takes for a template: anybody may name a VNF."""
    return re.sub(r"\{(?=[{%#])", "(", text)


def _short(value: t.Any) -> str:
    return repr(value)[:100]
