# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source vnf_monitor and its parts, loaded as ansible-rulebook loads them."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def source() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(ROOT / "extensions" / "eda" / "plugins" / "event_source" / "vnf_monitor.py")))


@pytest.fixture(scope="session")
def parts(source: SimpleNamespace) -> SimpleNamespace:
    names = [path.stem for path in (Path(source.PARTS) / "vnf_monitoring").glob("*.py") if path.stem != "__init__"]
    return SimpleNamespace(**{name: importlib.import_module(f"nfv_vnf_monitoring.{name}") for name in names})
