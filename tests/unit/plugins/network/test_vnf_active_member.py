# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the floating IP goes, and what is said to Neutron and Nova on the way."""

from __future__ import annotations

import pytest
import requests

MODULE = "vnf_active_member"
NET = "/network/v2.0"
SERVERS = "/compute/v2.1/servers"
FIP = {"id": "f1", "floating_ip_address": "203.0.113.10", "floating_network_id": "ext", "router_id": "r1", "status": "ACTIVE"}
PARAMS = {"floating_ip": "203.0.113.10", "members": ["a", "b", "c"]}


def fixed(server):
    return f"10.0.0.{ord(server)}"


def port(server, **changed):
    return {
        "id": f"port-{server}", "device_id": server, "network_id": "n1",
        "fixed_ips": [{"subnet_id": "s1", "ip_address": fixed(server)}], **changed,
    }  # fmt: skip


class Cloud:
    """Declares Neutron's and Nova's side."""

    def __init__(self, conversation):
        self.conversation = conversation
        self.expect = conversation.expect
        self.run = conversation.run

    def points_to(self, server, query=None, holder=None):
        """Reads of the floating IP and of its port, if it has one."""
        at = {"port_id": f"port-{server}", "fixed_ip_address": fixed(server)} if server else {"port_id": None}
        query = query or {"floating_ip_address": "203.0.113.10"}
        self.expect("GET", f"{NET}/floatingips", json={"floatingips": [{**FIP, **at}]}, query=query)
        if server:
            self.expect("GET", f"{NET}/ports/port-{server}", json={"port": holder or port(server)})

    def server(self, name, status="ACTIVE", task_state=None):
        if status is None:
            self.expect("GET", f"{SERVERS}/{name}", status=404, json={"itemNotFound": {"message": "not found", "code": 404}})
            return
        body = {"id": name, "name": f"web-{name}", "status": status, "OS-EXT-STS:task_state": task_state}
        self.expect("GET", f"{SERVERS}/{name}", json={"server": body})

    def ports(self, name, *ports, network="n1"):
        query = {"device_id": name, **({"network_id": network} if network else {})}
        self.expect("GET", f"{NET}/ports", json={"ports": [*(ports or (port(name),))]}, query=query)

    def moves(self, name, **more):
        self.expect(
            "PUT", f"{NET}/floatingips/f1", json={"floatingip": {**FIP, "port_id": f"port-{name}"}},
            body={"floatingip": {"port_id": f"port-{name}", **more}},
        )  # fmt: skip
        self.points_to(name, {"id": "f1"})


@pytest.fixture
def cloud(conversation):
    return Cloud(conversation)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    import time  # noqa: PLC0415

    began, slept = time.monotonic(), [0.0]
    wait = "ansible_collections.nfv.maintenance.plugins.module_utils._network.active.time"

    class Hurried:
        @staticmethod
        def monotonic():
            return began + slept[0]

        @staticmethod
        def sleep(seconds):
            slept[0] += seconds

    monkeypatch.setattr(wait, Hurried)


@pytest.mark.parametrize("missing", ["floating_ip", "members"])
def test_missing_arguments(conversation, missing):
    result = conversation.run(MODULE, {key: value for key, value in PARAMS.items() if key != missing})
    assert missing in result["msg"]


def test_the_active_member_may_stay(cloud):
    cloud.points_to("b")
    result = cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})
    assert not result["changed"]
    assert result[MODULE] == {
        "floating_ip": "203.0.113.10", "floating_ip_id": "f1", "active": "b", "previous": "b", "port_id": "port-b",
        "seconds": 0.0,
    }  # fmt: skip
    assert result["diff"]["before"] == result["diff"]["after"]


