# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done on each host when, out of the events of a session, and how its checks are told there; pure (private)."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

Dict = dict[str, t.Any]

# Of the event that says that the work on a host is over and its checks begin.
KIND = "host.verifying"
DRAINING = "draining"
WORKING = "working"
VERIFYING = "verifying"

_PHASES = {messages.HOST_DRAINING: DRAINING, messages.HOST_IN_MAINTENANCE: WORKING, VERIFYING: VERIFYING}
_STATE = re.compile(r"^\S+: (?P<state>[A-Z_]+)")


def written(host: str) -> str:
    """``compute-1: the work is over, checks begin``."""
    return f"{host}: the work is over, checks begin"


def of_hosts(events: t.Iterable[Dict]) -> dict[str, list[Dict]]:
    """The phases of every host, in order: ``{"phase", "from", "to", "failed"}``; ``to`` is None while it lasts.

    :param events: the events of the session, the oldest first.
    """
    found: dict[str, list[Dict]] = {}
    for event in events:
        state = _state(event)
        if state is None or not event.get("host"):
            continue
        phases = found.setdefault(event["host"], [])
        phase = _PHASES.get(state)
        if phases and phases[-1]["to"] is None:
            if phases[-1]["phase"] == phase:
                continue
            phases[-1].update(to=event["at"], failed=state == messages.HOST_FAILED)
        if phase is not None:
            phases.append({"phase": phase, "from": event["at"], "to": None, "failed": False})
    return found


def _state(event: Dict) -> str | None:
    """The state of a host that an event tells, where verifying counts as one."""
    if event["kind"] == KIND:
        return VERIFYING
    told = _STATE.match(event["text"]) if event["kind"] == "host.state" else None
    return told["state"] if told else None
