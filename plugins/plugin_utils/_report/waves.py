# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The beginning of a wave as an event of a session: as it is written, and as it is read again (private to this collection)."""

from __future__ import annotations

import re
import typing as t

Dict = dict[str, t.Any]

KIND = "session.wave"
# A host's name has no blank.
_TEXT = re.compile(r"wave (?P<number>\d+): (?P<hosts>\S+(?:, \S+)*?)(?: \((?P<minutes>[\d.]+) min\))?")


def written(number: int, hosts: t.Sequence[str], minutes: float | None) -> str:
    """``wave 2: compute-3, compute-4 (14.5 min)``."""
    return f"wave {number}: {', '.join(hosts)}" + (f" ({minutes:.1f} min)" if minutes else "")


def of_events(events: t.Iterable[Dict]) -> list[Dict]:
    """The waves of all runs of a session: ``{"number", "hosts", "at", "minutes"}`` each, in their order.

    What was begun again, because the run was killed, is one wave.
    """
    found: dict[tuple[t.Any, ...], Dict] = {}
    for event in events:
        text = _TEXT.fullmatch(event["text"]) if event["kind"] == KIND else None
        if text is None:
            continue
        hosts = text["hosts"].split(", ")
        minutes = float(text["minutes"]) if text["minutes"] else None
        wave = {"number": int(text["number"]), "hosts": hosts, "at": event["at"], "minutes": minutes}
        found[tuple(hosts)] = wave
    return sorted(found.values(), key=lambda wave: str(wave["at"]))
