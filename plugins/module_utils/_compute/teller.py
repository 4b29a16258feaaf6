# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling the session API what became of each instance (private to this collection)."""

from __future__ import annotations

import collections
import typing as t

from .._ensure import Record
from .._errors import CollectionError, ServiceError

Put = t.Callable[..., t.Any]


class LeaseLost(CollectionError):
    """Another runner has the session: this one must not start anything more."""


def transient(exc: ServiceError) -> bool:
    """Whether the same call may be answered a little later."""
    return exc.status is None or exc.status >= 500 or exc.status == 429


class Teller:
    """Reports in order; what cannot be delivered now is kept and tried again, for a bounded time.

    :ivar lost: set once the service refused the lease; nothing is told any more.
    """

    def __init__(self, put: Put | None, outage: float, progress: t.Callable[[str], None]) -> None:
        """Without ``put`` nobody is told anything.

        :param put: ``put(instance, state=..., **fields)``.
        :param outage: seconds for which the service may be away.
        """
        self.lost: LeaseLost | None = None
        self._put = put
        self._outage = outage
        self._progress = progress
        self._waiting: collections.deque[tuple[str, Record]] = collections.deque()
        self._since: float | None = None

    def tell(self, now: float, instance: str, **fields: t.Any) -> None:
        """Report one state."""
        if self._put is None:
            return
        self._waiting.append((instance, {key: value for key, value in fields.items() if value is not None}))
        self.flush(now)

    def flush(self, now: float) -> None:
        """Deliver what is waiting.

        :raises ServiceError: when the service was away for too long.
        """
        while self._waiting and self._put is not None and self.lost is None:
            instance, fields = self._waiting[0]
            try:
                self._put(instance, **fields)
            except ServiceError as exc:
                if exc.status == 409:
                    self.lost = LeaseLost(
                        f"{exc}. Nothing more is started. Next: see who runs the session, and run the playbook again",
                        **exc.details,
                    )
                    return
                if transient(exc):
                    self._keep(now, exc)
                    return
                # The session does not know the instance (any more): no reason to stop moving.
                self._progress(f"{instance}: not told to the session: {exc}")
            self._waiting.popleft()
            self._since = None

    def _keep(self, now: float, exc: ServiceError) -> None:
        self._since = now if self._since is None else self._since
        if now >= self._since + self._outage:
            raise exc

    @property
    def waiting(self) -> int:
        """How many reports are not delivered."""
        return 0 if self.lost else len(self._waiting)
