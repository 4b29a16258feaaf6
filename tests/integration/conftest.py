# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab, the session API and the rulebook as real processes."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from lab.stack import Stack

# Simulated durations are shortened in tests; what is measured in seconds there is measured by the demo and by "make bench".
SPEED = 10.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder runs the lab."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture
def make_stack(tmp_path: Path) -> t.Iterator[t.Callable[..., Stack]]:
    """A stack of one's own for each call: ``make_stack(hosts=4, speed=10, session_api=True, rulebook=False)``."""
    made: list[Stack] = []

    def make(*, session_api: bool = True, rulebook: bool = False, **options: t.Any) -> Stack:
        stack = Stack(tmp_path / f"stack-{len(made)}", **{"speed": SPEED, **options})
        made.append(stack)
        stack.start_lab()
        if session_api:
            stack.start_session_api()
        if rulebook:
            stack.start_rulebook()
        return stack

    yield make
    for stack in made:
        stack.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Stack]:
    """One lab and session API for all tests of a file that do not mind each other."""
    shared = Stack(tmp_path_factory.mktemp("stack"), speed=SPEED)
    try:
        shared.start_lab()
        shared.start_session_api()
        yield shared
    finally:
        shared.stop()
