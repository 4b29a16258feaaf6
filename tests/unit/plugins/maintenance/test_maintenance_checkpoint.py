# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maintenance_checkpoint: whether the next wave may begin, the waits for it, and the failure budget."""

from __future__ import annotations

import datetime as dt
import types
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.nfv.maintenance.plugins.filter import maintenance_failure_budget
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import budget, checkpoint
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance.proxy import MaintenanceProxy
from ansible_collections.nfv.maintenance.plugins.modules import maintenance_checkpoint

NOW = dt.datetime(2026, 11, 21, 1, 0, 0, tzinfo=dt.UTC)
RUNNING = {"state": "running", "reason": None, "by": None, "at": None, "skipped_hosts": [], "approved_waves": 0}
ABORT = (
    "nothing is to be done; to give it up, "
    "ansible-playbook nfv.maintenance.abort_maintenance -e rolling_host_maintenance_name=kernel"
)
PAUSED = {**RUNNING, "state": "paused", "by": "alice", "reason": "disk alarms"}


@pytest.fixture(autouse=True)
def time_of_day(monkeypatch: pytest.MonkeyPatch, clock: t.Any) -> None:
    """Now is 01:00, and passes only while somebody sleeps."""

    def now() -> dt.datetime:
        return NOW + dt.timedelta(seconds=clock.now - 1000.0)

    defaults = checkpoint.Checkpoint.__init__.__kwdefaults__
    for name, value in (("clock", clock.monotonic), ("sleep", clock.sleep), ("now", now)):
        monkeypatch.setitem(defaults, name, value)
    monkeypatch.setattr(maintenance_checkpoint, "utc_now", now)


@pytest.fixture
def stop(service: t.Any, conversation: t.Any) -> t.Callable[..., dict[str, t.Any]]:
    def run(check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
        given = {"session_id": service.sid, "lease_token": 3, "wave": 2, "hosts": ["compute-1", "compute-2"], **params}
        return t.cast("dict[str, t.Any]", conversation.run("maintenance_checkpoint", given, check_mode=check_mode))

    return run


def declare(service: t.Any, *wanted: dict[str, t.Any], **values: t.Any) -> None:
    """The session, its lease kept, and what is wanted of it at each look."""
    service.is_ours()
    values = {"lease": service.lease(token=3), "state": "START_MAINTENANCE", **values}
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(**values))
    look(service, wanted[0])
    keep(service)
    for one in wanted[1:]:
        look(service, one)


def look(service: t.Any, wanted: dict[str, t.Any]) -> None:
    service.expect("GET", f"/sessions/{service.sid}/control", json=wanted)


def keep(service: t.Any, **answer: t.Any) -> None:
    answer = answer or {"json": service.lease(token=3)}
    service.expect("POST", f"/sessions/{service.sid}/lease", body={"holder": "deploy-1", "ttl": 120}, **answer)


def waiting(service: t.Any, what: str | None) -> None:
    body = {"state": "START_MAINTENANCE", "waiting": what}
    service.expect(
        "PUT", f"/sessions/{service.sid}", body=body, json=service.session(), sent_headers={"X-Lease-Token": "3"}
    )  # fmt: skip


def test_a_wave_begins_when_nobody_minds(service: t.Any, stop: t.Any) -> None:
    wanted = {**RUNNING, "skipped_hosts": ["compute-9"]}
    declare(service, wanted)
    result = stop(window_end="2026-11-21T05:00:00", minutes=20, max_failures="1")
    assert not result["changed"]
    session = result["maintenance_checkpoint"].pop("session")
    assert (session["session_id"], session["control"]) == (service.sid, wanted)
    assert result["maintenance_checkpoint"] == {
        "control": wanted, "waited": 0.0, "window_end": "2026-11-21T05:00:00Z", "failed_hosts": [], "allowed_failures": 1,
    }  # fmt: skip


def test_the_session_is_told_which_wave_begins_when_it_does(service: t.Any, stop: t.Any) -> None:
    declare(service, PAUSED)
    look(service, {**RUNNING, "skipped_hosts": ["compute-1"]})
    body = {"state": "START_MAINTENANCE", "wave": {"number": 2, "hosts": ["compute-2"], "minutes": 20.0}}
    service.expect("PUT", f"/sessions/{service.sid}", body=body, json=service.session(), sent_headers={"X-Lease-Token": "3"})
    assert not stop(record=True, minutes=20)["failed"]


