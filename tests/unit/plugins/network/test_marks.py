# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else than a floating IP shows the active member: a virtual address, a tag, metadata, an answer."""

from __future__ import annotations

import pytest

MODULE = "vnf_active_member"
INFO = "vnf_active_member_info"
NET = "/network/v2.0"
SERVERS = "/compute/v2.1/servers"
VIP = {"ip_address": "10.0.0.100", "mac_address": "fa:16:3e:00:00:0a"}
OTHER = {"ip_address": "10.0.0.0/24", "mac_address": "fa:16:3e:00:00:0a"}
HERE = {"private": [{"addr": "127.0.0.1", "version": 4, "OS-EXT-IPS:type": "fixed"}]}
ACTIVE, STANDBY = {"ha": "active"}, {"ha": "standby"}

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
def ports(conversation):
    """Declares one list of a server's ports: one port with these pairs, or none."""

    def declare(name, pairs=(), network=None, none=False):
        port = {
            "id": f"port-{name}", "device_id": name, "network_id": "n1", "mac_address": "fa:16:3e:00:00:0a",
            "allowed_address_pairs": [*pairs], "fixed_ips": [{"subnet_id": "s1", "ip_address": "10.0.0.5"}],
        }  # fmt: skip
        query = {"device_id": name, **({"network_id": network} if network else {})}
        conversation.expect("GET", f"{NET}/ports", json={"ports": [] if none else [port]}, query=query)

    return declare


@pytest.fixture
def writes_pairs(conversation):
    def declare(name, *pairs, **more):
        body = {"port": {"allowed_address_pairs": [*pairs]}}
        conversation.expect("PUT", f"{NET}/ports/port-{name}", body=body, json={"port": {"id": f"port-{name}"}}, **more)

    return declare


PAIR = {"vip": {"address": "10.0.0.100"}, "members": ["a", "b"], "avoid": ["a"]}


def test_a_virtual_address_is_taken_from_the_one_and_given_to_the_other(conversation, server, ports, writes_pairs):
    ports("a", [OTHER, VIP])
    ports("b")
    server("b")
    ports("b", network="n1")
    writes_pairs("a", OTHER)
    writes_pairs("b", {"ip_address": "10.0.0.100"})
    ports("a", [OTHER])
    ports("b", [VIP])
    result = conversation.run(MODULE, PAIR)
    record = result[MODULE]
    assert (result["changed"], record["active"], record["previous"], record["vip"]) == (True, "b", "a", "10.0.0.100")
    assert result["diff"] == {"before": {"active": "a", "port_id": "port-a"}, "after": {"active": "b", "port_id": "port-b"}}
    ports("a", [OTHER])
    ports("b", [VIP])
    assert not conversation.run(MODULE, PAIR)["changed"]


def test_the_address_keeps_a_hardware_address_of_its_own(conversation, server, ports, writes_pairs):
    vrrp = {"ip_address": "10.0.0.100", "mac_address": "00:00:5e:00:01:0a"}
    ports("a", [vrrp])
    ports("b")
    server("b")
    ports("b", network="n1")
    writes_pairs("a")
    writes_pairs("b", vrrp)
    ports("a")
    ports("b", [vrrp])
    assert conversation.run(MODULE, PAIR)["changed"]


def test_an_address_that_cannot_be_given_goes_back(conversation, server, ports, writes_pairs):
    ports("a", [VIP])
    ports("b")
    server("b")
    ports("b", network="n1")
    writes_pairs("a")
    writes_pairs("b", {"ip_address": "10.0.0.100"}, status=403)
    writes_pairs("a", VIP)
    result = conversation.run(MODULE, PAIR)
    assert result["failed"]
    assert "set the allowed address pairs of port port-b of server b" in result["msg"]


def test_an_address_that_nobody_has_is_given_again(conversation, server, ports, writes_pairs):
    """As after a run that was killed between the two."""
    ports("a")
    ports("b")
    server("b")
    ports("b")
    writes_pairs("b", {"ip_address": "10.0.0.100"})
    ports("a")
    ports("b", [VIP])
    result = conversation.run(MODULE, PAIR)
    assert (result[MODULE]["previous"], result[MODULE]["active"]) == (None, "b")


def test_an_address_that_all_have_does_not_tell_who_is_active(conversation, ports):
    ports("a", [VIP])
    ports("b", [VIP])
    result = conversation.run(MODULE, PAIR)
    assert result["failed"]
    assert "Virtual address 10.0.0.100 is at several members, which does not tell which one is active: a, b" in result["msg"]
    assert conversation.writes == []


