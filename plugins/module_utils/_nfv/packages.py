# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""VNF packages at Tacker (``/vnfpkgm/v1``): the calls, and finding one (private to this collection)."""

from __future__ import annotations

import typing as t
import urllib.parse
import uuid

from .._ensure import Record
from .._errors import CollectionError, ServiceError, failing
from .._sdk import Connection
from .csar import unpack
from .proxy import NfvProxy, Raw, nfv, quoted
from .vnfd import Vnfd, parse

PACKAGES = "/vnfpkgm/v1/vnf_packages"
_CLI = "openstack vnf package"
# What a package is called in SOL003, and in the modules' results.
FIELDS = {
    "id": "id", "vnfd_id": "vnfdId", "provider": "vnfProvider", "product_name": "vnfProductName",
    "software_version": "vnfSoftwareVersion", "vnfd_version": "vnfdVersion", "onboarding_state": "onboardingState",
    "operational_state": "operationalState", "usage_state": "usageState", "checksum": "checksum",
    "software_images": "softwareImages", "additional_artifacts": "additionalArtifacts", "user_defined_data": "userDefinedData",
}  # fmt: skip


class Packages:
    """The VNF packages that the cloud's project can see."""

    def __init__(self, cloud: Connection) -> None:
        """Use the VNF manager of the cloud's catalogue."""
        self._nfv: NfvProxy = nfv(cloud)

    def list(self, sol_filter: str | None = None) -> list[Raw]:
        """The packages that meet a SOL013 filter, with all their fields."""
        query = {"filter": sol_filter} if sol_filter else {}
        return self._nfv.pages(PACKAGES, {**query, "all_fields": ""}, "list the VNF packages")

    def find(self, **known: str | None) -> t.List[Raw]:  # noqa: UP006 (list is a method here)
        """The packages with all the values that are given (None: any).

        :param known: ``package_id``, ``vnfd_id``, ``provider``, ``product_name``, ``software_version``, ``vnfd_version``.
        """
        asked = {FIELDS[option.removeprefix("package_")]: value for option, value in known.items() if value is not None}
        if "id" in asked:
            one = self.get(asked["id"])
            found = [one] if one is not None else []
        else:
            # Tacker's column for it takes nothing else, and refuses to compare it with anything else.
            told = {field: value for field, value in asked.items() if field != "vnfdId" or _is_uuid(value)}
            found = self.list(";".join(f"(eq,{field},{quoted(value)})" for field, value in told.items()))
        return [package for package in found if all(package.get(field) == value for field, value in asked.items())]

    def one(self, **known: str | None) -> Raw:
        """The package with all the values that are given.

        :raises CollectionError: when there is none, or several, which are named.
        """
        found = self.find(**known)
        asked = ", ".join(f"{option} {value}" for option, value in known.items() if value is not None)
        if not found:
            raise CollectionError(f"There is no VNF package with {asked} that this project can see. Next: {_CLI} list")
        if len(found) > 1:
            raise CollectionError(f"There are {len(found)} VNF packages with {asked}: {', '.join(map(described, found))}")
        return found[0]

    def get(self, package_id: str) -> Raw | None:
        """One package with all its fields, None if there is none."""
        try:
            with failing(f"read VNF package {package_id}"):
                return t.cast("Raw", self._nfv.get(_path(package_id)).json())
        except ServiceError as exc:
            if exc.status == 404:
                return None
            raise

    def vnfd(self, package_id: str, flavour_id: str | None = None) -> Vnfd:
        """The descriptor of a package that is on board."""
        with failing(f"read the VNFD of VNF package {package_id}"):
            # As an archive: as text Tacker gives only what is a single file.
            content = self._nfv.get(f"{_path(package_id)}/vnfd", headers={"Accept": "application/zip"}).content
        return parse(unpack(content), flavour_id)

    def create(self, user_defined_data: t.Mapping[str, str]) -> Raw:
        """An empty package. It is not asked for again when the connection breaks: there would be two."""
        with failing("create a VNF package"):
            return t.cast(
                "Raw", self._nfv.post(PACKAGES, json={"userDefinedData": {**user_defined_data}}, connect_retries=0).json()
            )

    def upload(self, package_id: str, content: t.BinaryIO) -> None:
        """Send the content; Tacker takes it in after it has answered."""
        with failing(f"upload the content of VNF package {package_id}"):
            headers = {"Content-Type": "application/zip"}
            self._nfv.put(f"{_path(package_id)}/package_content", data=content, headers=headers, connect_retries=0)

    def fetch(self, package_id: str, uri: str, user: str | None, password: str | None) -> None:
        """Let Tacker fetch the content from an address."""
        body = {"addressInformation": uri, "userName": user, "password": password}
        with failing(f"have the content of VNF package {package_id} fetched"):
            path = f"{_path(package_id)}/package_content/upload_from_uri"
            self._nfv.post(path, json={key: value for key, value in body.items() if value is not None}, connect_retries=0)

    def modify(self, package_id: str, body: Raw) -> None:
        """Change ``operationalState`` and ``userDefinedData``; what is so already has to be left out."""
        try:
            with failing(f"change VNF package {package_id}"):
                self._nfv.patch(_path(package_id), json=body)
        except ServiceError as exc:
            if exc.status == 500 and "userDefinedData" in body:
                raise CollectionError(
                    f"{exc}. Tacker 16 changes user defined data only for an administrator and fails in this way for others. "
                    "Next: run this task with an administrator's credentials, or leave user_defined_data out",
                    **exc.details,
                ) from exc
            raise

    def delete(self, package_id: str) -> None:
        """Delete a package that is disabled and not in use; one that is gone already is no error."""
        try:
            with failing(f"delete VNF package {package_id}"):
                self._nfv.delete(_path(package_id))
        except ServiceError as exc:
            if exc.status != 404:
                raise

    def users(self, vnfd_id: str) -> t.List[Raw]:  # noqa: UP006 (list is a method here)
        """The VNF instances of a descriptor."""
        found = self._nfv.instances(f"(eq,vnfdId,{quoted(vnfd_id)})")
        return [raw for raw in found if raw.get("vnfdId") == vnfd_id]


def package_record(raw: Raw) -> Record:
    """A VNF package as the modules return it."""
    record = {name: raw.get(field) for name, field in FIELDS.items()}
    return {**record, **{name: record[name] or [] for name in ("software_images", "additional_artifacts")},
            "user_defined_data": record["user_defined_data"] or {}}  # fmt: skip


def described(package: Raw) -> str:
    """A package in one line, for an error that lists some."""
    words = [package.get(field) for field in ("vnfProvider", "vnfProductName", "vnfSoftwareVersion")]
    content = " ".join(str(word) for word in words if word) or package.get("onboardingState")
    return f"{package['id']} ({content}, {package.get('operationalState')})"


def _path(package_id: str) -> str:
    return f"{PACKAGES}/{urllib.parse.quote(package_id, safe='')}"


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True
