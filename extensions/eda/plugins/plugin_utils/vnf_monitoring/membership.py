# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who probes what: the workers of a group, agreed with tooz (OpenStack's coordination library)."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

from .errors import ArgumentError
from .log import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from .target import Target

# Heartbeats within a lease, so that one may fail.
BEATS = 4
# More make the shares of the workers more even.
PARTITIONS = 128
LONGEST_PAUSE = 30.0
# How the drivers call the seconds after which a silent member is none any more.
_LEASE_OPTIONS = {
    "file": ("timeout",),
    "etcd3": ("membership_timeout", "timeout"),
    "redis": ("membership_timeout", "timeout"),
    "zookeeper": ("timeout",),
    "kazoo": ("timeout",),
    "memcached": ("membership_timeout", "timeout"),
}


class _TakenForGone(Exception):
    """The others have seen no heartbeat for a lease."""


class Membership:
    """One member of a group, that knows what is its share; a thread of its own keeps it one.

    Others take a member for gone when its last heartbeat is one lease old. This one counts its lease from before each heartbeat,
    so it stops no later than the others begin, whatever hangs.
    """

    def __init__(self, url: str, group: str, worker: str, lease: int, changed: Callable[[], None]) -> None:
        """Nothing is joined yet; ArgumentError when tooz is missing.

        :param changed: called in the event loop when the members are other ones, or this one is one again.
        """
        try:
            from tooz import coordination, hashring  # noqa: PLC0415 - only those who share targets need it
        except ImportError as exc:
            raise ArgumentError(f"coordination needs the Python library tooz: {exc}") from None
        self._coordination, self._hashring = coordination, hashring
        self._url = with_lease(url, lease)
        self._group = group.encode()
        # A worker of the same name that was killed may still be there.
        self._me = f"{worker}#{secrets.token_hex(4)}".encode()
        self._lease = lease
        self._changed = changed
        self._until = float("-inf")
        self._members: frozenset[bytes] = frozenset()
        self._ring: Any = None
        self._ends = threading.Event()

    @property
    def count(self) -> int:
        """How many members there are, 0 while this is none."""
        return len(self._members) if self.is_member() else 0

    def is_member(self) -> bool:
        """Whether the others take this worker for one of them."""
        return time.monotonic() < self._until

    def is_mine(self, target: Target) -> bool:
        """Whether a target is this worker's share."""
        return self._ring is not None and self._me in self._ring.get_nodes(target.key.encode())

    async def run(self) -> None:
        """Be a member until cancelled."""
        loop = asyncio.get_running_loop()

        def tell(members: frozenset[bytes], until: float) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, nobody listens
                loop.call_soon_threadsafe(self._heard, members, until)

        thread = threading.Thread(target=self._keep, args=(tell,), name="monitor membership", daemon=True)
        thread.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._ends.set()
            # Leaving lets the others begin at once; one that hangs is left behind.
            await asyncio.to_thread(thread.join, 2.0)

    def _heard(self, members: frozenset[bytes], until: float) -> None:
        is_back = not self.is_member()
        self._until = until
        if members != self._members or is_back:
            self._members = members
            self._ring = self._hashring.HashRing(sorted(members), partitions=PARTITIONS)
            logger.info("%d workers share the targets", len(members))
            self._changed()

    def _keep(self, tell: Callable[[frozenset[bytes], float], None]) -> None:
        failures = 0
        while not self._ends.is_set():
            try:
                self._attend(tell)
            except Exception as exc:  # noqa: BLE001 - the store may be away in every way there is, and comes back
                failures += 1
                logger.error("The membership is not sure: %s", str(exc).splitlines()[0] if str(exc) else type(exc).__name__)
                self._ends.wait(min(self._lease / BEATS * failures, LONGEST_PAUSE))
            else:
                failures = 0

    def _attend(self, tell: Callable[[frozenset[bytes], float], None]) -> None:
        """Join, and keep the membership until it ends or the store fails."""
        coordinator = self._coordination.get_coordinator(self._url, self._me)
        coordinator.start(start_heart=False)
        try:
            with contextlib.suppress(self._coordination.GroupAlreadyExist):
                coordinator.create_group(self._group).get(timeout=self._lease)
            began = time.monotonic()
            try:
                coordinator.join_group(self._group).get(timeout=self._lease)
            except self._coordination.MemberAlreadyExist:
                # What is left of an earlier membership would not be kept alive.
                coordinator.leave_group(self._group).get(timeout=self._lease)
                coordinator.join_group(self._group).get(timeout=self._lease)
            while True:
                members = frozenset(coordinator.get_members(self._group).get(timeout=self._lease))
                if self._me not in members:
                    raise _TakenForGone("this worker was taken for gone, and joins again")
                tell(members, began + self._lease)
                if self._ends.wait(self._lease / BEATS):
                    coordinator.leave_group(self._group).get(timeout=1.0)
                    return
                began = time.monotonic()
                coordinator.heartbeat()
        finally:
            with contextlib.suppress(Exception):
                coordinator.stop()


def with_lease(url: str, lease: int) -> str:
    """Return the URL of a store with the lease as its driver calls it; what the URL says itself is left."""
    parts = urllib.parse.urlsplit(url)
    names = _LEASE_OPTIONS.get(parts.scheme.partition("+")[0])
    if not parts.scheme or names is None:
        known = ", ".join(sorted(_LEASE_OPTIONS))
        raise ArgumentError(f"coordination must be the URL of a store of tooz that has groups: {known}")
    given = urllib.parse.parse_qsl(parts.query)
    given += [(name, str(lease)) for name in names if name not in dict(given)]
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(given)))
