# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders that vnf_instance decides on, and what it says on the wire; the rest is tried on the real Tacker (tests/tacker)."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.wanted import Wanted

from .conftest import API, INSTANCE, INSTANCE_ID

MODULE = "vnf_instance"
MADE = {"id": INSTANCE_ID, "vnfInstanceName": "web", "vnfdId": "d1", "metadata": {"a": "b"}}
IDLE = {**MADE, "instantiationState": "NOT_INSTANTIATED"}
RUNS = {**MADE, "instantiationState": "INSTANTIATED", "instantiatedVnfInfo": {"flavourId": "f"}, "extensions": {"x": {"y": 1}}}
NEW = {"name": "web", "vnfd_id": "d1", "flavour_id": "f"}


def steps(raw, state, **options):
    return [(step.verb, step.body) for step in Wanted(state=state, **{"name": "web", **options}).steps(raw)]


@pytest.mark.parametrize(
    ("raw", "state", "options", "verbs"),
    [
        (None, "present", NEW, ["create"]),
        (None, "present", {**NEW, "extensions": {"x": 1}}, ["create", "modify"]),
        (None, "instantiated", {**NEW, "extensions": {"x": 1}}, ["create", "instantiate"]),
        (None, "terminated", {}, []),
        (None, "absent", {}, []),
        (IDLE, "present", NEW, []),
        (IDLE, "present", {"metadata": {"a": "b"}}, []),
        (IDLE, "present", {"metadata": {"a": None}}, ["modify"]),
        # Until it runs, another package is only another record.
        (IDLE, "present", {"vnfd_id": "d2"}, ["modify"]),
        (IDLE, "instantiated", NEW, ["instantiate"]),
        (IDLE, "instantiated", {**NEW, "description": "d", "extensions": {"x": 1}}, ["modify", "instantiate"]),
        (IDLE, "terminated", {}, []),
        (IDLE, "absent", {}, ["delete"]),
        (RUNS, "present", NEW, []),
        (RUNS, "instantiated", {**NEW, "extensions": {"x": {"y": 1, "z": None}}}, []),
        (RUNS, "instantiated", {**NEW, "extensions": {"x": {"y": None}}}, ["modify"]),
        (RUNS, "terminated", {}, ["terminate"]),
        (RUNS, "absent", {}, ["terminate", "delete"]),
    ],
)  # fmt: skip
def test_the_least_that_leads_there(raw, state, options, verbs):
    assert [verb for verb, _body in steps(raw, state, **options)] == verbs


def test_only_what_differs_is_sent():
    [(_verb, body)] = steps(RUNS, "present", description="d", metadata={"a": "b", "c": "d"}, extensions={"x": {"y": 1}})
    assert body == {"vnfInstanceDescription": "d", "metadata": {"c": "d"}}


@pytest.mark.parametrize(
    ("raw", "options", "words"),
    [
        (None, {"id": "x", "name": None}, "There is no VNF instance x"),
        (None, {}, "Next: give vnfd_id to make it"),
        (IDLE, {}, "flavour_id is needed"),
        (RUNS, {"flavour_id": "g"}, "runs in deployment flavour f"),
        (RUNS, {"vnfd_id": "d2"}, "would change no server"),
        (RUNS, {"vnfc_configurable_properties": {"V": {}}}, "has no VNFC V. Its VNFCs: none"),
    ],
)
def test_what_no_order_can_reach(raw, options, words):
    with pytest.raises(CollectionError, match=words):
        steps(raw, "instantiated", **options)


def test_the_request_to_instantiate_has_all_that_is_given():
    """Every field of InstantiateVnfRequest (ETSI NFV-SOL003, 5.5.2.4)."""
    given = {
        "flavour_id": "f", "instantiation_level_id": "l", "ext_virtual_links": [{"id": "e"}], "localization_language": "de",
        "ext_managed_virtual_links": [{"id": "m"}], "vim_connection_info": {"v": {}}, "additional_params": {"p": 1},
        "extensions": {"x": 1}, "vnf_configurable_properties": {"y": 2},
    }  # fmt: skip
    [_create, (_verb, body)] = steps(None, "instantiated", vnfd_id="d1", **given)
    assert body == {
        "flavourId": "f", "instantiationLevelId": "l", "extVirtualLinks": [{"id": "e"}], "localizationLanguage": "de",
        "extManagedVirtualLinks": [{"id": "m"}], "vimConnectionInfo": {"v": {}}, "additionalParams": {"p": 1},
        "extensions": {"x": 1}, "vnfConfigurableProperties": {"y": 2},
    }  # fmt: skip


def test_made_and_nothing_else(tacker):
    tacker.expect("GET", f"{API}/vnf_instances", json=[], query={"filter": "(eq,vnfInstanceName,web)", "all_fields": ""})
    body = {"vnfdId": "d1", "vnfInstanceName": "web", "metadata": {"k": "v"}}
    tacker.expect("POST", f"{API}/vnf_instances", status=201, json=IDLE, body=body, sent_headers={"Version": "2.0.0"})
    tacker.expect("GET", INSTANCE, json={**IDLE, "metadata": {"k": "v"}})
    result = tacker.run(MODULE, {**NEW, "state": "present", "metadata": {"k": "v"}})
    assert (result["changed"], result[MODULE]["id"], result["operations"]) == (True, INSTANCE_ID, [])


def test_nothing_to_do_takes_two_requests(tacker):
    tacker.hears_open()
    tacker.expect("GET", INSTANCE, json=RUNS)
    result = tacker.run(MODULE, {"id": INSTANCE_ID, "flavour_id": "f", "extensions": {"x": {"y": 1}}})
    assert (result["changed"], result["diff"]["before"]) == (False, result["diff"]["after"])


def test_a_change_that_does_not_show_afterwards_is_an_error(tacker):
    tacker.hears_open()
    tacker.expect("GET", INSTANCE, json=RUNS)
    tacker.hears_open()
    tacker.expect("GET", INSTANCE, json=RUNS)
    tacker.takes("modify", {"extensions": {"z": 1}}, "m1")
    tacker.hears_occ("m1", operation="MODIFY_INFO")
    tacker.expect("GET", INSTANCE, json=RUNS)
    result = tacker.run(MODULE, {"id": INSTANCE_ID, "state": "present", "extensions": {"z": 1}})
    assert "read COMPLETED, but it is not as wanted: modify would still change extensions" in result["msg"]


def test_what_somebody_else_did_meanwhile_is_not_done_again(tacker):
    tacker.hears_open()
    tacker.expect("GET", INSTANCE, json=RUNS)
    tacker.hears_open()
    tacker.expect("GET", INSTANCE, json={**RUNS, "extensions": {"z": 1}})
    tacker.expect("GET", INSTANCE, json={**RUNS, "extensions": {"z": 1}})
    result = tacker.run(MODULE, {"id": INSTANCE_ID, "state": "present", "extensions": {"z": 1}})
    assert (result["changed"], result["operations"], tacker.conversation.writes) == (False, [], [])
    assert result["diff"]["before"] == result["diff"]["after"]
