# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owners of all projects, played by one thread: they tolerate what the topology says, and do as they are asked."""

from __future__ import annotations

import collections
import contextlib
import math
import threading
import typing as t

import requests
import yaml

from .processes import ProcessFailed
from .products import REQUEST_TIMEOUT
from .stack import Stack

Record = dict[str, t.Any]
EVERY_SECONDS = 0.2
# What an owner's action is when nothing says otherwise, in this order.
PREFERRED = ("LIVE_MIGRATE", "MIGRATE")
_MIGRATION = ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE")
# The session API wants every field.
_INSTANCE = {"max_interruption_time": 120, "migration_type": "LIVE_MIGRATE", "resource_mitigation": False, "lead_time": 0}
_GROUP = {
    "anti_affinity_group": False, "max_instances_per_host": 0, "max_impacted_members": 1, "recovery_time": 0,
    "resource_mitigation": False,
}  # fmt: skip
_TIMES = ("lead_time", "recovery_time")


class Owners:
    """They answer from ``with`` to its end.

    :param silent: names of projects that never answer.
    :raises ProcessFailed: when nobody could answer for an owner of instances, or a silent project is unknown.
    :ivar removed: how many servers each project has removed, by its id.
    """

    def __init__(self, stack: Stack, silent: t.Collection[str] = ()) -> None:
        """Nobody has heard anything yet."""
        self.stack = stack
        unknown = sorted({*silent} - stack.lab["projects"].keys())
        if unknown:
            known = ", ".join(stack.lab["projects"])
            raise ProcessFailed(f"no project of the topology is called {', '.join(unknown)}; there are {known}")
        self.silent = {stack.lab["projects"][name] for name in silent}
        self.removed: collections.Counter[str] = collections.Counter()
        self._removed_for: collections.Counter[str] = collections.Counter()
        self._gone: dict[str, list[Record]] = collections.defaultdict(list)
        self._clouds = self._entries()
        self._wishes = {one["instance_id"]: one.get("migration_type") for one in stack.lab["constraints"] if "instance_id" in one}
        self._tokens: dict[str, str] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _entries(self) -> dict[str, str]:
        """For each project, by its id, the first entry of clouds.yaml that is of it; all owners of instances have one."""
        clouds = yaml.safe_load(self.stack.clouds_file.read_text())["clouds"]
        of_name = {entry["auth"]["project_name"]: cloud for cloud, entry in reversed(clouds.items())}
        found = {id_: of_name[name] for name, id_ in self.stack.lab["projects"].items() if name in of_name}
        owners = {one["project_id"] for one in self.stack.control("GET", "state")["servers"]}
        mute = sorted(name for name, id_ in self.stack.lab["projects"].items() if id_ in owners - found.keys())
        if mute:
            raise ProcessFailed(
                f"nobody can answer for {', '.join(mute)}: users of the topology need one of that project with a cloud, "
                f"as {{name: owner, roles: {{{mute[0]}: [member]}}, cloud: lab-{mute[0]}}}"
            )
        return found

    def register(self, speed: float = 1.0) -> None:
        """Tell the session API what instances and groups tolerate; times are divided by ``speed``."""
        for one in self.stack.lab["constraints"]:
            of_instance = "instance_id" in one
            body = {**(_INSTANCE if of_instance else _GROUP), **one}
            body |= {key: math.ceil(body[key] / speed) for key in _TIMES if key in body}
            path = f"instance/{one['instance_id']}" if of_instance else f"instance_group/{one['group_id']}"
            self._call("PUT", f"{self._sessions}/{path}", one["project_id"], body)

    def __enter__(self) -> t.Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Listen no more."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(EVERY_SECONDS):
            # A fault of the rehearsal may hit these calls as well; the message is still there the next time.
            with contextlib.suppress(requests.RequestException):
                for session in self.stack.session_api("sessions?open=true")["sessions"]:
                    for message in self.stack.session_api(f"sessions/{session['id']}/messages?status=pending")["messages"]:
                        if message["project_id"] not in self.silent:
                            self._answer(message)

    def _answer(self, message: Record) -> None:
        state, project_id = message["state"], message["project_id"]
        if state == "SCALE_IN":
            number = int(message["metadata"].get("instances_to_remove") or 1)
            # The message may come again, because a call has failed half-way.
            self._scale_in(project_id, message["id"], number - self._removed_for[message["id"]])
        elif state == "MAINTENANCE_COMPLETE":
            self._scale_out(project_id)
        body: Record = {"state": f"ACK_{state}"}
        if state in _MIGRATION:
            body["instance_actions"] = {one: self._action(one, message["allowed_actions"]) for one in message["instance_ids"]}
        self._call("PUT", f"{self._sessions}/maintenance/{message['session_id']}/{project_id}", project_id, body)

    def _action(self, instance: str, allowed: t.Sequence[str]) -> str:
        wishes = [wish for wish in (self._wishes.get(instance), *PREFERRED) if wish and wish != "OWN_ACTION"]
        return next((wish for wish in wishes if not allowed or wish in allowed), wishes[0])

    def _scale_in(self, project_id: str, message: str, number: int) -> None:
        """Remove servers, first those that are in no group."""
        found = [one for one in self.stack.control("GET", "state")["servers"] if one["project_id"] == project_id]
        found.sort(key=lambda one: (bool(one["group_id"]), one["name"]))
        # A group without a policy is one of constraints, which Nova does not know.
        known = {one["id"] for one in self._call("GET", f"{self._nova}/os-server-groups", project_id)["server_groups"]}
        for server in found[:number]:
            url = f"{self._nova}/servers/{server['id']}"
            flavor = self._call("GET", url, project_id)["server"]["flavor"]["id"]
            hints = {"os:scheduler_hints": {"group": server["group_id"]}} if server["group_id"] in known else {}
            self._call("DELETE", url, project_id)
            self._gone[project_id].append({"server": {"name": server["name"], "flavorRef": flavor}, **hints})
            self.removed[project_id] += 1
            self._removed_for[message] += 1

    def _scale_out(self, project_id: str) -> None:
        while self._gone[project_id]:
            self._call("POST", f"{self._nova}/servers", project_id, self._gone[project_id][-1])
            self._gone[project_id].pop()

    @property
    def _sessions(self) -> str:
        return f"http://127.0.0.1:{self.stack.session_api_port}/v1"

    @property
    def _nova(self) -> str:
        return f"{self.stack.lab_url}/compute/v2.1"

    def _call(self, method: str, url: str, project_id: str, body: Record | None = None) -> t.Any:
        """Call as the owner of a project, with a new token where the old one has run out."""
        for _attempt in range(2):
            token = self._tokens.get(project_id) or self.stack.token(self._clouds[project_id])
            self._tokens[project_id] = token
            answer = requests.request(method, url, json=body, headers={"X-Auth-Token": token}, timeout=REQUEST_TIMEOUT)
            if answer.status_code != 401:
                break
            del self._tokens[project_id]
        answer.raise_for_status()
        return answer.json() if answer.content else None
