# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose it is that Masakari heals a host not, and the change of that (private to this collection).

Masakari ignores failures of a host that is ``on_maintenance``. It keeps no reason for that; ours stands in the free text
``control_attributes``, which Masakari itself does not use, and is written in the same call. So there is no moment at which a host
is muted and nobody knows by whom, however a run ends.
"""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t

from .._ensure import Record, Result
from .._errors import CollectionError, ServiceError
from .._wait import wait_for

_MARK = re.compile(r"(?P<own>.*?)\s?\[on_maintenance by nfv\.maintenance session (?P<session>[^\]]+)\]", re.DOTALL)
_CONFLICT = 409


class Client(t.Protocol):
    """What is needed of Masakari; :class:`.masakari.Masakari` is it."""

    def present(self) -> bool:
        """Whether the cloud has it."""

    def hosts(self) -> list[Record]:
        """The hosts of all segments."""

    def update(self, host: Record, **attributes: t.Any) -> Record:
        """Change a host."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attributes:
    """A host's ``control_attributes``: the operator's own text, and which session has muted the host."""

    own: str
    session_id: str | None

    @classmethod
    def read(cls, text: str | None) -> Attributes:
        """Take it apart."""
        found = _MARK.fullmatch(text or "")
        return cls(found["own"], found["session"]) if found else cls(text or "", None)

    def marked(self, session_id: str) -> str:
        """The text with a session's mark."""
        return f"{self.own} [on_maintenance by nfv.maintenance session {session_id}]".strip()


def record(host: Record) -> Record:
    """A host as the modules return it."""
    attributes = Attributes.read(host.get("control_attributes"))
    return {
        "name": host["name"],
        "uuid": host["uuid"],
        "segment_id": host["failover_segment_id"],
        "on_maintenance": bool(host.get("on_maintenance")),
        "session_id": attributes.session_id,
        "reserved": bool(host.get("reserved")),
        "control_attributes": attributes.own,
        "updated_at": host.get("updated_at"),
    }


class Healing:
    """Mutes and unmutes hosts for a session; what is not its own it leaves alone."""

    def __init__(
        self,
        masakari: Client,
        timeout: float,
        *,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        """:param timeout: seconds in which Masakari has to be through with a failure before a host can be changed."""
        self._masakari = masakari
        self._timeout = timeout
        self._wait: t.Any = {"clock": clock, "sleep": sleep}

    def set(
        self, names: t.Sequence[str] | None, muted: bool, session_id: str | None, *, ignore_missing: bool, check_mode: bool
    ) -> Result:
        """Bring hosts to the wanted state.

        :param names: None means every host that the session has muted.
        :param session_id: whose the hosts have to be to be unmuted; None unmutes those of any session of ours, never others.
        :param ignore_missing: whether a cloud without Masakari, or a host in none of its segments, is no error.
        """
        if not self._masakari.present():
            if ignore_missing:
                return Result(False, [], extra={"masakari_is_there": False, "missing": [*(names or [])]})
            raise CollectionError("The catalogue has no Masakari (service type instance-ha). Next: openstack catalog list")
        known = {str(host["name"]): host for host in self._masakari.hosts()}
        missing = [name for name in names or [] if name not in known]
        if missing and not ignore_missing:
            raise CollectionError(
                f"Masakari has no host {', '.join(missing)}. Known hosts: {', '.join(sorted(known)) or 'none'}. "
                "Next: openstack segment list",
                missing=missing,
            )
        meant = [known[name] for name in (known if names is None else names) if name in known]
        after = [self._changed(host, _wanted(host, muted, session_id), check_mode) for host in meant]
        changed = [(old, new) for old, new in zip(meant, after, strict=True) if _managed(old) != _managed(new)]
        return Result(
            bool(changed),
            [record(host) for host in after],
            before={old["name"]: _managed(old) for old, _new in changed},
            after={new["name"]: _managed(new) for _old, new in changed},
            extra={"masakari_is_there": True, "missing": missing},
        )

    def _changed(self, host: Record, wanted: Record, check_mode: bool) -> Record:
        if not wanted:
            return host
        if check_mode:
            return {**host, **wanted}
        last: list[str] = []

        def attempt() -> Record | None:
            try:
                return self._masakari.update(host, **wanted)
            except ServiceError as exc:
                if exc.status != _CONFLICT:
                    raise
                last[:] = [str(exc)]
            return None

        return wait_for(
            attempt,
            f"Masakari to let host {host['name']} be changed",
            self._timeout,
            seen=lambda: last[0] if last else "",
            next_step="see which failures it works at (openstack notification list); those in error hold a segment, too",
            **self._wait,
        )


def _wanted(host: Record, muted: bool, session_id: str | None) -> Record:
    """What to write; nothing where it is so already, or where it is not ours to say."""
    attributes = Attributes.read(host.get("control_attributes"))
    on_maintenance = bool(host.get("on_maintenance"))
    if muted:
        if on_maintenance:
            return {}
        return {"on_maintenance": True, "control_attributes": attributes.marked(str(session_id))}
    if attributes.session_id is None or session_id not in (None, attributes.session_id):
        return {}
    return {"on_maintenance": False, "control_attributes": attributes.own}


def _managed(host: Record) -> Record:
    return {key: host.get(key) for key in ("on_maintenance", "control_attributes")}
