# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owners of a cloud's projects: they hear their messages directly, and answer over the wire, well or badly."""

from __future__ import annotations

import contextlib
import http.server
import json
import queue
import random
import threading
import time
import typing as t

import requests

from lab.products import REQUEST_TIMEOUT
from lab.stack import Stack

from .clouds import SHORT_WINDOW, Json, Manners

NFV = {"Version": "2.0.0"}
LATE = SHORT_WINDOW + 1.0


class Owner:
    """The owner of one project."""

    def __init__(self, stack: Stack, name: str, manners: Manners, seed: int) -> None:
        self.stack, self.name, self.manners = stack, name, manners
        self.project_id = stack.lab["projects"][name]
        self.vnf = next((vnf for vnf in stack.lab["vnfs"] if vnf["project_id"] == self.project_id), None)
        self.heard: dict[str, Json] = {}
        self.removed = 0
        # A failed host stays out of service, and then what was given up may not fit any more.
        self.no_room = False
        self.inbox: queue.Queue[Json | None] = queue.Queue()
        self._chance = random.Random(f"{seed} {name}")  # noqa: S311 - a seed replays it
        self._token = {"X-Auth-Token": stack.token(f"lab-{name}")}
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def api(self, method: str, path: str, body: t.Any = None) -> requests.Response:
        """Call the session API."""
        url = f"http://127.0.0.1:{self.stack.session_api_port}/v1/{path}"
        return requests.request(method, url, json=body, headers=self._token, timeout=REQUEST_TIMEOUT)

    def introduce(self, url: str, tolerated: t.Mapping[str, int]) -> None:
        """Subscribe, and say how many members of which group may be down."""
        self.api("POST", "subscriptions", {"url": f"{url}/{self.name}"}).raise_for_status()
        nova = f"{self.stack.lab_url}/compute/v2.1/os-server-groups"
        for group in requests.get(nova, headers=self._token, timeout=REQUEST_TIMEOUT).json()["server_groups"]:
            strict = group["policies"] == ["anti-affinity"]
            body = {
                "group_id": group["id"], "project_id": self.project_id, "group_name": group["name"],
                "anti_affinity_group": strict, "max_instances_per_host": 1 if strict else 10, "recovery_time": 0,
                "max_impacted_members": tolerated[group["name"]], "resource_mitigation": True,
            }  # fmt: skip
            self.api("PUT", f"instance_group/{group['id']}", body).raise_for_status()

    def stop(self) -> None:
        self.inbox.put(None)
        self._thread.join(60)

    def _work(self) -> None:
        while (told := self.inbox.get()) is not None:
            if told["message_id"] in self.heard or told["state"] == "INSTANCE_ACTION_DONE":
                continue
            self.heard[told["message_id"]] = told
            self._answer(told)

    def _answer(self, told: Json) -> None:
        state, manners = told["state"], self.manners
        if state in manners.silent:
            return
        time.sleep(LATE if state in manners.late else self._chance.uniform(0, manners.pause))
        body: Json = {"state": f"ACK_{state}", "message_id": told["message_id"]}
        if manners.refused.get(state, 0) > 0:
            manners.refused[state] -= 1
            body |= {"state": f"NACK_{state}", "reason": "told to refuse"}
        elif state == "SCALE_IN":
            self._scale("SCALE_IN")
        elif state == "MAINTENANCE_COMPLETE":
            self.no_room = False
            while self.removed and not self.no_room:
                self._scale("SCALE_OUT")
        elif state != "MAINTENANCE":
            body["instance_actions"] = {one: self._action() for one in self._instances(told)}
        path = f"maintenance/{told['session_id']}/{self.project_id}"
        # A service that is down at the moment is one that is asked again.
        self._patiently(lambda: self.api("PUT", path, body))

    def _instances(self, told: Json) -> list[str]:
        answer = self._patiently(lambda: self.api("GET", f"sessions/{told['session_id']}/messages/{told['message_id']}"))
        return t.cast("list[str]", answer.json()["instance_ids"]) if answer.ok else []

    def _action(self) -> str:
        return self._chance.choice(("MIGRATE", "LIVE_MIGRATE")) if self.manners.action == "mixed" else self.manners.action

    @staticmethod
    def _patiently(call: t.Callable[[], requests.Response]) -> requests.Response:
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(requests.RequestException):
                answer = call()
                if answer.status_code < 500 or time.monotonic() > end:
                    return answer
            if time.monotonic() > end:
                raise AssertionError("the session API does not answer its projects")
            time.sleep(0.1)

    def _scale(self, direction: str) -> None:
        """One step; a VNF without steps has nothing to give."""
        if self.vnf is None or not self.vnf["aspect"]:
            return
        url = f"{self.stack.lab_url}/nfv-orchestration/vnflcm/v2"
        headers = {**self._token, **NFV}
        body = {"type": direction, "aspectId": self.vnf["aspect"], "numberOfSteps": 1}
        answer = requests.post(f"{url}/vnf_instances/{self.vnf['id']}/scale", json=body, headers=headers, timeout=REQUEST_TIMEOUT)
        if answer.status_code != 202:
            return  # as small as it can be
        occurrence = answer.headers["Location"].rsplit("/", 1)[1]
        end = time.monotonic() + 30
        while time.monotonic() < end:
            state = requests.get(f"{url}/vnf_lcm_op_occs/{occurrence}", headers=headers, timeout=REQUEST_TIMEOUT).json()
            if state["operationState"] not in ("STARTING", "PROCESSING"):
                break
            time.sleep(0.1)
        if state["operationState"] == "FAILED_TEMP":
            requests.post(f"{url}/vnf_lcm_op_occs/{occurrence}/rollback", headers=headers, timeout=REQUEST_TIMEOUT)
            self.no_room = True
            return
        self.removed += 1 if direction == "SCALE_IN" else -1


class Owners:
    """All owners of a cloud, and the address at which they hear."""

    def __init__(self, stack: Stack, manners: t.Mapping[str, Manners], tolerated: t.Mapping[str, int], seed: int) -> None:
        self.owners = {name: Owner(stack, name, one, seed) for name, one in manners.items()}
        owners = self.owners

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_arguments: t.Any) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owners[self.path.strip("/")].inbox.put(body["data"])
                with contextlib.suppress(OSError):
                    self.send_response(204)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 5}, daemon=True).start()
        url = f"http://127.0.0.1:{self._server.server_port}"
        for owner in self.owners.values():
            owner.introduce(url, tolerated)

    def __enter__(self) -> Owners:
        return self

    def __exit__(self, *_exc: object) -> None:
        for owner in self.owners.values():
            owner.stop()
        threading.Thread(target=self._server.shutdown, daemon=True).start()

    def become_good(self) -> None:
        """From now on everything is answered at once."""
        for owner in self.owners.values():
            owner.manners = Manners(action=owner.manners.action)
