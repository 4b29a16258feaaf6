# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an administrator's run says and makes of the answers; pure functions behind the filters (private to this collection)."""

from __future__ import annotations

import statistics
import typing as t

Dict = dict[str, t.Any]


def maintenance_messages(
    instances: t.Iterable[Dict],
    state: str,
    window: float,
    *,
    metadata: Dict | None = None,
    key: str = "",
    allowed_actions: t.Sequence[str] = (),
    actions_at: str | None = None,
    scale_in: t.Mapping[str, int] | None = None,
) -> list[Dict]:
    """One message request per project that owns some of the instances.

    :param instances: instances of a snapshot (id, project_id).
    :param state: what the projects are told, e.g. PLANNED_MAINTENANCE.
    :param window: seconds the projects have to reply.
    :param key: tells two messages of the same state apart, e.g. the hosts it is about.
    :param scale_in: instances that each project should remove; told in the metadata, because the protocol has no field for it.
    """
    owned: dict[str, list[str]] = {}
    for instance in instances:
        owned.setdefault(str(instance["project_id"]), []).append(str(instance["id"]))
    requests = []
    for project_id, ids in sorted(owned.items()):
        told = dict(metadata or {})
        if scale_in is not None:
            told["instances_to_remove"] = int(scale_in[project_id])
        request = {
            "project_id": project_id,
            "state": state,
            "instance_ids": sorted(ids),
            "window": window,
            "allowed_actions": list(allowed_actions),
            "metadata": told,
            "key": key,
        }
        requests.append({**request, "actions_at": actions_at} if actions_at else request)
    return requests


def maintenance_silent(messages: t.Iterable[Dict]) -> list[Dict]:
    """The projects that left their last MAINTENANCE message unanswered until its window ended, each with a label for people.

    :param messages: messages of a session, oldest first; those that come from ``fenix_message`` know the projects' names.
    """
    last = {str(message["project_id"]): message for message in messages if message.get("state") == "MAINTENANCE"}
    silent = []
    for project_id, message in sorted(last.items()):
        if message["status"] == "expired":
            name = message.get("project_name") or project_id
            silent.append({"project_id": project_id, "label": project_id if name == project_id else f"{name} ({project_id})"})
    return silent


def maintenance_begun(session: Dict) -> list[Dict]:
    """The moves that a session began and did not see the end of: what an earlier run could not confirm is among them.

    :param session: a session with its instances, as the session API returns it, or an empty dictionary.
    """
    return [
        {"instance": one["id"], "name": one["name"], "from": one["from_host"]}
        for one in session.get("instances") or []
        if one["state"] in ("MOVING", "FAILED") and one["from_host"]
    ]


def maintenance_moves(moves: t.Iterable[Dict], messages: t.Iterable[Dict], ways: t.Mapping[str, list[str]]) -> list[Dict]:
    """The planned moves with the ways that the owners' replies allow.

    A move whose instance is handled by its owner (OWN_ACTION) has no ways: the owner moves it, the drain waits for it.

    :param messages: messages as the session API returns them, with their replies.
    :param ways: reply action to the ways that may be tried, in order, e.g. ``{"MIGRATE": ["cold"]}``.
    """
    chosen: dict[str, str] = {}
    for message in messages:
        chosen.update((message.get("reply") or {}).get("instance_actions") or {})
    result = []
    for move in moves:
        action = chosen.get(str(move["instance"]))
        if action == "OWN_ACTION":
            result.append({**move, "ways": []})
        else:
            result.append({**move, "ways": list(ways[action])} if action is not None else dict(move))
    return result


def maintenance_summary(session: Dict) -> Dict:
    """A finished session in a few figures: hosts, moves by way, messages with their reply times in seconds."""
    instances = session.get("instances") or []
    moved = [instance for instance in instances if instance.get("state") == "MOVED"]
    hows: dict[str, int] = {}
    for instance in moved:
        hows[str(instance.get("how"))] = hows.get(str(instance.get("how")), 0) + 1
    messages = session.get("messages") or []
    times = sorted(float(message["latency"]) for message in messages if message.get("latency") is not None)
    return {
        "session_id": session.get("session_id") or session.get("id"),
        "state": session.get("state"),
        "hosts_maintained": sum(host.get("state") == "MAINTENANCE_COMPLETE" for host in session.get("hosts") or []),
        "instances_moved": len(moved),
        "moves_by_way": hows,
        "silent_projects": [project["project_id"] for project in maintenance_silent(messages)],
        "messages": len(messages),
        "replies": {
            "count": len(times),
            "p50_seconds": round(statistics.median(times), 2) if times else None,
            "longest_seconds": round(times[-1], 2) if times else None,
        },
    }
