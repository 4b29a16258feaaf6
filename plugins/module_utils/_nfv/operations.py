# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on VNF instances: orders, and the waits for what becomes of them (private to this collection)."""

from __future__ import annotations

import datetime
import time
import typing as t

from .._errors import CollectionError, ServiceError
from .._wait import wait_for
from .failures import BLOCKED, CLI, FAIL, FAILED, ROLLBACK, can_roll_back, failure
from .proxy import NfvProxy, Raw
from .requests import BY_VERB, check

RUNNING = ("STARTING", "PROCESSING", "ROLLING_BACK")
# An op occ that waits longer to begin never will: two orders met, and the conductor gave the later one up without a word.
STARTING_LIMIT = 120.0
# COMPLETED is written before the lock is released; for so many seconds a 409 without an open op occ means just that.
CONFLICT_SECONDS = 15.0
# A decision is taken before it begins; a state without a new time may be the old one for so many seconds.
DECIDED_SECONDS = 15.0
# So many looks in a row may fail for want of an answer.
MISSED_LOOKS = 5

# The request of an order, or what makes it from the instance as it is when nothing else is under way; None: nothing to order.
Request = t.Union[Raw, t.Callable[[], t.Optional[Raw]]]  # noqa: UP007, UP045 (pylint does not know | here)
Sent = t.TypeVar("Sent")


