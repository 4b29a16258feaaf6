# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tacker's VNF packages, version 1, to be read: those of each VNF, with the descriptors that would make it."""

from __future__ import annotations

import hashlib
import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from .context import Context
from .nfv_queries import Listed, cut, query_of
from .state import Cloud, Release, Vdu, Vnf
from .web import PACKAGES, ApiError, answer

Json = dict[str, Any]
Package = tuple[Vnf, Release]
Endpoint = Callable[[web.Request, Package], Coroutine[Any, Any, web.Response]]

ROOT = "/nfv-orchestration/vnfpkgm/v1/vnf_packages"
FLAVOUR = "default"
_LISTED = Listed(("softwareImages", "additionalArtifacts", "userDefinedData", "checksum"))
_FIELDS = frozenset({
    "id", "vnfdId", "vnfProvider", "vnfProductName", "vnfSoftwareVersion", "vnfdVersion", "onboardingState", "operationalState",
    "usageState", "checksum", "softwareImages", "additionalArtifacts", "userDefinedData",
})  # fmt: skip
_NFV = "tosca.policies.nfv."
_META = "TOSCA-Meta-File-Version: 1.0\nCSAR-Version: 1.1\nCreated-by: lab\nEntry-Definitions: Definitions/vnfd.yaml\n"
_TOSCA = {"tosca_definitions_version": "tosca_simple_yaml_1_2"}


