# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The enrolment of two VNFs against the lab: alarms, direct delivery, secrets, policies, constraints, and their end."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import requests
import yaml

from lab.processes import answers, free_port
from lab.products import REQUEST_TIMEOUT
from lab.stack import Stack
from tests.waiting import until

from .conftest import Conversation

HERE = Path(__file__).parent
NOBODY = "00000000-0000-0000-0000-000000000000"
Json = dict[str, t.Any]
SECRET = re.compile(r"[A-Za-z0-9]{44}|whsec_[A-Za-z0-9+/=]{60}")


@dataclasses.dataclass(frozen=True)
class Left:
    """What a run of the playbook has left behind."""

    changed: int
    output: str
    secrets: dict[str, list[str]]
    policies: Json
    alarms: list[str]
    webhooks: list[Json]
    constraints: Json

    @property
    def kept(self) -> tuple[t.Any, ...]:
        """All but the words."""
        return self.secrets, self.policies, self.alarms, self.webhooks, self.constraints


class Enrolment:
    """The owner of two VNFs, and the event source that hears for both."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.ids = {vnf["name"]: vnf["id"] for vnf in stack.lab["vnfs"]}
        self.project_id = stack.lab["projects"]["vnf-owner"]
        self.secrets_file, self.policy_file = folder / "secrets.yml", folder / "policies.yml"
        self.port = free_port()
        self.handed_on: list[Json] = []

    def run(self, name: str, *arguments: str, fails: bool = False, **variables: t.Any) -> Left:
        """Run the playbook for one VNF. No secret may be in its output, however verbose it is."""
        extra = {
            "cloud": "lab-vnf", "vnf_id": self.ids.get(name, name), "listener": f"127.0.0.1:{self.port}",
            "secrets_file": str(self.secrets_file), "policy_file": str(self.policy_file), **variables,
        }  # fmt: skip
        given = {f"maintenance_subscription_{key}": value for key, value in extra.items()}
        before = self.text(self.secrets_file)
        done = self.stack.run_playbook("nfv.maintenance.subscribe", "-e", json.dumps(given), "-vvv", "--diff", *arguments)
        output = done.stdout + done.stderr
        assert bool(done.returncode) == fails, output
        shown = [secret for secret in SECRET.findall(before + self.text(self.secrets_file)) if secret in output]
        assert shown == [], "a secret was shown"
        found = re.search(r"changed=(\d+)", output)
        return Left(
            int(found[1]) if found else 0, output, yaml.safe_load(self.text(self.secrets_file)) or {},
            yaml.safe_load(self.text(self.policy_file)) or {},
            sorted(one["name"] for one in self.ask(f"{self.stack.lab_url}/alarming/v2/alarms")),
            self.api("subscriptions")["subscriptions"], self.api("constraints"),
        )  # fmt: skip

    @staticmethod
    def text(path: Path) -> str:
        return path.read_text() if path.exists() else ""

    def ask(self, url: str) -> t.Any:
        answer = requests.get(url, headers={"X-Auth-Token": self.stack.token("lab-vnf")}, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def api(self, path: str) -> t.Any:
        return self.ask(f"http://127.0.0.1:{self.stack.session_api_port}/v1/{path}")

    def hear(self) -> None:
        """Send a message, and keep what the event source, which has the secrets file as it is, hands on of it."""
        settings = {"port": self.port, "secrets_file": str(self.secrets_file), "journal": str(self.folder / "journal.sqlite")}
        (self.folder / "args.json").write_text(json.dumps({**settings, "host": "127.0.0.1", "batch_window": 0.02}))
        command = [sys.executable, str(HERE / "journal_driver.py"), str(self.folder / "args.json")]
        session = Conversation(self.stack, self.project_id)
        printed = self.folder / "events"
        with printed.open("w") as events, (self.folder / "source.log").open("w") as log:
            source = subprocess.Popen(command, stdout=events, stderr=log, stdin=subprocess.DEVNULL)
            try:
                until("the event source to listen", lambda: answers(self.port), 60, 0.1)
                session.ask("MAINTENANCE", [])
                until("both deliveries", self._are_delivered, 60, 0.1)
                until("what is handed on", printed.read_text, 60, 0.1)
            finally:
                source.kill()
                source.wait()
                session.end()
        lines = printed.read_text().splitlines()
        self.handed_on = [message for line in lines for message in json.loads(line)["maintenance"]["messages"]]

    def _are_delivered(self) -> bool:
        [webhook] = self.api("subscriptions")["subscriptions"]
        taken = [one for one in self.stack.control("GET", "state")["webhooks"] if one["result"] == 200]
        return webhook["deliveries"]["delivered"] == 1 and len(taken) > 0


@pytest.fixture(scope="module")
def enrolment(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Enrolment]:
    stack = Stack(tmp_path_factory.mktemp("enrolment"), topology=HERE / "enrolment.yaml", hosts=2)
    try:
        stack.start_lab()
        stack.start_session_api()
        yield Enrolment(stack, tmp_path_factory.mktemp("files"))
    finally:
        stack.stop()


class Life(dict[str, Left]):
    """One life of both VNFs: a step is taken, after those before it, when its result is first asked for."""

    def __init__(self, enrolment: Enrolment) -> None:
        super().__init__()
        own = {"policy": {"groups": [{"vdu_ids": ["ha"], "active": {"tag": "active"}}]}}
        both, direct = {**own, "delivery": "both"}, {**own, "delivery": "direct"}
        other = {"policy": {"constraints": {"lead_time": 5}}, "wait": True, "cache_time": 1}
        self._ahead: list[tuple[str, t.Callable[[], Left]]] = [
            ("checked", lambda: enrolment.run("described", "--check", **both)),
            ("subscribed", lambda: enrolment.run("described", **both)),
            ("again", lambda: enrolment.run("described", **both)),
            ("other", lambda: enrolment.hear() or enrolment.run("unknown", **other)),
            ("direct only", lambda: enrolment.run("described", rotate=True, **direct)),
            ("absent", lambda: enrolment.run("described", state="absent")),
            ("absent again", lambda: enrolment.run(NOBODY, state="absent")),
        ]

    def __missing__(self, step: str) -> Left:
        while step not in self and self._ahead:
            name, take = self._ahead.pop(0)
            self[name] = take()
        if step not in self:
            raise KeyError(f"step {step} has failed before")
        return self[step]


@pytest.fixture(scope="module")
def steps(enrolment: Enrolment) -> Life:
    return Life(enrolment)


def test_check_mode_makes_nothing(steps: Life) -> None:
    assert steps["checked"].changed > 0
    assert steps["checked"].kept == ({}, {}, [], [], {"instances": [], "instance_groups": []})


def test_everything_is_made_once(enrolment: Enrolment, steps: Life) -> None:
    left, vnf_id = steps["subscribed"], enrolment.ids["described"]
    plain, signing = left.secrets[vnf_id]
    assert re.fullmatch(r"[A-Za-z0-9]{44}", plain)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{59}=", signing)
    assert left.alarms == [f"maintenance.{kind} for VNF {vnf_id}" for kind in ("planned", "scheduled")]
    url = f"http://127.0.0.1:{enrolment.port}/v1.0/vnfs/{vnf_id}/maintenance/{enrolment.project_id}"
    assert [(one["url"], one["enabled"]) for one in left.webhooks] == [(url, True)]
    assert steps["again"].changed == 0
    assert steps["again"].kept == left.kept


def test_the_policy_and_the_constraints_come_from_the_descriptor_and_the_owner(
    enrolment: Enrolment, steps: Life
) -> None:
    left = steps["subscribed"]
    policy = left.policies[enrolment.ids["described"]]
    assert policy["groups"] == [
        {"vdu_ids": ["ha"], "active": {"tag": "active"}, "constraints": {"recovery_time": 30, "max_impacted_members": 1}},
        {"name": "worker", "vdu_ids": ["worker"], "aspect_id": "worker", "at_least": 1, "actions": ["MIGRATE"],
         "constraints": {"lead_time": 90, "resource_mitigation": False}},
    ]  # fmt: skip
    assert policy["scale"] == [{"aspect_id": "worker", "instances_per_step": 1}]
    servers = [one for one in enrolment.stack.control("GET", "state")["servers"] if one["name"].startswith("described-")]
    registered = {one["instance_id"]: one for one in left.constraints["instances"]}
    assert set(registered) == {one["id"] for one in servers}
    worker = next(one for one in servers if "worker" in one["name"])
    assert (registered[worker["id"]]["lead_time"], registered[worker["id"]]["resource_mitigation"]) == (90, False)
    pair = next(one for one in left.constraints["instance_groups"] if one["anti_affinity_group"])
    assert (pair["recovery_time"], pair["max_impacted_members"]) == (30, 1)


def test_both_ways_reach_the_event_source_and_count_as_one(enrolment: Enrolment, steps: Life) -> None:
    assert steps["other"].webhooks[0]["deliveries"]["delivered"] == 1
    [heard] = enrolment.handed_on
    assert (heard["vnf_id"], heard["state"]) == (enrolment.ids["described"], "MAINTENANCE")


def test_a_vnf_without_a_package_is_enrolled_by_the_policy_alone(enrolment: Enrolment, steps: Life) -> None:
    left, vnf_id = steps["other"], enrolment.ids["unknown"]
    assert "the VNF manager has no package with it for these credentials" in left.output
    assert left.policies[vnf_id] == {"constraints": {"lead_time": 5}}
    assert [one["lead_time"] for one in left.constraints["instances"] if one["vnf_instance_id"] == vnf_id] == [5]
    assert len(left.alarms) == 4
    assert "Wait until Aodh knows the alarms" in left.output
    assert left.secrets[enrolment.ids["described"]] == steps["subscribed"].secrets[enrolment.ids["described"]]


def test_a_rotation_keeps_the_old_secret_that_signs(enrolment: Enrolment, steps: Life) -> None:
    vnf_id = enrolment.ids["described"]
    _plain, old = steps["subscribed"].secrets[vnf_id]
    new, kept = steps["direct only"].secrets[vnf_id]
    assert kept == old
    assert new.startswith("whsec_")
    assert new != old
    [webhook] = steps["direct only"].webhooks
    assert len(webhook["secrets"]) == 2, "both sign for a while"


def test_another_kind_of_delivery_replaces_the_one_before(enrolment: Enrolment, steps: Life) -> None:
    mine = f"for VNF {enrolment.ids['described']}"
    assert len([name for name in steps["other"].alarms if name.endswith(mine)]) == 2
    assert [name for name in steps["direct only"].alarms if name.endswith(mine)] == []
    assert len(steps["direct only"].webhooks) == 1


def test_absent_takes_all_of_it_away_and_nothing_of_the_other_vnf(enrolment: Enrolment, steps: Life) -> None:
    left, other = steps["absent"], enrolment.ids["unknown"]
    assert left.secrets == {other: steps["other"].secrets[other]}
    assert left.policies == {other: {"constraints": {"lead_time": 5}}}
    assert [name.endswith(f"for VNF {other}") for name in left.alarms] == [True, True]
    assert left.webhooks == []
    assert {one["vnf_instance_id"] for one in left.constraints["instances"]} == {other}
    assert left.constraints["instance_groups"] == []
    assert steps["absent again"].changed == 0, "nor is anything left where the VNF is gone"
    assert steps["absent again"].kept == left.kept


def test_a_vnf_that_nobody_knows_cannot_be_subscribed(enrolment: Enrolment, steps: Life) -> None:
    left = enrolment.run(NOBODY, fails=True)
    assert f"The VNF manager knows no VNF {NOBODY}. Next: " in left.output
    assert left.kept == steps["absent again"].kept


@pytest.mark.parametrize("state", ["present", "absent"])
def test_without_an_id_nothing_is_said_to_be_done(enrolment: Enrolment, steps: Life, state: str) -> None:
    left = enrolment.run("", fails=True, state=state)
    assert "maintenance_subscription_vnf_id is empty, so no VNF is meant. Next: " in left.output
    assert left.kept == steps["absent again"].kept
