# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report in a few lines of text; pure (private to this collection)."""

from __future__ import annotations

import typing as t

Dict = dict[str, t.Any]

_MOST = 10
# The report has it in full.
_LONGEST = 240


def summary(report: Dict) -> str:
    """What one wants to know first.

    :param report: as :func:`.model.build` makes it.
    """
    session, figures = report["session"], report["figures"]
    time = f"{_time(figures['began_at'])} to {_time(figures['ended_at'])} UTC ({lasting(figures['seconds'])})"
    lines = [
        f"Maintenance {session['name'] or session['id']}: {session['state']}{_because(session)}",
        f"  time       {time}, round {session['round']}",
        f"  hosts      {figures['hosts_done']} of {figures['hosts']} done" + _bad(figures["hosts_failed"], "failed"),
        f"  moves      {figures['moves']}{_ways(figures)}{_seconds(figures['move_seconds'])}"
        + _bad(figures["moves_failed"], "failed"),
        f"  messages   {figures['messages']}, {figures['replies']} replies{_seconds(figures['reply_seconds'])}"
        + _bad(figures["refused"], "refused")
        + _bad(figures["expired"], "not answered"),
        *_services(report),
    ]
    lines += [
        f"  {'left out  ' if one['skipped'] else 'not done  '} {one['name']}: {one['state']}{_because(one)}"
        for one in _undone(report)[:_MOST]
    ]
    lines += [
        f"  blocker    {one['host'] or ''} {one['instance'] or ''}: {_short(one['reason'])} ({one['choice']})"
        for one in report["blockers"][:_MOST]
    ]
    lines += [f"  failure    {one['host']}, {one['task']}: {_short(one['text'])}" for one in report["failures"][-_MOST:]]
    lines += [f"  note       {note}" for note in report["notes"]]
    return "\n".join(lines) + "\n"


def lasting(seconds: float | None) -> str:
    """``1 h 02 min``, ``12 min 05 s``, ``3.2 s``, or that nobody knows."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{seconds:.3g} s"


def _services(report: Dict) -> list[str]:
    if not report["vnfs"]:
        return ["  service    nobody measured the service of VNFs"]
    lines = []
    for vnf in report["vnfs"]:
        share = "" if vnf["availability"] is None else f"{100 * vnf['availability']:.4g} % available, "
        number = f"{len(vnf['gaps'])} gap{'s' if len(vnf['gaps']) > 1 else ''}"
        gaps = f"{number}, longest {lasting(vnf['longest_gap_seconds'])}, together {lasting(vnf['down_seconds'])}"
        lines.append(f"  service    {vnf['name']}: {share}{gaps if vnf['gaps'] else 'no gap'}")
    return [*lines, *(f"  violation  {one.get('at')} {one.get('text')}" for one in report["violations"][:_MOST])]


def _undone(report: Dict) -> list[Dict]:
    return [host for host in report["hosts"] if host["state"] != "MAINTENANCE_COMPLETE"]


def _time(at: str) -> str:
    return at.replace("T", " ")[:19]


def _because(one: Dict) -> str:
    return f": {_short(one['reason'])}" if one["reason"] else ""


def _short(said: str) -> str:
    words = " ".join(said.split())
    return words if len(words) <= _LONGEST else words[:_LONGEST] + " …"


def _ways(figures: Dict) -> str:
    ways = ", ".join(f"{number} {way}" for way, number in figures["moves_by_way"].items())
    return f" ({ways})" if ways else ""


def _seconds(figure: Dict) -> str:
    return "" if figure["median"] is None else f", median {lasting(figure['median'])}, longest {lasting(figure['longest'])}"


def _bad(number: int, what: str) -> str:
    return f", {number} {what}" if number else ""
