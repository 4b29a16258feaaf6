# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What waits for a reply though no alarm told of it, and how soon that is seen."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering import waiting as waiting_file
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.waiting import Waiting

ALL = ["ha-0", "ha-1", "worker-0"]


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(waiting_file, "time", made)
    return made


@pytest.fixture
def look(world, clouds, clock):
    """Look once, so many seconds later; returns what is told."""
    waiting = Waiting()

    def run(later=0.0):
        clock.now += later
        run.told = waiting.look(clouds.connected())
        run.pause = waiting.pause
        return run.told

    return run


def test_an_alarm_gets_a_moment_to_arrive_before_its_message_is_made_up(world, look):
    world.message("MAINTENANCE", ALL)
    assert look() == []
    assert look.pause == pytest.approx(2)
    assert look(1) == []
    [told] = look(1)
    assert (told["message_id"], told["payload"]["message_id"], told["payload"]["state"]) == ("m-1", "m-1", "MAINTENANCE")
    assert told["payload"]["instance_ids"] == ALL
    assert (told["timestamp"], told["payload"]["reply_at"]) == ("2099-01-01T00:00:00.000000Z", "2099-01-01T00:01:00.000000Z")


def test_what_was_answered_meanwhile_is_not_told(world, look):
    message = world.message("MAINTENANCE", ALL)
    look()
    message["status"] = "acknowledged"
    assert look(5) == []


def test_the_message_of_another_project_is_not_told(world, look):
    world.message("MAINTENANCE", ALL, project_id="another")
    look()
    assert look(5) == []


@pytest.mark.parametrize(("window", "pause"), [("00:00:08", 2), ("00:00:20", 5), ("00:01:00", 5), ("00:00:01", 1)])
def test_looks_come_within_a_quarter_of_the_shortest_window(world, look, window, pause):
    world.message("MAINTENANCE", ALL, reply_at=f"2099-01-01T{window}.000000Z")
    world.message("MAINTENANCE", ALL)
    look()
    look(10)
    assert look.pause == pytest.approx(pause)


def test_without_a_session_there_is_time(world, look):
    world.sessions = []
    assert look() == []
    assert look.pause == pytest.approx(10)


@pytest.fixture
def fenix(world, clouds):
    """The session of a Fenix of 2019 in a state, with the instances that the project sees."""

    def be(state, *instances):
        world.fenix, world.instances = state, [*instances]

    be("MAINTENANCE", *ALL)
    clouds.lost(clouds.present)
    return be


def test_a_fenix_that_announces_is_heard(fenix, look, world):
    assert look() == []
    [told] = look(3)
    assert told["payload"]["state"] == "MAINTENANCE"
    assert "message_id" not in told
    assert look.pause <= 5


def test_a_scale_in_that_a_fenix_shows_hours_before_it_asks_is_not_made_up(fenix, look):
    look()
    fenix("SCALE_IN", *ALL)
    look(3)
    assert look(3) == []


def test_fewer_instances_than_before_show_that_a_fenix_waits(fenix, look):
    look()
    fenix("PLANNED_MAINTENANCE", "ha-0")
    look(3)
    [told] = look(3)
    assert told["payload"]["instance_ids"] == ["ha-0"]
    assert told["payload"]["allowed_actions"] == ["MIGRATE", "OWN_ACTION"]
    # After the reply it shows all of them again.
    fenix("PLANNED_MAINTENANCE", *ALL)
    look(3)
    assert look(3) == []


def test_a_fenix_that_knows_nothing_of_the_project_is_left_alone(fenix, look):
    fenix("MAINTENANCE")
    look()
    assert look(3) == []
