# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a drain when the cloud is no longer as it was planned: each case has a defined outcome."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import ServiceError

ROOM = {"b": 100, "c": 300, "d": 200, "e": 400}


def orders(run):
    return [call for call in run.nova.calls if call.split()[0] in ("live", "cold") and "migrations" not in call]


def refusing(run, *hosts):
    """These hosts are full, disabled or down: Nova's scheduler takes no server there."""
    real, fates = run.nova._start, run.nova.fates

    def start(server, host, kind):
        if host in hosts:
            fates[server].insert(0, run.fate("novalid"))
        return real(server, host, kind)

    run.nova._start = start


@pytest.fixture(autouse=True)
def _fate(run, fate):
    run.fate = fate


# --- a target that does not take it any more


def test_a_target_that_refuses_is_replaced_by_the_one_with_most_room(run):
    run.nova.add("x", "a")
    refusing(run, "b", "c")
    result = run.drain(moves=[run.move("x", "a", "b", ways=["live"])], targets=("b", "c", "d", "z"), room=lambda: ROOM)
    assert orders(run) == ["live x b", "live x c", "live x d"]
    assert result.record["moved"][0]["to"] == "d"
    assert [line for line in run.lines if "b does not take it, so it goes to c" in line]


def test_a_host_that_is_still_to_be_maintained_is_no_target(run):
    """Most room has e, which is not among the targets; the source itself never is."""
    run.nova.add("x", "a")
    refusing(run, "b")
    run.drain(moves=[run.move("x", "a", "b")], targets=("a", "b", "c"), room=lambda: {**ROOM, "a": 900})
    assert orders(run) == ["live x b", "live x c"]


def test_a_target_that_is_gone_is_replaced_too(run):
    run.nova.add("x", "a")
    run.nova.refusals["x"] = [ServiceError("Failed: HTTP 400: Compute host b could not be found.", status=400)]
    assert run.drain(moves=[run.move("x", "a", "b")], targets=("c",), room=lambda: ROOM).record["moved"][0]["to"] == "c"


def test_when_none_of_them_takes_it_the_move_fails_and_says_so(run):
    run.nova.add("x", "a")
    refusing(run, *"bcde")
    error = run.fail(moves=[run.move("x", "a", "b", ways=["live"])], targets=("c", "d"), room=lambda: ROOM)
    assert orders(run) == ["live x b", "live x c", "live x d"]
    reason = error.details["failed"][0]["reason"]
    assert "live to b: live-migration: No valid host was found." in reason
    assert "no other host that it may go to has room for it" in reason
    assert error.details["failed"][0]["to"] == "b", "as it was planned"


def test_no_more_than_three_others_are_tried_on_each_way_and_each_begins_with_the_planned_one(run):
    run.nova.add("x", "a")
    refusing(run, *"bcdefz")
    run.fail(moves=[run.move("x", "a", "b")], targets=tuple("cdefz"), room=lambda: dict.fromkeys("cdefz", 1))
    assert orders(run) == [f"{way} x {host}" for way in ("live", "cold") for host in "bcde"]


def test_without_targets_there_is_no_other(run):
    run.nova.add("x", "a")
    refusing(run, "b")
    run.fail(moves=[run.move("x", "a", "b", ways=["live"])], room=lambda: ROOM)
    assert orders(run) == ["live x b"]


def test_another_target_takes_no_more_than_its_share(run):
    """Three hosts, and three targets that refuse: each move of its own may go on, but there is only one to go to."""
    places = [("w", "a", "b"), ("x", "d", "e"), ("y", "f", "z")]
    for name, source, _target in places:
        run.nova.add(name, source)
    refusing(run, "b", "e", "z")
    most = []
    real = run.nova.servers

    def servers(what="", **query):
        most.append(len([one for one in run.nova.history if one["status"] == "running"]))
        return real(what, **query)

    run.nova.servers = servers
    moves = [run.move(name, source, target, ways=["live"]) for name, source, target in places]
    result = run.drain(moves=moves, targets=("c",), room=lambda: ROOM, max_per_host=1, max_total=3)
    assert {one["to"] for one in result.record["moved"]} == {"c"}
    assert max(most) == 1


