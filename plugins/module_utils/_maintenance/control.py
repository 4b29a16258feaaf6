# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people want of the run of a session (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._ensure import Record
from .._errors import CollectionError
from . import messages
from .proxy import MaintenanceProxy

_STATES = {messages.PAUSE: messages.PAUSED, messages.RESUME: messages.RUNNING, messages.ABORT: messages.ABORTING}
# Why a run has ended, in the error of its last task.
ABORTED = "aborted"
_MANAGED = ("state", "reason", "skipped_hosts", "approved_waves")


def wanted_of(record: Record | None) -> Record:
    """What people want, as an answer says; a service that knows nothing of it lets every run go on."""
    initial: Record = {
        "state": messages.RUNNING, "reason": None, "by": None, "at": None, "skipped_hosts": [], "approved_waves": 0,
    }  # fmt: skip
    return {**initial, **(record or {})}


def refuse_aborted(record: Record | None) -> None:
    """Raise when people have ended the run.

    :param record: what they want, as an answer says.
    """
    wanted = wanted_of(record)
    if wanted["state"] == messages.ABORTING:
        raise CollectionError(
            f"The maintenance is aborted{by_whom(wanted)}. Next: to go on with it later, run the same command again; hosts that "
            "are done stay done",
            ended=ABORTED,
        )


def by_whom(wanted: Record) -> str:
    """`` by alice (disk alarms)``, as far as it is known."""
    by = f" by {wanted['by']}" if wanted.get("by") else ""
    return by + (f" ({wanted['reason']})" if wanted.get("reason") else "")


@dataclasses.dataclass(frozen=True)
class Order:
    """What is said: one of ``messages.CONTROL_ACTIONS`` and what it is about."""

    action: str
    hosts: t.Sequence[str] = ()
    wave: int | None = None
    reason: str | None = None


def foreseen(before: Record, order: Order) -> Record:
    """What will be wanted once it has been said; equal to ``before`` where it changes nothing."""
    state = _STATES.get(order.action)
    if state is not None:
        kept = before["reason"] if order.reason is None and state == before["state"] else order.reason
        return {**before, "state": state, "reason": kept}
    if order.action == messages.APPROVE:
        return {**before, "approved_waves": max(before["approved_waves"], order.wave or 0)}
    skipped = before["skipped_hosts"]
    if order.action == messages.UNSKIP_HOST:
        return {**before, "skipped_hosts": [name for name in skipped if name not in order.hosts]}
    return {**before, "skipped_hosts": [*skipped, *(name for name in dict.fromkeys(order.hosts) if name not in skipped)]}


def say(proxy: MaintenanceProxy, session_id: str, order: Order) -> Record:
    """Say it, host by host where it is about hosts; returns what is wanted then."""
    answer: Record = {}
    for host in order.hosts if order.action in (messages.SKIP_HOST, messages.UNSKIP_HOST) else [None]:
        answer = proxy.set_control(session_id, order.action, host=host, wave=order.wave, reason=order.reason)
    return wanted_of(answer)


def managed(wanted: Record) -> Record:
    """What the diff shows."""
    return {name: wanted[name] for name in _MANAGED}