def test_a_wave_of_which_nothing_is_left_does_not_begin(service: t.Any, stop: t.Any) -> None:
    declare(service, {**RUNNING, "skipped_hosts": ["compute-1", "compute-2"]})
    assert not stop(record=True)["failed"]


def test_the_announced_start_is_waited_for_to_the_second(service: t.Any, stop: t.Any, clock: t.Any) -> None:
    declare(service, RUNNING)
    waiting(service, f"the announced start at 2026-11-21T01:00:05Z: {ABORT}")
    for _look in range(3):
        look(service, RUNNING)
    waiting(service, None)
    result = stop(not_before="2026-11-21T01:00:05.000000Z")
    assert not result["failed"], result["msg"]
    assert clock.now == 1005.0


def test_who_aborts_before_the_announced_start_does_not_wait_for_it(service: t.Any, stop: t.Any, clock: t.Any) -> None:
    declare(service, RUNNING)
    waiting(service, f"the announced start at 2026-11-21T03:00:00Z: {ABORT}")
    look(service, {**RUNNING, "state": "aborting", "by": "alice"})
    waiting(service, None)
    result = stop(not_before="2026-11-21T03:00:00Z")
    assert result["failed"]
    assert result["failure"]["ended"] == "aborted"
    assert clock.now == 1002.0


def test_a_window_that_ends_before_the_announced_start_is_not_waited_for(service: t.Any, stop: t.Any, clock: t.Any) -> None:
    declare(service, RUNNING)
    result = stop(not_before="2026-11-21T03:00:00Z", window_end="2026-11-21T03:10:00Z", minutes=20)
    assert result["failure"]["ended"] == "window_end"
    assert clock.now == 1000.0


def test_an_older_service_lets_every_wave_begin(service: t.Any, stop: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease(token=3)))
    service.expect("GET", f"/sessions/{service.sid}/control", status=404, json={"error": "not found"})
    keep(service)
    assert stop()["maintenance_checkpoint"]["control"]["state"] == "running"


def test_a_run_whose_lease_was_taken_begins_nothing(service: t.Any, stop: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease(token=4, holder="other")))
    assert "is run by other (lease token 4) and not by this run any more" in stop()["msg"]


def test_a_run_whose_lease_is_taken_meanwhile_begins_nothing(service: t.Any, stop: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease(token=3)))
    look(service, RUNNING)
    keep(service, status=409, json={"error": "session s is run by other", "lease": service.lease(4, "other")})
    assert "is run by other" in stop()["msg"]


def test_a_pause_is_waited_for_with_the_lease_kept(service: t.Any, stop: t.Any, clock: t.Any) -> None:
    # Looks every 2 s; a third of the lease is 40 s.
    declare(service, PAUSED, *[PAUSED] * 19)
    keep(service)
    look(service, PAUSED)
    look(service, RUNNING)
    assert stop(pause_timeout=60)["maintenance_checkpoint"]["control"] == RUNNING
    assert clock.now - 1000 == 42


def test_a_pause_is_bounded(service: t.Any, stop: t.Any) -> None:
    declare(service, *[PAUSED] * 4)
    result = stop(pause_timeout=5)
    assert result["failure"]["ended"] == "not_resumed"
    assert "Waited 5 s for somebody to resume it: it is paused by alice (disk alarms)" in result["msg"]
    assert "control_maintenance_action=resume" in result["msg"]


def test_approval_is_waited_for_where_the_session_says_so(service: t.Any, stop: t.Any) -> None:
    declare(service, {**RUNNING, "approved_waves": 1})
    command = (
        "ansible-playbook nfv.maintenance.control_maintenance -e rolling_host_maintenance_name=kernel "
        "-e control_maintenance_action=approve -e control_maintenance_wave=2"
    )
    waiting(service, f"somebody to approve wave 2 (compute-1, compute-2): {command}")
    look(service, {**RUNNING, "approved_waves": 1})
    look(service, {**RUNNING, "approved_waves": 2})
    waiting(service, None)
    assert stop(approve="each_wave")["maintenance_checkpoint"]["control"]["approved_waves"] == 2