def test_room_that_cannot_be_read_leaves_the_targets_in_order(run):
    run.nova.add("x", "a")
    refusing(run, "b")

    def room():
        raise ServiceError("Failed to read the room of all hosts: HTTP 503", status=503)

    assert run.drain(moves=[run.move("x", "a", "b")], targets=("d", "c"), room=room).record["moved"][0]["to"] == "c"
    assert "Failed to read the room of all hosts: HTTP 503" in run.lines


def test_what_has_no_target_of_its_own_goes_to_one_of_the_given_ones(run):
    run.nova.add("x", "a")
    assert run.drain(hosts=["a"], targets=("c", "d"), room=lambda: ROOM).record["moved"][0]["to"] == "c"
    run.nova.add("y", "a")
    error = run.fail(hosts=["a"], targets=(), room=lambda: ROOM)
    assert "none of the hosts that it may go to has room for it" in str(error)
    assert run.nova.host("y") == "a"


# --- a server that is new on the host


def newcomer(run, at=1, host="a", name="late"):
    run.nova.after(at, lambda: run.nova.add(name, host))


def test_a_server_that_came_meanwhile_is_moved_too_to_a_host_it_may_go_to(run):
    run.nova.add("x", "a")
    newcomer(run)
    result = run.drain(moves=[run.move("x", "a", "b")], targets=("b", "c"), room=lambda: ROOM)
    assert [(one["instance"], one["to"]) for one in result.record["moved"]] == [("x", "b"), ("late", "c")]
    assert [line for line in run.lines if "n-late: came to a after the moves were planned" in line]


def test_a_server_that_came_meanwhile_counts_in_its_group(run):
    run.nova.add("x", "a")
    newcomer(run)
    run.nova.server_groups = [{"id": "g", "members": ["x", "late"]}]
    moves = [run.move("x", "a", "b", group="g")]
    limit = {"g": {"max_impacted_members": 1, "recovery_time": 20}}
    run.drain(moves=moves, targets=("b", "c"), room=lambda: ROOM, groups=limit)
    (first, _x), (second, _late) = run.nova.starts
    assert second - first >= 3 + 20


def test_servers_that_come_without_end_are_named(run):
    run.nova.add("x", "a")
    for number in range(40):
        newcomer(run, at=1 + 2 * number, name=f"late-{number}")
    error = run.fail(moves=[run.move("x", "a", "b")], targets=("b", "c"), room=lambda: ROOM)
    assert "Host a is not empty: n-late-" in str(error)
    assert run.nova.now < 60


def test_a_server_that_rides_through_is_no_newcomer(run):
    run.nova.add("x", "a")
    run.nova.add("rider", "a")
    run.drain(moves=[run.move("x", "a", "b")], targets=("b",), room=lambda: ROOM, ride_through=("rider",))
    assert run.nova.host("rider") == "a"


# --- a server in ERROR


def test_a_server_that_its_migration_leaves_in_error_says_why(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("error")]
    failed = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])]).details["failed"][0]
    assert failed["reason"] == "it is in state ERROR since its cold migration: migration: it broke for good"
    assert "openstack server set --state active x" in failed["remedy"]


@pytest.mark.parametrize(("others_first", "moved"), [(False, []), (True, ["y", "z"])])
def test_the_others_are_moved_first_when_that_is_asked_for(run, others_first, moved):
    run.nova.add("x", "a", "ERROR")
    for name in "yz":
        run.nova.add(name, "a")
    error = run.fail(moves=[run.move(name, "a", "b") for name in "xyz"], others_first=others_first, max_total=1)
    assert [one["instance"] for one in error.details["moved"]] == moved
    assert [one["instance"] for one in error.details["failed"]] == ["x"]
    assert "Host a is not empty: n-x (x) failed: it is in state ERROR" in str(error)


# --- the ladder as the owner's policy allows it


def test_a_guest_that_must_not_pause_is_not_forced(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("stuck")]
    error = run.fail(moves=[run.move("x", "a", "b", ways=["live"])])
    assert [call for call in run.nova.calls if call.startswith(("force", "abort"))] == ["abort x"]
    assert "live: not over after 40 s)" in error.details["failed"][0]["reason"]
    assert run.nova.now < 40 + 10


@pytest.mark.parametrize("ways", [("force_complete",), ("force_complete", "live"), ("live", "cold", "force_complete")])
def test_to_force_something_to_complete_stands_behind_what_is_forced(run, ways):
    run.nova.add("x", "a")
    for options in ({"hosts": ["a"], "ways": ways}, {"moves": [run.move("x", "a", "b", ways=[*ways])]}):
        assert "put it right after live" in str(run.fail(**options))
    assert run.nova.calls == []


