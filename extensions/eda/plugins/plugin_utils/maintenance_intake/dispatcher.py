# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands on what the journal holds, in batches, to the rulebook."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING, Any

from . import handing_on
from .log import logger
from .writer import JournalBroken, JournalUnavailable, Writer

if TYPE_CHECKING:
    from .arguments import Arguments
    from .capabilities import Capabilities
    from .counters import Counters

# After this long without a batch the first message of the next one has somebody waiting for it and nobody to wait for.
QUIET = 1.0
PURGE_EVERY = 60.0
LONGEST_WAIT = 60.0
# Another listener that shares the journal tells nobody of what it did.
LONGEST_WAIT_SHARED = 1.0
MAX_REJECTED = 1000
REJECTED_IN_EVENT = 100


class Dispatcher:
    """The only one that puts something into the rulebook's queue."""

    def __init__(self, args: Arguments, writer: Writer, counters: Counters, capabilities: Capabilities, shared: bool) -> None:
        """Start with nothing announced."""
        self._args = args
        self._writer = writer
        self._counters = counters
        self._capabilities = capabilities
        self._longest_wait = LONGEST_WAIT_SHARED if shared else LONGEST_WAIT
        self._rejected: deque[dict[str, str]] = deque(maxlen=MAX_REJECTED)
        self._changed = asyncio.Event()
        self._announced = 0
        self._awaited = 1
        self._last_put = -QUIET
        self.rules = handing_on.Rules(
            listener=args.listener,
            confirm=args.confirm,
            handling_timeout=args.handling_timeout,
            max_attempts=args.max_attempts,
            max_batch=args.max_batch,
            max_batch_size=4 * args.max_body,
            retention=args.retention,
            retention_rows=args.retention_rows,
        )

    def announce(self) -> None:
        """Say that the journal has one more to hand on."""
        self._announced += 1
        if self._announced >= self._awaited:
            self._changed.set()

    def wake(self) -> None:
        """Say that something else in the journal has changed."""
        self._changed.set()

    def reject(self, reason: str, message_id: str) -> None:
        """Have the rulebook told of a webhook that cannot be used."""
        self._rejected.append({"reason": reason, "message_id": message_id})
        self._changed.set()

    async def run(self, queue: asyncio.Queue[Any], url: str) -> None:
        """Hand on until cancelled; ``url`` is where the handlers report."""
        purged_at = -PURGE_EVERY
        clock = asyncio.get_running_loop().time
        while True:
            try:
                if clock() - purged_at >= PURGE_EVERY:
                    more = await self._writer.do(handing_on.purge, self.rules)
                    purged_at = clock() - (PURGE_EVERY if more else 0)
                await self._turn(queue, url)
            except JournalBroken as exc:
                raise RuntimeError(f"the journal cannot be used any more ({exc}); it is checked at the next start") from None
            except JournalUnavailable:
                await asyncio.sleep(1)

    async def _turn(self, queue: asyncio.Queue[Any], url: str) -> None:
        self._changed.clear()
        self._announced = 0
        agenda = await self._writer.do(handing_on.agenda, self.rules)
        for dropped in agenda.dropped:
            self._counters.add("dropped_total")
            about = (dropped.state, dropped.session_id, dropped.id)
            logger.error("Dropped %s of session %s (delivery %s): %s", *about, dropped.reason)
        now = agenda.now
        wait = min(self._longest_wait, max(agenda.next_at - now, 0.0) if agenda.next_at is not None else self._longest_wait)
        may_hand_on = agenda.ready and (not self._args.confirm or agenda.untaken < self._args.max_batches)
        if may_hand_on:
            clock = asyncio.get_running_loop().time
            is_first = clock() - self._last_put >= QUIET
            opened_for = self._args.batch_window_first if is_first else self._args.batch_window
            left = agenda.ready_since + opened_for - now
            if left <= 0 or agenda.ready >= self._args.max_batch:
                await self._hand_on(queue, url)
                return
            wait = min(wait, left)
        if self._rejected:
            await queue.put({"maintenance": {"messages": [], "rejected": self._take_rejected()}})
            return
        # While a batch is open only its end or its last place is of interest.
        await self._sleep(wait, self._args.max_batch - agenda.ready if may_hand_on else 1)

    async def _sleep(self, seconds: float, awaited: int) -> None:
        self._awaited = awaited
        if self._announced >= awaited:
            return
        with contextlib.suppress(TimeoutError):
            # Before Python 3.12 wait_for may miss that it is cancelled.
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _hand_on(self, queue: asyncio.Queue[Any], url: str) -> None:
        batch = await self._writer.do(handing_on.take, self.rules)
        if not batch.deliveries:
            return
        messages = [self._message(delivery, url) for delivery in batch.deliveries]
        await queue.put({"maintenance": {"messages": messages, "rejected": self._take_rejected()}})
        self._last_put = asyncio.get_running_loop().time()
        await self._writer.do(handing_on.handed_on, (batch.id, self.rules))
        self._counters.add("handed_on_total", len(messages))
        self._counters.add("handed_on_again_total", sum(delivery.attempt > 1 for delivery in batch.deliveries))

    def _message(self, delivery: handing_on.Delivery, url: str) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(delivery.message)
        vnf_ids = json.loads(delivery.vnf_ids)
        key = self._capabilities.key(delivery.id, delivery.attempt)
        about = {"id": delivery.id, "attempt": delivery.attempt, "key": key, "url": f"{url}/v1.0/deliveries/{delivery.id}"}
        return {**message, "vnf_ids": vnf_ids, "delivery": about}

    def _take_rejected(self) -> list[dict[str, str]]:
        return [self._rejected.popleft() for _number in range(min(len(self._rejected), REJECTED_IN_EVENT))]
