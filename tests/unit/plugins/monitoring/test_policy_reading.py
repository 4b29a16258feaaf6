# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Monitoring policies out of descriptors: the form of Tacker's older ones, and ours."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.policy import PolicyError
from ansible_collections.nfv.maintenance.plugins.plugin_utils._monitoring.policies import monitoring_policies, owner_policy

OLD, NEW = "tosca.nodes.nfv.VDU.Tacker", "tosca.nodes.nfv.Vdu.Compute"
SCALING = {"SP1": {"type": "tosca.policies.tacker.Scaling", "targets": ["VDU1"], "properties": {"increment": 1}}}
DELTAS = {
    "type": "tosca.policies.nfv.VduScalingAspectDeltas", "targets": ["VDU1"],
    "properties": {"aspect": "web", "deltas": {"delta_1": {"number_of_instances": 1}}},
}  # fmt: skip


def vnfd(monitoring=None, policies=(), kind=OLD, **more):
    """A descriptor with two VDUs, the first of which has the policy."""
    properties = {"monitoring_policy": monitoring} if monitoring else {}
    nodes = {"VDU1": {"type": kind, "properties": properties}, "VDU2": {"type": kind}, "CP1": {"type": "tosca.nodes.nfv.VduCp"}}
    return {"topology_template": {"node_templates": nodes, "policies": [*policies], **more}}


def ours(properties, targets=("VDU1",), name="watch"):
    targeted = {"targets": list(targets)} if targets is not None else {}
    return {name: {"type": "tosca.policies.tacker.Monitoring", "properties": properties, **targeted}}


def test_ping_of_an_old_descriptor():
    parameters = {"monitoring_delay": 45, "count": "3", "interval": "1,", "timeout": 2}
    given = {"name": "ping", "parameters": parameters, "actions": {"failure": "respawn"}}
    assert monitoring_policies(vnfd(given)) == {"vdus": {"VDU1": {
        "policy": "ping", "probe": "ping", "actions": {"down": [{"name": "respawn"}]},
        "parameters": {"grace": 45, "threshold": "3 of 3", "interval": 1, "timeout": 2},
    }}}  # fmt: skip


def test_http_ping_of_an_old_descriptor():
    given = {"name": "http_ping", "parameters": {"retry": 5, "timeout": 10, "port": 8000}, "actions": {"failure": "log_and_kill"}}
    [policy] = monitoring_policies(vnfd(given))["vdus"].values()
    assert policy["parameters"] == {"threshold": "5 of 5", "timeout": 10, "port": 8000}
    assert policy["actions"] == {"down": [{"name": "log_and_kill"}]}


def test_the_form_before_tosca_and_noop():
    given = {"ping": {"actions": {"failure": "respawn"}, "monitoring_params": {"count": 2}}}
    [policy] = monitoring_policies(vnfd(given))["vdus"].values()
    assert (policy["probe"], policy["parameters"]) == ("ping", {"threshold": "2 of 2"})
    assert monitoring_policies(vnfd({"name": "noop"})) == {"vdus": {}}
    assert monitoring_policies(vnfd()) == {"vdus": {}}


@pytest.mark.parametrize(
    ("named", "action"), [("SP1", "scale_out"), ("SP1-out", "scale_out"), ("SP1-in", "scale_in")], ids=["bare", "out", "in"]
)
def test_the_name_of_a_scaling_policy(named, action):
    described = vnfd({"name": "ping", "actions": {"failure": ["log", named]}}, [SCALING])
    assert monitoring_policies(described)["vdus"]["VDU1"]["actions"]["down"] == [
        {"name": "log"}, {"name": action, "aspect_id": "SP1"}]  # fmt: skip


def test_our_schema_for_vdus_groups_and_all():
    properties = {
        "probe": "tcp", "parameters": {"port": 5060, "interval": 0.5, "threshold": "3 of 5"},
        "actions": {"down": [{"name": "respawn", "whole_vnf": True}, "scale_out"], "up": [{"name": "notify", "to": "noc"}]},
    }  # fmt: skip
    [policy] = monitoring_policies(vnfd(None, [ours(properties), {"d": DELTAS}], NEW))["vdus"].values()
    assert policy["parameters"] == properties["parameters"]
    assert policy["actions"]["down"] == [{"name": "respawn", "whole_vnf": True}, {"name": "scale_out", "aspect_id": "web"}]
    everywhere = ours({"probe": "ping"}, None)
    assert [*monitoring_policies(vnfd(None, [everywhere], NEW))["vdus"]] == ["VDU1", "VDU2"]
    grouped = vnfd(None, [ours({"probe": "ping"}, ["pool"])], NEW, groups=[{"pool": {"members": ["VDU2"]}}])
    assert [*monitoring_policies(grouped)["vdus"]] == ["VDU2"]


def test_one_policy_by_its_name():
    both = vnfd(None, [ours({"probe": "ping"}), ours({"probe": "tcp"}, ["VDU2"], "other")], NEW)
    assert [*monitoring_policies(both, "other")["vdus"]] == ["VDU2"]
    with pytest.raises(PolicyError, match="no monitoring policy third; it has: other, watch"):
        monitoring_policies(both, "third")


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (vnfd({"name": "snmp"}), "name 'snmp'; known: ping, http_ping, tcp, noop"),
        (vnfd({"name": "ping", "parameters": {"count": "many"}}), "parameters.count of the .* of VDU VDU1 is 'many'"),
        (vnfd({"name": "ping", "parameters": {"cuont": 3}}), "parameters.cuont .* is unknown"),
        (vnfd({"name": "ping", "actions": {"failure": "reboot"}}), "'reboot', which is neither an action"),
        (vnfd({"name": "ping", "actions": {"sometimes": "log"}}), "'sometimes'; known: failure"),
        (vnfd(None, [ours({"probe": "tcp", "actions": {"down": ["scale_out"]}})]), "which no aspect scales; give aspect_id"),
        (vnfd(None, [ours({"probe": "ping"}, ["VDU9"])]), "target VDU9, which is no VDU; VDUs: VDU1, VDU2"),
        (vnfd(None, [ours({"probe": "ping", "url": "http://x"})]), "url is unknown"),
        (vnfd(None, [ours({"probe": "tcp", "actions": {"down": [{"name": "playbook"}]}})]), "playbook without to"),
        (vnfd(None, [ours({"probe": "tcp", "actions": {"down": [{"name": "log", "to": "x"}]}})]), "to, which is not for log"),
    ],
    ids=["probe", "number", "parameter", "action", "trigger", "aspect", "target", "key", "playbook", "option"],
)  # fmt: skip
def test_what_cannot_be_used_is_said_with_its_place(described, said):
    with pytest.raises(PolicyError, match=said):
        monitoring_policies(described)


def test_a_threshold_that_can_never_be_met():
    with pytest.raises(PolicyError, match="6 of 5"):
        owner_policy({"probe": "ping", "parameters": {"threshold": "6 of 5"}}, "policy of VDU1")
