# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-rulebook with all that it runs, killed at any moment of sessions whose VNFs scale and switch over on the lab."""

from __future__ import annotations

import concurrent.futures
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest
import requests

from lab.products import REQUEST_TIMEOUT
from tests.integration.eda.conftest import Owner
from tests.integration.eda.owned import RULEBOOK, OwnedStack
from tests.integration.eda.sessions import converse
from tests.waiting import until

TOPOLOGY = Path(__file__).parents[1] / "integration" / "eda" / "two_vnfs.yaml"
KILLS = int(os.environ.get("RULEBOOK_KILLS", "24"))
# A rulebook needs about five seconds until it listens, a playbook as many until it acts. Whatever gets nowhere in three lives of
# this length lives until it does.
LONGEST_LIFE, MOST_IN_VAIN = 12.0, 3
ACCEPTED = "accepted after"


@pytest.fixture
def owned(tmp_path, seed):
    # So short a lease that what a dead playbook held is soon free.
    stack = OwnedStack(tmp_path / "stack", speed=20, topology=TOPOLOGY, seed=seed, more={"vnf_maintenance_lease": 6})
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def operations(owned):
    """How often each VNF was scaled, by direction."""
    url = f"{owned.lab_url}/nfv-orchestration/vnflcm/v2/vnf_lcm_op_occs?all_fields"
    headers = {"X-Auth-Token": owned.token("lab-vnf"), "Version": "2.0.0"}
    answer = requests.get(url, headers=headers, timeout=REQUEST_TIMEOUT)
    answer.raise_for_status()
    return Counter((one["vnfInstanceId"], one["operationParams"]["type"]) for one in answer.json() if one["operation"] == "SCALE")


@pytest.mark.timeout(3600)
def test_a_rulebook_that_is_killed_again_and_again_scales_and_answers_once(owned, seed):
    chance = random.Random(seed)  # noqa: S311 - a seed replays it
    owner = Owner(owned)
    before = {name: (owner.level(name), owner.records(name)) for name in owner.vnfs}
    sessions, kills = 0, 0
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        while kills < KILLS:
            running = pool.submit(converse, owned, owner, 4 * sessions, scales=True)
            in_vain = 0
            while not running.done() and kills < KILLS:
                said = owned.log.count(ACCEPTED)
                if in_vain < MOST_IN_VAIN:
                    time.sleep(chance.uniform(0, LONGEST_LIFE))
                else:
                    until("it gets on", lambda said=said, run=running: run.done() or owned.log.count(ACCEPTED) > said, 240)
                in_vain = in_vain + 1 if owned.log.count(ACCEPTED) == said else 0
                owned.restart_rulebook(**owned.more)
                kills += 1
            statuses, replies = running.result(600)
            sessions += 1
            assert set(statuses) == {"acknowledged"}
            assert set(replies.values()) == {1}, "a message was answered twice"
            assert len(replies) == len(statuses)
            done = operations(owned)
            assert set(done.values()) == {sessions}, f"each VNF once down and once up in each session: {done}"
            assert len(done) == 2 * len(owner.vnfs)
            assert {name: (owner.level(name), owner.records(name)) for name in owner.vnfs} == before
    print(f"{RULEBOOK} killed {kills} times in {sessions} sessions")  # noqa: T201
