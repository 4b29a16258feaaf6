# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of the VNF package before it is sent: what differs, what is sent, what is refused."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.change_plan import Plan
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.change_wish import NEW_SCRIPT, Target, Wish
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.vnfd import Vdu, Vnfd

from .conftest import USER_DATA

PRESENT = Target("d1", asked=False)
CONFIG = {"c": {"cpProtocolData": [{"layerProtocol": "IP_OVER_ETHERNET", "ipOverEthernet": {"macAddress": "fa:16:3e:00:00:01"}}]}}


def vnfd(vnfd_id="d2", flavors=None, cps=None, links=("vl",), template=None):
    vdus = {name: Vdu(name, flavor, "cirros", {}) for name, flavor in (flavors or {"VDU1": "tiny", "VDU2": "tiny"}).items()}
    cps = {"CP1": "VDU1", "CP2": "VDU2"} if cps is None else cps
    return Vnfd(vnfd_id, "p", "n", "2.0", "2.0", "simple", template or {}, vdus, {}, cps, tuple(links), (), None)


def link(identifier, network, *cps, ports=None):
    """An external link, with ready-made ports for its only connection point."""
    config = {f"c{number}": {**CONFIG["c"], "linkPortId": f"id-{port}"} for number, port in enumerate(ports or ())} or CONFIG
    made = [{"id": f"id-{port}", "resourceHandle": {"resourceId": port}} for port in ports or ()]
    ext_cps = [{"cpdId": cp, "cpConfig": config} for cp in cps]
    return {"id": identifier, "resourceId": network, "extCps": ext_cps, "extLinkPorts": made}


def instance(standard=True, flavor="tiny", **changed):
    """Two servers of VDU1, one of VDU2; link "l" on network "a"."""
    servers = [("VDU1", 1), ("VDU1", 0), ("VDU2", 0)]
    index = (lambda number: f"-{number}") if standard else (lambda _number: "")
    vnfcs = [
        {"id": f"{vdu}-{number}", "vduId": vdu, "vnfcCpInfo": [{"cpdId": f"CP{vdu[-1]}"}],
         "metadata": {"flavor": flavor, f"image-{vdu}{index(number)}": "cirros", **({"vdu_idx": number} if standard else {})}}
        for vdu, number in servers
    ]  # fmt: skip
    parameters = {
        "VDU": {f"{vdu}{index(number)}": {"computeFlavourId": flavor, "vcImageId": "cirros"} for vdu, number in servers},
        "CP": {f"CP{vdu[-1]}{index(number)}": {"network": "a"} for vdu, number in servers},
    }
    info = {
        "flavourId": "simple", "vnfcResourceInfo": vnfcs, "metadata": {"nfv": parameters},
        "extCpInfo": [{"cpdId": f"CP{vdu[-1]}", "extLinkPortId": f"made-{vdu}-{number}"} for vdu, number in servers],
        "extVirtualLinkInfo": [{"id": "l", "resourceHandle": {"resourceId": "a"}, "currentVnfExtCpData": [
            {"cpdId": cp, "cpConfig": CONFIG} for cp in ("CP1", "CP2")]}],
        "vnfVirtualLinkResourceInfo": [{"vnfVirtualLinkDescId": "vl"}],
    }  # fmt: skip
    vims = {"vim1": {"vimId": "v", "vimType": "T", "accessInfo": {"username": "u"}, "extra": {"area": "a"}}}
    raw = {"id": "i", "vnfdId": "d1", "extensions": {"a": {"x": 1, "y": 2}}, "vimConnectionInfo": vims}
    return {**raw, "instantiatedVnfInfo": {**info, **changed}}


def plan(wish, target=PRESENT, raw=None, managed=None):
    return Plan(raw or instance(), wish, target, managed)


def sent(wish, target=PRESENT, raw=None, managed=None):
    return plan(wish, target, raw, managed).request({**USER_DATA, **wish.params})


def rolled(body):
    return [param["vdu_id"] for param in body["additionalParams"]["vdu_params"]]


