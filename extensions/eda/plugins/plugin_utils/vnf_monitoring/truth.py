# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets from the VNF manager, through a process of this collection beside the source."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ArgumentError
from .log import logger
from .target import Target, read_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .arguments import Arguments

COMMAND = (sys.executable, "-m", "ansible_collections.nfv.maintenance.plugins.plugin_utils._monitoring.targets")
SETTINGS = ("cloud", "region_name", "policy", "policies", "reconcile", "defaults")
LONGEST_LINE = 256 * 1024 * 1024
LONGEST_BACK_OFF = 30.0


class Truth:
    """Keeps the process running, and the targets that it found last.

    While it, or the VNF manager, is away, the targets stay what they were.

    :ivar read_at: when the VNF manager was read last, by ``time.monotonic``; None before.
    :ivar unusable: why a VNF is not monitored, by its id.
    """

    def __init__(self, args: Arguments, changed: Callable[[], None]) -> None:
        """Find the collection; ValueError when it cannot be imported.

        :param changed: called when there are other targets.
        """
        self._args = args
        self._changed = changed
        self._path = str(importlib.import_module("nfv_maintenance_intake.answering").import_root(Path(__file__)))
        self._process: asyncio.subprocess.Process | None = None
        self.targets: list[Target] = []
        self.unusable: dict[str, str] = {}
        self.read_at: float | None = None

    def look(self) -> None:
        """Have the VNF manager read at once."""
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(b'{"look":true}\n')

    async def run(self) -> None:
        """Keep the process running until cancelled."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._attend()
                reason = "it ended"
            except (OSError, ValueError) as exc:
                reason = str(exc)
            failures = 1 if time.monotonic() - began > LONGEST_BACK_OFF else failures + 1
            pause = min(2.0 ** min(failures - 1, 10), LONGEST_BACK_OFF)
            logger.error("The process that reads the VNF manager is started again in %g s: %s", pause, reason)
            await asyncio.sleep(pause)

    async def _attend(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [self._path, os.environ.get("PYTHONPATH")]))}
        process = await asyncio.create_subprocess_exec(
            *COMMAND, env=environment, limit=LONGEST_LINE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            if process.stdin is None or process.stdout is None:
                raise ValueError("it cannot be talked to")
            settings = {name: getattr(self._args, name) for name in SETTINGS}
            process.stdin.write(json.dumps({"settings": settings}).encode() + b"\n")
            self._process = process
            while line := await process.stdout.readline():
                self._hear(json.loads(line))
        finally:
            self._process = None
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _hear(self, said: Mapping[str, Any]) -> None:
        if "away" in said:
            logger.warning("The targets stay as they were: %s", said["away"])
            return
        self.read_at = time.monotonic()
        if "targets" not in said:
            return
        targets: dict[str, Target] = {}
        unusable = dict(said["unusable"])
        for one in said["targets"]:
            try:
                target = read_target(one, {})
            except ArgumentError as exc:
                unusable[one["vnf"]["id"]] = str(exc)
            else:
                targets[target.key] = target
        for vnf_id, reason in unusable.items():
            if self.unusable.get(vnf_id) != reason:
                logger.error("VNF %s, or a part of it, is not monitored: %s", vnf_id, reason)
        self.unusable = unusable
        self.targets = list(targets.values())
        self._changed()
