# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rehearsal lets one expect: minutes, moves, who is asked what, scale-ins, risks."""

from __future__ import annotations

import collections
import re
import typing as t

from .report import MOVED

Record = dict[str, t.Any]
_SHOWN = 20
_ID = re.compile(r"[0-9a-f]{32}")


def expectation(
    plan: Record, seen: Record | None, before: Record, constraints: list[Record], names: dict[str, str], *,
    windows: Record, notes: list[str], speed: float,
) -> Record:  # fmt: skip
    """Everything in one record.

    :param plan: as plan_maintenance wrote it.
    :param seen: what was seen of the run; None when the plan wants a decision first.
    :param before: the lab's state at the beginning.
    :param names: of projects, by id.
    :param windows: seconds that projects have to reply, by state, as the administrator has them.
    """
    run = _run(seen, before) if seen is not None else None
    waves = seen["plan"] if seen is not None and not plan["waves"] else plan
    found = {
        "speed": speed,
        "plan": {
            **waves["figures"],
            "minutes_of_waves": [wave["minutes"] for wave in waves["waves"]],
            "room": {"need": plan["room"]["need"], "why": plan["room"]["why"]},
            "scale_in": {names[project]: number for project, number in plan["room"]["scale_in"].items()},
            "blockers": plan["blockers"],
            "skipped": plan["skipped"],
            "riding": plan["riding"],
        },
        "run": run,
        "asked": _asked(seen["session"]["messages"], names, windows) if seen is not None else [],
        "risks": [*_risks_of_cloud(plan, before, constraints, names), *(_risks_of_run(run, seen) if run and seen else [])],
        "notes": notes,
    }
    return t.cast("Record", _named(found, names))


def _named(value: t.Any, names: dict[str, str]) -> t.Any:
    """The same with names of projects instead of their ids."""
    if isinstance(value, dict):
        return {key: _named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, str):
        for project_id in {*_ID.findall(value)} & names.keys():
            value = value.replace(project_id, names[project_id])
    return value


def _run(seen: Record, before: Record) -> Record:
    session, after = seen["session"], seen["after"]
    texts = [event["text"] for event in session["events"] if event["kind"] == "instance.state"]
    moves = [found for found in map(MOVED.search, texts) if found]
    hosts = {host["name"]: host["state"] for host in session.get("hosts", [])}
    disabled = {host["name"] for host in after["hosts"] if host["status"] != "enabled"}
    disabled -= {host["name"] for host in before["hosts"] if host["status"] != "enabled"}
    run = {
        "status": seen["status"],
        "state": session.get("state"),
        "seconds": seen["seconds"],
        "hosts_done": sum(state == "MAINTENANCE_COMPLETE" for state in hosts.values()),
        "hosts_not_done": sorted(name for name, state in hosts.items() if state != "MAINTENANCE_COMPLETE"),
        "hosts_left_out_of_service": sorted(disabled),
        "moves": len(moves),
        "ways": dict(collections.Counter(move["how"] for move in moves)),
        "failed_moves": [text for text in texts if ": FAILED" in text],
        "scale_in": seen["removed"],
        "servers": [len(before["servers"]), len(after["servers"])],
        "violations": [one["text"] for one in seen["observer"]["violations"]],
    }
    ended = seen["status"] == 0 and session.get("state") == "MAINTENANCE_DONE"
    whole = run["servers"][0] == run["servers"][1]
    return run | {"as_promised": ended and whole and not run["violations"] and not disabled}


def _asked(messages: list[Record], names: dict[str, str], windows: Record) -> list[Record]:
    """Who is asked what, how often, about how many instances, with how long to reply."""
    found: dict[tuple[str, str], list[Record]] = collections.defaultdict(list)
    for message in messages:
        if message["status"] != "informed":
            found[names[message["project_id"]], message["state"]].append(message)
    return [
        {
            "project": project,
            "state": state,
            "messages": len(several),
            "instances": len({instance for message in several for instance in message["instance_ids"]}),
            "window": windows.get(state),
            "unanswered": sum(message["status"] == "expired" for message in several),
        }
        for (project, state), several in sorted(found.items())
    ]


def _risks_of_cloud(plan: Record, before: Record, constraints: list[Record], names: dict[str, str]) -> list[str]:
    risks = [" ".join(filter(None, (one["host"], one["instance"], one["reason"], one["remedy"]))) for one in plan["blockers"]]
    out = sorted(host["name"] for host in before["hosts"] if host["status"] != "enabled" or host["state"] != "up")
    risks += [f"out of service before it begins: {', '.join(out)}"] if out else []
    bad = sorted(server["name"] for server in before["servers"] if server["status"] == "ERROR")
    risks += [f"in ERROR before it begins: {_some(bad)}"] if bad else []
    telling = {one["project_id"] for one in constraints}
    owners = {server["project_id"] for server in before["servers"]}
    quiet = sorted(names[project] for project in owners - telling)
    risks += [f"without a word about what their instances tolerate: {_some(quiet)}"] if quiet else []
    return risks


def _risks_of_run(run: Record, seen: Record) -> list[str]:
    # The last one says everything.
    risks = [f"the run failed: {line}" for line in seen["failures"][-1:]] if not run["as_promised"] else []
    risks += [f"a promise was broken: {one}" for one in run["violations"]]
    risks += run["failed_moves"][:_SHOWN]
    risks += [f"left out of service: {_some(run['hosts_left_out_of_service'])}"] if run["hosts_left_out_of_service"] else []
    silent = {message["project_id"] for message in seen["session"]["messages"] if message["status"] == "expired"}
    risks += [f"left a message unanswered: {_some(sorted(silent))}"] if silent else []
    return risks


def _some(names: t.Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def text(found: Record) -> str:
    """The same for people."""
    plan, run = found["plan"], found["run"]
    lines = ["", "== What to expect " + "=" * 60]
    lines += [f"The plan: {plan['hosts']} hosts, {plan['waves']} waves, {plan['moves']} moves, {plan['minutes']:.0f} minutes"]
    if plan["minutes_of_waves"]:
        lines += [f"longest wave: {max(plan['minutes_of_waves']):.0f} minutes"]
    lines += [f"room: {plan['room']['why']}"]
    lines += [f"asked to scale in: {project} by {number}" for project, number in plan["scale_in"].items()]
    if run is None:
        lines += ["", "Not run: the plan wants a decision first, see the risks."]
    else:
        ways = ", ".join(f"{number} {way}" for way, number in sorted(run["ways"].items())) or "none"
        lines += ["", f"The run: {run['seconds']:.0f} s with durations divided by {found['speed']:g}; it ended as {run['state']}"]
        servers = " -> ".join(map(str, run["servers"]))
        lines += [f"hosts done: {run['hosts_done']}, moves: {run['moves']} ({ways}), servers: {servers}"]
        lines += [f"scaled in: {project} by {number}" for project, number in run["scale_in"].items()]
    if found["asked"]:
        lines += ["", f"{'project':<24}{'is asked':<24}{'messages':>9}{'instances':>10}{'window s':>9}{'unanswered':>11}"]
        lines += [
            f"{one['project']:<24}{one['state']:<24}{one['messages']:>9}{one['instances']:>10}"
            f"{one['window'] or '-':>9}{one['unanswered']:>11}"
            for one in found["asked"]
        ]
    lines += ["", "Risks" if found["risks"] else "No risks were seen."]
    lines += [f"  - {risk}" for risk in found["risks"]]
    lines += ["The lab differs from this cloud:", *(f"  - {note}" for note in found["notes"])] if found["notes"] else []
    return "\n".join([*lines, ""])
