# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deliveries of the event source, as whoever handles them reports about them (private to this collection)."""

from __future__ import annotations

import concurrent.futures
import time
import typing as t

from .._ensure import Record
from .._errors import CollectionError
from .callback import BUSY, EXTENDED, HELD, OVER, SERVER_ERROR, STALE, Answer, Callback, Tls

UNREACHABLE, REFUSED, UNSENT = "unreachable", "refused", "unsent"
# A source that is started again needs a few seconds to listen.
PATIENCE = 15.0
# The window goes on while the source is told that it has become longer.
SHORT_PATIENCE = 3.0
CALL_TIMEOUT = 5.0
AT_THE_SAME_TIME = 16
# Seconds that the source keeps a delivery from being handed on, at most.
LONGEST = 300.0
_PAUSES = (0.1, 5.0)


class TakenOver(CollectionError):
    """Another run handles the delivery, or nobody any more: whoever hears this stops."""


class Deliveries:
    """The deliveries that one message, or one batch of messages, came with."""

    def __init__(
        self, given: t.Sequence[t.Mapping[str, t.Any]], tls: Tls, *,
        clock: t.Callable[[], float] = time.monotonic, sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        """CollectionError when an address is unusable; nothing is sent yet."""
        self._clock, self._sleep = clock, sleep
        self._outcomes = {str(one["id"]): str(one.get("outcome") or "") for one in given}
        try:
            # One list from several hints may name a delivery more than once.
            self._callbacks = {str(one["id"]): Callback(one, tls) for one in given}
        except ValueError as exc:
            raise CollectionError(str(exc)) from exc

    def hold(self, vnf_ids: t.Sequence[str], seconds: float, wait: float) -> list[Record]:
        """Take, or renew, the locks of these VNFs for the first delivery; the others wait for their turn, without locks.

        :param wait: seconds to wait while another delivery has one of the VNFs.
        :raises TakenOver: when another attempt of the first has begun, its lease was lost, or it has ended.
        :raises CollectionError: when a VNF stays busy (``status`` BUSY in the details), or the source does not answer.
        """
        callbacks = [*self._callbacks.values()]
        later = self._each(callbacks[1:], HELD, lambda one, timeout: one.hold([], LONGEST, timeout))
        return [self._hold(one, vnf_ids, seconds, wait) for one in callbacks[:1]] + later

    def extend(self, reply_at: str) -> list[Record]:
        """Say that the reply is due later than it was; what cannot be said is in ``status``."""
        callbacks = [*self._callbacks.values()]
        return self._each(callbacks, EXTENDED, lambda one, timeout: one.extend(reply_at, timeout), SHORT_PATIENCE)

    def end(self, state: str, text: str) -> list[Record]:
        """Say that they are done, or give them back; what cannot be said is in ``status`` (the rest is the source's to find out).

        :param text: why; a delivery with an ``outcome`` of its own tells that.
        """
        callbacks = [*self._callbacks.values()]
        return self._each(callbacks, state, lambda one, timeout: one.end(state, self._outcomes[one.id] or text, timeout))

    def unsent(self) -> list[Record]:
        """What check mode tells."""
        return [_record(callback, UNSENT) for callback in self._callbacks.values()]

    def _hold(self, callback: Callback, vnf_ids: t.Sequence[str], seconds: float, wait: float) -> Record:
        end = self._clock() + wait
        waited = False
        while True:
            answer = self._tried(lambda timeout: callback.hold(vnf_ids, seconds, timeout))
            if isinstance(answer, str):
                raise _no_answer(callback, answer)
            if answer.taken:
                return _record(
                    callback, HELD, held_until=answer.body.get("held_until"), token=answer.body.get("token"), waited=waited
                )
            if answer.refusal in (STALE, OVER):
                raise _taken_over(callback, str(answer.refusal))
            if answer.refusal != BUSY:
                raise CollectionError(
                    f"The event source at {callback.address} refused to hold delivery {callback.id}: {_words(answer)}",
                    status=REFUSED, delivery=callback.id, attempt=callback.attempt,
                )  # fmt: skip
            left = end - self._clock()
            if left <= 0:
                raise _busy(callback, answer, wait)
            waited = True
            self._sleep(min(_pause(answer), left))

    def _each(
        self, callbacks: list[Callback], state: str, post: t.Callable[[Callback, float], Answer], patience: float = PATIENCE
    ) -> list[Record]:
        """Tell all, several at a time; what became of each."""

        def one(callback: Callback) -> Record:
            answer = self._tried(lambda timeout: post(callback, timeout), patience)
            if isinstance(answer, str):
                return _record(callback, UNREACHABLE, reason=answer)
            if not answer.taken:
                return _record(callback, answer.refusal or REFUSED, reason=_words(answer))
            known = {name: answer.body[name] for name in ("held_until", "token") if name in answer.body}
            return _record(callback, state, **known)

        if not callbacks:
            return []
        with concurrent.futures.ThreadPoolExecutor(min(AT_THE_SAME_TIME, len(callbacks))) as pool:
            return list(pool.map(one, callbacks))

    def _tried(self, post: t.Callable[[float], Answer], patience: float = PATIENCE) -> Answer | str:
        """An answer below 500, or after so many seconds why there is none."""
        end = self._clock() + patience
        pause = 0.25
        while True:
            try:
                answer = post(CALL_TIMEOUT)
            except OSError as exc:
                why = str(exc) or type(exc).__name__
            else:
                if answer.status < SERVER_ERROR:
                    return answer
                why = _words(answer)
            left = end - self._clock()
            if left <= 0:
                return why
            self._sleep(min(pause, left))
            pause = min(pause * 2, 2.0)


def _record(callback: Callback, status: str, **more: t.Any) -> Record:
    known = {"held_until": None, "token": None, "waited": False, "reason": None}
    return {"id": callback.id, "attempt": callback.attempt, "status": status, **known, **more}


def _pause(answer: Answer) -> float:
    given = answer.body.get("retry_after")
    least, most = _PAUSES
    return min(max(float(given), least), most) if isinstance(given, (int, float)) else 1.0


def _words(answer: Answer) -> str:
    said = answer.body.get("error")
    return f"HTTP {answer.status}{f', {said}' if isinstance(said, str) else ''}"


def _no_answer(callback: Callback, why: str) -> CollectionError:
    return CollectionError(
        f"The event source at {callback.address} gives no answer about delivery {callback.id} ({why}), and nothing "
        "is done without it: another run may be at the same message. Next: see whether ansible-rulebook runs",
        status=UNREACHABLE, delivery=callback.id, attempt=callback.attempt,
    )  # fmt: skip


def _taken_over(callback: Callback, reason: str) -> TakenOver:
    why = "it has ended" if reason == OVER else "another run has taken over"
    return TakenOver(
        f"Attempt {callback.attempt} of delivery {callback.id} must not go on: {why}. Nothing is sent or done from here",
        status=reason, delivery=callback.id, attempt=callback.attempt,
    )  # fmt: skip


def _busy(callback: Callback, answer: Answer, wait: float) -> CollectionError:
    holder = answer.body.get("holder")
    holder = holder if isinstance(holder, dict) else {}
    vnf_id, other = holder.get("vnf_id", "?"), holder.get("delivery", "?")
    return CollectionError(
        f"VNF {vnf_id} is in the hands of delivery {other}, also after {wait:g} s of waiting",
        status=BUSY, delivery=callback.id, attempt=callback.attempt, holder=holder,
    )  # fmt: skip
