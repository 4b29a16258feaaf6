# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps of the results of tasks what a report needs; pure: no file, no clock, no network (private to this collection)."""

from __future__ import annotations

import typing as t

from .masking import masked
from .model import Seen

Dict = dict[str, t.Any]

COLLECTION = "nfv.maintenance."
# How to reach the session API again. Secrets are not among them; Ansible has hidden those from the results.
CONNECTION = ("cloud", "auth_type", "region_name", "interface", "validate_certs", "ca_cert", "client_cert", "api_timeout")
_FAILURES = 500
_HOSTS_SHOWN = 5


class Recorder:
    """Hears of the tasks of a run and remembers.

    :ivar seen: what goes into the report.
    :ivar session_id: the session of the run, once there is one.
    :ivar connection: options with which the run reached the session API; None where they hold a secret, which is not known here.
    :ivar state: the state in which the session was seen last.
    :ivar wave: ``{"number", "waves"}`` of the wave that has begun last, or nothing.
    :ivar details: the last whole record of the session that the run has read, with messages and events.
    """

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self.seen = Seen()
        self.session_id: str | None = None
        self.connection: Dict | None = None
        self.details: Dict = {}
        self.wave: Dict = {}
        self._moved: dict[str, str] = {}
        self._planned = 0
        self._progress: Dict = {}
        self.state: str | None = None

    def ended(self, action: str, result: t.Mapping[str, t.Any], at: str) -> list[str]:
        """A task has ended well.

        :param result: what its module returned.
        :return: lines to be shown.
        """
        name = action.removeprefix(COLLECTION)
        hear = getattr(self, f"_hear_{name}", None) if action.startswith(COLLECTION) else None
        if hear is None:
            return []
        looped = result.get("results")
        lines: list[str] = []
        for one in looped if isinstance(looped, list) else [result]:
            if isinstance(one, dict) and not one.get("skipped") and not one.get("failed"):
                lines += hear(one, at) or ()
        return lines

    def failed(self, host: str, task: str, result: t.Mapping[str, t.Any], at: str) -> None:
        """A task has failed, and nothing ignores that."""
        text = masked("what it said is hidden (no_log)" if "censored" in result else result.get("msg") or "it did not say why")
        # What ends a run quotes what it failed of.
        known = [one for one in self.seen.failures if one["text"] not in text]
        named = masked(task.rpartition(" : ")[2])
        self.seen.failures = [*known[-_FAILURES:], {"at": at, "host": host, "task": named, "text": text}]

    # --- one method for each module that has something to say

    def _hear_fenix_session(self, result: Dict, at: str) -> list[str]:  # pylint: disable=unused-argument
        session = result.get("fenix_session") or {}
        if not session.get("session_id"):
            return []
        self.session_id = str(session["session_id"])
        given = (result.get("invocation") or {}).get("module_args") or {}
        self.connection = None if given.get("auth") else {name: given[name] for name in CONNECTION if given.get(name) is not None}
        self._progress = session.get("progress") or self._progress
        before, self.state = self.state, session.get("state")
        return [] if before == self.state else [f"session {self.state}{self._so_far()}"]

    def _hear_fenix_session_info(self, result: Dict, at: str) -> None:  # pylint: disable=unused-argument
        for session in result.get("fenix_sessions") or ():
            if "events" in session and self.session_id in (None, session.get("session_id")):
                self.details = session

    def _hear_maintenance_plan(self, result: Dict, at: str) -> list[str]:  # pylint: disable=unused-argument
        plan = result.get("maintenance_plan") or {}
        known = [(one["host"], one["instance"], one["reason"]) for one in self.seen.blockers]
        for blocker in plan.get("blockers") or ():
            if (blocker.get("host"), blocker.get("instance"), blocker.get("reason")) not in known:
                wanted = ("host", "instance", "reason", "remedy", "choice")
                self.seen.blockers.append({name: blocker.get(name) for name in wanted})
        figures = plan.get("figures") or {}
        if not figures.get("waves"):
            return []
        # Each wave is planned anew, for what is left by then.
        self._planned = max(self._planned, len(self._moved) + figures["moves"] + len((plan.get("room") or {}).get("moves") or ()))
        if self.seen.plan.get("waves", 0) >= figures["waves"]:
            return []
        self.seen.plan = dict(figures)
        lasts = _minutes(figures["minutes"] * 60)
        return [f"plan: {figures['hosts']} hosts in {figures['waves']} waves, {figures['moves']} moves, {lasts}"]

    def _hear_maintenance_checkpoint(self, result: Dict, at: str) -> list[str]:
        given = (result.get("invocation") or {}).get("module_args") or {}
        hosts, number = list(given.get("hosts") or ()), given.get("wave")
        if not hosts:
            return []
        # A run looks once ahead before anybody is told, and that is not the beginning of the first wave.
        self.seen.waves = [one for one in self.seen.waves if one["number"] != number]
        self.seen.waves.append({"number": number, "hosts": hosts, "at": at, "minutes": given.get("minutes") or None})
        self.wave = {"number": number, "waves": self.seen.plan.get("waves")}
        named = ", ".join(hosts[:_HOSTS_SHOWN]) + (f" and {len(hosts) - _HOSTS_SHOWN} more" if len(hosts) > _HOSTS_SHOWN else "")
        return [f"wave {number}: {named}{self._so_far()}"]

    def _hear_host_drain(self, result: Dict, at: str) -> list[str]:  # pylint: disable=unused-argument
        drained = result.get("host_drain") or {}
        moved = [one for one in drained.get("moved") or () if one.get("how")]
        self._moved.update({f"{one['instance']} {one['from']}": one["to"] for one in moved})
        return [f"{len(moved)} moved in {_minutes(drained.get('seconds') or 0)}{self._so_far()}"] if moved else []

    def _so_far(self) -> str:
        parts = []
        if self._progress.get("hosts"):
            parts.append(f"{self._progress['hosts_done']} of {self._progress['hosts']} hosts")
        if self._planned:
            parts.append(f"{len(self._moved)} of {self._planned} moves")
        left = self._progress.get("seconds_left")
        if left:
            parts.append(f"{_minutes(left)} left")
        return f" ({', '.join(parts)})" if parts else ""


def _minutes(seconds: float) -> str:
    return f"{round(seconds)} s" if seconds < 90 else f"about {round(seconds / 60)} min"
