# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which members are in service, and that nothing passes with fewer than are needed."""

from __future__ import annotations

import pytest

MODULE = "vnf_member_info"
RESULT = "vnf_members"
HERE = {"private": [{"addr": "127.0.0.1", "version": 4, "OS-EXT-IPS:type": "fixed"}]}

pytestmark = pytest.mark.usefixtures("hurried")


def test_members_with_the_reason_why_one_is_not_in_service(conversation, server):
    server("a", hostId="5fbc")
    server("b", "ACTIVE", "migrating")
    server("c", "ERROR")
    server("d", None)
    result = conversation.run(MODULE, {"members": ["a", "b", "c", "d"]})
    assert [(one["id"], one["in_service"], one["reason"]) for one in result[RESULT]] == [
        ("a", True, None), ("b", False, "ACTIVE (migrating)"), ("c", False, "ERROR"), ("d", False, "does not exist"),
    ]  # fmt: skip
    assert result[RESULT][0] == {
        "id": "a", "name": "web-a", "status": "ACTIVE", "task_state": None, "host_id": "5fbc", "in_service": True, "reason": None,
    }  # fmt: skip
    assert (result[RESULT][3]["status"], result[RESULT][3]["host_id"]) == ("DELETED", None)


def test_fewer_than_needed_is_an_error_that_names_each(conversation, server):
    server("a", "SHUTOFF")
    server("b")
    result = conversation.run(MODULE, {"members": ["a", "b"], "at_least": 2})
    assert result["failed"]
    assert "Fewer than 2 of 2 members are in service: a: SHUTOFF" in result["msg"]


def test_members_are_waited_for(conversation, server):
    for status in ("REBOOT", "REBOOT", "ACTIVE"):
        server("a", status)
    result = conversation.run(MODULE, {"members": ["a"], "at_least": 1, "timeout": 30})
    assert result[RESULT][0]["in_service"]


def test_the_wait_is_bounded(conversation, server):
    for _look in range(4):
        server("a", "ERROR")
    result = conversation.run(MODULE, {"members": ["a"], "at_least": 1, "timeout": 2})
    assert result["failed"]
    assert "Timed out after 2 s waiting for 1 of 1 members to be in service; last seen: a: ERROR" in result["msg"]


@pytest.mark.parametrize(("status", "wanted"), [(200, 200), (503, 200), (418, 418), (302, 200)])
def test_health_is_asked_at_the_address_of_the_member(conversation, server, listener, status, wanted):
    listener.statuses = [status]
    in_service = status == wanted
    server("a", addresses=HERE)
    health = {"url": f"http://{{address}}:{listener.port}/health", "status": wanted}
    [found] = conversation.run(MODULE, {"members": ["a"], "health": health})[RESULT]
    assert (found["in_service"], listener.paths) == (in_service, ["/health"])
    if not in_service:
        assert f"http://127.0.0.1:{listener.port}/health answers {status}, not {wanted}" in found["reason"]


def test_who_does_not_answer_at_all_is_not_in_service(conversation, server, listener):
    listener.stop()
    server("a", addresses=HERE)
    server("b")
    health = {"url": f"http://{{address}}:{listener.port}/", "timeout": 1}
    found = conversation.run(MODULE, {"members": ["a", "b"], "health": health})[RESULT]
    assert "gives no answer" in found[0]["reason"]
    assert found[1]["reason"] == "has no address to look at"


def test_a_member_that_does_not_run_is_not_asked(conversation, server, listener):
    server("a", "SHUTOFF", addresses=HERE)
    conversation.run(MODULE, {"members": ["a"], "health": {"url": f"http://{{address}}:{listener.port}/"}})
    assert listener.paths == []


def test_server_groups(conversation, server):
    server("a")
    server("b")
    group = {"id": "g", "name": "web", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}, "members": ["a"]}
    conversation.expect("GET", "/compute/v2.1/os-server-groups", json={"server_groups": [group]})
    found = conversation.run(MODULE, {"members": ["a", "b"], "server_groups": True})[RESULT]
    assert found[0]["server_group"] == {"id": "g", "name": "web", "policy": "anti-affinity", "max_server_per_host": 2}
    assert found[1]["server_group"] is None