def test_a_switch_and_then_nothing_more_to_do(cloud):
    cloud.points_to("a")
    cloud.server("b")
    cloud.ports("b")
    cloud.moves("b")
    result = cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})
    assert result["changed"]
    assert (result[MODULE]["active"], result[MODULE]["previous"], result[MODULE]["port_id"]) == ("b", "a", "port-b")
    assert result[MODULE]["seconds"] >= 0
    assert result["diff"] == {"before": {"active": "a", "port_id": "port-a"}, "after": {"active": "b", "port_id": "port-b"}}
    cloud.points_to("b")
    assert not cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})["changed"]


def test_check_mode_writes_nothing(cloud):
    cloud.points_to("a")
    cloud.server("b")
    cloud.ports("b")
    result = cloud.run(MODULE, {**PARAMS, "avoid": ["a"]}, check_mode=True)
    assert (result["changed"], result[MODULE]["active"], result[MODULE]["previous"]) == (True, "b", "a")
    assert cloud.conversation.writes == []


def test_the_given_order_decides(cloud):
    cloud.points_to("a")
    cloud.server("c")
    cloud.ports("c")
    cloud.moves("c")
    assert cloud.run(MODULE, {**PARAMS, "members": ["c", "b", "a"], "avoid": ["a"]})[MODULE]["active"] == "c"


@pytest.mark.parametrize(
    ("status", "task_state"),
    [("ERROR", None), ("SHUTOFF", None), ("ACTIVE", "migrating"), ("MIGRATING", "migrating"), (None, None)],
)
def test_a_member_that_is_not_healthy_is_passed_over(cloud, status, task_state):
    cloud.points_to("a")
    cloud.server("b", status, task_state)
    cloud.server("c")
    cloud.ports("c")
    cloud.moves("c")
    assert cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})[MODULE]["active"] == "c"


def test_a_member_without_a_port_on_the_network_is_passed_over(cloud):
    cloud.points_to("a")
    cloud.server("b")
    cloud.expect("GET", f"{NET}/ports", json={"ports": []}, query={"device_id": "b", "network_id": "n1"})
    cloud.server("c")
    cloud.ports("c")
    cloud.moves("c")
    assert cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})[MODULE]["active"] == "c"


def test_nobody_is_healthy(cloud):
    cloud.points_to("a")
    cloud.server("b", "ERROR")
    cloud.server("c", "ACTIVE", "migrating")
    result = cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})
    assert result["failed"]
    assert "No member can take over floating IP 203.0.113.10 from a. " in result["msg"]
    assert "a: to be avoided; b: ERROR; c: ACTIVE (migrating). " in result["msg"]
    assert "openstack server show" in result["msg"]
    assert result["failure"]["members"] == {"a": "to be avoided", "b": "ERROR", "c": "ACTIVE (migrating)"}
    assert cloud.conversation.writes == []


def test_a_stranger_holds_it(cloud):
    cloud.points_to("x")
    cloud.server("a")
    cloud.ports("a")
    cloud.moves("a")
    assert cloud.run(MODULE, PARAMS)[MODULE]["previous"] == "x"


def test_nobody_holds_it(cloud):
    cloud.points_to(None)
    cloud.server("a")
    cloud.ports("a", network=None)
    cloud.moves("a")
    result = cloud.run(MODULE, PARAMS)
    assert (result[MODULE]["previous"], result[MODULE]["active"]) == (None, "a")


def test_nobody_holds_it_and_a_member_has_two_ports(cloud):
    cloud.points_to(None)
    cloud.server("a")
    cloud.ports("a", port("a"), port("a", id="port-a2", network_id="n2"), network=None)
    result = cloud.run(MODULE, {**PARAMS, "members": ["a"]})
    assert "a: has 2 ports" in result["msg"]
    assert "openstack floating ip set --port <port> 203.0.113.10" in result["msg"]


