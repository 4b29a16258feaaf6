# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter vnfd_maintenance: what a VNF descriptor asks for becomes a policy of the role."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.maintenance_policy import vnfd_maintenance
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.policy import Policy, PolicyError
from hypothesis import given
from hypothesis import strategies as st

# The form of the template in the specification of Tacker's plug-in: a VDU of Tacker's own type that is marked.
SPECIFICATION = yaml.safe_load("""
tosca_definitions_version: tosca_simple_profile_for_nfv_1_0_0
metadata: {template_name: tosca-vnfd-maintenance}
topology_template:
  node_templates:
    VDU1:
      type: tosca.nodes.nfv.VDU.Tacker
      capabilities: {nfv_compute: {properties: {num_cpus: 2, mem_size: 2048 MB, disk_size: 15 GB}}}
      properties: {name: VDU1, image: ubuntu18.04, availability_zone: nova, mgmt_driver: noop, maintenance: true}
    CP11:
      type: tosca.nodes.nfv.CP.Tacker
      properties: {management: true, order: 0, anti_spoofing_protection: false}
      requirements: [{virtualLink: {node: VL1}}, {virtualBinding: {node: VDU1}}]
    VL1:
      type: tosca.nodes.nfv.VL
      properties: {network_name: net_mgmt, vendor: Tacker}
""")

MAINTENANCE = "tosca.policies.tacker.Maintenance"
NFV = "tosca.policies.nfv."
INFO = {
    "impact_notification_lead_time": "2 m",
    "is_impact_mitigation_requested": True,
    "supported_migration_type": ["live_migration", "offline_migration"],
    "max_undetectable_interruption_time": "1500 ms",
    "min_recovery_time_between_impacts": "61.2 s",
    "max_number_of_impacted_instances": [
        {"group_size": 2, "max_number_of_impacted_instances": 1}, {"group_size": 5, "max_number_of_impacted_instances": 2},
    ],
    "min_number_of_preserved_instances": [
        {"group_size": 2, "min_number_of_preserved_instances": 1}, {"group_size": 4, "min_number_of_preserved_instances": 3},
    ],
}  # fmt: skip


def vdu(info=None, **properties):
    profile = {"min_number_of_instances": 1, "max_number_of_instances": 9, **({"nfvi_maintenance_info": info} if info else {})}
    return {"type": "tosca.nodes.nfv.Vdu.Compute", "properties": {"name": "x", "vdu_profile": profile, **properties}}


def document(vdus, policies=(), **more):
    return {"topology_template": {"node_templates": {**vdus, "VL": {"type": "tosca.nodes.nfv.VnfVirtualLink"}},
                                  "policies": list(policies), **more}}  # fmt: skip


def policy(name, properties=None, targets=None, kind=MAINTENANCE):
    given = {"type": kind, "properties": properties, "targets": targets}
    return {name: {key: value for key, value in given.items() if value}}


def scaled(vdu_id, aspect, *steps, initial=2):
    deltas = {f"delta_{number}": {"number_of_instances": step} for number, step in enumerate(steps)}
    return [
        policy(f"{vdu_id}_initial", {"initial_delta": {"number_of_instances": initial}}, [vdu_id], NFV + "VduInitialDelta"),
        policy(f"{vdu_id}_deltas", {"aspect": aspect, "deltas": deltas}, [vdu_id], NFV + "VduScalingAspectDeltas"),
    ]


def test_the_template_of_the_specification():
    group = {"name": "VDU1", "vdu_ids": ["VDU1"], "constraints": {}}
    assert vnfd_maintenance(SPECIFICATION) == {"groups": [group], "constraints": {}}


def test_a_vdu_that_is_not_marked_has_no_group_and_without_any_the_owner_alone_counts():
    both = document({"VDU1": vdu(maintenance=True), "VDU2": vdu(), "VDU3": vdu(maintenance=False)})
    assert [group["vdu_ids"] for group in vnfd_maintenance(both)["groups"]] == [["VDU1"]]
    assert vnfd_maintenance(document({"VDU2": vdu()})) == {}
    assert vnfd_maintenance(document({"VDU2": vdu()}), {"actions": ["LIVE_MIGRATE"]}) == {"actions": ["LIVE_MIGRATE"]}


