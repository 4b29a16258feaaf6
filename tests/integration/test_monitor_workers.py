# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workers that are killed, and a store that is lost: who probes what, seen on the wire. tests/chaos has more of it."""

from __future__ import annotations

import time

import pytest

from tests.integration.monitor_workers import INTERVAL, Switched, may_ping, sharing
from tests.waiting import until

ADDRESSES = [f"127.8.{number // 200}.{number % 200 + 1}" for number in range(60)]

pytestmark = pytest.mark.skipif(not may_ping(), reason="a raw socket is needed to see the requests: root, or CAP_NET_RAW")


def test_the_targets_of_a_killed_worker_are_taken_over_and_nobody_is_told_twice(tmp_path):
    server = Switched()
    server.on()
    tcp = {"address": "127.0.0.1", "port": server.port, "probe": "tcp", "vnf": "web"}
    with sharing(tmp_path, ADDRESSES, 2, more=[tcp], guard_share=0) as (workers, observer):
        until("it is up", lambda: workers.told("127.0.0.1", server.port)[-1:] == ["up"])
        for name in list(workers.running):
            workers.start()
            observer.all_since(workers.kill(name))
        until("each is asked by one worker", lambda: set(observer.shared(1.5 * INTERVAL).values()) == {1}, limit=60)
        server.off()
        until("it is down", lambda: workers.told("127.0.0.1", server.port)[-1:] == ["down"])
        time.sleep(2 * INTERVAL)  # nobody tells it again
        assert workers.told("127.0.0.1", server.port).count("down") == 1
        assert {state for address in ADDRESSES for state in workers.told(address)} == {"up"}


def test_without_the_store_nothing_is_probed_and_nothing_told(tmp_path):
    server = Switched()
    server.on()
    tcp = {"address": "127.0.0.1", "port": server.port, "probe": "tcp", "vnf": "web"}
    with sharing(tmp_path, ADDRESSES[:10], 2, more=[tcp], guard_share=0) as (workers, observer):
        until("it is up", lambda: workers.told("127.0.0.1", server.port)[-1:] == ["up"])
        workers.store.rename(tmp_path / "away")
        workers.store.write_text("this is no folder")
        until("nobody asks any more", lambda: time.monotonic() - max(observer.seen.values()) > 2 * INTERVAL, limit=60)
        count = len(workers.events)
        server.off()
        time.sleep(4 * INTERVAL)  # as long as it would take to find that out
        assert len(workers.events) == count
        workers.store.unlink()
        (tmp_path / "away").rename(workers.store)
        until("it is down", lambda: workers.told("127.0.0.1", server.port)[-1:] == ["down"], limit=90)
        until("all are asked again", lambda: set(observer.shared(1.5 * INTERVAL).values()) == {1}, limit=60)
