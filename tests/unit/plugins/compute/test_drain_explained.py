# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drain that did not succeed: what is refused for good is not waited for, and the user is told what to do next."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import ServiceError

CONFLICT = ServiceError("Failed: HTTP 409: Service is unavailable at this time.", status=409)


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("ERROR", "openstack server set --state active x"),
        ("RESCUE", "openstack server unrescue x"),
        ("SUSPENDED", "openstack server resume x"),
        ("SHELVED", "openstack server shelve --offload x"),
        ("UNKNOWN", "openstack server show x"),
    ],
)
def test_the_next_command_ends_the_state(run, status, command):
    run.nova.add("x", "a", status)
    error = run.fail(moves=[run.move("x", "a", "b")])
    assert command in str(error).partition("Next: ")[2]
    assert command in error.details["failed"][0]["remedy"]


def test_a_way_that_is_not_allowed_is_named_as_the_remedy(run):
    run.nova.add("x", "a", "PAUSED")
    error = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert "cold: not possible in state PAUSED" in str(error)
    assert "openstack server unpause x" in str(error)


@pytest.mark.parametrize(("kind", "words"), [("resize", "confirm or revert a resize"), ("migration", "that was not ours")])
def test_what_waits_for_somebody_elses_confirmation_says_so(run, kind, words):
    run.nova.add("x", "c")
    run.nova.migrate("x", "a")
    run.nova.sleep(5)
    run.nova.history[0]["migration_type"] = kind
    error = run.fail(hosts=["a"])
    assert words in str(error)
    assert "openstack server resize confirm x" in str(error)


def test_who_does_something_else_can_be_looked_up(run):
    run.nova.add("x", "a", "REBOOT", **{"OS-EXT-STS:task_state": "rebooting"})
    assert "openstack server event list x" in str(run.fail(moves=[run.move("x", "a", "b")]))


def test_a_server_at_rest_that_is_refused_again_and_again_is_not_waited_for(run):
    """As Nova does when nova-compute of its host is down: 409 to a cold migration."""
    run.nova.add("x", "a")
    run.nova.refusals["x"] = [CONFLICT] * 100
    error = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert len([call for call in run.nova.calls if call.startswith("cold")]) == 3
    assert "Service is unavailable" in str(error)
    assert run.nova.now < 3 * 2 + 1


def test_conflicts_with_an_operation_in_between_do_not_add_up(run):
    run.nova.add("x", "a")
    run.nova.refusals["x"] = [CONFLICT] * 4
    for at in (1, 4):
        run.nova.after(at, lambda: run.nova.change("x", task_state="rebooting"))
        run.nova.after(at + 2.5, lambda: run.nova.change("x", task_state=None))
    assert run.drain(moves=[run.move("x", "a", "b")]).record["moved"]


@pytest.mark.parametrize(
    ("host", "values", "words"),
    [
        ("a", {"state": "down"}, "nova-compute on a is down (last report 2026-11-21T01:02:03)"),
        ("a", {"state": "down", "forced_down": True}, "nova-compute on a is down (forced)"),
        ("b", {"state": "down"}, "nova-compute on the target b is down"),
        ("b", {"status": "disabled", "disabled_reason": "a new disk"}, "The target b is disabled (a new disk)"),
        ("b", None, "There is no target host b"),
    ],
)
def test_what_is_wrong_with_the_hosts_is_told_with_what_nova_says(run, fate, host, values, words):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("novalid")]
    if values is None:
        del run.nova.hosts[host]
    else:
        run.nova.hosts[host].update(values)
    error = run.fail(moves=[run.move("x", "a", "b", ways=["live"])])
    assert words in str(error)
    assert "No valid host was found." in str(error)
    assert ("openstack server evacuate x" in str(error)) is (host == "a")


def test_a_failure_is_told_even_when_the_hosts_cannot_be_read(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("novalid")]

    def services():
        raise ServiceError("Failed to list the nova-compute services: HTTP 503", status=503)

    run.nova.services = services
    error = run.fail(moves=[run.move("x", "a", "b", ways=["live"])])
    assert "No valid host was found." in str(error)
    assert "Failed to list the nova-compute services: HTTP 503" in run.lines


@pytest.mark.parametrize("options", [{"hosts": ["a", "compute-7"]}, {"moves": [{"instance": "x", "from": "compute-7"}]}])
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_host_that_nova_does_not_know_is_not_an_empty_one(run, options, check_mode):
    run.nova.add("x", "a")
    error = run.fail(check_mode=check_mode, **options)
    assert "There is no nova-compute service on host compute-7. Known hosts: a, anywhere, b" in str(error)
    assert run.nova.starts == []


@pytest.mark.parametrize(("dead", "text"), [("a", "nova-compute on a is down"), ("b", "nova-compute on the target b is down")])
def test_a_host_that_dies_ends_its_moves_before_their_time_is_over(run, fate, dead, text):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("stuck")]
    run.nova.hosts[dead]["state"] = "down"
    error = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert text in str(error)
    assert "it is in state RESIZE (resize_prep)" in error.details["failed"][0]["reason"]
    assert run.nova.now < 35, "the time for a cold migration is 60 s"
    assert "openstack server set --state active x" in error.details["failed"][0]["remedy"]


@pytest.mark.parametrize("seconds", [20, 28])
def test_a_host_that_is_down_for_a_moment_keeps_its_moves(run, fate, seconds):
    """When the bus is restarted Nova hears of no host for a while."""
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate(seconds=33)]
    run.nova.after(12, lambda: run.nova.hosts["b"].update(state="down"))
    run.nova.after(seconds, lambda: run.nova.hosts["b"].update(state="up"))
    assert run.drain(moves=[run.move("x", "a", "b", ways=["cold"])]).record["moved"][0]["to"] == "b"