@pytest.mark.parametrize(("subnets", "chosen"), [(("s2", "s1"), "10.0.0.2"), (("s2", "s3"), "10.0.0.1")])
def test_a_port_with_several_addresses_is_asked_for_the_one_on_the_same_subnet(cloud, subnets, chosen):
    several = [{"subnet_id": subnet, "ip_address": f"10.0.0.{number}"} for number, subnet in enumerate(subnets, 1)]
    cloud.points_to("a")
    cloud.server("b")
    cloud.ports("b", port("b", fixed_ips=[*several, {"subnet_id": "s6", "ip_address": "fd00::1"}]))
    cloud.moves("b", fixed_ip_address=chosen)
    assert cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})["changed"]


def test_by_id(cloud):
    cloud.points_to("b", {"id": "f1"})
    assert cloud.run(MODULE, {**PARAMS, "floating_ip": "f1"})[MODULE]["floating_ip"] == "203.0.113.10"


def test_an_unknown_floating_ip(cloud):
    cloud.expect("GET", f"{NET}/floatingips", json={"floatingips": []})
    assert "There is no floating IP 203.0.113.10" in cloud.run(MODULE, PARAMS)["msg"]


def test_what_does_not_read_back_is_not_a_switch(cloud):
    cloud.points_to("a")
    cloud.server("b")
    cloud.ports("b")
    cloud.expect("PUT", f"{NET}/floatingips/f1", json={"floatingip": {**FIP, "port_id": "port-b"}})
    for _look in range(4):
        cloud.points_to("a", {"id": "f1"})
    result = cloud.run(MODULE, {**PARAMS, "avoid": ["a"], "timeout": 2})
    assert "Timed out after 2 s waiting for floating IP 203.0.113.10 to be at port port-b of server b" in result["msg"]
    assert "last seen: port port-a. Next: openstack floating ip show 203.0.113.10" in result["msg"]


def test_neutrons_words_reach_the_user(cloud):
    cloud.points_to("a")
    cloud.server("b")
    cloud.ports("b")
    refusal = {"NeutronError": {"type": "x", "message": "has one already", "detail": ""}}
    cloud.expect("PUT", f"{NET}/floatingips/f1", status=409, json=refusal)
    result = cloud.run(MODULE, {**PARAMS, "avoid": ["a"]})
    assert "Failed to move floating IP 203.0.113.10 to port port-b of server b: HTTP 409: has one already" in result["msg"]


@pytest.mark.parametrize("status", [401, 403])
def test_refusals(cloud, status):
    for _attempt in range(2 if status == 401 else 1):
        cloud.expect("GET", f"{NET}/floatingips", status=status, json={"error": {"message": "no right to that"}})
    assert "no right to that" in cloud.run(MODULE, PARAMS)["msg"]


def test_timeout(cloud):
    cloud.expect("GET", f"{NET}/floatingips", error=requests.exceptions.ReadTimeout("slow"))
    assert "Failed to find floating IP" in cloud.run(MODULE, PARAMS)["msg"]


def test_info(cloud):
    cloud.points_to("a")
    cloud.server("a")
    cloud.server("b", "ACTIVE", "migrating")
    cloud.server("c", None)
    result = cloud.run(f"{MODULE}_info", PARAMS)
    assert not result["changed"]
    assert result["vnf_active_members"] == [
        {
            "floating_ip": "203.0.113.10", "floating_ip_id": "f1", "active": "a", "port_id": "port-a", "network_id": "n1",
            "members": [
                {"id": "a", "name": "web-a", "status": "ACTIVE", "task_state": None, "active": True},
                {"id": "b", "name": "web-b", "status": "ACTIVE", "task_state": "migrating", "active": False},
                {"id": "c", "name": None, "status": "DELETED", "task_state": None, "active": False},
            ],
        }
    ]  # fmt: skip


def test_info_of_one_that_does_not_exist(cloud):
    cloud.expect("GET", f"{NET}/floatingips", json={"floatingips": []})
    assert cloud.run(f"{MODULE}_info", {"floating_ip": "203.0.113.10"})["vnf_active_members"] == []
