# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_lcm_subscription and its twin that reads on the real Tacker, and what the event filter makes of its notifications."""

from __future__ import annotations

import pytest

from extensions.eda.plugins.event_filter import vnf_lcm_event
from tests.tacker.http_server import Server, answer
from tests.waiting import until

MODULE = "vnf_lcm_subscription"
LIST = "/vnflcm/v2/subscriptions"


@pytest.fixture
def callback(tacker):
    """An address that keeps what it is sent."""
    heard = []
    server = Server(lambda request: heard.append(request.body) or answer(204))
    server.heard = heard
    yield server
    server.stop()
    for raw in tacker.call("GET", LIST).json():
        tacker.call("DELETE", f"{LIST}/{raw['id']}")


def twice(tacker, **options):
    tacker.wire.mark()
    seen = tacker.run(MODULE, options, check=True)
    assert (seen.get("changed"), tacker.wire.writes) == (True, []), seen
    done = tacker.run(MODULE, options)
    assert done.get("changed"), done
    assert done["diff"] == seen["diff"]
    tacker.wire.mark()
    again = tacker.run(MODULE, options)
    assert (again["changed"], tacker.wire.writes, len(tacker.wire.asked)) == (False, [], 1)
    return done


def test_subscribed_changed_and_gone(tacker, callback):
    secret = {"authType": ["BASIC"], "paramsBasic": {"userName": "u", "password": "not-a-real-password"}}
    made = twice(tacker, callback_uri=callback.url, authentication=secret)
    changed = twice(tacker, callback_uri=callback.url, verbosity="SHORT", filter={"operationTypes": ["HEAL"]})
    assert made[MODULE]["id"] != changed[MODULE]["id"]
    found = tacker.call("GET", LIST).json()
    assert [(raw["id"], raw["filter"], raw["verbosity"]) for raw in found] == [
        (changed[MODULE]["id"], {"operationTypes": ["HEAL"]}, "SHORT")]  # fmt: skip
    assert twice(tacker, callback_uri=callback.url, state="absent")[MODULE] is None
    assert tacker.call("GET", LIST).json() == []


def test_who_is_told_is_read(tacker, callback):
    """Of several pages, by address and by id; and nothing that is secret."""
    addresses = [f"{callback.url}/{number}" for number in range(6)]
    secret = {"authType": ["BASIC"], "paramsBasic": {"userName": "u", "password": "not-a-real-password"}}
    made = [
        tacker.run(MODULE, {"callback_uri": address, "authentication": secret, "filter": {"operationTypes": ["SCALE"]}})[MODULE]
        for address in addresses
    ]
    tacker.wire.mark()
    every = tacker.run("vnf_lcm_subscription_info")["vnf_lcm_subscriptions"]
    assert [one for one in every if one["callback_uri"] in addresses] == made
    assert tacker.run("vnf_lcm_subscription_info", {"callback_uri": addresses[4]})["vnf_lcm_subscriptions"] == [made[4]]
    assert tacker.run("vnf_lcm_subscription_info", {"id": made[2]["id"]})["vnf_lcm_subscriptions"] == [made[2]]
    assert tacker.run("vnf_lcm_subscription_info", {"id": "none"})["vnf_lcm_subscriptions"] == []
    assert tacker.wire.writes == []


def test_a_filter_that_does_not_fit_is_refused(tacker, callback):
    result = tacker.run(MODULE, {"callback_uri": callback.url, "filter": {"operationTypes": ["EXPLODE"]}})
    assert "filter.operationTypes[0] is 'EXPLODE'; allowed is one of INSTANTIATE" in result["msg"]
    assert tacker.wire.asked == []


def test_a_rulebook_hears_what_scaled(tacker, callback, package):
    instance_id = tacker.instantiate(package.vnfd_id, "followed")
    try:
        tacker.run(MODULE, {"callback_uri": callback.url, "filter": {
            "vnfInstanceSubscriptionFilter": {"vnfInstanceIds": [instance_id]}, "operationStates": ["COMPLETED"]}})  # fmt: skip
        done = tacker.run("vnf_scale", {"id": instance_id, "aspect_id": "VDU1_scale", "level": 1})
        [body] = until("the notification", lambda: [one for one in callback.heard if one] or None)
        typed = vnf_lcm_event.main({"payload": body})["vnf_lcm"]
        assert (typed["vnf_instance_id"], typed["operation"], typed["operation_state"]) == (instance_id, "SCALE", "COMPLETED")
        assert typed["added"] == done["vnf_scale"]["added"]
        assert typed["op_occ_id"] == done["vnf_scale"]["op_occ_id"]
    finally:
        tacker.remove(instance_id)
