# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations as the modules return them, and decisions about those that failed (private to this collection)."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError, ServiceError
from .failures import BLOCKED, CLI, FAIL, FORGETFUL, FORGOTTEN, RETRY, ROLLBACK, can_roll_back, failure
from .instances import public
from .operations import RUNNING, Operations
from .proxy import OP_OCCS, NfvProxy, Raw, quoted

# What an operation is called in SOL003, and in the modules' results.
FIELDS = {
    "id": "id", "vnf_instance_id": "vnfInstanceId", "operation": "operation", "operation_state": "operationState",
    "state_entered_time": "stateEnteredTime", "start_time": "startTime", "grant_id": "grantId",
    "is_automatic_invocation": "isAutomaticInvocation", "operation_params": "operationParams", "error": "error",
    "resource_changes": "resourceChanges", "changed_info": "changedInfo",
    "changed_ext_connectivity": "changedExtConnectivity",
    "modifications_triggered_by_vnf_pkg_change": "modificationsTriggeredByVnfPkgChange",
}  # fmt: skip
# What is sent to reach a state of the module, and the state that Tacker calls it.
DECISION = {"retried": RETRY, "rolled_back": ROLLBACK, "failed": FAIL}
REACHED = {"retried": "COMPLETED", "rolled_back": "ROLLED_BACK", "failed": "FAILED"}
# Tacker answers before it begins, and reads FAILED_TEMP until then. Another decision in between would leave the operation without
# its grant and the VNF instance blocked for good, so nothing is decided that may have been decided by somebody else just now.
QUIET_SECONDS = 2.0


class Decision:
    """What becomes of one operation that failed."""

    def __init__(self, nfv: NfvProxy, state: str, *, timeout: float, wait: bool, check_mode: bool) -> None:
        """Reach ``retried``, ``rolled_back`` or ``failed``; everything that follows shares the one ``timeout``."""
        self._nfv, self._state, self._wait, self._check_mode = nfv, state, wait, check_mode
        self._operations = Operations(nfv)
        self._end = time.monotonic() + timeout

    def of_instance(self, instance_id: str) -> Result:
        """Decide the operation that blocks a VNF instance; nothing to do when none does."""
        blocking = self._nfv.op_occs(instance_id, "operationState", *RUNNING, BLOCKED)
        if not blocking:
            if self._nfv.instance(instance_id) is None:
                raise CollectionError(f"There is no VNF instance {instance_id}. Next: {CLI} list", vnf_instance_id=instance_id)
            return Result(False, None)
        # Only one can be FAILED_TEMP; what is under way besides may become so.
        occ = next((occ for occ in blocking if occ["operationState"] == BLOCKED), blocking[-1])
        return self._decided(self._nfv.op_occ(str(occ["id"])), named=False)

    def of_operation(self, op_occ_id: str) -> Result:
        """Decide one operation; nothing to do when it has come to that end already."""
        return self._decided(self._nfv.op_occ(op_occ_id), named=True)

    def _decided(self, occ: Raw, *, named: bool) -> Result:
        occ = self._settled(occ)
        state = occ["operationState"]
        if state == REACHED[self._state] or (state != BLOCKED and not named):
            return _result(False, occ, state)
        decision = DECISION[self._state]
        if state in RUNNING:
            raise CollectionError(f"{_name(occ)} is {state}; only one that failed can be decided", op_occ_id=occ["id"])
        if state != BLOCKED:
            raise CollectionError(
                f"{_name(occ)} has ended {state}, so it cannot be {self._state} any more. It blocks nothing",
                op_occ_id=occ["id"], operation_state=state,
            )  # fmt: skip
        if decision == ROLLBACK and not can_roll_back(occ):
            raise CollectionError(
                f"{_name(occ)} cannot be rolled back: Tacker takes the order and refuses it afterwards. "
                "Next: state retried, or failed to give it up",
                op_occ_id=occ["id"], operation_state=state,
            )  # fmt: skip
        if self._check_mode:
            return _result(True, occ, state, REACHED[self._state])
        return self._carried_out(occ, decision)

    def _settled(self, occ: Raw) -> Raw:
        """The operation when nothing happens to it: not running, and not decided by somebody else a moment ago."""
        if self._check_mode:
            return occ
        op_occ_id = str(occ["id"])
        while True:
            if occ["operationState"] in RUNNING:
                occ = self._operations.ended(op_occ_id, self._left)
            if occ["operationState"] != BLOCKED:
                return occ
            time.sleep(QUIET_SECONDS)
            before, occ = occ, self._nfv.op_occ(op_occ_id)
            if all(occ.get(name) == before.get(name) for name in ("operationState", "stateEnteredTime")):
                return occ
            if not self._left:
                raise CollectionError(
                    f"{_name(occ)} does not stay as it is: somebody else decides it again and again, and it was "
                    f"{occ['operationState']} since {occ.get('stateEnteredTime')} at the last look. "
                    f"Next: {CLI} op show {op_occ_id}, and run this task again when it rests",
                    op_occ_id=op_occ_id, operation_state=occ["operationState"],
                )  # fmt: skip

    def _carried_out(self, occ: Raw, decision: str) -> Result:
        op_occ_id = str(occ["id"])
        scales = decision == ROLLBACK and occ.get("operation") in FORGETFUL and self._scales(occ)
        try:
            self._nfv.decide(op_occ_id, decision)
        except ServiceError as exc:
            if exc.status == 404:
                raise CollectionError(
                    f"{exc}. If it is the grant that is gone, two decisions met, and the operation blocks VNF instance "
                    f"{occ.get('vnfInstanceId')} for good. Next: delete the operation in Tacker's database, or with "
                    "[v2_vnfm] test_enable_lcm_op_occ_delete",
                    **exc.details,
                ) from exc
            raise
        if decision == FAIL:
            done = self._nfv.op_occ(op_occ_id)
        elif self._wait:
            done = self._operations.ended(op_occ_id, self._left, before=occ)
        else:
            return _result(True, occ, BLOCKED, REACHED[self._state])
        if done["operationState"] != REACHED[self._state]:
            raise failure(done, [decision])
        result = _result(True, done, BLOCKED)
        if scales and not self._scales(occ):
            return dataclasses.replace(result, extra={"warnings": [FORGOTTEN]})
        return result

    def _scales(self, occ: Raw) -> bool:
        """Whether the VNF instance of an operation has scale levels."""
        raw = self._nfv.instance(str(occ.get("vnfInstanceId"))) or {}
        return bool((raw.get("instantiatedVnfInfo") or {}).get("scaleStatus"))

    @property
    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())


