# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which member of a VNF is active, and how another one becomes it (private to this collection)."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .._arguments import Spec
from .._ensure import Record, Result
from .._errors import CollectionError
from .._sdk import Connection
from .._wait import Found, wait_for
from .floating_ip import FloatingIp
from .marks import Holding, Mark, Target
from .members import Members, state
from .probe import PROBE_SPEC, Probe
from .server_marks import Answer, Metadata, Tag
from .vip import FIXED_IP, PAIR, Vip

# The options that say how the active member is seen, exactly one of them.
SEEN_BY: Spec = {
    "floating_ip": {"type": "str"},
    "vip": {
        "type": "dict",
        "options": {
            "address": {"type": "str", "required": True},
            "network_id": {"type": "str"},
            "kind": {"type": "str", "choices": [PAIR, FIXED_IP], "default": PAIR},
        },
    },
    "tag": {"type": "str"},
    "metadata": {
        "type": "dict",
        "options": {
            "key": {"type": "str", "required": True, "no_log": False},
            "active": {"type": "str", "default": "active"},
            "standby": {"type": "str", "default": "standby"},
        },
    },
}
PROBED: Spec = {"probe": {"type": "dict", "options": PROBE_SPEC}}


@dataclasses.dataclass(frozen=True)
class Wish:
    """Where the active member may be.

    :ivar members: the preferred ones first.
    :ivar avoid: none of these.
    :ivar check: has to answer afterwards.
    :ivar timeout: seconds for everything together.
    :ivar patient: whether a member that can take over may be waited for.
    """

    members: t.Sequence[str]
    avoid: t.Collection[str] = ()
    check: Probe | None = None
    timeout: float = 0
    patient: bool = False

    def allows(self, server_id: str | None) -> bool:
        """Whether this one may be active."""
        return server_id in self.members and server_id not in self.avoid


class ActiveMember:
    """The members of a group and what shows which one is active."""

    def __init__(self, members: Members, mark: Mark) -> None:
        """:func:`seen_by` makes the mark."""
        self._members, self._mark = members, mark

    def find(self) -> Holding | None:
        """Who is active, None if there is no such mark."""
        return self._mark.find()

    def settled(self, wish: Wish) -> Holding:
        """Wait until the active member is where it may be, and the check answers; without a timeout look once."""
        end = time.monotonic() + wish.timeout
        last: list[Holding] = []

        def look() -> Holding | None:
            last[:] = [self._get()]
            return last[0] if wish.allows(last[0].server_id) else None

        holding = self._wait(look, f"{self._mark.name} to be at another member", end, lambda: last[0].server_id or "nobody")
        self._see(wish, end)
        return holding

    def ensure(self, wish: Wish, check_mode: bool) -> Result:
        """Switch over to a healthy member, unless the active one need not be avoided."""
        began = time.monotonic()
        end = began + wish.timeout
        holding = self._get()
        if wish.allows(holding.server_id):
            if not check_mode:
                # Also where nothing is to be done: an earlier run may have been killed before it looked.
                self._see(wish, end)
            return _result(holding, holding, 0.0)
        target = self._standby(holding, wish, 0 if check_mode or not wish.patient else wish.timeout)
        if check_mode:
            return _result(holding, self._mark.foreseen(holding, target), 0.0)
        wanted = self._mark.foreseen(holding, target)
        self._mark.give(holding, target)
        last = [holding]

        def look() -> Holding | None:
            last[:] = [self._get()]
            return last[0] if last[0].view == wanted.view else None

        port = f" at port {wanted.moves['port_id']} of" if wanted.moves.get("port_id") else " at"
        now = self._wait(look, f"{self._mark.name} to be{port} server {target.server_id}", end, lambda: _seen(last[0]))
        self._see(wish, end)
        return _result(holding, now, time.monotonic() - began)

    def member_records(self, active: str | None, server_ids: t.Iterable[str]) -> list[Record]:
        """The members with their Nova state and which of them is active."""
        return [
            {"id": server_id, **state(self._members.server(server_id)), "active": server_id == active} for server_id in server_ids
        ]

    def _get(self) -> Holding:
        holding = self._mark.find()
        if holding is None:
            raise CollectionError(
                f"There is no {self._mark.name} in this project. Next: openstack floating ip list", mark=self._mark.name
            )
        return holding

    def _standby(self, holding: Holding, wish: Wish, patience: float) -> Target:
        """The first member in the given order that is fit."""
        looked: list[Target] = []

        def look() -> Target | None:
            looked.clear()
            for server_id in wish.members:
                looked.append(self._judge(holding, server_id, wish.avoid))
                if not looked[-1].unfit:
                    return looked[-1]
            return None

        def seen() -> str:
            return "; ".join(f"{target.server_id}: {target.unfit}" for target in looked) or "No members are given"

        if patience > 0:
            what = f"a member that can take over {self._mark.name}"
            return self._wait(look, what, time.monotonic() + patience, seen)
        found = look()
        if found is None:
            raise CollectionError(
                f"No member can take over {self._mark.name} from {holding.server_id or 'nobody'}. {seen()}. "
                "Next: wait until one of them is ACTIVE without a task (openstack server show <id>), then run this task again",
                members={target.server_id: target.unfit for target in looked},
            )
        return found

    def _judge(self, holding: Holding, server_id: str, avoid: t.Collection[str]) -> Target:
        if server_id in avoid:
            return Target(server_id, "to be avoided")
        why = self._members.complaint(server_id)
        return Target(server_id, why) if why else self._mark.target(holding, server_id)

    def _see(self, wish: Wish, end: float) -> None:
        """Look at the check until it answers."""
        if wish.check is None:
            return
        check, last = wish.check, [""]

        def look() -> bool | None:
            last[:] = [check.complaint(None)]
            return None if last[0] else True

        self._wait(look, f"{check.url} to answer {check.status} after the switch-over", end, lambda: last[0])

    def _wait(self, look: t.Callable[[], Found | None], what: str, end: float, seen: t.Callable[[], str]) -> Found:
        left = max(0.0, end - time.monotonic())
        return wait_for(
            look, what, round(left, 1), seen=seen, next_step=self._mark.next_step, clock=time.monotonic, sleep=time.sleep
        )


def seen_by(cloud: Connection, members: Members, server_ids: t.Sequence[str], params: Record) -> Mark:
    """The mark that the options :data:`SEEN_BY` and :data:`PROBED` name."""
    if params.get("vip"):
        return Vip(cloud, members, server_ids, params["vip"])
    if params.get("tag"):
        return Tag(cloud, members, server_ids, params["tag"])
    if params.get("metadata"):
        return Metadata(cloud, members, server_ids, params["metadata"])
    probe = Probe.read(params.get("probe"))
    if probe is not None:
        return Answer(cloud, members, server_ids, probe)
    return FloatingIp(cloud, members, params["floating_ip"])


def _seen(holding: Holding) -> str:
    return f"port {holding.moves['port_id']}" if "port_id" in holding.moves else holding.server_id or "nobody"


def _result(before: Holding, after: Holding, seconds: float) -> Result:
    record = {
        **after.facts, "active": after.server_id, "previous": before.server_id, **after.moves, "seconds": round(seconds, 3),
    }  # fmt: skip
    return Result(before.view != after.view, record, before.view, after.view)
