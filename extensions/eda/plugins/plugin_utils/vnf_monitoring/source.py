# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All parts together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .arguments import Arguments, check_arguments
from .endpoint import Endpoint
from .engine import Engine
from .files import TargetFile, from_inventory, from_list
from .generations import Generations
from .guard import Guard
from .log import logger
from .membership import Membership
from .outbox import Outbox
from .truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .target import Target

LOOK_AT_FILES = 1.0


class Source:
    """One worker.

    :ivar targets: all there are, of which this worker may have a share.
    """

    def __init__(self, args: Arguments) -> None:
        """Read the files; ValueError when one of them, or what an argument needs, cannot be used."""
        self._args = args
        self.outbox = Outbox(args.worker)
        self.guard = Guard(args.guard_share, args.guard_least)
        self.engine = Engine(
            self.guard, self.outbox.report, remind=args.remind, may_probe=self._may_probe, most_open=args.max_open
        )
        self.truth = Truth(args, self.renew) if args.cloud else None
        self.membership: Membership | None = None
        if args.coordination:
            self.membership = Membership(args.coordination, args.group, args.worker, args.lease, self.assign)
        self.endpoint: Endpoint | None = None
        if args.port is not None:
            self.endpoint = Endpoint(self, args.host, args.port, args.token, args.modules)
        self._generations = Generations()
        self._files = [
            TargetFile(path, read, args.defaults)
            for path, read in ((args.targets_file, from_list), (args.inventory, from_inventory))
            if path is not None
        ]
        self.targets: dict[str, Target] = {}

    def renew(self) -> None:
        """Take in what the feeds have now."""
        found: dict[str, Target] = {}
        from_truth = self.truth.targets if self.truth is not None else []
        for targets in (self._args.targets, *(file.targets for file in self._files), from_truth):
            for target in targets:
                found.setdefault(target.key, target)
        self.targets = {target.key: target for target in self._generations.stamp(found.values())}
        self.assign()

    def assign(self) -> None:
        """Have the engine probe what is this worker's."""
        self.engine.assign(self._mine(), self._args.references)

    def _mine(self) -> Iterable[Target]:
        if self.membership is None:
            return self.targets.values()
        if not self.membership.is_member():
            return ()
        return [target for target in self.targets.values() if self.membership.is_mine(target)]

    def _may_probe(self) -> bool:
        if self.membership is None or self.membership.is_member():
            return True
        # Somebody else finds it out, and tells.
        self.outbox.withdraw()
        return False

    async def run(self, queue: asyncio.Queue[Any]) -> None:
        """Probe until cancelled, or until a part of it fails."""
        self.renew()
        logger.info("%s probes %d targets", self._args.worker, len(self.engine.watched))
        parts = [self.engine.run(), self.outbox.run(queue), self._look_at_files()]
        parts += [part.run() for part in (self.truth, self.membership, self.endpoint) if part is not None]
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)

    async def _look_at_files(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AT_FILES)
            changed = [await asyncio.to_thread(file.has_changed) for file in self._files]
            if any(changed):
                self.renew()


async def run(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Probe until cancelled, and put an event into the queue for each change of a state."""
    checked = check_arguments(args)
    source = await asyncio.to_thread(Source, checked)
    await source.run(queue)
