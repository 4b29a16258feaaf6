# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time for the work ends before the deadline of the reply."""

from __future__ import annotations

import datetime as dt

import pytest
from ansible_collections.nfv.maintenance.plugins.plugin_utils._decision.time_left import maintenance_time_left

NOW = dt.datetime(2026, 11, 21, 1, 0, 0, tzinfo=dt.UTC)


def left(reply_at, limit=100, margin=5):
    return maintenance_time_left({"reply": {"reply_at": reply_at}}, limit, margin, NOW)


@pytest.mark.parametrize(
    ("reply_at", "seconds"),
    [
        (None, 100), ("", 100), ("2026-11-21T01:00:30Z", 25), ("2026-11-21T01:00:30.900000Z", 25), ("2026-11-21 01:00:30", 25),
        ("2026-11-21T02:00:00", 100), ("2026-11-21T01:00:06.500000Z", 1),
    ],
)  # fmt: skip
def test_until_the_margin_before_the_deadline(reply_at, seconds):
    assert left(reply_at) == seconds


@pytest.mark.parametrize("reply_at", ["2026-11-21T01:00:05.500000Z", "2026-11-21T01:00:05Z", "2026-11-20T01:00:00Z"])
def test_nothing_is_left_when_only_the_margin_is(reply_at):
    assert left(reply_at) == 0
