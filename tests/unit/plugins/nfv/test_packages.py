# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of Tacker to find a VNF package, and what is said when there is not just one."""

from __future__ import annotations

import io
import zipfile

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.packages import Packages

from tests.unit.plugins.nfv.vnfd_files import vnfd_files

PACKAGES = "/nfv-orchestration/vnfpkgm/v1/vnf_packages"
VNFD_ID = "b1bb0ce7-ebca-4fa7-95ed-4840d70a1177"


def package(package_id="p1", **changed):
    return {
        "id": package_id, "vnfdId": VNFD_ID, "vnfProvider": "Lab", "vnfProductName": "web", "vnfSoftwareVersion": "1.0",
        "vnfdVersion": "1.0", "onboardingState": "ONBOARDED", "operationalState": "ENABLED", **changed,
    }  # fmt: skip


def test_all_pages_are_read(tacker):
    link = f"<http://tacker.invalid{PACKAGES}?nextpage_opaque_marker=p1>;rel=\"next\""
    tacker.expect("GET", PACKAGES, json=[package()], query={"all_fields": ""}, headers={"Link": link})
    tacker.expect("GET", PACKAGES, json=[package("p2")], query={"nextpage_opaque_marker": "p1"})
    assert [found["id"] for found in Packages(tacker.conversation.cloud).list()] == ["p1", "p2"]


@pytest.mark.parametrize(("known", "sol_filter"), [
    ({"vnfd_id": VNFD_ID}, f"(eq,vnfdId,{VNFD_ID})"),
    ({"product_name": "web, large", "software_version": "1.0"}, "(eq,vnfProductName,'web, large');(eq,vnfSoftwareVersion,1.0)"),
    # Tacker refuses to compare with what is no UUID.
    ({"vnfd_id": "d-1"}, None),
])  # fmt: skip
def test_what_is_not_asked_for_is_left_out(tacker, known, sol_filter):
    query = {"filter": sol_filter, "all_fields": ""} if sol_filter else {"all_fields": ""}
    tacker.expect("GET", PACKAGES, json=[package(vnfdId="d-2", vnfProductName="other")], query=query)
    with pytest.raises(CollectionError, match="no VNF package with"):
        Packages(tacker.conversation.cloud).one(**known)


def test_by_id_with_another_value_is_none(tacker):
    tacker.expect("GET", f"{PACKAGES}/p1", json=package())
    assert Packages(tacker.conversation.cloud).find(package_id="p1", software_version="2.0") == []


def test_several_are_named(tacker):
    tacker.expect("GET", PACKAGES, json=[package(), package("p2", vnfProvider="Other", operationalState="DISABLED")])
    with pytest.raises(CollectionError) as raised:
        Packages(tacker.conversation.cloud).one(product_name="web")
    assert "2 VNF packages with product_name web: p1 (Lab web 1.0, ENABLED), p2 (Other web 1.0, DISABLED)" in str(raised.value)


def test_credentials_of_an_address_go_along(tacker):
    body = {"addressInformation": "https://packages.example/web.csar", "userName": "u", "password": "p"}
    tacker.expect("POST", f"{PACKAGES}/p1/package_content/upload_from_uri", status=202, body=body)
    Packages(tacker.conversation.cloud).fetch("p1", body["addressInformation"], "u", "p")
    assert tacker.conversation.writes


def test_the_descriptor_comes_as_an_archive(tacker, monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in vnfd_files().items():
            archive.writestr(name, content)
    packages = Packages(tacker.conversation.cloud)
    asked = []

    class Answer:
        content = out.getvalue()

    monkeypatch.setattr(packages._nfv, "get", lambda path, headers: asked.append((path, headers)) or Answer())
    assert packages.vnfd("p1", "small").vnfd_id == "d-1"
    assert asked == [("/vnfpkgm/v1/vnf_packages/p1/vnfd", {"Accept": "application/zip"})]
