# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drain in a time of its own: no test here sleeps."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import ServiceError

WRITES = ("live", "cold", "confirm", "force", "abort")


def writes(run):
    return [
        call
        for call in run.nova.calls
        if call.split()[0] in ("live", "cold", "confirm", "force", "abort") and "migrations" not in call
    ]


def conflict(text="busy"):
    return ServiceError(f"Failed: HTTP 409: {text}", status=409)


# --- the ladder


def test_live_to_the_named_target(run):
    run.nova.add("x", "a")
    result = run.drain(moves=[run.move("x", "a", "b")])
    assert result.changed
    assert result.record["moved"] == [
        {"instance": "x", "name": "n-x", "from": "a", "to": "b", "how": "live", "seconds": pytest.approx(3, abs=1)}
    ]
    assert (result.record["failed"], result.record["remaining"], result.record["gone"]) == ([], [], [])
    assert result.diff == {"before": {"n-x (x)": "a"}, "after": {"n-x (x)": "b"}}
    assert writes(run) == ["live x b"]
    assert run.lines[0].startswith("n-x: a -> b (live, 3.")


def test_cold_is_confirmed(run):
    run.nova.add("x", "a")
    result = run.drain(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert writes(run) == ["cold x b", "confirm x"]
    assert result.record["moved"][0]["how"] == "cold"
    assert run.nova.records["x"]["status"] == "ACTIVE"


def test_what_stands_still_goes_cold_and_comes_to_rest_again(run):
    run.nova.add("x", "a", "SHUTOFF")
    run.drain(moves=[run.move("x", "a", "b")])
    assert writes(run) == ["cold x b", "confirm x"]
    assert run.nova.records["x"]["status"] == "SHUTOFF"


def test_after_a_failed_live_migration_comes_cold(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("fail")]
    result = run.drain(moves=[run.move("x", "a", "b")])
    assert writes(run) == ["live x b", "cold x b", "confirm x"]
    assert result.record["moved"][0]["how"] == "cold"


def test_ways_are_kept_strictly(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("fail")]
    error = run.fail(moves=[run.move("x", "a", "b", ways=["live"])])
    assert writes(run) == ["live x b"]
    assert "it broke" in str(error)
    assert error.details["failed"][0]["reason"] == "no way is left (live: live-migration: it broke)"


def test_a_cold_migration_that_finds_no_host_is_a_failure_although_accepted(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("novalid")]
    error = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert "No valid host was found." in error.details["failed"][0]["reason"]
    assert run.nova.now < 10, "it is not waited for what will not come"


def test_a_migration_that_lies_is_tried_once_more(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("lie")]
    result = run.drain(moves=[run.move("x", "a", "b")])
    assert writes(run) == ["live x b", "live x b"]
    assert result.record["moved"][0]["to"] == "b"


@pytest.mark.parametrize("way", ["live", "cold"])
def test_a_migration_that_lies_twice_has_failed(run, fate, way):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("lie"), fate("lie")]
    error = run.fail(moves=[run.move("x", "a", "b", ways=[way])])
    assert error.details["moved"] == []
    assert "still on a, twice" in error.details["failed"][0]["reason"]
    assert len([call for call in writes(run) if call.startswith(way)]) == 2


def test_a_slow_live_migration_is_forced_when_its_time_is_over(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(seconds=1000)]
    result = run.drain(moves=[run.move("x", "a", "b")])
    assert writes(run) == ["live x b", "force x"]
    assert 40 <= result.record["seconds"] < 45
    assert "forced to complete" in run.lines[-1]


def test_a_live_migration_without_end_is_aborted_before_cold(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("stuck")]
    run.nova.force_complete = lambda *_: None
    result = run.drain(moves=[run.move("x", "a", "b")])
    assert writes(run) == ["live x b", "abort x", "cold x b", "confirm x"]
    assert result.record["moved"][0]["how"] == "cold"


