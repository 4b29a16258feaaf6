# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A VNF owner played by a script: takes its messages from the session API and answers as told, or not at all.

For tests of the administrator's side, where a whole ansible-rulebook would only cost time.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
import typing as t

import requests

from lab.products import REQUEST_TIMEOUT
from lab.stack import Stack

Message = dict[str, t.Any]
NFV = {"Version": "2.0.0"}
# Seconds after which a new session is looked for; for its messages it looks at every turn.
LIST_EVERY = 1.0


class ScriptedVnf:
    """Answers in a thread, from ``start`` to ``stop``.

    :param deny: states that are answered NACK.
    :param ignore: states that are not answered.
    :param action: what is chosen for every instance.
    """

    def __init__(
        self, stack: Stack, *, deny: t.Collection[str] = (), ignore: t.Collection[str] = (), action: str = "MIGRATE"
    ) -> None:
        self.stack, self.deny, self.ignore, self.action = stack, deny, ignore, action
        self.heard: list[Message] = []
        self.level: int | None = None
        self._end = threading.Event()
        self._token = stack.token("lab-vnf")
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ScriptedVnf:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._end.set()
        self._thread.join()

    @property
    def states(self) -> list[str]:
        """The states heard, in order."""
        return [message["state"] for message in self.heard]

    def _run(self) -> None:
        listed, sessions = -math.inf, list[Message]()
        while not self._end.wait(0.1):
            with contextlib.suppress(requests.RequestException):  # the session API may be down for a moment
                if time.monotonic() - listed > LIST_EVERY:
                    sessions, listed = self._get("sessions")["sessions"], time.monotonic()
                for session in sessions:
                    for message in self._get(f"sessions/{session['id']}/messages?status=pending")["messages"]:
                        self._answer(message)

    def _answer(self, message: Message) -> None:
        if message["id"] not in {one["id"] for one in self.heard}:
            self.heard.append(message)
        state = message["state"]
        if state in self.ignore:
            return
        body: Message = {"state": f"NACK_{state}", "reason": "told to refuse"}
        if state not in self.deny:
            if state == "SCALE_IN":
                self._scale("SCALE_IN")
            elif state == "MAINTENANCE_COMPLETE" and self.level is not None:
                self._scale("SCALE_OUT")
            body = {"state": f"ACK_{state}"}
            if state in ("PREPARE_MAINTENANCE", "PLANNED_MAINTENANCE"):
                body["instance_actions"] = dict.fromkeys(message["instance_ids"], self.action)
        url = f"{self._base}/maintenance/{message['session_id']}/{message['project_id']}"
        requests.put(url, json=body, headers={"X-Auth-Token": self._token}, timeout=REQUEST_TIMEOUT)

    def _scale(self, direction: str) -> None:
        vnf = self.stack.vnf
        url = f"{self.stack.lab_url}/nfv-orchestration/vnflcm/v2"
        headers = {"X-Auth-Token": self._token, **NFV}
        body = {"type": direction, "aspectId": vnf["aspect"], "numberOfSteps": 1}
        answer = requests.post(f"{url}/vnf_instances/{vnf['id']}/scale", json=body, headers=headers, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        occurrence = answer.headers["Location"].rsplit("/", 1)[1]
        while not self._end.wait(0.1):
            state = requests.get(f"{url}/vnf_lcm_op_occs/{occurrence}", headers=headers, timeout=REQUEST_TIMEOUT).json()
            if state["operationState"] not in ("STARTING", "PROCESSING"):
                break
        self.level = -1 if direction == "SCALE_IN" else None

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{self.stack.session_api_port}/v1"

    def _get(self, path: str) -> t.Any:
        answer = requests.get(f"{self._base}/{path}", headers={"X-Auth-Token": self._token}, timeout=REQUEST_TIMEOUT)
        answer.raise_for_status()
        return answer.json()
