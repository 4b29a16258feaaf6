# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of the documentation as they stand, for the tests that read them."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for pattern in ("docs/*.md", "README.md", "*/README.md", "*/*/README.md") for path in ROOT.glob(pattern))
FENCE = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def name_of(path: Path) -> str:
    """How a test calls a page."""
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", path.read_text())


def blocks(path: Path, kind: str) -> t.Iterator[str]:
    """Its blocks of code of one kind."""
    return (found["text"] for found in FENCE.finditer(path.read_text()) if found["kind"] == kind)