def test_what_cannot_be_aborted_has_failed_within_the_bounds(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("stuck", abortable=False)]
    run.nova.force_complete = lambda *_: None
    error = run.fail(moves=[run.move("x", "a", "b")])
    assert "could not be aborted" in str(error)
    assert run.nova.now < 40 + 40 + 10 + 5


def test_a_cold_migration_without_end_has_failed_within_the_bounds(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("stuck")]
    error = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert "not over after 60 s; it is in state RESIZE (resize_prep)" in str(error)
    assert run.nova.now < 65


def test_a_server_in_error_is_left_alone(run):
    run.nova.add("x", "a", "ERROR")
    error = run.fail(moves=[run.move("x", "a", "b")])
    assert writes(run) == []
    assert "state ERROR" in str(error)


def test_another_operation_is_waited_for(run):
    run.nova.add("x", "a", "REBOOT", **{"OS-EXT-STS:task_state": "rebooting"})
    run.nova.after(5, lambda: run.nova.change("x", status="ACTIVE", task_state=None))
    run.nova.refusals["x"] = [conflict(), conflict()]
    assert run.drain(moves=[run.move("x", "a", "b")]).record["moved"]


def test_another_operation_is_not_waited_for_without_end(run):
    run.nova.add("x", "a", "REBOOT", **{"OS-EXT-STS:task_state": "rebooting"})
    error = run.fail(moves=[run.move("x", "a", "b")])
    assert "REBOOT (rebooting)" in str(error)
    assert run.nova.now < 25


def test_a_conflict_without_end_ends_the_way(run):
    run.nova.add("x", "a")
    run.nova.refusals["x"] = [conflict("power state 0")] * 100
    error = run.fail(moves=[run.move("x", "a", "b", ways=["live"])])
    assert "power state 0" in error.details["failed"][0]["reason"]
    assert run.nova.now < 30


@pytest.mark.parametrize("taken", [True, False])
def test_a_lost_answer_is_cleared_up_by_what_the_server_does(run, taken):
    run.nova.add("x", "a")
    real = run.nova.live_migrate
    lost = []

    def live_migrate(server, host):
        if not lost:
            lost.append(server)
            if taken:
                real(server, host)
            raise ServiceError("Failed: connection reset")
        return real(server, host)

    run.nova.live_migrate = live_migrate
    result = run.drain(moves=[run.move("x", "a", "b")])
    assert result.record["moved"][0]["how"] == "live"
    assert len(run.nova.starts) == 1, "it is started once, whether the first call had arrived or not"


def test_the_confirmation_is_asked_for_again(run):
    run.nova.add("x", "a")
    run.nova.refusals["confirm x"] = [conflict(), ServiceError("Failed: HTTP 500", status=500)]
    assert run.drain(moves=[run.move("x", "a", "b", ways=["cold"])]).record["moved"]
    assert writes(run).count("confirm x") == 3


def test_where_the_server_really_is_counts_not_where_it_was_sent(run):
    run.nova.add("x", "a")
    real = run.nova.live_migrate
    run.nova.live_migrate = lambda server, host: real(server, "elsewhere")
    assert run.drain(moves=[run.move("x", "a", "b")]).record["moved"][0]["to"] == "elsewhere"


# --- second runs


def test_a_server_that_is_elsewhere_was_moved_before(run):
    run.nova.add("x", "b")
    result = run.drain(moves=[run.move("x", "a", "b")], tell=True)
    assert not result.changed
    assert result.record["moved"] == [{"instance": "x", "name": "n-x", "from": "a", "to": "b", "how": None, "seconds": 0}]
    assert writes(run) == []
    assert run.told.states == [("x", "MOVED")], "the first run may have been killed before it told"
    assert result.diff["before"] == result.diff["after"]