def test_the_command_that_approves_can_be_typed_as_it_stands(service: t.Any, stop: t.Any, monkeypatch: t.Any) -> None:
    """The run has its cloud from a file of variables, and whoever approves may not have that file."""
    monkeypatch.setattr(MaintenanceProxy, "cloud_name", "my cloud")
    declare(service, {**RUNNING, "approved_waves": 1})
    command = (
        "ansible-playbook nfv.maintenance.control_maintenance -e 'rolling_host_maintenance_cloud=my cloud' "
        "-e rolling_host_maintenance_name=kernel -e control_maintenance_action=approve -e control_maintenance_wave=2"
    )
    waiting(service, f"somebody to approve wave 2 (compute-1, compute-2): {command}")
    look(service, {**RUNNING, "approved_waves": 2})
    waiting(service, None)
    assert not stop(approve="each_wave")["failed"]


@pytest.mark.parametrize(("name", "typed"), [("admin", "admin"), ("envvars", None), ("defaults", None)])
def test_a_cloud_is_named_where_clouds_yaml_names_it(name: str, typed: str | None) -> None:
    proxy = MaintenanceProxy.__new__(MaintenanceProxy)
    proxy._connection = types.SimpleNamespace(config=types.SimpleNamespace(name=name))
    assert proxy.cloud_name == typed


def test_what_is_not_waited_for_any_more_is_not_said(service: t.Any, stop: t.Any) -> None:
    declare(service, RUNNING)
    service.expect("PUT", f"/sessions/{service.sid}", json=service.session())
    look(service, PAUSED)
    waiting(service, None)
    look(service, {**RUNNING, "approved_waves": 2})
    assert stop(approve="each_wave")["maintenance_checkpoint"]["control"]["approved_waves"] == 2


@pytest.mark.parametrize("skipped", [["compute-1"], ["compute-1", "compute-2"]])
def test_a_wave_of_skipped_hosts_needs_neither_approval_nor_time(service: t.Any, stop: t.Any, skipped: list[str]) -> None:
    declare(service, {**RUNNING, "skipped_hosts": skipped})
    result = stop(approve="each_wave", window_end="+10", minutes=20)
    if len(skipped) == 2:
        assert result["maintenance_checkpoint"]["control"]["skipped_hosts"] == skipped
    else:
        assert "wave 2 (compute-2) is predicted to take 20.0 min" in result["msg"]


def test_the_command_can_be_typed_whatever_the_name_is(service: t.Any, stop: t.Any) -> None:
    declare(service, *[PAUSED] * 2, name="rack; 7")
    assert "-e 'rolling_host_maintenance_name=rack; 7' -e control" in stop(pause_timeout=1)["msg"]


def test_approval_is_bounded(service: t.Any, stop: t.Any) -> None:
    declare(service, RUNNING)
    service.expect("PUT", f"/sessions/{service.sid}", json=service.session())
    look(service, RUNNING)
    look(service, RUNNING)
    waiting(service, None)
    result = stop(approve="each_wave", approve_timeout=4)
    assert result["failure"]["ended"] == "not_approved"
    assert "control_maintenance_wave=2" in result["msg"]


@pytest.mark.parametrize("meanwhile", [False, True])
def test_an_abort_ends_the_run(service: t.Any, stop: t.Any, meanwhile: bool) -> None:
    aborting = {**RUNNING, "state": "aborting", "by": "alice", "reason": "wrong kernel"}
    declare(service, *([PAUSED, aborting] if meanwhile else [aborting]))
    result = stop()
    assert result["failure"]["ended"] == "aborted"
    assert "The maintenance is aborted by alice (wrong kernel). Next: " in result["msg"]


@pytest.mark.parametrize(("minutes", "begins"), [(60, True), (60.1, False)])
@pytest.mark.parametrize("end", ["2026-11-21 02:00:00", "2026-11-21T03:00:00+01:00", "+3600"])
def test_no_wave_begins_that_would_end_after_the_window(
    service: t.Any, stop: t.Any, end: str, minutes: float, begins: bool
) -> None:
    declare(service, RUNNING)
    result = stop(window_end=end, minutes=minutes)
    if begins:
        assert result["maintenance_checkpoint"]["window_end"] == "2026-11-21T02:00:00Z"
        return
    assert result["failure"] == {"ended": "window_end", "window_end": "2026-11-21T02:00:00Z"}
    assert "window ends at 2026-11-21T02:00:00Z, and wave 2 (compute-1, compute-2) is predicted to take 60.1 min" in result["msg"]


def test_a_window_that_is_over_ends_a_run_whose_hosts_are_not_known_yet(service: t.Any, stop: t.Any) -> None:
    declare(service, RUNNING)
    result = stop(hosts=[], wave=1, window_end="2026-11-21T00:59:59Z")
    assert "and wave 1 (of hosts that are not known yet) is predicted" in result["msg"]