def test_what_is_not_asked_for_is_kept_though_the_vdu_is_updated():
    """Tacker resets the flavor and the image of a VDU that it updates to those of the VNFD."""
    body = sent(Wish(vdus=[{"vdu_id": "VDU1"}], extensions={"b": 1}), raw=instance(flavor="set-before"))
    assert body["additionalParams"]["nfv"]["VDU"] == {
        key: {"computeFlavourId": "set-before", "vcImageId": "cirros"} for key in ("VDU1-0", "VDU1-1", "VDU2-0")}  # fmt: skip
    assert (body["vnfdId"], body["extensions"], rolled(body)) == ("d1", {"b": 1}, ["VDU1"])
    assert body["additionalParams"]["upgrade_type"] == "RollingUpdate"
    assert not {"extVirtualLinks", "extManagedVirtualLinks", "vnfConfigurableProperties"} & set(body)


def test_some_vdu_is_updated_though_nothing_of_any_changes():
    """Tacker wants one; without it the operation fails."""
    assert rolled(sent(Wish(extensions={"b": 1}))) == ["VDU1"]


def test_a_flavor_is_laid_over_every_server_of_its_vdu():
    wish = Wish(vdus=[{"vdu_id": "VDU1", "flavor": "small"}])
    assert plan(wish).differences == ["flavors.VDU1"]
    parameters = sent(wish)["additionalParams"]["nfv"]["VDU"]
    assert {key: values["computeFlavourId"] for key, values in parameters.items()} == {
        "VDU1-0": "small", "VDU1-1": "small", "VDU2-0": "tiny"}  # fmt: skip


def test_a_vdu_with_servers_of_two_flavors_differs():
    raw = instance()
    raw["instantiatedVnfInfo"]["vnfcResourceInfo"][0]["metadata"]["flavor"] = "small"
    compared = plan(Wish(vdus=[{"vdu_id": "VDU1", "flavor": "small"}]), raw=raw)
    assert (compared.before, compared.differences) == ({"flavors": {"VDU1": "tiny, small"}}, ["flavors.VDU1"])


def test_a_flavor_that_the_package_has_is_not_laid_over_it():
    target = Target("d2", asked=True, vnfd=vnfd(flavors={"VDU1": "small", "VDU2": "tiny"}), old=vnfd("d1"))
    wish = Wish(vdus=[{"vdu_id": "VDU1", "flavor": "small"}])
    for raw in (instance(), instance(standard=False)):
        body = sent(wish, target, raw)
        assert "nfv" not in body["additionalParams"]
        assert rolled(body) == ["VDU1"]


def test_another_package_is_for_all_vdus_and_the_same_for_those_that_differ():
    other = vnfd(flavors={"VDU1": "tiny", "VDU2": "small"})
    assert rolled(sent(Wish(), Target("d2", asked=True, vnfd=other, old=vnfd("d1")))) == ["VDU1", "VDU2"]
    same = Target("d1", asked=True, vnfd=other)
    assert plan(Wish(), same).differences == ["flavors.VDU2"]
    assert rolled(sent(Wish(), same)) == ["VDU2"]


def test_images_are_compared_unless_the_package_brings_the_file():
    """What Glance calls an image that came with the package is not what the VNFD calls it."""
    raw = instance()
    for vnfc in raw["instantiatedVnfInfo"]["vnfcResourceInfo"]:
        vnfc["metadata"] = {key: "4ee1" if key.startswith("image-VDU2") else value for key, value in vnfc["metadata"].items()}
    assert plan(Wish(), Target("d1", asked=True, vnfd=vnfd()), raw).differences == ["images.VDU2"]
    brought = vnfd(template={"node_templates": {"VDU2": {"artifacts": {"sw_image": {"file": "cirros.img"}}}}})
    assert plan(Wish(), Target("d1", asked=True, vnfd=brought), raw).differences == []


