# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a session, made of what the session API keeps of it and of what its run saw; pure (private to this collection).

The session API's record is the first source, because it is there for every run of a session, also for those that were killed.
What only the run has seen (blockers, failures) comes on top, in :class:`Seen`; its waves count where
the session keeps none.

The session API uses this too, and is deployed without the rest of the collection: it imports the message model only.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import re
import statistics
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import spans, waves

Dict = dict[str, t.Any]

SCHEMA = 1
# What a person, a project or a blocker has decided, and what came of it. The rest of the events says how it was done.
_DECISIONS = ("control.", "session.continued", "session.waiting", "message.refused", "message.expired", "message.extended")
_OVER = (messages.MAINTENANCE_DONE, messages.MAINTENANCE_FAILED)
_MOVED = re.compile(r": MOVED(?: to (?P<host>\S+))?(?: \((?:(?P<how>[a-z_]+))?(?:, )?(?:(?P<seconds>[\d.]+) s)?\))?")
_STATE = re.compile(r": (MOVING|MOVED|FAILED)\b(?:: (?P<reason>.*))?", re.DOTALL)


@dataclasses.dataclass
class Seen:
    """What only the run of a session sees.

    :ivar waves: ``{"number", "hosts", "at", "minutes"}`` each.
    :ivar blockers: as the plan has them.
    :ivar plan: the figures of the plan, or nothing.
    :ivar failures: ``{"at", "host", "task", "text"}`` each, without secrets.
    :ivar measured: the service of VNFs as somebody has measured it: ``{"since", "until", "vnfs", "violations"}``.
    :ivar projects: names of projects by id.
    :ivar notes: sentences about the report itself, as what could not be read.
    """

    waves: list[Dict] = dataclasses.field(default_factory=list)
    blockers: list[Dict] = dataclasses.field(default_factory=list)
    plan: Dict = dataclasses.field(default_factory=dict)
    failures: list[Dict] = dataclasses.field(default_factory=list)
    measured: Dict = dataclasses.field(default_factory=dict)
    projects: dict[str, str] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)


def build(
    session: t.Mapping[str, t.Any], told: t.Sequence[Dict], events: t.Sequence[Dict], at: str, seen: Seen | None = None
) -> Dict:
    """Make the report.

    :param session: the Session of the session API, with its instances.
    :param told: its messages, the oldest first.
    :param events: its events, the oldest first.
    :param at: when the report is made (ISO 8601, UTC).
    :param seen: what only the run has seen.
    :return: what ``report_schema.json`` describes.
    """
    seen = seen or Seen()
    over = session.get("state") in _OVER
    moves = _moves(session, events)
    listed = [_message(one) for one in told]
    hosts = _hosts(session, events, moves)
    vnfs = [_vnf(one) for one in seen.measured.get("vnfs") or ()]
    return {
        "schema": SCHEMA,
        "made_at": at,
        "over": over,
        "session": {
            "id": str(session.get("id") or session.get("session_id") or ""),
            **{name: session.get(name) for name in ("name", "state", "round", "reason", "workflow", "created_at", "updated_at")},
            "runner": (session.get("lease") or {}).get("holder"),
        },
        "progress": session.get("progress") or {},
        "waiting_for": list(session.get("waiting_for") or ()),
        "figures": {**_times(session, events, at), **_figures(hosts, moves, listed, vnfs)},
        "plan": seen.plan,
        "waves": waves.of_events(events) or seen.waves,
        "hosts": hosts,
        "moves": moves,
        "messages": listed,
        "vnfs": vnfs,
        "measured": {name: seen.measured[name] for name in ("since", "until") if seen.measured.get(name)},
        "violations": list(seen.measured.get("violations") or ()),
        "blockers": seen.blockers,
        "decisions": [_event(one) for one in events if one["kind"].startswith(_DECISIONS) or _put_off(one)],
        "failures": seen.failures,
        "projects": {**_project_names(session), **seen.projects},
        "notes": seen.notes,
        "events": [_event(one) for one in events],
    }


def _project_names(session: t.Mapping[str, t.Any]) -> dict[str, str]:
    """As far as the runner has told the session."""
    named = [one for one in session.get("instances") or () if one.get("project_name")]
    return {str(one["project_id"]): str(one["project_name"]) for one in named}


def _moves(session: t.Mapping[str, t.Any], events: t.Iterable[Dict]) -> list[Dict]:
    """Every move of every instance; an instance that was moved twice is there twice."""
    known = {str(one["id"]): one for one in session.get("instances") or ()}
    under_way: dict[str, Dict] = {}
    moves: list[Dict] = []
    for event in events:
        found = _STATE.search(event["text"]) if event["kind"] == "instance.state" else None
        if found is None:
            continue
        instance_id = str(event.get("instance_id"))
        state = found[1]
        move = under_way.pop(instance_id, None)
        if state == messages.MOVING and move is not None:
            # Another way is tried.
            under_way[instance_id] = move
            continue
        if move is None:
            move = _begun(event, instance_id, known.get(instance_id) or {})
            moves.append(move)
        if state == messages.MOVING:
            move["began_at"] = event["at"]
            under_way[instance_id] = move
            continue
        move.update(state=state, ended_at=event["at"])
        if state == messages.MOVED:
            _arrived(move, event, known.get(instance_id) or {})
        else:
            move["reason"] = found["reason"]
    return moves