FIXED = {**PAIR, "vip": {"address": "10.0.0.100", "kind": "fixed_ip"}}
OWN, HELD = {"subnet_id": "s1", "ip_address": "10.0.0.5"}, {"subnet_id": "s1", "ip_address": "10.0.0.100"}


@pytest.fixture
def addresses(conversation):
    """Declares one list of a server's ports: one port with these addresses; all members have the pair, as with keepalived."""

    def declare(name, *fixed_ips, network=None):
        port = {"id": f"port-{name}", "device_id": name, "network_id": "n1", "fixed_ips": [*fixed_ips]}
        port["allowed_address_pairs"] = [VIP]
        query = {"device_id": name, **({"network_id": network} if network else {})}
        conversation.expect("GET", f"{NET}/ports", json={"ports": [port]}, query=query)

    return declare


@pytest.fixture
def writes_addresses(conversation):
    def declare(name, *fixed_ips, **more):
        body = {"port": {"fixed_ips": [*fixed_ips]}}
        conversation.expect("PUT", f"{NET}/ports/port-{name}", body=body, json={"port": {"id": f"port-{name}"}}, **more)

    return declare


def test_an_address_of_the_port_itself_is_moved_to_the_other_port(conversation, server, addresses, writes_addresses):
    addresses("a", OWN, HELD)
    addresses("b", OWN)
    server("b")
    addresses("b", OWN, network="n1")
    writes_addresses("a", OWN)
    writes_addresses("b", OWN, HELD)
    addresses("a", OWN)
    addresses("b", OWN, HELD)
    record = conversation.run(MODULE, FIXED)[MODULE]
    assert (record["active"], record["previous"], record["port_id"]) == ("b", "a", "port-b")


def test_an_address_of_the_port_that_cannot_be_given_goes_back(conversation, server, addresses, writes_addresses):
    addresses("a", OWN, HELD)
    addresses("b", OWN)
    server("b")
    addresses("b", OWN, network="n1")
    writes_addresses("a", OWN)
    writes_addresses("b", OWN, HELD, status=409)
    writes_addresses("a", OWN, HELD)
    assert "set the addresses of port port-b of server b" in conversation.run(MODULE, FIXED)["msg"]


def test_the_only_address_of_a_port_is_not_taken_from_it(conversation, server, addresses):
    addresses("a", HELD)
    addresses("b", OWN)
    server("b")
    addresses("b", OWN, network="n1")
    result = conversation.run(MODULE, FIXED)
    assert "it is the only address of port port-a" in result["msg"]
    assert "tasks of your own in switch_over" in result["msg"]
    assert conversation.writes == []


def test_a_standby_without_a_port_there_is_not_fit(conversation, server, ports):
    ports("a", [VIP])
    ports("b")
    server("b")
    ports("b", network="n1", none=True)
    result = conversation.run(MODULE, PAIR)
    assert "b: has no port on network n1" in result["msg"]
    assert conversation.writes == []


def test_what_is_no_address_is_refused(conversation):
    assert "not an IP address" in conversation.run(MODULE, {**PAIR, "vip": {"address": "somewhere"}})["msg"]


def test_a_tag_moves(conversation, server):
    wish = {"tag": "act", "members": ["a", "b"], "avoid": ["a"]}
    server("a", tags=["x", "act"])
    server("b", tags=[])
    server("b")
    tagged = {"sent_headers": {"OpenStack-API-Version": "compute 2.26"}}
    conversation.expect("DELETE", f"{SERVERS}/a/tags/act", status=204, **tagged)
    conversation.expect("PUT", f"{SERVERS}/b/tags/act", status=201, **tagged)
    server("a", tags=["x"])
    server("b", tags=["act"])
    result = conversation.run(MODULE, wish)
    assert result["changed"]
    record = {**result[MODULE], "seconds": 0}
    assert record == {"mark": "tag act", "active": "b", "previous": "a", "seconds": 0}
    server("a", tags=["x"])
    server("b", tags=["act"])
    assert not conversation.run(MODULE, wish)["changed"]