@pytest.mark.parametrize(("size", "impacted", "preserved"), [(2, 1, 1), (4, 1, 3), (6, 2, 3)])
def test_nfvi_maintenance_info_of_sol001_by_the_size_of_the_group(size, impacted, preserved):
    [group] = vnfd_maintenance(document({"VDU1": vdu(INFO)}), {}, {"VDU1": size})["groups"]
    assert group == {
        "name": "VDU1", "vdu_ids": ["VDU1"], "actions": ["LIVE_MIGRATE", "MIGRATE"], "at_least": preserved,
        "constraints": {
            # Rounded to the side that the VNF can live with.
            "lead_time": 120, "recovery_time": 62, "max_interruption_time": 1, "resource_mitigation": True,
            "max_impacted_members": impacted,
        },
    }  # fmt: skip


def test_without_a_present_size_the_initial_one_counts_and_without_that_the_strictest():
    [group] = vnfd_maintenance(document({"VDU1": vdu(INFO)}, scaled("VDU1", "a", 1, initial=5)))["groups"]
    assert (group["at_least"], group["constraints"]["max_impacted_members"]) == (3, 2)
    [group] = vnfd_maintenance(document({"VDU1": vdu(INFO)}))["groups"]
    assert (group["at_least"], group["constraints"]["max_impacted_members"]) == (3, 1)
    [group] = vnfd_maintenance(document({"VDU1": vdu(INFO)}), {}, {"VDU1": 1})["groups"]
    assert "at_least" not in group, "nothing is said for a group of one"


def test_a_policy_makes_one_group_of_its_targets_and_goes_before_the_info_of_the_vdu():
    said = {"max_impacted_members": 1, "recovery_time": "60,", "mitigation_type": True, "lead_time": 90,
            "migration_type": "MIGRATION", "at_least": 2, "when_unhealthy": "wait"}  # fmt: skip
    vdus = {"VDU1": vdu(INFO), "VDU2": vdu(), "VDU3": vdu(maintenance=True)}
    described = document(vdus, [policy("pair", said, ["VDU1", "VDU2"])])
    found = vnfd_maintenance(described)
    assert found["groups"] == [
        {"name": "pair", "vdu_ids": ["VDU1", "VDU2"], "actions": ["MIGRATE"], "at_least": 2, "when_unhealthy": "wait",
         "constraints": {"lead_time": 90, "recovery_time": 60, "max_interruption_time": 1, "resource_mitigation": True,
                         "max_impacted_members": 1}},
        {"name": "VDU3", "vdu_ids": ["VDU3"], "constraints": {}},
    ]  # fmt: skip


def test_a_policy_without_targets_is_about_the_whole_vnf():
    said = policy("all", {"lead_time": "1 h", "migration_type": "LIVE_MIGRATE"})
    assert vnfd_maintenance(document({"VDU1": vdu(), "VDU2": vdu(maintenance=False)}, [said])) == {
        "groups": [{"name": "VDU1", "vdu_ids": ["VDU1"], "constraints": {}, "actions": ["LIVE_MIGRATE"]}],
        "constraints": {"lead_time": 3600},
    }


def test_a_group_of_the_template_is_a_target_too_and_policies_may_be_a_mapping():
    described = document({"VDU1": vdu(), "VDU2": vdu()}, groups=[{"both": {"type": "tosca.groups.nfv.PlacementGroup",
                                                                           "members": ["VDU1", "VDU2"]}}])
    described["topology_template"]["policies"] = policy("pair", {"at_least": 1}, ["both"])
    [group] = vnfd_maintenance(described)["groups"]
    assert group == {"name": "pair", "vdu_ids": ["VDU1", "VDU2"], "at_least": 1, "constraints": {}}


