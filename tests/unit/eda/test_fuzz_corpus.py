# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fuzzing the parser has found (``make fuzz``), once more, and a little of it anew."""

from __future__ import annotations

import ast
import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.fuzz.corpus import known, seeds
from tests.fuzz.mutations import Mutations
from tests.fuzz.parser import MOST_SECONDS, Found, Parser


@pytest.fixture(scope="module")
def parser():
    return Parser()


def test_nothing_of_the_corpus_crashes_does_anything_or_takes_long(parser):
    bodies = known()
    assert len(bodies) > 50
    outcomes = {parser.examine(body) for body in bodies}
    assert {outcome.startswith("no ") for outcome in outcomes} == {True, False}, "messages and others"


def test_a_thousand_new_ones_do_not_either(parser):
    mutations = Mutations(time.time_ns(), [*seeds(), *known()])
    for _number in range(1000):
        parser.examine(mutations.next())


def busy():
    began = time.process_time()
    while time.process_time() < began + MOST_SECONDS:
        pass


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda _text: Path(__file__).read_text(), "it did something: .*open"),
        (lambda _text: subprocess.run(["true"], check=True), r"it did something: .*subprocess\.Popen"),
        (lambda _text: busy(), "it took"),
        (lambda _text: {}[0], "KeyError"),
    ],
)
def test_a_parser_that_did_would_be_seen(parser, monkeypatch, wrong, says):
    body = json.dumps({"project_id": "p", "session_id": "s", "state": "MAINTENANCE", "instance_ids": "['i']"}).encode()
    assert parser.examine(body).startswith("message")
    event = {"event_type": "maintenance.scheduled", "traits": [["metadata", 1, "{'a': 'b'}"]]}
    monkeypatch.setattr(ast, "literal_eval", wrong)
    with pytest.raises(Found, match=says):
        parser.examine(json.dumps({"reason_data": {"event": event}}).encode())
