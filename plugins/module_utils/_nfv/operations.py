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
from .proxy import NfvProxy, Raw

RUNNING = ("STARTING", "PROCESSING", "ROLLING_BACK")
BLOCKED = "FAILED_TEMP"
FAILED = (BLOCKED, "FAILED", "ROLLED_BACK")
# An op occ that waits longer to begin never will: two orders met, and the conductor gave the later one up without a word.
STARTING_LIMIT = 120.0
# COMPLETED is written before the lock is released; for so many seconds a 409 without an open op occ means just that.
CONFLICT_SECONDS = 15.0
# So many looks in a row may fail for want of an answer.
MISSED_LOOKS = 5
CLI = "openstack --os-tacker-api-version 2 vnflcm"

# The request of an order, or what makes it from the instance as it is when nothing else is under way; None: nothing to order.
Request = t.Union[Raw, t.Callable[[], t.Optional[Raw]]]  # noqa: UP007, UP045 (pylint does not know | here)


class Operations:
    """Orders for VNF instances, one at a time and each followed to its end."""

    def __init__(self, nfv: NfvProxy) -> None:
        """Use the VNF manager."""
        self._nfv = nfv
        self._starting_since: dict[str, float] = {}

    def operate(self, instance_id: str, verb: str, body: Request, timeout: float, wait: bool = True) -> Raw | None:
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
        return self.finish(op_occ_id, max(0.0, end - time.monotonic()))

    def settle(self, instance_id: str, timeout: float) -> None:
        """Wait until no operation is under way; one that failed and waits for a decision is an error."""
        last: list[Raw] = []

        def look() -> bool | None:
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

    def under_way(self, instance_id: str) -> list[Raw]:
        """The operations that run now. A failed one that blocks the instance is an error."""
        found = self._nfv.op_occs(instance_id, "operationState", *RUNNING, BLOCKED)
        for occ in found:
            if occ["operationState"] == BLOCKED:
                raise self._failure(self._nfv.op_occ(occ["id"]))
        return [occ for occ in found if not self._is_dead(occ)]

    def finish(self, op_occ_id: str, timeout: float) -> Raw:
        """Wait until an operation is COMPLETED; any other end is an error with Tacker's reason."""
        last: Raw = {}
        missed = 0

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
            if occ["operationState"] in FAILED:
                raise self._failure(occ)
            if self._is_dead(occ):
                raise CollectionError(
                    f"{occ.get('operation')} {op_occ_id} of VNF instance {occ.get('vnfInstanceId')} has not begun for more than "
                    f"{STARTING_LIMIT:g} s (STARTING); most likely another operation held the instance. It will not run. "
                    f"Next: {CLI} op list, then run this task again",
                    op_occ_id=op_occ_id,
                )
            return occ if occ["operationState"] == "COMPLETED" else None

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
        patience = time.monotonic() + CONFLICT_SECONDS
        while True:
            request = body() if callable(body) else body
            if request is None:
                return None
            try:
                return self._nfv.order(instance_id, verb, request)
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

    @staticmethod
    def _failure(occ: Raw) -> CollectionError:
        operation, state, op_occ_id = occ.get("operation"), occ["operationState"], occ["id"]
        text = f"{operation} {op_occ_id} of VNF instance {occ.get('vnfInstanceId')} ended {state}: {reason(occ)}. "
        if state == BLOCKED:
            # Tacker takes an order to roll these back, and refuses it afterwards.
            scale_in = (occ.get("operationParams") or {}).get("type") == "SCALE_IN"
            decide = "op retry" if operation in ("HEAL", "TERMINATE") or scale_in else "op rollback"
            text += "It blocks the VNF instance until it is decided. "
            text += f"Next: {CLI} {decide} {op_occ_id}, or to give up {CLI} op fail {op_occ_id}"
        elif state == "ROLLED_BACK":
            text += f"The VNF instance is as before. Next: mend the cause, and run this task again ({CLI} op show {op_occ_id})"
        else:
            text += f"The VNF instance and its resources may differ now. Next: {CLI} op show {op_occ_id}"
        return CollectionError(text, op_occ_id=op_occ_id, operation_state=state, error=occ.get("error"))


def reason(occ: Raw) -> str:
    """Why an operation failed, in one sentence; a traceback of Tacker's user data is cut to its last line."""
    error = occ.get("error") or {}
    detail = str(error.get("detail") or "").strip()
    if "Traceback" in detail:
        # The output of a script comes as the text of a bytes object.
        detail = detail.removeprefix("b'").removesuffix("'").replace("\\n", "\n").replace("\\'", "'").strip().splitlines()[-1]
    words = [str(part) for part in (error.get("title"), detail) if part]
    return (": ".join(words) or "Tacker gives no reason").rstrip(".")
