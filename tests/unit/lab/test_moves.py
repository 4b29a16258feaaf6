# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cold and live migration in the lab, from outside."""

from __future__ import annotations

import pytest

PAIR = {
    "projects": ["admin", "mine"],
    "users": [
        {"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"},
        {"name": "me", "roles": {"mine": ["member"]}, "cloud": "lab-mine"},
    ],
    "flavors": [{"name": "half", "vcpus": 4, "memory_mb": 8192, "disk_gb": 10}],
    "hosts": [{"name": "a"}, {"name": "b"}, {"name": "c", "spare": True}],
    "groups": [{"name": "apart", "project": "mine", "policy": "anti-affinity"}],
    "servers": [
        {"name": "one", "project": "mine", "flavor": "half", "host": "a", "group": "apart"},
        {"name": "two", "project": "mine", "flavor": "half", "host": "b", "group": "apart"},
    ],
    "durations": {"cold_migration": 0.6, "live_migration": 0.6, "live_cleanup": 0, "confirm": 0.1},
}


@pytest.fixture
def pair(start_lab):
    """Two anti-affine servers on two hosts and a third host that is empty."""
    running = start_lab(PAIR)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def resting(start_lab):
    """The same for tests that change nothing."""
    return start_lab(PAIR)


def act(lab, name, body, version="2.93", cloud="lab-admin"):
    return lab.nova("POST", f"/servers/{lab.servers()[name]['id']}/action", body, cloud, version)


def migrations(lab, query="", version="2.80"):
    return lab.nova("GET", f"/os-migrations{query}", version=version).json()["migrations"]


def watch(lab, name, until, *statuses):
    """Return the (status, task_state, host) that a server passes until it is settled."""
    seen = []

    def look():
        server = lab.server(name)
        now = (server["status"], server["OS-EXT-STS:task_state"], server["OS-EXT-SRV-ATTR:host"])
        if now not in seen:
            seen.append(now)
        return now[0] in statuses and now[1] is None

    until(look)
    return seen


def test_cold_migration_and_confirm(start_lab, until):
    # Slow enough that every state is seen on a busy machine.
    pair = start_lab({**PAIR, "durations": {"cold_migration": 4, "confirm": 0.1}})
    assert act(pair, "one", {"migrate": None}).status_code == 202
    seen = watch(pair, "one", until, "VERIFY_RESIZE")
    assert seen[0][:2] == ("RESIZE", "resize_prep")
    assert ("RESIZE", "resize_migrating", "a") in seen
    assert seen[-1] == ("VERIFY_RESIZE", None, "c")
    held = {host["name"]: host["vcpus_used"] for host in pair.state()["hosts"]}
    assert held == {"a": 4, "b": 4, "c": 4}, "the source keeps its room until the migration is confirmed"
    assert act(pair, "one", {"confirmResize": None}, cloud="lab-mine").status_code == 204
    assert pair.settled("one", "ACTIVE")["OS-EXT-SRV-ATTR:host"] == "c"
    held = {host["name"]: host["vcpus_used"] for host in pair.state()["hosts"]}
    assert held == {"a": 0, "b": 4, "c": 4}
    (migration,) = migrations(pair)
    assert (migration["status"], migration["migration_type"]) == ("confirmed", "migration")
    assert (migration["source_compute"], migration["dest_compute"]) == ("a", "c")


def test_revert_goes_back(pair, until):
    act(pair, "one", {"migrate": {"host": "c"}})
    watch(pair, "one", until, "VERIFY_RESIZE")
    assert act(pair, "one", {"revertResize": None}).status_code == 202
    assert pair.settled("one", "ACTIVE")["OS-EXT-SRV-ATTR:host"] == "a"
    assert migrations(pair)[0]["status"] == "reverted"


def test_cold_migration_without_a_fitting_host_is_accepted_and_fails_later(pair, until):
    pair.nova("PUT", f"/os-services/{service(pair, 'c')}", {"status": "disabled"})
    answer = act(pair, "one", {"migrate": None})
    assert answer.status_code == 202
    seen = watch(pair, "one", until, "ACTIVE")
    assert seen[-1] == ("ACTIVE", None, "a")
    assert migrations(pair)[0]["status"] == "error"
    path = f"/servers/{pair.servers()['one']['id']}/os-instance-actions"
    request_id = answer.headers["x-openstack-request-id"]
    action = pair.nova("GET", f"{path}/{request_id}").json()["instanceAction"]
    assert (action["action"], action["message"]) == ("migrate", "Error")
    assert [event["event"] for event in action["events"]] == ["cold_migrate", "conductor_migrate_server"]
    assert {event["result"] for event in action["events"]} == {"Error"}
    assert action["events"][0]["details"].startswith("No valid host was found.")