def test_what_the_template_does_not_take_is_neither_compared_nor_set():
    """Tacker would show a flavor that it laid over the parameters, and no server would have it."""
    raw = instance()
    info = raw["instantiatedVnfInfo"]
    for vnfc in info["vnfcResourceInfo"]:
        vnfc["metadata"] = {"vdu_idx": vnfc["metadata"]["vdu_idx"], "flavor": None}
    info["metadata"]["nfv"]["VDU"] = {}
    assert plan(Wish(), Target("d1", asked=True, vnfd=vnfd(flavors={"VDU1": "small", "VDU2": "small"})), raw).differences == []
    with pytest.raises(CollectionError, match="its template takes no computeFlavourId"):
        sent(Wish(vdus=[{"vdu_id": "VDU1", "flavor": "small"}]), raw=raw)


def test_links_that_do_not_change_are_left_out():
    wish = Wish(links=[link("l", "a", "CP1"), link("m", "b", "CP2")])
    compared = plan(wish)
    assert compared.differences == ["external_cps.CP2"]
    body = sent(wish)
    assert [one["id"] for one in body["extVirtualLinks"]] == ["m"]
    assert rolled(body) == ["VDU2"]


def test_a_link_of_a_connection_point_that_comes_with_the_package_is_sent_though_the_record_has_it():
    """The record keeps a ready-made port of a connection point that the package before had."""
    raw = instance()
    new = vnfd(cps={"CP1": "VDU1", "CP2": "VDU2"})
    target = Target("d2", asked=True, vnfd=new, old=vnfd("d1", cps={"CP1": "VDU1"}))
    body = sent(Wish(links=[link("l", "a", "CP1", "CP2")]), target, raw)
    assert [one["id"] for one in body["extVirtualLinks"]] == ["l"]


def test_ready_made_ports_go_to_the_servers_in_order():
    wish = Wish(links=[link("l", "a", "CP1", ports=["first", "second"])])
    assert sent(wish)["additionalParams"]["nfv"]["CP"] == {"CP1-0": {"port": "first"}, "CP1-1": {"port": "second"}}
    assert plan(wish).before["link_ports"] == {"CP1": ["made-VDU1-0", "made-VDU1-1"]}


def test_managed_links_that_are_not_named_are_sent_again():
    present = instance(extManagedVirtualLinkInfo=[{"id": "m", "vnfVirtualLinkDescId": "vl"}], vnfVirtualLinkResourceInfo=[])
    body = sent(Wish(extensions={"b": 1}), raw=present, managed={"vl": "net"})
    assert body["extManagedVirtualLinks"] == [{"id": "m", "vnfVirtualLinkDescId": "vl", "resourceId": "net"}]
    gone = Target("d2", asked=True, vnfd=vnfd(links=()), old=vnfd("d1"))
    assert "extManagedVirtualLinks" not in sent(Wish(), gone, present, {"vl": "net"})
    ended = Wish(managed_links=[])
    assert plan(ended, raw=present, managed={"vl": "net"}).differences == ["managed_links.vl"]
    assert "extManagedVirtualLinks" not in sent(ended, raw=present, managed={"vl": "net"})


def test_merge_patches_are_compared_by_what_they_change():
    wish = Wish(
        extensions={"a": {"x": 1}, "gone": None}, properties={}, vims={"vim1": {"extra": {"area": "a"}}},
        params={"nfv": {"VDU": {"VDU2-0": {"computeFlavourId": "tiny"}}}},
    )  # fmt: skip
    assert plan(wish).differences == []
    changed = Wish(extensions={"a": {"x": None}}, vims={"vim1": {"extra": {"area": None}, "accessInfo": {"password": "p"}}})
    assert plan(changed).differences == ["extensions.a", "vim_connection_info.vim1"]
    assert plan(changed).after["extensions"] == {"a": {"y": 2}}
    assert sent(changed)["vimConnectionInfo"]["vim1"]["vimType"] == "T"
    assert plan(Wish(params={"nfv": {"VDU": {"VDU2-0": {"computeFlavourId": "small"}}}})).differences == ["parameters.VDU"]


