# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""host_drain on the wire: which bodies are sent, with which microversion."""

from __future__ import annotations

import pytest

NOVA = "/compute/v2.1"
SERVERS = f"{NOVA}/servers/detail"
VERSION = {"OpenStack-API-Version": "compute 2.73"}


def server(host="a", status="ACTIVE", task=None):
    return {
        "id": "x",
        "name": "n-x",
        "status": status,
        "OS-EXT-SRV-ATTR:host": host,
        "OS-EXT-STS:task_state": task,
        "updated": "2026-11-21T01:02:03Z",
    }


MOVE = {"instance": "x", "name": "n-x", "project_id": "p", "from": "a", "to": "b", "group": None, "ways": ["live"]}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def on_host(conversation, *servers, host="a"):
    conversation.expect(
        "GET", SERVERS, json={"servers": [*servers]}, query={"all_tenants": "1", "host": host}, sent_headers=VERSION
    )


def poll(conversation, *servers):
    conversation.expect(
        "GET", SERVERS, json={"servers": [*servers]}, query={"all_tenants": "1", "changes-since": "2026-11-21T01:01:03Z"}
    )


def act(conversation, body, status=202):
    conversation.expect(
        "POST",
        f"{NOVA}/servers/x/action",
        status=status,
        body=body,
        sent_headers=VERSION,
        headers={"x-openstack-request-id": "req-1"},
    )


def empty(conversation, host="a"):
    on_host(conversation, host=host)
    migrations(conversation, status="finished", source_compute=host)
    migrations(conversation, status="running", source_compute=host, migration_type="live-migration")


def no_control(conversation):
    """A service from before people could pause and abort a run."""
    conversation.expect("GET", "/maintenance/v1/sessions/s-1/control", status=404)


def migrations(conversation, *records, **query):
    conversation.expect("GET", f"{NOVA}/os-migrations", json={"migrations": [*records]}, query=query)


def live(conversation, target):
    act(conversation, {"os-migrateLive": {"host": target, "block_migration": "auto"}})


def refused(conversation):
    """What Nova keeps of an action for which its scheduler found no host."""
    event = {
        "event": "conductor_live_migrate_instance",
        "result": "Error",
        "finish_time": "x",
        "details": "No valid host was found.",
    }
    conversation.expect(
        "GET",
        f"{NOVA}/servers/x/os-instance-actions/req-1",
        sent_headers={"OpenStack-API-Version": "compute 2.84"},
        json={"instanceAction": {"start_time": "2026-11-21T01:02:03", "message": "Error", "events": [event]}},
    )
    conversation.expect("GET", f"{NOVA}/os-migrations", json={"migrations": []}, query={"instance_uuid": "x"})


def test_a_live_migration(conversation):
    on_host(conversation, server())
    live(conversation, "b")
    poll(conversation, server(status="MIGRATING", task="migrating"))
    poll(conversation, server(host="b"))
    empty(conversation)
    result = conversation.run("host_drain", {"moves": [MOVE]})
    assert (result["failed"], result["changed"]) == (False, True)
    assert result["host_drain"]["moved"][0]["to"] == "b"
    assert result["diff"]["after"] == {"n-x (x)": "b"}


def test_a_host_that_is_not_yet_through_with_what_has_left_it_costs_no_look_at_the_services(conversation):
    on_host(conversation, server())
    live(conversation, "b")
    poll(conversation, server(host="b"))
    on_host(conversation, host="a")
    migrations(conversation, status="finished", source_compute="a")
    record = {"uuid": "m", "instance_uuid": "x", "source_compute": "a", "created_at": "2026-11-21T01:02:03Z"}
    for leaving in ([record], [record], []):
        migrations(conversation, *leaving, status="running", source_compute="a", migration_type="live-migration")
    assert conversation.run("host_drain", {"moves": [MOVE]})["host_drain"]["moved"][0]["to"] == "b"


@pytest.mark.parametrize(("target", "body"), [("b", {"host": "b"}), (None, None)])
def test_a_cold_migration(conversation, target, body):
    on_host(conversation, server())
    act(conversation, {"migrate": body})
    poll(conversation, server("b", "VERIFY_RESIZE"))
    act(conversation, {"confirmResize": None}, 204)
    poll(conversation, server("b"))
    empty(conversation)
    result = conversation.run("host_drain", {"moves": [{**MOVE, "to": target, "ways": ["cold"]}]})
    assert result["host_drain"]["moved"][0]["how"] == "cold"


