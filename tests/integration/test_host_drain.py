# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshot, plan, drain and compute_host against the lab, as the ordinary modules they are too; and what faults do to a drain."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import typing as t

import openstack
import pytest
import yaml

from lab.stack import Stack
from tests.waiting import until

MODULES = "ansible_collections.nfv.maintenance.plugins.modules"
Record = dict[str, t.Any]


class Cloud:
    """The lab after its VNF gave two instances."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        owner = self.connect("lab-vnf").compute
        workers = sorted((one for one in owner.servers() if "worker" in one.name), key=lambda one: one.name)
        for server in workers[-2:]:
            owner.delete_server(server)
            owner.wait_for_delete(server, interval=0.1)

    def connect(self, name: str) -> t.Any:
        auth = yaml.safe_load((self.stack.folder / "clouds.yaml").read_text())["clouds"][name]
        return openstack.connect(load_envvars=False, load_yaml_config=False, **auth)

    def start(self, module: str, **params: t.Any) -> subprocess.Popen[str]:
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": "lab-admin", **params}})
        process = subprocess.Popen(
            [sys.executable, "-m", f"{MODULES}.{module}"],
            env=self.stack.env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        process.stdin.write(arguments)
        process.stdin.close()
        return process

    def run(self, module: str, **params: t.Any) -> Record:
        process = self.start(module, **params)
        assert process.stdout is not None
        assert process.stderr is not None
        out, errors = process.stdout.read(), process.stderr.read()
        process.wait(60)
        assert out, errors
        return t.cast("Record", json.loads(out))

    def snapshot(self) -> Record:
        result = self.run("maintenance_snapshot_info")
        return t.cast("Record", result["maintenance_snapshot"])

    def plan(self, **options: t.Any) -> Record:
        arguments = {"snapshot": self.snapshot(), **options}
        process = subprocess.run(
            [sys.executable, "-m", f"{MODULES}.maintenance_plan"],
            env=self.stack.env,
            text=True,
            check=True,
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            capture_output=True,
        )
        return t.cast("Record", json.loads(process.stdout)["maintenance_plan"])

    def drain(self, **params: t.Any) -> Record:
        return self.run("host_drain", **{"poll_interval": 0.2, **params})

    def fault(self, kind: str, match: Record | None = None, **more: t.Any) -> None:
        self.stack.control("POST", "faults", {"kind": kind, "match": match or {}, **more})

    def places(self) -> dict[str, str]:
        return {one["name"]: one["host"] for one in self.snapshot()["instances"]}

    def migrations(self, server: str) -> list[Record]:
        answer = self.connect("lab-admin").compute.get("/os-migrations", params={"instance_uuid": server}, microversion="2.73")
        return t.cast("list[Record]", answer.json()["migrations"])

    def task_state(self, server: str) -> str | None:
        return t.cast("str | None", self.connect("lab-admin").compute.get_server(server).task_state)

    def first_move(self) -> Record:
        plan = self.plan()
        assert plan["room"]["need"] in ("none", "prepare"), plan["room"]
        return t.cast("Record", [*plan["room"]["moves"], *(move for wave in plan["waves"] for move in wave["moves"])][0])


@pytest.fixture
def cloud(make_stack: t.Callable[..., Stack]) -> Cloud:
    """A lab of one's own."""
    return Cloud(make_stack(session_api=False, speed=20))


def test_a_plan_is_carried_out_wave_by_wave(cloud: Cloud):
    plan = cloud.plan()
    assert plan["figures"]["moves"] == plan["figures"]["moves_lower_bound"]
    cloud.stack.control("POST", "observer/reset")
    moved = 0
    if plan["room"]["moves"]:
        moved += len(cloud.drain(moves=plan["room"]["moves"])["host_drain"]["moved"])
    for wave in plan["waves"]:
        result = cloud.drain(moves=wave["moves"], hosts=wave["hosts"])
        assert not result.get("failed"), result["msg"]
        moved += len(result["host_drain"]["moved"])
        assert not set(wave["hosts"]) & set(cloud.places().values())
    assert moved == plan["figures"]["moves"]
    assert cloud.stack.control("GET", "observer")["violations"] == []


