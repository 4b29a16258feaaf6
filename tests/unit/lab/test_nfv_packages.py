# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's VNF packages, from outside."""

from __future__ import annotations

import io
import zipfile

import yaml

PACKAGES = "/nfv-orchestration/vnfpkgm/v1/vnf_packages"


def test_the_package_of_a_vnf_is_found_by_its_descriptor_and_read(lab):
    vnfd_id = lab.tacker("GET", f"/vnf_instances/{lab.vnf['id']}").json()["vnfdId"]
    [listed] = lab.call("GET", f"{PACKAGES}?filter=(eq,vnfdId,{vnfd_id})", "lab-vnf").json()
    assert (listed["vnfdId"], listed["onboardingState"], listed["operationalState"]) == (vnfd_id, "ONBOARDED", "ENABLED")
    assert "checksum" not in listed
    shown = lab.call("GET", f"{PACKAGES}/{listed['id']}", "lab-vnf").json()
    assert shown["checksum"]["algorithm"] == "sha512"
    answer = lab.call("GET", f"{PACKAGES}/{listed['id']}/vnfd", "lab-vnf", Accept="application/zip")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        flavour = yaml.safe_load(packed.read("Definitions/flavour.yaml"))["topology_template"]
    assert flavour["node_templates"]["worker"]["type"] == "tosca.nodes.nfv.Vdu.Compute"
    assert {name for policy in flavour["policies"] for name in policy} >= {"aspects", "worker_deltas", "ha_initial"}


def test_what_the_real_one_refuses(lab):
    [listed] = lab.call("GET", PACKAGES, "lab-vnf").json()
    for accepted, status in (("text/plain", 400), ("application/json", 406)):
        assert lab.call("GET", f"{PACKAGES}/{listed['id']}/vnfd", "lab-vnf", Accept=accepted).status_code == status
    assert lab.call("GET", PACKAGES, "lab-member").json() == []
    assert lab.call("GET", f"{PACKAGES}/{listed['id']}", "lab-member").status_code == 404
    assert lab.call("GET", PACKAGES).status_code == 401
