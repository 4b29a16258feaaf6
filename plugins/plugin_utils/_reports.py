# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the event source is told after a batch of messages: pure (private to this collection)."""

from __future__ import annotations

import typing as t

Dict = dict[str, t.Any]

# What a reply has become that need not be sent again. A reply that came too late never can.
SETTLED = ("accepted", "already", "unsent", "late")


def maintenance_reports(
    hints: t.Sequence[Dict], messages: t.Sequence[Dict], dropped: t.Sequence[Dict], decisions: t.Sequence[Dict],
    replies: t.Sequence[Dict],
) -> dict[str, list[Dict]]:  # fmt: skip
    """The deliveries that are over, and those to be given back; the others wait for an action.

    :param hints: of the event source.
    :param messages: what ``fenix_message_info`` found, and ``dropped`` what it did not.
    :param decisions: about the messages.
    :param replies: what became of the replies to the quick ones, in their order.
    :returns: ``done`` and ``released``, each delivery with an ``outcome``.
    """
    said: dict[str, list[str]] = {}
    open_: set[str] = set()
    failed: dict[str, str] = {}
    for hint in dropped:
        _say(said, hint["deliveries"], str(hint["reason"]))
    decided = {decision["message"]["id"]: decision for decision in decisions}
    for message in messages:
        if message["id"] not in decided:
            _say(said, message["deliveries"], f"{message['state']} only informs")
        elif not decided[message["id"]]["quick"]:
            open_.update(message["deliveries"])
    quick = [decision for decision in decisions if decision["quick"]]
    for decision, reply in zip(quick, replies, strict=True):
        text = f"{reply['state']} {reply['status']}{': ' + str(reply['reason']) if reply.get('reason') else ''}"
        _say(said, decision["message"]["deliveries"], text)
        if reply["status"] not in SETTLED:
            failed.update(dict.fromkeys(decision["message"]["deliveries"], text))
    result: dict[str, list[Dict]] = {"done": [], "released": []}
    for hint in hints:
        delivery = hint.get("delivery") or {}
        own = delivery.get("id")
        if own in failed:
            result["released"].append({**delivery, "outcome": failed[own]})
        elif own in said and own not in open_:
            result["done"].append({**delivery, "outcome": "; ".join(said[own])})
    return result


def _say(said: dict[str, list[str]], deliveries: t.Iterable[str], text: str) -> None:
    for one in deliveries:
        said.setdefault(one, []).append(text)
