# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the records of Nova mean, and what a move is."""

from __future__ import annotations

import pytest
from ansible_collections.nfv.maintenance.plugins.module_utils._compute.moves import Move, assess
from ansible_collections.nfv.maintenance.plugins.module_utils._errors import CollectionError


def action(*results, message=None, start="2026-11-21T10:00:00.123456"):
    events = [
        {"event": f"e{n}", "result": result, "finish_time": result and "x", "details": "words"}
        for n, result in enumerate(results)
    ]
    return {"start_time": start, "message": message, "events": events}


def migration(status, created="2026-11-21T10:00:00.000000"):
    return {"status": status, "created_at": created, "migration_type": "migration", "source_compute": "a"}


OLD = "2026-11-21T09:59:59.000000"


@pytest.mark.parametrize(
    ("the_action", "migrations", "outcome"),
    [
        (action("Success"), [migration("completed")], "completed"),
        (action("Success"), [migration("finished")], "completed"),
        (action("Success"), [migration("error")], "failed"),
        (action("Success"), [migration("cancelled")], "failed"),
        (action("Error"), [migration("completed")], "failed"),
        (action("Error"), [], "failed"),
        (action(message="Error"), [], "failed"),
        (action(None), [], "running"),
        (action("Success"), [migration("running")], "running"),
        (action("Success"), [], "unknown"),
        (None, [migration("completed")], "completed"),
        (None, [], "unknown"),
        # The record of an earlier migration says nothing about this one.
        (action("Success"), [migration("completed", OLD)], "unknown"),
        (action("Success"), [migration("error", OLD)], "unknown"),
        # One database keeps fractions of seconds, the other does not.
        (action("Success", start="2026-11-21T10:00:00.900000"), [migration("completed")], "completed"),
        (action("Success"), [migration("completed"), migration("error", OLD)], "completed"),
    ],
)
def test_the_records_are_judged_together(the_action, migrations, outcome):
    assert assess(the_action, migrations).outcome == outcome


def test_the_words_are_those_of_the_event():
    assert assess(action("Success", "Error"), []).words == "e1: words"
    old = {"start_time": "", "message": None, "events": [{"event": "e", "result": "Error"}]}
    assert assess(old, []).words == "e ended with an error"
    assert assess(None, [migration("error")]).words == "its migration ended in state error"
    assert assess(action(message="Error"), []).words == "the action ended with: Error"


def test_a_move_of_a_plan():
    move = Move.read({"instance": "i", "name": "n", "from": "a", "to": "b", "group": "g", "ways": []}, ("live",))
    assert (move.label, move.way, move.ways, move.group) == ("n (i)", "a -> b", (), "g")
    assert Move.read({"instance": "i", "from": "a"}, ("cold",)).ways == ("cold",)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"from": "a"}, "no instance"),
        ({"instance": "i"}, "no from"),
        ({"instance": "i", "from": "a", "ways": ["teleport"]}, "teleport"),
    ],
)
def test_a_move_that_is_none_is_refused(record, words):
    with pytest.raises(CollectionError, match=words):
        Move.read(record, ("live",))
