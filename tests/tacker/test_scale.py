# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vnf_scale on the real Tacker."""

from __future__ import annotations

import pytest

from tests.tacker.http_server import answer
from tests.tacker.package import ASPECT, USER_DATA

SERVER = "OS::Nova::Server"


@pytest.fixture(scope="module")
def vnf(running_tacker, package):
    instance_id = running_tacker.instantiate(package.vnfd_id)
    yield instance_id
    running_tacker.remove(instance_id)


def test_out_and_in_each_looked_at_first_and_repeated(tacker, vnf):
    for level, servers in ((2, 4), (0, 2)):
        options = {"vnf_instance_id": vnf, "aspect_id": ASPECT, "level": level}
        tacker.wire.mark()
        seen = tacker.run("vnf_scale", options, check=True)
        assert (seen["changed"], tacker.wire.writes) == (True, [])
        done = tacker.run("vnf_scale", options)
        assert done["changed"], done
        assert done["diff"]["after"]["vnfcs"] == servers == len(tacker.cloud.resources(vnf, SERVER))
        tacker.wire.mark()
        again = tacker.run("vnf_scale", options)
        assert (again["changed"], tacker.wire.writes) == (False, [])
        assert len(tacker.wire.asked) <= 3


def test_what_heat_refuses_is_rolled_back_and_told(tacker, vnf):
    tacker.cloud.fail("update", reason="no room")
    result = tacker.run("vnf_scale", {
        "vnf_instance_id": vnf, "aspect_id": ASPECT, "level": 1, "on_failure": ["rollback"]})  # fmt: skip
    assert result["failed"]
    assert result["failure"]["operation_state"] == "ROLLED_BACK"
    assert "no room" in result["msg"]
    assert len(tacker.cloud.resources(vnf, SERVER)) == 2


def test_a_conflict_without_an_operation_is_waited_out(tacker, vnf):
    tacker.wire.intercept("POST", "/scale", lambda _request: answer(409, {"status": 409, "detail": "in progress"}))
    result = tacker.run("vnf_scale", {"vnf_instance_id": vnf, "aspect_id": ASPECT, "level": 1})
    assert result["changed"], result
    assert len(tacker.wire.sent("POST", "/scale")) == 2
    tacker.run("vnf_scale", {"vnf_instance_id": vnf, "aspect_id": ASPECT, "level": 0, "additional_params": USER_DATA})
