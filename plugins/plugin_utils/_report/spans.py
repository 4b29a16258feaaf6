# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done on each host when, out of the events of a session; pure (private to this collection)."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

Dict = dict[str, t.Any]

DRAINING = "draining"
WORKING = "working"
VERIFYING = "verifying"

_PHASES = {messages.HOST_DRAINING: DRAINING, messages.HOST_IN_MAINTENANCE: WORKING}
_STATE = re.compile(r"^\S+: (?P<state>[A-Z_]+)")


def of_hosts(events: t.Iterable[Dict], verifying: t.Iterable[tuple[str, str]] = ()) -> dict[str, list[Dict]]:
    """The phases of every host, in order: ``{"phase", "from", "to", "failed"}``; ``to`` is None while it lasts.

    :param events: the events of the session, the oldest first.
    :param verifying: host and time of each beginning of checks; the work ends there, and verifying begins.
    """
    found: dict[str, list[Dict]] = {}
    for event in events:
        state = _STATE.match(event["text"]) if event["kind"] == "host.state" else None
        if state is None or not event.get("host"):
            continue
        phases = found.setdefault(event["host"], [])
        phase = _PHASES.get(state["state"])
        if phases and phases[-1]["to"] is None:
            if phases[-1]["phase"] == phase:
                continue
            phases[-1].update(to=event["at"], failed=state["state"] == messages.HOST_FAILED)
        if phase is not None:
            phases.append({"phase": phase, "from": event["at"], "to": None, "failed": False})
    for host, at in verifying:
        _split(found.get(host, []), at)
    return found


def _split(phases: list[Dict], at: str) -> None:
    """End the work at the moment at which the checks begin."""
    for index, span in enumerate(phases):
        if span["phase"] == WORKING and span["from"] <= at and (span["to"] is None or at < span["to"]):
            phases.insert(index + 1, {**span, "phase": VERIFYING, "from": at})
            span.update(to=at, failed=False)
            return