def find_operations(
    nfv: NfvProxy, op_occ_id: str | None, instance_id: str | None, sol_filter: str | None, **values: t.Sequence[str] | None
) -> list[Record]:
    """Operations by id, or by VNF instance and filter, the oldest first.

    :param values: the attributes ``operation`` and ``operationState``, each with the values that are meant.
    """
    if op_occ_id is not None:
        try:
            found = [nfv.op_occ(op_occ_id)]
        except ServiceError as exc:
            if exc.status != 404:
                raise
            found = []
    else:
        parts = [f"(eq,vnfInstanceId,{quoted(instance_id)})"] if instance_id is not None else []
        parts += [f"(in,{name},{','.join(given)})" for name, given in values.items() if given]
        parts += [sol_filter] if sol_filter else []
        query = {"filter": ";".join(parts)} if parts else {}
        found = nfv.pages(OP_OCCS, {**query, "all_fields": ""}, "list the operations")
    return sorted(map(operation_record, found), key=lambda record: (str(record["start_time"]), record["id"]))


def operation_record(raw: Raw) -> Record:
    """An operation with the top names in snake case, and what can be decided about it."""
    record = {name: public(raw.get(field)) for name, field in FIELDS.items()}
    blocked = raw.get("operationState") == BLOCKED
    possible = [RETRY, *([ROLLBACK] if can_roll_back(raw) else []), FAIL] if blocked else []
    return {**record, "decisions": possible}


def raw_operation(record: t.Mapping[str, t.Any]) -> Raw:
    """An operation as the VNF manager has it, from its record."""
    return {field: record[name] for name, field in FIELDS.items() if record.get(name) is not None}


def _result(changed: bool, occ: Raw, before: str, after: str | None = None) -> Result:
    state = after or occ["operationState"]
    record = operation_record({**occ, "operationState": state})
    return Result(changed, record, {"operation_state": before}, {"operation_state": state})


def _name(occ: Raw) -> str:
    return f"{occ.get('operation')} {occ['id']} of VNF instance {occ.get('vnfInstanceId')}"
