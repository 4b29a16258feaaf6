# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The EDA plug-ins, loaded as ansible-rulebook loads them."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.postgresql import server

ROOT = Path(__file__).parents[3]


def load(kind: str, name: str) -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(ROOT / "extensions" / "eda" / "plugins" / kind / f"{name}.py")))


@pytest.fixture(scope="session")
def source() -> SimpleNamespace:
    return load("event_source", "aodh_alarm")


@pytest.fixture(scope="session")
def intake(source: SimpleNamespace) -> SimpleNamespace:
    """The parts of the source, as it loaded them."""
    importlib.import_module("nfv_maintenance_intake.source")
    folder = Path(source.PARTS) / "maintenance_intake"
    names = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    return SimpleNamespace(**{name: importlib.import_module(f"nfv_maintenance_intake.{name}") for name in names})


@pytest.fixture(scope="session")
def event_filter() -> SimpleNamespace:
    return load("event_filter", "maintenance_event")


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL of our own, where the programs are there."""
    with server() as url:
        yield url
