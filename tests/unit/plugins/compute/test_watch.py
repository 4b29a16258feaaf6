# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From when on Nova is asked what changed: a cloud has many servers, and most did not change lately."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.moves import Move
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.watch import Watch

LONG_AGO, NOW = "2026-01-01T00:00:00Z", "2026-11-21T06:00:00Z"


class Nova:
    """Servers by id with the time of their last change; keeps what it was asked."""

    def __init__(self, **updated):
        self.updated = updated
        self.asked = []

    def server(self, server):
        if server not in self.updated:
            return None
        return {"id": server, "status": "ACTIVE", "OS-EXT-SRV-ATTR:host": "a", "updated": self.updated[server]}

    def servers(self, what="", **query):
        self.asked.append(query["changes-since"])
        return [self.server(server) for server, at in self.updated.items() if at >= query["changes-since"]]


@pytest.fixture
def nova():
    """Two servers that were changed long ago."""
    return Nova(x=LONG_AGO, y=LONG_AGO)


@pytest.fixture
def watch(nova):
    """Knows both."""
    made = Watch(nova)
    made.begin([Move("x", "x", "a"), Move("y", "y", "a")])
    return made


def test_once_those_on_their_way_have_changed_older_changes_are_not_asked_for(nova, watch):
    nova.updated["x"] = NOW
    for _poll in range(3):
        watch.poll(["x"])
    assert nova.asked == ["2025-12-31T23:59:00Z", "2026-11-21T05:59:00Z", "2026-11-21T05:59:00Z"]


def test_what_has_been_on_its_way_longest_stays_in_the_list(nova, watch):
    nova.updated.update(x="2026-11-21T05:00:00Z", y=NOW)
    watch.poll(["x", "y"])
    watch.poll(["x", "y"])
    assert nova.asked[-1] == "2026-11-21T04:59:00Z"
    watch.poll(["y"])
    assert nova.asked[-1] == "2026-11-21T05:59:00Z", "x is over"


def test_a_move_that_starts_later_does_not_bring_the_old_changes_back(nova, watch):
    nova.updated["x"] = NOW
    watch.poll(["x"])
    watch.poll(["x", "y"])
    watch.poll(["x"])
    watch.poll(["y"])
    assert nova.asked[2:] == ["2026-11-21T05:59:00Z"] * 2


def test_what_is_not_in_the_list_is_looked_for(nova, watch):
    """A server that was deleted without a trace, or clocks that differ by more than a minute."""
    nova.updated["x"] = NOW
    watch.poll(["x"])
    del nova.updated["y"]
    for _poll in range(3):
        watch.poll(["y"])
    assert watch["y"] is None
