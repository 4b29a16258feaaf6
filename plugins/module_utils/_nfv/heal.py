# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Healing: which VNFCs, and whether they were replaced (private to this collection)."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._compute.nova import Nova
from .._ensure import Record, Result
from .._errors import CollectionError
from .._sdk import Connection
from .instances import get_instantiated, resolved, servers
from .operations import Operations
from .proxy import NfvProxy, Raw
from .user_data import USER_DATA, with_user_data

VERB = "heal"

# The ids of those Nova servers, of all that the VNF has, that are in error, not there, or on a host that is down.
Sick = t.Callable[[t.Sequence[str]], t.Collection[str]]


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which VNFCs are healed: those that meet all that is given.

    :ivar whole: every VNFC, as one; nothing else is given then.
    :ivar unhealthy: only those whose server is in error or not there.
    :ivar storage: their storage as well.
    """

    vnfc_ids: tuple[str, ...] | None = None
    vdu_ids: tuple[str, ...] | None = None
    server_ids: tuple[str, ...] | None = None
    unhealthy: bool = False
    whole: bool = False
    storage: bool = False

    @classmethod
    def of(cls, params: t.Mapping[str, t.Any]) -> Selection:
        """From the options of vnf_heal.

        :raises CollectionError: when nothing is chosen, or everything and something.
        """
        lists = {name: tuple(params[name]) for name in ("vnfc_ids", "vdu_ids", "server_ids") if params[name] is not None}
        some = params["unhealthy"] or bool(lists)
        if some == params["all"]:
            raise CollectionError(
                "Give either all, or what to choose VNFCs by: vnfc_ids, vdu_ids, server_ids, unhealthy; an empty list heals none"
            )
        return cls(unhealthy=params["unhealthy"], whole=params["all"], storage=params["storage"], **lists)

    def choose(self, present: t.Sequence[Record], replaced: t.Callable[[], t.Collection[str]], sick: Sick) -> list[Record]:
        """The servers of the VNF that are to be replaced.

        :param replaced: ids of servers that were replaced before, asked for when a server or VNFC is not there.
        :raises CollectionError: for a VDU, VNFC or server that the VNF does not have and never had.
        """
        if self.whole:
            return [*present]
        has = {field: [str(server[field]) for server in present] for _what, field, _ids in self._asked}
        gone: t.Collection[str] = ()
        if set(self.server_ids or ()) - set(has["id"]) or set(self.vnfc_ids or ()) - set(has["vnfc_info_id"]):
            gone = replaced()
        for what, field, ids in self._asked:
            self._check(what, ids or (), has[field], gone if field != "vdu_id" else ())
        chosen = [server for server in present if all(ids is None or server[field] in ids for _what, field, ids in self._asked)]
        if self.unhealthy and chosen:
            found = sick(has["id"])
            chosen = [server for server in chosen if server["id"] in found]
        return chosen

    @property
    def _asked(self) -> tuple[tuple[str, str, tuple[str, ...] | None], ...]:
        return (("VDU", "vdu_id", self.vdu_ids), ("server", "id", self.server_ids), ("VNFC", "vnfc_info_id", self.vnfc_ids))

    @staticmethod
    def _check(what: str, asked: t.Iterable[str], has: t.Iterable[str], gone: t.Collection[str]) -> None:
        # Tacker makes the id of a VNFC from its VDU and its server.
        unknown = [one for one in asked if one not in has and not any(one.endswith(server) for server in gone)]
        if unknown:
            choices = ", ".join(dict.fromkeys(has)) or "none"
            raise CollectionError(f"The VNF instance has no {what} {', '.join(unknown)}. It has: {choices}")


def sick_servers(cloud: Connection) -> Sick:
    """Ask Nova of this cloud."""

    def look(server_ids: t.Sequence[str]) -> set[str]:
        nova = Nova(cloud)
        found = {server_id: nova.server(server_id) for server_id in server_ids}
        if not any(found.values()):
            raise CollectionError(
                f"Nova of this cloud shows none of the servers {', '.join(server_ids)}; they may be another project's, and "
                "nothing can be said about their health. Next: use credentials of the VNF's project, or choose by server_ids"
            )
        return {server_id for server_id, server in found.items() if server is None or _is_sick(server)}

    return look


def _is_sick(server: Record) -> bool:
    # host_status is shown to administrators only.
    return server.get("status") == "ERROR" or server.get("host_status") == "DOWN"


class Healing:
    """Healing one VNF instance."""

    def __init__(
        self, nfv: NfvProxy, selection: Selection, sick: Sick, *,
        timeout: float, check_mode: bool, on_failure: t.Sequence[str] = (), wait: bool = True,
    ) -> None:  # fmt: skip
        """Everything that follows shares the one ``timeout``."""
        self._nfv, self._selection, self._sick = nfv, selection, sick
        self._check_mode, self._on_failure, self._wait = check_mode, on_failure, wait
        self._operations = Operations(nfv)
        self._end = time.monotonic() + timeout

    def run(self, instance_id: str | None, name: str | None, cause: str | None, additional_params: Raw | None) -> Result:
        """Have the chosen VNFCs replaced, and look whether they were."""
        instance_id = resolved(self._nfv, instance_id, name)
        if self._check_mode:
            self._operations.under_way(instance_id)
        else:
            self._operations.settle_own(instance_id, ("HEAL",), self._left, self._on_failure)
        present = self._servers(instance_id)
        chosen = self._choose(instance_id, present)
        if not chosen or self._check_mode:
            return self._result(instance_id, present, present, chosen, None)
        params = with_user_data(self._nfv, instance_id, additional_params)
        if self._selection.storage:
            params = {**params, "all": True}

        def request() -> Raw | None:
            # Chosen when nobody else is at it: another run may have healed them while this one waited.
            now = {server["id"] for server in self._servers(instance_id)}
            due = [str(server["vnfc_info_id"]) for server in chosen if server["id"] in now]
            if not due:
                return None
            some = {} if self._selection.whole else {"vnfcInstanceId": due}
            return {**some, **({"cause": cause} if cause else {}), **({"additionalParams": params} if params else {})}

        occ = self._operations.operate(
            instance_id, VERB, request, self._left, wait=self._wait, on_failure=self._on_failure
        )
        now = self._servers(instance_id)
        kept = sorted({str(server["id"]) for server in chosen} & {str(server["id"]) for server in now})
        if occ is not None and self._wait and kept:
            raise CollectionError(
                f"Operation {occ['id']} reads COMPLETED, but VNF instance {instance_id} still has the servers {', '.join(kept)}. "
                f"Next: if the VNF package has user data of its own, name it in additional_params ({', '.join(USER_DATA)})",
                op_occ_id=occ["id"],
            )
        return self._result(instance_id, present, now, chosen if occ is not None else [], occ)

    def _choose(self, instance_id: str, present: list[Record]) -> list[Record]:
        return self._selection.choose(present, lambda: self._replaced(instance_id), self._sick)

    def _replaced(self, instance_id: str) -> set[str]:
        """Servers that operations before have taken away."""
        occs = self._nfv.op_occs(instance_id, "operation", "HEAL", "SCALE", "CHANGE_VNFPKG", all_fields=True)
        return {
            str((vnfc.get("computeResource") or {}).get("resourceId"))
            for occ in occs
            for vnfc in (occ.get("resourceChanges") or {}).get("affectedVnfcs") or ()
            if vnfc.get("changeType") == "REMOVED"
        }

    def _servers(self, instance_id: str) -> list[Record]:
        return servers(get_instantiated(self._nfv, instance_id))

    @property
    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    @staticmethod
    def _result(
        instance_id: str, before: list[Record], after: list[Record], chosen: list[Record], occ: Raw | None
    ) -> Result:  # fmt: skip
        had, has = {server["id"] for server in before}, {server["id"] for server in after}
        record: Record = {
            "vnf_instance_id": instance_id,
            "healed": chosen,
            "servers": after,
            "added": [server["id"] for server in after if server["id"] not in had],
            "removed": [server["id"] for server in before if server["id"] not in has],
            "op_occ_id": occ["id"] if occ else None,
        }
        due = {"healed": sorted(str(server["vnfc_info_id"]) for server in chosen)}
        return Result(bool(chosen), record, {"healed": []}, due)