def test_what_did_not_come_or_go_is_seen():
    target = Target("d2", asked=True, vnfd=vnfd(cps={"CP1": "VDU1", "CP3": "VDU1"}, links=("other",)), old=vnfd("d1"))
    wish = Wish(links=[link("l", "a", "CP3")])
    assert plan(wish, target).not_followed(instance()) == [
        "external connection point CP3 did not come", "external connection point CP2 did not go",
        "internal link other did not come", "internal link vl did not go",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "target", "words"),
    [
        (Wish(vdus=[{"vdu_id": "VDU9"}]), PRESENT, ["no server of VDU VDU9", "VDU1, VDU2"]),
        (Wish(links=[link("l", "a", "CP9")]), PRESENT, ["CP9", "CP1, CP2"]),
        (Wish(links=[link("l", "a", "CP2")]), Target("d1", True, vnfd(cps={"CP1": "VDU1"})), ["CP2", "the VNF has CP1"]),
        (Wish(managed_links=[{"vnfVirtualLinkDescId": "vl9", "resourceId": "n"}]), PRESENT, ["no internal link vl9", "has vl"]),
        (Wish(), Target("d2", True, vnfd(flavors={"VDU1": "tiny"})), ["Package d2 has no VDU VDU2", "its VDUs: VDU1"]),
        (Wish(), Target("d2", True, vnfd(), vnfd("d1", cps={"CP1": "VDU1"})), ["CP2 is new in package d2", "ext_virtual_links"]),
        (Wish(links=[link("l", "a", "CP1", ports=["one"])]), PRESENT, ["CP1 has 1 ready-made ports for 2 servers of VDU VDU1"]),
        (
            Wish(links=[{**link("l", "a", "CP2", ports=["one"]), "extLinkPorts": []}]), PRESENT,
            ["Link l has no port id-one for CP2"],
        ),
        (Wish(vims={"vim1": None}), PRESENT, ["vim_connection_info.vim1 cannot be removed"]),
        (Wish(vims={"vim1": {"vimId": None}}), PRESENT, ["vim_connection_info.vim1.vimId cannot be removed"]),
        (
            Wish(vdus=[{"vdu_id": "VDU1", "flavor": "small"}], scripts={NEW_SCRIPT: "s.py"}), PRESENT,
            ["s.py needs new_vnfc_param of VDU VDU1"],
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_choices(wish, target, words):
    with pytest.raises(CollectionError) as caught:
        sent(wish, target)
    for word in words:
        assert word in str(caught.value)


def test_what_only_the_standard_user_data_can_is_refused_without_it():
    raw = instance(standard=False)
    assert plan(Wish(vdus=[{"vdu_id": "VDU1", "flavor": "tiny"}]), raw=raw).differences == []
    for wish in (Wish(vdus=[{"vdu_id": "VDU1", "flavor": "small"}]), Wish(links=[link("l", "a", "CP2", ports=["one"])])):
        with pytest.raises(CollectionError, match="StandardUserData"):
            sent(wish, raw=raw)
    target = Target("d2", True, vnfd(links=()), vnfd("d1"))
    with pytest.raises(CollectionError, match="without a user data class Tacker changes no template"):
        plan(Wish(), target).request({})


def test_a_ready_made_port_tells_the_network_where_the_record_does_not():
    """The record keeps the old network of a link whose id is used again."""
    wanted = link("l", "b", "CP2", ports=["one"])
    raw = instance(
        extCpInfo=[{"cpdId": "CP2", "extLinkPortId": "id-one"}],
        extVirtualLinkInfo=[{
            "id": "l", "resourceHandle": {"resourceId": "a"}, "currentVnfExtCpData": wanted["extCps"],
            "extLinkPorts": wanted["extLinkPorts"],
        }],
    )  # fmt: skip
    raw["instantiatedVnfInfo"]["metadata"]["nfv"]["CP"] = {"CP2-0": {"port": "one"}}
    assert plan(Wish(links=[wanted]), raw=raw).differences == []
    raw["instantiatedVnfInfo"]["metadata"]["nfv"]["CP"] = {"CP2-0": {"port": "two"}}
    assert plan(Wish(links=[wanted]), raw=raw).differences == ["parameters.CP"]
