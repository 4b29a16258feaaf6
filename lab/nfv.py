# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's VNF lifecycle API v2, as far as a VNF's maintenance needs it: read, modify, scale, heal, change the package."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from . import nfv_requests as requests
from . import nfv_views as views
from .context import Context
from .nfv_change import check as check_change
from .nfv_change import release_of
from .nfv_op_occ_views import OP_OCCS, op_occ
from .nfv_ops import Operations
from .nfv_queries import Listed, page, query_of, select
from .nfv_record import OpOcc
from .state import Vnf
from .web import ApiError, Json, answer, empty

BASE = "/nfv-orchestration"
ROOT = f"{BASE}/vnflcm/v2"
VERSION = "2.0.0"
HEADERS = {"Version": VERSION, "Accept-Ranges": "none"}
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
            broken = await requests.unreadable(request)
            if broken is not None:
                return broken
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

    def _listed(self, request: web.Request, found: list[Json], listed: Listed) -> web.Response:
        selected = select(found, query_of(request.raw_path), listed)
        shown, following = page(selected, request, int(self.cloud.options["tacker_page_size"]))
        return answer(shown, headers={"Link": f'<{self.context.url}{following}>;rel="next"'} if following else None)

    async def instances(self, request: web.Request) -> web.Response:
        """List VNF instances."""
        return self._listed(request, [self._view(vnf) for vnf in self.cloud.vnfs.values()], views.INSTANCES)

    async def instance(self, request: web.Request) -> web.Response:
        """Show a VNF instance."""
        return answer(self._view(self._vnf(request)))

    def _free(self, vnf: Vnf, locks_too: bool) -> None:
        if self.operations.failed(vnf) or (locks_too and self.operations.busy(vnf)):
            raise _in_progress(vnf)

    @staticmethod
    def _begun(occurrence: OpOcc) -> web.Response:
        # The address is Tacker's own, not the catalogue's: only its path is of use.
        return _accepted({"Location": f"{views.ENDPOINT}/vnflcm/v2/vnf_lcm_op_occs/{occurrence.id}"})

    async def modify(self, request: web.Request) -> web.Response:
        """Begin to modify a VNF's record."""
        body = await requests.body_of(request, requests.MODIFY)
        vnf = self._vnf(request)
        self._free(vnf, True)
        if "vnfdId" in body and release_of(vnf, body["vnfdId"]) is None:
            raise ApiError(422, f"VnfPackage of vnfdId {body['vnfdId']} is not found or not operational.")
        return self._begun(self.operations.modify(vnf, body))

    async def scale(self, request: web.Request) -> web.Response:
        """Begin to scale; whether another operation runs is not looked at."""
        body = await requests.body_of(request, requests.SCALE)
        steps = body.setdefault("numberOfSteps", 1)
        vnf = self._vnf(request)
        self._free(vnf, False)
        aspect = vnf.aspects.get(body["aspectId"])
        if aspect is None:
            raise ApiError(400, f"Invalid aspectId '{body['aspectId']}'.")
        level = aspect.level + (steps if body["type"] == "SCALE_OUT" else -steps)
        if not 0 <= level <= aspect.max_level:
            raise ApiError(400, f"Invalid numberOfSteps '{steps}'.")
        return self._begun(self.operations.begin(vnf, "SCALE", body))

    async def heal(self, request: web.Request) -> web.Response:
        """Begin to heal: the VNFCs are replaced."""
        body = await requests.body_of(request, requests.HEAL)
        vnf = self._vnf(request)
        self._free(vnf, False)
        known = {f"{vdu}-{key}" for vdu, members in vnf.members.items() for key in members}
        for wanted in body.get("vnfcInstanceId", ()):
            if wanted not in known:
                raise ApiError(400, f"vnfcInstanceId({wanted}) does not exist.")
        return self._begun(self.operations.begin(vnf, "HEAL", body))

    async def change_vnfpkg(self, request: web.Request) -> web.Response:
        """Begin to change the package."""
        body = await requests.body_of(request, requests.CHANGE)
        vnf = self._vnf(request)
        self._free(vnf, True)
        check_change(vnf, body)
        return self._begun(self.operations.begin(vnf, "CHANGE_VNFPKG", body))

    # Op occs

    def _occurrence(self, request: web.Request) -> OpOcc:
        occurrence = self.operations.occurrences.get(request.match_info["id"])
        if occurrence is None:
            raise ApiError(404, f"VnfLcmOpOcc {request.match_info['id']} not found.")
        return occurrence

    def _failed(self, request: web.Request) -> tuple[Vnf, OpOcc]:
        occurrence = self._occurrence(request)
        vnf = self.cloud.vnfs[occurrence.vnf_id]
        if self.operations.busy(vnf):
            raise _in_progress(vnf)
        if occurrence.state != "FAILED_TEMP":
            raise ApiError(409, f"LCM operation {occurrence.id} not FAILED_TEMP.")
        return vnf, occurrence

    async def op_occs(self, request: web.Request) -> web.Response:
        """List op occs."""
        found = [op_occ(item, True) for item in self.operations.occurrences.values()]
        return self._listed(request, found, OP_OCCS)

    async def op_occ(self, request: web.Request) -> web.Response:
        """Show an op occ."""
        return answer(op_occ(self._occurrence(request), False))

    async def retry(self, request: web.Request) -> web.Response:
        """Try a failed operation again."""
        self.operations.retry(*self._failed(request))
        return _accepted({})

    async def rollback(self, request: web.Request) -> web.Response:
        """Begin to undo a failed operation."""
        self.operations.rollback(*self._failed(request))
        return _accepted({})

    async def fail(self, request: web.Request) -> web.Response:
        """Give a failed operation up; nothing but its state changes."""
        _, occurrence = self._failed(request)
        occurrence.enter("FAILED")
        return answer(op_occ(occurrence, False))


def _check_version(text: str | None) -> None:
    if text is None:
        raise ApiError(400, "'Version' HTTP header missing.")
    match = re.fullmatch(r"(\d+\.\d+\.\d+)(-impl:\S+)?", text)
    if match is None:
        raise ApiError(400, f"Version String {text} is of invalid format. Must be of format Major.Minor.Patch.")
    if match[1] != VERSION:
        raise ApiError(406, f"Version {text} not supported.")


def _accepted(headers: dict[str, str]) -> web.Response:
    # It names a type for what it does not send.
    return empty(202, {"Content-Type": "application/json", **headers})


def _in_progress(vnf: Vnf) -> ApiError:
    return ApiError(409, f"Other LCM operation of vnfInstance {vnf.id} is in progress.")
