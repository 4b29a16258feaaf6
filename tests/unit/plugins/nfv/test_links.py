# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""External links that are wanted, beside a record that tells a part of the truth."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv import links

CONFIG = {"CP1_1": {"cpProtocolData": [{"layerProtocol": "IP_OVER_ETHERNET", "ipOverEthernet": {"macAddress": "x"}}]}}


def link(identifier, network, *cpd_ids, config=None, ports=None):
    cps = [{"cpdId": cpd_id, "cpConfig": config or CONFIG} for cpd_id in cpd_ids]
    return {"id": identifier, "resourceId": network, "extCps": cps, **({"extLinkPorts": ports} if ports else {})}


def record(recorded="net-a", networks=None, cps=("CP1", "CP2"), real=("CP1", "CP2", "CP1"), ports=()):
    """A VNF instance with one external link "l"."""
    link_info = {
        "id": "l", "resourceHandle": {"resourceId": recorded}, "extLinkPorts": [*ports],
        "currentVnfExtCpData": [{"cpdId": cpd_id, "cpConfig": CONFIG} for cpd_id in cps],
    }  # fmt: skip
    stack = {key: {"network": network} for key, network in (networks or {}).items()}
    return {"id": "i", "instantiatedVnfInfo": {
        "extVirtualLinkInfo": [link_info], "extCpInfo": [{"cpdId": cpd_id} for cpd_id in real],
        "metadata": {"nfv": {"CP": stack}},
    }}  # fmt: skip


STACK = {"CP1-0": "net-a", "CP1-1": "net-a", "CP2-0": "net-a"}


@pytest.mark.parametrize(
    ("wanted", "present", "sent"),
    [
        ([link("l", "net-a", "CP1", "CP2")], record(networks=STACK), []),
        ([link("l", "net-a", "CP1")], record(networks=STACK), []),
        # The template of the package may take no network, or one for all servers.
        ([link("l", "net-a", "CP1")], record(), []),
        ([link("l", "net-a", "CP1")], record(networks={"CP1": "net-a"}), []),
        # The record keeps the old network when the id is used again; the stack does not.
        ([link("l", "net-b", "CP1")], record(networks={**STACK, "CP1-0": "net-b", "CP1-1": "net-b"}), []),
        ([link("l", "net-a", "CP1")], record(networks={**STACK, "CP1-0": "net-b", "CP1-1": "net-b"}), ["l"]),
        ([link("l", "net-a", "CP1")], record(networks={**STACK, "CP1-1": "net-b"}), ["l"]),
        ([link("m", "net-a", "CP1")], record(networks=STACK), ["m"]),
        ([link("l", "net-a", "CP1"), link("m", "net-b", "CP2")], record(networks=STACK), ["m"]),
        ([link("l", "net-a", "CP1", config={"CP1_1": {}})], record(networks=STACK), ["l"]),
        # A CP that its package has no more stays in the record.
        ([link("l", "net-a", "CP3")], record(networks=STACK, cps=("CP1", "CP3")), ["l"]),
        ([link("l", "net-a", "CP1", ports=[{"id": "p", "resourceHandle": {"resourceId": "r"}}])], record(networks=STACK), ["l"]),
        (
            [link("l", "net-a", "CP1", ports=[{"id": "p", "resourceHandle": {"resourceId": "r"}}])],
            record(networks=STACK, ports=[{"id": "p", "resourceHandle": {"resourceId": "r"}, "cpInstanceId": "c"}]), [],
        ),
        ([], record(networks=STACK), []),
    ],
)  # fmt: skip
def test_only_what_differs_is_sent(wanted, present, sent):
    assert [one["id"] for one in links.changed_links(wanted, present)] == sent


def test_the_first_link_that_names_a_cp_counts():
    assert links.wanted_cps([link("l", "net-a", "CP1"), link("m", "net-b", "CP1")])["CP1"]["network"] == "net-a"


