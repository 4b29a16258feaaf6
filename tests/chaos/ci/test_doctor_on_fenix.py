# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Doctor test case with ``maintenance_engine=fenix``: a Fenix as it was recorded works, we create, watch and tidy up."""

from __future__ import annotations

import json
import signal

import pytest

from lab.processes import signal_family
from tests.chaos.rolling.fenix import WorkingFenix
from tests.chaos.rolling.nursery import ForkedStack
from tests.waiting import until

PLAYBOOK = "nfv.maintenance.rolling_maintenance"
LIMIT = 120
NAMED = "Hosts out of service now:"


@pytest.fixture
def make_cloud(tmp_path, nursery):
    made = []

    def make(hosts, speed=40):
        made.append(Cloud(ForkedStack(tmp_path / f"{hosts}-hosts", nursery, hosts=hosts, speed=speed)))
        return made[-1]

    yield make
    for one in made:
        one.stack.stop()


class Cloud:
    """The Doctor cloud: every host full, two servers each."""

    def __init__(self, stack):
        self.stack = stack
        stack.start_lab()
        self.names = [host["name"] for host in self.hosts]
        self.runs = 0

    @property
    def hosts(self):
        return self.stack.control("GET", "state")["hosts"]

    @property
    def disabled(self):
        return [host["name"] for host in self.hosts if host["status"] == "disabled"]

    def start(self):
        """Begin a run."""
        self.runs += 1
        variables = {
            "maintenance_engine": "fenix", "rolling_host_maintenance_cloud": "lab-admin", "rolling_host_maintenance_start_in": 1,
            "rolling_host_maintenance_hosts": self.names,
        }  # fmt: skip
        command = self.stack.playbook_command(PLAYBOOK, "-i", str(self.stack.write_inventory()), "-e", json.dumps(variables))
        return self.stack.processes.start(f"run-{self.runs}", command, self.stack.env, self.stack.folder)

    def maintain(self):
        """One run; returns its status and what it said."""
        run = self.start()
        return run.process.wait(LIMIT), run.log.read_text()

    def enable(self, host):
        """What the message tells to do."""
        with WorkingFenix(self.stack) as fenix:
            fenix.service(host, enabled=True)

    def assert_maintained(self, fenix):
        assert sorted(fenix.order) == sorted(self.names), "every host once"
        assert {host["version"] for host in self.hosts} == {30000000}
        assert self.disabled == []
        state = self.stack.control("GET", "state")
        assert len(state["servers"]) == 2 * len(self.names)
        assert {server["status"] for server in state["servers"]} == {"ACTIVE"}
        assert self.stack.control("GET", "observer")["violations"] == []


def test_three_hosts_while_looks_at_them_fail(make_cloud):
    # So slow that there is something to look at.
    cloud = make_cloud(3, speed=6)
    errors = ["error-500-get-while-the-engine-is-down", "rest-project-get-after-engine-restart", "error-500-detail"]
    with WorkingFenix(cloud.stack, errors=errors) as fenix:
        status, said = cloud.maintain()
    assert status == 0, said
    assert fenix.created[0]["hosts"] == cloud.names
    assert fenix.errors == [], "all of the trouble was met"
    assert "MAINTENANCE_DONE" in said
    assert (len(fenix.created), len(fenix.deleted), fenix.sessions) == (1, 1, {}), "one of the three places is free again"
    cloud.assert_maintained(fenix)


def test_four_hosts_when_an_answer_is_late(make_cloud):
    cloud = make_cloud(4)
    with WorkingFenix(cloud.stack, fails_at="compute-3") as fenix:
        status, said = cloud.maintain()
        assert status != 0
        assert cloud.disabled == ["compute-3"]
        for part in ("MAINTENANCE_FAILED", f"{NAMED} compute-3.", "openstack compute service set --enable", "Next:"):
            assert part in said, part
        assert list(fenix.sessions.values()) == ["MAINTENANCE_FAILED"], "it is left to be looked at"
        # Whoever does not read it hears of it again, and nothing more happens.
        status, said = cloud.maintain()
        assert status != 0
        assert "delete the session and run the same command again" in said
        assert len(fenix.created) == 1


def test_ten_hosts_when_the_engine_restarts_half_way(make_cloud):
    cloud = make_cloud(10)
    with WorkingFenix(cloud.stack, dies_at="compute-6") as fenix:
        status, said = cloud.maintain()
        assert status != 0
        for part in ("is lost", "forgets them when its engine restarts", f"{NAMED} compute-6.", "Next:"):
            assert part in said, part
        done = [*fenix.order]
        assert 0 < len(done) < len(cloud.names)
    cloud.enable("compute-6")
    cloud.names = [name for name in cloud.names if name not in done]
    with WorkingFenix(cloud.stack) as fenix:
        # The VNF is still as small as the lost session had asked it to be.
        fenix.scale("SCALE_OUT")
        status, said = cloud.maintain()
        assert status == 0, said
        assert fenix.looks[-1] == "MAINTENANCE_DONE"
    assert sorted([*done, *fenix.order]) == sorted(host["name"] for host in cloud.hosts), "every host once"
    assert cloud.disabled == []


def test_a_fourth_session_is_refused_and_the_three_are_named(make_cloud):
    cloud = make_cloud(3)
    with WorkingFenix(cloud.stack) as fenix:
        fenix.sessions = {f"00000000-e4e8-11f1-a118-02fc0000000{number}": "MAINTENANCE_DONE" for number in range(3)}
        status, said = cloud.maintain()
        assert status != 0
        for part in ("HTTP 509: Too many sessions", *fenix.sessions, "Next: delete one"):
            assert part in said, part
        assert fenix.created == []
    assert cloud.disabled == []


def test_the_first_look_fails(make_cloud):
    cloud = make_cloud(3)
    with WorkingFenix(cloud.stack, errors={2: "error-500-get-while-the-engine-is-down"}):
        status, said = cloud.maintain()
    assert status == 0, said


def test_a_watcher_that_was_killed_is_replaced(make_cloud):
    # So slow that Fenix is not done when the second run begins.
    cloud = make_cloud(4, speed=4)
    with WorkingFenix(cloud.stack) as fenix:
        run = cloud.start()
        until("a host that is done", lambda: len(fenix.order) > 0, every=0.02)
        signal_family(run.pid, signal.SIGKILL)
        run.process.wait(30)
        status, said = cloud.maintain()
    assert status == 0, said
    assert len(fenix.created) == 1, "the session that runs is watched, no second one is made"
    cloud.assert_maintained(fenix)