def test_the_snapshot_agrees_with_the_lab(cloud: Cloud):
    snapshot = cloud.snapshot()
    used = {one["name"]: 0 for one in snapshot["hosts"]}
    for one in snapshot["instances"]:
        used[one["host"]] += one["vcpus"]
    assert {one["name"]: one["vcpus_used"] for one in snapshot["hosts"]} == used
    (group,) = [one for one in snapshot["groups"] if one["policy"] == "anti-affinity"]
    assert {one["name"] for one in snapshot["instances"] if one["group"] == group["id"]} == {"doctor-ha-0", "doctor-ha-1"}


@pytest.mark.parametrize(
    ("kind", "match", "how"),
    [
        ("migration_fail", {"type": "live"}, "cold"),
        ("migration_lie", {"type": "live"}, "live"),
        ("migration_lie", {"type": "cold"}, "cold"),
    ],
)
def test_one_fault_does_not_stop_a_drain(cloud: Cloud, kind: str, match: Record, how: str):
    move = cloud.first_move()
    cloud.fault(kind, match, times=1)
    result = cloud.drain(moves=[{**move, "ways": [match["type"]] if kind == "migration_lie" else ["live", "cold"]}], hosts=[])
    assert not result.get("failed"), result["msg"]
    assert result["host_drain"]["moved"][0]["how"] == how
    assert cloud.places()[move["name"]] == move["to"]


@pytest.mark.parametrize(("kind", "words"), [("migration_fail", "injected by the lab"), ("migration_lie", "still on")])
def test_a_fault_without_end_is_named(cloud: Cloud, kind: str, words: str):
    move = cloud.first_move()
    cloud.fault(kind)
    result = cloud.drain(moves=[move], hosts=[move["from"]])
    assert result["failed"]
    for part in (words, move["name"], move["from"], "openstack server migration list"):
        assert part in result["msg"]
    assert result["failure"]["failed"][0]["host"] == move["from"]
    assert cloud.places()[move["name"]] == move["from"]


def test_a_cold_migration_for_which_no_host_fits_is_noticed(cloud: Cloud):
    move = cloud.first_move()
    cloud.run("compute_host", name=move["to"], state="out_of_service", session_id="s")
    result = cloud.drain(moves=[{**move, "ways": ["cold"]}], hosts=[])
    assert result["failed"]
    assert "No valid host" in result["msg"]


def test_errors_of_the_api_are_borne(cloud: Cloud):
    move = cloud.first_move()
    cloud.fault("http_error", {"service": "compute", "path": "/servers/detail", "method": "GET"}, status=503, times=3)
    result = cloud.drain(moves=[move], hosts=[])
    assert not result.get("failed"), result["msg"]
    assert cloud.places()[move["name"]] == move["to"]


@pytest.mark.parametrize("way", ["live", "cold"])
def test_a_killed_drain_goes_on_where_it_was(cloud: Cloud, way: str):
    move = {**cloud.first_move(), "ways": [way]}
    cloud.fault("migration_slow", factor=3)
    process = cloud.start("host_drain", moves=[move], hosts=[])
    until("the server to be on its way", lambda: cloud.task_state(move["instance"]), limit=20, every=0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    result = cloud.drain(moves=[move], hosts=[])
    assert not result.get("failed"), result["msg"]
    assert cloud.places()[move["name"]] == move["to"]
    assert len(cloud.migrations(move["instance"])) == 1, "the second run started another one"


def test_hosts_are_emptied_by_the_scheduler_and_come_back(cloud: Cloud):
    move = cloud.first_move()
    host = move["from"]
    out = cloud.run("compute_host", name=host, state="out_of_service", session_id="s-1")
    assert (out["changed"], out["compute_hosts"][0]["session_id"]) == (True, "s-1")
    assert not cloud.run("compute_host", name=host, state="out_of_service", session_id="s-1")["changed"]
    assert cloud.run("compute_host", name=host, state="in_service", session_id="s-2")["failed"]
    result = cloud.drain(hosts=[host])
    assert not result.get("failed"), result["msg"]
    assert host not in cloud.places().values()
    cloud.stack.control("POST", f"hosts/{host}/work", {"seconds": 10})
    back = cloud.run("compute_host", name=host, state="in_service", session_id="s-1")
    assert (back["changed"], back["compute_hosts"][0]["status"], back["compute_hosts"][0]["state"]) == (True, "enabled", "up")