def service(lab, host):
    found = lab.nova("GET", f"/os-services?host={host}&binary=nova-compute").json()["services"]
    return found[0]["id"]


@pytest.mark.parametrize("body", [{"migrate": {"host": "b"}}, {"os-migrateLive": {"host": "b", "block_migration": "auto"}}])
def test_a_named_target_is_verified_against_the_group(pair, until, body):
    assert act(pair, "one", body).status_code == 202
    seen = watch(pair, "one", until, "ACTIVE")
    assert seen[-1] == ("ACTIVE", None, "a")
    assert migrations(pair)[0]["status"] == "error"
    assert pair.call("GET", "/lab/observer").json()["violations"] == []


def test_a_forced_target_is_not_verified_and_the_observer_sees_it(pair, until):
    body = {"os-migrateLive": {"host": "b", "block_migration": "auto", "force": True}}
    assert act(pair, "one", body).status_code == 400, "gone from 2.68 on"
    assert act(pair, "one", body, "2.67").status_code == 202
    assert watch(pair, "one", until, "ACTIVE")[-1][2] == "b"
    kinds = [entry["kind"] for entry in pair.call("GET", "/lab/observer").json()["violations"]]
    assert kinds == ["anti_affinity"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"migrate": {"host": "none"}}, 400),
        ({"migrate": {"host": "a"}}, 400),
        ({"migrate": {"where": "b"}}, 400),
        ({"os-migrateLive": {"host": None}}, 400),
        ({"os-migrateLive": {"host": "none", "block_migration": "auto"}}, 400),
        ({"os-migrateLive": {"host": None, "block_migration": "auto", "disk_over_commit": False}}, 400),
        ({"confirmResize": None}, 409),
        ({"revertResize": None}, 409),
        ({"os-start": None}, 409),
        ({"os-resetState": {"state": "asleep"}}, 400),
        ({"migrate": None, "os-stop": None}, 400),
    ],
)
def test_what_nova_refuses(resting, body, status):
    answer = act(resting, "one", body)
    assert answer.status_code == status, answer.text
    assert resting.servers()["one"]["status"] == "ACTIVE"


def test_wrong_states_are_told_in_novas_words(pair, until):
    act(pair, "one", {"migrate": None})
    server_id = pair.servers()["one"]["id"]
    busy = act(pair, "one", {"migrate": None})
    assert busy.status_code == 409
    assert busy.json()["conflictingRequest"]["message"].startswith(
        f"Cannot 'migrate' instance {server_id} while it is in task_state resize_"
    )
    watch(pair, "one", until, "VERIFY_RESIZE")
    resized = act(pair, "one", {"migrate": None}).json()["conflictingRequest"]["message"]
    assert resized == f"Cannot 'migrate' instance {server_id} while it is in vm_state resized"
    act(pair, "two", {"os-resetState": {"state": "error"}})
    assert pair.server("two")["status"] == "ERROR"
    assert act(pair, "two", {"migrate": None}).status_code == 409
    act(pair, "two", {"os-resetState": {"state": "active"}})
    assert pair.server("two")["status"] == "ACTIVE"


def test_members_may_not_migrate(resting):
    for body, rule in (
        ({"migrate": None}, "os-migrate-server:migrate"),
        ({"os-migrateLive": {"host": None, "block_migration": "auto"}}, "os-migrate-server:migrate_live"),
        ({"os-resetState": {"state": "error"}}, "os-admin-actions:reset_state"),
    ):
        answer = act(resting, "one", body, cloud="lab-mine")
        assert answer.status_code == 403
        assert answer.json() == {
            "forbidden": {"code": 403, "message": f"Policy doesn't allow os_compute_api:{rule} to be performed."}
        }


def test_live_migration(pair, until):
    connection = pair.connect()
    server = connection.compute.get_server(pair.servers()["one"]["id"])
    connection.compute.live_migrate_server(server, host=None, block_migration="auto")
    going = until(lambda: pair.nova("GET", f"/servers/{server.id}/migrations").json()["migrations"])
    assert going[0]["server_uuid"] == server.id
    seen = watch(pair, "one", until, "ACTIVE")
    assert seen[0][:2] == ("MIGRATING", "migrating")
    assert seen[-1] == ("ACTIVE", None, "c")
    assert [(item.status, item.migration_type) for item in connection.compute.migrations()] == [
        ("completed", "live-migration")
    ]
    assert pair.nova("GET", f"/servers/{server.id}/migrations").json()["migrations"] == []


