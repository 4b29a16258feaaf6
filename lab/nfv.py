# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's VNF lifecycle API v2, as far as a VNF's maintenance needs it: read, modify, scale, heal, change the package."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from . import nfv_views as views
from .context import Context
from .nfv_change import check as check_change
from .nfv_ops import Operations, OpOcc
from .nfv_queries import query_of, select
from .state import Vnf
from .web import ApiError, Json, answer, empty, json_body

BASE = "/nfv-orchestration"
ROOT = f"{BASE}/vnflcm/v2"
VERSION = "2.0.0"
HEADERS = {"Version": VERSION, "Accept-Ranges": "none"}
_INSTANCE_HIDDEN = ("vnfConfigurableProperties", "vimConnectionInfo", "instantiatedVnfInfo", "metadata", "extensions")
_OP_OCC_HIDDEN = ("operationParams", "error", "resourceChanges", "changedInfo", "changedExtConnectivity")
_TEXTS = ("vnfInstanceName", "vnfInstanceDescription", "vnfdId")
_MAPS = ("metadata", "extensions", "vnfConfigurableProperties", "vimConnectionInfo")
Endpoint = Callable[[web.Request], Coroutine[Any, Any, web.Response]]


class Tacker:
    """The handlers of /nfv-orchestration."""

    def __init__(self, context: Context, operations: Operations) -> None:
        """Serve the VNFs of a lab; they belong to nobody, as in Tacker."""
        self.context = context
        self.cloud = context.cloud
        self.operations = operations

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        one = f"{ROOT}/vnf_instances/{{id}}"
        occ = f"{ROOT}/vnf_lcm_op_occs"
        bind = self._bind
        return [
            web.get(BASE, self.versions),
            web.get(f"{BASE}/", self.versions),
            web.get(f"{BASE}/vnflcm/api_versions", bind(self.api_versions, False)),
            web.get(f"{ROOT}/api_versions", bind(self.api_versions_v2, False)),
            web.get(f"{ROOT}/vnf_instances", bind(self.instances)),
            web.get(one, bind(self.instance)),
            web.patch(one, bind(self.modify)),
            web.post(f"{one}/scale", bind(self.scale)),
            web.post(f"{one}/heal", bind(self.heal)),
            web.post(f"{one}/change_vnfpkg", bind(self.change_vnfpkg)),
            web.get(occ, bind(self.op_occs)),
            web.get(f"{occ}/{{id}}", bind(self.op_occ)),
            web.post(f"{occ}/{{id}}/retry", bind(self.retry)),
            web.post(f"{occ}/{{id}}/rollback", bind(self.rollback)),
            web.post(f"{occ}/{{id}}/fail", bind(self.fail)),
        ]

    def _bind(self, endpoint: Endpoint, versioned: bool = True) -> Endpoint:
        async def handle(request: web.Request) -> web.Response:
            self.context.tokens.require(request)
            try:
                if versioned:
                    _check_version(request.headers.get("Version"))
                response = await endpoint(request)
            except ApiError as error:
                error.headers.update(HEADERS)
                raise
            response.headers.update(HEADERS)
            return response

        return handle

    # Versions

    async def versions(self, _: web.Request) -> web.Response:
        """Describe the root, which has no version of its own."""
        return answer({"versions": [{"id": "v1.0", "status": "CURRENT", "links": []}]})

    async def api_versions(self, _: web.Request) -> web.Response:
        """List the versions of the lifecycle API."""
        listed = [{"version": "1.3.0", "isDeprecated": False}, {"version": VERSION, "isDeprecated": False}]
        return answer({"uriPrefix": "/vnflcm", "apiVersions": listed})

    async def api_versions_v2(self, _: web.Request) -> web.Response:
        """List the versions below v2."""
        return answer({"uriPrefix": "/vnflcm/v2", "apiVersions": [{"version": VERSION, "isDeprecated": False}]})

    # Instances

    def _vnf(self, request: web.Request) -> Vnf:
        vnf = self.cloud.vnfs.get(request.match_info["id"])
        if vnf is None:
            raise ApiError(404, f"VnfInstance {request.match_info['id']} not found.")
        return vnf

    def _view(self, vnf: Vnf) -> Json:
        return views.instance(self.cloud, vnf, f"{self.context.url}/identity/v3")

    async def instances(self, request: web.Request) -> web.Response:
        """List VNF instances."""
        found = [self._view(vnf) for vnf in self.cloud.vnfs.values()]
        return answer(select(found, query_of(request.raw_path), _INSTANCE_HIDDEN))

    async def instance(self, request: web.Request) -> web.Response:
        """Show a VNF instance."""
        return answer(self._view(self._vnf(request)))

    def _free(self, vnf: Vnf, locks_too: bool) -> None:
        if self.operations.failed(vnf) or (locks_too and self.operations.busy(vnf)):
            raise ApiError(409, f"Other LCM operation of vnfInstance {vnf.id} is in progress.")

    @staticmethod
    def _accepted(occurrence: OpOcc) -> web.Response:
        # The address is Tacker's own, not the catalogue's: only its path is of use.
        return empty(202, {"Location": f"{views.ENDPOINT}/vnflcm/v2/vnf_lcm_op_occs/{occurrence.id}"})

    async def modify(self, request: web.Request) -> web.Response:
        """Begin to modify a VNF's record."""
        body = await _body(request)
        for name in _TEXTS:
            if name in body and not isinstance(body[name], str):
                raise ApiError(400, f"{name}: {body[name]!r} is not of type 'string'")
        for name in _MAPS:
            if name in body and not isinstance(body[name], dict):
                raise ApiError(400, f"{name}: {body[name]!r} is not of type 'object'")
        vnf = self._vnf(request)
        self._free(vnf, True)
        return self._accepted(self.operations.modify(vnf, body))

    async def scale(self, request: web.Request) -> web.Response:
        """Begin to scale; whether another operation runs is not looked at."""
        body = await _body(request)
        for name in ("type", "aspectId"):
            if name not in body:
                raise ApiError(400, f"'{name}' is a required property")
        if body["type"] not in {"SCALE_IN", "SCALE_OUT"}:
            raise ApiError(400, f"type: '{body['type']}' is not one of ['SCALE_OUT', 'SCALE_IN']")
        steps = body.get("numberOfSteps", 1)
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ApiError(400, f"numberOfSteps: {steps!r} is less than the minimum of 1")
        vnf = self._vnf(request)
        self._free(vnf, False)
        aspect = vnf.aspects.get(str(body["aspectId"]))
        if aspect is None:
            raise ApiError(400, f"Invalid aspectId '{body['aspectId']}'.")
        level = aspect.level + (steps if body["type"] == "SCALE_OUT" else -steps)
        if not 0 <= level <= aspect.max_level:
            raise ApiError(400, f"Invalid numberOfSteps '{steps}'.")
        return self._accepted(self.operations.begin(vnf, "SCALE", body))

    async def heal(self, request: web.Request) -> web.Response:
        """Begin to heal: the VNFCs are replaced."""
        body = await _body(request)
        vnf = self._vnf(request)
        self._free(vnf, False)
        known = {f"{vdu}-{key}" for vdu, members in vnf.members.items() for key in members}
        for wanted in body.get("vnfcInstanceId") or []:
            if wanted not in known:
                raise ApiError(400, f"vnfcInstanceId(s) {wanted} does not exist.")
        return self._accepted(self.operations.begin(vnf, "HEAL", body))

    async def change_vnfpkg(self, request: web.Request) -> web.Response:
        """Begin to change the package."""
        body = await _body(request)
        vnf = self._vnf(request)
        self._free(vnf, False)
        check_change(vnf, body)
        return self._accepted(self.operations.begin(vnf, "CHANGE_VNFPKG", body))

    # Op occs

    def _occurrence(self, request: web.Request) -> OpOcc:
        occurrence = self.operations.occurrences.get(request.match_info["id"])
        if occurrence is None:
            raise ApiError(404, f"VnfLcmOpOcc {request.match_info['id']} not found.")
        return occurrence

    def _failed(self, request: web.Request) -> tuple[Vnf, OpOcc]:
        occurrence = self._occurrence(request)
        if occurrence.state != "FAILED_TEMP":
            raise ApiError(409, f"VnfLcmOpOcc {occurrence.id} not FAILED_TEMP.")
        return self.cloud.vnfs[occurrence.vnf_id], occurrence

    async def op_occs(self, request: web.Request) -> web.Response:
        """List op occs."""
        found = [views.op_occ(item, True) for item in self.operations.occurrences.values()]
        return answer(select(found, query_of(request.raw_path), _OP_OCC_HIDDEN))

    async def op_occ(self, request: web.Request) -> web.Response:
        """Show an op occ."""
        return answer(views.op_occ(self._occurrence(request), False))

    async def retry(self, request: web.Request) -> web.Response:
        """Try a failed operation again."""
        self.operations.retry(*self._failed(request))
        return empty(202)

    async def rollback(self, request: web.Request) -> web.Response:
        """Begin to undo a failed operation."""
        self.operations.rollback(*self._failed(request))
        return empty(202)

    async def fail(self, request: web.Request) -> web.Response:
        """Give a failed operation up; nothing but its state changes."""
        _, occurrence = self._failed(request)
        occurrence.enter("FAILED")
        return answer(views.op_occ(occurrence, False))


def _check_version(text: str | None) -> None:
    if text is None:
        raise ApiError(400, "'Version' HTTP header missing.")
    match = re.fullmatch(r"(\d+\.\d+\.\d+)(-impl:\S+)?", text)
    if match is None:
        raise ApiError(400, f"Version String {text} is of invalid format. Must be of format Major.Minor.Patch.")
    if match[1] != VERSION:
        raise ApiError(406, f"Version {text} not supported.")


async def _body(request: web.Request) -> Json:
    if not await request.read():
        raise ApiError(400, "body is missing.")
    return await json_body(request)
