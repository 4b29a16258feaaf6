# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy's schema, and what is said of a policy that does not fit it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.nfv.maintenance.plugins.module_utils import _schema as schema
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision import policy
from hypothesis import given
from hypothesis import strategies as st

from .conftest import POLICY

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = json.loads(policy.SCHEMA_FILE.read_text())
LIBRARY = jsonschema.Draft202012Validator(SCHEMA)
FULL = {
    "groups": [
        {
            "name": "db", "vdu_ids": ["ha"], "at_least": 1, "when_unhealthy": "wait",
            "health": {"url": "http://{address}:80/", "status": 204, "timeout": 1}, "active": {"vip": {"address": "10.0.0.1"}},
            "check": {"url": "https://service/"}, "actions": ["LIVE_MIGRATE", "OWN_ACTION"],
            "actions_when": [{"metadata": {"release": "x", "any": None, "n": 1, "b": True}, "actions": ["OWN_ACTION"]}],
            "own_action": {"kind": "tasks", "tasks": "/etc/own.yml"}, "constraints": {"lead_time": 1},
        },
        {"vdu_ids": ["worker"], "aspect_id": "worker", "active": {"probe": {"url": "http://{address}/"}},
         "switch_over": {"tasks": "/etc/switch.yml"}, "own_action": {"kind": "heal", "on_failure": ["retry", "fail"]}},
        {"vdu_ids": ["packet", "media"], "own_action": {"kind": "change_vnfpkg", "on_failure": ["rollback"], "capabilities": [
            {"metadata": {"sriov": None}, "flavors": {"packet": "packet.sriov"}},
            {"metadata": {"release": "x"}, "vnfd_id": "d2"},
            {"metadata": {"n": 1}, "product_name": "media", "software_version": "2.0"},
        ]}},
    ],
    "actions": ["LIVE_MIGRATE", "MIGRATE"],
    "scale": [{"aspect_id": "worker", "steps": 2, "minimum": 1, "instances_per_step": 2, "on_failure": ["fail"]}],
    "constraints": {"migration_type": "MIGRATE", "resource_mitigation": False},
}  # fmt: skip


def changing(**to):
    """An own action that changes the package for a capability."""
    return {"kind": "change_vnfpkg", "capabilities": [{"metadata": {"new": None}, **to}]}


def ours(value):
    try:
        schema.check(value, SCHEMA, "the policy")
    except schema.Mismatch:
        return False
    return True


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_part_of_a_full_policy_is_taken():
    assert LIBRARY.is_valid(FULL)
    read = policy.Policy.read("v1", FULL)
    assert read.groups[0].active == {"vip": {"address": "10.0.0.1"}}
    assert read.scale[0].on_failure == ("fail",)


def test_the_defaults_are_safe():
    read = policy.Policy.read("v1", {"groups": [{"vdu_ids": ["a", "b"]}], "scale": [{"aspect_id": "w"}]})
    group = read.groups[0]
    assert (group.name, group.actions, group.when_unhealthy, group.active) == ("a+b", ("MIGRATE",), "refuse", None)
    assert (read.scale[0].steps, read.scale[0].minimum, read.scale[0].on_failure) == (1, 0, ("retry", "rollback"))
    assert (read.constraints, read.actions) == (None, ("MIGRATE",))


