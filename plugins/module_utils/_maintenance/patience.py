# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking again what was refused or not answered, as often as somebody's patience allows (private to this collection).

How often the same was asked in vain stands in the session, so a run that was killed and begun again goes on counting.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from .._ensure import Record
from . import messages
from .conversation import Conversation
from .times import parse_time, utc_now

UNWILLING = (messages.REFUSED, messages.EXPIRED, messages.CANCELLED)


@dataclasses.dataclass(frozen=True, slots=True)
class InVain:
    """What came of asking the same in a row, up to now.

    :ivar refused_at: when it was refused last, as the session API writes times.
    """

    refusals: int = 0
    silences: int = 0
    refused_at: str | None = None

    @property
    def total(self) -> int:
        """Refusals and silences together."""
        return self.refusals + self.silences


@dataclasses.dataclass(frozen=True, slots=True)
class Patience:
    """How often the same is asked again.

    :ivar refusals: after a refusal.
    :ivar silences: after a window that ended without a reply.
    :ivar pause: seconds between a refusal and the next time.
    """

    refusals: int = 0
    silences: int = 0
    pause: float = 0

    def lasts(self, vain: InVain, statuses: t.Container[str]) -> bool:
        """Whether it is asked once more; ``statuses`` are those of the messages that asked it last."""
        if messages.CANCELLED in statuses:
            return False
        refused_enough = messages.REFUSED in statuses and vain.refusals > self.refusals
        silent_enough = messages.EXPIRED in statuses and vain.silences > self.silences
        return not refused_enough and not silent_enough

    def rest(self, vain: InVain, now: dt.datetime) -> float:
        """Seconds until it may be asked again; never more than the pause, whatever the clocks say."""
        if vain.refused_at is None:
            return 0
        since = (now - parse_time(vain.refused_at, "a time of the session API")).total_seconds()
        return min(max(self.pause - since, 0), self.pause)


def in_vain(round_: t.Any, known: t.Iterable[Record], request: Record) -> InVain:
    """How often a request was refused or not answered since it was last acknowledged, by the instance with which it was worst.

    Keys do not count: what is asked about an instance again after others is the same question.

    :param round_: the present one; a session that is continued begins anew.
    :param known: all messages of the session, oldest first.
    """
    topic = (round_, messages.canonical(request["state"]), request["project_id"])
    found: dict[str, InVain] = {}
    for message in known:
        if (message["round"], message["state"], message["project_id"]) != topic:
            continue
        status = message["status"]
        for instance in message["instance_ids"] or [""]:
            if status == messages.ACKNOWLEDGED:
                found.pop(instance, None)
            elif status in (messages.REFUSED, messages.EXPIRED):
                before = found.get(instance, InVain())
                refused = status == messages.REFUSED
                found[instance] = InVain(
                    before.refusals + refused,
                    before.silences + (not refused),
                    message.get("replied_at") or message.get("created_at") if refused else before.refused_at,
                )
    return max((found.get(one, InVain()) for one in request.get("instance_ids") or [""]), key=lambda vain: vain.total)


class Asking:
    """Asks until all is acknowledged or the patience is over."""

    def __init__(
        self,
        conversation: Conversation,
        patience: Patience,
        *,
        timeout: float | None,
        ttl: int,
        heard: t.Callable[[Record], None],
        progress: t.Callable[[str], None] | None,
    ) -> None:
        """Nothing is asked yet.

        :param timeout: and ``ttl`` and ``heard`` are those of :meth:`Conversation.wait`, each time.
        """
        self._conversation = conversation
        self._patience = patience
        self._timeout, self._ttl, self._heard, self._progress = timeout, ttl, heard, progress

    def run(self, requests: list[Record]) -> tuple[list[Record], bool]:
        """The messages that asked last, in the order of the requests, and whether one of them was new.

        What was asked in vain has ``refusals`` and ``silences``, how often in a row.
        """
        answers: dict[int, list[Record]] = {}
        left, changed = list(range(len(requests))), False
        known = self._conversation.known()
        while left:
            now = utc_now()
            rest = max(self._patience.rest(in_vain(*known, requests[number]), now) for number in left)
            if rest and self._progress is not None:
                self._progress(f"{len(left)} message(s) are sent in {rest:.0f} s, after what was refused")
            self._conversation.rest(rest, self._ttl)
            sent, new = self._conversation.send([requests[number] for number in left], check_mode=False, known=known)
            changed |= new
            final = self._conversation.wait(sent, self._timeout, self._ttl, heard=self._heard)
            answers.update({number: [one for one in final if _answers(one, requests[number])] for number in left})
            left = [number for number in left if any(one["status"] in UNWILLING for one in answers[number])]
            if left:
                known = self._conversation.known()
                left = [number for number in left if self._again(answers[number], in_vain(*known, requests[number]))]
        return [message for number in range(len(requests)) for message in answers[number]], changed

    def _again(self, answers: list[Record], vain: InVain) -> bool:
        """Note how often it was asked in vain; whether it is asked once more."""
        unwilling = [one for one in answers if one["status"] in UNWILLING]
        for one in unwilling:
            one.update(refusals=vain.refusals, silences=vain.silences)
        return self._patience.lasts(vain, {one["status"] for one in unwilling})


def _answers(message: Record, request: Record) -> bool:
    asked = (messages.canonical(request["state"]), request["project_id"], request.get("key") or "")
    if (message["state"], message["project_id"], message.get("key") or "") != asked:
        return False
    instances = request.get("instance_ids") or []
    return not instances or not set(instances).isdisjoint(message["instance_ids"])
