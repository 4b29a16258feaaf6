# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an administrator's run says and makes of the answers; pure functions behind the filters (private to this collection)."""

from __future__ import annotations

import statistics
import typing as t

from ansible_collections.nfv.maintenance.plugins.plugin_utils._unwilling import label

Dict = dict[str, t.Any]
# What a project that takes part answers while the work goes on.
_ASKED = ("MAINTENANCE", "SCALE_IN", "PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")
# Messages about certain instances that are moved next.
_ABOUT_MOVES = ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")


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
    constraints: t.Mapping[str, Dict] | None = None,
) -> list[Dict]:
    """One message request per project that owns some of the instances.

    :param instances: instances of a snapshot (id, project_id).
    :param state: what the projects are told, e.g. PLANNED_MAINTENANCE.
    :param window: seconds the projects have to reply.
    :param key: tells two messages of the same state apart, e.g. the hosts it is about.
    :param scale_in: instances that each project should remove; told in the metadata, because the protocol has no field for it.
    :param constraints: of instances, by id. Where a message is about moves, its window is at least the longest ``lead_time`` of
        what it is about: the seconds in which an owner promises to be ready, and the action is not taken before it says so.
    """
    leads = constraints if constraints is not None and state in _ABOUT_MOVES else {}
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
            "window": max([window, *((leads.get(one) or {}).get("lead_time") or 0 for one in ids)]),
            "allowed_actions": list(allowed_actions),
            "metadata": told,
            "key": key,
        }
        requests.append({**request, "actions_at": actions_at} if actions_at else request)
    return requests


def maintenance_silent(messages: t.Iterable[Dict]) -> list[Dict]:
    """The projects that left the last message that asked for something unanswered, each with a label for people.

    What tells them that all is over does not count: everybody hears that.

    :param messages: messages of a session, oldest first; those that come from ``fenix_message`` know the projects' names.
    """
    last = {str(message["project_id"]): message for message in messages if message.get("state") in _ASKED}
    return [
        {"project_id": project_id, "label": label(project_id, message.get("project_name"))}
        for project_id, message in sorted(last.items())
        if message["status"] == "expired"
    ]


def maintenance_unsettled(session: Dict) -> list[str]:
    """The ids of the messages that say that all is over and are not answered yet, of projects that answer.

    Their owners are at work on them, for example scaling out, so the cloud is not yet what it will be.

    :param session: with all its messages, as ``fenix_session_info`` returns it.
    """
    messages = session.get("messages") or []
    silent = {project["project_id"] for project in maintenance_silent(messages)}
    over = [one for one in messages if one["state"] == "MAINTENANCE_COMPLETE" and one["status"] == "pending"]
    return [str(one["id"]) for one in over if one["project_id"] not in silent]


def maintenance_begun(session: Dict) -> list[Dict]:
    """The moves that a session began and did not see the end of: what an earlier run could not confirm is among them.

    :param session: a session with its instances, as the session API returns it, or an empty dictionary.
    """
    return [
        {"instance": one["id"], "name": one["name"], "from": one["from_host"]}
        for one in session.get("instances") or []
        if one["state"] in ("MOVING", "FAILED") and one["from_host"]
    ]


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