def test_what_scales_the_vdu_may_be_given():
    policies = [*scaled("VDU1", "web", 2, 2), *scaled("VDU2", "odd", 1, 2), *scaled("VDU3", "other", 1)]
    found = vnfd_maintenance(document({"VDU1": vdu(maintenance=True), "VDU2": vdu(maintenance="true"), "VDU3": vdu()}, policies))
    assert found["scale"] == [{"aspect_id": "web", "instances_per_step": 2}, {"aspect_id": "odd"}]
    assert [group.get("aspect_id") for group in found["groups"]] == ["web", None], "nobody can count the steps of the other one"


def test_the_scaling_policy_of_tackers_older_descriptors():
    old = policy("SP1", {"increment": 2, "min_instances": 1, "max_instances": 3}, ["VDU1"], "tosca.policies.tacker.Scaling")
    described = {"topology_template": {**SPECIFICATION["topology_template"], "policies": [old]}}
    assert vnfd_maintenance(described)["scale"] == [{"aspect_id": "SP1", "instances_per_step": 2}]


def test_the_owner_says_the_rest_and_goes_first():
    owner = {
        "groups": [{"name": "db", "vdu_ids": ["VDU1"], "active": {"tag": "active"}, "constraints": {"lead_time": 30}},
                   {"vdu_ids": ["VDU9"], "actions": ["MIGRATE"]}],
        "scale": [{"aspect_id": "web", "minimum": 1}],
        "constraints": {"recovery_time": 5},
    }  # fmt: skip
    policies = [*scaled("VDU1", "web", 2), policy("all", {"recovery_time": 60})]
    found = vnfd_maintenance(document({"VDU1": vdu(INFO), "VDU2": vdu(maintenance=True)}, policies), owner, {"VDU1": 2})
    assert found["scale"] == [{"aspect_id": "web", "minimum": 1, "instances_per_step": 2}]
    assert found["constraints"] == {"recovery_time": 5}
    first, second, third = found["groups"]
    assert (first["name"], first["active"], first["at_least"], first["aspect_id"]) == ("db", {"tag": "active"}, 1, "web")
    assert (first["constraints"]["lead_time"], first["constraints"]["recovery_time"]) == (30, 62)
    assert second == {"vdu_ids": ["VDU9"], "actions": ["MIGRATE"]}
    assert third["vdu_ids"] == ["VDU2"]


def test_an_owners_group_of_several_vdus_gets_what_all_of_them_can_live_with():
    other = {**INFO, "supported_migration_type": ["offline_migration"], "impact_notification_lead_time": "10 s"}
    described = document({"VDU1": vdu(INFO), "VDU2": vdu(other)})
    [group] = vnfd_maintenance(described, {"groups": [{"vdu_ids": ["VDU1", "VDU2"]}]}, {"VDU1": 2, "VDU2": 2})["groups"]
    assert (group["actions"], group["at_least"], group["constraints"]["lead_time"]) == (["MIGRATE"], 2, 120)


# A bare NO of a YAML 1.1 file comes as false.
@pytest.mark.parametrize("no", [["no_migration"], [False], "NO"])
def test_no_migration_needs_the_owner_to_say_what_is_done_instead(no):
    described = document({"VDU1": vdu({**INFO, "supported_migration_type": no})})
    with pytest.raises(PolicyError, match=r"VDU1 tolerates no migration; say .* what OWN_ACTION means"):
        vnfd_maintenance(described)
    own = {"groups": [{"vdu_ids": ["VDU1"], "own_action": {"kind": "tasks", "tasks": "/heal.yml"}}]}
    assert vnfd_maintenance(described, own)["groups"][0]["actions"] == ["OWN_ACTION"]
    described = document({"VDU1": vdu({**INFO, "supported_migration_type": ["no_migration", "offline_migration"]})})
    assert vnfd_maintenance(described)["groups"][0]["actions"] == ["MIGRATE"]


