# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of the session API, recorded answers of Fenix, and a clock that does not make anybody wait."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils import _wait
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import conversation as talk
from ansible_collections.nfv.maintenance.plugins.module_utils._maintenance import readback, replies, sessions

RECORDED = Path(__file__).parents[3] / "fixtures" / "recorded" / "fenix"
PATH = "/maintenance/v1"


@dataclasses.dataclass
class Clock:
    """Time passes only while somebody sleeps."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Everything of ours waits by this clock."""
    fake = Clock()
    for module in (readback, replies, sessions, talk):
        monkeypatch.setattr(module, "time", fake)
    for waiting in (_wait.wait_for, _wait.outlast):
        monkeypatch.setitem(waiting.__kwdefaults__, "sleep", fake.sleep)
        monkeypatch.setitem(waiting.__kwdefaults__, "clock", fake.monotonic)
    return fake


class Service:
    """The maintenance service, declared call by call."""

    sid = "6f028d22-e4e8-11f1-a118-02fc00000001"

    def __init__(self, conversation: t.Any) -> None:
        self.conversation = conversation
        self.pid = conversation.project_id

    def expect(self, method: str, path: str, **more: t.Any) -> None:
        self.conversation.expect(method, PATH + path, **more)

    def is_ours(self) -> None:
        self.expect("GET", "/sessions", query={"open": "true", "state": "MAINTENANCE_DONE"}, json={"sessions": []})

    def is_fenix(self) -> None:
        """What every Fenix says about paths it does not have."""
        self.expect("GET", "/sessions", **self.recorded("error-404-root"))

    @staticmethod
    def recorded(name: str) -> dict[str, t.Any]:
        """Status and text of a recorded answer, as arguments of ``expect``."""
        answer = json.loads((RECORDED / f"{name}.json").read_text())["answer"]
        return {
            "status": answer["status"],
            "text": answer["body"],
            "headers": {"Content-Type": answer["headers"]["Content-Type"]},
        }

    def session(self, **values: t.Any) -> dict[str, t.Any]:
        hosts = [
            {
                "name": name,
                "type": "compute",
                "state": "WAITING",
                "disabled": False,
                "reason": None,
                "verifying": False,
                "version_before": None,
                "version": None,
                "updated_at": None,
            }
            for name in ("compute-1", "compute-2")
        ]
        return {
            "id": self.sid,
            "name": "kernel",
            "state": "MAINTENANCE",
            "round": 1,
            "reason": None,
            "workflow": "default",
            "metadata": {},
            "maintenance_at": None,
            "created_at": "2026-11-21T01:00:00.000000Z",
            "updated_at": None,
            "percent_done": 0,
            "hosts": hosts,
            "instances": [],
            "lease": None,
            "waiting_for": [],
            **values,
        }

    def message(self, **values: t.Any) -> dict[str, t.Any]:
        return {
            "id": "m-1",
            "session_id": self.sid,
            "project_id": self.pid,
            "state": "PLANNED_MAINTENANCE",
            "key": "",
            "round": 1,
            "dialect": "host",
            "instance_ids": ["i-1", "i-2"],
            "allowed_actions": ["MIGRATE"],
            "metadata": {},
            "actions_at": None,
            "reply_at": "2099-01-01T00:01:00.000000Z",
            "created_at": "2099-01-01T00:00:00.000000Z",
            "sent_at": "2099-01-01T00:00:00.000000Z",
            "reply_url": f"http://cloud.example{PATH}/maintenance/{self.sid}/{self.pid}",
            "status": "pending",
            "replied_at": None,
            "reply": None,
            "reason": None,
            **values,
        }

    def lease(self, token: int = 1, holder: str = "deploy-1") -> dict[str, t.Any]:
        return {"holder": holder, "token": token, "expires_at": "2026-11-21T01:02:00.000000Z"}


@pytest.fixture
def service(conversation: t.Any) -> Service:
    return Service(conversation)
