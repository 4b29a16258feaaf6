# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many hosts may fail before a run ends (private to this collection). Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._ensure import Record
from .._errors import CollectionError
from . import messages


@dataclasses.dataclass(frozen=True)
class Budget:
    """What a run may lose.

    :ivar allowed: hosts that may fail.
    :ivar failed: hosts whose work has failed, in the order of the session.
    :ivar hosts: all hosts of the session.
    """

    allowed: int
    failed: tuple[str, ...]
    hosts: int

    @property
    def spent(self) -> bool:
        """Whether more have failed than may."""
        return len(self.failed) > self.allowed

    @property
    def text(self) -> str:
        """The budget in a sentence."""
        names = f" ({', '.join(self.failed)})" if self.failed else ""
        return f"{len(self.failed)} of {self.hosts} hosts failed{names}; {self.allowed} may"


def allowed_failures(limit: str, hosts: int) -> int:
    """How many of so many hosts may fail.

    :param limit: a number, a percentage, or both separated by a comma, of which the smaller one holds: ``2``, ``10%``,
        ``2, 10%``. A share of a host is none.
    :raises CollectionError: for anything else.
    """
    found = []
    for part in str(limit).split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*(%?)\s*", part)
        if match is None or (match[2] and int(match[1]) > 100):
            raise CollectionError(f"{limit!r} is not a number of hosts, a percentage of them, or both separated by a comma")
        found.append(int(match[1]) * hosts // 100 if match[2] else int(match[1]))
    return min(found)


def failure_budget(session: Record, limit: str, failing: t.Iterable[str] = ()) -> Budget:
    """What is left of the budget of a session.

    :param session: a session with its hosts, as the session API returns it.
    :param failing: hosts whose failure the session does not know yet.
    """
    hosts = session.get("hosts") or []
    known = [str(host["name"]) for host in hosts if host.get("state") == messages.HOST_FAILED]
    failed = dict.fromkeys([*known, *(str(name) for name in failing)])
    return Budget(allowed_failures(limit, len(hosts)), tuple(failed), len(hosts))