def test_of_several_live_migrations_the_newest_is_meant(run, fate):
    """A nova-compute that was killed leaves an older one running for good."""
    run.nova.add("x", "a")
    run.nova.history.append({"id": 0, "instance_uuid": "x", "status": "running", "created_at": "2026-11-20", "uuid": "old",
                             "source_compute": "c", "migration_type": "live-migration"})  # fmt: skip
    run.nova.fates["x"] = [fate("stuck")]
    ended = []
    run.nova.force_complete = lambda server, migration: ended.append(("force", migration))
    real = run.nova.abort
    run.nova.abort = lambda server, migration: (ended.append(("abort", migration)), real(server, migration))
    run.drain(moves=[run.move("x", "a", "b")])
    assert set(ended) == {("force", 1), ("abort", 1)}


# --- notice


def test_a_move_begins_when_its_owner_was_told_long_enough_before(run):
    for name in "xy":
        run.nova.add(name, "a")
    moves = [run.move("x", "a", "b", not_before="2026-11-21T00:00:30Z"), run.move("y", "a", "b")]
    run.drain(moves=moves)
    (first, earlier), (second, later) = run.nova.starts
    assert (earlier, later) == ("y", "x")
    assert first < 1
    assert 30 <= second < 32
    assert "n-x: begins in 30 s, as its owner wants to be told so long before" in run.lines


def test_what_may_have_begun_already_begins_at_once(run):
    run.nova.add("x", "a")
    run.drain(moves=[run.move("x", "a", "b", not_before="2026-11-20T23:59:00+00:00")])
    assert run.nova.starts[0][0] < 1


@pytest.mark.parametrize(("moment", "words"), [("soon", "'soon', which is no time"), ("2027-11-21T00:00:00Z", "longer than")])
def test_no_time_and_one_far_away_are_refused_before_anything_begins(run, moment, words):
    run.nova.add("x", "a")
    assert words in str(run.fail(moves=[run.move("x", "a", "b", not_before=moment)]))
    assert orders(run) == []


# --- people


class Control:
    """The control of a session: what it says from which second on."""

    def __init__(self, run, *said):
        self.run, self.said, self.asked = run, said, []

    def __call__(self):
        self.asked.append(self.run.nova.now)
        answer = [one for at, one in self.said if at <= self.run.nova.now][-1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def says(state):
    return {"state": state, "by": "ann", "reason": "a storm"}


def four(run):
    for name in "wxyz":
        run.nova.add(name, "a")
    return {"moves": [run.move(name, "a", "b") for name in "wxyz"], "max_total": 1}


def test_while_the_session_pauses_no_move_begins_and_what_is_under_way_ends(run):
    control = Control(run, (0, says("running")), (4, says("paused")), (40, says("running")))
    assert len(run.drain(control=control, **four(run)).record["moved"]) == 4
    begun = [at for at, _server in run.nova.starts]
    assert [at for at in begun if 10 < at < 40] == []
    assert len([at for at in begun if at < 10]) in (2, 3)
    assert [line.split(":")[0] for line in run.lines if "ann" in line] == ["paused by ann (a storm)", "resumed by ann (a storm)"]
    assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(control.asked)), "at most every five seconds"


def test_an_aborted_session_lets_what_is_under_way_end_and_fails(run):
    control = Control(run, (0, says("running")), (4, says("aborting")))
    error = run.fail(control=control, **four(run))
    assert "The session is aborted by ann (a storm)" in str(error)
    assert run.nova.under_way == {}
    moved, left = error.details["moved"], error.details["remaining"]
    assert len(moved) in (2, 3)
    assert {one["state"] for one in left} == {"not started"}
    assert len(moved) + len(left) == 4


@pytest.mark.parametrize(("state", "cold_from"), [("aborting", None), ("paused", 30)])
def test_another_way_is_begun_no_more_than_another_move(run, fate, state, cold_from):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("fail", seconds=8)]
    control = Control(run, (0, says("running")), (2, says(state)), (30, says(state if state == "aborting" else "running")))
    if cold_from is None:
        error = run.fail(moves=[run.move("x", "a", "b")], control=control)
        assert [one["instance"] for one in error.details["remaining"]] == ["x"]
        assert orders(run) == ["live x b"]
    else:
        run.drain(moves=[run.move("x", "a", "b")], control=control)
        assert run.nova.starts[1][0] >= cold_from


