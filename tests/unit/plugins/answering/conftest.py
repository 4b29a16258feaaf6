# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud with sessions, messages and VNFs that change while they are looked at."""

from __future__ import annotations

import dataclasses
import json
import re
import threading
import time
import typing as t
import urllib.parse

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering import cloud as cloud_file
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.cloud import Cloud, Clouds
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.desk import Asked, Desk
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.policies import Policies

CLOUD = "http://cloud.example"
FENIX = f"{CLOUD}/maintenance/v1"
VNFS = f"{CLOUD}/nfv-orchestration/vnflcm/v2/vnf_instances"
SESSION = "6f028d22-e4e8-11f1-a118-02fc00000001"
FAR = "2099-01-01T00:01:00.000000Z"
Json = dict[str, t.Any]


@dataclasses.dataclass
class World:
    """What the maintenance service and the VNF manager know.

    :ivar fenix: the state of the one session of a Fenix of 2019; None: it is the session API.
    :ivar broken: parts of URLs that are answered 500.
    :ivar gate: calls of the VNF manager wait for it.
    """

    project_id: str
    messages: list[Json] = dataclasses.field(default_factory=list)
    vnfs: list[Json] = dataclasses.field(default_factory=list)
    replies: list[Json] = dataclasses.field(default_factory=list)
    instances: list[str] = dataclasses.field(default_factory=list)
    sessions: list[str] = dataclasses.field(default_factory=lambda: [SESSION])
    shown: int = 0
    fenix: str | None = None
    broken: set[str] = dataclasses.field(default_factory=set)
    asked: list[str] = dataclasses.field(default_factory=list)
    gate: threading.Event = dataclasses.field(default_factory=threading.Event)

    def message(self, state: str, instance_ids: t.Sequence[str] = (), **more: t.Any) -> Json:
        """One more message that waits."""
        number = len(self.messages) + 1
        made = {
            "id": f"m-{number}", "session_id": SESSION, "project_id": self.project_id, "state": state, "dialect": "host",
            "instance_ids": [*instance_ids], "metadata": {}, "actions_at": None, "reply_at": FAR,
            "allowed_actions": ["MIGRATE", "LIVE_MIGRATE"] if state.startswith(("PREPARE", "PLANNED")) else [],
            "created_at": "2099-01-01T00:00:00.000000Z", "reply_url": f"{FENIX}/maintenance/{SESSION}/{self.project_id}",
            "status": "pending", **more,
        }  # fmt: skip
        self.messages.append(made)
        return made

    def vnf(self, id_: str, *servers: str) -> None:
        """One more VNF that runs."""
        resources = [{"id": one, "vduId": one.rsplit("-", 1)[0], "computeResource": {"resourceId": one}} for one in servers]
        info = {"flavourId": "simple", "vnfState": "STARTED", "vnfcResourceInfo": resources, "vnfcInfo": []}
        self.vnfs.append({"id": id_, "vnfInstanceName": id_, "instantiationState": "INSTANTIATED", "instantiatedVnfInfo": info})

    def hint(self, message: Json, **changes: t.Any) -> Json:
        """What the alarm about a message becomes."""
        fields = ("session_id", "project_id", "state", "instance_ids", "reply_url")
        return {**{name: message[name] for name in fields}, "message_id": message["id"], "vnf_id": "v1", **changes}

    def answer(self, request: t.Any, context: t.Any) -> t.Any:
        """Play both services."""
        path = request.url.split("?")[0]
        self.asked.append(f"{request.method} {path}")
        if any(part in path for part in self.broken):
            context.status_code = 500
            return {"error": "broken"}
        if path.startswith(VNFS):
            assert self.gate.wait(10)
            return self.vnfs
        context.status_code, found = self._maintenance(request, path.removeprefix(FENIX))
        return found

    def _maintenance(self, request: t.Any, path: str) -> tuple[int, t.Any]:
        if request.method == "PUT":
            return self._reply(json.loads(request.body))
        if self.fenix is not None:
            known = {
                "/maintenance": {"sessions": self.sessions},
                f"/maintenance/{SESSION}": {"session_id": SESSION, "state": self.fenix},
                f"/maintenance/{SESSION}/{self.project_id}": {"instance_ids": self.instances},
            }
            return (200, known[path]) if path in known else (404, {"message": "none"})
        if path == "/sessions":
            return 200, {"sessions": [{"id": one} for one in self.sessions]}
        if path == f"/sessions/{SESSION}/messages":
            wanted = urllib.parse.parse_qs(urllib.parse.urlsplit(request.url).query).get("id")
            found = [one for one in self.messages if one["status"] == "pending" and (not wanted or one["id"] in wanted)]
            self.shown += len(found)
            return 200, {"messages": found}
        return 404, {"error": "none"}

    def _reply(self, body: Json) -> tuple[int, Json]:
        self.replies.append(body)
        for message in self.messages:
            if message["id"] == body.get("message_id"):
                message["status"] = "acknowledged" if body["state"].startswith("ACK") else "refused"
        return 200, body


@pytest.fixture
def world(conversation: t.Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """One session and one VNF, behind the connection that the process makes."""
    made = World(conversation.project_id)
    made.gate.set()
    made.vnf("v1", "ha-0", "ha-1", "worker-0")
    made.vnf("v2", "other-0")
    for base in (FENIX, VNFS):
        for method in ("GET", "PUT"):
            conversation._mocker.register_uri(method, re.compile(re.escape(base)), json=made.answer)
    monkeypatch.setattr(cloud_file, "connect", lambda _params: conversation.cloud)
    return made


class Told:
    """Keeps what the process says, and waits for it."""

    def __init__(self) -> None:
        self.said: list[Json] = []
        self._more = threading.Condition()

    def __call__(self, said: Json) -> None:
        with self._more:
            self.said.append(said)
            self._more.notify_all()

    def outcomes(self, number: int) -> dict[str, tuple[str, str]]:
        """Outcome and text by delivery, once there are so many."""
        with self._more:
            assert self._more.wait_for(lambda: len(self._outcomes()) >= number, 10), self.said
            return self._outcomes()

    def _outcomes(self) -> dict[str, tuple[str, str]]:
        return {one["id"]: (one["outcome"], one["text"]) for said in self.said for one in said.get("outcomes", [])}


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def clouds(world: World) -> Clouds:
    made = Clouds(lambda: Cloud("mine", None))
    made.connected()
    world.asked.clear()
    return made


@pytest.fixture
def ask(clouds: Clouds, told: Told) -> t.Callable[..., dict[str, tuple[str, str]]]:
    """Ask about hints, named d0, d1, ..., and wait for the outcomes."""

    def run(*hints: Json, policies: Json | None = None, within: float = 10) -> dict[str, tuple[str, str]]:
        desk = Desk(clouds, Policies(policies if policies is not None else {"default": {}}, None), told)
        desk.take([Asked(f"d{number}", hint, time.monotonic() + within) for number, hint in enumerate(hints)])
        return told.outcomes(len(hints))

    return run
