# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's conductor: lifecycle operations on VNFs and how they end."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from typing import Any

from .context import Context
from .life import Life
from .nfv_change import USER_DATA, Changes, OperationFailed
from .nfv_op_occ_views import affected, affected_ports
from .nfv_record import OpOcc, change_package, modify
from .records import Asker
from .state import Aspect, Server, Vdu, Vnf
from .topology import enlist, vnfc

Json = dict[str, Any]

# The conductor waits so many simulated seconds for the lock of an instance.
LOCK_PATIENCE = 10.0
# Between two looks whether an operation that a test holds may go on; real seconds.
HOLD_SECONDS = 0.02


class Operations:
    """Runs operations, one at a time for each VNF."""

    def __init__(self, context: Context, life: Life, changes: Changes) -> None:
        """Work on the VNFs of a lab."""
        self.context = context
        self.cloud = context.cloud
        self.clock = context.clock
        self.life = life
        self.changes = changes
        self.occurrences: dict[str, OpOcc] = {}
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        for vnf in self.cloud.vnfs.values():
            made = self.new(vnf, "INSTANTIATE", {"flavourId": "default", "additionalParams": USER_DATA})
            made.grant_id = self.cloud.new_id()
            made.enter("COMPLETED")

    def new(self, vnf: Vnf, operation: str, params: Json) -> OpOcc:
        """Record an operation."""
        occurrence = OpOcc(self.cloud.new_id(), vnf.id, operation, params)
        self.occurrences[occurrence.id] = occurrence
        return occurrence

    def busy(self, vnf: Vnf) -> bool:
        """Whether somebody holds the lock of a VNF."""
        return self._locks[vnf.id].locked()

    def failed(self, vnf: Vnf) -> bool:
        """Whether an operation of a VNF waits for a decision."""
        return any(item.vnf_id == vnf.id and item.state == "FAILED_TEMP" for item in self.occurrences.values())

    def begin(self, vnf: Vnf, operation: str, params: Json) -> OpOcc:
        """Begin to scale, to heal, or to change the package."""
        occurrence = self.new(vnf, operation, params)
        self.context.background.start(self._run(vnf, occurrence))
        return occurrence

    def retry(self, vnf: Vnf, occurrence: OpOcc) -> None:
        """Try a failed operation again with its old request."""
        self.context.background.start(self._run(vnf, occurrence))

    def rollback(self, vnf: Vnf, occurrence: OpOcc) -> None:
        """Begin to undo a failed operation."""
        self.context.background.start(self._rollback(vnf, occurrence))

    async def _run(self, vnf: Vnf, occurrence: OpOcc) -> None:
        lock = self._locks[vnf.id]
        try:
            await asyncio.wait_for(lock.acquire(), self.clock.real(LOCK_PATIENCE))
        except TimeoutError:
            # As in Tacker: it stays STARTING for good, and nobody is told.
            return
        try:
            await self._work(vnf, occurrence)
            if occurrence.state == "COMPLETED":
                # Tacker says so before it lets the lock go.
                await self.clock.pause(float(self.cloud.options["busy_after_completion"]))
        finally:
            lock.release()

    async def _work(self, vnf: Vnf, occurrence: OpOcc) -> None:
        duration = self.cloud.durations["scale"]
        await self.clock.pause(duration * 0.1)
        occurrence.grant_id = occurrence.grant_id or self.cloud.new_id()
        occurrence.enter("PROCESSING")
        work = {"SCALE": self._scale, "HEAL": self._heal, "CHANGE_VNFPKG": self._change}[occurrence.operation]
        try:
            await self._hold(vnf, occurrence)
            await work(vnf, occurrence)
            await self.clock.pause(duration * 0.9)
        except OperationFailed as failure:
            occurrence.stop(str(failure))
            return
        occurrence.error = None
        occurrence.enter("COMPLETED")

    async def _hold(self, vnf: Vnf, occurrence: OpOcc) -> None:
        faults = self.context.faults
        fault = faults.strike("operation_hold", vnf=(vnf.id, vnf.name), operation=occurrence.operation)
        while fault is not None and faults.holds(fault):
            # In real time: whoever holds it decides when it goes on.
            await asyncio.sleep(HOLD_SECONDS)

    # Scaling

    async def _scale(self, vnf: Vnf, occurrence: OpOcc) -> None:
        aspect = vnf.aspects[occurrence.params["aspectId"]]
        steps = int(occurrence.params.get("numberOfSteps", 1))
        if occurrence.params["type"] == "SCALE_IN":
            leaving = self.newest(vnf, aspect, steps * aspect.step)
            for server in leaving:
                vdu = next(name for name, members in vnf.members.items() if server.id in members)
                vnf.left[vdu, vnf.indexes[server.id]] = server.flavor.name
                occurrence.ports += affected_ports(self.cloud, server, "REMOVED")
            await self._remove(vnf, leaving, occurrence)
            aspect.level -= steps
        else:
            await self._discard(occurrence.unfinished)
            occurrence.unfinished = []
            await self._add(vnf, aspect, steps * aspect.step, occurrence)
            aspect.level += steps

    def newest(self, vnf: Vnf, aspect: Aspect, number: int) -> list[Server]:
        """Return the VNFCs that a scale in takes: those with the highest indexes."""
        ids = [item for vdu in _scaled(vnf, aspect) for item in vnf.members.get(vdu.name, [])]
        ids.sort(key=lambda item: vnf.indexes[item], reverse=True)
        return [self.cloud.servers[item] for item in ids[:number]]

    async def _remove(self, vnf: Vnf, leaving: list[Server], occurrence: OpOcc) -> None:
        for server in leaving:
            occurrence.affected.append(affected(self.cloud, vnf, server, "REMOVED"))
        await self._discard(leaving)

    async def _discard(self, servers: list[Server]) -> None:
        for server in servers:
            if server.id in self.cloud.servers:
                self.life.delete(server, Asker.internal(server))
        await self._until(lambda: not any(server.id in self.cloud.servers for server in servers))

    async def _add(self, vnf: Vnf, aspect: Aspect, number: int, occurrence: OpOcc) -> None:
        vdu = _scaled(vnf, aspect)[0]
        first = max((vnf.indexes[item] for item in vnf.members.get(vdu.name, [])), default=-1) + 1
        made: list[tuple[int, Server]] = []
        for index in range(first, first + number):
            new = vnfc(self.cloud, vnf, vdu, index)
            owner = Asker(f"req-{self.cloud.new_id()}", vnf.project_id, vnf.user_id)
            made.append((index, self.life.boot(new, owner)))
        occurrence.unfinished = [server for _, server in made]
        await self._built(occurrence.unfinished, vdu)
        occurrence.unfinished = []
        for index, server in made:
            enlist(vnf, vdu, server, index)
            occurrence.affected.append(affected(self.cloud, vnf, server, "ADDED"))
            occurrence.ports += affected_ports(self.cloud, server, "ADDED")

    async def _built(self, servers: list[Server], vdu: Vdu) -> None:
        await self._until(lambda: all(server.vm_state != "building" for server in servers))
        for server in servers:
            if server.vm_state == "error":
                message = (server.fault or {}).get("message", "")
                raise OperationFailed(
                    f"Resource CREATE failed: ResourceInError: resources.{vdu.name}: Went to status ERROR due to "
                    f'"Message: {message}, Code: 500"'
                )

    async def _until(self, done: Any) -> None:
        while not done():
            await self.clock.pause(0.05)

    # Healing

    async def _heal(self, vnf: Vnf, occurrence: OpOcc) -> None:
        wanted = occurrence.params.get("vnfcInstanceId")
        for name, members in vnf.members.items():
            vdu = vnf.vdus[name]
            for server_id in list(members):
                if wanted is None or f"{name}-{server_id}" in wanted:
                    await self._replace(vnf, vdu, self.cloud.servers[server_id], occurrence)

    async def _replace(self, vnf: Vnf, vdu: Vdu, old: Server, occurrence: OpOcc) -> None:
        index = vnf.indexes[old.id]
        await self._remove(vnf, [old], occurrence)
        # The stack keeps its parameters, the flavor among them.
        new = self.life.boot(replace(vnfc(self.cloud, vnf, vdu, index), flavor=old.flavor), Asker.internal(old))
        occurrence.unfinished = [new]
        await self._built([new], vdu)
        occurrence.unfinished = []
        enlist(vnf, vdu, new, index)
        occurrence.affected.append(affected(self.cloud, vnf, new, "ADDED"))

    # Changing the package

    async def _change(self, vnf: Vnf, occurrence: OpOcc) -> None:
        vnfd_id = await self.changes.change(vnf, occurrence.params, occurrence.replaced)
        for server_id in occurrence.replaced:
            occurrence.affected.append(affected(self.cloud, vnf, self.cloud.servers[server_id], "MODIFIED"))
        occurrence.triggered = change_package(vnf, occurrence.params, vnfd_id)

    # Rollback and changes of the record

    async def _rollback(self, vnf: Vnf, occurrence: OpOcc) -> None:
        async with self._locks[vnf.id]:
            occurrence.enter("ROLLING_BACK")
            await self.clock.pause(self.cloud.durations["scale"] * 0.2)
            if occurrence.operation == "HEAL" or occurrence.params.get("type") == "SCALE_IN":
                name = "SCALE_IN" if occurrence.operation == "SCALE" else occurrence.operation
                occurrence.error = {
                    "title": "Rollback not supported",
                    "status": 422,
                    "detail": f"Rollback of {name} is not supported.",
                }
                occurrence.enter("FAILED_TEMP")
                return
            await self._discard(occurrence.unfinished)
            try:
                await self.changes.undo(occurrence.replaced)
            except OperationFailed as failure:
                occurrence.stop(str(failure))
                return
            occurrence.unfinished = []
            occurrence.affected, occurrence.ports = [], []
            occurrence.enter("ROLLED_BACK")

    def modify(self, vnf: Vnf, body: Json) -> OpOcc:
        """Begin to change a VNF's record."""
        occurrence = self.new(vnf, "MODIFY_INFO", body)
        occurrence.enter("PROCESSING")
        self.context.background.start(self._modify(vnf, occurrence))
        return occurrence

    async def _modify(self, vnf: Vnf, occurrence: OpOcc) -> None:
        async with self._locks[vnf.id]:
            await self.clock.pause(self.cloud.durations["scale"] * 0.1)
            occurrence.changed_info = modify(vnf, occurrence.params)
            occurrence.enter("COMPLETED")
            await self.clock.pause(float(self.cloud.options["busy_after_completion"]))


def _scaled(vnf: Vnf, aspect: Aspect) -> list[Vdu]:
    return [vdu for vdu in vnf.vdus.values() if vdu.aspect == aspect.name]
