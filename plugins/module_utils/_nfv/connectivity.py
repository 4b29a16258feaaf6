# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connecting a VNF that runs to other external networks (private to this collection)."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError
from . import links, vim
from .described import Described
from .instances import get_instantiated, resolved
from .operations import Operations
from .proxy import NfvProxy, Raw
from .requests import BY_VERB, check
from .user_data import USER_DATA, with_user_data

VERB = "change_ext_conn"


@dataclasses.dataclass(frozen=True)
class Connectivity:
    """The external links that are wanted.

    :ivar vims: a merge patch for ``vimConnectionInfo``, None for none.
    """

    ext_virtual_links: list[Raw]
    vims: Raw | None = None
    additional_params: Raw | None = None

    def request(self, raw: Raw) -> Raw | None:
        """The body of the order, without ``additionalParams``; None when there is nothing to do."""
        changed = links.changed_links(self.ext_virtual_links, raw)
        patch = vim.completed(raw.get("vimConnectionInfo"), self.vims or {})
        entries = {key: patch[key] for key in vim.changed(raw.get("vimConnectionInfo"), patch)}
        if not changed and not entries:
            return None
        return {"extVirtualLinks": changed, **({"vimConnectionInfo": entries} if entries else {})}

    def views(self, raw: Raw) -> tuple[Record, Record]:
        """The managed values before and after, for a diff."""
        cps = links.cps_diff(self.ext_virtual_links, raw)
        if self.vims is None:
            return {"external_cps": cps[0]}, {"external_cps": cps[1]}
        vims = vim.diff(raw.get("vimConnectionInfo"), self.vims)
        return {"external_cps": cps[0], "vim_connection_info": vims[0]}, {"external_cps": cps[1], "vim_connection_info": vims[1]}


def connect(
    nfv: NfvProxy, described: Described, wanted: Connectivity, instance_id: str | None, name: str | None, *,
    timeout: float, check_mode: bool, on_failure: t.Sequence[str] = (), wait: bool = True,
) -> Result:  # fmt: skip
    """Order what differs, and look whether it has come about."""
    end = time.monotonic() + timeout
    check(BY_VERB[VERB], {"extVirtualLinks": wanted.ext_virtual_links})
    instance_id = resolved(nfv, instance_id, name)
    operations = Operations(nfv)
    if check_mode:
        operations.under_way(instance_id)
    else:
        operations.settle_own(instance_id, ("CHANGE_EXT_CONN",), timeout, on_failure)
    raw = get_instantiated(nfv, instance_id)
    body = wanted.request(raw)
    before, after = wanted.views(raw)
    if body is None:
        return Result(False, _record(raw, None), before, before)
    described.check_links(raw, body["extVirtualLinks"])
    check(BY_VERB[VERB], body)
    if check_mode:
        return Result(True, {**_record(raw, None), **_foreseen(raw, wanted)}, before, after)
    params = with_user_data(nfv, instance_id, wanted.additional_params)

    def request() -> Raw | None:
        # Compared when nobody else is at it: another run may have done it while this one waited.
        now = wanted.request(get_instantiated(nfv, instance_id))
        return now and {**now, **({"additionalParams": params} if params else {})}

    left = max(0.0, end - time.monotonic())
    occ = operations.operate(instance_id, VERB, request, left, wait=wait, on_failure=on_failure)
    now = get_instantiated(nfv, instance_id)
    differing = wanted.request(now) if wait else None
    if differing is not None and occ is not None:
        raise CollectionError(
            f"Operation {occ['id']} reads COMPLETED, but VNF instance {instance_id} is not connected as wanted: "
            f"{', '.join(sorted(links.wanted_cps(differing['extVirtualLinks']))) or 'its VIM'} is as before. "
            f"Next: if the VNF package has user data of its own, name it in additional_params ({', '.join(USER_DATA)})",
            op_occ_id=occ["id"],
        )
    return Result(occ is not None, _record(now, occ), before if occ is not None else after, after)


def _record(raw: Raw, occ: Raw | None) -> Record:
    return {"vnf_instance_id": raw["id"], "external_cps": links.present_cps(raw), "op_occ_id": occ["id"] if occ else None}


def _foreseen(raw: Raw, wanted: Connectivity) -> Record:
    return {"external_cps": {**links.present_cps(raw), **links.wanted_cps(wanted.ext_virtual_links)}}