class Operations:
    """Orders for VNF instances, one at a time and each followed to its end."""

    def __init__(self, nfv: NfvProxy) -> None:
        """Use the VNF manager."""
        self._nfv = nfv
        self._starting_since: dict[str, float] = {}

    def operate(
        self, instance_id: str, verb: str, body: Request, timeout: float, *, wait: bool = True, on_failure: t.Sequence[str] = ()
    ) -> Raw | None:
        """Give one order (``scale``, ``modify`` ...) and follow it; returns the op occ, COMPLETED unless ``wait`` is False.

        What another party has under way on the instance is waited for first, within the same ``timeout``. A ``body`` that is
        made anew after each such wait does not repeat what the other party has just done; when it is None, so is the result.
        """
        end = time.monotonic() + timeout
        self.settle(instance_id, timeout)
        op_occ_id = self._order(instance_id, verb, body, end)
        if op_occ_id is None:
            return None
        if not wait:
            return self._nfv.op_occ(op_occ_id)
        return self.finish(op_occ_id, max(0.0, end - time.monotonic()), on_failure)

    def delete(self, instance_id: str, timeout: float) -> None:
        """Delete a VNF instance that does not run; there is no op occ to follow."""
        self._patiently(instance_id, lambda: self._nfv.remove(instance_id), time.monotonic() + timeout)

    def settle(self, instance_id: str, timeout: float) -> bool:
        """Wait until no operation is under way, and return whether any was; one that failed and is undecided is an error."""
        last: list[Raw] = []
        looks = 0

        def look() -> bool | None:
            nonlocal looks
            looks += 1
            last[:] = self.under_way(instance_id)
            return None if last else True

        wait_for(
            look,
            f"the operations under way on VNF instance {instance_id}",
            round(timeout, 1),
            seen=lambda: ", ".join(f"{occ.get('operation')} {occ['id']} {occ['operationState']}" for occ in last),
            next_step=f"{CLI} op list --filter '(eq,vnfInstanceId,{instance_id})'",
            clock=time.monotonic,
            sleep=time.sleep,
        )
        return looks > 1

    def settle_own(self, instance_id: str, own: t.Collection[str], timeout: float, on_failure: t.Sequence[str]) -> bool:
        """Settle, and decide about an operation of one of these kinds that was left blocking; whether anything was under way.

        Whoever began with it, a run that was killed perhaps, has not come to decide about it.
        """
        end = time.monotonic() + timeout
        try:
            return self.settle(instance_id, timeout)
        except CollectionError as exc:
            if exc.details.get("operation_state") != BLOCKED or not on_failure:
                raise
            if not self.unblock(str(exc.details["op_occ_id"]), own, max(0.0, end - time.monotonic()), on_failure):
                raise
        self.settle(instance_id, max(0.0, end - time.monotonic()))
        return True

    def under_way(self, instance_id: str) -> list[Raw]:
        """The operations that run now. A failed one that blocks the instance is an error."""
        found = self._nfv.op_occs(instance_id, "operationState", *RUNNING, BLOCKED)
        for occ in found:
            if occ["operationState"] == BLOCKED:
                raise failure(self._nfv.op_occ(occ["id"]), [])
        return [occ for occ in found if not self._is_dead(occ)]

    def finish(self, op_occ_id: str, timeout: float, on_failure: t.Sequence[str] = ()) -> Raw:
        """Wait until an operation is COMPLETED; any other end is an error with Tacker's reason.

        :param on_failure: what is decided, one after the other, while a failed operation blocks the instance.
        """
        occ, tried = self._decided(op_occ_id, timeout, on_failure)
        if occ["operationState"] in FAILED:
            raise failure(occ, tried)
        return occ

    def unblock(self, op_occ_id: str, own: t.Collection[str], timeout: float, on_failure: t.Sequence[str]) -> bool:
        """Decide about a failed operation that was left blocking the instance; False when it is another kind of operation.

        However it then ends, the instance is free; one that goes on blocking it is an error.
        """
        if self._nfv.op_occ(op_occ_id).get("operation") not in own:
            return False
        occ, tried = self._decided(op_occ_id, timeout, on_failure)
        if occ["operationState"] == BLOCKED:
            raise failure(occ, tried)
        return True

    def _decided(self, op_occ_id: str, timeout: float, on_failure: t.Sequence[str]) -> tuple[Raw, list[str]]:
        """The operation at its end, and what was decided on the way."""
        end = time.monotonic() + timeout
        occ = self.ended(op_occ_id, timeout)
        tried: list[str] = []
        for decision in on_failure:
            if occ["operationState"] == BLOCKED and (decision != ROLLBACK or can_roll_back(occ)):
                tried.append(decision)
                occ = self._decide(occ, decision, end)
        return occ, tried

    def _decide(self, occ: Raw, decision: str, end: float) -> Raw:
        op_occ_id = str(occ["id"])
        self._nfv.decide(op_occ_id, decision)
        if decision == FAIL:
            return self._nfv.op_occ(op_occ_id)
        return self.ended(op_occ_id, max(0.0, end - time.monotonic()), before=occ)

    def ended(self, op_occ_id: str, timeout: float, before: Raw | None = None) -> Raw:
        """Wait until an operation has come to an end, good or bad.

        :param before: the operation as it was when something was decided; to decide again before that has begun would leave
            Tacker without the grant, and the instance blocked for good.
        """
        last: Raw = {}
        missed = 0
        patience = time.monotonic() + DECIDED_SECONDS

        def look() -> Raw | None:
            nonlocal missed
            try:
                occ = self._nfv.op_occ(op_occ_id)
            except ServiceError as exc:
                missed += 1
                if missed > MISSED_LOOKS or (exc.status is not None and exc.status < 500):
                    raise
                return None
            missed = 0
            last.update(occ)
            if before is not None and _same(occ, before) and time.monotonic() < patience:
                return None
            if self._is_dead(occ):
                raise CollectionError(
                    f"{occ.get('operation')} {op_occ_id} of VNF instance {occ.get('vnfInstanceId')} has not begun for more than "
                    f"{STARTING_LIMIT:g} s (STARTING); most likely another operation held the instance. It will not run. "
                    f"Next: {CLI} op list, then run this task again",
                    op_occ_id=op_occ_id,
                )
            return None if occ["operationState"] in RUNNING else occ

        return wait_for(
            look,
            f"operation {op_occ_id} to complete",
            round(timeout, 1),
            seen=lambda: (
                f"{last.get('operation')} {last.get('operationState')} since {last.get('stateEnteredTime')}" if last else ""
            ),
            next_step=f"{CLI} op show {op_occ_id}",
            clock=time.monotonic,
            sleep=time.sleep,
        )

    def _order(self, instance_id: str, verb: str, body: Request, end: float) -> str | None:
        def send() -> str | None:
            request = body() if callable(body) else body
            if request is None:
                return None
            check(BY_VERB[verb], request)
            return self._nfv.order(instance_id, verb, request)

        return self._patiently(instance_id, send, end)

    def _patiently(self, instance_id: str, send: t.Callable[[], Sent], end: float) -> Sent:
        """Send, and again after a 409 that is not for good."""
        patience = time.monotonic() + CONFLICT_SECONDS
        while True:
            try:
                return send()
            except ServiceError as exc:
                if exc.status != 409:
                    raise
                now = time.monotonic()
                if self.under_way(instance_id):
                    self.settle(instance_id, max(0.0, end - now))
                    patience = time.monotonic() + CONFLICT_SECONDS
                elif now >= min(patience, end):
                    raise
            time.sleep(1.0)

    def _is_dead(self, occ: Raw) -> bool:
        """Whether an op occ reads STARTING for so long, by the server's clock or under our eyes, that it will never run."""
        if occ["operationState"] != "STARTING":
            return False
        now = time.monotonic()
        watched = now - self._starting_since.setdefault(occ["id"], now)
        return watched > STARTING_LIMIT or self._age(occ) > STARTING_LIMIT

    def _age(self, occ: Raw) -> float:
        heard_at = self._nfv.heard_at
        try:
            entered = datetime.datetime.fromisoformat(str(occ.get("stateEnteredTime")))
        except ValueError:
            return 0.0
        if heard_at is None:
            return 0.0
        # In lists Tacker leaves the zone out; it is UTC all the same.
        entered = entered if entered.tzinfo else entered.replace(tzinfo=datetime.UTC)
        return (heard_at - entered).total_seconds()


def _same(occ: Raw, before: Raw) -> bool:
    return all(occ.get(name) == before.get(name) for name in ("operationState", "stateEnteredTime"))
