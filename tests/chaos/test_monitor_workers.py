# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three workers with a thousand targets, killed a hundred times, and their store taken away: nobody is left unprobed.

A fault while workers die is found, each one by one worker only; what has become of targets that were well is never told as down.
"""

from __future__ import annotations

import random
import sys
import time

import pytest

from tests.integration.monitor_workers import INTERVAL, Switched, may_ping, sharing
from tests.waiting import until

ADDRESSES = [f"127.9.{number // 200}.{number % 200 + 1}" for number in range(1000)]
KILLS, EVERY_STORE, SERVERS = 100, 20, 10

pytestmark = pytest.mark.skipif(not may_ping(), reason="a raw socket is needed to see the requests: root, or CAP_NET_RAW")


@pytest.mark.timeout(3600)
def test_a_hundred_killed_workers(tmp_path, seed):
    choice = random.Random(seed)  # noqa: S311
    servers = [Switched() for _number in range(SERVERS)]
    more = [{"address": "127.0.0.1", "port": one.port, "probe": "tcp", "vnf": f"v{one.port}"} for one in servers]
    expected = {one.port: ["up"] for one in servers}
    for one in servers:
        one.on()
    longest = 0.0
    with sharing(tmp_path, ADDRESSES, 3, more=more) as (workers, observer):
        for number in range(1, KILLS + 1):
            killed = workers.kill(choice.choice(sorted(workers.running)))
            workers.start()
            longest = max(longest, observer.all_since(killed))
            turned = choice.choice(servers)
            was_up = expected[turned.port][-1] == "up"
            turned.off() if was_up else turned.on()
            expected[turned.port].append("down" if was_up else "up")
            until(
                "the change is told",
                lambda turned=turned: workers.told("127.0.0.1", turned.port)[-1:] == expected[turned.port][-1:],
                limit=60,
            )
            if number % EVERY_STORE == 0:
                workers.store.rename(tmp_path / "away")
                workers.store.write_text("this is no folder")
                until("nobody asks any more", lambda: time.monotonic() - max(observer.seen.values()) > 2 * INTERVAL, limit=60)
                workers.store.unlink()
                (tmp_path / "away").rename(workers.store)
                until("all are asked again", lambda: set(observer.shared(1.5 * INTERVAL).values()) == {1}, limit=90)
        for one in servers:
            told = workers.told("127.0.0.1", one.port)
            # A worker that takes over tells what it finds; the changes among that are those that were made.
            changes = [state for before, state in zip(["", *told], told, strict=False) if state != before]
            assert changes == expected[one.port]
        assert {state for address in ADDRESSES for state in workers.told(address)} == {"up"}
    words = f"no target of {len(ADDRESSES)} unprobed for more than {longest:.1f} s after it"
    sys.stdout.write(f"{KILLS} killed workers, seed {seed}: {words}\n")
