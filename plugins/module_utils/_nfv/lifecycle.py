# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VNF instance from nothing to running and back (private to this collection)."""

from __future__ import annotations

import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError
from . import links
from .described import Described
from .failures import CLI
from .instances import instance_record, one_named
from .operations import Operations
from .proxy import NfvProxy, Raw
from .requests import BY_VERB, check
from .user_data import with_user_data
from .wanted import ABSENT, CHANGE_EXT_CONN, CREATE, DELETE, INSTANTIATE, RUNS, Step, Wanted

# What is decided about is what a task of this kind has begun.
OWN = ("INSTANTIATE", "TERMINATE", "MODIFY_INFO", "CHANGE_EXT_CONN")


class Lifecycle:
    """One VNF instance on its way to what is wanted."""

    def __init__(
        self, nfv: NfvProxy, described: Described, wanted: Wanted, *,
        timeout: float, check_mode: bool, on_failure: t.Sequence[str] = (), wait: bool = True, force: bool = False,
    ) -> None:  # fmt: skip
        """Everything that follows shares the one ``timeout``; ``on_failure`` is for each operation that fails.

        :param wait: False returns when the last order is taken.
        :param force: delete it also when that leaves a stack behind.
        """
        self._nfv, self._described, self._wanted = nfv, described, wanted
        self._check_mode, self._on_failure, self._wait, self._force = check_mode, on_failure, wait, force
        self._operations = Operations(nfv)
        self._end = time.monotonic() + timeout
        self._id = wanted.id
        self._done: list[Record] = []

    def run(self) -> Result:
        """Give the orders that are needed, each when nothing else is under way."""
        check("InstantiateVnfRequest", self._wanted.links())
        raw = self._settled()
        steps = self._wanted.steps(raw)
        self._managed_links(raw)
        for step in steps:
            self._check(step, raw)
        before, after = self._wanted.views(raw)
        if not steps:
            return self._result(False, raw, before, before)
        if self._check_mode:
            return self._result(True, raw, before, after)
        acted = [self._perform(step, wait=self._wait or number < len(steps)) for number, step in enumerate(steps, 1)]
        return self._result(any(acted), self._reached(), before if any(acted) else after, after)

    def _settled(self) -> Raw | None:
        """The VNF instance, read when nobody is changing it. Check mode does not wait."""
        if self._id is None:
            raw = one_named(self._nfv, str(self._wanted.name))
            if raw is None:
                return None
            self._id = str(raw["id"])
            return self._nfv.instance(self._id) if self._waited(self._id) else raw
        self._waited(self._id)
        return self._nfv.instance(self._id)

    def _waited(self, instance_id: str) -> bool:
        """Whether anything had to be waited for."""
        if self._check_mode:
            self._operations.under_way(instance_id)
            return False
        return self._operations.settle_own(instance_id, OWN, self._left, self._on_failure)

    def _check(self, step: Step, raw: Raw | None) -> None:
        """Refuse what Tacker would refuse, or worse, would take without doing it."""
        if step.verb != DELETE:
            check(BY_VERB[step.verb], step.body)
        if step.verb == INSTANTIATE:
            vnfd_id = self._wanted.vnfd_id or str((raw or {}).get("vnfdId"))
            self._described.check_instantiation(vnfd_id, step.body)
        if step.verb == CHANGE_EXT_CONN and raw is not None:
            self._described.check_links(raw, step.body["extVirtualLinks"])
        if step.verb == DELETE and self._id is not None and not self._force:
            self._leaves_nothing(self._id)

    def _managed_links(self, raw: Raw | None) -> None:
        """Managed links are for good, save for a change of the package; to want others is an error."""
        wanted = self._wanted.ext_managed_virtual_links
        if wanted is None or raw is None or raw.get("instantiationState") != RUNS:
            return
        has, asked = links.managed_networks(self._nfv, raw), links.wanted_managed(wanted)
        if not asked.items() <= has.items():
            raise CollectionError(
                f"The managed links of VNF instance {raw['id']} are {has}, not {asked}; they change only with its package. "
                "Next: use nfv.maintenance.change_vnfpkg",
                ext_managed_virtual_links=has,
            )

    def _leaves_nothing(self, instance_id: str) -> None:
        occs = self._nfv.op_occs(instance_id, "operation", "INSTANTIATE", "TERMINATE")
        if occs and (occs[-1].get("operation"), occs[-1].get("operationState")) == ("INSTANTIATE", "FAILED"):
            raise CollectionError(
                f"VNF instance {instance_id} was given up while it was instantiated ({occs[-1]['id']}): if it is deleted, what "
                f"there is of its stack (vnf-{instance_id}) stays in Heat. Next: instantiate it, which takes the stack over, and "
                f"terminate it; or delete the stack and repeat this with force",
                op_occ_id=occs[-1]["id"],
            )

    def _perform(self, step: Step, wait: bool) -> bool:
        """Give an order; False when somebody else has done it meanwhile."""
        if step.verb == CREATE:
            self._id = str(self._nfv.create(step.body)["id"])
            return True
        instance_id = str(self._id)
        if step.verb == DELETE:
            self._operations.delete(instance_id, self._left)
            return True
        extra: Raw = {}
        if step.verb == CHANGE_EXT_CONN:
            params = with_user_data(self._nfv, instance_id, self._wanted.additional_params)
            extra = {"additionalParams": params} if params else {}

        def request() -> Raw | None:
            # Made anew when nobody else is at it: another run may have done it while this one waited.
            now = self._wanted.steps(self._nfv.instance(instance_id))
            return next((one.body | extra for one in now if one.verb == step.verb), None)

        occ = self._operations.operate(instance_id, step.verb, request, self._left, wait=wait, on_failure=self._on_failure)
        if occ is not None:
            self._done.append({"operation": occ.get("operation"), "op_occ_id": occ["id"]})
        return occ is not None

    def _reached(self) -> Raw | None:
        """The VNF instance afterwards; an operation that reads COMPLETED and has not done it is an error."""
        raw = self._nfv.instance(str(self._id))
        left = self._wanted.steps(raw) if self._wait and (raw is not None or self._wanted.state == ABSENT) else []
        if raw is None and self._wanted.state != ABSENT:
            raise CollectionError(f"VNF instance {self._id} was deleted by somebody else meanwhile")
        if left:
            raise CollectionError(
                f"All operations on VNF instance {self._id} read COMPLETED, but it is not as wanted: {left[0].verb} would still "
                f"change {', '.join(sorted(left[0].body)) or 'it'}. Next: {CLI} show {self._id}",
                operations=self._done,
            )
        return raw

    @property
    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def _result(self, changed: bool, raw: Raw | None, before: Record, after: Record) -> Result:
        record: Record | None = instance_record(raw) if raw is not None else None
        if self._check_mode and changed:
            record = None if self._wanted.state == ABSENT else self._foreseen(raw, after)
        return Result(changed, record, before, after, {"operations": self._done})

    @staticmethod
    def _foreseen(raw: Raw | None, after: Record) -> Record:
        known = instance_record(raw or {})
        named = {"name": "vnf_instance_name", "description": "vnf_instance_description"}
        return {**known, **{named.get(key, key): value for key, value in after.items() if named.get(key, key) in known}}
