# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keeper of a runner's lease: it renews as long as the playbook lives and the lease is the playbook's."""

from __future__ import annotations

import json
import subprocess
import sys
import types
import typing as t

import pytest
from ansible_collections.nfv.maintenance.plugins.action import fenix_session as action
from ansible_collections.nfv.maintenance.plugins.plugin_utils import _runner_keeper
from ansible_collections.nfv.maintenance.plugins.plugin_utils._controller_action import ControllerAction

SESSION = {"session_id": "s", "lease": {"holder": "deploy-1", "token": 3, "expires_at": None}}


@pytest.fixture
def watched() -> t.Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def task(watched: t.Any, clock: t.Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    monkeypatch.setattr(_runner_keeper, "time", clock)
    return {"pid": watched.pid, "started": _runner_keeper.started(watched.pid), "ttl": 60, "limit": 100}


def test_it_renews_three_times_a_lease_until_the_limit(task: dict[str, t.Any], clock: t.Any) -> None:
    renewed: list[float] = []
    _runner_keeper.keep(task, lambda: renewed.append(clock.now - 1000) or True)
    assert renewed == [20, 40, 60, 80]


def test_it_ends_when_the_lease_is_anothers(task: dict[str, t.Any], clock: t.Any) -> None:
    answers = [True, False]
    _runner_keeper.keep(task, lambda: answers.pop(0))
    assert (answers, clock.now - 1000) == ([], 40)


def test_it_ends_with_the_playbook(task: dict[str, t.Any], watched: t.Any, clock: t.Any) -> None:
    watched.kill()
    watched.wait()
    _runner_keeper.keep(task, lambda: pytest.fail("nobody is there to renew for"))
    assert clock.now == 1000


def test_it_does_not_take_another_process_for_the_playbook(task: dict[str, t.Any], clock: t.Any) -> None:
    _runner_keeper.keep({**task, "started": "1"}, lambda: pytest.fail("nobody is there to renew for"))
    assert clock.now == 1000


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"runner": "deploy-1", "renew_for": 600}, True),
        ({"runner": "deploy-1", "renew_for": 0}, False),
        ({"runner": None, "renew_for": 600}, False),
        ({"runner": "deploy-1", "renew_for": 600, "check_mode": True}, False),
    ],
)
def test_the_action_starts_it_for_who_takes_the_lease(monkeypatch: pytest.MonkeyPatch, params: t.Any, kept: bool) -> None:
    heard: list[dict[str, t.Any]] = []

    class Keeper:
        def __init__(self, command: list[str], **options: t.Any) -> None:
            assert not [part for part in command if "secret" in part]
            self.stdin = self

        def __enter__(self) -> t.Self:
            return self

        def __exit__(self, *problem: object) -> None:
            pass

        def write(self, told: bytes) -> None:
            heard.append(json.loads(told))

    monkeypatch.setattr(action.subprocess, "Popen", Keeper)
    monkeypatch.setattr(ControllerAction, "_outcome", lambda self, params: {"fenix_session": SESSION})
    plugin = action.ActionModule.__new__(action.ActionModule)
    plugin._task = types.SimpleNamespace(check_mode=params.pop("check_mode", False))
    given = {**dict.fromkeys(action.AUTH_SPEC), "auth": {"password": "secret"}, "lease_ttl": 60, **params}
    assert "warnings" not in plugin._outcome(given)
    assert bool(heard) is kept
    if kept:
        told = heard[0]
        assert (told["session_id"], told["holder"], told["token"], told["ttl"]) == ("s", "deploy-1", 3, 60)
        assert told["params"]["auth"] == {"password": "secret"}
