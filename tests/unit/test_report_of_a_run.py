# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the callback hears of a run, and what it makes of it; never a failure of the run, never a secret."""

from __future__ import annotations

import json
import types
import typing as t
from pathlib import Path

import pytest
from ansible_collections.nfv.maintenance.plugins.callback import maintenance_report
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report import ending, reading
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.masking import HIDDEN, masked
from ansible_collections.nfv.maintenance.plugins.plugin_utils._report.recorder import Recorder

AT = "2026-11-21T01:00:00.000000Z"
NAME = "nfv.maintenance."
SESSION = {
    "session_id": "s1",
    "name": "rack 7",
    "state": "MAINTENANCE",
    "progress": {"hosts": 4, "hosts_done": 1, "seconds_left": 600},
}


def heard(recorder: Recorder, module: str, **result: t.Any) -> list[str]:
    return recorder.ended(NAME + module, result, AT)


def session(**given: t.Any) -> dict[str, t.Any]:
    return {
        "fenix_session": {**SESSION, **given},
        "invocation": {"module_args": {"cloud": "admin", "auth": None, "session_id": "s1"}},
    }


def planned(waves: int, moves: int) -> dict[str, t.Any]:
    figures = {"hosts": 4, "waves": waves, "moves": moves, "minutes": 30.0}
    blocker = {"host": "h9", "instance": None, "reason": "is down", "remedy": "repair it", "choices": [], "choice": "skip_host"}
    return {"maintenance_plan": {"figures": figures, "room": {"moves": []}, "blockers": [blocker]}}


def test_a_wave_is_told_with_what_is_done_and_left():
    recorder = Recorder()
    assert heard(recorder, "maintenance_plan", **planned(3, 5)) == ["plan: 4 hosts in 3 waves, 5 moves, about 30 min"]
    assert heard(recorder, "fenix_session", **session()) == [
        "session MAINTENANCE (1 of 4 hosts, 0 of 5 moves, about 10 min left)"
    ]
    moved = [
        {"instance": "i1", "from": "h1", "to": "h2", "how": "live"},
        {"instance": "i2", "from": "h1", "to": "h2", "how": None},
    ]
    lines = heard(recorder, "host_drain", host_drain={"moved": moved, "seconds": 8.0})
    assert lines == ["1 moved in 8 s (1 of 4 hosts, 1 of 5 moves, about 10 min left)"], "what was moved before is not counted"
    heard(recorder, "maintenance_plan", **planned(2, 4))
    arguments = {"module_args": {"hosts": ["h2", "h3"], "wave": 2, "minutes": 12.0}}
    lines = heard(recorder, "maintenance_checkpoint", invocation=arguments, maintenance_checkpoint={})
    assert lines == ["wave 2: h2, h3 (1 of 4 hosts, 1 of 5 moves, about 10 min left)"]
    assert (recorder.wave, len(recorder.seen.blockers)) == ({"number": 2, "waves": 3}, 1)


def test_a_state_is_told_once():
    recorder = Recorder()
    assert heard(recorder, "fenix_session", **session())
    assert heard(recorder, "fenix_session", **session()) == []


def test_other_modules_and_skipped_tasks_tell_nothing():
    recorder = Recorder()
    assert recorder.ended("other.collection.fenix_session", session(), AT) == []
    assert heard(recorder, "fenix_session", results=[{"skipped": True}, {"failed": True, "fenix_session": SESSION}]) == []
    assert recorder.session_id is None


def test_the_connection_is_kept_without_secrets():
    recorder = Recorder()
    heard(recorder, "fenix_session", **session())
    assert recorder.connection == {"cloud": "admin"}
    given = session()
    given["invocation"]["module_args"]["auth"] = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    heard(recorder, "fenix_session", **given)
    assert recorder.connection is None, "a password that was hidden opens nothing"


def test_what_quotes_a_failure_stands_for_it():
    recorder = Recorder()
    recorder.failed("h1", "nfv.maintenance.a_role : Upgrade", {"msg": "no space left"}, AT)
    assert recorder.seen.failures[0]["task"] == "Upgrade"
    recorder.failed("h1", "Say what happened", {"msg": "no space left. Next: make room"}, AT)
    recorder.failed("h1", "Fetch", {"msg": "https://admin:Zk4vq9@mirror.example.org: 404"}, AT)
    assert recorder.seen.failures.pop()["text"] == f"https://{HIDDEN}@mirror.example.org: 404"
    recorder.failed("h1", "Log in", {"censored": "the output has been hidden", "msg": "password=abc"}, AT)
    assert [one["text"] for one in recorder.seen.failures] == [
        "no space left. Next: make room",
        "what it said is hidden (no_log)",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "GET http://admin:Zk4vq9@controller:5000/v3 failed",
        'body {"password": "Zk4vq9", "user": "x"}',
        "os_password=Zk4vq9 is wrong",
        "X-Auth-Token: Zk4vq9",
        "Authorization: Bearer Zk4vq9.abc",
        "curl -H 'authorization: Basic Zk4vq9'",
        "secret whsec_Zk4vq9 was refused",
        "token gAAAAABlZk4vq9Zk4vq9Zk4vq9Zk4vq9 is not valid",
    ],
    ids=["url", "json", "variable", "header", "bearer", "basic", "webhook", "fernet"],
)  # fmt: skip
def test_what_looks_like_a_secret_is_left_out(text: str):
    assert "Zk4vq9" not in masked(text)
    assert HIDDEN in masked(text)