def test_the_source_of_a_live_migration_is_through_with_it_later_than_the_server(start_lab, until):
    lab = start_lab({**PAIR, "durations": {"live_migration": 0.2, "live_cleanup": 4}})
    act(lab, "one", {"os-migrateLive": {"host": "c", "block_migration": "auto"}})
    assert watch(lab, "one", until, "ACTIVE")[-1] == ("ACTIVE", None, "c")
    assert migrations(lab)[0]["status"] == "running"
    lab.call("POST", "/lab/hosts/a/work", None, {"seconds": 60})
    until(lambda: migrations(lab)[0]["status"] == "error")
    assert [entry["kind"] for entry in lab.call("GET", "/lab/observer").json()["violations"]] == ["hasty_work"]
    held = {host["name"]: host["vcpus_used"] for host in lab.state()["hosts"]}
    assert held == {"a": 4, "b": 4, "c": 4}, "nobody gives the room back"
    lab.stop()


def test_force_complete_and_abort(pair, until):
    slow = {"kind": "migration_slow", "factor": 100}
    assert pair.call("POST", "/lab/faults", None, slow).status_code == 201
    live = {"os-migrateLive": {"host": None, "block_migration": "auto"}}

    def running(name):
        path = f"/servers/{pair.servers()[name]['id']}/migrations"
        found = pair.nova("GET", path).json()["migrations"]
        return found and found[0]["status"] == "running" and f"{path}/{found[0]['id']}"

    act(pair, "one", live)
    path = until(lambda: running("one"))
    assert pair.nova("POST", f"{path}/action", {"force_complete": None}).status_code == 202
    assert pair.settled("one", "ACTIVE")["OS-EXT-SRV-ATTR:host"] == "c"
    assert pair.nova("POST", f"{path}/action", {"force_complete": None}).status_code == 409
    act(pair, "one", live)
    path = until(lambda: running("one"))
    assert pair.nova("DELETE", path).status_code == 202
    assert pair.settled("one", "ACTIVE")["OS-EXT-SRV-ATTR:host"] == "c"
    assert migrations(pair)[0]["status"] == "cancelled"
    assert pair.nova("DELETE", "/servers/none/migrations/1").status_code == 404


def test_one_live_migration_at_a_time_leaves_a_host(start_lab, until):
    lab = start_lab(
        {
            **PAIR,
            "groups": [],
            "servers": [
                {"name": "one", "project": "mine", "flavor": "half", "host": "a"},
                {"name": "two", "project": "mine", "flavor": "half", "host": "a"},
            ],
        }
    )
    for name in ("one", "two"):
        act(lab, name, {"os-migrateLive": {"host": None, "block_migration": "auto"}})
    together = {"queued", "running"}
    until(lambda: {item["status"] for item in migrations(lab)} == together)
    for name in ("one", "two"):
        lab.settled(name, "ACTIVE")
    assert [item["status"] for item in migrations(lab)] == ["completed", "completed"]


def test_a_nova_compute_that_is_killed_leaves_its_migrations_as_they_are_for_good(start_lab, until):
    two = [{"name": name, "project": "mine", "flavor": "half", "host": "a"} for name in ("one", "two")]
    lab = start_lab({**PAIR, "groups": [], "servers": two, "durations": {"live_migration": 100, "live_cleanup": 100}})
    live = {"os-migrateLive": {"host": "c", "block_migration": "auto"}}
    for name in ("one", "two"):
        act(lab, name, live)
    left = ["queued", "running"]
    until(lambda: sorted(item["status"] for item in migrations(lab)) == left)
    assert lab.call("POST", "/lab/hosts/a/kill", None, {"seconds": 0.5}).status_code == 202
    assert {host["name"]: host["state"] for host in lab.state()["hosts"]} == {"a": "down", "b": "up", "c": "up"}
    assert {lab.server(name)["status"] for name in ("one", "two")} == {"MIGRATING"}
    assert not any(server["interrupted"] for server in lab.state()["servers"]), "the guests run on"
    assert lab.call("POST", "/lab/hosts/a/kill", None, {"seconds": 1}).status_code == 409
    until(lambda: lab.state()["hosts"][0]["state"] == "up")
    assert {lab.settled(name, "ACTIVE")["OS-EXT-SRV-ATTR:host"] for name in ("one", "two")} == {"a"}
    assert sorted(item["status"] for item in migrations(lab)) == left
    held = {host["name"]: host["vcpus_used"] for host in lab.state()["hosts"]}
    assert held == {"a": 8, "b": 0, "c": 8}, "nobody gives the room back"
    path = f"/servers/{lab.servers()['one']['id']}/migrations"
    assert len(lab.nova("GET", path).json()["migrations"]) == 1
    lab.stop()


