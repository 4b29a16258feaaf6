# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every service of the lab is given: the one set of state, time, tokens, faults and catalogue."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .catalog import Catalog
from .clock import Clock
from .faults import Faults
from .scheduler import Scheduler
from .state import Cloud
from .tokens import Tokens

LOG = logging.getLogger("lab")


class Background:
    """Tasks that outlive the request that began them; they are cancelled when the lab stops."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine and log its failure."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            LOG.error("a task of the lab failed", exc_info=failure)

    async def stop(self) -> None:
        """Cancel everything and wait for it."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True, eq=False)
class Context:
    """The parts of a running lab."""

    cloud: Cloud
    clock: Clock
    tokens: Tokens
    catalog: Catalog
    faults: Faults
    scheduler: Scheduler
    state_dir: Path
    # How often each service was called: "compute GET /compute/v2.1/servers/{id}".
    calls: Counter[str] = field(default_factory=Counter)
    background: Background = field(default_factory=Background)

    @property
    def url(self) -> str:
        """The address below which all services are."""
        return self.catalog.url