def test_a_pause_without_end_ends(run, limits):
    control = Control(run, (0, says("paused")))
    error = run.fail(control=control, **{**four(run), "limits": limits(pause=100)})
    assert "has been paused for 100 s" in str(error)
    assert orders(run) == []
    assert run.nova.now < 110


def test_a_service_without_control_is_asked_once(run):
    control = Control(run, (0, None))
    assert len(run.drain(control=control, **four(run)).record["moved"]) == 4
    assert len(control.asked) == 1


def test_what_was_said_last_holds_while_the_service_is_away(run):
    control = Control(run, (0, says("paused")), (4, ServiceError("Failed: HTTP 503", status=503)), (20, says("running")))
    run.drain(control=control, **four(run))
    assert run.nova.starts[0][0] >= 20


# --- what is shown


def test_lines_count_finished_servers_and_say_how_long_it_may_still_take(run):
    run.drain(**four(run))
    for done, line in enumerate(run.lines[:-1], 1):
        counted, seconds = line.split("; ")[1].split(", about ")
        assert counted == f"{done} of 4"
        assert int(seconds.removesuffix(" s to go")) == pytest.approx((4 - done) * run.nova.now / 4, abs=1)
    assert run.lines[-1].endswith("; 4 of 4")


def test_a_long_wait_says_what_for(run, fate):
    run.nova.fates["w"] = [fate(seconds=36)]
    run.drain(**four(run))
    assert "waiting for n-w (MIGRATING (migrating)); 3 not begun" in run.lines


# --- a nova-compute that was killed


def killed(run, at):
    """It is back at once; its server rests where it was, and the records say for good that the migration runs."""
    run.nova.after(at, lambda: run.nova.change("x", task_state=None, status="ACTIVE"))


def test_a_migration_that_a_killed_nova_compute_left_is_begun_once_more(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("stuck")]
    killed(run, 2)
    result = run.drain(moves=[run.move("x", "a", "b", ways=["live"])])
    assert orders(run) == ["live x b", "live x b"]
    assert result.record["moved"][0]["to"] == "b"
    assert [line for line in run.lines if "as when nova-compute was killed. It is tried once more" in line]


def test_but_not_twice(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("stuck")] * 2
    for at in (2, 20):
        killed(run, at)
    error = run.fail(moves=[run.move("x", "a", "b", ways=["live"])])
    assert orders(run) == ["live x b", "live x b"]
    assert "live: it ended without a record of how" in error.details["failed"][0]["reason"]
    assert run.nova.now < 45


# --- how often Nova is looked at


def test_looks_are_as_far_apart_as_moves_are_long_and_calls_per_move_few(run, fate, limits):
    """Four at a time, a minute each."""
    for number in range(40):
        run.nova.add(f"x{number}", "a")
        run.nova.fates[f"x{number}"] = [fate(seconds=60 + number % 7)]
    moves = [run.move(f"x{number}", "a", "b", ways=["live"]) for number in range(40)]
    result = run.drain(moves=moves, max_per_host=4, limits=limits(live=300), targets=("b",))
    assert len(result.record["moved"]) == 40
    assert len(run.nova.calls) / 40 <= 4
    assert result.record["seconds"] < 40 / 4 * (63 + 8 + 3)


def test_nothing_is_waited_for_after_the_last_move(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(seconds=20)]
    run.drain(moves=[run.move("x", "a", "b")])
    last = max(number for number, call in enumerate(run.nova.calls) if call == "list changes-since")
    assert run.nova.calls[last + 1] == "list host"
    assert run.nova.now < 20 + 1.1


def test_a_member_that_has_recovered_is_not_kept_waiting_by_a_long_pause(run, fate):
    for name in "xy":
        run.nova.add(name, "a")
        run.nova.fates[name] = [fate(seconds=36)]
    moves = [run.move(name, "a", "b", group="g") for name in "xy"]
    result = run.drain(moves=moves, groups={"g": {"max_impacted_members": 1, "recovery_time": 7}})
    [(_at, _x), (second, _y)] = run.nova.starts
    assert second == pytest.approx(result.record["moved"][0]["seconds"] + 7, abs=0.2)
