# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An administrator's half of a conversation, and the owner's playbook, for the tests of the VNF side."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import typing as t
from pathlib import Path

import pytest
import requests

from lab.products import REQUEST_TIMEOUT
from lab.stack import Stack, vnf_policy
from tests.integration.eda.acting import Acting
from tests.waiting import until

SPEED = 10.0
Json = dict[str, t.Any]


@pytest.fixture
def wait_until() -> t.Callable[..., t.Any]:
    """Looks until something is true, and returns it."""

    def wait(look: t.Callable[[], t.Any], what: str, timeout: float = 60) -> t.Any:
        return until(what, look, timeout, every=0.02)

    return wait


class Conversation:
    """One session, as its runner sees it."""

    def __init__(self, stack: Stack, project_id: str) -> None:
        self.stack, self.project_id = stack, project_id
        self._headers = {"X-Auth-Token": stack.token("lab-admin")}
        start = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
        body = {
            "hosts": [], "state": "MAINTENANCE", "maintenance_at": start.strftime("%Y-%m-%d %H:%M:%S"),
            "workflow": "default", "metadata": {"release": "x"}, "actions": [],
        }  # fmt: skip
        self.id = self.call("POST", "maintenance", body)["session_id"]
        lease = self.call("POST", f"sessions/{self.id}/lease", {"holder": "test", "ttl": 600})
        self._headers["X-Lease-Token"] = str(lease["token"])
        servers = [one for one in stack.control("GET", "state")["servers"] if one["project_id"] == project_id]
        inventory = [{"id": one["id"], "name": one["name"], "project_id": project_id, "host": one["host"]} for one in servers]
        self.call("PUT", f"sessions/{self.id}/instances", {"instances": inventory})

    def call(self, method: str, path: str, body: t.Any = None) -> t.Any:
        url = f"http://127.0.0.1:{self.stack.session_api_port}/v1/{path}"
        answer = requests.request(method, url, json=body, headers=self._headers, timeout=REQUEST_TIMEOUT)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def state(self, state: str) -> None:
        self.call("PUT", f"sessions/{self.id}", {"state": state})

    def ask(self, state: str, instance_ids: list[str], key: str = "1", window: float = 600, **more: t.Any) -> Json:
        """Send one message to the project."""
        request = {
            "project_id": self.project_id,
            "state": state,
            "instance_ids": instance_ids,
            "window": window,
            "key": key,
            **more,
        }
        if state in ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE"):
            request.setdefault("allowed_actions", ["MIGRATE", "LIVE_MIGRATE", "OWN_ACTION"])
        return t.cast("Json", self.call("POST", f"sessions/{self.id}/messages", {"messages": [request]})["messages"][0])

    def message(self, message_id: str) -> Json:
        return t.cast("Json", self.call("GET", f"sessions/{self.id}/messages/{message_id}"))

    def answered(self, message_id: str, timeout: float = 60) -> Json:
        """The message once it is no longer pending."""

        def look() -> Json | None:
            found = self.message(message_id)
            return found if found["status"] != "pending" else None

        return until(f"a reply to message {message_id}", look, timeout, every=0.05)

    def end(self) -> None:
        self.call("DELETE", f"maintenance/{self.id}")


class Owner:
    """The VNF owner: what is in Tacker, and the playbook by hand."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.vnfs = {vnf["name"]: vnf for vnf in stack.lab["vnfs"]}
        self.project_id = stack.lab["projects"]["vnf-owner"]
        self._headers = {"X-Auth-Token": stack.token("lab-vnf"), "Version": "2.0.0"}

    def tacker(self, path: str) -> t.Any:
        """GET from Tacker."""
        url = f"{self.stack.lab_url}/nfv-orchestration/vnflcm/v2/{path}"
        answer = requests.get(url, headers=self._headers, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def vnf(self, name: str) -> Json:
        """The VNF instance as Tacker shows it."""
        return t.cast("Json", self.tacker(f"vnf_instances/{self.vnfs[name]['id']}"))

    def level(self, name: str) -> int:
        return int(self.vnf(name)["instantiatedVnfInfo"]["scaleStatus"][0]["scaleLevel"])

    def records(self, name: str) -> Json:
        return {key: value for key, value in self.vnf(name).get("metadata", {}).items() if value is not None}

    def servers(self, name: str, vdu: str | None = None) -> list[str]:
        resources = self.vnf(name)["instantiatedVnfInfo"]["vnfcResourceInfo"]
        return [one["computeResource"]["resourceId"] for one in resources if vdu in (None, one["vduId"])]

    def active(self, name: str) -> str:
        """The server behind the floating IP."""
        state = self.stack.control("GET", "state")
        (holder,) = [one["server"] for one in state["services"] if one["vnf_id"] == self.vnfs[name]["id"]]
        return next(one["id"] for one in state["servers"] if one["name"] == holder)

    @property
    def policies(self) -> Json:
        return {vnf["id"]: vnf_policy(vnf) for vnf in self.vnfs.values()}

    def hint(self, message: Json, name: str = "one", **changes: t.Any) -> Json:
        """What the event filter makes of the alarm about a message."""
        fields = ("session_id", "project_id", "state", "instance_ids", "reply_url", "allowed_actions", "metadata")
        return {
            **{field: message[field] for field in fields},
            "vnf_id": self.vnfs[name]["id"],
            "message_id": message["id"],
            **changes,
        }

    def command(self, hints: list[Json], **variables: t.Any) -> list[str]:
        extra = {"vnf_maintenance_cloud": "lab-vnf", "vnf_maintenance_policies": self.policies, "vnf_maintenance_hints": hints}
        extra.update(variables)
        return ["ansible-playbook", "nfv.maintenance.vnf_maintenance", "-e", json.dumps(extra)]

    def start(self, hints: list[Json], **variables: t.Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(hints, **variables), env=self.stack.env, cwd=self.stack.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def handle(self, *hints: Json, fails: bool = False, **variables: t.Any) -> str:
        """Run the playbook to its end."""
        running = self.start(list(hints), **variables)
        output, _none = running.communicate(timeout=180)
        assert bool(running.returncode) == fails, output
        return output


@pytest.fixture(scope="module")
def two_vnfs(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Stack]:
    """A lab with two VNFs of one project, and the session API."""
    stack = Stack(tmp_path_factory.mktemp("two-vnfs"), speed=SPEED, topology=Path(__file__).parent / "two_vnfs.yaml")
    try:
        stack.start_lab()
        stack.start_session_api()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def owner(two_vnfs: Stack) -> Owner:
    return Owner(two_vnfs)


@pytest.fixture
def session(two_vnfs: Stack, owner: Owner) -> t.Iterator[Conversation]:
    """A session of the test's own; afterwards the VNFs are as large as before."""
    levels = {name: owner.level(name) for name in owner.vnfs}
    conversation = Conversation(two_vnfs, owner.project_id)
    yield conversation
    conversation.end()
    assert {name: owner.level(name) for name in owner.vnfs} == levels, "a test has to leave the VNFs as it found them"
    assert {name: owner.records(name) for name in owner.vnfs} == {name: {} for name in owner.vnfs}


@pytest.fixture
def acting(owner: Owner, tmp_path: Path) -> Acting:
    """Findings about the VNF "one", and a ledger of the test's own."""
    return Acting(owner, tmp_path)
