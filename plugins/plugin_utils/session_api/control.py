# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people want of a run while it runs: the service keeps it, the runner looks at it and obeys."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import messages

from . import times
from .errors import BadRequest, Conflict, NotFound
from .models import HostRow, SessionRow
from .unit import Unit

Json = dict[str, t.Any]

_STATES = {messages.PAUSE: messages.PAUSED, messages.RESUME: messages.RUNNING, messages.ABORT: messages.ABORTING}
_PAST = {messages.PAUSE: "paused", messages.RESUME: "resumed", messages.ABORT: "aborted"}


@dataclasses.dataclass(frozen=True)
class Order:
    """What one person asked for.

    :ivar by: who, as Keystone knows them.
    :ivar host: for skip_host and unskip_host.
    :ivar wave: up to which wave of the present run is approved, for approve.
    """

    action: str
    by: str
    host: str | None = None
    wave: int | None = None
    reason: str | None = None


def view(row: SessionRow) -> Json:
    """Write what is wanted of the run of a session."""
    initial: Json = {"state": messages.RUNNING, "reason": None, "by": None, "at": None, "skipped_hosts": [], "approved_waves": 0}
    return {**initial, **(row.control or {})}


def obey(unit: Unit, row: SessionRow, order: Order) -> bool:
    """Note an order; returns whether it was news.

    :raises BadRequest: for an order without its host or wave.
    :raises NotFound: for a host that is not one of the session.
    :raises Conflict: when it cannot be obeyed any more.
    """
    present = view(row)
    if order.action in _STATES:
        wanted, text = _state(unit, row, present, order), _PAST[order.action]
    elif order.action == messages.APPROVE:
        _refuse_ended(row, order)
        if order.wave is None:
            raise BadRequest("wave", f"{order.action} needs a wave")
        wanted, text = {"approved_waves": max(order.wave, present["approved_waves"])}, f"approved up to wave {order.wave}"
    else:
        wanted, text = _skipping(unit, row, present, order)
    if all(present[name] == value for name, value in wanted.items() if name not in ("by", "at")):
        return False
    row.control = {**present, **wanted}
    row.updated_at = unit.now
    because = f": {order.reason}" if order.reason else ""
    unit.log(row, f"control.{order.action}", f"{text} by {order.by}{because}", host=order.host)
    return True


def begin_run(row: SessionRow) -> None:
    """A new run begins with plans of its own: what was approved was another one's."""
    if row.control:
        row.control = {**row.control, "approved_waves": 0}
    row.waiting = None


def continue_session(row: SessionRow) -> None:
    """A failed or aborted session goes on; hosts that people have left out stay out."""
    if row.control:
        row.control = {"skipped_hosts": row.control["skipped_hosts"]}
    row.waiting = None


def _state(unit: Unit, row: SessionRow, present: Json, order: Order) -> Json:
    state = _STATES[order.action]
    if row.state == messages.MAINTENANCE_DONE or (row.state == messages.MAINTENANCE_FAILED and state == messages.PAUSED):
        _refuse_ended(row, order)
    if present["state"] == messages.ABORTING and state != messages.ABORTING:
        raise Conflict(f"session {row.id} is being aborted; run the maintenance again to go on with it")
    if present["state"] == state:
        # The first one who said it stays the one who did, unless there is more to say.
        return {"reason": order.reason if order.reason is not None else present["reason"]}
    return {"state": state, "reason": order.reason, "by": order.by, "at": times.wire(unit.now)}


def _skipping(unit: Unit, row: SessionRow, present: Json, order: Order) -> tuple[Json, str]:
    if order.host is None:
        raise BadRequest("host", f"{order.action} needs a host")
    host = unit.db.get(HostRow, (row.id, order.host))
    if host is None and not row.any_host:
        raise NotFound(f"host {order.host} does not belong to session {row.id}")
    skipped = [name for name in present["skipped_hosts"] if name != order.host]
    if order.action == messages.UNSKIP_HOST:
        return {"skipped_hosts": skipped}, f"{order.host} not skipped any more,"
    _refuse_ended(row, order, but_failed=True)
    if host is not None and host.state == messages.HOST_COMPLETE:
        raise Conflict(f"host {order.host} is done already", host=order.host)
    if order.host in present["skipped_hosts"]:
        return {}, ""
    return {"skipped_hosts": [*skipped, order.host]}, f"{order.host} skipped"


def _refuse_ended(row: SessionRow, order: Order, *, but_failed: bool = False) -> None:
    ended = {messages.MAINTENANCE_DONE} if but_failed else {messages.MAINTENANCE_DONE, messages.MAINTENANCE_FAILED}
    if row.state in ended:
        raise Conflict(f"{order.action}: session {row.id} has ended as {row.state}")
