# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own API: work on hosts, faults, and what the observer sees."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

DOCTOR = Path(__file__).resolve().parents[3] / "lab" / "topologies" / "doctor.yaml"
INTAKE = "/telemetry/v1/notifications"
LIVE = {"os-migrateLive": {"host": None, "block_migration": "auto"}}


@pytest.fixture
def roomy(start_lab):
    """A Doctor cloud with one step scaled in, five times as fast."""
    running = start_lab(DOCTOR, "--speed", "5")
    running.make_room()
    running.call("POST", "/lab/observer/reset")
    yield running
    running.stop()


def fault(lab, kind, match=None, **fields):
    answer = lab.call("POST", "/lab/faults", None, {"kind": kind, "match": match or {}, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def act(lab, name, body):
    answer = lab.nova("POST", f"/servers/{lab.servers()[name]['id']}/action", body)
    assert answer.status_code == 202, answer.text


def observed(lab):
    return lab.call("GET", "/lab/observer").json()


def migrations(lab):
    return lab.nova("GET", "/os-migrations").json()["migrations"]


# Faults as such


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "meteor"},
        {"kind": "webhook_drop", "match": {"server": "x"}},
        {"kind": "webhook_drop", "times": 0},
        {"kind": "webhook_drop", "colour": "red"},
        {"kind": "http_error", "match": {"path": "("}},
    ],
)
def test_faults_are_checked(lab, body):
    answer = lab.call("POST", "/lab/faults", None, body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_faults_are_listed_and_removed(lab):
    fault_id = fault(lab, "host_no_return", {"host": "compute-9"}, times=2)
    assert lab.call("GET", f"/lab/faults/{fault_id}").json()["left"] == 2
    assert [item["id"] for item in lab.call("GET", "/lab/faults").json()["faults"]] == [fault_id]
    assert lab.call("DELETE", f"/lab/faults/{fault_id}").status_code == 204
    assert lab.call("DELETE", f"/lab/faults/{fault_id}").status_code == 404
    fault(lab, "migration_fail", {"server": "none"})
    assert lab.call("DELETE", "/lab/faults").status_code == 204
    assert lab.call("GET", "/lab/faults").json() == {"faults": []}


def test_http_error_hits_what_matches_so_often(lab):
    fault_id = fault(
        lab, "http_error", {"service": "compute", "path": "/servers/detail", "method": "get"}, status=502, times=2
    )
    assert lab.nova("GET", "/servers").status_code == 200
    answers = [lab.nova("GET", "/servers/detail") for _number in range(3)]
    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert answers[0].json()["computeFault"]["code"] == 502
    assert lab.call("GET", f"/lab/faults/{fault_id}").json()["hits"] == 2
    lab.call("DELETE", "/lab/faults")


def test_http_error_speaks_as_the_service_and_spares_the_control_api(lab):
    fault(lab, "http_error", status=503)
    path = "/alarming/v2/alarms"
    assert lab.call("GET", path).json()["error_message"]["faultcode"] == "Server"
    assert "NeutronError" in lab.call("GET", "/network/v2.0/networks").json()
    assert lab.call("GET", "/nfv-orchestration/vnflcm/v2/vnf_instances").json()["status"] == 503
    assert lab.call("GET", "/lab/state").status_code == 200
    lab.call("DELETE", "/lab/faults")


# Webhooks


def webhook(lab, listener):
    project = lab.vnf["project_id"]
    body = {
        "name": "hook",
        "type": "event",
        "repeat_actions": True,
        "event_rule": {"event_type": "maintenance.*"},
        "alarm_actions": [listener.url],
    }
    assert lab.call("POST", "/alarming/v2/alarms", "lab-vnf", body).status_code == 201

    def send(message_id):
        payload = {"project_id": project, "state": "MAINTENANCE"}
        notification = {"message_id": message_id, "event_type": "maintenance.scheduled", "payload": payload}
        assert lab.call("POST", INTAKE, None, notification).status_code == 202

    return send


def test_webhooks_get_lost_doubled_and_late(start_lab, listener, until):
    lab = start_lab()
    send = webhook(lab, listener)
    fault(lab, "webhook_drop", {"alarm": "hook"}, times=1)
    send("lost")
    until(lambda: [item["result"] for item in lab.state()["webhooks"]] == ["dropped"])
    fault(lab, "webhook_duplicate", times=1)
    send("double")
    until(lambda: listener.ids() == ["double", "double"])
    fault(lab, "webhook_delay", seconds=3, times=1)
    send("late")
    until(lambda: lab.call("GET", "/lab/faults").json()["faults"][-1]["hits"] == 1)
    send("early")
    until(lambda: len(listener.requests) == 4)
    assert listener.ids()[2:] == ["early", "late"]


def test_a_fault_can_have_a_probability(start_lab, listener, until):
    lab = start_lab()
    send = webhook(lab, listener)
    fault(lab, "webhook_drop", probability=0.5)
    for number in range(40):
        send(str(number))
    until(lambda: len(lab.state()["webhooks"]) == 40)
    assert 5 < len(listener.requests) < 35


# Moves


def test_a_slow_move(roomy, until):
    fault(roomy, "migration_slow", {"server": "doctor-worker-0", "type": "live"}, factor=4, times=1)
    act(roomy, "doctor-worker-0", LIVE)
    roomy.settled("doctor-worker-0", "ACTIVE")
    until(lambda: migrations(roomy)[0]["status"] != "running")
    (migration,) = migrations(roomy)
    assert migration["status"] == "completed"
    begin, end = (datetime.fromisoformat(migration[name]) for name in ("created_at", "updated_at"))
    # Four times three simulated seconds, five times as fast.
    assert (end - begin).total_seconds() > 2.2


@pytest.mark.parametrize(("body", "status"), [(LIVE, "failed"), ({"migrate": None}, "error")])
def test_a_failing_move_leaves_the_server_where_it_was(roomy, body, status):
    host = roomy.servers()["doctor-worker-0"]["host"]
    fault(roomy, "migration_fail", {"server": "doctor-worker-0"}, times=1)
    act(roomy, "doctor-worker-0", body)
    server = roomy.settled("doctor-worker-0", "ACTIVE")
    assert server["OS-EXT-SRV-ATTR:host"] == host
    assert migrations(roomy)[0]["status"] == status
    assert sum(item["vcpus_used"] for item in roomy.state()["hosts"]) == 24


def test_a_failing_cold_move_may_leave_an_error(roomy):
    fault(roomy, "migration_fail", {"host": roomy.servers()["doctor-ha-1"]["host"]}, leaves="error")
    act(roomy, "doctor-ha-1", {"migrate": None})
    assert roomy.settled("doctor-ha-1", "ERROR")["fault"]["code"] == 500


@pytest.mark.parametrize(("body", "status"), [(LIVE, "ACTIVE"), ({"migrate": None}, "VERIFY_RESIZE")])
def test_a_lying_move_says_done_and_did_nothing(roomy, until, body, status):
    host = roomy.servers()["doctor-worker-0"]["host"]
    fault(roomy, "migration_lie", {"server": roomy.servers()["doctor-worker-0"]["id"]})
    act(roomy, "doctor-worker-0", body)
    assert roomy.settled("doctor-worker-0", status)["OS-EXT-SRV-ATTR:host"] == host
    until(lambda: migrations(roomy)[0]["status"] != "running")
    assert migrations(roomy)[0]["status"] in {"completed", "finished"}
    assert migrations(roomy)[0]["dest_compute"] != host


# Work on hosts


def test_work_takes_a_host_down_and_brings_it_back_with_a_version(start_lab, until):
    lab = start_lab(
        {
            "projects": ["admin"],
            "users": [{"name": "admin", "roles": {"admin": ["admin"]}, "cloud": "lab-admin"}],
            "hosts": {"count": 2},
        }
    )

    def state():
        return lab.nova("GET", "/os-services?host=compute-1").json()["services"][0]["state"]

    answer = lab.call("POST", "/lab/hosts/compute-1/work", None, {"seconds": 1.5, "version": "8.2.1"})
    assert answer.status_code == 202
    assert state() == "down"
    assert lab.call("POST", "/lab/hosts/compute-1/work", None, {"seconds": 1}).status_code == 409
    until(lambda: state() == "up")
    (first, second) = lab.nova("GET", "/os-hypervisors/detail").json()["hypervisors"]
    assert (first["hypervisor_version"], second["hypervisor_version"]) == (8002001, 8000000)
    assert observed(lab)["violations"] == []
    fault(lab, "host_no_return", {"host": "compute-1"}, times=1)
    lab.call("POST", "/lab/hosts/compute-1/work", None, {"seconds": 0.1})
    until(lambda: not next(host for host in lab.state()["hosts"] if host["name"] == "compute-1")["under_work"])
    assert state() == "down"
    lab.call("POST", "/lab/hosts/compute-1/work", None, {"seconds": 0.1})
    until(lambda: state() == "up")
    assert lab.call("POST", "/lab/hosts/none/work", None, {"seconds": 1}).status_code == 404
    for body in ({"seconds": -1}, {"seconds": "x"}, {"seconds": 1, "version": "new"}):
        assert lab.call("POST", "/lab/hosts/compute-1/work", None, body).status_code == 400


# The observer


def test_a_live_move_costs_the_blackout_only(roomy):
    name = "doctor-ha-0"
    act(roomy, name, LIVE)
    roomy.settled(name, "ACTIVE")
    report = observed(roomy)
    (service,) = report["vnfs"]
    assert (service["id"], service["name"]) == (roomy.vnf["id"], "doctor")
    assert len(service["gaps"]) == 1
    assert 0.015 <= service["longest_gap_seconds"] <= 0.6
    assert service["down_seconds"] == service["gaps"][0]["seconds"]
    assert 0 < service["availability"] < 1
    assert set(service["gaps"][0]) == {"from", "to", "seconds"}
    assert report["violations"] == []
    assert report["samples"] >= service["samples"] > 10
    assert roomy.call("POST", "/lab/observer/reset").status_code == 204
    assert observed(roomy)["vnfs"][0]["gaps"] == []


def test_a_cold_move_costs_its_whole_length(roomy):
    act(roomy, "doctor-ha-0", {"migrate": None})
    roomy.settled("doctor-ha-0", "VERIFY_RESIZE")
    (service,) = observed(roomy)["vnfs"]
    assert 0.8 <= service["longest_gap_seconds"] <= 5
    assert observed(roomy)["violations"] == []


def test_moving_the_other_members_costs_nothing(roomy):
    act(roomy, "doctor-ha-1", {"migrate": None})
    roomy.settled("doctor-ha-1", "VERIFY_RESIZE")
    report = observed(roomy)
    assert report["vnfs"][0]["down_seconds"] == 0
    assert report["vnfs"][0]["availability"] == 1
    assert report["violations"] == []


def test_too_many_impacted_members_are_seen(roomy, until):
    act(roomy, "doctor-ha-1", {"os-resetState": {"state": "error"}})
    assert observed(roomy)["violations"] == []
    act(roomy, "doctor-ha-0", {"os-resetState": {"state": "error"}})
    (violation,) = observed(roomy)["violations"]
    assert violation["kind"] == "max_impacted_members"
    assert "doctor-ha-0, doctor-ha-1" in violation["text"]
    assert roomy.call("GET", f"/lab/service/{roomy.vnf['floating_ip']}").status_code == 503


def test_work_on_an_occupied_host_is_seen(roomy, until):
    host = roomy.servers()["doctor-ha-0"]["host"]
    roomy.call("POST", f"/lab/hosts/{host}/work", None, {"seconds": 1})
    until(lambda: roomy.call("GET", f"/lab/service/{roomy.vnf['floating_ip']}").status_code == 503)
    until(lambda: roomy.call("GET", f"/lab/service/{roomy.vnf['floating_ip']}").status_code == 200)
    report = observed(roomy)
    assert {entry["kind"] for entry in report["violations"]} == {"occupied_host"}
    assert any("doctor-ha-0" in entry["text"] for entry in report["violations"])
    assert report["vnfs"][0]["longest_gap_seconds"] >= 0.15


def test_the_observer_keeps_its_beat(start_lab, until):
    lab = start_lab()
    lab.call("POST", "/lab/observer/reset")
    until(lambda: observed(lab)["samples"] > 100, pause=0.5)
    lag = observed(lab)["lag_seconds"]
    assert lag["mean"] < 0.2
    assert set(lag) == {"max", "mean", "missed"}


def test_unknown_paths_of_the_control_api(lab):
    assert lab.call("GET", "/lab/nonsense").json() == {"error": "The resource could not be found."}
    assert lab.call("GET", "/lab/service/192.0.2.1").status_code == 404


def test_a_lab_ends_cleanly(start_lab):
    lab = start_lab()
    lab.call("GET", "/lab/state")
    process = lab.process
    process.terminate()
    assert process.wait(timeout=30) == 0
    assert "Traceback" not in process.stdout.read().decode()