def test_what_had_arrived_when_its_source_was_killed_stays_there_and_its_record_running(start_lab, until):
    lab = start_lab({**PAIR, "durations": {"live_migration": 0.2, "live_cleanup": 100}})
    act(lab, "one", {"os-migrateLive": {"host": "c", "block_migration": "auto"}})
    assert watch(lab, "one", until, "ACTIVE")[-1] == ("ACTIVE", None, "c")
    lab.call("POST", "/lab/hosts/a/kill", None, {"seconds": 0.1})
    until(lambda: lab.state()["hosts"][0]["state"] == "up")
    assert lab.server("one")["OS-EXT-SRV-ATTR:host"] == "c"
    assert [item["status"] for item in migrations(lab)] == ["running"]
    lab.stop()


def test_a_cold_migration_whose_source_is_killed_leaves_its_server_where_it_was(start_lab, until):
    lab = start_lab({**PAIR, "durations": {"cold_migration": 100}})
    act(lab, "one", {"migrate": None})
    lab.call("POST", "/lab/hosts/a/kill", None, {"seconds": 0.3})
    assert lab.server("one")["status"] == "RESIZE"
    assert lab.settled("one", "ACTIVE")["OS-EXT-SRV-ATTR:host"] == "a"
    assert migrations(lab)[0]["status"] in ("pre-migrating", "migrating")
    lab.stop()


def test_the_migration_list_filters_and_pages(pair, until):
    for target in ("c", "a"):
        act(pair, "one", {"os-migrateLive": {"host": target, "block_migration": "auto"}})
        watch(pair, "one", until, "ACTIVE")
    assert [item["dest_compute"] for item in migrations(pair)] == ["a", "c"]
    server_id = pair.servers()["one"]["id"]
    assert len(migrations(pair, f"?instance_uuid={server_id}&status=completed&migration_type=live-migration")) == 2
    assert migrations(pair, "?status=error") == []
    page = pair.nova("GET", "/os-migrations?limit=1", version="2.59").json()
    assert len(page["migrations"]) == 1
    assert page["migrations_links"][0]["rel"] == "next"
    assert "uuid" not in migrations(pair, version="2.58")[0]
    assert "migration_type" not in migrations(pair, version="2.22")[0]
    assert pair.nova("GET", "/os-migrations", cloud="lab-mine").status_code == 403


def test_a_stopped_server_migrates_cold_and_stays_stopped(pair, until):
    act(pair, "one", {"os-stop": None})
    pair.settled("one", "SHUTOFF")
    act(pair, "one", {"migrate": None})
    watch(pair, "one", until, "VERIFY_RESIZE")
    act(pair, "one", {"confirmResize": None})
    assert pair.settled("one", "SHUTOFF")["OS-EXT-SRV-ATTR:host"] == "c"
    act(pair, "one", {"os-start": None})
    assert pair.settled("one", "ACTIVE")["OS-EXT-STS:power_state"] == 1


def test_a_server_deleted_under_its_migration_leaves_nothing(pair, until):
    act(pair, "one", {"migrate": None})
    server_id = pair.servers()["one"]["id"]
    assert pair.nova("DELETE", f"/servers/{server_id}").status_code == 204
    until(lambda: "one" not in pair.servers())
    until(lambda: migrations(pair)[0]["status"] == "error")
    assert {host["name"]: host["vcpus_used"] for host in pair.state()["hosts"]} == {"a": 0, "b": 4, "c": 0}


def test_a_locked_server_is_closed_to_its_owner(pair):
    assert act(pair, "one", {"lock": {"locked_reason": "audit"}}).status_code == 202
    assert pair.server("one")["locked_reason"] == "audit"
    assert act(pair, "one", {"os-stop": None}, cloud="lab-mine").status_code == 409
    assert pair.nova("DELETE", f"/servers/{pair.servers()['one']['id']}", cloud="lab-mine").status_code == 409
    assert act(pair, "one", {"unlock": None}).status_code == 202
    assert act(pair, "one", {"os-stop": None}, cloud="lab-mine").status_code == 202