def test_the_window_may_end_during_a_pause(service: t.Any, stop: t.Any) -> None:
    declare(service, *[PAUSED] * 7)
    assert stop(window_end="+11")["failure"]["ended"] == "window_end"


def test_a_spent_budget_ends_the_run(service: t.Any, stop: t.Any) -> None:
    hosts = [{"name": f"compute-{number}", "state": "FAILED" if number < 3 else "WAITING"} for number in range(1, 11)]
    declare(service, RUNNING, hosts=hosts)
    result = stop(max_failures="3, 10%")
    assert result["failure"] == {"ended": "failures", "failed_hosts": ["compute-1", "compute-2"]}
    assert "2 of 10 hosts failed (compute-1, compute-2); 1 may" in result["msg"]


def test_check_mode_looks_and_waits_for_nothing(service: t.Any, stop: t.Any) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease(token=3)))
    look(service, PAUSED)
    assert stop(check_mode=True)["maintenance_checkpoint"]["control"] == PAUSED


@pytest.mark.parametrize(
    ("wanted", "params", "ended"),
    [
        ({"state": "aborting"}, {}, "aborted"),
        ({}, {"max_failures": "0"}, "failures"),
        ({}, {"window_end": "+60", "minutes": 20}, "window_end"),
        ({"state": "paused"}, {"window_end": "+60", "minutes": 20}, "window_end"),
        ({}, {"not_before": "+7200", "window_end": "+7260", "minutes": 20}, "window_end"),
    ],
)
def test_check_mode_fails_when_no_wave_may_begin_any_more(
    service: t.Any, stop: t.Any, wanted: dict[str, t.Any], params: dict[str, t.Any], ended: str
) -> None:
    service.is_ours()
    hosts = [{"name": "compute-1", "state": "FAILED"}, {"name": "compute-2", "state": "WAITING"}]
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease(token=3), hosts=hosts))
    look(service, {**RUNNING, **wanted})
    assert stop(check_mode=True, **{"max_failures": "1", **params})["failure"]["ended"] == ended


@pytest.mark.parametrize(
    ("wanted", "params"),
    [({}, {}), ({}, {"record": True}), ({}, {"approve": "each_wave"}), ({}, {"not_before": "+7200"}), ({"state": "paused"}, {})],
)
def test_check_mode_neither_waits_nor_writes(
    service: t.Any, stop: t.Any, clock: t.Any, wanted: dict[str, t.Any], params: dict[str, t.Any]
) -> None:
    service.is_ours()
    service.expect("GET", f"/sessions/{service.sid}", json=service.session(lease=service.lease(token=3)))
    look(service, {**RUNNING, **wanted})
    result = stop(check_mode=True, window_end="+10800", minutes=20, **params)
    assert not result["failed"], result["msg"]
    assert clock.now == 1000.0


@pytest.mark.parametrize("text", ["tomorrow", "+soon"])
def test_a_window_that_is_none(stop: t.Any, text: str) -> None:
    assert f"window_end is '{text}'" in stop(window_end=text)["msg"]


@pytest.mark.parametrize(
    ("limit", "hosts", "allowed"),
    [("0", 10, 0), ("3", 10, 3), ("10%", 10, 1), ("10%", 9, 0), ("2, 50 %", 10, 2), ("9,20%", 10, 2)],
)
def test_how_many_may_fail(limit: str, hosts: int, allowed: int) -> None:
    assert budget.allowed_failures(limit, hosts) == allowed


@pytest.mark.parametrize("limit", ["", "-1", "101%", "some", "1;2", "1,"])
def test_a_limit_that_is_none(limit: str) -> None:
    with pytest.raises(CollectionError, match="is not a number of hosts, a percentage"):
        budget.allowed_failures(limit, 10)


def test_the_filter_counts_what_is_failing_now() -> None:
    judge = maintenance_failure_budget.FilterModule().filters()["maintenance_failure_budget"]
    session = {"hosts": [{"name": "a", "state": "FAILED"}, {"name": "b", "state": "IN_MAINTENANCE"}]}
    assert judge(session, 1) == {
        "allowed": 1,
        "failed": ["a"],
        "hosts": 2,
        "spent": False,
        "text": "1 of 2 hosts failed (a); 1 may",
    }
    assert judge(session, "1", failing=["b", "a"])["spent"]
    assert judge({}, "0")["spent"] is False
    with pytest.raises(AnsibleFilterError, match="is not a number of hosts"):
        judge(session, "many")
