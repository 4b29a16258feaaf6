# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests on the real Tacker ("make test-tacker")."""

from __future__ import annotations

import typing as t
import uuid

import pytest

from tests.tacker.http_server import Raw
from tests.tacker.package import Package
from tests.tacker.real_tacker import VENV, Tacker


@pytest.fixture(scope="session")
def running_tacker(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Tacker]:
    """One Tacker for all tests of a process."""
    assert (VENV / ".complete").exists(), f"Tacker is not installed in {VENV}; it is with: make test-tacker"
    tacker = Tacker(tmp_path_factory.mktemp("tacker"))
    try:
        yield tacker
    finally:
        tacker.stop()


@pytest.fixture
def tacker(running_tacker: Tacker) -> Tacker:
    """Tacker, with nothing left of what the test before has put in, and counting from here."""
    running_tacker.reset()
    return running_tacker


@pytest.fixture
def run_module(tacker: Tacker) -> t.Callable[..., Raw]:
    """``run_module(name, params, check=False, diff=True)``: a module as it ends."""
    return tacker.run


@pytest.fixture(scope="module")
def package(running_tacker: Tacker) -> t.Iterator[Package]:
    """A package that is on board, for all tests of a file."""
    made = Package(str(uuid.uuid4()))
    package_id = running_tacker.onboard(made)
    yield made
    running_tacker.remove_package(package_id)
