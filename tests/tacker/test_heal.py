# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_heal on the real Tacker."""

from __future__ import annotations

import pytest

from tests.tacker.http_server import Answer

MODULE = "vnf_heal"


@pytest.fixture(scope="module")
def vnf(running_tacker, package):
    instance_id = running_tacker.instantiate(package.vnfd_id, "healed", instantiationLevelId="level_2")
    yield instance_id
    running_tacker.remove(instance_id)


@pytest.fixture
def servers(tacker, vnf):
    """The servers by VDU and index."""
    [raw] = tacker.run("vnf_instance_info", {"id": vnf})["vnf_instances"]
    tacker.wire.mark()
    return {f"{one['vdu_id']}-{one['index']}": one for one in raw["servers"]}


def test_by_server_looked_at_first_and_repeated(tacker, vnf, servers):
    old = servers["VDU1-1"]["id"]
    options = {"vnf_instance_name": "healed", "server_ids": [old], "cause": "its host is maintained"}
    seen = tacker.run(MODULE, options, check=True)
    assert (seen["changed"], seen[MODULE]["healed"], tacker.wire.writes) == (True, [servers["VDU1-1"]], [])
    done = tacker.run(MODULE, options)
    assert done["changed"], done
    assert done["diff"] == seen["diff"]
    assert (done[MODULE]["removed"], len(done[MODULE]["added"])) == ([old], 1)
    [body] = tacker.wire.sent("POST", "/heal")
    assert (body["vnfcInstanceId"], body["cause"]) == ([f"VDU1-{old}"], "its host is maintained")
    for more in ({"server_ids": [old]}, {"server_ids": None, "vnfc_ids": [f"VDU1-{old}"]}):
        tacker.wire.mark()
        again = tacker.run(MODULE, {"vnf_instance_id": vnf, **more})
        assert (again["changed"], tacker.wire.writes) == (False, []), again
        assert len(tacker.wire.asked) <= 3


def test_by_vdu(tacker, vnf, servers):
    done = tacker.run(MODULE, {"vnf_instance_id": vnf, "vdu_ids": ["VDU2"], "storage": True})
    assert done["changed"], done
    assert done[MODULE]["removed"] == [servers["VDU2-0"]["id"]]
    [body] = tacker.wire.sent("POST", "/heal")
    assert body["additionalParams"]["all"] is True


def test_all_of_it(tacker, vnf, servers):
    done = tacker.run(MODULE, {"vnf_instance_id": vnf, "all": True})
    assert done["changed"], done
    assert sorted(done[MODULE]["removed"]) == sorted(one["id"] for one in servers.values())
    assert "vnfcInstanceId" not in tacker.wire.sent("POST", "/heal")[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Give either all, or what to choose VNFCs by"),
        ({"all": True, "vdu_ids": []}, "Give either all, or what to choose VNFCs by"),
        ({"vdu_ids": ["VDU9"]}, "no VDU VDU9. It has: VDU1, VDU2"),
        ({"server_ids": ["s9"]}, "no server s9. It has: "),
        ({"vnfc_ids": ["VDU1-s9"]}, "no VNFC VDU1-s9. It has: VDU1-"),
    ],
)
def test_what_is_not_there_is_refused_with_the_choices(tacker, vnf, options, words):
    for check in (False, True):
        assert words in tacker.run(MODULE, {"vnf_instance_id": vnf, **options}, check=check)["msg"]
    assert tacker.wire.writes == []


def test_none_are_healed_for_an_empty_list(tacker, vnf):
    assert tacker.run(MODULE, {"vnf_instance_id": vnf, "server_ids": []})["changed"] is False
    assert tacker.wire.writes == []


def test_a_heal_that_failed_is_repeated(tacker, vnf, servers):
    tacker.cloud.fail("update", reason="no valid host")
    options = {"vnf_instance_id": vnf, "server_ids": [servers["VDU1-0"]["id"]]}
    done = tacker.run(MODULE, {**options, "on_failure": ["retry"]})
    assert done["changed"], done
    assert done[MODULE]["removed"] == options["server_ids"]


def test_what_tacker_calls_completed_and_has_not_done(tacker, vnf, servers):
    """Somebody answers with an operation that completed long ago."""
    made = tacker.run("vnf_instance_info", {"id": vnf})["vnf_instances"][0]["id"]
    occs = tacker.call("GET", "/vnflcm/v2/vnf_lcm_op_occs", params={"filter": f"(eq,vnfInstanceId,{made})"}).json()
    place = f"http://tacker.invalid/vnflcm/v2/vnf_lcm_op_occs/{occs[0]['id']}"
    tacker.wire.intercept("POST", "/heal", lambda _request: Answer(202, b"", {"Location": place}))
    result = tacker.run(MODULE, {"vnf_instance_id": vnf, "server_ids": [servers["VDU1-0"]["id"]]})
    assert "reads COMPLETED, but" in result["msg"]
    assert servers["VDU1-0"]["id"] in result["msg"]


def test_a_heal_waits_for_what_is_under_way(tacker, vnf, servers):
    """Tacker takes it at once, and gives it up later without a word."""
    tacker.cloud.delay(2)
    tacker.order(vnf, "heal", {"vnfcInstanceId": [servers["VDU2-0"]["vnfc_info_id"]]})
    done = tacker.run(MODULE, {"vnf_instance_id": vnf, "server_ids": [servers["VDU1-2"]["id"]]})
    assert done[MODULE]["removed"] == [servers["VDU1-2"]["id"]], done