def test_other_text_stays_and_is_bounded():
    text = "host h1: nova-compute is down. Next: openstack compute service list"
    assert masked(text) == text
    assert len(masked("x" * 100_000)) < 3000


def read_session(state: str = "MAINTENANCE_DONE") -> reading.Read:
    return reading.Read({"id": "s1", "state": state, "hosts": [], "instances": []}, [], [], {"p1": "operator"})


def test_the_report_is_of_the_record_as_it_is_at_the_end():
    recorder = Recorder()
    heard(recorder, "fenix_session", **session())
    heard(recorder, "fenix_session_info", fenix_sessions=[{**SESSION, "events": [], "messages": []}])
    made = ending.report(recorder, AT, {"cloud": "admin"}, lambda _connection, _session: read_session())
    assert (made["session"]["state"], made["over"], made["projects"], made["notes"]) == (
        "MAINTENANCE_DONE",
        True,
        {"p1": "operator"},
        [],
    )


@pytest.mark.parametrize("connection", [None, {"cloud": "admin"}], ids=["not read", "not readable"])
def test_without_the_record_the_report_is_what_the_run_has_read_and_says_so(connection: dict[str, t.Any] | None):
    def refuse(_connection: t.Any, _session: str) -> t.NoReturn:
        raise CollectionError("http://admin:Zk4vq9@controller:5000 does not answer")

    recorder = Recorder()
    heard(recorder, "fenix_session", **session())
    heard(recorder, "fenix_session_info", fenix_sessions=[{**SESSION, "events": [], "messages": []}])
    made = ending.report(recorder, AT, connection, refuse)
    assert made["session"]["id"] == "s1"
    assert "missing" in made["notes"][0]
    assert "Zk4vq9" not in json.dumps(made)


class Ears:
    """Ansible's display."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.warned: list[str] = []

    def display(self, text: str, **_options: t.Any) -> None:
        self.said.append(text)

    def warning(self, text: str, **_options: t.Any) -> None:
        self.warned.append(text)


@pytest.fixture
def callback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> maintenance_report.CallbackModule:
    made = maintenance_report.CallbackModule()
    made._display = Ears()
    options = {
        "directory": tmp_path / "reports",
        "formats": ["json", "html", "text"],
        "measurements": None,
        "live": "never",
        "cloud": None,
    }
    monkeypatch.setattr(made, "get_option", options.__getitem__)
    made.options = options
    monkeypatch.setattr(reading, "read", None)
    monkeypatch.setattr(ending.report, "__defaults__", (lambda _connection, _session: read_session(),))
    return made


def ended(module: str, result: dict[str, t.Any]) -> t.Any:
    task = types.SimpleNamespace(resolved_action=NAME + module, action=module, get_name=lambda: "A task")
    return types.SimpleNamespace(_task=task, _host=types.SimpleNamespace(get_name=lambda: "h1"), _result=result)


def test_the_callback_writes_three_files(callback: maintenance_report.CallbackModule):
    callback.v2_runner_on_ok(ended("fenix_session", session()))
    callback.v2_playbook_on_stats(None)
    folder = callback.options["directory"] / "s1"
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json", "report.txt"]
    assert callback._display.said[0].startswith("maintenance: session MAINTENANCE")
    assert (folder / "report.txt").read_text() in callback._display.said[1]
    assert callback._display.warned == []


def test_a_run_without_a_session_writes_nothing(callback: maintenance_report.CallbackModule):
    callback.v2_runner_on_ok(ended("maintenance_plan", planned(3, 5)))
    callback.v2_playbook_on_stats(None)
    assert not callback.options["directory"].exists()


def test_whatever_goes_wrong_is_said_once_and_fails_nothing(callback: maintenance_report.CallbackModule):
    callback.v2_runner_on_ok(ended("maintenance_plan", {"maintenance_plan": {"figures": 7}}))
    callback.v2_runner_on_ok(types.SimpleNamespace())
    callback.v2_runner_on_ok(ended("fenix_session", session()))
    callback.options["directory"].write_text("a file where a folder should be")
    callback.v2_playbook_on_stats(None)
    assert len(callback._display.warned) == 1
    assert "The run goes on" in callback._display.warned[0]


def test_measurements_that_cannot_be_used_are_noted(callback: maintenance_report.CallbackModule, tmp_path: Path):
    callback.options["measurements"] = tmp_path / "measured.json"
    callback.options["measurements"].write_text('{"vnfs": [{"name": "without an id"}]}')
    callback.v2_runner_on_ok(ended("fenix_session", session()))
    callback.v2_playbook_on_stats(None)
    made = json.loads((callback.options["directory"] / "s1" / "report.json").read_text())
    assert "cannot be used: a VNF in it has no 'id'" in made["notes"][0]
