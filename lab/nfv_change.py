# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's change of the current VNF package: another descriptor, other flavors; links and images are not looked at."""

from __future__ import annotations

from typing import Any

from .context import Context
from .moves import Mover
from .records import Asker
from .state import Flavor, Release, Server, Vnf
from .web import ApiError

Json = dict[str, Any]

# With which a VNF of the lab is instantiated, and without which Tacker changes no stack.
USER_DATA = {
    "lcm-operation-user-data": "./UserData/userdata_standard.py",
    "lcm-operation-user-data-class": "StandardUserData",
}


class OperationFailed(Exception):
    """An operation on the servers of a VNF failed."""


def check(vnf: Vnf, body: Json) -> None:
    """Refuse a request that Tacker would refuse."""
    if "additionalParams" not in body:
        raise ApiError(400, "Change Current VNF Package operation must have 'additionalParams'")
    params = body["additionalParams"]
    if params.get("upgrade_type") != "RollingUpdate":
        raise ApiError(400, f"not support upgrade_type {params.get('upgrade_type', '')}")
    if params.get("vdu_params") is None:
        raise ApiError(400, "'vdu_params' must exist in additionalParams")
    for vdu_param in params["vdu_params"]:
        if "vdu_id" not in vdu_param:
            raise ApiError(400, "If you set vdu_params in additionalParams, youmust set vdu_id for each element.")
        if not vnf.members.get(str(vdu_param.get("vdu_id"))):
            raise ApiError(400, f"vdu_id '{vdu_param.get('vdu_id')}' does not exist.")
    if release_of(vnf, str(body["vnfdId"])) is None:
        raise ApiError(422, f"VnfPackage of vnfdId {body['vnfdId']} is not found or not operational.")


def release_of(vnf: Vnf, vnfd_id: str) -> Release | None:
    """Return the package of a VNF with this descriptor."""
    return next((item for item in vnf.releases if item.vnfd_id == vnfd_id), None)


class Changes:
    """What Heat does for a change: it resizes one server after the other, and confirms each."""

    def __init__(self, context: Context, mover: Mover) -> None:
        """Change the VNFs of a lab."""
        self.cloud = context.cloud
        self.clock = context.clock
        self.mover = mover

    async def change(self, vnf: Vnf, body: Json, before: dict[str, Flavor]) -> str:
        """Reach what a request wants, and return the id of the descriptor that it is.

        :param before: takes the flavor that each server had that is changed.
        """
        params = body["additionalParams"]
        release = release_of(vnf, body["vnfdId"])
        if release is None:
            raise OperationFailed(f"VnfPackage not found by VNFD ID {body['vnfdId']}.")
        if set(USER_DATA) <= set(params):
            direct = (params.get("nfv") or {}).get("VDU") or {}
            for vdu_param in params["vdu_params"]:
                name = vdu_param["vdu_id"]
                for server_id in reversed(list(vnf.members[name])):
                    wanted = direct.get(f"{name}-{vnf.indexes[server_id]}") or {}
                    reference = wanted.get("computeFlavourId", release.flavors[name])
                    await self._resize(self.cloud.servers[server_id], reference, before)
                vnf.vdus[name].flavor = release.flavors[name]
        return release.vnfd_id

    async def undo(self, before: dict[str, Flavor]) -> None:
        """Give servers their flavors back."""
        for server_id, flavor in before.items():
            if server_id in self.cloud.servers:
                await self._resize(self.cloud.servers[server_id], flavor.id, {})

    async def _resize(self, server: Server, reference: str, before: dict[str, Flavor]) -> None:
        flavor = self.cloud.flavor_named(reference)
        if flavor is None:
            raise OperationFailed(f"Property error: : resources.{server.name}.properties.flavor: : Flavor {reference} not found.")
        if flavor is server.flavor:
            return
        had = server.flavor
        await self._rest(server)
        self.mover.cold(server, None, Asker.internal(server), flavor)
        await self._rest(server)
        if server.vm_state != "resized":
            raise OperationFailed(f"Resizing to '{flavor.name}' failed, status '{server.vm_state.upper()}'")
        before.setdefault(server.id, had)
        self.mover.confirm(server, Asker.internal(server))
        while server.vm_state == "resized":
            await self.clock.pause(0.05)

    async def _rest(self, server: Server) -> None:
        while server.task_state is not None:
            await self.clock.pause(0.05)
        if server.id not in self.cloud.servers:
            raise OperationFailed(f"The server {server.id} could not be found.")
