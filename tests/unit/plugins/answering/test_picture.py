# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The VNFs as they are now, read once for all who ask at the same time."""

from __future__ import annotations

import concurrent.futures
import threading
import time

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils.answering.picture import Picture, TooLate

from tests.waiting import until


def test_those_who_ask_during_a_reading_share_the_next_one():
    begun, may_end, readings = threading.Event(), threading.Event(), []

    def read():
        readings.append(len(readings))
        begun.set()
        assert may_end.wait(10)
        return [{"reading": readings[-1]}]

    picture = Picture(read)
    end = time.monotonic() + 10
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        first = pool.submit(picture.vnfs, end)
        assert begun.wait(10)
        others = [pool.submit(picture.vnfs, end) for _number in range(5)]
        until("all ask", lambda: not pool._work_queue.qsize(), 10, 0.01)
        may_end.set()
        assert first.result() == [{"reading": 0}]
        found = [other.result() for other in others]
    assert all(one[0]["reading"] >= 1 for one in found), "somebody was shown what was read before the question"
    assert len(readings) < 6


def test_what_was_read_before_is_never_shown_again():
    numbers = iter(range(10))
    picture = Picture(lambda: [{"n": next(numbers)}])
    assert [picture.vnfs(time.monotonic() + 1)[0]["n"] for _number in range(3)] == [0, 1, 2]


def test_nobody_waits_longer_than_until():
    may_end = threading.Event()
    picture = Picture(lambda: [{"ended": may_end.wait(10)}])
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(picture.vnfs, time.monotonic() + 10)
        until("the reading", picture._turn.locked, 10, 0.01)
        with pytest.raises(TooLate):
            picture.vnfs(time.monotonic() + 0.05)
        may_end.set()
        assert hanging.result() == [{"ended": True}]