@pytest.mark.parametrize(
    ("described", "text"),
    [
        (document({"VDU1": vdu(maintenance="yes please")}), "maintenance of VDU VDU1 is 'yes please'"),
        (document({"VDU1": vdu({**INFO, "impact_notification_lead_time": {"get_input": "x"}})}),
         "nfvi_maintenance_info of VDU VDU1.impact_notification_lead_time is .*, which is not a time"),
        (document({"VDU1": vdu({**INFO, "supported_migration_type": ["walk"]})}), "supported_migration_type has 'walk'; known: "),
        (document({"VDU1": vdu()}, [policy("p", {}, ["VDU7"])]), "policy p has target VDU7, which is no VDU; the VDUs are VDU1"),
        (document({"VDU1": vdu()}, [policy("p", {"at_least": -1}, ["VDU1"])]), "at_least is '-1', which is not a whole number"),
        (document({"VDU1": vdu()}, [policy("p", {"when_unhealthy": "cry"}, ["VDU1"])]), "when_unhealthy is 'cry'; allowed is "),
        (document({"VDU1": vdu()}, [policy("p", {"lead_time": 90000}, ["VDU1"])]), "lead_time is 90000; allowed is 0 to 86400"),
        (document({"VDU1": vdu()}, [policy("p", {}, ["VDU1"]), policy("q", {}, ["VDU1"])]), "both policy p and policy q"),
        ({"topology_template": []}, "topology_template is not a mapping"),
        (document({"VDU1": vdu()}, [["x"]]), "An entry of policies is not a mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_with_its_place(described, text):
    with pytest.raises(PolicyError, match=text):
        vnfd_maintenance(described)


def test_a_descriptor_names_neither_files_nor_addresses():
    """It comes with somebody else's package."""
    said = {"own_action": {"kind": "tasks", "tasks": "/t.yml"}, "switch_over": {"tasks": "/t.yml"}, "active": {"tasks": "/t.yml"},
            "health": {"url": "http://x/"}, "check": {"url": "http://x/"}, "actions": ["MIGRATE"]}  # fmt: skip
    [group] = vnfd_maintenance(document({"VDU1": vdu()}, [policy("p", said, ["VDU1"])]))["groups"]
    assert group == {"name": "p", "vdu_ids": ["VDU1"], "actions": ["MIGRATE"], "constraints": {}}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["VDU1", "VDU2", "60 s", "no", "live_migration", "MIGRATE", "wait", True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=5) | st.sampled_from(["properties", "vdu_profile", "nfvi_maintenance_info", "targets", "deltas", *INFO]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
KEYS = ["at_least", "actions", "migration_type", "lead_time", "mitigation_type", "max_impacted_members", "aspect", "deltas"]
PROPERTIES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4) | VALUES
POLICIES = st.lists(
    st.builds(
        lambda kind, properties, targets: {"p": {"type": kind, "properties": properties, "targets": targets}},
        st.sampled_from([MAINTENANCE, NFV + "VduInitialDelta", NFV + "VduScalingAspectDeltas", "tosca.policies.tacker.Scaling"]),
        PROPERTIES, VALUES | st.lists(st.sampled_from(["VDU1", "VDU2"]), max_size=2),
    ),
    max_size=3,
)  # fmt: skip
INFOS = st.dictionaries(st.sampled_from([*INFO]), VALUES, max_size=4) | VALUES
VDUS = st.builds(lambda info, mark: {"VDU1": vdu(info, maintenance=mark), "VDU2": vdu()}, INFOS, VALUES)


@given(st.builds(document, VDUS | VALUES.filter(lambda value: isinstance(value, dict)), POLICIES) | VALUES, VALUES)
def test_whatever_stands_there_it_is_a_policy_or_an_error(described, owner):
    """Never another exception, and never a policy that the role refuses."""
    for said in ({}, owner):
        try:
            found = vnfd_maintenance(described, said)
        except PolicyError:
            continue
        Policy.read("v1", found)
