# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request bodies that do not fit SOL003, and what is said of them."""

from __future__ import annotations

import jsonschema
import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.requests import check
from ansible_collections.nfv.maintenance.plugins.module_utils._nfv.requests_schema import BODIES

PLACE = r"extVirtualLinks\[0\]\.extCps\[0\]\.cpConfig"
ETHERNET = PLACE + r"\.c\.cpProtocolData\[0\]\.ipOverEthernet"


def link(**address):
    config = {"cpProtocolData": [{"layerProtocol": "IP_OVER_ETHERNET", "ipOverEthernet": {"ipAddresses": [address]}}]}
    return {"id": "l", "resourceId": "n", "extCps": [{"cpdId": "CP", "cpConfig": {"c": config}}]}


def connect(*links):
    return {"extVirtualLinks": [*links]}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_schema_is_a_schema(name):
    jsonschema.Draft202012Validator.check_schema(BODIES[name])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("CreateVnfRequest", {"vnfdId": "d", "vnfInstanceName": "n", "metadata": {"nfv:s 1/2": None, "l": ["x" * 2000]}}),
        ("InstantiateVnfRequest", {"flavourId": "f", "vimConnectionInfo": {"v": {"vimType": "T", "extra": {"k": "x" * 2000}}}}),
        ("ChangeExtVnfConnectivityRequest", connect()),
        ("ChangeExtVnfConnectivityRequest", connect(link(type="IPV6", fixedAddresses=["2001:db8::1"], subnetId="s"))),
        ("HealVnfRequest", {}),
        ("VnfInfoModificationRequest", {}),
    ],
)
def test_what_fits(name, body):
    check(name, body)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("CreateVnfRequest", {}, "vnfdId is missing"),
        ("CreateVnfRequest", {"vnfdId": "d", "metadata": None}, "metadata is None; allowed is a value of type object"),
        ("CreateVnfRequest", {"vnfdId": "d", "metadata": {"a=b": 1}}, "metadata is 'a=b'; allowed is text like"),
        ("CreateVnfRequest", {"vnfdId": "d", "metadata": {"a": "x" * 1025}}, "0 to 1024 characters"),
        ("ScaleVnfRequest", {"type": "UP", "aspectId": "a"}, "type is 'UP'; allowed is one of SCALE_OUT, SCALE_IN"),
        ("TerminateVnfRequest", {"terminationType": "FORCEFUL", "timeout": 1}, "timeout is unknown; allowed here: term"),
        ("ChangeExtVnfConnectivityRequest", {}, "extVirtualLinks is missing"),
        ("ChangeExtVnfConnectivityRequest", connect({"id": "l", "resourceId": "n", "extCps": []}), r"extCps is \[\]; allowed is"),
        ("ChangeExtVnfConnectivityRequest", connect(link(type="IPV4")), ETHERNET + ".*exactly one of numDynamicAddresses"),
        (
            "ChangeExtVnfConnectivityRequest", connect(link(type="IPV4", numDynamicAddresses=1, fixedAddresses=["192.0.2.1"])),
            "exactly one of numDynamicAddresses, fixedAddresses, addressRange",
        ),
        (
            "InstantiateVnfRequest", {"flavourId": "f", "extVirtualLinks": [link(type="IPV4", numDynamicAddresses="1")]},
            "numDynamicAddresses is '1'; allowed is a value of type integer",
        ),
        ("InstantiateVnfRequest", {"flavourId": "f", "vimConnectionInfo": {"v": None}}, "vimConnectionInfo.v is None"),
    ],
)  # fmt: skip
def test_what_does_not_fit(name, body, words):
    with pytest.raises(CollectionError, match=f"{name} cannot be sent: .*{words}"):
        check(name, body)


def test_a_password_is_not_shown():
    with pytest.raises(CollectionError) as caught:
        check("VnfInfoModificationRequest", {"vimConnectionInfo": {"v": {"accessInfo": {"password": "do-not-show"}}}})
    assert "vimType is missing" in str(caught.value)
    assert "do-not-show" not in str(caught.value)
