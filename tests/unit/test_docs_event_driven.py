# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reference of event sources, filters, rulebooks and playbooks has all of them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.docs_pages import DOCS, FENCE, ROOT

PAGE: str = runpy.run_path(str(DOCS / "event_driven.py"))["page"]()
ROOMS = {
    "event_source": "Event sources", "event_filter": "Event filters", "rulebooks": "Rulebooks", "playbooks": "Playbooks",
}  # fmt: skip
PATTERNS = ("extensions/eda/plugins/event_*/*.py", "extensions/eda/rulebooks/*.yml", "playbooks/*.yml")
WRITTEN = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_is_there_and_says_something(path: Path):
    part = PAGE.partition(f"\n## {ROOMS[path.parent.name]}\n")[2].partition("\n## ")[0]
    said = part.partition(f"\n### {path.stem}\n")[2].partition("\n### ")[0]
    assert len(said.split()) >= 5


def test_an_option_has_its_facts():
    assert re.search(r"(?m)^- \*\*`port`\*\* \(int, default `12348`\): The port to listen on", PAGE)


def test_no_markup_is_left():
    assert not re.search(r"\b[CEOPVM]\(", FENCE.sub("", PAGE))
