# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several workers of the monitor that share targets, and an observer of the wire that shares no code with them."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

from tests.waiting import until

WORKER = Path(__file__).with_name("monitor_worker.py")
LEASE = 2
INTERVAL = 1.0
# Two leases until a worker that is gone is replaced, then three intervals; and what a busy machine takes.
LONGEST = 2 * LEASE + 3 * INTERVAL + 5


class Observer:
    """Sees each echo request on this machine.

    :ivar seen: when each address was last asked.
    """

    def __init__(self, addresses: t.Collection[str]) -> None:
        self.seen = dict.fromkeys(addresses, time.monotonic())
        # Who asked, by what only he puts into his requests, and when, of each address.
        self.askers: dict[str, dict[bytes, float]] = {address: {} for address in addresses}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)
        self._socket.settimeout(0.2)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ends.is_set():
            with contextlib.suppress(TimeoutError):
                data, _sender = self._socket.recvfrom(2048)
                start = (data[0] & 0x0F) * 4
                address = socket.inet_ntoa(data[16:20])
                if data[start] != 8 or address not in self.seen:
                    continue
                now = self.seen[address] = time.monotonic()
                self.askers[address][data[start + 8 : start + 16]] = now

    def all_since(self, moment: float) -> float:
        """Seconds after a moment until each address has been asked again; fails when that takes longer than it may."""
        until("each address is asked again", lambda: min(self.seen.values()) > moment, limit=LONGEST, every=0.05)
        return time.monotonic() - moment

    def shared(self, within: float) -> dict[str, int]:
        """How many asked each address within the last seconds."""
        since = time.monotonic() - within
        return {address: sum(when > since for when in by.values()) for address, by in self.askers.items()}

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        self._socket.close()


class Workers:
    """Processes that share the targets of a file."""

    def __init__(self, folder: Path, targets: list[dict[str, t.Any]], **args: t.Any) -> None:
        self.folder, self.store = folder, folder / "store"
        self.events: list[dict[str, t.Any]] = []
        self._file = folder / "targets.json"
        self._file.write_text(json.dumps(targets))
        self._args = args
        self._lock = threading.Lock()
        self._count = 0
        self.running: dict[str, subprocess.Popen[str]] = {}

    def start(self) -> str:
        """One more; its name."""
        self._count += 1
        name = f"w{self._count}"
        args = {
            "targets_file": str(self._file), "coordination": f"file://{self.store}", "lease": LEASE, "worker": name,
            "defaults": {"interval": INTERVAL, "timeout": 0.3, "grace": 0}, "remind": 0, **self._args,
        }  # fmt: skip
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(WORKER), json.dumps(args)], stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ
            )
        self.running[name] = process
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        return name

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            with self._lock:
                self.events.append(json.loads(line))

    def kill(self, name: str) -> float:
        """As a power cut would; the moment."""
        process = self.running.pop(name)
        process.kill()
        process.wait()
        return time.monotonic()

    def told(self, address: str, port: int | None = None) -> list[str]:
        """The states that were told of a target, in the order of their times."""
        with self._lock:
            found = [one for one in self.events if (one["target"]["address"], one["target"]["port"]) == (address, port)]
        return [one["to"] for one in sorted(found, key=lambda one: one["at"])]

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def log(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in sorted(self.folder.glob("*.log")))


def may_ping() -> bool:
    """Whether the observer can see, and the workers can ask."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    except PermissionError:
        return False
    return True


@contextlib.contextmanager
def sharing(folder: Path, addresses: list[str], workers: int, *, more: t.Sequence[dict[str, t.Any]] = (), **args: t.Any):
    """So many workers that have begun with these addresses; yields them and their observer."""
    targets = [{"address": address, "vnf": "many", "vnfc": address} for address in addresses]
    found, observer = Workers(folder, [*targets, *more], **args), Observer(addresses)
    try:
        for _number in range(workers):
            found.start()
        until("each address is asked by one worker", lambda: set(observer.shared(1.5 * INTERVAL).values()) == {1}, limit=90)
        yield found, observer
    except AssertionError as exc:
        raise AssertionError(f"{exc}\n{found.log()}") from exc
    finally:
        found.stop()
        observer.close()


class Switched:
    """A server on a loopback address that can be off."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        with socket.create_server(("127.0.0.1", 0)) as held:
            self.port = held.getsockname()[1]

    def on(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", self.port), backlog=100)
        self._socket.settimeout(0.2)
        threading.Thread(target=self._serve, args=(self._socket,), daemon=True).start()

    def off(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @staticmethod
    def _serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                with contextlib.suppress(TimeoutError):
                    listening.accept()[0].close()
