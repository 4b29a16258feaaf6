# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_engine=fenix: a running Fenix does the work; we create, watch, report, delete."""

from __future__ import annotations

import pytest
from fenix_player import FenixPlayer

from lab.stack import Stack

HOSTS_VARIABLE = '{"rolling_host_maintenance_hosts": ["compute-1", "compute-2"]}'


def _run(stack: Stack, player: FenixPlayer):
    stack.control("PUT", "catalog/maintenance", {"url": player.url})
    return stack.run_playbook(
        "nfv.maintenance.rolling_maintenance", "-i", str(stack.write_inventory()),
        "-e", "maintenance_engine=fenix rolling_host_maintenance_cloud=lab-admin rolling_host_maintenance_start_in=1",
        "-e", HOSTS_VARIABLE,
    )


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("fenix"), speed=20)
    try:
        stack.start_lab()
        yield stack
    finally:
        stack.stop()


def test_a_session_is_created_watched_and_deleted(cloud):
    with FenixPlayer(hiccups=1) as player:
        done = _run(cloud, player)
    assert done.returncode == 0, done.stdout + done.stderr
    assert player.created[0]["hosts"] == ["compute-1", "compute-2"]
    assert len(player.created) == 1
    assert len(player.deleted) == 1
    assert "MAINTENANCE_DONE" in done.stdout


def test_a_failed_session_names_the_hosts_it_left_disabled_and_the_next_step(cloud):
    with FenixPlayer(ends="MAINTENANCE_FAILED") as player:
        done = _run(cloud, player)
    assert done.returncode != 0
    assert "MAINTENANCE_FAILED" in done.stdout
    assert "Next:" in done.stdout
    assert not player.deleted, "a failed session is left for looking at it"


def test_a_session_that_the_engine_forgot_is_reported_as_lost(cloud):
    with FenixPlayer(ends=None) as player:
        done = _run(cloud, player)
    assert done.returncode != 0
    assert "Next:" in done.stdout
    assert player.created
