# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo's closing summary: what was promised, what was seen."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import re
import statistics
import typing as t

MEGA = 1024 * 1024
# The observer looks every 20 ms and a loaded machine is late; a gap is judged with this much tolerance.
GAP_TOLERANCE_SECONDS = 0.15

# How the session API tells a finished move.
MOVED = re.compile(r": MOVED to (?P<host>\S+) \((?P<how>\w+)")

Dict = dict[str, t.Any]


@dataclasses.dataclass
class Outcome:
    """Everything that was seen of one run."""

    status: int
    hosts: int
    before: Dict
    after: Dict
    session: Dict
    observer: Dict
    phases: dict[str, float]
    memory: dict[str, int]

    @property
    def checks(self) -> list[tuple[str, bool]]:
        """Each promise in words, and whether it was kept."""
        hosts = self.session.get("hosts", [])
        done = sum(host["state"] == "MAINTENANCE_COMPLETE" for host in hosts)
        disabled = [host["name"] for host in self.after["hosts"] if host["status"] != "enabled"]
        sizes = len(self.before["servers"]), len(self.after["servers"])
        gap = max((vnf["longest_gap_seconds"] for vnf in self.observer["vnfs"]), default=0.0)
        limit = float(self.after["durations"]["switch_over"])
        return [
            (f"the playbook ended with status {self.status}", self.status == 0),
            (f"session ended as {self.session.get('state')}", self.session.get("state") == "MAINTENANCE_DONE"),
            (f"{done} of {self.hosts} hosts were maintained", done == self.hosts),
            (f"hosts left out of service: {', '.join(disabled) or 'none'}", not disabled),
            (f"the VNF had {sizes[0]} servers before and has {sizes[1]} now", sizes[0] == sizes[1]),
            (f"violations seen by the observer: {len(self.observer['violations'])}", not self.observer["violations"]),
            (f"longest gap of the service {gap:.2f} s (a switch-over: {limit:.2f} s)", gap <= limit + GAP_TOLERANCE_SECONDS),
        ]

    @property
    def success(self) -> bool:
        """Whether every promise was kept."""
        return all(kept for _text, kept in self.checks)


def summary(outcome: Outcome) -> str:
    """The whole summary as text."""
    lines = ["", "== Summary " + "=" * 60]
    lines += _moves(outcome.session)
    lines += _scaling(outcome)
    lines += _messages(outcome.session)
    lines += _service(outcome.observer)
    lines += ["", "seconds per phase"]
    lines += [f"  {name:<40}{seconds:8.1f}" for name, seconds in outcome.phases.items()]
    lines += ["peak memory, MB"]
    lines += [f"  {name:<40}{size / MEGA:8.0f}" for name, size in outcome.memory.items()]
    lines += [""]
    lines += [f"  [{'ok' if kept else 'NOT OK'}] {text}" for text, kept in outcome.checks]
    lines += ["", "Success." if outcome.success else "Not everything was as promised; see above.", ""]
    return "\n".join(lines)


def _moves(session: Dict) -> list[str]:
    hosts = session.get("hosts", [])
    moves = [MOVED.search(event["text"]) for event in session.get("events", []) if event["kind"] == "instance.state"]
    ways = collections.Counter(move["how"] for move in moves if move)
    servers = {event["instance_id"] for event in session.get("events", []) if MOVED.search(event["text"])}
    text = ", ".join(f"{number} {way}" for way, number in sorted(ways.items())) or "none"
    return [
        f"hosts maintained: {sum(host['state'] == 'MAINTENANCE_COMPLETE' for host in hosts)} of {len(hosts)}",
        f"servers moved: {len(servers)}, in {sum(ways.values())} moves ({text})",
    ]


def _scaling(outcome: Outcome) -> list[str]:
    """How far the VNF scaled in, and back."""
    events = outcome.session.get("events", [])
    counts = [int(event["text"].split()[0]) for event in events if event["kind"] == "session.inventory"]
    steps = [len(outcome.before["servers"]), min(counts, default=0), len(outcome.after["servers"])]
    return [f"VNF scaled in and out: {' -> '.join(map(str, steps))} servers"]


def _messages(session: Dict) -> list[str]:
    by_state: dict[str, list[Dict]] = {}
    for message in session.get("messages", []):
        by_state.setdefault(message["state"], []).append(message)
    lines = ["", f"{'message':<28}{'sent':>6}{'replied':>9}{'p50 s':>8}{'longest s':>11}"]
    every: list[float] = []
    for state, messages in by_state.items():
        times = sorted(_latency(message) for message in messages if message.get("replied_at"))
        every += times
        middle = f"{statistics.median(times):8.2f}{times[-1]:11.2f}" if times else f"{'-':>8}{'-':>11}"
        lines.append(f"{state:<28}{len(messages):>6}{len(times):>9}{middle}")
    if every:
        every.sort()
        p95 = every[min(len(every) - 1, int(len(every) * 0.95))]
        middle = f"{statistics.median(every):8.2f}{every[-1]:11.2f}"
        lines.append(f"{'all replies':<28}{'':>6}{len(every):>9}{middle}   p95 {p95:.2f} s")
    return lines


def _latency(message: Dict) -> float:
    """Seconds from sending to the reply."""
    sent, replied = (datetime.datetime.fromisoformat(message[key]) for key in ("sent_at", "replied_at"))
    return (replied - sent).total_seconds()


def _service(observer: Dict) -> list[str]:
    lines = [""]
    for vnf in observer["vnfs"]:
        lines.append(
            f"service of {vnf['name']}: available {vnf['availability'] * 100:.3f} % of {vnf['samples']} samples, "
            f"down {vnf['down_seconds']:.2f} s in all (gaps: {len(vnf['gaps'])}, the longest {vnf['longest_gap_seconds']:.2f} s)"
        )
    lines += [f"VIOLATION at {violation['at']}: {violation['text']}" for violation in observer["violations"]]
    return lines