def test_what_is_refused_in_the_same_words_is_said_once(run):
    run.nova.add("x", "a")
    run.nova.refusals["confirm x"] = [conflict(), conflict(), conflict("not yet"), conflict("not yet")]
    run.drain(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert [line for line in run.lines if "409" in line] == ["Failed: HTTP 409: busy", "Failed: HTTP 409: not yet"]


def test_the_confirmation_of_an_earlier_run_is_made_up_for(run):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.calls.clear()
    for options in ({"moves": [run.move("x", "a", "b")]}, {"hosts": ["a"]}):
        run.nova.change("x", status="VERIFY_RESIZE")
        run.nova.history[0]["status"] = "finished"
        assert run.drain(**options).record["moved"][0]["to"] == "b"
        assert writes(run) == ["confirm x"]
        run.nova.calls.clear()


def test_a_migration_that_an_earlier_run_started_is_waited_for(run):
    run.nova.add("x", "a")
    run.nova.live_migrate("x", "b")
    assert run.drain(moves=[run.move("x", "a", "b")]).record["moved"]
    assert len(run.nova.starts) == 1


def test_an_owners_resize_is_not_ours_to_confirm(run):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.history[0]["migration_type"] = "resize"
    run.nova.calls.clear()
    error = run.fail(moves=[run.move("x", "a", "b")])
    assert writes(run) == []
    assert "confirm or revert a resize" in str(error)


def test_deleted_servers_are_gone(run):
    run.nova.add("x", "a")
    run.nova.add("y", "a")
    run.nova.add("z", "a")
    del run.nova.records["y"]
    run.nova.after(1, lambda: run.nova.change("x", status="DELETED", task_state=None))
    result = run.drain(moves=[run.move(name, "a", "b") for name in "xyz"])
    assert [one["instance"] for one in result.record["gone"]] == ["y", "x"]
    assert [one["instance"] for one in result.record["moved"]] == ["z"]


def test_a_server_that_vanishes_without_a_trace_is_looked_for(run):
    """A Nova that leaves deleted servers out of the list of changes."""
    run.nova.add("x", "a")
    run.nova.after(1, lambda: run.nova.records.pop("x"))
    run.nova.later[0] = (1.0, lambda: (run.nova.records.pop("x"), run.nova.later.clear()))
    assert run.drain(moves=[run.move("x", "a", "b")]).record["gone"]


# --- the window


def test_the_window_is_kept_full_and_never_fuller(run):
    for number in range(12):
        run.nova.add(f"x{number}", "ab"[number % 2])
    moves = [run.move(f"x{number}", "ab"[number % 2], "cdef"[number % 4]) for number in range(12)]
    result = run.drain(moves=moves, max_per_host=2, max_total=3)
    assert len(result.record["moved"]) == 12
    assert (run.nova.most["all"], run.nova.most["a"]) == (3, 2)
    assert result.record["seconds"] < 12 / 3 * 4 + 2


def test_one_list_call_a_poll_and_one_call_a_move(run):
    for number in range(20):
        run.nova.add(f"x{number}", "a")
    run.drain(moves=[run.move(f"x{number}", "a", "b") for number in range(20)], max_per_host=4, poll_interval=1.0)
    calls = run.nova.calls
    assert len(writes(run)) == 20
    assert calls.count("list host") == 2, "once before and once after"
    polls = calls.count("list changes-since")
    assert polls <= 20 / 4 * 8
    looks = calls.count("services")
    assert looks <= run.nova.now / 15, "a look at the hosts of what is under way"
    assert len(calls) == 20 + polls + 2 + 2 + looks, "two looks at what has left the host: cold and live"


def test_a_target_takes_no_more_than_its_share(run):
    for number, source in enumerate("abcd"):
        run.nova.add(f"x{number}", source)
    run.drain(moves=[run.move(f"x{number}", source, "z") for number, source in enumerate("abcd")], max_per_host=1, max_total=4)
    assert run.nova.most["all"] == 1


def test_a_group_is_never_impacted_more_than_it_tolerates_and_recovers_in_between(run):
    for number in range(4):
        run.nova.add(f"x{number}", "a")
    moves = [run.move(f"x{number}", "a", "b", group="g") for number in range(4)]
    run.drain(moves=moves, groups={"g": {"max_impacted_members": 1, "recovery_time": 7}}, max_per_host=4)
    starts = [at for at, _server in run.nova.starts]
    assert run.nova.most["all"] == 1
    assert all(later - earlier >= 3 + 7 for earlier, later in itertools.pairwise(starts))


@pytest.mark.parametrize(("down", "together"), [(0, 3), (1, 2), (2, 1), (3, 1)])
def test_members_that_are_down_already_count_as_impacted(run, down, together):
    moves = []
    for number in range(4):
        run.nova.add(f"x{number}", "a")
        moves.append(run.move(f"x{number}", "a", "b", group="g") | {"down": down})
    run.drain(moves=moves, groups={"g": {"max_impacted_members": 3}}, max_per_host=4)
    assert run.nova.most["all"] == together
    assert len(run.nova.starts) == 4, "the plan decides whether one may go at all"


def test_a_group_that_waits_does_not_hold_up_others(run):
    for name in "xyz":
        run.nova.add(name, "a")
    moves = [run.move("x", "a", "b", group="g"), run.move("y", "a", "b", group="g"), run.move("z", "a", "b")]
    run.drain(moves=moves, groups={"g": {"max_impacted_members": 1, "recovery_time": 30}}, max_per_host=3)
    assert [server for _at, server in run.nova.starts] == ["x", "z", "y"]


def test_after_a_failure_what_is_under_way_ends_and_nothing_more_starts(run, fate):
    for name in "wxyz":
        run.nova.add(name, "a")
    run.nova.fates["w"] = [fate("fail", seconds=1)]
    error = run.fail(moves=[run.move(name, "a", "b", ways=["live"]) for name in "wxyz"], max_per_host=2)
    assert [one["instance"] for one in error.details["failed"]] == ["w"]
    assert [one["instance"] for one in error.details["moved"]] == ["x"]
    assert {one["instance"] for one in error.details["remaining"]} == {"y", "z"}
    assert run.nova.under_way == {}
    assert error.details["changed"] is True
    for words in ("Host a is not empty", "n-w (w)", "n-y (y): not started", "openstack server migration list --server w"):
        assert words in str(error)


# --- hosts


def test_hosts_are_emptied_to_where_the_scheduler_says(run):
    run.nova.add("x", "a")
    run.nova.add("y", "b")
    run.nova.add("z", "c")
    result = run.drain(hosts=["a", "b"])
    assert {one["instance"]: one["to"] for one in result.record["moved"]} == {"x": "anywhere", "y": "anywhere"}
    assert run.nova.host("z") == "c"


def test_an_empty_host_needs_nothing(run):
    result = run.drain(hosts=["a"])
    assert not result.changed
    assert result.record["moved"] == []


def test_a_host_that_is_not_empty_at_the_end_is_named_with_what_is_on_it(run):
    run.nova.add("x", "a")
    run.nova.add("late", "a", "SHUTOFF")
    error = run.fail(moves=[run.move("x", "a", "b")])
    assert "Host a is not empty: n-late (late): SHUTOFF" in str(error)
    assert "openstack server show late" in str(error)
    assert error.details["remaining"] == [{"instance": "late", "name": "n-late", "host": "a", "state": "SHUTOFF"}]


def test_a_host_is_empty_when_it_is_through_with_what_has_left_it(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(cleaning=20)]
    run.drain(moves=[run.move("x", "a", "b")])
    assert run.nova.now >= 20, "nova-compute may be stopped as soon as the drain ends"
    assert run.nova.history[-1]["status"] == "completed"


def test_a_host_that_does_not_get_through_is_named_with_what_to_do(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(cleaning=10_000)]

    def works_on():
        run.nova.history[-1]["updated_at"] = run.nova.stamp()
        run.nova.after(5, works_on)

    run.nova.after(5, works_on)
    error = str(run.fail(moves=[run.move("x", "a", "b")]))
    assert "Host a is not empty: n-x (x): ACTIVE on b, but a is not through with its live migration" in error
    assert "openstack server migration list --server x; when nothing goes on with it any more, restart nova-compute on a" in error
    assert 40 <= run.nova.now <= 60


def test_a_host_that_died_after_the_move_is_not_waited_for_any_longer(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(cleaning=10_000)]
    result = run.drain(moves=[run.move("x", "a", "b")])
    assert 28 <= run.nova.now < 40, "silent, after the three seconds of the move"
    [said] = result.extra["warnings"]
    assert said in run.lines
    assert "n-x (x) is at rest on b, but Nova's record says since 2026-11-21T00:00:03 that its live migration away from a" in said
    assert "openstack resource provider allocation show migration-0" in said
    begun = run.nova.now
    assert run.drain(hosts=["a"], moves=[]).extra["warnings"] == [said]
    assert run.nova.now - begun < 2, "what was so before is not waited for again"


def test_hosts_beside_moves_say_which_have_to_be_empty(run):
    run.nova.add("x", "a")
    run.nova.add("other", "a")
    assert run.drain(moves=[run.move("x", "a", "b")], hosts=[]).record["moved"]
    run.nova.add("y", "c")
    assert "Host c is not empty" in str(run.fail(moves=[], hosts=["c"]))


def test_what_rides_through_stays(run):
    run.nova.add("x", "a")
    run.nova.add("rider", "a")
    result = run.drain(hosts=["a"], ride_through=("rider",))
    assert [one["instance"] for one in result.record["moved"]] == ["x"]
    assert run.nova.host("rider") == "a"


def test_a_resize_that_waits_keeps_its_source_from_being_empty(run):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.history[0]["migration_type"] = "resize"
    error = run.fail(moves=[], hosts=["a"])
    assert "n-x (x): VERIFY_RESIZE" in str(error)


def test_an_owner_who_resizes_it_is_waited_for_until_the_resize_is_confirmed(run):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.history[0]["migration_type"] = "resize"
    run.nova.calls.clear()
    run.nova.after(20, lambda: run.nova.change("x", status="ACTIVE"))
    result = run.drain(moves=[run.move("x", "a", None, ways=[])])
    assert (writes(run), [one["to"] for one in result.record["moved"]]) == ([], ["b"])


def test_what_its_owner_moves_is_waited_for(run):
    run.nova.add("x", "a")
    run.nova.after(20, lambda: run.nova.change("x", status="DELETED"))
    result = run.drain(moves=[run.move("x", "a", "b", ways=[])])
    assert writes(run) == []
    assert result.record["gone"][0]["instance"] == "x"
    run.nova.add("y", "a")
    assert "its owner was to move it within 60 s" in str(run.fail(moves=[run.move("y", "a", "b", ways=[])]))


# --- Nova and the session API away


def test_an_outage_is_borne_for_a_while(run):
    run.nova.add("x", "a")
    run.nova.after(1, lambda: setattr(run.nova, "down_until", 20))
    assert run.drain(moves=[run.move("x", "a", "b")]).record["moved"]


def test_an_outage_without_end_is_a_failure_with_the_whole_record(run):
    run.nova.add("x", "a")
    run.nova.add("y", "a")
    run.nova.after(1, lambda: setattr(run.nova, "down_until", 1e9))
    error = run.fail(moves=[run.move("x", "a", "b"), run.move("y", "a", "b")], max_total=1)
    assert "503" in str(error)
    assert {one["instance"]: one["state"] for one in error.details["remaining"]} == {"x": "under way", "y": "not started"}
    assert run.nova.now < 40


def test_each_move_is_told(run):
    run.nova.add("x", "a")
    run.drain(moves=[run.move("x", "a", "b")], tell=True)
    assert run.told.states == [("x", "MOVING"), ("x", "MOVED")]
    assert run.told.fields[0] == {"how": "live", "from_host": "a"}
    assert run.told.fields[1] == {"host": "b", "how": "live", "from_host": "a", "seconds": pytest.approx(3, abs=1)}


def test_a_failure_is_told(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("fail")]
    run.fail(moves=[run.move("x", "a", "b", ways=["live"])], tell=True)
    assert run.told.states[-1] == ("x", "FAILED")
    assert "it broke" in run.told.fields[-1]["reason"]


def test_without_a_lease_nothing_is_started(run):
    run.nova.add("x", "a")
    run.told.errors = [ServiceError("Failed: HTTP 409: the lease is held by another runner", status=409)]
    error = run.fail(moves=[run.move("x", "a", "b")], tell=True)
    assert writes(run) == []
    assert "lease" in str(error)
    assert error.details["remaining"][0]["instance"] == "x"


def test_a_lease_lost_on_the_way_lets_what_is_under_way_end(run):
    for name in "xyz":
        run.nova.add(name, "a")
    real, count = run.told.put, []

    def put(instance, **fields):
        count.append(instance)
        if len(count) > 2:
            raise ServiceError("Failed: HTTP 409: stale", status=409)
        real(instance, **fields)

    run.told.put = put
    error = run.fail(moves=[run.move(name, "a", "b") for name in "xyz"], tell=True, max_total=2)
    assert {one["instance"] for one in error.details["moved"]} == {"x", "y"}
    assert [one["instance"] for one in error.details["remaining"]] == ["z"]
    assert run.nova.host("z") == "a"


def test_what_could_not_be_told_is_told_later_in_order(run):
    run.nova.add("x", "a")
    run.told.errors = [ServiceError("Failed: HTTP 503", status=503)] * 4
    run.drain(moves=[run.move("x", "a", "b")], tell=True)
    assert run.told.states == [("x", "MOVING"), ("x", "MOVED")]


@pytest.mark.parametrize(("end", "state"), [("ok", "MOVED"), ("fail", "FAILED")])
def test_the_last_word_is_told_even_when_the_session_is_away_at_the_end(run, fate, end, state):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(end)]
    run.nova.after(1, lambda: run.told.errors.extend([ServiceError("Failed: HTTP 503", status=503)] * 3))
    options = {"moves": [run.move("x", "a", "b", ways=["live"])], "tell": True}
    if state == "MOVED":
        run.drain(**options)
    else:
        run.fail(**options)
    assert run.told.states == [("x", "MOVING"), ("x", state)]


