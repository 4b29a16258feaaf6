# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which VNFCs vnf_heal takes for sick; all else is tried on the real Tacker (tests/tacker)."""

from __future__ import annotations

import pytest

from .conftest import INSTANCE_ID

MODULE = "vnf_heal"
PARAMS = {"vnf_instance_id": INSTANCE_ID, "unhealthy": True}
NOVA = "/compute/v2.1/servers"
IDS = ("vdu1-0", "vdu1-1", "vdu2-0")


def hears_servers(tacker, **states):
    """Nova, asked for each server of the VNF: its status, None for one that is not there."""
    tacker.hears_open()
    tacker.hears_instance(1)
    for server in IDS:
        status = states.get(server.replace("-", "_"), "ACTIVE")
        if status is None:
            tacker.expect("GET", f"{NOVA}/{server}", status=404, json={"itemNotFound": {"code": 404, "message": "no"}})
        else:
            host = {"host_status": "DOWN"} if status == "DOWN" else {}
            body = {"id": server, "status": "ACTIVE" if host else status, **host}
            tacker.expect("GET", f"{NOVA}/{server}", json={"server": body})


def healed(tacker, **params):
    result = tacker.run(MODULE, {**PARAMS, **params}, check_mode=True)
    assert not result["failed"], result
    assert tacker.conversation.writes == []
    return [one["id"] for one in result[MODULE]["healed"]]


@pytest.mark.parametrize("sick", ["ERROR", "DOWN", None])
def test_a_server_in_error_gone_or_on_a_host_that_is_down(tacker, sick):
    hears_servers(tacker, vdu1_1=sick)
    assert healed(tacker) == ["vdu1-1"]


@pytest.mark.parametrize("well", ["ACTIVE", "SHUTOFF", "UNKNOWN"])
def test_what_is_not_sick_is_left_alone(tacker, well):
    hears_servers(tacker, vdu1_1=well)
    assert healed(tacker) == []


def test_of_a_vdu_only_the_sick_ones(tacker):
    hears_servers(tacker, vdu1_1="ERROR", vdu2_0="ERROR")
    assert healed(tacker, vdu_ids=["VDU1"]) == ["vdu1-1"]


def test_servers_that_nova_does_not_show_at_all_are_no_reason_to_heal(tacker):
    """They may be another project's."""
    hears_servers(tacker, vdu1_0=None, vdu1_1=None, vdu2_0=None)
    result = tacker.run(MODULE, PARAMS)
    assert "shows none of the servers vdu1-0, vdu1-1, vdu2-0" in result["msg"]
