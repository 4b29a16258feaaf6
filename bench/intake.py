# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast webhooks are taken, and at what cost of memory."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import ansible_rulebook

from lab.processes import Processes, answers, free_port
from lab.products import COLLECTIONS, ROOT

from .alarms import PROJECT, SECRET, VNF, alarm, aodh, bearer, request, send
from .figures import Entry, entry

MESSAGES = 5000
OURS = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "aodh_alarm.py"
THEIRS = Path(ansible_rulebook.__file__).parent / "event_source" / "webhook.py"


def bench_intake() -> dict[str, Entry]:
    """Messages a second, acknowledged and on disk, with one core; and the memory after all of them."""
    # The sender has the other core.
    pin = ["taskset", "-c", "0"] if shutil.which("taskset") and (os.cpu_count() or 1) > 1 else []
    with tempfile.TemporaryDirectory() as folder:
        path = f"/v1.0/vnfs/{VNF}/maintenance/{PROJECT}"
        ours = {
            "secrets": {VNF: SECRET}, "journal": f"{folder}/journal.sqlite", "confirm": False, "rate": 0,
            "max_waiting": 2 * MESSAGES,
        }  # fmt: skip
        rate, memory = _measure(Path(folder) / "ours", [*pin, *_command(OURS)], ours, path, aodh())
        theirs = {"host": "127.0.0.1", "token": SECRET}
        baseline, _memory = _measure(Path(folder) / "theirs", [*pin, *_command(THEIRS)], theirs, "/endpoint", bearer())
    how = f"{MESSAGES} different webhooks, a connection each, the source alone in a process"
    how += ", on one core" if pin else ""
    return {
        "intake_durable_rate": entry(
            rate,
            "messages/s",
            baseline,
            f"{how}; 200 after the commit; baseline: eda.builtin.webhook, which keeps nothing",
        ),
        "intake_memory_5000": entry(memory / 1024 / 1024, "MB", None, f"the most resident memory of that process; {how}"),
    }


def _command(source: Path) -> list[str]:
    return [sys.executable, "-m", "bench.source_alone", str(source)]


def _measure(folder: Path, command: list[str], args: dict[str, object], path: str, authorization: str) -> tuple[float, int]:
    """Messages a second, and the peak of memory in bytes."""
    processes = Processes(folder / "logs")
    port = free_port()
    requests = [request(alarm(), path, authorization) for _number in range(MESSAGES)]
    env = {**os.environ, "PYTHONPATH": f"{COLLECTIONS}{os.pathsep}{ROOT}"}
    child = processes.start("source", [*command, json.dumps({**args, "port": port})], env, ROOT)
    try:
        processes.wait_ready(child, lambda: answers(port))
        began = time.perf_counter()
        asyncio.run(send(port, requests))
        seconds = time.perf_counter() - began
        return MESSAGES / seconds, child.measure()
    finally:
        processes.stop_all()
