# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the alarm to the reply, with our rulebook and our playbook, while processes are killed or stand still."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from pathlib import Path

import psutil
import pytest
import requests

from lab.processes import signal_family
from lab.stack import Stack
from tests.integration.eda.conftest import Conversation, Owner

RULEBOOK = "vnf-owner-rulebook"
PLANNED = "PLANNED_MAINTENANCE"
LEASE = 6


class Owned(Stack):
    """A lab with two VNFs whose owner listens."""

    more: dict

    @property
    def vnf_owner_variables(self):
        return {**super().vnf_owner_variables, "vnf_maintenance_lease": LEASE, **self.more}

    def subscribe(self):
        for vnf in self.lab["vnfs"]:
            extra = {**self.subscription_variables, "maintenance_subscription_vnf_id": vnf["id"]}
            done = self.run_playbook("nfv.maintenance.subscribe", "-e", json.dumps(extra))
            assert done.returncode == 0, done.stdout + done.stderr

    def restart_rulebook(self, **more):
        """Killed, as by a power cut, with all that it runs; and started again."""
        self.processes.kill(RULEBOOK)
        self.more = more
        self.start_rulebook()

    @property
    def log(self):
        return (self.processes.log_dir / f"{RULEBOOK}.log").read_text()

    @property
    def playbooks(self):
        """The main processes of the playbooks that run."""
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self.processes.children[RULEBOOK].pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    if any(part.endswith("bin/ansible-playbook") for part in one.cmdline()):
                        found.append(one)
        pids = {one.pid for one in found}
        return [one for one in found if one.ppid() not in pids]

    def keepers(self, playbook):
        return [
            one
            for one in psutil.process_iter(["cmdline"])
            if (one.info["cmdline"] or [""])[-1] == str(playbook.pid) and "_lease_keeper.py" in one.info["cmdline"][-2]
        ]

    def counted(self, name):
        """A counter of the listener."""
        text = requests.get(f"http://127.0.0.1:{self.listener_port}/metrics", timeout=5).text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture(scope="module")
def owned(tmp_path_factory):
    stack = Owned(tmp_path_factory.mktemp("owned"), speed=4, topology=Path(__file__).parent / "two_vnfs.yaml")
    stack.more = {}
    try:
        stack.start_lab()
        stack.start_session_api()
        stack.start_rulebook()
        stack.subscribe()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def owner(owned):
    return Owner(owned)


@pytest.fixture
def session(owned, owner, wait_until):
    """A session of the test's own; afterwards the VNFs are as large as before, and nothing runs."""
    levels = {name: owner.level(name) for name in owner.vnfs}
    conversation = Conversation(owned, owner.project_id)
    conversation.state("SCALE_IN")
    yield conversation
    conversation.state("START_MAINTENANCE")
    conversation.state("MAINTENANCE_COMPLETE")
    conversation.answered(conversation.ask("MAINTENANCE_COMPLETE", [])["id"], 120)
    conversation.end()
    assert {name: owner.level(name) for name in owner.vnfs} == levels
    wait_until(lambda: not owned.playbooks, "the runs have ended")


def accepted(owned, session, state):
    return owned.log.count(f"session {session.id}: ACK_{state} accepted")


def scaling(owner, name):
    """Whether the scale-in of a VNF has begun: the level before is noted first."""
    return owner.records(name)


def test_a_run_that_is_killed_is_taken_over_within_seconds(owned, owner, session, wait_until):
    before = owner.level("one")
    asked = session.ask("SCALE_IN", owner.servers("one"))
    wait_until(lambda: scaling(owner, "one"), "it scales in")
    (playbook,) = owned.playbooks
    (keeper,) = owned.keepers(playbook)
    signal_family(playbook.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(lambda: owned.playbooks and owned.playbooks[0] != playbook, "another run has begun", LEASE)
    assert time.monotonic() - killed_at < LEASE
    assert session.answered(asked["id"])["reply"]["state"] == "ACK_SCALE_IN"
    assert owner.level("one") == before - 1
    assert accepted(owned, session, "SCALE_IN") == 1
    keeper.wait(LEASE)
