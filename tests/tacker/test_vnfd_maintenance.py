# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a package wishes for maintenance, through the real Tacker: it takes such a package, and gives its descriptor as it was."""

from __future__ import annotations

import uuid

import yaml
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.maintenance_policy import MAINTENANCE, vnfd_maintenance

from tests.tacker.package import Package
from tests.tacker.real_tacker import Tacker

INFO = {
    "impact_notification_lead_time": "90 s", "is_impact_mitigation_requested": False,
    "supported_migration_type": ["live_migration", "offline_migration"],
}  # fmt: skip


def wishing() -> Package:
    """Declares the policy type and the VDU property of the specification of Tacker's plug-in, and uses both."""
    plain = Package(str(uuid.uuid4()))
    files = plain.files()
    types = yaml.safe_load(files["Definitions/nfv_types.yaml"])
    types["node_types"]["tosca.nodes.nfv.Vdu.Compute"]["properties"]["maintenance"] = {"type": "boolean", "required": False}
    number = {"type": "integer", "required": False}
    types["policy_types"][MAINTENANCE] = {
        "derived_from": "tosca.policies.Root", "targets": ["tosca.nodes.nfv.Vdu.Compute"],
        "properties": {"recovery_time": number, "max_impacted_members": number},
    }  # fmt: skip
    flavour = yaml.safe_load(files["Definitions/df_simple.yaml"])
    template = flavour["topology_template"]
    template["node_templates"]["VDU1"]["properties"]["vdu_profile"]["nfvi_maintenance_info"] = INFO
    template["node_templates"]["VDU2"]["properties"]["maintenance"] = True
    wish = {"recovery_time": 30, "max_impacted_members": 1}
    template["policies"].append({"upkeep": {"type": MAINTENANCE, "targets": ["VDU1"], "properties": wish}})
    more = {"Definitions/nfv_types.yaml": yaml.safe_dump(types), "Definitions/df_simple.yaml": yaml.safe_dump(flavour)}
    return Package(plain.vnfd_id, more=more)


def test_a_package_that_wishes_something_becomes_a_policy(tacker: Tacker) -> None:
    made = wishing()
    package_id = tacker.onboard(made)
    try:
        result = tacker.run("vnfd_info", {"vnfd_id": made.vnfd_id, "flavour_id": "simple"})
        assert tacker.run("vnfd_info", {"vnfd_id": str(uuid.uuid4())})["vnfds"] == []
        assert tacker.wire.writes == []
    finally:
        tacker.remove_package(package_id)
    [found] = result["vnfds"]
    assert (found["vnfd_id"], found["product_name"]) == (made.vnfd_id, made.product)
    assert vnfd_maintenance(found, {}, {"VDU1": 1, "VDU2": 1}) == {
        "groups": [
            {"name": "upkeep", "vdu_ids": ["VDU1"], "aspect_id": "VDU1_scale", "actions": ["LIVE_MIGRATE", "MIGRATE"],
             "constraints": {"lead_time": 90, "resource_mitigation": False, "recovery_time": 30, "max_impacted_members": 1}},
            {"name": "VDU2", "vdu_ids": ["VDU2"], "constraints": {}},
        ],
        "scale": [{"aspect_id": "VDU1_scale", "instances_per_step": 1}],
        "constraints": {},
    }  # fmt: skip