def test_a_session_that_does_not_know_the_instance_does_not_stop_the_move(run):
    run.nova.add("x", "a")
    run.told.errors = [ServiceError("Failed: HTTP 404: unknown instance", status=404)]
    assert run.drain(moves=[run.move("x", "a", "b")], tell=True).record["moved"]
    assert any("not told" in line for line in run.lines)


# --- check mode


def test_check_mode_says_what_would_be_moved_and_moves_nothing(run):
    run.nova.add("x", "a")
    run.nova.add("y", "b")
    result = run.drain(
        moves=[run.move("x", "a", "b"), run.move("y", "a", "b"), run.move("z", "a", "b")], check_mode=True, tell=True
    )
    assert result.changed
    assert [(one["instance"], one["to"], one["how"]) for one in result.record["moved"]] == [("x", "b", "live"), ("y", "b", None)]
    assert [one["instance"] for one in result.record["gone"]] == ["z"]
    assert writes(run) == []
    assert run.told.states == []
    assert not run.drain(moves=[run.move("y", "a", "b")], check_mode=True).changed


# --- bounds


@pytest.mark.parametrize("status", ["ERROR", "RESCUE", "SUSPENDED"])
def test_a_state_that_will_not_pass_is_not_waited_for(run, status):
    run.nova.add("x", "a", status)
    error = run.fail(moves=[run.move("x", "a", "b")])
    assert f"state {status}" in str(error)
    assert run.nova.now < 1


def test_after_a_lost_answer_the_live_migration_has_its_own_time(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(seconds=45)]
    real = run.nova.live_migrate

    def live_migrate(server, host):
        real(server, host)
        raise ServiceError("Failed: connection reset")

    run.nova.live_migrate = live_migrate
    assert run.drain(moves=[run.move("x", "a", "b")]).record["moved"][0]["how"] == "live"
    assert "force x" in writes(run)


def test_a_confirmation_of_a_migration_from_elsewhere_is_not_ours(run):
    run.nova.add("x", "c")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.calls.clear()
    run.fail(moves=[run.move("x", "a", "b")], hosts=[])
    assert writes(run) == []