def test_metadata_moves_and_leaves_its_other_value(conversation, server):
    server("a", metadata=ACTIVE)
    server("b", metadata={})
    server("b")
    conversation.expect("POST", f"{SERVERS}/a/metadata", body={"metadata": STANDBY}, json={"metadata": STANDBY})
    conversation.expect("POST", f"{SERVERS}/b/metadata", body={"metadata": ACTIVE}, json={"metadata": ACTIVE})
    server("a", metadata=STANDBY)
    server("b", metadata=ACTIVE)
    result = conversation.run(MODULE, {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"]})
    assert (result["changed"], result[MODULE]["active"]) == (True, "b")


def test_check_mode_moves_nothing(conversation, server):
    server("a", metadata=ACTIVE)
    server("b")
    server("b")
    wish = {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"]}
    result = conversation.run(MODULE, wish, check_mode=True)
    assert (result["changed"], result[MODULE]["active"]) == (True, "b")
    assert conversation.writes == []


def test_a_standby_is_waited_for_when_there_is_patience(conversation, server):
    server("a", metadata=ACTIVE)
    server("b")
    for status in ("BUILD", "BUILD", "ACTIVE"):
        server("b", status)
    conversation.expect("POST", f"{SERVERS}/a/metadata", json={"metadata": STANDBY})
    conversation.expect("POST", f"{SERVERS}/b/metadata", json={"metadata": ACTIVE})
    server("a", metadata=STANDBY)
    server("b", metadata=ACTIVE)
    wish = {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"], "patient": True, "timeout": 20}
    assert conversation.run(MODULE, wish)["changed"]


def test_patience_is_bounded(conversation, server):
    server("a", metadata=ACTIVE)
    server("b")
    for _look in range(4):
        server("b", "ERROR")
    wish = {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"], "patient": True, "timeout": 2}
    result = conversation.run(MODULE, wish)
    assert "waiting for a member that can take over metadata ha=active; last seen: a: to be avoided; b: ERROR" in result["msg"]
    assert conversation.writes == []


def test_the_check_is_looked_at_until_it_answers(conversation, server, listener):
    listener.statuses = [503, 503, 200]
    server("a", metadata=STANDBY)
    server("b", metadata=ACTIVE)
    wish = {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"]}
    check = {"url": f"http://127.0.0.1:{listener.port}/service"}
    result = conversation.run(MODULE, {**wish, "check": check})
    assert not result["changed"], "the switch was made by an earlier run"
    assert len(listener.paths) == 3


def test_a_check_that_never_answers_is_an_error(conversation, server, listener):
    listener.statuses = [503]
    server("b", metadata=ACTIVE)
    wish = {"metadata": {"key": "ha"}, "members": ["b"], "timeout": 2}
    result = conversation.run(MODULE, {**wish, "check": {"url": f"http://127.0.0.1:{listener.port}/"}})
    assert "to answer 200 after the switch-over; last seen: " in result["msg"]


@pytest.mark.parametrize(("module", "timeout"), [(MODULE, 20), (INFO, 20), (INFO, 0)])
def test_a_check_of_one_member_is_refused_before_anything_is_changed(conversation, module, timeout):
    check = {"url": "http://{address}:8080/health"}
    wish = {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"], "timeout": timeout, "check": check}
    result = conversation.run(module, wish)
    assert "check.url is http://{address}:8080/health, but check is about the service as a whole" in result["msg"]
    assert "write the address of the service in place of {address}" in result["msg"]
    assert conversation.writes == []


@pytest.mark.parametrize("ways", [{}, {"tag": "x", "floating_ip": "203.0.113.10"}])
def test_exactly_one_way_to_see(conversation, ways):
    assert "floating_ip" in conversation.run(MODULE, {**ways, "members": ["a"]})["msg"]


def test_an_answer_shows_who_is_active(conversation, server, listener):
    listener.statuses = [503, 200]
    server("a", addresses=HERE)
    server("b", addresses=HERE)
    server("a")
    server("b")
    probe = {"url": f"http://{{address}}:{listener.port}/active"}
    [found] = conversation.run(INFO, {"probe": probe, "members": ["a", "b"]})["vnf_active_members"]
    assert found["active"] == "b"
    assert [one["active"] for one in found["members"]] == [False, True]


def test_an_answer_without_an_address_tells_nothing(conversation):
    assert "{address}" in conversation.run(INFO, {"probe": {"url": "http://127.0.0.1/"}, "members": ["a"]})["msg"]


def test_that_another_one_becomes_active_is_waited_for(conversation, server):
    for _look in range(2):
        server("a", metadata=ACTIVE)
        server("b", metadata=STANDBY)
    server("a", metadata=STANDBY)
    server("b", metadata=ACTIVE)
    server("a")
    server("b")
    wish = {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"], "timeout": 20}
    [found] = conversation.run(INFO, wish)["vnf_active_members"]
    assert found["active"] == "b"


def test_that_nobody_else_becomes_active_is_an_error(conversation, server):
    for _look in range(4):
        server("a", metadata=ACTIVE)
        server("b", metadata=STANDBY)
    wish = {"metadata": {"key": "ha"}, "members": ["a", "b"], "avoid": ["a"], "timeout": 2}
    result = conversation.run(INFO, wish)
    assert "waiting for metadata ha=active to be at another member; last seen: a" in result["msg"]