def test_what_nova_says_about_a_failed_migration_reaches_the_user(conversation):
    on_host(conversation, server())
    live(conversation, "b")
    poll(conversation, server())
    refused(conversation)
    on_host(conversation, server())
    conversation.expect("GET", f"{NOVA}/os-migrations", json={"migrations": []})
    services = [{"host": host, "state": "up", "status": status} for host, status in (("a", "disabled"), ("b", "disabled"))]
    conversation.expect("GET", f"{NOVA}/os-services", json={"services": services}, query={"binary": "nova-compute"})
    result = conversation.run("host_drain", {"moves": [MOVE]})
    assert result["failed"]
    assert "The target b is disabled (no reason given). Next: " in result["msg"]
    assert "No valid host was found." in result["msg"]
    assert "openstack server migration list --server x" in result["msg"]
    assert result["failure"]["failed"][0]["host"] == "a"
    assert result["failure"]["remaining"] == []


def test_each_move_is_told_to_the_session_with_the_lease(conversation):
    told = "/maintenance/v1/sessions/s-1/instances/x"
    on_host(conversation, server())
    lease = {"X-Lease-Token": "7"}
    no_control(conversation)
    conversation.expect("PUT", told, json={}, sent_headers=lease, body={"state": "MOVING", "how": "live", "from_host": "a"})
    act(conversation, {"os-migrateLive": {"host": "b", "block_migration": "auto"}})
    poll(conversation, server(host="b"))
    conversation.expect("PUT", told, json={}, sent_headers=lease)
    empty(conversation)
    result = conversation.run("host_drain", {"moves": [MOVE], "session_id": "s-1", "lease_token": 7})
    assert not result["failed"], result["msg"]


def test_a_stale_lease_stops_the_drain_before_it_starts(conversation):
    on_host(conversation, server())
    no_control(conversation)
    conversation.expect(
        "PUT", "/maintenance/v1/sessions/s-1/instances/x", status=409, json={"error": "The lease is held by another"}
    )
    on_host(conversation, server())
    conversation.expect("GET", f"{NOVA}/os-migrations", json={"migrations": []})
    result = conversation.run("host_drain", {"moves": [MOVE], "session_id": "s-1", "lease_token": 6})
    assert result["failed"]
    assert "The lease is held by another" in result["msg"]
    assert [call for call in conversation.writes if call.startswith("POST")] == []


def test_check_mode_reads_only(conversation):
    on_host(conversation, server())
    result = conversation.run("host_drain", {"moves": [MOVE]}, check_mode=True)
    assert result["changed"]
    assert conversation.writes == []


def test_another_target_is_the_host_in_service_with_most_memory_to_spare(conversation):
    """Asked for once: the hypervisors for who is in service, Placement for the room."""
    on_host(conversation, server())
    live(conversation, "b")
    poll(conversation, server())
    refused(conversation)
    hypervisors = [
        {"id": f"h-{host}", "service": {"host": host}, "state": state, "status": status, "memory_mb": 1, "memory_mb_used": 0}
        for host, state, status in (
            ("c", "up", "disabled"), ("d", "down", "enabled"), ("e", "up", "enabled"), ("f", "up", "enabled"),
        )
    ]
    conversation.expect("GET", f"{NOVA}/os-hypervisors/detail", json={"hypervisors": hypervisors})
    spare = {"c": 900, "d": 800, "e": 100, "f": 200}
    summaries = {
        f"h-{host}": {"resources": {"MEMORY_MB": {"capacity": 1000, "used": 1000 - free}}} for host, free in spare.items()
    }
    conversation.expect("GET", "/placement/allocation_candidates", json={"provider_summaries": summaries})
    live(conversation, "f")
    poll(conversation, server(host="f"))
    empty(conversation)
    result = conversation.run("host_drain", {"moves": [MOVE], "targets": ["b", "c", "d", "e", "f"]})
    assert result["host_drain"]["moved"][0]["to"] == "f", result


@pytest.mark.parametrize(("params", "words"), [({}, "moves, hosts"), ({"hosts": ["a"], "session_id": "s"}, "lease_token")])
def test_what_is_missing_is_named(conversation, params, words):
    result = conversation.run("host_drain", params)
    assert result["failed"]
    assert words in result["msg"]


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_a_version_document_that_does_not_come_is_asked_for_again_and_not_taken_for_an_old_nova(conversation, bad):
    """The drain bears it like any other call."""
    good = conversation.version_document
    answers = [{"status_code": 503, "text": "try later"}] * bad + [{"json": good}]
    for url in conversation.version_urls:
        conversation.mocker.get(url, [*answers])
    on_host(conversation, server())
    live(conversation, "b")
    poll(conversation, server(host="b"))
    empty(conversation)
    result = conversation.run("host_drain", {"moves": [MOVE]})
    assert not result["failed"], result["msg"]


def test_without_a_version_document_the_answer_is_named(conversation, slept):
    for url in conversation.version_urls:
        conversation.mocker.get(url, status_code=503, text="try later")
    result = conversation.run("maintenance_snapshot_info")
    assert result["failed"]
    assert "find out which microversions Nova has" in result["msg"]
    assert "503" in result["msg"]
    assert sum(slept) > 30, "asked for again for a while"
