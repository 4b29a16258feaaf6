# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing the VNF package of a VNF instance, its flavors and its links (private to this collection)."""

from __future__ import annotations

import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError
from .change_plan import Plan, differing
from .change_target import Asked, Targets
from .change_wish import Wish
from .instances import get_instantiated, get_named
from .links import managed_in_effect, managed_networks
from .operations import Operations
from .proxy import NfvProxy, Raw
from .requests import check
from .user_data import USER_DATA, with_user_data

VERB, OPERATION = "change_vnfpkg", "CHANGE_VNFPKG"


class Change:
    """A change of one VNF instance."""

    def __init__(
        self, nfv: NfvProxy, targets: Targets, instance_id: str | None, name: str | None, *,
        timeout: float, check_mode: bool, on_failure: t.Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Everything that follows shares the one ``timeout``; ``on_failure`` is for an operation that fails."""
        self._found = get_named(nfv, str(name)) if instance_id is None else None
        instance_id = str(self._found["id"]) if self._found else str(instance_id)
        self._nfv, self._targets, self._instance_id = nfv, targets, instance_id
        self._check_mode, self._on_failure = check_mode, on_failure
        self._operations = Operations(nfv)
        self._end = time.monotonic() + timeout

    def change(self, asked: Asked, wish: Wish, wait: bool) -> Result:
        """Bring the VNF instance to what is wished; nothing is sent when it is there already."""
        waited = False
        if self._check_mode:
            self._operations.under_way(self._instance_id)
        else:
            waited = self._operations.settle_own(self._instance_id, (OPERATION,), self._left, self._on_failure)
        plan = self._plan(asked, wish, None if waited else self._found)
        if not plan.differences:
            return self._result(False, plan, plan.before)
        params = with_user_data(self._nfv, self._instance_id, wish.params)
        self._checked(plan, params)
        if self._check_mode:
            return self._result(True, plan, plan.after)

        def request() -> Raw | None:
            # Made when nobody else is at it: another run may have done the same while this one waited.
            now = self._plan(asked, wish)
            return self._checked(now, params) if now.differences else None

        try:
            occ = self._operations.operate(self._instance_id, VERB, request, self._left, wait=wait, on_failure=self._on_failure)
        except CollectionError as exc:
            raise self._told(exc, plan, asked, wish) from exc
        if occ is None:
            return self._result(False, plan, self._plan(asked, wish).before)
        if not wait:
            return self._result(True, plan, plan.after, occ)
        now = self._plan(asked, wish)
        self._happened(occ, plan, now)
        return self._result(True, plan, {**plan.after, **now.before}, occ)

    def _plan(self, asked: Asked, wish: Wish, known: Raw | None = None) -> Plan:
        raw = get_instantiated(self._nfv, self._instance_id, known)
        target = self._targets.target(raw, asked, wish)
        plan = Plan(raw, wish, target, None)
        if wish.managed_links is None and not plan.differences:
            return plan
        return Plan(raw, wish, target, self._managed(raw))

    def _managed(self, raw: Raw) -> dict[str, str]:
        """The networks of the managed links that are in effect."""
        return managed_in_effect(raw, managed_networks(self._nfv, raw))

    @staticmethod
    def _checked(plan: Plan, params: Raw) -> Raw:
        body = plan.request(params)
        check("ChangeCurrentVnfPkgRequest", body)
        return body

    def _happened(self, occ: Raw, plan: Plan, now: Plan) -> None:
        """Tacker calls an operation completed that changed nothing, for example without the user data of the package."""
        missing = plan.not_followed(now.raw)
        missing += [f"{name} is {_at(now.before, name)!r} and not {_at(now.after, name)!r}" for name in now.differences]
        if missing:
            raise CollectionError(
                f"Operation {occ['id']} reads COMPLETED, but of VNF instance {self._instance_id} {'; '.join(missing)}. "
                f"Next: if the VNF package has user data of its own, name it in additional_params ({', '.join(USER_DATA)})",
                op_occ_id=occ["id"], before=plan.before, now=now.before, wanted=plan.after,
            )  # fmt: skip

    def _told(self, exc: CollectionError, plan: Plan, asked: Asked, wish: Wish) -> CollectionError:
        """The error with what the VNF instance is now, as far as the record tells."""
        state = exc.details.get("operation_state")
        if state is None:
            return exc
        plan_now = self._plan(asked, wish)
        before, now = ({**one.before, "scale_levels": _levels(one.raw)} for one in (plan, plan_now))
        changed = differing(before, {**before, **now})
        text = str(exc)
        if state != "ROLLED_BACK":
            text += ". The record of the VNF instance reads as before the operation, although servers may have been changed"
        elif changed:
            text += f". But its record is not as before in {', '.join(changed)}"
        return CollectionError(text, **exc.details, before=before, now=now, wanted=plan.after)

    @property
    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def _result(self, changed: bool, plan: Plan, now: Record, occ: Raw | None = None) -> Result:
        record: Record = {
            "vnf_instance_id": self._instance_id,
            "before": plan.before,
            "now": now,
            "differences": plan.differences if changed else [],
            "op_occ_id": occ["id"] if occ else None,
        }
        return Result(changed, record, plan.before, now)


def _at(values: Record, name: str) -> t.Any:
    first, _dot, second = name.partition(".")
    found = values.get(first)
    return found.get(second) if second and isinstance(found, dict) else found


def _levels(raw: Raw) -> Record:
    """The scale levels, which a rollback makes Tacker forget."""
    info = raw.get("instantiatedVnfInfo") or {}
    return {str(entry["aspectId"]): entry["scaleLevel"] for entry in info.get("scaleStatus") or ()}
