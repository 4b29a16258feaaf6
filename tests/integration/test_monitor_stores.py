# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workers of the monitor that agree through etcd or Redis, as those of several machines do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from tests.integration.monitor_workers import INTERVAL, Switched, may_ping, sharing
from tests.waiting import until

ADDRESSES = [f"127.9.0.{number + 1}" for number in range(40)]

pytestmark = pytest.mark.skipif(not may_ping(), reason="a raw socket is needed to see the requests: root, or CAP_NET_RAW")


class Store:
    """A server of one kind, with one port and one folder through all its lives."""

    def __init__(self, kind: str, folder: Path) -> None:
        self._folder = folder
        self._port, peers = _free_port(), _free_port()
        here, there = f"http://127.0.0.1:{self._port}", f"http://127.0.0.1:{peers}"
        # Redis keeps nothing here, etcd does: whoever loses all and whoever loses nothing are both survived.
        self._command, self.url = {
            "redis-server": (
                ["--port", f"{self._port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)],
                f"redis://127.0.0.1:{self._port}",
            ),
            "etcd": (
                ["--data-dir", str(folder / "etcd"), "--listen-client-urls", here, "--advertise-client-urls", here,
                 "--listen-peer-urls", there, "--initial-advertise-peer-urls", there, "--initial-cluster", f"default={there}"],
                f"etcd3+http://127.0.0.1:{self._port}",
            ),
        }[kind]  # fmt: skip
        self._command.insert(0, kind)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "store.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until("the store listens", lambda: socket.socket().connect_ex(("127.0.0.1", self._port)) == 0)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


@pytest.fixture(params=["redis-server", "etcd"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Store]:
    if shutil.which(request.param) is None:
        assert not os.environ.get("CI"), f"{request.param} is not installed"
        pytest.skip(f"{request.param} is not installed (Debian: apt install redis-server etcd-server)")
    made = Store(request.param, tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.kill()


def test_a_killed_worker_is_replaced_and_a_killed_store_tells_nothing_wrong(store: Store, tmp_path: Path) -> None:
    server = Switched()
    server.on()
    tcp = {"address": "127.0.0.1", "port": server.port, "probe": "tcp", "vnf": "web"}
    with sharing(tmp_path, ADDRESSES, 2, more=[tcp], guard_share=0, coordination=store.url) as (workers, observer):
        until("it is up", lambda: workers.told("127.0.0.1", server.port)[-1:] == ["up"])
        first = next(iter(workers.running))
        workers.start()
        observer.all_since(workers.kill(first))
        until("each is asked by one worker", lambda: set(observer.shared(1.5 * INTERVAL).values()) == {1}, limit=60)

        store.kill()
        until("nobody asks any more", lambda: time.monotonic() - max(observer.seen.values()) > 2 * INTERVAL, limit=60)
        count = len(workers.events)
        server.off()
        time.sleep(4 * INTERVAL)  # as long as it would take to find that out
        assert len(workers.events) == count

        store.start()
        until("it is down", lambda: workers.told("127.0.0.1", server.port)[-1:] == ["down"], limit=90)
        until("all are asked again", lambda: set(observer.shared(1.5 * INTERVAL).values()) == {1}, limit=60)
        assert workers.told("127.0.0.1", server.port).count("down") == 1
        assert {state for address in ADDRESSES for state in workers.told(address)} == {"up"}
