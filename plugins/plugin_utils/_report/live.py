# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The live view of a run for a terminal, as lines; pure (private to this collection)."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.times import parse_time

from .text import lasting

Dict = dict[str, t.Any]

HEIGHT = 3
_BAR = 24
_DOING = {messages.HOST_DRAINING: "draining", messages.HOST_IN_MAINTENANCE: "working"}


def lines(session: Dict, wave: Dict, now: datetime.datetime, width: int) -> list[str]:
    """How far a run is, what is under work, and for whom it waits until when: always :data:`HEIGHT` lines.

    :param session: the Session of the session API.
    :param wave: ``{"number", "waves"}`` of the present wave, or nothing.
    :param now: with time zone.
    :param width: columns of the terminal.
    """
    progress = session.get("progress") or {}
    percent = int(progress.get("percent_done") or 0)
    far = [f"{percent} %", f"{progress.get('hosts_done', 0)} of {progress.get('hosts', 0)} hosts"]
    far.append(f"{progress.get('servers_done', 0)} of {progress.get('servers', 0)} instances moved")
    if wave.get("number"):
        far.insert(1, f"wave {wave['number']}" + (f" of {wave['waves']}" if (wave.get("waves") or 0) >= wave["number"] else ""))
    if progress.get("hosts_failed"):
        far.append(f"{progress['hosts_failed']} failed")
    if progress.get("seconds_left") is not None:
        far.append(f"about {lasting(progress['seconds_left'])} left")
    shown = [f"{_bar(percent)} {', '.join(far)}", _under_work(session), _waiting(session, progress, now)]
    return [_fitting(line, width) for line in shown]


def _bar(percent: int) -> str:
    full = _BAR * percent // 100
    return "[" + "#" * full + "-" * (_BAR - full) + "]"


def _under_work(session: Dict) -> str:
    doing = {
        host["name"]: "verifying" if host.get("verifying") else _DOING[host["state"]]
        for host in session.get("hosts") or ()
        if host["state"] in _DOING
    }
    busy = [f"{name} {what}" for name, what in doing.items()]
    return f"{session.get('name') or session.get('id')} is {session.get('state')}" + (f": {', '.join(busy)}" if busy else "")


def _waiting(session: Dict, progress: Dict, now: datetime.datetime) -> str:
    waits = [
        f"project {one.get('project_name') or one['project_id']} to reply to {one['state']}{_left(one.get('reply_at'), now)}"
        for one in session.get("waiting_for") or ()
    ]
    waits += [one for one in progress.get("waiting_for") or () if not str(one).startswith("project ")]
    return f"waiting for {'; '.join(waits)}" if waits else ""


def _left(reply_at: str | None, now: datetime.datetime) -> str:
    if not reply_at:
        return ""
    until = parse_time(reply_at, "the deadline of a message")
    left = max(0.0, (until - now).total_seconds())
    return f" until {until:%H:%M:%S} UTC ({lasting(round(left))} left)"


def _fitting(line: str, width: int) -> str:
    # Nothing that somebody else has named may move the cursor.
    plain = "".join(one if one.isprintable() else "?" for one in line)
    return plain if len(plain) < width else plain[: max(0, width - 2)] + "…"