class Packages:
    """The handlers of /vnfpkgm/v1; a package belongs to the project of its VNF, and to others it does not exist."""

    def __init__(self, context: Context) -> None:
        """Show the packages of the VNFs of a lab."""
        self.context = context
        self.cloud = context.cloud

    def routes(self) -> list[web.RouteDef]:
        """Return what is served where."""
        return [
            web.get(ROOT, self.packages),
            web.get(f"{ROOT}/{{id}}", self._one(self.package)),
            web.get(f"{ROOT}/{{id}}/vnfd", self._one(self.vnfd)),
        ]

    def _visible(self, request: web.Request) -> list[Package]:
        token = self.context.tokens.require(request)
        project_id = token.project.id if token.project else None
        vnfs = [vnf for vnf in self.cloud.vnfs.values() if vnf.package and (token.is_admin or vnf.project_id == project_id)]
        return [(vnf, release) for vnf in vnfs for release in vnf.releases]

    def _one(self, endpoint: Endpoint) -> Callable[[web.Request], Coroutine[Any, Any, web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            wanted = request.match_info["id"]
            for package in self._visible(request):
                if package_id(package[1]) == wanted:
                    return await endpoint(request, package)
            raise ApiError(404, f"Can not find requested vnf package: {wanted}", PACKAGES)

        return handle

    async def packages(self, request: web.Request) -> web.Response:
        """List VNF packages."""
        found = [self._view(package) for package in self._visible(request)]
        query = query_of(request.raw_path)
        for operation, name, values in _rules(query.get("filter", "")):
            kept = operation in {"eq", "in"}
            found = [item for item in found if (str(item.get(name)) in values) is kept]
        return answer(cut(found, query, _LISTED))

    async def package(self, _: web.Request, package: Package) -> web.Response:
        """Show a VNF package."""
        return answer(self._view(package))

    async def vnfd(self, request: web.Request, package: Package) -> web.Response:
        """Send the descriptor; it has several files, and so comes as an archive only."""
        accepted = request.headers.get("Accept", "")
        if "text/plain" in accepted and "application/zip" not in accepted:
            why = "VNFD is implemented as multiple yaml files, Accept header should be 'application/zip'."
            raise ApiError(400, why, PACKAGES)
        if "application/zip" not in accepted:
            wanted = "it should be one of these values: application/zip,text/plain"
            raise ApiError(406, f"Accept header {accepted} is invalid, {wanted}", PACKAGES)
        return web.Response(body=archive(self.cloud, *package), content_type="application/zip")

    def _view(self, package: Package) -> Json:
        vnf, release = package
        own = f"/vnfpkgm/v1/vnf_packages/{package_id(release)}"
        return {
            "id": package_id(release),
            "vnfdId": release.vnfd_id,
            "vnfProvider": "Lab",
            "vnfProductName": vnf.name,
            "vnfSoftwareVersion": release.version,
            "vnfdVersion": release.version,
            "checksum": {"algorithm": "sha512", "hash": hashlib.sha512(archive(self.cloud, *package)).hexdigest()},
            "onboardingState": "ONBOARDED",
            "operationalState": "ENABLED",
            "usageState": "IN_USE" if release.vnfd_id == vnf.vnfd_id else "NOT_IN_USE",
            "userDefinedData": {},
            "_links": {"self": {"href": own}, "packageContent": {"href": f"{own}/package_content"}},
        }


def _rules(text: str) -> list[tuple[str, str, list[str]]]:
    """Read a filter; of the operations only (in)equality is here."""
    found = []
    for rule in filter(None, text.split(";")):
        match = re.fullmatch(r"\((eq|neq|in|nin),([^,]+),(.+)\)", rule)
        if match is None:
            raise ApiError(400, f"Failed to understand filter {rule}", PACKAGES)
        operation, name, values = match.groups()
        if name not in _FIELDS:
            raise ApiError(400, f"Rule '{rule[1:-1]}' contains invalid attribute name '{name}'", PACKAGES)
        found.append((operation, name, [value.strip("'") for value in values.split(",")]))
    return found


def package_id(release: Release) -> str:
    """Return the id of a package; it is made from the descriptor's, which is made from the seed."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, release.vnfd_id))


def archive(cloud: Cloud, vnf: Vnf, release: Release) -> bytes:
    """Return the descriptor of a VNF as a ZIP file; JSON is YAML too."""
    files = {
        "TOSCA-Metadata/TOSCA.meta": _META,
        "Definitions/vnfd.yaml": json.dumps({**_TOSCA, "imports": ["flavour.yaml"], **_vnf(vnf, release)}),
        "Definitions/flavour.yaml": json.dumps({**_TOSCA, **_flavour(cloud, vnf, release)}),
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            # With a fixed time, so that the checksum stays the same.
            packed.writestr(zipfile.ZipInfo(name), text)
    return written.getvalue()


def _vnf(vnf: Vnf, release: Release) -> Json:
    properties = {
        "descriptor_id": release.vnfd_id,
        "provider": "Lab",
        "product_name": vnf.name,
        "software_version": release.version,
        "descriptor_version": release.version,
        "flavour_id": FLAVOUR,
    }
    return {"topology_template": {"node_templates": {"VNF": {"type": "tosca.nodes.nfv.VNF", "properties": properties}}}}


def _flavour(cloud: Cloud, vnf: Vnf, release: Release) -> Json:
    nodes = {name: _vdu(vdu, release.flavors[name]) for name, vdu in vnf.vdus.items()}
    points = {
        f"{name}-cp": {"type": "tosca.nodes.nfv.VduCp", "requirements": [{"virtual_binding": name}]} for name in vnf.vdus
    }
    return {
        "topology_template": {
            "substitution_mappings": {"node_type": "tosca.nodes.nfv.VNF", "properties": {"flavour_id": FLAVOUR}},
            "node_templates": {**nodes, **points},
            "policies": [*_scaling(cloud, vnf), *vnf.policies],
        }
    }


def _vdu(vdu: Vdu, flavor: str) -> Json:
    wanted = {"requested_additional_capability_name": flavor}
    compute = {"properties": {"requested_additional_capabilities": {"properties": wanted}}}
    properties = {"name": vdu.name, "sw_image_data": {"name": "lab-image", "version": "1.0"}, **vdu.properties}
    return {"type": "tosca.nodes.nfv.Vdu.Compute", "properties": properties, "capabilities": {"virtual_compute": compute}}


def _scaling(cloud: Cloud, vnf: Vnf) -> list[Json]:
    """What the descriptor says of sizes: those of level 0, and one step of each aspect."""
    aspects = {
        item.name: {"name": item.name, "max_scale_level": item.max_level, "step_deltas": ["delta_1"]}
        for item in vnf.aspects.values()
    }
    found = [_policy("aspects", "ScalingAspects", {"aspects": aspects})] if aspects else []
    for name, vdu in vnf.vdus.items():
        present = sum(1 for key in vnf.members.get(name, ()) if key in cloud.servers)
        aspect = vnf.aspects.get(vdu.aspect or "")
        first = present - aspect.level * aspect.step if aspect else present
        found.append(_policy(f"{name}_initial", "VduInitialDelta", {"initial_delta": {"number_of_instances": first}}, name))
        if aspect:
            deltas = {"aspect": aspect.name, "deltas": {"delta_1": {"number_of_instances": aspect.step}}}
            found.append(_policy(f"{name}_deltas", "VduScalingAspectDeltas", deltas, name))
    return found


def _policy(name: str, kind: str, properties: Json, *targets: str) -> Json:
    return {name: {"type": _NFV + kind, "properties": properties, **({"targets": [*targets]} if targets else {})}}