def _begun(event: Dict, instance_id: str, row: t.Mapping[str, t.Any]) -> Dict:
    name = event["text"].partition(": ")[0]
    return {
        "instance_id": instance_id,
        "name": row.get("name") or name,
        "project_id": event.get("project_id") or row.get("project_id"),
        "from": event.get("host") if ": MOVED" not in event["text"] else row.get("from_host"),
        "to": None,
        "how": None,
        "state": messages.MOVING,
        "began_at": None,
        "ended_at": None,
        "seconds": None,
        "reason": None,
    }


def _arrived(move: Dict, event: Dict, row: t.Mapping[str, t.Any]) -> None:
    found = _MOVED.search(event["text"])
    move["to"] = event.get("host") or (found["host"] if found else None)
    move["how"] = found["how"] if found else None
    if found and found["seconds"]:
        move["seconds"] = float(found["seconds"])
    elif move["began_at"]:
        move["seconds"] = _seconds(move["began_at"], move["ended_at"])
    if move["from"] is None and row.get("host") == move["to"]:
        move["from"] = row.get("from_host")


def _hosts(session: t.Mapping[str, t.Any], events: t.Sequence[Dict], moves: t.Iterable[Dict]) -> list[Dict]:
    phases = spans.of_hosts(events)
    skipped = set((session.get("control") or {}).get("skipped_hosts") or ())
    present = collections.Counter(one.get("host") for one in session.get("instances") or ())
    left = collections.Counter(move["from"] for move in moves if move["state"] == messages.MOVED)
    return [
        {
            "name": host["name"],
            "type": host.get("type") or "compute",
            "state": host["state"],
            "disabled": bool(host.get("disabled")),
            "skipped": host["name"] in skipped,
            "reason": host.get("reason"),
            "instances": present[host["name"]],
            "moved_away": left[host["name"]],
            "spans": phases.get(host["name"], []),
            "version": {"before": host.get("version_before"), "after": host.get("version")},
        }
        for host in session.get("hosts") or ()
    ]


def _message(one: Dict) -> Dict:
    wanted = ("id", "project_id", "state", "status", "round", "key", "reason", "created_at", "sent_at", "reply_at", "replied_at")
    return {
        **{name: one.get(name) for name in wanted},
        "instance_ids": list(one.get("instance_ids") or ()),
        "allowed_actions": list(one.get("allowed_actions") or ()),
        "extended": one.get("extended") or 0,
        "seconds": _seconds(one.get("sent_at") or one.get("created_at"), one.get("replied_at")),
        "reply": one.get("reply"),
    }


def _vnf(one: Dict) -> Dict:
    gaps = [{"from": gap["from"], "to": gap["to"], "seconds": float(gap["seconds"])} for gap in one.get("gaps") or ()]
    return {
        "id": str(one["id"]),
        "name": str(one.get("name") or one["id"]),
        "availability": one.get("availability"),
        "down_seconds": float(one.get("down_seconds") or 0),
        "longest_gap_seconds": float(one.get("longest_gap_seconds") or 0),
        "gaps": gaps,
    }


def _event(one: Dict) -> Dict:
    wanted = ("number", "at", "kind", "text", "project_id", "host", "instance_id", "message_id")
    return {name: one[name] for name in wanted if name in one}


def _put_off(event: Dict) -> bool:
    """Whether a host is to come later, or has failed."""
    return event["kind"] == "host.state" and bool(re.search(r": (?:WAITING|FAILED): ", event["text"]))


def _times(session: t.Mapping[str, t.Any], events: t.Sequence[Dict], at: str) -> Dict:
    changes = [event["at"] for event in events if event["kind"] == "session.state"]
    begun = session.get("created_at") or (events[0]["at"] if events else at)
    ended = changes[-1] if changes and session.get("state") in _OVER else at
    return {"began_at": begun, "ended_at": ended, "seconds": _seconds(begun, ended)}


def _figures(hosts: t.Sequence[Dict], moves: t.Sequence[Dict], told: t.Sequence[Dict], vnfs: t.Sequence[Dict]) -> Dict:
    done = [move for move in moves if move["state"] == messages.MOVED]
    return {
        "hosts": len(hosts),
        "hosts_done": sum(host["state"] == messages.HOST_COMPLETE for host in hosts),
        "hosts_failed": sum(host["state"] == messages.HOST_FAILED for host in hosts),
        "moves": len(done),
        "moves_failed": sum(move["state"] == messages.HOST_FAILED for move in moves),
        "moves_by_way": dict(sorted(collections.Counter(move["how"] or "before" for move in done).items())),
        "move_seconds": _middle([move["seconds"] for move in done]),
        "messages": len(told),
        "replies": sum(one["reply"] is not None for one in told),
        "refused": sum(one["status"] == messages.REFUSED for one in told),
        "expired": sum(one["status"] == messages.EXPIRED for one in told),
        "reply_seconds": _middle([one["seconds"] for one in told]),
        "longest_gap_seconds": max((vnf["longest_gap_seconds"] for vnf in vnfs), default=None),
        "down_seconds": round(sum(vnf["down_seconds"] for vnf in vnfs), 3) if vnfs else None,
    }


def _middle(values: t.Iterable[float | None]) -> Dict:
    known = [value for value in values if value is not None]
    return {
        "median": round(statistics.median(known), 2) if known else None,
        "longest": round(max(known), 2) if known else None,
    }


def _seconds(begin: str | None, end: str | None) -> float | None:
    if not begin or not end:
        return None
    return round((_time(end) - _time(begin)).total_seconds(), 2)


def _time(text: str) -> datetime.datetime:
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time.replace(tzinfo=datetime.timezone.utc) if time.tzinfo is None else time  # noqa: UP017
