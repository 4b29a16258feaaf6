# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a description to operations: which they are, in which order, and with what."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.instances import instance_record
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.op_occs import operation_record
from ansible_collections.nfv.maintenance.plugins.plugin_utils._lifecycle import vnf_lifecycle_steps

from .test_change_plan import instance, link

ASPECT = "scale"
WHOLE = {
    "name": "web", "vnfd_id": "d1", "flavour_id": "simple", "description": "a VNF", "metadata": {"owner": "me"},
    "extensions": {"a": {"x": 1}}, "vnf_configurable_properties": {"auto": True}, "flavors": {"VDU1": "tiny"},
    "sizes": {ASPECT: 1}, "ext_virtual_links": [link("l", "a", "CP1", "CP2")],
    "ext_managed_virtual_links": [{"id": "m", "vnfVirtualLinkDescId": "inner", "resourceId": "n"}],
}  # fmt: skip
PROPERTIES = {"vnf_configurable_properties": {"auto": False}}


def vnf(level=1, operations=None, **changed):
    """The VNF of WHOLE, as it runs."""
    raw = instance(scaleStatus=[{"aspectId": ASPECT, "scaleLevel": level}], extManagedVirtualLinkInfo=[
        {"vnfVirtualLinkDescId": "inner", "networkResource": {"resourceId": "n"}}])  # fmt: skip
    raw |= {
        "vnfInstanceName": "web", "vnfInstanceDescription": "a VNF", "instantiationState": "INSTANTIATED",
        "metadata": {"owner": "me", "more": 1}, "vnfConfigurableProperties": {"auto": True}, **changed,
    }  # fmt: skip
    return instance_record(raw)


def steps(found=None, operations=(), **changed):
    return vnf_lifecycle_steps({**WHOLE, **changed}, vnf() if found is None else found, [*map(operation_record, operations)])


def operations(found):
    return [step["operation"] for step in found]


def test_nothing_to_do():
    assert steps() == []
    # What is empty is not managed.
    assert vnf_lifecycle_steps({**dict.fromkeys(WHOLE, ""), "name": "web", "sizes": {}, "ext_virtual_links": []}, vnf()) == []


@pytest.mark.parametrize("found", [None, vnf(instantiationState="NOT_INSTANTIATED")])
def test_a_vnf_that_does_not_run_is_made_whole(found):
    first, size, flavors = vnf_lifecycle_steps({**WHOLE, "vim_connection_info": {"v": {}}}, found)
    assert (first["operation"], first["module"], first["needs_vnf"]) == ("INSTANTIATE", "vnf_instance", False)
    left_out = {"sizes", "flavors"}
    assert first["options"] == {
        **{key: value for key, value in WHOLE.items() if key not in left_out}, "vim_connection_info": {"v": {}},
        "state": "instantiated"}  # fmt: skip
    # Whether there is anything to do the modules see when it runs.
    assert (size["module"], size["options"], size["after"]) == (
        "vnf_scale", {"name": "web", "aspect_id": ASPECT, "level": 1}, {})  # fmt: skip
    assert flavors["options"] == {"name": "web", "vdus": [{"vdu_id": "VDU1", "flavor": "tiny"}]}
    assert size["needs_vnf"]
    assert flavors["needs_vnf"]


def test_the_record_alone():
    [step] = steps(description="other", metadata={"owner": "you", "more": None}, **PROPERTIES)
    assert (step["operation"], step["module"]) == ("MODIFY_INFO", "vnf_instance")
    assert step["options"] == {
        "name": "web", "state": "present", "description": "other", "metadata": {"owner": "you", "more": None}, **PROPERTIES}
    assert step["before"]["metadata"] == {"owner": "me", "more": 1}
    assert step["after"]["metadata"] == {"owner": "you"}
    assert "description a VNF -> other" in step["text"]


def test_another_size_is_scaling_and_nothing_else():
    # A level from an inventory is a text at times.
    [step] = steps(sizes={ASPECT: "0"})
    assert (step["operation"], step["options"]["level"], step["text"]) == ("SCALE", 0, "SCALE: scale 1 -> 0")
    unknown = steps(sizes={ASPECT: 1, "none": 1})[0]
    assert unknown["options"]["aspect_id"] == "none", "the module, which names the aspects that there are, has to be asked"


def test_another_flavor_is_one_change_of_its_vdu():
    [step] = steps(flavors={"VDU1": "small", "VDU2": "tiny"})
    assert (step["operation"], step["module"]) == ("CHANGE_VNFPKG", "change_vnfpkg")
    assert step["options"] == {"name": "web", "vdus": [{"vdu_id": "VDU1", "flavor": "small"}]}
    assert step["text"] == 'CHANGE_VNFPKG: flavors {"VDU1": "tiny"} -> {"VDU1": "small"}'
    [unknown] = steps(flavors={"VDU9": "small"})
    assert unknown["options"]["vdus"] == [{"vdu_id": "VDU9", "flavor": "small"}]


def test_links_alone_move_without_a_change_of_the_package():
    moved = [link("l", "a", "CP1"), link("other", "b", "CP2")]
    vims = {"vim1": {"accessInfo": {"username": "u"}, "extra": {"area": "b"}}}
    [step] = steps(ext_virtual_links=moved, vim_connection_info=vims)
    assert (step["operation"], step["module"]) == ("CHANGE_EXT_CONN", "vnf_ext_connectivity")
    assert step["options"] == {"name": "web", "ext_virtual_links": moved, "vim_connection_info": vims}
    assert 'external_cps {"CP2": "a"} -> {"CP2": "b"}' in step["text"]
    assert '"username"' not in step["text"]


