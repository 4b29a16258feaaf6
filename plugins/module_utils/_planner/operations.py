# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as numbered operations that a person reads before the maintenance (private to this collection)."""

from __future__ import annotations

import typing as t

from .options import FORCE_COMPLETE
from .room import BLOCKED, PREPARE, SCALE_IN

Plan = t.Mapping[str, t.Any]


def operations(plan: Plan) -> list[str]:
    """What will be done, in this order; afterwards what stands in the way, and how long it takes."""
    texts = [*_room(plan["room"])]
    for number, wave in enumerate(plan["waves"], 1):
        hosts = ", ".join(wave["hosts"])
        texts += [_move(move) for move in wave["moves"]]
        texts.append(f"work on {hosts} (wave {number}, {wave['minutes']:g} min in all): {wave['why']}")
    lines = [f"{number}. {text}" for number, text in enumerate(texts, 1)]
    lines += [_blocker(blocker) for blocker in plan["blockers"]]
    return [*lines, _figures(plan)]


def _room(room: Plan) -> t.Iterator[str]:
    if room["need"] == SCALE_IN:
        for project, count in room["scale_in"].items():
            yield f"project {project} removes {count} instance{'s' if count > 1 else ''}; then plan again: {room['why']}"
    if room["need"] == PREPARE:
        yield f"make {', '.join(room['hosts'])} empty first: {room['why']}"
        for move in room["moves"]:
            yield _move(move)
    if room["need"] == BLOCKED:
        yield f"nothing can be done: {room['why']}"


def _move(move: Plan) -> str:
    how = " or ".join(way for way in move["ways"] if way != FORCE_COMPLETE) or "by its owner"
    name = move["name"] if move["name"] == move["instance"] else f"{move['name']} ({move['instance']})"
    return f"move {name} of project {move['project_id']} from {move['from']} to {move['to']}, {how}: {move['why']}"


def _blocker(blocker: Plan) -> str:
    where = " ".join(filter(None, (blocker["host"], blocker["instance"])))
    return f"in the way ({blocker['choice']}): {where}: {blocker['reason']}. Remedy: {blocker['remedy']}"


def _figures(plan: Plan) -> str:
    figures = plan["figures"]
    if plan["room"]["need"] == SCALE_IN:
        return f"{figures['hosts']} hosts; waves and moves are planned when the projects have made room"
    if plan["room"]["need"] == BLOCKED and not figures["waves"]:
        return f"{figures['hosts']} hosts; no waves as things are"
    return (
        f"{figures['hosts']} hosts, "
        f"{figures['waves']} waves (with so few moves no plan has fewer than {figures['waves_lower_bound']}), "
        f"{figures['moves']} moves (no plan has fewer than {figures['moves_lower_bound']}), "
        f"about {figures['minutes']:g} minutes"
    )
