# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scaling a VNF instance to a level, and back to the one it had (private to this collection)."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError
from .instances import get_instantiated, servers
from .links import managed_networks, present_cps
from .notes import Note, new_sign
from .operations import Operations
from .proxy import MODIFY, NfvProxy, Raw
from .user_data import USER_DATA, with_user_data

# For so many seconds whoever has put its sign to the same note is waited for, when nothing is seen of it.
PATIENCE = 15.0
SCALE = "SCALE"


@dataclasses.dataclass(frozen=True)
class Shape:
    """How large a VNF instance is in one aspect."""

    level: int
    highest: int | None
    server_ids: tuple[str, ...]
    metadata: t.Mapping[str, t.Any]
    # Of each external CP; several, joined, if its servers differ.
    networks: t.Mapping[str, str]
    has_managed_links: bool

    @classmethod
    def of(cls, raw: Raw, aspect_id: str) -> Shape:
        """Read from a VNF instance; an unknown aspect is an error that names the known ones."""
        info = raw.get("instantiatedVnfInfo") or {}
        levels = _levels(info.get("scaleStatus"))
        if aspect_id not in levels:
            known = ", ".join(sorted(levels)) or "none"
            raise CollectionError(
                f"VNF instance {raw['id']} has no scaling aspect {aspect_id}. Its aspects: {known}", vnf_instance_id=raw["id"]
            )
        return cls(
            levels[aspect_id],
            _levels(info.get("maxScaleLevels")).get(aspect_id),
            tuple(str(server["id"]) for server in servers(raw)),
            raw.get("metadata") or {},
            {cpd_id: str(cp["network"]) for cpd_id, cp in present_cps(raw).items()},
            bool(info.get("extManagedVirtualLinkInfo")),
        )


