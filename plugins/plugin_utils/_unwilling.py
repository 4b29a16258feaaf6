# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes of a refusal or of silence; pure functions behind the filters (private to this collection)."""

from __future__ import annotations

import fnmatch
import typing as t

Dict = dict[str, t.Any]

AUTO, WAIT, RETRY, DEFAULT_ACTION, STOP = ON_SILENCE = ("auto", "wait", "retry", "default_action", "stop")
# A wave that somebody does not want now can come later; for the rest there is no later.
_PUT_OFF = ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")
_EVENT_TYPES = ("maintenance.scheduled", "maintenance.planned")


def maintenance_listening(
    messages: t.Iterable[Dict], constraints: Dict, alarms: t.Iterable[Dict] = (), subscriptions: t.Iterable[Dict] = ()
) -> dict[str, str]:
    """The projects that have somebody who would answer, by what that shows.

    :param messages: all messages of a session.
    :param constraints: ``instances`` and ``groups`` as the session API has them, each with its project.
    :param alarms: event alarms of all projects; leave them out where Aodh does not show them.
    :param subscriptions: those to direct delivery, of all projects.
    """
    found: dict[str, str] = {}
    for message in messages:
        if message.get("reply"):
            found[str(message["project_id"])] = "it answered before"
    for subscription in subscriptions:
        if subscription.get("enabled"):
            found[str(subscription["project_id"])] = "it is subscribed to direct delivery"
    for alarm in alarms:
        # An alarm may name event types with wildcards.
        if alarm.get("enabled") and any(fnmatch.fnmatchcase(name, str(alarm["event_type"])) for name in _EVENT_TYPES):
            found[str(alarm["project_id"])] = "it has an alarm for maintenance"
    for constraint in [*(constraints.get("instances") or ()), *(constraints.get("groups") or ())]:
        found[str(constraint["project_id"])] = "it has constraints"
    return found


def maintenance_unwilling(
    messages: t.Iterable[Dict], on_silence: str, patience: t.Mapping[str, t.Any], listening: t.Mapping[str, str]
) -> Dict:
    """What a run does about the projects that have not acknowledged: ask them no more, put the wave off, or stop.

    :param messages: of one state, as ``fenix_message`` returns them with ``patience``.
    :param on_silence: ``auto``, ``wait``, ``retry``, ``default_action`` or ``stop``.
    :param patience: ``refusals``, how often a project may refuse, or put a wave off, and be asked again, and ``silences``.
    :param listening: projects that have somebody who would answer, by what that shows.
    :returns: ``silent`` (project_id, label): moved without asking; ``declined`` (project_id, label, state, reason): the wave
        comes later; ``stop``: why the run ends, empty when it goes on.
    """
    if on_silence not in ON_SILENCE:
        raise ValueError(f"on_silence is {on_silence}, not one of {', '.join(ON_SILENCE)}")
    by_project: dict[str, list[Dict]] = {}
    for message in messages:
        if message["status"] in ("refused", "expired", "cancelled"):
            by_project.setdefault(str(message["project_id"]), []).append(message)
    silent: list[Dict] = []
    declined: list[Dict] = []
    stopped: list[tuple[str, str]] = []
    for project_id, ones in sorted(by_project.items()):
        state, named = ones[0]["state"], label(project_id, ones[0].get("project_name"))
        kind = next(status for status in ("cancelled", "refused", "expired") if any(one["status"] == status for one in ones))
        if kind == "expired" and _acts_by_default(on_silence, project_id in listening):
            silent.append({"project_id": project_id, "label": named})
            continue
        why = _why(kind, state, [one for one in ones if one["status"] == kind])
        in_vain = max(_put_offs(one, int(patience["silences"])) for one in ones)
        may_wait = kind == "refused" or (kind == "expired" and on_silence == AUTO)
        if may_wait and state in _PUT_OFF and in_vain <= int(patience["refusals"]):
            declined.append({"project_id": project_id, "label": named, "state": state, "reason": why})
            continue
        shown = f" ({listening[project_id]})" if kind == "expired" and project_id in listening else ""
        stopped.append((kind, f"Project {named}{shown}: {why}."))
    return {"silent": silent, "declined": declined, "stop": _stop(stopped)}


def _acts_by_default(on_silence: str, listens: bool) -> bool:
    return on_silence in (RETRY, DEFAULT_ACTION) or (on_silence == AUTO and not listens)


def _put_offs(message: Dict, silences: int) -> int:
    """How often a project has put it off, this time included; it is silent as often as allowed before that counts once."""
    return int(message.get("refusals") or 0) + max(0, int(message.get("silences") or 0) - silences)


def _why(kind: str, state: str, ones: t.Sequence[Dict]) -> str:
    if kind == "cancelled":
        return f"{state} was cancelled" + (f" ({ones[0]['reason']})" if ones[0].get("reason") else "")
    if kind == "expired":
        times = max(int(one.get("silences") or 0) for one in ones)
        return f"nobody answered {state}{_times(times)}"
    times = max(int(one.get("refusals") or 0) for one in ones)
    reasons = sorted({str(one["reason"]) for one in ones if one.get("reason")})
    return f"NACK_{state}{_times(times)}" + (f" ({'; '.join(reasons)})" if reasons else "")


def _times(times: int) -> str:
    return f", {times} times in a row" if times > 1 else ""


_NEXT = {
    "cancelled": "see what ended the session (nfv.maintenance.fenix_session_info), then run the same command again",
    "refused": "settle it with the owners and run the same command again; rolling_host_maintenance_patience says how often a "
    "project may refuse before the run ends",
    "expired": "see why nobody answers there (a VNFM that is down, a subscription that is missing) and run the same command "
    "again, or set rolling_host_maintenance_on_silence=default_action, which moves the instances of such projects without "
    "asking them",
}


def _stop(stopped: t.Sequence[tuple[str, str]]) -> str:
    if not stopped:
        return ""
    nexts = [_NEXT[kind] for kind in _NEXT if any(kind == one for one, _text in stopped)]
    return " ".join(text for _kind, text in stopped) + f" Next: {'; '.join(nexts)}."


def label(project_id: str, name: t.Any) -> str:
    """Name and id of a project for people, the id alone where its name is not known."""
    return project_id if name in (None, "", project_id) else f"{name} ({project_id})"