def test_package_flavors_links_and_properties_are_one_operation():
    moved = [link("other", "b", "CP1"), link("l", "a", "CP2")]
    managed = [{"id": "m", "vnfVirtualLinkDescId": "inner", "resourceId": "other"}]
    found = steps(
        vnfd_id="d2", flavors={"VDU1": "small"}, ext_virtual_links=moved, ext_managed_virtual_links=managed,
        extensions={"a": None}, description="other", **PROPERTIES)  # fmt: skip
    assert operations(found) == ["MODIFY_INFO", "CHANGE_VNFPKG"]
    assert found[0]["options"] == {"name": "web", "state": "present", "description": "other"}
    # All VDUs, since those that are not named would keep the flavor and the image of the package before.
    assert found[1]["options"] == {
        "name": "web", "vnfd_id": "d2", "vdus": [{"vdu_id": "VDU1", "flavor": "small"}, {"vdu_id": "VDU2"}],
        "ext_virtual_links": moved, "ext_managed_virtual_links": managed, "extensions": {"a": None}, **PROPERTIES}  # fmt: skip


def test_a_package_without_flavors_of_its_own_changes_all_vdus():
    [step] = steps(vnfd_id="d2", flavors={})
    # Its links go along: a connection point may be new in the package.
    assert step["options"] == {"name": "web", "vnfd_id": "d2", "ext_virtual_links": WHOLE["ext_virtual_links"]}


def test_servers_come_before_the_change_and_go_after_it():
    grown = steps(vnfd_id="d2", sizes={ASPECT: 2}, **PROPERTIES)
    assert operations(grown) == ["SCALE", "CHANGE_VNFPKG"]
    shrunk = steps(vnfd_id="d2", sizes={ASPECT: 0}, metadata={"owner": "you"}, **PROPERTIES)
    assert operations(shrunk) == ["MODIFY_INFO", "CHANGE_VNFPKG", "SCALE"]


def test_servers_that_come_are_held_to_the_flavors():
    found = steps(sizes={ASPECT: 2})
    assert operations(found) == ["SCALE", "CHANGE_VNFPKG"]
    assert found[1]["after"] == {}
    assert found[1]["options"]["vdus"] == [{"vdu_id": "VDU1", "flavor": "tiny"}]
    # The record is not what may only be needed.
    recorded = steps(sizes={ASPECT: 2}, **PROPERTIES)
    assert operations(recorded) == ["MODIFY_INFO", "SCALE", "CHANGE_VNFPKG"]
    assert not PROPERTIES.keys() & recorded[2]["options"].keys()
    both = steps(sizes={ASPECT: 2}, flavors={"VDU1": "tiny", "VDU2": "small"})
    assert [vdu["vdu_id"] for vdu in both[1]["options"]["vdus"]] == ["VDU1", "VDU2"]


def test_what_a_maintenance_has_scaled_is_left_to_it():
    held = vnf(level=0, metadata={"owner": "me", f"nfv.maintenance/session/message/{ASPECT}": f"{ASPECT}@1f2e3d4c=1"})
    [step] = steps(held)
    assert (step["module"], step["after"]) == ("", {})
    assert step["text"] == f"SCALE: {ASPECT} stays at level 0 until the maintenance that scaled it is over"
    other = vnf(level=0, metadata={"owner": "me", f"nfv.maintenance/session/message/{ASPECT}": "other=1"})
    assert steps(other)[0]["module"] == "vnf_scale"


def test_managed_links_are_those_of_the_last_change():
    changed = {
        "id": "o", "operation": "CHANGE_VNFPKG", "operationState": "COMPLETED", "operationParams": {
            "additionalParams": {"lcm-operation-user-data": "x"},
            "extManagedVirtualLinks": [{"id": "m", "vnfVirtualLinkDescId": "inner", "resourceId": "later"}]}}  # fmt: skip
    [step] = steps(operations=[changed])
    assert step["text"] == 'CHANGE_VNFPKG: managed_links {"inner": "later"} -> {"inner": "n"}'
    # A network of the stack's own has taken the place of the managed one.
    own = vnf()
    own["instantiated_vnf_info"]["vnfVirtualLinkResourceInfo"] = [{"vnfVirtualLinkDescId": "inner"}]
    assert steps(own)[0]["before"] == {"managed_links": {}}


def test_credentials_of_a_vim_cannot_be_seen_here():
    """The module, which compares them, is asked; what can be seen is in the text."""
    [step] = steps(vim_connection_info={"vim1": {"accessInfo": {"username": "u"}}})
    assert (step["operation"], step["after"]) == ("MODIFY_INFO", {})
    assert steps(vim_connection_info={"vim1": {"extra": {"area": "a"}}}) == []
    [changed] = steps(vim_connection_info={"vim1": {"extra": {"area": "b"}}})
    assert changed["after"]["vim_connection_info"]["vim1"]["extra"] == {"area": "b"}


def test_another_deployment_flavour_is_left_to_the_module_to_refuse():
    [step] = steps(flavour_id="other")
    assert (step["module"], step["options"]["flavour_id"]) == ("vnf_instance", "other")
