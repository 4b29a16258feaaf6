# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report looks like as JSON (private to this collection)."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

_FILE = Path(__file__).resolve().parent / "report_schema.json"


def schema() -> dict[str, t.Any]:
    """The JSON Schema (2020-12) of what :func:`.model.build` makes."""
    return t.cast("dict[str, t.Any]", json.loads(_FILE.read_text(encoding="utf-8")))
