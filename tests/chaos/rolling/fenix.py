# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Fenix of 2019 that works: its answers are the recorded ones, its engine empties the lab's hosts one after the other.

Nothing of what it is known for is missing: errors without a cause, ``null``, three sessions at most, sessions that are gone when
the engine restarts, and hosts that stay out of service when anything goes wrong. Doctor's VNF manager is played too.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import typing as t
import uuid

import requests
from flask import Flask, Response, request
from werkzeug.serving import make_server

from lab.products import REQUEST_TIMEOUT, ROOT
from lab.stack import Stack
from tests.waiting import until

RECORDED = ROOT / "tests" / "fixtures" / "recorded" / "fenix"
MOST_SESSIONS = 3
FIRST_LOOKS = 2
NOVA = {"OpenStack-API-Version": "compute 2.60"}
Json = dict[str, t.Any]


class Restarted(Exception):
    """The engine is not there any more."""


class WorkingFenix:
    """Listens on loopback and works in a lab.

    :param errors: recorded answers that are given in place of a session that is at work; not to the first two looks at it.
    :param fails_at: host whose project answers too late, so that the session fails.
    :param dies_at: host at which the engine restarts.
    :ivar looks: the states that were shown, in order, each once.
    :ivar order: the hosts in the order in which they were maintained.
    """

    def __init__(self, stack: Stack, *, errors: t.Iterable[str] = (), fails_at: str = "", dies_at: str = "") -> None:
        self.stack, self.errors, self.fails_at, self.dies_at = stack, [*errors], fails_at, dies_at
        self.sessions: dict[str, str] = {}
        self.created: list[Json] = []
        self.deleted: list[str] = []
        self.looks: list[str] = []
        self.order: list[str] = []
        self._count = 0
        self._token = {"X-Auth-Token": stack.token("lab-admin")}
        self._working: list[threading.Thread] = []
        app = Flask("fenix")
        app.add_url_rule("/v1/maintenance", view_func=self._list, methods=["GET"])
        app.add_url_rule("/v1/maintenance", view_func=self._create, methods=["POST"])
        app.add_url_rule("/v1/maintenance/<session_id>", view_func=self._get, methods=["GET"])
        app.add_url_rule("/v1/maintenance/<session_id>", view_func=self._delete, methods=["DELETE"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> WorkingFenix:
        self._thread.start()
        self.stack.control("PUT", "catalog/maintenance", {"url": f"http://127.0.0.1:{self._server.server_port}/v1"})
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self.sessions.clear()
        for one in self._working:
            one.join()

    # The API

    def _list(self) -> Response:
        return _recorded("rest-list-sessions", {"sessions": [*self.sessions]})

    def _create(self) -> Response:
        body = request.get_json(silent=True)
        if not body or not {"maintenance_at", "workflow", "metadata"} <= set(body):
            return _recorded("error-500-create-without-metadata")
        if len(self.sessions) >= MOST_SESSIONS:
            return _recorded("error-509-create-fourth-session")
        if any(host["status"] == "disabled" for host in self._hosts()):
            return _recorded("error-500-create-while-a-compute-service-is-disabled")
        session_id = str(uuid.uuid1())
        self.sessions[session_id] = "MAINTENANCE"
        self.created.append(body)
        self._working.append(threading.Thread(target=self._work, args=(session_id, body["hosts"]), daemon=True))
        self._working[-1].start()
        return _recorded("rest-create", {"session_id": session_id})

    def _get(self, session_id: str) -> Response:
        self._count += 1
        if self._count > FIRST_LOOKS and self.errors and self.sessions.get(session_id) != "MAINTENANCE_DONE":
            return _recorded(self.errors.pop(0))
        if session_id not in self.sessions:
            return _recorded("error-404-get-after-engine-restart")
        state = self.sessions[session_id]
        if self.looks[-1:] != [state]:
            self.looks.append(state)
        return _recorded("rest-get-running", {"session_id": session_id, "state": state})

    def _delete(self, session_id: str) -> Response:
        if self.sessions.pop(session_id, None) is None:
            return _recorded("error-500-delete-unknown-session")
        self.deleted.append(session_id)
        return _recorded("rest-delete")

    # The engine

    def _work(self, session_id: str, hosts: list[str]) -> None:
        with contextlib.suppress(Restarted):
            self._empty_one_by_one(session_id, hosts or [host["name"] for host in self._hosts()])

    def _to(self, session_id: str, state: str) -> None:
        if session_id not in self.sessions:
            raise Restarted
        self.sessions[session_id] = state

    def _empty_one_by_one(self, session_id: str, hosts: list[str]) -> None:
        self._to(session_id, "SCALE_IN")
        self.scale("SCALE_IN")
        self._to(session_id, "PREPARE_MAINTENANCE")
        first = min(hosts, key=lambda name: len(self._on(name)))
        for host in (first, *(host for host in hosts if host != first)):
            if host != first:
                self._to(session_id, "PLANNED_MAINTENANCE")
            self.service(host, enabled=False)
            if host == self.fails_at:
                self._to(session_id, "MAINTENANCE_FAILED")
                return
            if host == self.dies_at:
                self.sessions.clear()
            for server in self._on(host):
                self._to(session_id, self.sessions.get(session_id, ""))
                self._move(server["id"])
            self._to(session_id, "START_MAINTENANCE")
            self.stack.control("POST", f"hosts/{host}/work", {"seconds": 3, "version": "30.0.0"})
            until(f"{host} after its work", lambda host=host: self._host(host)["state"] == "up", every=0.02)
            self.service(host, enabled=True)
            self.order.append(host)
        self._to(session_id, "MAINTENANCE_COMPLETE")
        self.scale("SCALE_OUT")
        self._to(session_id, "MAINTENANCE_DONE")

    def _hosts(self) -> list[Json]:
        return t.cast("list[Json]", self.stack.control("GET", "state")["hosts"])

    def _host(self, name: str) -> Json:
        return next(host for host in self._hosts() if host["name"] == name)

    def _on(self, host: str) -> list[Json]:
        return [server for server in self.stack.control("GET", "state")["servers"] if server["host"] == host]

    def _nova(self, method: str, path: str, body: t.Any = None) -> Json:
        url = f"{self.stack.lab_url}/compute/v2.1/{path}"
        answer = requests.request(method, url, json=body, headers={**self._token, **NOVA}, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        return t.cast("Json", answer.json()) if answer.content else {}

    def service(self, host: str, *, enabled: bool) -> None:
        service = self._nova("GET", f"os-services?host={host}&binary=nova-compute")["services"][0]
        self._nova("PUT", f"os-services/{service['id']}", {"status": "enabled" if enabled else "disabled"})

    def _move(self, server_id: str) -> None:
        def status() -> str:
            return str(self._nova("GET", f"servers/{server_id}")["server"]["status"])

        self._nova("POST", f"servers/{server_id}/action", {"migrate": None})
        until(f"{server_id} at its new host", lambda: status() == "VERIFY_RESIZE", every=0.02)
        self._nova("POST", f"servers/{server_id}/action", {"confirmResize": None})
        until(f"{server_id} at rest", lambda: status() == "ACTIVE", every=0.02)

    def scale(self, direction: str) -> None:
        vnf = self.stack.vnf
        url = f"{self.stack.lab_url}/nfv-orchestration/vnflcm/v2"
        headers = {"X-Auth-Token": self.stack.token("lab-vnf"), "Version": "2.0.0"}
        body = {"type": direction, "aspectId": vnf["aspect"], "numberOfSteps": 1}
        answer = requests.post(f"{url}/vnf_instances/{vnf['id']}/scale", json=body, headers=headers, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        occurrence = f"{url}/vnf_lcm_op_occs/{answer.headers['Location'].rsplit('/', 1)[1]}"
        going_on = ("STARTING", "PROCESSING")
        while requests.get(occurrence, headers=headers, timeout=REQUEST_TIMEOUT).json()["operationState"] in going_on:
            time.sleep(0.05)


def _recorded(name: str, instead: Json | None = None) -> Response:
    """A recorded answer, with the values of this session in place of the recorded ones."""
    answer = json.loads((RECORDED / f"{name}.json").read_text())["answer"]
    body = answer["body"]
    if instead is not None:
        assert set(json.loads(body)) == set(instead), f"{name} has {body}"
        body = json.dumps(instead) + "\n"
    return Response(body, answer["status"], content_type=answer["headers"]["Content-Type"])
