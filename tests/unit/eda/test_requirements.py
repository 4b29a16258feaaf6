# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An environment that lacks something is told what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "extensions" / "eda" / "plugins" / "event_source" / "aodh_alarm.py"
WITHOUT = """
import asyncio, runpy, sys
sys.modules["sqlalchemy"] = None
asyncio.run(runpy.run_path(sys.argv[1])["main"](asyncio.Queue(), {"secrets": {}}))
"""


def test_a_listener_without_its_database_library_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", WITHOUT, str(SOURCE)], capture_output=True, text=True, timeout=60, check=False)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: nfv.maintenance.aodh_alarm needs the Python package sqlalchemy")
    assert "Next: install what the collection's meta/ee-requirements.txt names" in last
