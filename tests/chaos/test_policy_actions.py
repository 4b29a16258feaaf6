# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three runs act on the same findings and are killed a hundred times at any moment: each fault is healed, and no server twice."""

from __future__ import annotations

import datetime as dt
import json
import random
import sys
import time

import pytest
import requests
from ansible_collections.nfv.maintenance.plugins.module_utils._monitoring.acting import listed

from lab.products import REQUEST_TIMEOUT, ROOT
from lab.stack import Stack
from tests.waiting import until

KILLS, RUNS = 100, 3


class Owner:
    """A VNF of the lab, the monitor's findings about it, and the runs that act on them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.ledger, self.findings = stack.folder / "incidents.sqlite", stack.folder / "findings.json"
        self.broken: set[str] = set()
        self.ever: set[str] = set()
        self.runs = 0
        self.tell()

    def tacker(self, path: str):
        headers = {"X-Auth-Token": self.stack.token("lab-vnf"), "Version": "2.0.0"}
        answer = requests.get(
            f"{self.stack.lab_url}/nfv-orchestration/vnflcm/v2/{path}", headers=headers, timeout=REQUEST_TIMEOUT
        )
        answer.raise_for_status()
        return answer.json()

    def members(self) -> dict[str, dict]:
        info = self.tacker(f"vnf_instances/{self.stack.vnf_id}")["instantiatedVnfInfo"]
        return {one["computeResource"]["resourceId"]: one for one in info["vnfcResourceInfo"]}

    def break_one(self, choice: random.Random) -> None:
        """A server stops answering, and the monitor finds it."""
        server = choice.choice(sorted(self.members().keys() - self.ever))
        self.broken.add(server)
        self.ever.add(server)
        self.tell()

    def tell(self) -> None:
        """As the source does, which says again what is still down."""
        now = dt.datetime.now(dt.UTC).isoformat()
        told = [
            {"vnf": {"id": self.stack.vnf_id, "name": "doctor", "project_id": None}, "to": "down", "at": now, "since": now,
             "vnfc": {"id": server, "vdu": "worker", "server_id": server}, "target": {"name": server}, "generation": 1,
             "actions": [{"name": "respawn"}]}
            for server in sorted(self.broken)
        ]  # fmt: skip
        new = self.findings.with_suffix(".new")
        new.write_text(json.dumps(told))
        new.replace(self.findings)

    def start_run(self) -> str:
        self.runs += 1
        name = f"run-{self.runs}"
        command = [sys.executable, "-m", "tests.chaos.policy_run", str(self.ledger), str(self.findings)]
        self.stack.processes.start(name, command, self.stack.env, ROOT)
        return name

    def is_at_it(self) -> bool:
        """Whether a run has begun an action and has not said how it ended."""
        return any(action["status"] == "begun" for one in self.incidents() for action in one["actions"])

    def incidents(self) -> list[dict]:
        return listed(str(self.ledger), None, False, 1000) if self.ledger.exists() else []

    def heals(self) -> list[dict]:
        return [one for one in self.tacker("vnf_lcm_op_occs?all_fields") if one["operation"] == "HEAL"]


@pytest.mark.timeout(3600)
def test_a_hundred_killed_runs(tmp_path, seed):
    choice = random.Random(seed)  # noqa: S311
    stack = Stack(tmp_path / "stack", hosts=4, speed=20, seed=seed)
    try:
        stack.start_lab()
        owner = Owner(stack)
        size = len(owner.members())
        names = [owner.start_run() for _number in range(RUNS)]
        struck = 0
        for _number in range(KILLS):
            if len(owner.broken) < 2:
                owner.break_one(choice)
            # Anywhere in what a run does, from its start on.
            end = time.monotonic() + choice.uniform(0, 3)
            until("the moment", lambda end=end: time.monotonic() > end, every=0.01)
            struck += owner.is_at_it()
            victim = choice.choice(names)
            names.remove(victim)
            stack.processes.kill(victim)
            names.append(owner.start_run())
            owner.broken -= owner.broken - owner.members().keys()
            owner.tell()

        def settled() -> bool:
            """Whether the ledger says of each how it ended, which it does of a killed run's at the next fault."""
            until("each fault is healed", lambda: not owner.broken & owner.members().keys(), limit=120)
            owner.broken.clear()
            told = [action["status"] for one in owner.incidents() for action in one["actions"]] == ["done"] * len(owner.ever)
            owner.tell() if told else owner.break_one(choice)
            return told

        until("nothing is left begun", settled, limit=120, every=1)
        until("nothing is under way", lambda: all(one["operationState"] == "COMPLETED" for one in owner.heals()), limit=60)
        healed = [vnfc for one in owner.heals() for vnfc in one["operationParams"]["vnfcInstanceId"]]
        assert len(healed) == len({*healed}) == len(owner.ever), "each once, and nothing else"
        assert len(owner.members()) == size
        assert {one["server_id"] for one in owner.incidents()} == owner.ever
    finally:
        stack.stop()
    words = f"{struck} of them with an action under way; {len(healed)} faults, each healed once"
    sys.stdout.write(f"{KILLS} runs killed, {words}; seed {seed}\n")
    assert struck > KILLS / 10
