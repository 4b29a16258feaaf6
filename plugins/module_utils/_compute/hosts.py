# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compute hosts in and out of service, by their nova-compute service (private to this collection)."""

from __future__ import annotations

import dataclasses
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError
from .._sdk import Connection
from .._wait import wait_for
from .nova import OUTAGE, Nova

# A disabled service is ours when its reason starts so; the session that disabled it follows.
REASON_PREFIX = "nfv.maintenance session "
# Nova refuses longer reasons.
REASON_LENGTH = 255
_ENABLE = "openstack compute service set --enable {} nova-compute"


@dataclasses.dataclass(frozen=True)
class Ownership:
    """Who disabled a host, read from its disabled reason."""

    session_id: str
    text: str

    @property
    def reason(self) -> str:
        """What is written to Nova."""
        return f"{REASON_PREFIX}{self.session_id}: {self.text}"[:REASON_LENGTH]

    @classmethod
    def of(cls, reason: str | None) -> Ownership | None:
        """The owner if the host was disabled by a session of this collection."""
        if not reason or not reason.startswith(REASON_PREFIX):
            return None
        session_id, _colon, text = reason.removeprefix(REASON_PREFIX).partition(": ")
        return cls(session_id, text)


def host_record(service: Record) -> Record:
    """One nova-compute service, as Nova sent it, in the form that the modules return."""
    owner = Ownership.of(service.get("disabled_reason"))
    return {
        "name": service["host"],
        "service_id": service["id"],
        "zone": service.get("zone"),
        "status": service.get("status"),
        "state": service.get("state"),
        "forced_down": bool(service.get("forced_down")),
        "disabled_reason": service.get("disabled_reason"),
        "session_id": owner.session_id if owner else None,
        "updated_at": service.get("updated_at"),
    }


def down(services: t.Iterable[Record]) -> dict[str, str]:
    """Hosts whose nova-compute is down, each with what Nova says of it."""
    found = {}
    for service in services:
        if service.get("forced_down"):
            found[str(service["host"])] = "down (forced)"
        elif service.get("state") != "up":
            found[str(service["host"])] = f"down (last report {service.get('updated_at')})"
    return found


class Hosts:
    """The compute hosts of one cloud."""

    def __init__(self, cloud: Connection) -> None:
        """Use the administrator's connection."""
        # A host that could not be enabled for a moment of 503 would stay out of service.
        self._nova = Nova(cloud, OUTAGE)

    def list(self) -> list[Record]:
        """All nova-compute services, by name."""
        return sorted((host_record(service) for service in self._nova.services()), key=lambda record: str(record["name"]))

    def get(self, name: str) -> Record:
        """One host; the error lists those that exist."""
        return self._some([name])[name]

    def take_out(self, names: t.Sequence[str], session_id: str, text: str, check_mode: bool = False) -> Result:
        """Disable hosts for a session; a host that somebody else disabled is an error, not ours to take."""

        def disable(current: Record) -> bool:
            name = str(current["name"])
            if current["status"] == "disabled":
                if current["session_id"] == session_id:
                    return False
                raise CollectionError(
                    f"Host {name} is already disabled, and not by session {session_id}. "
                    f"Its disabled reason is: {current['disabled_reason'] or '(none)'}. "
                    f"Next: find out who works on it; when it is free, enable it ({_ENABLE.format(name)})",
                    host=name,
                    disabled_reason=current["disabled_reason"],
                )
            if not check_mode:
                self._nova.disable_service(str(current["service_id"]), name, reason)
            return True

        reason = Ownership(session_id, text).reason
        wanted = {"status": "disabled", "disabled_reason": reason, "session_id": session_id}
        return self._each(names, disable, wanted, check_mode)

    def bring_back(
        self, names: t.Sequence[str], session_id: str | None, timeout: float | None, check_mode: bool = False
    ) -> Result:
        """Enable hosts that we disabled, once their nova-compute is up.

        :param session_id: whose hosts they have to be; None takes hosts of any session of ours.
        :param timeout: seconds to wait for nova-compute to report, on each of them; None does not ask whether it is up.
        """

        def enable(current: Record) -> bool:
            name, owner = str(current["name"]), current["session_id"]
            if current["status"] == "enabled":
                return False
            if owner is None or session_id not in (None, owner):
                raise CollectionError(
                    f"Host {name} was not disabled by {f'session {session_id}' if session_id else 'a maintenance session'}, "
                    "so it is left alone. "
                    f"Its disabled reason is: {current['disabled_reason'] or '(none)'}. "
                    f"Next: if it may serve again, enable it ({_ENABLE.format(name)})",
                    host=name,
                    disabled_reason=current["disabled_reason"],
                )
            if check_mode:
                return True
            if timeout is not None:
                self.wait_up(name, timeout, current["updated_at"])
            self._nova.enable_service(str(current["service_id"]), name)
            return True

        return self._each(names, enable, {"status": "enabled", "disabled_reason": None, "session_id": None}, check_mode)

    def _each(self, names: t.Sequence[str], step: t.Callable[[Record], bool], wanted: Record, check_mode: bool) -> Result:
        """Do the same to hosts, to each whatever becomes of the others.

        :param step: gets a host's record; returns whether it changed anything, or would.
        :raises CollectionError: when it failed for some; ``details["hosts"]`` says for which, and why.
        """
        before = self._some(names)
        changed, failed = [], {}
        for name, current in before.items():
            try:
                if step(current):
                    changed.append(name)
            except CollectionError as exc:
                failed[name] = exc
        if failed:
            reasons = {name: str(exc) for name, exc in failed.items()}
            [first, *more] = failed.values()
            if more:
                raise CollectionError("; ".join(reasons.values()), hosts=reasons) from first
            first.details["hosts"] = reasons
            raise first
        if check_mode:
            after = {name: {**one, **(wanted if name in changed else {})} for name, one in before.items()}
        else:
            after = self._some(names) if changed else before
        return Result(bool(changed), [*after.values()], _managed(before), _managed(after))

    def _some(self, names: t.Sequence[str]) -> dict[str, Record]:
        known = {str(record["name"]): record for record in self.list()} if names else {}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise CollectionError(
                f"There is no nova-compute service on host {', '.join(unknown)}. Known hosts: {', '.join(known) or 'none'}",
                host=unknown[0],
                hosts=dict.fromkeys(unknown, "there is no nova-compute service on it"),
            )
        return {name: known[name] for name in names}

    def wait_up(self, name: str, timeout: float, reported: str | None) -> Record:
        """Wait until Nova has heard anew from the host's nova-compute and it is not forced down.

        Nova calls a service up for a minute after its last report, so one that died in the work on its host would seem well.

        :param reported: its last report before the wait.
        """
        last: Record = {}

        def look() -> Record | None:
            last.update(self.get(name))
            return last if last["state"] == "up" and not last["forced_down"] and last["updated_at"] != reported else None

        return wait_for(
            look,
            f"nova-compute on host {name} to be up and to report",
            timeout,
            seen=lambda: (
                f"state {last.get('state')}, forced down {last.get('forced_down')}, last report {last.get('updated_at')}"
            ),
            next_step=f"look at nova-compute on {name} (openstack compute service list --host {name})",
        )


def _managed(records: t.Mapping[str, Record]) -> Record:
    return {name: {key: record[key] for key in ("status", "disabled_reason")} for name, record in records.items()}