class Scaling:
    """One aspect of one VNF instance."""

    def __init__(
        self, nfv: NfvProxy, instance_id: str, aspect_id: str, *,
        timeout: float, check_mode: bool, on_failure: t.Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Everything that follows shares the one ``timeout``; ``on_failure`` is for a scale operation that fails."""
        self._on_failure = on_failure
        self._nfv, self._instance_id, self._aspect_id, self._check_mode = nfv, instance_id, aspect_id, check_mode
        self._operations = Operations(nfv)
        self._end = time.monotonic() + timeout
        self._sign = new_sign()

    def scale(
        self, level: int | None, steps: int | None, record: str | None, additional_params: Raw | None, wait: bool
    ) -> Result:
        """Reach a level, or go some steps from the present one; the level before is remembered under ``record``."""
        shape = self._settled()
        target = shape.level + steps if steps is not None else level
        if target is None:
            raise CollectionError("Neither level nor steps is given")
        self._check(target, shape)
        note = Note.read(shape.metadata, record, self._aspect_id) if record else None
        if target == shape.level:
            return self._result(False, shape, shape)
        if self._check_mode:
            result = self._result(True, shape, dataclasses.replace(shape, level=target))
        elif record:
            # Noted before the change: who finds no note after a crash must be sure that nothing has changed.
            result = self._scale_alone(shape, target, record, note, additional_params, wait=wait)
        else:
            result = self._scale(shape, target, additional_params, wait=wait)
        return _noting(result, None, f"{self._aspect_id}={shape.level}") if record and note is None else result

    def restore(self, record: str, additional_params: Raw | None) -> Result:
        """Go back to the level that is remembered under ``record`` and forget it; nothing to do without one."""
        shape = self._settled()
        note = Note.read(shape.metadata, record, self._aspect_id)
        if note is None:
            return self._result(False, shape, shape)
        self._check(note.level, shape)
        result = self._result(True, shape, dataclasses.replace(shape, level=note.level))
        if not self._check_mode:
            if note.level != shape.level:
                result = self._scale_alone(shape, note.level, record, note, additional_params, wait=True)
            # Last: as long as the note is there, a restore that broke off can be run again.
            self._write(record, None)
        return _noting(dataclasses.replace(result, changed=True), note.shown, None)

    def _settled(self) -> Shape:
        """The present shape, read when nobody is changing it. Check mode does not wait."""
        if self._check_mode:
            self._operations.under_way(self._instance_id)
            return self._shape()
        self._operations.settle_own(self._instance_id, (SCALE,), self._left, self._on_failure)
        return self._shape()

    def _shape(self) -> Shape:
        return Shape.of(get_instantiated(self._nfv, self._instance_id), self._aspect_id)

    def _check(self, target: int, shape: Shape) -> None:
        if target < 0 or (shape.highest is not None and target > shape.highest):
            highest = "unknown" if shape.highest is None else shape.highest
            raise CollectionError(
                f"Aspect {self._aspect_id} of VNF instance {self._instance_id} cannot be at level {target}: "
                f"the levels are 0 to {highest}, and it is at {shape.level}",
                level=shape.level,
                max_level=shape.highest,
            )

    def _scale_alone(
        self, shape: Shape, target: int, record: str, note: Note | None, additional_params: Raw | None, *, wait: bool
    ) -> Result:
        """Scale as the only one of those who want to make the change that is noted under a key."""
        mine = Note(self._aspect_id, note.level if note else shape.level, self._sign)
        while True:
            self._write(record, str(mine))
            try:
                return self._scale(shape, target, additional_params, wait=wait, record=record)
            except _OvertakenError:
                now = self._other_has_scaled(target)
            if now is not None:
                return self._result(False, shape, now)

    def _other_has_scaled(self, target: int) -> Shape | None:
        """Wait for whoever makes the same change; None when nothing comes of it."""
        patience = time.monotonic() + PATIENCE
        while time.monotonic() < patience:
            self._operations.settle(self._instance_id, self._left)
            now = self._shape()
            if now.level == target:
                return now
            if self._left == 0:
                raise CollectionError(
                    f"Somebody else is changing aspect {self._aspect_id} of VNF instance {self._instance_id} from level "
                    f"{now.level} to {target}, and has not come to an end", level=now.level,
                )  # fmt: skip
            time.sleep(min(1.0, self._left))
        return None

    def _scale(
        self, shape: Shape, target: int, additional_params: Raw | None, *, wait: bool, record: str | None = None
    ) -> Result:
        user_data = with_user_data(self._nfv, self._instance_id, additional_params)

        def request() -> Raw | None:
            # Counted when nobody else is at it: another run for the same message may have scaled while this one waited.
            now = self._shape()
            steps = target - now.level
            if steps == 0:
                return None
            present = Note.read(now.metadata, record, self._aspect_id) if record else None
            if present is not None and present.sign != self._sign:
                raise _OvertakenError
            body = {
                "type": "SCALE_OUT" if steps > 0 else "SCALE_IN", "aspectId": self._aspect_id, "numberOfSteps": abs(steps)
            }  # fmt: skip
            return body | ({"additionalParams": user_data} if user_data else {})

        occ = self._operations.operate(
            self._instance_id, "scale", request, self._left, wait=wait, on_failure=self._on_failure
        )
        if occ is None:
            return self._result(False, shape, self._shape())
        if not wait:
            return self._result(True, shape, dataclasses.replace(shape, level=target), occ)
        now = self._shape()
        if now.level != target or set(now.server_ids) == set(shape.server_ids):
            raise CollectionError(
                f"Operation {occ['id']} reads COMPLETED, but aspect {self._aspect_id} of VNF instance {self._instance_id} is at "
                f"level {now.level} with {len(now.server_ids)} VNFCs; it was at level {shape.level} with "
                f"{len(shape.server_ids)} VNFCs and should be at level {target}. "
                f"Next: if the VNF package has user data of its own, name it in additional_params ({', '.join(USER_DATA)})",
                op_occ_id=occ["id"],
                level=now.level,
            )
        self._same_networks(shape, now, occ)
        return self._result(True, shape, now, occ)

    def _same_networks(self, before: Shape, now: Shape, occ: Raw) -> None:
        """New servers on another network than the others are an error: Tacker takes it from its record, which can be old."""
        apart = sorted(cpd_id for cpd_id, network in now.networks.items() if before.networks.get(cpd_id, network) != network)
        if apart:
            told = "; ".join(f"{cpd_id} was on {before.networks[cpd_id]} and is on {now.networks[cpd_id]}" for cpd_id in apart)
            raise CollectionError(
                f"Operation {occ['id']} scaled VNF instance {self._instance_id} to level {now.level}, but its new servers are on "
                f"networks of before: {told}. Next: connect them with nfv.maintenance.vnf_ext_connectivity, with a new id of the "
                "link, which keeps it from happening again",
                op_occ_id=occ["id"],
                level=now.level,
            )
        managed = self._managed() if now.has_managed_links and now.level > before.level else {}
        split = [f"{name} ({networks})" for name, networks in sorted(managed.items()) if ", " in networks]
        if split:
            raise CollectionError(
                f"Operation {occ['id']} scaled VNF instance {self._instance_id} to level {now.level}, but its new servers are on "
                f"managed links as they were at its instantiation: {'; '.join(split)}. Next: send the managed links again with "
                "ext_managed_virtual_links of nfv.maintenance.change_vnfpkg",
                op_occ_id=occ["id"],
                level=now.level,
            )

    def _managed(self) -> dict[str, str]:
        return managed_networks(self._nfv, get_instantiated(self._nfv, self._instance_id))

    def _write(self, record: str, value: str | None) -> None:
        self._operations.operate(self._instance_id, MODIFY, {"metadata": {record: value}}, self._left)

    @property
    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def _result(self, changed: bool, before: Shape, after: Shape, occ: Raw | None = None) -> Result:
        had, has = set(before.server_ids), set(after.server_ids)
        record: Record = {
            "vnf_instance_id": self._instance_id,
            "aspect_id": self._aspect_id,
            "level_before": before.level,
            "level": after.level,
            "vnfcs_before": len(had),
            "vnfcs": len(has),
            "added": [server for server in after.server_ids if server not in had],
            "removed": [server for server in before.server_ids if server not in has],
            "op_occ_id": occ["id"] if occ else None,
        }
        views = ({"level": before.level, "vnfcs": len(had)}, {"level": after.level, "vnfcs": len(has)})
        if before.level != after.level and had == has:
            # How many VNFCs a step makes, only the package knows.
            views = ({"level": before.level}, {"level": after.level})
        return Result(changed, record, *views)


class _OvertakenError(Exception):
    """Somebody else makes the same change."""


def _noting(result: Result, before: t.Any, after: t.Any) -> Result:
    """The result with the remembered level in its diff."""
    return dataclasses.replace(
        result, before={**(result.before or {}), "record": before}, after={**(result.after or {}), "record": after}
    )


def _levels(entries: t.Iterable[Raw] | None) -> dict[str, int]:
    return {str(entry["aspectId"]): int(entry["scaleLevel"]) for entry in entries or ()}