def test_a_confirmation_that_its_dead_source_never_carries_out(run):
    run.nova.add("x", "a")
    run.nova.confirm = lambda *_: None
    run.nova.after(2, lambda: run.nova.hosts["a"].update(state="down"))
    error = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert "it is in state VERIFY_RESIZE and nova-compute on a is down" in error.details["failed"][0]["reason"]
    assert "bring nova-compute on a back" in str(error)
    assert run.nova.now < 35, "the time for a confirmation is 60 s"


def test_a_move_that_is_over_is_not_judged_by_its_host(run):
    run.nova.add("x", "a")
    run.nova.hosts["a"]["state"] = "down"
    assert run.drain(moves=[run.move("x", "a", "b")]).record["moved"][0]["to"] == "b"


def test_a_plan_that_does_not_know_of_an_earlier_runs_migration_has_it_confirmed_all_the_same(run):
    """The run was killed before it confirmed; the plan of the next one finds the server elsewhere."""
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.add("y", "a")
    run.nova.calls.clear()
    result = run.drain(moves=[run.move("y", "a", "b")], hosts=["a"], tell=True)
    moved = [(one["instance"], one["to"], one["how"]) for one in result.record["moved"]]
    assert moved == [("y", "b", "live"), ("x", "b", "cold")]
    assert [call for call in run.nova.calls if call.startswith("confirm")] == ["confirm x"]
    assert run.told.states[-1] == ("x", "MOVED")
    assert result.record["seconds"] > 3, "both passes count"


def test_what_an_earlier_run_left_unconfirmed_can_be_confirmed_before_a_plan_is_made(run):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.add("y", "a")
    run.nova.calls.clear()
    moves = [run.move("x", "a", "b"), run.move("y", "a", "b"), run.move("z", "a", "b")]
    assert run.drain(moves=moves, only_confirm=True, check_mode=True).changed
    assert [call for call in run.nova.calls if call.startswith("confirm")] == []
    result = run.drain(moves=moves, only_confirm=True)
    assert [(one["instance"], one["to"]) for one in result.record["moved"]] == [("x", "b")]
    assert run.nova.records["x"]["status"] == "ACTIVE"
    assert run.nova.host("y") == "a", "nothing is begun"
    assert not run.drain(moves=moves, only_confirm=True).changed


def test_what_somebody_else_left_unconfirmed_is_not_touched(run):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.history[0]["migration_type"] = "resize"
    assert not run.drain(moves=[run.move("x", "a", "b")], only_confirm=True).changed
    assert run.nova.records["x"]["status"] == "VERIFY_RESIZE"


def test_after_a_failure_what_an_earlier_run_left_is_not_touched(run, fate):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.add("y", "a")
    run.nova.fates["y"] = [fate("fail")]
    run.nova.calls.clear()
    run.fail(moves=[run.move("y", "a", "b", ways=["live"])])
    assert [call for call in run.nova.calls if call.startswith("confirm")] == []


def test_what_rides_through_keeps_its_unconfirmed_migration(run):
    run.nova.add("x", "a")
    run.nova.migrate("x", "b")
    run.nova.sleep(5)
    run.nova.calls.clear()
    assert not run.drain(moves=[], hosts=["a"], ride_through=("x",)).changed
    assert [call for call in run.nova.calls if call.startswith("confirm")] == []


def test_a_scheduler_that_still_sees_a_member_where_it_was_is_asked_again(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("novalid")] * 3
    result = run.drain(moves=[run.move("x", "a", "b", group="pair", ways=["live"])])
    assert [server for _at, server in run.nova.starts] == ["x"] * 4
    assert result.record["moved"][0]["how"] == "live"
    assert [line for line in run.lines if "No valid host was found" in line and "is tried again" in line]


def test_but_not_for_ever(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("novalid")] * 100
    error = run.fail(moves=[run.move("x", "a", "b", group="pair")])
    assert "No valid host was found." in error.details["failed"][0]["reason"]
    assert 30 <= run.nova.now < 30 + 15, "the limit holds for both ways together"


def test_a_move_that_nova_s_own_bus_broke_is_tried_once_more(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("bus")]
    result = run.drain(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert [server for _at, server in run.nova.starts] == ["x", "x"]
    assert result.record["moved"][0]["to"] == "b"
    assert [line for line in run.lines if "MessagingTimeout" in line and "tried once more" in line]


def test_but_not_twice(run, fate):
    run.nova.add("x", "a")
    run.nova.fates["x"] = [fate("bus")] * 3
    error = run.fail(moves=[run.move("x", "a", "b", ways=["cold"])])
    assert len(run.nova.starts) == 2
    assert "MessagingTimeout" in error.details["failed"][0]["reason"]


def test_each_server_that_was_not_moved_has_its_next_command(run):
    run.nova.add("x", "a", "ERROR")
    run.nova.add("y", "a", "RESCUE")
    error = run.fail(moves=[run.move("x", "a", "b"), run.move("y", "a", "b")])
    following = str(error).partition("Next: ")[2]
    assert "openstack server set --state active x" in following
    assert "openstack server unrescue y" in following


def test_what_is_slow_before_the_first_move_is_no_reason_to_look_at_the_hosts(run):
    for name in "xyz":
        run.nova.add(name, "a")
    servers = run.nova.servers

    def slowly(what="", **query):
        run.nova.now += 14 if "host" in query else 0
        return servers(what, **query)

    run.nova.servers = slowly
    run.drain(moves=[run.move(name, "a", "b") for name in "xyz"], hosts=["a"], max_per_host=1)
    assert "services" not in run.nova.calls