@pytest.mark.parametrize(
    ("given_policy", "words"),
    [
        ([], "the policy is []; allowed is a value of type object"),
        ({"pairs": []}, "pairs is unknown; allowed here: groups, actions, scale, constraints"),
        ({"groups": [{}]}, "groups[0] is {}; vdu_ids is missing"),
        ({"groups": [{"vdu_ids": []}]}, "groups[0].vdu_ids is []; allowed is 1 to 100 entries"),
        ({"groups": [{"vdu_ids": ["a"], "at_least": -1}]}, "groups[0].at_least is -1; allowed is 0 to 10000"),
        ({"groups": [{"vdu_ids": ["a"], "at_least": True}]}, "groups[0].at_least is True; allowed is a value of type integer"),
        ({"groups": [{"vdu_ids": ["a"], "actions": ["MOVE"]}]}, "groups[0].actions[0] is 'MOVE'; allowed is one of LIVE_MIG"),
        ({"groups": [{"vdu_ids": ["a"], "active": {}}]}, "allowed is exactly 1 of floating_ip, vip, tag, metadata, probe, tasks"),
        ({"groups": [{"vdu_ids": ["a"], "active": {"tag": "x", "floating_ip": "y"}}]}, "allowed is exactly 1 of floating_ip"),
        ({"groups": [{"vdu_ids": ["a"], "active": {"probe": {"url": "ftp://x"}}}]}, "groups[0].active.probe.url is 'ftp://x'"),
        ({"groups": [{"vdu_ids": ["a"], "active": {"tasks": "x.yml"}}]}, "active.tasks is 'x.yml'; allowed is text like ^/"),
        ({"groups": [{"vdu_ids": ["a"], "active": {"tasks": "/x.yml"}}]}, "groups[0].switch_over is missing"),
        ({"groups": [{"vdu_ids": ["a"], "check": {"url": "http://x"}}]}, "groups[0].active is missing"),
        (
            {"groups": [{"vdu_ids": ["a"], "active": {"probe": {"url": "http://x"}}, "switch_over": {"tasks": "/x.yml"}}]},
            "groups[0].active.probe.url has no {address}",
        ),
        (
            {"groups": [{"vdu_ids": ["a"], "active": {"tag": "x"}, "check": {"url": "http://{address}/"}}]},
            "groups[0].check.url has {address}; it is about the service of the whole group",
        ),
        ({"groups": [{"vdu_ids": ["a"], "actions": ["OWN_ACTION"]}]}, "groups[0].own_action is missing; it says"),
        ({"groups": [{"vdu_ids": ["a"]}, {"vdu_ids": ["b", "a"]}]}, "groups[1].vdu_ids has a, which is in groups[0] already"),
        ({"groups": [{"vdu_ids": ["a"], "aspect_id": "w"}]}, "groups[0].aspect_id is 'w'; scale has nothing"),
        *(
            ({"groups": [{"vdu_ids": ["a"], "own_action": own}]}, words)
            for own, words in (
                ({"kind": "x", "tasks": "/x"}, "kind is 'x'; allowed is one of tasks, heal, change_vnfpkg"),
                ({"kind": "tasks"}, "groups[0].own_action.tasks is missing; kind tasks needs it"),
                ({"kind": "heal", "tasks": "/x"}, "own_action.tasks is not for kind heal, which has on_failure"),
                ({"kind": "heal", "on_failure": ["rollback"]}, "own_action.on_failure has rollback; a heal can only be retried"),
                ({"kind": "change_vnfpkg"}, "own_action.capabilities is missing; kind change_vnfpkg needs it"),
                (changing(flavors={"b": "x"}), "capabilities[0].flavors has b; the VDUs of the group are a"),
                (changing(), "exactly one of flavors, vnfd_id, product_name, software_version"),
                (changing(flavors={"a": "x"}, vnfd_id="d"), "exactly one of flavors, vnfd_id, product_name, software_version"),
                (changing(product_name="p"), "exactly one of flavors, vnfd_id, product_name, software_version"),
                (changing(vnfd_id="d", product_name="p"), "capabilities[0] has product_name alone; name a package by both"),
            )
        ),
        ({"actions": ["OWN_ACTION"]}, "actions[0] is 'OWN_ACTION'; allowed is one of LIVE_MIGRATE, MIGRATE"),
        (
            {"groups": [{"vdu_ids": ["a"], "aspect_id": "w"}], "scale": [{"aspect_id": "w"}]},
            "scale[0].instances_per_step is missing; without it nobody knows how far groups[0] may shrink",
        ),
        ({"scale": [{"aspect_id": "w"}, {"aspect_id": "w"}]}, "scale[1].aspect_id is 'w', which scale[0] has already"),
        ({"scale": [{"aspect_id": "w=1"}]}, "scale[0].aspect_id is 'w=1'; allowed is text like"),
        ({"constraints": {"lead_time": "1"}}, "constraints.lead_time is '1'; allowed is a value of type integer"),
        ({"groups": "x" * 500}, "..."),
    ],
)
def test_what_does_not_fit_is_named_with_its_place_and_what_is_allowed(given_policy, words):
    with pytest.raises(policy.PolicyError) as caught:
        policy.Policy.read("v7", given_policy)
    assert str(caught.value).startswith("the policy of VNF v7 cannot be used: ")
    assert words in str(caught.value)


# Copied, since what is added to one policy must not be in the next.
VALUES = st.sampled_from(
    [None, True, 0, 1, -1, 10**9, "", "x", "/x", "tasks", "MIGRATE", "http://x", [], {}, [1], {"x": 1}]
).map(copy.deepcopy)


@st.composite
def altered(draw):
    """A good policy with some parts changed, removed or added."""
    value = json.loads(json.dumps(draw(st.sampled_from([FULL, POLICY]))))
    for _change in range(draw(st.integers(0, 3))):
        place = value
        while True:
            inside = [*place.values()] if isinstance(place, dict) else place
            deeper = [one for one in inside if isinstance(one, (dict, list)) and one]
            if not deeper or draw(st.booleans()):
                break
            place = draw(st.sampled_from(deeper))
        if isinstance(place, dict):
            key = draw(st.sampled_from([*place, "other", "steps", "url"]))
            if draw(st.booleans()):
                place[key] = draw(VALUES)
            else:
                place.pop(key, None)
        else:
            place.append(draw(VALUES))
    return value


@given(altered())
def test_whatever_does_not_fit_has_a_sentence_and_nothing_else(value):
    assert ours(value) == LIBRARY.is_valid(value)


def documented():
    """The policies of the guide and of the role's README."""
    for path in ("docs/vnf-owner.md", "roles/vnf_maintenance/README.md"):
        for text in re.findall(r"```yaml\n(.*?)```", (ROOT / path).read_text(), re.DOTALL):
            found = yaml.safe_load(text)
            alone = re.match("# file: (more-policies|own-action)", text)
            policies = found.get("vnf_maintenance_policies", found if alone else {})
            yield from ((f"{path}: {name}", one) for name, one in policies.items())


@pytest.mark.parametrize("one", [pytest.param(one, id=name) for name, one in documented()])
def test_what_the_documentation_shows_is_a_policy(one):
    assert policy.Policy.read("v1", one)
    assert len([*documented()]) >= 7
