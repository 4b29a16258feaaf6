# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module vnfd_info."""

from __future__ import annotations

import json

from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv import vnfd
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.packages import Packages
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.maintenance_policy import vnfd_maintenance

PACKAGES = "/nfv-orchestration/vnfpkgm/v1/vnf_packages"
VNFD_ID = "b1bb0ce7-ebca-4fa7-95ed-4840d70a1177"
FILES = {"vnfd.yaml": f"""
tosca_definitions_version: tosca_simple_yaml_1_2
topology_template:
  substitution_mappings: {{properties: {{flavour_id: simple}}}}
  node_templates:
    VNF:
      type: tosca.nodes.nfv.VNF
      properties: {{descriptor_id: {VNFD_ID}, provider: p, product_name: n, software_version: '1', descriptor_version: '2'}}
    VDU1: {{type: tosca.nodes.nfv.Vdu.Compute, properties: {{maintenance: true}}}}
""".encode()}


def test_the_descriptor_of_a_package_as_the_filter_takes_it(conversation, monkeypatch):
    asked = []

    def read(_packages, package_id, flavour_id):
        asked.append((package_id, flavour_id))
        return vnfd.parse(FILES, flavour_id)

    monkeypatch.setattr(Packages, "vnfd", read)
    conversation.expect("GET", PACKAGES, json=[{"id": "other", "vnfdId": "x"}, {"id": "pkg", "vnfdId": VNFD_ID}])
    result = conversation.run("vnfd_info", {"vnfd_id": VNFD_ID, "flavour_id": "simple"})
    [found] = json.loads(json.dumps(result["vnfds"]))
    assert asked == [("pkg", "simple")]
    assert (found["vnfd_id"], found["version"], found["flavour_id"]) == (VNFD_ID, "2", "simple")
    assert found["vdus"] == {"VDU1": {"name": "VDU1", "flavor": None, "image": None, "properties": {"maintenance": True}}}
    assert [group["vdu_ids"] for group in vnfd_maintenance(found)["groups"]] == [["VDU1"]]
    assert not result["changed"]


def test_one_that_no_package_has_is_none(conversation):
    conversation.expect("GET", PACKAGES, json=[])
    assert conversation.run("vnfd_info", {"vnfd_id": VNFD_ID})["vnfds"] == []


def test_one_that_cannot_be_read_is_an_error(conversation, monkeypatch):
    def read(_packages, _package_id, _flavour_id):
        raise CollectionError("vnfd.yaml is not valid YAML")

    monkeypatch.setattr(Packages, "vnfd", read)
    conversation.expect("GET", PACKAGES, json=[{"id": "pkg", "vnfdId": VNFD_ID}])
    result = conversation.run("vnfd_info", {"vnfd_id": VNFD_ID})
    assert (result["failed"], result["msg"]) == (True, "vnfd.yaml is not valid YAML")