def test_unknown_cps_are_refused_with_the_choices():
    with pytest.raises(CollectionError, match="no external connection point CP9; the VNF has CP1, CP2"):
        links.check_cpds([link("l", "net-a", "CP1", "CP9")], links.known_cpds(record(networks=STACK)))


def test_the_diff_shows_the_network_from_the_stack():
    before, after = links.cps_diff([link("l", "net-b", "CP1")], record("net-old", networks=STACK))
    assert (before["CP1"]["network"], after["CP1"]["network"]) == ("net-a", "net-b")


class Occs:
    """The operations of the instance."""

    def __init__(self, *occs):
        self.occs = list(occs)

    def op_occs(self, *_args, **_more):
        return self.occs


MADE = {"operation": "INSTANTIATE", "operationState": "COMPLETED"}
KEPT = {"instantiatedVnfInfo": {"extManagedVirtualLinkInfo": [
    {"vnfVirtualLinkDescId": "vl", "networkResource": {"resourceId": "net-a"}}]}, "id": "i"}  # fmt: skip


OTHER = {"extManagedVirtualLinks": [{"vnfVirtualLinkDescId": "vl", "resourceId": "net-b"}]}


def change(state="COMPLETED", user_data=True, granted=True, **params):
    pair = {"lcm-operation-user-data": "./UserData/standard.py", "lcm-operation-user-data-class": "StandardUserData"}
    return {
        "operation": "CHANGE_VNFPKG", "operationState": state, **({"grantId": "g"} if granted else {}),
        "operationParams": {"additionalParams": pair if user_data else {}, **params},
    }  # fmt: skip


def scale(kind, steps=1, state="COMPLETED"):
    params = {"type": kind, "aspectId": "a", **({"numberOfSteps": steps} if steps > 1 else {})}
    return {"operation": "SCALE", "operationState": state, "grantId": "g", "operationParams": params}


@pytest.mark.parametrize(
    ("occs", "networks"),
    [
        ([MADE], {"vl": "net-a"}),
        # New servers are on the network of the record, until the newest have gone again or the links are sent again.
        ([MADE, change(**OTHER), scale("SCALE_OUT")], {"vl": "net-b, net-a"}),
        ([MADE, change(**OTHER), scale("SCALE_IN", 2), scale("SCALE_OUT")], {"vl": "net-b, net-a"}),
        ([MADE, change(**OTHER), scale("SCALE_OUT"), scale("SCALE_OUT"), scale("SCALE_IN")], {"vl": "net-b, net-a"}),
        ([MADE, change(**OTHER), scale("SCALE_OUT", 2), scale("SCALE_IN", 2)], {"vl": "net-b"}),
        ([MADE, change(**OTHER), scale("SCALE_OUT", state="ROLLED_BACK")], {"vl": "net-b"}),
        ([MADE, change(**OTHER), scale("SCALE_OUT"), change(**OTHER)], {"vl": "net-b"}),
        ([MADE, scale("SCALE_OUT"), change(**OTHER)], {"vl": "net-b"}),
        ([MADE, scale("SCALE_OUT")], {"vl": "net-a"}),
        ([MADE, change()], {}),
        ([MADE, change(**OTHER)], {"vl": "net-b"}),
        ([MADE, change(), {**MADE, "operationState": "COMPLETED"}], {"vl": "net-a"}),
        # A rollback makes the template with the links of the request that failed.
        ([MADE, change("ROLLED_BACK", **OTHER)], {"vl": "net-b"}),
        ([MADE, change("ROLLED_BACK")], {}),
        ([MADE, change("ROLLED_BACK", granted=False)], {"vl": "net-a"}),
        # Without a user data class no template is made.
        ([MADE, change(user_data=False)], {"vl": "net-a"}),
    ],
)
def test_managed_links_are_those_of_the_last_operation_that_sets_them(occs, networks):
    assert links.managed_networks(Occs(*occs), KEPT) == networks
